"""Routes of `reports`: papers about schools and territories. Each is a line in the audit of whoever takes it.

503 `signature.not_configured`, `signature.unreadable`, `signature.expired`: it cannot be signed as wanted.
"""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Query, Router

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.norms import standing
from qorgan.centre.norms.schemas import Level
from qorgan.centre.papers.answer import PDF, pdf
from qorgan.centre.papers.render import Language
from qorgan.centre.reports import card, exports, order, territory
from qorgan.centre.reports.layout import Form
from qorgan.centre.reports.signing import SignedBy
from qorgan.centre.reports.tables import TYPES, Kind
from qorgan.centre.wire import Problem
from qorgan.domain.access import Body, Right

router = Router(tags=["reports"])
READ = {403: Problem, 404: Problem, 422: Problem, 503: Problem}
PackKey = Annotated[str, Query(max_length=60)]
AnyPack = Annotated[str | None, Query(max_length=60)]
Code = Annotated[str | None, Query(max_length=12)]


@router.get("/reports/schools/{school_id}/card.pdf", response=READ, operation_id="get_school_card", openapi_extra=PDF)
@needs(Right.NORMS_READ)
def get_school_card(
    request: HttpRequest,
    school_id: UUID,
    language: Language = "kk",
    signature: SignedBy = SignedBy.NONE,
    pack: AnyPack = None,
    at: date | None = None,
) -> HttpResponse:
    """How a school stands against the norms, and its papers (PDF/A-2b); now, or when the day `at` ended."""
    paper = card.card(actor_of(request), school_id, Form(language=language, signature=signature), pack=pack, at=at)
    return pdf(paper, f"card-{school_id}-{language}.pdf")


@router.get("/reports/territory.pdf", response=READ, operation_id="get_territory_report", openapi_extra=PDF)
@needs(Right.NORMS_READ)
def get_territory_report(
    request: HttpRequest,
    language: Language = "kk",
    signature: SignedBy = SignedBy.NONE,
    level: Level = "country",
    of: Code = None,
    pack: PackKey = standing.DEFAULT_PACK,
) -> HttpResponse:
    """How one's own territory stands (PDF/A-2b); `of`: the code of the region or district."""
    paper = territory.territory(
        actor_of(request), Form(language=language, signature=signature), level=level, of=of, pack=pack
    )
    return pdf(paper, f"standing-{level}-{language}.pdf")


@router.get(
    "/reports/schools/{school_id}/remarks.pdf", response=READ, operation_id="get_remarks_order", openapi_extra=PDF
)
@needs(Right.REMARKS_READ)
def get_remarks_order(
    request: HttpRequest,
    school_id: UUID,
    language: Language = "kk",
    signature: SignedBy = SignedBy.NONE,
    body: Body | None = None,
) -> HttpResponse:
    """The school's remarks that are not mended, by their deadlines (PDF/A-2b); of one body, or of all."""
    paper = order.order(actor_of(request), school_id, Form(language=language, signature=signature), body=body)
    return pdf(paper, f"remarks-{school_id}-{language}.pdf")


def _table(content: bytes, name: str, kind: Kind) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=TYPES[kind], headers=headers)


def _json(said: dict[str, Any], name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}.json"', "Cache-Control": "no-store"}
    return JsonResponse(said, headers=headers, json_dumps_params={"ensure_ascii": False})


def _file(*types: str) -> dict[str, Any]:
    content = {one: {"schema": {"type": "string", "format": "binary"}} for one in types}
    return {"responses": {200: {"description": "A file", "content": content}}}


@router.get(
    "/reports/standing-table",
    response=READ,
    operation_id="export_standing",
    openapi_extra=_file(*TYPES.values()),
)
@needs(Right.NORMS_READ)
def export_standing(
    request: HttpRequest,
    kind: Kind = "csv",
    language: Language = "kk",
    level: Level = "country",
    of: Code = None,
    pack: PackKey = standing.DEFAULT_PACK,
) -> HttpResponse:
    """A row for each region, district or school of one's own territory."""
    content = exports.standing_table(actor_of(request), language, kind, level=level, of=of, pack=pack)
    return _table(content, f"standing-{level}", kind)


@router.get(
    "/reports/schools/{school_id}/verdict-table",
    response=READ,
    operation_id="export_verdicts",
    openapi_extra=_file(*TYPES.values()),
)
@needs(Right.NORMS_READ)
def export_verdicts(
    request: HttpRequest, school_id: UUID, kind: Kind = "csv", language: Language = "kk", pack: AnyPack = None
) -> HttpResponse:
    """A row for each requirement."""
    content = exports.verdict_table(actor_of(request), school_id, language, kind, pack=pack)
    return _table(content, f"verdicts-{school_id}", kind)


@router.get("/reports/nobd.json", response=READ, operation_id="export_nobd", openapi_extra=_file("application/json"))
@needs(Right.NORMS_READ)
def export_nobd(
    request: HttpRequest, level: Level = "country", of: Code = None, pack: PackKey = standing.DEFAULT_PACK
) -> HttpResponse:
    """For the education database: docs/design/nobd.md."""
    return _json(exports.nobd(actor_of(request), level=level, of=of, pack=pack), f"nobd-{level}")


@router.get(
    "/reports/schools/{school_id}/oscal.json",
    response=READ,
    operation_id="export_oscal",
    openapi_extra=_file("application/json"),
)
@needs(Right.NORMS_READ)
def export_oscal(request: HttpRequest, school_id: UUID, pack: AnyPack = None) -> HttpResponse:
    """A school's verdicts as OSCAL assessment results."""
    return _json(exports.oscal(actor_of(request), school_id, pack=pack), f"oscal-{school_id}")
