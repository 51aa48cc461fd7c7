"""H.264 over RTP (RFC 6184): packets into access units.

The hot loop is here. What is added per packet is paid 375 times a second per camera, so a packet makes no object
beyond one slice of the caller's buffer; what must outlive that buffer is copied once, at the end of the batch.
"""

import functools
import struct

from qorgan.kernel.errors import Invalid
from qorgan.protocols.rtsp.bits import BitReader

# Interleaved header (RFC 2326 §10.12), RTP header (RFC 3550 §5.1), first two payload bytes: one unpack per packet.
_PACKET = struct.Struct(">BBHBBHIIBB")
_PACKET_BYTES = _PACKET.size
_RTP_BYTES = _PACKET_BYTES - 4  # the shortest RTP packet that the loop reads
_NAL_LENGTH = struct.Struct(">I")
_FU_START = struct.Struct(">IB")
MAX_FRAME_BYTES = 8 * 1024 * 1024
MAX_JUMP = 3_000  # packets; beyond it the camera has begun to count anew (RFC 3550 A.1 MAX_DROPOUT)

NAL_SLICE, NAL_IDR, NAL_SPS, NAL_PPS = 1, 5, 7, 8
_STAP_A, _FU_A = 24, 28
_UNITS = range(1, 24)  # what a file may hold; 0 and 24 to 31 are unspecified, and RTP's own (ITU-T H.264 table 7-1)
_BEFORE_SLICES = (6, NAL_SPS, NAL_PPS, 9)  # SEI, parameter sets, delimiter: what may begin an access unit (§7.4.1.2.3)
MAX_SET_BYTES = 16 * 1024  # a longer parameter set is none
_MAX_PPS_NUMBER = 31  # the standard allows 255; cameras have one, seldom two


class Frame:
    """One access unit: AVCC sample (4-byte lengths), 90 kHz timestamp, whether it can be decoded by itself."""

    __slots__ = ("damaged", "data", "key", "timestamp")

    def __init__(self, data: bytes, timestamp: int, key: bool, damaged: bool) -> None:
        self.data, self.timestamp, self.key, self.damaged = data, timestamp, key, damaged


class H264Depacketizer:
    """RTP packets of one H.264 stream into `Frame`s. Owns the unfinished access unit; nothing else.

    Parameter sets go to `sps` and `pps`, not into samples (they belong in `avcC`); `changed` is raised when a new one
    differs. Of several picture parameter sets `pps` has the lowest number, the others stand in `more_pps`. Everything
    else, SEI included, is kept byte for byte.

    Packets on other interleaved channels are skipped; with `others` set to a list, first byte and end of each such
    packet (behind its interleaved header) and its channel are written there: `(channel, start, end)`.
    """

    def __init__(self, parameter_sets: tuple[bytes, ...] = ()) -> None:
        self.sps, self.pps, self.more_pps = b"", b"", tuple[bytes, ...]()
        self._numbered: dict[int, bytes] = {}
        self.changed = False
        self.lost_packets = 0
        self.others: list[tuple[int, int, int]] | None = None
        self._seq = -1
        self._timestamp = 0
        self._parts: list[bytes | memoryview] = []
        self._size = 0
        self._fu = -1  # index in _parts of the open FU-A's length; -1 when none is open
        self._fu_size = 0
        self._fu_header = 0
        self._key = False
        self._damaged = False
        for unit in parameter_sets:
            self._parameter_set(unit[0] & 0x1F, unit)

    @property
    def is_complete(self) -> bool:
        """Whether the parameter sets are there that a file must have."""
        return bool(self.sps and self.pps)

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
        unpack = _PACKET.unpack_from
        while end - offset >= _PACKET_BYTES:
            magic, ch, length, flags, marker, seq, timestamp, _, nal, fu = unpack(buffer, offset)
            following = offset + 4 + length
            if magic != 0x24 or following > end:
                return offset
            if ch != channel or length < _RTP_BYTES or flags != 0x80:
                if ch == channel:
                    self._odd_packet(buffer, offset + 4, following, frames)
                elif self.others is not None:
                    self.others.append((ch, offset + 4, following))
                offset = following
                continue
            if seq != self._seq:
                self._gap(seq)
            self._seq = (seq + 1) & 0xFFFF
            start = offset + 16
            kind = nal & 0x1F
            if timestamp != self._timestamp:
                if self._parts:
                    self._next_picture(frames, kind, buffer[start:following])
                self._timestamp = timestamp
            if kind == _FU_A and not fu & 0x80:  # the middle or the end of a fragmented NAL unit
                if self._fu >= 0:
                    stride = following - offset
                    if not (fu & 0x40 or marker & 0x80) and end - offset >= _WORTH_A_RUN * stride:
                        payloads = _take_run(buffer, offset, end, stride)
                        if payloads:
                            count = len(payloads)
                            self._parts += payloads
                            self._fu_size += count * (stride - 18)
                            self._seq = (seq + count) & 0xFFFF
                            offset += count * stride
                            continue
                    self._parts.append(buffer[start + 2 : following])
                    self._fu_size += length - 14
                    if fu & 0x40:
                        self._close_fu()
                else:
                    self._damaged = True  # the beginning of this NAL unit was lost
            else:
                self._begin(kind, nal, fu, buffer, start, following)
            if marker & 0x80 and self._parts:
                self._finish(frames)
            offset = following
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
        if len(payload) < _RTP_BYTES or payload[0] != 0x80:
            self._odd_packet(payload, 0, len(payload), frames)
        else:
            self._usual_packet(bytes(payload), frames)

    def _usual_packet(self, packet: bytes, frames: list[Frame]) -> None:
        """Version 2 without padding, sources or extension, long enough for the loop. It is kept by being sliced."""
        framed = memoryview(struct.pack(">BBH", 0x24, 0, len(packet)) + packet)
        self.feed(framed, 0, len(framed), 0, frames)

    def _odd_packet(self, buffer: memoryview, start: int, end: int, frames: list[Frame]) -> None:
        """Padding, contributing sources or a header extension: rebuilt without them, then taken as usual."""
        if end - start < 12 or buffer[start] >> 6 != 2:
            return
        flags = buffer[start]
        body = start + 12 + 4 * (flags & 0x0F)
        if flags & 0x10 and body + 4 <= end:
            body += 4 + 4 * (buffer[body + 2] << 8 | buffer[body + 3])
        if flags & 0x20 and end > body:
            end -= buffer[end - 1]
        if end - body < 1:
            self._seq = ((buffer[start + 2] << 8 | buffer[start + 3]) + 1) & 0xFFFF
            return
        plain = b"\x80" + bytes(buffer[start + 1 : start + 12]) + bytes(buffer[body:end])
        if len(plain) < _RTP_BYTES:
            plain += bytes(_RTP_BYTES - len(plain))  # a NAL unit of one byte: trailing zero bytes are allowed after it
        self._usual_packet(plain, frames)

    def _gap(self, seq: int) -> None:
        if self._seq >= 0:
            lost = (seq - self._seq) & 0xFFFF
            self.lost_packets += lost if lost <= MAX_JUMP else 0
            self._damaged = True
            if self._fu >= 0:  # an open NAL unit lost its middle: drop that unit, keep the others
                del self._parts[self._fu :]
                self._fu = -1

    def _begin(self, kind: int, nal: int, fu: int, buffer: memoryview, start: int, end: int) -> None:
        if self._fu >= 0:  # the unit before has no end: what follows would be taken for a part of it
            del self._parts[self._fu :]
            self._fu, self._damaged = -1, True
        if kind == _FU_A:
            self._fu, self._fu_size, self._fu_header = (
                len(self._parts),
                end - start - 2,
                nal & 0xE0 | fu & 0x1F,
            )
            self._parts.append(b"")
            self._parts.append(buffer[start + 2 : end])
            if fu & 0x40:
                self._close_fu()
        elif kind == _STAP_A:
            self._aggregate(buffer, start + 1, end)
        else:
            self._unit(kind, buffer, start, end)

    def _close_fu(self) -> None:
        header, self._parts[self._fu] = self._fu_header, _FU_START.pack(self._fu_size + 1, self._fu_header)
        kind = header & 0x1F
        if kind == NAL_IDR:
            self._key = True
        elif kind in (NAL_SPS, NAL_PPS):
            self._parameter_set(kind, bytes([header]) + b"".join(self._parts[self._fu + 1 :]))
            del self._parts[self._fu :]
        elif kind not in _UNITS:
            del self._parts[self._fu :]
        self._fu = -1

    def _aggregate(self, buffer: memoryview, offset: int, end: int) -> None:
        while offset + 2 < end:
            length = buffer[offset] << 8 | buffer[offset + 1]
            offset += 2
            if not 1 <= length <= end - offset:
                return
            self._unit(buffer[offset] & 0x1F, buffer, offset, offset + length)
            offset += length

    def _unit(self, kind: int, buffer: memoryview, start: int, end: int) -> None:
        if kind in (NAL_SPS, NAL_PPS):
            self._parameter_set(kind, bytes(buffer[start:end]))
            return
        if kind not in _UNITS:
            return
        if kind == NAL_IDR:
            self._key = True
        self._parts.append(_NAL_LENGTH.pack(end - start))
        self._parts.append(buffer[start:end])

    def _parameter_set(self, kind: int, unit: bytes) -> None:
        if kind == NAL_SPS and unit != self.sps:
            self.sps, self.changed = unit, True
        elif kind == NAL_PPS and len(unit) <= MAX_SET_BYTES:
            self._picture_parameter_set(unit)

    def _picture_parameter_set(self, unit: bytes) -> None:
        """Cameras may use several in turn, each under its number (pic_parameter_set_id, ITU-T H.264 §7.4.2.2)."""
        try:
            number = BitReader(unit[1:]).ue()
        except Invalid:
            return
        known = self._numbered
        if known.get(number) == unit or number > _MAX_PPS_NUMBER:
            return
        known[number], self.changed = unit, True
        self.pps, *more = (known[each] for each in sorted(known))
        self.more_pps = tuple(more)

    def _next_picture(self, frames: list[Frame], kind: int, payload: memoryview) -> None:
        """A new timestamp while a picture is unfinished: its last packets were lost, or the camera sets no markers.

        After a loss the new picture is whole only when it is seen to begin: with what stands before its slices, or
        with a slice whose first bit says that it is the first (first_mb_in_slice is 0, §7.4.3).
        """
        damaged = self._damaged
        self._finish(frames)
        if damaged:
            self._damaged = not _begins_a_picture(kind, payload)

    def _finish(self, frames: list[Frame]) -> None:
        if self._fu >= 0:  # the end of a fragmented unit never came
            del self._parts[self._fu :]
            self._fu, self._damaged = -1, True
        if self._parts:
            frames.append(Frame(b"".join(self._parts), self._timestamp, self._key, self._damaged))
        self._parts, self._key, self._damaged = [], False, False


def _begins_a_picture(kind: int, payload: memoryview) -> bool:
    """Whether a packet's first NAL unit is the first of an access unit, as far as its own bits tell."""
    if kind == _STAP_A:
        kind, payload = (payload[3] & 0x1F if len(payload) > 3 else 0), payload[3:]
    elif kind == _FU_A:
        return len(payload) > 2 and bool(payload[1] & payload[2] & 0x80)
    return kind in _BEFORE_SLICES or (kind in (NAL_SLICE, NAL_IDR) and len(payload) > 1 and bool(payload[1] & 0x80))


_WORTH_A_RUN = 4  # packets; a shorter run is as quick one by one
_LONGEST_RUN = 15  # looking further ahead would touch memory that is not read yet


@functools.lru_cache(maxsize=256)
def _run_packets(stride: int) -> struct.Struct:
    """Packets of `stride` bytes: what never changes in a run, number, what never changes, payload of the FU."""
    return struct.Struct(f">6sH10s{stride - 18}s")


def _take_run(buffer: memoryview, offset: int, end: int, stride: int) -> tuple[bytes, ...]:
    """The payloads of packets of `stride` bytes from `offset` on that differ in number and payload alone.

    The middles of one fragmented NAL unit are of one size; taken together they cost a few calls in C, not a turn of the
    loop each. Nothing when the packets, though of one size, are not such a run: they are then taken one by one.
    """
    last = min(end - stride, offset + _LONGEST_RUN * stride)
    headers = bytes(buffer[offset + 17 : last + 18 : stride])
    count = len(headers) - len(headers.lstrip(headers[:1]))
    packets = _run_packets(stride).iter_unpack(buffer[offset : offset + count * stride])
    before, numbers, after, payloads = zip(*packets, strict=True)
    in_order = numbers == tuple(range(numbers[0], numbers[0] + count))
    if not in_order or before.count(before[0]) < count or after.count(after[0]) < count:
        return ()
    return payloads
