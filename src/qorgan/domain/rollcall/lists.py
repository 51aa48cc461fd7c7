"""Lists of classes as tables tell them: rows are read, faults named by row, and compared with the list there is."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

MAX_PUPILS = 6_000  # of one school
MAX_NAME, MAX_CLASS = 200, 20  # characters
YOUNGEST, OLDEST = 1, 25  # years
COLUMNS = ("class", "name", "born")
_FORMULA = ("=", "+", "-", "@")  # what spreadsheets run, and people's names do not begin with
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?: 00:00:00)?|(\d{2})\.(\d{2})\.(\d{4})")


class RowFault(StrEnum):
    FORMULA = "formula"
    CLASS = "class"
    NAME = "name"
    BORN = "born"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class PupilRow:
    """One child of a table; `row` is its number there, the header being 1."""

    row: int
    school_class: str
    name: str
    born: date

    @property
    def key(self) -> tuple[str, date]:
        """By which a child is known again, in whatever class."""
        return " ".join(self.name.casefold().split()), self.born


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`other`: the row that the same child has as well."""

    row: int
    fault: RowFault
    other: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDiff:
    """What a table changes. `moved`: to another class; `left`: no longer on the list, and kept."""

    added: Sequence[PupilRow]
    moved: Mapping[UUID, PupilRow]
    unchanged: int
    left: frozenset[UUID]


def read(
    rows: Iterable[tuple[int, Mapping[str, str]]], *, formulas: frozenset[int], today: date
) -> tuple[list[PupilRow], list[Fault]]:
    """Every row either as a child or with its fault. `formulas`: rows in which the file has something to run."""
    found: list[PupilRow] = []
    faults: list[Fault] = []
    first: dict[tuple[str, date], int] = {}
    for number, said in rows:
        read_row = _row(number, said, number in formulas, today)
        if isinstance(read_row, RowFault):
            faults.append(Fault(row=number, fault=read_row))
        elif (other := first.setdefault(read_row.key, number)) != number:
            faults.append(Fault(row=number, fault=RowFault.DUPLICATE, other=other))
        else:
            found.append(read_row)
    return found, faults


def compare(rows: Iterable[PupilRow], known: Mapping[tuple[str, date], tuple[UUID, str]]) -> ListDiff:
    """Against the children on the list: key → (id, class)."""
    added: list[PupilRow] = []
    moved: dict[UUID, PupilRow] = {}
    there: set[UUID] = set()
    for one in rows:
        before = known.get(one.key)
        if before is None:
            added.append(one)
            continue
        there.add(before[0])
        if before[1] != one.school_class:
            moved[before[0]] = one
    left = frozenset(id for id, _ in known.values()) - there
    return ListDiff(added=added, moved=moved, unchanged=len(there) - len(moved), left=left)


def day(text: str) -> date | None:
    """2014-03-01 or 01.03.2014; None for anything else."""
    match = _DAY.fullmatch(text)
    if match is None:
        return None
    year, month, of_month, of_month_first, month_second, year_last = match.groups()
    try:
        return date(int(year or year_last), int(month or month_second), int(of_month or of_month_first))
    except ValueError:
        return None


def _row(number: int, said: Mapping[str, str], runs: bool, today: date) -> PupilRow | RowFault:
    if runs or any(text.startswith(_FORMULA) for text in said.values()):
        return RowFault.FORMULA
    school_class, name, born = (said.get(column, "").strip() for column in COLUMNS)
    if not school_class or len(school_class) > MAX_CLASS:
        return RowFault.CLASS
    if not name or len(name) > MAX_NAME or any(letter.isdigit() for letter in name):
        return RowFault.NAME
    birthday = day(born)
    if birthday is None or not today.year - OLDEST <= birthday.year <= today.year - YOUNGEST:
        return RowFault.BORN
    return PupilRow(row=number, school_class=school_class, name=name, born=birthday)
