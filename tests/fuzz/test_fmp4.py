"""fMP4 files by somebody hostile: what cannot be read is `Corrupt`, soon, and nothing else ever happens.

`QORGAN_FUZZ` is how many inputs each test tries; without it a short form runs. Millions: `python -m tests.fuzz`.
"""

import contextlib
import os
import random
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fuzz.fmp4 import targets
from tests.support.video import a_file, a_sound, a_video

from qorgan.kernel.errors import Corrupt
from qorgan.protocols.fmp4.reader import nal_units, parse_fragment, parse_init, whole_fragments

EXAMPLES = int(os.environ.get("QORGAN_FUZZ", "150"))
TARGETS = {target.name: target for target in targets()}


@pytest.mark.parametrize("name", TARGETS)
def test_a_damaged_file_is_borne(name: str) -> None:
    target = TARGETS[name]

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(chance=st.randoms(use_true_random=False))
    def try_damaged(chance: random.Random) -> None:
        target.try_one(target.an_input(chance))

    try_damaged()


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_not_damaged_is_borne_too(name: str) -> None:
    for seed in TARGETS[name].seeds:
        TARGETS[name].try_one(seed)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(list(TARGETS)), st.binary(max_size=600))
def test_bytes_without_any_sense_are_borne(name: str, data: bytes) -> None:
    TARGETS[name].try_one(data)


def adopt(data: bytes) -> object:
    return whole_fragments(lambda offset, count: data[offset : offset + count], len(data))


SOUND_FILE = a_file(a_video("h264", frames=8), a_sound("aac", 0.3))


@pytest.mark.parametrize("read", [parse_init, parse_fragment, lambda data: list(nal_units(data)), adopt])
@pytest.mark.parametrize("behind", [28, SOUND_FILE.find(b"moof") - 4])
def test_a_file_of_a_million_boxes_costs_no_memory(read: Callable[[bytes], object], behind: int) -> None:
    """Whoever fills a file with empty boxes does not fill this machine with objects."""
    data = SOUND_FILE[:behind] + (b"\0\0\0\x08free" * 250_000)
    tracemalloc.start()
    try:
        with contextlib.suppress(Corrupt):
            read(data)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
