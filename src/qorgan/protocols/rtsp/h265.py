"""H.265 over RTP (RFC 7798): packets into access units, and the little of H.265 itself that an archive must know.

The hot loop is built like the one of H.264: a packet makes no object beyond one slice of the caller's buffer, a run of
equal packets of one NAL unit is taken with one call, and what must outlive the buffer is copied once, in `keep()`.
"""

import functools
import heapq
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from qorgan.kernel.errors import Invalid
from qorgan.protocols.rtsp import rtp
from qorgan.protocols.rtsp.bits import BitReader
from qorgan.protocols.rtsp.h264 import MAX_FRAME_BYTES, MAX_JUMP, MAX_SET_BYTES, Frame

# As numbers: magic, channel and length; flags, marker and payload type; number; timestamp; source; payload header
# (RFC 7798 §4.4, the form of a NAL unit's header); header of a fragmentation unit. One unpack per packet.
_PACKET = struct.Struct(">IHHIIHB")
_PACKET_BYTES = _PACKET.size
_LENGTH = struct.Struct(">I")
_FU_START = struct.Struct(">IH")
_TYPE, _NOT_TYPE = 0x7E00, 0x81FF  # of a payload header

IRAP = range(16, 24)  # BLA, IDR, CRA and two reserved types: decoding can begin here (ITU-T H.265 table 7-1)
VPS, SPS, PPS = 32, 33, 34
_AP, _FU, _PACI = 48, 49, 50
_VCL = range(32)
_UNITS = range(48)  # what a file may hold; 48 to 63 are unspecified, and RTP's own (table 7-1)

_MAX_FRAGMENTS = 65_536  # of one NAL unit: each costs more memory than the bytes in it
_MAX_WAITING = 1_024  # NAL units that wait for their turn when the camera sends them out of decoding order


class H265Depacketizer:
    """RTP packets of one H.265 stream into `Frame`s. Owns the unfinished access unit and the parameter sets.

    Parameter sets go to `parameter_sets`, not into samples (they belong in `hvcC`); `changed` is raised when a new one
    differs. Everything else, SEI included, is kept byte for byte. A frame is `key` when its picture is an IRAP picture,
    `damaged` when something of it was lost, or the whole picture before it.

    With `max_don_diff` (sprop-max-don-diff) above zero, packets carry decoding order numbers, and NAL units are put
    into their decoding order (RFC 7798 §6); the last picture then waits for the one after it.

    Packets on other interleaved channels are skipped; with `others` set to a list, first byte and end of each such
    packet (behind its interleaved header) and its channel are written there: `(channel, start, end)`.
    """

    def __init__(self, parameter_sets: tuple[bytes, ...] = (), *, max_don_diff: int = 0) -> None:
        self.changed = False
        self.lost_packets = 0
        self.others: list[tuple[int, int, int]] | None = None
        self._sets: dict[tuple[int, int], bytes] = {}
        self._seq = -1
        self._timestamp = 0
        self._parts: list[bytes | memoryview] = []
        self._fu = -1  # index in _parts of the open FU's length; -1 when none is open
        self._fu_header = 0
        self._key = False
        self._damaged = False
        self._order = _DecodingOrder(max_don_diff) if max_don_diff > 0 else None
        for unit in parameter_sets:
            if len(unit) > 2:
                self._parameter_set(unit[0] >> 1 & 0x3F, unit)

    @property
    def parameter_sets(self) -> tuple[bytes, ...]:
        """All that are in force: video, sequence, picture parameter sets, each kind by its number."""
        return tuple(unit for _, unit in sorted(self._sets.items()))

    @property
    def vps(self) -> bytes:
        """The video parameter set with the lowest number; empty while there is none."""
        return self._first(VPS)

    @property
    def sps(self) -> bytes:
        """The sequence parameter set with the lowest number; empty while there is none."""
        return self._first(SPS)

    @property
    def pps(self) -> bytes:
        """The picture parameter set with the lowest number; empty while there is none."""
        return self._first(PPS)

    @property
    def more_pps(self) -> tuple[bytes, ...]:
        """The picture parameter sets beside `pps`."""
        return tuple(unit for (which, _), unit in sorted(self._sets.items()) if which == PPS)[1:]

    @property
    def is_complete(self) -> bool:
        """Whether the parameter sets are there that a file must have."""
        return bool(self.vps and self.sps and self.pps)

    @property
    def next_seq(self) -> int:
        """The sequence number that should come next; -1 before the first packet."""
        return self._seq

    def feed(self, buffer: memoryview, offset: int, end: int, channel: int, frames: list[Frame]) -> int:
        """Take interleaved packets of `buffer[offset:end]`; completed frames are appended to `frames`.

        Returns the offset of the first byte not taken: the start of a packet that is not whole yet, or of something
        that is not an interleaved packet. Frames are whole copies; the unfinished one still points into `buffer`
        until `keep()` is called.
        """
        unpack, ours = _PACKET.unpack_from, 0x2400 | channel
        while end - offset >= _PACKET_BYTES:
            framing, flags, seq, timestamp, _, header, fu = unpack(buffer, offset)
            stride = 4 + (framing & 0xFFFF)
            following = offset + stride
            if framing >> 24 != 0x24 or following > end:
                return offset
            kind = header & _TYPE
            if framing >> 16 != ours or stride < _PACKET_BYTES or flags & 0xFF00 != 0x8000 or self._order:
                if framing >> 16 == ours:
                    self._take(buffer[offset + 4 : following], frames)
                elif self.others is not None:
                    self.others.append((framing >> 16 & 0xFF, offset + 4, following))
                offset = following
                continue
            if seq != self._seq:
                self._gap(seq)
            if timestamp != self._timestamp:
                if self._parts:
                    self._next_picture(frames, kind >> 9, buffer, offset + 16)
                self._timestamp = timestamp
            count = 1
            if kind == _FU << 9:
                if fu & 0x80:
                    self._open_fu(header, fu)
                if self._fu < 0:
                    self._damaged = True  # the beginning of this NAL unit was lost
                elif fu & 0x40:
                    self._parts.append(buffer[offset + 19 : following])
                    self._close_fu()
                elif flags & 0x80 or end - offset < _WORTH_A_RUN * stride:
                    self._parts.append(buffer[offset + 19 : following])
                else:
                    payloads = _take_run(buffer, offset, end, stride)
                    self._parts += payloads
                    count = len(payloads)
            else:
                self._begin(kind >> 9, buffer[offset + 16 : following])
            self._seq = (seq + count) & 0xFFFF
            if flags & 0x80 and self._parts:
                self._finish(frames)
            offset += count * stride
        return offset

    def keep(self) -> None:
        """Copy what is unfinished out of the caller's buffer, which may be reused after this.

        Raises `Invalid` when an access unit grows beyond `MAX_FRAME_BYTES`.
        """
        if not self._parts:
            return
        if self._fu < 0:
            self._parts = [b"".join(self._parts)]
        else:
            before, after = b"".join(self._parts[: self._fu]), b"".join(self._parts[self._fu + 1 :])
            self._parts, self._fu = ([before, b"", after], 1) if before else ([b"", after], 0)
        if sum(map(len, self._parts)) > MAX_FRAME_BYTES:
            raise Invalid("a frame without end", code="camera.protocol_error")

    def take_packet(self, payload: memoryview, frames: list[Frame]) -> None:
        """One whole RTP packet without interleaved header. What it holds is copied at once."""
        self._take(payload, frames)
        self.keep()

    # Packets that are not of the usual form: padding, extension, a header only, decoding order numbers

    def _take(self, data: memoryview, frames: list[Frame]) -> None:
        packet = rtp.parse(data)
        if packet is None:
            return
        if self._order is not None:
            self._take_in_order(packet, self._order, frames)
            return
        if packet.seq != self._seq:
            self._gap(packet.seq)
        self._seq = (packet.seq + 1) & 0xFFFF
        if len(packet.payload) < 2:
            return
        kind = packet.payload[0] >> 1 & 0x3F
        if packet.timestamp != self._timestamp:
            if self._parts:
                self._next_picture(frames, kind, packet.payload, 0)
            self._timestamp = packet.timestamp
        self._begin(kind, packet.payload)
        if packet.marker and self._parts:
            self._finish(frames)

    def _take_in_order(self, packet: rtp.Packet, order: "_DecodingOrder", frames: list[Frame]) -> None:
        lost = packet.seq != self._seq and self._count_lost(packet.seq)
        self._seq = (packet.seq + 1) & 0xFFFF
        for timestamp, unit, damaged in order.take(packet, lost):
            if timestamp != self._timestamp and self._parts:
                self._finish(frames)
            self._timestamp = timestamp
            self._damaged |= damaged
            self._unit(unit[0] >> 1 & 0x3F, memoryview(unit))

    # What a payload holds

    def _begin(self, kind: int, payload: memoryview) -> None:
        if kind < _AP:
            self._unit(kind, payload)
        elif kind == _AP:
            for unit in _aggregated(payload):
                self._unit(unit[0] >> 1 & 0x3F, unit)
        elif kind == _FU and len(payload) >= 3:
            self._fragment(payload)
        elif kind == _PACI:
            unwrapped = _without_paci(payload)
            if unwrapped is not None:
                inside = unwrapped[0] >> 1 & 0x3F
                self._begin(inside if inside != _PACI else 63, unwrapped)

    def _fragment(self, payload: memoryview) -> None:
        """A fragmentation unit that came by the road beside the loop."""
        fu = payload[2]
        if fu & 0x80:
            self._open_fu(payload[0] << 8 | payload[1], fu)
        if self._fu < 0:
            self._damaged = True
            return
        self._parts.append(payload[3:])
        if fu & 0x40:
            self._close_fu()

    def _open_fu(self, header: int, fu: int) -> None:
        if self._fu >= 0:  # the end of the one before was lost
            del self._parts[self._fu :]
            self._damaged = True
        self._fu, self._fu_header = len(self._parts), header & _NOT_TYPE | (fu & 0x3F) << 9
        self._parts.append(b"")

    def _close_fu(self) -> None:
        header, first = self._fu_header, self._fu + 1
        kind = header >> 9 & 0x3F
        if kind in (VPS, SPS, PPS):
            self._parameter_set(kind, header.to_bytes(2, "big") + b"".join(self._parts[first:]))
            del self._parts[self._fu :]
        elif kind not in _UNITS:
            del self._parts[self._fu :]
        else:
            self._parts[self._fu] = _FU_START.pack(2 + sum(map(len, self._parts[first:])), header)
            if kind in IRAP:
                self._key = True
        self._fu = -1

    def _unit(self, kind: int, unit: memoryview) -> None:
        if self._fu >= 0:
            del self._parts[self._fu :]
            self._fu, self._damaged = -1, True
        if kind in (VPS, SPS, PPS):
            self._parameter_set(kind, bytes(unit))
            return
        if kind not in _UNITS:
            return
        if kind in IRAP:
            self._key = True
        self._parts.append(_LENGTH.pack(len(unit)))
        self._parts.append(unit)

    def _parameter_set(self, kind: int, unit: bytes) -> None:
        """Remember a set under its number. One of another layer, or an unreadable one, is none of ours."""
        if kind not in (VPS, SPS, PPS) or not 3 <= len(unit) <= MAX_SET_BYTES or unit[0] & 1 or unit[1] & 0xF8:
            return
        try:
            number = _set_number(kind, unit)
        except Invalid:
            return
        if self._sets.get((kind, number)) != unit:
            self._sets[kind, number] = unit
            self.changed = True

    def _first(self, kind: int) -> bytes:
        return next((unit for (which, _), unit in sorted(self._sets.items()) if which == kind), b"")

    # Losses, and the ends of pictures

    def _count_lost(self, seq: int) -> bool:
        """Whether packets are missing before this one; how many is counted, unless the camera began to count anew."""
        if self._seq < 0:
            return False
        lost = (seq - self._seq) & 0xFFFF
        self.lost_packets += lost if lost <= MAX_JUMP else 0
        return True

    def _gap(self, seq: int) -> None:
        if not self._count_lost(seq):
            return
        self._damaged = True
        if self._fu >= 0:  # an open NAL unit lost its middle: drop that unit, keep the others
            del self._parts[self._fu :]
            self._fu = -1

    def _next_picture(self, frames: list[Frame], kind: int, payload: memoryview, start: int) -> None:
        """A new timestamp while a picture is unfinished: its last packets were lost, or the camera sets no markers.

        After a loss the new picture is whole only when it is seen to begin: with what stands before its slices, or
        with a slice whose first bit says that it is the first (first_slice_segment_in_pic_flag, §7.3.6.1).
        """
        damaged = self._damaged
        self._finish(frames)
        if damaged:
            first = payload[start + 2 : start + 4]
            if kind == _FU:
                self._damaged = not (len(first) > 1 and first[0] & 0x80 and first[1] & 0x80)
            elif kind in _VCL:
                self._damaged = not (len(first) > 0 and first[0] & 0x80)

    def _finish(self, frames: list[Frame]) -> None:
        if self._fu >= 0:  # the end of a fragmented unit never came
            del self._parts[self._fu :]
            self._fu, self._damaged = -1, True
        if self._parts:
            frames.append(Frame(b"".join(self._parts), self._timestamp, self._key, self._damaged))
            self._damaged = False
        self._parts, self._key = [], False


def _aggregated(payload: memoryview) -> Iterator[memoryview]:
    """The NAL units of an aggregation packet (§4.4.2); what does not fit ends it."""
    offset = 2
    while offset + 2 < len(payload):
        length = payload[offset] << 8 | payload[offset + 1]
        offset += 2
        if not 2 <= length <= len(payload) - offset:
            return
        yield payload[offset : offset + length]
        offset += length


def _without_paci(payload: memoryview) -> memoryview | None:
    """The packet inside a PACI packet (§4.4.4): its extensions dropped, its payload under its own header again."""
    if len(payload) < 4:
        return None
    field = payload[2] << 8 | payload[3]
    start = 4 + (field >> 4 & 0x1F)
    if start >= len(payload):
        return None
    header = bytes([(field >> 15) << 7 | (field >> 9 & 0x3F) << 1 | payload[0] & 1, payload[1]])
    return memoryview(header + bytes(payload[start:]))


class _DecodingOrder:
    """NAL units that arrive out of decoding order, put right (RFC 7798 §6). Owns what waits for its turn."""

    def __init__(self, max_don_diff: int) -> None:
        self._damaged = False  # something was lost, and no unit came since
        self._most = min(max_don_diff, 32_767)
        self._waiting: list[tuple[int, int, int, bytes, bool]] = []
        self._last, self._count, self._bytes = -1, 0, 0
        self._fu: list[bytes] = []
        self._fu_bytes = self._fu_number = 0

    def take(self, packet: rtp.Packet, lost: bool) -> Iterator[tuple[int, bytes, bool]]:
        """Timestamp, NAL unit, and whether something was lost just before it came, of all whose turn has come.

        `lost`: packets are missing before this one.
        """
        if lost:
            self._damaged, self._fu = True, []
        for don, unit in self._units(packet):
            self._count += 1
            self._bytes += len(unit)
            heapq.heappush(self._waiting, (don, self._count, packet.timestamp, unit, self._damaged))
            self._damaged = False
        while self._waiting and self._full():
            _, _, timestamp, unit, after_loss = heapq.heappop(self._waiting)
            self._bytes -= len(unit)
            yield timestamp, unit, after_loss

    def _full(self) -> bool:
        span = self._last - self._waiting[0][0]
        return span >= self._most or len(self._waiting) > _MAX_WAITING or self._bytes > MAX_FRAME_BYTES

    def _absolute(self, number: int) -> int:
        """A decoding order number counted on over its wrap-around at 65536 (§4.4.2, AbsDon)."""
        if self._last < 0:
            self._last = number
            return number
        step = (number - self._last) & 0xFFFF
        here = self._last + (step if step < 0x8000 else step - 0x10000)
        self._last = max(self._last, here)
        return here

    def _units(self, packet: rtp.Packet) -> Iterator[tuple[int, bytes]]:
        payload: memoryview | None = packet.payload
        if payload and payload[0] >> 1 & 0x3F == _PACI:
            payload = _without_paci(payload)
        if payload is None or len(payload) < 5:
            return
        kind, number = payload[0] >> 1 & 0x3F, payload[2] << 8 | payload[3]
        if kind < _AP:
            yield self._absolute(number), bytes(payload[:2]) + bytes(payload[4:])
        elif kind == _AP:
            yield from self._aggregate(payload, number)
        elif kind == _FU:
            yield from self._fragment(payload)

    def _aggregate(self, payload: memoryview, number: int) -> Iterator[tuple[int, bytes]]:
        offset = 4
        while offset + 2 < len(payload):
            length = payload[offset] << 8 | payload[offset + 1]
            unit = payload[offset + 2 : offset + 2 + length]
            if length < 2 or len(unit) < length:
                return
            yield self._absolute(number & 0xFFFF), bytes(unit)
            offset += 2 + length
            if offset < len(payload):
                number += 1 + payload[offset]  # DOND
                offset += 1

    def _fragment(self, payload: memoryview) -> Iterator[tuple[int, bytes]]:
        fu = payload[2]
        if fu & 0x80:
            if len(payload) < 6:
                return
            header = (payload[0] << 8 | payload[1]) & _NOT_TYPE | (fu & 0x3F) << 9
            self._fu, self._fu_bytes = [header.to_bytes(2, "big"), bytes(payload[5:])], len(payload) - 5
            self._fu_number = payload[3] << 8 | payload[4]
        elif self._fu:
            self._fu.append(bytes(payload[3:]))
            self._fu_bytes += len(payload) - 3
            if self._fu_bytes > MAX_FRAME_BYTES or len(self._fu) > _MAX_FRAGMENTS:
                raise Invalid("a frame without end", code="camera.protocol_error")
        else:
            self._damaged = True
        if fu & 0x40 and self._fu:
            unit, self._fu = b"".join(self._fu), []
            yield self._absolute(self._fu_number), unit


_WORTH_A_RUN = 3  # packets; a shorter run is as quick one by one
_LONGEST_RUN = 16  # looking further ahead would touch memory that is not read yet
_BYTE = tuple(bytes([value]) for value in range(256))


@functools.lru_cache(maxsize=512)
def _run_packets(stride: int, count: int) -> struct.Struct:
    """Packets of `stride` bytes, five values each: all up to the number, rest of the RTP header, headers, payload."""
    return struct.Struct(">" + f"QQHB{stride - 19}s" * count)


def _take_run(buffer: memoryview, offset: int, end: int, stride: int) -> tuple[bytes | memoryview, ...]:
    """The payload of the FU packet at `offset`, and of those behind it that differ in number and payload alone."""
    last = min(end - stride, offset + _LONGEST_RUN * stride)
    fu_headers = bytes(buffer[offset + stride + 18 : last + 19 : stride])
    count = 1 + len(fu_headers) - len(fu_headers.lstrip(_BYTE[buffer[offset + 18] & 0x7F]))
    packets = _run_packets(stride, count).unpack_from(buffer, offset)
    numbers = packets[0::5]
    in_order = numbers == tuple(range(numbers[0], numbers[0] + count))
    if not in_order or packets[1::5].count(packets[1]) < count or packets[2::5].count(packets[2]) < count:
        return (buffer[offset + 19 : offset + stride],)
    return packets[4::5]


# What parameter sets say


@dataclass(frozen=True, slots=True)
class H265SpsInfo:
    """What a sequence parameter set says, as players and `hvcC` (ISO/IEC 14496-15 §8.3.3.1) want it.

    `codec` as in RFC 6381 and 14496-15 Annex E ("hvc1.1.6.L93.B0"); sizes in pixels inside the conformance window;
    `profile` are the 12 bytes from general_profile_space to general_level_idc; bit depths in bits; `reorder_frames` is
    how many pictures at most precede another in decoding order and follow it in output order.
    """

    codec: str
    width: int
    height: int
    profile: bytes
    chroma_format: int
    luma_bits: int
    chroma_bits: int
    temporal_layers: int
    temporal_nested: bool
    reorder_frames: int


def parse_h265_sps(sps: bytes) -> H265SpsInfo:
    """Codec string, picture size and what `hvcC` repeats (ITU-T H.265 §7.3.2.2.1, §7.3.3). Raises `Invalid`."""
    bits = BitReader(sps[2:])
    bits.u(4)
    layers = bits.u(3) + 1
    nested = bool(bits.u(1))
    profile = bits.u(96).to_bytes(12, "big")
    _skip_sub_layers(bits, layers - 1)
    bits.ue()
    chroma = bits.ue()
    if chroma > 3 or layers > 7:
        raise Invalid("the SPS makes no sense", code="camera.protocol_error")
    if chroma == 3:
        bits.u(1)
    width, height = bits.ue(), bits.ue()
    if bits.u(1):
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        width -= (2 if chroma in (1, 2) else 1) * (left + right)
        height -= (2 if chroma == 1 else 1) * (top + bottom)
    luma, chroma_bits = 8 + bits.ue(), 8 + bits.ue()
    if not (16 <= width <= 16384 and 16 <= height <= 16384 and luma <= 16 and chroma_bits <= 16):
        raise Invalid(f"a picture of {width}×{height}, {luma} bits", code="camera.protocol_error")
    reorder = _reorder_frames(bits, layers)
    codec = _codec_string(profile)
    return H265SpsInfo(codec, width, height, profile, chroma, luma, chroma_bits, layers, nested, reorder)


def _reorder_frames(bits: BitReader, layers: int) -> int:
    """sps_max_num_reorder_pics of the highest sub-layer; at most 16, the largest picture buffer there is (A.4.2)."""
    bits.ue()
    reorder = 0
    for _ in range(layers if bits.u(1) else 1):
        _, reorder, _ = bits.ue(), bits.ue(), bits.ue()
    return min(reorder, 16)


def _skip_sub_layers(bits: BitReader, count: int) -> None:
    present = [(bits.u(1), bits.u(1)) for _ in range(count)]
    if count:
        bits.u(2 * (8 - count))
    for profile, level in present:
        bits.u(88 * profile + 8 * level)


def _codec_string(profile: bytes) -> str:
    """14496-15 Annex E.3: profile, compatibility flags in reverse order, tier and level, constraints."""
    space, tier, idc = profile[0] >> 6, profile[0] >> 5 & 1, profile[0] & 0x1F
    flags = int(f"{int.from_bytes(profile[1:5], 'big'):032b}"[::-1], 2)
    constraints = "".join(f".{byte:X}" for byte in profile[5:11].rstrip(b"\x00"))
    return f"hvc1.{('', 'A', 'B', 'C')[space]}{idc}.{flags:X}.{'LH'[tier]}{profile[11]}{constraints}"


def _set_number(kind: int, unit: bytes) -> int:
    """The number under which other sets and slices refer to a parameter set (§7.4.3.1-3). Raises `Invalid`."""
    bits = BitReader(unit[2:])
    if kind == VPS:
        return bits.u(4)
    if kind == SPS:
        bits.u(4)
        layers = bits.u(3)
        bits.u(1 + 96)
        _skip_sub_layers(bits, layers)
    number = bits.ue()
    if number > 63:
        raise Invalid("a parameter set's number is out of range", code="camera.protocol_error")
    return number
