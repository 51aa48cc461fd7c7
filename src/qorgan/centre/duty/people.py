"""Use cases of a school's people: the school keeps the list, the centre reads it, and both stand in the audit."""

from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.access import service as access
from qorgan.centre.access.models import AuditLine, User
from qorgan.centre.duty import schemas as wire
from qorgan.centre.duty.models import DutyMark, SchoolPerson
from qorgan.centre.schools.models import School
from qorgan.domain.access import Actor, Right
from qorgan.domain.duty import SchoolRole
from qorgan.kernel.errors import NotFound

_READ, _CHANGED, _MARKED = "people.read", "people.changed", "people.on_duty"


@transaction.atomic
def read(actor: Actor, school_id: UUID) -> wire.SchoolPeople:
    """Whom to call at this school. All that a person reads of one school on one local day is one line of their audit.

    Raises `NotFound` for a school that the actor may not see.
    """
    school, today = _school(actor, school_id), timezone.localdate()
    said = {"school": str(school.pk), "day": today.isoformat()}
    if actor.school != school.pk and not _has_read(actor, said):
        access.audit(User.objects.get(pk=actor.user), _READ, dict(said))
    return _view(school, today)


def _has_read(actor: Actor, said: dict[str, str]) -> bool:
    return AuditLine.objects.filter(
        person=actor.user, action=_READ, data__school=said["school"], data__day=said["day"]
    ).exists()


@transaction.atomic
def replace(actor: Actor, school_id: UUID, entry: wire.SchoolPeopleEntry) -> wire.SchoolPeople:
    """The whole list anew, in the order of calling. Raises `NotFound` (school; or an id that is not of this list)."""
    actor.require(Right.PEOPLE_EDIT)
    school = _locked(actor, school_id)
    known = {row.pk: row for row in SchoolPerson.objects.filter(school=school)}
    kept: list[SchoolPerson] = []
    for position, item in enumerate(entry.items):
        row = SchoolPerson(school=school) if item.id is None else known.get(item.id)
        if row is None:
            raise NotFound("the school has no such person", code="people.not_found")
        row.name, row.phone = clean.text(item.name, 200), clean.text(item.phone.strip(), 40)
        row.role, row.position = item.role.value, position
        row.save()
        kept.append(row)
    SchoolPerson.objects.filter(school=school).exclude(pk__in=[row.pk for row in kept]).delete()
    _mark(actor, school, [row.pk for row, item in zip(kept, entry.items, strict=True) if item.on_duty])
    _audit(actor, _CHANGED, school, len(kept))
    return _view(school, timezone.localdate())


@transaction.atomic
def mark(actor: Actor, school_id: UUID, people: list[UUID]) -> wire.SchoolPeople:
    """Say who is on duty today: these, and nobody else. Raises as `replace`."""
    actor.require(Right.PEOPLE_EDIT)
    school = _locked(actor, school_id)
    if SchoolPerson.objects.filter(school=school, pk__in=people).count() != len(set(people)):
        raise NotFound("the school has no such person", code="people.not_found")
    _mark(actor, school, people)
    _audit(actor, _MARKED, school, len(set(people)))
    return _view(school, timezone.localdate())


def _mark(actor: Actor, school: School, people: list[UUID]) -> None:
    today, now = timezone.localdate(), timezone.now()
    DutyMark.objects.filter(person__school=school, day=today).exclude(person__in=people).delete()
    for person in people:
        DutyMark.objects.get_or_create(person_id=person, day=today, defaults={"at": now, "by_id": actor.user})


def _view(school: School, today: date) -> wire.SchoolPeople:
    marks = DutyMark.objects.filter(person__school=school, day=today)
    there = set(marks.values_list("person_id", flat=True))
    rows = SchoolPerson.objects.filter(school=school)
    return wire.SchoolPeople(
        school=school.pk,
        day=today.isoformat(),
        marked_at=marks.aggregate(at=Max("at"))["at"],
        items=[
            wire.SchoolPerson(
                id=row.pk, name=row.name, role=SchoolRole(row.role), phone=row.phone, on_duty=row.pk in there
            )
            for row in rows
        ],
    )


def _school(actor: Actor, school_id: UUID) -> School:
    school = School.objects.visible_to(actor).filter(pk=school_id).first()
    if school is None:
        raise NotFound("there is no such school in your territory")
    return school


def _locked(actor: Actor, school_id: UUID) -> School:
    school = School.objects.visible_to(actor).select_for_update().filter(pk=school_id).first()
    if school is None:
        raise NotFound("there is no such school in your territory")
    return school


def _audit(actor: Actor, action: str, school: School, people: int) -> None:
    access.audit(User.objects.get(pk=actor.user), action, {"school": str(school.pk), "people": people})
