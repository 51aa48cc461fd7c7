"""RTP packets that came as datagrams, put into order (RFC 3550 §5.1, A.1). Pure: packets and the time go in."""

from collections import deque

from qorgan.protocols.rtsp.h264 import MAX_JUMP

MAX_WAITING = 128  # packets
WAIT_S = 0.3  # longer than a tick of the recorder: what was only overtaken has come by then
MAX_LATE = 100  # RFC 3550 A.1: further behind, or more than MAX_JUMP ahead, the camera has begun to count anew
_MAX_PACKET_BYTES = 16 * 1024  # larger datagrams are no camera's; bounds what waits to 2 MB


class ReorderBuffer:
    """Datagrams of one stream in the order of their sequence numbers. Owns what waits for a missing packet.

    A missing packet is waited for until `depth` packets stand behind it or `wait_s` seconds have passed; then it is
    counted as lost and the rest goes on. Two packets in a row with numbers far away, or from another source, begin
    a new count.
    """

    def __init__(self, *, depth: int = MAX_WAITING, wait_s: float = WAIT_S) -> None:
        self.received = self.lost = self.late = self.duplicates = self.resets = 0
        self._depth, self._wait_s = depth, wait_s
        self._next = -1
        self._ssrc = -1
        self._strange: tuple[int, int, bytes] | None = None  # a packet far away: its successor, if it comes, and itself
        self._waiting: dict[int, bytes] = {}
        self._since = 0.0  # the oldest of them has waited since then

    @property
    def next_seq(self) -> int:
        """The sequence number that should come next; -1 before the first packet."""
        return self._next

    def push(self, packet: bytes, now: float) -> list[bytes]:
        """Take a datagram; returns the packets that are now in order."""
        if not 12 <= len(packet) <= _MAX_PACKET_BYTES or packet[0] >> 6 != 2:
            return []
        seq, ssrc = packet[2] << 8 | packet[3], int.from_bytes(packet[8:12], "big")
        self.received += 1
        ready = deque[bytes]()
        if self._next < 0:
            self._next, self._ssrc = seq, ssrc
        ahead = (seq - self._next) & 0xFFFF
        if ssrc != self._ssrc or MAX_JUMP < ahead <= 0x10000 - MAX_LATE:
            before, self._strange = self._strange, ((seq + 1) & 0xFFFF, ssrc, packet)
            if before is None or before[:2] != (seq, ssrc):
                return []
            self._begin_anew(seq, ssrc, ready)
            ready.append(before[2])
            ahead = 0
        if ahead == 0:
            self._hand_out(packet, ready)
        elif ahead > 0x8000:
            self.late += 1  # a duplicate of what was handed out, or one that was given up: nobody can use it now
        elif seq in self._waiting:
            self.duplicates += 1
        else:
            if not self._waiting:
                self._since = now
            self._waiting[seq] = packet
            while len(self._waiting) > self._depth:
                self._give_up(ready, now)
        return list(ready)

    def expire(self, now: float) -> list[bytes]:
        """Packets that need not wait any longer for one that did not come. To be called once a tick."""
        ready = deque[bytes]()
        while self._waiting and now - self._since >= self._wait_s:
            self._give_up(ready, now)
        return list(ready)

    def _hand_out(self, packet: bytes, ready: deque[bytes]) -> None:
        ready.append(packet)
        self._next = (self._next + 1) & 0xFFFF
        while self._waiting and (following := self._waiting.pop(self._next, None)) is not None:
            ready.append(following)
            self._next = (self._next + 1) & 0xFFFF

    def _give_up(self, ready: deque[bytes], now: float) -> None:
        """Go on behind the hole."""
        nearest = min(self._waiting, key=lambda seq: (seq - self._next) & 0xFFFF)
        self.lost += (nearest - self._next) & 0xFFFF
        self._next = nearest
        self._hand_out(self._waiting.pop(nearest), ready)
        self._since = now

    def _begin_anew(self, seq: int, ssrc: int, ready: deque[bytes]) -> None:
        self.resets += 1
        ready.extend(self._waiting[key] for key in sorted(self._waiting, key=lambda key: (key - self._next) & 0xFFFF))
        self._waiting.clear()
        self._next, self._ssrc, self._strange = seq, ssrc, None
