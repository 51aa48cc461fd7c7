"""How much a request may bring: looked at before Django, which writes every body to disk before it asks who sends it.

What is too much is read and thrown away up to a bound, so that whoever sends it hears why, and answered with 413 and
the code `too_large` (of a plan: `plan.file_too_big`). Beyond that bound nothing is read any more and the connection
ends.
"""

from http import HTTPStatus

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BYTES = 2_000_000  # of whatever is no file: Django itself takes 1 MB of it
MAX_FILE_BYTES = 31_000_000  # the largest file of a plan, and what multipart puts around it
MAX_PHOTO_BYTES = 8_000_001  # of an inspection: one more than may be, which the route refuses in its own words
MAX_TABLE_BYTES = 20_100_000  # of a registry, and what multipart puts around it
THROWN_AWAY_BYTES = 200_000_000


class BodyLimit:
    """Stands before an application and cuts bodies."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, _rule(scope)[0])
        if body.too_much(_declared(scope)):
            await body.throw_away()
        else:
            await self._app(scope, body.receive, body.guarded(send))
        if body.refused:
            await _answer(_rule(scope)[1])(scope, receive, send)


class _Body:
    """One request's body on its way to the application."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive, self._limit, self._seen = receive, limit, 0
        self.refused = False

    def too_much(self, size: int) -> bool:
        self.refused = self.refused or size > self._limit
        return self.refused

    async def receive(self) -> Message:
        """The next piece; once it is too much, the application hears that its client has gone."""
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if message["type"] == "http.request" and self.too_much(self._seen):
            if message.get("more_body"):
                await self.throw_away()
            return {"type": "http.disconnect"}
        return message

    def guarded(self, send: Send) -> Send:
        """What the application says after that is not sent: the refusal is the answer."""

        async def pass_on(message: Message) -> None:
            if not self.refused:
                await send(message)

        return pass_on

    async def throw_away(self) -> None:
        while self._seen <= THROWN_AWAY_BYTES:
            message = await self._receive()
            self._seen += len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body"):
                return


def _rule(scope: Scope) -> tuple[int, str]:
    """How much this request may bring, and the code of the refusal."""
    path, method = str(scope["path"]), scope["method"]
    if method == "POST" and path.startswith("/api/schools/") and path.endswith("/plans"):
        return MAX_FILE_BYTES, "plan.file_too_big"
    if method == "POST" and path.startswith("/api/plans/") and path.endswith("/image"):
        return MAX_FILE_BYTES, "plan.file_too_big"
    if method == "PUT" and path.startswith("/api/inspections/") and "/photos/" in path:
        return MAX_PHOTO_BYTES, "inspection.photo_too_big"
    if method == "POST" and path == "/api/registry/imports":
        return MAX_TABLE_BYTES, "registry.too_big"
    return MAX_BYTES, "too_large"


def _declared(scope: Scope) -> int:
    """What the request says that it brings; 0 where it does not say."""
    told = dict(scope["headers"]).get(b"content-length", b"0")
    return int(told) if told.isdigit() else 0


def _answer(code: str) -> JSONResponse:
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    body = {"code": code, "title": status.phrase, "detail": "this is more than is taken here", "status": int(status)}
    headers = {"Cache-Control": "no-store", "Connection": "close"}
    return JSONResponse(body, status, media_type="application/problem+json", headers=headers)
