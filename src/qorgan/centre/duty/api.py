"""Routes of `duty`: desks and shifts, hand-overs, people of schools. Everything here changes only what it names."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.duty import people, service
from qorgan.centre.duty.paper import handover_paper
from qorgan.centre.duty.schemas import (
    Acceptance,
    DutyBoard,
    Handover,
    HandoverOpen,
    HandoverPage,
    OnDuty,
    SchoolPeople,
    SchoolPeopleEntry,
    ShiftBegin,
    ShiftEnd,
    Signature,
)
from qorgan.centre.papers.answer import PDF, pdf
from qorgan.centre.papers.render import Language
from qorgan.centre.wire import Problem
from qorgan.domain.access import Right

router = Router(tags=["duty"])
SHIFT = {200: DutyBoard, 403: Problem, 404: Problem, 409: Problem}
HANDOVER = {200: Handover, 403: Problem, 404: Problem, 409: Problem, 422: Problem}
PEOPLE = {200: SchoolPeople, 403: Problem, 404: Problem, 422: Problem}


@router.get("/duty", response=DutyBoard, operation_id="get_duty")
@needs(Right.DUTY_READ)
def get_duty(request: HttpRequest) -> DutyBoard:
    """Who sits at which desk now."""
    return service.on_duty(actor_of(request))


@router.post("/duty/shift", response=SHIFT, operation_id="begin_shift")
@needs(Right.DUTY_TAKE)
def begin_shift(request: HttpRequest, body: ShiftBegin) -> DutyBoard:
    """Sit down at a desk. One that is taken answers 409 `duty.desk_taken` unless a reason is given."""
    return service.begin(actor_of(request), body.desk, reason=body.reason)


@router.post("/duty/shift/end", response=SHIFT, operation_id="end_shift")
@needs(Right.DUTY_TAKE)
def end_shift(request: HttpRequest, body: ShiftEnd) -> DutyBoard:
    """Leave. 409 `duty.handover_needed` when there is something that only a hand-over may leave behind."""
    return service.end(actor_of(request))


@router.post("/duty/handover", response=HANDOVER, operation_id="open_handover")
@needs(Right.DUTY_TAKE)
def open_handover(request: HttpRequest, body: HandoverOpen) -> Handover:
    """Begin to hand over one's own desk, or see the one under way with everything that is new."""
    return service.open_handover(actor_of(request), note=body.note)


@router.get("/duty/handovers", response=HandoverPage, operation_id="list_handovers")
@needs(Right.DUTY_READ)
def list_handovers(
    request: HttpRequest, cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> HandoverPage:
    return service.find(actor_of(request), cursor=cursor, limit=limit)


@router.get("/duty/handover/{handover_id}", response={200: Handover, 404: Problem}, operation_id="get_handover")
@needs(Right.DUTY_READ)
def get_handover(request: HttpRequest, handover_id: UUID) -> Handover:
    """As it is now: an officer sees what is new since it was opened."""
    return service.look(actor_of(request), handover_id)


@router.get(
    "/duty/handover/{handover_id}/paper.pdf",
    response={404: Problem},
    operation_id="get_handover_paper",
    openapi_extra=PDF,
)
@needs(Right.DUTY_READ)
def get_handover_paper(request: HttpRequest, handover_id: UUID, language: Language = "kk") -> HttpResponse:
    """The hand-over on paper (PDF/A-2b)."""
    paper = handover_paper(actor_of(request), handover_id, language)
    return pdf(paper, f"handover-{handover_id}-{language}.pdf")


@router.put("/duty/handover/{handover_id}/items", response=HANDOVER, operation_id="accept_handover_items")
@needs(Right.DUTY_TAKE)
def accept_handover_items(request: HttpRequest, handover_id: UUID, body: Acceptance) -> Handover:
    """The one who comes has heard these items, and takes them."""
    return service.accept(actor_of(request), handover_id, body.keys, accepted=body.accepted, note=body.note)


@router.post("/duty/handover/{handover_id}/signature", response=HANDOVER, operation_id="sign_handover")
@needs(Right.DUTY_TAKE)
def sign_handover(request: HttpRequest, handover_id: UUID, body: Signature) -> Handover:
    """Sign the list. 409 `duty.unaccepted` while the one who comes has not accepted everything."""
    return service.sign(actor_of(request), handover_id)


@router.delete("/duty/handover/{handover_id}", response=HANDOVER, operation_id="withdraw_handover")
@needs(Right.DUTY_TAKE)
def withdraw_handover(request: HttpRequest, handover_id: UUID) -> Handover:
    """Break it off: the shift goes on."""
    return service.withdraw(actor_of(request), handover_id)


@router.get("/schools/{school_id}/people", response=PEOPLE, operation_id="get_school_people")
@needs(Right.PEOPLE_READ)
def get_school_people(request: HttpRequest, school_id: UUID) -> SchoolPeople:
    """Whom to call, and who is on duty there today. A line in the reader's audit, one a day and school."""
    return people.read(actor_of(request), school_id)


@router.put("/schools/{school_id}/people", response=PEOPLE, operation_id="replace_school_people")
@needs(Right.PEOPLE_EDIT)
def replace_school_people(request: HttpRequest, school_id: UUID, body: SchoolPeopleEntry) -> SchoolPeople:
    """The whole list anew, in the order of calling."""
    return people.replace(actor_of(request), school_id, body)


@router.put("/schools/{school_id}/people/on-duty", response=PEOPLE, operation_id="mark_on_duty")
@needs(Right.PEOPLE_EDIT)
def mark_on_duty(request: HttpRequest, school_id: UUID, body: OnDuty) -> SchoolPeople:
    """Who of the list is on duty today."""
    return people.mark(actor_of(request), school_id, body.people)
