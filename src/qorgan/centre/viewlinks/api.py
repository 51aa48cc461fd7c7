"""Routes of links for players that cannot sign in."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.viewlinks import service
from qorgan.centre.viewlinks.schemas import NewViewLink, ViewLink, ViewLinkList
from qorgan.centre.wire import Problem
from qorgan.domain.access import Right

router = Router(tags=["archive"])


@router.post(
    "/cameras/{camera_id}/links",
    response={200: ViewLink, 403: Problem, 404: Problem, 409: Problem, 422: Problem},
    operation_id="make_view_link",
)
@needs(Right.ARCHIVE_EXPORT)
def make_view_link(request: HttpRequest, camera_id: UUID, wish: NewViewLink) -> ViewLink:
    """A link by which VLC or a phone plays this stretch without signing in; both ledger lines bear the maker's name.

    `address` is in this answer alone. At most an hour of recording, at most a day of life, 20 at once for a person.
    """
    made = service.make(actor_of(request), camera_id, wish)
    made.address = request.build_absolute_uri(f"/api/hls/{made.address}/index.m3u8")
    return made


@router.get("/cameras/{camera_id}/links", response={200: ViewLinkList, 403: Problem}, operation_id="list_view_links")
@needs(Right.CAMERAS_READ)
def list_view_links(request: HttpRequest, camera_id: UUID) -> ViewLinkList:
    """Links to this camera that still open: one's own; for who reads the school's watch ledger, all."""
    return service.links(actor_of(request), camera_id)


@router.delete(
    "/links/{link_id}", response={200: ViewLink, 403: Problem, 404: Problem}, operation_id="revoke_view_link"
)
@needs(Right.CAMERAS_READ)
def revoke_view_link(request: HttpRequest, link_id: UUID) -> ViewLink:
    """Take a link back: its maker, or who reads the school's watch ledger. Players stop at their next piece."""
    return service.revoke(actor_of(request), link_id)
