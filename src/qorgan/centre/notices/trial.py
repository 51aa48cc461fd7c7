"""A test notice sent at once, for an administrator who sets a channel up."""

import asyncio
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from qorgan.centre.notices import facts, outbox
from qorgan.centre.notices.models import Subscription
from qorgan.centre.notices.worker import couriers, parcel_of
from qorgan.domain.notices import Channel
from qorgan.kernel.clock import SystemClock
from qorgan.kernel.errors import Invalid, NotFound
from qorgan.kernel.ids import uuid7


def send(subscription: str) -> str:
    """A sentence of success. Raises `Undelivered` with why not, `NotFound`, or `Invalid` when a name is ambiguous."""
    row = _find(subscription)
    delivery = outbox.written(row, facts.test_news(f"test:{uuid7()}", timezone.now()))
    channel = couriers(settings.QORGAN, SystemClock())[Channel(row.channel)]
    asyncio.run(channel.send(parcel_of(delivery)))
    return f"{row.channel}: the receiver took it (id {delivery.pk})"


def _find(text: str) -> Subscription:
    rows = Subscription.objects.filter(ended_at=None)
    try:
        found = list(rows.filter(pk=UUID(text)))
    except ValueError:
        found = list(rows.filter(name=text)[:2])
    if not found:
        raise NotFound("there is no such subscription that holds")
    if len(found) > 1:
        raise Invalid("several subscriptions have this name: use the id")
    return found[0]
