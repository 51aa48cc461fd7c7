"""A small picture that goes to the centre with what is said of it: evidence, no more of it than is needed.

Which looks deserve one, and how many there may be, is decided here, too: a camera whose faults flutter must not turn
the outbox into an archive.
"""

from dataclasses import dataclass
from fractions import Fraction

import av
import av.error

from qorgan.domain.quality.faults import Fault, Verdict
from qorgan.edge.analyst.picture import Keyframe, frame_of
from qorgan.kernel.errors import Corrupt
from qorgan.protocols.link.messages import MAX_STILL_BYTES

LONGEST_SIDE = 640  # px
COARSER = (6, 12, 24)  # quantisers of JPEG tried in turn, until it is small enough
AT_ONCE = 3  # stills of one camera, then …
ANOTHER_EVERY_S = 300.0  # … one more each
STILL_THERE_S = 24 * 3600.0  # a fault that stays is shown again


@dataclass(slots=True)
class Stills:
    """Which looks at one camera are shown to the centre. Times are seconds of a monotonic clock."""

    left: float = float(AT_ONCE)
    counted_at: float | None = None
    shown_at: float | None = None
    shown: frozenset[Fault] | None = None  # the confirmed faults that the last still was of; None: there was none

    def due(self, verdict: Verdict, bad: frozenset[Fault], now: float) -> bool:
        """Whether this look should be shown: a fault is new, all is well again, or what was shown is a day old.

        Nothing is forgotten: what may not be shown now is due at the next look.
        """
        if verdict not in (Verdict.BAD, Verdict.OK):
            return False
        news = self.shown is None or bool(bad - self.shown) or (verdict is Verdict.OK and bool(self.shown))
        old = self.shown_at is not None and now - self.shown_at >= STILL_THERE_S
        return (news or old) and self._left(now) >= 1

    def took(self, bad: frozenset[Fault], now: float) -> None:
        """One was made."""
        self.left = self._left(now) - 1
        self.counted_at = self.shown_at = now
        self.shown = bad

    def _left(self, now: float) -> float:
        since = 0.0 if self.counted_at is None else now - self.counted_at
        return min(float(AT_ONCE), self.left + since / ANOTHER_EVERY_S)


def small_jpeg(keyframe: Keyframe) -> bytes:
    """A JPEG of the keyframe, of `MAX_STILL_BYTES` at most. Raises `Corrupt` for what cannot be decoded."""
    try:
        frame = _decoded(keyframe)
        for quantiser in COARSER:
            if len(data := _encoded(frame, quantiser)) <= MAX_STILL_BYTES:
                return data
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        raise Corrupt(f"not a picture: {type(error).__name__}", code="picture.damaged") from error
    raise Corrupt("no small picture can be made of it", code="picture.too_big")


def _decoded(keyframe: Keyframe) -> av.VideoFrame:
    frame = frame_of(keyframe)
    scale = min(1.0, LONGEST_SIDE / max(frame.width, frame.height))
    width, height = (max(2, round(side * scale) // 2 * 2) for side in (frame.width, frame.height))
    return frame.reformat(width, height, format="yuvj420p")


def _encoded(frame: av.VideoFrame, quantiser: int) -> bytes:
    coder = av.CodecContext.create("mjpeg", "w")
    coder.width, coder.height, coder.pix_fmt = frame.width, frame.height, "yuvj420p"
    coder.time_base = Fraction(1, 25)
    coder.qmin = coder.qmax = quantiser
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*coder.encode(frame), *coder.encode(None)])
