"""Qorgan: school safety, from the camera and the button to the police operations centre."""

__version__ = "0.1.0"
