"""`python -m qorgan.sim`: the simulator alone."""

from qorgan.sim.cli import app

app(prog_name="qorgan sim")
