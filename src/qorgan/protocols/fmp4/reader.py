"""Fragmented MP4 walked: what is whole in a file that a crash cut short, what a fragment holds, which NAL units.

Files may be damaged or made by somebody hostile: whatever is not as `writer` makes it is `Corrupt`, found box by box,
without reading past a box's end and without making more of anything than the bytes there allow.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from qorgan.kernel.errors import Corrupt, Invalid
from qorgan.protocols.fmp4.writer import AUDIO_ID, NOT_SYNC, VIDEO_ID, AudioRun, AudioTrack, VideoTrack
from qorgan.protocols.rtsp.h265 import parse_h265_sps

MAX_BOX_BYTES = 64 * 1024 * 1024
MAX_HEAD_BYTES = 1024 * 1024
_MAX_SAMPLES = 10_000
_MAX_BOXES = 64  # inside one box; ours hold at most six
_MAX_CHANNELS = 255  # of sound; beyond, no channel layout can name them
_MAX_SETS = 255  # picture parameter sets of one stream (14496-15 §5.3.3.1.2 counts them in a byte)
_NOT_SYNC_BIT = NOT_SYNC & 0x10000
_DATA_OFFSET, _FIRST_FLAGS, _DURATION_AND_SIZE, _SAMPLE_FLAGS, _OFFSETS = 0x1, 0x4, 0x300, 0x400, 0x800

Box = tuple[bytes, int, int]  # type, where its content begins, where it ends
ReadAt = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class Fragment:
    """A fragment of ours, read back. Times in 1/90000 s; `data_offset` counts from the fragment's start.

    `offsets` is empty where pictures are shown in the order in which they are decoded. A fragment of sound alone has no
    `sizes`, and the `base_time` of its sound.
    """

    base_time: int
    durations: tuple[int, ...]
    sizes: tuple[int, ...]
    starts_with_key: bool
    data_offset: int
    offsets: tuple[int, ...] = ()
    audio: AudioRun | None = None

    @property
    def duration(self) -> int:
        return sum(self.durations)

    @property
    def length(self) -> int:
        """Bytes of the whole fragment."""
        return self.data_offset + sum(self.sizes) + (sum(self.audio.sizes) if self.audio else 0)


@dataclass(frozen=True, slots=True)
class Init:
    """What `moov` says of its tracks."""

    video: VideoTrack
    audio: AudioTrack | None


@dataclass(frozen=True, slots=True)
class _Run:
    base_time: int
    sizes: tuple[int, ...]
    durations: tuple[int, ...]
    offsets: tuple[int, ...]
    first_flags: int
    data_offset: int


def parse_fragment(data: bytes) -> Fragment:
    """Read the head of a fragment made by `writer.fragment_head`. Raises `Corrupt` for anything else."""
    (kind, start, end), *_ = _some_boxes(data, 0, len(data), 1)
    if kind != b"moof":
        raise _damaged("a fragment does not begin with moof")
    runs: dict[int, _Run] = {}
    for child, at, child_end in _boxes(data, start, end):
        if child == b"traf":
            track, run = _parse_traf(data, at, child_end)
            if track in runs or track not in (VIDEO_ID, AUDIO_ID):
                raise _damaged("a fragment of tracks that we do not write")
            runs[track] = run
    video, sound = runs.get(VIDEO_ID), runs.get(AUDIO_ID)
    first = video or sound
    if first is None or first.data_offset != end + 8:
        raise _damaged("a fragment's samples are not where its head says")
    if video and sound and sound.data_offset != video.data_offset + sum(video.sizes):
        raise _damaged("a fragment's sound does not follow its pictures")
    audio = AudioRun(sound.base_time, sound.sizes, sound.durations) if sound else None
    if video is None:
        return Fragment(first.base_time, (), (), False, first.data_offset, (), audio)
    is_key = not video.first_flags & _NOT_SYNC_BIT
    return Fragment(video.base_time, video.durations, video.sizes, is_key, video.data_offset, video.offsets, audio)


def _parse_traf(data: bytes, start: int, end: int) -> tuple[int, _Run]:
    found = {kind: (at, box_end) for kind, at, box_end in _boxes(data, start, end)}
    try:
        (header, header_end), (decode, decode_end), (run, run_end) = found[b"tfhd"], found[b"tfdt"], found[b"trun"]
    except KeyError as error:
        raise _damaged("a fragment's track lacks a box") from error
    if header_end - header != 8 or decode_end - decode != 12 or data[decode] != 1:
        raise _damaged("a fragment's track is not as we write it")
    (track,) = struct.unpack_from(">I", data, header + 4)
    (base_time,) = struct.unpack_from(">Q", data, decode + 4)
    return track, _parse_trun(data, run, run_end, base_time)


def _parse_trun(data: bytes, at: int, end: int, base_time: int) -> _Run:
    """A track run (14496-12 §8.8.8) whose samples each say their duration and size."""
    if end - at < 12:
        raise _damaged("a fragment's head is cut short")
    version_flags, count, data_offset = struct.unpack_from(">IIi", data, at)
    version, flags = version_flags >> 24, version_flags & 0xFFFFFF
    known = _DATA_OFFSET | _FIRST_FLAGS | _DURATION_AND_SIZE | _OFFSETS
    if flags & ~known or flags & (_DATA_OFFSET | _DURATION_AND_SIZE) != _DATA_OFFSET | _DURATION_AND_SIZE:
        raise _damaged("a fragment's samples are not described as we do it")
    width = 3 if flags & _OFFSETS else 2
    entries_at = at + 12 + (4 if flags & _FIRST_FLAGS else 0)
    if not 0 < count <= _MAX_SAMPLES or entries_at + 4 * width * count != end or version > 1:
        raise _damaged("a fragment's sizes do not agree")
    first_flags = struct.unpack_from(">I", data, at + 12)[0] if flags & _FIRST_FLAGS else 0
    if width == 3 and version != 1:
        raise _damaged("a fragment's offsets have no sign")  # ours have: version 1 of 14496-12 §8.8.8
    entries = struct.unpack_from(f">{'IIi'[:width] * count}", data, entries_at)
    offsets = entries[2::width] if width == 3 else ()
    return _Run(base_time, entries[1::width], entries[0::width], offsets, first_flags, data_offset)


def walk(read_at: ReadAt, size: int) -> Iterator[tuple[int, bytes, int]]:
    """Top-level boxes as (offset, type, length), as far as they are whole within `size` bytes.

    `read_at(offset, count)` gives bytes of the file. Stops quietly at the first box that is not whole or not sane.
    """
    offset = 0
    while offset + 8 <= size:
        head = read_at(offset, 8)
        if len(head) < 8:
            return  # the file became shorter meanwhile
        length, kind = struct.unpack(">I4s", head)
        if length < 8 or length > MAX_BOX_BYTES or offset + length > size:
            return
        yield offset, kind, length
        offset += length


def whole_fragments(read_at: ReadAt, size: int) -> tuple[int, list[tuple[int, Fragment]]]:
    """Length of the initialisation segment, and each whole fragment with its offset. For adopting a file after a crash.

    What follows the first fragment that is not whole is left out, however sound it looks. Raises `Corrupt` when not
    even `ftyp` and `moov` are whole.
    """
    boxes = walk(read_at, size)
    ftyp, moov = next(boxes, None), next(boxes, None)
    if ftyp is None or moov is None or (ftyp[1], moov[1]) != (b"ftyp", b"moov"):
        raise _damaged("the file does not begin with ftyp and moov")
    init_bytes = moov[0] + moov[2]
    fragments: list[tuple[int, Fragment]] = []
    for (offset, kind, length), (_, data_kind, data_length) in zip(boxes, boxes, strict=False):
        if kind != b"moof" or data_kind != b"mdat" or length > MAX_HEAD_BYTES:
            break
        try:
            fragment = parse_fragment(read_at(offset, length))
        except Corrupt:
            break
        if fragment.length != length + data_length:
            break
        fragments.append((offset, fragment))
    return init_bytes, fragments


def parse_init(data: bytes) -> Init:
    """Read what `writer.init_segment` made, alone or at the beginning of a file. Raises `Corrupt`."""
    video, audio = _parse_tracks(data)
    if video is None:
        raise _damaged("no track that we could have written")
    return Init(video, audio)


def parse_sound_init(data: bytes) -> AudioTrack:
    """Read what `writer.sound_init_segment` made. Raises `Corrupt`, also for one with pictures."""
    video, audio = _parse_tracks(data)
    if video is not None or audio is None:
        raise _damaged("not a track of sound alone")
    return audio


def _parse_tracks(data: bytes) -> tuple[VideoTrack | None, AudioTrack | None]:
    boxes = _some_boxes(data, 0, len(data), 2)
    if [kind for kind, _, _ in boxes] != [b"ftyp", b"moov"]:
        raise _damaged("the file does not begin with ftyp and moov")
    _, start, end = boxes[1]
    video, audio = None, None
    for kind, at, trak_end in _boxes(data, start, end):
        if kind != b"trak":
            continue
        name, entry, entry_end = _sample_entry(data, at, trak_end)
        if name in (b"avc1", b"hvc1"):
            video = _parse_picture_entry(data, name, entry, entry_end)
        elif name in (b"mp4a", b"alaw", b"ulaw"):
            audio = _parse_sound_entry(data, name, entry, entry_end)
    return video, audio


def _sample_entry(data: bytes, start: int, end: int) -> Box:
    """The only entry of `stsd` in a `trak`."""
    for name in (b"mdia", b"minf", b"stbl", b"stsd"):
        start, end = _child(data, start, end, name)
    return _some_boxes(data, start + 8, end, 1)[0]


def _parse_picture_entry(data: bytes, name: bytes, start: int, end: int) -> VideoTrack:
    if end - start < 78:
        raise _damaged("a sample entry is cut short")
    width, height = struct.unpack_from(">HH", data, start + 24)
    try:
        if name == b"avc1":
            at, box_end = _child(data, start + 78, end, b"avcC")
            sps, at = _parameter_set(data, at + 6, box_end)
            pps, *more = _parameter_sets(data, at + 1, box_end, int.from_bytes(data[at : at + 1], "big"))
            return VideoTrack(sps, pps, f"avc1.{sps[1:4].hex().upper()}", width, height, more_pps=tuple(more))
        at, box_end = _child(data, start + 78, end, b"hvcC")
        vps, at = _parameter_set(data, at + 26, box_end)
        sps, at = _parameter_set(data, at + 3, box_end)
        pps, *more = _parameter_sets(data, at + 3, box_end, int.from_bytes(data[at + 1 : at + 3], "big"))
        return VideoTrack(sps, pps, parse_h265_sps(sps).codec, width, height, vps, tuple(more))
    except Invalid as error:
        raise _damaged(str(error)) from error


def _parameter_sets(data: bytes, at: int, end: int, count: int) -> list[bytes]:
    """So many units one after the other, at least one."""
    if not 1 <= count <= _MAX_SETS:
        raise _damaged(f"{count} parameter sets of one kind")
    found = []
    for _ in range(count):
        unit, at = _parameter_set(data, at, end)
        found.append(unit)
    return found


def _parameter_set(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    """A unit behind its length of two bytes, and where it ends."""
    length = int.from_bytes(data[at : at + 2], "big")
    if at + 2 > end or not 4 <= length <= end - at - 2:
        raise _damaged("a parameter set is cut short")
    return data[at + 2 : at + 2 + length], at + 2 + length


def _parse_sound_entry(data: bytes, name: bytes, start: int, end: int) -> AudioTrack:
    if end - start < 28:
        raise _damaged("a sample entry is cut short")
    channels, rate = struct.unpack_from(">H", data, start + 16)[0], struct.unpack_from(">H", data, start + 24)[0]
    if not 1 <= channels <= _MAX_CHANNELS:
        raise _damaged(f"sound of {channels} channels")
    if name != b"mp4a":
        return AudioTrack(name.decode("ascii"), rate, channels)
    at, box_end = _child(data, start + 28, end, b"esds")
    config_at = at + 4 + 2 + 3 + 2 + 13 + 2  # our descriptors are of fixed size up to the AudioSpecificConfig
    if config_at > box_end or data[config_at - 2] != 5 or config_at + data[config_at - 1] > box_end:
        raise _damaged("an esds is not as we write it")
    config = data[config_at : config_at + data[config_at - 1]]
    if len(config) < 2:
        raise _damaged("an AudioSpecificConfig is cut short")
    return AudioTrack(f"mp4a.40.{config[0] >> 3}", rate, channels, config)


def nal_units(data: bytes) -> Iterator[bytes]:
    """The NAL units of the pictures in a file or a stretch of fragments, in decoding order, byte for byte.

    For proving that what was exported is what the camera sent. Parameter sets are not among them: `parse_init` has
    them. Raises `Corrupt` when a box or a unit is not whole.
    """
    at = 0
    while at < len(data):
        ((kind, _, end),) = _some_boxes(data, at, len(data), 1)
        if kind == b"moof":
            fragment = parse_fragment(data[at:end])
            if at + fragment.length > len(data):
                raise _damaged("a fragment's samples are cut short")
            sample_at = at + fragment.data_offset
            for size in fragment.sizes:
                yield from sample_units(data[sample_at : sample_at + size])
                sample_at += size
        at = end


def sample_units(sample: bytes) -> Iterator[bytes]:
    """The NAL units of one sample, each of which stands behind its length of four bytes. Raises `Corrupt`."""
    at = 0
    while at < len(sample):
        end = at + 4 + int.from_bytes(sample[at : at + 4], "big")
        if at + 4 > len(sample) or end > len(sample):
            raise _damaged("a NAL unit is cut short")
        yield sample[at + 4 : end]
        at = end


def _boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """The boxes in `data[start:end]`, which they must fill."""
    for _ in range(_MAX_BOXES):
        if start == end:
            return
        if start + 8 > end:
            break
        length, kind = struct.unpack_from(">I4s", data, start)
        if length < 8 or start + length > end:
            break
        yield kind, start + 8, start + length
        start += length
    raise _damaged("boxes do not fit into each other")


def _some_boxes(data: bytes, start: int, end: int, count: int) -> list[Box]:
    """The first `count` boxes of `data[start:end]`, whatever follows them."""
    found: list[Box] = []
    boxes = _boxes(data, start, end)
    while len(found) < count:
        box = next(boxes, None)
        if box is None:
            raise _damaged("a box is missing")
        found.append(box)
    return found


def _child(data: bytes, start: int, end: int, name: bytes) -> tuple[int, int]:
    for kind, at, box_end in _boxes(data, start, end):
        if kind == name:
            return at, box_end
    raise _damaged(f"there is no {name.decode('ascii')}")


def _damaged(message: str) -> Corrupt:
    return Corrupt(message, code="segment.damaged")
