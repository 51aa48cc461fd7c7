"""A relay between a browser and the centre that can be made slow: what goes through it arrives later, and in order."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator

CHUNK_BYTES = 65_536
CHUNKS_ON_THE_WAY = 4_096


class SlowRelay:
    """Passes TCP on to `target` on this machine. `delay_s`: how long each byte that comes from now on is under way."""

    def __init__(self, target: int) -> None:
        self.delay_s = 0.0
        self.port = 0
        self._target = target
        self._connections: set[asyncio.Task[None]] = set()

    async def serve(self, ready: threading.Event, stop: asyncio.Event) -> None:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        async with server:
            await stop.wait()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._join(reader, writer)
        except asyncio.CancelledError:
            pass  # the relay ends; asyncio would log it as a failure of ours
        finally:
            self._connections.discard(task)

    async def _join(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        """Both ways of one connection, until one of them has ended."""
        far_in, far_out = await asyncio.open_connection("127.0.0.1", self._target)
        ways = [asyncio.create_task(self._carry(near_in, far_out)), asyncio.create_task(self._carry(far_in, near_out))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (near_out, far_out):
                end.close()
                with contextlib.suppress(OSError):
                    await end.wait_closed()

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(CHUNKS_ON_THE_WAY)
        taking = asyncio.create_task(self._take(source, on_the_way))
        loop, arrived_at = asyncio.get_running_loop(), 0.0
        try:
            while True:
                due, data = await on_the_way.get()
                if not data:
                    return
                arrived_at = max(arrived_at, due)
                await asyncio.sleep(arrived_at - loop.time())
                sink.write(data)
                await sink.drain()
        finally:
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)

    async def _take(self, source: asyncio.StreamReader, on_the_way: asyncio.Queue[tuple[float, bytes]]) -> None:
        """Ends with an empty piece, whatever ended the connection."""
        data = b"begin"
        while data:
            try:
                data = await source.read(CHUNK_BYTES)
            except OSError:
                data = b""
            await on_the_way.put((asyncio.get_running_loop().time() + self.delay_s, data))


@contextlib.contextmanager
def slow_relay(target: int) -> Iterator[SlowRelay]:
    """A relay in a thread of its own, which ends with it."""
    relay, ready = SlowRelay(target), threading.Event()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(relay.serve(ready, stop),), name="relay")
    thread.start()
    try:
        assert ready.wait(60), "the relay did not open its port"
        yield relay
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)
        assert not thread.is_alive(), "the relay's thread does not end"
        loop.close()
