"""Routes of `journals`."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.idempotency import Key, asked_once
from qorgan.centre.journals import paper, service
from qorgan.centre.journals.schemas import (
    Journal,
    JournalBriefing,
    JournalEnd,
    JournalList,
    JournalStrike,
    NewDrillRecord,
    NewJournal,
)
from qorgan.centre.papers.answer import PDF, pdf
from qorgan.centre.papers.render import Language
from qorgan.centre.reports.layout import Form
from qorgan.centre.reports.signing import SignedBy
from qorgan.centre.wire import Problem
from qorgan.domain.access import Right

router = Router(tags=["journals"])
READ = {403: Problem, 404: Problem}
CHANGED = {403: Problem, 404: Problem, 409: Problem, 422: Problem}


@router.get("/schools/{school_id}/journals", response={200: JournalList, **READ}, operation_id="list_journals")
@needs(Right.DRILLS_READ)
def list_journals(request: HttpRequest, school_id: UUID) -> JournalList:
    """Volumes, the newest first, without lines."""
    return service.of_school(actor_of(request), school_id)


@router.post("/schools/{school_id}/journals", response={201: Journal, **CHANGED}, operation_id="begin_journal")
@needs(Right.DRILLS_EDIT)
def begin_journal(request: HttpRequest, school_id: UUID, body: NewJournal, key: Key = None) -> Status[Journal]:
    """409 `journal.open`: the volume before is not closed."""
    actor = actor_of(request)
    return Status(201, asked_once(request, key, body, lambda: service.begin(actor, school_id, body), Journal))


@router.get("/journals/{journal_id}", response={200: Journal, **READ}, operation_id="get_journal")
@needs(Right.DRILLS_READ)
def get_journal(request: HttpRequest, journal_id: UUID) -> Journal:
    return service.get(actor_of(request), journal_id)


@router.get("/journals/{journal_id}/paper.pdf", response=READ, operation_id="print_journal", openapi_extra=PDF)
@needs(Right.DRILLS_READ)
def print_journal(
    request: HttpRequest, journal_id: UUID, language: Language = "kk", signature: SignedBy = SignedBy.NONE
) -> HttpResponse:
    """In the columns of the form (PDF/A-2b); a line in the audit of whoever takes it."""
    form = Form(language=language, signature=signature)
    return pdf(paper.journal(actor_of(request), journal_id, form), f"journal-{journal_id}-{language}.pdf")


@router.post("/journals/{journal_id}/briefings", response={201: Journal, **CHANGED}, operation_id="add_briefing")
@needs(Right.DRILLS_EDIT)
def add_briefing(request: HttpRequest, journal_id: UUID, body: JournalBriefing, key: Key = None) -> Status[Journal]:
    """409 `journal.closed`, `journal.full`; 422 `journal.day`, `journal.protocol`."""
    actor = actor_of(request)
    return Status(201, asked_once(request, key, body, lambda: service.brief(actor, journal_id, body), Journal))


@router.post("/drills/{drill_id}/record", response={201: Journal, **CHANGED}, operation_id="record_drill")
@needs(Right.DRILLS_EDIT)
def record_drill(request: HttpRequest, drill_id: UUID, body: NewDrillRecord, key: Key = None) -> Status[Journal]:
    """A reviewed drill enters the open volume. 409 `drill.state`, `journal.none`; 422 as `add_briefing`."""
    actor = actor_of(request)
    return Status(201, asked_once(request, key, body, lambda: service.record(actor, drill_id, body), Journal))


@router.post("/journals/{journal_id}/strikes", response={201: Journal, **CHANGED}, operation_id="strike_line")
@needs(Right.DRILLS_EDIT)
def strike_line(request: HttpRequest, journal_id: UUID, body: JournalStrike) -> Status[Journal]:
    """The entry stays, and proves nothing any more. 422 `journal.line`, 409 `journal.struck`."""
    return Status(201, service.strike(actor_of(request), journal_id, body))


@router.post("/journals/{journal_id}/end", response={200: Journal, **CHANGED}, operation_id="close_journal")
@needs(Right.DRILLS_EDIT)
def close_journal(request: HttpRequest, journal_id: UUID, body: JournalEnd) -> Journal:
    """From here on nothing of it changes: 409 `journal.closed`."""
    return service.end(actor_of(request), journal_id, body)
