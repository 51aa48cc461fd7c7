"""Questions to a school over NATS, and the media it publishes in answer. Foreign errors end here."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import nats.errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from qorgan.centre.carrier import Carrier
from qorgan.centre.gateway.clocks import NodeClocks
from qorgan.kernel.cancellation import heeded
from qorgan.kernel.clock import Clock, SystemClock
from qorgan.kernel.errors import LinkDown, Rejected, Unavailable
from qorgan.kernel.ids import LeaseId, SiteId
from qorgan.protocols.link import commands, subjects
from qorgan.protocols.link.messages import Message, decode, encode

ANSWER_WITHIN_S = 2.0
LIVE_PENDING_MESSAGES = 2_000  # of one lease; beyond, the carrier's client drops and `seq` shows the loss
LIVE_PENDING_BYTES = 16_000_000
RANGE_PENDING_MESSAGES = 4_000  # above what the credit allows: only a school that ignores its credit gets here
RANGE_PENDING_BYTES = 16_000_000


class NodeSilent(Unavailable):
    """The school's node does not answer."""

    code = "node_silent"


class Refused(Rejected):
    """The school said no; `code` is its reason."""


Deliver = Callable[[Msg], Awaitable[None]]


class SchoolLink:
    """Asks schools over the centre's carrier. `clocks`: what they said of theirs in their answers."""

    def __init__(
        self, carrier: Carrier, *, answer_within_s: float = ANSWER_WITHIN_S, clock: Clock | None = None
    ) -> None:
        self._carrier, self._answer_within_s = carrier, answer_within_s
        self._clock: Clock = clock or SystemClock()
        self.clocks = NodeClocks()

    async def ask(self, site: SiteId, name: str, message: Message) -> commands.Reply:
        """The school's consent. Raises `Refused` for its no, `NodeSilent` for no answer in time, `LinkDown`."""
        asked_at, began = self._clock.now(), self._clock.monotonic()
        try:
            question = self._carrier.client.request(
                subjects.command(site, name), encode(message), timeout=self._answer_within_s
            )
            answer = await heeded(question)
        except (nats.errors.TimeoutError, nats.errors.NoRespondersError) as error:
            raise NodeSilent(f"{site} does not answer `{name}`") from error
        except nats.errors.Error as error:
            raise LinkDown(f"the carrier failed: {error}") from error
        now_s = self._clock.monotonic()
        reply = decode(answer.data, commands.Reply)
        if reply.at is not None:
            self.clocks.note(site, reply.at, asked_at=asked_at, took_s=now_s - began, now_s=now_s)
        if reply.refusal is not None:
            raise Refused(reply.refusal.message or f"{site} refused `{name}`", code=reply.refusal.code)
        return reply

    @asynccontextmanager
    async def live_media(self, site: SiteId, lease: LeaseId, take: Callable[[bytes], None]) -> AsyncIterator[None]:
        """Hand every media message of a lease to `take`, in order, while the context is open."""

        async def deliver(message: Msg) -> None:
            take(message.data)

        subscription = await self._subscribe(
            site, lease, deliver=deliver, messages=LIVE_PENDING_MESSAGES, size=LIVE_PENDING_BYTES
        )
        try:
            yield
        finally:
            await _unsubscribe(subscription)

    @asynccontextmanager
    async def range_media(self, site: SiteId, lease: LeaseId) -> AsyncIterator["MediaReader"]:
        """Media messages of a lease, read one by one by the caller."""
        subscription = await self._subscribe(
            site, lease, deliver=None, messages=RANGE_PENDING_MESSAGES, size=RANGE_PENDING_BYTES
        )
        try:
            yield MediaReader(subscription, site)
        finally:
            await _unsubscribe(subscription)

    async def _subscribe(
        self,
        site: SiteId,
        lease: LeaseId,
        *,
        deliver: Deliver | None,
        messages: int,
        size: int,
    ) -> Subscription:
        try:
            return await self._carrier.client.subscribe(
                subjects.media(site, lease), cb=deliver, pending_msgs_limit=messages, pending_bytes_limit=size
            )
        except nats.errors.Error as error:
            raise LinkDown(f"the carrier failed: {error}") from error


class MediaReader:
    """The messages of one subscription, in order."""

    def __init__(self, subscription: Subscription, site: SiteId) -> None:
        self._subscription, self._site = subscription, site

    async def next(self, within_s: float) -> bytes:
        """The next message. Raises `NodeSilent` when none comes in time, `LinkDown` when the carrier is gone."""
        try:
            message = await heeded(self._subscription.next_msg(timeout=within_s))
        except nats.errors.TimeoutError as error:
            raise NodeSilent(f"{self._site} stopped sending") from error
        except nats.errors.Error as error:
            raise LinkDown(f"the carrier failed: {error}") from error
        data: bytes = message.data
        return data


async def _unsubscribe(subscription: Subscription) -> None:
    try:
        await subscription.unsubscribe()
    except nats.errors.Error:
        return  # the connection is closed, and the subscription with it
