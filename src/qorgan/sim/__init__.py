"""Cameras, buttons, schools and towns that do not exist, but behave as if they did."""
