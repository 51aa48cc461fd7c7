"""Routes of `reports`: papers about schools and territories. Each is a line in the audit of whoever takes it.

503 `signature.not_configured`, `signature.unreadable`, `signature.expired`: it cannot be signed as wanted.
"""

from datetime import date
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.norms import standing
from qorgan.centre.norms.schemas import Level
from qorgan.centre.papers.answer import PDF, pdf
from qorgan.centre.papers.render import Language
from qorgan.centre.reports import card, order, territory
from qorgan.centre.reports.layout import Form
from qorgan.centre.reports.signing import Signature
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
    signature: Signature = Signature.NONE,
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
    signature: Signature = Signature.NONE,
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
    signature: Signature = Signature.NONE,
    body: Body | None = None,
) -> HttpResponse:
    """The school's remarks that are not mended, by their deadlines (PDF/A-2b); of one body, or of all."""
    paper = order.order(actor_of(request), school_id, Form(language=language, signature=signature), body=body)
    return pdf(paper, f"remarks-{school_id}-{language}.pdf")
