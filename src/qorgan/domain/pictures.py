"""Picture quality: what is wrong with a camera's picture, judged from measures of a keyframe now and then.

One look proves little (headlights, a door opening, a passing coat): a fault counts when two of the last three looks
show it, and is over when fewer do. What could not be looked at is `unknown`, never `ok`.
"""

from dataclasses import dataclass
from enum import StrEnum

LOOKS = 3  # remembered
CONFIRMED_BY = 2  # of them


class Verdict(StrEnum):
    OK = "ok"
    SUSPECT = "suspect"  # the last look shows a fault that is not confirmed yet
    BAD = "bad"
    UNKNOWN = "unknown"  # nothing recent could be looked at


class PictureFault(StrEnum):
    BLACK = "black"
    OVEREXPOSED = "overexposed"
    LOW_CONTRAST = "low_contrast"
    BLURRED = "blurred"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """One keyframe in grey, scaled to 640×360. Luma is full range, 0 to 255."""

    mean: float
    deviation: float  # standard deviation of luma
    bright: float  # share of pixels of luma 250 and above
    sharpness: float  # variance of the Laplacian (4-neighbour)
    digest: bytes  # of all pixels: two looks alike to the bit have the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Where a fault begins. Wide on purpose: these catch what nobody would call a picture."""

    black_mean: float = 16.0
    overexposed_bright: float = 0.6
    overexposed_mean: float = 235.0
    low_deviation: float = 10.0
    blurred_sharpness: float = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    verdict: Verdict
    faults: tuple[PictureFault, ...] = ()


Look = Measures | None  # None: there was nothing recent, or it could not be decoded
History = tuple[Look, ...]  # oldest first, at most `LOOKS`


def remember(history: History, look: Look) -> History:
    """The history after one more look."""
    return (*history, look)[-LOOKS:]


def faults_of(measures: Measures, thresholds: Thresholds) -> frozenset[PictureFault]:
    """What one picture shows by itself. A black or white picture is not called blurred as well."""
    if measures.mean < thresholds.black_mean:
        return frozenset({PictureFault.BLACK})
    if measures.bright > thresholds.overexposed_bright or measures.mean > thresholds.overexposed_mean:
        return frozenset({PictureFault.OVEREXPOSED})
    if measures.deviation < thresholds.low_deviation:
        return frozenset({PictureFault.LOW_CONTRAST})
    if measures.sharpness < thresholds.blurred_sharpness:
        return frozenset({PictureFault.BLURRED})
    return frozenset()


def judge(history: History, thresholds: Thresholds = Thresholds()) -> Judgement:
    """What the last looks say together."""
    if not history or all(look is None for look in history[-CONFIRMED_BY:]):
        return Judgement(verdict=Verdict.UNKNOWN)
    shown = [faults_of(look, thresholds) for look in history if look is not None]
    confirmed = {fault for fault in PictureFault if sum(fault in faults for faults in shown) >= CONFIRMED_BY}
    if _alike(history) == LOOKS:
        confirmed.add(PictureFault.FROZEN)
    if confirmed:
        return Judgement(verdict=Verdict.BAD, faults=_in_order(confirmed))
    suspected = set(shown[-1]) if history[-1] is not None else set()
    if _alike(history) == LOOKS - 1:
        suspected.add(PictureFault.FROZEN)
    if suspected:
        return Judgement(verdict=Verdict.SUSPECT, faults=_in_order(suspected))
    return Judgement(verdict=Verdict.OK)


def _alike(history: History) -> int:
    """How many of the newest looks are the same to the bit."""
    newest = history[-1]
    if newest is None:
        return 0
    count = 0
    for look in reversed(history):
        if look is None or look.digest != newest.digest:
            break
        count += 1
    return count


def _in_order(faults: set[PictureFault]) -> tuple[PictureFault, ...]:
    return tuple(fault for fault in PictureFault if fault in faults)
