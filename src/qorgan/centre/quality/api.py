"""Routes of `quality`."""

from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.frames.api import IMAGE, picture
from qorgan.centre.quality import approvals, reading
from qorgan.centre.quality.schemas import (
    ApprovedView,
    ApprovedViewList,
    CameraQualityPage,
    DistrictQualityList,
    NewView,
    QualityHistory,
    Withdrawal,
)
from qorgan.centre.wire import Problem
from qorgan.domain.access import Right

router = Router(tags=["quality"])
MAX_OFFSET = 100_000
CHANGED = {200: ApprovedView, 403: Problem, 404: Problem, 409: Problem, 422: Problem}


@router.get("/quality/cameras", response={200: CameraQualityPage, 403: Problem}, operation_id="list_quality")
@needs(Right.CAMERAS_READ)
def list_quality(
    request: HttpRequest,
    fault: Annotated[str | None, Query(max_length=40)] = None,
    verdict: Literal["ok", "suspect", "bad", "unknown"] | None = None,
    district: Annotated[str | None, Query(max_length=12)] = None,
    school: UUID | None = None,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 60,
) -> CameraQualityPage:
    """Cameras whose pictures were judged, worst first."""
    return reading.wall(
        actor_of(request), fault=fault, verdict=verdict, district=district, school=school, offset=offset, limit=limit
    )


@router.get("/quality/districts", response={200: DistrictQualityList, 403: Problem}, operation_id="list_districts")
@needs(Right.CAMERAS_READ)
def list_districts(request: HttpRequest) -> DistrictQualityList:
    """How the districts of one's territory stand."""
    return reading.districts(actor_of(request))


@router.get(
    "/cameras/{camera_id}/quality",
    response={200: QualityHistory, 403: Problem, 404: Problem},
    operation_id="get_quality",
)
@needs(Right.CAMERAS_READ)
def get_quality(request: HttpRequest, camera_id: UUID, days: Annotated[int, Query(ge=1, le=90)] = 14) -> QualityHistory:
    """How the picture is, what was wrong with it, and its measures by the hour."""
    return reading.history(actor_of(request), camera_id, days=days)


@router.get(
    "/quality/stills/{still_id}/image",
    response={403: Problem, 404: Problem},
    operation_id="get_still_image",
    openapi_extra=IMAGE,
)
@needs(Right.ARCHIVE_VIEW)
def get_still_image(request: HttpRequest, still_id: UUID) -> HttpResponse:
    """The picture; a line in the school's watch ledger. A browser keeps it for a day, for this session."""
    row = reading.look(actor_of(request), still_id)
    return picture(bytes(row.content), row.mime)


@router.get(
    "/cameras/{camera_id}/views",
    response={200: ApprovedViewList, 403: Problem, 404: Problem},
    operation_id="list_views",
)
@needs(Right.CAMERAS_READ)
def list_views(request: HttpRequest, camera_id: UUID) -> ApprovedViewList:
    """What the camera should see: those that stand, and those that stood."""
    return approvals.of_camera(actor_of(request), camera_id)


@router.post(
    "/cameras/{camera_id}/views",
    response={201: ApprovedView, 403: Problem, 404: Problem, 409: Problem, 422: Problem},
    operation_id="propose_view",
)
@needs(Right.ARCHIVE_VIEW)
def propose_view(request: HttpRequest, camera_id: UUID, wish: NewView) -> Status[ApprovedView]:
    """Propose a frame of this camera. 403 `view.no_side`, 404 `frame.unknown`."""
    return Status(201, approvals.propose(actor_of(request), camera_id, wish))


@router.post("/views/{view_id}/signature", response=CHANGED, operation_id="sign_view")
@needs(Right.ARCHIVE_VIEW)
def sign_view(request: HttpRequest, view_id: UUID) -> ApprovedView:
    """The school first, then the police: then it is approved. 409 `view.state` where it is not one's turn."""
    return approvals.sign(actor_of(request), view_id)


@router.post("/views/{view_id}/withdrawal", response=CHANGED, operation_id="withdraw_view")
@needs(Right.ARCHIVE_VIEW)
def withdraw_view(request: HttpRequest, view_id: UUID, body: Withdrawal) -> ApprovedView:
    """Take it back; the node compares with what it learned again."""
    return approvals.withdraw(actor_of(request), view_id, body.reason)
