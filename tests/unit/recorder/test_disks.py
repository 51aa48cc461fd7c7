"""Disks come, go, break and are mistaken for each other; recording goes to one that is ours, or nowhere."""

import errno
import json
from pathlib import Path

import pytest

from qorgan.edge.config import DiskPlace
from qorgan.edge.recorder.disks import IDENTITY, DiskReason, Disks, DiskState, KnownDisks, read_identity
from qorgan.kernel.errors import Conflict, Corrupt, Invalid
from qorgan.kernel.ids import SiteId

NOW = 1_795_340_000_000_000


class School:
    """Two disks, mounted at /a and /b as it were. Unplugging one leaves its mount point, empty."""

    def __init__(self, root: Path, site: str = "kst-012") -> None:
        self.root, self.site = root, SiteId(site)
        self.paths = {name: root / name for name in ("a", "b")}
        self.disks = self.restart()

    def restart(self, **places: float) -> Disks:
        budgets = places or {"a": 100.0, "b": 100.0}
        places_ = [DiskPlace(path=self.paths[name], budget_gb=budget) for name, budget in budgets.items()]
        self.disks = Disks(places_, KnownDisks(self.root / "data"), self.site)
        return self.disks

    def states(self) -> list[tuple[DiskState, DiskReason]]:
        self.disks.look(NOW)
        return [(disk.state, disk.reason) for disk in self.disks.disks]

    def unplug(self, name: str) -> None:
        self.paths[name].rename(self.root / f"{name}.unplugged")
        self.paths[name].mkdir()

    def plug_in(self, name: str, other: str | None = None) -> None:
        self.paths[name].rmdir()
        (self.root / f"{other or name}.unplugged").rename(self.paths[name])


READY = (DiskState.READY, DiskReason.NONE)


@pytest.fixture
def school(tmp_path):
    return School(tmp_path)


def test_at_its_first_use_a_disk_gets_an_identity_that_stays(school):
    assert [READY, READY] == school.states()
    first = [disk.id for disk in school.disks.disks]
    school.restart()

    assert [READY, READY] == school.states()
    assert first == [disk.id for disk in school.disks.disks]
    assert first[0] == json.loads((school.paths["a"] / IDENTITY).read_text("utf-8"))["id"]


def test_an_empty_mount_point_is_refused_and_the_disk_comes_back_by_itself(school):
    school.states()
    school.unplug("a")

    assert [(DiskState.REFUSED, DiskReason.NO_IDENTITY), READY] == school.states()
    assert not any(school.paths["a"].iterdir())  # nothing of ours was put onto the system disk
    assert school.paths["b"] == school.disks.choose("hall", {}).path
    school.plug_in("a")
    assert [READY, READY] == school.states()


def test_after_a_start_without_the_disk_its_mount_point_is_not_taken_for_a_new_one(school):
    school.states()
    school.unplug("a")
    school.restart()

    assert (DiskState.REFUSED, DiskReason.NO_IDENTITY) == school.states()[0]
    assert not school.disks.disks[0].trusted


def test_a_disk_whose_directory_is_gone_is_absent_and_not_made_again(school):
    school.states()
    school.paths["a"].rename(school.root / "a.unplugged")

    assert [(DiskState.ABSENT, DiskReason.MISSING), READY] == school.states()
    assert not school.paths["a"].exists()


def test_a_strangers_disk_is_refused_and_a_new_one_wants_to_be_accepted(school, tmp_path):
    school.states()
    school.unplug("a")
    (school.paths["a"] / IDENTITY).write_text('{"id": "f0f0", "site": "kst-012"}')
    assert (DiskState.REFUSED, DiskReason.OTHER_DISK) == school.states()[0]
    (school.paths["a"] / IDENTITY).write_text('{"id": "f0f0", "site": "kst-999"}')
    assert (DiskState.REFUSED, DiskReason.OTHER_SITE) == school.states()[0]
    with pytest.raises(Conflict):
        school.disks.accept(school.paths["a"], NOW)

    (school.paths["a"] / IDENTITY).unlink()
    id = school.disks.accept(school.paths["a"], NOW)
    assert [READY, READY] == school.states()
    assert id == school.disks.disks[0].id
    with pytest.raises(Invalid):
        school.disks.accept(tmp_path / "elsewhere", NOW)


def test_a_damaged_identity_is_no_identity(school):
    school.states()
    (school.paths["a"] / IDENTITY).write_text("{")

    assert (DiskState.REFUSED, DiskReason.NO_IDENTITY) == school.states()[0]


def test_what_is_known_of_the_disks_is_not_guessed_when_it_cannot_be_read(school):
    school.states()
    (school.root / "data" / "disks.json").write_text("[1, 2")

    with pytest.raises(Corrupt):
        school.disks.look(NOW)


def test_two_of_our_disks_that_changed_places_are_both_ours(school):
    school.states()
    ids = [disk.id for disk in school.disks.disks]
    school.unplug("a")
    school.unplug("b")
    school.plug_in("a", other="b")
    school.plug_in("b", other="a")

    assert [READY, READY] == school.states()
    assert ids == [disk.id for disk in reversed(school.disks.disks)]


def test_one_disk_under_two_paths_is_used_once(school):
    school.states()
    copied = read_identity(school.paths["a"])
    (school.paths["b"] / IDENTITY).write_text((school.paths["a"] / IDENTITY).read_text("utf-8"))

    assert copied is not None
    assert [READY, (DiskState.REFUSED, DiskReason.TWICE)] == school.states()


def test_a_disk_that_fails_is_out_until_it_can_be_written_again(school, monkeypatch):
    school.states()
    disk = school.disks.disks[0]

    assert not school.disks.failed(disk.id, errno.ENOSPC)  # a full disk is no broken disk
    assert school.disks.failed(disk.id, errno.EIO)
    assert (DiskState.FAILED, DiskReason.IO_ERROR) == (disk.state, disk.reason)
    assert disk.trusted
    assert school.paths["b"] == school.disks.choose("hall", {}).path

    def broken(path):
        raise OSError(errno.EIO, "input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("qorgan.edge.recorder.disks.prove_writable", broken)
        assert (DiskState.FAILED, DiskReason.IO_ERROR) == school.states()[0]
    assert READY == school.states()[0]


def test_looking_without_a_change_changes_nothing(school):
    school.disks.look(NOW, change=False)

    assert [DiskState.ABSENT, DiskState.ABSENT] == [disk.state for disk in school.disks.disks]
    assert [] == list(school.root.iterdir())


def test_cameras_spread_over_the_disks_by_their_budgets_and_stay_where_they_are(school):
    school.restart(a=300.0, b=100.0)
    school.states()
    where = {f"c{number}": school.disks.choose(f"c{number}", {}).path.name for number in range(8)}

    assert (6, 2) == (list(where.values()).count("a"), list(where.values()).count("b"))
    full = {disk.id: disk.budget_bytes for disk in school.disks.disks}
    assert where == {camera: school.disks.choose(camera, full).path.name for camera in where}


def test_a_camera_moves_away_from_a_disk_that_is_much_fuller(school):
    school.states()
    here = school.disks.choose("hall", {})
    other = next(disk for disk in school.disks.disks if disk is not here)

    assert here is school.disks.choose("hall", {here.id: int(0.2e11)})
    assert other is school.disks.choose("hall", {here.id: int(0.9e11), other.id: int(0.1e11)})
    assert other is school.disks.choose("hall", {})


def test_without_a_disk_there_is_nowhere_to_write(school):
    school.states()
    for disk in list(school.disks.disks):
        school.disks.failed(disk.id, errno.EROFS)

    assert school.disks.choose("hall", {}) is None
