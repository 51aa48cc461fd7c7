"""The journal of briefings and drills: what a line must say, what of it stands, and what it proves.

The form is that of annex 3 of the instruction on anti-terror protection (order 117 of 30.03.2022) as two digests of
2026 tell it; the text of the annex itself was not read. `FORM_STATUS` goes with everything that is printed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from qorgan.kernel.errors import Conflict, Invalid

FORM_STATUS = "digest"  # of norms: verified, digest, statement, assumed
MAX_TEXT, MAX_NAME = 2_000, 200  # characters
MAX_PEOPLE, MAX_PRESENT = 300, 20_000
MAX_LINES = 5_000  # of one volume
PROTOCOL_ABOVE = 20  # people: then a protocol lies beside the line
COUNTED = timedelta(days=365)
LATEST_ENTRY = timedelta(days=31)  # after the deed; what is older is no journal any more


class StaffGroup(StrEnum):
    """Groups that are briefed apart."""

    ADMINISTRATION = "administration"
    TEACHERS = "teachers"
    SUPPORT = "support"  # cooks, technicians, nurses
    GUARDS = "guards"


class BriefingKind(StrEnum):
    PLANNED = "planned"
    UNPLANNED = "unplanned"  # the level of threat has changed, or something has happened
    INTRODUCTORY = "introductory"  # somebody is new


class EntryKind(StrEnum):
    BRIEFING = "briefing"  # part 1
    DRILL = "drill"  # part 2
    STRIKE = "strike"  # an entry was a mistake: it stays, struck through
    CLOSE = "close"  # the last line of a volume


# The columns of the form, in its order.
COLUMNS: Mapping[EntryKind, tuple[str, ...]] = MappingProxyType(
    {
        EntryKind.BRIEFING: (
            "number",
            "date",
            "person_post",
            "kind",
            "instructor",
            "signature",
            "instructor_signature",
        ),
        EntryKind.DRILL: ("number", "date", "topic", "questions", "present", "signature"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line as the rules see it. `strikes`: the number of the line that it takes back."""

    number: int
    kind: EntryKind
    on: date
    present: int = 0
    protocol: str = ""
    group: StaffGroup | None = None
    planned: bool = True
    strikes: int | None = None


def require_entry(entry: Entry, *, closed: bool, today: date) -> None:
    """Raises `Conflict` (`journal.closed`, `journal.full`) or `Invalid` (`journal.day`, `journal.protocol`)."""
    if closed:
        raise Conflict("this volume is closed: nothing is written into it any more", code="journal.closed")
    if entry.number > MAX_LINES and entry.kind is not EntryKind.CLOSE:
        raise Conflict("this volume is full: close it and begin the next one", code="journal.full")
    if not today - LATEST_ENTRY <= entry.on <= today:
        raise Invalid("a line is written within a month of what it tells, and not before", code="journal.day")
    if entry.present > PROTOCOL_ABOVE and not entry.protocol.strip():
        raise Invalid(f"for more than {PROTOCOL_ABOVE} people name the protocol", code="journal.protocol")


def require_strike(entries: Iterable[Entry], number: int) -> None:
    """Raises `Invalid` (`journal.line`) for what is no entry; `Conflict` (`journal.struck`) for one taken back."""
    rows = list(entries)
    if not any(one.number == number and one.kind in COLUMNS for one in rows):
        raise Invalid("there is no such entry in this volume", code="journal.line")
    if number in struck(rows):
        raise Conflict("this entry is struck through already", code="journal.struck")


def struck(entries: Iterable[Entry]) -> frozenset[int]:
    """Numbers of the lines that were taken back."""
    return frozenset(one.strikes for one in entries if one.strikes is not None)


def briefings(entries: Iterable[Entry], groups: Iterable[StaffGroup], today: date) -> Mapping[StaffGroup, list[date]]:
    """The days of planned briefings of each group in the last year, the oldest first; of one volume after the other.

    Two on one day are one: what is asked for is twice a year, not two lines.
    """
    rows = list(entries)
    gone = struck(rows)
    found: dict[StaffGroup, set[date]] = {group: set() for group in groups}
    for one in rows:
        if one.kind is not EntryKind.BRIEFING or not one.planned or one.number in gone:
            continue
        if one.group in found and today - COUNTED < one.on <= today:
            found[one.group].add(one.on)
    return {group: sorted(days) for group, days in found.items()}
