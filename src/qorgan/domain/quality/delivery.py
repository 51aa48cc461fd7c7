"""How a stream is delivered: what the node counted, beside what a stream of its kind should be. Pure.

Everything is counted from packets and pictures that came; nothing of it is what a camera says of itself. Where a number
cannot be known yet it is missing, and of its fault nobody can say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from qorgan.domain.quality.faults import Verdict

HIGHEST = 10.0
ENOUGH = 0.999  # of what is exactly as the norm wants it


class DeliveryFault(StrEnum):
    """Faults of a stream on its way. Names that no fault of a picture has."""

    LOW_RESOLUTION = "low_resolution"
    FEW_FRAMES = "few_frames"
    LOW_BITRATE = "low_bitrate"  # too little for a picture of that size: it cannot be but smeared
    HIGH_BITRATE = "high_bitrate"  # more than the disks and the line were planned for
    RARE_KEYFRAMES = "rare_keyframes"  # seeking and live pictures wait for one
    OTHER_CODEC = "other_codec"
    LOSS = "loss"
    JITTER = "jitter"
    CLOCK_OFFSET = "clock_offset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One stream over the last seconds. `None`: not known."""

    codec: str = ""  # RFC 6381, "avc1.640028"; empty: not known
    width: int = 0  # of the pictures as they are encoded; 0: not known
    height: int = 0
    frames_per_s: float | None = None
    bits_per_s: float | None = None
    keyframe_every_s: float | None = None  # the longest of the last distances from one to the next
    loss: float | None = None  # share of the packets that never came
    jitter_s: float | None = None  # how unevenly pictures come: the latest against the least late one
    clock_offset_s: float | None = None  # how far the camera's own clock is ahead of the node's

    def numbers(self) -> dict[str, float]:
        """What is known, by name."""
        known = {
            "width": self.width or None, "height": self.height or None, "frames_per_s": self.frames_per_s,
            "bits_per_s": self.bits_per_s, "keyframe_every_s": self.keyframe_every_s, "loss": self.loss,
            "jitter_s": self.jitter_s, "clock_offset_s": self.clock_offset_s,
        }  # fmt: skip
        return {name: round(float(value), 5) for name, value in known.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """What a stream should be. Data, not law: the annex with the numbers that bind schools is not public."""

    pixels: int
    frames_per_s: float
    bits_per_pixel: float = 0.01  # and frame: below that H.264 has nothing left to show detail with
    bits_per_s: float  # at most
    keyframe_every_s: float
    codecs: tuple[str, ...] = ("avc1", "avc3", "hvc1", "hev1")  # RFC 6381, before the dot
    loss: float = 0.01
    jitter_s: float = 1.0
    clock_offset_s: float = 2.0


MAIN = Norm(pixels=1280 * 720, frames_per_s=12.0, bits_per_s=8_200_000, keyframe_every_s=4.5)
SUB = Norm(pixels=320 * 240, frames_per_s=5.0, bits_per_s=1_100_000, keyframe_every_s=4.5)
NORMS: Mapping[str, Norm] = MappingProxyType({"main": MAIN, "sub": SUB})


def scores(delivered: Delivered, norm: Norm) -> dict[DeliveryFault, float | None]:
    """How much of each fault there is: 1 is where it begins, more is worse; `None`: nobody can say."""
    pixels = delivered.width * delivered.height
    least_bits = None
    if pixels and delivered.frames_per_s:
        least_bits = norm.bits_per_pixel * pixels * delivered.frames_per_s
    offset = delivered.clock_offset_s
    known = delivered.codec.split(",")[0].split(".")[0]
    found = {
        DeliveryFault.LOW_RESOLUTION: _short(pixels or None, norm.pixels),
        DeliveryFault.FEW_FRAMES: _short(delivered.frames_per_s, norm.frames_per_s),
        DeliveryFault.LOW_BITRATE: None if least_bits is None else _short(delivered.bits_per_s, least_bits),
        DeliveryFault.HIGH_BITRATE: _over(delivered.bits_per_s, norm.bits_per_s),
        DeliveryFault.RARE_KEYFRAMES: _over(delivered.keyframe_every_s, norm.keyframe_every_s),
        DeliveryFault.OTHER_CODEC: None if not known else 0.0 if known in norm.codecs else HIGHEST,
        DeliveryFault.LOSS: _over(delivered.loss, norm.loss),
        DeliveryFault.JITTER: _over(delivered.jitter_s, norm.jitter_s),
        DeliveryFault.CLOCK_OFFSET: _over(None if offset is None else abs(offset), norm.clock_offset_s),
    }
    return {fault: score if score is None else min(score, HIGHEST) for fault, score in found.items()}


def _short(value: float | None, least: float) -> float | None:
    if value is None:
        return None
    return _over(least, max(value, least / HIGHEST))


def _over(value: float | None, most: float) -> float | None:
    if value is None:
        return None
    return value / most if value > most else min(value / most, ENOUGH)


# --- over time --------------------------------------------------------------------------------------------------------

CONFIRMED_BY, OF, OVER_AFTER = 3, 4, 3  # windows of some seconds each: one burst of loss is no state


@dataclass(frozen=True, slots=True)
class Course:
    """One fault of one stream over time."""

    verdict: Verdict = Verdict.UNKNOWN
    score: float | None = None
    shown: tuple[bool, ...] = ()
    clear: int = 0  # windows in a row without it


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of one stream."""

    courses: Mapping[DeliveryFault, Course] = field(
        default_factory=lambda: MappingProxyType({fault: Course() for fault in DeliveryFault})
    )

    def faults(self) -> tuple[DeliveryFault, ...]:
        """The confirmed ones."""
        return tuple(fault for fault in DeliveryFault if self.courses[fault].verdict is Verdict.BAD)

    def scores(self) -> dict[str, float]:
        """Of the last window, of what can be said."""
        return {str(fault): round(one.score, 2) for fault, one in self.courses.items() if one.score is not None}


def judge(memory: Memory, delivered: Delivered | None, norm: Norm) -> Memory:
    """The memory after one more window; `None`: the stream does not come, and nothing is known of it any more."""
    if delivered is None:
        return Memory()
    found = scores(delivered, norm)
    return Memory(MappingProxyType({fault: _further(memory.courses[fault], found[fault]) for fault in DeliveryFault}))


def _further(course: Course, score: float | None) -> Course:
    if score is None:
        return replace(course, score=None)  # nobody can say: what was confirmed stays so
    shows = score >= 1
    shown = (*course.shown, shows)[-OF:]
    clear = 0 if shows else course.clear + 1
    bad = sum(shown) >= CONFIRMED_BY or (course.verdict is Verdict.BAD and clear < OVER_AFTER)
    verdict = Verdict.BAD if bad else Verdict.SUSPECT if shows else Verdict.OK
    return Course(verdict, score, shown, clear)
