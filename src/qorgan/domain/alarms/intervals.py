"""How long each part of handling an alarm took, from its log alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

# (name, the log's action it counts from, the action it counts to): the first of each.
PARTS = (
    ("pressed_to_stored", "pressed", "stored"),
    ("stored_to_presented", "stored", "presented"),
    ("presented_to_owned", "presented", "owned"),
    ("pressed_to_owned", "pressed", "owned"),
    ("owned_to_verdict", "owned", "verdict"),
    ("pressed_to_dispatched", "pressed", "dispatched"),
    ("dispatched_to_en_route", "dispatched", "en_route"),
    ("dispatched_to_on_scene", "dispatched", "on_scene"),
    ("pressed_to_on_scene", "pressed", "on_scene"),
    ("on_scene_to_stabilised", "on_scene", "stabilised"),
    ("pressed_to_closed", "pressed", "closed"),
)
_VERDICTS = frozenset({"confirmed", "unverified", "refuted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """`seconds` is None while one of its ends is to come. `pressed` is by the school's clock, all else by ours."""

    name: str
    start: datetime | None
    end: datetime | None

    @property
    def seconds(self) -> float | None:
        return None if self.start is None or self.end is None else (self.end - self.start).total_seconds()


def intervals(log: Iterable[tuple[str, datetime]]) -> tuple[Interval, ...]:
    """Every part, in the order of `PARTS`, from the (action, instant) lines of an alarm's log."""
    first: dict[str, datetime] = {}
    for action, at in log:
        first.setdefault(action, at)
        if action in _VERDICTS:
            first.setdefault("verdict", at)
    return tuple(Interval(name=name, start=first.get(start), end=first.get(end)) for name, start, end in PARTS)
