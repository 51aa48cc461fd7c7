"""Setting up cameras from the console: `/api/schools/{school}/camera-setup/…`. The school's node does the work.

Search, look, picture, save, take away. A password comes in a body, leaves sealed for the node, and is kept nowhere.
"""

import base64
from typing import Any
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from qorgan.centre.gateway.door import Door
from qorgan.centre.gateway.ports import Gatekeeper
from qorgan.centre.gateway.school import SchoolLink
from qorgan.domain.places import LocalText
from qorgan.kernel.errors import Invalid, NotFound
from qorgan.protocols.link.commands import Reply
from qorgan.protocols.link.setup import CameraSetup, CameraWish, Probed

MAX_BODY_BYTES = 16_000
_PRIVATE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of every call; which of its fields one needs, `protocols.link.setup.CameraWish` says."""

    address: str = ""
    user: str = ""
    password: str = ""
    main: str = ""
    sub: str | None = None
    key: str = ""
    name: LocalText | None = None
    zone: str = "other"
    house_profile: bool = False

    def __repr__(self) -> str:
        return f"Order(key={self.key!r}, …)"


class SettingUp:
    """Serves the wizard."""

    def __init__(self, school: SchoolLink, gatekeeper: Gatekeeper, door: Door) -> None:
        self._school, self._gatekeeper, self._door = school, gatekeeper, door

    async def search(self, request: Request) -> Response:
        """Cameras that answer in the school's network, and those that are configured already."""
        reply = await self._ask(request, "discover", await self._wish(request))
        found = reply.discovered
        if found is None:
            raise Invalid("the school's answer is none", code="onvif.not_onvif")
        return _json({"items": [_whole(one) for one in found.items], "ignored": found.ignored})

    async def look(self, request: Request) -> Response:
        """What the camera is and offers, after logging in. Shows no picture."""
        return _json(_shown(await self._probed(request, await self._wish(request))))

    async def picture(self, request: Request) -> Response:
        """The same, with one picture in base64; a line in the school's watch ledger."""
        wish = msgspec.structs.replace(await self._wish(request), picture=True)
        seen = await self._probed(request, wish)
        jpeg = seen.jpeg if seen.jpeg.startswith(b"\xff\xd8") else b""
        return _json({**_shown(seen), "jpeg": base64.b64encode(jpeg).decode("ascii")})

    async def save(self, request: Request) -> Response:
        """Put it into the node's configuration. One whose streams give no picture is refused."""
        wish = await self._wish(request)
        await self._ask(request, "save_camera", wish)
        await self._write_down(request, "camera.added", wish)
        return _json({"key": wish.key}, 201)

    async def take_away(self, request: Request) -> Response:
        """Undo: only what was added this way within the last day."""
        wish = CameraWish(key=request.path_params["key"])
        self._door.require_our_page(request)
        await self._ask(request, "remove_camera", wish)
        await self._write_down(request, "camera.taken_away", wish)
        return _json({"key": wish.key})

    async def _probed(self, request: Request, wish: CameraWish) -> Probed:
        reply = await self._ask(request, "probe_camera", wish)
        if reply.probed is None:
            raise Invalid("the school's answer is none", code="onvif.not_onvif")
        return reply.probed

    async def _ask(self, request: Request, command: str, wish: CameraWish) -> Reply:
        visitor = await self._door.visitor(request)
        permit = await self._gatekeeper.permit_setup(visitor, _school(request), wish)
        try:
            return await self._school.ask(permit.site, command, CameraSetup(grant=permit.grant, sealed=permit.sealed))
        finally:
            if permit.watch:
                await self._gatekeeper.end_setup(permit.watch)

    async def _write_down(self, request: Request, action: str, wish: CameraWish) -> None:
        await self._gatekeeper.write_setup_down(await self._door.visitor(request), _school(request), action, wish)

    async def _wish(self, request: Request) -> CameraWish:
        order = await self._door.order(request, Order, MAX_BODY_BYTES)
        return CameraWish(**{name: getattr(order, name) for name in Order.__struct_fields__})


def _school(request: Request) -> UUID:
    try:
        return UUID(request.path_params["school"])
    except ValueError as error:
        raise NotFound("there is no such school") from error


def _shown(seen: Probed) -> dict[str, Any]:
    """`LookedAt` of the API: everything but the picture."""
    shown = {name: getattr(seen, name) for name in seen.__struct_fields__ if name not in ("jpeg", "at")}
    return shown | {
        "profiles": [_whole(one) for one in seen.profiles],
        "changes": [_whole(one) for one in seen.changes],
    }


def _whole(one: msgspec.Struct) -> dict[str, Any]:
    """With the fields that have their defaults: the link leaves them out, the API does not."""
    return {name: getattr(one, name) for name in one.__struct_fields__}


def _json(body: dict[str, Any], status: int = 200) -> JSONResponse:
    return JSONResponse(body, status, headers=_PRIVATE)
