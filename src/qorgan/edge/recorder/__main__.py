"""`python -m qorgan.edge.recorder --config edge.toml`: started and restarted by the node's supervisor."""

from pathlib import Path

from qorgan.edge.config import EdgeConfig
from qorgan.edge.process import run_process_at
from qorgan.edge.recorder.app import Recorder


async def run_recorder(config: EdgeConfig, path: Path) -> None:
    """Record until cancelled. Raises `Unavailable` when the disk with the index is not the one it was."""
    await Recorder(config, path).run()


if __name__ == "__main__":
    run_process_at("recorder", run_recorder)
