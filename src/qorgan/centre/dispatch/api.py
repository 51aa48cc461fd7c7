"""Routes of `dispatch`. Writes honour `Idempotency-Key`."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.alarms.schemas import Alarm, Unit
from qorgan.centre.dispatch import checklists, report, service
from qorgan.centre.dispatch.schemas import (
    AfterAction,
    CandidateList,
    Checklist,
    Dispatch,
    DispatchList,
    Offer,
    ScenarioChoice,
    Send,
    Tick,
    UnitOutOfService,
    Word,
)
from qorgan.centre.idempotency import Key, asked_once
from qorgan.centre.papers.answer import PDF, pdf
from qorgan.centre.papers.render import Language
from qorgan.centre.wire import Problem
from qorgan.domain import dispatch as domain
from qorgan.domain.access import Right
from qorgan.domain.dispatch import Verb

router = Router(tags=["dispatch"])
VERB = {200: Dispatch, 403: Problem, 404: Problem, 409: Problem, 422: Problem}


@router.get("/alarms/{alarm_id}/dispatches", response={200: DispatchList, 404: Problem}, operation_id="list_dispatches")
@needs(Right.ALARM_READ)
def list_dispatches(request: HttpRequest, alarm_id: UUID) -> DispatchList:
    """Who was sent to an alarm, and how far they are."""
    return service.of_alarm(actor_of(request), alarm_id)


@router.post("/alarms/{alarm_id}/dispatches", response=VERB, operation_id="offer_dispatch")
@needs(Right.ALARM_DISPATCH)
def offer_dispatch(request: HttpRequest, alarm_id: UUID, body: Offer, key: Key = None) -> Dispatch:
    """Offer the call to a unit. With `by` or `record` it was accepted in the same breath."""
    word = domain.Word(by=body.by, record=body.record) if body.by or body.record else None
    act = lambda: service.offer(actor_of(request), alarm_id, body.unit, note=body.note, word=word)  # noqa: E731
    return asked_once(request, key, body, act, Dispatch)


@router.post(
    "/alarms/{alarm_id}/dispatch",
    response={200: Alarm, 403: Problem, 404: Problem, 409: Problem, 422: Problem},
    operation_id="dispatch_alarm",
)
@needs(Right.ALARM_DISPATCH)
def dispatch_alarm(request: HttpRequest, alarm_id: UUID, body: Send, key: Key = None) -> Alarm:
    """Send a unit that has already said yes to the officer, who is named as having heard it."""
    act = lambda: service.send(actor_of(request), alarm_id, body.unit, note=body.note)  # noqa: E731
    return asked_once(request, key, body, act, Alarm)


@router.post("/dispatches/{dispatch_id}/{verb}", response=VERB, operation_id="hear_of_dispatch")
@needs(Right.ALARM_DISPATCH)
def hear_of_dispatch(
    request: HttpRequest, dispatch_id: UUID, verb: Annotated[Verb, Path()], body: Word, key: Key = None
) -> Dispatch:
    """Write down what was heard of a unit."""
    word = domain.Word(by=body.by, record=body.record, reason=body.reason)
    act = lambda: service.hear(actor_of(request), dispatch_id, verb, word=word, note=body.note)  # noqa: E731
    return asked_once(request, key, body, act, Dispatch)


@router.get("/alarms/{alarm_id}/units", response={200: CandidateList, 404: Problem}, operation_id="list_candidates")
@needs(Right.UNITS_READ)
def list_candidates(request: HttpRequest, alarm_id: UUID) -> CandidateList:
    """The units that could be sent to an alarm: free ones first, then nearest first."""
    return service.candidates(actor_of(request), alarm_id)


@router.put(
    "/units/{unit_id}/out-of-service",
    response={200: Unit, 404: Problem, 409: Problem, 422: Problem},
    operation_id="take_unit_out_of_service",
)
@needs(Right.UNITS_EDIT)
def take_unit_out_of_service(request: HttpRequest, unit_id: UUID, body: UnitOutOfService) -> Unit:
    """The unit cannot be sent until it is put back; the hand-over reads it back."""
    return service.take_out_of_service(actor_of(request), unit_id, body.reason)


@router.delete(
    "/units/{unit_id}/out-of-service", response={200: Unit, 404: Problem}, operation_id="put_unit_in_service"
)
@needs(Right.UNITS_EDIT)
def put_unit_in_service(request: HttpRequest, unit_id: UUID) -> Unit:
    return service.put_in_service(actor_of(request), unit_id)


@router.get("/alarms/{alarm_id}/checklist", response={200: Checklist, 404: Problem}, operation_id="get_checklist")
@needs(Right.ALARM_READ)
def get_checklist(request: HttpRequest, alarm_id: UUID) -> Checklist:
    """The officer's list of an alarm: what is done, by whom, and what is late."""
    return checklists.get(actor_of(request), alarm_id)


@router.put(
    "/alarms/{alarm_id}/checklist",
    response={200: Checklist, 403: Problem, 404: Problem, 409: Problem},
    operation_id="choose_scenario",
)
@needs(Right.CHECKLIST_TICK)
def choose_scenario(request: HttpRequest, alarm_id: UUID, body: ScenarioChoice) -> Checklist:
    """Go on by another scenario's list."""
    return checklists.choose(actor_of(request), alarm_id, body.scenario)


@router.put(
    "/alarms/{alarm_id}/checklist/{item}",
    response={200: Checklist, 403: Problem, 404: Problem, 409: Problem, 422: Problem},
    operation_id="tick_checklist_item",
)
@needs(Right.CHECKLIST_TICK)
def tick_checklist_item(request: HttpRequest, alarm_id: UUID, item: str, body: Tick) -> Checklist:
    """Say that an item is done (or, with `done: false`, that it is not)."""
    return checklists.tick(actor_of(request), alarm_id, item, done=body.done, note=body.note)


@router.get(
    "/alarms/{alarm_id}/after-action", response={200: AfterAction, 404: Problem}, operation_id="get_after_action"
)
@needs(Right.ALARM_READ)
def get_after_action(request: HttpRequest, alarm_id: UUID) -> AfterAction:
    """Every interval of the handling, against its goal."""
    return report.after_action(actor_of(request), alarm_id)


@router.get(
    "/alarms/{alarm_id}/case.pdf",
    response={403: Problem, 404: Problem},
    operation_id="get_case_paper",
    openapi_extra=PDF,
)
@needs(Right.CASE_READ)
def get_case_paper(request: HttpRequest, alarm_id: UUID, language: Language = "kk") -> HttpResponse:
    """The case on paper (PDF/A-2b); a line in the audit of whoever takes it."""
    return pdf(report.case_paper(actor_of(request), alarm_id, language), f"case-{alarm_id}-{language}.pdf")
