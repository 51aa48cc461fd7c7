"""The table of an alarm's steps, and what holds whatever officers do."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgan.domain.alarms import ENDED, NEXT, Case, Disposition, Kind, Level, State, Step, Verdict, apply
from qorgan.kernel.errors import Conflict, Invalid

ANN, BEN = UUID(int=1), UUID(int=2)
CAR = UUID(int=9)
NOW = datetime(2026, 11, 22, 7, 44, tzinfo=UTC)

deeds = st.lists(st.tuples(st.sampled_from(Step), st.sampled_from([ANN, BEN])), max_size=30)


def do(case: Case, step: Step, actor: UUID = ANN) -> Case:
    return apply(case, step, actor=actor, at=NOW, unit=CAR, disposition=Disposition.TRUE)


def after(*steps: Step) -> Case:
    case = Case()
    for step in steps:
        case = do(case, step)
    return case


def test_the_whole_way_of_a_real_alarm() -> None:
    case = after(Step.PRESENT, Step.ACKNOWLEDGE, Step.CONFIRM, Step.DISPATCH, Step.CLOSE)

    assert case == Case(
        state=State.CLOSED,
        presented_at=NOW,
        owner=ANN,
        verdict=Verdict.CONFIRMED,
        unit=CAR,
        disposition=Disposition.TRUE,
        closed_at=NOW,
        closed_by=ANN,
    )


@given(deeds)
def test_an_alarm_is_open_or_was_closed_by_a_named_person_with_a_disposition(deeds: list[tuple[Step, UUID]]) -> None:
    """Invariant I2, whatever officers try."""
    case = Case()
    for step, actor in deeds:
        before = case
        try:
            case = do(case, step, actor)
        except Conflict as refusal:
            assert refusal.code == "alarm.state"
            assert case is before
        if before.state in ENDED:
            assert case is before, "nothing changes an alarm that has ended"
    assert case.open == (case.closed_by is None)
    assert case.open == (case.disposition is None)
    assert case.open == (case.state is not State.CLOSED)


@given(deeds)
def test_from_wherever_it_is_an_open_alarm_can_be_closed(deeds: list[tuple[Step, UUID]]) -> None:
    """No alarm gets stuck in the queue."""
    case = Case()
    for step, actor in deeds:
        try:
            case = do(case, step, actor)
        except Conflict:
            continue
    ways = {case.state}
    while True:
        more = ways | {NEXT[state, step] for state, step in NEXT if state in ways}
        if more == ways:
            break
        ways = more
    assert State.CLOSED in ways


def test_only_closing_ends_an_alarm() -> None:
    assert {step for (_, step), state in NEXT.items() if state in ENDED} == {Step.CLOSE}


def test_a_refuted_alarm_waits_for_a_person_to_close_it() -> None:
    refuted = after(Step.ACKNOWLEDGE, Step.REFUTE)

    assert refuted.open
    assert do(refuted, Step.CLOSE, BEN).closed_by == BEN


def test_a_refuted_alarm_is_dispatched_only_after_its_verdict_is_revised() -> None:
    refuted = after(Step.ACKNOWLEDGE, Step.REFUTE)

    with pytest.raises(Conflict):
        do(refuted, Step.DISPATCH)
    assert do(do(refuted, Step.LEAVE_UNVERIFIED), Step.DISPATCH).state is State.DISPATCHED


def test_the_first_officer_owns_and_the_second_is_told_so() -> None:
    owned = after(Step.PRESENT, Step.ACKNOWLEDGE)

    assert do(owned, Step.ACKNOWLEDGE, ANN) is owned
    with pytest.raises(Conflict) as refusal:
        do(owned, Step.ACKNOWLEDGE, BEN)
    assert refusal.value.code == "alarm.state"


@pytest.mark.parametrize("steps", [(Step.PRESENT,), (Step.ACKNOWLEDGE,), (Step.ACKNOWLEDGE, Step.REFUTE, Step.CLOSE)])
def test_a_screen_that_draws_late_changes_nothing(steps: tuple[Step, ...]) -> None:
    case = after(*steps)

    assert do(case, Step.PRESENT, BEN) is case


def test_a_closure_says_what_it_was_and_a_dispatch_who_goes() -> None:
    judged = after(Step.ACKNOWLEDGE, Step.CONFIRM)

    with pytest.raises(Invalid):
        apply(judged, Step.CLOSE, actor=ANN, at=NOW)
    with pytest.raises(Invalid):
        apply(judged, Step.DISPATCH, actor=ANN, at=NOW)


def test_what_we_do_not_know_is_taken_for_the_worst() -> None:
    assert Level.read("P2") is Level.P2
    assert Kind.read("drill") is Kind.DRILL
    assert Level.read("P17") is Level.P1
    assert Kind.read("rehearsal") is Kind.REAL
