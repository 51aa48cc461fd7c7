"""fMP4 files by somebody hostile, and who reads them: targets of the fuzzers (see `rtsp.Target`)."""

import contextlib
import random
import struct

from tests.fuzz.rtsp import Target
from tests.support.video import a_file, a_sound, a_video

from qorgan.edge.recorder.ranges import Retimer, SoundRetimer
from qorgan.kernel.errors import Corrupt, Invalid
from qorgan.protocols.fmp4.export import file_head, with_duration
from qorgan.protocols.fmp4.order import DecodeTimes
from qorgan.protocols.fmp4.parameter_sets import AvcSps
from qorgan.protocols.fmp4.reader import nal_units, parse_fragment, parse_init, whole_fragments
from qorgan.protocols.fmp4.retime import fragments, retimed, silenced

_LENGTHS = [0, 1, 7, 8, 9, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF7, 0xFFFFFFFF]
_NAMES = [b"moof", b"mdat", b"traf", b"trun", b"tfhd", b"tfdt", b"stsd", b"avcC", b"hvcC", b"esds", b"mp4a", b"free"]


def damaged(seeds: tuple[bytes, ...], chance: random.Random) -> bytes:
    """A file in which bytes, lengths and names were changed, pieces cut out, doubled or put elsewhere."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 6)):
        at = chance.randint(0, len(data))
        match chance.randint(0, 6):
            case 0:
                data[at : at + 1] = chance.randbytes(chance.randint(0, 3))
            case 1:
                data[at : at + 4] = struct.pack(">I", chance.choice(_LENGTHS))
            case 2:
                data[at : at + 4] = chance.choice(_NAMES)
            case 3:
                del data[at : at + chance.randint(1, 400)]
            case 4:
                other = chance.randint(0, len(data))
                data[at:at] = data[other : other + chance.randint(1, 400)]
            case _:  # a length or a number inside of a box that means something
                found = data.find(chance.choice(_NAMES), at)
                if found >= 4:
                    place = found + chance.choice([-4, 4, 8, 12, 16, 20])
                    data[place : place + 4] = struct.pack(">I", chance.choice(_LENGTHS))
    return bytes(data)


def _try_file(data: bytes) -> None:
    with contextlib.suppress(Corrupt):
        init_bytes, found = whole_fragments(lambda offset, count: data[offset : offset + count], len(data))
        assert init_bytes <= len(data)
        assert all(offset + fragment.length <= len(data) for offset, fragment in found)
    with contextlib.suppress(Corrupt):
        assert sum(map(len, nal_units(data))) <= len(data)


def _try_init(data: bytes) -> None:
    with contextlib.suppress(Corrupt):
        video = parse_init(data).video
        assert len(video.sps) + len(video.pps) + len(video.vps) <= len(data)
    with contextlib.suppress(Corrupt):
        assert len(with_duration(data, 90_000)) == len(data) + 20
        file_head(data, [(100, 90_000)])


def _try_fragment(data: bytes) -> None:
    with contextlib.suppress(Corrupt):
        fragment = parse_fragment(data)
        assert 8 * len(fragment.sizes) <= len(data)
    retimer, sound = Retimer(1_000_000), SoundRetimer(1_000_000)
    with contextlib.suppress(Corrupt):
        for part in fragments(data):
            retimed(part, sequence=1, base_time=0)
    with contextlib.suppress(Corrupt):
        assert len(retimer.place(data, 900_000)) <= 2 * len(data)
    with contextlib.suppress(Corrupt):
        assert len(sound.place(data, 900_000)) <= 2 * len(data)
    with contextlib.suppress(Corrupt):
        assert len(silenced(data)) == len(data)


def _try_sps(data: bytes) -> None:
    with contextlib.suppress(Invalid):
        sps = AvcSps.parse(data)
        assert 0 <= sps.reorder_frames <= 16 and 16 <= sps.width <= 16384 and 16 <= sps.height <= 16384


def _try_order(data: bytes) -> None:
    """Any times at all: each picture is shown at its own, and they are decoded one after the other."""
    times, taken, decided = DecodeTimes(data[0] % 20 if data else 0), [], []
    for at in range(0, len(data) - 8, 8):
        taken.append(int.from_bytes(data[at : at + 7], "big", signed=True))
        decided += times.take(taken[-1], closes=data[at + 7] % 4 == 0)
        assert times.pending <= 17
    decided += times.finish(1)
    assert taken == [timing.decode + timing.offset for timing in decided]
    assert all(a.decode + a.duration == b.decode for a, b in zip(decided, decided[1:], strict=False))


def targets() -> list[Target]:
    """Every reader of an fMP4 file, and who decides decode times."""
    files = (
        a_file(a_video("h264", frames=8), a_sound("aac", 0.3)),
        a_file(a_video("h265", 3, frames=8, pyramid=True), a_sound("alaw", 0.3), every=3),
        a_file(a_video("h264", 2, frames=8), every=1),
    )
    starts = [file.find(b"moof") - 4 for file in files]
    inits = tuple(file[:start] for file, start in zip(files, starts, strict=True))
    parts = tuple(part for file, start in zip(files, starts, strict=True) for part in fragments(file[start:]))
    numbers = tuple(random.Random(n).randbytes(240) for n in range(4))
    sets = tuple(a_video("h264", b).track.sps for b in (0, 2))
    return [
        Target("mp4 file", files, _try_file, damaged),
        Target("mp4 init", inits, _try_init, damaged),
        Target("mp4 fragment", parts, _try_fragment, damaged),
        Target("avc sps", sets, _try_sps),
        Target("decode times", numbers, _try_order),
    ]
