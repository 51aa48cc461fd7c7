"""Use cases of joint reviews: open one of a plan's newest revision, sign it for a body, close or cancel it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.access.models import User
from qorgan.centre.events import announce
from qorgan.centre.plans.models import Plan, PlanRevision
from qorgan.centre.remarks import schemas as wire
from qorgan.centre.remarks.models import Remark, Review, ReviewLine
from qorgan.centre.remarks.service import require_body
from qorgan.centre.wire import Name, Person, page_of
from qorgan.domain import remarks as remark_rules
from qorgan.domain import reviews as rules
from qorgan.domain.access import Actor, Body, Right, Role
from qorgan.domain.plans import PlanKind
from qorgan.domain.reviews import ReviewAnswer, ReviewState
from qorgan.kernel.errors import Conflict, Forbidden, NotFound

Deed = ReviewLine.Deed
MAX_OF_PLAN = 100  # told of one plan; all are kept


# --- reading -------------------------------------------------------------------------------------------------------


def listed(actor: Actor, *, school: UUID | None, mine: bool, cursor: str | None, limit: int) -> wire.JointReviewList:
    rows = Review.objects.visible_to(actor).select_related("plan__school", "opened_by")
    if school is not None:
        rows = rows.filter(plan__school=school)
    if mine:
        rows = rows.filter(pk__in=_waiting_for(actor))
    found, following = page_of(rows, newest_by="opened_at", cursor=cursor, limit=limit)
    return wire.JointReviewList(items=_on_the_wire(actor, found), next=following)


def _waiting_for(actor: Actor) -> list[UUID]:
    """Open reviews that the actor's body has to sign. Few are open at a time: one of a plan."""
    if actor.body is None:
        return []
    open_ = Review.objects.visible_to(actor).filter(state=ReviewState.OPEN)
    signed = ReviewLine.objects.filter(deed=Deed.SIGNED, body=actor.body).values("review")
    return [pk for pk, bodies in open_.exclude(pk__in=signed).values_list("pk", "bodies") if actor.body in bodies]


def of_plan(actor: Actor, plan_id: UUID) -> wire.JointReviewList:
    """Newest first. Raises `NotFound` for a plan that the actor may not see."""
    if not Plan.objects.visible_to(actor).filter(pk=plan_id).exists():
        raise NotFound("there is no such plan in your territory")
    rows = Review.objects.visible_to(actor).filter(plan=plan_id).select_related("plan__school", "opened_by")
    return wire.JointReviewList(
        items=_on_the_wire(actor, list(rows.order_by("-opened_at", "-pk")[:MAX_OF_PLAN])), next=None
    )


def get(actor: Actor, review_id: UUID) -> wire.JointReview:
    """Raises `NotFound`."""
    row = Review.objects.visible_to(actor).select_related("plan__school", "opened_by").filter(pk=review_id).first()
    if row is None:
        raise _no_such_review()
    (item,) = _on_the_wire(actor, [row])
    return item


def _on_the_wire(actor: Actor, rows: Sequence[Review]) -> list[wire.JointReview]:
    plans = {one.plan_id: one for one in PlanRevision.objects.newest().filter(plan__in=[row.plan_id for row in rows])}
    lines: dict[UUID, list[ReviewLine]] = {row.pk: [] for row in rows}
    for line in ReviewLine.objects.filter(review__in=rows).order_by("review", "number"):
        lines[line.review_id].append(line)
    return [_item(actor, row, lines[row.pk], plans) for row in rows]


def _item(
    actor: Actor, row: Review, lines: Sequence[ReviewLine], plans: Mapping[UUID, PlanRevision]
) -> wire.JointReview:
    plan, bodies = plans[row.plan_id], [Body(body) for body in row.bodies]
    signatures = [_signature(line) for line in lines if line.deed == Deed.SIGNED]
    waiting = [body for body in bodies if body not in {one.body for one in signatures}]
    ended = next((line for line in lines if line.deed in (Deed.CLOSED, Deed.CANCELLED)), None)
    is_open = row.state == ReviewState.OPEN
    return wire.JointReview(
        id=row.pk,
        school=row.plan.school_id,
        school_name=Name.of(row.plan.school.name),
        plan=wire.ReviewPlan(id=row.plan_id, name=plan.name, kind=PlanKind(plan.kind), floor=plan.floor),
        revision=row.plan_revision,
        plan_revision_now=plan.number,
        bodies=bodies,
        waiting=waiting if is_open else [],
        deadline=row.deadline,
        overdue=is_open and timezone.localdate() > row.deadline,
        text=row.text,
        state=ReviewState(row.state),
        outcome=rules.outcome({one.body: one.answer for one in signatures}),
        opened_by=Person(id=row.opened_by_id, name=row.opened_by.name),
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        ended_by=Person(id=ended.by_id, name=ended.by_name) if ended else None,
        reason=ended.text if ended else "",
        signatures=signatures,
        rights=_rights(actor, row, waiting) if is_open else [],
    )


def _signature(line: ReviewLine) -> wire.ReviewSignature:
    return wire.ReviewSignature(
        body=Body(line.body),
        by=Person(id=line.by_id, name=line.by_name),
        at=line.at,
        answer=ReviewAnswer(line.answer),
        text=line.text,
        remarks=line.data.get("remarks", 0),
    )


def _rights(actor: Actor, row: Review, waiting: Sequence[Body]) -> list[str]:
    found = ["sign"] if actor.may(Right.REMARKS_WRITE) and actor.body in waiting else []
    if _ends(actor, row):
        found += ["cancel"] if waiting else ["close", "cancel"]
    return found


def _ends(actor: Actor, row: Review) -> bool:
    """Whoever opened it, or looks after the registry: people leave, reviews stay."""
    return actor.may(Right.REVIEWS_OPEN) and (row.opened_by_id == actor.user or actor.role is Role.ADMINISTRATOR)


# --- deeds ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def begin(actor: Actor, plan_id: UUID, wish: wire.NewReview) -> wire.JointReview:
    """Ask bodies to review the newest revision. Raises `NotFound`, `Invalid`, `Conflict` (also `review.open`)."""
    actor.require(Right.REVIEWS_OPEN)
    newest = PlanRevision.objects.visible_to(actor).standing().filter(plan=plan_id).first()
    if newest is None:
        raise NotFound("there is no such plan in your territory")
    if newest.number != wish.revision:
        raise Conflict(f"the plan has changed meanwhile: it is at revision {newest.number}")
    bodies = rules.checked_opening(wish.bodies, wish.deadline, timezone.localdate())
    Plan.objects.select_for_update().get(pk=plan_id)  # two who open at once: the second finds the first's
    if Review.objects.filter(plan=plan_id, state=ReviewState.OPEN).exists():
        raise Conflict("a review of this plan is open already", code="review.open")
    now = timezone.now()
    row = Review.objects.create(
        plan_id=plan_id,
        plan_revision=newest.number,
        bodies=[body.value for body in bodies],
        deadline=wish.deadline,
        text=clean.text(wish.text, rules.MAX_TEXT),
        opened_by_id=actor.user,
        opened_at=now,
    )
    said = {
        "plan": str(plan_id),
        "revision": row.plan_revision,
        "digest": newest.digest,
        "bodies": row.bodies,
        "deadline": row.deadline.isoformat(),
    }
    _write(actor, row, Deed.OPENED, text=row.text, data=said)
    return get(actor, row.pk)


@transaction.atomic
def sign(actor: Actor, review_id: UUID, wish: wire.NewSignature) -> wire.JointReview:
    """For the actor's body, once. Raises `NotFound`, and as `domain.reviews.require_signature`."""
    actor.require(Right.REMARKS_WRITE)
    body, row = require_body(actor), _locked(actor, review_id)
    issued = _issued(row, body)
    rules.require_signature(
        ReviewState(row.state),
        {Body(one) for one in row.bodies},
        _signed(row),
        body=body,
        answer=wish.answer,
        issued=len(issued),
    )
    data = {"remarks": len(issued), "ids": [str(pk) for pk in issued]}
    text = clean.text(wish.text, rules.MAX_TEXT)
    _write(actor, row, Deed.SIGNED, body=body.value, answer=wish.answer.value, text=text, data=data)
    return get(actor, row.pk)


@transaction.atomic
def close(actor: Actor, review_id: UUID, wish: wire.ReviewEnd) -> wire.JointReview:
    """Raises `NotFound`, `Forbidden` (`review.not_yours`), `Conflict` (`review.unsigned`, `review.ended`)."""
    row = _to_end(actor, review_id)
    rules.require_closure(ReviewState(row.state), {Body(one) for one in row.bodies}, _signed(row))
    return _end(actor, row, ReviewState.CLOSED, Deed.CLOSED, wish.text)


@transaction.atomic
def cancel(actor: Actor, review_id: UUID, wish: wire.ReviewEnd) -> wire.JointReview:
    """Raises `NotFound`, `Forbidden` (`review.not_yours`), `Conflict` (`review.ended`), `Invalid` (`review.text`)."""
    row = _to_end(actor, review_id)
    rules.require_cancellation(ReviewState(row.state), wish.text)
    return _end(actor, row, ReviewState.CANCELLED, Deed.CANCELLED, wish.text)


def _to_end(actor: Actor, review_id: UUID) -> Review:
    actor.require(Right.REVIEWS_OPEN)
    row = _locked(actor, review_id)
    if not _ends(actor, row):
        raise Forbidden("whoever opened the review ends it", code="review.not_yours")
    return row


def _end(actor: Actor, row: Review, state: ReviewState, deed: Deed, text: str) -> wire.JointReview:
    row.state, row.ended_at = state.value, timezone.now()
    row.save(update_fields=("state", "ended_at"))
    _write(actor, row, deed, text=clean.text(text, rules.MAX_TEXT))
    return get(actor, row.pk)


def _locked(actor: Actor, review_id: UUID) -> Review:
    visible = Review.objects.visible_to(actor).filter(pk=review_id)
    row = Review.objects.select_for_update().filter(pk__in=visible.values("pk")).first()
    if row is None:
        raise _no_such_review()
    return row


def _issued(row: Review, body: Body) -> list[UUID]:
    """The body's remarks that stand on the plan."""
    remarks = Remark.objects.filter(plan=row.plan_id, body=body)
    standing = remarks.exclude(state__in=[remark_rules.RemarkState.DRAFT, *remark_rules.ENDED])
    return list(standing.order_by("number").values_list("pk", flat=True))


def _signed(row: Review) -> set[Body]:
    return {Body(one) for one in row.lines.filter(deed=Deed.SIGNED).values_list("body", flat=True)}


def _write(
    actor: Actor,
    row: Review,
    deed: Deed,
    *,
    body: str = "",
    answer: str = "",
    text: str = "",
    data: dict[str, object] | None = None,
) -> None:
    """One more line of the locked review's ledger."""
    last = ReviewLine.objects.filter(review=row).order_by("-number").first()
    ReviewLine(
        review=row,
        by=User.objects.get(pk=actor.user),
        by_name=actor.name,
        at=timezone.now(),
        deed=deed.value,
        body=body,
        answer=answer,
        text=text,
        data=data or {},
    ).after(last).save()
    announce("review", row.pk, schools=(row.plan.school_id,))


def _no_such_review() -> NotFound:
    return NotFound("there is no such review in your territory")
