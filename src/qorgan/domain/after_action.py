"""After an alarm: how long every part of its handling took, against what we hold ourselves to.

Everything is taken from the alarm's log, which is append-only: whoever reads the log can count it again. A part whose
ends are not both known is unknown, and unknown never meets a goal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class Point(StrEnum):
    """A moment of an alarm. The school's clock tells the first two, the centre's all others."""

    PRESSED = "pressed"
    DURABLE = "durable"  # on the school's disk; known where the school says so
    RECEIVED = "received"  # in the centre's database
    PRESENTED = "presented"  # an officer's screen drew it
    OWNED = "owned"
    VERIFIED = "verified"
    DISPATCHED = "dispatched"  # a unit accepted
    EN_ROUTE = "en_route"
    ARRIVED = "arrived"
    STABILISED = "stabilised"
    CLOSED = "closed"


_OF_ACTION: Mapping[str, Point] = MappingProxyType(
    {
        "pressed": Point.PRESSED,
        "raised": Point.PRESSED,
        "durable": Point.DURABLE,
        "stored": Point.RECEIVED,
        "presented": Point.PRESENTED,
        "owned": Point.OWNED,
        "confirmed": Point.VERIFIED,
        "unverified": Point.VERIFIED,
        "refuted": Point.VERIFIED,
        "dispatched": Point.DISPATCHED,
        "en_route": Point.EN_ROUTE,
        "on_scene": Point.ARRIVED,
        "stabilised": Point.STABILISED,
        "closed": Point.CLOSED,
    }
)
OF_SCHOOL = frozenset({Point.PRESSED, Point.DURABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """`share` of all alarms keep within `within_s` seconds; one alarm keeps within it or does not."""

    within_s: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """From one point to another, and what we hold ourselves to (docs/design: numbers; reference of alarms §7)."""

    start: Point
    end: Point
    goal: Goal | None = None


PARTS: tuple[Part, ...] = (
    Part(start=Point.PRESSED, end=Point.DURABLE, goal=Goal(within_s=0.1, share=0.99)),
    Part(start=Point.DURABLE, end=Point.RECEIVED),
    Part(start=Point.RECEIVED, end=Point.PRESENTED),
    Part(start=Point.PRESSED, end=Point.PRESENTED, goal=Goal(within_s=2.0, share=0.99)),
    Part(start=Point.PRESENTED, end=Point.OWNED, goal=Goal(within_s=10.0, share=0.90)),
    Part(start=Point.OWNED, end=Point.VERIFIED),
    Part(start=Point.VERIFIED, end=Point.DISPATCHED),
    Part(start=Point.PRESSED, end=Point.DISPATCHED, goal=Goal(within_s=60.0, share=0.90)),
    Part(start=Point.DISPATCHED, end=Point.EN_ROUTE),
    Part(start=Point.EN_ROUTE, end=Point.ARRIVED),
    Part(start=Point.PRESSED, end=Point.ARRIVED),
    Part(start=Point.ARRIVED, end=Point.STABILISED),
    Part(start=Point.ARRIVED, end=Point.CLOSED),
    Part(start=Point.PRESSED, end=Point.CLOSED),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One part of one alarm. `two_clocks`: its ends were told by two clocks, and their difference is in it."""

    part: Part
    seconds: float | None
    two_clocks: bool

    @property
    def met(self) -> bool | None:
        """None: there is no goal, or nobody knows. A negative time says that a clock was wrong, nothing more."""
        if self.part.goal is None or self.seconds is None or self.seconds < 0:
            return None
        return self.seconds <= self.part.goal.within_s


def points(log: Iterable[tuple[str, datetime]]) -> Mapping[Point, datetime]:
    """When each point was first reached, from the (action, instant) lines of the log, in their order."""
    found: dict[Point, datetime] = {}
    for action, at in log:
        point = _OF_ACTION.get(action)
        if point is not None:
            found.setdefault(point, at)
    return found


def measure(reached: Mapping[Point, datetime]) -> tuple[Measured, ...]:
    """Every part, in the order of `PARTS`."""
    return tuple(_measured(part, reached.get(part.start), reached.get(part.end)) for part in PARTS)


def _measured(part: Part, start: datetime | None, end: datetime | None) -> Measured:
    seconds = None if start is None or end is None else (end - start).total_seconds()
    return Measured(part=part, seconds=seconds, two_clocks=(part.start in OF_SCHOOL) != (part.end in OF_SCHOOL))
