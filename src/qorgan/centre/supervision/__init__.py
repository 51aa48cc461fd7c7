"""Supervision: what is silent or broken, since when, who must act; which buttons are proved; does the engine live."""
