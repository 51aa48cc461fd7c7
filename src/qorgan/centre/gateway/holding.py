"""Holds by a centre's order: `/api/cameras/{camera}/holds`. The school keeps what was recorded until a day.

Each order is a line in the school's watch ledger (`hold`), with the purpose, and one in the person's audit.
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from qorgan.centre.gateway.door import Door
from qorgan.centre.gateway.instants import instant
from qorgan.centre.gateway.ports import Gatekeeper, View, Visitor
from qorgan.centre.gateway.recordings import camera_of
from qorgan.centre.gateway.school import SchoolLink
from qorgan.domain.cameras import StreamName
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import NotFound
from qorgan.kernel.ids import uuid7
from qorgan.protocols.link.commands import AskHolds, Holds, HoldWish, OrderHold
from qorgan.protocols.link.grants import Action
from qorgan.protocols.link.messages import encode
from qorgan.protocols.link.sealing import digest

MAX_BODY_BYTES = 8_000
A_MOMENT = timedelta(seconds=1)
_PRIVATE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST …/holds`. `id` is the browser's: the same one again is the same hold."""

    start: datetime
    end: datetime
    until: datetime
    reason: str
    purpose: str = "duty"
    id: UUID | None = None


class Holding:
    """Serves holds."""

    def __init__(self, school: SchoolLink, gatekeeper: Gatekeeper, clock: Clock, door: Door) -> None:
        self._school, self._gatekeeper, self._clock, self._door = school, gatekeeper, clock, door

    async def list(self, request: Request) -> Response:
        """What is held of a camera."""
        return _answer(await self._listed(await self._door.visitor(request), camera_of(request)))

    async def place(self, request: Request) -> Response:
        """Keep a stretch until a day."""
        wish = await self._door.order(request, Wish, MAX_BODY_BYTES)
        visitor = await self._door.visitor(request)
        order = HoldWish(
            id=str(wish.id or uuid7()),
            by=_name(visitor),
            reason=wish.reason,
            start=wish.start,
            end=wish.end,
            until=wish.until,
        )
        return _answer(await self._order(visitor, camera_of(request), order, wish.purpose, wish.start, wish.end), 201)

    async def release(self, request: Request) -> Response:
        """Let one go before its day."""
        self._door.require_our_page(request)
        visitor, camera = await self._door.visitor(request), camera_of(request)
        listed = await self._listed(visitor, camera)
        held = next((one for one in listed.items if one.id == request.path_params["hold"]), None)
        if held is None:
            raise NotFound("there is no such hold that is not released already", code="hold.unknown")
        order = HoldWish(id=held.id, by=_name(visitor), release=True)
        purpose = request.query_params.get("purpose", "duty")
        return _answer(await self._order(visitor, camera, order, purpose, held.start, held.end))

    async def _listed(self, visitor: Visitor, camera: UUID) -> Holds:
        """Shows no picture: what is held is part of what is recorded."""
        now = self._clock.now()
        view = View(camera=camera, stream=StreamName.MAIN, purpose="", start=now - A_MOMENT, end=now)
        permit = await self._gatekeeper.permit_coverage(visitor, view)
        reply = await self._school.ask(permit.site, "holds", AskHolds(grant=permit.grant))
        return reply.holds or Holds()

    async def _order(
        self, visitor: Visitor, camera: UUID, order: HoldWish, purpose: str, start: datetime, end: datetime
    ) -> Holds | None:
        packed = encode(order)
        view = View(
            camera=camera,
            stream=StreamName.MAIN,
            purpose=purpose,
            action=Action.HOLD,
            start=start,
            end=end,
            digest=digest(packed),
        )
        permit = await self._gatekeeper.open_watch(visitor, view)
        try:
            reply = await self._school.ask(permit.site, "hold", OrderHold(grant=permit.grant, order=packed))
        finally:
            await self._gatekeeper.end_watch(permit)
        action = "hold.released" if order.release else "hold.placed"
        await self._gatekeeper.hold_placed(visitor, camera, action, {"hold": order.id, "reason": order.reason})
        return reply.holds


def _name(visitor: Visitor) -> str:
    """Who orders it, as the school shall read it."""
    return str(getattr(visitor.actor, "name", visitor.user))


def _answer(holds: Holds | None, status: int = 200) -> Response:
    found = holds or Holds()
    items = [
        {
            "id": one.id,
            "start": instant(one.start),
            "end": instant(one.end),
            "reason": one.reason,
            "by": one.by,
            "at": instant(one.at),
            "until": instant(one.until) if one.until is not None else None,
        }
        for one in found.items
    ]
    return JSONResponse({"items": items, "kept_bytes": found.kept_bytes}, status, headers=_PRIVATE)
