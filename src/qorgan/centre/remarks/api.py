"""Routes of `remarks`: remarks and joint reviews."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.idempotency import Key, asked_once
from qorgan.centre.remarks import reading, reviewing, service
from qorgan.centre.remarks.schemas import (
    JointReview,
    JointReviewList,
    NewRemark,
    NewReview,
    NewSignature,
    Remark,
    RemarkChange,
    RemarkList,
    RemarkOrder,
    ReviewEnd,
)
from qorgan.centre.wire import Limit, Problem
from qorgan.domain.access import Body, Right
from qorgan.domain.remarks import RemarkState

router = Router(tags=["remarks"])
READ = {403: Problem, 404: Problem}
CHANGED = {403: Problem, 404: Problem, 409: Problem, 422: Problem}
Words = Annotated[str, Query(max_length=200)]


@router.get("/remarks", response={200: RemarkList, 403: Problem, 422: Problem}, operation_id="list_remarks")
@needs(Right.REMARKS_READ)
def list_remarks(
    request: HttpRequest,
    school: UUID | None = None,
    camera: UUID | None = None,
    plan: UUID | None = None,
    state: RemarkState | None = None,
    body: Body | None = None,
    district: Annotated[str | None, Query(max_length=20)] = None,
    mine: bool = False,
    to_fix: bool = False,
    overdue: bool = False,
    q: Words = "",
    cursor: str | None = None,
    limit: Limit = 50,
) -> RemarkList:
    """What was changed last comes first. `mine`: written by whoever asks. `to_fix`: the school has to act."""
    wish = reading.Wish(
        school=school,
        camera=camera,
        plan=plan,
        state=state,
        body=body,
        district=district,
        mine=mine,
        to_fix=to_fix,
        overdue=overdue,
        words=q,
    )
    return reading.listed(actor_of(request), wish, cursor=cursor, limit=limit)


@router.post("/remarks", response={201: Remark, **CHANGED}, operation_id="create_remark")
@needs(Right.REMARKS_WRITE)
def create_remark(request: HttpRequest, body: NewRemark, key: Key = None) -> Status[Remark]:
    """A draft, or with `issue` a remark at once. 403 `remark.no_body` for an inspector of no admitted body."""
    actor = actor_of(request)
    made = asked_once(request, key, body, lambda: service.create(actor, body), Remark)
    return Status(201, made)


@router.get("/remarks/{remark_id}", response={200: Remark, **READ}, operation_id="get_remark")
@needs(Right.REMARKS_READ)
def get_remark(request: HttpRequest, remark_id: UUID) -> Remark:
    """With its thread."""
    return reading.get(actor_of(request), remark_id)


@router.patch("/remarks/{remark_id}", response={200: Remark, **CHANGED}, operation_id="change_remark")
@needs(Right.REMARKS_WRITE)
def change_remark(request: HttpRequest, remark_id: UUID, body: RemarkChange) -> Remark:
    """Of one's own draft. 409 `remark.state` when it is issued already."""
    return service.change(actor_of(request), remark_id, body)


@router.delete(
    "/remarks/{remark_id}",
    response={204: None, 403: Problem, 404: Problem, 409: Problem},
    operation_id="delete_remark",
)
@needs(Right.REMARKS_WRITE)
def delete_remark(request: HttpRequest, remark_id: UUID) -> Status[None]:
    """One's own draft. 409 `remark.state` for anything else: nothing that was issued is ever deleted."""
    service.delete(actor_of(request), remark_id)
    return Status(204, None)


@router.post("/remarks/{remark_id}/deeds", response={200: Remark, **CHANGED}, operation_id="do_remark")
@needs(Right.REMARKS_READ)
def do_remark(request: HttpRequest, remark_id: UUID, body: RemarkOrder, key: Key = None) -> Remark:
    """One deed: 403 `remark.not_yours`, `remark.second_person`; 409 `remark.state`, `remark.undo`, `conflict`; 422
    `remark.text`, `remark.evidence`, `remark.deadline`."""
    actor = actor_of(request)
    return asked_once(request, key, body, lambda: service.do(actor, remark_id, body), Remark)


# --- joint review --------------------------------------------------------------------------------------------------


@router.get("/reviews", response={200: JointReviewList, 403: Problem, 422: Problem}, operation_id="list_reviews")
@needs(Right.REMARKS_READ)
def list_reviews(
    request: HttpRequest,
    school: UUID | None = None,
    mine: bool = False,
    cursor: str | None = None,
    limit: Limit = 50,
) -> JointReviewList:
    """Newest first. `mine`: open ones that wait for the signature of one's own body."""
    return reviewing.listed(actor_of(request), school=school, mine=mine, cursor=cursor, limit=limit)


@router.get("/plans/{plan_id}/reviews", response={200: JointReviewList, **READ}, operation_id="list_plan_reviews")
@needs(Right.REMARKS_READ)
def list_plan_reviews(request: HttpRequest, plan_id: UUID) -> JointReviewList:
    """Newest first."""
    return reviewing.of_plan(actor_of(request), plan_id)


@router.post("/plans/{plan_id}/reviews", response={201: JointReview, **CHANGED}, operation_id="open_review")
@needs(Right.REVIEWS_OPEN)
def open_review(request: HttpRequest, plan_id: UUID, body: NewReview, key: Key = None) -> Status[JointReview]:
    """Of the plan's newest revision (409 `conflict` for another); 409 `review.open` while one is open."""
    actor = actor_of(request)
    return Status(201, asked_once(request, key, body, lambda: reviewing.begin(actor, plan_id, body), JointReview))


@router.get("/reviews/{review_id}", response={200: JointReview, **READ}, operation_id="get_review")
@needs(Right.REMARKS_READ)
def get_review(request: HttpRequest, review_id: UUID) -> JointReview:
    return reviewing.get(actor_of(request), review_id)


@router.post("/reviews/{review_id}/signatures", response={201: JointReview, **CHANGED}, operation_id="sign_review")
@needs(Right.REMARKS_WRITE)
def sign_review(request: HttpRequest, review_id: UUID, body: NewSignature, key: Key = None) -> Status[JointReview]:
    """For one's body, once. 409 `review.signed`, `review.ended`; 422 `review.remarks`: the signature contradicts the
    remarks that stand on the plan."""
    actor = actor_of(request)
    return Status(201, asked_once(request, key, body, lambda: reviewing.sign(actor, review_id, body), JointReview))


@router.post("/reviews/{review_id}/close", response={200: JointReview, **CHANGED}, operation_id="close_review")
@needs(Right.REVIEWS_OPEN)
def close_review(request: HttpRequest, review_id: UUID, body: ReviewEnd) -> JointReview:
    """When every body has signed: 409 `review.unsigned`."""
    return reviewing.close(actor_of(request), review_id, body)


@router.post("/reviews/{review_id}/cancel", response={200: JointReview, **CHANGED}, operation_id="cancel_review")
@needs(Right.REVIEWS_OPEN)
def cancel_review(request: HttpRequest, review_id: UUID, body: ReviewEnd) -> JointReview:
    """With a reason: 422 `review.text`."""
    return reviewing.cancel(actor_of(request), review_id, body)
