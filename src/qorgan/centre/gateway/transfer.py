"""Recorded video on its way from a school to a browser: one lease, streamed as it comes, no faster than it is taken."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from qorgan.centre.gateway.counters import Counters
from qorgan.centre.gateway.problems import problem
from qorgan.centre.gateway.school import MediaReader, SchoolLink
from qorgan.kernel.errors import NotFound, QorganError, Unavailable
from qorgan.kernel.ids import LeaseId, SiteId, uuid7
from qorgan.protocols.link import commands
from qorgan.protocols.link.media import MediaKind, split_init, unpack
from qorgan.protocols.link.messages import Message

log = structlog.get_logger(__name__)

CREDIT_BYTES = 4_000_000  # what a school may send ahead of the browser
CREDIT_STEP_BYTES = 500_000
SILENT_AFTER_S = 10.0
TAKE_WITHIN_S = 25.0  # a browser that takes nothing for so long loses its range; the school gives up after 30 s
FINISH_WITHIN_S = 3.0
_COMPLETE = frozenset({"", "end", "complete"})  # reasons of an END that is no accident

Through = Callable[[AsyncGenerator[tuple[str, int, bytes]]], AsyncGenerator[tuple[str, int, bytes]]]
Order = Callable[[LeaseId], tuple[str, Message]]  # the command that makes the school send


class RangeBroken(Unavailable):
    """Something of the range was lost on the way. Half a range is never passed off as a whole one."""

    code = "range.broken"


async def nothing_more() -> None:
    """For a transfer whose end needs no further deed."""


class MediaResponse(Response):
    """Streams what one lease brings. Owns the lease; awaits `on_end` whatever happened.

    `opening` is sent before the school's bytes. With `size`, exactly so many bytes come after it, or the body breaks
    off. What `through` makes of the school's fragments is sent in their place.

    Not a StreamingResponse: what must be done when the browser leaves (close the lease, end the watch) has to be
    awaited, which a generator that was cancelled from outside cannot promise.
    """

    def __init__(
        self,
        school: SchoolLink,
        counters: Counters,
        site: SiteId,
        order: Order,
        *,
        headers: dict[str, str] | None = None,
        opening: bytes = b"",
        size: int | None = None,
        through: Through | None = None,
        on_end: Callable[[], Awaitable[None]] = nothing_more,
    ) -> None:
        self._school, self._counters, self._site, self._order = school, counters, site, order
        self._extra, self._opening, self._size, self._on_end = headers or {}, opening, size, on_end
        self._through = through
        self._lease = LeaseId(uuid7().hex)
        self._started = False
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._counters.ranges += 1
        try:
            async with asyncio.TaskGroup() as group:
                sending = group.create_task(self._answer(scope, receive, send), name="range:send")
                leaving = group.create_task(_cancel_when_gone(receive, sending), name="range:leave")
                sending.add_done_callback(lambda _: leaving.cancel())
        finally:
            self._counters.ranges -= 1
            await self._finish()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(None) as patience:
                await self._stream(send, patience)
        except (QorganError, TimeoutError) as error:
            code = error.code if isinstance(error, QorganError) else "too_slow"
            log.warning("range.broken", site=self._site, code=code, started=self._started)
            if not self._started and isinstance(error, QorganError):
                await problem(error)(scope, receive, send)
            # Otherwise return without completing the body: the browser must see a broken download, not a short one.

    async def _stream(self, send: Send, patience: asyncio.Timeout) -> None:
        loop = asyncio.get_running_loop()
        async with self._school.range_media(self._site, self._lease) as media:
            await self._school.ask(self._site, *self._order(self._lease))
            taken = total = 0
            async with aclosing(self._parts(media)) as parts:
                async for mime, cost, body in parts:
                    if not self._started:
                        await self._start(send, mime)
                    patience.reschedule(loop.time() + TAKE_WITHIN_S)
                    await send({"type": "http.response.body", "body": body, "more_body": True})
                    patience.reschedule(None)
                    total += len(body)
                    taken += cost
                    if taken >= CREDIT_STEP_BYTES:
                        await self._school.ask(self._site, "credit", commands.Credit(lease=self._lease, bytes=taken))
                        taken = 0
        if self._size is not None and total != self._size:
            raise RangeBroken(f"{total} bytes came of {self._size}")
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _parts(self, media: MediaReader) -> AsyncGenerator[tuple[str, int, bytes]]:
        parts = fragments(media)
        return parts if self._through is None else self._through(parts)

    async def _start(self, send: Send, mime: str) -> None:
        headers = {
            "content-type": "video/mp4",
            "cache-control": "private, no-store",
            "x-content-type-options": "nosniff",
            **({"x-qorgan-mime": mime} if mime else {}),
            **({} if self._size is None else {"content-length": str(len(self._opening) + self._size)}),
            **self._extra,
        }
        raw = [(name.encode("ascii"), value.encode("latin-1", "replace")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        self._started = True
        if self._opening:
            await send({"type": "http.response.body", "body": self._opening, "more_body": True})

    async def _finish(self) -> None:
        """Close the lease, end the watch; a school that ended the range already does not mind."""
        try:
            async with asyncio.timeout(FINISH_WITHIN_S):
                await self._on_end()
                await self._school.ask(self._site, "close", commands.Close(lease=self._lease))
        except (QorganError, TimeoutError) as error:
            log.info("range.close_unanswered", site=self._site, error=type(error).__name__)


async def fragments(media: MediaReader) -> AsyncGenerator[tuple[str, int, bytes]]:
    """Mime type, size on the link, and fMP4 bytes of each message of a range until its END.

    Raises `NotFound` with code `not_recorded` when nothing was recorded, `RangeBroken` for a loss or an unusual end,
    `NodeSilent` when the school stops sending, `Invalid` for messages that have not their form.
    """
    mime, expected = "", None
    while True:
        data = await media.next(SILENT_AFTER_S)
        message = unpack(data)
        if expected is not None and message.seq != expected:
            raise RangeBroken("a part of the recording was lost on the way")
        expected = (message.seq + 1) & 0xFFFFFFFF
        if message.kind is MediaKind.END:
            check_end(message.payload.decode("utf-8", "replace")[:80])
            return
        if message.kind is MediaKind.STATE:
            continue
        body = message.payload
        if message.kind is MediaKind.INIT:
            mime, body = split_init(body)
        yield mime, len(data), body


def check_end(reason: str) -> None:
    """Raises `NotFound` with code `not_recorded`, `RangeBroken` for an END that is an accident."""
    if reason == "not_recorded":
        raise NotFound("nothing was recorded in this range", code=reason)
    if reason not in _COMPLETE:
        raise RangeBroken(f"the school ended the range: {reason}")


async def _cancel_when_gone(receive: Receive, sending: asyncio.Task[None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    sending.cancel()
