"""What a simulated camera lets hear: a few seconds of sound, encoded once, looped for ever, as AAC or as G.711."""

import secrets
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import av
import numpy as np
from numpy.typing import NDArray

from qorgan.sim import rtp
from qorgan.sim.codecs import AudioCodec
from qorgan.sim.rtp import RTP_CLOCK, Packets

if TYPE_CHECKING:
    from qorgan.sim.streams import Stream

AAC_PAYLOAD_TYPE = 97
LOOP_S = 4
_RATE = {AudioCodec.AAC: 16_000, AudioCodec.PCMA: 8_000, AudioCodec.PCMU: 8_000}
_SAMPLES = {AudioCodec.AAC: 1024, AudioCodec.PCMA: 160, AudioCodec.PCMU: 160}  # of a packet; G.711: RFC 3551 4.2
_ENCODER = {AudioCodec.AAC: "aac", AudioCodec.PCMA: "pcm_alaw", AudioCodec.PCMU: "pcm_mulaw"}
_PAYLOAD_TYPE = {AudioCodec.AAC: AAC_PAYLOAD_TYPE, AudioCodec.PCMA: 8, AudioCodec.PCMU: 0}


class SoundClip:
    """Sound in RTP packets, one access unit each (RFC 3640 3.3.6) or 20 ms. Immutable; cameras share one object.

    `rate` is its RTP clock; `packet_ticks` how long a packet lasts, in 1/90000 s; `sdp` its part of a description.
    """

    def __init__(self, codec: AudioCodec, payloads: list[bytes], config: bytes) -> None:
        kind = _PAYLOAD_TYPE[codec]
        self.codec, self.rate, self.payloads = codec, _RATE[codec], payloads
        self.packet_ticks = _SAMPLES[codec] * RTP_CLOCK // self.rate
        if codec is AudioCodec.AAC:
            units = [b"\x00\x10" + (len(payload) << 3).to_bytes(2, "big") + payload for payload in payloads]
            self.packets = [Packets.of_sound(unit, kind, marker=True) for unit in units]
            self.sdp = (
                f"m=audio 0 RTP/AVP {kind}\r\na=rtpmap:{kind} mpeg4-generic/{self.rate}/1\r\n"
                f"a=fmtp:{kind} streamtype=5;profile-level-id=15;mode=AAC-hbr;config={config.hex()};"
                "sizelength=13;indexlength=3;indexdeltalength=3\r\n"
            )
        else:
            self.packets = [Packets.of_sound(payload, kind, marker=False) for payload in payloads]
            self.sdp = f"m=audio 0 RTP/AVP {kind}\r\na=rtpmap:{kind} {codec.upper()}/{self.rate}/1\r\n"


@lru_cache(maxsize=len(AudioCodec))
def sound_clip(codec: AudioCodec) -> SoundClip:
    """The sound, encoded at the first call: some hundredths of a second."""
    rate, size = _RATE[codec], _SAMPLES[codec]
    encoder = av.CodecContext.create(_ENCODER[codec], "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = rate, "mono", "fltp" if codec is AudioCodec.AAC else "s16"
    encoder.bit_rate = 32_000
    count = LOOP_S * rate // size
    packets = []
    for n, piece in enumerate(_bell(rate, (count + 2) * size).reshape(-1, 1, size)):
        data = piece if codec is AudioCodec.AAC else (piece * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(data, format=encoder.format.name, layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, n * size, Fraction(1, rate)
        packets += encoder.encode(frame)
    payloads = [bytes(packet) for packet in packets][1 : count + 1]  # the first one of AAC is the encoder's run-up
    return SoundClip(codec, payloads, bytes(encoder.extradata or b"")[:2])


def _bell(rate: int, samples: int) -> NDArray[np.float32]:
    """A soft stroke each second over a room's hum."""
    at = np.arange(samples) / rate
    stroke = np.sin(2 * np.pi * 660 * at) * np.exp(-6 * (at % 1.0)) * 0.3
    return (stroke + np.sin(2 * np.pi * 50 * at) * 0.01).astype(np.float32)


class Listener(Protocol):
    """Somebody who hears a sound. Callers rely on: the call neither blocks nor raises because a peer is gone."""

    def send_sound(self, data: bytearray) -> None: ...


class Sound:
    """The sound of one stream while it runs. Owns its RTP state; falls silent while the stream stalls."""

    def __init__(self, clip: SoundClip, stream: "Stream") -> None:
        self.clip, self._stream = clip, stream
        self.phase_ticks, self.interval_ticks = stream.phase_ticks, clip.packet_ticks
        self.viewers: list[Listener] = []
        self.late = self.packets = self.payload_bytes = 0
        self.ssrc, self.seq, self._time_base = secrets.randbits(32), secrets.randbits(16), secrets.randbits(32)
        self._position = 0

    def timestamp(self, ticks: int) -> int:
        """The RTP time of a moment on the simulator's clock (in 1/90000 s)."""
        return (self._time_base + ticks * self.clip.rate // RTP_CLOCK) & 0xFFFFFFFF

    def join(self, listener: Listener) -> None:
        self.viewers.append(listener)

    def leave(self, listener: Listener) -> None:
        if listener in self.viewers:
            self.viewers.remove(listener)

    def emit(self, ticks: int, wall_us: int) -> None:
        """Send what is heard in this moment to everybody."""
        if self._stream.is_stalled:
            return
        packets = self.clip.packets[self._position]
        self._position = (self._position + 1) % len(self.clip.packets)
        data = bytearray(packets.data)
        self.seq = rtp.stamp(data, 0, packets.starts, self.seq, self.timestamp(ticks), self.ssrc)
        self.packets += 1
        self.payload_bytes += packets.payload_bytes
        for listener in list(self.viewers):
            listener.send_sound(data)
