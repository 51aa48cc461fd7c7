"""Desks, shifts, hand-overs and people of schools on the wire."""

from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field, StringConstraints

from qorgan.centre.wire import Instant, Name, Page, Person
from qorgan.domain.alarms import MAX_NOTE
from qorgan.domain.duty import MAX_PEOPLE, MAX_REASON, Matter, SchoolRole

PHONE = r"^(?:\+?[0-9][0-9 ()\-]{1,38})?$"
HandoverState = Literal["open", "signed", "withdrawn"]
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Desk(Schema):
    """A desk of the actor's centre. `officer` is null when nobody sits there; `handover` is the one under way."""

    id: UUID
    name: Name
    officer: Person | None
    since: Instant | None
    handover: UUID | None


class DutyBoard(Schema):
    """Who sits where now. `mine` is the desk of whoever asks."""

    desks: list[Desk]
    mine: UUID | None


class ShiftBegin(Schema):
    """Sit down at a desk. A desk that is taken is taken over with a reason alone: a hand-over is the usual way."""

    desk: UUID
    reason: str = Field("", max_length=MAX_REASON)


class ShiftEnd(Schema):
    """Nothing to say: the officer's own shift ends."""


class HandoverItem(Schema):
    """One thing that is read back. `said` is what it was when it was listed; `gone_at`: it ended meanwhile."""

    key: str
    matter: Matter
    ref: str
    title: Name
    detail: Name
    since: Instant | None
    listed_at: Instant
    accepted_at: Instant | None
    note: str
    gone_at: Instant | None


class Handover(Schema):
    """A hand-over. `unaccepted` are the keys that block the signature of the one who comes."""

    id: UUID
    desk: UUID
    desk_name: Name
    state: HandoverState
    outgoing: Person
    incoming: Person | None
    note: str
    opened_at: Instant
    outgoing_signed_at: Instant | None
    incoming_signed_at: Instant | None
    digest: str
    ended_at: Instant | None
    items: list[HandoverItem]
    unaccepted: list[str]


class HandoverPage(Page[Handover]):
    """Hand-overs of the centre, newest first."""


class HandoverOpen(Schema):
    note: str = Field("", max_length=MAX_NOTE)


class Acceptance(Schema):
    """The one who comes has heard these and takes them, or (`accepted: false`) takes that back."""

    keys: list[Annotated[str, StringConstraints(max_length=220)]] = Field(min_length=1, max_length=1_000)
    accepted: bool = True
    note: str = Field("", max_length=MAX_NOTE)


class Signature(Schema):
    """Nothing to say: the signed-in officer signs the list as it is now."""


class SchoolPerson(Schema):
    id: UUID
    name: str
    role: SchoolRole
    phone: str
    on_duty: bool


class SchoolPeople(Schema):
    """Whom to call, in this order. `marked_at`: when somebody last said who is on duty today; null: nobody has."""

    school: UUID
    day: str
    marked_at: Instant | None
    items: list[SchoolPerson]


class SchoolPersonEntry(Schema):
    """`id` is null for somebody new."""

    id: UUID | None = None
    name: PersonName
    role: SchoolRole
    phone: str = Field("", max_length=40, pattern=PHONE)
    on_duty: bool = False


class SchoolPeopleEntry(Schema):
    """The whole list, in the order of calling: whoever is not in it is removed."""

    items: list[SchoolPersonEntry] = Field(max_length=MAX_PEOPLE)


class OnDuty(Schema):
    """Who of the list is on duty today: all others are not."""

    people: list[UUID] = Field(max_length=MAX_PEOPLE)
