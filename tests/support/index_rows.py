"""Rows of the archive's index that say only what matters."""

from qorgan.edge.recorder.index import SegmentRow
from qorgan.protocols.fmp4.writer import TIMESCALE


def a_row(id: int, start_us: int, *, seconds: int = 60, camera: str = "hall", **changes: object) -> SegmentRow:
    """A closed file of a minute."""
    values = {
        "stream": "main",
        "run": 1,
        "path": f"{camera}/main/{id}.mp4",
        "state": "closed",
        "size": 1000,
        "duration": seconds * TIMESCALE,
        "sha256": bytes(32),
    }
    return SegmentRow(
        id=id,
        camera=camera,
        wall_start_us=start_us,
        codec="avc1.640028",
        width=1920,
        height=1080,
        init_bytes=700,
        **(values | changes),  # type: ignore[arg-type]
    )
