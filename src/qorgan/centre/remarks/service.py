"""Use cases of `remarks`: drafts, and deeds (`domain.remarks`), each a transaction and a line of the ledger."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.access.models import User
from qorgan.centre.cameras.models import Camera
from qorgan.centre.frames import service as frames
from qorgan.centre.frames.models import Frame
from qorgan.centre.ledger import moment
from qorgan.centre.plans.models import Plan, PlanRevision
from qorgan.centre.remarks import events, reading
from qorgan.centre.remarks import schemas as wire
from qorgan.centre.remarks.models import Remark, RemarkLine
from qorgan.centre.schools.models import School
from qorgan.domain import remarks as rules
from qorgan.domain.access import Actor, Body, Right
from qorgan.domain.cameras import StreamName
from qorgan.domain.remarks import Case, RemarkDeed, RemarkState, TargetKind
from qorgan.kernel.errors import Conflict, Exhausted, Forbidden, Invalid, NotFound

MAX_DRAFTS = 500  # of one person
MAX_LINES = 1_000  # of one thread


# --- drafts --------------------------------------------------------------------------------------------------------


@transaction.atomic
def create(actor: Actor, wish: wire.NewRemark) -> wire.Remark:
    """A draft, or an issued remark. Raises `NotFound`, `Invalid`, `Forbidden` (`remark.no_body`), `Exhausted`."""
    row = draft(actor, wish)
    if wish.issue:
        return _do(actor, row, wire.RemarkOrder(deed=RemarkDeed.ISSUE, deadline=wish.deadline))
    return reading.shown(actor, reading.find(actor, row.pk))


def draft(actor: Actor, wish: wire.NewRemark, **said: Any) -> Remark:
    """A draft's row; `said`: more of its columns, for whoever makes it of something. Call it in a transaction."""
    actor.require(Right.REMARKS_WRITE)
    body = require_body(actor)
    if Remark.objects.filter(author=actor.user, state=RemarkState.DRAFT).count() >= MAX_DRAFTS:
        raise Exhausted(f"you have {MAX_DRAFTS} drafts: issue or delete some first", code="remark.too_many_drafts")
    school = School.objects.visible_to(actor).filter(pk=wish.school).first()
    if school is None:
        raise NotFound("there is no such school in your territory")
    now = timezone.now()
    row = Remark(school=school, body=body.value, author_id=actor.user, created_at=now, changed_at=now, **said)
    _aim(actor, row, wish.target)
    row.category, row.deadline = wish.category.value, wish.deadline
    row.text, row.clause = _fit(wish.text), clean.text(wish.clause, rules.MAX_CLAUSE)
    row.before_frame = _frame_of(actor, row, wish.frame)
    row.save()
    return row


def require_body(actor: Actor) -> Body:
    """For which body the actor writes. Raises `Forbidden` with code `remark.no_body`."""
    if actor.body is None:
        raise Forbidden("nobody has said for which body you write: ask your administrator", code="remark.no_body")
    return actor.body


@transaction.atomic
def change(actor: Actor, remark_id: UUID, body: wire.RemarkChange) -> wire.Remark:
    """Of one's own draft. Raises as `create`, and `Conflict` (`remark.state`) for what is issued."""
    row = _own_draft(actor, remark_id)
    given = body.model_fields_set
    if body.target is not None:
        _aim(actor, row, body.target)
    if body.category is not None:
        row.category = body.category.value
    if body.text is not None:
        row.text = _fit(body.text)
    if body.clause is not None:
        row.clause = clean.text(body.clause, rules.MAX_CLAUSE)
    if "deadline" in given:
        row.deadline = body.deadline
    if "frame" in given or body.target is not None:
        frames.release(row.before_frame_id)
        row.before_frame = _frame_of(actor, row, body.frame if "frame" in given else row.before_frame_id)
    row.changed_at, row.version = timezone.now(), row.version + 1
    row.save()
    return reading.shown(actor, reading.find(actor, row.pk))


@transaction.atomic
def delete(actor: Actor, remark_id: UUID) -> None:
    """One's own draft. Raises `NotFound`, `Conflict` (`remark.state`)."""
    row = _own_draft(actor, remark_id)
    row.delete()
    frames.release(row.before_frame_id)


def _own_draft(actor: Actor, remark_id: UUID) -> Remark:
    actor.require(Right.REMARKS_WRITE)
    row = _locked(actor, remark_id)
    if row.state != RemarkState.DRAFT:
        raise Conflict("it is issued: nothing of it is changed or deleted any more", code="remark.state")
    return row


def _locked(actor: Actor, remark_id: UUID) -> Remark:
    reading.find(actor, remark_id)
    return Remark.objects.select_for_update().get(pk=remark_id)


def _aim(actor: Actor, row: Remark, target: wire.RemarkTarget) -> None:
    """Raises `Invalid` (`remark.target`), `NotFound` for what is not of the remark's school."""
    named = {"camera": target.camera, "plan": target.plan, "zone": target.zone}
    wanted = {TargetKind.CAMERA: {"camera"}, TargetKind.ZONE: {"plan", "zone"}, TargetKind.PLAN: {"plan"}}
    wants = wanted.get(target.kind, set())
    may = wants | ({"plan"} if target.kind is TargetKind.CAMERA else set())
    if any(not named[name] for name in wants) or any(named[name] for name in set(named) - may):
        raise Invalid(
            f"a remark on a {target.kind} names {', '.join(sorted(wants)) or 'no more'}", code="remark.target"
        )
    row.kind, row.zone = target.kind.value, clean.text(target.zone or "", 80)
    row.camera = _camera(actor, row.school_id, target.camera) if target.camera else None
    row.plan, row.plan_revision = _plan(actor, row.school_id, target) if target.plan else (None, None)


def _camera(actor: Actor, school_id: UUID, camera_id: UUID) -> Camera:
    camera = Camera.objects.visible_to(actor).filter(school=school_id, pk=camera_id).first()
    if camera is None:
        raise NotFound("the school has no such camera", code="remark.target")
    return camera


def _plan(actor: Actor, school_id: UUID, target: wire.RemarkTarget) -> tuple[Plan, int]:
    """The plan, and the revision that is spoken of: the newest one where none is named."""
    actor.require(Right.PLANS_READ)
    newest = PlanRevision.objects.visible_to(actor).standing().filter(plan__school=school_id, plan=target.plan).first()
    if newest is None:
        raise NotFound("the school has no such plan", code="remark.target")
    number = newest.number if target.revision is None else target.revision
    revision = PlanRevision.objects.filter(plan=newest.plan, number=number).first()
    if revision is None:
        raise NotFound("the plan has no such revision", code="remark.target")
    zones = getattr(revision, "zones", None)
    if target.zone and zones is not None and target.zone not in {str(zone["key"]) for zone in zones}:
        raise NotFound("the plan has no such zone", code="remark.target")
    return newest.plan, number


def _frame_of(actor: Actor, row: Remark, frame_id: UUID | None) -> Frame | None:
    """The frame, bound to the remark; one of its camera, or of its school where no camera is named."""
    if frame_id is None:
        return None
    frame = frames.bind(actor, frame_id, row.camera_id)
    if frame.camera.school_id != row.school_id:
        raise NotFound("this frame is of another school", code="frame.unknown")
    return frame


def _fit(text: str) -> str:
    fit = clean.text(text, rules.MAX_TEXT).strip()
    if not fit:
        raise Invalid("a remark says something", code="remark.text")
    return fit


# --- deeds ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def do(actor: Actor, remark_id: UUID, body: wire.RemarkOrder) -> wire.Remark:
    """One deed. Raises `NotFound`, and as `domain.remarks.apply`; then nothing is written."""
    row = _locked(actor, remark_id)
    if body.version is not None and body.version != row.version:
        raise Conflict("somebody was faster: look at the remark as it is now", code="conflict")
    return _do(actor, row, body)


def _do(actor: Actor, row: Remark, body: wire.RemarkOrder) -> wire.Remark:
    """On a locked row."""
    if body.deed is RemarkDeed.VERIFY:
        actor.require(Right.REMARKS_VERIFY)
    now, text = timezone.now(), clean.text(body.text, rules.MAX_TEXT)
    before = reading.case_of(row)
    after = rules.apply(
        before,
        body.deed,
        reading.person_of(actor),
        at=now,
        today=timezone.localdate(now),
        text=text,
        evidence=body.frame is not None,
        deadline=body.deadline,
    )
    frame = _frame_of(actor, row, body.frame)
    _become(row, before, after, body.deed)
    if body.deed is RemarkDeed.ISSUE:
        _issue(row, frame)
    if body.deed is RemarkDeed.FIX:
        row.after_frame, row.after_note, row.fixed_at = frame, text, now
        row.after = {"measured": measured(row.camera), "plan_revision": row.plan.revision if row.plan else None}
    row.changed_at, row.version = now, row.version + 1
    row.save()
    _write(actor, row, body.deed, text, frame, _said(row, body.deed, before))
    events.changed(row)
    events.tell(row, body.deed)
    return reading.shown(actor, reading.find(actor, row.pk))


_EVIDENCE = ("after_frame_id", "after", "after_note", "fixed_at")


def _become(row: Remark, before: Case, after: Case, deed: RemarkDeed) -> None:
    """The case's columns; evidence goes with the claim that it is fixed, and comes back when that is undone."""
    kept = {name: getattr(row, name) for name in _EVIDENCE}
    if deed is RemarkDeed.UNDO:
        for name, value in (row.last or {}).get("evidence", {}).items():
            setattr(row, name, _read_evidence(name, value))
    elif after.fixed_by is None:
        row.after_frame, row.after, row.after_note, row.fixed_at = None, None, "", None
    if after.last is None or after.last is not before.last:
        row.last = _last(after, kept)
    row.state, row.deadline = after.state.value, after.deadline
    row.fixed_by_id, row.verified_by_id = after.fixed_by, after.verified_by
    if not after.overdue(timezone.localdate()):
        row.overdue_at = None


def _last(case: Case, evidence: Mapping[str, Any]) -> dict[str, Any] | None:
    if case.last is None:
        return None
    step = case.last
    return {
        "deed": step.deed.value,
        "by": str(step.by),
        "at": moment(step.at),
        "before": step.before.value,
        "fixed_by": str(step.fixed_by) if step.fixed_by else None,
        "verified_by": str(step.verified_by) if step.verified_by else None,
        "deadline": step.deadline.isoformat() if step.deadline else None,
        "evidence": {
            **evidence,
            "after_frame_id": str(evidence["after_frame_id"]) if evidence["after_frame_id"] else None,
            "fixed_at": moment(evidence["fixed_at"]),
        },
    }


def _read_evidence(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "after_frame_id":
        return UUID(value)
    return datetime.fromisoformat(value) if name == "fixed_at" else value


def _issue(row: Remark, frame: Frame | None) -> None:
    # Of two issued at once neither takes the other's number. `no_key`: both rows refer to the school already, and full
    # locks would wait for each other.
    School.objects.select_for_update(no_key=True).get(pk=row.school_id)
    newest = Remark.objects.filter(school=row.school_id).aggregate(number=Max("number"))["number"]
    row.number, row.issued_at = (newest or 0) + 1, timezone.now()
    row.before_frame = frame or row.before_frame
    row.before = {"measured": measured(row.camera)}


def _said(row: Remark, deed: RemarkDeed, before: Case) -> dict[str, Any]:
    """What the ledger's line says beside its columns. The first says all that the remark says."""
    said: dict[str, Any] = {}
    if row.deadline != before.deadline or deed is RemarkDeed.ISSUE:
        said["deadline"] = row.deadline.isoformat() if row.deadline else None
    if deed is RemarkDeed.FIX:
        said["after"] = row.after
    if deed is RemarkDeed.UNDO and before.last is not None:
        said["undone"] = before.last.deed.value
    if deed is RemarkDeed.ISSUE:
        said |= {
            "school": str(row.school_id),
            "number": row.number,
            "kind": row.kind,
            "camera": str(row.camera_id) if row.camera_id else None,
            "plan": str(row.plan_id) if row.plan_id else None,
            "plan_revision": row.plan_revision,
            "zone": row.zone,
            "category": row.category,
            "text": row.text,
            "clause": row.clause,
            "before": row.before,
            "before_frame": row.before_frame.digest if row.before_frame else None,
            "inspection": str(row.inspection) if row.inspection else None,
            "photos": row.photos,
        }
    return said


def _write(actor: Actor, row: Remark, deed: RemarkDeed, text: str, frame: Frame | None, said: dict[str, Any]) -> None:
    """One more line of the locked remark's ledger."""
    last = RemarkLine.objects.filter(remark=row).order_by("-number").first()
    if last is not None and last.number >= MAX_LINES:
        raise Exhausted(f"a remark has at most {MAX_LINES} lines", code="remark.too_long")
    for_body = actor.body is not None and actor.body == row.body and not actor.may(Right.REMARKS_ANSWER)
    RemarkLine(
        remark=row,
        by=User.objects.get(pk=actor.user),
        by_name=actor.name,
        body=row.body if for_body else "",
        deed=deed.value,
        state=row.state,
        text=text,
        frame=frame,
        at=row.changed_at,
        data=said | ({"frame": frame.digest} if frame else {}),
    ).after(last).save()


def measured(camera: Camera | None) -> dict[str, Any] | None:
    """What is known of the camera's picture now by measurement; None when nothing was measured yet."""
    if camera is None or not camera.picture:
        return None
    main: dict[str, Any] = next((said for said in camera.streams if said["stream"] == StreamName.MAIN), {})
    picture = camera.picture
    return {
        "at": picture["at"],
        "verdict": picture.get("verdict", ""),
        "faults": [one["fault"] for one in picture.get("found", ())],
        "measures": dict(picture.get("measures", {})),
        "codec": main.get("codec", ""),
        "width": main.get("width", 0),
        "height": main.get("height", 0),
        "frames_per_s": main.get("frames_per_s", 0.0),
        "bits_per_s": main.get("bits_per_s", 0.0),
    }


# --- time ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def look_at_deadlines(today: date | None = None) -> int:
    """Tell, once, of what has become overdue; how many. Call it every minute or so."""
    due = Remark.objects.filter(reading.overdue(today or timezone.localdate()), overdue_at=None)
    ids = list(due.order_by("deadline", "pk").values_list("pk", flat=True)[:500])
    rows = list(Remark.objects.select_for_update().filter(pk__in=ids, overdue_at=None))
    now = timezone.now()
    Remark.objects.filter(pk__in=[row.pk for row in rows]).update(overdue_at=now)
    for row in rows:
        events.changed(row)
        events.tell_overdue(row)
    return len(rows)
