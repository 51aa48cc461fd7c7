"""What browsers should hear: announced inside a use case's transaction, sent out after its commit, and only then.

`announce` is called by the rooms' services. After the commit the events go to whoever is `listening` in this process:
in the running centre a `NatsPublisher`, which puts them on `c1.events` for every gateway.

The way out is bounded and may lose: browsers that missed events start anew from a snapshot. It never delays a commit.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Literal, Protocol
from uuid import UUID

import msgspec
from django.db import transaction
from django.dispatch import Signal

from qorgan.protocols.link.subjects import CENTRE_EVENTS

log = logging.getLogger(__name__)
Topic = Literal["alarm", "school", "camera", "unit", "fault", "incident", "remark", "review"]
committed = Signal()  # sent with `events=` after each commit that announced something
WAITING = 50_000  # events of different objects
TOGETHER = 500  # events in one message: far below the carrier's 1 MB
MISSED = b'{"topic":"missed","id":"00000000-0000-0000-0000-000000000000"}'


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something changed. The object itself is read by the gateway; here are only its id and where it lies."""

    topic: Topic
    id: UUID
    schools: tuple[UUID, ...] = ()
    region: str | None = None
    district: str | None = None
    urgent: bool = False  # goes before the others wherever something waits
    local: bool = False  # nobody may see it but those in whose territory it lies

    def as_json(self) -> bytes:
        """The payload of `c1.events`."""
        return msgspec.json.encode(self)


class Publisher(Protocol):
    """`publish` may be called from any thread, never blocks and never raises; it may drop, and then counts."""

    def publish(self, events: Sequence[Event]) -> None: ...


class Carrier(Protocol):
    """The part of a NATS client that the publisher needs."""

    @property
    def is_connected(self) -> bool: ...

    async def publish(self, subject: str, payload: bytes) -> None: ...


def announce(
    topic: Topic,
    id: UUID,
    *,
    schools: tuple[UUID, ...] = (),
    region: str | None = None,
    district: str | None = None,
    urgent: bool = False,
) -> None:
    """Send this event when the transaction around us commits; never when it rolls back."""
    announce_all([Event(topic=topic, id=id, schools=schools, region=region, district=district, urgent=urgent)])


def announce_all(events: Sequence[Event]) -> None:
    """The same for many: one message carries them."""
    if events:
        transaction.on_commit(lambda: _send(events))


def _send(events: Sequence[Event]) -> None:
    for _, answer in committed.send_robust(sender=None, events=events):
        if isinstance(answer, Exception):
            log.error("event.not_published", exc_info=answer)


@contextmanager
def listening(publisher: Publisher) -> Iterator[None]:
    """While inside, `publisher` hears what this process commits."""

    def hear(events: Sequence[Event], **_: object) -> None:
        publisher.publish(events)

    committed.connect(hear, weak=False)
    try:
        yield
    finally:
        committed.disconnect(hear)


class InMemoryPublisher:
    """Keeps what it hears, for tests."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def publish(self, events: Sequence[Event]) -> None:
        self.events.extend(events)


class NatsPublisher:
    """Carries events from the threads that commit to the loop that owns the NATS connection.

    What waits goes out together, urgent events first, and a storm about one object is one event. When NATS is away
    events are dropped at once: a late one is worth nothing to a browser that starts anew. When more wait than may, all
    of them are dropped and the gateways are told to let every browser start anew.
    """

    def __init__(self, carrier: Carrier, *, waiting: int = WAITING) -> None:
        self._carrier, self._limit = carrier, waiting
        self._loop = asyncio.get_running_loop()
        self._urgent: dict[tuple[str, UUID], Event] = {}
        self._ordinary: dict[tuple[str, UUID], Event] = {}
        self._missed = False
        self._something = asyncio.Event()
        self.sent = 0
        self.dropped = 0

    def publish(self, events: Sequence[Event]) -> None:
        try:
            self._loop.call_soon_threadsafe(self._take, events)
        except RuntimeError:  # the loop has ended: nobody listens any more
            self.dropped += len(events)

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            await self._something.wait()
            self._something.clear()
            while self._urgent or self._ordinary or self._missed:
                await self._carry(self._next())

    def _take(self, events: Sequence[Event]) -> None:
        for event in events:
            if len(self._urgent) + len(self._ordinary) >= self._limit:
                self.dropped += len(self._urgent) + len(self._ordinary)
                self._urgent.clear()
                self._ordinary.clear()
                self._missed = True
            waiting = self._urgent if event.urgent else self._ordinary
            known = waiting.get((event.topic, event.id))
            if known is None or known.local:  # what others may see as well is never told to fewer
                waiting[event.topic, event.id] = event
        self._something.set()

    def _next(self) -> list[bytes]:
        if self._missed:
            self._missed = False
            return [MISSED]
        waiting = self._urgent or self._ordinary
        return [waiting.pop(key).as_json() for key in list(islice(waiting, TOGETHER))]

    async def _carry(self, events: list[bytes]) -> None:
        if not self._carrier.is_connected:
            self.dropped += len(events)
            return
        try:
            await self._carrier.publish(CENTRE_EVENTS, b"[" + b",".join(events) + b"]")
            self.sent += len(events)
        except Exception:  # the root of this unit of work: nats-py has no common base for "away"
            self.dropped += len(events)
            log.exception("event.dropped")
