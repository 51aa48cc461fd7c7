"""Fragmented MP4 written (ISO/IEC 14496-12:2022; 14496-15 for `avc1`/`avcC`; CMAF brands): one H.264 track per file."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

TIMESCALE = 90_000
TFDT_OFFSET = 8 + 16 + 8 + 16 + 12  # of the 64-bit base time inside a fragment made by `fragment_head`
_TRUN_OFFSET = TFDT_OFFSET + 8
_SYNC, _NOT_SYNC = (
    0x0200_0000,
    0x0101_0000,
)  # sample_flags: sync sample / not one
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """What `moov` says of the track: parameter sets, codec string (RFC 6381), size in pixels."""

    sps: bytes
    pps: bytes
    codec: str
    width: int
    height: int

    @property
    def mime(self) -> str:
        """Ready for `MediaSource.addSourceBuffer()`."""
        return f'video/mp4; codecs="{self.codec}"'


def box(kind: bytes, *payload: bytes) -> bytes:
    """A plain box."""
    body = b"".join(payload)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, version: int, flags: int, *payload: bytes) -> bytes:
    """A box with version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *payload)


def init_segment(track: VideoTrack) -> bytes:
    """`ftyp` + `moov`: what a player needs before the first fragment."""
    return box(b"ftyp", b"iso6", struct.pack(">I", 0), b"iso6", b"cmfc", b"mp41") + _moov(track)


def _moov(track: VideoTrack) -> bytes:
    mvhd = full_box(
        b"mvhd",
        0,
        0,
        struct.pack(">IIIIIH10x", 0, 0, TIMESCALE, 0, 0x10000, 0x100),
        _MATRIX,
        bytes(24),
        struct.pack(">I", 2),
    )
    trex = full_box(b"trex", 0, 0, struct.pack(">IIIII", 1, 1, 0, 0, _NOT_SYNC))
    return box(b"moov", mvhd, _trak(track), box(b"mvex", trex))


def _trak(track: VideoTrack) -> bytes:
    size = struct.pack(">II", track.width << 16, track.height << 16)
    tkhd = full_box(b"tkhd", 0, 3, struct.pack(">IIIII8xHHHH", 0, 0, 1, 0, 0, 0, 0, 0, 0), _MATRIX, size)
    mdhd = full_box(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, TIMESCALE, 0, 0x55C4, 0))
    hdlr = full_box(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, b"vide"), b"video\0")
    dinf = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))
    empty = [
        full_box(b"stts", 0, 0, bytes(4)),
        full_box(b"stsc", 0, 0, bytes(4)),
        full_box(b"stsz", 0, 0, bytes(8)),
        full_box(b"stco", 0, 0, bytes(4)),
    ]
    stsd = full_box(b"stsd", 0, 0, struct.pack(">I", 1), _avc1(track))
    minf = box(b"minf", full_box(b"vmhd", 0, 1, bytes(8)), dinf, box(b"stbl", stsd, *empty))
    return box(b"trak", tkhd, box(b"mdia", mdhd, hdlr, minf))


def _avc1(track: VideoTrack) -> bytes:
    head = struct.pack(">6xH16xHHIIIH32xHh", 1, track.width, track.height, 0x480000, 0x480000, 0, 1, 0x18, -1)
    return box(b"avc1", head, box(b"avcC", _avcc(track)))


def _avcc(track: VideoTrack) -> bytes:
    """AVCDecoderConfigurationRecord (14496-15 §5.3.3.1), lengths of four bytes."""
    record = struct.pack(">B3sBBH", 1, track.sps[1:4], 0xFF, 0xE1, len(track.sps)) + track.sps
    record += struct.pack(">BH", 1, len(track.pps)) + track.pps
    if track.sps[1] in (100, 110, 122, 244):
        record += b"\xfd\xf8\xf8\x00"  # 4:2:0, 8 bit, no SPS extensions: what cameras send
    return record


def fragment_head(
    sequence: int, base_time: int, sizes: Sequence[int], durations: Sequence[int], *, starts_with_key: bool
) -> bytes:
    """`moof` and the header of `mdat` for samples that follow. Times in units of 1/90000 s; sizes in bytes.

    Only the first sample may be a sync sample: a fragment always begins anew at a keyframe.
    """
    count = len(sizes)
    trun_size = 24 + 8 * count
    moof_size = _TRUN_OFFSET + trun_size
    entries = [0] * (2 * count)
    entries[0::2], entries[1::2] = durations, sizes
    return struct.pack(
        f">I4s I4sII I4s I4sII I4sIQ I4sIIiI {2 * count}I I4s",
        moof_size, b"moof",
        16, b"mfhd", 0, sequence,
        moof_size - 24, b"traf",
        16, b"tfhd", 0x020000, 1,
        20, b"tfdt", 0x01000000, base_time,
        trun_size, b"trun", 0x000305, count, moof_size + 8, _SYNC if starts_with_key else _NOT_SYNC,
        *entries,
        8 + sum(sizes), b"mdat",
    )  # fmt: skip


def retimed(fragment: bytes | bytearray, base_time: int) -> bytes:
    """A copy of a fragment made here that starts at another time. The samples stay as they are."""
    copy = bytearray(fragment)
    struct.pack_into(">Q", copy, TFDT_OFFSET, base_time)
    return bytes(copy)
