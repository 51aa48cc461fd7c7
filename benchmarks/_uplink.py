"""A school's uplink that is too small: one line of so many bit/s, one short queue, all connections of the school in it.

What a modem does: whatever the school sends, of whichever connection, waits in the same first-in-first-out queue. When
it is full a connection waits before it, as TCP waits for a router that drops. The way down is free.
"""

import asyncio
import contextlib
import socket

PACKET_BYTES = 1_448  # what a packet of 1,500 bytes carries
QUEUE_S = 0.25  # how much the modem keeps, in seconds of its line
_KERNEL_BYTES = 16_384


class Uplink:
    """Passes TCP connections on to `target` of this machine; the way there carries `bits_per_s`."""

    def __init__(self, target: int, bits_per_s: float) -> None:
        self.port = 0
        self.sent_bytes = 0
        self._target, self._rate = target, bits_per_s / 8
        self._room = asyncio.Semaphore(max(1, int(self._rate * QUEUE_S / PACKET_BYTES)))
        self._queue: asyncio.Queue[tuple[asyncio.StreamWriter, bytes]] = asyncio.Queue()  # bounded by `_room`
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "Uplink":
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _KERNEL_BYTES)  # inherited by what is accepted
        self._server = await asyncio.start_server(self._take, sock=listener, limit=PACKET_BYTES)
        self.port = listener.getsockname()[1]
        self._keep(asyncio.create_task(self._send()))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.wait_closed()

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self) -> None:
        """Packet after packet, each as long as the line needs for it."""
        loop = asyncio.get_running_loop()
        free_at = loop.time()
        while True:
            writer, packet = await self._queue.get()
            free_at = max(free_at, loop.time() - 0.01) + len(packet) / self._rate
            if (wait := free_at - loop.time()) > 0.001:
                await asyncio.sleep(wait)
            self._room.release()
            if not writer.is_closing():
                writer.write(packet)
                self.sent_bytes += len(packet)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._keep(task)
        try:
            far_reader, far = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        down = asyncio.create_task(_pass_on(far_reader, writer))
        try:
            while packet := await reader.read(PACKET_BYTES):
                await self._room.acquire()
                self._queue.put_nowait((far, packet))
        except OSError:
            pass  # the school hung up
        finally:
            down.cancel()
            await asyncio.gather(down, return_exceptions=True)
            far.close()
            writer.close()


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    sink.close()
