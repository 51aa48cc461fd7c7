"""`qorgan edge check`: whatever may happen to an archive is found and named, and mended when it can be."""

import os

import pytest
from tests.support.recorded_school import START_US, RecordedSchool, S

from qorgan.domain.retention import Hold
from qorgan.edge.config import load
from qorgan.edge.recorder.check import Depth, check, faults_of, overlaps
from qorgan.edge.recorder.disks import archive_lock
from qorgan.edge.recorder.entries import unpack_fragments
from qorgan.edge.recorder.evidence import DAY_US, SETTLE_US, make_root, node_key
from qorgan.edge.recorder.index import Index
from qorgan.edge.recorder.ranges import read_range
from qorgan.edge.secrets import SecretStore
from qorgan.kernel.errors import Conflict
from qorgan.kernel.ids import SiteId
from qorgan.protocols.link.media import MediaKind

ALL = Depth(every_file=True, hashes=True, evidence=True)
CONFIG = """
[site]
id = "kst-012"
name = {{ kk = "Мектеп" }}
[storage]
data = "data"
archive = "archive"
[[storage.disks]]
path = "a"
budget_gb = 100
[[storage.disks]]
path = "b"
budget_gb = 100
"""


class CheckedSchool(RecordedSchool):
    """A school whose recorder has stopped, with three files and a configuration to check it by."""

    def __init__(self, root) -> None:
        super().__init__(root)
        (root / "edge.toml").write_text(CONFIG.format(), "utf-8")
        self.config = load(root / "edge.toml")
        self.record(130)
        self.stop()

    def check(self, *, repair: bool = False, depth: Depth = ALL) -> list[tuple[str, bool]]:
        return [(finding.code, finding.repaired) for finding in check(self.config, depth=depth, repair=repair)]

    def file(self, number: int):
        row = self.rows()[number]
        return self.disks.get(row.disk).path / row.path

    def writing(self) -> Index:
        return Index(self.home / "index.db")

    def seconds(self) -> int:
        messages = read_range(self.home, "hall", "main", START_US, START_US + 3600 * S)
        return sum(kind in (MediaKind.KEY, MediaKind.DELTA) for kind, _, _ in messages)

    def gaps(self) -> list[tuple[int, int, str]]:
        index = self.index()
        try:
            noted = index.gaps("hall", "main", START_US, START_US + 130 * S)
        finally:
            index.close()
        return [((start - START_US) // S, (end - START_US) // S, cause) for start, end, cause in noted if end]


@pytest.fixture
def school(tmp_path):
    return CheckedSchool(tmp_path)


def test_a_sound_archive_has_nothing_to_say_and_is_not_touched(school):
    def files() -> dict[object, int]:
        found = (path for path in school.root.rglob("*") if path.is_file() and "index.db" not in path.name)
        return {path: path.stat().st_mtime_ns for path in found}

    before = files()
    assert [] == school.check()
    assert before == files()


def test_a_file_that_is_gone_is_missed_and_becomes_a_gap_with_its_cause(school):
    school.file(1).unlink()

    assert [("segment.missing", False)] == school.check()
    assert [("segment.missing", True)] == school.check(repair=True)
    assert [] == school.check()
    assert [(60, 120, "lost")] == school.gaps()


def test_a_file_cut_short_keeps_what_can_be_played(school):
    os.truncate(school.file(1), unpack_fragments(school.rows()[1].fragments)[30].offset + 100)

    assert [("segment.short", False)] == school.check()
    assert [("segment.short", True)] == school.check(repair=True)
    assert [] == school.check()
    assert 30 * 25 == school.rows()[1].frames
    assert [(90, 120, "lost")] == school.gaps()
    assert 100 == school.seconds()


def test_a_file_of_nothing_but_junk_is_put_aside_not_deleted(school):
    path = school.file(1)
    path.write_bytes(bytes(path.stat().st_size))

    assert [("segment.damaged", False)] == school.check(depth=Depth(every_file=True))
    assert [("segment.damaged", True)] == school.check(repair=True)
    assert [] == school.check()
    assert path.with_name(path.name + ".damaged").exists()


def test_bytes_behind_the_end_are_cut_off(school):
    with school.file(0).open("ab") as file:
        file.write(b"left over")

    assert [("segment.long", False)] == school.check()
    assert [("segment.long", True)] == school.check(repair=True)
    assert [] == school.check()


def test_a_file_nobody_listed_is_adopted_when_it_can_be_played(school):
    index = school.writing()
    index.forget([school.rows()[1].id])
    index.close()

    assert [("segment.unlisted", False), ("gap.no_cause", False)] == school.check()
    assert [("segment.unlisted", True)] == school.check(repair=True)
    assert [] == school.check()
    assert 130 == school.seconds()


def test_what_lies_there_and_is_no_recording_is_put_aside(school):
    strange = school.file(0).with_name("holiday.mp4")
    strange.write_bytes(b"not ours")

    assert [("segment.unlisted", True)] == school.check(repair=True)
    assert [] == school.check()
    assert strange.with_name("holiday.mp4.damaged").exists()


def test_a_byte_that_changed_is_found_by_its_hash_and_cannot_be_mended(school):
    flip(school.file(0), 5000)

    assert [] == school.check(depth=Depth())
    assert [("segment.hash", False)] == school.check(repair=True)
    assert [("segment.hash", False)] == school.check()


def test_evidence_that_changed_is_found_though_the_index_was_changed_with_it(school):
    index = school.writing()
    key = node_key(SecretStore(school.root / "data"))
    assert make_root(index, school.home, SiteId("kst-012"), key, START_US + DAY_US + SETTLE_US)
    flip(school.file(0), 5000)
    row = school.rows()[0]
    index.close()
    forge_hash(school, row.id)

    codes = school.check(depth=Depth(evidence=True))
    assert [("evidence.hash_changed", False), ("evidence.file_changed", False)] == codes


def test_days_that_were_signed_with_a_key_that_is_gone_are_named_and_no_new_key_is_made(school):
    index, secrets = school.writing(), SecretStore(school.root / "data")
    make_root(index, school.home, SiteId("kst-012"), node_key(secrets), START_US + DAY_US + SETTLE_US)
    index.close()
    secrets.remove("evidence")

    assert [("evidence.no_key", False)] == school.check(depth=Depth(evidence=True))
    assert () == secrets.names()


def forge_hash(school, id: int) -> None:
    from hashlib import sha256

    index = school.writing()
    digest = sha256(school.file(0).read_bytes()).digest()
    index._db.execute("UPDATE segments SET sha256 = ? WHERE id = ?", (digest, id))
    index.close()


def flip(path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


def test_a_list_of_fragments_that_makes_no_sense_is_read_again_from_the_file(school):
    index = school.writing()
    row = school.rows()[1]
    row.fragments = bytes(row.fragments)[20:]
    index.commit([row], [])
    index.close()

    assert [("segment.index", False)] == school.check()
    assert [("segment.index", True)] == school.check(repair=True)
    assert [] == school.check()
    assert 130 == school.seconds()


def test_entries_that_are_not_where_a_fragment_begins_are_found_from_inside(school):
    index = school.writing()
    row = school.rows()[1]
    index._db.execute("UPDATE segments SET fragments = ? WHERE id = ?", (moved(bytes(row.fragments)), row.id))
    index.close()

    assert [("segment.damaged", False)] == school.check(depth=Depth(every_file=True))
    assert [("segment.damaged", True)] == school.check(repair=True)
    assert [] == school.check()


def moved(blob: bytes) -> bytes:
    """The border between the first two entries, ten bytes later."""
    from dataclasses import replace

    first, second, *rest = unpack_fragments(blob)
    entries = [replace(first, size=first.size + 10), replace(second, offset=second.offset + 10, size=second.size - 10)]
    return b"".join(entry.pack() for entry in [*entries, *rest])


def test_a_hole_nobody_explained_is_said_once_and_then_written_down_as_unknown(school):
    index = school.writing()
    row = school.rows()[1]
    index.forget([row.id])
    index.close()
    (school.disks.get(row.disk).path / row.path).unlink()

    assert [("gap.no_cause", False)] == school.check()
    assert [("gap.no_cause", True)] == school.check(repair=True)
    assert [] == school.check()


def test_a_wrong_count_of_what_files_take_is_counted_again(school):
    index = school.writing()
    index._db.execute("UPDATE usage SET bytes = bytes + 1")
    index.close()

    assert [("index.usage", False)] == school.check()
    assert [("index.usage", True)] == school.check(repair=True)
    assert [] == school.check()


def test_a_disk_that_is_not_there_is_named_and_its_files_are_not_called_missing(school):
    name = school.disks.get(school.rows()[0].disk).path.name
    school.unplug(name)

    assert [("disk.refused", False)] == school.check()
    assert [("disk.refused", False)] == school.check(repair=True)
    assert 3 == len(school.rows())


def test_what_a_crash_left_open_is_adopted_by_a_repair(school):
    index = school.writing()
    row = school.rows()[2]
    row.state, row.sha256, row.size, row.fragments, row.frames, row.duration = "open", None, 0, b"", 0, 0
    index.commit([row], [])
    index.close()

    assert [] == [found for found in school.check() if found[0] != "index.usage"]
    assert [("segment.adopted", True)] == school.check(repair=True)
    assert 130 == school.seconds()


def test_a_repair_needs_the_archive_for_itself(school):
    lock = archive_lock(school.home)
    try:
        assert [] == school.check()
        with pytest.raises(Conflict):
            school.check(repair=True)
    finally:
        os.close(lock)


def test_a_hold_is_no_reason_for_a_complaint(school):
    index = school.writing()
    index.place_hold(
        Hold(id="h", camera="hall", stream="", start_us=START_US, end_us=START_US + S, reason="r", by="b", at_us=0)
    )
    index.close()

    assert [] == school.check()


def test_files_that_claim_the_same_time_are_named_unless_the_clock_was_set_back():
    minute = 60 * S
    first, late = ("a", 1, 0, minute, "rotation"), ("b", 1, minute - 2 * S, 2 * minute, "rotation")
    again = ("c", 2, minute, 2 * minute, "rotation")

    assert ["b"] == [path for path, _ in overlaps([first, late])]
    assert ["c"] == [path for path, _ in overlaps([late, again])]
    assert [] == list(overlaps([(*late[:4], "clock_step"), again]))


def test_time_that_goes_back_inside_a_file_is_a_fault_and_so_is_a_file_stretched_over_a_hole(school):
    from dataclasses import replace

    row = school.rows()[0]
    first, second, *rest = unpack_fragments(row.fragments)
    back = [first, replace(second, start=first.start), *rest]
    row.fragments = b"".join(entry.pack() for entry in back)
    assert any("goes back" in fault for fault in faults_of(row))
    stretched = [first, *(replace(entry, start=entry.start + 500_000) for entry in [second, *rest])]
    row.fragments = b"".join(entry.pack() for entry in stretched)
    assert any("not recorded" in fault for fault in faults_of(row))
    row.fragments = b"12345"
    assert any("cannot be read" in fault for fault in faults_of(row))
