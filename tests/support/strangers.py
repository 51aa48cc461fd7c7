"""Things that answer where a school's configuration says that a camera is, in a thread of their own."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from qorgan.sim.odd import Junk, Listener, WebServer

START_WITHIN_S = 60.0


class HangsUp(Listener):
    """Hangs up at once, and remembers when each visitor came. `came_at`: seconds of the monotonic clock."""

    def __init__(self) -> None:
        super().__init__()
        self.came_at: list[float] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.came_at.append(time.monotonic())


class Strangers:
    """All of them."""

    def __init__(self) -> None:
        self.web_server, self.junk = WebServer(), Junk()
        self.hang_up = (HangsUp(), HangsUp())

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        async with self.web_server, self.junk, self.hang_up[0], self.hang_up[1]:
            yield


@contextmanager
def strangers() -> Iterator[Strangers]:
    """Running, on free ports."""
    them, ready, enough = Strangers(), threading.Event(), asyncio.Event()
    stop: list[Callable[[], object]] = []

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        stop.append(lambda: loop.call_soon_threadsafe(enough.set))
        async with them.open():
            ready.set()
            await enough.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True, name="strangers")
    thread.start()
    try:
        assert ready.wait(START_WITHIN_S), "the strangers did not start"
        yield them
    finally:
        stop[0]()
        thread.join(60)
        assert not thread.is_alive(), "the strangers did not stop"
