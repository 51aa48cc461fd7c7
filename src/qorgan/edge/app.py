"""The school node: core, recorder and analyst as separate processes under one supervisor.

They are apart so that a decoder's crash never touches an alarm. The supervisor holds no state and does nothing else.
When `edge.toml` has changed and loads, the three are started anew; one that does not load is refused, loudly, and the
node goes on with what it has.
"""

import asyncio
import sys
from pathlib import Path

import structlog

from qorgan.edge.config import load
from qorgan.kernel.errors import QorganError
from qorgan.kernel.processes import Child, Supervisor

PARTS = ("core", "recorder", "analyst")  # in this order: the buttons work before the first camera is asked
LOOK_EVERY_S = 1.0
log = structlog.get_logger(__name__)


def children(config: Path) -> tuple[Child, ...]:
    """The processes of a node with this configuration."""
    return tuple(
        Child(name=part, argv=[sys.executable, "-m", f"qorgan.edge.{part}", "--config", str(config.absolute())])
        for part in PARTS
    )


async def run_edge(config: Path) -> None:
    """Be a school node until cancelled. Raises `Invalid` at once when the configuration does not load."""
    load(config)
    supervisor = Supervisor(children(config))
    async with asyncio.TaskGroup() as group:
        group.create_task(supervisor.run(), name="edge:supervisor")
        group.create_task(_follow(config, supervisor), name="edge:configuration")


async def _follow(config: Path, supervisor: Supervisor) -> None:
    """Start the parts anew when the file has changed."""
    seen = _stamp(config)
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        stamp = _stamp(config)
        if stamp == seen:
            continue
        seen = stamp
        try:
            load(config)
        except QorganError as error:
            log.error("config.refused", reason=str(error))
            continue
        log.info("config.changed")
        for part in PARTS:
            await supervisor.restart(part)


def _stamp(config: Path) -> tuple[int, int, int] | None:
    try:
        status = config.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
