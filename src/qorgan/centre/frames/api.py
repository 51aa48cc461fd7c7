"""Routes of `frames`. Keeping one asks the school: the gateway serves it, and it is declared here (`cameras.api`)."""

from typing import NoReturn
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from ninja import Router

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.frames import service
from qorgan.centre.frames.schemas import Frame, FrameWish
from qorgan.centre.wire import Problem
from qorgan.domain.access import Right
from qorgan.kernel.errors import Unavailable

router = Router(tags=["frames"])
CACHED_S = 24 * 3600
IMAGE = {
    "responses": {
        200: {
            "description": "the picture",
            "content": {"image/webp": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}


@router.post(
    "/cameras/{camera_id}/frames",
    response={201: Frame, 403: Problem, 404: Problem, 422: Problem, 503: Problem, 504: Problem},
    operation_id="keep_frame",
)
@needs(Right.ARCHIVE_VIEW)
def keep_frame(request: HttpRequest, camera_id: UUID, wish: FrameWish) -> NoReturn:
    """A picture of the camera, kept at the centre: as it is now, or as recorded `at`. A line in the watch ledger.

    404 `not_recorded` when there is none of that instant, 504 `node_silent`, 503 `frame.too_many`.
    """
    raise Unavailable("no gateway runs here to ask the school", code="gateway.not_running")


@router.get("/frames/{frame_id}", response={200: Frame, 403: Problem, 404: Problem}, operation_id="get_frame")
@needs(Right.ARCHIVE_VIEW)
def get_frame(request: HttpRequest, frame_id: UUID) -> Frame:
    """What is known of it; shows no picture."""
    return service.get(actor_of(request), frame_id)


@router.get(
    "/frames/{frame_id}/image",
    response={403: Problem, 404: Problem},
    operation_id="get_frame_image",
    openapi_extra=IMAGE,
)
@needs(Right.ARCHIVE_VIEW)
def get_frame_image(request: HttpRequest, frame_id: UUID) -> HttpResponse:
    """The picture; a line in the school's watch ledger. A browser keeps it for a day, for this session."""
    row = service.look(actor_of(request), frame_id)
    return picture(bytes(row.content), row.mime)


def picture(content: bytes, mime: str) -> HttpResponse:
    """One that we drew ourselves and that never changes, for this session alone."""
    response = HttpResponse(content, content_type=mime)
    response.headers["Cache-Control"] = f"private, max-age={CACHED_S}, immutable"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    patch_vary_headers(response, ("Cookie",))
    return response
