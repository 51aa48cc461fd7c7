"""Orders to schools: hold, secure, lockdown, evacuate, shelter, all-clear. A wish in a row, repeated until answered."""

from datetime import datetime
from typing import cast
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from qorgan.centre.access import service as access
from qorgan.centre.access.models import User
from qorgan.centre.alarms.models import ActionOrder
from qorgan.centre.alarms.schemas import ActionOrder as OrderOnTheWire
from qorgan.centre.alarms.schemas import ActionOrderPage, ActionWord, OrderState
from qorgan.centre.schools.models import School
from qorgan.centre.wire import Person, page_of
from qorgan.domain.access import Actor, Right
from qorgan.domain.alarms import Kind
from qorgan.kernel.errors import NotFound

ALL_CLEAR: ActionWord = "all_clear"


@transaction.atomic
def order(actor: Actor, school_id: UUID, action: ActionWord, kind: Kind) -> OrderOnTheWire:
    """Order an action, or its end. It replaces an order that the school has not taken yet.

    Raises `Forbidden` (the end has a right of its own) and `NotFound`.
    """
    actor.require(Right.ACTION_END if action == ALL_CLEAR else Right.ACTION_ORDER)
    school = School.objects.visible_to(actor).select_for_update().filter(pk=school_id).first()
    if school is None:
        raise NotFound("there is no such school in your territory")
    now = timezone.now()
    waiting = ActionOrder.objects.filter(school=school, state=ActionOrder.State.WAITING)
    waiting.update(state=ActionOrder.State.SUPERSEDED, due_at=None, answered_at=now)
    row = ActionOrder.objects.create(
        school=school, action=action, kind=kind.value, by_id=actor.user, at=now, due_at=now
    )
    access.audit(User.objects.get(pk=actor.user), "action.ordered", _audited(row))
    return on_the_wire(row)


def _audited(row: ActionOrder) -> dict[str, object]:
    return {"order": str(row.pk), "school": str(row.school_id), "action": row.action, "kind": row.kind}


def find(actor: Actor, school_id: UUID, *, cursor: str | None, limit: int) -> ActionOrderPage:
    """A school's orders, newest first. Raises `NotFound`."""
    if not School.objects.visible_to(actor).filter(pk=school_id).exists():
        raise NotFound("there is no such school in your territory")
    rows = ActionOrder.objects.visible_to(actor).filter(school=school_id).select_related("by")
    found, following = page_of(rows, newest_by="at", cursor=cursor, limit=limit)
    return ActionOrderPage(items=[on_the_wire(row) for row in found], next=following)


def on_the_wire(row: ActionOrder) -> OrderOnTheWire:
    return OrderOnTheWire(
        id=row.pk,
        school=row.school_id,
        action=cast(ActionWord, row.action),
        kind=Kind(row.kind),
        by=Person(id=row.by.pk, name=row.by.name),
        at=row.at,
        state=cast(OrderState, row.state),
        answer=row.answer,
        answered_at=row.answered_at,
    )


def settled(order_id: UUID, *, refusal: str | None, now: datetime) -> None:
    """The school has answered an order. One that was superseded meanwhile stays so."""
    state = ActionOrder.State.TAKEN if refusal is None else ActionOrder.State.REFUSED
    rows = ActionOrder.objects.filter(pk=order_id, state=ActionOrder.State.WAITING)
    rows.update(state=state, answer=(refusal or "")[:100], answered_at=now, due_at=None)
