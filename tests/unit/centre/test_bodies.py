"""Bodies are cut before anything keeps them, and whoever sent too much hears why."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from qorgan.centre import bodies
from qorgan.centre.bodies import BodyLimit

UPLOAD = "/api/schools/018f/plans"


async def counted(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads everything, as Django does, and says how much it was."""
    try:
        body = await Request(scope, receive).body()
    except ClientDisconnect:
        return
    await PlainTextResponse(str(len(body)))(scope, receive, send)


async def pieces(count: int, size: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield bytes(size)


async def post(path: str, content: bytes | AsyncIterator[bytes]) -> httpx.Response:
    transport = httpx.ASGITransport(app=BodyLimit(counted))
    async with httpx.AsyncClient(transport=transport, base_url="http://centre") as client:
        return await client.post(path, content=content)


@pytest.mark.parametrize(("path", "size"), [("/api/duty", bodies.MAX_BYTES), (UPLOAD, bodies.MAX_FILE_BYTES)])
async def test_what_just_fits_goes_through(path: str, size: int) -> None:
    assert (await post(path, bytes(size))).text == str(size)


@pytest.mark.parametrize(
    ("path", "size", "code"),
    [
        ("/api/duty", bodies.MAX_BYTES, "too_large"),
        ("/api/schools/018f/plans/x", bodies.MAX_BYTES, "too_large"),
        (UPLOAD, bodies.MAX_FILE_BYTES, "plan.file_too_big"),
        ("/api/plans/018f/image", bodies.MAX_FILE_BYTES, "plan.file_too_big"),
    ],
)
async def test_one_byte_more_is_refused_whether_it_was_announced_or_not(path: str, size: int, code: str) -> None:
    announced = await post(path, bytes(size + 1))
    in_pieces = await post(path, pieces(size // 100_000 + 1, 100_000))

    for answer in (announced, in_pieces):
        assert answer.status_code == 413
        assert json.loads(answer.content)["code"] == code


async def test_what_never_ends_is_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "THROWN_AWAY_BYTES", 5_000_000)
    given = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        while True:
            given += 100_000
            yield bytes(100_000)

    answer = await post("/api/duty", endless())

    assert answer.status_code == 413
    assert given < 6_000_000
