"""What a live screen starts from, and what each event turns into: the same objects, built by the same functions.

*Old snapshot, events applied, equals fresh snapshot* (`tests/behaviour/centre/test_snapshots.py`).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from ninja import Schema

from qorgan.centre.alarms import service as alarms
from qorgan.centre.alarms.models import Alarm, Incident, Unit
from qorgan.centre.cameras import service as cameras
from qorgan.centre.cameras.models import Camera
from qorgan.centre.remarks.models import Remark, Review
from qorgan.centre.schools import service as schools
from qorgan.centre.schools.models import School
from qorgan.centre.supervision import reading as faults
from qorgan.centre.supervision.models import Fault
from qorgan.domain.access import Actor, Right
from qorgan.domain.remarks import RemarkState

TOLD_FOR = timedelta(minutes=10)  # a former guest: an event waits less, and who comes later reads a snapshot
_RIGHT = {
    "school": Right.SCHOOLS_READ,
    "camera": Right.CAMERAS_READ,
    "alarm": Right.ALARM_READ,
    "unit": Right.UNITS_READ,
    "incident": Right.ALARM_READ,
    "fault": Right.FAULTS_READ,
    "remark": Right.REMARKS_READ,
    "review": Right.REMARKS_READ,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One object as it is now, in JSON's own types, and where it lies: read once, shown to whoever may see it."""

    topic: str
    data: dict[str, Any]
    school: UUID | None = None
    region: str = ""
    district: str = ""
    centre: UUID | None = None  # whose it is, or with whom it is shared
    sharers: frozenset[UUID] = frozenset()  # of a camera: centres that were called for an open alarm of its school
    past_sharers: frozenset[UUID] = frozenset()  # and those for whom that is over since a while
    places: frozenset[tuple[UUID, str, UUID | None]] = frozenset()  # school, district, sharer of an incident's alarms
    under: frozenset[tuple[UUID, str, str]] = frozenset()  # school, district, region of an outage's faults

    def visible_to(self, actor: Actor) -> bool:
        """The same answer as the room's own `visible_to`, without asking the database."""
        if not actor.may(_RIGHT[self.topic]):
            return False
        if self.topic == "unit":
            return actor.scope.everywhere or (self.centre is not None and actor.centre == self.centre)
        if self.topic == "fault" and self.school is None:
            own = self.centre is not None and self.centre == actor.centre
            return (
                own
                or actor.scope.everywhere
                or any(
                    actor.scope.covers(region=region, district=district, school=school)
                    for school, district, region in self.under
                )
            )
        if self.topic == "incident":
            return any(self._at_place(actor, *place) for place in self.places)
        if actor.centre is not None and (actor.centre == self.centre or actor.centre in self.sharers):
            return True
        assert self.school is not None
        return actor.scope.covers(region=self.region, district=self.district, school=self.school)

    def lost_to(self, actor: Actor) -> bool:
        """A guest of a while ago, who may not see it any more."""
        return actor.centre in self.past_sharers and not self.visible_to(actor)

    def _at_place(self, actor: Actor, school: UUID, district: str, sharer: UUID | None) -> bool:
        shared = sharer is not None and sharer == actor.centre
        return shared or actor.scope.covers(region=self.region, district=district, school=school)


def snapshot(actor: Actor) -> dict[str, Any]:
    """`schools`, `cameras`, `units`, and what is open of `alarms`, `incidents` and `faults`, for this actor.

    What they may not see is empty.
    """
    found: dict[str, list[Schema]] = {"schools": [], "cameras": [], "alarms": [], "units": [], "incidents": []}
    found["faults"] = list(faults.open_faults(actor)) if actor.may(Right.FAULTS_READ) else []
    if actor.may(Right.SCHOOLS_READ):
        rows = School.objects.visible_to(actor).with_status().order_by("pk")
        found["schools"] = [schools.on_the_wire(row) for row in rows]
    if actor.may(Right.CAMERAS_READ):
        standing = Camera.objects.visible_to(actor).filter(present=True).select_related("school__node")
        found["cameras"] = [cameras.on_the_wire(row) for row in standing.order_by("school", "position", "key")]
    if actor.may(Right.ALARM_READ):
        opened = Alarm.objects.visible_to(actor).still_open().whole().order_by("-received_at", "-pk")
        found["alarms"] = [alarms.on_the_wire(row) for row in opened]
        found["incidents"] = list(alarms.incidents(actor).items)
    if actor.may(Right.UNITS_READ):
        found["units"] = list(alarms.units(actor).items)
    return {name: [_json(item) for item in items] for name, items in found.items()}


def view(topic: str, id: UUID, actor: Actor) -> dict[str, Any] | None:
    """One object as it is now; None when this actor may not see it, or it is not there."""
    seen = look(topic, id)
    return seen.data if seen is not None and seen.visible_to(actor) else None


def look(topic: str, id: UUID) -> Seen | None:
    """One object for many actors: show `data` to those for whom `visible_to` holds. None when it is not there."""
    match topic:
        case "school":
            return _school(id)
        case "camera":
            return next(iter(_cameras([id])), None)
        case "alarm":
            return _alarm(id)
        case "unit":
            return _unit(id)
        case "incident":
            return _incident(id)
        case "fault":
            return _fault(id)
        case "remark":
            return _remark(id)
        case "review":
            return _review(id)
    return None


def look_many(topic: str, ids: Sequence[UUID]) -> list[Seen]:
    """`look` for several objects of one topic. What is not there is left out."""
    if topic == "alarm":
        return [_seen_alarm(row) for row in Alarm.objects.whole().filter(pk__in=ids)]
    if topic == "school":
        rows = School.objects.with_status().filter(pk__in=ids)
        return [_at(row, "school", schools.on_the_wire(row)) for row in rows]
    if topic == "camera":
        return _cameras(ids)
    return [seen for id in ids if (seen := look(topic, id)) is not None]


def _school(id: UUID) -> Seen | None:
    row = School.objects.with_status().filter(pk=id).first()
    return None if row is None else _at(row, "school", schools.on_the_wire(row))


def _cameras(ids: Sequence[UUID]) -> list[Seen]:
    rows = list(Camera.objects.select_related("school__node", "school__district").filter(pk__in=ids))
    lately = Q(closed_at=None) | Q(closed_at__gte=timezone.now() - TOLD_FOR)
    shared = Alarm.objects.filter(lately, school__in={row.school_id for row in rows}, shared_with__isnull=False)
    now, past = defaultdict[UUID, set[UUID]](set), defaultdict[UUID, set[UUID]](set)
    for school, centre, closed_at in shared.values_list("school", "shared_with", "closed_at"):
        if centre is not None:
            (now if closed_at is None else past)[school].add(centre)
    return [
        replace(
            _at(row.school, "camera", cameras.on_the_wire(row)),
            sharers=frozenset(now[row.school_id]),
            past_sharers=frozenset(past[row.school_id]),
        )
        for row in rows
    ]


def _alarm(id: UUID) -> Seen | None:
    row = Alarm.objects.whole().filter(pk=id).first()
    return None if row is None else _seen_alarm(row)


def _seen_alarm(row: Alarm) -> Seen:
    return replace(_at(row.school, "alarm", alarms.on_the_wire(row)), centre=row.shared_with_id)


def _unit(id: UUID) -> Seen | None:
    row = Unit.objects.filter(pk=id).first()
    if row is None:
        return None
    return Seen(topic="unit", data=_json(alarms.unit_on_the_wire(row)), centre=row.centre_id)


def _incident(id: UUID) -> Seen | None:
    """Seen by whose territory has its region, or a part of it with one of its alarms."""
    row = Incident.objects.filter(pk=id).counted().first()
    if row is None:
        return None
    places = Alarm.objects.filter(parent=row).values_list("school", "school__district", "shared_with").distinct()
    data = _json(alarms.incident_on_the_wire(row))
    return Seen(topic="incident", data=data, region=row.region_id, places=frozenset(places))


def _fault(id: UUID) -> Seen | None:
    row = faults.look_at(id)
    if row is None:
        return None
    item = faults.on_the_wire(row)
    if row.school is not None:
        return _at(row.school, "fault", item)
    near = Fault.objects.filter(parent=row, school__isnull=False).select_related("school__district")
    under = [(one.school.pk, one.school.district_id, one.school.district.region_id) for one in near if one.school]
    return Seen(topic="fault", data=_json(item), centre=row.centre_id, under=frozenset(under))


def _remark(id: UUID) -> Seen | None:
    """That it changed, not what it says: what a person may do with it is theirs alone, so they ask for it."""
    rows = Remark.objects.select_related("school__district", "camera", "plan")
    row = rows.filter(pk=id).exclude(state=RemarkState.DRAFT).first()
    if row is None:
        return None
    district = row.school.district
    data = {
        "id": str(row.pk),
        "school": str(row.school_id),
        "camera": str(row.camera_id) if row.camera_id else None,
        "plan": str(row.plan_id) if row.plan_id else None,
        "number": row.number,
        "state": row.state,
        "version": row.version,
    }
    return Seen(topic="remark", data=data, school=row.school_id, region=district.region_id, district=district.pk)


def _review(id: UUID) -> Seen | None:
    row = Review.objects.select_related("plan__school__district").filter(pk=id).first()
    if row is None:
        return None
    school = row.plan.school
    data = {"id": str(row.pk), "school": str(school.pk), "plan": str(row.plan_id), "state": row.state}
    return Seen(
        topic="review", data=data, school=school.pk, region=school.district.region_id, district=school.district_id
    )


def _at(school: School, topic: str, item: Schema) -> Seen:
    district = school.district
    return Seen(topic=topic, data=_json(item), school=school.pk, region=district.region_id, district=district.pk)


def _json(item: Schema) -> dict[str, Any]:
    return item.model_dump(mode="json")
