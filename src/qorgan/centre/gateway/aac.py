"""G.711 into AAC, by FFmpeg: for browsers, which play no G.711."""

from fractions import Fraction

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from qorgan.kernel.errors import Corrupt, Invalid
from qorgan.protocols.fmp4.reader import parse_fragment
from qorgan.protocols.fmp4.retime import fragments
from qorgan.protocols.fmp4.writer import TIMESCALE, AudioRun, AudioTrack, sound_fragment

_DECODERS = {"alaw": "pcm_alaw", "ulaw": "pcm_mulaw"}
_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
BITS_PER_S = 32_000  # of one channel: more than 64 kbit/s of G.711 hold
SILENCE_UP_TO_S = 1.0  # so much that is missing becomes silence; after more, coding begins anew
_JITTER_S = 0.02


class AacCoder:
    """One stream of sound. Owner of what waits for its frame to be full. `track` is what comes out.

    Times stay what they were. Raises `Invalid` for sound that is none of G.711's.
    """

    def __init__(self, track: AudioTrack) -> None:
        if track.codec not in _DECODERS or track.sample_rate not in _RATES or track.channels not in (1, 2):
            raise Invalid(f"sound of {track.codec}, {track.sample_rate} Hz, {track.channels} channels", code="sound")
        self._name, self._rate, self._channels = _DECODERS[track.codec], track.sample_rate, track.channels
        self._begin(0)
        config = bytes(self._encoder.extradata or b"")
        self.track = AudioTrack("mp4a.40.2", self._rate, self._channels, config)
        self._begun = False
        self._sequence = 0

    def code(self, data: bytes) -> bytes:
        """Fragments of sound alone into one of AAC; empty while no frame is full. Raises `Corrupt`."""
        coded: list[tuple[int, bytes]] = []
        for fragment in fragments(data):
            head = parse_fragment(fragment)
            if head.audio is None or head.sizes or len(fragment) < head.length:
                raise Corrupt("a message of sound is not sound alone", code="sound")
            try:
                samples = self._decoded(fragment[head.data_offset : head.length])
                coded += self._encoded(samples, head.audio.base_time)
            except FFmpegError as error:
                raise Corrupt(f"sound that FFmpeg does not take: {error}", code="sound") from error
        return self._fragment(coded)

    def _begin(self, at: int) -> None:
        """A fresh encoder whose first sample stands at a media time."""
        self._decoder = av.CodecContext.create(self._name, "r")
        encoder = av.CodecContext.create("aac", "w")
        for context in (self._decoder, encoder):
            assert isinstance(context, av.AudioCodecContext)
            context.sample_rate = self._rate
            context.layout = "mono" if self._channels == 1 else "stereo"
        assert isinstance(self._decoder, av.AudioCodecContext) and isinstance(encoder, av.AudioCodecContext)
        encoder.format = "fltp"
        encoder.bit_rate = BITS_PER_S * self._channels
        encoder.time_base = Fraction(1, self._rate)
        encoder.open()
        self._encoder = encoder
        self._origin, self._taken, self._waiting = at, 0, np.zeros((self._channels, 0), np.float32)

    def _decoded(self, data: bytes) -> NDArray[np.float32]:
        assert isinstance(self._decoder, av.AudioCodecContext)
        frames = [frame.to_ndarray() for frame in self._decoder.decode(av.Packet(data))]
        samples = np.concatenate(frames, axis=1).astype(np.float32) if frames else np.zeros((1, 0), np.float32)
        return samples.reshape(-1, self._channels).T / np.float32(32768.0)

    def _encoded(self, samples: NDArray[np.float32], at: int) -> list[tuple[int, bytes]]:
        """What becomes of samples that begin at a media time: AAC frames with the times at which they are heard."""
        expected = self._origin + (self._taken + self._waiting.shape[1]) * TIMESCALE // self._rate
        missing = (at - expected) / TIMESCALE
        if not self._begun or missing > SILENCE_UP_TO_S or missing < -_JITTER_S:
            self._begin(at)
            self._begun = True
        elif missing > _JITTER_S:
            quiet = np.zeros((self._channels, round(missing * self._rate)), np.float32)
            self._waiting = np.concatenate([self._waiting, quiet], axis=1)
        self._waiting = np.concatenate([self._waiting, samples], axis=1)
        coded, size = [], self._encoder.frame_size
        while self._waiting.shape[1] >= size:
            full, self._waiting = np.ascontiguousarray(self._waiting[:, :size]), self._waiting[:, size:]
            frame = av.AudioFrame.from_ndarray(full, format="fltp", layout="mono" if self._channels == 1 else "stereo")
            frame.sample_rate, frame.pts, frame.time_base = self._rate, self._taken, Fraction(1, self._rate)
            self._taken += size
            for packet in self._encoder.encode(frame):
                if packet.pts is not None and packet.pts >= 0:  # before it stands what the encoder needs to begin
                    coded.append((self._origin + packet.pts * TIMESCALE // self._rate, bytes(packet)))
        return coded

    def _fragment(self, coded: list[tuple[int, bytes]]) -> bytes:
        if not coded:
            return b""
        self._sequence += 1
        last = self._encoder.frame_size * TIMESCALE // self._rate
        times = [time for time, _ in coded]
        durations = [max(1, after - time) for time, after in zip(times, [*times[1:], times[-1] + last], strict=True)]
        run = AudioRun(times[0], [len(data) for _, data in coded], durations)
        return sound_fragment(self._sequence, run, b"".join(data for _, data in coded))
