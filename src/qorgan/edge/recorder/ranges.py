"""Recorded video, read back: a stretch of time as one continuous fMP4 whose clock starts where it was asked to.

Decoding has to begin at a keyframe, which lies up to a group of pictures before the wanted instant. Those leading
pictures are given a length of 1/90000 s each: the player decodes them at once and shows the wanted instant at zero.
"""

from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import BinaryIO

import structlog

from qorgan.edge.recorder.index import FragmentEntry, Index, SegmentRow, unpack_fragments
from qorgan.edge.recorder.timing import to_media, to_us
from qorgan.kernel.errors import Corrupt, NotFound
from qorgan.protocols.fmp4.reader import Fragment, parse_fragment, parse_init
from qorgan.protocols.fmp4.retime import fragments, retimed, rewritten
from qorgan.protocols.fmp4.writer import AudioRun, fragment_head, init_segment
from qorgan.protocols.link.media import MediaKind, init_payload

log = structlog.get_logger()

KEY_READ_BYTES = 64 * 1024  # holds the head of a second of video and a keyframe of a sub stream
Message = tuple[MediaKind, int, bytes]


def read_range(
    archive: Path, camera: str, stream: str, start_us: int, end_us: int, *, keys_only: bool = False
) -> Iterator[Message]:
    """Media messages (kind, wall clock in µs, payload) of [start, end): INIT whenever the codec's parameters change.

    Times of samples count from `start_us`, in 1/90000 s. With `keys_only` each message is one keyframe, which lasts
    until the next one. What is damaged on disk ends the segment it is in, never the range. Blocks on the disk: call
    from a thread.
    """
    previous_init, retimer = b"", Retimer(start_us)
    read = _read_keys if keys_only else _read_all
    for row, path in files_of(archive, camera, stream, start_us, end_us):
        entries = wanted_entries(row, unpack_fragments(row.fragments), start_us, end_us)
        if not entries:
            continue
        try:
            with path.open("rb") as file:
                codec, init = playable(row.codec, file.read(row.init_bytes), with_sound=not keys_only)
                if init != previous_init:
                    yield MediaKind.INIT, row.wall_start_us, init_payload(f'video/mp4; codecs="{codec}"', init)
                    previous_init = init
                retimer.with_sound = codec == row.codec
                yield from read(file, row, entries, retimer)
        except FileNotFoundError:
            continue  # retention took it between the look into the index and now
        except (Corrupt, OSError) as error:
            log.warning("range.damaged", path=row.path, reason=str(error))


def playable(codec: str, init: bytes, *, with_sound: bool = True) -> tuple[str, bytes]:
    """Codecs and initialisation segment without a sound that browsers do not play (G.711), or that will not come.

    A browser that is promised sound shows no picture until it has both. Raises `Corrupt`.
    """
    if "," not in codec:
        return codec, init
    tracks = parse_init(init)
    if tracks.audio is None or (with_sound and tracks.audio.plays_in_browsers):
        return codec, init
    return tracks.video.codec, init_segment(tracks.video)


def files_of(archive: Path, camera: str, stream: str, start_us: int, end_us: int) -> list[tuple[SegmentRow, Path]]:
    """Segments of a stream with anything in [start, end), by time, each with its file; none of an unknown disk."""
    index = Index(archive / "index.db", readonly=True)
    try:
        found = []
        for row in index.overlapping(camera, stream, start_us, end_us):
            try:
                found.append((row, index.file_of(row)))
            except NotFound as error:
                log.warning("range.disk_unknown", path=row.path, reason=str(error))
        return found
    finally:
        index.close()


def _read_all(file: BinaryIO, row: SegmentRow, entries: list[FragmentEntry], retimer: "Retimer") -> Iterator[Message]:
    for entry in entries:
        file.seek(entry.offset)
        data = file.read(entry.size)
        wall_us = row.wall_start_us + to_us(entry.start)
        yield MediaKind.KEY if entry.key else MediaKind.DELTA, wall_us, retimer.place(data, wall_us)


def _read_keys(file: BinaryIO, row: SegmentRow, entries: list[FragmentEntry], retimer: "Retimer") -> Iterator[Message]:
    """Only the keyframes, of which each begins an entry."""
    keys = [entry for entry in entries if entry.key]
    ends = [*(entry.start for entry in keys[1:]), entries[-1].start + entries[-1].duration]
    for entry, end in zip(keys, ends, strict=False):
        wall_us = row.wall_start_us + to_us(entry.start)
        yield MediaKind.KEY, wall_us, retimer.place(_key_alone(file, entry, end - entry.start), wall_us)


def _key_alone(file: BinaryIO, entry: FragmentEntry, duration: int) -> bytes:
    """The first picture of an entry as a fragment of its own, without reading what stands behind it."""
    file.seek(entry.offset)
    data = file.read(min(entry.size, KEY_READ_BYTES))
    head = parse_fragment(data)
    size = head.sizes[0]
    if head.data_offset + size > len(data):
        data += file.read(head.data_offset + size - len(data))
    picture = data[head.data_offset : head.data_offset + size]
    if len(picture) < size:
        raise Corrupt("the file is shorter than the index says", code="segment.damaged")
    return fragment_head(1, head.base_time, [size], [duration], starts_with_key=True) + picture


def wanted_entries(
    row: SegmentRow, entries: Sequence[FragmentEntry], start_us: int, end_us: int
) -> list[FragmentEntry]:
    """A file's entries that overlap [start, end), and before them those back to the keyframe they depend on."""

    def wall(entry: FragmentEntry) -> int:
        return row.wall_start_us + to_us(entry.start)

    first = next((i for i, e in enumerate(entries) if wall(e) + to_us(e.duration) > start_us), len(entries))
    while 0 < first < len(entries) and not entries[first].key:
        first -= 1
    return [entry for entry in entries[first:] if wall(entry) < end_us]


class Retimer:
    """Places fragments on a timeline that counts from the range's start and never goes back.

    Owner of the ends of pictures and sound placed so far. A picture that lies wholly before the start keeps the
    shortest length there is, and is shown no later than it is decoded; sound from before the start is left out, and all
    of it while `with_sound` is off.
    """

    def __init__(self, start_us: int) -> None:
        self.with_sound = True
        self._start_us, self._end, self._heard, self._sequence = start_us, 0, 0, 0

    def place(self, data: bytes, wall_us: int) -> bytes:
        """The fragments of one entry (one `moof`+`mdat` or more) with new times. Raises `Corrupt`."""
        nominal = to_media(wall_us - self._start_us)
        placed, first = [], None
        for fragment in fragments(data):
            head = parse_fragment(fragment)
            first = head.base_time if first is None else first
            placed.append(self._place_one(fragment, head, nominal + head.base_time - first))
        return b"".join(placed)

    def _place_one(self, data: bytes, head: Fragment, nominal: int) -> bytes:
        shift = nominal - head.base_time
        base = end = max(nominal, self._end)
        durations, offsets = [], []
        for duration, offset in zip(head.durations, head.offsets or repeat(0), strict=False):
            late = end - nominal
            offsets.append(max(offset - late, 0) if late else max(offset, -end))
            nominal += duration
            durations.append(max(nominal - end, 1))
            end += durations[-1]
        if head.sizes:
            self._end = end
        self._sequence += 1
        if head.audio is None and not head.offsets:
            return retimed(data, sequence=self._sequence, base_time=base, durations=durations)
        audio, skipped = self._audible(head.audio, shift) if head.audio and self.with_sound else (None, 0)
        return rewritten(
            data,
            head,
            sequence=self._sequence,
            base_time=base,
            durations=durations,
            offsets=offsets,
            audio=audio,
            skipped=skipped,
        )

    def _audible(self, audio: AudioRun, shift: int) -> tuple[AudioRun | None, int]:
        """The sound that lies after what was placed so far, and how many of its samples do not."""
        time, skipped = audio.base_time + shift, 0
        while skipped < len(audio.sizes) and (time < self._heard or not self.with_sound):
            time += audio.durations[skipped]
            skipped += 1
        if skipped == len(audio.sizes):
            return None, skipped
        durations = audio.durations[skipped:]
        self._heard = time + sum(durations)
        return AudioRun(time, audio.sizes[skipped:], durations), skipped
