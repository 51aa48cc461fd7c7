"""Routes of `alarms`. Each step of an officer answers with the whole alarm and honours `Idempotency-Key`."""

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.alarms import claims, orders, points, raising, service
from qorgan.centre.alarms.schemas import (
    Acknowledgement,
    ActionOrder,
    ActionOrderPage,
    ActionWord,
    Alarm,
    AlarmPage,
    Closure,
    IncidentList,
    IntervalList,
    NewAction,
    NewAlarm,
    NewAllClear,
    NewClaim,
    NewOutOfService,
    NewShelf,
    Note,
    Nothing,
    OutOfService,
    OutOfServiceList,
    Presentation,
    Presentations,
    PresentationsTaken,
    Review,
    UnitList,
    Verification,
)
from qorgan.centre.idempotency import Key, asked_once
from qorgan.centre.wire import Limit, Problem
from qorgan.domain.access import Right
from qorgan.domain.alarms import STEP_OF_VERDICT, Kind, Step

router = Router(tags=["alarms"])
STEP = {200: Alarm, 403: Problem, 404: Problem, 409: Problem, 422: Problem}
ORDER = {200: ActionOrder, 403: Problem, 404: Problem, 409: Problem, 422: Problem}


@router.get("/alarms", response=AlarmPage, operation_id="list_alarms")
@needs(Right.ALARM_READ)
def list_alarms(
    request: HttpRequest,
    state: Literal["open", "closed"] | None = None,
    school: UUID | None = None,
    cursor: str | None = None,
    limit: Limit = 100,
) -> AlarmPage:
    return service.find(actor_of(request), state=state, school=school, cursor=cursor, limit=limit)


@router.post("/alarms", response=STEP, operation_id="raise_alarm")
@needs(Right.ALARM_RAISE)
def raise_alarm(request: HttpRequest, body: NewAlarm, key: Key = None) -> Alarm:
    """Raise an alarm on behalf of somebody who called."""
    call = raising.Call(**body.model_dump())
    return asked_once(request, key, body, lambda: raising.on_behalf(actor_of(request), call), Alarm)


@router.post("/alarms/presentations", response=PresentationsTaken, operation_id="present_alarms")
@needs(Right.ALARM_ACKNOWLEDGE)
def present_alarms(request: HttpRequest, body: Presentations) -> PresentationsTaken:
    """This officer's screen drew these alarms; those that the officer may not see are passed over."""
    fresh = service.present(actor_of(request), {one.alarm: one.drawn_at for one in body.items})
    return PresentationsTaken(fresh=fresh)


@router.get("/alarms/{alarm_id}", response={200: Alarm, 404: Problem}, operation_id="get_alarm")
@needs(Right.ALARM_READ)
def get_alarm(request: HttpRequest, alarm_id: UUID) -> Alarm:
    return service.get(actor_of(request), alarm_id)


@router.get("/alarms/{alarm_id}/intervals", response={200: IntervalList, 404: Problem}, operation_id="list_intervals")
@needs(Right.ALARM_READ)
def list_intervals(request: HttpRequest, alarm_id: UUID) -> IntervalList:
    """How long each part of handling it took."""
    return service.measured(actor_of(request), alarm_id)


@router.post("/alarms/{alarm_id}/presentation", response=STEP, operation_id="present_alarm")
@needs(Right.ALARM_ACKNOWLEDGE)
def present_alarm(request: HttpRequest, alarm_id: UUID, body: Presentation, key: Key = None) -> Alarm:
    """This officer's screen drew the alarm."""
    data = {"drawn_at": body.drawn_at.isoformat()} if body.drawn_at else {}
    return _step(request, alarm_id, key, body, Step.PRESENT, data=data)


@router.post("/alarms/{alarm_id}/acknowledgement", response=STEP, operation_id="acknowledge_alarm")
@needs(Right.ALARM_ACKNOWLEDGE)
def acknowledge_alarm(request: HttpRequest, alarm_id: UUID, body: Acknowledgement, key: Key = None) -> Alarm:
    """Own it, for as long as there is a sign of you."""
    return _step(request, alarm_id, key, body, Step.ACKNOWLEDGE)


@router.post("/alarms/{alarm_id}/lease", response=STEP, operation_id="renew_lease")
@needs(Right.ALARM_ACKNOWLEDGE)
def renew_lease(request: HttpRequest, alarm_id: UUID, body: Nothing) -> Alarm:
    """The owner's screen is alive; 409 `alarm.not_owner` for anybody else."""
    return service.step(actor_of(request), alarm_id, Step.RENEW)


@router.post("/alarms/{alarm_id}/release", response=STEP, operation_id="release_alarm")
@needs(Right.ALARM_ACKNOWLEDGE)
def release_alarm(request: HttpRequest, alarm_id: UUID, body: Nothing, key: Key = None) -> Alarm:
    """Give it back: it calls for an owner again."""
    return _step(request, alarm_id, key, body, Step.RELEASE)


@router.post("/alarms/{alarm_id}/verification", response=STEP, operation_id="verify_alarm")
@needs(Right.ALARM_VERIFY)
def verify_alarm(request: HttpRequest, alarm_id: UUID, body: Verification, key: Key = None) -> Alarm:
    """Say what the officer saw."""
    step = STEP_OF_VERDICT[body.verdict]
    return _step(request, alarm_id, key, body, step, note=body.note)


@router.post("/alarms/{alarm_id}/claim", response=STEP, operation_id="claim_alarm")
@needs(Right.ALARM_VERIFY)
def claim_alarm(request: HttpRequest, alarm_id: UUID, body: NewClaim, key: Key = None) -> Alarm:
    """The school said something of it by telephone. It ends nothing: a verdict has to look at it."""
    said = body.model_dump()
    return asked_once(request, key, body, lambda: claims.by_officer(actor_of(request), alarm_id, **said), Alarm)


@router.post("/alarms/{alarm_id}/notes", response=STEP, operation_id="note_alarm")
@needs(Right.ALARM_VERIFY)
def note_alarm(request: HttpRequest, alarm_id: UUID, body: Note, key: Key = None) -> Alarm:
    """A note in the log."""
    return asked_once(request, key, body, lambda: service.note(actor_of(request), alarm_id, body.text), Alarm)


@router.post("/alarms/{alarm_id}/shelf", response=STEP, operation_id="shelve_alarm")
@needs(Right.ALARM_SHELVE)
def shelve_alarm(request: HttpRequest, alarm_id: UUID, body: NewShelf, key: Key = None) -> Alarm:
    """Ask for it to be put aside until then; it is as loud as before until a second person agrees."""
    return _step(request, alarm_id, key, body, Step.SHELVE, note=body.reason, until=body.until)


@router.post("/alarms/{alarm_id}/shelf/confirmation", response=STEP, operation_id="confirm_shelf")
@needs(Right.ALARM_SHELVE)
def confirm_shelf(request: HttpRequest, alarm_id: UUID, body: Nothing, key: Key = None) -> Alarm:
    """The second person agrees; 403 `alarm.second_person` for the first."""
    return _step(request, alarm_id, key, body, Step.CONFIRM_SHELF)


@router.delete("/alarms/{alarm_id}/shelf", response=STEP, operation_id="unshelve_alarm")
@needs(Right.ALARM_SHELVE)
def unshelve_alarm(request: HttpRequest, alarm_id: UUID, key: Key = None) -> Alarm:
    """Take it from the shelf, or the wish for one back."""
    return _step(request, alarm_id, key, Nothing(), Step.UNSHELVE)


@router.post("/alarms/{alarm_id}/closure", response=STEP, operation_id="close_alarm")
@needs(Right.ALARM_CLOSE)
def close_alarm(request: HttpRequest, alarm_id: UUID, body: Closure, key: Key = None) -> Alarm:
    """End it, with what it was. Of a real P1 this is the first of two signatures, and wants a note."""
    return _step(request, alarm_id, key, body, Step.CLOSE, disposition=body.disposition, note=body.note)


@router.post("/alarms/{alarm_id}/closure/confirmation", response=STEP, operation_id="confirm_closure")
@needs(Right.ALARM_CONFIRM_CLOSURE)
def confirm_closure(request: HttpRequest, alarm_id: UUID, body: Nothing, key: Key = None) -> Alarm:
    """The second person ends it; 403 `alarm.second_person` for the first."""
    return _step(request, alarm_id, key, body, Step.COUNTERSIGN)


@router.delete("/alarms/{alarm_id}/closure", response=STEP, operation_id="withdraw_closure")
@needs(Right.ALARM_CLOSE)
def withdraw_closure(request: HttpRequest, alarm_id: UUID, key: Key = None) -> Alarm:
    """Take the first signature back."""
    return _step(request, alarm_id, key, Nothing(), Step.WITHDRAW)


@router.post("/alarms/{alarm_id}/review", response=STEP, operation_id="review_alarm")
@needs(Right.ALARM_REVIEW)
def review_alarm(request: HttpRequest, alarm_id: UUID, body: Review, key: Key = None) -> Alarm:
    """Somebody has looked at how a closed alarm was handled."""
    return _step(request, alarm_id, key, body, Step.REVIEW, note=body.note)


@router.get("/incidents", response=IncidentList, operation_id="list_incidents")
@needs(Right.ALARM_READ)
def list_incidents(request: HttpRequest) -> IncidentList:
    """The mass events that go on."""
    return service.incidents(actor_of(request))


@router.get("/units", response=UnitList, operation_id="list_units")
@needs(Right.UNITS_READ)
def list_units(request: HttpRequest) -> UnitList:
    """Patrol units that the actor's centre can send."""
    return service.units(actor_of(request))


# --- orders to schools ---------------------------------------------------------------------------------------------


@router.get(
    "/schools/{school_id}/orders", response={200: ActionOrderPage, 404: Problem}, operation_id="list_action_orders"
)
@needs(Right.ALARM_READ)
def list_action_orders(
    request: HttpRequest, school_id: UUID, cursor: str | None = None, limit: Limit = 20
) -> ActionOrderPage:
    """What the centre ordered this school to do, and whether the school has it."""
    return orders.find(actor_of(request), school_id, cursor=cursor, limit=limit)


@router.post("/schools/{school_id}/actions", response=ORDER, operation_id="order_action")
@needs(Right.ACTION_ORDER)
def order_action(request: HttpRequest, school_id: UUID, body: NewAction, key: Key = None) -> ActionOrder:
    """Order the school to hold, secure, lock down, evacuate or shelter."""
    return _ordered(request, key, body, school_id, body.action, body.kind)


@router.post("/schools/{school_id}/actions/all-clear", response=ORDER, operation_id="order_all_clear")
@needs(Right.ACTION_END)
def order_all_clear(request: HttpRequest, school_id: UUID, body: NewAllClear, key: Key = None) -> ActionOrder:
    """End the school's action."""
    return _ordered(request, key, body, school_id, orders.ALL_CLEAR, body.kind)


def _ordered(
    request: HttpRequest, key: str | None, body: Schema, school_id: UUID, action: ActionWord, kind: Kind
) -> ActionOrder:
    act = lambda: orders.order(actor_of(request), school_id, action, kind)  # noqa: E731
    return asked_once(request, key, body, act, ActionOrder)


# --- out of service ------------------------------------------------------------------------------------------------


@router.get("/out-of-service", response=OutOfServiceList, operation_id="list_out_of_service")
@needs(Right.ALARM_READ)
def list_out_of_service(request: HttpRequest, school: UUID | None = None) -> OutOfServiceList:
    """The points that are out of service now."""
    return points.standing(actor_of(request), school)


@router.put(
    "/schools/{school_id}/sources/{key}/out-of-service",
    response={200: OutOfService, 403: Problem, 404: Problem, 422: Problem},
    operation_id="take_out_of_service",
)
@needs(Right.POINT_OUT_OF_SERVICE)
def take_out_of_service(request: HttpRequest, school_id: UUID, key: str, body: NewOutOfService) -> OutOfService:
    """Declare a way in out of service until then. What it raises comes in as ever, and says so."""
    return points.take_out(actor_of(request), school_id, key, reason=body.reason, until=body.until)


@router.delete(
    "/schools/{school_id}/sources/{key}/out-of-service",
    response={204: None, 403: Problem, 404: Problem},
    operation_id="put_back_into_service",
)
@needs(Right.POINT_OUT_OF_SERVICE)
def put_back_into_service(request: HttpRequest, school_id: UUID, key: str) -> Status[None]:
    """It is in service again."""
    points.put_back(actor_of(request), school_id, key)
    return Status(204, None)


def _step(request: HttpRequest, alarm_id: UUID, key: str | None, body: Schema, step: Step, **said: Any) -> Alarm:
    """One step of an officer; `said` as `service.step` takes it."""
    return asked_once(request, key, body, lambda: service.step(actor_of(request), alarm_id, step, **said), Alarm)
