"""How much moved before a camera in a stretch of time, for the timeline: what the camera said, or what sizes tell."""

from datetime import datetime
from pathlib import Path

import structlog

from qorgan.domain.cameras import StreamName
from qorgan.domain.motion import MINUTE_US, density_of_events, density_of_sizes
from qorgan.edge.onvif.motion import read_minutes
from qorgan.edge.recorder.index import Index
from qorgan.kernel.clock import from_us, to_us
from qorgan.kernel.errors import QorganError
from qorgan.protocols.link.commands import Motion

LONGEST_S = 8 * 86_400.0  # beyond it nobody sees minutes, and the index would be read for too long
BY_MINUTE_S = 2 * 86_400.0
log = structlog.get_logger(__name__)


def read_motion(data: Path, archive: Path, camera: str, start: datetime, end: datetime) -> Motion | None:
    """None where nothing is known of movement. Trouble is logged and is none of the timeline's."""
    length_s = (end - start).total_seconds()
    if length_s > LONGEST_S:
        return None
    step_s = 60 if length_s <= BY_MINUTE_S else 300
    start_us = to_us(start) // MINUTE_US * MINUTE_US
    try:
        minutes = read_minutes(data, camera, start_us // MINUTE_US, -(-to_us(end) // MINUTE_US))
        if minutes is not None:
            density: bytes | None = density_of_events(minutes, start_us, to_us(end), step_s)
            return _motion(start_us, step_s, "events", density)
        files = _files(archive, camera, start_us, to_us(end))
        return _motion(start_us, step_s, "sizes", density_of_sizes(files, start_us, to_us(end), step_s))
    except QorganError as error:
        log.warning("motion.unreadable", camera=camera, code=error.code, reason=str(error))
        return None


def _files(archive: Path, camera: str, start_us: int, end_us: int) -> list[tuple[int, int, int]]:
    """Of the sub stream where there is one: its bytes follow movement more closely."""
    index = Index(archive / "index.db", readonly=True)
    try:
        sub = index.sizes(camera, StreamName.SUB, start_us, end_us)
        return sub or index.sizes(camera, StreamName.MAIN, start_us, end_us)
    finally:
        index.close()


def _motion(start_us: int, step_s: int, basis: str, density: bytes | None) -> Motion | None:
    return None if density is None else Motion(start=from_us(start_us), step_s=step_s, basis=basis, density=density)
