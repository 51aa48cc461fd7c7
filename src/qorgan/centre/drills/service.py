"""Use cases of `drills`: planned within the guard rails, run on the alarm engine, tapped, reviewed."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.access import service as access
from qorgan.centre.access.models import User
from qorgan.centre.alarms.models import Alarm
from qorgan.centre.drills import reading
from qorgan.centre.drills import schemas as wire
from qorgan.centre.drills.models import ClosedDay, Drill, DrillTap
from qorgan.centre.schools.models import School
from qorgan.domain.access import Actor, Right
from qorgan.domain.alarms import Kind
from qorgan.domain.drills import case as rules
from qorgan.domain.drills.case import DrillDeed
from qorgan.domain.drills.plan import MAX_NAME, MAX_TEXT, DrillGroup, Refused, require_plan
from qorgan.domain.drills.report import MAX_TAPS
from qorgan.kernel.errors import Conflict, Exhausted, Invalid, NotFound

MAX_DRILLS = 1_000  # of one school
MAX_CLOSED_DAYS = 2_000  # listed at once
_NOT_YET = (Refused.PSYCHOLOGIST,)  # a plan may wait for the word; without it nobody approves


@transaction.atomic
def plan(actor: Actor, wish: wire.NewDrill) -> wire.Drill:
    """Raises `NotFound`, `PlanRefused` (`drill.…`), `Exhausted`; then nothing is written."""
    actor.require(Right.DRILLS_EDIT)
    school = _locked_school(actor, wish.school)
    if Drill.objects.filter(school=school).count() >= MAX_DRILLS:
        raise Exhausted(f"a school has at most {MAX_DRILLS} drills", code="drill.too_many")
    row = Drill(school=school, planned_by_id=actor.user)
    _fill(row, wish)
    row.save()
    reading.write(row, DrillDeed.PLAN, at=row.changed_at, actor=actor, data=_said(row))
    return reading.shown(actor, reading.find(actor, row.pk))


@transaction.atomic
def change(actor: Actor, drill_id: UUID, wish: wire.DrillWish) -> wire.Drill:
    """All of the plan at once; what was approved is approved anew. Raises as `plan`, and `Conflict` (`drill.state`)."""
    row = _locked(actor, drill_id)
    _locked_school(actor, row.school_id)
    now = timezone.now()
    after = rules.apply(reading.case_of(row), DrillDeed.CHANGE, actor.user, at=now)
    _fill(row, wish)
    reading.become(row, after)
    row.planned_by_id = actor.user  # whose plan it is now: of a surprise somebody else approves it
    row.save()
    reading.write(row, DrillDeed.CHANGE, at=now, actor=actor, data=_said(row))
    return reading.shown(actor, reading.find(actor, row.pk))


@transaction.atomic
def do(actor: Actor, drill_id: UUID, order: wire.DrillOrder) -> wire.Drill:
    """One deed. Raises `NotFound`, `PlanRefused`, and as `domain.drills.case.apply`; then nothing is written."""
    row = _locked(actor, drill_id)
    if order.version is not None and order.version != row.version:
        raise Conflict("somebody was faster: look at the drill as it is now", code="conflict")
    deed, now, text = DrillDeed(order.deed), timezone.now(), clean.text(order.text, MAX_TEXT)
    after = rules.apply(reading.case_of(row), deed, actor.user, at=now, text=text)
    if deed is DrillDeed.APPROVE:
        require_plan(*reading.asked(row, now))
    if deed is DrillDeed.START:  # what was approved weeks ago may be forbidden today; its hour is the table's affair
        require_plan(*reading.asked(row, now), excused=(Refused.WHEN,))
        _require_quiet(row)
    reading.become(row, after)
    row.changed_at = now
    row.save()
    reading.write(row, deed, at=now, actor=actor, text=text)
    return reading.shown(actor, reading.find(actor, row.pk))


@transaction.atomic
def review(actor: Actor, drill_id: UUID, wish: wire.DrillReview) -> wire.Drill:
    """What failed, who fixes it by when; the report is kept as it is now. Raises as `do`, `Invalid` (`drill.day`)."""
    row = _locked(actor, drill_id)
    now = timezone.now()
    if any(one.by < timezone.localdate(now) for one in wish.findings):
        raise Invalid("what failed is fixed by a day to come", code="drill.day")
    after = rules.apply(reading.case_of(row), DrillDeed.REVIEW, actor.user, at=now, text=wish.text)
    row.report = reading.measured(row, now).model_dump(mode="json")
    row.review = wish.model_dump(mode="json")
    reading.become(row, after)
    row.changed_at = now
    row.save()
    said = {"review": row.review, "report": row.report}
    reading.write(row, DrillDeed.REVIEW, at=now, actor=actor, text=wish.text, data=said)
    return reading.shown(actor, reading.find(actor, row.pk))


@transaction.atomic
def tap(actor: Actor, drill_id: UUID, wish: wire.NewTaps) -> wire.TapsTaken:
    """Taps of one telephone, as often as the network makes it send them; each counts once.

    Raises `NotFound`, `Exhausted`, `Conflict` (`drill.state`; `drill.tap_taken`: this id said something else).
    """
    row = _locked(actor, drill_id)
    if row.state not in rules.TAPPED:
        raise Conflict(f"a drill that is {row.state} takes no taps", code="drill.state")
    now = timezone.now()
    said = {one.id: one for one in wish.taps}
    known = {one.pk: one for one in DrillTap.objects.filter(pk__in=said)}
    for id, one in known.items():
        if one.drill_id != row.pk or (one.kind, one.place) != (said[id].kind, said[id].place):
            raise Conflict("this tap has said something else already", code="drill.tap_taken")
    fresh = [one for id, one in said.items() if id not in known]
    if DrillTap.objects.filter(drill=row).count() + len(fresh) > MAX_TAPS:
        raise Exhausted(f"a drill has at most {MAX_TAPS} taps", code="drill.too_many_taps")
    DrillTap.objects.bulk_create(
        DrillTap(
            pk=one.id,
            drill=row,
            kind=one.kind.value,
            place=clean.text(one.place, 60),
            at=clean.moment(one.at, otherwise=now),
            by_id=actor.user,
            received_at=now,
        )
        for one in fresh
    )
    return wire.TapsTaken(taken=len(fresh), known=len(wish.taps) - len(fresh))


# --- days without drills -------------------------------------------------------------------------------------------


def closed_days(actor: Actor, school: UUID | None) -> wire.ClosedDayList:
    """The country's and, of one school or all that one may see, theirs; the latest first."""
    rows = ClosedDay.objects.visible_to(actor)
    rows = rows.filter(school__in=[school]) | rows.filter(school=None) if school else rows
    return wire.ClosedDayList(items=[_closed(row) for row in rows.order_by("-day", "pk")[:MAX_CLOSED_DAYS]])


@transaction.atomic
def close_day(actor: Actor, wish: wire.NewClosedDay) -> wire.ClosedDay:
    """Of the country only who edits the registry. Raises `NotFound`, `Forbidden`, `Conflict` (`closed_day.known`)."""
    actor.require(Right.REGISTRY_EDIT if wish.school is None else Right.DRILLS_EDIT)
    school = None if wish.school is None else _locked_school(actor, wish.school)
    try:
        with transaction.atomic():
            row = ClosedDay.objects.create(school=school, day=wish.day, kind=wish.kind, by_id=actor.user)
    except IntegrityError as error:
        raise Conflict("this day is closed already", code="closed_day.known") from error
    _audit(actor, "closed_day.added", row)
    return _closed(row)


@transaction.atomic
def open_day(actor: Actor, day_id: UUID) -> None:
    """Raises `NotFound`, `Forbidden`."""
    row = ClosedDay.objects.visible_to(actor).filter(pk=day_id).first()
    if row is None:
        raise NotFound("there is no such day in your territory")
    actor.require(Right.REGISTRY_EDIT if row.school_id is None else Right.DRILLS_EDIT)
    _audit(actor, "closed_day.removed", row)
    row.delete()


def _audit(actor: Actor, action: str, row: ClosedDay) -> None:
    said: dict[str, object] = {"school": str(row.school_id) if row.school_id else None, "kind": row.kind}
    access.audit(User.objects.get(pk=actor.user), action, {**said, "day": row.day.isoformat()})


def _closed(row: ClosedDay) -> wire.ClosedDay:
    said = {"id": row.pk, "school": row.school_id, "day": row.day, "kind": row.kind}
    return wire.ClosedDay.model_validate(said)


# --- rows ----------------------------------------------------------------------------------------------------------


def _locked(actor: Actor, drill_id: UUID) -> Drill:
    """The drill as it is now: what a real alarm or time made of it is written first."""
    actor.require(Right.DRILLS_EDIT)
    reading.find(actor, drill_id)
    row = Drill.objects.select_for_update(of=("self",)).select_related("school").get(pk=drill_id)
    reading.settle(row, timezone.now())
    return row


def _locked_school(actor: Actor, school_id: UUID) -> School:
    """Of two drills planned at once the second sees the first."""
    school = School.objects.visible_to(actor).select_for_update(no_key=True).filter(pk=school_id).first()
    if school is None:
        raise NotFound("there is no such school in your territory")
    return school


def _fill(row: Drill, wish: wire.DrillWish) -> None:
    """Raises `PlanRefused`, with the row as it was."""
    row.scenario, row.form, row.at, row.announced = wish.scenario.value, wish.form.value, wish.at, wish.announced
    row.groups = [group.value for group in DrillGroup if group in wish.groups]
    row.observers = [clean.text(one, MAX_NAME) for one in wish.observers]
    row.note = clean.text(wish.note, MAX_TEXT)
    row.word_name = clean.text(wish.word.name, MAX_NAME) if wish.word else ""
    row.word_on = wish.word.on if wish.word else None
    row.changed_at = timezone.now()
    if row.word_on is not None and row.word_on > timezone.localdate(row.changed_at):
        raise Invalid("the psychologist has said it already, or not at all", code="drill.day")
    require_plan(*reading.asked(row, row.changed_at), excused=_NOT_YET)


def _require_quiet(row: Drill) -> None:
    """Raises `Conflict` (`drill.alarm_open`): while a real alarm of the school is open nobody begins to play."""
    if Alarm.objects.filter(school=row.school_id, kind=Kind.REAL).still_open().exists():
        raise Conflict("a real alarm of this school is open", code="drill.alarm_open")


def _said(row: Drill) -> dict[str, object]:
    """All of the plan, for the ledger."""
    return {
        "school": str(row.school_id),
        "scenario": row.scenario,
        "form": row.form,
        "at": row.at.isoformat(),
        "announced": row.announced,
        "groups": row.groups,
        "observers": row.observers,
        "note": row.note,
        "word": {"name": row.word_name, "on": row.word_on.isoformat()} if row.word_on else None,
    }
