"""Points out of service: a defect with a clock. What such a point raises comes in and is shown as ever, and says so."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.alarms.models import OutOfService
from qorgan.centre.alarms.schemas import OutOfService as OutOfServiceOnTheWire
from qorgan.centre.alarms.schemas import OutOfServiceList
from qorgan.centre.schools.models import School
from qorgan.centre.wire import Person
from qorgan.domain.access import Actor, Right
from qorgan.domain.alarms import MAX_NOTE
from qorgan.kernel.errors import Invalid, NotFound

LONGEST = timedelta(days=30)  # then somebody decides again


@transaction.atomic
def take_out(actor: Actor, school_id: UUID, key: str, *, reason: str, until: datetime) -> OutOfServiceOnTheWire:
    """Declare one way in out of service until then; a standing declaration is replaced. Raises as the schemas say."""
    actor.require(Right.POINT_OUT_OF_SERVICE)
    school = _school(actor, school_id)
    now = timezone.now()
    if not reason.strip():
        raise Invalid("say why it is out of service", code="reason")
    if not now < until <= now + LONGEST:
        raise Invalid(f"it is out of service until a moment within {LONGEST.days} days", code="until")
    _end(actor, school, key, now)
    row = OutOfService.objects.create(
        school=school,
        key=clean.text(key, 100),
        reason=clean.text(reason, MAX_NOTE),
        at=now,
        by_id=actor.user,
        until=until,
    )
    return _on_the_wire(row)


@transaction.atomic
def put_back(actor: Actor, school_id: UUID, key: str) -> None:
    """It is in service again. Raises `NotFound` when it was not out of it."""
    actor.require(Right.POINT_OUT_OF_SERVICE)
    if not _end(actor, _school(actor, school_id), key, timezone.now()):
        raise NotFound("it is not out of service")


def standing(actor: Actor, school_id: UUID | None = None) -> OutOfServiceList:
    """What is out of service now in the actor's territory, or at one school of it; soonest to run out first."""
    rows = OutOfService.objects.visible_to(actor).standing(timezone.now()).select_related("by")
    if school_id is not None:
        rows = rows.filter(school=school_id)
    return OutOfServiceList(items=[_on_the_wire(row) for row in rows.order_by("until", "pk")], next=None)


def _end(actor: Actor, school: School, key: str, now: datetime) -> int:
    rows = OutOfService.objects.standing(now).filter(school=school, key=key)
    return rows.update(ended_at=now, ended_by=actor.user)


def _school(actor: Actor, school_id: UUID) -> School:
    school = School.objects.visible_to(actor).select_for_update().filter(pk=school_id).first()
    if school is None:
        raise NotFound("there is no such school in your territory")
    return school


def _on_the_wire(row: OutOfService) -> OutOfServiceOnTheWire:
    return OutOfServiceOnTheWire(
        id=row.pk,
        school=row.school_id,
        key=row.key,
        reason=row.reason,
        at=row.at,
        by=Person(id=row.by.pk, name=row.by.name),
        until=row.until,
    )
