"""Attestation: what a school says of itself, what was measured, what an inspector decides; and the record."""
