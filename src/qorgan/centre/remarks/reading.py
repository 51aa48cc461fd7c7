"""Remarks as they are read: one, or a list with its counts, each with what whoever asks may do now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.access.models import User
from qorgan.centre.frames import service as frames
from qorgan.centre.frames.models import Frame
from qorgan.centre.plans.models import PlanRevision
from qorgan.centre.remarks import schemas as wire
from qorgan.centre.remarks.models import Remark, RemarkLine, RemarkQuerySet
from qorgan.centre.wire import Name, Person, page_of
from qorgan.domain import remarks as rules
from qorgan.domain.access import Actor, Body, Right
from qorgan.domain.density.norms import ZoneKind, zone_pack
from qorgan.domain.places import LocalText
from qorgan.domain.remarks import Case, RemarkCategory, RemarkDeed, RemarkState, Step, TargetKind
from qorgan.kernel.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a list is asked for."""

    school: UUID | None = None
    camera: UUID | None = None
    plan: UUID | None = None
    state: RemarkState | None = None
    body: Body | None = None
    district: str | None = None
    mine: bool = False
    to_fix: bool = False
    overdue: bool = False
    words: str = ""


def listed(actor: Actor, wish: Wish, *, cursor: str | None, limit: int) -> wire.RemarkList:
    rows = _wished(actor, wish)
    found, following = page_of(_narrowed(rows, wish).whole(), newest_by="changed_at", cursor=cursor, limit=limit)
    return wire.RemarkList(items=on_the_wire(actor, found), counts=_counts(rows), next=following)


def _wished(actor: Actor, wish: Wish) -> RemarkQuerySet:
    rows = Remark.objects.visible_to(actor).saying(clean.text(wish.words, 200))
    district = None if wish.district is None else clean.text(wish.district, 20)
    said = {"school": wish.school, "camera": wish.camera, "plan": wish.plan, "school__district": district}
    rows = rows.filter(**{name: value for name, value in said.items() if value is not None})
    if wish.body is not None:
        rows = rows.filter(body=wish.body)
    return rows.filter(author=actor.user) if wish.mine else rows


def _narrowed(rows: RemarkQuerySet, wish: Wish) -> RemarkQuerySet:
    if wish.state is not None:
        rows = rows.filter(state=wish.state)
    if wish.to_fix:
        rows = rows.filter(state__in=rules.WAITS_FOR_SCHOOL)
    return rows.filter(overdue(timezone.localdate())) if wish.overdue else rows


def overdue(today: date) -> Q:
    """`Case.overdue` as a condition of a query."""
    return Q(state__in=rules.UNFIXED, deadline__lt=today)


def _counts(rows: RemarkQuerySet) -> wire.RemarkCounts:
    by_state = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    said = {state.value: by_state.get(state.value, 0) for state in RemarkState}
    to_fix = sum(by_state.get(state.value, 0) for state in rules.WAITS_FOR_SCHOOL)
    return wire.RemarkCounts(**said, to_fix=to_fix, overdue=rows.filter(overdue(timezone.localdate())).count())


def get(actor: Actor, remark_id: UUID) -> wire.Remark:
    """With its thread. Raises `NotFound`."""
    return shown(actor, find(actor, remark_id))


def find(actor: Actor, remark_id: UUID) -> Remark:
    """Raises `NotFound` for a remark that the actor may not see: of another place, or somebody's draft."""
    row = Remark.objects.visible_to(actor).whole().filter(pk=remark_id).first()
    if row is None:
        raise NotFound("there is no such remark in your territory")
    return row


def shown(actor: Actor, row: Remark) -> wire.Remark:
    """A whole row with its thread."""
    lines = RemarkLine.objects.filter(remark=row).select_related("frame__asked_by", "frame__camera")
    (item,) = on_the_wire(actor, [row])
    item.thread = [_line(line) for line in lines.defer("frame__content").order_by("number")]
    return item


def on_the_wire(actor: Actor, rows: Sequence[Remark]) -> list[wire.Remark]:
    """Whole rows without their threads."""
    now, plans = timezone.now(), _plans(row.plan_id for row in rows)
    zones = _zones(rows, plans)
    return [_item(actor, row, plans, zones.get(row.pk), now) for row in rows]


def person_of(actor: Actor) -> rules.Person:
    """The actor as the table sees them."""
    body = actor.body if actor.may(Right.REMARKS_WRITE) else None
    return rules.Person(id=actor.user, body=body, answers=actor.may(Right.REMARKS_ANSWER))


def case_of(row: Remark) -> Case:
    """The row as the table sees it."""
    return Case(
        body=Body(row.body),
        author=row.author_id,
        state=RemarkState(row.state),
        deadline=row.deadline,
        fixed_by=row.fixed_by_id,
        verified_by=row.verified_by_id,
        last=_step(row.last) if row.last else None,
    )


def _step(said: Mapping[str, Any]) -> Step:
    return Step(
        deed=RemarkDeed(said["deed"]),
        by=UUID(said["by"]),
        at=datetime.fromisoformat(said["at"]),
        before=RemarkState(said["before"]),
        fixed_by=UUID(said["fixed_by"]) if said["fixed_by"] else None,
        verified_by=UUID(said["verified_by"]) if said["verified_by"] else None,
        deadline=date.fromisoformat(said["deadline"]) if said["deadline"] else None,
    )


def _plans(ids: Iterable[UUID | None]) -> dict[UUID, PlanRevision]:
    wanted = {one for one in ids if one is not None}
    return {row.plan_id: row for row in PlanRevision.objects.newest().filter(plan__in=wanted)} if wanted else {}


def _zones(rows: Sequence[Remark], plans: Mapping[UUID, PlanRevision]) -> dict[UUID, Name]:
    """By remark, the zone that it is about: as it is now, or as it was where the plan has it no more."""
    about = [row for row in rows if row.zone]
    now = {row.pk: _zone(plans.get(row.plan_id) if row.plan_id else None, row.zone) for row in about}
    gone = [row for row in about if now[row.pk] is None]
    named = {"plan__in": {row.plan_id for row in gone}, "number__in": {row.plan_revision for row in gone}}
    revisions = PlanRevision.objects.filter(**named) if gone else ()
    then: dict[object, PlanRevision] = {(one.plan_id, one.number): one for one in revisions}
    before = {row.pk: _zone(then.get((row.plan_id, row.plan_revision)), row.zone) for row in gone}
    return {remark: zone for remark, zone in (now | before).items() if zone is not None}


def _zone(revision: PlanRevision | None, key: str) -> Name | None:
    zones = () if revision is None else revision.zones
    zone = next((zone for zone in zones if str(zone["key"]) == key), None)
    if zone is None:
        return None
    return Name.of(LocalText(kk=zone["name"]) if zone["name"] else zone_pack().rules[ZoneKind(zone["kind"])].title)


def _item(
    actor: Actor, row: Remark, plans: Mapping[UUID, PlanRevision], zone: Name | None, now: datetime
) -> wire.Remark:
    case, plan = case_of(row), plans.get(row.plan_id) if row.plan_id else None
    return wire.Remark(
        id=row.pk,
        number=row.number,
        version=row.version,
        school=row.school_id,
        school_name=Name.of(row.school.name),
        target=_target(row, plan, zone),
        category=RemarkCategory(row.category),
        text=row.text,
        clause=row.clause,
        body=case.body,
        by=_person(row.author),
        state=case.state,
        deadline=row.deadline,
        overdue=case.overdue(timezone.localdate(now)),
        created_at=row.created_at,
        issued_at=row.issued_at,
        changed_at=row.changed_at,
        before=wire.RemarkBefore(
            frame=_frame(row.before_frame),
            plan_revision=row.plan_revision,
            measured=_measured(row.before),
        ),
        after=_after(row),
        verified_by=_person(row.verified_by) if row.verified_by else None,
        inspection=row.inspection,
        photos=[f"/api/inspections/{row.inspection}/photos/{digest}" for digest in row.photos],
        rights=[deed for deed in rules.allowed(case, person_of(actor), now) if _has_right(actor, deed)],
        thread=[],
    )


def _has_right(actor: Actor, deed: RemarkDeed) -> bool:
    return deed is not RemarkDeed.VERIFY or actor.may(Right.REMARKS_VERIFY)


def _target(row: Remark, plan: PlanRevision | None, zone: Name | None) -> wire.RemarkPlace:
    return wire.RemarkPlace(
        kind=TargetKind(row.kind),
        camera=row.camera_id,
        plan=row.plan_id,
        revision=row.plan_revision,
        zone=row.zone or None,
        camera_name=Name.of(row.camera.name) if row.camera else None,
        plan_name=plan.name if plan else None,
        zone_name=zone,
        plan_revision_now=plan.number if plan else None,
    )


def _after(row: Remark) -> wire.RemarkAfter | None:
    if row.fixed_by is None or row.fixed_at is None:
        return None
    return wire.RemarkAfter(
        frame=_frame(row.after_frame),
        plan_revision=(row.after or {}).get("plan_revision"),
        measured=_measured(row.after),
        note=row.after_note,
        by=_person(row.fixed_by),
        at=row.fixed_at,
    )


def _measured(said: Mapping[str, Any] | None) -> wire.Measured | None:
    measured = (said or {}).get("measured")
    return wire.Measured.model_validate(measured) if measured else None


def _frame(row: Frame | None) -> Any:
    return frames.on_the_wire(row) if row is not None else None


def _person(user: User) -> Person:
    return Person(id=user.pk, name=user.name)


def _line(line: RemarkLine) -> wire.RemarkLine:
    return wire.RemarkLine(
        at=line.at,
        by=Person(id=line.by_id, name=line.by_name),
        body=Body(line.body) if line.body else None,
        deed=RemarkDeed(line.deed),
        state=RemarkState(line.state),
        text=line.text,
        frame=_frame(line.frame),
        deadline=line.data.get("deadline"),
    )
