"""Sirens, loudspeakers, doors and lamps of the school, told what an action wants of them within a second."""
