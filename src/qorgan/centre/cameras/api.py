"""Routes of `cameras`.

`timeline` and `range` are served by the gateway, which stands before Django at the same paths and asks the school;
they are declared here so that the API has one description, and answer 503 when no gateway runs.
"""

from datetime import datetime
from typing import Annotated, NoReturn
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import AwareDatetime

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.cameras import service
from qorgan.centre.cameras.schemas import Camera, CameraList, RangeStream, Timeline
from qorgan.centre.wire import Problem
from qorgan.domain.access import Right
from qorgan.kernel.errors import Unavailable

router = Router(tags=["cameras"])
FMP4 = {
    "responses": {
        200: {
            "description": "Fragmented MP4. Sample times count from `start`.",
            "content": {"video/mp4": {"schema": {"type": "string", "format": "binary"}}},
            "headers": {"X-Qorgan-Mime": {"description": "The type for MediaSource", "schema": {"type": "string"}}},
        }
    }
}


@router.get(
    "/schools/{school_id}/cameras", response={200: CameraList, 404: Problem}, operation_id="list_school_cameras"
)
@needs(Right.CAMERAS_READ)
def list_school_cameras(request: HttpRequest, school_id: UUID) -> CameraList:
    """All cameras that stand at the school now."""
    return service.of_school(actor_of(request), school_id)


@router.get("/cameras/{camera_id}", response={200: Camera, 404: Problem}, operation_id="get_camera")
@needs(Right.CAMERAS_READ)
def get_camera(request: HttpRequest, camera_id: UUID) -> Camera:
    return service.get(actor_of(request), camera_id)


@router.get(
    "/cameras/{camera_id}/timeline",
    response={200: Timeline, 403: Problem, 404: Problem, 503: Problem, 504: Problem},
    operation_id="get_camera_timeline",
)
@needs(Right.ARCHIVE_VIEW)
def get_camera_timeline(
    request: HttpRequest,
    camera_id: UUID,
    start: Annotated[AwareDatetime, Query()],
    end: Annotated[AwareDatetime, Query()],
) -> NoReturn:
    """What was recorded and what was not. 504 `node_silent` when the school does not answer."""
    _no_gateway(start, end)


@router.get(
    "/cameras/{camera_id}/range",
    response={403: Problem, 404: Problem, 503: Problem, 504: Problem},
    operation_id="get_camera_range",
    openapi_extra=FMP4,
)
@needs(Right.ARCHIVE_VIEW)
def get_camera_range(
    request: HttpRequest,
    camera_id: UUID,
    start: Annotated[AwareDatetime, Query()],
    end: Annotated[AwareDatetime, Query()],
    stream: RangeStream = "main",
    purpose: Annotated[str, Query(max_length=100)] = "duty",
) -> NoReturn:
    """A recorded range as the school kept it, at most 120 s a call; a line in the watch ledger each."""
    _no_gateway(start, end)


def _no_gateway(start: datetime, end: datetime) -> NoReturn:
    raise Unavailable(
        f"no gateway runs here to fetch {start.isoformat()} - {end.isoformat()}", code="gateway.not_running"
    )
