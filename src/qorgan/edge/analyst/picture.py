"""One keyframe out of the archive: found in the index, decoded, measured. Archive and pictures may be damaged."""

import hashlib
import io
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import av
import av.error
import numpy as np
import numpy.typing as npt

from qorgan.domain.pictures import Measures
from qorgan.edge.recorder.entries import unpack_fragments
from qorgan.kernel.clock import from_us
from qorgan.kernel.errors import Corrupt, NotFound, Unavailable
from qorgan.protocols.fmp4.writer import TIMESCALE

MAX_INIT_BYTES = 64_000
MAX_FRAGMENT_BYTES = 8_000_000
MAX_PIXELS = 4_096 * 2_304
WIDTH, HEIGHT = 640, 360  # measures of different cameras are compared at one size
Grey = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyframe:
    """The newest durable keyframe of a stream: an initialisation segment and the fragment that begins with it."""

    at: datetime
    data: bytes


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
    return Keyframe(at=at, data=init + fragment)


def decode(keyframe: Keyframe) -> Grey:
    """The picture in grey at 640×360. Raises `Corrupt` for what cannot be decoded."""
    try:
        with av.open(io.BytesIO(keyframe.data), "r", format="mp4") as container:
            stream = container.streams.video[0]
            stream.thread_count = 1
            if stream.width * stream.height > MAX_PIXELS:
                raise Corrupt(f"a picture of {stream.width}×{stream.height}", code="picture.too_big")
            for frame in container.decode(stream):
                return np.asarray(frame.reformat(WIDTH, HEIGHT, format="gray").to_ndarray(), dtype=np.uint8)
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        raise Corrupt(f"not a picture: {type(error).__name__}", code="picture.damaged") from error
    raise Corrupt("there was no frame in it", code="picture.damaged")


def measure(grey: Grey) -> Measures:
    """The measures of a grey picture."""
    luma = grey.astype(np.float32)
    inner = luma[1:-1, 1:-1]
    laplacian = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:] - 4.0 * inner
    return Measures(
        mean=float(luma.mean()),
        deviation=float(luma.std()),
        bright=float((grey >= 250).mean()),
        sharpness=float(laplacian.var()),
        digest=hashlib.blake2b(grey.tobytes(), digest_size=16).digest(),
    )


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
