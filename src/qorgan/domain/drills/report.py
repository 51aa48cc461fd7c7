"""What was measured of a drill: the handling of its alarm from the alarm's own log, and the staff's taps.

A tap says when by the telephone's clock, also one that comes an hour later from a telephone without a network.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from qorgan.domain.after_action import Measured, Point, measure

MAX_TAPS = 2_000  # of one drill
AHEAD = timedelta(seconds=30)  # so far may a telephone's clock be before ours


class TapKind(StrEnum):
    """What somebody of the staff says with one tap."""

    ROOM_LOCKED = "room_locked"
    HALL_CLEAR = "hall_clear"
    EVACUATED = "evacuated"  # this class is outside
    ACCOUNTED = "accounted"  # everybody of this class is here


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """`at` is the telephone's clock; `place` a room or a class, in the school's words."""

    id: UUID
    kind: TapKind
    place: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TapTime:
    """Seconds from the beginning to the first and the last of a kind; each place counts once, with its first tap."""

    kind: TapKind
    places: int
    first_s: float | None
    last_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillReport:
    """`began_at`: the press, or the start where nobody pressed. `doubtful`: taps by clocks that cannot be right."""

    began_at: datetime | None
    handling: tuple[Measured, ...]
    taps: tuple[TapTime, ...]
    doubtful: int


def report(
    reached: Mapping[Point, datetime], taps: Sequence[Tap], *, started_at: datetime | None, ended_at: datetime
) -> DrillReport:
    """Of the drill between two instants; `ended_at` is now while it runs."""
    began = reached.get(Point.PRESSED, started_at)
    sound = [tap for tap in taps if started_at is not None and started_at - AHEAD <= tap.at <= ended_at + AHEAD]
    return DrillReport(
        began_at=began,
        handling=measure(reached),
        taps=tuple(_time(kind, sound, began) for kind in TapKind),
        doubtful=len(taps) - len(sound),
    )


def _time(kind: TapKind, taps: Iterable[Tap], began: datetime | None) -> TapTime:
    first: dict[str, datetime] = {}
    for tap in sorted(taps, key=lambda tap: (tap.at, tap.id)):
        if tap.kind is kind:
            first.setdefault(tap.place.casefold(), tap.at)
    if began is None or not first:
        return TapTime(kind=kind, places=len(first), first_s=None, last_s=None)
    seconds = [(at - began).total_seconds() for at in first.values()]
    return TapTime(kind=kind, places=len(first), first_s=min(seconds), last_s=max(seconds))
