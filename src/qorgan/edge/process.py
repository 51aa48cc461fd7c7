"""How each process of the node begins: arguments, logs, configuration, and a clean stop."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from qorgan.edge.config import EdgeConfig, load
from qorgan.kernel import logs
from qorgan.kernel.errors import QorganError
from qorgan.kernel.processes import until_stopped


def run_process(name: str, main: Callable[[EdgeConfig], Coroutine[Any, Any, None]]) -> None:
    """As `run_process_at`, for a `main` that needs not know where its configuration stands."""
    run_process_at(name, lambda config, _: main(config))


def run_process_at(name: str, main: Callable[[EdgeConfig, Path], Coroutine[Any, Any, None]]) -> None:
    """Run `main` with the configuration named by `--config`, and its path, until SIGTERM.

    A mistake that a person must mend is one sentence on stderr and exit code 2.
    """
    parser = argparse.ArgumentParser(prog=f"python -m qorgan.edge.{name}")
    parser.add_argument("--config", type=Path, required=True, help="the node's edge.toml")
    arguments = parser.parse_args()
    logs.configure(name)
    try:
        asyncio.run(until_stopped(main(load(arguments.config), arguments.config)))
    except QorganError as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(2)
