"""The rules of alarms through the use cases, on the real database: whatever is done, in whatever order, rows agree."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.behaviour.centre.conftest import Town
from tests.support import centre as a

from qorgan.centre.alarms import claims, engine, service
from qorgan.centre.alarms.models import Alarm, AlarmLog
from qorgan.centre.ledger import verify
from qorgan.domain.access import Actor
from qorgan.domain.alarms import ENDED, Claim, Disposition, Level, Progress, Step, due, furthest
from qorgan.kernel.errors import Rejected
from qorgan.kernel.ids import uuid7
from qorgan.protocols.link.messages import AlarmClaim

pytestmark = pytest.mark.django_db
STEPS = tuple(service.STEP_RIGHT)

steps = st.tuples(st.just("step"), st.sampled_from(STEPS), st.integers(0, 2))
said = st.tuples(st.just("claim"), st.sampled_from(Claim), st.booleans())
time = st.tuples(st.just("time"), st.integers(0, 200), st.none())
ways = st.sampled_from(
    [
        (Step.ACKNOWLEDGE, Step.CONFIRM, Step.CLOSE, Step.COUNTERSIGN),
        (Step.ACKNOWLEDGE, Step.REFUTE, Step.CLOSE),
        (Step.SHELVE, Step.CONFIRM_SHELF),
    ]
)
shortcut = st.tuples(st.just("way"), ways, st.none())
deeds = st.lists(st.one_of(steps, steps, said, time, shortcut), min_size=3, max_size=15)


class Room:
    """One alarm and three officers of its centre."""

    def __init__(self, town: Town, people: list[Actor], level: Level) -> None:
        self.town, self.people = town, people
        self.alarm = a.an_alarm(town.school, level=level.value)
        self.presser = Progress.RECEIVED

    def row(self) -> Alarm:
        return Alarm.objects.get(pk=self.alarm.pk)

    def do(self, deed: tuple[Any, Any, Any]) -> None:
        kind, what, how = deed
        if kind == "step":
            self.step(what, self.people[how])
        elif kind == "way":
            for number, step in enumerate(what):
                self.step(step, self.people[1 if number == len(what) - 1 else 0])
        elif kind == "claim":
            body = AlarmClaim(alarm=self.alarm.pk, claim=what.value, at=timezone.now(), duress=how)
            with transaction.atomic():
                assert claims.take(self.town.school, uuid7(), body, timezone.now()) is None
        else:
            engine.turn(timezone.now() + timedelta(seconds=what))

    def step(self, step: Step, who: Actor) -> None:
        until = timezone.now() + timedelta(minutes=30)
        try:
            with transaction.atomic():
                service.step(who, self.alarm.pk, step, disposition=Disposition.TRUE, note="тыныш", until=until)
        except Rejected:
            return

    def agrees(self) -> None:
        """The row, its log and what waits to be done say the same."""
        row = self.row()
        case = row.case
        lines = list(AlarmLog.objects.filter(alarm=row))
        assert verify(lines) == row.lines_written <= row.version
        assert row.next_at == due(case)
        assert row.two_persons == case.two_persons
        assert (row.state in ENDED) == (row.closed_by_id is not None)
        if row.state in ENDED and row.two_persons:
            assert {line.action: line.actor_id for line in lines}["closed"] == row.confirmed_by_id != row.closed_by_id
        self.presser = furthest(self.presser, case.state)
        assert row.presser == self.presser and (row.presser_due is None) == (self.presser is Progress.RECEIVED)
        assert sum(line.action == "claimed" and line.data["claim"] == "again" for line in lines) == row.presses - 1


@pytest.fixture
def people(town: Town) -> list[Actor]:
    return [a.an_officer(town.centre) for _ in range(3)]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=deeds, level=st.sampled_from([Level.P1, Level.P1, Level.P2]))
def test_whatever_is_done_the_row_its_log_and_the_engine_agree(
    town: Town, people: list[Actor], deeds: list[tuple[Any, Any, Any]], level: Level
) -> None:
    room = Room(town, people, level)
    for deed in deeds:
        room.do(deed)
        room.agrees()
