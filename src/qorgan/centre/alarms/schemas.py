"""Alarms, units and the officers' steps on the wire."""

from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, Field

from qorgan.centre.wire import Instant, Name, Page, Person
from qorgan.domain.alarms import MAX_NOTE, Disposition, Kind, Level, State, Verdict

UnitState = Literal["free", "offered", "dispatched", "en_route", "on_scene", "out_of_service"]
LogAction = Literal[
    "pressed",
    "stored",
    "presented",
    "owned",
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
    "closed",
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


class Alarm(Schema):
    """`version` counts the lines of the log: of two copies the one with the higher version is the newer."""

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


class Dispatch(Schema):
    unit: UUID
    note: str = Field("", max_length=MAX_NOTE)


class Closure(Schema):
    disposition: Disposition
    note: str = Field("", max_length=MAX_NOTE)
