"""Alarm panels that do not exist: they dial a receiver of DC-09 or Sur-Gard, and do not give up."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec
import structlog

from qorgan.kernel.backoff import Backoff
from qorgan.kernel.errors import Invalid, QorganError, Rejected, Unavailable
from qorgan.protocols import surgard
from qorgan.protocols.dc09.frames import FrameReader
from qorgan.protocols.dc09.messages import CONTACT_ID, Message, read_content, read_header, read_key, write_message

ANSWER_WITHIN_S = 5.0
log = structlog.get_logger()


class PanelProtocol(StrEnum):
    """How a panel reports."""

    TCP = "tcp"
    UDP = "udp"
    SURGARD = "surgard"


@dataclass(kw_only=True)
class SimPanel:
    """A DC-09 dialler. One event keeps its number however often it is sent; a NAK sets the panel's clock."""

    account: str
    host: str
    port: int
    key: bytes | None = None
    udp: bool = False
    receiver: str | None = None
    prefix: str = "0"
    clock_offset: timedelta = timedelta(0)
    source_host: str | None = None  # the address of this machine that it calls from
    next_seq: int = 1
    answer_within_s: float = ANSWER_WITHIN_S
    answers: list[str] = field(default_factory=list)  # ids of what was answered, "" for silence

    async def report(self, data: str, id: str = CONTACT_ID, *, give_up_after_s: float | None = None) -> Message:
        """Send an event until it is acknowledged: `1120 01 005`, or for SIA-DCS `Nri1/PA5`. Returns the ACK.

        Raises `Rejected` when the receiver cannot do anything with it (DUH), `Unavailable` when the time is up.
        """
        return await self.send(self.make(id, f"#{self.account}|{data}"), give_up_after_s=give_up_after_s)

    async def null(self, *, give_up_after_s: float | None = None) -> Message:
        """The link test."""
        return await self.send(self.make("NULL", ""), give_up_after_s=give_up_after_s)

    def make(self, id: str, data: str) -> Message:
        """A message with the next number."""
        seq, self.next_seq = self.next_seq, self.next_seq % 9_999 + 1
        return Message(id=id, seq=seq, account=self.account, prefix=self.prefix, receiver=self.receiver, data=data)

    async def send(self, message: Message, *, give_up_after_s: float | None = None) -> Message:
        """Send one message, again and again under the same number. Raises as `report` does."""
        backoff = Backoff(first=0.2, limit=5.0, floor=0.1)
        try:
            async with asyncio.timeout(give_up_after_s):
                while True:
                    answer = await self.try_once(message)
                    if answer is not None and answer.id == "ACK":
                        return answer
                    if answer is not None and answer.id == "DUH":
                        raise Rejected("the receiver can do nothing with it: DUH")
                    if answer is None:
                        await asyncio.sleep(backoff.next())
        except TimeoutError as error:
            raise Unavailable(f"no acknowledgement within {give_up_after_s} s") from error

    async def try_once(self, message: Message) -> Message | None:
        """Send it once; the answer, or None for silence. After a NAK the next one bears the receiver's time."""
        data = self.encode(message)
        try:
            async with asyncio.timeout(self.answer_within_s):
                raw = await (self._over_udp(data) if self.udp else self._over_tcp(data))
        except (OSError, EOFError) as error:  # TimeoutError is an OSError
            log.info("panel.unheard", account=self.account, why=type(error).__name__)
            self.answers.append("")
            return None
        answer = read_content(read_header(raw), self.key)
        self.answers.append(answer.id)
        if answer.id == "NAK" and answer.timestamp is not None:
            self.clock_offset = answer.timestamp - datetime.now(UTC)
        return answer

    def encode(self, message: Message) -> bytes:
        """The frame as it would be sent now."""
        stamped = message.timestamp is not None or self.key is not None
        at = (datetime.now(UTC) + self.clock_offset) if stamped else None
        return write_message(replace(message, timestamp=at), self.key)

    async def _over_tcp(self, data: bytes) -> bytes:
        local = (self.source_host, 0) if self.source_host else None
        reader, writer = await asyncio.open_connection(self.host, self.port, local_addr=local)
        try:
            writer.write(data)
            frames = FrameReader()
            while piece := await reader.read(4_096):
                for unit in frames.feed(piece):
                    if isinstance(unit, bytes):
                        return unit
            raise EOFError("the receiver hung up")
        finally:
            writer.close()
            await writer.wait_closed()

    async def _over_udp(self, data: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        local = (self.source_host, 0) if self.source_host else None
        transport, inbox = await loop.create_datagram_endpoint(
            _Inbox, remote_addr=(self.host, self.port), local_addr=local
        )
        try:
            transport.sendto(data)
            while True:
                for unit in FrameReader().feed(await inbox.next()):
                    if isinstance(unit, bytes):
                        return unit
        finally:
            transport.close()


class PanelPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A dialler that lives in a town: it calls a receiver of DC-09 over TCP and says every so often that it lives."""

    account: str
    port: int
    key: str | None = None  # as `read_key` takes it
    host: str = "127.0.0.1"
    every_s: float = 30.0

    async def live(self) -> None:
        """Link tests until cancelled; a receiver that is away is called again and again."""
        key = read_key(self.key) if self.key else None
        panel = SimPanel(account=self.account, host=self.host, port=self.port, key=key)
        while True:
            try:
                await panel.null()
            except QorganError as refusal:  # a school that does not know it, or answers nonsense: the town lives on
                log.warning("panel.refused", account=self.account, why=str(refusal))
            await asyncio.sleep(self.every_s)


class _Inbox(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self._came: asyncio.Queue[bytes | OSError] = asyncio.Queue(maxsize=16)  # a dialler waits for one answer

    async def next(self) -> bytes:
        found = await self._came.get()
        if isinstance(found, OSError):
            raise found
        return found

    def datagram_received(self, data: bytes, _address: object) -> None:
        if not self._came.full():
            self._came.put_nowait(data)

    def error_received(self, error: Exception) -> None:
        if isinstance(error, OSError) and not self._came.full():
            self._came.put_nowait(error)


class SimSurgard:
    """A Sur-Gard receiver that tells its lines to a computer. Open for as long as it is used."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    @asynccontextmanager
    async def calling(cls, host: str, port: int) -> AsyncIterator["SimSurgard"]:
        """Connect, and hang up at the end. Raises `Unavailable` when nobody answers there."""
        try:
            reader, writer = await asyncio.open_connection(host, port)
        except OSError as error:
            raise Unavailable(f"nobody takes calls at {host}:{port}") from error
        try:
            yield cls(reader, writer)
        finally:
            writer.close()
            await writer.wait_closed()

    async def tell(self, line: bytes, *, tries: int = 4) -> bytes:
        """Tell a line, four times at most, 4 s apart. ACK or NAK; raises `Unavailable` when nobody answers."""
        for _ in range(tries):
            self._writer.write(line)
            try:
                async with asyncio.timeout(surgard.ACK_WITHIN_S):
                    return await self._reader.readexactly(1)
            except TimeoutError:
                continue
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                raise Unavailable("the computer hung up") from error
        raise Unavailable("the computer does not answer")

    async def beat(self, every_s: float = 30.0, times: int | None = None) -> None:
        """Heartbeats, for ever or so many times."""
        for number in itertools.count():
            if times is not None and number >= times:
                return
            await self.tell(surgard.write_heartbeat())
            await asyncio.sleep(every_s)


def event_line(account: str, data: str) -> bytes:
    """The line for a Contact ID event that is written as `1120 01 005`. Raises `Invalid`."""
    code, _, rest = data.partition(" ")
    partition, _, point = rest.partition(" ")
    if len(code) != 4:
        raise Invalid("an event is written as 1120 01 005: qualifier and code, partition, zone")
    return surgard.write_event(account, code, partition=partition or "0", point=point or "0")
