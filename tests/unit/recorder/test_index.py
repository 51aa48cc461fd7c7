"""The archive's index: how fragments become entries, and how a file of an older version becomes one of today."""

from hypothesis import given
from hypothesis import strategies as st

from qorgan.edge.recorder.index import group_fragments
from qorgan.protocols.fmp4.reader import Fragment
from qorgan.protocols.fmp4.writer import TIMESCALE

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
