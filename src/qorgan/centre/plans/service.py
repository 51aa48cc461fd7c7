"""Use cases of `plans`. Each change is a new revision and a line in the person's audit; each look at a drawing, too."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.access import service as access
from qorgan.centre.access.models import User
from qorgan.centre.alarms.models import Alarm
from qorgan.centre.cameras.models import Button, Camera
from qorgan.centre.plans import schemas as wire
from qorgan.centre.plans.drawing import Drawing
from qorgan.centre.plans.layouts import kept, layout_of, on_the_wire, size_of, wished
from qorgan.centre.plans.models import Plan, PlanImage, PlanRevision
from qorgan.centre.schools.models import School
from qorgan.centre.supervision.models import WayIn
from qorgan.domain.access import Actor, Right
from qorgan.domain.density.norms import zone_pack
from qorgan.domain.ground import require_privacy
from qorgan.domain.plans import MAX_NAME, Layout, Size, checked, find_place, in_order
from qorgan.kernel.errors import Conflict, NotFound

MAX_PLANS = 40  # of one school, removed ones not counted
MAX_REVISIONS_TOLD = 500  # the newest; all are kept
Deed = PlanRevision.Deed
_LOOKED = "plan.looked"


# --- reading -------------------------------------------------------------------------------------------------------


def of_school(actor: Actor, school_id: UUID, *, removed: bool = False) -> wire.PlanList:
    """The school's plans, or (for who may change them) the removed ones. Raises `NotFound` as `schools.get`."""
    rows = PlanRevision.objects.visible_to(actor).filter(plan__school=school_id)
    if removed:
        actor.require(Right.PLANS_EDIT)
        found = list(rows.newest().filter(deed=Deed.REMOVED).order_by("-at", "-pk")[:MAX_PLANS])
    else:
        found = in_order(rows.standing(), layout_of)
    if not found and not School.objects.visible_to(actor).filter(pk=school_id).exists():
        raise NotFound("there is no such school in your territory")
    ids = _ids_by_key(school_id)
    return wire.PlanList(items=[on_the_wire(row, ids) for row in found])


def place_of(actor: Actor, alarm_id: UUID) -> wire.AlarmPlace:
    """Where an alarm was raised. Raises `NotFound` for an alarm that the actor may not see."""
    alarm = Alarm.objects.visible_to(actor).filter(pk=alarm_id).first()
    if alarm is None:
        raise NotFound("there is no such alarm in your territory")
    rows = PlanRevision.objects.visible_to(actor).filter(plan__school=alarm.school_id)
    plans = in_order(rows.standing(), layout_of)
    found = find_place([layout_of(row) for row in plans], alarm.button, alarm.camera_keys)
    if found is None:
        return wire.AlarmPlace(plan=None, point=None)
    return wire.AlarmPlace(plan=on_the_wire(plans[found.plan], _ids_by_key(alarm.school_id)), point=found.point)


@transaction.atomic
def look(actor: Actor, plan_id: UUID, version: str | None) -> PlanImage:
    """The drawing, and a line in the audit of whoever looks; a neighbour's line names the alarm they were called for.

    Raises `NotFound` for a plan that the actor may not see, for a removed one, and for a version that it has not.
    """
    row = PlanRevision.objects.visible_to(actor).standing().filter(plan=plan_id).first()
    if row is None or not (version is None or PlanRevision.objects.filter(plan=plan_id, image=version).exists()):
        raise NotFound("there is no such plan in your territory")
    image = version or row.image_id
    said: dict[str, object] = {"plan": str(plan_id), "school": str(row.plan.school_id), "version": image}
    if not School.objects.visible_to(actor).filter(pk=row.plan.school_id).exists():
        called_for = Alarm.objects.filter(school=row.plan.school_id, shared_with=actor.centre, closed_at=None)
        said["alarms"] = [str(pk) for pk in called_for.order_by("pk").values_list("pk", flat=True)[:10]]
    access.audit(User.objects.get(pk=actor.user), _LOOKED, said)
    return PlanImage.objects.get(pk=image)


def revisions(actor: Actor, plan_id: UUID) -> wire.PlanRevisionList:
    """Who changed what when. Raises `NotFound` for a plan that the actor may not see."""
    rows = PlanRevision.objects.visible_to(actor).filter(plan=plan_id).select_related("by").order_by("-number")
    found = [
        wire.PlanRevision(number=row.number, at=row.at, by=row.by.name, deed=_deed(row), points=len(row.points))
        for row in rows[:MAX_REVISIONS_TOLD]
    ]
    if not found:
        raise _no_such_plan()
    return wire.PlanRevisionList(items=found)


def revision(actor: Actor, plan_id: UUID, number: int) -> wire.Plan:
    """The plan as it was. Raises `NotFound` for a plan that the actor may not see, and for no such revision."""
    rows = PlanRevision.objects.visible_to(actor).filter(plan=plan_id, number=number)
    row = rows.select_related("plan", "image", "by").defer("image__content").first()
    if row is None:
        raise _no_such_plan()
    return on_the_wire(row, _ids_by_key(row.plan.school_id))


def _deed(row: PlanRevision) -> wire.Deed:
    return row.deed  # type: ignore[return-value]  # the column's choices are the same words


# --- changing ------------------------------------------------------------------------------------------------------


def require_editor(actor: Actor, school_id: UUID) -> None:
    """Asked before a file is drawn, which takes seconds. Raises `Forbidden`, `NotFound`, or `Conflict` when full."""
    actor.require(Right.PLANS_EDIT)
    if not School.objects.visible_to(actor).filter(pk=school_id).exists():
        raise NotFound("there is no such school in your territory")
    _require_room(school_id)


def create(actor: Actor, school_id: UUID, wish: wire.NewPlan, drawing: Drawing) -> wire.Plan:
    """A plan without points. Raises as `require_editor` and `domain.plans.checked`; then nothing is stored."""
    name = clean.text(wish.name, MAX_NAME)
    return establish(actor, school_id, Layout(name=name, kind=wish.kind, floor=wish.floor), drawing)


@transaction.atomic
def establish(actor: Actor, school_id: UUID, layout: Layout, drawing: Drawing) -> wire.Plan:
    """A plan with points, of which the school's node need not have told yet. Raises as `create`."""
    require_editor(actor, school_id)
    School.objects.select_for_update().get(pk=school_id)  # of two at once neither takes the last place twice
    _require_room(school_id)
    size = Size(width=drawing.width, height=drawing.height)
    fit = checked(layout, size, cameras=_named_cameras(layout), ways=_named_ways(layout))
    plan = Plan.objects.create(school_id=school_id, revision=0)
    return _write(actor, plan, None, Deed.CREATED, fit, keep_image(drawing))


def keep_image(drawing: Drawing) -> PlanImage:
    """The drawing's row: the same drawing is kept once."""
    said = {"content": drawing.content, "mime": drawing.mime, "width": drawing.width, "height": drawing.height}
    return PlanImage.objects.get_or_create(digest=drawing.digest, defaults=said)[0]


def change(actor: Actor, plan_id: UUID, body: wire.PlanChange) -> wire.Plan:
    """The plan anew. Raises `Conflict` when it is not the newest revision that was changed; else as `checked`, and
    `plan.camera_private`."""
    actor.require(Right.PLANS_EDIT)
    row = PlanRevision.objects.visible_to(actor).standing().filter(plan=plan_id).first()
    if row is None:
        raise _no_such_plan()
    require_privacy(_fit(row, body), size_of(row), zone_pack())  # takes up to seconds, so before the lock
    return _change(actor, plan_id, body)


@transaction.atomic
def _change(actor: Actor, plan_id: UUID, body: wire.PlanChange) -> wire.Plan:
    plan, row = _locked(actor, plan_id, body.revision)
    return _write(actor, plan, row, Deed.CHANGED, _fit(row, body))


def _fit(row: PlanRevision, body: wire.PlanChange) -> Layout:
    """What somebody sent, as it may be kept."""
    school = row.plan.school_id
    now, cameras = layout_of(row), _keys_by_id(school)
    known_cameras = {*cameras.values(), *_named_cameras(now)}  # what stands on the plan already may stay
    known_ways = _ways(school) | _named_ways(now)
    return checked(wished(body, now, cameras), size_of(row), cameras=known_cameras, ways=known_ways)


@transaction.atomic
def redraw(actor: Actor, plan_id: UUID, revision: int, drawing: Drawing) -> wire.Plan:
    """A newer drawing under what stands on the plan. Raises as `change`."""
    plan, row = _locked(actor, plan_id, revision)
    return _write(actor, plan, row, Deed.CHANGED, layout_of(row), keep_image(drawing))


def require_editor_of(actor: Actor, plan_id: UUID) -> None:
    """Asked before a file is drawn. Raises `Forbidden` or `NotFound`."""
    actor.require(Right.PLANS_EDIT)
    if not PlanRevision.objects.visible_to(actor).standing().filter(plan=plan_id).exists():
        raise _no_such_plan()


@transaction.atomic
def restore(actor: Actor, plan_id: UUID, body: wire.PlanRestore) -> wire.Plan:
    """The content of an older revision, as a new one. Raises as `change`, and `NotFound` for no such revision."""
    plan, row = _locked(actor, plan_id, body.revision)
    older = PlanRevision.objects.filter(plan=plan, number=body.to).select_related("image").defer("image__content")
    old = older.first()
    if old is None:
        raise NotFound("the plan has no such revision")
    return _write(actor, plan, row, Deed.RESTORED, layout_of(old), old.image)


@transaction.atomic
def remove(actor: Actor, plan_id: UUID) -> None:
    """Nobody sees it any more; every revision stays, and it can be `put_back`. Raises `NotFound`."""
    plan, row = _locked(actor, plan_id)
    _write(actor, plan, row, Deed.REMOVED, layout_of(row))


@transaction.atomic
def put_back(actor: Actor, plan_id: UUID) -> wire.Plan:
    """A removed plan as it was; one that stands answers as it is. Raises `NotFound`, `Conflict` (`plan.too_many`)."""
    plan, row = _locked(actor, plan_id, removed=True)
    if row.deed != Deed.REMOVED:
        return on_the_wire(row, _ids_by_key(plan.school_id))
    _require_room(plan.school_id)
    return _write(actor, plan, row, Deed.RETURNED, layout_of(row))


def _locked(
    actor: Actor, plan_id: UUID, revision: int | None = None, *, removed: bool = False
) -> tuple[Plan, PlanRevision]:
    """The plan's row, locked until the transaction ends, and what it is now."""
    actor.require(Right.PLANS_EDIT)
    plans = Plan.objects.visible_to(actor).filter(pk=plan_id)
    plan = Plan.objects.select_for_update().filter(pk__in=plans.values("pk")).first()
    if plan is None:
        raise _no_such_plan()
    row = PlanRevision.objects.newest().get(plan=plan)
    if row.deed == Deed.REMOVED and not removed:
        raise _no_such_plan()
    if revision is not None and revision != plan.revision:
        raise Conflict(f"somebody changed the plan meanwhile: it is at revision {plan.revision}")
    return plan, row


def _write(
    actor: Actor, plan: Plan, before: PlanRevision | None, deed: Deed, layout: Layout, image: PlanImage | None = None
) -> wire.Plan:
    """One more revision of a locked plan, chained behind `before`."""
    person = User.objects.get(pk=actor.user)
    said = kept(layout) | {"image": image or (before and before.image)}
    row = PlanRevision(plan=plan, by=person, deed=deed.value, at=timezone.now(), **said).after(before)
    row.save()
    plan.revision = row.number
    plan.save(update_fields=("revision",))
    told = {"plan": str(plan.pk), "school": str(plan.school_id), "revision": row.number, "points": len(row.points)}
    access.audit(person, f"plan.{deed.value}", told)
    return on_the_wire(row, _ids_by_key(plan.school_id))


def _require_room(school_id: UUID) -> None:
    if PlanRevision.objects.standing().filter(plan__school=school_id).count() >= MAX_PLANS:
        raise Conflict(f"a school has at most {MAX_PLANS} plans: remove one first", code="plan.too_many")


def _no_such_plan() -> NotFound:
    return NotFound("there is no such plan in your territory")


# --- what a school has ---------------------------------------------------------------------------------------------


def _ids_by_key(school_id: UUID) -> dict[str, UUID]:
    return dict(Camera.objects.filter(school=school_id).values_list("key", "pk"))


def _keys_by_id(school_id: UUID) -> dict[UUID, str]:
    return dict(Camera.objects.filter(school=school_id).values_list("pk", "key"))


def _named_cameras(layout: Layout) -> set[str]:
    return {point.camera for point in layout.points if point.camera is not None}


def _named_ways(layout: Layout) -> set[str]:
    return {point.way for point in layout.points if point.way is not None}


def _ways(school_id: UUID) -> set[str]:
    """Keys of every way in that the school has or had."""
    known = set(WayIn.objects.filter(school=school_id).values_list("key", flat=True))
    return known | set(Button.objects.filter(school=school_id).values_list("key", flat=True))
