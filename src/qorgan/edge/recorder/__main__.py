"""`python -m qorgan.edge.recorder --config edge.toml`: started and restarted by the node's supervisor."""

from qorgan.edge.config import EdgeConfig
from qorgan.edge.process import run_process
from qorgan.edge.recorder.app import Recorder


async def run_recorder(config: EdgeConfig) -> None:
    """Record until cancelled. Raises `Unavailable` when the disk with the index is not the one it was."""
    await Recorder(config).run()


if __name__ == "__main__":
    run_process("recorder", run_recorder)
