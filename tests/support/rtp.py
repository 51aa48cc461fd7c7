"""Media in RTP packets, made by libavformat's own muxer: what another implementation puts on the wire."""

import functools
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np


class _Packets:
    """A file of which each write is a datagram."""

    name = "packets"

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.written.append(bytes(data))
        return len(data)


@dataclass(frozen=True)
class Sent:
    """`rtp` and `rtcp` packets in the order of sending; `encoded` are the encoder's packets that went into them."""

    rtp: tuple[bytes, ...]
    rtcp: tuple[bytes, ...]
    encoded: tuple[bytes, ...]
    extradata: bytes


def _sent(packets: _Packets, encoded: list[bytes], extradata: bytes) -> Sent:
    is_rtcp = [200 <= packet[1] <= 204 for packet in packets.written]
    pairs = list(zip(packets.written, is_rtcp, strict=True))
    rtp = tuple(packet for packet, control in pairs if not control)
    return Sent(rtp, tuple(packet for packet, control in pairs if control), tuple(encoded), extradata)


@functools.cache
def h265_over_rtp(*, frames: int = 30, gop: int = 10, mtu: int = 300, width: int = 178, height: int = 98) -> Sent:
    """Noise on a moving gradient, encoded with x265. The odd size needs a conformance window."""
    packets, encoded = _Packets(), list[bytes]()
    with av.open(packets, "w", format="rtp", options={"packetsize": str(mtu)}) as container:
        x265 = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:log-level=none:pools=1:frame-threads=1:info=0:qp=16"
        stream = container.add_stream("libx265", rate=25, options={"preset": "ultrafast", "x265-params": x265})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        noise = np.random.default_rng(7)
        for number in range(frames):
            row = (np.arange(width) * 2 + number * 5) % 200
            shade = np.repeat(row[None, :, None], height, 0).repeat(3, 2)
            picture = (shade + noise.integers(0, 40, (height, width, 3))).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            for packet in stream.encode(frame):
                encoded.append(bytes(packet))
                container.mux(packet)
        for packet in stream.encode(None):
            encoded.append(bytes(packet))
            container.mux(packet)
    return _sent(packets, encoded, b"")


@functools.cache
def audio_over_rtp(codec: str, *, rate: int = 16_000, mtu: int = 1_400, seconds: float = 2.0) -> Sent:
    """A tone, encoded with "aac", "pcm_alaw" or "pcm_mulaw"."""
    packets, encoded = _Packets(), list[bytes]()
    with av.open(packets, "w", format="rtp", options={"packetsize": str(mtu)}) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.layout = "mono"
        context = stream.codec_context
        size = context.frame_size or 160
        for at in range(0, int(rate * seconds), size):
            wave = np.sin((np.arange(size) + at) * 2 * np.pi * 440 / rate) * 0.5
            if context.format is not None and context.format.name == "fltp":
                frame = av.AudioFrame.from_ndarray(wave.astype(np.float32)[None], format="fltp", layout="mono")
            else:
                frame = av.AudioFrame.from_ndarray((wave * 30_000).astype(np.int16)[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
            for packet in stream.encode(frame):
                encoded.append(bytes(packet))
                container.mux(packet)
        for packet in stream.encode(None):
            encoded.append(bytes(packet))
            container.mux(packet)
        extradata = bytes(context.extradata or b"")
    return _sent(packets, encoded, extradata)


def interleaved(packets: tuple[bytes, ...] | list[bytes], channel: int = 0) -> bytes:
    """Packets behind their `$` headers (RFC 2326 §10.12)."""
    return b"".join(bytes([0x24, channel]) + len(packet).to_bytes(2, "big") + packet for packet in packets)
