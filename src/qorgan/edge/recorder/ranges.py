"""Recorded video, read back: a stretch of time as one continuous fMP4 whose clock starts where it was asked to.

Decoding has to begin at a keyframe, which lies up to a group of pictures before the wanted instant. Those leading
pictures are given a length of 1/90000 s each: the player decodes them at once and shows the wanted instant at zero.
"""

from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import BinaryIO

import structlog

from qorgan.edge.recorder.entries import FragmentEntry, unpack_fragments
from qorgan.edge.recorder.index import Index, SegmentRow
from qorgan.edge.recorder.timing import to_media, to_us
from qorgan.kernel.errors import Corrupt, NotFound
from qorgan.protocols.fmp4.reader import Fragment, parse_fragment, parse_init
from qorgan.protocols.fmp4.retime import fragments, retimed, rewritten
from qorgan.protocols.fmp4.writer import AudioRun, fragment_head, init_segment, sound_fragment, sound_init_segment
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
                codec, init = without_sound(row.codec, file.read(row.init_bytes))
                if init != previous_init:
                    yield MediaKind.INIT, row.wall_start_us, init_payload(f'video/mp4; codecs="{codec}"', init)
                    previous_init = init
                yield from read(file, row, entries, retimer)
        except FileNotFoundError:
            continue  # retention took it between the look into the index and now
        except (Corrupt, OSError) as error:
            log.warning("range.damaged", path=row.path, reason=str(error))


def read_sound(archive: Path, camera: str, stream: str, start_us: int, end_us: int) -> Iterator[Message]:
    """As `read_range`, for the sound that was recorded in [start, end), and nothing else. Each message stands alone."""
    previous_init, retimer = b"", SoundRetimer(start_us)
    for row, path in files_of(archive, camera, stream, start_us, end_us):
        entries = wanted_entries(row, unpack_fragments(row.fragments), start_us, end_us) if "," in row.codec else []
        try:
            with path.open("rb") as file:
                track = parse_init(file.read(row.init_bytes)).audio
                if track is None or not entries:
                    continue
                if (init := sound_init_segment(track)) != previous_init:
                    yield MediaKind.INIT, row.wall_start_us, init_payload(track.mime, init)
                    previous_init = init
                for _, wall_us, sound in _read_all(file, row, entries, retimer):
                    if sound:
                        yield MediaKind.KEY, wall_us, sound
        except FileNotFoundError:
            continue  # retention took it between the look into the index and now
        except (Corrupt, OSError) as error:
            log.warning("range.damaged", path=row.path, reason=str(error))


def without_sound(codec: str, init: bytes) -> tuple[str, bytes]:
    """Codecs and initialisation segment of the pictures alone: sound is a stream of its own. Raises `Corrupt`.

    A browser that is promised sound shows no picture until it has both.
    """
    if "," not in codec:
        return codec, init
    video = parse_init(init).video
    return video.codec, init_segment(video)


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


def _read_all(
    file: BinaryIO, row: SegmentRow, entries: list[FragmentEntry], retimer: "Retimer | SoundRetimer"
) -> Iterator[Message]:
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
    """Places pictures on a timeline that counts from the range's start and never goes back; sound is left out.

    Owner of the end of the pictures placed so far. A picture that lies wholly before the start keeps the shortest
    length there is, and is shown no later than it is decoded.
    """

    def __init__(self, start_us: int) -> None:
        self._start_us, self._end, self._sequence = start_us, 0, 0

    def place(self, data: bytes, wall_us: int) -> bytes:
        """The fragments of one entry (one `moof`+`mdat` or more) with new times. Raises `Corrupt`."""
        return b"".join(
            self._place_one(fragment, head, head.base_time + shift)
            for fragment, head, shift in _placed(data, wall_us - self._start_us)
        )

    def _place_one(self, data: bytes, head: Fragment, nominal: int) -> bytes:
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
        return rewritten(data, head, sequence=self._sequence, base_time=base, durations=durations, offsets=offsets)


class SoundRetimer:
    """Places sound on a timeline that counts from the range's start and never goes back; pictures are left out.

    Owner of the end of the sound placed so far. What was heard before the start is left out.
    """

    def __init__(self, start_us: int) -> None:
        self._start_us, self._heard, self._sequence = start_us, 0, 0

    def place(self, data: bytes, wall_us: int) -> bytes:
        """The sound of one entry as fragments of their own; empty when there is none. Raises `Corrupt`."""
        placed = []
        for fragment, head, shift in _placed(data, wall_us - self._start_us):
            if head.audio is None:
                continue
            if len(fragment) < head.length:
                raise Corrupt("a fragment's samples are cut short", code="segment.damaged")
            run, skipped = self._audible(head.audio, shift)
            if run is None:
                continue
            self._sequence += 1
            sound_at = head.data_offset + sum(head.sizes) + sum(head.audio.sizes[:skipped])
            placed.append(sound_fragment(self._sequence, run, fragment[sound_at : head.length]))
        return b"".join(placed)

    def _audible(self, audio: AudioRun, shift: int) -> tuple[AudioRun | None, int]:
        """The sound that lies after what was placed so far, and how many of its samples do not."""
        time, skipped = audio.base_time + shift, 0
        while skipped < len(audio.sizes) and time < self._heard:
            time += audio.durations[skipped]
            skipped += 1
        if skipped == len(audio.sizes):
            return None, skipped
        durations = audio.durations[skipped:]
        self._heard = time + sum(durations)
        return AudioRun(time, audio.sizes[skipped:], durations), skipped


def _placed(data: bytes, after_us: int) -> Iterator[tuple[bytes, Fragment, int]]:
    """Each fragment of an entry that begins so long after the range does, its head, and how far it is to be moved."""
    nominal, first = to_media(after_us), None
    for fragment in fragments(data):
        head = parse_fragment(fragment)
        first = head.base_time if first is None else first
        yield fragment, head, nominal - first
