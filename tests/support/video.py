"""Real H.264 and H.265 with and without B-frames, AAC and G.711: encoded once per process, samples with their times."""

import functools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np

from qorgan.protocols.fmp4.order import DecodeTimes
from qorgan.protocols.fmp4.parameter_sets import AvcSps
from qorgan.protocols.fmp4.writer import AudioRun, AudioTrack, VideoTrack, fragment_head, init_segment
from qorgan.protocols.rtsp.h265 import parse_h265_sps
from tests.support.h264 import avcc, split_annex_b

STEP = 3600  # 25 frames/s


@dataclass(frozen=True)
class Unit:
    """One access unit without parameter sets. `shown` is its presentation time in 1/90000 s, counted from the first."""

    nals: tuple[bytes, ...]
    shown: int
    key: bool
    encoder_decode: int  # the decode time that the encoder itself gave

    @property
    def sample(self) -> bytes:
        return avcc(self.nals)


@dataclass(frozen=True)
class Video:
    track: VideoTrack
    units: tuple[Unit, ...]
    depth: int  # how far its SPS says that pictures wait


@functools.cache
def a_video(codec: str = "h264", b_frames: int = 0, frames: int = 50, gop: int = 25, pyramid: bool = False) -> Video:
    """A moving gradient of 160×96 at 25 frames/s, its units in decoding order."""
    packets = _encode(codec, b_frames, frames, gop, pyramid)
    units, sets = [], dict[int, bytes]()
    first = min(packet.pts for packet in packets)
    for packet in packets:
        nals = split_annex_b(bytes(packet))
        kinds = [_kind(nal, codec) for nal in nals]
        is_set = [kind in ((7, 8) if codec == "h264" else (32, 33, 34)) for kind in kinds]
        sets |= {kind: nal for kind, nal, here in zip(kinds, nals, is_set, strict=True) if here}
        kept = tuple(nal for nal, here in zip(nals, is_set, strict=True) if not here)
        key = 5 in kinds if codec == "h264" else any(16 <= kind <= 21 for kind in kinds)
        units.append(Unit(kept, (packet.pts - first) * STEP, key, packet.dts * STEP))
    if codec == "h264":
        avc = AvcSps.parse(sets[7])
        return Video(VideoTrack(sets[7], sets[8], avc.codec, avc.width, avc.height), tuple(units), avc.reorder_frames)
    hevc = parse_h265_sps(sets[33])
    track = VideoTrack(sets[33], sets[34], hevc.codec, hevc.width, hevc.height, sets[32])
    return Video(track, tuple(units), hevc.reorder_frames)


def _kind(nal: bytes, codec: str) -> int:
    return nal[0] & 0x1F if codec == "h264" else nal[0] >> 1 & 0x3F


def _encode(name: str, b_frames: int, frames: int, gop: int, pyramid: bool) -> list[Any]:
    codec: Any = av.CodecContext.create("libx264" if name == "h264" else "libx265", "w")
    codec.width, codec.height, codec.pix_fmt = 160, 96, "yuv420p"
    codec.time_base, codec.framerate = Fraction(1, 25), Fraction(25)
    order = (
        f"bframes={b_frames}:b-adapt=0:b-pyramid={'normal' if name == 'h264' else 1}"
        if pyramid
        else (f"bframes={b_frames}:b-adapt=0:b-pyramid={'none' if name == 'h264' else 0}")
    )
    common = f"keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:{order}"
    if name == "h264":
        codec.options = {"preset": "veryfast", "x264-params": f"{common}:threads=1"}
    else:
        codec.options = {
            "preset": "ultrafast",
            "x265-params": f"{common}:repeat-headers=1:pools=none:frame-threads=1:log-level=none",
        }
    packets = []
    for number in range(frames):
        row = (np.arange(160) * 2 + number * 4) % 256
        picture = np.repeat(row[None, :, None], 96, 0).repeat(3, 2).astype(np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = number
        packets += codec.encode(frame)
    return [*packets, *codec.encode(None)]


@dataclass(frozen=True)
class Sound:
    """Samples of equal length; `step` in 1/90000 s."""

    track: AudioTrack
    samples: tuple[bytes, ...]
    step: int


@functools.cache
def a_sound(codec: str, seconds: float = 2.0) -> Sound:
    """A tone as AAC at 16 kHz, or as G.711 (`alaw`, `ulaw`) in packets of 20 ms."""
    rate = 16_000 if codec == "aac" else 8_000
    names = {"aac": "aac", "alaw": "pcm_alaw", "ulaw": "pcm_mulaw"}
    encoder: Any = av.CodecContext.create(names[codec], "w")
    encoder.sample_rate, encoder.layout = rate, "mono"
    encoder.format = "fltp" if codec == "aac" else "s16"
    encoder.open()
    size = 1024 if codec == "aac" else 160
    tone = np.sin(np.arange(int(rate * seconds) // size * size) * 2 * np.pi * 440 / rate) * 0.25
    packets = []
    for at in range(0, len(tone), size):
        piece = tone[None, at : at + size]
        data = piece.astype(np.float32) if codec == "aac" else (piece * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(data, format=encoder.format.name, layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    track = (
        AudioTrack("mp4a.40.2", rate, 1, bytes(encoder.extradata)[:2]) if codec == "aac" else AudioTrack(codec, rate, 1)
    )
    return Sound(track, tuple(bytes(packet) for packet in packets), 90_000 * size // rate)


def timings(video: Video, depth: int | None = None) -> list[tuple[int, int, int]]:
    """(decode, duration, offset) of each unit, as `DecodeTimes` decides them one after the other."""
    times = DecodeTimes(video.depth if depth is None else depth)
    decided = [timing for unit in video.units for timing in times.take(unit.shown)]
    return [tuple(timing) for timing in [*decided, *times.finish(STEP)]]


def a_file(video: Video, sound: Sound | None = None, *, every: int = 5) -> bytes:
    """The whole as a file: fragments of at most `every` pictures that begin anew at a keyframe, sound beside them."""
    times = timings(video)
    with_offsets = any(offset for _, _, offset in times)
    data = init_segment(video.track, sound.track if sound else None)
    heard = 0
    for number, part in enumerate(_parts(video.units, every)):
        decode = [times[index] for index in part]
        samples = [video.units[index].sample for index in part]
        end = decode[-1][0] + decode[-1][1]
        run, sounds = _sound_until(sound, heard, end)
        heard += len(sounds)
        data += fragment_head(
            number + 1,
            decode[0][0],
            [len(sample) for sample in samples],
            [duration for _, duration, _ in decode],
            starts_with_key=video.units[part[0]].key,
            offsets=[offset for _, _, offset in decode] if with_offsets else None,
            audio=run,
        )
        data += b"".join([*samples, *sounds])
    return data


def _parts(units: tuple[Unit, ...], every: int) -> list[list[int]]:
    parts: list[list[int]] = []
    for index, unit in enumerate(units):
        if unit.key or len(parts[-1]) == every:
            parts.append([])
        parts[-1].append(index)
    return parts


def _sound_until(sound: Sound | None, heard: int, end: int) -> tuple[AudioRun | None, list[bytes]]:
    if sound is None:
        return None, []
    taken = [sample for n, sample in enumerate(sound.samples) if n >= heard and n * sound.step < end]
    if not taken:
        return None, []
    return AudioRun(heard * sound.step, [len(sample) for sample in taken], [sound.step] * len(taken)), taken
