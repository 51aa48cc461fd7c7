"""Fragmented MP4 walked: what is whole in a file that a crash cut short, and what a fragment of ours holds."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from qorgan.kernel.errors import Corrupt
from qorgan.protocols.fmp4.writer import TFDT_OFFSET

MAX_BOX_BYTES = 64 * 1024 * 1024
MAX_HEAD_BYTES = 1024 * 1024
_SAMPLES_OFFSET = TFDT_OFFSET + 8 + 24
_MAX_SAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Fragment:
    """A fragment of ours, read back. Times in 1/90000 s; `data_offset` counts from the fragment's start."""

    base_time: int
    durations: tuple[int, ...]
    sizes: tuple[int, ...]
    starts_with_key: bool
    data_offset: int

    @property
    def duration(self) -> int:
        return sum(self.durations)

    @property
    def length(self) -> int:
        """Bytes of the whole fragment."""
        return self.data_offset + sum(self.sizes)


def parse_fragment(data: bytes) -> Fragment:
    """Read the head of a fragment made by `writer.fragment_head`. Raises `Corrupt` for anything else."""
    try:
        size, kind = struct.unpack_from(">I4s", data, 0)
        base_time, _, trun = struct.unpack_from(">QI4s", data, TFDT_OFFSET)
        flags, count, offset, first = struct.unpack_from(">IIiI", data, TFDT_OFFSET + 16)
        if kind != b"moof" or trun != b"trun" or flags != 0x000305 or not 0 < count <= _MAX_SAMPLES:
            raise Corrupt("not a fragment of ours", code="segment.damaged")
        entries = struct.unpack_from(f">{2 * count}I", data, _SAMPLES_OFFSET)
    except struct.error as error:
        raise Corrupt("a fragment's head is cut short", code="segment.damaged") from error
    if offset != size + 8 or size != _SAMPLES_OFFSET + 8 * count:
        raise Corrupt("a fragment's sizes do not agree", code="segment.damaged")
    return Fragment(base_time, entries[0::2], entries[1::2], not first & 0x10000, offset)


def walk(read_at: Callable[[int, int], bytes], size: int) -> Iterator[tuple[int, bytes, int]]:
    """Top-level boxes as (offset, type, length), as far as they are whole within `size` bytes.

    `read_at(offset, count)` gives bytes of the file. Stops quietly at the first box that is not whole or not sane.
    """
    offset = 0
    while offset + 8 <= size:
        length, kind = struct.unpack(">I4s", read_at(offset, 8))
        if length < 8 or length > MAX_BOX_BYTES or offset + length > size:
            return
        yield offset, kind, length
        offset += length


def whole_fragments(read_at: Callable[[int, int], bytes], size: int) -> tuple[int, list[tuple[int, Fragment]]]:
    """Length of the initialisation segment, and each whole fragment with its offset. For adopting a file after a crash.

    Raises `Corrupt` when not even `ftyp` and `moov` are whole.
    """
    init_bytes = 0
    fragments: list[tuple[int, Fragment]] = []
    boxes = list(walk(read_at, size))
    if [kind for _, kind, _ in boxes[:2]] != [b"ftyp", b"moov"]:
        raise Corrupt("the file does not begin with ftyp and moov", code="segment.damaged")
    init_bytes = boxes[1][0] + boxes[1][2]
    for (offset, kind, length), (_, data_kind, data_length) in zip(boxes[2::2], boxes[3::2], strict=False):
        if kind != b"moof" or data_kind != b"mdat" or length > MAX_HEAD_BYTES:
            break
        fragment = parse_fragment(read_at(offset, length))
        if fragment.length != length + data_length:
            break
        fragments.append((offset, fragment))
    return init_bytes, fragments
