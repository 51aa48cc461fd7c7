"""Centres at whose desks nobody sits: a fault before an alarm finds out."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from qorgan.centre.alarms.models import Alarm
from qorgan.centre.alarms.neighbours import answering
from qorgan.centre.duty.models import DutyDesk, Shift
from qorgan.centre.supervision.events import faults_changed, tell_of_faults
from qorgan.centre.supervision.models import Fault
from qorgan.centre.territory.models import OperationsCentre
from qorgan.domain import supervision as rules
from qorgan.domain.alarms import Kind


@transaction.atomic
def look_at_desks(now: datetime | None = None) -> list[Fault]:
    """Open and close the faults of centres where nobody is on shift; those that changed.

    It stands where there are desks, and in a centre without any while a real alarm waits that nobody has taken.
    """
    now = now or timezone.now()
    manned = Shift.objects.running().filter(desk__centre=OuterRef("pk"))
    desks = DutyDesk.objects.filter(centre=OuterRef("pk"))
    empty = OperationsCentre.objects.exclude(Exists(manned))
    standing = set(empty.filter(Exists(desks)).values_list("pk", flat=True))
    standing |= set(empty.filter(pk__in=_called_in_vain()).values_list("pk", flat=True))
    open_ = {fault.centre_id: fault for fault in Fault.objects.still_open().filter(code=rules.NOBODY_AT_DESK)}
    changed = [fault for centre, fault in open_.items() if centre not in standing]
    for fault in changed:
        fault.closed_at = now
    Fault.objects.bulk_update(changed, ("closed_at",))
    fresh = [_new(centre, now) for centre in OperationsCentre.objects.filter(pk__in=standing - set(open_))]
    Fault.objects.bulk_create(fresh, ignore_conflicts=True)  # two supervisors write it once
    changed += fresh
    faults_changed(changed)
    tell_of_faults(changed)
    return changed


def _called_in_vain() -> set[UUID]:
    """Centres with a real alarm that waits, and has called somebody."""
    waiting = Alarm.objects.filter(kind=Kind.REAL, waiting_since__isnull=False, rung__gte=1)
    centre_at = answering()
    places = waiting.order_by().values_list("school__district", "school__district__region").distinct()
    return {centre for place in places if (centre := centre_at(*place)) is not None}


def _new(centre: OperationsCentre, now: datetime) -> Fault:
    """`region` and `district` say where those who subscribed to a place hear of it."""
    rule = rules.rule_of(rules.NOBODY_AT_DESK)
    region, district = centre.regions.first(), centre.districts.first()
    return Fault(
        centre=centre,
        region=region.pk if region else "",
        district=district.pk if district and not region else "",
        subject=rules.DESKS,
        code=rules.NOBODY_AT_DESK,
        opened_at=now,
        noticed_at=now,
        due_at=now + rule.within,
        duty=rule.duty,
        stops_alarms=rule.stops_alarms,
    )
