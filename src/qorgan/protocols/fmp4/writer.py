"""Fragmented MP4 written (ISO/IEC 14496-12:2022; 14496-15 for `avc1` and `hvc1`; 14496-14 for `mp4a`; CMAF brands).

One video track, H.264 or H.265, and beside it a second one for sound where it is wanted. A fragment is one `moof` with
one `mdat`: the samples of the pictures first, those of the sound after them.
"""

import functools
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qorgan.kernel.errors import Invalid
from qorgan.protocols.fmp4.parameter_sets import MAX_BYTES, AvcSps
from qorgan.protocols.rtsp.h265 import parse_h265_sps

TIMESCALE = 90_000
TFDT_OFFSET = 8 + 16 + 8 + 16 + 12  # of the 64-bit base time inside a fragment made by `fragment_head`
VIDEO_ID, AUDIO_ID = 1, 2
SYNC, NOT_SYNC = 0x0200_0000, 0x0101_0000  # sample_flags (14496-12 §8.8.3.1): a sync sample, not one
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_HIGH_PROFILES = frozenset({100, 110, 122, 144, 244})  # avcC then names the sample format (14496-15 §5.3.3.1.2)


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """What `moov` says of the pictures: parameter sets, codec string (RFC 6381), size in pixels.

    A codec string that begins with `hvc1` makes it H.265, for which `vps` must be given; any other is H.264. `more_pps`
    are picture parameter sets beside the first: an encoder may use several in turn, under numbers of their own.
    """

    sps: bytes
    pps: bytes
    codec: str
    width: int
    height: int
    vps: bytes = b""
    more_pps: tuple[bytes, ...] = ()

    @property
    def mime(self) -> str:
        """Ready for `MediaSource.addSourceBuffer()`, of a file without sound."""
        return mime_type(self)

    @property
    def is_h265(self) -> bool:
        return self.codec.startswith("hvc1")


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """What `moov` says of the sound. `codec` is `mp4a.40.n` (AAC; `config`: its AudioSpecificConfig), `alaw` or `ulaw`.

    Its times count in 1/90000 s like those of the pictures, so that both are moved together.
    """

    codec: str
    sample_rate: int
    channels: int = 1
    config: bytes = b""

    @property
    def plays_in_browsers(self) -> bool:
        """Whether Media Source Extensions take it: AAC. They take no G.711, which a gateway codes anew for them."""
        return self.codec.startswith("mp4a.")

    @property
    def mime(self) -> str:
        """Ready for `MediaSource.addSourceBuffer()`, of sound without pictures."""
        return f'audio/mp4; codecs="{self.codec}"'


@dataclass(frozen=True, slots=True)
class AudioRun:
    """The sound of one fragment: when it begins, and size in bytes and length of each sample. Times in 1/90000 s."""

    base_time: int
    sizes: Sequence[int]
    durations: Sequence[int]


def mime_type(video: VideoTrack, audio: AudioTrack | None = None) -> str:
    """The MIME type of what `init_segment` makes of the same tracks."""
    codecs = video.codec if audio is None else f"{video.codec}, {audio.codec}"
    return f'video/mp4; codecs="{codecs}"'


def box(kind: bytes, *payload: bytes) -> bytes:
    """A plain box."""
    body = b"".join(payload)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, version: int, flags: int, *payload: bytes) -> bytes:
    """A box with version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *payload)


def init_segment(track: VideoTrack, audio: AudioTrack | None = None) -> bytes:
    """`ftyp` + `moov`: what a player needs before the first fragment.

    Raises `Invalid` for parameter sets that cannot be written: longer than 65,535 bytes, or an H.265 SPS that cannot
    be read.
    """
    return box(b"ftyp", b"iso6", struct.pack(">I", 0), b"iso6", b"cmfc", b"mp41") + _moov(track, audio)


def sound_init_segment(audio: AudioTrack) -> bytes:
    """As `init_segment`, for sound without pictures. Raises `Invalid` for a configuration that cannot be written."""
    return box(b"ftyp", b"iso6", struct.pack(">I", 0), b"iso6", b"cmfc", b"mp41") + _moov(None, audio)


def _moov(video: VideoTrack | None, audio: AudioTrack | None) -> bytes:
    next_id = AUDIO_ID if audio is None else AUDIO_ID + 1
    times = struct.pack(">IIIIIH10x", 0, 0, TIMESCALE, 0, 0x10000, 0x100)
    mvhd = full_box(b"mvhd", 0, 0, times, _MATRIX, bytes(24), struct.pack(">I", next_id))
    traks, trexs = [], []
    if video is not None:
        traks.append(_video_trak(video))
        trexs.append(_trex(VIDEO_ID, NOT_SYNC))
    if audio is not None:
        traks.append(_audio_trak(audio))
        trexs.append(_trex(AUDIO_ID, SYNC))
    return box(b"moov", mvhd, *traks, box(b"mvex", *trexs))


def _trex(track: int, flags: int) -> bytes:
    return full_box(b"trex", 0, 0, struct.pack(">IIIII", track, 1, 0, 0, flags))


def _video_trak(track: VideoTrack) -> bytes:
    size = struct.pack(">II", track.width << 16, track.height << 16)
    tkhd = full_box(b"tkhd", 0, 3, struct.pack(">IIIII8xHHHH", 0, 0, VIDEO_ID, 0, 0, 0, 0, 0, 0), _MATRIX, size)
    header = full_box(b"vmhd", 0, 1, bytes(8))
    return box(b"trak", tkhd, _mdia(b"vide", b"video\0", header, _picture_entry(track)))


def _audio_trak(track: AudioTrack) -> bytes:
    ids = struct.pack(">IIIII8xHHHH", 0, 0, AUDIO_ID, 0, 0, 0, 0, 0x100, 0)  # full volume
    tkhd = full_box(b"tkhd", 0, 3, ids, _MATRIX, bytes(8))
    header = full_box(b"smhd", 0, 0, bytes(4))
    return box(b"trak", tkhd, _mdia(b"soun", b"sound\0", header, _sound_entry(track)))


def _mdia(handler: bytes, name: bytes, media_header: bytes, entry: bytes) -> bytes:
    mdhd = full_box(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, TIMESCALE, 0, 0x55C4, 0))
    hdlr = full_box(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, handler), name)
    dinf = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))
    stbl = box(
        b"stbl",
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        full_box(b"stts", 0, 0, bytes(4)),
        full_box(b"stsc", 0, 0, bytes(4)),
        full_box(b"stsz", 0, 0, bytes(8)),
        full_box(b"stco", 0, 0, bytes(4)),
    )
    return box(b"mdia", mdhd, hdlr, box(b"minf", media_header, dinf, stbl))


def _picture_entry(track: VideoTrack) -> bytes:
    for unit in (track.vps, track.sps, track.pps, *track.more_pps):
        if len(unit) > MAX_BYTES:
            raise Invalid(f"a parameter set of {len(unit)} bytes", code="camera.protocol_error")
    head = struct.pack(">6xH16xHHIIIH32xHh", 1, track.width, track.height, 0x480000, 0x480000, 0, 1, 0x18, -1)
    if track.is_h265:
        return box(b"hvc1", head, box(b"hvcC", _hvcc(track)))
    return box(b"avc1", head, box(b"avcC", _avcc(track)))


def _avcc(track: VideoTrack) -> bytes:
    """AVCDecoderConfigurationRecord (14496-15 §5.3.3.1), lengths of four bytes."""
    record = struct.pack(">B3sBBH", 1, track.sps[1:4], 0xFF, 0xE1, len(track.sps)) + track.sps
    record += bytes([1 + len(track.more_pps)])
    record += b"".join(struct.pack(">H", len(unit)) + unit for unit in (track.pps, *track.more_pps))
    if track.sps[1] in _HIGH_PROFILES:
        record += _avc_sample_format(track.sps)
    return record


def _avc_sample_format(sps: bytes) -> bytes:
    try:
        parsed = AvcSps.parse(sps)
    except Invalid:
        return b"\xfd\xf8\xf8\x00"  # 4:2:0, 8 bit, no SPS extensions: what cameras send
    depths = 0xF8 | parsed.bit_depth_luma - 8, 0xF8 | parsed.bit_depth_chroma - 8
    return bytes([0xFC | parsed.chroma_format, *depths, 0])


def _hvcc(track: VideoTrack) -> bytes:
    """HEVCDecoderConfigurationRecord (14496-15 §8.3.3.1), lengths of four bytes, all parameter sets in the record."""
    sps = parse_h265_sps(track.sps)
    record = struct.pack(
        ">B12sHBBBBHBB",
        1,
        sps.profile,
        0xF000,  # min_spatial_segmentation_idc: not known
        0xFC,  # parallelismType: not known
        0xFC | sps.chroma_format,
        0xF8 | sps.luma_bits - 8,
        0xF8 | sps.chroma_bits - 8,
        0,  # average frame rate: not stated
        sps.temporal_layers << 3 | sps.temporal_nested << 2 | 3,
        3,
    )
    for units in ((track.vps,), (track.sps,), (track.pps, *track.more_pps)):
        record += struct.pack(">BH", 0x80 | units[0][0] >> 1 & 0x3F, len(units))
        record += b"".join(struct.pack(">H", len(unit)) + unit for unit in units)
    return record


def _sound_entry(track: AudioTrack) -> bytes:
    rate = track.sample_rate << 16 if track.sample_rate < 0x10000 else 0
    head = struct.pack(">6xH8xHHHHI", 1, track.channels, 16, 0, 0, rate)
    if track.codec in ("alaw", "ulaw"):
        return box(track.codec.encode("ascii"), head, full_box(b"chan", 0, 0, _channel_layout(track.channels)))
    return box(b"mp4a", head, full_box(b"esds", 0, 0, _es_descriptor(track.config)))


def _channel_layout(channels: int) -> bytes:
    """QuickTime's channel layout, 100 mono and 101 stereo: G.711 in MP4 is QuickTime's, and FFmpeg would guess it."""
    return struct.pack(">III", (99 + channels) << 16 | channels, 0, 0)


def _es_descriptor(config: bytes) -> bytes:
    """ES_Descriptor of AAC (14496-1 §7.2.6.5): 0x40 is MPEG-4 audio, 0x15 an audio stream, bit rates unknown."""
    if not 2 <= len(config) <= 64:
        raise Invalid(f"an AudioSpecificConfig of {len(config)} bytes", code="camera.protocol_error")
    decoder = struct.pack(">BB3xII", 0x40, 0x15, 0, 0) + _descriptor(5, config)
    return _descriptor(3, struct.pack(">HB", AUDIO_ID, 0) + _descriptor(4, decoder) + _descriptor(6, b"\x02"))


def _descriptor(tag: int, payload: bytes) -> bytes:
    return bytes([tag, len(payload)]) + payload


def fragment_head(
    sequence: int,
    base_time: int,
    sizes: Sequence[int],
    durations: Sequence[int],
    *,
    starts_with_key: bool,
    offsets: Sequence[int] | None = None,
    audio: AudioRun | None = None,
) -> bytes:
    """`moof` and the header of `mdat` for samples that follow. Times in units of 1/90000 s; sizes in bytes.

    Only the first sample may be a sync sample: a fragment always begins anew at a keyframe. `offsets` say how much
    later (or earlier) than decoded each picture is shown (`order.DecodeTimes`). The samples of `audio` follow those of
    the pictures; a fragment may have no pictures (`sizes` empty), or no sound.
    """
    count = len(sizes)
    if offsets is not None or audio is not None or not count:
        return _general_head(sequence, base_time, sizes, durations, starts_with_key, offsets, audio)
    pack, before_sequence, before_time, before_samples = _plain_layout(count, starts_with_key)
    entries = [0] * (2 * count)
    entries[0::2], entries[1::2] = durations, sizes
    return pack(before_sequence, sequence, before_time, base_time, before_samples, *entries, 8 + sum(sizes), b"mdat")


def sound_fragment(sequence: int, run: AudioRun, data: bytes) -> bytes:
    """A fragment of sound alone."""
    return fragment_head(sequence & 0xFFFFFFFF, 0, (), (), starts_with_key=False, audio=run) + data


@functools.lru_cache(maxsize=1024)
def _plain_layout(count: int, key: bool) -> tuple[Callable[..., bytes], bytes, bytes, bytes]:
    """What never changes in the head of `count` pictures without sound or offsets, and how to put the rest between."""
    trun_size = 24 + 8 * count
    moof_size = TFDT_OFFSET + 8 + trun_size
    mfhd = struct.pack(">I4sI4sI", moof_size, b"moof", 16, b"mfhd", 0)
    traf = struct.pack(">I4s", moof_size - 24, b"traf") + _tfhd(VIDEO_ID) + struct.pack(">I4sI", 20, b"tfdt", 1 << 24)
    flags = SYNC if key else NOT_SYNC
    trun = struct.pack(">I4sIIiI", trun_size, b"trun", 0x000305, count, moof_size + 8, flags)
    layout = struct.Struct(f">{len(mfhd)}sI{len(traf)}sQ{len(trun)}s{2 * count}II4s")
    return layout.pack, mfhd, traf, trun


def _general_head(
    sequence: int,
    base_time: int,
    sizes: Sequence[int],
    durations: Sequence[int],
    starts_with_key: bool,
    offsets: Sequence[int] | None,
    audio: AudioRun | None,
) -> bytes:
    pictures, sound = len(sizes), 0 if audio is None else len(audio.sizes)
    if not pictures and not sound:
        raise ValueError("a fragment without samples")
    picture_bytes = 8 if offsets is None else 12
    picture_traf = (TFDT_OFFSET - 16 + 24 + picture_bytes * pictures) if pictures else 0
    sound_traf = (TFDT_OFFSET - 16 + 20 + 8 * sound) if sound else 0
    moof_size = 24 + picture_traf + sound_traf
    parts = [struct.pack(">I4sI4sII", moof_size, b"moof", 16, b"mfhd", 0, sequence)]
    if pictures:
        columns = (durations, sizes) if offsets is None else (durations, sizes, offsets)
        kind = 0x000305 if offsets is None else 0x01000B05
        first = struct.pack(">I", SYNC if starts_with_key else NOT_SYNC)
        parts += _traf(VIDEO_ID, picture_traf, base_time, kind, moof_size + 8, first, columns)
    if audio is not None and sound:
        columns = (audio.durations, audio.sizes)
        parts += _traf(AUDIO_ID, sound_traf, audio.base_time, 0x000301, moof_size + 8 + sum(sizes), b"", columns)
    payload = sum(sizes) + (0 if audio is None else sum(audio.sizes))
    return b"".join([*parts, struct.pack(">I4s", 8 + payload, b"mdat")])


def _traf(
    track: int, size: int, base_time: int, kind: int, data_offset: int, first: bytes, columns: tuple[Sequence[int], ...]
) -> list[bytes]:
    """One track's run (14496-12 §8.8.6): `kind` is version and flags of `trun`, `columns` what each sample has."""
    width, count = len(columns), len(columns[0])
    entries = [0] * (width * count)
    for at, column in enumerate(columns):
        entries[at::width] = column
    row = "IIi"[:width]
    trun_size = 20 + len(first) + 4 * len(entries)
    return [
        struct.pack(">I4s", size, b"traf"),
        _tfhd(track),
        struct.pack(">I4sIQ", 20, b"tfdt", 1 << 24, base_time),
        struct.pack(">I4sIIi", trun_size, b"trun", kind, count, data_offset),
        first,
        struct.pack(f">{row * count}", *entries),
    ]


def _tfhd(track: int) -> bytes:
    return struct.pack(">I4sII", 16, b"tfhd", 0x020000, track)  # default-base-is-moof
