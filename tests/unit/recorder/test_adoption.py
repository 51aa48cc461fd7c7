"""A recorder killed at any byte: what the next start takes in is every whole fragment that was written, and no more."""

import random

import pytest
from tests.support.recorded_school import START_US, RecordedSchool

from qorgan.edge.recorder.check import adopt_open_segments
from qorgan.edge.recorder.entries import unpack_fragments
from qorgan.edge.recorder.index import Index


@pytest.fixture
def school(tmp_path):
    school = RecordedSchool(tmp_path, disks=("a",))
    yield school
    school.stop()


def test_killed_at_any_byte_every_whole_fragment_is_kept(school):
    school.record(12)
    school.stop()
    written = school.rows()[0]
    entries = unpack_fragments(written.fragments)
    path = school.disks.disks[0].path / written.path
    data = path.read_bytes()
    ends = [written.init_bytes, *(entry.offset + entry.size for entry in entries)]
    edges = {end + beside for end in ends for beside in (-1, 0, 1)} & set(range(len(data) + 1))
    for length in sorted(edges | set(random.Random(7).sample(range(len(data)), 40)) | {0}):
        path.write_bytes(data[:length])
        index = Index(school.home / "index.db")
        row = school.rows()[0] if school.rows() else written
        row.state, row.size, row.fragments, row.frames, row.duration, row.sha256 = "open", 0, b"", 0, 0, None
        index.commit([row], [])
        adopt_open_segments(school.home, index)

        whole = [entry for entry in entries if entry.offset + entry.size <= length]
        kept = list(index.all_segments())
        assert [sum(entry.frames for entry in whole)] * bool(whole) == [row.frames for row in kept], length
        assert path.exists() == bool(whole)
        if whole:
            assert data[: whole[-1].offset + whole[-1].size] == path.read_bytes()
        index.close()


def test_a_second_start_after_a_kill_changes_nothing_more(school):
    school.record(5)
    school.stop()
    index = Index(school.home / "index.db")
    row = school.rows()[0]
    row.state, row.size, row.fragments = "open", 0, b""
    index.commit([row], [])

    assert 1 == len(adopt_open_segments(school.home, index))
    once = list(index.all_segments())
    assert [] == adopt_open_segments(school.home, index)
    assert once == list(index.all_segments())
    assert START_US == once[0].wall_start_us
    index.close()
