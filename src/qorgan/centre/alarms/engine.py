"""The engine: what the passing of time does to alarms. All it has to do stands in rows (`Alarm.next_at`).

A turn takes the rows that are due, decides by `domain.alarms.pass_time`, and writes the outcome with its log lines in
one transaction. Several engines may run: each takes other rows (`SKIP LOCKED` on PostgreSQL; SQLite has one writer at a
time). A process that dies loses nothing: what it had taken is due again. Nothing is remembered between two turns.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from qorgan.centre.alarms.events import happened
from qorgan.centre.alarms.incidents import end_those_over
from qorgan.centre.alarms.journal import Entry, append
from qorgan.centre.alarms.models import Alarm, EngineTurn
from qorgan.centre.alarms.sharing import shared
from qorgan.centre.duty.roster import Rosters
from qorgan.centre.turning import DatabaseThread, keep_turning
from qorgan.domain.alarms import Call, Called, Happening, Rung, louder, pass_time
from qorgan.kernel.clock import Clock, SystemClock

log = logging.getLogger(__name__)
EVERY_S = 0.5  # between turns when nothing is due
TOGETHER = 200  # alarms of one transaction
NAMED = 50  # of the people whom a rung calls; beyond, the log says how many more
BEAT_EVERY = timedelta(seconds=1)  # a watcher outside wants a sign of life that is no older than 3 s
LATE_AFTER = timedelta(seconds=10)  # an alarm that is due for so long: the engine does not keep up


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """`done` alarms were moved on; `more`: others are due as well."""

    done: int
    more: bool


@transaction.atomic
def turn(now: datetime | None = None) -> Turn:
    """Do what is due. P1 goes first."""
    now = now or timezone.now()
    rows = Alarm.objects.filter(next_at__lte=now).select_for_update(skip_locked=True, of=("self",))
    taken = list(rows.select_related("school__district").order_by("level", "next_at", "pk")[:TOGETHER])
    rosters = Rosters(now)
    done = [one for alarm in taken for one in _pass_time(alarm, rosters, now)]
    append([_entry(one, now) for one in done])
    shared([one.alarm for one in done if one.happening.rung is not None and one.happening.rung.centre is not None])
    for one in done:
        happened.send(Alarm, alarm=one.alarm, happening=one.happening, at=now)
    return Turn(done=len(taken), more=len(taken) == TOGETHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """What time did to an alarm; of a rung, whom it calls."""

    alarm: Alarm
    happening: Happening
    call: Call | None = None


def _pass_time(alarm: Alarm, rosters: Rosters, now: datetime) -> list[_Done]:
    after, happenings = pass_time(alarm.case, now)
    done: list[_Done] = []
    for happening in happenings:
        call = rosters.call(alarm.school, happening.rung) if happening.rung else None
        if call is not None and call.louder:
            after = louder(after)
        if happening.rung is not None and happening.rung.centre is not None:
            alarm.shared_with_id = happening.rung.centre
        done.append(_Done(alarm=alarm, happening=happening, call=call))
    alarm.become(after)
    return done


def _entry(done: _Done, now: datetime) -> Entry:
    happening, data = done.happening, {"due": done.happening.due.isoformat()}
    if happening.rung is not None and done.call is not None:
        data |= _called(done.alarm, happening.rung, done.call)
    return Entry(alarm=done.alarm, at=now, action=happening.what.value, data=data)


def _called(alarm: Alarm, rung: Rung, call: Call) -> dict[str, Any]:
    """What the log says of a rung: whom it called, and why them."""
    data: dict[str, Any] = {"to": rung.to.value, "rung": alarm.case.ladder.index(rung) + 1, "why": call.why.value}
    data["people"] = [{"id": str(one.id), "name": one.name} for one in call.people[:NAMED]]
    if len(call.people) > NAMED:
        data["more"] = len(call.people) - NAMED
    if rung.to is Called.NEIGHBOUR:
        data["centre"] = str(rung.centre) if rung.centre else None  # null: the registry names nobody
    return data


# --- the engine watches itself -------------------------------------------------------------------------------------


def beat(now: datetime | None = None) -> bool:
    """Write the sign of life, unless something is long overdue; whether it was written."""
    now = now or timezone.now()
    if Alarm.objects.filter(next_at__lt=now - LATE_AFTER).exists():
        log.error("engine.late overdue_for_over_s=%d", LATE_AFTER.total_seconds())
        return False
    EngineTurn.objects.update_or_create(id=1, defaults={"at": now})
    return True


def last_turn() -> datetime | None:
    """When an engine last said that it keeps up; None: never. Older than 30 s: page somebody."""
    return EngineTurn.objects.values_list("at", flat=True).first()


class Engine:
    """Runs turns in a thread of its own until cancelled."""

    def __init__(self, *, clock: Clock | None = None, every_s: float = EVERY_S) -> None:
        self._clock, self._every_s = clock or SystemClock(), every_s
        self._thread = DatabaseThread("engine")
        self._beaten: datetime | None = None

    async def run(self) -> None:
        """Turn after turn; a database that is away is asked again, and everything due is done then."""
        try:
            await keep_turning(self._turn, name="engine", clock=self._clock, every_s=self._every_s, longest_s=2.0)
        finally:
            self._thread.close()

    async def _turn(self) -> bool:
        return (await self._thread.call(partial(self._work, self._clock.now()))).more

    def _work(self, now: datetime) -> Turn:
        done = turn(now)
        if not done.more and (self._beaten is None or now - self._beaten >= BEAT_EVERY):
            self._beaten = now
            end_those_over(now)
            beat(now)
        return done
