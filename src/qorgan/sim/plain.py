"""Clips without a line drawn live: H.265, and H.264 with B-frames. Whole pictures of the encoder, in decoding order.

`overlay` can write macroblocks into constrained baseline alone. Here the picture's place in the clip is drawn before it
is encoded; the number that counts on is in the SEI, as everywhere.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import msgspec
import numpy as np
from numpy.typing import NDArray

from qorgan.kernel.errors import Corrupt
from qorgan.sim.bits import escape
from qorgan.sim.codecs import VideoCodec
from qorgan.sim.h264 import NalType, split_annexb
from qorgan.sim.overlay import glyphs

if TYPE_CHECKING:
    from qorgan.sim.clips import Profile

Yuv = NDArray[np.uint8]
Coded = tuple[bytes, int]  # a picture as a byte stream, and its place in the order in which pictures are shown

_H265_VPS, _H265_SPS, _H265_PPS, _H265_PREFIX_SEI = 32, 33, 34, 39  # H.265 table 7-1
_H265_IRAP = range(16, 24)


class PlainFrame(msgspec.Struct, frozen=True, array_like=True):
    """A picture: its slices, and by how many pictures it is shown earlier than sent (0, or less than 0)."""

    key: bool
    shift: int
    nals: list[bytes]


class PlainClip(msgspec.Struct, frozen=True, kw_only=True):
    """An encoded clip of closed groups of pictures, which may be looped. Immutable; cameras share one object."""

    codec: VideoCodec
    width: int
    height: int
    rate_numerator: int
    rate_denominator: int
    sets: list[bytes]  # SPS and PPS, with H.265 the VPS before them
    frames: list[PlainFrame]


def encode(profile: "Profile", codec: VideoCodec, b_frames: int, pictures: Iterable[Yuv], *, steady: bool) -> PlainClip:
    """Encode `pictures` (yuv420p) as `profile` says; takes seconds. `steady` asks for one quality, not one bit rate."""
    run = _run_x264 if codec is VideoCodec.H264 else _run_x265
    packets = run(profile, b_frames, pictures, steady)
    sets: dict[int, bytes] = {}
    slices: list[list[bytes]] = []
    keys = []
    for data, _ in packets:
        nals = [(kind(nal, codec), nal) for nal in split_annexb(data)]
        sets |= {number: nal for number, nal in nals if number in _SETS[codec]}
        slices.append([nal for number, nal in nals if number in _SLICES[codec]])
        keys.append(any(number in _KEYS[codec] for number, _ in nals))
    if keys != [n % profile.gop_frames == 0 for n in range(profile.gops * profile.gop_frames)]:
        raise Corrupt("the encoder put key pictures where none were asked for")
    shown = [place - n for n, (_, place) in enumerate(packets)]
    return PlainClip(
        codec=codec,
        width=profile.width,
        height=profile.height,
        rate_numerator=profile.rate.numerator,
        rate_denominator=profile.rate.denominator,
        sets=[sets[number] for number in _SETS[codec]],
        frames=[PlainFrame(key, s - max(shown), nals) for key, s, nals in zip(keys, shown, slices, strict=True)],
    )


_SETS = {VideoCodec.H264: (NalType.SPS, NalType.PPS), VideoCodec.H265: (_H265_VPS, _H265_SPS, _H265_PPS)}
_SLICES = {VideoCodec.H264: (NalType.SLICE, NalType.IDR), VideoCodec.H265: range(32)}
_KEYS = {VideoCodec.H264: (NalType.IDR,), VideoCodec.H265: _H265_IRAP}


def kind(nal: bytes, codec: VideoCodec) -> int:
    """The type of a NAL unit without start code."""
    return nal[0] & 0x1F if codec is VideoCodec.H264 else nal[0] >> 1 & 0x3F


def h265_sei_user_data(uuid: bytes, data: bytes) -> bytes:
    """A prefix SEI `user_data_unregistered` (H.265 D.2.7) of fewer than 255 bytes, as a NAL unit."""
    payload = uuid + data
    return bytes([_H265_PREFIX_SEI << 1, 1]) + escape(b"\x05" + bytes([len(payload)]) + payload + b"\x80")


def numbered(pictures: Iterable[Yuv], height: int, letter: int, label: str) -> Iterator[Yuv]:
    """Each picture with a label and its place in the clip at its top left."""
    cell = 16 * letter
    drawn = glyphs(cell)
    for n, picture in enumerate(pictures):
        text = f"{label} {n:04d}"[: picture.shape[1] // cell]
        marked = picture.copy()
        if height >= cell:
            marked[:cell, : cell * len(text)] = np.hstack([drawn[letter] for letter in text])
        yield marked


def _run_x264(profile: "Profile", b_frames: int, pictures: Iterable[Yuv], steady: bool) -> list[Coded]:
    """Main profile, one slice, closed groups of equal length."""
    options = {"profile": "main", "preset": "ultrafast"}
    order = f"bframes={b_frames}:b-adapt=0:open-gop=0:slices=1:threads=1:sliced-threads=0:aud=0:force-cfr=1"
    options["x264-params"] = f"{_rate(profile, steady)}:{_groups(profile)}:{order}"
    return _run("libx264", profile, options, pictures)


def _run_x265(profile: "Profile", b_frames: int, pictures: Iterable[Yuv], steady: bool) -> list[Coded]:
    """Main profile, one slice, closed groups of equal length, parameter sets in band."""
    order = f"bframes={b_frames}:b-adapt=0:open-gop=0:repeat-headers=1:aud=0:info=0:frame-threads=1:log-level=none"
    options = {"preset": "ultrafast", "x265-params": f"{_rate(profile, steady)}:{_groups(profile)}:{order}"}
    return _run("libx265", profile, options, pictures)


def _rate(profile: "Profile", steady: bool) -> str:
    kbits = profile.bits_per_s // 1000
    return "qp=24" if steady else f"bitrate={kbits}:vbv-maxrate={kbits}:vbv-bufsize={kbits}"


def _groups(profile: "Profile") -> str:
    return f"keyint={profile.gop_frames}:min-keyint={profile.gop_frames}:scenecut=0"


def _run(name: str, profile: "Profile", options: dict[str, str], pictures: Iterable[Yuv]) -> list[Coded]:
    codec = av.CodecContext.create(name, "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = profile.width, profile.height, "yuv420p"
    codec.time_base, codec.framerate = 1 / Fraction(profile.rate), profile.rate
    codec.options = options
    packets = []
    for n, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = n
        packets += codec.encode(frame)
    return [(bytes(packet), packet.pts or 0) for packet in [*packets, *codec.encode(None)]]
