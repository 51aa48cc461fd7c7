"""What a school recorded: a camera's timeline, ranges, playlists and files, streamed from the school's own disk."""

import re
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from qorgan.centre.gateway.counters import Counters
from qorgan.centre.gateway.instants import instant, parse_instant
from qorgan.centre.gateway.playlist import audible, checked, joined, media_playlist, orders
from qorgan.centre.gateway.ports import Gatekeeper, Permit, View, Visitor
from qorgan.centre.gateway.problems import NotSignedIn
from qorgan.centre.gateway.school import SchoolLink
from qorgan.centre.gateway.sound import Codings
from qorgan.centre.gateway.transfer import CREDIT_BYTES, MediaResponse, Order
from qorgan.centre.gateway.viewings import Viewings, all_or_none, with_sound
from qorgan.domain.cameras import StreamName
from qorgan.kernel.clock import Clock, from_us
from qorgan.kernel.errors import Conflict, Exhausted, Invalid, NotFound
from qorgan.kernel.ids import LeaseId
from qorgan.protocols.fmp4.export import file_head
from qorgan.protocols.link import commands
from qorgan.protocols.link.grants import Action
from qorgan.protocols.link.messages import Message

LONGEST_RANGE = timedelta(seconds=120)
LONGEST_KEYS = timedelta(minutes=10)
LONGEST_PLAYLIST = timedelta(hours=6)
LONGEST_DOWNLOAD = timedelta(hours=1)
LONGEST_TIMELINE = timedelta(days=31)
CLOCK_SKEW = timedelta(seconds=5)  # of a browser that asks for "until now"
MOST_STEPS = 10_000  # of movement in one answer
ONE_PICTURE = timedelta(milliseconds=1)
RANGES = 64  # at once, of one gateway
ZONE = ZoneInfo("Asia/Almaty")
_PIECE = re.compile(r"(\d{1,5})\.m4s")
_INIT = re.compile(r"init-(\d{1,5})\.mp4")
PRIVATE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


class TooManyViewers(Exhausted):
    code = "too_many_viewers"


class ParametersChange(Conflict):
    """The camera's picture was set up anew within the stretch: one file cannot hold both."""

    code = "download.parameters_change"


class Recordings:
    """Serves what stands under `/api/cameras/{id}/` about recordings."""

    def __init__(
        self, school: SchoolLink, gatekeeper: Gatekeeper, clock: Clock, counters: Counters, viewings: Viewings
    ) -> None:
        self._school, self._gatekeeper, self._clock, self._counters = school, gatekeeper, clock, counters
        self._viewings, self._codings = viewings, Codings(counters)

    async def range(self, request: Request) -> Response:
        """fMP4 of a recorded range, as the school sends it. Each call is a line in the watch ledger."""
        visitor = await self._visitor(request)
        keys_only, audio = flag(request.query_params, "keys_only"), flag(request.query_params, "audio")
        longest = LONGEST_KEYS if keys_only and not audio else LONGEST_RANGE
        asked = camera_of(request), request.query_params, longest, self._clock.now()
        view = read_view(*asked, action=Action.LISTEN if audio else Action.ARCHIVE)
        self._require_room()
        permit = await self._gatekeeper.open_watch(visitor, view)
        return MediaResponse(
            self._school,
            self._counters,
            permit.site,
            _range_order(permit, view, keys_only=keys_only, audio=audio),
            through=self._codings.recorded if audio else None,
            on_end=lambda: self._gatekeeper.end_watch(permit),
        )

    async def thumbnail(self, request: Request) -> Response:
        """The keyframe that stands at one instant, alone. A day of them is one line in the watch ledger."""
        visitor = await self._visitor(request)
        at = parse_instant(request.query_params.get("at"), "at")
        if at > self._clock.now():
            raise Invalid("at: lies in the future; nothing is recorded there yet")
        day = day_of(at)
        view = View(
            camera=camera_of(request),
            stream=_stream(request.query_params, StreamName.SUB),
            purpose=_purpose(request.query_params),
            action=Action.ARCHIVE,
            start=day,
            end=day + timedelta(days=1),
        )
        self._require_room()
        viewing = await self._viewings.share(visitor, view)
        picture = View(camera=view.camera, stream=view.stream, purpose=view.purpose, start=at, end=at + ONE_PICTURE)
        order = _range_order(viewing.permit, picture, keys_only=True)
        return MediaResponse(self._school, self._counters, viewing.permit.site, order)

    async def playlist(self, request: Request) -> Response:
        """An HLS playlist of a range. One line in the watch ledger, for it and all its pieces; its sound is another."""
        visitor = await self._visitor(request)
        view = read_view(camera_of(request), request.query_params, LONGEST_PLAYLIST, self._clock.now())
        viewing = await self._viewings.open(visitor, view, audio=flag(request.query_params, "audio"))
        try:
            viewing.contents = audible(await self._contents(viewing.permit, view, viewing.hears))
        except BaseException:
            await self._viewings.end(viewing)
            raise
        text = media_playlist(viewing.contents, viewing.id)
        return Response(text, media_type="application/vnd.apple.mpegurl", headers=PRIVATE)

    async def piece(self, request: Request) -> Response:
        """A piece of a playlist, or an initialisation segment."""
        visitor = await self._visitor(request)
        viewing = await self._viewings.find(visitor, request.path_params["viewing"])
        if viewing.view.camera != camera_of(request):
            raise NotFound("this playlist is of another camera")
        name = request.path_params["file"]
        permit, contents = viewing.permit, viewing.contents
        return piece_response(self._school, self._counters, permit, contents, name, listen=viewing.hears)

    async def download(self, request: Request) -> Response:
        """A recorded stretch as one file to take away. A line in the watch ledger says so; its sound is another."""
        visitor = await self._visitor(request)
        asked = camera_of(request), request.query_params, LONGEST_DOWNLOAD, self._clock.now()
        view = read_view(*asked, action=Action.EXPORT)
        views = with_sound(view) if flag(request.query_params, "audio") else [view]
        self._require_room()
        permits = await all_or_none(self._gatekeeper, visitor, views)
        permit, listen = permits[0], permits[1].grant if len(permits) > 1 else b""
        try:
            contents = await self._contents(permit, view, listen)
            if len(contents.parts) > 1:
                changed = next(piece for piece in contents.pieces if piece.part > 0)
                at = instant(from_us(changed.wall_us))
                raise ParametersChange(f"the camera was set up anew at {at}: take a file up to it and one from it")
        except BaseException:
            await self._gatekeeper.end_watches(permits)
            raise
        return MediaResponse(
            self._school,
            self._counters,
            permit.site,
            _pieces_order(permit, joined(orders(contents.pieces)), listen),
            headers={"content-disposition": f'attachment; filename="{file_name(permit, view)}"'},
            opening=file_head(contents.parts[0].init, [(piece.size, piece.duration) for piece in contents.pieces]),
            size=sum(piece.size for piece in contents.pieces),
            on_end=lambda: self._gatekeeper.end_watches(permits),
        )

    async def timeline(self, request: Request) -> Response:
        """What was recorded, what was not and why, and the alarms of that time."""
        visitor = await self._visitor(request)
        view = read_view(camera_of(request), request.query_params, LONGEST_TIMELINE, self._clock.now())
        permit = await self._gatekeeper.permit_coverage(visitor, view)
        assert view.start is not None and view.end is not None
        question = commands.AskCoverage(grant=permit.grant, start=view.start, end=view.end, motion=True)
        reply = await self._school.ask(permit.site, "coverage", question)
        alarms = await self._gatekeeper.alarms_around(visitor, view)
        body = timeline(view.start, view.end, reply.coverage or commands.CoverageReply())
        return JSONResponse({**body, "alarms": list(alarms)}, headers={"Cache-Control": "private, no-store"})

    async def _contents(self, permit: Permit, view: View, listen: bytes = b"") -> commands.Contents:
        assert view.start is not None and view.end is not None
        question = commands.AskContents(grant=permit.grant, start=view.start, end=view.end, listen=listen)
        return checked((await self._school.ask(permit.site, "contents", question)).contents)

    def _require_room(self) -> None:
        require_room(self._counters)

    async def _visitor(self, request: Request) -> Visitor:
        visitor = await self._gatekeeper.authenticate(request.cookies)
        if visitor is None:
            raise NotSignedIn("sign in first")
        return visitor


def require_room(counters: Counters) -> None:
    """Raises `TooManyViewers`."""
    if counters.ranges >= RANGES:
        raise TooManyViewers("this gateway sends as many recordings as it can; try again in a moment")


def piece_response(
    school: SchoolLink,
    counters: Counters,
    permit: Permit,
    contents: commands.Contents,
    name: str,
    *,
    listen: bytes = b"",
) -> Response:
    """A piece of a playlist by its file name, or an initialisation segment. Raises `NotFound`, `TooManyViewers`."""
    if (found := _INIT.fullmatch(name)) and int(found[1]) < len(contents.parts):
        return Response(contents.parts[int(found[1])].init, media_type="video/mp4", headers=PRIVATE)
    if not (found := _PIECE.fullmatch(name)) or int(found[1]) >= len(contents.pieces):
        raise NotFound("there is no such piece in this playlist")
    require_room(counters)
    number = int(found[1])
    order = _pieces_order(permit, orders(contents.pieces)[number : number + 1], listen)
    return MediaResponse(school, counters, permit.site, order, size=contents.pieces[number].size)


def _range_order(permit: Permit, view: View, *, keys_only: bool, audio: bool = False) -> Order:
    assert view.start is not None and view.end is not None
    start, end = view.start, view.end

    def order(lease: LeaseId) -> tuple[str, Message]:
        return "range", commands.OpenRange(
            grant=permit.grant,
            lease=lease,
            start=start,
            end=end,
            credit_bytes=CREDIT_BYTES,
            keys_only=keys_only and not audio,
            audio=audio,
        )

    return order


def _pieces_order(permit: Permit, pieces: tuple[commands.PieceOrder, ...], listen: bytes = b"") -> Order:
    def order(lease: LeaseId) -> tuple[str, Message]:
        return "pieces", commands.ReadPieces(
            grant=permit.grant, lease=lease, pieces=pieces, credit_bytes=CREDIT_BYTES, listen=listen
        )

    return order


def camera_of(request: Request) -> UUID:
    """Raises `NotFound` for what is no id at all."""
    try:
        return UUID(request.path_params["camera"])
    except ValueError as error:
        raise NotFound("there is no such camera") from error


def read_view(
    camera: UUID, query: QueryParams, longest: timedelta, now: datetime, *, action: Action = Action.ARCHIVE
) -> View:
    """The view asked for in a URL. Raises `Invalid` naming the parameter and what to do."""
    start, end = parse_instant(query.get("start"), "start"), parse_instant(query.get("end"), "end")
    if start >= end:
        raise Invalid("end: must be after start")
    if end - start > longest:
        raise Invalid(f"end: at most {longest.total_seconds():.0f} s after start")
    if start >= now or end > now + CLOCK_SKEW:
        raise Invalid("end: lies in the future; nothing is recorded there yet")
    stream, purpose = _stream(query, StreamName.MAIN), _purpose(query)
    return View(camera=camera, stream=stream, purpose=purpose, action=action, start=start, end=end)


def _stream(query: QueryParams, usual: StreamName) -> StreamName:
    try:
        return StreamName(query.get("stream", usual))
    except ValueError as error:
        raise Invalid("stream: must be main or sub") from error


def _purpose(query: QueryParams) -> str:
    purpose = query.get("purpose", "duty")
    if len(purpose) > 100:
        raise Invalid("purpose: is longer than 100 characters")
    return purpose


def flag(query: QueryParams, name: str) -> bool:
    """A parameter that is `true` or `false`; false when it is not there. Raises `Invalid`."""
    text = query.get(name, "false")
    if text not in ("true", "false"):
        raise Invalid(f"{name}: must be true or false")
    return text == "true"


def day_of(at: datetime) -> datetime:
    """The beginning of the users' day that an instant lies in."""
    return at.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(at.tzinfo)


def file_name(permit: Permit, view: View) -> str:
    """`kst-012_hall_main_2026-11-22_14-05-00_14-15-00.mp4`, in the users' own time."""
    assert view.start is not None and view.end is not None
    start, end = view.start.astimezone(ZONE), view.end.astimezone(ZONE)
    until = f"{end:%H-%M-%S}" if end.date() == start.date() else f"{end:%Y-%m-%d_%H-%M-%S}"
    name = f"{permit.site}_{permit.camera}_{view.stream}_{start:%Y-%m-%d_%H-%M-%S}_{until}.mp4"
    return re.sub(r"[^A-Za-z0-9._-]", "-", name)


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
        "damaged": [
            {
                "start": instant(one.start),
                "end": instant(one.end),
                "stream": one.stream,
                "pictures": max(0, one.pictures),
            }
            for one in coverage.damaged
        ],
        "motion": None if coverage.motion is None else _motion(coverage.motion),
    }


def _motion(told: commands.Motion) -> dict[str, object] | None:
    """A school's word in the form of the API; none for a word we do not know."""
    if told.basis not in ("events", "sizes") or not 1 <= told.step_s <= 86_400:
        return None
    density = list(told.density[:MOST_STEPS])
    return {"start": instant(told.start), "step_s": told.step_s, "basis": told.basis, "density": density}
