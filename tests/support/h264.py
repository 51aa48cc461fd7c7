"""Real H.264 for tests, encoded once per process: access units and parameter sets, and RTP packets made of them."""

import functools
import struct
from dataclasses import dataclass

import av
import numpy as np

RTP_PAYLOAD_TYPE = 96


@dataclass(frozen=True)
class Clip:
    """Access units as lists of NAL units (parameter sets left out), one keyframe every `gop` frames at 25 frames/s."""

    sps: bytes
    pps: bytes
    units: tuple[tuple[bytes, ...], ...]
    gop: int


@functools.cache
def a_clip(frames: int = 50, gop: int = 25, width: int = 160, height: int = 96) -> Clip:
    """A moving gradient, encoded with x264."""
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt, codec.framerate = width, height, "yuv420p", 25
    codec.options = {"preset": "ultrafast", "g": str(gop), "bf": "0", "sc_threshold": "0", "threads": "1"}
    packets = []
    for number in range(frames):
        row = (np.arange(width) * 2 + number * 4) % 256
        picture = np.repeat(row[None, :, None], height, 0).repeat(3, 2).astype(np.uint8)
        packets += codec.encode(av.VideoFrame.from_ndarray(picture, format="rgb24"))
    packets += codec.encode(None)
    units = [split_annex_b(bytes(packet)) for packet in packets]
    everything = [nal for unit in units for nal in unit]
    sps = next(nal for nal in everything if nal[0] & 0x1F == 7)
    pps = next(nal for nal in everything if nal[0] & 0x1F == 8)
    pictures = tuple(tuple(nal for nal in unit if nal[0] & 0x1F not in (7, 8)) for unit in units)
    return Clip(sps, pps, pictures, gop)


def under_another_number(pps: bytes) -> bytes:
    """The same picture parameter set as number 1 in place of 0: its first bits are 010 in place of 1 (§9.1)."""
    assert pps[1] & 0x80, "number 0"
    bits = "010" + f"{int.from_bytes(pps[1:], 'big'):0{8 * (len(pps) - 1)}b}"[1:].rstrip("0")
    bits += "0" * (-len(bits) % 8)
    return pps[:1] + int(bits, 2).to_bytes(len(bits) // 8, "big")


def split_annex_b(data: bytes) -> list[bytes]:
    """NAL units of a byte stream (H.264 Annex B)."""
    parts = data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [part for part in parts if part]


def packetize(nals: tuple[bytes, ...], seq: int, timestamp: int, *, mtu: int = 100, channel: int = 0) -> list[bytes]:
    """Interleaved RTP packets (RFC 6184) of one access unit: single NAL units and FU-A, marker on the last."""
    payloads: list[bytes] = []
    for nal in nals:
        if len(nal) <= mtu:
            payloads.append(nal)
            continue
        body, indicator, kind = nal[1:], nal[0] & 0xE0 | 28, nal[0] & 0x1F
        pieces = [body[at : at + mtu - 2] for at in range(0, len(body), mtu - 2)]
        for number, piece in enumerate(pieces):
            flags = (0x80 if number == 0 else 0) | (0x40 if number == len(pieces) - 1 else 0)
            payloads.append(bytes([indicator, flags | kind]) + piece)
    return [
        interleave(payload, (seq + number) & 0xFFFF, timestamp, number == len(payloads) - 1, channel=channel)
        for number, payload in enumerate(payloads)
    ]


def interleave(payload: bytes, seq: int, timestamp: int, marker: bool, *, channel: int = 0) -> bytes:
    """One RTP packet behind its `$` header (RFC 2326 §10.12)."""
    second = RTP_PAYLOAD_TYPE | (0x80 if marker else 0)
    rtp = struct.pack(">BBHII", 0x80, second, seq, timestamp & 0xFFFFFFFF, 0x1234) + payload
    return struct.pack(">BBH", 0x24, channel, len(rtp)) + rtp


def avcc(nals: tuple[bytes, ...]) -> bytes:
    """An access unit as it stands in MP4: each NAL unit behind its length."""
    return b"".join(struct.pack(">I", len(nal)) + nal for nal in nals)
