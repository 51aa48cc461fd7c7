"""Attestation: what a school says of itself, what was measured, what an inspector decides; side by side, and for good."""
