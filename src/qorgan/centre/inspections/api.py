"""Routes of `inspections`."""

import hashlib
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.frames.api import IMAGE, picture
from qorgan.centre.inspections import service
from qorgan.centre.inspections.schemas import Inspection, InspectionPack, InspectionPage, InspectionWish
from qorgan.centre.pictures import drawing
from qorgan.centre.wire import Limit, Problem
from qorgan.domain.access import Right
from qorgan.domain.inspections import DIGEST
from qorgan.kernel.errors import Invalid, NotFound

router = Router(tags=["inspections"])
MAX_PHOTO_BYTES = 8_000_000
Words = Annotated[str, Query(max_length=200)]
READ = {403: Problem, 404: Problem}
FILE = {"schema": {"type": "string", "format": "binary"}}
PHOTO = {"content": {f"image/{kind}": FILE for kind in ("jpeg", "png", "webp")}}


@router.get(
    "/schools/{school_id}/inspection-pack", response={200: InspectionPack, **READ}, operation_id="get_inspection_pack"
)
@needs(Right.REMARKS_WRITE)
def get_inspection_pack(request: HttpRequest, school_id: UUID) -> InspectionPack:
    """Everything a telephone needs for a visit without a network. A line in the inspector's audit."""
    return service.pack(actor_of(request), school_id)


@router.get("/inspections", response={200: InspectionPage, 403: Problem, 422: Problem}, operation_id="list_inspections")
@needs(Right.REMARKS_READ)
def list_inspections(
    request: HttpRequest,
    school: UUID | None = None,
    q: Words = "",
    mine: bool = False,
    cursor: str | None = None,
    limit: Limit = 50,
) -> InspectionPage:
    """Newest first, without their items; unfinished ones are their author's alone. `q`: words of the school's name."""
    return service.listed(actor_of(request), school=school, words=q, mine=mine, cursor=cursor, limit=limit)


@router.get("/inspections/{inspection_id}", response={200: Inspection, **READ}, operation_id="get_inspection")
@needs(Right.REMARKS_READ)
def get_inspection(request: HttpRequest, inspection_id: UUID) -> Inspection:
    return service.get(actor_of(request), inspection_id)


@router.put(
    "/inspections/{inspection_id}",
    response={200: Inspection, 403: Problem, 404: Problem, 409: Problem, 422: Problem},
    operation_id="put_inspection",
)
@needs(Right.REMARKS_WRITE)
def put_inspection(request: HttpRequest, inspection_id: UUID, body: InspectionWish) -> Inspection:
    """The whole of it; the same again is the same inspection. `missing` in the answer: photos still to be sent.

    409 `inspection.finished`: it is signed already, and says something else.
    """
    return service.put(actor_of(request), inspection_id, body)


@router.put(
    "/inspections/{inspection_id}/photos/{digest}",
    response={204: None, 403: Problem, 404: Problem, 422: Problem, 503: Problem},
    operation_id="put_inspection_photo",
    openapi_extra={"requestBody": {"required": True, **PHOTO}},
)
@needs(Right.REMARKS_WRITE)
def put_inspection_photo(request: HttpRequest, inspection_id: UUID, digest: str) -> Status[None]:
    """The file itself, JPEG, PNG or WebP, at most 8 MB: `digest` is its SHA-256. It is drawn anew; no more is kept.

    422 `inspection.photo_digest`, `inspection.photo_…`; 413 above 8 MB. Sent again, nothing happens.
    """
    actor = actor_of(request)
    if DIGEST.fullmatch(digest) is None:
        raise NotFound("no inspection of yours names this photo", code="inspection.photo")
    if service.photo_is_wanted(actor, inspection_id, digest):
        content = request.read(MAX_PHOTO_BYTES + 1)
        drawn = _drawn(content, digest)  # before any transaction: it takes a second
        service.keep_photo(actor, inspection_id, digest, drawn)
    return Status(204, None)


def _drawn(content: bytes, digest: str) -> drawing.Drawing:
    if len(content) > MAX_PHOTO_BYTES:
        raise Invalid("a photo has at most 8 MB", code="inspection.photo_too_big")
    if hashlib.sha256(content).hexdigest() != digest:
        raise Invalid("this is not the photo of that digest: send it again", code="inspection.photo_digest")
    try:
        return drawing.draw("photo", content)
    except drawing.NotDrawn as refusal:
        raise Invalid("this is no photo that can be shown", code=f"inspection.photo_{refusal.why}") from refusal


@router.get(
    "/inspections/{inspection_id}/photos/{digest}",
    response=READ,
    operation_id="get_inspection_photo",
    openapi_extra=IMAGE,
)
@needs(Right.ARCHIVE_VIEW)
def get_inspection_photo(request: HttpRequest, inspection_id: UUID, digest: str) -> HttpResponse:
    """The photo; a line in the audit of whoever looks."""
    row = service.look(actor_of(request), inspection_id, digest)
    return picture(bytes(row.content), row.mime)
