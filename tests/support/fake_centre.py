"""A centre that is nothing but the other end of the link: it stores, answers as told, and remembers everything."""

import asyncio
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg

from qorgan.kernel.ids import SiteId
from qorgan.protocols.link.commands import Reply
from qorgan.protocols.link.messages import (
    Ack,
    AlarmClaim,
    AlarmRaised,
    Envelope,
    Message,
    Pulse,
    decode,
    decode_batch,
    encode,
)
from qorgan.protocols.link.subjects import ALL_ALARMS, ALL_EVENTS, ALL_PULSES, ALL_URGENT_ALARMS, command
from tests.support.nats import settled

T = TypeVar("T", bound=Message)


class FakeCentre:
    """`stored` is its database: by id, so that the same message twice is one. `deliveries` is every arrival, in order.

    Told not to answer alarms (`answers_alarms`) it stores none either; events wait before its door until
    `takes_events` is set. `dies_before_ack` alarms are stored and not answered. `refuses`: type to code of the refusal.
    """

    def __init__(self, url: str, user: str, password: str) -> None:
        self._url, self._user, self._password = url, user, password
        self._client = Client()
        self.stored: dict[UUID, Envelope] = {}
        self.deliveries: list[Envelope] = []
        self.pulses: list[Pulse] = []
        self.answers_alarms = True
        self.takes_events = asyncio.Event()
        self.takes_events.set()
        self.dies_before_ack = 0
        self.refuses: dict[str, str] = {}

    async def __aenter__(self) -> "FakeCentre":
        await self._client.connect(
            [self._url], user=self._user, password=self._password, reconnect_time_wait=0.05, max_reconnect_attempts=-1
        )
        await self._client.subscribe(ALL_ALARMS, cb=self._on_alarm)
        await self._client.subscribe(ALL_URGENT_ALARMS, cb=self._on_alarm)
        await self._client.subscribe(ALL_EVENTS, cb=self._on_events)
        await self._client.subscribe(ALL_PULSES, cb=self._on_pulse)
        await settled(self._client)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    def alarms(self) -> list[AlarmRaised]:
        """What is in its database, in the order of the school's counter."""
        rows = sorted((row for row in self.stored.values() if row.type == "alarm.raised"), key=lambda row: row.seq)
        return [decode(row.body, AlarmRaised) for row in rows]

    def claims(self) -> list[AlarmClaim]:
        """What was said of alarms, in order."""
        rows = sorted((row for row in self.stored.values() if row.type == "alarm.claim"), key=lambda row: row.seq)
        return [decode(row.body, AlarmClaim) for row in rows]

    def events(self, kind: type[T]) -> list[T]:
        """What it was told of one kind, in order."""
        rows = sorted(self.stored.values(), key=lambda row: row.seq)
        return [body for row in rows if isinstance(body := row.decode_body(), kind)]

    async def command(self, name: str, body: Message) -> Reply:
        """Ask the school's node something, and hear its answer."""
        reply = await self._client.request(command(SiteId(self._user), name), encode(body), timeout=60)
        return decode(reply.data, Reply)

    def deliveries_of(self, type: str) -> list[Envelope]:
        return [row for row in self.deliveries if row.type == type]

    async def _on_alarm(self, message: Msg) -> None:
        envelope = decode(message.data, Envelope)
        self.deliveries.append(envelope)
        if not self.answers_alarms:
            return
        ack = self._store([envelope])
        if self.dies_before_ack:
            self.dies_before_ack -= 1
            return
        await message.respond(encode(ack))

    async def _on_events(self, message: Msg) -> None:
        batch = decode_batch(message.data)
        self.deliveries += batch
        await self.takes_events.wait()
        await message.respond(encode(self._store(batch)))

    async def _on_pulse(self, message: Msg) -> None:
        self.pulses.append(decode(decode(message.data, Envelope).body, Pulse))

    def _store(self, batch: list[Envelope]) -> Ack:
        refused = {str(row.id): self.refuses[row.type] for row in batch if row.type in self.refuses}
        taken = [row for row in batch if row.type not in self.refuses]
        for row in taken:
            known = self.stored.setdefault(row.id, row)
            assert _said(known) == _said(row), "one id, two messages"
        return Ack(stored=tuple(row.id for row in taken), refused=refused)


def _said(row: Envelope) -> tuple[int, str, object]:
    """What is the same however often it is told. Since when an alarm is durable a node knows until it is restarted."""
    body = row.decode_body()
    if isinstance(body, AlarmRaised):
        return row.seq, row.type, msgspec.structs.replace(body, durable_at=None)
    return row.seq, row.type, row.body


async def until(condition: Callable[[], object], what: str, within_s: float = 90.0) -> None:
    """Wait for `condition`; fails naming `what` did not come."""
    try:
        async with asyncio.timeout(within_s):
            while not condition():  # noqa: ASYNC110 - what we wait for happens in another process
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"{what} did not come within {within_s:g} s") from None
