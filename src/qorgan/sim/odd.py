"""Things that listen where a camera was expected: for tests of what a node says about them."""

import asyncio
from types import TracebackType
from typing import Self

from qorgan.kernel.listening import stop_accepting

JUNK_CHARACTERS = 5000
_PAGE = b"<!doctype html><title>Printer</title><p>It works."


class Listener:
    """A server on a free port of this machine; use with `async with`. Subclasses say what it does to each client.

    At the end it hangs up on everybody: no connection is left behind.
    """

    patience_s: float | None = 10.0  # with a visitor who never speaks, or never reads

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host, self.port = host, port
        self.visits = 0
        self._talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await stop_accepting(self._server)
        for writer in self._talks.values():
            writer.transport.abort()
        await asyncio.gather(*self._talks)
        await self._server.wait_closed()

    def url(self, path: str = "/stream") -> str:
        """What somebody might enter as this device's RTSP address."""
        return f"rtsp://{self.host}:{self.port}{path}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        task = asyncio.current_task()
        assert task is not None
        self._talks[task] = writer
        try:
            async with asyncio.timeout(self.patience_s):
                await self.talk(reader, writer)
                await writer.drain()
        except (ConnectionError, TimeoutError):
            return  # the visitor left, or never spoke
        finally:
            del self._talks[task]
            writer.close()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError


class WebServer(Listener):
    """A web server: answers whatever it is asked with `HTTP/1.1 200` and a page, and closes."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(_PAGE)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode() + _PAGE)


class Junk(Listener):
    """Answers with 5,000 characters that mean nothing, without a line's end, and closes."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(bytes(33 + n * 7 % 94 for n in range(JUNK_CHARACTERS)))


class Silent(Listener):
    """Accepts and never says a word, until the visitor leaves."""

    patience_s = None

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            pass
