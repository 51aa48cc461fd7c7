"""Recorded fragments placed on another timeline: only numbers in their heads change, samples stay byte for byte."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qorgan.kernel.errors import Corrupt
from qorgan.protocols.fmp4.reader import Fragment, parse_fragment
from qorgan.protocols.fmp4.writer import AUDIO_ID, fragment_head

_TRUN_DURATION = 0x000100
_TRUN_OPTIONAL_FIRST = (0x000001, 0x000004)  # data offset, first sample's flags: four bytes each before the samples
_TRUN_PER_SAMPLE = (0x000100, 0x000200, 0x000400, 0x000800)  # duration, size, flags, composition offset


@dataclass(frozen=True, slots=True)
class _Head:
    """Where the numbers that tell of time stand in a fragment; offsets from its start."""

    sequence_at: int
    base_at: tuple[tuple[int, int], ...]  # tfdt of each track: offset of the number, its length
    durations_at: tuple[int, ...]  # of each sample of the first track


def fragments(data: bytes) -> Iterator[bytes]:
    """The `moof`+`mdat` pairs that stand one after the other in `data`. Raises `Corrupt` for anything else."""
    at = 0
    while at < len(data):
        moof = _box(data, at, b"moof")
        mdat = _box(data, at + moof, b"mdat")
        yield data[at : at + moof + mdat]
        at += moof + mdat


def retimed(fragment: bytes, *, sequence: int, base_time: int, durations: Sequence[int] | None = None) -> bytes:
    """A copy that starts at `base_time` (1/90000 s); with `durations`, its samples (of the first track) last so long.

    All tracks of a fragment count in the same unit and move together. Raises `Corrupt` for what is no fragment.
    """
    head = _head(fragment)
    copy = bytearray(fragment)
    struct.pack_into(">I", copy, head.sequence_at, sequence & 0xFFFFFFFF)
    bases = [int.from_bytes(copy[at : at + size], "big") for at, size in head.base_at]
    for (at, size), base in zip(head.base_at, bases, strict=True):
        moved = max(0, base - bases[0] + base_time)
        copy[at : at + size] = moved.to_bytes(size, "big")
    if durations is not None:
        if len(durations) != len(head.durations_at):
            raise Corrupt("a fragment's samples have no durations of their own", code="segment.damaged")
        for at, duration in zip(head.durations_at, durations, strict=True):
            struct.pack_into(">I", copy, at, duration)
    return bytes(copy)


def rewritten(
    data: bytes,
    head: Fragment,
    *,
    sequence: int,
    base_time: int,
    durations: Sequence[int],
    offsets: Sequence[int],
) -> bytes:
    """The pictures of a fragment of ours (`head` is what `parse_fragment` said of it) with other times, without sound.

    Nothing at all comes back when it has no pictures. Raises `Corrupt` when samples are missing.
    """
    if len(data) < head.length:
        raise Corrupt("a fragment's samples are cut short", code="segment.damaged")
    if not head.sizes:
        return b""
    moved = fragment_head(
        sequence & 0xFFFFFFFF,
        base_time,
        head.sizes,
        durations,
        starts_with_key=head.starts_with_key,
        offsets=offsets if head.offsets else None,
    )
    return moved + data[head.data_offset : head.data_offset + sum(head.sizes)]


def silenced(fragment: bytes) -> bytes:
    """A copy of the same length in which nothing of the sound is left: nulls, and a `free` box for its description.

    So a fragment whose place and size are known from an index can be handed on without its sound. Raises `Corrupt`.
    """
    head = parse_fragment(fragment)
    if head.audio is None:
        return fragment
    if len(fragment) != head.length:
        raise Corrupt("a fragment's samples are cut short", code="segment.damaged")
    copy = bytearray(fragment)
    for kind, at, size in _children(fragment, 0, _box(fragment, 0, b"moof")):
        if kind == b"traf" and _track_of(fragment, at, size) == AUDIO_ID:
            copy[at + 4 : at + size] = b"free" + bytes(size - 8)
    quiet_from = head.data_offset + sum(head.sizes)
    copy[quiet_from:] = bytes(len(copy) - quiet_from)
    return bytes(copy)


def _track_of(data: bytes, traf: int, length: int) -> int:
    for kind, at, size in _children(data, traf, length):
        if kind == b"tfhd" and size >= 16:
            return int.from_bytes(data[at + 12 : at + 16], "big")
    raise Corrupt("a fragment's track has no number", code="segment.damaged")


def _box(data: bytes, at: int, kind: bytes) -> int:
    """The length of the whole box of this type at an offset."""
    if at + 8 > len(data):
        raise Corrupt("a fragment is cut short", code="segment.damaged")
    length = int.from_bytes(data[at : at + 4], "big")
    if data[at + 4 : at + 8] != kind or length < 8 or at + length > len(data):
        raise Corrupt("not a fragment of ours", code="segment.damaged")
    return length


def _head(fragment: bytes) -> _Head:
    sequence_at = 0
    bases: list[tuple[int, int]] = []
    durations: tuple[int, ...] = ()
    try:
        for kind, at in _walk(fragment, 0, _box(fragment, 0, b"moof")):
            if kind == b"mfhd":
                sequence_at = at + 12
            elif kind == b"tfdt":
                bases.append((at + 12, 8 if fragment[at + 8] == 1 else 4))
            elif kind == b"trun" and len(bases) == 1:
                durations = _durations_at(fragment, at)
    except struct.error as error:
        raise Corrupt("a fragment's head is cut short", code="segment.damaged") from error
    if not sequence_at or not bases:
        raise Corrupt("a fragment says no time", code="segment.damaged")
    return _Head(sequence_at, tuple(bases), durations)


def _walk(data: bytes, at: int, length: int) -> Iterator[tuple[bytes, int]]:
    """The boxes of a `moof`, and after each `traf` those inside of it, as (type, offset)."""
    for kind, child, size in _children(data, at, length):
        yield kind, child
        if kind == b"traf":
            for grandchild, place, _ in _children(data, child, size):
                yield grandchild, place


def _children(data: bytes, at: int, length: int) -> Iterator[tuple[bytes, int, int]]:
    end, at = at + length, at + 8
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8 or at + size > end:
            raise Corrupt("a fragment's boxes do not fit into each other", code="segment.damaged")
        yield kind, at, size
        at += size


def _durations_at(data: bytes, trun: int) -> tuple[int, ...]:
    """Where the duration of each sample stands; none when the samples share a default (14496-12 §8.8.8)."""
    length, _, flags, count = struct.unpack_from(">IIII", data, trun)
    flags &= 0xFFFFFF
    if not flags & _TRUN_DURATION:
        return ()
    first = trun + 16 + 4 * sum(bool(flags & flag) for flag in _TRUN_OPTIONAL_FIRST)
    stride = 4 * sum(bool(flags & flag) for flag in _TRUN_PER_SAMPLE)
    if first + stride * count != trun + length:
        raise Corrupt("a fragment's sizes do not agree", code="segment.damaged")
    return tuple(range(first, trun + length, stride))
