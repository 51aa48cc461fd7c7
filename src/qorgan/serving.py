"""HTTP servers inside our processes: uvicorn, configured in one place, stopped by whoever started it."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from qorgan.kernel.listening import stop_accepting

HANG_UP_ROUNDS = 20  # of the event loop; an aborted connection is gone after one or two


async def serve(
    app: ASGIApp,
    listener: socket.socket,
    *,
    grace_s: int,
    ws: Literal["none", "websockets-sansio"] = "none",
    ws_max_size: int = 65_536,
    proxy_headers: bool = False,
    tls: tuple[Path, Path] | None = None,
) -> None:
    """Serve `app` on a listening socket until cancelled; then let requests finish for `grace_s`, and hang up.

    No connection is left afterwards, whatever its browser does. `proxy_headers`: believe a proxy on this machine about
    who calls. WebSocket messages of more than `ws_max_size` bytes end their socket; they are never compressed, since
    video does not shrink, and one socket's compression would stall all others. `tls`: certificate chain and key (PEM);
    raises `OSError` when they cannot be used.
    """
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=proxy_headers,
        ws=ws,
        ws_max_size=ws_max_size,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=grace_s,
        ssl_certfile=None if tls is None else tls[0],
        ssl_keyfile=None if tls is None else tls[1],
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="uvicorn")
    try:
        await asyncio.shield(serving)
    finally:
        for listening in getattr(server, "servers", ()):  # none before uvicorn has started
            await stop_accepting(listening)
        server.should_exit = True
        try:
            await serving
        finally:
            await _hang_up(server)


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the program's root stops it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _hang_up(server: uvicorn.Server) -> None:
    """uvicorn gives up waiting for connections without closing them."""
    for connection in server.server_state.connections:
        connection.transport.abort()
    for _ in range(HANG_UP_ROUNDS):
        await asyncio.sleep(0)
