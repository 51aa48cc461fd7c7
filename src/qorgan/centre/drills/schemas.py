"""Drills on the wire. Instants are UTC; days are of the users' calendar, Asia/Almaty."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, Field, StringConstraints

from qorgan.centre.wire import Instant, Named, Page, Person
from qorgan.domain.drills.case import DrillDeed, DrillState
from qorgan.domain.drills.plan import MAX_NAME, MAX_OBSERVERS, MAX_PRESENT, MAX_TEXT, DrillForm, DrillGroup
from qorgan.domain.drills.plan import DrillScenario as Scenario
from qorgan.domain.drills.report import TapKind
from qorgan.domain.drills.year import DemandState, DrillDemand

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_TEXT)]
Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT)]
Who = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME)]
Place = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
MAX_FINDINGS, MAX_TAPS_AT_ONCE = 50, 200


class DrillWord(Schema):
    """The psychologist has looked at the plan and agrees."""

    name: Who
    on: date


class DrillWish(Schema):
    """The whole plan."""

    scenario: Scenario
    form: DrillForm
    at: AwareDatetime
    announced: bool = True
    groups: Annotated[list[DrillGroup], Field(max_length=len(DrillGroup))]
    observers: Annotated[list[Who], Field(default_factory=list, max_length=MAX_OBSERVERS)]
    note: Text = ""
    word: DrillWord | None = None


class NewDrill(DrillWish):
    school: UUID


class DrillOrder(Schema):
    """A deed. `version`: of the drill as one saw it; 409 `conflict` when it is another."""

    deed: Literal["approve", "start", "finish", "stop", "cancel"]
    text: Text = ""
    version: int | None = None


class DrillFinding(Schema):
    """What failed, who fixes it and by which day."""

    what: Said
    who: Who
    by: date


class DrillReview(Schema):
    text: Said
    present: Annotated[int, Field(ge=0, le=MAX_PRESENT)]
    findings: Annotated[list[DrillFinding], Field(default_factory=list, max_length=MAX_FINDINGS)]


class NewTap(Schema):
    """`id` is the telephone's own: sent twice it is one. `at` is its clock, also of an hour without network."""

    id: UUID
    kind: TapKind
    place: Place
    at: AwareDatetime


class NewTaps(Schema):
    taps: Annotated[list[NewTap], Field(min_length=1, max_length=MAX_TAPS_AT_ONCE)]


class TapsTaken(Schema):
    """`taken`: new ones; the others were known."""

    taken: int
    known: int


class DrillPart(Schema):
    """From one point of the alarm's handling to another. `two_clocks`: the school's and the centre's."""

    start: str
    end: str
    seconds: float | None
    goal_s: float | None
    met: bool | None
    two_clocks: bool


class DrillTapTime(Schema):
    kind: TapKind
    places: int
    first_s: float | None
    last_s: float | None


class DrillReport(Schema):
    """`alarms`: what the school marked as this drill; the first is measured. Seconds of taps count from `began_at`."""

    began_at: Instant | None
    alarms: list[UUID]
    handling: list[DrillPart]
    taps: list[DrillTapTime]
    doubtful: int


class DrillThreadLine(Schema):
    at: Instant
    by: Person | None
    deed: DrillDeed
    state: DrillState
    text: str


class Drill(Schema):
    """`wants`: what the guard rails still miss before the approval. `deeds`: what whoever asks may do now."""

    id: UUID
    school: Named
    scenario: Scenario
    form: DrillForm
    at: Instant
    announced: bool
    groups: list[DrillGroup]
    observers: list[str]
    note: str
    word: DrillWord | None
    state: DrillState
    planned_by: Person
    started_at: Instant | None
    ended_at: Instant | None
    pierced_by: UUID | None
    review: DrillReview | None
    report: DrillReport | None
    wants: list[str]
    deeds: list[DrillDeed]
    thread: list[DrillThreadLine]
    version: int


class DrillPage(Page[Drill]):
    """Without reports and threads."""


class NewClosedDay(Schema):
    """Without a school it is of the whole country."""

    school: UUID | None = None
    day: date
    kind: Literal["holiday", "exam"]


class ClosedDay(NewClosedDay):
    id: UUID


class ClosedDayList(Schema):
    items: list[ClosedDay]


class DrillDemandStanding(Schema):
    """What the norms ask for: when it was held last, by which day the next is due, for which day it is planned."""

    demand: DrillDemand
    state: DemandState
    last: date | None
    due: date
    planned: date | None


class DrillTrendPoint(Schema):
    """A drill that was held, in the numbers that are compared: seconds, from the report that its review kept."""

    drill: UUID
    at: Instant
    scenario: Scenario
    owned_s: float | None
    taps: list[DrillTapTime]
    findings: int


class DrillYear(Schema):
    """`trend`: the oldest first."""

    today: date
    demands: list[DrillDemandStanding]
    trend: list[DrillTrendPoint]
