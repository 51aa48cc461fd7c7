"""Bytes in, events out: nothing here awaits, opens a socket or asks a clock."""
