"""What people ask of supervision: faults, ways in and their proof, planned tests. Each begins with `visible_to`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.nodes.models import Node
from qorgan.centre.schools.models import School
from qorgan.centre.supervision import schemas
from qorgan.centre.supervision.events import faults_changed
from qorgan.centre.supervision.models import ButtonTest, Fault, SchoolAction, WayIn
from qorgan.centre.wire import Name, Named, Person, page_of
from qorgan.domain import supervision as rules
from qorgan.domain.access import Actor, Right
from qorgan.domain.supervision import Duty, Proof, WayState
from qorgan.kernel.errors import Conflict, Invalid, NotFound

_NEAR = ("school", "centre", "taken_by")


# --- faults --------------------------------------------------------------------------------------------------------


def faults(
    actor: Actor,
    *,
    state: Literal["open", "closed"] | None,
    school: UUID | None,
    duty: Duty | None,
    parent: UUID | None,
    cursor: str | None,
    limit: int,
) -> schemas.FaultPage:
    """A page of faults, newest first."""
    rows = Fault.objects.visible_to(actor)
    if state is not None:
        rows = rows.filter(closed_at__isnull=state == "open")
    for column, wanted in (("school", school), ("duty", duty), ("parent", parent)):
        if wanted is not None:
            rows = rows.filter(**{column: wanted})
    found, following = page_of(_whole(rows), newest_by="noticed_at", cursor=cursor, limit=limit)
    return schemas.FaultPage(items=[on_the_wire(row) for row in found], next=following)


def fault(actor: Actor, fault_id: UUID) -> schemas.Fault:
    """Raises `NotFound` for a fault that the actor may not see, as for one that is not there."""
    row = _whole(Fault.objects.visible_to(actor)).filter(pk=fault_id).first()
    if row is None:
        raise NotFound("there is no such fault in your territory")
    return on_the_wire(row)


def look_at(fault_id: UUID) -> Fault | None:
    """A whole row for those who show it to many."""
    return _whole(Fault.objects.all()).select_related("school__district").filter(pk=fault_id).first()


def open_faults(actor: Actor) -> list[schemas.Fault]:
    """Every open fault that the actor may see, for a live screen."""
    rows = _whole(Fault.objects.visible_to(actor).still_open()).order_by("-noticed_at", "-pk")
    return [on_the_wire(row) for row in rows]


@transaction.atomic
def take(actor: Actor, fault_id: UUID, note: str) -> schemas.Fault:
    """The actor acts on an open fault; who took it before stays in nobody's way. Raises `Conflict` for a closed one."""
    actor.require(Right.FAULTS_TAKE)
    row = Fault.objects.visible_to(actor).filter(pk=fault_id).first()
    if row is None:
        raise NotFound("there is no such fault in your territory")
    if row.closed_at is not None:
        raise Conflict("that fault is over", code="fault.closed")
    row.taken_by_id, row.taken_at, row.note = actor.user, timezone.now(), clean.text(note, 2_000)
    row.save(update_fields=("taken_by", "taken_at", "note"))
    faults_changed([row])
    return fault(actor, fault_id)


def _whole(rows: QuerySet[Fault]) -> QuerySet[Fault]:
    return rows.select_related(*_NEAR).annotate(under=Count("children", filter=Q(children__closed_at=None)))


def on_the_wire(row: Fault) -> schemas.Fault:
    """A row read with its school, who took it, and `under`."""
    school = row.school
    return schemas.Fault(
        id=row.pk,
        school=schemas.FaultSchool(id=school.pk, site=school.site, name=Name.of(school.name)) if school else None,
        centre=Named(id=row.centre.pk, name=Name.of(row.centre.name)) if row.centre else None,
        region=row.region,
        district=row.district,
        subject=row.subject,
        code=row.code,
        detail=row.detail,
        parent=row.parent_id,
        children=getattr(row, "under", 0),
        duty=Duty(row.duty),
        stops_alarms=row.stops_alarms,
        opened_at=row.opened_at,
        noticed_at=row.noticed_at,
        due_at=row.due_at,
        closed_at=row.closed_at,
        times=row.times,
        taken_by=_person(row),
        taken_at=row.taken_at,
        note=row.note,
    )


def _person(row: Fault) -> Person | None:
    return Person(id=row.taken_by.pk, name=row.taken_by.name) if row.taken_by else None


# --- ways in and their tests ---------------------------------------------------------------------------------------


def ways_in(
    actor: Actor, *, school: UUID | None, proof: Proof | None, cursor: str | None, limit: int
) -> schemas.WayInPage:
    """Ways in that stand at schools now, each with the proof that it works."""
    now = timezone.now()
    rows = _proved(WayIn.objects.visible_to(actor).filter(present=True), now)
    if school is not None:
        rows = rows.filter(school=school)
    if proof is not None:
        rows = rows.exclude(kind__in=rules.PEOPLE).filter(_of_proof(proof, now))
    found, following = page_of(rows, newest_by="known_since", cursor=cursor, limit=limit)
    return schemas.WayInPage(items=list(_ways(found, now)), next=following, goal_s=rules.TEST_GOAL_S)


def _proved(rows: QuerySet[WayIn], now: datetime) -> QuerySet[WayIn]:
    tests = ButtonTest.objects.filter(school=OuterRef("school"), button=OuterRef("key"), alarm__isnull=False)
    newest = tests.order_by("-received_at")
    in_time = newest.filter(took_s__gte=rules.TEST_EARLIEST_S, took_s__lte=rules.TEST_GOAL_S)
    planned = ButtonTest.objects.filter(
        school=OuterRef("school"), button=OuterRef("key"), alarm=None, cancelled_at=None
    )
    node = Node.objects.filter(school=OuterRef("school"))
    return rows.annotate(
        tested_at=Subquery(newest.values("received_at")[:1]),
        tested_took_s=Subquery(newest.values("took_s")[:1]),
        tested_by=Subquery(newest.values("alarm")[:1]),
        in_time_at=Subquery(in_time.values("received_at")[:1]),
        planned_for=Subquery(planned.values("planned_for")[:1]),
        node_state=Subquery(node.values("state")[:1]),
    )


def _of_proof(proof: Proof, now: datetime) -> Q:
    """`rules.proof_of` as a condition; a test holds the two together."""
    since = now - rules.TEST_EVERY
    proved = Q(in_time_at__gte=since)
    unproved = Q(in_time_at=None) | Q(in_time_at__lt=since)
    return {
        Proof.PROVED: proved,
        Proof.SLOW: unproved & Q(tested_at__gte=since),
        Proof.OVERDUE: Q(tested_at__lt=since),
        Proof.NEVER: Q(tested_at=None),
    }[proof]


def _ways(rows: Iterable[WayIn], now: datetime) -> Iterable[schemas.WayIn]:
    for row in rows:
        heard = getattr(row, "node_state", None) == Node.State.ONLINE
        tested_at, in_time_at = getattr(row, "tested_at", None), getattr(row, "in_time_at", None)
        yield schemas.WayIn(
            id=row.pk,
            school=row.school_id,
            key=row.key,
            kind=row.kind,
            place=Name.of(row.place),
            interval_s=row.interval_s,
            state=WayState(row.state) if heard else WayState.UNKNOWN,
            faults=row.faults if heard else [],
            since=row.since,
            last_seen=row.last_seen,
            proof=rules.proof_of(last_test=tested_at, in_time_at=in_time_at, now=now),
            last_test=_last_test(row),
            planned_for=getattr(row, "planned_for", None),
        )


def _last_test(row: WayIn) -> schemas.LastTest | None:
    at, took_s, alarm = (getattr(row, name, None) for name in ("tested_at", "tested_took_s", "tested_by"))
    if at is None or took_s is None or alarm is None:
        return None
    return schemas.LastTest(at=at, took_s=round(took_s, 3), within_goal=rules.within_goal(took_s), alarm=alarm)


# --- planned tests -------------------------------------------------------------------------------------------------


def planned(actor: Actor, school: UUID | None) -> schemas.PlannedTests:
    """Tests that are planned and not pressed yet, the next one first."""
    rows = ButtonTest.objects.visible_to(actor).filter(alarm=None, cancelled_at=None).select_related("planned_by")
    if school is not None:
        rows = rows.filter(school=school)
    now = timezone.now()
    found = rows.filter(planned_for__isnull=False).order_by(F("planned_for"), "pk")[:1_000]
    return schemas.PlannedTests(items=[_planned(row, now) for row in found])


@transaction.atomic
def plan(actor: Actor, wish: schemas.TestPlan) -> schemas.PlannedTests:
    """Plan tests; a button that has one planned gets the new time. Raises `NotFound` for a button that is not there."""
    actor.require(Right.FAULTS_TAKE)
    school = School.objects.visible_to(actor).filter(pk=wish.school).first()
    if school is None:
        raise NotFound("there is no such school in your territory")
    if wish.planned_for <= timezone.now():
        raise Invalid("a test is planned for the future", code="test.past")
    keys = set(WayIn.objects.filter(school=school, present=True).values_list("key", flat=True))
    if strangers := set(wish.buttons) - keys:
        raise NotFound(f"the school has no button {sorted(strangers)[0][:100]!r}", code="button.not_found")
    for key in sorted(set(wish.buttons) or keys):
        ButtonTest.objects.update_or_create(
            school=school,
            button=key,
            alarm=None,
            cancelled_at=None,
            defaults={"planned_for": wish.planned_for, "planned_by_id": actor.user},
        )
    return planned(actor, school.pk)


@transaction.atomic
def cancel(actor: Actor, test_id: UUID) -> schemas.PlannedTests:
    """Take a planned test back. Raises `NotFound` when there is none, or it was pressed already."""
    actor.require(Right.FAULTS_TAKE)
    rows = ButtonTest.objects.visible_to(actor).select_for_update(of=("self",))
    row = rows.filter(pk=test_id, alarm=None, cancelled_at=None).first()
    if row is None:
        raise NotFound("there is no such planned test")
    row.cancelled_at = timezone.now()
    row.save(update_fields=("cancelled_at",))
    return planned(actor, row.school_id)


def _planned(row: ButtonTest, now: datetime) -> schemas.PlannedTest:
    assert row.planned_for is not None
    by = Person(id=row.planned_by.pk, name=row.planned_by.name) if row.planned_by else None
    return schemas.PlannedTest(
        id=row.pk,
        school=row.school_id,
        button=row.button,
        planned_for=row.planned_for,
        planned_by=by,
        late=row.planned_for < now,
    )


# --- actions -------------------------------------------------------------------------------------------------------


def actions(actor: Actor, *, school: UUID | None, cursor: str | None, limit: int) -> schemas.SchoolActionPage:
    """Actions that schools took, newest first."""
    rows = SchoolAction.objects.visible_to(actor)
    if school is not None:
        rows = rows.filter(school=school)
    found, following = page_of(rows, newest_by="received_at", cursor=cursor, limit=limit)
    items = [
        schemas.SchoolAction(
            id=row.pk,
            school=row.school_id,
            action=row.action,
            kind=row.kind,
            at=row.at,
            by=row.by,
            outputs=row.outputs,
            received_at=row.received_at,
        )
        for row in found
    ]
    return schemas.SchoolActionPage(items=items, next=following)
