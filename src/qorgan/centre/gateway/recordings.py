"""What a school recorded: the timeline of a camera, and ranges of it, streamed from the school's own files."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from qorgan.centre.gateway.counters import Counters
from qorgan.centre.gateway.instants import instant, parse_instant
from qorgan.centre.gateway.ports import Gatekeeper, Permit, View, Visitor
from qorgan.centre.gateway.problems import NotSignedIn, problem
from qorgan.centre.gateway.school import MediaReader, SchoolLink
from qorgan.domain.cameras import StreamName
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import Exhausted, Invalid, NotFound, QorganError, Unavailable
from qorgan.kernel.ids import LeaseId, uuid7
from qorgan.protocols.link import commands
from qorgan.protocols.link.grants import Action
from qorgan.protocols.link.media import MediaKind, split_init, unpack

log = structlog.get_logger(__name__)

LONGEST_RANGE = timedelta(seconds=120)
LONGEST_TIMELINE = timedelta(days=31)
CLOCK_SKEW = timedelta(seconds=5)  # of a browser that asks for "until now"
RANGES = 64  # at once, of one gateway
CREDIT_BYTES = 4_000_000  # what a school may send ahead of the browser
CREDIT_STEP_BYTES = 500_000
SILENT_AFTER_S = 10.0
TAKE_WITHIN_S = 25.0  # a browser that takes nothing for so long loses its range; the school gives up after 30 s
FINISH_WITHIN_S = 3.0
_COMPLETE = frozenset({"", "end", "complete"})  # reasons of an END that is no accident


class TooManyViewers(Exhausted):
    code = "too_many_viewers"


class RangeBroken(Unavailable):
    """Something of the range was lost on the way. Half a range is never passed off as a whole one."""

    code = "range.broken"


class Recordings:
    """Serves `/api/cameras/{id}/range` and `/api/cameras/{id}/timeline`."""

    def __init__(self, school: SchoolLink, gatekeeper: Gatekeeper, clock: Clock, counters: Counters) -> None:
        self._school, self._gatekeeper, self._clock, self._counters = school, gatekeeper, clock, counters

    async def range(self, request: Request) -> Response:
        """fMP4 of a recorded range, as the school sends it. Each call is a line in the watch ledger."""
        visitor = await self._visitor(request)
        view = read_view(camera_of(request), request.query_params, LONGEST_RANGE, self._clock.now())
        if self._counters.ranges >= RANGES:
            raise TooManyViewers("this gateway sends as many recordings as it can; try again in a moment")
        permit = await self._gatekeeper.open_watch(visitor, view)
        return RangeResponse(self._school, self._gatekeeper, self._counters, view, permit)

    async def timeline(self, request: Request) -> Response:
        """What was recorded, what was not and why, and the alarms of that time."""
        visitor = await self._visitor(request)
        view = read_view(camera_of(request), request.query_params, LONGEST_TIMELINE, self._clock.now())
        permit = await self._gatekeeper.permit_coverage(visitor, view)
        assert view.start is not None and view.end is not None
        question = commands.AskCoverage(grant=permit.grant, start=view.start, end=view.end)
        reply = await self._school.ask(permit.site, "coverage", question)
        alarms = await self._gatekeeper.alarms_around(visitor, view)
        body = timeline(view.start, view.end, reply.coverage or commands.CoverageReply())
        return JSONResponse({**body, "alarms": list(alarms)}, headers={"Cache-Control": "private, no-store"})

    async def _visitor(self, request: Request) -> Visitor:
        visitor = await self._gatekeeper.authenticate(request.cookies)
        if visitor is None:
            raise NotSignedIn("sign in first")
        return visitor


class RangeResponse(Response):
    """Streams one range. Owns its lease and the end of its ledger line.

    Not a StreamingResponse: what must be done when the browser leaves (close the lease, end the watch) has to be
    awaited, which a generator that was cancelled from outside cannot promise.
    """

    def __init__(
        self, school: SchoolLink, gatekeeper: Gatekeeper, counters: Counters, view: View, permit: Permit
    ) -> None:
        self._school, self._gatekeeper, self._counters = school, gatekeeper, counters
        self._view, self._permit, self._lease = view, permit, LeaseId(uuid7().hex)
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
            log.warning("range.broken", site=self._permit.site, code=code, started=self._started)
            if not self._started and isinstance(error, QorganError):
                await problem(error)(scope, receive, send)
            # Otherwise return without completing the body: the browser must see a broken download, not a short one.

    async def _stream(self, send: Send, patience: asyncio.Timeout) -> None:
        site, view, lease = self._permit.site, self._view, self._lease
        assert view.start is not None and view.end is not None
        loop = asyncio.get_running_loop()
        async with self._school.range_media(site, lease) as media:
            order = commands.OpenRange(
                grant=self._permit.grant, lease=lease, start=view.start, end=view.end, credit_bytes=CREDIT_BYTES
            )
            await self._school.ask(site, "range", order)
            taken = 0
            async with aclosing(fragments(media)) as parts:
                async for mime, cost, body in parts:
                    if not self._started:
                        await send(self._head(mime))
                        self._started = True
                    patience.reschedule(loop.time() + TAKE_WITHIN_S)
                    await send({"type": "http.response.body", "body": body, "more_body": True})
                    patience.reschedule(None)
                    taken += cost
                    if taken >= CREDIT_STEP_BYTES:
                        await self._school.ask(site, "credit", commands.Credit(lease=lease, bytes=taken))
                        taken = 0
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _head(self, mime: str) -> dict[str, object]:
        headers = {
            "content-type": "video/mp4",
            "x-qorgan-mime": mime,
            "cache-control": "private, no-store",
            "x-content-type-options": "nosniff",
        }
        raw = [(name.encode("ascii"), value.encode("latin-1", "replace")) for name, value in headers.items()]
        return {"type": "http.response.start", "status": 200, "headers": raw}

    async def _finish(self) -> None:
        """Close the lease, end the watch; a school that ended the range already does not mind."""
        try:
            async with asyncio.timeout(FINISH_WITHIN_S):
                await self._gatekeeper.end_watch(self._permit)
                await self._school.ask(self._permit.site, "close", commands.Close(lease=self._lease))
        except (QorganError, TimeoutError) as error:
            log.info("range.close_unanswered", site=self._permit.site, error=type(error).__name__)


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
            _check_end(message.payload.decode("utf-8", "replace")[:80])
            return
        if message.kind is MediaKind.STATE:
            continue
        body = message.payload
        if message.kind is MediaKind.INIT:
            mime, body = split_init(body)
        yield mime, len(data), body


def _check_end(reason: str) -> None:
    if reason == "not_recorded":
        raise NotFound("nothing was recorded in this range", code=reason)
    if reason not in _COMPLETE:
        raise RangeBroken(f"the school ended the range: {reason}")


async def _cancel_when_gone(receive: Receive, sending: asyncio.Task[None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    sending.cancel()


def camera_of(request: Request) -> UUID:
    """Raises `NotFound` for what is no id at all."""
    try:
        return UUID(request.path_params["camera"])
    except ValueError as error:
        raise NotFound("there is no such camera") from error


def read_view(camera: UUID, query: QueryParams, longest: timedelta, now: datetime) -> View:
    """The view asked for in a URL. Raises `Invalid` naming the parameter and what to do."""
    start, end = parse_instant(query.get("start"), "start"), parse_instant(query.get("end"), "end")
    if start >= end:
        raise Invalid("end: must be after start")
    if end - start > longest:
        raise Invalid(f"end: at most {longest.total_seconds():.0f} s after start")
    if start >= now or end > now + CLOCK_SKEW:
        raise Invalid("end: lies in the future; nothing is recorded there yet")
    try:
        stream = StreamName(query.get("stream", StreamName.MAIN))
    except ValueError as error:
        raise Invalid("stream: must be main or sub") from error
    purpose = query.get("purpose", "duty")
    if len(purpose) > 100:
        raise Invalid("purpose: is longer than 100 characters")
    return View(camera=camera, stream=stream, purpose=purpose, action=Action.ARCHIVE, start=start, end=end)


def timeline(start: datetime, end: datetime, coverage: commands.CoverageReply) -> dict[str, object]:
    """`Timeline` of the API without its alarms."""
    return {
        "start": instant(start),
        "end": instant(end),
        "spans": [
            {"start": instant(span.start), "end": instant(span.end), "stream": span.stream} for span in coverage.spans
        ],
        "gaps": [
            {"start": instant(gap.start), "end": instant(gap.end), "stream": gap.stream, "cause": gap.cause}
            for gap in coverage.gaps
        ],
    }
