"""Use cases of `schools`."""
