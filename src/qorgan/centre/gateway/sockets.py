"""What both WebSockets of a browser share: who may connect, how a socket ends, and that a session's end ends it."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from urllib.parse import urlsplit

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from qorgan.centre.gateway.ports import Gatekeeper, Visitor
from qorgan.kernel.errors import Unavailable

log = structlog.get_logger(__name__)

CHECK_SESSION_EVERY_S = 30.0  # a session ended in another process closes its sockets within this time
CLOSE_WITHIN_S = 1.0

# Codes of the private range, RFC 6455 §7.4.2.
MALFORMED = 4400
SIGNED_OUT = 4401
START_ANEW = 4008
TRY_LATER = 1013  # IANA registry of close codes: "Try Again Later"
TROUBLE = 1011

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Hangup(Exception):
    """We end the socket, with this close code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def is_same_origin(origin: str | None, host: str | None) -> bool:
    """Whether a WebSocket handshake comes from our own page (RFC 6455 §10.2).

    Browsers always send `Origin`; programs that send none carry no borrowed cookies, so they may pass.
    """
    if origin is None:
        return True
    try:
        page = urlsplit(origin)
        here = urlsplit(f"{page.scheme}://{host or ''}")
        default = _DEFAULT_PORTS[page.scheme]
        return page.hostname is not None and (
            (page.hostname, page.port or default) == (here.hostname, here.port or default)
        )
    except (KeyError, ValueError):  # neither http nor https; brackets or a port that are none
        return False


class Doorman:
    """Lets a WebSocket in: right host, same origin, a live session."""

    def __init__(
        self,
        gatekeeper: Gatekeeper,
        *,
        is_our_host: Callable[[str], bool],
        check_session_every_s: float = CHECK_SESSION_EVERY_S,
    ) -> None:
        self._gatekeeper, self._is_our_host = gatekeeper, is_our_host
        self._check_session_every_s = check_session_every_s
        self._ends: dict[str, set[asyncio.Event]] = {}  # of the sockets of each session
        gatekeeper.on_sign_out(self._on_sign_out)

    async def admit(self, websocket: WebSocket) -> Visitor | None:
        """Accept the handshake and say who it is; None when refused, and then the socket is closed already."""
        headers = websocket.headers
        host = headers.get("host", "")
        if not self._is_our_host(host) or not is_same_origin(headers.get("origin"), host):
            await websocket.close()  # before accepting: HTTP 403
            return None
        try:
            visitor = await self._gatekeeper.authenticate(websocket.cookies)
        except Unavailable:
            await websocket.accept()
            await websocket.close(TRY_LATER, "unavailable")
            return None
        await websocket.accept()  # only an accepted socket can tell a browser why it closes
        if visitor is None:
            await websocket.close(SIGNED_OUT, "not_signed_in")
        return visitor

    async def watch_session(self, websocket: WebSocket, visitor: Visitor) -> None:
        """Raise `Hangup` when the session has ended or may see something else than before."""
        ended = asyncio.Event()
        self._ends.setdefault(visitor.session, set()).add(ended)
        try:
            while not await self._ends_within(ended, self._check_session_every_s):
                await self._check_again(websocket, visitor)
            raise Hangup(SIGNED_OUT, "signed_out")
        finally:
            self._ends[visitor.session].discard(ended)
            if not self._ends[visitor.session]:
                del self._ends[visitor.session]

    async def _ends_within(self, ended: asyncio.Event, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await ended.wait()
        except TimeoutError:
            return False

    async def _check_again(self, websocket: WebSocket, visitor: Visitor) -> None:
        try:
            now = await self._gatekeeper.authenticate(websocket.cookies)
        except Unavailable:
            return  # nobody is sent away because our database is busy
        if now is None:
            raise Hangup(SIGNED_OUT, "signed_out")
        if (now.user, now.visibility, now.rights) != (visitor.user, visitor.visibility, visitor.rights):
            raise Hangup(START_ANEW, "rights_changed")

    def _on_sign_out(self, session: str) -> None:
        for ended in self._ends.get(session, ()):
            ended.set()


async def run_until_over(websocket: WebSocket, jobs: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Run a socket's jobs together; the first that ends (`Hangup`, a disconnect, a crash) ends all, and the socket."""
    code, reason = TROUBLE, "internal"
    try:
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(job)
    except* WebSocketDisconnect:
        code = 0
    except* Hangup as hangups:
        first = next(error for error in leaves(hangups) if isinstance(error, Hangup))
        code, reason = first.code, first.reason
    except* Exception as crashes:  # the root of this unit of work: one browser's socket
        log.exception("socket.crashed", path=websocket.url.path, exc_info=crashes)
    if code:
        await close(websocket, code, reason)


async def close(websocket: WebSocket, code: int, reason: str) -> None:
    """Close, but do not wait for a browser that reads nothing."""
    try:
        async with asyncio.timeout(CLOSE_WITHIN_S):
            await websocket.close(code, reason)
    except (TimeoutError, WebSocketDisconnect):
        return


def leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The errors themselves, out of groups of groups."""
    found: list[BaseException] = []
    for error in group.exceptions:
        found += leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
