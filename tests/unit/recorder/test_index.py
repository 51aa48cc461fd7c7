"""The archive's index: how fragments become entries, and how a file of an older version becomes one of today."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import index_rows

from qorgan.domain.retention import Hold
from qorgan.edge.recorder.entries import group_fragments
from qorgan.edge.recorder.index import SCHEMA_VERSION, Damage, Index, SegmentRow
from qorgan.kernel.errors import Invalid, NotFound, Unavailable
from qorgan.protocols.fmp4.reader import Fragment
from qorgan.protocols.fmp4.writer import TIMESCALE

S = 1_000_000
DAY_US = 86_400 * S
START_US = 20_000 * DAY_US
TICK = TIMESCALE // 5
pieces = st.lists(st.tuples(st.integers(1, 12), st.integers(100, 9000), st.booleans()), max_size=60)


def in_a_row(pieces: list[tuple[int, int, bool]]) -> list[tuple[int, Fragment]]:
    """Fragments as the recorder writes them: each begins where the last one ended, in the file and in time."""
    fragments, offset, time = [], 700, 0
    for frames, frame_duration, key in pieces:
        fragment = Fragment(time, (frame_duration,) * frames, (50,) * frames, key, 100)
        fragments.append((offset, fragment))
        offset, time = offset + fragment.length, time + fragment.duration
    return fragments


def test_ticks_of_one_second_are_one_entry_and_a_keyframe_begins_the_next():
    keys = [True, False, False, False, False, False, True, False]
    entries = group_fragments(in_a_row([(5, TICK // 5, key) for key in keys]))

    assert [(5, True), (1, False), (2, True)] == [(entry.frames // 5, entry.key) for entry in entries]


@settings(deadline=None)
@given(pieces)
def test_entries_hold_every_byte_frame_and_moment_of_the_fragments_in_order(pieces):
    fragments = in_a_row(pieces)
    entries = group_fragments(fragments)

    assert sum(f.length for _, f in fragments) == sum(entry.size for entry in entries)
    assert sum(len(f.sizes) for _, f in fragments) == sum(entry.frames for entry in entries)
    assert all(a.offset + a.size == b.offset for a, b in zip(entries, entries[1:], strict=False))
    assert all(a.start + a.duration == b.start for a, b in zip(entries, entries[1:], strict=False))
    longest = max((f.duration for _, f in fragments), default=0)
    assert all(entry.duration <= max(TIMESCALE, longest) for entry in entries)
    assert [f.base_time for _, f in fragments if f.starts_with_key] == [e.start for e in entries if e.key]


def test_a_hole_in_time_or_in_the_file_is_never_inside_an_entry():
    first = Fragment(0, (3600,), (50,), True, 100)
    late = Fragment(7200, (3600,), (50,), False, 100)
    far = Fragment(10800, (3600,), (50,), False, 100)

    assert 3 == len(group_fragments([(700, first), (850, late), (1100, far)]))


def a_row(id: int, start_s: float, **changes: object) -> SegmentRow:
    return index_rows.a_row(id, START_US + int(start_s * S), **changes)  # type: ignore[arg-type]


@pytest.fixture
def index(tmp_path):
    index = Index(tmp_path / "index.db")
    yield index
    index.close()


def a_hold(start_s: float, end_s: float, id: str = "h", **changes: object) -> Hold:
    start, end = START_US + int(start_s * S), START_US + int(end_s * S)
    values = {"camera": "hall", "stream": "", "reason": "a fight", "by": "Aliya", "at_us": START_US} | changes
    return Hold(id=id, start_us=start, end_us=end, **values)  # type: ignore[arg-type]


def test_an_index_of_the_first_version_becomes_one_of_today_and_keeps_what_it_knew(tmp_path):
    path = tmp_path / "index.db"
    old = sqlite3.connect(path)
    old.executescript((Path(__file__).parent / "old" / "index-1.sql").read_text("utf-8"))
    insert = "INSERT INTO segments VALUES (?, 'hall', 'main', 1, ?, ?, ?, 1000, 700, 9, 'avc1', 9, 9, ?, '', NULL, x'')"
    old.executemany(
        insert,
        [(1, "a", START_US, 60 * TIMESCALE, "closed"), (2, "b", START_US + 60 * S, 30 * TIMESCALE, "open")],
    )
    old.execute("INSERT INTO gaps VALUES (1, 'hall', 'main', 5, NULL, 'timeout')")
    old.commit()
    old.close()

    with pytest.raises(Unavailable):
        Index(path, readonly=True)
    index = Index(path)
    fresh = Index(tmp_path / "fresh" / "index.db")
    try:
        assert [("a", ""), ("b", "")] == [(row.path, row.disk) for row in index.all_segments()]
        assert [(5, None, "timeout")] == index.gaps("hall", "main", 0, START_US)
        assert [1000] == [usage.size for usage in index.usage(START_US)]
        assert tmp_path / "a" == index.file_of(next(iter(index.all_segments())))
        assert layout(fresh) == layout(index)
    finally:
        fresh.close()
        index.close()


def layout(index: Index) -> dict[str, list[tuple[object, ...]]]:
    names = [name for (name,) in index._db.execute("SELECT name FROM sqlite_master ORDER BY name")]
    columns = {name: index._db.execute(f"PRAGMA table_info({name})").fetchall() for name in names}
    return columns | {"version": [(SCHEMA_VERSION,), *index._db.execute("PRAGMA user_version")]}


def test_an_index_of_a_newer_version_is_left_alone(tmp_path):
    Index(tmp_path / "index.db").close()
    newer = sqlite3.connect(tmp_path / "index.db")
    newer.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    newer.close()

    with pytest.raises(Invalid, match="newer"):
        Index(tmp_path / "index.db")


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 6), st.sampled_from(["put", "drop", "open"]), st.integers(0, 3), st.integers(1, 9))
    )
)
def test_what_files_take_is_counted_along_the_way_and_never_wrong(tmp_path_factory, steps):
    index = Index(tmp_path_factory.mktemp("index") / "index.db")
    try:
        for id, deed, day, size in steps:
            if deed == "drop":
                index.forget([id])
            else:
                state = "open" if deed == "open" else "closed"
                index.commit([a_row(id, day * 86_400, camera=f"c{id % 2}", size=size, state=state)], [])
        assert index.usage_is_right()
        closed = [row for row in index.all_segments() if row.state == "closed"]
        assert sum(row.size for row in closed) == sum(usage.size for usage in index.usage(START_US))
    finally:
        index.close()


def test_a_segment_under_a_hold_is_neither_offered_nor_forgotten(index):
    index.commit([a_row(1, 0), a_row(2, 60), a_row(3, 120)], [])
    index.place_hold(a_hold(70, 80))
    now = START_US + DAY_US

    assert [1, 3] == [one.id for one in index.oldest("", "hall", 10, now)]
    assert [1, 3] == [row.id for row in index.forget_unheld([1, 2, 3], now)]
    assert [2] == [row.id for row in index.all_segments()]
    assert [(1000, 1000)] == [(usage.size, usage.held_bytes) for usage in index.usage(now)]


def test_a_hold_ends_when_it_is_released_or_its_time_is_over_and_its_record_stays(index):
    index.commit([a_row(1, 0), a_row(2, 60)], [])
    index.place_hold(a_hold(0, 10, id="first"))
    index.place_hold(a_hold(60, 70, id="second", until_us=START_US + DAY_US))

    assert [] == index.oldest("", "hall", 10, START_US)
    assert [2] == [one.id for one in index.oldest("", "hall", 10, START_US + DAY_US)]
    assert index.release_hold("first", "Bolat", START_US)
    assert not index.release_hold("first", "Bolat", START_US)
    assert [1] == [one.id for one in index.oldest("", "hall", 10, START_US)]
    assert ["second"] == [hold.id for hold in index.holds()]
    assert ["first", "second"] == [hold.id for hold in index.holds(released=True)]


def test_what_retention_takes_from_between_leaves_one_gap_that_says_so(index):
    index.commit([a_row(number, 60 * number) for number in range(5)], [])
    index.place_hold(a_hold(0, 30))
    index.forget_unheld([1, 2], START_US + DAY_US)

    whole = (START_US, START_US + 300 * S)
    assert [(START_US + 60 * S, START_US + 180 * S, "retention")] == index.gaps("hall", "main", *whole)


def test_a_day_is_read_from_an_index_alone_and_with_it_the_file_that_is_still_open(index):
    index.commit([a_row(1, 0), a_row(2, 60, state="open", seconds=20)], [])

    assert 80 * S == sum(s.end_us - s.start_us for s in index.spans("hall", "main", START_US, START_US + DAY_US))
    plans = []
    index._db.set_trace_callback(plans.append)
    index.spans("hall", "main", START_US, START_US + DAY_US)
    index.overlapping("hall", "main", START_US, START_US + DAY_US)
    index._db.set_trace_callback(None)
    explained = [index._db.execute(f"EXPLAIN QUERY PLAN {plan}").fetchall() for plan in plans]
    assert "COVERING INDEX segments_kept" in str(explained[0])
    assert "segments_by_time" not in str(explained[0])
    assert "INDEX segments_kept" in str(explained[1])


def test_a_file_lies_on_its_disk_wherever_that_is_now(index, tmp_path):
    index.put_disk("d1", tmp_path / "old place", START_US)
    index.commit([a_row(1, 0, disk="d1"), a_row(2, 60, disk="gone")], [])
    here, gone = index.all_segments()
    index.put_disk("d1", tmp_path / "new place", START_US)

    assert tmp_path / "new place" / "hall/main/1.mp4" == index.file_of(here)
    with pytest.raises(NotFound):
        index.file_of(gone)


def test_a_file_that_grows_is_listed_whatever_became_of_its_first_listing(index):
    """Only what changes is written while a file grows; one that nobody could list at its beginning is listed then."""
    known, unknown = a_row(1, 0, state="open"), a_row(2, 0, camera="yard", state="open")
    known.duration = known.size = 0
    index.commit([known], [])
    for row in (known, unknown):
        row.duration, row.size, row.frames, row.fragments = 90_000, 5_000, 25, bytearray(b"\0" * 20)
    index.commit([known, unknown], [])
    assert [(1, 90_000, 5_000, 25), (2, 90_000, 5_000, 25)] == [
        (row.id, row.duration, row.size, row.frames) for row in index.all_segments()
    ]
    known.wall_start_us, known.duration = START_US - 7, 180_000
    index.commit([known], [])
    assert (START_US - 7, 180_000) == next((r.wall_start_us, r.duration) for r in index.all_segments() if r.id == 1)

    known.state = "closed"
    index.commit([known], [])
    late = a_row(1, 0, state="open")
    late.duration = 1
    assert 0 == index._grow([late]), "what is closed does not grow"
    assert index.usage_is_right()


def test_damage_that_goes_on_is_one_stretch_and_goes_when_nothing_of_its_time_is_kept(index):
    def lost(start_s: int, pictures: int, stream: str = "main") -> Damage:
        return Damage("hall", stream, START_US + start_s * S, START_US + (start_s + 1) * S, pictures)

    index.commit([], [], [lost(0, 2), lost(1, 1), lost(9, 3), lost(60, 1), lost(60, 7, "sub")])

    found = index.damaged("hall", "main", START_US, START_US + 100 * S)
    assert [(0, 10, 6), (60, 61, 1)] == [
        ((one.start_us - START_US) // S, (one.end_us - START_US) // S, one.pictures) for one in found
    ]
    assert [1] == [one.pictures for one in index.damaged("hall", "main", START_US + 20 * S, START_US + 100 * S)]
    index.forget_gaps(START_US + 30 * S)
    assert [1] == [one.pictures for one in index.damaged("hall", "main", 0, START_US + 100 * S)]
