"""Frames of DC-09: `LF`, CRC (4 hex), length (4 hex), body, `CR`. CRC and length cover exactly the body (§5.5.1)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

MAX_BODY_BYTES = 4_095  # the first digit of the length is 0
MAX_FRAME_BYTES = MAX_BODY_BYTES + 10
_LF, _CR = b"\n", b"\r"
_HEAD = re.compile(rb"\n([0-9A-Fa-f]{4})([0-9A-Fa-f]{4})\"")


class Damage(StrEnum):
    """Why bytes were no frame. Nobody is answered: a dialler repeats what it gets no answer to."""

    NOISE = "noise"  # bytes that belong to no frame
    CUT = "cut"  # a frame began anew before it ended
    OVERSIZE = "oversize"
    HEADER = "header"
    LENGTH = "length"
    CRC = "crc"


@dataclass(frozen=True, slots=True)
class Damaged:
    """Bytes that were thrown away."""

    damage: Damage
    size: int


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ 0xA001 if byte & 1 else byte >> 1
        rows.append(byte)
    return tuple(rows)


_CRC = _table()


def crc16(data: bytes) -> int:
    """CRC-16/ARC: reflected polynomial 0xA001, from 0, nothing added at the end (DC-07 annex B, with its erratum)."""
    value = 0
    for byte in data:
        value = value >> 8 ^ _CRC[(value ^ byte) & 0xFF]
    return value


def frame(body: bytes) -> bytes:
    """A body in its frame. Bodies have at most `MAX_BODY_BYTES`."""
    return b"\n%04X%04X%b\r" % (crc16(body), len(body), body)


class FrameReader:
    """Finds frames in what a connection brings, in whatever pieces it comes. Keeps at most one unfinished frame."""

    def __init__(self) -> None:
        self._held = b""

    @property
    def unfinished(self) -> bool:
        """Whether a frame has begun and not ended."""
        return bool(self._held)

    def feed(self, data: bytes) -> Iterator[bytes | Damaged]:
        """Bodies of whole frames whose CRC is right, in order, and what was thrown away between them."""
        buffer, at = self._held + data, 0
        end = buffer.find(_CR)
        self._held = b""
        while at < len(buffer):
            begin = buffer.find(_LF, at)
            if begin != at:
                noise = buffer[at : len(buffer) if begin < 0 else begin]
                if noise.strip(b"\r\0 "):
                    yield Damaged(Damage.NOISE, len(noise))
                if begin < 0:
                    return
            if 0 <= end < begin:
                end = buffer.find(_CR, begin)
            again = buffer.find(_LF, begin + 1, end if end >= 0 else len(buffer))
            if again >= 0:
                if again - begin > 1:
                    yield Damaged(Damage.CUT, again - begin)
                at = again
            elif end < 0:
                if len(buffer) - begin > MAX_FRAME_BYTES:
                    yield Damaged(Damage.OVERSIZE, len(buffer) - begin)
                else:
                    self._held = buffer[begin:]
                return
            else:
                yield check_frame(buffer[begin : end + 1])
                at = end + 1


def check_frame(data: bytes) -> bytes | Damaged:
    """The body of one frame, from its LF to its CR, or what is wrong with it."""
    head = _HEAD.match(data)
    if len(data) > MAX_FRAME_BYTES:
        return Damaged(Damage.OVERSIZE, len(data))
    if head is None or not data.endswith(_CR):
        return Damaged(Damage.HEADER, len(data))
    body = data[9:-1]
    if int(head[2], 16) != len(body):
        return Damaged(Damage.LENGTH, len(data))
    if int(head[1], 16) != crc16(body):
        return Damaged(Damage.CRC, len(data))
    return body
