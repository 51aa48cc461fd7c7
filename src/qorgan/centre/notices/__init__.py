"""Notices: who is told of what, by which channel; sent from an outbox that forgets nothing."""
