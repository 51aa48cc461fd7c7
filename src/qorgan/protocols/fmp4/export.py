"""A fragmented file to take away: its length and an index stand in front, so that any player shows both at once."""

import struct
from collections.abc import Sequence

from qorgan.kernel.errors import Corrupt
from qorgan.protocols.fmp4.writer import TIMESCALE, full_box

_STARTS_WITH_KEY = 1 << 31 | 1 << 28  # starts_with_SAP, SAP_type 1 (14496-12 §8.16.3.3)
_MAX_REFERENCES = 65_535


def with_duration(init: bytes, duration: int) -> bytes:
    """An initialisation segment that says how long its fragments are together (`mehd`), in 1/90000 s.

    Raises `Corrupt` for what does not hold `moov` with `mvex`.
    """
    moov, moov_size = _find(init, 0, len(init), b"moov")
    mvhd, _ = _find(init, moov + 8, moov + moov_size, b"mvhd")
    mvex, mvex_size = _find(init, moov + 8, moov + moov_size, b"mvex")
    if mvhd + 32 > len(init):
        raise Corrupt("an initialisation segment is cut short", code="segment.damaged")
    (timescale,) = struct.unpack_from(">I", init, mvhd + (28 if init[mvhd + 8] == 1 else 20))
    mehd = full_box(b"mehd", 1, 0, struct.pack(">Q", duration * timescale // TIMESCALE))
    longer = bytearray(init[: mvex + 8] + mehd + init[mvex + 8 :])
    struct.pack_into(">I", longer, moov, moov_size + len(mehd))
    struct.pack_into(">I", longer, mvex, mvex_size + len(mehd))
    return bytes(longer)


def segment_index(pieces: Sequence[tuple[int, int]]) -> bytes:
    """`sidx` (14496-12 §8.16.3) of pieces (bytes, duration in 1/90000 s) that follow it and begin with keyframes."""
    if len(pieces) > _MAX_REFERENCES:
        raise ValueError(f"an index has at most {_MAX_REFERENCES} references")
    head = struct.pack(">IIQQHH", 1, TIMESCALE, 0, 0, 0, len(pieces))
    return full_box(
        b"sidx", 1, 0, head, *(struct.pack(">III", size, length, _STARTS_WITH_KEY) for size, length in pieces)
    )


def file_head(init: bytes, pieces: Sequence[tuple[int, int]]) -> bytes:
    """Everything before the first fragment of a file that consists of these pieces."""
    return with_duration(init, sum(duration for _, duration in pieces)) + segment_index(pieces)


def _find(data: bytes, at: int, end: int, kind: bytes) -> tuple[int, int]:
    """Offset and length of the first box of a type among those that stand in [at, end)."""
    while at + 8 <= end:
        size, found = struct.unpack_from(">I4s", data, at)
        if size < 8 or at + size > end:
            break
        if found == kind:
            return at, size
        at += size
    raise Corrupt(f"an initialisation segment without {kind.decode('ascii')}", code="segment.damaged")
