"""What goes first on a school's uplink that is too small for all that is watched.

Streams wait in queues of their own. What is watched for an alarm goes before all else; the others share the line by
bytes, so that a small picture is whole while large ones share what is left (start-time fair queueing, Goyal, Vin and
Cheng 1996). Nothing is sent before there is room on the line: what stands in the sockets can no longer be overtaken.

A live frame that waits for `TOO_OLD_S` is worth nothing any more: its stream skips to its next keyframe. Recordings
wait.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from qorgan.protocols.link.media import MediaKind

QUEUE_LIMIT_BYTES = 16 * 1024 * 1024  # of all streams; what comes beyond is refused
TOO_OLD_S = 2.0
LATE_S = 0.2  # so long an alarm's picture may wait for what is on its way already
FIRST_PART_BYTES, LEAST_PART_BYTES, MOST_PART_BYTES = 64_000, 16_000, 1_000_000
PARTS_ON_THE_WAY = 2  # while the carrier answers to one, the next one keeps the line busy

Publish = Callable[[str, bytes], Awaitable[None]]
Settle = Callable[[], Awaitable[bool]]
_DELTAS = frozenset({MediaKind.DELTA})
_FRAMES = frozenset({MediaKind.KEY, MediaKind.DELTA})


@dataclass(slots=True)
class Pace:
    """How many bytes may go out before the carrier must have answered: fewer when answers come late.

    Late is what is longer than the shortest answer of this connection: that one met an empty line.
    """

    part: int = FIRST_PART_BYTES
    shortest_s: float = float("inf")

    def answered(self, took_s: float, *, waited: bool) -> None:
        """An answer came after `took_s`; `waited`: something more stood ready meanwhile."""
        self.shortest_s = min(self.shortest_s, took_s)
        late_s = took_s - self.shortest_s
        if late_s > LATE_S:
            self.part = max(LEAST_PART_BYTES, int(self.part * max(0.5, LATE_S / late_s)))
        elif waited:
            self.part = min(MOST_PART_BYTES, int(self.part * 1.25))


@dataclass(slots=True)
class _Waiting:
    at: float
    kind: MediaKind
    message: bytes
    sent: asyncio.Event | None = None


@dataclass(slots=True)
class _Stream:
    """What waits of one subject. `turn`: the bytes it has had, by the line's own count."""

    subject: str
    turn: float
    urgent: bool = False
    queue: deque[_Waiting] = field(default_factory=deque)


class Outlet:
    """Owner of all media on their way to the carrier.

    `settle` returns when the carrier has what was published before; False says that there is no connection.
    """

    def __init__(self, publish: Publish, settle: Settle) -> None:
        self._publish, self._settle = publish, settle
        self._streams: dict[str, _Stream] = {}  # those of which something waits
        self._had: dict[str, float] = {}  # turns of others, as long as they are ahead
        self._bytes = 0
        self._turn = {True: 0.0, False: 0.0}  # of what is urgent, and of the rest
        self._work = asyncio.Event()
        self._unanswered = 0  # bytes of the part that goes out just now
        self._parts: deque[asyncio.Task[float | None]] = deque()
        self.pace = Pace()

    def put(self, subject: str, kind: MediaKind, message: bytes, *, urgent: bool = False) -> bool:
        """Queue a live message. False when there is no room, or the line is behind: go on with the next keyframe."""
        stream, now = self._stream(subject, urgent=urgent), time.monotonic()
        if kind in _FRAMES and _is_behind(stream, now):
            self._drop(stream, _FRAMES if kind is MediaKind.KEY else _DELTAS)
            if kind is MediaKind.DELTA:
                return False
        if self._bytes + len(message) > QUEUE_LIMIT_BYTES:
            return False
        self._wait(stream, _Waiting(now, kind, message))
        return True

    async def send(self, subject: str, kind: MediaKind, message: bytes, *, urgent: bool = False) -> None:
        """Queue a message of a recording, and wait until its turn came."""
        sent = asyncio.Event()
        self._wait(self._stream(subject, urgent=urgent), _Waiting(time.monotonic(), kind, message, sent))
        await sent.wait()

    async def run(self) -> None:
        """Publish until cancelled."""
        try:
            while True:
                await self._work.wait()
                self._work.clear()
                while self._streams:
                    self._unanswered += await self._send_one(min(self._streams.values(), key=_turn))
                    if self._unanswered >= self.pace.part:
                        await self._end_part()
        finally:
            for part in self._parts:
                part.cancel()
            await asyncio.gather(*self._parts, return_exceptions=True)

    async def _end_part(self) -> None:
        """Ask for an answer to all that was sent; wait while too much is on its way."""
        self._unanswered = 0
        self._had = {subject: turn for subject, turn in self._had.items() if turn > self._turn[False]}
        self._parts.append(asyncio.create_task(self._time(), name="outlet:part"))
        while len(self._parts) >= PARTS_ON_THE_WAY or (self._parts and self._parts[0].done()):
            on_its_way = not self._parts[0].done()
            took_s = await self._parts.popleft()
            if took_s is None:
                self.pace = Pace()  # of another line, perhaps
            else:
                self.pace.answered(took_s, waited=on_its_way and bool(self._streams))

    async def _time(self) -> float | None:
        began = time.monotonic()
        return time.monotonic() - began if await self._settle() else None

    async def _send_one(self, stream: _Stream) -> int:
        one = stream.queue.popleft()
        size = len(one.message)
        self._bytes -= size
        self._turn[stream.urgent] = max(self._turn[stream.urgent], stream.turn)
        stream.turn += size
        if not stream.queue:
            del self._streams[stream.subject]
            self._had[stream.subject] = stream.turn
        await self._publish(stream.subject, one.message)
        if one.sent is not None:
            one.sent.set()
        return size

    def _stream(self, subject: str, *, urgent: bool) -> _Stream:
        stream = self._streams.get(subject)
        if stream is None:
            stream = _Stream(subject, max(self._turn[urgent], self._had.get(subject, 0.0)))
        stream.urgent = urgent
        return stream

    def _wait(self, stream: _Stream, one: _Waiting) -> None:
        self._streams[stream.subject] = stream
        stream.queue.append(one)
        self._bytes += len(one.message)
        self._work.set()

    def _drop(self, stream: _Stream, kinds: frozenset[MediaKind]) -> None:
        """What tells of the stream stays, and a keyframe until the next one: an old picture is better than none."""
        self._bytes -= sum(len(one.message) for one in stream.queue if one.kind in kinds)
        stream.queue = deque(one for one in stream.queue if one.kind not in kinds)
        if not stream.queue:
            self._streams.pop(stream.subject, None)


def _is_behind(stream: _Stream, now: float) -> bool:
    return bool(stream.queue) and now - stream.queue[0].at > TOO_OLD_S


def _turn(stream: _Stream) -> tuple[bool, float]:
    return not stream.urgent, stream.turn
