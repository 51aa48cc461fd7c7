"""Disks that are unplugged, that refuse and that are full, while the archive writes: nothing durable is lost."""

import errno
import os

import pytest
from tests.support.index_rows import a_row
from tests.support.recorded_school import START_US, RecordedSchool, S

from qorgan.domain.retention import DAY_US, RetentionPolicy
from qorgan.edge.core.ballast import Ballast
from qorgan.edge.recorder.check import faults_of
from qorgan.edge.recorder.disks import DiskState
from qorgan.edge.recorder.index import Index
from qorgan.edge.recorder.janitor import Janitor
from qorgan.edge.recorder.ranges import read_range
from qorgan.protocols.link.media import MediaKind


@pytest.fixture
def school(tmp_path):
    school = RecordedSchool(tmp_path)
    yield school
    school.stop()


def durable(school: RecordedSchool) -> None:
    """Past the next sync: what was recorded is in the index."""
    school.in_thread(school.archive._make_durable)


def frames(school: RecordedSchool) -> int:
    messages = read_range(school.home, "hall", "main", START_US, START_US + 3600 * S)
    return sum(kind in (MediaKind.KEY, MediaKind.DELTA) for kind, _, _ in messages)


def test_a_camera_is_recorded_onto_one_disk_and_the_index_knows_which(school):
    school.record(70)
    school.stop()

    rows = school.rows()
    disk = school.disks.get(rows[0].disk)
    assert 2 == len(rows)
    assert {disk.id} == {row.disk for row in rows}
    assert all(row.size == (disk.path / row.path).stat().st_size for row in rows)
    assert 70 == frames(school)  # a fragment a second, a keyframe in each


def test_an_unplugged_disk_costs_a_moment_and_comes_back_with_what_was_on_it(school):
    school.record(20)
    durable(school)
    name = school.disks.get(school.rows()[0].disk).path.name
    school.unplug(name)
    school.look()

    assert [("hall", "main")] == school.faults
    school.end_runs()
    school.record(20)
    durable(school)
    first, second = school.rows()
    assert first.disk != second.disk
    assert "open" == first.state
    assert not any((school.root / name).iterdir())  # nothing went onto the system disk

    school.plug_in(name)
    school.look()
    first = school.rows()[0]
    assert ("adopted", 19 * 25) == (first.state, first.frames)  # what was durable, and nothing that was not
    school.stop()
    assert 19 + 20 == frames(school)


def test_without_any_disk_there_is_a_gap_and_then_a_recording_again(school):
    school.unplug("a")
    school.unplug("b")
    school.look()
    school.record(3)
    school.in_thread(lambda: None)
    assert ("hall", "main") in school.faults
    school.end_runs()
    assert [] == school.rows()

    school.plug_in("a")
    school.look()
    school.record(5)
    school.stop()
    assert [5 * 25] == [row.frames for row in school.rows()]


def test_a_sync_that_fails_promises_nothing_and_takes_the_disk_out(school, monkeypatch):
    """After a failed sync the kernel forgets what it could not write: a later success would prove nothing."""
    school.record(10)
    durable(school)
    promised = school.rows()[0].frames
    disk = school.disks.get(school.rows()[0].disk)
    with monkeypatch.context() as patch:
        patch.setattr("qorgan.edge.recorder.archive._libc", BrokenLibc())
        school.record(10)
        durable(school)

    assert DiskState.FAILED is disk.state
    assert promised == school.rows()[0].frames
    assert [("hall", "main")] == school.faults
    school.look()
    assert DiskState.READY is disk.state
    assert "adopted" == school.rows()[0].state


class BrokenLibc:
    @staticmethod
    def syncfs(fd: int) -> int:
        return -1


def test_a_full_disk_calls_retention_at_once_and_recording_goes_on(school, monkeypatch):
    asked, writev = [], os.writev
    school.archive._when_full = lambda: asked.append(True)
    school.record(5)
    school.in_thread(lambda: None)

    def full(fd, buffers):
        raise OSError(errno.ENOSPC, "no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "writev", full)
        school.record(3)
        school.in_thread(lambda: None)
        school.end_runs()
        school.in_thread(lambda: None)
    assert os.writev is writev
    assert asked
    assert all(disk.state is DiskState.READY for disk in school.disks.disks)  # a full disk is no broken disk
    school.record(5)
    school.stop()
    assert {"storage", "node_stopped"} == {row.end_reason for row in school.rows()}


def test_a_disk_that_cannot_keep_up_costs_a_gap_with_its_cause_and_no_hole_in_a_file(school, monkeypatch):
    school.record(5)
    with monkeypatch.context() as patch:
        patch.setattr("qorgan.edge.recorder.archive.QUEUE_LIMIT_BYTES", -1)
        school.record(2)
    assert ("hall", "main") in school.faults
    school.record(2)  # the stream has not heard of it yet
    school.end_runs()
    school.record(5)
    school.stop()

    first, second = school.rows()
    assert ("storage", 4 * 25, 5 * 25) == (first.end_reason, first.frames, second.frames)
    assert [] == faults_of(first)
    index = school.index()
    gaps = index.gaps("hall", "main", START_US, second.wall_end_us)
    index.close()
    assert [(first.wall_end_us, second.wall_start_us, "storage")] == gaps


def test_a_file_that_could_not_be_begun_leaves_no_trace(school, monkeypatch):
    def full(fd, buffers):
        raise OSError(errno.ENOSPC, "no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "writev", full)
        school.record(3)
        school.end_runs()
        school.in_thread(lambda: None)
    school.stop()

    assert [] == school.rows()
    assert [] == [path for name in ("a", "b") for path in (school.root / name).glob("**/*.mp4")]


def test_the_index_has_space_kept_back_for_when_the_disk_is_full(school, monkeypatch):
    ballast = school.archive._ballast = Ballast(school.home / "ballast", 1_000_000)
    school.in_thread(school.archive.take_ballast)
    assert ballast.held

    def relieved() -> bool:
        school.archive.index._db.execute("PRAGMA max_page_count = 1000000")
        return Ballast.release(ballast)

    monkeypatch.setattr(ballast, "release", relieved)

    def write_until_it_is_full() -> None:
        db = school.archive.index._db
        db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
        school.archive._commit([a_row(id, START_US, fragments=bytes(2000)) for id in range(100, 300)], [])

    school.in_thread(write_until_it_is_full)  # SQLite says FULL, as it does on ENOSPC
    assert not ballast.held
    assert 200 == len(school.rows())


def cleaned(school: RecordedSchool, policy: RetentionPolicy, now_us: int) -> int:
    index = Index(school.home / "index.db")
    try:
        return Janitor(school.disks, policy).clean(index, now_us)
    finally:
        index.close()


def test_what_is_older_than_allowed_goes_from_disk_and_index_and_its_day_with_it(school):
    school.record(130)
    school.stop()
    policy = RetentionPolicy(min_days=30, max_days=30)
    index = Index(school.home / "index.db")
    index.commit([a_row(100 + day, START_US + day * DAY_US, camera="yard") for day in range(1, 31)], [])
    index.close()

    assert 0 == cleaned(school, policy, START_US + 29 * DAY_US)
    assert 3 == cleaned(school, policy, START_US + 31 * DAY_US - 3600 * S)
    assert {"yard"} == {row.camera for row in school.rows()}
    assert [] == [path for name in ("a", "b") for path in (school.root / name).glob("hall/main/*")]


def test_a_disk_over_its_budget_is_brought_below_it_oldest_first(school):
    school.record(130)
    school.stop()
    rows = school.rows()
    disk = school.disks.get(rows[0].disk)
    disk.budget_bytes = sum(row.size for row in rows) - 1

    assert 1 == cleaned(school, RetentionPolicy(min_days=30, max_days=30), school.now_us)
    assert [row.id for row in rows[1:]] == [row.id for row in school.rows()]
    assert not (disk.path / rows[0].path).exists()


def test_nothing_goes_from_a_disk_that_was_swapped_since_it_was_looked_at(school):
    school.record(70)
    school.stop()
    name = school.disks.get(school.rows()[0].disk).path.name
    school.unplug(name)  # nobody has looked yet

    assert 0 == cleaned(school, RetentionPolicy(min_days=30, max_days=30), START_US + 31 * DAY_US)
    assert 2 == len(school.rows())


def test_all_that_is_older_than_the_minimum_goes_before_anything_younger(school):
    """However much there is to do: a round looks at a part of each camera's recordings only."""
    index = Index(school.home / "index.db")
    disk = school.disks.disks[0]
    disk.budget_bytes = 300
    old = [a_row(id, START_US + id * 60 * S, camera="hall", size=1, disk=disk.id) for id in range(1, 400)]
    young = [
        a_row(1000 + id, START_US + 30 * DAY_US + id * S, camera="yard", size=1, disk=disk.id) for id in range(250)
    ]
    index.commit([*old, *young], [])
    index.close()
    policy = RetentionPolicy(min_days=7, max_days=60)

    assert 349 == cleaned(school, policy, START_US + 31 * DAY_US)
    assert 250 == sum(row.camera == "yard" for row in school.rows())
