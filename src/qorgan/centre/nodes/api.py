"""Routes of `nodes`."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.nodes import service
from qorgan.centre.nodes.schemas import Storage
from qorgan.centre.wire import Problem
from qorgan.domain.access import Right

router = Router(tags=["nodes"])


@router.get("/schools/{school_id}/storage", response={200: Storage, 404: Problem}, operation_id="get_school_storage")
@needs(Right.SCHOOLS_READ)
def get_school_storage(request: HttpRequest, school_id: UUID) -> Storage:
    """The disks of the school's archive: how full, how many days they keep, and when the minimum would break."""
    return service.storage(actor_of(request), school_id)
