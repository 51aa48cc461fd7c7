"""`/ws/video`: one socket for all video tiles of a browser (docs/design/interfaces.md §6).

What a browser wishes is read at once and fulfilled in batches: a wall of nine tiles is one commit of the watch ledger.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

import msgspec
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from qorgan.centre.gateway.counters import Counters
from qorgan.centre.gateway.ports import Gatekeeper, Permit, View, Visitor
from qorgan.centre.gateway.sockets import MALFORMED, START_ANEW, Doorman, Hangup, run_until_over
from qorgan.centre.gateway.streams import StreamHub
from qorgan.centre.gateway.tiles import Outbox, Tile
from qorgan.domain.cameras import StreamName
from qorgan.kernel.clock import Clock, to_us
from qorgan.kernel.errors import QorganError, Rejected, Unavailable
from qorgan.protocols.link.grants import Action

log = structlog.get_logger(__name__)

TILES_PER_SOCKET = 16
HEARD_PER_SOCKET = 1  # beside them: nobody listens to two rooms at once
WISHES_AT_ONCE = 64  # of one browser, waiting for the ledger; beyond, its socket is read no further
TILES_PER_USER = 64  # over all windows of one person
BLOCKED_S = 15.0  # a browser that takes nothing for so long is gone
END_WATCHES_WITHIN_S = 5.0


class OpenTile(msgspec.Struct, tag_field="op", tag="open", frozen=True):
    """With `audio` the tile is heard and not seen: the sound of a stream, and none of its pictures."""

    tile: int
    camera: UUID
    stream: StreamName
    purpose: str
    audio: bool = False

    def view(self) -> View:
        action = Action.LISTEN if self.audio else Action.LIVE
        return View(camera=self.camera, stream=self.stream, purpose=self.purpose, action=action)


class CloseTile(msgspec.Struct, tag_field="op", tag="close", frozen=True):
    tile: int


class AskTime(msgspec.Struct, tag_field="op", tag="time", frozen=True):
    """What time is it? Answered at once, so that the browser knows how old its pictures are."""

    id: int


Wish = OpenTile | CloseTile
_decoder = msgspec.json.Decoder(Wish | AskTime)


class VideoSockets:
    """Serves `/ws/video`."""

    def __init__(
        self, hub: StreamHub, gatekeeper: Gatekeeper, doorman: Doorman, clock: Clock, counters: Counters
    ) -> None:
        self._hub, self._gatekeeper, self._doorman = hub, gatekeeper, doorman
        self._clock, self._counters = clock, counters
        self._tiles_of: Counter[str] = Counter()

    async def serve(self, websocket: WebSocket) -> None:
        visitor = await self._doorman.admit(websocket)
        if visitor is None:
            return
        session = _VideoSession(self, websocket, visitor)
        self._counters.video_sockets += 1
        try:
            await session.run()
        finally:
            self._counters.video_sockets -= 1


class _VideoSession:
    """One browser's socket: reads its wishes, writes its media. Owns its tiles."""

    def __init__(self, shared: VideoSockets, websocket: WebSocket, visitor: Visitor) -> None:
        self._hub, self._gatekeeper, self._doorman = shared._hub, shared._gatekeeper, shared._doorman
        self._clock, self._counters, self._tiles_of = shared._clock, shared._counters, shared._tiles_of
        self._websocket, self._visitor = websocket, visitor
        self._outbox = Outbox(self._counters)
        self._wishes: asyncio.Queue[Wish] = asyncio.Queue(WISHES_AT_ONCE)
        self._opening: asyncio.Future[Sequence[Permit | Rejected]] | None = None  # what is being written just now
        self._to_end: dict[str, Permit] = {}  # of tiles that were taken away
        self._writing_since: float | None = None

    async def run(self) -> None:
        try:
            await run_until_over(
                self._websocket,
                [
                    self._read(),
                    self._fulfil(),
                    self._write(),
                    self._notice_blocked(),
                    self._drop_refused(),
                    self._doorman.watch_session(self._websocket, self._visitor),
                ],
            )
        finally:
            await self._close_all()

    async def _read(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1005))
            try:
                wish = _decoder.decode(message.get("text") or b"")
            except msgspec.MsgspecError as error:
                raise Hangup(MALFORMED, "malformed") from error
            if isinstance(wish, AskTime):
                self._tell_time(wish.id)
                continue
            if not 0 <= wish.tile <= 0xFFFFFFFF:
                raise Hangup(MALFORMED, "malformed")
            self._counters.wishes += 1
            await self._wishes.put(wish)

    def _tell_time(self, id: int) -> None:
        at_ms = to_us(self._clock.now()) // 1000
        self._outbox.say(msgspec.json.encode({"op": "time", "id": id, "at_ms": at_ms}).decode())

    async def _fulfil(self) -> None:
        """Whatever is wished while the ledger is written waits, and is the next batch."""
        while True:
            batch = [await self._wishes.get()]
            while not self._wishes.empty():
                batch.append(self._wishes.get_nowait())
            wishes = _newest_of_each_tile(batch)
            for wish in wishes:
                self._take_away(wish.tile)
            await self._open_tiles([wish for wish in wishes if isinstance(wish, OpenTile)])
            await self._end_watches()

    async def _write(self) -> None:
        """The socket's only sender of media and texts. `send` waits while the browser does not read."""
        send, counters, outbox = self._websocket.send, self._counters, self._outbox
        while True:
            batch = await outbox.next_round()
            if outbox.overflowing:
                raise Hangup(START_ANEW, "too_slow")
            self._writing_since = self._clock.monotonic()
            for item in batch:
                if isinstance(item, bytes):
                    counters.sent_messages += 1
                    counters.sent_bytes += len(item)
                    await send({"type": "websocket.send", "bytes": item})
                else:
                    await send({"type": "websocket.send", "text": item})
            self._writing_since = None

    async def _notice_blocked(self) -> None:
        """A cut cable does not say goodbye: without this its streams would run until TCP gives up."""
        while True:
            await self._clock.sleep(BLOCKED_S / 3)
            since = self._writing_since
            if since is not None and self._clock.monotonic() - since > BLOCKED_S:
                raise Hangup(START_ANEW, "too_slow")

    async def _drop_refused(self) -> None:
        """Who was refused by the school watches nothing, and the ledger must say so."""
        while True:
            tile = await self._outbox.refused.get()
            if self._outbox.tiles.get(tile.number) is tile:
                self._take_away(tile.number)
                await self._end_watches()

    async def _open_tiles(self, wishes: Sequence[OpenTile]) -> None:
        """Ask the ledger for all that there is room for, then show what it permits."""
        heard = sum(tile.view.action is Action.LISTEN for tile in self._outbox.tiles.values())
        seen, sounds = [wish for wish in wishes if not wish.audio], [wish for wish in wishes if wish.audio]
        room = TILES_PER_SOCKET - (len(self._outbox.tiles) - heard)
        wishes = seen[: max(0, room)] + sounds[: max(0, HEARD_PER_SOCKET - heard)]
        wishes = wishes[: max(0, TILES_PER_USER - self._tiles_of[self._visitor.user])]
        for wish in (*seen, *sounds):
            if wish not in wishes:
                self._refuse(wish.tile, "too_many_viewers", "too many tiles are open")
        if not wishes:
            return
        views = [wish.view() for wish in wishes]
        with self._room_for(len(wishes)):
            answers = await self._ask_for(views)
        for wish, view, answer in zip(wishes, views, answers, strict=True):
            if isinstance(answer, Permit):
                self._show(Tile(wish.tile, view, self._visitor, answer, self._outbox, self._counters))
            else:
                self._refuse(wish.tile, answer.code, str(answer))

    @contextmanager
    def _room_for(self, tiles: int) -> Iterator[None]:
        """Count tiles that are about to be opened, so that a person's other windows do not take their room."""
        self._tiles_of[self._visitor.user] += tiles
        try:
            yield
        finally:
            self._forget_count(tiles)

    async def _ask_for(self, views: Sequence[View]) -> Sequence[Permit | Rejected | Unavailable]:
        """The ledger's answers. Goes on when the browser leaves: what is written must be known, so that it is ended."""
        self._opening = asyncio.ensure_future(self._gatekeeper.open_watches(self._visitor, views))
        answers: Sequence[Permit | Rejected | Unavailable]
        try:
            answers = await asyncio.shield(self._opening)
        except Unavailable as error:
            answers = [error] * len(views)
        self._opening = None
        return answers

    def _show(self, tile: Tile) -> None:
        self._outbox.tiles[tile.number] = tile
        self._tiles_of[self._visitor.user] += 1
        self._hub.join(tile)

    def _refuse(self, tile: int, code: str, detail: str) -> None:
        self._counters.refused += 1
        message = {"op": "refused", "tile": tile, "code": code, "detail": detail}
        self._outbox.say(msgspec.json.encode(message).decode())

    def _take_away(self, number: int) -> None:
        """The tile, if there is one, shows nothing from now on; `_end_watches` completes its line."""
        tile = self._outbox.tiles.pop(number, None)
        if tile is not None:
            self._to_end[tile.permit.watch] = tile.permit
            self._hub.leave(tile)
            self._forget_count(1)

    def _forget_count(self, tiles: int) -> None:
        self._tiles_of[self._visitor.user] -= tiles
        if not self._tiles_of[self._visitor.user]:
            del self._tiles_of[self._visitor.user]

    async def _close_all(self) -> None:
        """First all streams, which cannot fail; then the ledger, which can."""
        for number in list(self._outbox.tiles):
            self._take_away(number)
        try:
            async with asyncio.timeout(END_WATCHES_WITHIN_S):
                await self._end_watches()
                await self._end_opening()
        except TimeoutError:
            log.error("watch.not_ended", watches=list(self._to_end), opening=self._opening is not None)

    async def _end_opening(self) -> None:
        """What was being written when the browser left, and never shown."""
        if self._opening is None:
            return
        try:
            answers = await self._opening
        except Unavailable:
            return  # nothing was written
        self._to_end |= {one.watch: one for one in answers if isinstance(one, Permit)}
        await self._end_watches()

    async def _end_watches(self) -> None:
        """Complete the lines of what is no longer shown. What fails is not tried again: the centre's start ends it."""
        permits = list(self._to_end.values())
        if not permits:
            return
        try:
            await self._gatekeeper.end_watches(permits)
        except QorganError as error:
            log.error("watch.not_ended", watches=[permit.watch for permit in permits], code=error.code)
        for permit in permits:
            self._to_end.pop(permit.watch, None)


def _newest_of_each_tile(wishes: Sequence[Wish]) -> list[Wish]:
    """A tile shows what was wished last; what was wished before was never shown."""
    newest: dict[int, Wish] = {}
    for wish in wishes:
        newest.pop(wish.tile, None)
        newest[wish.tile] = wish
    return list(newest.values())
