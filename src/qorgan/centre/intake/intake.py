"""Intake: from the link into the database. Alarms have connections, lanes and threads of their own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

import nats.errors
from django.db import connection
from nats.aio.client import Client
from nats.aio.msg import Msg

from qorgan.centre.carrier import Carrier, settle
from qorgan.centre.intake.lane import Lane, Lanes, Waiting
from qorgan.centre.intake.store import Answer, Arrival, peek, store_alarms, store_events
from qorgan.centre.nodes import service as nodes
from qorgan.centre.nodes.board import WRITE_EVERY_S, News, NodeBoard
from qorgan.kernel.backoff import Backoff
from qorgan.kernel.clock import Clock, SystemClock
from qorgan.kernel.errors import Invalid, LinkDown
from qorgan.kernel.ids import SiteId
from qorgan.protocols.link import subjects
from qorgan.protocols.link.messages import Envelope, Pulse, decode

log = logging.getLogger(__name__)
ALARMS_WAITING, ALARMS_TOGETHER = 50_000, 500
ALARM_LANES = {"postgresql": 2}  # side by side; of other databases one, as SQLite has one writer at a time
EVENTS_WAITING, EVENTS_TOGETHER = 2_000, 20  # requests, each a batch: short transactions, so that alarms go first
CONNECTIONS = 3  # to the carrier: for urgent alarms, for all others, for events with pulses
SWEEP_EVERY_S = 1.0
GROUP = "intake"  # several intakes share the requests between them

Subscribe = Callable[[Client], Awaitable[None]]


class Intake:
    """Takes in alarms, events and pulses. Owns the board of nodes: run one of it per centre."""

    def __init__(
        self,
        url: str,
        *,
        user: str = "",
        password: str = "",
        clock: Clock | None = None,
        write_every_s: float = WRITE_EVERY_S,
    ) -> None:
        self._url, self._user, self._password = url, user, password
        self._clock = clock or SystemClock()
        self.board = NodeBoard(write_every_s=write_every_s)
        self._alarms = Lanes(
            "alarms",
            store_alarms,
            number=ALARM_LANES.get(connection.vendor, 1),
            room=ALARMS_WAITING,
            together=ALARMS_TOGETHER,
            on_stored=self._on_stored,
        )
        self._events = Lane(
            "events",
            store_events,
            room=EVENTS_WAITING,
            together=EVENTS_TOGETHER,
            on_stored=self._on_stored,
            after_you=self._alarms.idle,
        )
        self._news: dict[SiteId, News] = {}  # the newest of each site: as many as there are sites, no more
        self._something_new = asyncio.Event()
        self._subscribed: set[str] = set()
        self.ready = asyncio.Event()  # set once alarms and events are taken in
        self.bad_pulses = 0

    async def run(self) -> None:
        """Take in until cancelled. Reconnects for ever; when the database is away the schools wait and send again."""
        await self._remember()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._alarms.run(), name="intake:alarms")
            group.create_task(self._events.run(), name="intake:events")
            group.create_task(self._keep_connected("urgent", self._take_urgent), name="intake:link:urgent")
            group.create_task(self._keep_connected("alarms", self._take_alarms), name="intake:link:alarms")
            group.create_task(self._keep_connected("events", self._take_events), name="intake:link:events")
            group.create_task(self._sweep(), name="intake:sweep")
            group.create_task(self._write_news(), name="intake:news")

    async def _remember(self) -> None:
        for known in await self._events.call(nodes.remembered):
            self.board.remember(
                known.site,
                online=known.online,
                heard_at=known.heard_at,
                started_at=known.started_at,
                complete_to=known.complete_to,
                arrived=known.arrived,
                missing=known.missing,
                now=self._clock.monotonic(),
            )

    # --- the link

    async def _keep_connected(self, name: str, subscribe: Subscribe) -> None:
        backoff = Backoff(first=1.0, limit=10.0)
        while True:
            carrier = Carrier(self._url, user=self._user, password=self._password, name=f"qorgan-intake-{name}")
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(carrier.run(), name=f"intake:carrier:{name}")
                    client = await carrier.wait_connected()
                    await _subscribed(client, subscribe)
                    backoff.reset()
                    self._subscribed.add(name)
                    if len(self._subscribed) == CONNECTIONS:
                        self.ready.set()
            except* LinkDown as errors:
                log.error("intake.link_down connection=%s: %s", name, errors.exceptions[0])
            await self._clock.sleep(backoff.next())

    async def _take_urgent(self, client: Client) -> None:
        await client.subscribe(subjects.ALL_URGENT_ALARMS, queue=GROUP, cb=self._on_alarm)

    async def _take_alarms(self, client: Client) -> None:
        await client.subscribe(subjects.ALL_ALARMS, queue=GROUP, cb=self._on_alarm)

    async def _take_events(self, client: Client) -> None:
        await client.subscribe(subjects.ALL_EVENTS, queue=GROUP, cb=self._on_event)
        await client.subscribe(subjects.ALL_PULSES, cb=self._on_pulse)

    async def _on_alarm(self, message: Msg) -> None:
        id, urgent = peek(message.data)
        arrival = Arrival(subjects.site_of(message.subject), message.data)
        await self._alarms.offer(Waiting(arrival, message, id=id, urgent=urgent))

    async def _on_event(self, message: Msg) -> None:
        await self._events.offer(Waiting(Arrival(subjects.site_of(message.subject), message.data), message))

    async def _on_pulse(self, message: Msg) -> None:
        site = subjects.site_of(message.subject)
        try:
            envelope = decode(message.data, Envelope)
            body = envelope.decode_body()
        except Invalid:
            self.bad_pulses += 1
            return
        if envelope.site != site or not isinstance(body, Pulse):
            self.bad_pulses += 1
            return
        self._post(self.board.pulse(site, body, self._clock.monotonic(), self._clock.now()))

    # --- nodes

    def _on_stored(self, answer: Answer) -> None:
        now, at = self._clock.monotonic(), self._clock.now()
        self._post(self.board.arrived(answer.site, answer.seqs, now, at))

    def _post(self, news: News | None) -> None:
        if news is None:
            return
        waiting = self._news.get(news.site)
        if waiting is not None and waiting.cameras:  # the newer pulse's cameras win, others must not be forgotten
            newer = {camera.key for camera in news.cameras}
            kept = tuple(camera for camera in waiting.cameras if camera.key not in newer)
            news = replace(news, cameras=kept + news.cameras)
        self._news[news.site] = news
        self._something_new.set()

    async def _sweep(self) -> None:
        while True:
            for news in self.board.sweep(self._clock.monotonic()):
                self._tell_operators(news)
                self._post(news)
            await self._clock.sleep(SWEEP_EVERY_S)

    def _tell_operators(self, news: News) -> None:
        if not news.online:
            log.warning("node.silent site=%s heard_at=%s", news.site, news.heard_at)
        if news.missing:
            log.error("node.messages_missing site=%s missing=%d after=%d", news.site, news.missing, news.complete_to)

    async def _write_news(self) -> None:
        away = Backoff(first=1.0, limit=30.0)
        while True:
            await self._something_new.wait()
            self._something_new.clear()
            news, self._news = list(self._news.values()), {}
            for start in range(0, len(news), EVENTS_TOGETHER):
                some = news[start : start + EVENTS_TOGETHER]
                await self._alarms.idle()
                try:
                    await self._events.call(partial(nodes.record, some))
                    away.reset()
                except Exception:  # the root of this unit of work: put back, unless something newer came
                    log.exception("nodes.not_written count=%d", len(some))
                    self._news = {one.site: one for one in some} | self._news
                    self._something_new.set()
                    await self._clock.sleep(away.next())


async def _subscribed(client: Client, subscribe: Subscribe) -> None:
    """Subscribe, and wait until the server knows it. Raises `LinkDown`."""
    try:
        await subscribe(client)
        await settle(client)
    except (nats.errors.Error, TimeoutError) as error:
        raise LinkDown(f"could not subscribe: {type(error).__name__}") from error
