"""Live streams: each camera's stream is opened once at its school and given to every viewer (fan-out).

Its sound is a stream of its own, opened once for all who listen and not before somebody does: whoever only looks gets
none, pictures never travel twice because of it, and sound that fails holds up no picture.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import structlog

from qorgan.centre.gateway.broadcast import Broadcast
from qorgan.centre.gateway.counters import Counters
from qorgan.centre.gateway.ports import Gatekeeper
from qorgan.centre.gateway.school import NodeSilent, SchoolLink
from qorgan.centre.gateway.sound import Codings
from qorgan.centre.gateway.tiles import Tile
from qorgan.domain.cameras import CameraReason, CameraState, StreamName
from qorgan.kernel.backoff import Backoff
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import LinkDown, Rejected, Unavailable
from qorgan.kernel.ids import LeaseId, SiteId, uuid7
from qorgan.protocols.link import commands
from qorgan.protocols.link.grants import Action

log = structlog.get_logger(__name__)

LEASE_S = 15.0
RENEW_EVERY_S = 5.0
LINGER_S = 2.0  # a change of layout closes and opens the same tiles within this time
CLOSE_WITHIN_S = 1.0
GRANT_MARGIN_S = 5.0
CLOCK_MOVED_MS = 50  # less is not told to those who know already

_REASONS = frozenset(CameraReason)

StreamKey = tuple[UUID, StreamName, Action]  # live or listen


class StreamEnded(Unavailable):
    """The school ended the lease; `code` is the reason it gave."""

    code = "stream.ended"


class StreamHub:
    """Owns the live streams. `run()` must be running for streams to be opened."""

    def __init__(
        self,
        school: SchoolLink,
        gatekeeper: Gatekeeper,
        clock: Clock,
        counters: Counters,
        *,
        linger_s: float = LINGER_S,
        renew_every_s: float = RENEW_EVERY_S,
        new_backoff: Callable[[], Backoff] = lambda: Backoff(first=1.0, limit=10.0, floor=0.5),
    ) -> None:
        self._school, self._gatekeeper, self._clock, self._counters = school, gatekeeper, clock, counters
        self._linger_s, self._renew_every_s, self._new_backoff = linger_s, renew_every_s, new_backoff
        self._codings = Codings(counters)
        self._streams: dict[StreamKey, LiveStream] = {}
        self._group: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Be the parent of the streams' tasks until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                await asyncio.Event().wait()
            finally:
                self._group = None

    def join(self, tile: Tile) -> None:
        """Let a tile watch. What happens next reaches it as `opened`, `state`, `refused` and media."""
        key = (tile.camera, tile.view.stream, tile.view.action)
        stream = self._streams.get(key)
        if stream is None:
            stream = self._start(key)
        stream.join(tile)
        self._counters.viewers += 1

    def leave(self, tile: Tile) -> None:
        """The tile watches no more; the last one gone, the stream stops at the school after a short linger."""
        self._counters.viewers -= 1
        stream = self._streams.get((tile.camera, tile.view.stream, tile.view.action))
        if stream is not None:
            stream.leave(tile)

    def _start(self, key: StreamKey) -> "LiveStream":
        if self._group is None:
            raise Unavailable("the gateway is not running")
        stream = self._streams[key] = LiveStream(
            self._school,
            self._gatekeeper,
            self._clock,
            self._counters,
            linger_s=self._linger_s,
            renew_every_s=self._renew_every_s,
            backoff=self._new_backoff(),
            codings=self._codings if key[2] is Action.LISTEN else None,
        )
        self._group.create_task(self._run(key, stream), name=f"stream:{key[0]}:{key[1]}")
        return stream

    async def _run(self, key: StreamKey, stream: "LiveStream") -> None:
        """The root of one stream's work: its crash is logged and is its own."""
        try:
            await stream.run()
        except Exception:
            log.exception("stream.crashed", camera=str(key[0]), stream=key[1])
            stream.give_up("internal")
        finally:
            del self._streams[key]


class LiveStream:
    """One stream of one camera. Owns its lease at the school; retries while anybody watches.

    Tiles come in by `join` and wait in `_joining` until the school has verified and written down each one's grant;
    only then does the broadcast admit them.
    """

    def __init__(
        self,
        school: SchoolLink,
        gatekeeper: Gatekeeper,
        clock: Clock,
        counters: Counters,
        *,
        linger_s: float,
        renew_every_s: float,
        backoff: Backoff,
        codings: Codings | None = None,
    ) -> None:
        self._school, self._gatekeeper, self._clock, self._counters = school, gatekeeper, clock, counters
        self._linger_s, self._renew_every_s, self._backoff = linger_s, renew_every_s, backoff
        self._codings = codings  # of a stream of sound
        self._joining: dict[Tile, None] = {}
        self._changed = asyncio.Event()  # someone came or went, or the school ended the lease
        self._ended: str | None = None  # the school's reason
        self._told_ahead_ms: int | None = None
        self._broadcast = self._new_broadcast()

    # -- called by the hub ------------------------------------------------------------------------------------------

    def join(self, tile: Tile) -> None:
        self._joining[tile] = None
        self._changed.set()

    def leave(self, tile: Tile) -> None:
        self._joining.pop(tile, None)
        self._broadcast.viewers.pop(tile, None)
        self._changed.set()

    def give_up(self, reason: str) -> None:
        self._tell_all(CameraState.FAILED, reason)

    async def run(self) -> None:
        """Keep the stream open while anybody watches; returns when nobody has for the linger."""
        while await self._somebody_watches():
            try:
                await self._hold_lease()
            except Unavailable as error:
                log.warning("stream.lost", code=error.code, detail=str(error))
                self._on_failure(error)
                await self._sleep_while_watched(self._backoff.next())

    # -- the lease --------------------------------------------------------------------------------------------------

    async def _hold_lease(self) -> None:
        """One lease from opening to closing. Raises `Unavailable` when it cannot be had or kept."""
        lease, site = LeaseId(uuid7().hex), next(iter(self._joining)).permit.site
        self._ended = None
        self._broadcast = self._new_broadcast()
        with self._taking() as take:
            await self._hold_open(lease, site, take)

    @contextmanager
    def _taking(self) -> Iterator[Callable[[bytes], None]]:
        """Where the school's messages go: to the viewers, sound by way of a code that browsers take."""
        if self._codings is None:
            yield self._broadcast.take
            return
        with self._codings.live(self._broadcast.take) as take:
            yield take

    async def _hold_open(self, lease: LeaseId, site: SiteId, take: Callable[[bytes], None]) -> None:
        async with self._school.live_media(site, lease, take):
            try:
                if await self._admit_joining(lease):
                    self._counters.opened += 1
                    self._backoff.reset()
                    with self._counting_stream():
                        await self._keep_lease(lease, site)
            finally:
                await self._close_lease(lease, site)

    async def _keep_lease(self, lease: LeaseId, site: SiteId) -> None:
        renew_at = self._clock.monotonic() + self._renew_every_s
        missed = 0
        while await self._somebody_watches():
            if self._ended is not None:
                raise StreamEnded(f"{site} ended the stream", code=self._ended)
            await self._admit_joining(lease)
            await self._wait_change(renew_at - self._clock.monotonic())
            if self._clock.monotonic() >= renew_at:
                await self._ask_rights_again()
                missed = 0 if await self._renew(lease, site, may_miss=missed == 0) else missed + 1
                self._tell_clock(site)
                renew_at = self._clock.monotonic() + self._renew_every_s

    async def _renew(self, lease: LeaseId, site: SiteId, *, may_miss: bool) -> bool:
        """Whether the school answered. One lost answer is forgiven while pictures still come."""
        try:
            await self._school.ask(site, "renew", commands.Renew(lease=lease))
        except NodeSilent:
            if may_miss and self._clock.monotonic() - self._broadcast.last_at < self._renew_every_s:
                return False
            raise
        except Rejected as error:  # the school has forgotten the lease: its recorder was restarted
            raise StreamEnded(f"{site} does not know the lease", code=error.code) from error
        return True

    def _tell_clock(self, site: SiteId) -> None:
        """To all viewers, when the school's clock moved, or we know better where it stands."""
        ahead_s, told_ms = self._school.clocks.ahead_s(site), self._told_ahead_ms
        if ahead_s is None or (told_ms is not None and abs(ahead_s * 1000 - told_ms) < CLOCK_MOVED_MS):
            return
        self._told_ahead_ms = round(ahead_s * 1000)
        for tile in self._broadcast.viewers:
            tile.clock(self._told_ahead_ms)

    async def _ask_rights_again(self) -> None:
        """Who listens, and who is of a neighbouring centre, does so for an alarm that is open, and no longer."""
        for tile in list(self._broadcast.viewers):
            if self._codings is None and not tile.permit.guest:
                continue
            try:
                tile.permit = await self._gatekeeper.renew_grant(tile.visitor, tile.permit, tile.view)
            except Rejected as error:
                self._broadcast.viewers.pop(tile, None)
                tile.refused(error.code, str(error))

    async def _close_lease(self, lease: LeaseId, site: SiteId) -> None:
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self._school.ask(site, "close", commands.Close(lease=lease))
        except (TimeoutError, Unavailable, Rejected) as error:
            # The school ends the lease by itself `LEASE_S` after the last renewal.
            log.info("stream.close_unanswered", site=site, error=type(error).__name__)

    async def _admit_joining(self, lease: LeaseId) -> bool:
        """Show each newcomer's grant to the school. The first opens the lease, the others join it.

        Whether the school agreed to any of them.
        """
        agreed = False
        while self._joining:
            tile = next(iter(self._joining))
            try:
                opened = await self._show_grant(tile, lease)
            except Rejected as error:
                if error.code in _REASONS:  # the camera's trouble, not the viewer's
                    raise StreamEnded(str(error), code=error.code) from error
                if tile in self._joining:
                    del self._joining[tile]
                    tile.refused(error.code, str(error))
                continue
            agreed = True
            if tile in self._joining:  # it may have left while the school answered
                del self._joining[tile]
                self._tell_clock(tile.permit.site)
                if self._told_ahead_ms is not None:
                    tile.clock(self._told_ahead_ms)
                self._broadcast.admit(tile, (opened.width, opened.height))
        return agreed

    async def _show_grant(self, tile: Tile, lease: LeaseId) -> commands.Opened:
        left_s = (tile.permit.expires_at - self._clock.now()).total_seconds()
        if left_s < GRANT_MARGIN_S:
            tile.permit = await self._gatekeeper.renew_grant(tile.visitor, tile.permit, tile.view)
        audio = self._codings is not None
        message = commands.OpenStream(grant=tile.permit.grant, lease=lease, lease_s=LEASE_S, audio=audio)
        reply = await self._school.ask(tile.permit.site, "open", message)
        return reply.opened or commands.Opened(lease=lease)

    def _new_broadcast(self) -> Broadcast:
        return Broadcast(self._counters, self._clock.monotonic, on_end=self._on_end)

    def _on_end(self, reason: str) -> None:
        self._ended = reason or StreamEnded.code
        self._changed.set()

    @contextmanager
    def _counting_stream(self) -> Iterator[None]:
        self._counters.streams += 1
        try:
            yield
        finally:
            self._counters.streams -= 1

    # -- viewers ----------------------------------------------------------------------------------------------------

    def _on_failure(self, error: Unavailable) -> None:
        """Every viewer must be shown to the school again when it is back."""
        self._joining = self._broadcast.viewers | self._joining
        self._broadcast = self._new_broadcast()
        if isinstance(error, LinkDown):
            self._tell_all(CameraState.FAILED, CameraReason.NODE_SILENT)
        elif error.code in _REASONS:
            self._tell_all(CameraState.FAILED, error.code)
        else:  # the lease ended, the camera may be well: we are about to ask again
            self._tell_all(CameraState.CONNECTING, CameraReason.NONE)

    def _tell_all(self, state: str, reason: str) -> None:
        for tile in self._broadcast.viewers | self._joining:
            tile.state(state, reason)

    def _watched(self) -> bool:
        return bool(self._broadcast.viewers or self._joining)

    async def _somebody_watches(self) -> bool:
        """Whether anybody watches, waiting for the linger if nobody does."""
        until = self._clock.monotonic() + self._linger_s
        while not self._watched() and (left_s := until - self._clock.monotonic()) > 0:
            await self._wait_change(left_s)
        return self._watched()

    async def _sleep_while_watched(self, seconds: float) -> None:
        until = self._clock.monotonic() + seconds
        while self._watched() and (left_s := until - self._clock.monotonic()) > 0:
            await self._wait_change(left_s)

    async def _wait_change(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()
