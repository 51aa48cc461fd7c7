"""The sound of one stream, placed beside its pictures. Pure.

Sound has a clock of its own: its RTP timestamps count samples. Where the camera's sender reports tell its wall clock
for both, they say which sound belongs to which picture (RFC 3550 §6.4.1); otherwise the time of arrival does.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from qorgan.protocols.fmp4.order import unwrapped
from qorgan.protocols.fmp4.writer import TIMESCALE, AudioRun, AudioTrack
from qorgan.protocols.rtsp.audio import AudioFormat, AudioFrame

WAITING_MAX = 1000  # frames, some 20 s: the oldest give way when no picture comes to take them along
PARTED = TIMESCALE // 2  # by arrival alone: less is jitter
PARTED_BY_REPORT = TIMESCALE // 50  # 20 ms: lips and voice are seen to part from about 40 ms on


@dataclass(slots=True)
class SoundSample:
    """One frame of sound with its place on the stream's media time and its length, in 1/90000 s."""

    data: bytes
    media: int
    duration: int


@dataclass(frozen=True, slots=True)
class Anchor:
    """The sound with this RTP timestamp belongs to this media time. `reported`: the camera said so."""

    timestamp: int
    media: int
    reported: bool


class Sound:
    """Owner of the sound that has come and waits for the pictures of its time."""

    def __init__(self, format: AudioFormat) -> None:
        self.track = AudioTrack(format.codec, format.clock_rate, format.channels, format.config)
        self._rate = format.clock_rate
        self._origin: tuple[int, int] | None = None  # an unwrapped timestamp and its media time
        self._latest = 0
        self.reached = 0  # media time up to which there is sound
        self._waiting: deque[SoundSample] = deque(maxlen=WAITING_MAX)

    def take(self, frames: Sequence[AudioFrame], anchor: Anchor) -> list[SoundSample]:
        """Place frames in time; they wait until pictures of that time are written. Returns them."""
        placed = []
        self._latest = self._latest if self._origin is not None else frames[0].timestamp
        self._follow(unwrapped(anchor.timestamp, self._latest), anchor)
        for frame in frames:
            self._latest = unwrapped(frame.timestamp, self._latest)
            duration = frame.duration * TIMESCALE // self._rate
            placed.append(SoundSample(frame.data, self._media_of(self._latest), duration))
        self._waiting += placed
        self.reached = placed[-1].media + placed[-1].duration
        return placed

    def take_until(self, start: int, end: int) -> list[SoundSample]:
        """The sound that begins before `end`, without holes. What lies before `start` is dropped."""
        taken: list[SoundSample] = []
        while self._waiting and self._waiting[0].media < end:
            sample = self._waiting.popleft()
            if sample.media + sample.duration <= start:
                continue
            sample.media = max(sample.media, start, taken[-1].media + 1 if taken else start)
            if taken:
                taken[-1].duration = sample.media - taken[-1].media
            taken.append(sample)
        return taken

    def forget(self) -> None:
        """The run is over: what waits belongs to nothing."""
        self._waiting.clear()
        self._origin, self.reached = None, 0

    def _follow(self, timestamp: int, anchor: Anchor) -> None:
        if self._origin is not None:
            apart = abs(anchor.media - self._media_of(timestamp))
            if apart <= (PARTED_BY_REPORT if anchor.reported else PARTED):
                return
        self._origin = timestamp, anchor.media

    def _media_of(self, timestamp: int) -> int:
        assert self._origin is not None
        return self._origin[1] + (timestamp - self._origin[0]) * TIMESCALE // self._rate


def run_of(samples: Sequence[SoundSample], from_media: int) -> AudioRun | None:
    """What a fragment's head says of these; times count from `from_media`."""
    if not samples:
        return None
    sizes, durations = [len(sample.data) for sample in samples], [sample.duration for sample in samples]
    return AudioRun(samples[0].media - from_media, sizes, durations)
