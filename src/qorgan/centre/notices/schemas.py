"""Subscriptions, deliveries and channels on the wire."""

from typing import Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from qorgan.centre.wire import Instant, Page
from qorgan.domain.alarms import Kind, Level
from qorgan.domain.notices import Channel, Format

Language = Literal["kk", "ru", "en"]
DeliveryState = Literal["waiting", "sent", "dead"]


class ChannelState(Schema):
    """Whether a channel can be used here. `reason` is a code when it cannot; `key` is push's applicationServerKey."""

    channel: Channel
    ready: bool
    reason: str
    key: str | None = None


class ChannelList(Schema):
    items: list[ChannelState]


class Territory(Schema):
    """Where a subscription holds. Of one with an owner, only what lies in the owner's own scope as well."""

    everywhere: bool = False
    regions: list[str] = Field(default_factory=list, max_length=50)
    districts: list[str] = Field(default_factory=list, max_length=300)
    schools: list[UUID] = Field(default_factory=list, max_length=1_000)


class NewSubscription(Schema):
    """`address`: https://… for a webhook, an e-mail address, or a telephone number as +77001234567."""

    name: str = Field(min_length=1, max_length=200)
    channel: Literal["webhook", "email", "sms"]
    address: str = Field(min_length=3, max_length=1_000)
    format: Format = Format.JSON
    language: Language = "kk"
    events: list[str] = Field(min_length=1, max_length=50)
    levels: list[Level] = Field(default_factory=list)
    kinds: list[Kind] = Field(default_factory=list)
    territory: Territory


class BrowserKeys(Schema):
    p256dh: str = Field(max_length=200)
    auth: str = Field(max_length=100)


class Browser(Schema):
    """`PushSubscription.toJSON()` of this browser: it then shows its person's alarms of level P1."""

    endpoint: str = Field(max_length=1_000)
    keys: BrowserKeys
    language: Language = "kk"
    levels: list[Level] = Field(default_factory=lambda: [Level.P1])


class Subscription(Schema):
    """`secret` is told once, in the answer to its making. `waiting` and `dead` count its deliveries."""

    id: UUID
    name: str
    own: bool
    channel: Channel
    address: str
    format: Format
    language: Language
    events: list[str]
    levels: list[str]
    kinds: list[str]
    territory: Territory
    created_at: Instant
    ended_at: Instant | None
    ended_why: str
    waiting: int
    dead: int
    secret: str | None = None


class SubscriptionPage(Page[Subscription]):
    """Subscriptions, newest first, the ended ones among them."""


class Delivery(Schema):
    """One notice on its way. `error` is the code of the last failure."""

    id: UUID
    subscription: UUID
    event: str
    subject: str
    state: DeliveryState
    attempts: int
    created_at: Instant
    next_at: Instant
    sent_at: Instant | None
    error: str


class DeliveryPage(Page[Delivery]):
    """Deliveries, newest first."""


class CapMessage(Schema):
    """One CAP 1.2 message; its XML is at `path`."""

    alarm: UUID
    identifier: str
    sent: Instant
    status: str
    message_type: str
    headline: str
    path: str


class CapPage(Page[CapMessage]):
    """The last message of each alarm, newest alarms first."""
