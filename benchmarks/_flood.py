"""Many schools at once over one connection: alarms as fast as the centre takes them, each sent again until answered.

Speaks the carrier's protocol itself: a client library would cost more than what is measured. The frames are made
before.
"""

import asyncio
import itertools
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from qorgan.domain.places import LocalText
from qorgan.edge.core.link import ALARM_TIMEOUT_MOST_S, ALARM_TIMEOUT_S, URGENT_TIMEOUT_S
from qorgan.kernel.ids import SiteId, uuid7
from qorgan.protocols.link import subjects
from qorgan.protocols.link.messages import Ack, AlarmRaised, Pulse, decode, encode, envelop, is_urgent

PULSE_EVERY_S, PULSE_STEP_S = 10.0, 0.1  # each school's; some of them at each step
_PLACE = LocalText(kk="Фойе, 1-қабат", ru="Фойе, 1 этаж", en="Entrance hall, floor 1")


@dataclass(slots=True)
class Letter:
    """One alarm on its way."""

    alarm: UUID
    subject: str
    body: bytes
    urgent: bool
    posted_at: float = 0.0  # first sent: epoch s
    sent_at: float = 0.0  # last sent, and stored: by this process' performance counter
    stored_at: float = 0.0
    patience_s: float = 0.0
    tries: int = 0


class Letters:
    """Makes alarms of sites, numbered as each site would."""

    def __init__(self, sites: Sequence[str], *, first: int = 0) -> None:
        self._sites = itertools.cycle(sites)
        self._numbers = dict.fromkeys(sites, first)

    def make(self, count: int, *, level: str) -> list[Letter]:
        return [self._one(next(self._sites), level) for _ in range(count)]

    def _one(self, site: str, level: str) -> Letter:
        self._numbers[site] += 1
        now, alarm = datetime.now(UTC), uuid7()
        button = f"b{self._numbers[site]}"
        body = AlarmRaised(alarm=alarm, button=button, place=_PLACE, pressed_at=now, level=level, cameras=("hall",))
        envelope = envelop(body, id=uuid7(), site=SiteId(site), seq=self._numbers[site], sent_at=now)
        urgent = is_urgent(envelope)
        return Letter(alarm, subjects.alarm(SiteId(site), urgent=urgent), encode(envelope), urgent)


@dataclass
class Flood:
    """A connection as the user `centre`, who may speak for all. `async with await Flood.open(…)`."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sites: Sequence[str]
    waiting: dict[int, Letter] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _answer: asyncio.Event = field(default_factory=asyncio.Event)
    resent: int = 0
    refused: int = 0

    @classmethod
    async def open(cls, port: int, password: str, sites: Sequence[str]) -> "Flood":
        """Connected as the centre's user, who may speak for all. While it is entered, each site's pulse beats."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
        await reader.readline()
        hello = {
            "user": "centre",
            "pass": password,
            "verbose": False,
            "pedantic": False,
            "lang": "python",
            "version": "0",
        }
        writer.write(b"CONNECT " + json.dumps(hello).encode() + b"\r\nSUB bench.answer.> 1\r\nPING\r\n")
        return cls(reader, writer, sites)

    async def __aenter__(self) -> "Flood":
        self._listening = asyncio.create_task(self._listen())
        self._repeating = asyncio.create_task(self._repeat())
        self._beating = asyncio.create_task(self._beat())
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = (self._listening, self._repeating, self._beating)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.writer.close()

    async def send(self, letters: Sequence[Letter], *, in_flight: int) -> float:
        """Seconds until every one of them is stored. At most so many are on their way at a time."""
        began = time.perf_counter()
        for letter in letters:
            while len(self.waiting) >= in_flight:
                await self._next_answer()
            self._put(next(self._numbers), letter)
            if len(self.waiting) % 200 == 0:
                await self.writer.drain()
        while any(letter.stored_at == 0.0 for letter in reversed(letters)):
            await self._next_answer()
        return max(letter.stored_at for letter in letters) - began

    def post(self, letter: Letter) -> None:
        """Send one and do not wait; it is repeated like the others."""
        self._put(next(self._numbers), letter)

    async def _next_answer(self) -> None:
        self._answer.clear()
        await self._answer.wait()

    def _put(self, number: int, letter: Letter) -> None:
        letter.sent_at = time.perf_counter()
        first = URGENT_TIMEOUT_S if letter.urgent else ALARM_TIMEOUT_S
        letter.patience_s = random.uniform(1, 2) * min(2**letter.tries * first, ALARM_TIMEOUT_MOST_S)
        letter.tries += 1
        letter.posted_at = letter.posted_at or time.time()
        self.waiting[number] = letter
        head = f"PUB {letter.subject} bench.answer.{number} {len(letter.body)}\r\n"
        self.writer.write(head.encode() + letter.body + b"\r\n")

    async def _listen(self) -> None:
        while line := await self.reader.readline():
            if line.startswith(b"PING"):
                self.writer.write(b"PONG\r\n")
            elif line.startswith(b"MSG"):
                words = line.split()
                payload = (await self.reader.readexactly(int(words[-1]) + 2))[:-2]
                self._answered(int(words[1].rsplit(b".", 1)[1]), payload)

    def _answered(self, number: int, payload: bytes) -> None:
        letter = self.waiting.get(number)
        if letter is None or not payload:
            return
        ack = decode(payload, Ack)
        self.refused += len(ack.refused)
        if ack.stored:
            letter.stored_at = time.perf_counter()
            del self.waiting[number]
            self._answer.set()

    async def _beat(self) -> None:
        """Pulses: without them the centre would rightly think that all these schools are silent."""
        began = datetime.now(UTC)
        steps = round(PULSE_EVERY_S / PULSE_STEP_S)
        for step in itertools.count():
            for site in self.sites[step % steps :: steps]:
                now = datetime.now(UTC)
                pulse = envelop(Pulse(at=now, started_at=began), id=uuid7(), site=SiteId(site), seq=0, sent_at=now)
                body = encode(pulse)
                self.writer.write(f"PUB {subjects.pulse(SiteId(site))} {len(body)}\r\n".encode() + body + b"\r\n")
            await asyncio.sleep(PULSE_STEP_S)

    async def _repeat(self) -> None:
        """What nobody answered goes out again, as from a school: the longer it waited, the later."""
        while True:
            await asyncio.sleep(0.2)
            now = time.perf_counter()
            for number, letter in list(self.waiting.items()):
                if letter.sent_at < now - letter.patience_s:
                    self.resent += 1
                    self._put(number, letter)
