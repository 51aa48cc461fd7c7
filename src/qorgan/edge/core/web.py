"""Requests and answers of the node's HTTP: bounded bodies in, JSON and problem documents out."""

import asyncio
from typing import TypeVar

import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from qorgan.kernel.errors import Conflict, Exhausted, Forbidden, Invalid, NotFound, QorganError, Rejected, Unavailable

T = TypeVar("T", bound=msgspec.Struct)
MAX_BODY_BYTES = 4_096
BODY_WITHIN_S = 5.0
_STATUS: tuple[tuple[type[QorganError], int], ...] = (
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Rejected, 400),
    (Unavailable, 503),
    (Exhausted, 503),
)
_STATUS_OF_CODE = {"unauthorised": 401, "body.too_big": 413, "staff.too_many": 429}
log = structlog.get_logger(__name__)


class Unauthorised(Rejected):
    """Nobody we know, or not their token: which of the two is not told."""

    code = "unauthorised"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An error as the caller sees it (RFC 9457, with our stable code)."""

    code: str
    title: str
    detail: str
    status: int


async def read_body(request: Request) -> bytes:
    """The body. Raises `Invalid` when it is too long or too slow."""
    data = b""
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            async for chunk in request.stream():
                data += chunk
                if len(data) > MAX_BODY_BYTES:
                    raise Invalid(f"a body has at most {MAX_BODY_BYTES} bytes", code="body.too_big")
    except TimeoutError as error:
        raise Invalid(f"the body did not come within {BODY_WITHIN_S:g} s", code="body.too_slow") from error
    except ClientDisconnect as error:
        raise Invalid("the caller hung up", code="body.cut_short") from error
    return data


def parse(data: bytes, kind: type[T]) -> T:
    """The body's value. Raises `Invalid`."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"the body is not what was expected: {error}") from error


def answer_json(content: object, status: int = 200) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(msgspec.json.encode(content, enc_hook=str), status, headers, "application/json")


def _problem(code: str, detail: str, status: int) -> Response:
    title = code.replace(".", " ").replace("_", " ")
    problem = Problem(code=code, title=title, detail=detail, status=status)
    response = Response(msgspec.json.encode(problem), status, media_type="application/problem+json")
    if status == 401:
        response.headers["www-authenticate"] = "Bearer"
    return response


async def on_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, QorganError)
    by_kind = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    status = _STATUS_OF_CODE.get(error.code, by_kind)
    if status >= 500:
        log.error("http.failed", code=error.code, reason=str(error))
    return _problem(error.code, str(error), status)


async def on_http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _problem("not_found" if error.status_code == 404 else "http", error.detail, error.status_code)


async def on_bug(_request: Request, _error: Exception) -> Response:
    """Starlette raises the error again after this answer; the server logs it with its traceback."""
    return _problem("internal", "something broke at the node; its log says what", 500)
