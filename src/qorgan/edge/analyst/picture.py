"""One keyframe out of the archive: found in the index, decoded, scaled. Archive and pictures may be damaged."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import av
import av.error
import numpy as np
from av.video.reformatter import ColorRange

from qorgan.domain.quality.measures import HEIGHT, WIDTH, Picture, Plane
from qorgan.edge.recorder.entries import unpack_fragments
from qorgan.kernel.clock import from_us
from qorgan.kernel.errors import Corrupt, Invalid, NotFound, Unavailable
from qorgan.protocols.fmp4.parameter_sets import AvcSps
from qorgan.protocols.fmp4.reader import parse_fragment, parse_init, sample_units
from qorgan.protocols.fmp4.writer import TIMESCALE, VideoTrack
from qorgan.protocols.rtsp.h265 import parse_h265_sps

MAX_INIT_BYTES = 64_000
MAX_FRAGMENT_BYTES = 8_000_000
START_CODE = b"\0\0\0\1"
MAX_PIXELS = 4_096 * 2_304
# luma of studio range (16 to 235) in full range
_FULL_RANGE = np.clip(np.rint((np.arange(256) - 16) * 255 / 219), 0, 255).astype(np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyframe:
    """The newest durable keyframe of a stream: an initialisation segment and the fragment that begins with it."""

    at: datetime
    data: bytes
    init_bytes: int


def newest_keyframe(archive: Path, camera: str, stream: str) -> Keyframe:
    """Raises `NotFound` when there is none, `Unavailable` when the index cannot be read, `Corrupt` for a short file."""
    row = _newest_segment(archive, camera, stream)
    if row is None:
        raise NotFound(f"nothing is recorded of {camera}/{stream}")
    path, wall_start_us, init_bytes, fragments, root = row
    entry = next((entry for entry in reversed(unpack_fragments(fragments)) if entry.key), None)
    if entry is None:
        raise NotFound(f"the newest file of {camera}/{stream} has no keyframe yet")
    if not 0 < init_bytes <= MAX_INIT_BYTES or entry.size > MAX_FRAGMENT_BYTES:
        raise Corrupt(f"{path}: {init_bytes} and {entry.size} bytes are no picture", code="segment.damaged")
    at = from_us(wall_start_us + entry.start * 1_000_000 // TIMESCALE)
    try:
        with _inside(archive if root is None else Path(root), path).open("rb") as file:
            init = file.read(init_bytes)
            file.seek(entry.offset)
            fragment = file.read(entry.size)
    except OSError as error:
        raise Unavailable(f"{path}: {error.strerror}", code="segment.unreadable") from error
    if len(init) < init_bytes or len(fragment) < entry.size:
        raise Corrupt(f"{path}: ends before its index says", code="segment.damaged")
    return Keyframe(at=at, data=init + fragment, init_bytes=init_bytes)


@contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        raise Corrupt(f"not a picture: {type(error).__name__}", code="picture.damaged") from error


def decode(keyframe: Keyframe) -> Picture:
    """The picture at the size that measures are made at. Raises `Corrupt` for what cannot be decoded."""
    with _damage_named():
        return scaled(frame_of(keyframe))


def decode_luma(keyframe: Keyframe) -> Plane:
    """Luma at the picture's own size, in the range in which it was sent. Raises `Corrupt` as `decode` does."""
    with _damage_named():
        frame = frame_of(keyframe)
        if not frame.format.name.startswith("yuv"):
            frame = frame.reformat(format="yuv420p")
        plane = frame.planes[0]
        lines: Plane = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        return lines[: frame.height, : frame.width]


def frame_of(keyframe: Keyframe) -> av.VideoFrame:
    """The keyframe at its own size. Raises `Corrupt`, or what libav raises of damaged data.

    It is handed to the decoder as it stands in the file: a general reader of MP4 would decode it once before, only to
    learn what it is.
    """
    codec, stream = _stream_of(keyframe)
    decoder = av.CodecContext.create(codec, "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_count = 1
    for frame in (*decoder.decode(av.Packet(stream)), *decoder.decode(None)):
        return frame
    raise Corrupt("there was no frame in it", code="picture.damaged")


def _stream_of(keyframe: Keyframe) -> tuple[str, bytes]:
    """Name of the codec, and parameter sets and picture as a byte stream (Annex B of H.264 and H.265)."""
    track = parse_init(keyframe.data[: keyframe.init_bytes]).video
    fragment = parse_fragment(keyframe.data[keyframe.init_bytes :])
    _require_size(track)
    if not fragment.sizes:
        raise Corrupt("a fragment without pictures", code="picture.damaged")
    begin = keyframe.init_bytes + fragment.data_offset
    sample = keyframe.data[begin : begin + fragment.sizes[0]]
    units = (track.vps, track.sps, track.pps, *track.more_pps, *sample_units(sample))
    return "hevc" if track.is_h265 else "h264", b"".join(START_CODE + unit for unit in units if unit)


def _require_size(track: VideoTrack) -> None:
    """By the parameter set that the decoder will believe, before it takes memory for it."""
    try:
        sps = parse_h265_sps(track.sps) if track.is_h265 else AvcSps.parse(track.sps)
    except Invalid as error:
        raise Corrupt(str(error), code="picture.damaged") from error
    if sps.width * sps.height > MAX_PIXELS:
        raise Corrupt(f"a picture of {sps.width}×{sps.height}", code="picture.too_big")


def scaled(frame: av.VideoFrame) -> Picture:
    """The picture at the size that measures are made at, luma in full range whatever the camera sends.

    The range is not converted on the way: that would make 127 of the chroma 128 which cameras send by night.
    """
    full = frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj")
    # one thread: for a picture as small as this, starting more costs several times what scaling does
    small = frame.reformat(WIDTH, HEIGHT, format="yuvj420p" if full else "yuv420p", threads=1)
    planes = np.asarray(small.to_ndarray(), dtype=np.uint8)
    luma = planes[:HEIGHT] if full else _FULL_RANGE[planes[:HEIGHT]]
    chroma = planes[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
    return Picture(luma, chroma[0], chroma[1])


def _newest_segment(archive: Path, camera: str, stream: str) -> tuple[str, int, int, bytes, str | None] | None:
    """Path, start, bytes of the head, fragments, and the directory of its disk (None: that of the index)."""
    try:
        connection = sqlite3.connect(f"{(archive / 'index.db').absolute().as_uri()}?mode=ro", uri=True, timeout=2.0)
        try:
            row: tuple[str, int, int, bytes, str | None] | None = connection.execute(
                "SELECT path, wall_start_us, init_bytes, fragments,"
                " (SELECT disks.path FROM disks WHERE disks.id = segments.disk) FROM segments"
                " WHERE camera = ? AND stream = ? AND duration > 0 ORDER BY wall_start_us DESC LIMIT 1",
                (camera, stream),
            ).fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise Unavailable(f"index.db: {error}", code="index.unreadable") from error
    return row


def _inside(archive: Path, path: str) -> Path:
    """The file, which must lie in the archive whatever the index says."""
    whole = (archive / path).resolve()
    if not whole.is_relative_to(archive.resolve()):
        raise Corrupt(f"{path!r} lies outside the archive", code="index.damaged")
    return whole
