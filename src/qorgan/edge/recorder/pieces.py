"""Recorded video as a list of pieces, and the pieces themselves: for playlists (HLS) and for files to take away.

A piece is some seconds of one recorded file that begin with a keyframe. Its samples and their lengths stay as they were
recorded; only the time at which it begins is another. So its size is known from the index alone.
"""

import os
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import structlog

from qorgan.edge.recorder.entries import FragmentEntry, unpack_fragments
from qorgan.edge.recorder.index import SegmentRow
from qorgan.edge.recorder.ranges import Message, files_of, wanted_entries, without_sound
from qorgan.edge.recorder.timing import to_us
from qorgan.kernel.errors import Corrupt, Forbidden, Invalid, NotFound, Unavailable
from qorgan.protocols.fmp4.reader import parse_fragment
from qorgan.protocols.fmp4.retime import fragments, retimed, silenced
from qorgan.protocols.fmp4.writer import TIMESCALE
from qorgan.protocols.link.commands import Contents, Part, Piece, PieceOrder
from qorgan.protocols.link.media import MediaKind

log = structlog.get_logger()

PIECE_AT_LEAST = 4 * TIMESCALE  # then a piece ends at the next keyframe
MOST_PIECES, MOST_PARTS = 15_000, 100  # what one message of the link holds
GAP_US = 500_000  # two files of one run further apart than this: one between them is gone


def find_pieces(
    archive: Path, camera: str, stream: str, start_us: int, end_us: int, *, with_sound: bool = False
) -> Contents:
    """What of a stream was recorded in [start, end), from the index; empty when nothing was.

    Raises `Invalid` for more than one message of the link can hold. Blocks on the disk.
    """
    parts: list[Part] = []
    pieces: list[Piece] = []
    before: SegmentRow | None = None
    for row, path in files_of(archive, camera, stream, start_us, end_us):
        entries = _settled(row)
        wanted = wanted_entries(row, entries, start_us, end_us)
        if not wanted or (found := _init_of(path, row, with_sound=with_sound)) is None:
            continue
        codec, init = found
        known = [part.init for part in parts]
        if init not in known:
            mime = f'video/mp4; codecs="{codec}"'
            parts.append(Part(mime=mime, width=row.width, height=row.height, init=init))
        part = known.index(init) if init in known else len(known)
        goes_on = before is not None and _goes_on(before, row) and pieces[-1].part == part
        for number, (first, last) in enumerate(_cuts(entries, wanted)):
            pieces.append(_piece(row, entries, first, last, part=part, follows=number > 0 or goes_on))
        before = row
        if len(pieces) > MOST_PIECES or len(parts) > MOST_PARTS:
            raise Invalid("this stretch is in too many pieces; ask for a shorter one", code="contents.too_long")
    return Contents(parts=tuple(parts), pieces=tuple(pieces))


def read_pieces(
    archive: Path,
    camera: str,
    stream: str,
    within: tuple[int, int],
    orders: Sequence[PieceOrder],
    *,
    with_sound: bool = False,
) -> Iterator[Message]:
    """The fragments of the pieces, in order, as media messages. Blocks on the disk.

    Without sound they have the same sizes all the same (`retime.silenced`).

    Raises `Forbidden` for what lies outside of `within` (µs), `NotFound` for what is gone since it was listed,
    `Corrupt` for what is damaged, `Unavailable` for a disk that does not read: never less than was promised.
    """
    files = {row.id: (row, path) for row, path in files_of(archive, camera, stream, *within)}
    for order in orders:
        if order.segment not in files:
            raise NotFound("this part of the recording is gone", code="not_recorded")
        row, path = files[order.segment]
        yield from _read(path, row, _ordered(row, order, within), order.base, with_sound=with_sound)


def _settled(row: SegmentRow) -> list[FragmentEntry]:
    """What will stay as it is: the last entry of a file that is being written may still grow."""
    entries = unpack_fragments(row.fragments)
    return entries[:-1] if row.state == "open" else entries


def _init_of(path: Path, row: SegmentRow, *, with_sound: bool) -> tuple[str, bytes] | None:
    """A file's codecs and initialisation segment; None when it is gone since, damaged, or its disk does not read."""
    try:
        with path.open("rb") as file:
            init = file.read(row.init_bytes)
        return (row.codec, init) if with_sound else without_sound(row.codec, init)
    except OSError as error:
        log.warning("contents.unreadable", path=row.path, error=os.strerror(error.errno or 0))
    except Corrupt as error:
        log.warning("contents.damaged", path=row.path, reason=str(error))
    return None


def _goes_on(before: SegmentRow, row: SegmentRow) -> bool:
    return row.run == before.run and abs(row.wall_start_us - before.wall_end_us) < GAP_US


def _cuts(entries: Sequence[FragmentEntry], wanted: Sequence[FragmentEntry]) -> list[tuple[int, int]]:
    """Where to cut: [first, last) of each piece, numbered within the file."""
    first = entries.index(wanted[0])
    last = first + len(wanted)
    cuts = [first]
    for number in range(first + 1, last):
        if entries[number].key and entries[number].start - entries[cuts[-1]].start >= PIECE_AT_LEAST:
            cuts.append(number)
    return list(pairwise([*cuts, last]))


def _piece(
    row: SegmentRow, entries: Sequence[FragmentEntry], first: int, last: int, *, part: int, follows: bool
) -> Piece:
    begin, end = entries[first], entries[last - 1]
    return Piece(
        segment=row.id,
        first=first,
        count=last - first,
        wall_us=row.wall_start_us + to_us(begin.start),
        duration=end.start + end.duration - begin.start,
        size=sum(entry.size for entry in entries[first:last]),
        part=part,
        follows=follows,
    )


def _ordered(row: SegmentRow, order: PieceOrder, within: tuple[int, int]) -> list[FragmentEntry]:
    """The entries of an order, if all of them are of this period."""
    entries = unpack_fragments(row.fragments)
    chosen = entries[order.first : order.first + order.count] if order.first >= 0 else []
    allowed = wanted_entries(row, entries, *within)
    if not chosen or len(chosen) != order.count or not set(chosen) <= set(allowed):
        raise Forbidden("the grant is for another period", code="grant.period")
    return chosen


def _read(
    path: Path, row: SegmentRow, entries: Sequence[FragmentEntry], base: int, *, with_sound: bool
) -> Iterator[Message]:
    try:
        with path.open("rb") as file:
            for entry in entries:
                file.seek(entry.offset)
                data = file.read(entry.size)
                if len(data) != entry.size:
                    raise Corrupt("the file is shorter than the index says", code="segment.damaged")
                kind = MediaKind.KEY if entry.key else MediaKind.DELTA
                placed = _shifted(data, base - entries[0].start, with_sound=with_sound)
                yield kind, row.wall_start_us + to_us(entry.start), placed
    except FileNotFoundError as error:
        raise NotFound("this part of the recording is gone", code="not_recorded") from error
    except OSError as error:
        raise Unavailable(f"the disk does not read: {os.strerror(error.errno or 0)}", code="storage") from error


def _shifted(data: bytes, shift: int, *, with_sound: bool) -> bytes:
    """The fragments of an entry, so much later. Numbered by their milliseconds: numbers grow over all pieces."""
    placed = []
    for fragment in fragments(data):
        time = parse_fragment(fragment).base_time + shift
        moved = retimed(fragment, sequence=time * 1000 // TIMESCALE, base_time=time)
        placed.append(moved if with_sound else silenced(moved))
    return b"".join(placed)
