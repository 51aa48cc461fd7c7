"""The table of an alarm's steps, and what holds beside it: leases, ladders, claims, shelves, two signatures."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from qorgan.domain.alarms import (
    ENDED,
    LEASE,
    NEXT,
    OPEN,
    Called,
    Case,
    Claim,
    Disposition,
    Happened,
    Kind,
    Level,
    Progress,
    State,
    Step,
    Verdict,
    apply,
    called,
    due,
    furthest,
    pass_time,
    raised,
    told,
)
from qorgan.kernel.errors import Conflict, Forbidden, Invalid, Rejected

ANN, BEN = UUID(int=1), UUID(int=2)
CAR, NEIGHBOUR = UUID(int=9), UUID(int=10)
NOW = datetime(2026, 11, 22, 7, 44, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def a_case(level: Level = Level.P1, kind: Kind = Kind.REAL, **said: Any) -> Case:
    return raised(level, kind, NOW, neighbour=NEIGHBOUR, **said)


def do(case: Case, *steps: Step, actor: UUID = ANN, when: datetime = NOW) -> Case:
    for step in steps:
        case = apply(
            case,
            step,
            actor=actor,
            at=when,
            unit=CAR,
            disposition=Disposition.TRUE,
            note="бәрі тыныш",
            until=when + timedelta(hours=1),
        )
    return case


def refusal(case: Case, step: Step, *, actor: UUID = ANN, when: datetime = NOW) -> str:
    with pytest.raises(Rejected) as error:
        do(case, step, actor=actor, when=when)
    return error.value.code


JUDGED = (Step.PRESENT, Step.ACKNOWLEDGE, Step.CONFIRM)


def test_the_whole_way_of_a_real_alarm() -> None:
    way = (*JUDGED, Step.DISPATCH, Step.DEPART, Step.ARRIVE, Step.STABILISE, Step.CLOSE)
    signed = do(a_case(), *way)
    closed = do(signed, Step.COUNTERSIGN, actor=BEN, when=at(5))

    assert signed.state is State.STABILISED and signed.closing is not None
    assert (closed.state, closed.disposition, closed.verdict) == (State.CLOSED, Disposition.TRUE, Verdict.CONFIRMED)
    assert (closed.closed_by, closed.confirmed_by, closed.closed_at) == (ANN, BEN, at(5))
    assert do(closed, Step.REVIEW).state is State.REVIEWED


# --- ending --------------------------------------------------------------------------------------------------------


def test_only_closing_ends_an_alarm() -> None:
    assert {step for (_, step), state in NEXT.items() if state in ENDED} == {Step.CLOSE, Step.COUNTERSIGN, Step.REVIEW}
    assert {state for (state, step) in NEXT if step is Step.REVIEW} == {State.CLOSED}


def test_who_signed_first_does_not_sign_again() -> None:
    signed = do(a_case(), *JUDGED, Step.CLOSE)

    assert refusal(signed, Step.COUNTERSIGN, actor=ANN) == "alarm.second_person"
    assert refusal(signed, Step.CLOSE, actor=BEN) == "alarm.closing"
    assert do(signed, Step.COUNTERSIGN, actor=BEN).state is State.CLOSED


def test_a_signature_is_withdrawn() -> None:
    signed = do(a_case(), *JUDGED, Step.CLOSE)

    open_again = do(signed, Step.WITHDRAW)
    assert open_again.closing is None and open_again.state is State.CONFIRMED
    assert refusal(open_again, Step.COUNTERSIGN, actor=BEN) == "alarm.not_closing"


@pytest.mark.parametrize(
    ("level", "kind"), [(Level.P2, Kind.REAL), (Level.P3, Kind.REAL), (Level.P1, Kind.DRILL), (Level.P1, Kind.TEST)]
)
def test_what_is_no_real_p1_one_person_closes(level: Level, kind: Kind) -> None:
    closed = do(a_case(level, kind), *JUDGED, Step.CLOSE)

    assert (closed.state, closed.closed_by, closed.confirmed_by) == (State.CLOSED, ANN, None)


def test_the_closure_of_a_p1_wants_a_note_and_any_a_disposition() -> None:
    judged, judged_drill = do(a_case(), *JUDGED), do(a_case(kind=Kind.DRILL), *JUDGED)

    with pytest.raises(Invalid):
        apply(judged, Step.CLOSE, actor=ANN, at=NOW, disposition=Disposition.TRUE, note=" ")
    with pytest.raises(Invalid):
        apply(judged_drill, Step.CLOSE, actor=ANN, at=NOW)
    with pytest.raises(Invalid):
        apply(judged, Step.DISPATCH, actor=ANN, at=NOW)


def test_a_refuted_alarm_is_dispatched_only_after_its_verdict_is_revised() -> None:
    refuted = do(a_case(), Step.ACKNOWLEDGE, Step.REFUTE)

    assert refusal(refuted, Step.DISPATCH) == "alarm.state"
    assert do(refuted, Step.LEAVE_UNVERIFIED, Step.DISPATCH).state is State.DISPATCHED


def test_a_verdict_that_comes_after_the_unit_leaves_the_unit_on_its_way() -> None:
    sent = do(a_case(), *JUDGED, Step.DISPATCH, Step.DEPART)

    judged = do(sent, Step.REFUTE)
    assert (judged.state, judged.verdict) == (State.EN_ROUTE, Verdict.FALSE)


# --- ownership and the ladder --------------------------------------------------------------------------------------


def test_the_first_officer_owns_and_the_second_is_told_so() -> None:
    owned = do(a_case(), Step.PRESENT, Step.ACKNOWLEDGE)

    assert do(owned, Step.ACKNOWLEDGE) is owned
    assert refusal(owned, Step.ACKNOWLEDGE, actor=BEN) == "alarm.owned"


def test_nobody_takes_it_and_the_ladder_is_climbed_by_the_second() -> None:
    case = a_case()
    seen: list[tuple[float, Called]] = []
    for tenths in range(1200):
        case, happenings = pass_time(case, at(tenths / 10))
        seen += [(tenths / 10, one.rung.to) for one in happenings if one.rung]

    assert seen == [(15.0, Called.OFFICER), (30.0, Called.SUPERVISOR), (45.0, Called.NEIGHBOUR)]
    assert case.ladder[2].centre == NEIGHBOUR
    assert called(case) == set(Called) and due(case) is None and case.open


def test_an_engine_that_was_away_catches_up_at_once_and_says_when_it_was_due() -> None:
    _, happenings = pass_time(a_case(), at(3_600))

    assert [(one.what, one.due) for one in happenings] == [(Happened.ESCALATED, at(s)) for s in (15, 30, 45)]


def test_time_that_passed_passes_once() -> None:
    once, _ = pass_time(a_case(), at(31))

    assert pass_time(once, at(31)) == (once, ())


def test_an_owner_stops_the_ladder_and_their_silence_starts_it_louder() -> None:
    climbed, _ = pass_time(a_case(), at(20))
    owned = do(climbed, Step.ACKNOWLEDGE, when=at(21))
    kept = do(owned, Step.RENEW, when=at(60))

    same, nothing = pass_time(kept, at(60) + LEASE - timedelta(seconds=1))
    lost, happenings = pass_time(kept, at(60) + LEASE)

    assert (same, nothing) == (kept, ())
    assert [one.what for one in happenings] == [Happened.LEASE_LOST]
    assert (lost.owner, lost.state, lost.rung) == (None, State.PRESENTED, 0)
    assert lost.alerts == owned.alerts + 1
    assert due(lost) == at(60) + LEASE + timedelta(seconds=15)


def test_who_lost_it_is_told_so_and_anybody_may_take_it() -> None:
    lost, _ = pass_time(do(a_case(), *JUDGED), NOW + LEASE)

    assert lost.state is State.CONFIRMED
    assert refusal(lost, Step.RENEW) == "alarm.not_owner"
    assert do(lost, Step.ACKNOWLEDGE, actor=BEN).owner == BEN


def test_who_acts_on_an_alarm_without_an_owner_owns_it() -> None:
    lost, _ = pass_time(do(a_case(), *JUDGED), NOW + LEASE)

    sent = do(lost, Step.DISPATCH, actor=BEN, when=at(100))
    assert sent.owner == BEN and sent.waiting_since is None and due(sent) == at(100) + LEASE


def test_a_colleague_may_act_and_the_owner_stays() -> None:
    owned = do(a_case(), Step.ACKNOWLEDGE)

    judged = do(owned, Step.CONFIRM, actor=BEN, when=at(30))
    assert judged.owner == ANN and judged.lease_until == owned.lease_until


def test_the_next_shift_takes_it_over() -> None:
    handed = do(do(a_case(), *JUDGED), Step.HAND_OVER, actor=BEN, when=at(60))

    assert handed.owner == BEN and handed.state is State.CONFIRMED and due(handed) == at(60) + LEASE


def test_a_released_alarm_calls_again() -> None:
    released = do(do(a_case(), Step.ACKNOWLEDGE), Step.RELEASE, when=at(40))

    assert (released.owner, released.state, released.alerts) == (None, State.PRESENTED, 2)
    assert due(released) == at(55)


@pytest.mark.parametrize("kind", [Kind.DRILL, Kind.TEST])
def test_a_drill_calls_nobody_outside_of_its_centre(kind: Kind) -> None:
    over, _ = pass_time(a_case(kind=kind), at(3_600))

    assert called(over) == {Called.OFFICER, Called.SUPERVISOR}


def test_nobody_takes_the_step_of_time() -> None:
    owned = do(a_case(), Step.ACKNOWLEDGE)

    assert refusal(owned, Step.LAPSE) == "alarm.state"


# --- what the school says ------------------------------------------------------------------------------------------


def test_a_cancel_is_a_claim_that_somebody_verifies() -> None:
    claimed = told(do(a_case(), *JUDGED), Claim.CANCEL, at=at(5))

    assert claimed.state is State.CONFIRMED and claimed.alerts == 1
    assert refusal(claimed, Step.CLOSE) == "alarm.claimed"
    assert do(claimed, Step.REFUTE, Step.CLOSE).closing is not None


def test_a_cancel_between_two_signatures_stops_the_second() -> None:
    claimed = told(do(a_case(), *JUDGED, Step.CLOSE), Claim.CANCEL, at=at(5))

    assert refusal(claimed, Step.COUNTERSIGN, actor=BEN) == "alarm.claimed"


def test_a_cancel_under_threat_looks_like_one_and_raises_it() -> None:
    owned = do(a_case(Level.P2), Step.ACKNOWLEDGE)

    threatened = told(owned, Claim.CANCEL, at=at(5), duress=True, neighbour=NEIGHBOUR)

    assert threatened.duress and threatened.claimed and threatened.level is Level.P1 and threatened.two_persons
    assert threatened.alerts == 2 and threatened.owner == ANN


def test_under_threat_it_is_police_whatever_it_was_raised_as() -> None:
    assert a_case(Level.P3, duress=True).level is Level.P1


def test_a_returned_button_clears_nothing() -> None:
    returned = told(a_case(), Claim.RETURNED, at=at(5))

    assert returned.open and returned.returned_at == at(5) and due(returned) == at(15)


def test_another_press_is_counted_and_heard() -> None:
    signed = do(a_case(), *JUDGED, Step.CLOSE)

    pressed = told(signed, Claim.AGAIN, at=at(5))
    assert (pressed.presses, pressed.alerts, pressed.closing) == (2, 2, None)


def test_another_press_does_not_begin_the_ladder_anew() -> None:
    climbed, _ = pass_time(a_case(), at(31))

    pressed = told(climbed, Claim.AGAIN, at=at(32))
    assert pressed.rung == 2 and due(pressed) == at(45)


def test_what_is_said_of_an_ended_alarm_changes_nothing() -> None:
    ended = do(do(a_case(), *JUDGED, Step.CLOSE), Step.COUNTERSIGN, actor=BEN)

    for claim in Claim:
        assert told(ended, claim, at=at(9), duress=True) is ended


# --- the shelf -----------------------------------------------------------------------------------------------------


def test_a_shelf_takes_two_persons_and_ends_loudly() -> None:
    asked = do(a_case(), Step.ACKNOWLEDGE, Step.SHELVE)
    assert not asked.quiet and due(asked) == NOW + LEASE
    assert refusal(asked, Step.CONFIRM_SHELF) == "alarm.second_person"

    quiet = do(asked, Step.CONFIRM_SHELF, actor=BEN)
    assert quiet.quiet and due(quiet) == at(3_600)

    over, happenings = pass_time(quiet, at(3_600))
    assert [one.what for one in happenings] == [Happened.SHELF_ENDED]
    assert over.shelf is None and over.owner is None and over.alerts == 2 and due(over) == at(3_615)


@pytest.mark.parametrize(("reason", "hours"), [("", 1), ("  ", 1), ("қайталап басыла береді", 13), ("кесте", -1)])
def test_a_shelf_has_a_reason_and_an_end_within_a_shift(reason: str, hours: int) -> None:
    with pytest.raises(Invalid):
        apply(a_case(), Step.SHELVE, actor=ANN, at=NOW, note=reason, until=NOW + timedelta(hours=hours))


def test_another_press_takes_it_off_the_shelf() -> None:
    quiet = do(do(a_case(), Step.SHELVE), Step.CONFIRM_SHELF, actor=BEN)

    pressed = told(quiet, Claim.AGAIN, at=at(60))
    assert pressed.shelf is None and pressed.alerts == 2 and due(pressed) == at(75)


def test_a_shelf_is_ended_by_one() -> None:
    quiet = do(do(a_case(), Step.SHELVE), Step.CONFIRM_SHELF, actor=BEN)

    assert do(quiet, Step.UNSHELVE, when=at(60)).waiting_since == at(60)
    assert refusal(a_case(), Step.UNSHELVE) == "alarm.not_shelved"


# --- words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.PRESENTED, State.OWNED])
def test_a_screen_that_draws_late_changes_nothing(state: State) -> None:
    case = do(a_case(), Step.PRESENT, *([Step.ACKNOWLEDGE] if state is State.OWNED else []))

    assert do(case, Step.PRESENT, actor=BEN) is case


def test_what_we_do_not_know_is_taken_for_the_worst() -> None:
    assert Level.read("P2") is Level.P2
    assert Kind.read("drill") is Kind.DRILL
    assert Level.read("P17") is Level.P1
    assert Kind.read("rehearsal") is Kind.REAL
    assert Claim.read("never mind") is Claim.AGAIN


def test_the_presser_never_hears_that_it_went_back() -> None:
    assert furthest(Progress.OWNED, State.PRESENTED) is Progress.OWNED
    assert furthest(Progress.OWNED, State.ON_SCENE) is Progress.ARRIVED


def test_every_state_has_a_way_to_its_end() -> None:
    for start in OPEN:
        ways = {start}
        while more := {NEXT[state, step] for state, step in NEXT if state in ways} - ways:
            ways |= more
        assert State.CLOSED in ways, start


def test_a_conflict_names_the_state() -> None:
    with pytest.raises(Conflict, match="stored"):
        do(a_case(), Step.CLOSE)
    with pytest.raises(Forbidden):
        do(do(a_case(), *JUDGED, Step.CLOSE), Step.COUNTERSIGN)
