"""Routes of `schools`."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.schools import service
from qorgan.centre.schools.schemas import NodeState, School, SchoolPage
from qorgan.centre.wire import MAX_PAGE, Problem
from qorgan.domain.access import Right

router = Router(tags=["schools"])


@router.get("/schools", response=SchoolPage, operation_id="list_schools")
@needs(Right.SCHOOLS_READ)
def list_schools(
    request: HttpRequest,
    q: Annotated[str, Query(max_length=200)] = "",
    district: str | None = None,
    state: NodeState | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 200,
) -> SchoolPage:
    """Schools that the actor may see. `q` looks in names, addresses and site ids; `state` is the node's."""
    return service.find(actor_of(request), text=q, district=district, state=state, cursor=cursor, limit=limit)


@router.get("/schools/{school_id}", response={200: School, 404: Problem}, operation_id="get_school")
@needs(Right.SCHOOLS_READ)
def get_school(request: HttpRequest, school_id: UUID) -> School:
    return service.get(actor_of(request), school_id)
