"""RTCP (RFC 3550 §6): the camera's clock and its goodbye are read, receiver reports are written.

A report is an aid, never a condition: what cannot be read is left out, and nothing is raised.
"""

import struct
from dataclasses import dataclass

NTP_EPOCH_S = 2_208_988_800  # from 1900 to 1970
_SR, _RR, _SDES, _BYE = 200, 201, 202, 203
_HEAD = struct.Struct(">BBH")
_SENDER = struct.Struct(">IIIIII")
_MAX_PACKETS = 64
_CNAME = b"qorgan"


@dataclass(frozen=True, slots=True)
class SenderReport:
    """What the sender's clock showed when its RTP clock showed `rtp`.

    `wall_us`: µs since 1970, None when it has no clock; `ntp_middle` goes back in our reports (§6.4.1 LSR).
    """

    ssrc: int
    wall_us: int | None
    rtp: int
    ntp_middle: int
    packets: int

    def wall_of(self, timestamp: int, clock_rate: int) -> int | None:
        """The camera's wall clock, in µs since 1970, at an RTP timestamp within half a turn of the report's."""
        if self.wall_us is None:
            return None
        ahead = (timestamp - self.rtp + 0x8000_0000 & 0xFFFF_FFFF) - 0x8000_0000
        return self.wall_us + ahead * 1_000_000 // clock_rate


@dataclass(frozen=True, slots=True)
class Bye:
    """These sources have stopped sending."""

    sources: tuple[int, ...]


def parse(data: bytes | memoryview) -> list[SenderReport | Bye]:
    """The reports and goodbyes of a compound packet (§6.1), up to where it makes no sense."""
    found: list[SenderReport | Bye] = []
    offset = 0
    for _ in range(_MAX_PACKETS):
        if len(data) - offset < 8:
            break
        first, kind, words = _HEAD.unpack_from(data, offset)
        end = offset + 4 + 4 * words
        if first >> 6 != 2 or end > len(data):
            break
        if kind == _SR and words >= 6:
            found.append(_sender_report(data, offset + 4))
        elif kind == _BYE:
            count = min(first & 0x1F, words)
            found.append(Bye(struct.unpack_from(f">{count}I", data, offset + 4)))
        offset = end
    return found


def _sender_report(data: bytes | memoryview, offset: int) -> SenderReport:
    ssrc, seconds, fraction, rtp, packets, _ = _SENDER.unpack_from(data, offset)
    if seconds < 0x8000_0000 and seconds > 86_400 * 365:
        seconds += 1 << 32  # after February 2036 the count has begun anew (RFC 5905 §6)
    wall = None if seconds <= NTP_EPOCH_S else (seconds - NTP_EPOCH_S) * 1_000_000 + (fraction * 1_000_000 >> 32)
    return SenderReport(ssrc, wall, rtp, (seconds & 0xFFFF) << 16 | fraction >> 16, packets)


class Reception:
    """What we say of one source in receiver reports. Owns the counts since the last report.

    The arrival jitter is given as 0: packets are read in batches, and the time of reading is not that of arrival.
    """

    def __init__(self) -> None:
        self._highest = -1  # extended by the turns of the 16 bit counter
        self._base = 0
        self._expected = self._lost = 0
        self._report: SenderReport | None = None
        self._report_at = 0.0

    def heard(self, report: SenderReport, now: float) -> None:
        """A sender report came."""
        if self._report is not None and self._report.ssrc != report.ssrc:
            self._highest = -1
        self._report, self._report_at = report, now

    def write(self, own_ssrc: int, next_seq: int, lost_packets: int, now: float) -> bytes:
        """A receiver report with its source description (§6.4.2, §6.5); empty before the source is known.

        `next_seq`: the sequence number expected next, -1 before any; `lost_packets`: all that were missed so far. To be
        called often enough that fewer than 32,768 packets come in between.
        """
        if self._report is None or next_seq < 0:
            return b""
        self._extend((next_seq - 1) & 0xFFFF)
        expected, lost = self._highest - self._base + 1, min(lost_packets, 0x7F_FFFF)
        new, missed = expected - self._expected, max(0, lost - self._lost)
        self._expected, self._lost = expected, lost
        fraction = min(255, (missed << 8) // new) if new > 0 else 0
        delay = int((now - self._report_at) * 65_536)
        block = struct.pack(
            ">IIIIII",
            self._report.ssrc, fraction << 24 | lost, self._highest & 0xFFFF_FFFF, 0,
            self._report.ntp_middle, max(0, min(delay, 0xFFFF_FFFF)),
        )  # fmt: skip
        head = _HEAD.pack(0x81, _RR, 7) + struct.pack(">I", own_ssrc)
        return head + block + _source_description(own_ssrc)

    def _extend(self, seq: int) -> None:
        if self._highest < 0:
            self._highest = self._base = seq
            self._expected = 0
            return
        step = (seq - self._highest) & 0xFFFF
        if step < 0x8000:
            self._highest += step


def _source_description(ssrc: int) -> bytes:
    items = bytes([1, len(_CNAME)]) + _CNAME
    items += bytes(4 - len(items) % 4)  # ended by at least one zero byte
    return _HEAD.pack(0x81, _SDES, 1 + len(items) // 4) + struct.pack(">I", ssrc) + items
