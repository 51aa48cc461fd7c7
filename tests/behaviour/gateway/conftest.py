"""A gateway on real NATS and real HTTP, with a fake school on the one side and in-memory rooms on the other."""

import asyncio
import io
import json
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import websockets
from tests.support.fake_gatekeeper import HALL, FakeGatekeeper
from tests.support.fake_school import FakeSchool
from tests.support.nats import NatsServer, nats_server
from websockets.asyncio.client import ClientConnection

from qorgan.centre.app import build, listen, serve
from qorgan.centre.carrier import Carrier
from qorgan.centre.gateway.console import Console
from qorgan.centre.gateway.gateway import Gateway
from qorgan.kernel.clock import SystemClock
from qorgan.protocols.link.media import HEADER_BYTES, MediaKind, unpack

DEADLINE_S = 60.0  # generous: other work may run on the machine


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition; fail with its name."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        await asyncio.sleep(0.005)


@dataclass
class Browser:
    """One browser's video socket: everything it was sent, sorted by tile."""

    socket: ClientConnection
    texts: list[dict[str, Any]] = field(default_factory=list)
    media: dict[int, list[Any]] = field(default_factory=dict)

    async def read(self) -> None:
        async for message in self.socket:
            if isinstance(message, str):
                self.texts.append(json.loads(message))
            else:
                self.media.setdefault(int.from_bytes(message[:4], "big"), []).append(unpack(message[4:]))

    async def open(self, tile: int = 1, camera: Any = HALL, stream: str = "sub", purpose: str = "duty") -> None:
        wish = {"op": "open", "tile": tile, "camera": str(camera), "stream": stream, "purpose": purpose}
        await self.socket.send(json.dumps(wish))

    async def close_tile(self, tile: int = 1) -> None:
        await self.socket.send(json.dumps({"op": "close", "tile": tile}))

    def told(self, op: str, tile: int = 1) -> list[dict[str, Any]]:
        return [text for text in self.texts if text["op"] == op and text.get("tile") == tile]

    def kinds(self, tile: int = 1) -> list[MediaKind]:
        return [message.kind for message in self.media.get(tile, [])]

    def frames(self, tile: int = 1) -> int:
        return sum(1 for kind in self.kinds(tile) if kind is not MediaKind.INIT)


class Stand:
    """Everything a story needs."""

    def __init__(self, nats: NatsServer, stack: AsyncExitStack, listener: socket.socket) -> None:
        self.nats, self.stack = nats, stack
        self.rooms, self.school = FakeGatekeeper(), FakeSchool()
        self.carrier = Carrier(nats.url)
        self.gateway = Gateway(self.carrier, self.rooms, SystemClock(), is_our_host=lambda _: True)
        self.gateway._streams._school._answer_within_s = DEADLINE_S  # a slow machine is no silent school
        self.counters = self.gateway.counters
        self.address = "127.0.0.1:{}".format(*listener.getsockname()[1:2])
        self._readers: list[asyncio.Task[None]] = []

    def connect(self, path: str, session: str | None = "officer", **options: Any) -> Any:
        headers = {"Cookie": f"sessionid={session}"} if session else {}
        headers |= options.pop("headers", {})
        return websockets.connect(f"ws://{self.address}{path}", additional_headers=headers, **options)

    async def browser(self, session: str = "officer", *, reads: bool = True, **options: Any) -> Browser:
        """A browser with an open video socket."""
        browser = Browser(await self.stack.enter_async_context(self.connect("/ws/video", session, **options)))
        if reads:
            self._readers.append(asyncio.create_task(browser.read()))
            self.stack.callback(self._readers[-1].cancel)
        return browser

    def http(self, session: str | None = "officer") -> httpx.AsyncClient:
        cookies = {"sessionid": session} if session else {}
        return httpx.AsyncClient(base_url=f"http://{self.address}", cookies=cookies, timeout=DEADLINE_S)


@asynccontextmanager
async def running(*jobs: Awaitable[None]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in reversed(tasks):
            task.cancel()
        if tasks:
            await stopped(tasks)


async def stopped(tasks: Sequence[asyncio.Future[None]]) -> None:
    """Wait until cancelled tasks have ended. One that does not fails the test with the places where all tasks wait."""
    _, left = await asyncio.wait(tasks, timeout=DEADLINE_S)
    if left:
        where = io.StringIO()
        for task in asyncio.all_tasks():
            task.print_stack(file=where)
        raise AssertionError(f"does not stop: {left}\n{where.getvalue()}")


@pytest.fixture(scope="session")
def _nats() -> Any:
    with nats_server() as server:
        yield server


@pytest.fixture
async def stand(_nats: NatsServer, tmp_path: Any) -> AsyncIterator[Stand]:
    async with AsyncExitStack() as stack:
        listener = listen("127.0.0.1", 0)
        stack.callback(listener.close)
        stand = Stand(_nats, stack, listener)
        await stack.enter_async_context(running(stand.carrier.run()))
        await stand.carrier.wait_connected()
        await stand.school.connect(_nats.url)
        stack.push_async_callback(stand.school.close)
        app = build(stand.gateway.routes(), django=None, console=Console(tmp_path))
        await stack.enter_async_context(running(stand.gateway.run(), serve(app, listener)))
        yield stand


__all__ = ["HEADER_BYTES", "Browser", "Stand", "until"]
