"""Clips: a few seconds of a scene, encoded once, kept on disk, looped for ever and shared by many cameras.

`encode` runs in a process of its own (`python -m qorgan.sim.clips`), so that the simulator goes on sending meanwhile;
`ClipLibrary` starts it and keeps the result under a name made of everything that shaped it.
"""

import asyncio
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import repeat
from pathlib import Path

import av
import msgspec
import numpy as np
from numpy.typing import NDArray

from qorgan.kernel.errors import Corrupt, Unavailable
from qorgan.sim import faults, plain, scenes
from qorgan.sim.codecs import VideoCodec
from qorgan.sim.faults import Fault
from qorgan.sim.h264 import NalType, Sps, move_slice, nal_type, split_annexb
from qorgan.sim.overlay import NO_COLOUR, WHITE, Line
from qorgan.sim.plain import PlainClip
from qorgan.sim.rtp import RTP_CLOCK, Packets
from qorgan.sim.scenes import Scene

RECIPE = 2  # raise it when the same spec gives another clip: clips on disk are then encoded anew
ENCODE_WITHIN_S = 300.0

Yuv = NDArray[np.uint8]  # yuv420p as one array: height * 3 / 2 rows


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What a stream of a camera is like. A clip has an even number of groups of pictures (see `h264.move_slice`)."""

    width: int
    height: int
    frames_per_s: float
    bits_per_s: int
    gop_s: float = 2.0
    clip_s: float = 12.0
    letter: int = 1  # size of a drawn letter, in macroblocks

    @property
    def rate(self) -> Fraction:
        return Fraction(self.frames_per_s).limit_denominator(1000)

    @property
    def gop_frames(self) -> int:
        return max(1, round(self.gop_s * self.frames_per_s))

    @property
    def gops(self) -> int:
        """Groups of pictures in a clip: even, so that consecutive IDR pictures differ in idr_pic_id over the loop."""
        return max(2, 2 * round(self.clip_s / self.gop_s / 2))


MAIN = Profile(width=1920, height=1080, frames_per_s=25.0, bits_per_s=4_000_000, letter=2)
SUB = Profile(width=640, height=360, frames_per_s=12.5, bits_per_s=400_000)


class ClipSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that shapes a clip."""

    scene: Scene
    profile: Profile
    fault: Fault | None = None
    codec: VideoCodec = VideoCodec.H264
    b_frames: int = 0

    @property
    def drawn(self) -> bool:
        """Whether clock and number are drawn into its pictures while it is sent (`overlay`)."""
        return self.codec is VideoCodec.H264 and not self.b_frames

    def effective_profile(self) -> Profile:
        """The profile as the fault leaves it; the clips of faults are short, because somebody waits for them.

        So are those of H.265, which costs an encoder several times what plain H.264 does.
        """
        profile = self.profile
        if not self.drawn:
            profile = msgspec.structs.replace(profile, clip_s=min(profile.clip_s, 2 * profile.gop_s))
        if self.fault is None:
            return profile
        profile = msgspec.structs.replace(profile, clip_s=min(profile.clip_s, 2 * profile.gop_s))
        if self.fault is Fault.LOW_FPS:
            rate = profile.frames_per_s / faults.LOW_FPS_DIVISOR
            return msgspec.structs.replace(profile, frames_per_s=rate, bits_per_s=profile.bits_per_s // 2)
        if self.fault is Fault.NOISY:  # a camera without a limit on its bit rate: noise costs bits
            return msgspec.structs.replace(profile, bits_per_s=2 * profile.bits_per_s)
        if self.fault is Fault.LOW_RESOLUTION:
            width, height = max(64, profile.width // 48 * 16), max(64, profile.height // 6 * 2)
            bits = profile.bits_per_s // 4
            return msgspec.structs.replace(profile, width=width, height=height, bits_per_s=bits, letter=1)
        return profile

    def name(self) -> str:
        """A name that changes whenever the encoded clip would."""
        footage = scenes.FOOTAGE.get(self.scene)
        file = (scenes.ASSETS / footage.file).stat().st_size if footage else 0
        fields = msgspec.to_builtins(self)
        if self.drawn:
            del fields["codec"], fields["b_frames"]  # such clips keep the names that they had before there were others
        shaped_by = msgspec.json.encode([RECIPE, av.library_versions["libavcodec"], file, fields])
        return f"{self.scene}-{self.profile.height}-{hashlib.sha256(shaped_by).hexdigest()[:24]}"


class ClipFrame(msgspec.Struct, frozen=True, array_like=True):
    """A picture below the line of text: its slice is ready to send, the line's slices are made for each camera."""

    frame_num: int  # counts from the last IDR picture, modulo a power of two
    idr_pic_id: int
    slice_nal: bytes

    @property
    def key(self) -> bool:
        return nal_type(self.slice_nal) == NalType.IDR


class Clip(msgspec.Struct, frozen=True, kw_only=True):
    """An encoded clip. Immutable; cameras share one object."""

    width: int
    height: int
    rate_numerator: int
    rate_denominator: int
    letter: int
    frame_num_bits: int
    sps: bytes
    pps: bytes
    frames: list[ClipFrame]

    @property
    def frame_s(self) -> float:
        return self.rate_denominator / self.rate_numerator

    @property
    def line(self) -> Line:
        return Line(width_mbs=(self.width + 15) // 16, scale=self.letter)


def encode_plain(spec: ClipSpec) -> PlainClip:
    """Encode a clip into whose pictures nothing is drawn live; takes seconds and one core."""
    profile = spec.effective_profile()
    count = profile.gops * profile.gop_frames
    scene = scenes.frames(spec.scene, count, profile.frames_per_s)
    shot = _shoot(scene, spec.fault, profile.width, profile.height, 0, profile.height)
    frozen = spec.fault is Fault.FROZEN
    pictures = repeat(next(shot), count) if frozen else shot
    labelled = plain.numbered(pictures, profile.height, profile.letter, spec.codec.value)
    return plain.encode(profile, spec.codec, spec.b_frames, labelled, steady=frozen)


def encode(spec: ClipSpec) -> Clip:
    """Encode a clip and prove that nothing in it looks at the line above it; takes seconds and one core.

    Between the line and the scene lies a black guard. If a motion vector reaches over it all the same (a decoder
    would then carry letters into the scene), the clip is encoded again with a guard as high as the longest vector
    that x264 may use.
    """
    for guard_rows in (1, 2):
        clip, stream = _encode(spec, guard_rows)
        if _is_independent(clip, stream):
            return clip
    raise Corrupt(f"the clip of {spec.scene} with {spec.fault} depends on the line drawn above it")


def _encode(spec: ClipSpec, guard_rows: int) -> tuple[Clip, list[bytes]]:
    profile = spec.effective_profile()
    stream = _run_x264(profile, _rate_control(spec, profile), _pictures(spec, profile, guard_rows))
    nals = [nal for packet in stream for nal in split_annexb(packet)]
    written = Sps.parse(next(nal for nal in nals if nal_type(nal) == NalType.SPS))
    sps = replace(
        written,
        width=profile.width,
        height=profile.height,
        time_scale=2 * profile.rate.numerator,
        ticks_per_frame=2 * profile.rate.denominator,
    )
    clip = Clip(
        width=profile.width,
        height=profile.height,
        rate_numerator=profile.rate.numerator,
        rate_denominator=profile.rate.denominator,
        letter=profile.letter,
        frame_num_bits=sps.log2_max_frame_num,
        sps=sps.nal(),
        pps=next(nal for nal in nals if nal_type(nal) == NalType.PPS),
        frames=_frames(nals, sps, profile),
    )
    if len(clip.frames) != profile.gops * profile.gop_frames:
        raise Corrupt(f"x264 gave {len(clip.frames)} slices for {profile.gops * profile.gop_frames} pictures")
    return clip, stream


def _frames(nals: list[bytes], sps: Sps, profile: Profile) -> list[ClipFrame]:
    """The slices, moved below the line of text."""
    first_mb = sps.width_mbs * profile.letter
    slices = [nal for nal in nals if nal_type(nal) in (NalType.SLICE, NalType.IDR)]
    frames = []
    for n, nal in enumerate(slices):
        idr_pic_id = n // profile.gop_frames % 2
        header, moved = move_slice(nal, sps.log2_max_frame_num, first_mb=first_mb, idr_pic_id=idr_pic_id)
        if header.idr != (n % profile.gop_frames == 0):
            raise Corrupt("x264 put an IDR picture where none was asked for")
        frames.append(ClipFrame(header.frame_num, idr_pic_id, moved))
    return frames


def _run_x264(profile: Profile, rate_control: str, pictures: Iterator[Yuv]) -> list[bytes]:
    """Byte streams, one for each picture: constrained baseline, one slice, one reference, as `h264` understands it."""
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width = profile.width
    codec.height = -(-profile.height // 16) * 16 - 16 * profile.letter
    codec.pix_fmt = "yuv420p"
    codec.time_base = 1 / profile.rate
    codec.framerate = profile.rate
    codec.options = {
        "profile": "baseline",
        "preset": "ultrafast",
        "x264-params": f"{rate_control}:keyint={profile.gop_frames}"
        f":min-keyint={profile.gop_frames}:scenecut=0:open-gop=0:bframes=0:ref=1:weightp=0:cabac=0:8x8dct=0"
        ":slices=1:threads=1:sliced-threads=0:sync-lookahead=0:rc-lookahead=10:mvrange=32:aud=0:force-cfr=1",
    }
    packets = []
    for n, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = n
        packets += codec.encode(frame)
    packets += codec.encode(None)
    return [bytes(packet) for packet in packets]


def _rate_control(spec: ClipSpec, profile: Profile) -> str:
    """A constant bit rate; for a frozen picture a constant quality, lest the encoder goes on improving it."""
    if spec.fault is Fault.FROZEN:
        return "qp=24"
    kbits = max(40_000, profile.bits_per_s - _line_bits_per_s(profile)) // 1000
    return f"bitrate={kbits}:vbv-maxrate={kbits}:vbv-bufsize={kbits}"


def _line_bits_per_s(profile: Profile) -> int:
    """What the line of text costs: some 35 letters at each IDR picture, one or two in each other one."""
    pcm_bits = 384 * 8 * profile.letter**2
    return int(pcm_bits * (35 / profile.gop_s + 1.2 * profile.frames_per_s))


def _pictures(spec: ClipSpec, profile: Profile, guard_rows: int) -> Iterator[Yuv]:
    """The pictures as x264 gets them: a black guard on top, then the scene; without the rows of the line."""
    coded_height = -(-profile.height // 16) * 16 - 16 * profile.letter
    guard = 16 * guard_rows
    height = profile.height - 16 * profile.letter - guard
    count = profile.gops * profile.gop_frames
    pictures = scenes.frames(spec.scene, count, profile.frames_per_s)
    if spec.fault is Fault.FROZEN:
        yield from repeat(next(_shoot(pictures, spec.fault, profile.width, height, guard, coded_height)), count)
    else:
        yield from _shoot(pictures, spec.fault, profile.width, height, guard, coded_height)


def _shoot(
    pictures: Iterator[scenes.Rgb], fault: Fault | None, width: int, height: int, guard: int, coded_height: int
) -> Iterator[Yuv]:
    """Each picture at its final size, with its fault, with a sensor's noise, and with the guard above it."""
    noise = np.random.default_rng(20261122)
    seen: scenes.Rgb | None = None
    scaled: Yuv = np.empty(0, dtype=np.uint8)
    for rgb in pictures:
        if rgb is not seen:
            scaled = _scale(faults.turn_away(rgb) if fault is Fault.MOVED else rgb, width, height)
            seen = rgb
        luma, chroma = faults.apply(fault, scaled[:height], scaled[height:], noise)
        if fault is not Fault.BLACK:
            luma = faults.sensor_noise(luma, noise)
        yield _frame_with_guard(luma, chroma, guard, coded_height)


def _scale(rgb: scenes.Rgb, width: int, height: int) -> Yuv:
    """A picture at another size; what does not fit its shape is cut off above and below."""
    rows = min(rgb.shape[0], rgb.shape[1] * height // width // 2 * 2)
    above = (rgb.shape[0] - rows) // 2
    cut = np.ascontiguousarray(rgb[above : above + rows])
    return (
        av.VideoFrame.from_ndarray(cut, format="rgb24")
        .reformat(width, height, "yuv420p")
        .to_ndarray()
        .astype(np.uint8, copy=False)
    )


def _frame_with_guard(luma: Yuv, chroma: Yuv, guard: int, coded_height: int) -> Yuv:
    """Put black above the scene, and repeat its last row below it up to the end of the last macroblock."""
    height, width = luma.shape
    framed = np.empty((coded_height * 3 // 2, width), dtype=np.uint8)
    _fill(framed[:coded_height], luma, guard, 16)
    planes = framed[coded_height:].reshape(2, coded_height // 2, width // 2)
    for plane, scene in zip(planes, chroma.reshape(2, height // 2, width // 2), strict=True):
        _fill(plane, scene, guard // 2, NO_COLOUR)
    return framed


def _fill(plane: Yuv, scene: Yuv, guard: int, black: int) -> None:
    plane[:guard] = black
    plane[guard : guard + len(scene)] = scene
    plane[guard + len(scene) :] = scene[-1]


def _is_independent(clip: Clip, stream: list[bytes]) -> bool:
    """Whether the scene decodes to the same samples below a white line as it does without any line."""
    line, top = clip.line, 16 * clip.letter
    for expected, got in zip(_decode(stream), _decode(_below_white(clip)), strict=True):
        shown = clip.height - top
        if not np.array_equal(expected[:shown], got[top : clip.height]):
            return False
        if int(got[:top, : line.cells * top].min()) != WHITE:
            return False
    return True


def _below_white(clip: Clip) -> Iterator[bytes]:
    """The clip as a byte stream under a line of white macroblocks."""
    for frame in clip.frames:
        line = (
            clip.line.paint(WHITE, clip.frame_num_bits, frame.idr_pic_id)
            if frame.key
            else [clip.line.draw_changes("", "", frame.frame_num, clip.frame_num_bits)]
        )
        sets = [clip.sps, clip.pps] if frame.key else []
        yield b"".join(b"\x00\x00\x00\x01" + nal for nal in [*sets, *line, frame.slice_nal])


def _decode(stream: Iterable[bytes]) -> Iterator[Yuv]:
    """The luma of each picture. Raises PyAV's errors for a stream that is not in order."""
    codec = av.CodecContext.create("h264", "r")
    assert isinstance(codec, av.VideoCodecContext)
    codec.thread_count = 1
    codec.options = {"err_detect": "explode"}
    for packet in [*map(av.Packet, stream), None]:
        for frame in codec.decode(packet):
            plane = frame.planes[0]
            samples = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)
            yield samples[: frame.height, : frame.width]


class PackedFrame:
    """A picture of a clip whose slices already stand in RTP packets. `shift` is 0 or less: see `plain.PlainFrame`."""

    __slots__ = ("frame_num", "idr_pic_id", "key", "packets", "shift")

    def __init__(self, key: bool, packets: Packets, *, frame_num: int = 0, idr_pic_id: int = 0, shift: int = 0) -> None:
        self.key, self.packets = key, packets
        self.frame_num, self.idr_pic_id, self.shift = frame_num, idr_pic_id, shift


class PackedClip:
    """A clip as it is sent. Immutable and large: every camera that shows it holds the same object.

    `sets` are its parameter sets. `line` is None where nothing is drawn into its pictures.
    """

    def __init__(self, clip: Clip | PlainClip) -> None:
        self.width, self.height = clip.width, clip.height
        self.frames_per_s = clip.rate_numerator / clip.rate_denominator
        self.frame_ticks = RTP_CLOCK * clip.rate_denominator // clip.rate_numerator
        self.codec, self.frame_num_bits = VideoCodec.H264, 0
        self.line: Line | None = None
        if isinstance(clip, PlainClip):
            self.codec, self.sets = clip.codec, clip.sets
            self.frames = [_pack_plain(frame, clip.codec) for frame in clip.frames]
        else:
            self.sets, self.line, self.frame_num_bits = [clip.sps, clip.pps], clip.line, clip.frame_num_bits
            self.frames = [_pack(frame) for frame in clip.frames]

    def next_key(self, position: int) -> int:
        """The index of the first key picture at `position` or after it, around the loop."""
        count = len(self.frames)
        return next(n % count for n in range(position, position + count) if self.frames[n % count].key)


def _pack(frame: ClipFrame) -> PackedFrame:
    packets = Packets.of([frame.slice_nal], ends_picture=True)
    return PackedFrame(frame.key, packets, frame_num=frame.frame_num, idr_pic_id=frame.idr_pic_id)


def _pack_plain(frame: plain.PlainFrame, codec: VideoCodec) -> PackedFrame:
    return PackedFrame(frame.key, Packets.of(frame.nals, ends_picture=True, codec=codec), shift=frame.shift)


class ClipLibrary:
    """Owns the clips on disk and in memory. Each is encoded at most once, `workers` at a time, in other processes."""

    def __init__(self, folder: Path, *, workers: int = 2) -> None:
        self._folder = folder
        self._free = asyncio.Semaphore(workers)
        self._asked: dict[ClipSpec, asyncio.Task[PackedClip]] = {}

    async def get(self, spec: ClipSpec) -> PackedClip:
        """The clip, encoded now if it was never encoded before. Raises `Unavailable` if that fails."""
        if spec not in self._asked:
            self._asked[spec] = asyncio.create_task(self._get(spec), name=f"clip:{spec.name()}")
        try:
            return await asyncio.shield(self._asked[spec])
        except Unavailable:
            self._asked.pop(spec, None)
            raise

    async def close(self) -> None:
        """Stop encoding."""
        tasks = [task for task in self._asked.values() if not task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._asked.clear()

    async def _get(self, spec: ClipSpec) -> PackedClip:
        file = self._folder / f"{spec.name()}.clip"
        if not file.exists():
            async with self._free:
                await _encode_elsewhere(spec, file)
        if spec.drawn:
            return PackedClip(msgspec.msgpack.decode(file.read_bytes(), type=Clip))
        return PackedClip(msgspec.msgpack.decode(file.read_bytes(), type=PlainClip))


async def _encode_elsewhere(spec: ClipSpec, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "qorgan.sim.clips",
        str(file),
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(ENCODE_WITHIN_S):
            _, errors = await process.communicate(msgspec.json.encode(spec))
    except TimeoutError as error:
        raise Unavailable(f"a clip of {spec.scene} was not encoded within {ENCODE_WITHIN_S:.0f} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise Unavailable(f"a clip of {spec.scene} could not be encoded: {errors.decode(errors='replace')[-2000:]}")


def main() -> None:
    """Encode the spec on stdin into the file named by the only argument, politely and all or nothing."""
    os.nice(10)
    spec = msgspec.json.decode(sys.stdin.buffer.read(), type=ClipSpec)
    file = Path(sys.argv[1])
    data = msgspec.msgpack.encode(encode(spec) if spec.drawn else encode_plain(spec))
    with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".new", delete=False) as new:
        new.write(data)
    Path(new.name).replace(file)


if __name__ == "__main__":
    main()
