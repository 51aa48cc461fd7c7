"""Faults, ways in, tests of buttons and actions of schools on the wire."""

from typing import Any
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, Field

from qorgan.centre.wire import Instant, Name, Named, Page, Person
from qorgan.domain.supervision import Duty, Proof, WayState

MAX_BUTTONS = 200  # planned at once


class FaultSchool(Schema):
    id: UUID
    site: str
    name: Name


class Fault(Schema):
    """Something does not work. `school` is null for an outage of an area, `children` counts the faults under it; it is
    null for a fault of a `centre`, too.

    `subject` is `node`, `link`, `area`, `desks` or `source:<key>`; `due_at`: by when whoever has the `duty` has acted.
    """

    id: UUID
    school: FaultSchool | None
    centre: Named | None
    region: str
    district: str
    subject: str
    code: str
    detail: dict[str, Any]
    parent: UUID | None
    children: int
    duty: Duty
    stops_alarms: bool
    opened_at: Instant
    noticed_at: Instant
    due_at: Instant
    closed_at: Instant | None
    times: int
    taken_by: Person | None
    taken_at: Instant | None
    note: str


class FaultPage(Page[Fault]):
    """Faults, the newest first by the centre's clock."""


class Taking(Schema):
    """The signed-in person acts on the fault. It closes when it is measured to be over, never by this."""

    note: str = Field("", max_length=2_000)


class LastTest(Schema):
    """`took_s`: seconds from the press to the centre's database. `alarm` is the test alarm itself."""

    at: Instant
    took_s: float
    within_goal: bool
    alarm: UUID


class WayIn(Schema):
    """One way in of alarms. `state` is `unknown` while its node is silent; `planned_for` is of its next test."""

    id: UUID
    school: UUID
    key: str
    kind: str
    place: Name
    interval_s: float | None
    state: WayState
    faults: list[str]
    since: Instant | None
    last_seen: Instant | None
    proof: Proof
    last_test: LastTest | None
    planned_for: Instant | None


class WayInPage(Page[WayIn]):
    """Ways in with the proof that each works, the newest known first. `goal_s` is what a test must keep."""

    goal_s: float


class TestPlan(Schema):
    """Test these buttons of a school by this instant; all of them when none is named."""

    school: UUID
    buttons: list[str] = Field(default_factory=list, max_length=MAX_BUTTONS)
    planned_for: AwareDatetime


class PlannedTest(Schema):
    """A test that was planned and has not been pressed yet. `late`: its time is over."""

    id: UUID
    school: UUID
    button: str
    planned_for: Instant
    planned_by: Person | None
    late: bool


class PlannedTests(Schema):
    items: list[PlannedTest]
    next: str | None = None


class SchoolAction(Schema):
    """A standard action that a school took, as its node told it. `at` by the node's clock, `received_at` by ours."""

    id: UUID
    school: UUID
    action: str
    kind: str
    at: Instant
    by: str
    outputs: list[dict[str, Any]]
    received_at: Instant


class SchoolActionPage(Page[SchoolAction]):
    """Actions of schools, the newest first."""
