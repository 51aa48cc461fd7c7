"""`python -m qorgan.edge.core --config F`: started and restarted by `qorgan edge run`."""

from qorgan.edge.core.app import run_core
from qorgan.edge.process import run_process

if __name__ == "__main__":
    run_process("core", run_core)
