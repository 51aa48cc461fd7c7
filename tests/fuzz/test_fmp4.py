"""fMP4 files by somebody hostile: what cannot be read is `Corrupt`, soon, and nothing else ever happens.

`QORGAN_FUZZ` is how many inputs each test tries; without it a short form runs.
"""

import contextlib
import os
import struct
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.video import a_file, a_sound, a_video

from qorgan.kernel.errors import Corrupt, Invalid
from qorgan.protocols.fmp4.parameter_sets import AvcSps
from qorgan.protocols.fmp4.reader import nal_units, parse_fragment, parse_init, whole_fragments
from qorgan.protocols.fmp4.retime import fragments, retimed

EXAMPLES = int(os.environ.get("QORGAN_FUZZ", "150"))
fuzz = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

SEEDS = [
    a_file(a_video("h264", frames=8), a_sound("aac", 0.3)),
    a_file(a_video("h265", 3, frames=8, pyramid=True), a_sound("alaw", 0.3), every=3),
    a_file(a_video("h264", 2, frames=8), every=1),
]
_INTERESTING = st.sampled_from([0, 1, 7, 8, 9, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF7, 0xFFFFFFFF])
_NAMES = [b"moof", b"mdat", b"traf", b"trun", b"tfhd", b"tfdt", b"stsd", b"avcC", b"hvcC", b"esds", b"mp4a", b"free"]


@st.composite
def damaged_files(draw: st.DrawFn) -> bytes:
    """A sound file in which bytes, lengths and names were changed, pieces cut out, doubled or put elsewhere."""
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        match draw(st.integers(0, 5)):
            case 0:
                data[at : at + 1] = draw(st.binary(max_size=3))
            case 1:
                data[at : at + 4] = struct.pack(">I", draw(_INTERESTING))
            case 2:
                data[at : at + 4] = draw(st.sampled_from(_NAMES))
            case 3:
                del data[at : at + draw(st.integers(1, 400))]
            case 4:
                other = draw(st.integers(0, len(data)))
                data[at:at] = data[other : other + draw(st.integers(1, 400))]
            case _:
                found = data.find(draw(st.sampled_from(_NAMES)), at)
                if found >= 4:
                    data[found - 4 : found] = struct.pack(">I", draw(_INTERESTING))
    return bytes(data)


@fuzz
@given(st.one_of(damaged_files(), st.binary(max_size=600)))
def test_a_hostile_file_is_read_or_corrupt(data: bytes) -> None:
    with contextlib.suppress(Corrupt):
        init_bytes, found = whole_fragments(lambda offset, count: data[offset : offset + count], len(data))
        assert init_bytes <= len(data)
        assert all(offset + fragment.length <= len(data) for offset, fragment in found)
    with contextlib.suppress(Corrupt):
        read = parse_init(data)
        assert len(read.video.sps) + len(read.video.pps) + len(read.video.vps) <= len(data)
    with contextlib.suppress(Corrupt):
        assert sum(map(len, nal_units(data))) <= len(data)


@fuzz
@given(damaged_files(), st.data())
def test_a_hostile_fragment_is_read_or_corrupt(data: bytes, more: st.DataObject) -> None:
    starts = [at for at in range(4, min(len(data), 20_000)) if data[at : at + 4] == b"moof"]
    part = data[more.draw(st.sampled_from(starts)) - 4 :] if starts else data
    with contextlib.suppress(Corrupt):
        fragment = parse_fragment(part)
        assert 8 * len(fragment.sizes) + 8 * len(fragment.durations) <= 2 * len(part)
    with contextlib.suppress(Corrupt):
        for one in fragments(part):
            retimed(one, sequence=1, base_time=0)


@fuzz
@given(st.binary(max_size=200).map(lambda rest: b"\x67" + rest), st.booleans())
def test_a_hostile_parameter_set_is_read_or_invalid(unit: bytes, known: bool) -> None:
    with contextlib.suppress(Invalid):
        sps = AvcSps.parse(b"\x67\x64\x00\x28" + unit if known else unit)
        assert 0 <= sps.reorder_frames <= 16 and 16 <= sps.width <= 16384 and 16 <= sps.height <= 16384


def adopt(data: bytes) -> object:
    return whole_fragments(lambda offset, count: data[offset : offset + count], len(data))


@pytest.mark.parametrize("read", [parse_init, parse_fragment, lambda data: list(nal_units(data)), adopt])
@pytest.mark.parametrize("behind", [28, SEEDS[0].find(b"moof") - 4])
def test_a_file_of_a_million_boxes_costs_no_memory(read: Callable[[bytes], object], behind: int) -> None:
    """Whoever fills a file with empty boxes does not fill this machine with objects."""
    data = SEEDS[0][:behind] + (b"\0\0\0\x08free" * 250_000)
    tracemalloc.start()
    try:
        with contextlib.suppress(Corrupt):
            read(data)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
