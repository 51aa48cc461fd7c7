"""Recorded fragments are placed on another timeline without touching a sample."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgan.kernel.errors import Corrupt
from qorgan.protocols.fmp4.reader import parse_fragment
from qorgan.protocols.fmp4.retime import fragments, retimed
from qorgan.protocols.fmp4.writer import box, fragment_head, full_box


def a_fragment(base: int, *, samples: int = 3, key: bool = True) -> bytes:
    sizes = [10 + number for number in range(samples)]
    body = b"".join(bytes([number + 1]) * size for number, size in enumerate(sizes))
    return fragment_head(9, base, sizes, [3600] * samples, starts_with_key=key) + body


def test_fragments_of_an_entry_are_found_one_by_one():
    parts = [a_fragment(0), a_fragment(10_800, samples=1, key=False), a_fragment(14_400, samples=7)]
    assert parts == list(fragments(b"".join(parts)))


def test_new_times_stand_in_the_head_and_the_samples_are_the_same():
    before = a_fragment(90_000)
    after = retimed(before, sequence=77, base_time=2**33, durations=[1, 2, 3])
    head = parse_fragment(after)

    assert (2**33, (1, 2, 3)) == (head.base_time, head.durations)
    assert 77 == int.from_bytes(after[20:24], "big")
    old = parse_fragment(before)
    assert before[old.data_offset :] == after[head.data_offset :]
    assert (old.sizes, old.starts_with_key) == (head.sizes, head.starts_with_key)


def test_all_tracks_move_together_and_only_the_first_gets_other_durations():
    """What another writer might make: two tracks, and a first one that shares one duration."""
    video = box(
        b"traf",
        full_box(b"tfdt", 0, 0, (500).to_bytes(4, "big")),
        full_box(b"trun", 0, 0x200, bytes([0, 0, 0, 1]), bytes(4)),
    )
    sound = box(b"traf", full_box(b"tfdt", 1, 0, (520).to_bytes(8, "big")))
    data = box(b"moof", full_box(b"mfhd", 0, 0, bytes(4)), video, sound) + box(b"mdat", b"x")
    after = retimed(data, sequence=1, base_time=1000)

    assert (1000).to_bytes(4, "big") in after and (1020).to_bytes(8, "big") in after
    with pytest.raises(Corrupt):
        retimed(data, sequence=1, base_time=0, durations=[1])


@given(st.binary(max_size=200))
def test_junk_is_refused_and_never_crashes(junk):
    for data in (junk, a_fragment(0)[:40] + junk, a_fragment(0) + junk):
        try:
            for part in fragments(data):
                retimed(part, sequence=1, base_time=0)
        except Corrupt:
            continue
