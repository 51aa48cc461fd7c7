"""Journals on the wire."""

from datetime import date
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import Field, StringConstraints

from qorgan.centre.wire import Instant, Person
from qorgan.domain.journals import MAX_NAME, MAX_PEOPLE, MAX_TEXT, BriefingKind, EntryKind, StaffGroup

JournalText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT)]
JournalName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME)]
Paper = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]


class NewJournal(Schema):
    """`groups`: of staff that the school has; each is briefed."""

    groups: Annotated[list[StaffGroup], Field(min_length=1, max_length=len(StaffGroup))]


class JournalPerson(Schema):
    """Of the staff; never a pupil."""

    name: JournalName
    post: JournalName


class JournalBriefing(Schema):
    """Part 1 of the form. `protocol`: the number of the paper that lies beside it, for more than 20 people."""

    on: date
    group: StaffGroup
    kind: BriefingKind
    topic: JournalText
    instructor: JournalPerson
    people: Annotated[list[JournalPerson], Field(min_length=1, max_length=MAX_PEOPLE)]
    protocol: Paper = ""


class NewDrillRecord(Schema):
    """Part 2 of the form; the day, the topic and the number present are the drill's own."""

    questions: JournalText
    protocol: Paper = ""


class JournalDrill(NewDrillRecord):
    scenario: str
    form: str
    present: int
    held: bool  # it ran to its end: a drill that was stopped proves nothing


class JournalStrike(Schema):
    line: int
    reason: JournalText


class JournalEnd(Schema):
    text: JournalText


class JournalLine(Schema):
    """`struck`: a later line takes it back. Only what its kind has is not null."""

    number: int
    at: Instant
    by: Person
    kind: EntryKind
    day: date
    struck: bool
    briefing: JournalBriefing | None = None
    drill: JournalDrill | None = None
    strike: JournalStrike | None = None
    end: JournalEnd | None = None
    digest: str


class Journal(Schema):
    """A volume. `form_status`: how well the form is known; `digest`: by digests of the act, not by its text."""

    id: UUID
    school: UUID
    number: int
    groups: list[StaffGroup]
    opened_at: Instant
    closed_at: Instant | None
    lines_total: int
    may_edit: bool
    form_status: str
    lines: list[JournalLine]


class JournalList(Schema):
    items: list[Journal]
