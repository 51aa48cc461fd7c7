"""The receivers' sockets: TCP connections and datagrams, ten thousand of them, none of which can hold up another.

What is read waits nowhere but in its own connection: while a connection has messages under way, or its address has used
up its allowance, nothing is read from it, and TCP makes the sender wait. A message that does not end within its time, a
connection that never shows that it is a panel's, one that does not read its answers: closed and counted.
"""

import asyncio
import contextlib
import socket
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Protocol, cast

import structlog

from qorgan.edge.panels.limits import Limiter
from qorgan.kernel.clock import Clock
from qorgan.kernel.listening import stop_accepting

MESSAGE_WITHIN_S = 10.0  # from its first byte to its last
PROOF_WITHIN_S = 60.0  # from connecting to a message of a panel that we know
IDLE_S = 7_200.0  # a panel that says nothing any more: its connection is a dead one (the keep-alive finds most sooner)
MAX_WAITING = 16  # messages of one connection; beyond that nothing is read from it
MAX_UNREAD_BYTES = 16_384  # answers that nobody fetches
MAX_CONNECTIONS = 20_000
MAX_AT_ONCE = 1_000  # messages on their way to the disk; the others wait for their turn, in order
MAX_DATAGRAMS = 1_000  # under way; more are dropped unanswered, and come again
READ_BYTES = 65_536
SOCKET_BYTES = 16_384  # what the kernel keeps of a connection: messages and answers are short
READ_COST = 0.1  # of a message: reading many small pieces costs, too
REFUSED_COST = 20.0  # more, of what no panel of ours says: 25 a second and address, 250 at once
DATAGRAMS_A_TURN = 256  # read before others have their turn; what is beyond an allowance costs next to nothing
DATAGRAM_BUFFER_BYTES = 4_194_304  # in the kernel (less where it allows less): a flood must not push others out of it
BYTES_A_MESSAGE = 4_096
LOOK_EVERY_S = 1.0
BACKLOG = 4_096
GONE_STATES = (7, 8)  # TCP_CLOSE, TCP_CLOSE_WAIT of linux/tcp.h (netinet/tcp.h), the first byte of TCP_INFO
log = structlog.get_logger(__name__)
Answerer = Callable[[bytes, str], Awaitable[tuple[bytes, bool]]]  # message, address → answer, whether it is ours


class Reader(Protocol):
    """Finds messages in a stream. `unfinished`: one has begun and not ended."""

    @property
    def unfinished(self) -> bool: ...
    def feed(self, data: bytes) -> Iterator[bytes | object]: ...


class Talk:
    """One conversation: how messages are found, and who answers them."""

    __slots__ = ("answer", "reader")

    def __init__(self, reader: Reader, answer: Answerer) -> None:
        self.reader, self.answer = reader, answer


class Receiver:
    """Owner of the connections of one protocol. `counts` are shared with the desk that answers."""

    def __init__(
        self,
        name: str,
        talk: Callable[[], Talk],
        limiter: Limiter,
        clock: Clock,
        counts: Counter[str],
        *,
        allow: frozenset[str] = frozenset(),
        max_connections: int = MAX_CONNECTIONS,
    ) -> None:
        self.name, self.clock, self.counts, self.limiter = name, clock, counts, limiter
        self._talk, self._allow, self._max = talk, allow, max_connections
        self._connections: dict[_Connection, None] = {}
        self._unproven: dict[_Connection, None] = {}  # of them, in the order of their coming
        self._datagrams: set[asyncio.Task[None]] = set()
        self.turn = asyncio.Semaphore(MAX_AT_ONCE)
        self.view = memoryview(bytearray(READ_BYTES))  # shared: what is read is copied before anybody else reads

    @property
    def connections(self) -> int:
        return len(self._connections)

    async def run(self, host: str, tcp: int | None, udp: int | None) -> None:
        """Listen until cancelled. Raises `OSError` when an address is taken."""
        async with contextlib.AsyncExitStack() as stack:
            if tcp is not None:
                await stack.enter_async_context(self._listening(host, tcp))
            if udp is not None:
                await stack.enter_async_context(self._receiving(host, udp))
            log.info("panel.listening", protocol=self.name, host=host, tcp=tcp, udp=udp)
            while True:
                await self.clock.sleep(LOOK_EVERY_S)
                self._close_overdue()

    def admit(self, connection: "_Connection") -> bool:
        """Whether a new connection may stay. When all places are taken, the oldest that proved nothing makes room."""
        if self._allow and connection.address not in self._allow:
            self.counts[f"{self.name}.not_allowed"] += 1
            return False
        if len(self._connections) >= self._max:
            unproven = next(iter(self._unproven), None)
            self.counts[f"{self.name}.full"] += 1
            if unproven is None:
                return False
            self.leave(unproven)
            unproven.close()
        self._connections[connection] = self._unproven[connection] = None
        return True

    def leave(self, connection: "_Connection") -> None:
        self._connections.pop(connection, None)
        self._unproven.pop(connection, None)

    def prove(self, connection: "_Connection") -> None:
        """It is a panel's, and keeps its place."""
        self._unproven.pop(connection, None)

    def new_talk(self) -> Talk:
        return self._talk()

    def datagram(self, answer: Callable[[bytes], None], data: bytes, host: str) -> None:
        """One datagram is one message, or nothing. What is not answered comes again."""
        if self._allow and host not in self._allow:
            self.counts[f"{self.name}.not_allowed"] += 1
            return
        if self.limiter.spend(host, 1.0, self.clock.monotonic()) or len(self._datagrams) >= MAX_DATAGRAMS:
            self.counts[f"{self.name}.limited"] += 1
            return
        talk = self._talk()
        for unit in talk.reader.feed(data):
            if not isinstance(unit, bytes):
                self.damaged(unit)
                self.refused(host)
                continue
            task = asyncio.get_running_loop().create_task(self._answer_datagram(talk, unit, answer, host))
            self._datagrams.add(task)
            task.add_done_callback(self._datagrams.discard)
            break  # the standard puts one message into a datagram
        if talk.reader.unfinished:
            self.counts[f"{self.name}.cut"] += 1

    def refused(self, host: str) -> float:
        """An address said what no panel of ours says, which uses its allowance up faster; seconds it has to wait."""
        return self.limiter.spend(host, REFUSED_COST, self.clock.monotonic())

    def damaged(self, unit: object) -> None:
        self.counts[f"{self.name}.damaged.{getattr(unit, 'damage', 'overlong')}"] += 1

    async def _answer_datagram(self, talk: Talk, unit: bytes, answer: Callable[[bytes], None], host: str) -> None:
        async with self.turn:
            said, ours = await talk.answer(unit, host)
        if not ours:
            self.refused(host)
        if said:
            answer(said)

    def _close_overdue(self) -> None:
        now = self.clock.monotonic()
        for connection, why in [(one, one.overdue(now)) for one in self._connections]:
            if why:
                self.counts[f"{self.name}.{why}"] += 1
                connection.close()

    @asynccontextmanager
    async def _listening(self, host: str, port: int) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(self), host, port, backlog=BACKLOG)
        try:
            yield
        finally:
            await stop_accepting(server)
            for connection in list(self._connections):
                connection.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2.0):
                    await server.wait_closed()

    @asynccontextmanager
    async def _receiving(self, host: str, port: int) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        with await _datagram_socket(host, port) as listening:
            loop.add_reader(listening, self._read_datagrams, listening)
            try:
                yield
            finally:
                loop.remove_reader(listening)
                for task in list(self._datagrams):
                    task.cancel()
                await asyncio.gather(*self._datagrams, return_exceptions=True)

    def _read_datagrams(self, listening: socket.socket) -> None:
        """Many in one turn: asyncio's own transport reads one, and a flood pushes honest ones out of the kernel."""
        for _ in range(DATAGRAMS_A_TURN):
            try:
                data, address = listening.recvfrom(READ_BYTES)
            except BlockingIOError:
                return
            self.datagram(partial(self._send, listening, address), data, address[0])

    def _send(self, listening: socket.socket, address: tuple[str, int], data: bytes) -> None:
        try:
            listening.sendto(data, address)
        except OSError:  # no room in the kernel, no way there: the panel asks again
            self.counts[f"{self.name}.unsent"] += 1


async def _datagram_socket(host: str, port: int) -> socket.socket:
    """Bound, never blocking, with room in the kernel. Raises `OSError` when the address is taken."""
    loop = asyncio.get_running_loop()
    family, kind, protocol, _, address = (await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM))[0]
    made = socket.socket(family, kind, protocol)
    try:
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, DATAGRAM_BUFFER_BYTES)
        made.bind(address)
    except BaseException:
        made.close()
        raise
    return made


class _Connection(asyncio.BufferedProtocol):
    """One panel's connection. Messages are answered one after another, in the order of their coming."""

    __slots__ = (
        "_began",
        "_ended",
        "_heard",
        "_paused_until",
        "_resting",
        "_since",
        "_talk",
        "_task",
        "_timer",
        "_transport",
        "_waiting",
        "address",
        "proven",
        "receiver",
    )  # fmt: skip

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.address, self.proven = "", False
        self._talk = receiver.new_talk()
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[bytes] = deque()
        self._task: asyncio.Task[None] | None = None
        self._since = self._heard = receiver.clock.monotonic()
        self._began: float | None = None  # when the message that is not whole yet began
        self._paused_until = 0.0
        self._timer: asyncio.TimerHandle | None = None  # when it is looked whether it may be read again
        self._resting: asyncio.Task[None] | None = None  # before the next of its messages that wait is answered
        self._ended = False  # it will send no more, and may still read

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.address = str((self._transport.get_extra_info("peername") or ("",))[0])
        _prepare(self._transport.get_extra_info("socket"))
        if not self.receiver.admit(self):
            self._transport.abort()
            return
        self._resume()  # of an address that has used its allowance up nothing is read yet, however often it calls

    def connection_lost(self, error: Exception | None) -> None:
        self.receiver.leave(self)
        self._transport = None
        for waits in (self._timer, self._resting):
            if waits is not None:
                waits.cancel()
        self._waiting.clear()  # what is under way is finished: its sender will hear nothing, and ask again

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.receiver.view

    def buffer_updated(self, nbytes: int) -> None:
        data = bytes(self.receiver.view[:nbytes])
        now = self.receiver.clock.monotonic()
        units, junk = 0, False
        for unit in self._talk.reader.feed(data):
            units += 1
            if isinstance(unit, bytes):
                self._waiting.append(unit)
            else:
                junk = True
                self.receiver.damaged(unit)
        self._began = (self._began if units == 0 and self._began is not None else now) if self._unfinished else None
        cost = max(units, nbytes / BYTES_A_MESSAGE) + READ_COST + junk * REFUSED_COST
        self._paused_until = now + self.receiver.limiter.spend(self.address, cost, now)
        if self._waiting and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._answer_waiting())
        self._read_or_not(now)

    def eof_received(self) -> bool:
        self._ended = self._task is not None  # half closed: the answers under way may still be read
        return self._ended

    def overdue(self, now: float) -> str:
        """Why it has had its time (`too_slow`, `idle`, `gone`); empty while it has not."""
        if self._task is not None or now < self._paused_until:  # it waits for us, not we for it
            return "gone" if not self.proven and self._gone() else ""
        if self._began is not None and now - self._began > MESSAGE_WITHIN_S:
            return "too_slow"
        return "idle" if now - self._heard > (IDLE_S if self.proven else PROOF_WITHIN_S) else ""

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _gone(self) -> bool:
        """Whether it hung up: while nothing is read from it, only the kernel knows."""
        if self._transport is None:
            return True
        state: bytes = self._transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)
        return state[0] in GONE_STATES

    @property
    def _unfinished(self) -> bool:
        return self._talk.reader.unfinished

    async def _answer_waiting(self) -> None:
        try:
            while self._waiting and self._transport is not None:
                unit = self._waiting.popleft()
                async with self.receiver.turn:
                    answer, ours = await self._talk.answer(unit, self.address)
                self._write(answer)
                if ours:
                    self.proven, self._heard = True, self.receiver.clock.monotonic()
                    self.receiver.prove(self)
                elif (wait_s := self.receiver.refused(self.address)) > 0:
                    await self._rest(wait_s)
                if self._waiting:
                    await asyncio.sleep(0)  # others have their turn between two messages of one connection
                self._read_or_not(self.receiver.clock.monotonic())
        finally:
            self._task = None
        if self._transport is not None and self._ended:
            self._transport.close()

    async def _rest(self, wait_s: float) -> None:
        """Wait so long, or until it has hung up."""
        self.receiver.counts[f"{self.receiver.name}.limited"] += 1
        self._resting = asyncio.create_task(self.receiver.clock.sleep(wait_s))
        try:
            await asyncio.wait([self._resting])
        finally:
            self._resting.cancel()
            self._resting = None

    def _write(self, answer: bytes) -> None:
        if not answer or self._transport is None or self._transport.is_closing():
            return
        self._transport.write(answer)
        if self._transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            self.receiver.counts[f"{self.receiver.name}.does_not_read"] += 1
            self.close()

    def _read_or_not(self, now: float) -> None:
        """Read on, or let the sender wait: for its own messages, or until its address may ask again."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        wait_s = self._paused_until - now
        if wait_s > 0:
            if self._timer is None:
                self.receiver.counts[f"{self.receiver.name}.limited"] += 1
                self._timer = asyncio.get_running_loop().call_later(wait_s, self._resume)
            transport.pause_reading()
        elif len(self._waiting) >= MAX_WAITING:
            transport.pause_reading()
        else:
            transport.resume_reading()

    def _resume(self) -> None:
        """Look whether it may be read: others of its address may have used up what there was."""
        now, self._timer = self.receiver.clock.monotonic(), None
        self._paused_until = now + self.receiver.limiter.spend(self.address, 0.0, now)
        self._read_or_not(now)


def _prepare(connection: socket.socket | None) -> None:
    """Small buffers; and a panel that lost its power says nothing: the kernel asks after five minutes, five times."""
    if connection is None:
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BYTES)
    for name, value in (("TCP_KEEPIDLE", 300), ("TCP_KEEPINTVL", 60), ("TCP_KEEPCNT", 5)):
        connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
