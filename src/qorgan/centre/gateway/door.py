"""Who stands before a route of the gateway, and whether an order truly comes from our own page."""

from collections.abc import Callable
from typing import TypeVar

import msgspec
from starlette.requests import Request

from qorgan.centre.gateway.ports import Gatekeeper, Visitor
from qorgan.centre.gateway.problems import NotSignedIn
from qorgan.centre.gateway.sockets import is_same_origin
from qorgan.kernel.errors import Forbidden, Invalid

T = TypeVar("T", bound=msgspec.Struct)


class Door:
    """Asked by everything that changes something outside of Django, which has a guard of its own (CSRF tokens)."""

    def __init__(self, gatekeeper: Gatekeeper, *, is_our_host: Callable[[str], bool]) -> None:
        self._gatekeeper, self._is_our_host = gatekeeper, is_our_host

    async def visitor(self, request: Request) -> Visitor:
        """Raises `NotSignedIn`."""
        visitor = await self._gatekeeper.authenticate(request.cookies)
        if visitor is None:
            raise NotSignedIn("sign in first")
        return visitor

    def require_our_page(self, request: Request) -> None:
        """No foreign page gives orders with a borrowed session: our host and origin. Raises `Forbidden`."""
        host = request.headers.get("host", "")
        if not self._is_our_host(host) or not is_same_origin(request.headers.get("origin"), host):
            raise Forbidden("this order comes from another page", code="csrf")

    async def order(self, request: Request, kind: type[T], most_bytes: int) -> T:
        """The JSON body of an order from our page, which no form sends. Raises without repeating what was in it."""
        self.require_our_page(request)
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise Invalid("the body must be application/json")
        data = bytearray()
        async for piece in request.stream():
            data += piece
            if len(data) > most_bytes:
                raise Invalid(f"the body has more than {most_bytes} bytes")
        try:
            return msgspec.json.decode(bytes(data), type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Invalid(f"the body has not the form of such an order ({type(error).__name__})") from None
