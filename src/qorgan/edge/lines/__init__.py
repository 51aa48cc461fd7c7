"""Wires of this machine: digital inputs and outputs of GPIO chips, real or simulated."""
