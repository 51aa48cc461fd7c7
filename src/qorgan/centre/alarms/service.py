"""Use cases of `alarms`."""
