"""Alarms and what officers did about them; the units they send."""
