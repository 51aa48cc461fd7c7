"""Routes of `plans`."""

import hashlib
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.idempotency import Key, once
from qorgan.centre.plans import drawing, places, service
from qorgan.centre.plans.schemas import (
    AlarmPlace,
    Calibrated,
    Calibration,
    NewDrawing,
    NewPlan,
    Plan,
    PlanChange,
    PlanCoverage,
    PlanList,
    PlanRestore,
    PlanRevisionList,
    ZoneNorms,
)
from qorgan.centre.wire import Problem
from qorgan.domain.access import Right

router = Router(tags=["plans"])
CHANGED = {200: Plan, 403: Problem, 404: Problem, 409: Problem, 422: Problem}
CACHED_S = 24 * 3600
IMAGE = {
    "responses": {
        200: {
            "description": "the drawing",
            "content": {
                f"image/{kind}": {"schema": {"type": "string", "format": "binary"}} for kind in ("png", "webp")
            },
        }
    }
}


@router.get(
    "/schools/{school_id}/plans", response={200: PlanList, 403: Problem, 404: Problem}, operation_id="list_plans"
)
@needs(Right.PLANS_READ)
def list_plans(request: HttpRequest, school_id: UUID, removed: bool = False) -> PlanList:
    """The site first, then the floors. `removed`: those that were removed instead, for who may bring them back."""
    return service.of_school(actor_of(request), school_id, removed=removed)


@router.post(
    "/schools/{school_id}/plans",
    response={201: Plan, 403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
    operation_id="create_plan",
)
@needs(Right.PLANS_EDIT)
def create_plan(
    request: HttpRequest, school_id: UUID, file: File[UploadedFile], wish: Form[NewPlan], key: Key = None
) -> Status[Plan]:
    """A new plan from a PNG, JPEG, WebP or a page of a PDF, drawn anew: 422 `plan.file_…` or `plan.image_…` says why
    not. At most 30 MB."""
    actor = actor_of(request)
    service.require_editor(actor, school_id)
    drawing.check_size(file.size or 0)
    content = file.read()
    drawn = drawing.draw(content, wish.page)  # before any transaction: it takes seconds
    said = request.path, wish.model_dump_json() + hashlib.sha256(content).hexdigest()
    plan = once(actor.user, key, said=said, act=lambda: service.create(actor, school_id, wish, drawn), kind=Plan)
    return Status(201, plan)


@router.get(
    "/plans/{plan_id}/image", response={403: Problem, 404: Problem}, operation_id="get_plan_image", openapi_extra=IMAGE
)
@needs(Right.PLANS_READ)
def get_plan_image(
    request: HttpRequest, plan_id: UUID, v: Annotated[str | None, Query(max_length=64)] = None
) -> HttpResponse:
    """The drawing; a line in the reader's audit. With its version a browser keeps it for a day, for this session."""
    image = service.look(actor_of(request), plan_id, v)
    return _picture(bytes(image.content), image.mime, kept=v is not None)


def _picture(content: bytes, mime: str, *, kept: bool) -> HttpResponse:
    response = HttpResponse(content, content_type=mime)
    response.headers["Cache-Control"] = f"private, max-age={CACHED_S}, immutable" if kept else "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    patch_vary_headers(response, ("Cookie",))
    return response


@router.put("/plans/{plan_id}", response=CHANGED, operation_id="change_plan")
@needs(Right.PLANS_EDIT)
def change_plan(request: HttpRequest, plan_id: UUID, body: PlanChange) -> Plan:
    """The whole plan anew, as a new revision. 409 `conflict` when somebody else was faster."""
    return service.change(actor_of(request), plan_id, body)


@router.get(
    "/plans/{plan_id}/revisions",
    response={200: PlanRevisionList, 403: Problem, 404: Problem},
    operation_id="list_plan_revisions",
)
@needs(Right.PLANS_READ)
def list_plan_revisions(request: HttpRequest, plan_id: UUID) -> PlanRevisionList:
    """Who changed it when, newest first."""
    return service.revisions(actor_of(request), plan_id)


@router.get(
    "/plans/{plan_id}/revisions/{number}",
    response={200: Plan, 403: Problem, 404: Problem},
    operation_id="get_plan_revision",
)
@needs(Right.PLANS_READ)
def get_plan_revision(request: HttpRequest, plan_id: UUID, number: int) -> Plan:
    """The plan as it was then. `Plan.revision` says which."""
    return service.revision(actor_of(request), plan_id, number)


@router.post(
    "/plans/{plan_id}/image",
    response={**CHANGED, 503: Problem},
    operation_id="redraw_plan",
)
@needs(Right.PLANS_EDIT)
def redraw_plan(request: HttpRequest, plan_id: UUID, file: File[UploadedFile], wish: Form[NewDrawing]) -> Plan:
    """A newer drawing under what stands on the plan, as a new revision. Refuses files as `create_plan` does."""
    actor = actor_of(request)
    service.require_editor_of(actor, plan_id)
    drawing.check_size(file.size or 0)
    return service.redraw(actor, plan_id, wish.revision, drawing.draw(file.read(), wish.page))


@router.get("/norms/zones", response={200: ZoneNorms, 403: Problem}, operation_id="get_zone_norms")
@needs(Right.PLANS_READ)
def get_zone_norms(request: HttpRequest) -> ZoneNorms:
    """Which zones must, may and must not have cameras, the classes they need, and the scales of pixel density."""
    return places.norms()


@router.get(
    "/plans/{plan_id}/coverage",
    response={200: PlanCoverage, 403: Problem, 404: Problem, 422: Problem},
    operation_id="get_plan_coverage",
)
@needs(Right.PLANS_READ)
def get_plan_coverage(
    request: HttpRequest,
    plan_id: UUID,
    scale: Annotated[str | None, Query(max_length=40)] = None,
    height_m: float = 0.0,
) -> PlanCoverage:
    """What the plan's cameras achieve in its zones, and what is missing (IEC 62676-4)."""
    return places.coverage(actor_of(request), plan_id, scale, height_m)


@router.get(
    "/plans/{plan_id}/density",
    response={403: Problem, 404: Problem, 422: Problem},
    operation_id="get_plan_density",
    openapi_extra=IMAGE,
)
@needs(Right.PLANS_READ)
def get_plan_density(
    request: HttpRequest,
    plan_id: UUID,
    scale: Annotated[str | None, Query(max_length=40)] = None,
    height_m: float = 0.0,
    v: Annotated[str | None, Query(max_length=64)] = None,
) -> HttpResponse:
    """Pixel density over the whole drawing as a PNG: the colour of each class (`ZoneNorms`), clear where none is."""
    content = places.density_picture(actor_of(request), plan_id, scale, height_m)
    return _picture(content, "image/png", kept=v is not None)


@router.post(
    "/plans/{plan_id}/calibration",
    response={200: Calibrated, 403: Problem, 404: Problem, 422: Problem},
    operation_id="calibrate_camera",
)
@needs(Right.PLANS_EDIT)
def calibrate_camera(request: HttpRequest, plan_id: UUID, body: Calibration) -> Calibrated:
    """A camera's angle from a known width in its picture. Nothing is kept: it is put into the plan by hand."""
    return places.calibrate(actor_of(request), plan_id, body)


@router.post("/plans/{plan_id}/restore", response=CHANGED, operation_id="restore_plan")
@needs(Right.PLANS_EDIT)
def restore_plan(request: HttpRequest, plan_id: UUID, body: PlanRestore) -> Plan:
    """An older revision's content as a new revision: undo."""
    return service.restore(actor_of(request), plan_id, body)


@router.delete("/plans/{plan_id}", response={204: None, 403: Problem, 404: Problem}, operation_id="remove_plan")
@needs(Right.PLANS_EDIT)
def remove_plan(request: HttpRequest, plan_id: UUID) -> Status[None]:
    """Take it away. Nothing is lost: `return` brings it back."""
    service.remove(actor_of(request), plan_id)
    return Status(204, None)


@router.post(
    "/plans/{plan_id}/return",
    response={200: Plan, 403: Problem, 404: Problem, 409: Problem},
    operation_id="return_plan",
)
@needs(Right.PLANS_EDIT)
def return_plan(request: HttpRequest, plan_id: UUID) -> Plan:
    """A removed plan stands again, as it was."""
    return service.put_back(actor_of(request), plan_id)


@router.get(
    "/alarms/{alarm_id}/place", response={200: AlarmPlace, 403: Problem, 404: Problem}, operation_id="get_alarm_place"
)
@needs(Right.PLANS_READ)
def get_alarm_place(request: HttpRequest, alarm_id: UUID) -> AlarmPlace:
    """The plan on which the pressed button stands, and its point; else the one with most of the cameras around it."""
    return service.place_of(actor_of(request), alarm_id)
