"""Routes of `alarms`. Each step of an officer answers with the whole alarm and honours `Idempotency-Key`."""

from collections.abc import Callable
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Header, Query, Router, Schema

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.alarms import service
from qorgan.centre.alarms.schemas import (
    Acknowledgement,
    Alarm,
    AlarmPage,
    Closure,
    Presentation,
    UnitList,
    Verification,
)
from qorgan.centre.idempotency import once
from qorgan.centre.wire import MAX_PAGE, Problem
from qorgan.domain.access import Right
from qorgan.domain.alarms import STEP_OF_VERDICT, Step

router = Router(tags=["alarms"])
STEP = {200: Alarm, 403: Problem, 404: Problem, 409: Problem, 422: Problem}
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=100)]


@router.get("/alarms", response=AlarmPage, operation_id="list_alarms")
@needs(Right.ALARM_READ)
def list_alarms(
    request: HttpRequest,
    state: Literal["open", "closed"] | None = None,
    school: UUID | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> AlarmPage:
    return service.find(actor_of(request), state=state, school=school, cursor=cursor, limit=limit)


@router.get("/alarms/{alarm_id}", response={200: Alarm, 404: Problem}, operation_id="get_alarm")
@needs(Right.ALARM_READ)
def get_alarm(request: HttpRequest, alarm_id: UUID) -> Alarm:
    return service.get(actor_of(request), alarm_id)


@router.post("/alarms/{alarm_id}/presentation", response=STEP, operation_id="present_alarm")
@needs(Right.ALARM_ACKNOWLEDGE)
def present_alarm(request: HttpRequest, alarm_id: UUID, body: Presentation, key: Key = None) -> Alarm:
    """This officer's screen drew the alarm."""
    data = {"drawn_at": body.drawn_at.isoformat()} if body.drawn_at else {}
    return _once(request, key, body, lambda: service.step(actor_of(request), alarm_id, Step.PRESENT, data=data))


@router.post("/alarms/{alarm_id}/acknowledgement", response=STEP, operation_id="acknowledge_alarm")
@needs(Right.ALARM_ACKNOWLEDGE)
def acknowledge_alarm(request: HttpRequest, alarm_id: UUID, body: Acknowledgement, key: Key = None) -> Alarm:
    """Own it."""
    return _once(request, key, body, lambda: service.step(actor_of(request), alarm_id, Step.ACKNOWLEDGE))


@router.post("/alarms/{alarm_id}/verification", response=STEP, operation_id="verify_alarm")
@needs(Right.ALARM_VERIFY)
def verify_alarm(request: HttpRequest, alarm_id: UUID, body: Verification, key: Key = None) -> Alarm:
    """Say what the officer saw."""
    step = STEP_OF_VERDICT[body.verdict]
    return _once(request, key, body, lambda: service.step(actor_of(request), alarm_id, step, note=body.note))


@router.post("/alarms/{alarm_id}/closure", response=STEP, operation_id="close_alarm")
@needs(Right.ALARM_CLOSE)
def close_alarm(request: HttpRequest, alarm_id: UUID, body: Closure, key: Key = None) -> Alarm:
    """End it, with what it was."""
    act = lambda: service.step(  # noqa: E731
        actor_of(request), alarm_id, Step.CLOSE, disposition=body.disposition, note=body.note
    )
    return _once(request, key, body, act)


@router.get("/units", response=UnitList, operation_id="list_units")
@needs(Right.UNITS_READ)
def list_units(request: HttpRequest) -> UnitList:
    """Patrol units that the actor's centre can send."""
    return service.units(actor_of(request))


def _once(request: HttpRequest, key: str | None, body: Schema, act: Callable[[], Alarm]) -> Alarm:
    return once(actor_of(request).user, key, said=(request.path, body.model_dump_json()), act=act, kind=Alarm)
