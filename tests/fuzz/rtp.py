"""What a hostile camera, or a bad line, may make of packets: pictures, sound, reports, parameter sets.

Two kinds of targets. Packets with damaged bytes: what comes out is never longer than what came in, is made of whole
units that a file may hold, and is the same however the bytes were cut. Packets lost, doubled and overtaken, with no
byte changed: what is not marked as damaged is byte for byte what was sent.
"""

import contextlib
import functools
import random
import re
import struct
from collections.abc import Callable, Sequence

from tests.fuzz.rtsp import GOODBYE, REPORT, SDP_H264
from tests.fuzz.target import (
    Damage,
    Seeds,
    Target,
    below,
    bytes_damaged,
    damaged,
    decided,
    differences,
    in_two,
    one_of,
    program_damaged,
)
from tests.support.h264 import a_clip, avcc, packetize, split_annex_b
from tests.support.rtp import audio_over_rtp, h265_over_rtp, interleaved
from tests.support.video import a_video

from qorgan.kernel.errors import Invalid
from qorgan.protocols.fmp4.parameter_sets import AvcSps
from qorgan.protocols.rtsp import rtcp, sdp
from qorgan.protocols.rtsp.audio import AudioFrame, depacketizer_for
from qorgan.protocols.rtsp.h264 import Frame, H264Depacketizer
from qorgan.protocols.rtsp.h265 import H265Depacketizer, parse_h265_sps
from qorgan.protocols.rtsp.udp import ReorderBuffer

Depacketizer = H264Depacketizer | H265Depacketizer
_SPLINTERS = [
    *(b"\0", b"\xff", b"$\0", b"$\1\0\0", b"$\0\0\x0c", b"\0\0\1", b"\0\0\3", b"\x80", b"\x90", b"\xa0", b"\xb1"),
    *(bytes([kind]) for kind in (0x00, 0x06, 0x07, 0x08, 0x65, 0x18, 0x1C, 0x5C, 0x7C, 0x1D, 0x1F)),  # H.264
    *(bytes([kind << 1, 1]) for kind in (1, 19, 21, 32, 33, 34, 39, 47, 48, 49, 50, 51, 63)),  # H.265
]
_FLAGS = (0x80, 0x90, 0xA0, 0x81, 0xB1, 0x00, 0xFF)


def packets_of(data: bytes) -> list[bytes]:
    """What stands behind interleaved headers, as far as the lengths make sense."""
    found, at = list[bytes](), 0
    while at + 4 <= len(data):
        length = int.from_bytes(data[at + 2 : at + 4], "big") % 2_000
        found.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return found


def _packets_damaged() -> Damage:
    """Packets changed one by one and framed anew, so that most of them are still packets; then bytes."""
    known: dict[bytes, list[bytes]] = {}

    def damage(seeds: Seeds, chance: random.Random) -> bytes:
        seed = one_of(chance, seeds)
        packets = list(known.setdefault(seed, packets_of(seed)))
        for _ in range(1 + below(chance, 5)):
            at = below(chance, len(packets))
            match below(chance, 8):
                case 0:
                    del packets[at]
                case 1:
                    packets.insert(at, packets.pop(below(chance, len(packets))))
                case 2:
                    packets.insert(at, packets[at])
                case 3:
                    packets[at] = packets[at][: below(chance, 20)]
                case _:
                    packets[at] = _packet_changed(packets[at], chance)
            if not packets:
                break
        data = bytearray(interleaved(packets, below(chance, 20) == 0))
        if below(chance, 4) == 0:
            bytes_damaged(data, chance, _SPLINTERS)
        return bytes(data)

    return damage


def _packet_changed(packet: bytes, chance: random.Random) -> bytes:
    if len(packet) < 16:
        return packet + bytes(below(chance, 8))
    data = bytearray(packet)
    match below(chance, 6):
        case 0:
            data[0] = one_of(chance, _FLAGS)
        case 1:
            data[1] ^= 0x80  # the marker
        case 2:
            at = 2 + below(chance, 6)  # number or timestamp
            data[at] = (data[at] + one_of(chance, (1, 2, 128, 255))) & 255
        case 3:
            data[12 + below(chance, 3)] = one_of(chance, _SPLINTERS)[0]  # what kind of payload it is
        case 4:
            data[12:12] = one_of(chance, _SPLINTERS)
        case _:
            bytes_damaged(data, chance, _SPLINTERS)
    return bytes(data)


# Damaged bytes


def _feed(depacketizer: Depacketizer, pieces: Sequence[bytes]) -> tuple[object, ...]:
    frames, left = list[Frame](), b""
    depacketizer.others = []
    try:
        for piece in pieces:
            buffer = bytearray(left + piece)
            with memoryview(buffer) as view:
                taken = depacketizer.feed(view, 0, len(view), 0, frames)
                assert 0 <= taken <= len(view)
                left = bytes(view[taken:])
                depacketizer.keep()
    except Invalid as error:
        return (str(error),)
    depacketizer.take_packet(memoryview(left[4:]), frames)
    seen = [(frame.data, frame.timestamp, frame.key, frame.damaged) for frame in frames]
    return seen, depacketizer.lost_packets, depacketizer.changed, depacketizer.is_complete, depacketizer.next_seq


def _depacketize(new: Callable[[], Depacketizer], kinds: range, data: bytes) -> None:
    """`kinds`: of the units that a file may hold."""
    cut = _feed(new(), in_two(data))
    if decided(data, 3, 2) == 0:
        whole = _feed(new(), [data])
        assert whole == cut, differences(whole, cut)
    if len(cut) == 1:
        return
    frames: list[tuple[bytes, int, bool, bool]] = cut[0]  # type: ignore[assignment]
    assert sum(len(sample) for sample, *_ in frames) <= 2 * len(data)
    for sample, _, key, _ in frames:
        assert sample, "an empty picture"
        found = [unit_kind(unit, kinds) for unit in units_of(sample)]
        assert all(kind in kinds for kind in found), f"kinds {found}"
        assert not key or any(kind == 5 if len(kinds) < 30 else 16 <= kind < 24 for kind in found)


def units_of(sample: bytes) -> list[bytes]:
    """The units of a sample, which they must fill."""
    units, at = list[bytes](), 0
    while at < len(sample):
        end = at + 4 + int.from_bytes(sample[at : at + 4], "big")
        assert at + 4 < end <= len(sample), "a unit that is not whole"
        units.append(sample[at + 4 : end])
        at = end
    return units


H264_KINDS, H265_KINDS = range(1, 24), range(48)  # ITU-T H.264 table 7-1, H.265 table 7-1


def unit_kind(unit: bytes, kinds: range) -> int:
    """Its number; -1 for a parameter set, which has no place in a sample of ours."""
    kind = unit[0] & 0x1F if kinds is H264_KINDS else unit[0] >> 1 & 0x3F
    return -1 if kind in ((7, 8) if kinds is H264_KINDS else (32, 33, 34)) else kind


def try_h264(data: bytes) -> None:
    _depacketize(H264Depacketizer, H264_KINDS, data)


def try_h265(data: bytes) -> None:
    max_don_diff = 3 * decided(data, 2, 1)
    _depacketize(lambda: H265Depacketizer(max_don_diff=max_don_diff), H265_KINDS, data)


_AAC_MEDIA = sdp.parse(SDP_H264.encode()).media[1]
_G711_MEDIA = sdp.Media("audio", 8, "PCMA", 8_000)


def try_audio(data: bytes) -> None:
    for media in (_AAC_MEDIA, _G711_MEDIA):
        depacketizer = depacketizer_for(media)
        assert depacketizer is not None
        frames: list[AudioFrame] = []
        for packet in packets_of(data):
            depacketizer.take_packet(memoryview(packet), frames)
        assert sum(len(frame.data) for frame in frames) <= len(data)
        assert all(frame.data and 0 <= frame.timestamp < 1 << 32 for frame in frames)


def try_datagrams(data: bytes) -> None:
    """Datagrams with any numbers: each is handed out at most once, and accounted for."""
    buffer, given = ReorderBuffer(depth=16), 0
    packets = packets_of(data)
    for number, packet in enumerate(packets):
        given += len(buffer.push(packet, number / 10)) + len(buffer.expire(number / 10))
        assert len(buffer._waiting) <= 16
    assert given + len(buffer._waiting) + buffer.late + buffer.duplicates <= buffer.received <= len(packets)


def try_reports(data: bytes) -> None:
    reception = rtcp.Reception()
    found = rtcp.parse(data)
    assert len(found) <= 64
    for item in found:
        if isinstance(item, rtcp.SenderReport):
            item.wall_of(len(data), 90_000)
            reception.heard(item, 1.0)
            written = reception.write(1, decided(data, 0x10000), len(data), 2.0)
            assert len(written) == 52 and rtcp.parse(written) == []
        else:
            assert 4 * len(item.sources) <= len(data)


_CODEC = re.compile(r"hvc1\.[ABC]?\d{1,2}\.[0-9A-F]{1,8}\.[LH]\d{1,3}(\.[0-9A-F]{1,2}){0,6}")


def try_h265_sps(data: bytes) -> None:
    with contextlib.suppress(Invalid):
        info = parse_h265_sps(data)
        assert _CODEC.fullmatch(info.codec) and 16 <= info.width <= 16384 and 16 <= info.height <= 16384
        assert 0 <= info.reorder_frames <= 16 and 1 <= info.temporal_layers <= 7 and len(info.profile) == 12


def try_h264_sps(data: bytes) -> None:
    with contextlib.suppress(Invalid):
        sps = AvcSps.parse(data)
        assert 0 <= sps.reorder_frames <= 16 and 16 <= sps.width <= 16384 and 16 <= sps.height <= 16384
        assert re.fullmatch(r"avc1\.[0-9A-F]{6}", sps.codec)


# Packets lost, doubled and overtaken


def _sent_h264() -> tuple[list[bytes], dict[int, bytes]]:
    """Packets without their framing, and each picture by its timestamp. Pictures of one and of several units."""
    clip = a_clip(frames=8, gop=4)
    packets, pictures = list[bytes](), dict[int, bytes]()
    for number, unit in enumerate(clip.units):
        halves = (
            (unit[-1], unit[-1][:1] + b"\x40" + unit[-1][7:200]) if number % 2 else unit
        )  # a slice that is not first
        packets += packetize(halves, len(packets) + 65_500, 3600 * number, mtu=200 if number % 3 else 1_400)
        pictures[3600 * number] = avcc(halves)
    return [packet[4:] for packet in packets], pictures


def _sent_h265() -> tuple[list[bytes], dict[int, bytes]]:
    """What libavformat made of what x265 made."""
    sent = h265_over_rtp(frames=8, gop=4, mtu=200, width=64, height=48)
    pictures = dict[int, bytes]()
    for timestamp, encoded in zip(_timestamps(sent.rtp), sent.encoded, strict=True):
        pictures[timestamp] = avcc(tuple(u for u in split_annex_b(encoded) if u[0] >> 1 & 0x3F not in (32, 33, 34)))
    return list(sent.rtp), pictures


def _timestamps(packets: Sequence[bytes]) -> list[int]:
    return list(dict.fromkeys(int.from_bytes(packet[4:8], "big") for packet in packets))


def _lossy(sent: tuple[list[bytes], dict[int, bytes]], new: Callable[[], Depacketizer]) -> Callable[[bytes], None]:
    """As over UDP: what is not marked as damaged has every slice that was sent, and what stands before the first slice
    or nothing of it, which the packets do not tell. The first picture may lack what came before we listened."""
    packets, pictures = sent

    def try_one(order: bytes) -> None:
        frames, depacketizer, buffer = list[Frame](), new(), ReorderBuffer(depth=4)
        arrived = [packets[number] for number in order if number < len(packets)]
        ready = [packet for one in arrived for packet in buffer.push(one, 0.0)] + buffer.expire(1e6)
        with memoryview(interleaved(ready)) as view:
            assert depacketizer.feed(view, 0, len(view), 0, frames) == len(view)
            depacketizer.keep()
        for frame in frames[1:]:
            whole = pictures[frame.timestamp]
            assert frame.damaged or frame.data in (whole, _slices(whole)), f"picture {frame.timestamp} is not whole"

    return try_one


@functools.cache
def _slices(sample: bytes) -> bytes:
    """A sample from its first slice on. In H.264 only SEI stands before it here, in H.265 only its own SEI."""
    units = units_of(sample)
    is_265 = units[-1][0] & 0x81 == 0 and units[-1][1] == 1
    first = (
        next(n for n, unit in enumerate(units) if (unit[0] >> 1 & 0x3F) < 32)
        if is_265
        else next(n for n, unit in enumerate(units) if unit[0] & 0x1F in (1, 5))
    )
    return avcc(tuple(units[first:]))


def _sent_sound() -> tuple[list[bytes], set[tuple[bytes, int]]]:
    """AAC in packets, some of them so small that a frame needs several, and the frames with their times."""
    sent = audio_over_rtp("aac", mtu=120, seconds=1.0)
    frames, depacketizer = list[AudioFrame](), depacketizer_for(_AAC_MEDIA)
    assert depacketizer is not None
    for packet in sent.rtp:
        depacketizer.take_packet(memoryview(packet), frames)
    assert [frame.data for frame in frames] == list(sent.encoded)
    return list(sent.rtp), {(frame.data, frame.timestamp) for frame in frames}


def _lossy_sound() -> tuple[int, Callable[[bytes], None]]:
    packets, sent = _sent_sound()

    def try_one(order: bytes) -> None:
        frames, depacketizer = list[AudioFrame](), depacketizer_for(_AAC_MEDIA)
        assert depacketizer is not None
        for number in order:
            if number < len(packets):
                depacketizer.take_packet(memoryview(packets[number]), frames)
        assert all((frame.data, frame.timestamp) in sent for frame in frames), "a sound that nobody made"

    return len(packets), try_one


def try_reordering(order: bytes) -> None:
    """Packets by number, 250 of them: handed out in order and once, and all of them when none is far from its place."""
    buffer, given = ReorderBuffer(), list[int]()
    for tick, number in enumerate(order):
        packet = struct.pack(">BBHII", 0x80, 96, (number + 65_400) & 0xFFFF, 0, 7)
        given += _numbers(buffer.push(packet, tick / 1_000))
    in_time = len(given)
    given += _numbers(buffer.expire(1e6))
    if buffer.resets:  # two in a row were so far behind that the camera seems to count anew
        return
    assert given == sorted(set(given)), "out of order, or twice"
    missing = set(range(given[0], 250)) - set(order) if given else set()
    if given and given[0] == min(order) and not missing:
        assert set(given) == set(order) and in_time == len(given), "lost though it came"


def _numbers(packets: Sequence[bytes]) -> list[int]:
    return [(int.from_bytes(packet[2:4], "big") - 65_400) & 0xFFFF for packet in packets]


def targets() -> tuple[Target, ...]:
    """Everything that a camera sends in packets."""
    clip = a_clip(frames=4, gop=2)
    units = [packet for n, unit in enumerate(clip.units) for packet in packetize(unit, 20 * n, 3600 * n)[:6]]
    stap = b"\x18" + b"".join(struct.pack(">H", len(nal)) + nal for nal in (clip.sps, clip.pps))
    h264 = interleaved([struct.pack(">BBHII", 0x80, 96, 65_535, 0, 1) + stap]) + b"".join(units)
    odd = interleaved([struct.pack(">BBHII", 0xB1, 0x80 | 96, 9, 1, 1) + bytes(4) + b"\xbe\xde\0\1" + bytes(4) + stap])
    rtp265 = h265_over_rtp(frames=3, gop=3, mtu=200, width=64, height=48).rtp
    h265, paci = (
        interleaved(rtp265[:24]),
        interleaved([struct.pack(">BBHII", 0x80, 96, 7, 1, 1) + b"\x64\1\x26\x30extbody"]),
    )
    sets = (
        tuple(a_video("h265", b, frames=8).track.sps for b in (0, 3)),
        tuple(a_video("h264", b).track.sps for b in (0, 2)),
    )
    aac = interleaved(audio_over_rtp("aac", mtu=200, seconds=0.4).rtp[:8])
    datagrams = interleaved(rtp265[:12]) + interleaved(rtp265[3:9])
    packets, noise = _packets_damaged(), damaged(_SPLINTERS)
    sent264, sent265, (sounds, try_sound) = _sent_h264(), _sent_h265(), _lossy_sound()
    return (
        Target("h264", (h264, h264 + odd, odd), try_h264, packets),
        Target("h265", (h265, paci + h265, h265 + paci), try_h265, packets),
        Target("h264 loss", (_all_of(sent264[0]),), _lossy(sent264, H264Depacketizer), program_damaged),
        Target("h265 loss", (_all_of(sent265[0]),), _lossy(sent265, H265Depacketizer), program_damaged),
        Target("audio", (aac,), try_audio, packets),
        Target("audio loss", (bytes(range(sounds)),), try_sound, program_damaged),
        Target("datagrams", (datagrams,), try_datagrams, packets),
        Target("reordering", (bytes(range(250)), bytes(range(40, 90))), try_reordering, program_damaged),
        Target("rtcp", (REPORT + GOODBYE, REPORT * 3), try_reports, noise),
        Target("h264 sps", sets[1], try_h264_sps, noise),
        Target("h265 sps", sets[0], try_h265_sps, noise),
    )


def _all_of(packets: list[bytes]) -> bytes:
    return bytes(range(min(len(packets), 256)))
