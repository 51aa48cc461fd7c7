"""Mass events: many P1 of one territory at once get a parent incident, for the overview. It hides none of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

WINDOW = timedelta(seconds=60)
AT_LEAST = 5  # P1 of one territory and kind within the window
JOINS_FOR = timedelta(minutes=10)  # after the last one: what is raised later is another event


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A P1 as this decision sees it; all of one territory and one kind. `at` is by the centre's clock."""

    alarm: UUID
    at: datetime


def gather(calls: Sequence[Call]) -> frozenset[UUID]:
    """Those that make up a mass event: each that lies, with at least four others, within one window."""
    ordered = sorted(calls, key=lambda call: call.at)
    together: set[UUID] = set()
    first = 0
    for last, call in enumerate(ordered):
        while call.at - ordered[first].at > WINDOW:
            first += 1
        if last - first + 1 >= AT_LEAST:
            together.update(one.alarm for one in ordered[first : last + 1])
    return frozenset(together)


def joins(last_at: datetime, at: datetime) -> bool:
    """Whether a P1 raised at `at` belongs to the event whose last one was raised at `last_at`."""
    return at - last_at <= JOINS_FOR


def over(*, last_at: datetime, open_alarms: int, now: datetime) -> bool:
    """Whether an event is history: none of its alarms is open and no other would join it. It is no state of theirs."""
    return open_alarms == 0 and not joins(last_at, now)
