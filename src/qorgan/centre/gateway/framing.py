"""Frames: `POST /api/cameras/{camera}/frames`. One picture of a camera, asked of the school, drawn anew, and kept.

Now: the first keyframe of the live stream. `at`: the keyframe that was recorded there. Either is one line of the
school's watch ledger, which has ended when the answer comes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from qorgan.centre.gateway.door import Door
from qorgan.centre.gateway.ports import Gatekeeper, Permit, View, Visitor
from qorgan.centre.gateway.recordings import camera_of
from qorgan.centre.gateway.school import MediaReader, SchoolLink
from qorgan.centre.gateway.transfer import CREDIT_BYTES, RangeBroken, check_end
from qorgan.centre.pictures import drawing
from qorgan.domain.cameras import StreamName
from qorgan.kernel.clock import Clock, from_us
from qorgan.kernel.errors import Exhausted, Invalid, QorganError, Unavailable
from qorgan.kernel.ids import LeaseId, uuid7
from qorgan.protocols.link import commands
from qorgan.protocols.link.grants import Action
from qorgan.protocols.link.media import MediaKind, split_init, unpack

MAX_BODY_BYTES = 2_000
MAX_PICTURE_BYTES = 16_000_000  # of one keyframe, with what a player needs before it
MAX_MESSAGES = 200  # until a whole keyframe was among them
PICTURE_WITHIN_S = 15.0  # the longest group of pictures that a camera is set up with, and a busy machine
AT_ONCE = 8  # frames of one gateway
ONE_PICTURE = timedelta(milliseconds=1)
_PRIVATE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a call. Without `at`: as the camera sees now."""

    at: datetime | None = None
    stream: StreamName = StreamName.MAIN
    purpose: str = "inspection"


@dataclass(frozen=True, slots=True)
class Picture:
    """One keyframe as fragmented MP4, and when it was taken, by the school's clock."""

    taken_at: datetime
    mp4: bytes


class Framing:
    """Serves frames."""

    def __init__(self, school: SchoolLink, gatekeeper: Gatekeeper, clock: Clock, door: Door) -> None:
        self._school, self._gatekeeper, self._clock, self._door = school, gatekeeper, clock, door
        self._under_way = 0

    async def keep(self, request: Request) -> Response:
        wish = await self._door.order(request, Wish, MAX_BODY_BYTES)
        visitor = await self._door.visitor(request)
        view = self._view(request, wish)
        if self._under_way >= AT_ONCE:
            raise Exhausted("too many pictures are being fetched: try again in a moment", code="frame.busy")
        self._under_way += 1
        try:
            return JSONResponse(await self._kept(visitor, view), 201, headers=_PRIVATE)
        finally:
            self._under_way -= 1

    def _view(self, request: Request, wish: Wish) -> View:
        if len(wish.purpose) > 60:
            raise Invalid("purpose: is longer than 60 characters")
        camera = camera_of(request)
        if wish.at is None:
            return View(camera=camera, stream=wish.stream, purpose=wish.purpose, action=Action.LIVE)
        if wish.at.tzinfo is None or wish.at > self._clock.now():
            raise Invalid("at: an instant of the past, with its offset", code="frame.at")
        return View(
            camera=camera,
            stream=wish.stream,
            purpose=wish.purpose,
            action=Action.ARCHIVE,
            start=wish.at,
            end=wish.at + ONE_PICTURE,
        )

    async def _kept(self, visitor: Visitor, view: View) -> object:
        await self._gatekeeper.require_room_for_frame(visitor)
        permit = await self._gatekeeper.open_watch(visitor, view)
        try:
            async with asyncio.timeout(PICTURE_WITHIN_S):
                picture = await fetch(self._school, permit, view)
        except TimeoutError as error:
            raise Unavailable("the camera sent no picture in time", code="frame.no_picture") from error
        finally:
            await self._gatekeeper.end_watch(permit)
        drawn = await asyncio.to_thread(drawing.draw, "frame", picture.mp4)
        return await self._gatekeeper.keep_frame(visitor, view, permit, picture.taken_at, drawn)


async def fetch(school: SchoolLink, permit: Permit, view: View) -> Picture:
    """The picture that the view asks for; wait for it under a timeout. Raises as `first_picture`, and `Refused`."""
    lease = LeaseId(uuid7().hex)
    async with school.range_media(permit.site, lease) as media, _closing(school, permit, lease):
        await school.ask(permit.site, *_order(permit, view, lease))
        return await first_picture(media)


@asynccontextmanager
async def _closing(school: SchoolLink, permit: Permit, lease: LeaseId) -> AsyncIterator[None]:
    """However it ends, the school need not send any more. It ends by itself when it does not hear of that."""
    try:
        yield
    finally:
        with suppress(QorganError):  # then its lease runs out
            await school.ask(permit.site, "close", commands.Close(lease=lease))


def _order(permit: Permit, view: View, lease: LeaseId) -> tuple[str, commands.OpenStream | commands.OpenRange]:
    if view.start is None or view.end is None:
        return "open", commands.OpenStream(grant=permit.grant, lease=lease)
    return "range", commands.OpenRange(
        grant=permit.grant,
        lease=lease,
        start=view.start,
        end=view.end,
        credit_bytes=CREDIT_BYTES,
        keys_only=True,
    )


async def first_picture(media: MediaReader) -> Picture:
    """The first whole keyframe of a lease, live or recorded.

    Raises `NotFound` with code `not_recorded`, `RangeBroken` for a loss or when none came, `Invalid` for messages that
    have not their form.
    """
    init, key, taken_at = b"", bytearray(), None
    for _ in range(MAX_MESSAGES):
        message = unpack(await media.next(PICTURE_WITHIN_S))
        if message.kind is MediaKind.INIT:
            init, key, taken_at = split_init(message.payload)[1], bytearray(), None
        elif message.kind is MediaKind.END:
            check_end(message.payload.decode("utf-8", "replace")[:80])
            break
        elif message.kind is MediaKind.KEY and init and taken_at is None:
            key, taken_at = bytearray(message.payload), _instant(message.wall_us)
        elif message.kind is MediaKind.DELTA and taken_at is not None:
            key += message.payload
        if len(init) + len(key) > MAX_PICTURE_BYTES:
            raise Invalid("the school's picture is larger than any", code="frame.too_big")
        if taken_at is not None and is_whole(key):
            return Picture(taken_at, init + bytes(key))
    raise RangeBroken("the school sent no whole picture")


def _instant(wall_us: int) -> datetime:
    try:
        return from_us(wall_us)
    except (OverflowError, ValueError) as error:
        raise Invalid("the school's picture is of no time that is", code="frame.at") from error


def is_whole(fragment: bytes | bytearray) -> bool:
    """Whether a `moof` and its `mdat` are there to the end (ISO/IEC 14496-12, 4.2); a large one comes in portions."""
    at = 0
    kinds: list[bytes] = []
    while at + 8 <= len(fragment) and len(kinds) < 2:
        size = int.from_bytes(fragment[at : at + 4], "big")
        if size < 8:
            raise Invalid("the school's picture has not its form", code="frame.form")
        kinds.append(bytes(fragment[at + 4 : at + 8]))
        at += size
    return kinds == [b"moof", b"mdat"] and at <= len(fragment)
