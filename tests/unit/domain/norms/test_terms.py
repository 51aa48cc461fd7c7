"""Deadlines as people reckon them, and the rule of three values."""

from datetime import date

import pytest

from qorgan.domain.norms.compiling import Clock
from qorgan.domain.norms.loading import library
from qorgan.domain.norms.terms import term_of
from qorgan.kernel.errors import Invalid


@pytest.mark.parametrize(
    ("day", "term", "last"),
    [
        ("2026-11-23", "30 d", "2026-12-23"),
        ("2026-08-31", "6 months", "2027-02-28"),
        ("2024-02-29", "1 years", "2025-02-28"),
        ("2026-11-20", "1 wd", "2026-11-23"),  # over a weekend
        ("2024-02-26", "15 wd", "2024-03-19"),  # 8 March is a holiday
        ("2026-12-31", "1 wd", "2027-01-04"),  # 1 and 2 January are holidays, then a Sunday
        ("2026-11-23", "0 d", "2026-11-23"),
    ],
)
def test_a_term_ends_on_the_day_people_expect(day: str, term: str, last: str) -> None:
    clock = Clock(date(2026, 11, 23), library().packs["kz"].calendar)
    due = clock.due(date.fromisoformat(day).toordinal(), term_of(term))
    assert date.fromordinal(due).isoformat() == last


@pytest.mark.parametrize("text", ["30", "30 days", "-1 d", "1.5 d", "d", "99999 d", "1 d "])
def test_what_is_no_term_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="is no term"):
        term_of(text)
