"""A year of drills: what is due when, and what a school is reminded of."""

from datetime import date, timedelta

import pytest

from qorgan.domain.drills.plan import DrillForm, DrillScenario
from qorgan.domain.drills.year import PERIODS, DemandState, DrillDay, DrillDemand, standings

TODAY = date(2026, 11, 23)


def fire(days: int, form: DrillForm = DrillForm.PRACTICE) -> DrillDay:
    return DrillDay(on=TODAY + timedelta(days=days), scenario=DrillScenario.FIRE, form=form)


def of_fire(held: list[DrillDay], planned: list[DrillDay]) -> tuple[DemandState, date, date | None]:
    found = next(one for one in standings(held, planned, TODAY) if one.demand is DrillDemand.FIRE)
    return found.state, found.due, found.planned


STORIES: dict[str, tuple[list[DrillDay], list[DrillDay], DemandState]] = {
    "never held and in no plan": ([], [], DemandState.OVERDUE),
    "never held and planned": ([], [fire(20)], DemandState.SCHEDULED),
    "held last month": ([fire(-30)], [], DemandState.HELD),
    "held, and the next one planned in time": ([fire(-30)], [fire(100)], DemandState.SCHEDULED),
    "due on the last day of the reminder": ([fire(-152)], [], DemandState.UNSCHEDULED),
    "a day before the reminder": ([fire(-151)], [], DemandState.HELD),
    "due in a week, planned in two": ([fire(-175)], [fire(14)], DemandState.UNSCHEDULED),
    "due today": ([fire(-182)], [], DemandState.UNSCHEDULED),
    "due yesterday, though planned": ([fire(-183)], [fire(3)], DemandState.OVERDUE),
    "only talked through": ([fire(-30, DrillForm.DISCUSSION)], [], DemandState.OVERDUE),
}


@pytest.mark.parametrize(("held", "planned", "state"), STORIES.values(), ids=list(STORIES))
def test_what_a_school_is_reminded_of(held: list[DrillDay], planned: list[DrillDay], state: DemandState) -> None:
    assert of_fire(held, planned)[0] is state


def test_the_newest_counts_and_says_by_when_the_next_is_due() -> None:
    state, due, planned = of_fire([fire(-300), fire(-10), fire(-90)], [fire(150), fire(60)])
    assert (state, due) == (DemandState.SCHEDULED, TODAY - timedelta(days=10) + PERIODS[DrillDemand.FIRE])
    assert planned == TODAY + timedelta(days=60)


def test_a_fire_evacuation_is_a_practical_drill_and_a_lockdown_no_fire_evacuation() -> None:
    lockdown = DrillDay(on=TODAY, scenario=DrillScenario.ARMED_ATTACK, form=DrillForm.PRACTICE)
    assert [one.last for one in standings([fire(-5)], [], TODAY)] == [TODAY - timedelta(days=5)] * 2
    assert [one.last for one in standings([lockdown], [], TODAY)] == [TODAY, None]
