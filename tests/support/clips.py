"""Small real H.264 clips as fragmented MP4, made with PyAV and cut into their fragments."""

import functools
import io
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np

WIDTH, HEIGHT, FRAMES_PER_S = 160, 120, 25
MIME = 'video/mp4; codecs="avc1.42c00b"'


@dataclass(frozen=True, slots=True)
class Clip:
    """`fragments[n]` is the `moof`+`mdat` of frame n; every `gop`-th is a keyframe."""

    init: bytes
    fragments: tuple[bytes, ...]
    gop: int

    def is_key(self, number: int) -> bool:
        return number % self.gop == 0


@functools.cache
def clip(frames: int = 50, gop: int = 25) -> Clip:
    """A clip whose every frame has another shade."""
    file = io.BytesIO()
    flags = {"movflags": "frag_every_frame+empty_moov+default_base_moof+skip_trailer"}
    with av.open(file, "w", format="mp4", options=flags) as container:
        keys = f"keyint={gop}:min-keyint={gop}:scenecut=0"
        options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": keys, "threads": "1"}
        stream = container.add_stream("libx264", rate=FRAMES_PER_S, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((HEIGHT, WIDTH, 3), number * 5 % 250, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_S)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    found = boxes(file.getvalue())
    init = b"".join(data for name, data in found if name in ("ftyp", "moov"))
    parts = [data for name, data in found if name in ("moof", "mdat")]
    fragments = tuple(parts[at] + parts[at + 1] for at in range(0, len(parts), 2))
    assert len(fragments) == frames
    return Clip(init, fragments, gop)


def boxes(data: bytes) -> list[tuple[str, bytes]]:
    """Top-level boxes of an MP4 (ISO/IEC 14496-12 §4.2)."""
    found, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        found.append((data[at + 4 : at + 8].decode("ascii"), data[at : at + size]))
        at += size
    return found


def padded(fragment: bytes, size: int) -> bytes:
    """The same fragment, `size` bytes heavier: a `free` box, which every player ignores."""
    return fragment + (size + 8).to_bytes(4, "big") + b"free" + bytes(size)


def decoded_frames(data: bytes) -> int:
    """How many pictures a real decoder finds in a file."""
    with av.open(io.BytesIO(data)) as container:
        return sum(1 for _ in container.decode(video=0))
