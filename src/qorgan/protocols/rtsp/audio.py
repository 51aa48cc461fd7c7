"""Sound over RTP: AAC (RFC 3640, mode AAC-hbr) and G.711 (RFC 3551 §4.5.14). Packets become `AudioFrame`s.

Some 15 to 50 packets a second: here, one object per packet is cheap enough.
"""

from dataclasses import dataclass
from typing import Protocol

from qorgan.kernel.errors import Invalid
from qorgan.protocols.rtsp import rtp
from qorgan.protocols.rtsp.bits import BitReader
from qorgan.protocols.rtsp.h264 import MAX_JUMP
from qorgan.protocols.rtsp.sdp import Media

MAX_AU_BYTES = (
    16 * 1024
)  # 6144 bits a channel is the most an AAC frame has (ISO/IEC 14496-3 §4.5.3.2): eight channels fit
_MAX_UNITS = 64  # of one packet, empty ones included: eight kilobytes of headers would be sixty thousand
_FREQUENCIES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """One coded frame (AAC), or the samples of one packet (G.711). Timestamp and duration in the media's clock."""

    data: bytes
    timestamp: int
    duration: int


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """What a file must say of the sound: `codec` as in RFC 6381 ("mp4a.40.2"), or "alaw", "ulaw" for G.711.

    `config` is the AudioSpecificConfig of AAC (ISO/IEC 14496-3 §1.6.2.1), empty otherwise; `clock_rate` of timestamps.
    """

    codec: str
    clock_rate: int
    channels: int
    config: bytes = b""


class AudioDepacketizer(Protocol):
    """Packets of one audio stream into frames."""

    format: AudioFormat
    lost_packets: int

    def take_packet(self, packet: memoryview, frames: list[AudioFrame]) -> None:
        """One whole RTP packet; what it completes is appended to `frames`. What makes no sense is dropped."""
        ...


def depacketizer_for(media: Media) -> AudioDepacketizer | None:
    """Who reads this media; None for sound that we do not know, or that is described in a way we cannot read."""
    if media.encoding in ("PCMA", "PCMU"):
        return G711Depacketizer(media)
    if media.encoding == "MPEG4-GENERIC":
        try:
            return AacDepacketizer(media)
        except Invalid:
            return None
    return None


class _Counter:
    """Sequence numbers of one stream: what is missing."""

    def __init__(self) -> None:
        self.lost_packets = 0
        self._seq = -1

    def _missing(self, seq: int) -> bool:
        """Whether packets are missing before this one; how many is counted, unless the camera began to count anew."""
        expected, self._seq = self._seq, (seq + 1) & 0xFFFF
        if expected < 0 or seq == expected:
            return False
        lost = (seq - expected) & 0xFFFF
        self.lost_packets += lost if lost <= MAX_JUMP else 0
        return True


class G711Depacketizer(_Counter):
    """A-law and µ-law: every byte is a sample."""

    def __init__(self, media: Media) -> None:
        super().__init__()
        self.format = AudioFormat("alaw" if media.encoding == "PCMA" else "ulaw", media.clock_rate, media.channels)

    def take_packet(self, packet: memoryview, frames: list[AudioFrame]) -> None:
        """See `AudioDepacketizer`."""
        parsed = rtp.parse(packet)
        if parsed is None:
            return
        self._missing(parsed.seq)
        data = bytes(parsed.payload)
        if data:
            frames.append(AudioFrame(data, parsed.timestamp, len(data) // self.format.channels))


class AacDepacketizer(_Counter):
    """AAC in its high bit rate mode. Owns an access unit whose packets have not all come.

    Raises `Invalid` when the description lacks the configuration or wants fields that this mode does not have.
    """

    def __init__(self, media: Media) -> None:
        super().__init__()
        fmtp = media.fmtp
        self._size_bits = _small(fmtp, "sizelength")
        self._index_bits, self._delta_bits = _small(fmtp, "indexlength"), _small(fmtp, "indexdeltalength")
        extra = ("ctsdeltalength", "dtsdeltalength", "streamstateindication", "auxiliarydatasizelength")
        if not self._size_bits or any(_small(fmtp, name) for name in extra):
            raise Invalid("AAC in a mode other than AAC-hbr", code="camera.unsupported_codec")
        config = _hex(fmtp.get("config", ""))
        self.format, self._duration = _aac_format(config, media.clock_rate)
        self._unit, self._unit_bytes, self._timestamp = bytearray(), 0, 0

    def take_packet(self, packet: memoryview, frames: list[AudioFrame]) -> None:
        """See `AudioDepacketizer`."""
        parsed = rtp.parse(packet)
        if parsed is None:
            return
        if self._missing(parsed.seq):
            self._unit_bytes = 0  # the rest of an access unit whose beginning is there would be another's
        payload = parsed.payload
        if len(payload) < 2:
            return
        header_bits = payload[0] << 8 | payload[1]
        start = 2 + (header_bits + 7) // 8
        if start > len(payload):
            return
        sizes = self._sizes(bytes(payload[2:start]), header_bits)
        if len(sizes) == 1 and sizes[0][0] > len(payload) - start:
            self._fragment(sizes[0][0], payload[start:], parsed.timestamp, frames)
            return
        self._unit_bytes = 0
        for size, index in sizes:
            if size > len(payload) - start:
                return
            data = bytes(payload[start : start + size])
            timestamp = (parsed.timestamp + index * self._duration) & 0xFFFFFFFF
            frames.append(AudioFrame(data, timestamp, self._duration))
            start += size

    def _sizes(self, headers: bytes, bits: int) -> list[tuple[int, int]]:
        """Size of each access unit, and its place in time counted in units from the packet's timestamp (§3.2.1)."""
        number, found, index = int.from_bytes(headers, "big") >> (8 * len(headers) - bits), list[tuple[int, int]](), 0
        for place in range(_MAX_UNITS):
            index_bits = self._delta_bits if place else self._index_bits
            bits -= self._size_bits + index_bits
            if bits < 0:
                break
            fields = number >> bits
            index += 1 + (fields & (1 << index_bits) - 1) if place else 0
            size = fields >> index_bits & (1 << self._size_bits) - 1
            if 0 < size <= MAX_AU_BYTES:
                found.append((size, index))
        return found

    def _fragment(self, size: int, piece: memoryview, timestamp: int, frames: list[AudioFrame]) -> None:
        if (size, timestamp) != (self._unit_bytes, self._timestamp):
            self._unit = bytearray()
        self._unit_bytes, self._timestamp = size, timestamp
        self._unit += piece
        if len(self._unit) >= size:
            if len(self._unit) == size:
                frames.append(AudioFrame(bytes(self._unit), timestamp, self._duration))
            self._unit, self._unit_bytes = bytearray(), 0


def _aac_format(config: bytes, clock_rate: int) -> tuple[AudioFormat, int]:
    """Format, and the length of a frame in the clock of the timestamps. Raises `Invalid`."""
    bits = BitReader(config)
    kind = _object_type(bits)
    frequency, channels = _frequency(bits), bits.u(4)
    if kind in (5, 29):  # spectral band replication: the frequency inside comes after the one outside
        _frequency(bits)
        core = _object_type(bits)
    else:
        core = kind
    if core not in (1, 2, 3, 4, 17, 23) or not 7_000 <= frequency <= 96_000 or not 1 <= channels <= 7:
        raise Invalid("AAC of a kind that is not read", code="camera.unsupported_codec")
    samples = 960 if bits.u(1) else 1024
    duration = samples * clock_rate // frequency
    if not 1 <= duration <= 100_000:
        raise Invalid("an AAC clock that makes no sense", code="camera.unsupported_codec")
    return AudioFormat(f"mp4a.40.{kind}", clock_rate, 8 if channels == 7 else channels, config), duration


def _object_type(bits: BitReader) -> int:
    kind = bits.u(5)
    return 32 + bits.u(6) if kind == 31 else kind


def _frequency(bits: BitReader) -> int:
    index = bits.u(4)
    if index == 15:
        return bits.u(24)
    return _FREQUENCIES[index] if index < len(_FREQUENCIES) else 0


def _small(fmtp: dict[str, str], name: str) -> int:
    text = fmtp.get(name, "0")
    return min(int(text), 32) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)[:64]
    except ValueError:
        return b""
