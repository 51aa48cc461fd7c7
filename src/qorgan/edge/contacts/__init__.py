"""Dry contacts on wires of this machine: every press becomes an alarm, every return a claim, every cut wire a fault."""
