"""RTP (RFC 3550, 6184, 7798, 3640) and RTCP inside RTSP's own connection (RFC 2326 10.12), to send much at little cost.

Packets are laid out once with their interleaved headers; sending fills in sequence number, time and source. One
picture is one buffer and one `send`.
"""

import struct
from collections.abc import Iterable

from qorgan.sim.codecs import VideoCodec

RTP_CLOCK = 90_000
PAYLOAD_TYPE = 96
PACKET_BYTES = 1400  # the largest RTP packet: fits an Ethernet frame with every header
NTP_EPOCH_S = 2_208_988_800  # from 1900 to 1970

_HEADERS = struct.Struct(">BBHBBHII")  # interleaved: $, channel, length; RTP: version, payload type, seq, time, ssrc
_PATCH = struct.Struct(">HII")
_PATCH_AT = 6  # where the sequence number stands, counted from the $
_RTP_HEADER = 12
_FU_A = 28  # RFC 6184 5.8
_FU_H265 = 49  # RFC 7798 4.4.3


class Packets:
    """RTP packets one after the other, each with its interleaved header, still without number, time and source."""

    __slots__ = ("data", "payload_bytes", "starts")

    def __init__(self, data: bytes, starts: tuple[int, ...]) -> None:
        self.data, self.starts = data, starts
        self.payload_bytes = len(data) - len(starts) * _HEADERS.size

    @classmethod
    def of(cls, nals: Iterable[bytes], *, ends_picture: bool = False, codec: VideoCodec = VideoCodec.H264) -> "Packets":
        """Packetise NAL units: whole where they fit, else in pieces. The marker ends the picture (RFC 6184 5.1)."""
        cut = _payloads if codec is VideoCodec.H264 else _payloads_h265
        payloads = [payload for nal in nals for payload in cut(nal)]
        starts, parts, at = [], [], 0
        for n, payload in enumerate(payloads):
            marker = 0x80 if ends_picture and n == len(payloads) - 1 else 0
            length = len(payload) + _RTP_HEADER
            parts += [_HEADERS.pack(0x24, 0, length, 0x80, marker | PAYLOAD_TYPE, 0, 0, 0), payload]
            starts.append(at)
            at += length + 4
        return cls(b"".join(parts), tuple(starts))

    @classmethod
    def of_sound(cls, payload: bytes, payload_type: int, *, marker: bool) -> "Packets":
        """One packet of sound."""
        kind = marker << 7 | payload_type
        return cls(_HEADERS.pack(0x24, 0, len(payload) + _RTP_HEADER, 0x80, kind, 0, 0, 0) + payload, (0,))


def _payloads(nal: bytes) -> list[bytes]:
    if len(nal) <= PACKET_BYTES - _RTP_HEADER:
        return [nal]
    indicator, kind = nal[0] & 0xE0 | _FU_A, nal[0] & 0x1F
    room = PACKET_BYTES - _RTP_HEADER - 2
    cuts = range(1, len(nal), room)
    return [
        bytes([indicator, (n == 0) << 7 | (n == len(cuts) - 1) << 6 | kind]) + nal[at : at + room]
        for n, at in enumerate(cuts)
    ]


def _payloads_h265(nal: bytes) -> list[bytes]:
    if len(nal) <= PACKET_BYTES - _RTP_HEADER:
        return [nal]
    first, kind = nal[0] & 0x81 | _FU_H265 << 1, nal[0] >> 1 & 0x3F
    room = PACKET_BYTES - _RTP_HEADER - 3
    cuts = range(2, len(nal), room)
    return [
        bytes([first, nal[1], (n == 0) << 7 | (n == len(cuts) - 1) << 6 | kind]) + nal[at : at + room]
        for n, at in enumerate(cuts)
    ]


def stamp(buffer: bytearray, offset: int, starts: Iterable[int], seq: int, timestamp: int, ssrc: int) -> int:
    """Fill in number, time and source of the packets that start at `offset + start`; returns the next number."""
    patch, offset = _PATCH.pack_into, offset + _PATCH_AT
    for start in starts:
        patch(buffer, offset + start, seq, timestamp, ssrc)
        seq = (seq + 1) & 0xFFFF
    return seq


def on_channel(buffer: bytes | bytearray, starts: Iterable[int], channel: int) -> bytearray:
    """The same packets for a client that asked for another channel than 0."""
    moved = bytearray(buffer)
    for start in starts:
        moved[start + 1] = channel
    return moved


def sender_report(
    *, channel: int, ssrc: int, wall_us: int, timestamp: int, packets: int, payload_bytes: int, name: str
) -> bytes:
    """A compound RTCP packet: sender report and CNAME (RFC 3550 6.4.1, 6.5.1), with its interleaved header."""
    seconds, micros = divmod(wall_us, 1_000_000)
    ntp = (seconds + NTP_EPOCH_S) << 32 | (micros << 32) // 1_000_000
    counts = packets & 0xFFFFFFFF, payload_bytes & 0xFFFFFFFF
    report = struct.pack(">BBHIQIII", 0x80, 200, 6, ssrc, ntp, timestamp, *counts)
    cname = bytes([1, len(name)]) + name.encode("ascii")
    cname += bytes(4 - len(cname) % 4)
    description = struct.pack(">BBHI", 0x81, 202, 1 + len(cname) // 4, ssrc) + cname
    compound = report + description
    return struct.pack(">BBH", 0x24, channel, len(compound)) + compound
