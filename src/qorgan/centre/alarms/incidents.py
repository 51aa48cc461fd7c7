"""Mass events at the centre: which alarms get a parent, while they are stored; and when an event is over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from qorgan.centre.alarms.events import incident_changed
from qorgan.centre.alarms.journal import Entry, append
from qorgan.centre.alarms.models import Alarm, Incident
from qorgan.centre.schools.models import Located
from qorgan.centre.territory.models import Region
from qorgan.domain.alarms import Case, Kind, Level
from qorgan.domain.alarms.mass import JOINS_FOR, WINDOW, Call, gather, joins, over

ENDED_AT_ONCE = 100  # in one turn of the engine


class Calling(Protocol):
    """An alarm that is being stored."""

    id: UUID
    school: Located
    case: Case
    received_at: datetime
    incident: UUID | None


def gather_in(fresh: Sequence[Calling], now: datetime) -> None:
    """Give these alarms, not saved yet, their parent; others that turn out to belong to it get a line in their logs."""
    groups: dict[tuple[str, Kind], list[Calling]] = {}
    for alarm in fresh:
        if alarm.case.level is Level.P1:
            groups.setdefault((alarm.school.region, alarm.case.kind), []).append(alarm)
    for (region, kind), alarms in sorted(groups.items(), key=lambda item: item[0]):
        incident = _open(region, kind, now)
        if incident is None:
            _begin(region, kind, alarms, now)
        else:
            _join(incident, alarms, now)


def _open(region: str, kind: Kind, now: datetime) -> Incident | None:
    rows = Incident.objects.select_for_update().filter(region=region, kind=kind, ended_at=None)
    newest = rows.filter(last_at__gte=now - JOINS_FOR).order_by("-last_at").first()
    return newest if newest is not None and joins(newest.last_at, now) else None


def _join(incident: Incident, alarms: Sequence[Calling], now: datetime) -> None:
    for alarm in alarms:
        alarm.incident = incident.pk
    incident.last_at = max(incident.last_at, now)
    incident.save(update_fields=("last_at",))
    incident_changed(incident)


def _begin(region: str, kind: Kind, fresh: Sequence[Calling], now: datetime) -> None:
    recent = Alarm.objects.filter(
        school__district__region=region, kind=kind, level=Level.P1, received_at__gte=now - WINDOW
    )
    calls = [Call(alarm=id, at=at) for id, at in recent.values_list("pk", "received_at")]
    together = gather([*calls, *(Call(alarm=alarm.id, at=alarm.received_at) for alarm in fresh)])
    if not together:
        return
    Region.objects.select_for_update().get(pk=region)  # of two intakes at once one begins it, the other finds it
    incident = _open(region, kind, now)
    if incident is None:
        first = min((call.at for call in calls if call.alarm in together), default=now)
        incident = Incident.objects.create(region_id=region, kind=kind, opened_at=min(first, now), last_at=now)
    _join(incident, [alarm for alarm in fresh if alarm.id in together], now)
    _adopt(incident, together - {alarm.id for alarm in fresh}, now)


def _adopt(incident: Incident, ids: frozenset[UUID], now: datetime) -> None:
    rows = Alarm.objects.select_for_update(of=("self",)).filter(pk__in=ids, parent=None)
    older = list(rows.select_related("school__district").order_by("pk"))
    for alarm in older:
        alarm.parent = incident
    append([Entry(alarm=one, at=now, action="joined", data={"incident": str(incident.pk)}) for one in older])


def end_those_over(now: datetime) -> int:
    """End the events none of whose alarms is open, a while after their last one; how many."""
    rows = Incident.objects.filter(ended_at=None, last_at__lt=now - JOINS_FOR).counted()
    ended = 0
    for incident in rows.order_by("last_at")[:ENDED_AT_ONCE]:
        if over(last_at=incident.last_at, open_alarms=incident.alarms_open, now=now):
            incident.ended_at = now
            incident.save(update_fields=("ended_at",))
            incident_changed(incident)
            ended += 1
    return ended
