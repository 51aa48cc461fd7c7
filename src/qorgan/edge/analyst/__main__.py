"""`python -m qorgan.edge.analyst --config F`: started and restarted by `qorgan edge run`."""

from qorgan.edge.analyst.app import run_analyst
from qorgan.edge.process import run_process

if __name__ == "__main__":
    run_process("analyst", run_analyst)
