"""Frames of one stream into runs, segments and fragments. Pure: it decides, the archive writes and live shows.

A run is one unbroken session with a camera. A segment is a file of about 60 s that begins with a keyframe. A fragment
is at most 1 s long and always begins anew at a keyframe.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from qorgan.edge.recorder.index import SegmentRow
from qorgan.edge.recorder.sound import Anchor, Sound, SoundSample, run_of
from qorgan.edge.recorder.timing import STEP_US, RunClock, to_media
from qorgan.protocols.fmp4.order import DecodeTimes, Timing, reorder_depth
from qorgan.protocols.fmp4.parameter_sets import AvcSps
from qorgan.protocols.fmp4.writer import TIMESCALE, AudioRun, AudioTrack, VideoTrack
from qorgan.protocols.rtsp.audio import AudioFormat, AudioFrame
from qorgan.protocols.rtsp.client import VideoDepacketizer
from qorgan.protocols.rtsp.h264 import Frame, H264Depacketizer
from qorgan.protocols.rtsp.h265 import H265SpsInfo, parse_h265_sps

FRAGMENT_MAX = TIMESCALE  # 1 s
SEGMENT_TARGET = 60 * TIMESCALE
SEGMENT_MAX = 180 * TIMESCALE  # no keyframe for so long: this camera cannot be cut; the run ends
JUMP_MAX = 10 * TIMESCALE
BACK_MAX = 2 * TIMESCALE  # a picture shown so long before one that came earlier is still a B-frame
DEFAULT_DURATION = 3600  # 25 frames/s, until the camera has shown its own pace
GOP_CACHE_MAX = 6 * 1024 * 1024
SOUND_BEHIND_MAX = TIMESCALE // 4  # so long a file that is cut waits for the sound of its last pictures


@dataclass(slots=True)
class Sample:
    """One frame with its place on the stream's media time (1/90000 s, growing over runs) and its length, once known.

    `media` is when it is decoded; it is shown `offset` later, or earlier: other than 0 only where there are B-frames.
    """

    data: bytes
    media: int
    key: bool
    duration: int = 0
    offset: int = 0
    damaged: bool = False  # packets of it, or of the picture before it, were lost


@dataclass(slots=True)
class Fragment:
    """Samples that are written together. `start` counts from the beginning of their segment.

    `damaged` counts those of its pictures of which packets were lost on the way from the camera.
    """

    sequence: int
    start: int
    duration: int = 0
    damaged: int = 0
    samples: list[Sample] = field(default_factory=list)
    sound: list[SoundSample] = field(default_factory=list)
    audio: AudioRun | None = None  # what the head says of the sound

    @property
    def data(self) -> list[bytes]:
        """The frames, and then the sound, in the order in which they stand in the file."""
        return [*(sample.data for sample in self.samples), *(sample.data for sample in self.sound)]

    @property
    def offsets(self) -> list[int] | None:
        """How much later than decoded each frame is shown; None where that is nowhere the case."""
        offsets = [sample.offset for sample in self.samples]
        return offsets if any(offsets) else None


@dataclass(frozen=True, slots=True)
class _Tail:
    """The last fragment of a file that has been cut, which waits for the sound of its time."""

    row: SegmentRow
    fragment: Fragment
    segment_media: int
    reason: str

    @property
    def end(self) -> int:
        return self.segment_media + self.fragment.start + self.fragment.duration


class Sink(Protocol):
    """Where a track's decisions go. None of these waits."""

    def open_segment(self, row: SegmentRow, track: VideoTrack, audio: AudioTrack | None) -> None: ...
    def write_fragment(self, row: SegmentRow, fragment: Fragment) -> None: ...
    def close_segment(self, row: SegmentRow, reason: str) -> None: ...
    def note_gap(self, camera: str, stream: str, at_us: int, cause: str | None) -> None: ...
    def new_segment_id(self) -> int: ...
    def new_run_id(self) -> int: ...


class TrackRecorder:
    """Cuts one stream. Owns the open segment's row, the frames that are held and the group of pictures so far.

    A frame is held until its length is known: until the next one, or, in a stream with B-frames, until those that are
    shown before it have come.
    """

    def __init__(self, camera: str, stream: str, sink: Sink, *, stagger: float = 0.0) -> None:
        self.camera, self.stream, self._sink = camera, stream, sink
        self.track: VideoTrack | None = None
        self.clock: RunClock | None = None
        self.gop: list[Sample] = []
        self.last_duration = DEFAULT_DURATION
        self.keyframe_every = 0  # 1/90000 s from the keyframe before the last one to the last; 0: there was only one
        self._keyframe_at: int | None = None
        self._gop_bytes = 0
        self._target = int(SEGMENT_TARGET * (0.25 + 0.75 * stagger))  # of the first file, so that not all cut at once
        self._scale = 1.0
        self._run = 0
        self._first_of_run = False
        self._restart: str | None = None
        self._row: SegmentRow | None = None
        self._segment_media = 0
        self._sequence = 0
        self._fragment: Fragment | None = None
        self._tail: _Tail | None = None
        self._held: deque[Sample] = deque()
        self._order: DecodeTimes | None = None  # only where pictures travel in another order than they are shown
        self._has_b_frames = False
        self._sound: Sound | None = None
        self._timestamp = 0
        self._media = 0  # when the latest frame is shown
        self._recorded_to = 0
        self._epoch_us: int | None = None

    def begin_session(self, clock_rate: int, sound: AudioFormat | None = None) -> None:
        """A new RTSP session: its timestamps have nothing to do with the last one's."""
        self._scale = TIMESCALE / clock_rate
        self._sound = None if sound is None else Sound(sound)

    @property
    def audio(self) -> AudioTrack | None:
        """What this session's sound is, if the camera sends any and we asked for it."""
        return None if self._sound is None else self._sound.track

    def take_sound(self, frames: list[AudioFrame], arrival_us: int, ahead_us: int | None) -> list[SoundSample]:
        """Record sound that was there at `arrival_us`, in the file of its pictures; nothing while there are none.

        `ahead_us`: how much later than the latest picture the first of it was heard, where the camera's reports say so.
        Returns it placed in time, for whoever listens: to be read at once, its end is still moved afterwards.
        """
        if self._sound is None or self.clock is None or not frames:
            return []
        if ahead_us is not None:
            anchor = Anchor(frames[0].timestamp, self._media + to_media(ahead_us), True)
        else:
            now = to_media(arrival_us - self.clock.offset_us)
            anchor = Anchor(frames[-1].timestamp + frames[-1].duration, now, False)
        placed = self._sound.take(frames, anchor)
        if self._tail is not None and self._sound.reached >= self._tail.end:
            self._write_tail()
        return placed

    @property
    def media(self) -> int:
        """When the latest frame is shown, 1/90000 s."""
        return self._media

    @property
    def since_keyframe(self) -> int:
        """How long before the latest frame the last keyframe was, 1/90000 s; 0: there was none."""
        return 0 if self._keyframe_at is None else self._media - self._keyframe_at

    @property
    def timestamp(self) -> int:
        """The RTP timestamp of the latest picture."""
        return self._timestamp

    def take(self, frames: list[Frame], source: VideoDepacketizer, arrival_us: int) -> list[Sample]:
        """Record frames that were whole at `arrival_us` (wall clock). Returns them placed in time, for live viewers.

        Nothing is recorded before the first keyframe.
        """
        placed: list[Sample] = []
        for frame in frames:
            for sample in self._place(frame, source, arrival_us):
                placed.append(sample)
                self._remember(sample)
        if placed and self.clock is not None and not self.clock.observe(self._media, arrival_us):
            self._restart = "clock_step"
        return placed

    def end_run(self, reason: str, at_us: int, *, gap: bool = True) -> None:
        """The session ended or cannot go on: write what is held, close the segment, note the gap that begins."""
        self._settle()
        end_us = at_us if self.clock is None else self.clock.wall_us(self._recorded_to)
        self._close_segment(reason)
        if gap:
            self._sink.note_gap(self.camera, self.stream, end_us, reason)
        self.clock, self._restart, self._order = None, None, None
        self.gop, self._gop_bytes = [], 0
        self.keyframe_every, self._keyframe_at = 0, None
        if self._sound is not None:
            self._sound.forget()

    def _place(self, frame: Frame, source: VideoDepacketizer, arrival_us: int) -> Iterable[Sample]:
        """Hold a frame, and record those before it whose times are certain now. Returns what live viewers may see."""
        if self.clock is not None:
            self._advance(frame)
            if self._tail is not None and self._media >= self._tail.end + SOUND_BEHIND_MAX:
                self._write_tail()
            if frame.key:
                self._turn(source, arrival_us)
            elif self._media - self._segment_media >= SEGMENT_MAX:
                self.end_run("no_keyframe", arrival_us)
        if self.clock is None:
            if not frame.key or not source.is_complete:
                return ()
            self._begin_run(frame, source, arrival_us)
        if self._row is None:
            self._open_segment()
        sample = Sample(frame.data, self._media, frame.key, damaged=frame.damaged)
        self._held.append(sample)
        if self._order is None:
            return (sample,)
        return self._decide(self._order.take(self._media, closes=frame.key and isinstance(source, H264Depacketizer)))

    def _turn(self, source: VideoDepacketizer, arrival_us: int) -> None:
        """A keyframe: where a run may end without loss, and where a file is cut."""
        reason = "parameters_changed" if source.changed else self._restart
        if reason:
            self._settle(self._media)
            set_ahead = self.clock is not None and arrival_us - self.clock.wall_us(self._media) > STEP_US
            self.end_run(reason, arrival_us, gap=reason == "clock_step" and set_ahead)  # an hour that never was
        elif self._media - self._segment_media >= self._target:
            self._settle(self._media)
            self._cut()
            self._target = SEGMENT_TARGET

    def _advance(self, frame: Frame) -> None:
        """Move on to the time of `frame`."""
        delta = (frame.timestamp - self._timestamp + 0x8000_0000 & 0xFFFFFFFF) - 0x8000_0000
        step = int(delta * self._scale)
        back = 0 if self._order is None else BACK_MAX
        if not -back <= step <= JUMP_MAX or not step:  # odd: keep the pace, begin a new run when we can
            self._has_b_frames = self._has_b_frames or -BACK_MAX <= step < 0
            self._restart, step = "timestamp_jump", self.last_duration
        self._timestamp = frame.timestamp
        self._media += step
        if self._order is None:
            self.last_duration = step
            if self._held:
                self._add(self._held.popleft(), step)

    def _decide(self, timings: list[Timing]) -> list[Sample]:
        """Record the earliest held frames, whose times are certain now."""
        samples = [self._held.popleft() for _ in timings]
        for sample, timing in zip(samples, timings, strict=True):
            sample.media, sample.offset = timing.decode, timing.offset
            self._add(sample, timing.duration)
            self.last_duration = timing.duration
        return samples

    def _settle(self, until: int | None = None) -> None:
        """Record all that is held: what follows, at the media time `until` if that is known, does not belong to it."""
        if self._order is None:
            if self._held:
                self._add(self._held.popleft(), self.last_duration)
            return
        timings = self._order.finish(self.last_duration)
        if timings and until is not None and until > timings[-1].decode:
            timings[-1] = timings[-1]._replace(duration=until - timings[-1].decode)
        self._decide(timings)

    def _begin_run(self, frame: Frame, source: VideoDepacketizer, arrival_us: int) -> None:
        self.track = track_of(source)
        source.changed = False
        if self._epoch_us is None:
            self._epoch_us = arrival_us
        # Media time grows over all runs, so that a player's timeline survives a reconnection
        self._media = max(self._media + self.last_duration, to_media(arrival_us - self._epoch_us))
        self._timestamp = frame.timestamp
        depth = reorder_depth(_read_sps(source))
        self._order = DecodeTimes(depth) if depth or self._has_b_frames else None
        self.clock = RunClock(self._media, arrival_us)
        self._run, self._first_of_run = self._sink.new_run_id(), True
        self._sink.note_gap(self.camera, self.stream, arrival_us, None)

    def _open_segment(self) -> None:
        assert self.track is not None and self.clock is not None
        self._segment_media, self._sequence = self._media, 0
        if self._order is not None:
            self._order.floor = self._media
        audio = None if self._sound is None else self._sound.track
        self._row = SegmentRow(
            id=self._sink.new_segment_id(),
            camera=self.camera,
            stream=self.stream,
            run=self._run,
            path="",
            wall_start_us=self.clock.wall_us(self._media),
            codec=self.track.codec if audio is None else f"{self.track.codec}, {audio.codec}",
            width=self.track.width,
            height=self.track.height,
            init_bytes=0,
        )
        self._sink.open_segment(self._row, self.track, audio)

    def _add(self, sample: Sample, duration: int) -> None:
        sample.duration = duration
        self._recorded_to = sample.media + duration
        if self._fragment is not None and (sample.key or self._fragment.duration + duration > FRAGMENT_MAX):
            self._flush()
        if self._fragment is None:
            self._sequence += 1
            self._fragment = Fragment(self._sequence, sample.media - self._segment_media)
        self._fragment.samples.append(sample)
        self._fragment.duration += duration
        self._fragment.damaged += sample.damaged

    def _flush(self) -> None:
        self._write_tail()  # its sound comes first: what is taken for later pictures is taken for good
        if self._fragment is not None and self._row is not None:
            if self._first_of_run and self.clock is not None:  # its clock still learns which frame was least delayed
                self._row.wall_start_us = self.clock.wall_us(self._segment_media)
            self._write(self._row, self._fragment, self._segment_media)
        self._fragment = None

    def _write(self, row: SegmentRow, fragment: Fragment, segment_media: int) -> None:
        if self._sound is not None:
            end = segment_media + fragment.start + fragment.duration
            fragment.sound = self._sound.take_until(segment_media, end)
            fragment.audio = run_of(fragment.sound, segment_media)
        self._sink.write_fragment(row, fragment)

    def _cut(self) -> None:
        """End a file in the middle of a run. Where sound comes later than its pictures, the file waits for it."""
        if self._sound is None or self._row is None or self._fragment is None:
            self._close_segment("rotation")
            return
        fragment, self._fragment = self._fragment, None
        self._write_tail()
        if self._first_of_run and self.clock is not None:
            self._row.wall_start_us = self.clock.wall_us(self._segment_media)
        self._tail = _Tail(self._row, fragment, self._segment_media, "rotation")
        self._row, self._first_of_run = None, False
        if self._sound.reached >= self._tail.end:
            self._write_tail()

    def _write_tail(self) -> None:
        if self._tail is not None:
            tail, self._tail = self._tail, None
            self._write(tail.row, tail.fragment, tail.segment_media)
            self._sink.close_segment(tail.row, tail.reason)

    def _close_segment(self, reason: str) -> None:
        self._flush()
        if self._row is not None:
            self._sink.close_segment(self._row, reason)
            self._first_of_run = False
        self._row = None

    def _remember(self, sample: Sample) -> None:
        if sample.key:
            self.gop, self._gop_bytes = [], 0
            self.keyframe_every = 0 if self._keyframe_at is None else sample.media - self._keyframe_at
            self._keyframe_at = sample.media
        if self.gop or sample.key:
            self.gop.append(sample)
            self._gop_bytes += len(sample.data)
            if self._gop_bytes > GOP_CACHE_MAX:  # a viewer then waits for the next keyframe
                self.gop, self._gop_bytes = [], 0


def track_of(source: VideoDepacketizer) -> VideoTrack:
    """What a file says of the pictures that come from here. Raises `Invalid` for parameter sets that make no sense."""
    info = _read_sps(source)
    vps = b"" if isinstance(source, H264Depacketizer) else source.vps
    return VideoTrack(source.sps, source.pps, info.codec, info.width, info.height, vps, source.more_pps)


def _read_sps(source: VideoDepacketizer) -> AvcSps | H265SpsInfo:
    return AvcSps.parse(source.sps) if isinstance(source, H264Depacketizer) else parse_h265_sps(source.sps)
