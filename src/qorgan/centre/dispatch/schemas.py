"""Dispatches, checklists and after-action reports on the wire."""

from typing import Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from qorgan.centre.alarms.schemas import Unit
from qorgan.centre.wire import Instant, Name, Person
from qorgan.domain.after_action import Point
from qorgan.domain.alarms import MAX_NOTE, Kind, Level
from qorgan.domain.checklists import Scenario
from qorgan.domain.dispatch import MAX_NAME, MAX_REASON, MAX_RECORD, DispatchState


class Dispatch(Schema):
    """One unit sent to one alarm. `accepted_by` is a human by name, `record` a number in the unit's own system."""

    id: UUID
    alarm: UUID
    unit: Unit
    state: DispatchState
    note: str
    offered_at: Instant
    offered_by: Person
    accepted_at: Instant | None
    accepted_by: str
    record: str
    departed_at: Instant | None
    arrived_at: Instant | None
    stabilised_at: Instant | None
    ended_at: Instant | None
    reason: str


class DispatchList(Schema):
    """In the order in which they were offered."""

    items: list[Dispatch]
    next: str | None


class Offer(Schema):
    """Offer a call to a unit. With `by` or `record` it was accepted in the same breath, over the radio."""

    unit: UUID
    note: str = Field("", max_length=MAX_NOTE)
    by: str = Field("", max_length=MAX_NAME)
    record: str = Field("", max_length=MAX_RECORD)


class Send(Schema):
    """Send a unit that the officer has heard accept."""

    unit: UUID
    note: str = Field("", max_length=MAX_NOTE)


class Word(Schema):
    """What a verb comes with: `accept` needs `by` or `record`, `reject` needs `reason`."""

    by: str = Field("", max_length=MAX_NAME)
    record: str = Field("", max_length=MAX_RECORD)
    reason: str = Field("", max_length=MAX_REASON)
    note: str = Field("", max_length=MAX_NOTE)


class Candidate(Schema):
    """A unit that could be sent. `distance_m` is to the school, as the crow flies; null when nobody knows."""

    unit: Unit
    distance_m: float | None
    located_at: Instant | None


class CandidateList(Schema):
    """Free ones first, then nearest first, those of unknown place last."""

    items: list[Candidate]
    next: str | None


class UnitOutOfService(Schema):
    reason: str = Field(min_length=1, max_length=MAX_REASON)


class ChecklistItem(Schema):
    """`late_s`: how many seconds after `due_at` it was done. `overdue`: due and not done, at the closure or now."""

    key: str
    text: Name
    due_s: int
    due_at: Instant
    done_at: Instant | None
    done_by: Person | None
    note: str
    late_s: float | None
    overdue: bool


class Checklist(Schema):
    """The officer's list of an alarm. `opened_at` is null while nobody owns the alarm: then it is not yet frozen."""

    alarm: UUID
    scenario: Scenario
    scenarios: list[Scenario]
    version: int
    title: Name
    opened_at: Instant | None
    done: int
    late: int
    overdue: int
    items: list[ChecklistItem]


class Tick(Schema):
    done: bool = True
    note: str = Field("", max_length=MAX_NOTE)


class ScenarioChoice(Schema):
    scenario: Scenario


class ReachedPoint(Schema):
    """A moment of the alarm, and whose clock told it. Null: it has not happened, or nobody knows."""

    point: Point
    at: Instant | None
    clock: Literal["school", "centre"]


class ReportInterval(Schema):
    """One part of the handling. `goal_share` of all alarms keep within `goal_s`; `met`: null for unknown or no goal."""

    start: Point
    end: Point
    seconds: float | None
    two_clocks: bool
    goal_s: float | None
    goal_share: float | None
    met: bool | None


class UnitReport(Schema):
    """How quick one unit was: departure and arrival count from its acceptance."""

    unit: Name
    state: DispatchState
    accepted_after_s: float | None
    departed_after_s: float | None
    arrived_after_s: float | None
    on_scene_for_s: float | None


class ChecklistSum(Schema):
    scenario: Scenario
    version: int
    items: int
    done: int
    late: int
    overdue: int


class AfterAction(Schema):
    """How an alarm was handled, measured from its log. `actions` counts the log's lines by action."""

    alarm: UUID
    level: Level
    kind: Kind
    points: list[ReachedPoint]
    intervals: list[ReportInterval]
    units: list[UnitReport]
    checklist: ChecklistSum
    actions: dict[str, int]
