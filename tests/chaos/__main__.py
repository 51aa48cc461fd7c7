"""Ten thousand random faults: `python -m tests.chaos --faults 10000`, or `make chaos`. Ends with one JSON object."""

import argparse
import asyncio
import contextlib
import dataclasses
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from tests.chaos.run import Outcome, run
from tests.support.postgres import postgres, programs


async def _until_told(work: Callable[..., Coroutine[Any, Any, Outcome]]) -> Outcome:
    """The run. Ctrl-C or SIGTERM ends the breaking, and what was done until then is compared; a second one ends all."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def told(number: signal.Signals) -> None:
        stop.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told, number)
    return await work(stop=stop)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=10_000)
    parser.add_argument("--schools", type=int, default=8)
    parser.add_argument("--pace", type=float, default=12.0, help="faults a second, all schools together (default 12)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sqlite", action="store_true", help="the centre on SQLite, not on PostgreSQL")
    parser.add_argument("--gaps", action="store_true", help="withhold numbers, too: each must be a fault within 60 s")
    parser.add_argument("--folder", type=Path, help="keep everything here, to look at it afterwards")
    arguments = parser.parse_args()
    began = time.monotonic()
    with contextlib.ExitStack() as open_:
        folder = arguments.folder or Path(open_.enter_context(tempfile.TemporaryDirectory(prefix="qorgan-chaos-")))
        on_postgres = not arguments.sqlite and programs() is not None
        # What was committed is in the kernel's hands: killed processes lose nothing, and only processes are killed here
        database = open_.enter_context(postgres("-c fsync=off -c max_connections=50")) if on_postgres else ""
        work = partial(
            run,
            folder,
            faults=arguments.faults,
            schools=arguments.schools,
            database=database,
            seed=arguments.seed,
            pace=arguments.pace,
            gaps=arguments.gaps,
            say=lambda text: print(f"{time.monotonic() - began:7.1f} s  {text}", file=sys.stderr, flush=True),
        )
        outcome = asyncio.run(_until_told(work))
    print(json.dumps({"database": "postgresql" if on_postgres else "sqlite", **dataclasses.asdict(outcome)}))
    for line in outcome.broken:
        print(f"BROKEN: {line}", file=sys.stderr)
    return 1 if outcome.broken else 0


if __name__ == "__main__":
    sys.exit(main())
