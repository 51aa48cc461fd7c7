"""A line that can be cut and dropped, and, where it carries NATS, doubles, misorders and withholds messages."""

import asyncio
import contextlib
from dataclasses import dataclass

from qorgan.protocols.link.messages import Envelope, decode, decode_batch

CHUNK_BYTES = 65_536
HELD_FOR_S = 0.3  # a message that shall be overtaken waits so long for one that overtakes it
_WITH_PAYLOAD = (b"PUB", b"HPUB", b"MSG", b"HMSG")


class Frames:
    """Cuts a stream of the NATS protocol into its messages. Sans I/O."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """Verb and bytes of every message that is whole now."""
        self._buffer += data
        found: list[tuple[bytes, bytes]] = []
        while (end := self._buffer.find(b"\r\n")) >= 0:
            words = self._buffer[:end].split()
            verb = words[0].upper() if words else b""
            whole = end + 2 + (int(words[-1]) + 2 if verb in _WITH_PAYLOAD else 0)
            if len(self._buffer) < whole:
                break
            found.append((verb, self._buffer[:whole]))
            self._buffer = self._buffer[whole:]
        return found


@dataclass
class Withheld:
    """One numbered alarm that does not pass, however often it is sent, until it is released."""

    seq: int | None = None  # chosen when the next alarm comes that was never sent before
    released: bool = False

    def holds(self, seqs: list[int], *, alarm: bool, fresh: bool) -> bool:
        """Whether this message is the one."""
        if self.seq is None and alarm and fresh:
            self.seq = seqs[0]
        return alarm and seqs[0] == self.seq and not self.released


def is_alarm(subject: bytes) -> bool:
    """Whether a message goes in the lane of alarms."""
    return subject.endswith((b".alarm", b".alarm.urgent"))


def numbers_of(subject: bytes, payload: bytes) -> list[int]:
    """The numbers in a message of a school's core; none in what has no number."""
    if is_alarm(subject):
        return [decode(payload, Envelope).seq]
    return [one.seq for one in decode_batch(payload)] if subject.endswith(b".event") else []


class Relay:
    """Passes connections on to `target` of this machine. What it does wrong, it does because it was told to.

    `double` and `misorder` hold for the next messages with a payload, of any connection and direction. Without `nats`
    bytes are passed on as they come.
    """

    def __init__(self, target: int, *, nats: bool) -> None:
        self.port = 0
        self._target, self._nats = target, nats
        self._whole = asyncio.Event()
        self._whole.set()
        self._double = self._misorder = 0
        self._withheld: Withheld | None = None
        self._highest = 0  # number that passed
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.heal()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.wait_closed()

    def heal(self) -> None:
        self._double = self._misorder = 0
        self._whole.set()

    async def cut(self, seconds: float) -> None:
        """Nothing passes, nobody is told; then what waited goes on."""
        self._whole.clear()
        await asyncio.sleep(seconds)
        self._whole.set()

    def drop(self) -> None:
        """Every connection ends at once, without a farewell."""
        for writer in self._writers:
            writer.transport.abort()

    def double(self, messages: int) -> None:
        self._double += messages

    def misorder(self, messages: int) -> None:
        self._misorder += messages

    def withhold(self) -> Withheld:
        """The next alarm that a school sends over this line does not come through, though later ones do."""
        self._withheld = Withheld()
        return self._withheld

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._writers.add(writer)
        far: asyncio.StreamWriter | None = None
        try:
            await self._whole.wait()
            far_reader, far = await asyncio.open_connection("127.0.0.1", self._target)
            self._writers.add(far)
            pumps = [asyncio.ensure_future(self._pump(*ends)) for ends in ((reader, far), (far_reader, writer))]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
        except OSError:
            pass  # a server that is away: the client sees its connection end
        finally:
            for end in (writer, far):
                if end is not None:
                    self._writers.discard(end)
                    end.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        frames, held = Frames(), b""
        with contextlib.suppress(OSError):
            while True:
                try:
                    data = await asyncio.wait_for(source.read(CHUNK_BYTES), HELD_FOR_S if held else None)
                except TimeoutError:
                    data = None
                if data == b"":
                    return
                await self._whole.wait()
                if data is None:
                    out, held = held, b""
                elif self._nats:
                    out, held = self._mischief(frames.feed(data), held)
                else:
                    out = data
                sink.write(out)
                await sink.drain()

    def _mischief(self, messages: list[tuple[bytes, bytes]], held: bytes) -> tuple[bytes, bytes]:
        """What to send of these, and what to hold back until the next."""
        out: list[bytes] = []
        for verb, message in messages:
            if verb not in _WITH_PAYLOAD:
                out.append(message)
                continue
            if self._withholds(verb, message):
                continue
            if self._double > 0:
                self._double -= 1
                out.append(message)
            if held:
                out += [message, held]
                held = b""
            elif self._misorder > 0:
                self._misorder -= 1
                held = message
            else:
                out.append(message)
        return b"".join(out), held

    def _withholds(self, verb: bytes, message: bytes) -> bool:
        if verb != b"PUB":
            return False
        head, _, rest = message.partition(b"\r\n")
        subject = head.split()[1]
        seqs = numbers_of(subject, rest[:-2])
        if not seqs:
            return False
        fresh, alarm = max(seqs) > self._highest, is_alarm(subject)
        if self._withheld is not None and self._withheld.holds(seqs, alarm=alarm, fresh=fresh):
            return True
        self._highest = max(self._highest, *seqs)
        return False
