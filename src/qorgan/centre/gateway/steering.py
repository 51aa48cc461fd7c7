"""Orders to a camera itself: turn, and one picture. The school's node carries them out, with a grant for just that."""

from collections.abc import Callable
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from qorgan.centre.gateway.instants import instant
from qorgan.centre.gateway.ports import Gatekeeper, View, Visitor
from qorgan.centre.gateway.problems import NotSignedIn
from qorgan.centre.gateway.recordings import camera_of
from qorgan.centre.gateway.school import SchoolLink
from qorgan.centre.gateway.sockets import is_same_origin
from qorgan.centre.gateway.viewings import Viewings
from qorgan.domain.cameras import StreamName
from qorgan.kernel.errors import Forbidden, Invalid
from qorgan.protocols.link.commands import AskPtz, AskSnapshot, PtzOrder
from qorgan.protocols.link.grants import Action

MAX_BODY_BYTES = 2_000
MAX_PURPOSE_CHARACTERS = 100
_PRIVATE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


class Steer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /api/cameras/{id}/ptz`. Speeds are -1 … 1; a move ends by itself after `for_s` seconds."""

    order: PtzOrder
    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 0.0
    for_s: float = 2.0
    preset: str = ""  # the token for `goto`, the name for `set`
    purpose: str = "duty"


class Steering:
    """Serves `/api/cameras/{id}/ptz` and `…/snapshot`.

    Turning is one line in the watch ledger for as long as somebody steers (`Viewings`); a picture is one each.
    """

    def __init__(
        self, school: SchoolLink, gatekeeper: Gatekeeper, viewings: Viewings, *, is_our_host: Callable[[str], bool]
    ) -> None:
        self._school, self._gatekeeper, self._viewings = school, gatekeeper, viewings
        self._is_our_host = is_our_host

    async def presets(self, request: Request) -> Response:
        """What the camera remembers. A camera that cannot turn is 404 `onvif.not_supported`."""
        visitor = await self._visitor(request)
        purpose = _purpose(request.query_params.get("purpose", "duty"))
        return await self._steer(visitor, camera_of(request), Steer(order=PtzOrder.PRESETS, purpose=purpose))

    async def steer(self, request: Request) -> Response:
        """Turn, stop, go to a place or remember one."""
        self._require_our_page(request)
        visitor = await self._visitor(request)
        return await self._steer(visitor, camera_of(request), await _body(request))

    async def snapshot(self, request: Request) -> Response:
        """One picture as the camera makes it, in JPEG."""
        visitor = await self._visitor(request)
        purpose = _purpose(request.query_params.get("purpose", "duty"))
        view = View(camera=camera_of(request), stream=StreamName.MAIN, purpose=purpose, action=Action.SNAPSHOT)
        permit = await self._gatekeeper.open_watch(visitor, view)
        try:
            reply = await self._school.ask(permit.site, "snapshot", AskSnapshot(grant=permit.grant))
        finally:
            await self._gatekeeper.end_watch(permit)
        if reply.snapshot is None or not reply.snapshot.jpeg.startswith(b"\xff\xd8"):
            raise Invalid("the school's answer is no picture", code="onvif.not_onvif")
        headers = {**_PRIVATE, "X-Qorgan-At": instant(reply.snapshot.at)}
        return Response(reply.snapshot.jpeg, media_type="image/jpeg", headers=headers)

    async def _steer(self, visitor: Visitor, camera: UUID, order: Steer) -> Response:
        view = View(camera=camera, stream=StreamName.MAIN, purpose=order.purpose, action=Action.PTZ)
        permit = (await self._viewings.share(visitor, view)).permit
        ask = AskPtz(
            grant=permit.grant,
            order=order.order,
            pan=order.pan,
            tilt=order.tilt,
            zoom=order.zoom,
            for_s=order.for_s,
            preset=order.preset,
        )
        reply = await self._school.ask(permit.site, "ptz", ask)
        presets = reply.ptz.presets if reply.ptz is not None else ()
        items = [{"token": preset.token, "name": preset.name} for preset in presets]
        return JSONResponse({"presets": items}, headers=_PRIVATE)

    def _require_our_page(self, request: Request) -> None:
        """No foreign page turns cameras with a borrowed session: our host and origin, and JSON, which no form sends."""
        host = request.headers.get("host", "")
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if not self._is_our_host(host) or not is_same_origin(request.headers.get("origin"), host):
            raise Forbidden("this order comes from another page", code="csrf")
        if kind != "application/json":
            raise Invalid("the body must be application/json")

    async def _visitor(self, request: Request) -> Visitor:
        visitor = await self._gatekeeper.authenticate(request.cookies)
        if visitor is None:
            raise NotSignedIn("sign in first")
        return visitor


async def _body(request: Request) -> Steer:
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > MAX_BODY_BYTES:
            raise Invalid(f"the body has more than {MAX_BODY_BYTES} bytes")
    try:
        order = msgspec.json.decode(bytes(data), type=Steer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"the body is wrong: {error}") from error
    _purpose(order.purpose)
    return order


def _purpose(text: str) -> str:
    if len(text) > MAX_PURPOSE_CHARACTERS:
        raise Invalid(f"purpose: is longer than {MAX_PURPOSE_CHARACTERS} characters")
    return text
