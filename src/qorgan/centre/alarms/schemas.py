"""Alarms, units and the officers' steps on the wire."""

from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, Field

from qorgan.centre.wire import Instant, Name, Named, Page, Person
from qorgan.domain.alarms import MAX_NOTE, Called, Claim, Disposition, Kind, Level, Progress, State, Verdict

UnitState = Literal["free", "offered", "dispatched", "en_route", "on_scene", "out_of_service"]
ActionWord = Literal["hold", "secure", "lockdown", "evacuate", "shelter", "all_clear"]
OrderState = Literal["waiting", "taken", "refused", "superseded"]
LogAction = Literal[
    "pressed",
    "raised",
    "stored",
    "presented",
    "owned",
    "released",
    "handed_over",
    "escalated",
    "lease_lost",
    "claimed",
    "joined",
    "shelf_asked",
    "shelved",
    "unshelved",
    "shelf_ended",
    "noted",
    "confirmed",
    "unverified",
    "refuted",
    "offered",
    "rejected",
    "dispatched",
    "en_route",
    "on_scene",
    "stabilised",
    "cleared",
    "checklist",
    "checked",
    "unchecked",
    "signed",
    "withdrawn",
    "closed",
    "reviewed",
]


class Unit(Schema):
    """A patrol unit. Its state follows its dispatch; `reason` says why it is out of service, `since` from when."""

    id: UUID
    name: Name
    state: UnitState
    since: Instant | None
    reason: str


class UnitList(Schema):
    items: list[Unit]
    next: str | None


class LogLine(Schema):
    """One line of the alarm's log: append-only, hash-chained. `actor` is null when a machine did it."""

    at: Instant
    actor: Person | None
    action: LogAction
    note: str
    data: dict[str, Any]


class RungOfLadder(Schema):
    """`after_s` counts from when the alarm began to wait for an owner."""

    after_s: int
    to: Called


class Escalation(Schema):
    """`rung` of the ladder's rungs have been called since the alarm waits; the next one at `next_at`."""

    rung: int
    next_at: Instant | None
    ladder: list[RungOfLadder]


class ClaimOnAlarm(Schema):
    """What the school said of the alarm after it was raised; `actor` wrote it down when it came by telephone."""

    claim: Claim
    at: Instant
    by: str
    duress: bool
    actor: Person | None


class Shelf(Schema):
    """Without `confirmed_by` it is asked for, and the alarm as loud as before."""

    by: Person
    reason: str
    until: Instant
    confirmed_by: Person | None


class Closing(Schema):
    """The first of two signatures."""

    by: Person
    disposition: Disposition
    note: str
    at: Instant


class Alarm(Schema):
    """`version` goes up with every change: of two copies the one with the higher version is the newer."""

    id: UUID
    school: UUID
    school_name: Name
    site: str
    button: str
    place: Name
    level: Level
    kind: Kind
    source: str
    state: State
    pressed_at: Instant
    received_at: Instant
    presented_at: Instant | None
    owner: Person | None
    verdict: Verdict | None
    unit: Unit | None
    disposition: Disposition | None
    closed_at: Instant | None
    version: int
    cameras: list[UUID]
    meaning: str
    code: str
    duress: bool  # under threat: nobody calls back
    note: str
    presses: int
    alerts: int  # how often it has called out anew: a screen that knew fewer rings again
    lease_until: Instant | None
    escalation: Escalation
    claims: list[ClaimOnAlarm]
    claimed: bool  # a cancel that no verdict has looked at since: it cannot be closed
    returned_at: Instant | None
    shelf: Shelf | None
    closing: Closing | None
    two_persons: bool  # closing it wants two of them
    confirmed_by: Person | None
    parent: UUID | None  # the incident of a mass event
    shared_with: Named | None  # the neighbouring centre, once it was called
    point_out_of_service: bool  # the point was, when it was raised
    presser: Progress | None  # what the presser was told; null: raised by an operator
    log: list[LogLine]


class AlarmPage(Page[Alarm]):
    """Alarms, newest first by the centre's clock."""


class Presentation(Schema):
    """An officer's screen drew the alarm at this instant of its own clock."""

    drawn_at: AwareDatetime | None = None


class Acknowledgement(Schema):
    """Nothing to say: the signed-in officer takes the alarm."""


class Verification(Schema):
    verdict: Verdict
    note: str = Field("", max_length=MAX_NOTE)


class Closure(Schema):
    disposition: Disposition
    note: str = Field("", max_length=MAX_NOTE)


class Nothing(Schema):
    """Nothing to say."""


class Presented(Schema):
    """One of several alarms that were drawn."""

    alarm: UUID
    drawn_at: AwareDatetime | None = None


class Presentations(Schema):
    """Alarms that an officer's screen drew together."""

    items: list[Presented] = Field(max_length=500)


class PresentationsTaken(Schema):
    """How many of them nobody's screen had drawn before."""

    fresh: int


class NewAlarm(Schema):
    """What a caller said."""

    school: UUID
    place: str = Field(min_length=1, max_length=200)
    level: Level
    kind: Kind = Kind.REAL
    meaning: str = Field("", max_length=60)
    note: str = Field("", max_length=MAX_NOTE)
    duress: bool = False


class NewClaim(Schema):
    """What the school said to the officer. `duress`: whoever said it seemed to be under threat."""

    claim: Claim = Claim.CANCEL
    by: str = Field("", max_length=200)
    duress: bool = False
    note: str = Field("", max_length=MAX_NOTE)


class NewShelf(Schema):
    until: AwareDatetime
    reason: str = Field(min_length=1, max_length=MAX_NOTE)


class Note(Schema):
    text: str = Field(min_length=1, max_length=MAX_NOTE)


class Review(Schema):
    note: str = Field("", max_length=MAX_NOTE)


class Interval(Schema):
    """`seconds` is null while one of its ends is to come. `pressed` is by the school's clock, all else by ours."""

    name: str
    start: Instant | None
    end: Instant | None
    seconds: float | None


class IntervalList(Schema):
    items: list[Interval]
    next: str | None


class NewAction(Schema):
    action: Literal["hold", "secure", "lockdown", "evacuate", "shelter"]
    kind: Kind = Kind.REAL


class NewAllClear(Schema):
    kind: Kind = Kind.REAL


class ActionOrder(Schema):
    """The centre's order to a school, repeated until the school has it. `answer` is the code of a refusal."""

    id: UUID
    school: UUID
    action: ActionWord
    kind: Kind
    by: Person
    at: Instant
    state: OrderState
    answer: str
    answered_at: Instant | None


class ActionOrderPage(Page[ActionOrder]):
    """A school's orders, newest first."""


class NewOutOfService(Schema):
    reason: str = Field(min_length=1, max_length=MAX_NOTE)
    until: AwareDatetime


class OutOfService(Schema):
    """One way in of a school that is out of service, until then."""

    id: UUID
    school: UUID
    key: str
    reason: str
    at: Instant
    by: Person
    until: Instant


class OutOfServiceList(Schema):
    items: list[OutOfService]
    next: str | None


class Incident(Schema):
    """A mass event: the parent of many P1 of one region and kind, each of which stands in the queue by itself."""

    id: UUID
    region: str
    kind: Kind
    opened_at: Instant
    last_at: Instant
    ended_at: Instant | None
    alarms_total: int
    alarms_open: int


class IncidentList(Schema):
    items: list[Incident]
    next: str | None
