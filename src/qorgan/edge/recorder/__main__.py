"""`python -m qorgan.edge.recorder --config edge.toml`: started and restarted by the node's supervisor."""

import argparse
import asyncio
from pathlib import Path

from qorgan.edge import config
from qorgan.edge.recorder.app import Recorder
from qorgan.kernel import logs, processes


def main() -> None:
    parser = argparse.ArgumentParser(description="The recorder of a school node.")
    parser.add_argument("--config", type=Path, required=True, help="the node's edge.toml")
    arguments = parser.parse_args()
    logs.configure("recorder")
    asyncio.run(processes.until_stopped(Recorder(config.load(arguments.config)).run()))


if __name__ == "__main__":
    main()
