"""Tiles of one browser: their bounded queues, and what waits to be written to the browser's one socket."""

import asyncio
import struct
from collections import deque
from uuid import UUID

import msgspec

from qorgan.centre.gateway.counters import Counters
from qorgan.centre.gateway.ports import Permit, View, Visitor
from qorgan.protocols.link.media import MediaKind

QUEUE_BYTES = 4_000_000
QUEUE_AGE_S = 2.0
QUEUE_TEXTS = 1_000  # a browser that lets more than this wait is hung up on

_NUMBER = struct.Struct(">I")
_INIT, _KEY, _DELTA = int(MediaKind.INIT), int(MediaKind.KEY), int(MediaKind.DELTA)
_json = msgspec.json.Encoder()


class Tile:
    """One viewer of one stream. Owned by its socket; its stream puts media in, the socket's sender takes it out.

    When more than `QUEUE_BYTES` wait, or the oldest waits longer than `QUEUE_AGE_S`, all waiting frames are dropped and
    the tile goes on at the next KEY. The newest INIT is never dropped: nothing can be decoded without it.
    """

    __slots__ = (
        "_bytes",
        "_counters",
        "_outbox",
        "_queue",
        "_started",
        "_told_skipped",
        "_waiting",
        "number",
        "permit",
        "prefix",
        "skipped",
        "view",
        "visitor",
    )

    def __init__(
        self, number: int, view: View, visitor: Visitor, permit: Permit, outbox: "Outbox", counters: Counters
    ) -> None:
        self.number, self.view, self.visitor, self.permit = number, view, visitor, permit
        self.prefix = _NUMBER.pack(number)
        self.skipped = 0  # frames, KEY and DELTA
        self._told_skipped = 0
        self._outbox, self._counters = outbox, counters
        self._queue: deque[tuple[float, int, bytes]] = deque()
        self._bytes = 0
        self._started = False  # a KEY was queued once
        self._waiting = True  # DELTAs are useless until a KEY comes

    @property
    def camera(self) -> UUID:
        return self.view.camera

    def opened(self, mime: str, width: int, height: int) -> None:
        self._tell({"op": "opened", "tile": self.number, "mime": mime, "width": width, "height": height})

    def clock(self, ahead_ms: int) -> None:
        """How far the clock that tells when a picture was taken is ahead of ours, at most."""
        self._tell({"op": "clock", "tile": self.number, "ahead_ms": ahead_ms})

    def state(self, state: str, reason: str) -> None:
        self._tell({"op": "state", "tile": self.number, "state": state, "reason": reason})

    def refused(self, code: str, detail: str) -> None:
        self._counters.refused += 1
        self._tell({"op": "refused", "tile": self.number, "code": code, "detail": detail})
        self._outbox.refused.put_nowait(self)

    def prime(self, init: bytes, group: list[bytes], now: float) -> None:
        """Give a late viewer the INIT and the group of pictures so far, or nothing of a group over the bound."""
        self.offer(_INIT, init, now)
        if group and sum(map(len, group)) + self._bytes <= QUEUE_BYTES:
            self.offer(_KEY, group[0], now)
            for delta in group[1:]:
                self.offer(_DELTA, delta, now)

    def await_key(self) -> None:
        """Something was lost: what follows cannot be decoded before the next KEY."""
        self._waiting = True

    def offer(self, kind: int, data: bytes, now: float) -> None:
        """Queue one INIT, KEY or DELTA message; called for every frame of every viewer, so kept short."""
        queue = self._queue
        if kind == _DELTA and self._waiting:
            self._skip(1)
            return
        if self._bytes + len(data) > QUEUE_BYTES or (queue and now - queue[0][0] > QUEUE_AGE_S):
            self._drop_frames(now)
            if kind == _DELTA:
                self._skip(1)
                return
        if kind == _KEY:
            self._started, self._waiting = True, False
            if self.skipped != self._told_skipped:
                self._tell_skipped()
        queue.append((now, kind, data))
        self._bytes += len(data)
        self._outbox.wake()

    def take(self) -> bytes | None:
        """The next message for the wire, with the tile's number before it."""
        if not self._queue:
            return None
        _, _, data = self._queue.popleft()
        self._bytes -= len(data)
        return self.prefix + data

    def _drop_frames(self, now: float) -> None:
        newest_init = next((data for _, kind, data in reversed(self._queue) if kind == _INIT), None)
        frames = sum(1 for _, kind, _ in self._queue if kind != _INIT)
        self._queue.clear()
        self._bytes = 0
        if newest_init is not None:
            self._queue.append((now, _INIT, newest_init))
            self._bytes = len(newest_init)
        self._waiting = True
        self._skip(frames)

    def _skip(self, frames: int) -> None:
        if self._started:  # before its first KEY a viewer has missed nothing
            self.skipped += frames
            self._counters.skipped += frames

    def _tell_skipped(self) -> None:
        self._told_skipped = self.skipped
        self._tell({"op": "skipped", "tile": self.number, "frames": self.skipped})

    def _tell(self, message: dict[str, object]) -> None:
        self._outbox.say(_json.encode(message).decode())


class Outbox:
    """Everything that waits for one socket: texts first, then one message of each tile in turn."""

    def __init__(self, counters: Counters) -> None:
        self.tiles: dict[int, Tile] = {}
        self.overflowing = False  # too many texts wait; the socket hangs up
        self.refused: asyncio.Queue[Tile] = asyncio.Queue()  # by their school; at most as many as tiles were opened
        self._texts: deque[str] = deque()
        self._counters = counters
        self._awake = asyncio.Event()

    def wake(self) -> None:
        if not self._awake.is_set():
            self._awake.set()

    def say(self, text: str) -> None:
        if len(self._texts) >= QUEUE_TEXTS:
            self.overflowing = True
        else:
            self._texts.append(text)
        self.wake()

    async def next_round(self) -> list[str | bytes]:
        """Wait until something is there; then all texts and one media message of each tile."""
        while True:
            batch: list[str | bytes] = list(self._texts)
            self._texts.clear()
            batch.extend(data for tile in list(self.tiles.values()) if (data := tile.take()) is not None)
            if batch or self.overflowing:
                return batch
            self._awake.clear()
            await self._awake.wait()
