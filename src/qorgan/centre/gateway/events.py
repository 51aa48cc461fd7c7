"""`/ws/events`: what happens, to every browser that may know it (docs/design/interfaces.md §6).

Each socket gets a snapshot, then events. It is registered before its snapshot is read, so nothing falls between: an
event committed before the snapshot is in it, one committed after is queued behind it. Applying is replacing by id, so
an event that is in both does no harm.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec
import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from starlette.websockets import WebSocket, WebSocketDisconnect

from qorgan.centre.carrier import Carrier, settle
from qorgan.centre.gateway.counters import Counters
from qorgan.centre.gateway.instants import instant
from qorgan.centre.gateway.ports import Gatekeeper, Visitor, Where
from qorgan.centre.gateway.sockets import MALFORMED, START_ANEW, TRY_LATER, Doorman, Hangup, run_until_over
from qorgan.kernel.backoff import Backoff
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import LinkDown, Unavailable
from qorgan.protocols.link.subjects import CENTRE_EVENTS

log = structlog.get_logger(__name__)

QUEUE_EVENTS = 1_000  # per browser; a slower one is hung up on and starts anew with a snapshot
PENDING_NOTICES = 50_000  # of different objects, waiting to be read; beyond, all browsers start anew
SAY_TOGETHER = 100  # events in one message
PING_EVERY_S = 5.0
LISTENING_WITHIN_S = 2.0  # a browser that comes while we start need not come twice
READ_TOGETHER = 100  # objects of one topic: so long an urgent one waits at most
PACE_S = 0.1  # from one reading to the next of as grave ones; the first after a quiet moment waits for nothing
LOOK_AHEAD = 10 * READ_TOGETHER  # notices, for more of that topic
MISSED = "missed"  # the topic by which the publisher says that it had to drop
TOPICS = frozenset({"alarm", "school", "camera", "unit", "incident", "fault", "remark", "review"})

_encoder = msgspec.json.Encoder()


class Notice(msgspec.Struct, frozen=True):
    """What is published on `c1.events` after a commit: which object changed, not how."""

    topic: str
    id: UUID
    schools: tuple[UUID, ...] = ()
    region: str | None = None
    district: str | None = None
    urgent: bool = False
    local: bool = False  # nobody may see it but those in whose territory it lies

    @property
    def where(self) -> Where:
        return Where(region=self.region or "", district=self.district or "", schools=self.schools)


_notices = msgspec.json.Decoder(Notice | list[Notice])


@dataclass(slots=True)
class _Line:
    """Objects that wait to be read, and when by the loop's clock the next of them may be."""

    notices: dict[Notice, None] = field(default_factory=dict)
    due: float = 0.0


class EventHub:
    """Owns the event sockets of this process. Reads each changed object once for all of them."""

    def __init__(
        self,
        carrier: Carrier,
        gatekeeper: Gatekeeper,
        clock: Clock,
        counters: Counters,
        *,
        ping_every_s: float = PING_EVERY_S,
    ) -> None:
        self._carrier, self._gatekeeper, self._clock, self._counters = carrier, gatekeeper, clock, counters
        self._ping_every_s = ping_every_s
        self._sockets: set[EventSocket] = set()
        # In order of arrival; a storm about one object is one reading of it. The urgent go first.
        self._urgent, self._ordinary = _Line(), _Line()
        self._awake = asyncio.Event()
        self.listening = asyncio.Event()
        carrier.on_missed(self._start_all_anew)

    async def run(self) -> None:
        """Listen to `c1.events` and tell the sockets, until cancelled."""
        client, subscription = await self._listen()
        self.listening.set()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read_and_tell(), name="events:read")
                group.create_task(self._ping(), name="events:ping")
        finally:
            self.listening.clear()
            if not client.is_closed:
                await subscription.unsubscribe()

    async def _listen(self) -> tuple[Client, Any]:
        """A carrier that goes away at this moment is waited for: no centre ends for it."""
        backoff = Backoff(first=0.5, limit=5.0, floor=0.1)
        while True:
            client = await self._carrier.wait_connected()
            try:
                return client, await _subscribe(client, self._take)
            except LinkDown as error:
                log.warning("events.not_listening", reason=str(error))
            await self._clock.sleep(backoff.next())

    async def add(self, socket: "EventSocket") -> None:
        """From now on the socket hears of everything. Raises `LinkDown` while nothing can be heard."""
        try:
            async with asyncio.timeout(LISTENING_WITHIN_S):
                await self.listening.wait()
        except TimeoutError as error:
            raise LinkDown("events cannot be heard yet") from error
        self._sockets.add(socket)
        self._counters.event_sockets += 1

    @property
    def visitors(self) -> Sequence[Visitor]:
        """Whose consoles are connected."""
        return [socket.visitor for socket in self._sockets]

    def remove(self, socket: "EventSocket") -> None:
        if socket in self._sockets:
            self._sockets.remove(socket)
            self._counters.event_sockets -= 1

    async def _take(self, message: Msg) -> None:
        try:
            said = _notices.decode(message.data)
        except msgspec.MsgspecError:
            log.warning("events.malformed", bytes=len(message.data))
            return
        for notice in said if isinstance(said, list) else [said]:
            self._note(notice)
        self._awake.set()

    def _note(self, notice: Notice) -> None:
        if notice.topic == MISSED:
            self._start_all_anew()
        if notice.topic not in TOPICS or not self._sockets:
            return  # of newer software, or nobody is there: whoever comes reads a snapshot
        if notice.local and not self._concerns_anybody(notice.where):
            return
        if (pending := len(self._urgent.notices) + len(self._ordinary.notices)) >= PENDING_NOTICES:
            log.error("events.overflow", waiting=pending)
            self._urgent.notices.clear()
            self._ordinary.notices.clear()
            self._start_all_anew()
            return
        (self._urgent if notice.urgent else self._ordinary).notices[notice] = None

    def _concerns_anybody(self, where: Where) -> bool:
        """A storm over a country is read only where somebody of this gateway's looks."""
        return any(self._gatekeeper.covers(socket.visitor, where) for socket in self._sockets)

    async def _read_and_tell(self) -> None:
        while True:
            waiting = await self._due()
            topic, together = _of_one_topic(waiting)
            for notice in together:
                del waiting[notice]  # before the reading: what changes during it is read again
            try:
                await self._tell(topic, [notice.id for notice in together])
            except Unavailable as error:
                # The objects were not read, so browsers would miss them for ever: let them start from what is true.
                log.error("events.not_read", topic=topic, code=error.code)
                self._start_all_anew()
                await self._clock.sleep(1.0)

    async def _due(self) -> dict[Notice, None]:
        """What is to be read now, the urgent first. In a storm a reading is of all that `PACE_S` brought: each has its
        price here, and in every browser, which draws anew."""
        clock = asyncio.get_running_loop().time
        while True:
            waiting = [line for line in (self._urgent, self._ordinary) if line.notices]
            for line in waiting:
                if line.due <= clock():
                    line.due = clock() + PACE_S
                    return line.notices
            self._awake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(min((line.due for line in waiting), default=None)):
                    await self._awake.wait()

    async def _tell(self, topic: str, ids: list[UUID]) -> None:
        """Read the objects once, write each once, give all of them together to every browser that may see them."""
        self._counters.reads += len(ids)
        found = [(seen, self._said(topic, seen.data)) for seen in await self._gatekeeper.look(topic, ids)]
        for socket in self._sockets:
            texts = []
            for seen, text in found:
                if seen.visible_to(socket.visitor):
                    texts.append(text)
                elif seen.lost_to(socket.visitor):
                    texts.append(self._said(topic, {"id": seen.data["id"], "present": False}))
            socket.offer(texts)

    def _said(self, topic: str, data: Any) -> str:
        event = {"type": "event", "topic": topic, "data": data, "at": instant(self._clock.now())}
        return _encoder.encode(event).decode()

    async def _ping(self) -> None:
        while True:
            await self._clock.sleep(self._ping_every_s)
            text = _encoder.encode({"type": "ping", "at": instant(self._clock.now())}).decode()
            for socket in self._sockets:
                socket.offer([text])

    def _start_all_anew(self) -> None:
        """Events may have been missed: only a fresh snapshot is true."""
        for socket in self._sockets:
            socket.start_anew("events_missed")


def _of_one_topic(waiting: Iterable[Notice]) -> tuple[str, list[Notice]]:
    """The oldest notice and what is soon behind it of the same topic: in a mass event alarms and schools alternate, and
    one reading of a hundred costs little more than one of one."""
    soon = list(islice(waiting, LOOK_AHEAD))
    topic = soon[0].topic
    return topic, list(islice((notice for notice in soon if notice.topic == topic), READ_TOGETHER))


async def _subscribe(client: Client, take: Any) -> Any:
    """Raises `LinkDown`, and then nothing of it is left that would hear everything twice."""
    subscription = None
    try:
        subscription = await client.subscribe(
            CENTRE_EVENTS, cb=take, pending_msgs_limit=PENDING_NOTICES, pending_bytes_limit=16_000_000
        )
        await settle(client)  # from here on nothing is missed
    except (nats.errors.Error, TimeoutError) as error:
        if subscription is not None and not client.is_closed:
            with contextlib.suppress(nats.errors.Error):
                await subscription.unsubscribe()
        raise LinkDown(f"cannot listen to events: {str(error) or type(error).__name__}") from error
    return subscription


class EventSocket:
    """One browser's socket and its queue."""

    def __init__(self, websocket: WebSocket, visitor: Visitor, counters: Counters) -> None:
        self.visitor = visitor
        self._websocket, self._counters = websocket, counters
        self._queue: deque[str] = deque()
        self._awake = asyncio.Event()
        self._is_over, self._over = asyncio.Event(), ""

    def offer(self, texts: Sequence[str]) -> None:
        if self._is_over.is_set():
            return
        if len(self._queue) + len(texts) > QUEUE_EVENTS:
            self._counters.overflows += 1
            self.start_anew("too_slow")
            return
        self._queue += texts
        self._awake.set()

    def start_anew(self, reason: str) -> None:
        """Hang up, so that the browser connects again and gets a snapshot."""
        self._over = self._over or reason
        self._is_over.set()

    async def write(self, snapshot: str) -> None:
        await self._send(snapshot)
        while True:
            while self._queue:
                await self._send(_together([self._queue.popleft() for _ in range(min(len(self._queue), SAY_TOGETHER))]))
            self._awake.clear()
            await self._awake.wait()

    async def wait_over(self) -> None:
        """A job of its own: a socket that is blocked in writing must still be hung up on."""
        await self._is_over.wait()
        raise Hangup(START_ANEW, self._over)

    async def _send(self, text: str) -> None:
        self._counters.events += 1
        await self._websocket.send({"type": "websocket.send", "text": text})


def _together(texts: Sequence[str]) -> str:
    """One message: what each costs a browser is more than what stands in it."""
    return texts[0] if len(texts) == 1 else f'{{"type":"several","items":[{",".join(texts)}]}}'


class EventSockets:
    """Serves `/ws/events`."""

    def __init__(
        self, hub: EventHub, gatekeeper: Gatekeeper, doorman: Doorman, clock: Clock, counters: Counters
    ) -> None:
        self._hub, self._gatekeeper, self._doorman = hub, gatekeeper, doorman
        self._clock, self._counters = clock, counters

    async def serve(self, websocket: WebSocket) -> None:
        visitor = await self._doorman.admit(websocket)
        if visitor is None:
            return
        socket = EventSocket(websocket, visitor, self._counters)
        try:
            await run_until_over(
                websocket,
                [
                    self._write(socket),
                    socket.wait_over(),
                    _read(websocket),
                    self._doorman.watch_session(websocket, visitor),
                ],
            )
        finally:
            self._hub.remove(socket)

    async def _write(self, socket: EventSocket) -> None:
        try:
            await self._hub.add(socket)  # first, so that nothing is missed while the snapshot is read
            at = self._clock.now()
            snapshot = await self._gatekeeper.snapshot(socket.visitor)
        except Unavailable as error:
            raise Hangup(TRY_LATER, error.code) from error
        message = {"type": "snapshot", "at": instant(at), **snapshot}
        await socket.write(_encoder.encode(message).decode())


async def _read(websocket: WebSocket) -> None:
    """A browser says nothing here; this notices when it goes."""
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    raise Hangup(MALFORMED, "malformed")
