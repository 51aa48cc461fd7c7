"""Terms as people write them: "30 d", "10 wd", "6 months". Calendar days, working days, months; and deadlines.

Months are reckoned as people do: from the 31st of August six months lead to the last day of February.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from qorgan.kernel.errors import Invalid

LONGEST = 36_525  # of any unit: a hundred years of days
_FORM = re.compile(r"([0-9]{1,5}) (d|wd|months|years)")


class TermUnit(StrEnum):
    DAYS = "d"
    WORKING_DAYS = "wd"
    MONTHS = "months"
    YEARS = "years"


class Term(msgspec.Struct, frozen=True):
    """A length of time between days."""

    amount: int
    unit: TermUnit

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}"

    def after(self, day: date, works: Callable[[date], bool]) -> date:
        """The last day of the term that begins with the day after `day`. `works` says which days are working days."""
        if self.unit is TermUnit.DAYS:
            return day + timedelta(days=self.amount)
        if self.unit is TermUnit.WORKING_DAYS:
            return _working(day, self.amount, works)
        months = day.month - 1 + self.amount * (12 if self.unit is TermUnit.YEARS else 1)
        year, month = day.year + months // 12, months % 12 + 1
        return date(year, month, min(day.day, monthrange(year, month)[1]))


def term_of(text: str) -> Term:
    """The term a text like "30 d" or "6 months" means. Raises `Invalid` (`norm_pack.term`)."""
    found = _FORM.fullmatch(text)
    if not found or int(found[1]) > LONGEST:
        raise Invalid(f'{text!r} is no term: write "30 d", "10 wd", "6 months" or "1 years"', code="norm_pack.term")
    return Term(int(found[1]), TermUnit(found[2]))


def _working(day: date, amount: int, works: Callable[[date], bool]) -> date:
    left, idle = amount, 0
    while left:
        day += timedelta(days=1)
        if works(day):
            left, idle = left - 1, 0
        else:
            idle += 1
            if idle > 366:
                raise Invalid("the calendar has a year without a working day", code="norm_pack.calendar")
    return day
