"""Use cases of `notices`: who is told, what happened to what was told, and CAP for those who ask."""

import hashlib
import json
import re
from typing import Any, Literal, cast
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.alarms.models import Alarm
from qorgan.centre.notices import facts, outbox, schemas, vault
from qorgan.centre.notices.models import Delivery, Subscription
from qorgan.centre.schools.models import School
from qorgan.centre.territory.models import District, Region
from qorgan.centre.wire import page_of
from qorgan.domain.access import Actor, Right
from qorgan.domain.alarms import Level
from qorgan.domain.notices import Channel, Format, Topic
from qorgan.kernel.errors import Invalid, NotFound
from qorgan.kernel.ids import uuid7
from qorgan.protocols import webhooks
from qorgan.protocols.cap.document import Alert, to_xml
from qorgan.protocols.webpush import Receiver

_EVENT = re.compile(r"(?:alarm|action|fault|remark|quality)\.(?:\*|[a-z_]{1,40})")
_TELEPHONE = re.compile(r"\+[1-9][0-9]{7,14}")  # E.164
BROWSERS_OF_ONE = 10
_COUNTED: dict[str, Any] = {
    "waiting": Count("deliveries", filter=Q(deliveries__state="waiting")),
    "dead": Count("deliveries", filter=Q(deliveries__state="dead")),
}


# --- subscriptions -------------------------------------------------------------------------------------------------


def subscriptions(actor: Actor, *, cursor: str | None, limit: int) -> schemas.SubscriptionPage:
    rows = Subscription.objects.visible_to(actor).annotate(**_COUNTED)
    found, following = page_of(rows, newest_by="created_at", cursor=cursor, limit=limit)
    return schemas.SubscriptionPage(items=[_on_the_wire(actor, row) for row in found], next=following)


@transaction.atomic
def subscribe(actor: Actor, wish: schemas.NewSubscription) -> schemas.Subscription:
    """A new subscription. The secret of a webhook is in the answer, and nowhere else. Raises `Invalid`."""
    actor.require(Right.NOTICES_EDIT)
    channel = Channel(wish.channel)
    _check_address(channel, wish.address)
    if strange := [event for event in wish.events if not _EVENT.fullmatch(event)]:
        raise Invalid(f"an event is called alarm.raised, fault.*, …, not {strange[0][:60]!r}", code="notice.event")
    secret = webhooks.new_secret() if channel is Channel.WEBHOOK else None
    row = Subscription(
        name=clean.text(wish.name, 200),
        channel=channel,
        address=wish.address,
        format=wish.format,
        language=wish.language,
        events=sorted(set(wish.events)),
        levels=sorted(set(wish.levels)),
        kinds=sorted(set(wish.kinds)),
        secret=vault.seal(secret) if secret else None,
        **_territory(wish.territory),
    )
    row.save()
    return _on_the_wire(actor, _counted(row), secret)


def _check_address(channel: Channel, address: str) -> None:
    """What can be told without asking a name server; where a name leads is looked at whenever something is sent."""
    fits = {
        Channel.WEBHOOK: address.startswith(("https://", "http://")) and address.isascii() and address.isprintable(),
        Channel.EMAIL: _is_mail(address),
        Channel.SMS: _TELEPHONE.fullmatch(address) is not None,
    }
    if not fits[channel]:
        raise Invalid(f"that is no address for {channel}", code="notice.address")


def _is_mail(address: str) -> bool:
    try:
        validate_email(address)
    except ValidationError:
        return False
    return True


def _territory(wish: schemas.Territory) -> dict[str, Any]:
    known: tuple[tuple[str, set[Any], Any], ...] = (
        ("region", set(wish.regions), Region.objects),
        ("district", set(wish.districts), District.objects),
        ("school", set(wish.schools), School.objects),
    )
    for name, wanted, rows in known:
        if len(wanted) != rows.filter(pk__in=wanted).count():
            raise Invalid(f"there is no such {name}", code="notice.territory")
    if not (wish.everywhere or wish.regions or wish.districts or wish.schools):
        raise Invalid("a subscription holds somewhere", code="notice.territory")
    return {
        "everywhere": wish.everywhere,
        "regions": sorted(set(wish.regions)),
        "districts": sorted(set(wish.districts)),
        "schools": sorted({str(one) for one in wish.schools}),
    }


@transaction.atomic
def subscribe_browser(actor: Actor, browser: schemas.Browser) -> schemas.Subscription:
    """This person's browser is told of the alarms that they may see. The same browser again is told once."""
    keys = {"p256dh": browser.keys.p256dh, "auth": browser.keys.auth}
    Receiver.read(endpoint=browser.endpoint, **keys)
    key = hashlib.sha256(browser.endpoint.encode()).hexdigest()
    own = Subscription.objects.select_for_update().filter(owner=actor.user, channel=Channel.PUSH, ended_at=None)
    row = own.filter(address_key=key).first() or Subscription(owner_id=actor.user, channel=Channel.PUSH)
    row.name, row.address, row.address_key = actor.name[:200], browser.endpoint, key
    row.secret, row.language = vault.seal(json.dumps(keys)), browser.language
    row.events = [f"{Topic.ALARM}.raised", f"{Topic.ALARM}.escalated", f"{Topic.ACTION}.*"]
    row.levels, row.everywhere = sorted(set(browser.levels)) or [Level.P1.value], True
    row.save()
    for older in own.exclude(pk=row.pk).order_by("-created_at")[BROWSERS_OF_ONE - 1 :]:
        outbox.end(older, "too_many_browsers")
    return _on_the_wire(actor, _counted(row))


@transaction.atomic
def end(actor: Actor, subscription_id: UUID) -> schemas.Subscription:
    """Nobody is told by it any more."""
    row = _find(actor, subscription_id)
    outbox.end(row, "by_person")
    return _on_the_wire(actor, _counted(row))


@transaction.atomic
def ask_for_test(actor: Actor, subscription_id: UUID) -> schemas.Delivery:
    """A test notice on its way; whether it arrived is seen among the deliveries."""
    row = _find(actor, subscription_id)
    if row.ended_at is not None:
        raise Invalid("the subscription has ended", code="notice.ended")
    return _delivery(outbox.tell_one(row, facts.test_news(f"test:{uuid7()}", timezone.now())))


def _find(actor: Actor, subscription_id: UUID) -> Subscription:
    row = Subscription.objects.visible_to(actor).filter(pk=subscription_id).first()
    if row is None:
        raise NotFound("there is no such subscription")
    return row


def _counted(row: Subscription) -> Subscription:
    return Subscription.objects.annotate(**_COUNTED).get(pk=row.pk)


def _on_the_wire(actor: Actor, row: Subscription, secret: str | None = None) -> schemas.Subscription:
    territory = schemas.Territory(
        everywhere=row.everywhere,
        regions=row.regions,
        districts=row.districts,
        schools=[UUID(one) for one in row.schools],
    )
    return schemas.Subscription(
        id=row.pk,
        name=row.name,
        own=row.owner_id == actor.user,
        channel=Channel(row.channel),
        # what a browser's push service calls it is a key to it: only its service is shown
        address=row.address if row.channel != Channel.PUSH else "/".join(row.address.split("/")[:3]),
        format=Format(row.format),
        language=cast(schemas.Language, row.language),
        events=row.events,
        levels=row.levels,
        kinds=row.kinds,
        territory=territory,
        created_at=row.created_at,
        ended_at=row.ended_at,
        ended_why=row.ended_why,
        waiting=getattr(row, "waiting", 0),
        dead=getattr(row, "dead", 0),
        secret=secret,
    )


# --- deliveries ----------------------------------------------------------------------------------------------------


def deliveries(
    actor: Actor, *, state: schemas.DeliveryState | None, subscription: UUID | None, cursor: str | None, limit: int
) -> schemas.DeliveryPage:
    """What was told, what waits, and what is dead."""
    rows: QuerySet[Delivery] = Delivery.objects.visible_to(actor)
    if state is not None:
        rows = rows.filter(state=state)
    if subscription is not None:
        rows = rows.filter(subscription=subscription)
    found, following = page_of(rows, newest_by="created_at", cursor=cursor, limit=limit)
    return schemas.DeliveryPage(items=[_delivery(row) for row in found], next=following)


@transaction.atomic
def retry(actor: Actor, delivery_id: UUID) -> schemas.Delivery:
    """Try a dead delivery again. One that is not dead is left as it is; of an ended subscription nothing is sent."""
    row = Delivery.objects.visible_to(actor).filter(pk=delivery_id).first()
    if row is None:
        raise NotFound("there is no such delivery")
    outbox.revive(row)
    row.refresh_from_db()
    return _delivery(row)


def _delivery(row: Delivery) -> schemas.Delivery:
    return schemas.Delivery(
        id=row.pk,
        subscription=row.subscription_id,
        event=row.event,
        subject=row.subject,
        state=cast(schemas.DeliveryState, row.state),
        attempts=row.attempts,
        created_at=row.created_at,
        next_at=row.next_at,
        sent_at=row.sent_at,
        error=row.error,
    )


# --- CAP -----------------------------------------------------------------------------------------------------------


def cap_list(
    actor: Actor, *, state: Literal["open", "closed"] | None, cursor: str | None, limit: int
) -> schemas.CapPage:
    """The last CAP message of each alarm that the actor may see."""
    rows: QuerySet[Alarm] = Alarm.objects.visible_to(actor).select_related("school__district")
    if state is not None:
        rows = rows.filter(closed_at__isnull=state == "open")
    found, following = page_of(rows, newest_by="received_at", cursor=cursor, limit=limit)
    messages = [(row, sent[-1]) for row in found if (sent := facts.cap_of_alarm(row))]
    return schemas.CapPage(items=[_cap(row, last) for row, last in messages], next=following)


def cap_document(actor: Actor, alarm_id: UUID, number: int | None) -> bytes:
    """One message of an alarm as XML: the one of that line of the log, or the last. Raises `NotFound`."""
    row = Alarm.objects.visible_to(actor).select_related("school__district").filter(pk=alarm_id).first()
    sent = facts.cap_of_alarm(row) if row is not None else []
    if number is not None:
        sent = [one for one in sent if one.identifier == f"{alarm_id}.{number}"]
    if not sent:
        raise NotFound("there is no such message in your territory")
    return to_xml(sent[-1])


def _cap(row: Alarm, last: Alert) -> schemas.CapMessage:
    number = last.identifier.rpartition(".")[2]
    return schemas.CapMessage(
        alarm=row.pk,
        identifier=last.identifier,
        sent=last.sent,
        status=last.status,
        message_type=last.message_type,
        headline=last.infos[0].headline,
        path=f"/api/cap/alarms/{row.pk}/{number}",
    )
