"""A school's year of drills: what is asked for, by which day the next one is due, and whether it is planned.

The periods are those of the norms' packs: KZ-D-7 (a practical drill a year) and KZ-D-11 (a fire evacuation every six
months), both known by digests of the acts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from qorgan.domain.drills.plan import DrillForm, DrillScenario

REMIND = timedelta(days=30)  # before the day; then it should stand in the plan


class DrillDemand(StrEnum):
    PRACTICAL = "practical"
    FIRE = "fire"


class DemandState(StrEnum):
    """The worst first: what a school is reminded of."""

    OVERDUE = "overdue"
    UNSCHEDULED = "unscheduled"  # due within a month, and in no plan
    SCHEDULED = "scheduled"
    HELD = "held"  # and not due for a month


PERIODS: Mapping[DrillDemand, timedelta] = MappingProxyType(
    {DrillDemand.PRACTICAL: timedelta(days=365), DrillDemand.FIRE: timedelta(days=182)}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillDay:
    """A drill of the past that was held to its end, or one that is planned; by the users' calendar."""

    on: date
    scenario: DrillScenario
    form: DrillForm


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandStanding:
    """`due`: the last day by which it is to be held; today where none was ever held."""

    demand: DrillDemand
    state: DemandState
    last: date | None
    due: date
    planned: date | None


def answers(day: DrillDay, demand: DrillDemand) -> bool:
    """What is only talked through answers nothing; a fire evacuation is a practical drill as well."""
    return day.form is not DrillForm.DISCUSSION and (
        demand is DrillDemand.PRACTICAL or day.scenario is DrillScenario.FIRE
    )


def standings(held: Iterable[DrillDay], planned: Iterable[DrillDay], today: date) -> tuple[DemandStanding, ...]:
    """Of every demand, in their order."""
    past, ahead = list(held), list(planned)
    return tuple(_standing(demand, past, ahead, today) for demand in DrillDemand)


def _standing(demand: DrillDemand, held: list[DrillDay], planned: list[DrillDay], today: date) -> DemandStanding:
    last = max((day.on for day in held if answers(day, demand) and day.on <= today), default=None)
    following = min((day.on for day in planned if answers(day, demand) and day.on >= today), default=None)
    due = today if last is None else last + PERIODS[demand]
    return DemandStanding(
        demand=demand, state=_state(last, due, following, today), last=last, due=due, planned=following
    )


def _state(last: date | None, due: date, planned: date | None, today: date) -> DemandState:
    if last is not None and due < today:
        return DemandState.OVERDUE
    if planned is not None and (last is None or planned <= due):
        return DemandState.SCHEDULED
    if last is None:
        return DemandState.OVERDUE
    return DemandState.UNSCHEDULED if due - today <= REMIND else DemandState.HELD
