"""RTP packets (RFC 3550 §5.1) one at a time: audio, UDP, and video packets that are not of the usual form.

What comes 400 times a second is read in the depacketizers' own loops; this is the road beside them.
"""

import struct
from dataclasses import dataclass

_HEADER = struct.Struct(">BBHII")
HEADER_BYTES = _HEADER.size


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet; `payload` is a slice of what was parsed, without padding, contributing sources and extension."""

    seq: int
    timestamp: int
    ssrc: int
    marker: bool
    payload_type: int
    payload: memoryview


def parse(packet: memoryview) -> Packet | None:
    """Take a packet apart; None when it is not RTP version 2, or its parts do not fit into it."""
    if len(packet) < HEADER_BYTES:
        return None
    flags, second, seq, timestamp, ssrc = _HEADER.unpack_from(packet)
    start, end = HEADER_BYTES + 4 * (flags & 0x0F), len(packet)
    if flags & 0x10 and start + 4 <= end:
        start += 4 + 4 * (packet[start + 2] << 8 | packet[start + 3])
    if flags & 0x20 and start < end:
        end -= packet[end - 1]
    if flags >> 6 != 2 or start > end:
        return None
    return Packet(seq, timestamp, ssrc, bool(second & 0x80), second & 0x7F, packet[start:end])
