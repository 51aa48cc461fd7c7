"""`/ws/video`: one socket for all video tiles of a browser (docs/design/interfaces.md §6)."""

import asyncio
from collections import Counter
from uuid import UUID

import msgspec
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from qorgan.centre.gateway.counters import Counters
from qorgan.centre.gateway.ports import Gatekeeper, View, Visitor
from qorgan.centre.gateway.sockets import MALFORMED, START_ANEW, Doorman, Hangup, run_until_over
from qorgan.centre.gateway.streams import StreamHub
from qorgan.centre.gateway.tiles import Outbox, Tile
from qorgan.domain.cameras import StreamName
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import QorganError, Rejected, Unavailable

log = structlog.get_logger(__name__)

TILES_PER_SOCKET = 16
TILES_PER_USER = 64  # over all windows of one person
BLOCKED_S = 15.0  # a browser that takes nothing for so long is gone
END_WATCHES_WITHIN_S = 5.0


class OpenTile(msgspec.Struct, tag_field="op", tag="open", frozen=True):
    tile: int
    camera: UUID
    stream: StreamName
    purpose: str


class CloseTile(msgspec.Struct, tag_field="op", tag="close", frozen=True):
    tile: int


_decoder = msgspec.json.Decoder(OpenTile | CloseTile)


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
        self._writing_since: float | None = None

    async def run(self) -> None:
        try:
            await run_until_over(
                self._websocket,
                [
                    self._read(),
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
            if not 0 <= wish.tile <= 0xFFFFFFFF:
                raise Hangup(MALFORMED, "malformed")
            await self._close_tile(wish.tile)  # opening a tile again replaces what it shows
            if isinstance(wish, OpenTile):
                await self._open_tile(wish)

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
                await self._close_tile(tile.number)

    async def _open_tile(self, wish: OpenTile) -> None:
        if len(self._outbox.tiles) >= TILES_PER_SOCKET or self._tiles_of[self._visitor.user] >= TILES_PER_USER:
            self._refuse(wish.tile, "too_many_viewers", "too many tiles are open")
            return
        view = View(camera=wish.camera, stream=wish.stream, purpose=wish.purpose)
        try:
            permit = await self._gatekeeper.open_watch(self._visitor, view)
        except (Rejected, Unavailable) as error:
            self._refuse(wish.tile, error.code, str(error))
            return
        tile = Tile(wish.tile, view, self._visitor, permit, self._outbox, self._counters)
        self._outbox.tiles[wish.tile] = tile
        self._tiles_of[self._visitor.user] += 1
        self._hub.join(tile)

    def _refuse(self, tile: int, code: str, detail: str) -> None:
        self._counters.refused += 1
        message = {"op": "refused", "tile": tile, "code": code, "detail": detail}
        self._outbox.say(msgspec.json.encode(message).decode())

    async def _close_tile(self, number: int) -> None:
        tile = self._outbox.tiles.pop(number, None)
        if tile is None:
            return
        self._forget(tile)
        await self._end_watch(tile)

    def _forget(self, tile: Tile) -> None:
        self._hub.leave(tile)
        self._tiles_of[self._visitor.user] -= 1
        if not self._tiles_of[self._visitor.user]:
            del self._tiles_of[self._visitor.user]

    async def _close_all(self) -> None:
        tiles = list(self._outbox.tiles.values())
        self._outbox.tiles.clear()
        for tile in tiles:  # first all streams, which cannot fail; then the ledger, which can
            self._forget(tile)
        try:
            async with asyncio.timeout(END_WATCHES_WITHIN_S):
                for tile in tiles:
                    await self._end_watch(tile)
        except TimeoutError:
            log.error("watch.not_ended", count=len(tiles))

    async def _end_watch(self, tile: Tile) -> None:
        try:
            await self._gatekeeper.end_watch(tile.permit)
        except QorganError as error:
            log.error("watch.not_ended", watch=tile.permit.watch, code=error.code)
