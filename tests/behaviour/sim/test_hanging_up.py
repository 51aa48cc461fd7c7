"""Servers inside a process hang up on everybody when they stop, also on whom they accepted a moment ago.

asyncio accepts a connection in one round of its loop and tells of it some rounds later. Who stops in between has a
connection that nobody closes, and a visitor who waits for ever.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from starlette.applications import Starlette
from tests.support.sim_cameras import a_camera

from qorgan.serving import serve
from qorgan.sim.odd import Silent
from qorgan.sim.server import RtspSimulator

ROUNDS = range(6)  # of the loop between the visitor's coming and the end: one of them is the moment


@asynccontextmanager
async def a_silent_one(_: Path) -> AsyncIterator[int]:
    async with Silent() as server:
        yield server.port


@asynccontextmanager
async def cameras(cache: Path) -> AsyncIterator[int]:
    async with RtspSimulator([a_camera(sub=None)], cache=cache) as sim:
        yield sim.port


@asynccontextmanager
async def a_web_server(_: Path) -> AsyncIterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(serve(Starlette(), listener, grace_s=1))
        port = listener.getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port)  # it listens
        writer.close()
        yield port
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


@pytest.mark.parametrize("server", [a_silent_one, cameras, a_web_server])
async def test_nobody_is_left_on_the_line(
    server: Callable[[Path], AbstractAsyncContextManager[int]], clip_cache: Path
) -> None:
    loop = asyncio.get_running_loop()
    for rounds in ROUNDS:
        with socket.socket() as visitor:
            visitor.setblocking(False)
            async with server(clip_cache) as port:
                with contextlib.suppress(BlockingIOError):
                    visitor.connect(("127.0.0.1", port))
                for _ in range(rounds):
                    await asyncio.sleep(0)
            async with asyncio.timeout(60):
                with contextlib.suppress(ConnectionError):
                    assert await loop.sock_recv(visitor, 1) == b"", f"after {rounds} rounds"
