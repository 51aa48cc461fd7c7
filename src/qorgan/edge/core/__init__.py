"""Buttons, the outbox, the link to the centre, health: small and boring."""
