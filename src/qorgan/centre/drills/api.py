"""Routes of `drills`."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.drills import reading, service, yearly
from qorgan.centre.drills.schemas import (
    ClosedDay,
    ClosedDayList,
    Drill,
    DrillOrder,
    DrillPage,
    DrillReview,
    DrillWish,
    DrillYear,
    NewClosedDay,
    NewDrill,
    NewTaps,
    TapsTaken,
)
from qorgan.centre.idempotency import Key, asked_once
from qorgan.centre.wire import Limit, Problem
from qorgan.domain.access import Right
from qorgan.domain.drills.case import DrillState

router = Router(tags=["drills"])
READ = {403: Problem, 404: Problem}
CHANGED = {403: Problem, 404: Problem, 409: Problem, 422: Problem}


@router.get("/drills", response={200: DrillPage, 403: Problem, 422: Problem}, operation_id="list_drills")
@needs(Right.DRILLS_READ)
def list_drills(
    request: HttpRequest,
    school: UUID | None = None,
    state: DrillState | None = None,
    cursor: str | None = None,
    limit: Limit = 50,
) -> DrillPage:
    """The latest planned first, without reports and threads."""
    return reading.listed(actor_of(request), school=school, state=state, cursor=cursor, limit=limit)


@router.post("/drills", response={201: Drill, **CHANGED}, operation_id="plan_drill")
@needs(Right.DRILLS_EDIT)
def plan_drill(request: HttpRequest, body: NewDrill, key: Key = None) -> Status[Drill]:
    """422 `drill.…`: the guard rail that the plan breaks. The psychologist's word may still be missing."""
    actor = actor_of(request)
    return Status(201, asked_once(request, key, body, lambda: service.plan(actor, body), Drill))


@router.get("/drills/{drill_id}", response={200: Drill, **READ}, operation_id="get_drill")
@needs(Right.DRILLS_READ)
def get_drill(request: HttpRequest, drill_id: UUID) -> Drill:
    """With its report, as it is counted now, and its thread."""
    return reading.get(actor_of(request), drill_id)


@router.put("/drills/{drill_id}", response={200: Drill, **CHANGED}, operation_id="change_drill")
@needs(Right.DRILLS_EDIT)
def change_drill(request: HttpRequest, drill_id: UUID, body: DrillWish) -> Drill:
    """The whole plan, before it runs; what was approved is approved anew."""
    return service.change(actor_of(request), drill_id, body)


@router.post("/drills/{drill_id}/deeds", response={200: Drill, **CHANGED}, operation_id="do_drill")
@needs(Right.DRILLS_EDIT)
def do_drill(request: HttpRequest, drill_id: UUID, body: DrillOrder, key: Key = None) -> Drill:
    """409 `drill.state`, `drill.not_now`, `drill.alarm_open`; 403 `drill.second_person`; 422 as `plan_drill`."""
    actor = actor_of(request)
    return asked_once(request, key, body, lambda: service.do(actor, drill_id, body), Drill)


@router.post("/drills/{drill_id}/taps", response={200: TapsTaken, **CHANGED}, operation_id="tap_drill")
@needs(Right.DRILLS_EDIT)
def tap_drill(request: HttpRequest, drill_id: UUID, body: NewTaps) -> TapsTaken:
    """Sent as often as the network makes it: by its id each counts once. 409 `drill.tap_taken`, `drill.state`."""
    return service.tap(actor_of(request), drill_id, body)


@router.post("/drills/{drill_id}/review", response={200: Drill, **CHANGED}, operation_id="review_drill")
@needs(Right.DRILLS_EDIT)
def review_drill(request: HttpRequest, drill_id: UUID, body: DrillReview) -> Drill:
    """Of what has ended. From here on the report stays as it is."""
    return service.review(actor_of(request), drill_id, body)


@router.get("/schools/{school_id}/drill-year", response={200: DrillYear, **READ}, operation_id="get_drill_year")
@needs(Right.DRILLS_READ)
def get_drill_year(request: HttpRequest, school_id: UUID) -> DrillYear:
    """What is asked for, by when it is due and whether it is planned; and how the drills of the school went."""
    return yearly.of_school(actor_of(request), school_id)


@router.get("/closed-days", response={200: ClosedDayList, 403: Problem}, operation_id="list_closed_days")
@needs(Right.DRILLS_READ)
def list_closed_days(request: HttpRequest, school: UUID | None = None) -> ClosedDayList:
    """Holidays and days of exams: of the country, and of the schools that one may see."""
    return service.closed_days(actor_of(request), school)


@router.post("/closed-days", response={201: ClosedDay, **CHANGED}, operation_id="add_closed_day")
@needs(Right.DRILLS_EDIT)
def add_closed_day(request: HttpRequest, body: NewClosedDay) -> Status[ClosedDay]:
    """409 `closed_day.known`. Of the whole country only who edits the registry."""
    return Status(201, service.close_day(actor_of(request), body))


@router.delete("/closed-days/{day_id}", response={204: None, **READ}, operation_id="remove_closed_day")
@needs(Right.DRILLS_EDIT)
def remove_closed_day(request: HttpRequest, day_id: UUID) -> Status[None]:
    service.open_day(actor_of(request), day_id)
    return Status(204, None)
