"""What the janitor says of the disks: how much they hold, for how long, and on which day the promise would break."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.index_rows import a_row

from qorgan.domain.retention import DAY_US, Hold, RetentionPolicy
from qorgan.edge.config import DiskPlace, Storage
from qorgan.edge.recorder.disks import Disks, KnownDisks
from qorgan.edge.recorder.index import Index
from qorgan.edge.recorder.janitor import Announcer, Janitor
from qorgan.kernel.clock import from_us
from qorgan.kernel.ids import SiteId

TODAY = 20_000
NOW = TODAY * DAY_US + DAY_US // 2
MB = 1_000_000
POLICY = RetentionPolicy(min_days=30, max_days=60, holds_budget_bytes=5 * MB)


class School:
    """One disk of 100 MB, and days of ten megabytes each."""

    def __init__(self, root: Path) -> None:
        self.disks = Disks([DiskPlace(path=root / "a", budget_gb=0.1)], KnownDisks(root / "data"), SiteId("kst-012"))
        self.disks.look(NOW)
        self.disk = self.disks.disks[0]
        self.index = Index(root / "archive" / "index.db")
        self.janitor = Janitor(self.disks, POLICY)

    def record(self, days: int, *, size: int = 10 * MB) -> None:
        for age in range(days):
            start = (TODAY - age) * DAY_US
            self.index.commit([a_row(1000 + age, start, camera="hall", size=size, disk=self.disk.id)], [])


@pytest.fixture
def school(tmp_path):
    school = School(tmp_path)
    yield school
    school.index.close()


def test_the_day_on_which_the_minimum_breaks_is_known_before(school):
    school.record(4)
    report = school.janitor.report(school.index, NOW)

    (forecast,) = report.forecasts
    assert (10 * MB, 10.0) == (forecast.bytes_per_day, forecast.days_kept)
    assert from_us(NOW + 6 * DAY_US) == forecast.breaks_at == report.disks[0].breaks_at
    assert ("ready", 40 * MB, False) == (report.disks[0].state, report.disks[0].used_bytes, report.disks[0].broken)


def test_what_fits_is_no_news(school):
    school.record(4, size=MB)
    report = school.janitor.report(school.index, NOW)

    assert report.forecasts[0].breaks_at is None
    assert [] == Announcer().news(report.forecasts)


def test_a_hold_makes_the_room_smaller_once_its_own_is_used_up(school):
    school.record(4)
    held_us = (TODAY - 3) * DAY_US
    school.index.place_hold(
        Hold(id="h", camera="hall", stream="", start_us=held_us, end_us=held_us + 1, reason="r", by="b", at_us=0)
    )
    report = school.janitor.report(school.index, NOW)

    assert 10 * MB == report.disks[0].held_bytes
    assert 95 * MB == report.forecasts[0].room_bytes


def test_a_minimum_that_was_broken_is_said_for_a_day(school):
    school.record(12)
    assert 2 == school.janitor.clean(school.index, NOW)

    assert school.janitor.report(school.index, NOW + DAY_US - 1).disks[0].broken
    assert not school.janitor.report(school.index, NOW + DAY_US).disks[0].broken


def test_news_is_told_once_and_again_when_the_day_moves_or_the_danger_is_over(school):
    school.record(4)
    announcer = Announcer()
    first = school.janitor.report(school.index, NOW).forecasts
    assert list(first) == announcer.news(first)
    assert [] == announcer.news(school.janitor.report(school.index, NOW + DAY_US // 100).forecasts)

    school.disk.budget_bytes += 20 * MB
    moved = school.janitor.report(school.index, NOW).forecasts
    assert moved[0].breaks_at - first[0].breaks_at == timedelta(days=2)
    assert list(moved) == announcer.news(moved)
    school.disk.budget_bytes *= 100
    over = school.janitor.report(school.index, NOW).forecasts
    assert over[0].breaks_at is None
    assert list(over) == announcer.news(over)
    assert [] == announcer.news(over)


def test_a_disk_that_takes_nothing_new_makes_no_forecast_and_is_not_emptied(school):
    school.record(4)
    school.disk.budget_bytes = 0

    assert () == school.janitor.report(school.index, NOW).forecasts
    assert 0 == school.janitor.clean(school.index, NOW)


def test_without_a_maximum_the_minimum_is_the_maximum(tmp_path):
    storage = Storage(data=tmp_path, archive=tmp_path, keep_days=14)

    assert 14 == Janitor.of(Disks([], KnownDisks(tmp_path), SiteId("kst-012")), storage)._policy.max_days
