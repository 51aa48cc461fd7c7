"""Now and then a look at the main stream: is the large picture, which evidence is made of, as sharp as it is large?

One keyframe of a camera every ten minutes. It is decoded at its own size, and a bounded part of it is measured.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from qorgan.domain.cameras import StreamName
from qorgan.domain.quality.detail import detail
from qorgan.edge.analyst.picture import decode_luma, newest_keyframe
from qorgan.kernel.errors import Corrupt, QorganError

EVERY_S = 600.0
AGAIN_S = 60.0  # after a look that failed
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class MainLook:
    """What was last seen in one camera's main stream."""

    numbers: dict[str, float] = field(default_factory=dict)  # of that look; none when it failed
    trouble: str = ""  # why it failed
    due_at: float = float("-inf")

    def due(self, now: float) -> bool:
        """Seconds of a monotonic clock."""
        return now >= self.due_at

    def take(self, archive: Path, camera: str, now: float, guard: Callable[[], AbstractContextManager[None]]) -> None:
        """Look now. `guard` surrounds the decoding and may end the process."""
        self.numbers, self.due_at = {}, now + AGAIN_S
        try:
            keyframe = newest_keyframe(archive, camera, StreamName.MAIN)
            with guard():
                luma = decode_luma(keyframe)
            if min(luma.shape) < 64:
                raise Corrupt(f"a picture of {luma.shape[1]}×{luma.shape[0]}", code="picture.too_small")
        except QorganError as error:
            if error.code != self.trouble:
                log.warning("picture.main_not_seen", camera=camera, code=error.code, reason=str(error))
            self.trouble = error.code
            return
        self.trouble, self.due_at = "", now + EVERY_S
        height, width = luma.shape
        self.numbers = {
            "main_width": float(width),
            "main_height": float(height),
            "main_detail": round(detail(luma), 3),
        }
