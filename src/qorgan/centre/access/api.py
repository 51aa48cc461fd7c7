"""Routes of `access`: the session, and a school's watch ledger."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from django.middleware.csrf import get_token
from ninja import Query, Router

from qorgan.centre.access import service
from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.access.schemas import Session, WatchPage
from qorgan.centre.wire import MAX_PAGE, Problem
from qorgan.domain.access import Right

router = Router(tags=["access"])


@router.get("/session", response={200: Session, 401: Problem}, operation_id="get_session")
def get_session(request: HttpRequest) -> Session:
    """Who is signed in, their role, scope and rights, and the token for `X-CSRFToken`. Any signed-in person."""
    return service.session(actor_of(request), csrf=get_token(request))


@router.get(
    "/schools/{school_id}/watches",
    response={200: WatchPage, 403: Problem, 404: Problem},
    operation_id="list_watches",
)
@needs(Right.WATCHES_READ)
def list_watches(
    request: HttpRequest,
    school_id: UUID,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> WatchPage:
    """Who watched this school's cameras, newest first."""
    return service.watches(actor_of(request), school_id, cursor=cursor, limit=limit)
