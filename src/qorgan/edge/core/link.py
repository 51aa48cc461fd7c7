"""Core's connection to the centre's carrier: alarms, events and pulse, each with a task of its own.

An alarm is asked again and again until the centre says that it is in its database; the answer to anything else never
stands before it. A lost connection ends all three; what was not acknowledged is read from the outbox and sent again on
the next one, under the same id and number. An alarm pressed while the link is down makes us knock at once.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import cycle
from uuid import UUID

import nats
import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from qorgan.edge.config import Centre
from qorgan.edge.core.node import Node
from qorgan.edge.core.outbox import Lane
from qorgan.edge.secrets import SecretStore
from qorgan.kernel.backoff import Backoff
from qorgan.kernel.cancellation import heeded
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import Exhausted, Invalid, LinkDown, QorganError, Unavailable
from qorgan.kernel.ids import SiteId
from qorgan.protocols.link import subjects
from qorgan.protocols.link.commands import Reply
from qorgan.protocols.link.messages import Ack, Envelope, decode, encode, is_urgent

URGENT_TIMEOUT_S, ALARM_TIMEOUT_S = 2.0, 4.0  # so long the first answer is waited for: of P1, and of the others
ALARM_TIMEOUT_MOST_S = 8.0  # and a late one at most
ALARMS_IN_FLIGHT = 64
LOOK_AGAIN_S = 5.0  # for refused alarms whose time has come
EVENT_TIMEOUT_S = 10.0
EVENTS_PER_BATCH = 200
BATCH_BYTES = 64_000  # 0.13 s of a 4 Mbit/s uplink: what an alarm may find in the socket before it
PULSE_EVERY_S = 10.0
CONNECT_WITHIN_S = 5.0
CLOSE_WITHIN_S = 1.0
URGENT_RETRY_S = 2.0  # between knocks while an alarm waits
COMMANDS_AT_ONCE = 32
Answer = Callable[[str, bytes], Awaitable[Reply]]
log = structlog.get_logger(__name__)


class LinkProblem(StrEnum):
    """Why there is no link. Each is a translation key `link.<value>`."""

    NONE = "none"
    NO_CENTRE = "no_centre"  # the configuration names none
    NO_SECRET = "no_secret"  # noqa: S105 - a reason, not a secret
    WRONG_PASSWORD = "wrong_password"  # noqa: S105
    UNREACHABLE = "unreachable"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """Whether the centre's carrier is connected, and since when."""

    up: bool
    problem: LinkProblem
    since: datetime


class Link:
    """Owner of connection 1. `run` keeps it for as long as it is not cancelled. `answer`: to what the centre asks."""

    def __init__(
        self,
        centre: Centre | None,
        site: SiteId,
        node: Node,
        secrets: SecretStore,
        clock: Clock,
        answer: Answer | None = None,
    ) -> None:
        self._centre, self._site, self._node, self._secrets, self._clock = centre, site, node, secrets, clock
        self._answer = answer
        self.state = LinkState(up=False, problem=LinkProblem.NO_CENTRE, since=clock.now())
        self._alarm_written, self._event_written = asyncio.Event(), asyncio.Event()
        self._events_pass = True  # so that a long silence is one line in the log
        node.on_written(self._written)

    async def run(self) -> None:
        """Connect, serve, and begin again when the connection is lost."""
        if self._centre is None:
            return
        backoff = Backoff(first=0.5, limit=15.0, floor=0.25)
        while True:
            try:
                client, lost = await self._connect(self._centre.nats)
                backoff.reset()
                try:
                    await self._serve(client, lost)
                finally:
                    await _close(client)
            except LinkDown as error:
                self._note(LinkProblem(error.code.removeprefix("link.")), str(error))
            await self._pause(backoff.next())

    async def _connect(self, url: str) -> tuple[Client, asyncio.Event]:
        password = await self._password()
        lost = asyncio.Event()

        async def on_end() -> None:
            lost.set()

        async def on_error(error: Exception) -> None:
            log.debug("link.error", reason=str(error))

        client = Client()
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await client.connect(
                    [url],
                    user=self._site,
                    password=password,
                    name=f"{self._site} core",
                    inbox_prefix=f"_INBOX.{self._site}".encode(),
                    allow_reconnect=False,  # we do it, with our own pace
                    max_reconnect_attempts=1,
                    reconnect_time_wait=0,
                    connect_timeout=int(CONNECT_WITHIN_S),
                    ping_interval=5,
                    max_outstanding_pings=2,
                    disconnected_cb=on_end,
                    closed_cb=on_end,
                    error_cb=on_error,
                )
        except (OSError, nats.errors.Error) as error:  # TimeoutError is an OSError
            wrong = isinstance(error, nats.errors.AuthorizationError) or "uthorization" in str(error)
            await _close(client)
            problem = LinkProblem.WRONG_PASSWORD if wrong else LinkProblem.UNREACHABLE
            raise LinkDown(f"{type(error).__name__}: {error}", code=f"link.{problem}") from error
        except BaseException:
            await _close(client)
            raise
        return client, lost

    async def _password(self) -> str:
        try:
            return await asyncio.to_thread(self._secrets.need, "nats")
        except QorganError as error:
            raise LinkDown(str(error), code=f"link.{LinkProblem.NO_SECRET}") from error

    async def _serve(self, client: Client, lost: asyncio.Event) -> None:
        """All three lanes on this connection. Raises `LinkDown` when it is lost."""
        self._note(LinkProblem.NONE, "")
        try:
            async with asyncio.TaskGroup() as group:
                await self._hear_commands(client, group)
                group.create_task(_raise_when(lost), name="link:lost")
                group.create_task(self._send_alarms(client, lost), name="link:alarms")
                group.create_task(self._send_events(client), name="link:events")
                group.create_task(self._send_pulses(client), name="link:pulse")
        except ExceptionGroup as several:
            if several.split((LinkDown, nats.errors.Error, OSError))[1] is not None:
                log.exception("link.crashed")
            raise LinkDown("the connection was lost", code=f"link.{LinkProblem.LOST}") from several

    async def _hear_commands(self, client: Client, group: asyncio.TaskGroup) -> None:
        """Answer what the centre asks of core, a few at once; what comes beyond is asked again by the centre."""
        answer, room = self._answer, asyncio.Semaphore(COMMANDS_AT_ONCE)
        if answer is None:
            return

        async def reply(message: Msg) -> None:
            async with room:
                told = await answer(message.subject.rsplit(".", 1)[-1], message.data)
                if message.reply:
                    await client.publish(message.reply, encode(told))

        async def on_command(message: Msg) -> None:
            if not room.locked():
                group.create_task(reply(message), name="link:command")

        for name in sorted(subjects.CORE_COMMANDS):
            await client.subscribe(subjects.command(self._site, name), cb=on_command)

    async def _send_alarms(self, client: Client, lost: asyncio.Event) -> None:
        in_flight: set[UUID] = set()
        async with asyncio.TaskGroup() as group:
            while True:
                self._alarm_written.clear()
                for envelope in await self._node.waiting_alarms(ALARMS_IN_FLIGHT):
                    if envelope.id not in in_flight:
                        in_flight.add(envelope.id)
                        task = group.create_task(self._deliver(client, lost, envelope), name=f"alarm:{envelope.seq}")
                        task.add_done_callback(partial(self._landed, in_flight, envelope.id))
                await _wait(self._alarm_written, LOOK_AGAIN_S)

    def _landed(self, in_flight: set[UUID], id: UUID, _task: asyncio.Task[None]) -> None:
        in_flight.discard(id)
        if not in_flight or len(in_flight) == ALARMS_IN_FLIGHT - 1:
            self._alarm_written.set()  # there is room for those that did not fit; claims may follow their alarms

    async def _deliver(self, client: Client, lost: asyncio.Event, alarm: Envelope) -> None:
        """Send one alarm until the centre has stored it, or refused it."""
        backoff = Backoff(first=0.1, limit=2.0, floor=0.05)
        data = encode(alarm)
        complain = log.warning  # once; the alarm's later attempts are details
        urgent = is_urgent(alarm)
        patience_s = URGENT_TIMEOUT_S if urgent else ALARM_TIMEOUT_S
        for aside in cycle((urgent, False)):
            try:
                ack = await _ask(client, subjects.alarm(self._site, urgent=aside), data, _spread(patience_s))
                await self._node.settle(ack, [alarm.id])
                if alarm.id in ack.stored or str(alarm.id) in ack.refused:
                    log.info("alarm.answered", seq=alarm.seq, stored=alarm.id in ack.stored)
                    return
                complain("alarm.not_taken", seq=alarm.seq, reason="the answer does not speak of it")
            except nats.errors.TimeoutError:
                complain("alarm.not_taken", seq=alarm.seq, reason="no answer")
                await _prove_alive(client, lost)
                # The carrier has it: the centre is late, and that every school says it all again makes it later.
                patience_s = min(2 * patience_s, ALARM_TIMEOUT_MOST_S)
            except (nats.errors.NoRespondersError, Invalid, Unavailable, Exhausted) as error:
                complain("alarm.not_taken", seq=alarm.seq, reason=str(error) or type(error).__name__)
            complain = log.debug
            await self._clock.sleep(backoff.next())

    async def _send_events(self, client: Client) -> None:
        """Batches in order. When one is not taken the next is smaller; a single one that is not taken is passed by."""
        backoff = Backoff(first=0.5, limit=15.0, floor=0.25)
        after, limit = 0, EVENTS_PER_BATCH
        while True:
            self._event_written.clear()
            batch = await self._node.waiting_events(after=after, limit=limit, max_bytes=BATCH_BYTES)
            if not batch and after == 0:
                await self._event_written.wait()
            elif not batch:
                after = 0  # those passed by get another try, after a while
                await self._clock.sleep(backoff.next())
            elif await self._deliver_batch(client, batch):
                after, limit = (batch[-1].seq if after else 0), EVENTS_PER_BATCH
                backoff.reset()
            else:
                after = batch[-1].seq if len(batch) == 1 else after
                limit = max(1, len(batch) // 2)
                await self._clock.sleep(backoff.next())

    async def _deliver_batch(self, client: Client, batch: Sequence[Envelope]) -> bool:
        """Whether the centre has decided about every event of the batch."""
        asked = [envelope.id for envelope in batch]
        try:
            ack = await _ask(client, subjects.event(self._site), encode(list(batch)), EVENT_TIMEOUT_S)
            await self._node.settle(ack, asked)
        except (nats.errors.TimeoutError, nats.errors.NoRespondersError, Invalid, Unavailable, Exhausted) as error:
            complain = log.warning if self._events_pass else log.debug
            complain("events.not_taken", events=len(batch), reason=str(error) or type(error).__name__)
            self._events_pass = False
            return False
        if not self._events_pass:
            log.info("events.taken_again")
        self._events_pass = True
        return all(id in ack.stored or str(id) in ack.refused for id in asked)

    async def _send_pulses(self, client: Client) -> None:
        while True:
            await client.publish(subjects.pulse(self._site), encode(await self._node.pulse()))
            await self._clock.sleep(PULSE_EVERY_S)

    def _written(self, lane: Lane) -> None:
        (self._alarm_written if lane is Lane.ALARM else self._event_written).set()

    async def _pause(self, delay_s: float) -> None:
        """Wait before the next knock; not long when an alarm waits, not at all when one is pressed meanwhile."""
        counts = await self._node.counts()
        await _wait(self._alarm_written, min(delay_s, URGENT_RETRY_S) if counts.alarms else delay_s)
        self._alarm_written.clear()

    def _note(self, problem: LinkProblem, reason: str) -> None:
        """Remember and log a change, once."""
        up = problem is LinkProblem.NONE
        if (self.state.up, self.state.problem) == (up, problem):
            return
        lost_while_knocking = not up and not self.state.up and self.state.problem is not LinkProblem.NO_CENTRE
        self.state = LinkState(
            up=up, problem=problem, since=self.state.since if lost_while_knocking else self._clock.now()
        )
        if up:
            log.info("link.up")
        else:
            log.warning("link.down", problem=problem, reason=reason)


async def _ask(client: Client, subject: str, data: bytes, timeout_s: float) -> Ack:
    """Raises `nats.errors.TimeoutError`, `NoRespondersError`, and `Invalid` for an answer that is none."""
    reply = await heeded(client.request(subject, data, timeout=timeout_s))
    return decode(reply.data, Ack)


def _spread(patience_s: float) -> float:
    """Up to twice as long: schools that pressed at once do not ask again at once."""
    return patience_s * random.uniform(1, 2)  # noqa: S311 - no secret


async def _prove_alive(client: Client, lost: asyncio.Event) -> None:
    """An alarm was not answered: is it the centre that is silent, or the cable that is cut? A cut one says nothing."""
    try:
        await heeded(client.flush(timeout=2))
    except (nats.errors.Error, OSError):
        lost.set()


async def _raise_when(lost: asyncio.Event) -> None:
    await lost.wait()
    raise LinkDown("the connection was lost", code=f"link.{LinkProblem.LOST}")


async def _close(client: Client) -> None:
    with contextlib.suppress(OSError, nats.errors.Error):
        async with asyncio.timeout(CLOSE_WITHIN_S):
            await client.close()


async def _wait(event: asyncio.Event, at_most_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(at_most_s):
            await event.wait()
