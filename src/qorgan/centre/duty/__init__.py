"""Desks and shifts, the hand-over between them; whom to call at a school and who is on duty there."""
