"""Recorder and analyst tell core what they see, over a Unix stream socket.

Towards core: 4 bytes big-endian length, then MessagePack `{"type", "body", "id"}`. Types: `health` and `storage` (the
newest of each replaces all before it), and what must arrive: `camera.changed`, `picture.result`, `storage.forecast`,
`grant`. Each of the latter core answers with one byte, ACK, in order, once it is durable. The sender keeps it until
then and sends it again on the next connection under the same `id`: a core that dies in between loses nothing (I7) and
doubles nothing (I9).
"""

import asyncio
import contextlib
import os
import struct
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
import structlog

from qorgan.kernel.backoff import Backoff
from qorgan.kernel.clock import Clock, SystemClock
from qorgan.kernel.errors import Exhausted, Invalid, Rejected
from qorgan.kernel.ids import uuid7
from qorgan.protocols.link.messages import (
    CameraChanged,
    CameraHealth,
    DiskHealth,
    Message,
    PictureResult,
    StorageForecast,
    decode,
    encode,
)

MAX_PACKET_BYTES = 1_000_000
MAX_CONNECTIONS = 8
QUEUE_LENGTH = 1_000  # what waits for an absent core; the oldest is dropped and counted beyond it
ACK = b"\x06"
_LENGTH = struct.Struct(">I")
_SOCKET_PATH_BYTES = 100  # sun_path holds 108 (unix(7))
log = structlog.get_logger(__name__)


class GrantUse(Message, frozen=True):
    """A grant was verified and used at this school: one line of the school's own watch ledger."""

    id: str
    camera: str
    stream: str
    action: str
    viewer: str
    purpose: str
    at: datetime


class StorageHealth(Message, frozen=True):
    """How the archive's disks are; replaces what was said before."""

    disks: tuple[DiskHealth, ...] = ()


class Packet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message on the socket. `id` is missing from `health` and `storage`, which are not answered."""

    type: str
    body: msgspec.Raw
    id: UUID | None = None

    def decode_body(self) -> "Telling":
        """The body. Raises `Invalid` when it has not the form its type promises."""
        if self.type == "health":
            try:
                return tuple(msgspec.msgpack.decode(self.body, type=list[CameraHealth]))
            except msgspec.MsgspecError as error:
                raise Invalid(f"not a health report: {error}") from error
        kind = _KINDS.get(self.type)
        if kind is None:
            raise Invalid(f"core is not told {self.type[:40]!r}")
        return decode(self.body, kind)


Lasting = CameraChanged | PictureResult | GrantUse | StorageForecast
Telling = Lasting | StorageHealth | tuple[CameraHealth, ...]
_KINDS: dict[str, type[Lasting | StorageHealth]] = {
    "camera.changed": CameraChanged,
    "picture.result": PictureResult,
    "grant": GrantUse,
    "storage.forecast": StorageForecast,
    "storage": StorageHealth,
}
_PASSING = ("health", "storage")  # the newest replaces all before it; not answered
_TYPES: dict[type, str] = {kind: name for name, kind in _KINDS.items()}


class CoreSender:
    """The recorder's and analyst's end. `send` and `send_health` never wait and never fail; `run` carries it all.

    While core is away only the newest health is kept; of the others at most `queue_length`, the oldest dropped
    and counted in `dropped`. All methods belong to the event loop that runs `run`.
    """

    def __init__(self, path: Path, *, queue_length: int = QUEUE_LENGTH, clock: Clock | None = None) -> None:
        self._path, self._clock, self._queue_length = path, clock or SystemClock(), queue_length
        self._queue: deque[bytes] = deque()
        self._sent = 0  # of the queue's head, how many were written on this connection and await their ACK
        self._ghosts = 0  # ACKs still to come for messages that were written, then dropped
        self._passing: dict[str, bytes] = {}
        self._work = asyncio.Event()
        self._connected = False
        self.dropped = 0

    @property
    def connected(self) -> bool:
        """Whether core is listening at the moment."""
        return self._connected

    @property
    def waiting(self) -> int:
        """Messages not yet durable at core."""
        return len(self._queue)

    def send(self, body: Lasting) -> None:
        """Tell core something that must arrive."""
        packet = Packet(type=_TYPES[type(body)], body=msgspec.Raw(encode(body)), id=uuid7())
        if len(self._queue) >= self._queue_length:
            self._queue.popleft()
            self.dropped += 1
            if self._sent:
                self._sent, self._ghosts = self._sent - 1, self._ghosts + 1
        self._queue.append(_frame(packet))
        self._work.set()

    def send_health(self, cameras: Sequence[CameraHealth]) -> None:
        """Tell core how every camera is; replaces what was said before."""
        self._send_passing("health", encode(list(cameras)))

    def send_storage(self, storage: StorageHealth) -> None:
        """Tell core how the disks are; replaces what was said before."""
        self._send_passing("storage", encode(storage))

    def _send_passing(self, kind: str, body: bytes) -> None:
        self._passing[kind] = _frame(Packet(type=kind, body=msgspec.Raw(body)))
        self._work.set()

    async def drain(self) -> None:
        """Wait until core has made everything durable. For an orderly stop: give it a timeout of its own."""
        while self._queue:
            await self._clock.sleep(0.02)

    async def run(self) -> None:
        """Keep a connection to core until cancelled."""
        backoff = Backoff(first=0.1, limit=2.0, floor=0.05)
        while True:
            try:
                with _short(self._path) as path:
                    reader, writer = await asyncio.open_unix_connection(path)
            except OSError:
                await self._clock.sleep(backoff.next())
                continue
            backoff.reset()
            try:
                await self._converse(reader, writer)
            except OSError as error:
                log.warning("core.lost", reason=str(error), waiting=len(self._queue))
            finally:
                self._connected = False
                writer.close()
            await self._clock.sleep(backoff.next())

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connected, self._sent, self._ghosts = True, 0, 0
        self._work.set()
        log.info("core.connected", waiting=len(self._queue))
        talking = asyncio.create_task(self._talk(writer), name="core-sender:talk")
        try:
            await self._listen(reader)
        finally:
            talking.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await talking

    async def _talk(self, writer: asyncio.StreamWriter) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            for kind in list(self._passing):
                writer.write(self._passing.pop(kind))
            while self._sent < len(self._queue):
                writer.write(self._queue[self._sent])
                self._sent += 1
                await writer.drain()
            await writer.drain()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(1024):
            ghosts = min(len(data), self._ghosts)
            self._ghosts -= ghosts
            for _ in range(min(len(data) - ghosts, self._sent)):
                self._queue.popleft()
                self._sent -= 1
        raise ConnectionResetError("core hung up")


class CoreServer:
    """Core's end. `handle` gets each message and returns when it is durable; then the sender is answered.

    A message without its form is logged and answered, so that it does not block what stands behind it. When
    `handle` raises `Exhausted` the connection is closed and the sender tries again later.
    """

    def __init__(self, path: Path, handle: Callable[[Telling, UUID | None], Awaitable[None]]) -> None:
        self._path, self._handle = path, handle
        self._connections: set[asyncio.StreamWriter] = set()

    async def run(self) -> None:
        """Serve until cancelled."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path.unlink(missing_ok=True)  # a socket file outlives the core that made it
        with _short(self._path) as path:
            server = await asyncio.start_unix_server(self._serve, path)
            self._path.chmod(0o600)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            server.close()
            for writer in self._connections:
                writer.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= MAX_CONNECTIONS:
            log.warning("ipc.too_many_connections")
            writer.close()
            return
        self._connections.add(writer)
        try:
            while (data := await _read_frame(reader)) is not None:
                if await self._take(data):
                    writer.write(ACK)
                    await writer.drain()
        except (OSError, Invalid, Exhausted) as error:
            log.warning("ipc.closed", reason=str(error))
        except asyncio.CancelledError:
            pass  # the loop is stopping; StreamReaderProtocol would log this as an error
        except Exception:  # the root of this unit of work: one connection
            log.exception("ipc.crashed")
        finally:
            self._connections.discard(writer)
            writer.close()

    async def _take(self, data: bytes) -> bool:
        """Handle one message; whether the sender awaits an answer."""
        try:
            packet = msgspec.msgpack.decode(data, type=Packet)
        except msgspec.MsgspecError as error:
            raise Invalid(f"not a packet: {error}") from error
        try:
            await self._handle(packet.decode_body(), packet.id)
        except Rejected as error:
            log.error("ipc.refused", type=packet.type[:40], reason=str(error))
        return packet.type not in _PASSING


def _frame(packet: Packet) -> bytes:
    data = encode(packet)
    if len(data) > MAX_PACKET_BYTES:
        raise Invalid(f"{packet.type} of {len(data)} bytes is over the limit of {MAX_PACKET_BYTES}")
    return _LENGTH.pack(len(data)) + data


async def _read_frame(reader: asyncio.StreamReader) -> bytes | None:
    """The next message, or None at the end of the stream. Raises `Invalid` for one that is too long."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if length > MAX_PACKET_BYTES:
            raise Invalid(f"message of {length} bytes is over the limit of {MAX_PACKET_BYTES}")
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError:
        return None


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name of the socket that fits into `sun_path`, however deep the data directory lies."""
    if len(os.fsencode(path)) <= _SOCKET_PATH_BYTES:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
