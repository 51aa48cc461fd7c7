"""fMP4 files by somebody hostile, and who reads them.

What cannot be read is `Corrupt` and nothing else. What is read lies inside of the file, is the same when the file is
cut behind it, and comes out of the writer and out of the retimers as it went in.
"""

import contextlib
import random
import struct

from tests.fuzz.target import Seeds, Target, below, bytes_damaged, damaged, decided, one_of
from tests.support.video import a_file, a_sound, a_video

from qorgan.edge.recorder.ranges import Retimer, SoundRetimer
from qorgan.kernel.errors import Corrupt, Invalid
from qorgan.protocols.fmp4.export import file_head, with_duration
from qorgan.protocols.fmp4.order import DecodeTimes
from qorgan.protocols.fmp4.reader import (
    Fragment,
    nal_units,
    parse_fragment,
    parse_init,
    parse_sound_init,
    whole_fragments,
)
from qorgan.protocols.fmp4.retime import fragments, retimed, silenced
from qorgan.protocols.fmp4.writer import init_segment, sound_init_segment

_LENGTHS = [struct.pack(">I", length) for length in (0, 1, 7, 8, 9, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF7, 0xFFFFFFFF)]
_NAMES = [b"moof", b"mdat", b"traf", b"trun", b"tfhd", b"tfdt", b"stsd", b"avcC", b"hvcC", b"esds", b"mp4a", b"free"]
_BOXES = [
    *(b"moof", b"mdat", b"mfhd", b"traf", b"trun", b"tfhd", b"tfdt", b"moov", b"trak", b"mdia", b"minf", b"stbl"),
    *(b"stsd", b"avc1", b"hvc1", b"avcC", b"hvcC", b"mp4a", b"alaw", b"esds", b"mvex", b"mvhd", b"ftyp"),
]


def _damaged(seeds: Seeds, chance: random.Random) -> bytes:
    """A file of which bytes and numbers inside of boxes that mean something were changed, whole boxes moved."""
    data = bytearray(one_of(chance, seeds))
    for _ in range(1 + below(chance, 5)):
        kind, found = below(chance, 6), data.find(one_of(chance, _BOXES), below(chance, len(data) + 1))
        if kind == 0 or found < 4:
            bytes_damaged(data, chance, _NAMES)
        elif kind == 1:
            end = found - 4 + int.from_bytes(data[found - 4 : found], "big")
            _move(data, found - 4, end, chance)
        elif kind == 2:
            data[found : found + 4] = one_of(chance, _NAMES)
        else:
            at = found + one_of(chance, (-4, 4, 8, 12, 16, 20, 24, 28))
            if kind == 3:
                data[at : at + 4] = one_of(chance, _LENGTHS)
            elif at + 3 < len(data):
                data[at + 3] = (data[at + 3] + one_of(chance, (1, 2, 4, 8, 128, 255))) & 255
    return bytes(data)


def _move(data: bytearray, start: int, end: int, chance: random.Random) -> None:
    """A whole box is doubled, dropped, or put before another one."""
    box = data[start:end]
    if below(chance, 3):
        del data[start:end]
    if below(chance, 3):
        found = data.find(one_of(chance, _NAMES), below(chance, len(data) + 1))
        at = found - 4 if found >= 4 else len(data)
        data[at:at] = box


def _fragments_of(data: bytes, end: int) -> tuple[int, list[tuple[int, Fragment]]]:
    def read_at(offset: int, count: int) -> bytes:
        assert 0 <= offset and count >= 0 and offset + count <= end, "reads what is not in the file"
        return data[offset : offset + count]

    return whole_fragments(read_at, end)


def try_file(data: bytes) -> None:
    with contextlib.suppress(Corrupt):
        init_bytes, found = _fragments_of(data, len(data))
        at = init_bytes
        for offset, fragment in found:
            assert offset == at and all(size >= 0 for size in fragment.sizes)
            at += fragment.length
            assert at <= len(data)
        cut = decided(data, len(data) + 1)
        if cut >= init_bytes:
            whole = [one for one in found if one[0] + one[1].length <= cut]
            assert (init_bytes, whole) == _fragments_of(data, cut), "the crash before changes what was whole"
    with contextlib.suppress(Corrupt):
        assert sum(map(len, nal_units(data))) <= len(data)


def try_init(data: bytes) -> None:
    with contextlib.suppress(Corrupt):
        init = parse_init(data)
        assert len(init.video.sps) + len(init.video.pps) + len(init.video.vps) <= len(data)
        with contextlib.suppress(Invalid):  # sets that can be kept, and cannot be read
            assert parse_init(init_segment(init.video, init.audio)) == init, "written again it is another"
    with contextlib.suppress(Corrupt):
        track = parse_sound_init(data)
        with contextlib.suppress(Invalid):
            assert parse_sound_init(sound_init_segment(track)) == track
    with contextlib.suppress(Corrupt):
        assert len(with_duration(data, 90_000)) == len(data) + 20
        assert len(file_head(data, [(100, 90_000)])) < len(data) + 200


def try_fragment(data: bytes) -> None:
    with contextlib.suppress(Corrupt):
        fragment = parse_fragment(data)
        assert 8 * len(fragment.sizes) <= len(data) and len(fragment.sizes) == len(fragment.durations)
    with contextlib.suppress(Corrupt):
        for part in fragments(data):
            moved = retimed(part, sequence=1, base_time=0)
            assert len(moved) == len(part)
    with contextlib.suppress(Corrupt):
        pictures = list(nal_units(data))
        placed = Retimer(1_000_000).place(data, 900_000)
        assert len(placed) <= 2 * len(data) and pictures == list(nal_units(placed)), "placed, it has other pictures"
    with contextlib.suppress(Corrupt):
        assert len(SoundRetimer(1_000_000).place(data, 900_000)) <= 2 * len(data)
    with contextlib.suppress(Corrupt):
        quiet = silenced(data)
        assert len(quiet) == len(data) and parse_fragment(quiet).sizes == parse_fragment(data).sizes


def try_order(data: bytes) -> None:
    """Any times at all: each picture is shown at its own, and they are decoded one after the other."""
    times, taken, timings = DecodeTimes(data[0] % 20 if data else 0), [], []
    for at in range(0, len(data) - 8, 8):
        taken.append(int.from_bytes(data[at : at + 7], "big", signed=True))
        timings += times.take(taken[-1], closes=data[at + 7] % 4 == 0)
        assert times.pending <= 17
    timings += times.finish(1)
    assert taken == [timing.decode + timing.offset for timing in timings]
    assert all(a.decode + a.duration == b.decode for a, b in zip(timings, timings[1:], strict=False))


def targets() -> tuple[Target, ...]:
    """Every reader of an fMP4 file, and who decides decode times."""
    files = (
        a_file(a_video("h264", frames=8), a_sound("aac", 0.3)),
        a_file(a_video("h265", 3, frames=8, pyramid=True), a_sound("alaw", 0.3), every=3),
        a_file(a_video("h264", 2, frames=8), every=1),
    )
    starts = [file.find(b"moof") - 4 for file in files]
    inits = tuple(file[:start] for file, start in zip(files, starts, strict=True))
    parts = tuple(part for file, start in zip(files, starts, strict=True) for part in fragments(file[start:]))
    sound = sound_init_segment(a_sound("aac", 0.3).track)
    ramp = b"".join(struct.pack(">xIHB", 3_600 * n, 0, n % 8) for n in range(30))
    numbers = (ramp, *(random.Random(n).randbytes(240) for n in range(4)))
    return (
        Target("mp4 file", files, try_file, _damaged),
        Target("mp4 init", (*inits, sound), try_init, _damaged),
        Target("mp4 fragment", parts, try_fragment, _damaged),
        Target("decode times", numbers, try_order, damaged(_NAMES)),
    )
