"""Routes of `rollcall`. No name of a child stands in an address, and faults of a table are told by row."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import File, Query, Router
from ninja.files import UploadedFile

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.rollcall import service
from qorgan.centre.rollcall.schemas import ClassListImport, RollClassList
from qorgan.centre.wire import Problem
from qorgan.domain.access import Right

router = Router(tags=["rollcall"])
READ = {403: Problem, 404: Problem}
Digest = Annotated[str | None, Query(min_length=64, max_length=64)]


@router.get("/schools/{school_id}/classes", response={200: RollClassList, **READ}, operation_id="list_roll_classes")
@needs(Right.ROLL_CALL)
def list_roll_classes(request: HttpRequest, school_id: UUID) -> RollClassList:
    return service.classes(actor_of(request), school_id)


@router.post(
    "/schools/{school_id}/class-list",
    response={200: ClassListImport, **READ, 409: Problem, 422: Problem},
    operation_id="take_class_list",
)
@needs(Right.ROLL_CALL)
def take_class_list(
    request: HttpRequest, school_id: UUID, file: Annotated[UploadedFile, File()], shown: Digest = None
) -> ClassListImport:
    """CSV or XLSX with `class`, `name`, `born`: a dry run, and with the digest that it gave, applied as a whole."""
    return service.take_list(actor_of(request), school_id, file.read(service.MAX_BYTES + 1), shown)
