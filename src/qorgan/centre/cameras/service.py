"""Use cases of `cameras`."""
