"""Cameras and buttons of schools, as their nodes report them."""
