"""The entries of a file in the index: which fragments stand where, packed into one column."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace

from qorgan.protocols.fmp4.reader import Fragment
from qorgan.protocols.fmp4.writer import TIMESCALE

_ENTRY = struct.Struct(">IIIII")
_KEY = 0x8000_0000


@dataclass(frozen=True, slots=True)
class FragmentEntry:
    """One or more durable fragments (moof and mdat) in a row, together at most a second.

    Where they stand in their file, their media time there and length (1/90000 s), their frames. `key`: the first one
    begins with a keyframe.
    """

    offset: int
    size: int
    start: int
    duration: int
    frames: int
    key: bool

    def pack(self) -> bytes:
        flags = self.frames | (_KEY if self.key else 0)
        return _ENTRY.pack(self.offset, self.size, self.start, self.duration, flags)


def group_fragments(fragments: Iterable[tuple[int, Fragment]]) -> list[FragmentEntry]:
    """Fragments as they follow each other in a file, with their offsets, as entries of at most one second each.

    A fragment that begins with a keyframe begins a new entry, and so does one that does not follow the one before it in
    bytes or in media time. A single fragment of more than a second is an entry alone. Sound alone goes with what is
    before it.
    """
    entries: list[FragmentEntry] = []
    for offset, fragment in fragments:
        frames, duration, length = len(fragment.sizes), fragment.duration, fragment.length
        last = entries[-1] if entries else None
        if last is not None and not frames and offset == last.offset + last.size:
            entries[-1] = replace(last, size=last.size + length)
        elif (
            last is None
            or fragment.starts_with_key
            or last.duration + duration > TIMESCALE
            or offset != last.offset + last.size
            or fragment.base_time != last.start + last.duration
        ):
            entries.append(
                FragmentEntry(offset, length, fragment.base_time, duration, frames, fragment.starts_with_key)
            )
        else:
            entries[-1] = FragmentEntry(
                last.offset, last.size + length, last.start, last.duration + duration, last.frames + frames, last.key
            )
    return entries


def unpack_fragments(blob: bytes | bytearray) -> list[FragmentEntry]:
    """The entries of a `fragments` column."""
    return [
        FragmentEntry(offset, size, start, duration, flags & ~_KEY, bool(flags & _KEY))
        for offset, size, start, duration, flags in _ENTRY.iter_unpack(blob)
    ]
