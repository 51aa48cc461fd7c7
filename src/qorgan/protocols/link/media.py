"""Framing of video on the link and on the browser's WebSocket: a header of 16 bytes, then fMP4.

    offset  bytes  meaning
    0       1      kind (`MediaKind`)
    1       1      version, 1
    2       2      reserved, 0
    4       4      seq: counts up by one per message of a lease; a jump means loss, wait for the next KEY
    8       8      wall clock of the frame at the school, µs since 1970-01-01 UTC

Payloads: INIT: 1 byte length, mime type in ASCII, then `ftyp`+`moov`. KEY, DELTA: `moof`+`mdat` (live: one pair of one
frame; range: pairs of up to a second; what is over 900 kB goes on in further DELTA messages). STATE: UTF-8
`state:reason` (`CameraState:CameraReason`). END: UTF-8 reason, last message.
All integers are big-endian. Towards the browser each message is preceded by the tile's number (4 bytes).
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from qorgan.kernel.errors import Invalid

_HEADER = struct.Struct(">BBHIQ")
HEADER_BYTES = _HEADER.size


class MediaKind(IntEnum):
    INIT = 1
    KEY = 2
    DELTA = 3
    STATE = 4
    END = 5


@dataclass(frozen=True, slots=True)
class MediaMessage:
    kind: MediaKind
    seq: int
    wall_us: int
    payload: bytes


def pack(kind: MediaKind, seq: int, wall_us: int, payload: bytes) -> bytes:
    """One media message."""
    return _HEADER.pack(kind, 1, 0, seq & 0xFFFFFFFF, wall_us) + payload


def unpack(data: bytes) -> MediaMessage:
    """Raises `Invalid` for a short message, an unknown kind or version."""
    if len(data) < HEADER_BYTES:
        raise Invalid(f"media message of {len(data)} bytes")
    kind, version, _, seq, wall_us = _HEADER.unpack_from(data)
    if version != 1 or kind not in MediaKind._value2member_map_:
        raise Invalid(f"media message of kind {kind}, version {version}")
    return MediaMessage(MediaKind(kind), seq, wall_us, data[HEADER_BYTES:])


def init_payload(mime: str, init_segment: bytes) -> bytes:
    """The payload of an INIT message."""
    name = mime.encode("ascii")
    return bytes([len(name)]) + name + init_segment


def pack_init(seq: int, wall_us: int, mime: str, init_segment: bytes) -> bytes:
    """An INIT message."""
    return pack(MediaKind.INIT, seq, wall_us, init_payload(mime, init_segment))


def split_init(payload: bytes) -> tuple[str, bytes]:
    """Mime type and initialisation segment of an INIT payload. Raises `Invalid`."""
    if not payload or len(payload) < 1 + payload[0]:
        raise Invalid("INIT message is cut short")
    length = payload[0]
    return payload[1 : 1 + length].decode("ascii", "replace"), payload[1 + length :]
