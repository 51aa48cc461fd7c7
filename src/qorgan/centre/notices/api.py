"""Routes of `notices`."""

from typing import Annotated, Literal
from uuid import UUID

from asgiref.sync import async_to_sync
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.notices import service, vault
from qorgan.centre.notices.schemas import (
    Browser,
    CapPage,
    ChannelList,
    ChannelState,
    Delivery,
    DeliveryPage,
    DeliveryState,
    NewSubscription,
    Subscription,
    SubscriptionPage,
)
from qorgan.centre.notices.worker import couriers
from qorgan.centre.wire import Limit, Problem
from qorgan.domain.access import Right
from qorgan.domain.notices import Channel
from qorgan.kernel.clock import SystemClock
from qorgan.protocols import webpush
from qorgan.protocols.cap.document import MIME

router = Router(tags=["notices"])


@router.get("/notices/channels", response=ChannelList, operation_id="list_channels")
@needs(Right.ALARM_READ)
def list_channels(request: HttpRequest) -> ChannelList:
    """By which channels this centre can tell, and what is missing where it cannot."""
    found = couriers(settings.QORGAN, SystemClock())
    items = []
    for channel, courier in found.items():
        state = async_to_sync(courier.readiness)()
        key = webpush.public_key(vault.vapid_key()) if channel is Channel.PUSH and state.ready else None
        items.append(ChannelState(channel=channel, ready=state.ready, reason=state.reason, key=key))
    return ChannelList(items=items)


@router.get("/notices/subscriptions", response=SubscriptionPage, operation_id="list_subscriptions")
@needs(Right.ALARM_READ)
def list_subscriptions(request: HttpRequest, cursor: str | None = None, limit: Limit = 100) -> SubscriptionPage:
    """One's own; all of them for an administrator."""
    return service.subscriptions(actor_of(request), cursor=cursor, limit=limit)


@router.post(
    "/notices/subscriptions",
    response={200: Subscription, 403: Problem, 422: Problem},
    operation_id="create_subscription",
)
@needs(Right.NOTICES_EDIT)
def create_subscription(request: HttpRequest, body: NewSubscription) -> Subscription:
    """The secret of a webhook is in this answer alone."""
    return service.subscribe(actor_of(request), body)


@router.post("/notices/browser", response={200: Subscription, 422: Problem}, operation_id="subscribe_browser")
@needs(Right.ALARM_READ)
def subscribe_browser(request: HttpRequest, body: Browser) -> Subscription:
    """Web Push for the signed-in person in this browser."""
    return service.subscribe_browser(actor_of(request), body)


@router.delete(
    "/notices/subscriptions/{subscription_id}",
    response={200: Subscription, 404: Problem},
    operation_id="end_subscription",
)
@needs(Right.ALARM_READ)
def end_subscription(request: HttpRequest, subscription_id: UUID) -> Subscription:
    """It ends and stays in the list: what it told is history."""
    return service.end(actor_of(request), subscription_id)


@router.post(
    "/notices/subscriptions/{subscription_id}/test",
    response={200: Delivery, 404: Problem, 422: Problem},
    operation_id="test_subscription",
)
@needs(Right.ALARM_READ)
def test_subscription(request: HttpRequest, subscription_id: UUID) -> Delivery:
    return service.ask_for_test(actor_of(request), subscription_id)


@router.get("/notices/deliveries", response=DeliveryPage, operation_id="list_deliveries")
@needs(Right.ALARM_READ)
def list_deliveries(
    request: HttpRequest,
    state: DeliveryState | None = None,
    subscription: UUID | None = None,
    cursor: str | None = None,
    limit: Limit = 100,
) -> DeliveryPage:
    """The outbox; `state=dead` is what could not be delivered."""
    actor = actor_of(request)
    return service.deliveries(actor, state=state, subscription=subscription, cursor=cursor, limit=limit)


@router.post(
    "/notices/deliveries/{delivery_id}/retry",
    response={200: Delivery, 403: Problem, 404: Problem},
    operation_id="retry_delivery",
)
@needs(Right.NOTICES_EDIT)
def retry_delivery(request: HttpRequest, delivery_id: UUID) -> Delivery:
    """Try a dead delivery again from the beginning."""
    return service.retry(actor_of(request), delivery_id)


@router.get("/cap/alarms", response=CapPage, operation_id="list_cap_messages")
@needs(Right.ALARM_READ)
def list_cap_messages(
    request: HttpRequest,
    state: Literal["open", "closed"] | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> CapPage:
    """The last CAP 1.2 message of each alarm that the actor may see."""
    return service.cap_list(actor_of(request), state=state, cursor=cursor, limit=limit)


@router.get("/cap/alarms/{alarm_id}", response={200: str, 404: Problem}, operation_id="get_last_cap_message")
@needs(Right.ALARM_READ)
def get_last_cap_message(request: HttpRequest, alarm_id: UUID) -> HttpResponse:
    """The last message of an alarm, as XML."""
    return HttpResponse(service.cap_document(actor_of(request), alarm_id, None), content_type=MIME)


@router.get("/cap/alarms/{alarm_id}/{number}", response={200: str, 404: Problem}, operation_id="get_cap_message")
@needs(Right.ALARM_READ)
def get_cap_message(request: HttpRequest, alarm_id: UUID, number: int) -> HttpResponse:
    """One message of an alarm, as XML. `number` is that of its line in the alarm's log."""
    return HttpResponse(service.cap_document(actor_of(request), alarm_id, number), content_type=MIME)
