"""A file that is made to fill this machine with objects."""

import contextlib
import tracemalloc
from collections.abc import Callable

import pytest
from tests.support.video import a_file, a_sound, a_video

from qorgan.kernel.errors import Corrupt
from qorgan.protocols.fmp4.reader import nal_units, parse_fragment, parse_init, whole_fragments


def adopt(data: bytes) -> object:
    return whole_fragments(lambda offset, count: data[offset : offset + count], len(data))


SOUND_FILE = a_file(a_video("h264", frames=8), a_sound("aac", 0.3))


@pytest.mark.parametrize("read", [parse_init, parse_fragment, lambda data: list(nal_units(data)), adopt])
@pytest.mark.parametrize("behind", [28, SOUND_FILE.find(b"moof") - 4])
def test_a_file_of_ever_so_many_boxes_costs_no_memory(read: Callable[[bytes], object], behind: int) -> None:
    """Whoever fills a file with empty boxes does not fill this machine with objects."""
    data = SOUND_FILE[:behind] + (b"\0\0\0\x08free" * 60_000)
    tracemalloc.start()
    try:
        with contextlib.suppress(Corrupt):
            read(data)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
