"""Use cases of `access`."""
