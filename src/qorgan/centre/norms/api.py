"""Routes of `norms`."""

from datetime import date
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import File, Path, Query, Router, Status
from ninja.files import UploadedFile

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.idempotency import Key, asked_once
from qorgan.centre.norms import papers, reading, registry, standing
from qorgan.centre.norms.schemas import (
    DocumentList,
    Level,
    NewDocument,
    NewSite,
    NormPackList,
    NormRequirementPage,
    RegistryImport,
    RequirementPage,
    SchoolDocument,
    SchoolNorms,
    Site,
    StandingPage,
)
from qorgan.centre.wire import Problem
from qorgan.domain.access import Right

router = Router(tags=["norms"])
READ = {403: Problem, 404: Problem, 422: Problem}
CHANGED = {**READ, 409: Problem}
PackKey = Annotated[str, Query(max_length=60)]


@router.get("/norms", response={200: NormPackList, 403: Problem}, operation_id="list_norms")
@needs(Right.NORMS_READ)
def list_norms(request: HttpRequest) -> NormPackList:
    """The packs, with their editions and how far their clauses can be trusted."""
    return reading.packs()


@router.get(
    "/norms/{pack}/requirements",
    response={200: NormRequirementPage, **READ},
    operation_id="list_norm_requirements",
)
@needs(Right.NORMS_READ)
def list_norm_requirements(
    request: HttpRequest,
    pack: Annotated[str, Path(max_length=60)],
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> NormRequirementPage:
    """What the pack asks today, of whom, how bad it is and how far its words are trusted. 404 `norm_pack.unknown`."""
    return reading.requirements(pack, cursor=cursor, limit=limit)


@router.get("/norms/standing", response={200: StandingPage, **READ}, operation_id="get_standing")
@needs(Right.NORMS_READ)
def get_standing(
    request: HttpRequest,
    level: Level = "country",
    of: Annotated[str | None, Query(max_length=12)] = None,
    pack: PackKey = standing.DEFAULT_PACK,
) -> StandingPage:
    """How one's own territory stands; `of`: the code of the region or district."""
    return standing.standing(actor_of(request), level=level, of=of, pack=pack)


@router.get("/schools/{school_id}/norms", response={200: SchoolNorms, **READ}, operation_id="get_school_norms")
@needs(Right.NORMS_READ)
def get_school_norms(
    request: HttpRequest,
    school_id: UUID,
    pack: Annotated[str | None, Query(max_length=60)] = None,
    at: date | None = None,
    norm_day: date | None = None,
) -> SchoolNorms:
    """By all packs of the country, or by one; now, or as it was known when the day `at` ended; by the norm of that day,
    or of `norm_day`."""
    return reading.school(actor_of(request), school_id, pack=pack, at=at, norm_day=norm_day)


@router.get(
    "/schools/{school_id}/norms/{requirement}",
    response={200: RequirementPage, **READ},
    operation_id="get_school_requirement",
)
@needs(Right.NORMS_READ)
def get_school_requirement(
    request: HttpRequest,
    school_id: UUID,
    requirement: str,
    at: date | None = None,
    norm_day: date | None = None,
) -> RequirementPage:
    """One requirement ("<pack>:<key>:<version>") and why it is met or not."""
    return reading.requirement(actor_of(request), school_id, requirement, at=at, norm_day=norm_day)


@router.get("/schools/{school_id}/documents", response={200: DocumentList, **READ}, operation_id="list_documents")
@needs(Right.NORMS_READ)
def list_documents(request: HttpRequest, school_id: UUID) -> DocumentList:
    return papers.documents(actor_of(request), school_id)


@router.post("/schools/{school_id}/documents", response={201: SchoolDocument, **CHANGED}, operation_id="add_document")
@needs(Right.NORMS_EDIT)
def add_document(request: HttpRequest, school_id: UUID, body: NewDocument, key: Key = None) -> Status[SchoolDocument]:
    """That a paper exists, never the paper itself. 422 `document.kind`, `document.days`."""
    actor = actor_of(request)
    made = asked_once(request, key, body, lambda: papers.add(actor, school_id, body), SchoolDocument)
    return Status(201, made)


@router.delete(
    "/schools/{school_id}/documents/{document_id}",
    response={200: SchoolDocument, **CHANGED},
    operation_id="withdraw_document",
)
@needs(Right.NORMS_EDIT)
def withdraw_document(request: HttpRequest, school_id: UUID, document_id: UUID) -> SchoolDocument:
    """The line stays, and says when it was withdrawn. 409 `document.withdrawn`."""
    return papers.withdraw(actor_of(request), school_id, document_id)


@router.get("/schools/{school_id}/site", response={200: Site, **READ}, operation_id="get_site")
@needs(Right.NORMS_READ)
def get_site(request: HttpRequest, school_id: UUID) -> Site:
    return papers.site(actor_of(request), school_id)


@router.put("/schools/{school_id}/site", response={200: Site, **CHANGED}, operation_id="put_site")
@needs(Right.NORMS_EDIT)
def put_site(request: HttpRequest, school_id: UUID, body: NewSite) -> Site:
    """All of it: what is null is not known from now on."""
    return papers.put_site(actor_of(request), school_id, body)


@router.post(
    "/registry/imports", response={201: RegistryImport, 403: Problem, 422: Problem}, operation_id="upload_registry"
)
@needs(Right.REGISTRY_EDIT)
def upload_registry(request: HttpRequest, file: File[UploadedFile]) -> Status[RegistryImport]:
    """A CSV or XLSX of at most 20 MB and 20,000 rows, compared and not applied. 422 `registry.file`,
    `registry.header`, `registry.too_big`."""
    return Status(201, registry.upload(actor_of(request), file.name or "", file.read()))


@router.get("/registry/imports/{import_id}", response={200: RegistryImport, **READ}, operation_id="get_registry_import")
@needs(Right.REGISTRY_EDIT)
def get_registry_import(request: HttpRequest, import_id: UUID) -> RegistryImport:
    return registry.get(import_id)


@router.post(
    "/registry/imports/{import_id}/apply", response={200: RegistryImport, **CHANGED}, operation_id="apply_registry"
)
@needs(Right.REGISTRY_EDIT)
def apply_registry(request: HttpRequest, import_id: UUID) -> RegistryImport:
    """All or nothing. 409 `registry.applied`, `registry.faulty`, `registry.changed`."""
    return registry.apply(actor_of(request), import_id)
