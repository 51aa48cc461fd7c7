"""Drills: what the planner refuses, the table of states, what a real press does, and what taps amount to."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from qorgan.domain.alarms import Kind
from qorgan.domain.drills import case as rules
from qorgan.domain.drills.case import LONGEST, DrillCase, DrillDeed, DrillState, Press, allowed, apply, settle
from qorgan.domain.drills.plan import (
    APART,
    CHILDREN,
    VIOLENT,
    DrillForm,
    DrillGroup,
    DrillPlan,
    DrillScenario,
    PlanRefused,
    PsychologistWord,
    Refused,
    Surroundings,
    refusals,
    require_plan,
)
from qorgan.domain.drills.report import Tap, TapKind, report
from qorgan.kernel.errors import Conflict, Forbidden, Invalid

NOW = datetime(2026, 11, 23, 5, tzinfo=UTC)
AT = datetime(2026, 12, 2, 5, tzinfo=UTC)  # a Wednesday, 10 o'clock in Kazakhstan
HEAD, DEPUTY, ALARM = UUID(int=1), UUID(int=2), UUID(int=9)
WORD = PsychologistWord(name="Әсел Н.", on=date(2026, 11, 20))
PLAN = DrillPlan(
    scenario=DrillScenario.ARMED_ATTACK,
    form=DrillForm.PRACTICE,
    at=AT,
    local=AT + timedelta(hours=5),
    announced=True,
    groups=frozenset({DrillGroup.STAFF, DrillGroup.MIDDLE}),
    word=WORD,
)
AROUND = Surroundings(now=NOW)
APPROVED = DrillCase(state=DrillState.APPROVED, at=AT, planned_by=HEAD)
RUNNING = replace(APPROVED, state=DrillState.RUNNING, started_at=AT)


def at_local(days: int = 0, hours: float = 0) -> DrillPlan:
    more = timedelta(days=days, hours=hours)
    return replace(PLAN, at=PLAN.at + more, local=PLAN.local + more)


def test_a_plan_within_the_guard_rails_is_taken() -> None:
    assert refusals(PLAN, AROUND) == ()


REFUSED = {
    "unannounced violence with children": (replace(PLAN, announced=False), AROUND, Refused.UNANNOUNCED_VIOLENCE),
    "violence played before small children": (
        replace(PLAN, form=DrillForm.SIMULATION, groups=frozenset({DrillGroup.PRIMARY})),
        AROUND,
        Refused.YOUNG_CHILDREN,
    ),
    "a day of exams": (PLAN, replace(AROUND, closed=frozenset({date(2026, 12, 2)})), Refused.CLOSED_DAY),
    "a Sunday": (at_local(days=4), AROUND, Refused.CLOSED_DAY),
    "children without the psychologist's word": (replace(PLAN, word=None), AROUND, Refused.PSYCHOLOGIST),
    "another drill six days before": (PLAN, replace(AROUND, others=(AT - timedelta(days=6),)), Refused.TOO_CLOSE),
    "another drill six days after": (PLAN, replace(AROUND, others=(AT + timedelta(days=6),)), Refused.TOO_CLOSE),
    "in the past": (PLAN, replace(AROUND, now=AT + timedelta(minutes=1)), Refused.WHEN),
    "in the night": (at_local(hours=13), AROUND, Refused.WHEN),
    "nobody takes part": (replace(PLAN, groups=frozenset()), AROUND, Refused.PARTICIPANTS),
}


@pytest.mark.parametrize(("plan", "around", "why"), REFUSED.values(), ids=list(REFUSED))
def test_a_plan_beyond_a_guard_rail_is_refused(plan: DrillPlan, around: Surroundings, why: Refused) -> None:
    assert refusals(plan, around) == (why,)
    with pytest.raises(PlanRefused) as refused:
        require_plan(plan, around)
    assert (refused.value.code, refused.value.all) == (why.value, (why,))


def test_no_mix_of_scenario_form_and_children_slips_through() -> None:
    """Whatever is combined: violence is never unannounced before children, and never played before small ones."""
    for scenario in DrillScenario:
        for form in DrillForm:
            for group in CHILDREN:
                for announced in (True, False):
                    groups = frozenset({DrillGroup.STAFF, group})
                    plan = replace(PLAN, scenario=scenario, form=form, groups=groups, announced=announced)
                    found = refusals(plan, AROUND)
                    violent = scenario in VIOLENT
                    young = group in (DrillGroup.PRESCHOOL, DrillGroup.PRIMARY)
                    assert (Refused.UNANNOUNCED_VIOLENCE in found) == (violent and not announced)
                    assert (Refused.YOUNG_CHILDREN in found) == (violent and young and form is DrillForm.SIMULATION)


def test_staff_alone_may_be_surprised_and_need_no_psychologist() -> None:
    plan = replace(PLAN, announced=False, word=None, groups=frozenset({DrillGroup.STAFF, DrillGroup.GUARDS}))
    assert refusals(plan, AROUND) == ()


def test_a_week_apart_is_far_enough_and_what_is_excused_may_be_missing() -> None:
    assert refusals(PLAN, replace(AROUND, others=(AT - APART, AT + APART))) == ()
    require_plan(replace(PLAN, word=None), AROUND, excused=(Refused.PSYCHOLOGIST,))


def test_from_the_plan_to_the_journal() -> None:
    case = DrillCase(state=DrillState.PLANNED, at=AT, planned_by=HEAD)
    for deed, at in ((DrillDeed.APPROVE, NOW), (DrillDeed.START, AT), (DrillDeed.FINISH, AT + timedelta(minutes=9))):
        case = apply(case, deed, HEAD, at=at)
    assert (case.started_at, case.ended_at) == (AT, AT + timedelta(minutes=9))
    case = apply(case, DrillDeed.REVIEW, HEAD, at=AT, text="екі есік жабылмады")
    assert apply(case, DrillDeed.RECORD, HEAD, at=AT).state is DrillState.RECORDED


@pytest.mark.parametrize("state", list(DrillState))
@pytest.mark.parametrize("deed", list(DrillDeed))
def test_whatever_the_table_does_not_say_is_a_conflict(state: DrillState, deed: DrillDeed) -> None:
    case = replace(APPROVED, state=state, started_at=AT)
    rule = rules.NEXT.get(deed)
    if rule is not None and state in rule.of and deed not in rules.OF_NOBODY:
        assert apply(case, deed, HEAD, at=AT, text="себебі") is not case
        return
    with pytest.raises(Conflict) as refused:
        apply(case, deed, HEAD, at=AT, text="себебі")
    assert refused.value.code == "drill.state"


def test_who_plans_a_surprise_does_not_approve_it() -> None:
    case = DrillCase(state=DrillState.PLANNED, at=AT, planned_by=HEAD, unannounced=True)
    with pytest.raises(Forbidden, match="second person"):
        apply(case, DrillDeed.APPROVE, HEAD, at=NOW)
    assert DrillDeed.APPROVE not in allowed(case, HEAD, NOW)
    assert apply(case, DrillDeed.APPROVE, DEPUTY, at=NOW).state is DrillState.APPROVED


def test_a_drill_begins_at_its_hour_and_a_stop_says_why() -> None:
    with pytest.raises(Conflict) as refused:
        apply(APPROVED, DrillDeed.START, HEAD, at=AT - timedelta(hours=1))
    assert refused.value.code == "drill.not_now"
    assert DrillDeed.START not in allowed(APPROVED, HEAD, AT - timedelta(hours=1))
    with pytest.raises(Invalid):
        apply(RUNNING, DrillDeed.STOP, HEAD, at=AT, text="  ")


def press(kind: Kind, after_s: float, **said: bool) -> Press:
    return Press(alarm=ALARM, kind=kind, received_at=AT + timedelta(seconds=after_s), **said)


def test_a_real_press_pierces_at_the_instant_it_was_stored() -> None:
    presses = [press(Kind.DRILL, 5), press(Kind.REAL, 70), press(Kind.REAL, 90)]
    after, deed = settle(RUNNING, presses, now=AT + timedelta(hours=1))
    assert (after.state, deed, after.pierced_by) == (DrillState.STOPPED, DrillDeed.PIERCE, ALARM)
    assert after.ended_at == AT + timedelta(seconds=70)


def test_a_threat_pierces_whatever_its_mark_says() -> None:
    after, _ = settle(RUNNING, [press(Kind.DRILL, 5, duress=True)], now=AT + timedelta(minutes=1))
    assert after.state is DrillState.STOPPED


def test_drills_tests_and_what_was_before_do_not_pierce() -> None:
    presses = [press(Kind.DRILL, 5), press(Kind.TEST, 6), press(Kind.REAL, -1)]
    assert settle(RUNNING, presses, now=AT + timedelta(minutes=1)) == (RUNNING, None)


def test_a_forgotten_drill_ends_by_itself() -> None:
    after, deed = settle(RUNNING, [], now=AT + timedelta(days=2))
    assert (after.state, deed, after.ended_at) == (DrillState.FINISHED, DrillDeed.LAPSE, AT + LONGEST)


def tap(number: int, kind: TapKind, place: str, after_s: float) -> Tap:
    return Tap(id=UUID(int=number), kind=kind, place=place, at=AT + timedelta(seconds=after_s))


def test_each_room_counts_once_with_its_first_tap_in_whatever_order_they_come() -> None:
    taps = [
        tap(3, TapKind.ROOM_LOCKED, "204", 41.5),
        tap(1, TapKind.ROOM_LOCKED, "101", 12.25),
        tap(2, TapKind.ROOM_LOCKED, "204", 30.0),
        tap(4, TapKind.ROOM_LOCKED, "7А", 20.0),
        tap(5, TapKind.ROOM_LOCKED, "7а", 25.0),
        tap(6, TapKind.HALL_CLEAR, "2-қабат", 86_400.0),  # a telephone whose clock is a day ahead
    ]
    found = report({}, taps, started_at=AT, ended_at=AT + timedelta(minutes=10))
    locked, hall = found.taps[0], found.taps[1]
    assert (locked.places, locked.first_s, locked.last_s) == (3, 12.25, 30.0)
    assert (hall.places, hall.last_s, found.doubtful) == (0, None, 1)
    assert found == report({}, taps[::-1], started_at=AT, ended_at=AT + timedelta(minutes=10))
