"""The node's clock is set while it records: no frame is lost, time stays in order, retention keeps its head."""

import pytest
from tests.support.index_rows import a_row
from tests.support.recorded_school import START_US, RecordedSchool, S

from qorgan.domain.coverage import Span, gaps_between, join
from qorgan.domain.retention import DAY_US, STEADY_DAYS, RetentionPolicy
from qorgan.edge.recorder.check import overlaps
from qorgan.edge.recorder.index import Index
from qorgan.edge.recorder.janitor import Janitor

HOUR_US = 3600 * S
STEPS = {"an hour ahead": HOUR_US, "an hour back": -HOUR_US, "a day back": -DAY_US, "a day ahead": DAY_US}
MONTH = RetentionPolicy(min_days=30, max_days=30)


@pytest.fixture
def school(tmp_path):
    school = RecordedSchool(tmp_path, disks=("a",))
    yield school
    school.stop()


@pytest.mark.parametrize("step", STEPS)
def test_a_step_of_the_clock_begins_a_new_run_and_loses_nothing(school, step):
    school.record(20)
    school.now_us += STEPS[step]
    school.record(40)
    school.stop()

    by_id = school.rows()
    assert 60 * 25 == sum(row.frames for row in by_id)
    assert "clock_step" in {row.end_reason for row in by_id}
    first, last = by_id[0], by_id[-1]
    assert first.id < last.id and first.run < last.run
    assert first.wall_start_us == START_US
    assert abs(last.wall_end_us - school.now_us) < S  # what is recorded now stands where the clock is now
    index = school.index()
    within = Span(min(row.wall_start_us for row in by_id) - S, max(row.wall_end_us for row in by_id) + S)
    spans = index.spans("hall", "main", within.start_us, within.end_us)
    assert spans == sorted(spans, key=lambda span: span.start_us)
    noted = index.gaps("hall", "main", within.start_us, within.end_us)
    inside = Span(spans[0].start_us, max(span.end_us for span in spans))
    causes = {gap.cause for gap in gaps_between(join(spans, inside), inside, noted)}
    assert causes <= ({"clock_step"} if STEPS[step] > 0 else {"node_stopped"})  # the clock has not come there again
    assert [] == list(overlaps(index.sequence("hall", "main")))
    index.close()


def an_archive_of_a_month(school: RecordedSchool) -> int:
    """A file each hour of thirty days. Returns the end."""
    index, disk = Index(school.home / "index.db"), school.disks.disks[0]
    begin = START_US // DAY_US * DAY_US
    rows = [a_row(id + 1, begin + id * HOUR_US, seconds=3600, disk=disk.id) for id in range(30 * 24)]
    index.commit(rows, [])
    index.close()
    return begin + 30 * DAY_US


def days_of_recording(school: RecordedSchool, start_us: int, days: int) -> None:
    index, disk = Index(school.home / "index.db"), school.disks.disks[0]
    first, _ = index.next_ids()
    index.commit([a_row(first + n, start_us + n * HOUR_US, seconds=3600, disk=disk.id) for n in range(days * 24)], [])
    index.close()


def cleaned(school: RecordedSchool, now_us: int) -> int:
    index = Index(school.home / "index.db")
    try:
        return Janitor(school.disks, MONTH).clean(index, now_us)
    finally:
        index.close()


def test_a_clock_that_is_a_year_ahead_deletes_nothing_until_it_has_stood_there_for_days(school):
    end_us = an_archive_of_a_month(school)
    ahead_us = end_us + 365 * DAY_US

    assert 0 == cleaned(school, ahead_us)
    days_of_recording(school, ahead_us, STEADY_DAYS)
    assert cleaned(school, ahead_us + DAY_US) <= 2 * 24  # what a day brings, a day takes
    assert 30 * 24 - 2 * 24 <= cleaned(school, ahead_us + (STEADY_DAYS + 1) * DAY_US)


def test_a_clock_that_is_set_back_deletes_nothing(school):
    end_us = an_archive_of_a_month(school)

    assert 0 == cleaned(school, end_us - 365 * DAY_US)
    assert 0 == cleaned(school, end_us - HOUR_US)


def test_a_clock_that_is_a_day_ahead_costs_a_day_at_most(school):
    end_us = an_archive_of_a_month(school)

    assert 24 >= cleaned(school, end_us + DAY_US)
