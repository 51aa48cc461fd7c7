"""Use cases of `dispatch`: units are offered calls and answer in ASAP's verbs, each one line in the alarm's log.

Locks are taken in one order: the person where one is locked, the alarm, the dispatch, its unit.
"""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.access import service as access
from qorgan.centre.access.models import User
from qorgan.centre.alarms import service as alarms
from qorgan.centre.alarms.events import stepped, unit_changed
from qorgan.centre.alarms.models import Alarm, Unit
from qorgan.centre.alarms.schemas import Alarm as AlarmOnTheWire
from qorgan.centre.alarms.schemas import Unit as UnitOnTheWire
from qorgan.centre.dispatch import checklists
from qorgan.centre.dispatch.models import Dispatch
from qorgan.centre.dispatch.schemas import Candidate, CandidateList, DispatchList
from qorgan.centre.dispatch.schemas import Dispatch as DispatchOnTheWire
from qorgan.centre.wire import Person
from qorgan.domain.access import Actor, Right
from qorgan.domain.alarms import ENDED, MAX_NOTE, NEXT, Case, State, Step
from qorgan.domain.alarms import apply as apply_to_case
from qorgan.domain.dispatch import (
    LOGGED_AS,
    MAX_NAME,
    MAX_REASON,
    MAX_RECORD,
    UNIT_IS,
    UnitState,
    Verb,
    Word,
    apply,
    distance_m,
)
from qorgan.kernel.errors import Conflict, NotFound

_MOVES = {
    Verb.ACCEPT: Step.DISPATCH,
    Verb.DEPART: Step.DEPART,
    Verb.ARRIVE: Step.ARRIVE,
    Verb.STABILISE: Step.STABILISE,
}
_SENT = frozenset({State.DISPATCHED, State.EN_ROUTE, State.ON_SCENE, State.STABILISED})


# --- sending -------------------------------------------------------------------------------------------------------


@transaction.atomic
def offer(actor: Actor, alarm_id: UUID, unit_id: UUID, *, note: str, word: Word | None = None) -> DispatchOnTheWire:
    """Offer a call to a unit of the actor's centre; with `word` the unit has accepted it at once.

    Raises `NotFound` (alarm, or `unit.not_found`), `Conflict` with code `alarm.state` when nobody has looked at the
    alarm yet or it is closed, with code `unit.not_free` when the unit has another call or is out of service.
    """
    actor.require(Right.ALARM_DISPATCH)
    alarm = alarms.locked(actor, alarm_id)
    if not _takes_units(alarm.case):
        raise Conflict(f"no unit is sent to an alarm that is {alarm.state}", code="alarm.state")
    unit = _unit(actor, unit_id)
    if unit.state != UnitState.FREE:
        raise Conflict(f"the unit is {unit.state}", code="unit.not_free")
    now = timezone.now()
    sent = Dispatch.objects.create(
        alarm=alarm, unit=unit, offered_at=now, offered_by_id=actor.user, note=clean.text(note, MAX_NOTE)
    )
    alarms.write_down(alarm, actor, now, "offered", note, _said(sent))
    _unit_becomes(unit, UnitState.OFFERED, now)
    if word is not None:
        _hear(actor, alarm, sent, unit, Verb.ACCEPT, _fit(word), "", now)
    return get(actor, sent.pk)


@transaction.atomic
def send(actor: Actor, alarm_id: UUID, unit_id: UUID, *, note: str) -> AlarmOnTheWire:
    """Offer a call that the unit has accepted by the officer's own word; the whole alarm. Raises as `offer`."""
    offer(actor, alarm_id, unit_id, note=note, word=Word(by=actor.name))
    return alarms.get(actor, alarm_id)


def _takes_units(case: Case) -> bool:
    return (case.state, Step.DISPATCH) in NEXT or case.state in _SENT


@transaction.atomic
def hear(actor: Actor, dispatch_id: UUID, verb: Verb, *, word: Word, note: str = "") -> DispatchOnTheWire:
    """Write down what was heard of a unit. A verb heard before changes and writes nothing.

    Raises `NotFound`, `Conflict` with code `dispatch.state`, `Invalid` as `domain.dispatch.apply`.
    """
    actor.require(Right.ALARM_DISPATCH)
    known = Dispatch.objects.visible_to(actor).filter(pk=dispatch_id).first()
    if known is None:
        raise NotFound("there is no such dispatch in your territory")
    alarm = alarms.locked(actor, known.alarm_id)
    sent = Dispatch.objects.select_for_update().get(pk=dispatch_id)
    unit = Unit.objects.select_for_update().get(pk=sent.unit_id)
    _hear(actor, alarm, sent, unit, verb, _fit(word), note, timezone.now())
    return get(actor, dispatch_id)


def _hear(
    actor: Actor, alarm: Alarm, sent: Dispatch, unit: Unit, verb: Verb, word: Word, note: str, now: datetime
) -> None:
    before, case = sent.call, alarm.case
    after = apply(before, verb, at=now, word=word)
    if after is before:
        return
    sent.become(after)
    sent.save()
    moved = _moved(case, verb, actor, sent, now)
    alarm.become(moved)
    said = _said(sent) | {key: value for key, value in _of(word).items() if value}
    alarms.write_down(alarm, actor, now, LOGGED_AS[verb], note, said)
    _unit_becomes(unit, UNIT_IS[after.state], now)
    if moved is not case:
        stepped.send(Alarm, alarm=alarm, before=case, actor=actor, at=now)


def _moved(case: Case, verb: Verb, actor: Actor, sent: Dispatch, now: datetime) -> Case:
    """The alarm's case after a unit's verb. An alarm that is further along already stays where it is."""
    step = _MOVES.get(verb)
    if step is None or (case.state, step) not in NEXT:
        return case
    return apply_to_case(case, step, actor=actor.user, at=now, unit=sent.unit_id)


def _fit(word: Word) -> Word:
    """What can be stored."""
    return Word(
        by=clean.text(word.by, MAX_NAME),
        record=clean.text(word.record, MAX_RECORD),
        reason=clean.text(word.reason, MAX_REASON),
    )


def _of(word: Word) -> dict[str, str]:
    return {"by": word.by, "record": word.record, "reason": word.reason}


def _said(sent: Dispatch) -> dict[str, Any]:
    return {"dispatch": str(sent.pk), "unit": {"id": str(sent.unit_id), "name": sent.unit.name_kk}}


def on_stepped(sender: object, alarm: Alarm, before: Case, actor: Actor, at: datetime, **_: object) -> None:
    """An alarm that somebody takes upon themselves gets its checklist; units still out at its closure are cleared.

    The closure's own line in the log is the line of those units, too.
    """
    if alarm.state not in ENDED:
        if alarm.owner_id is not None:
            checklists.freeze(alarm, at)
        return
    for sent in Dispatch.objects.under_way().select_for_update().filter(alarm=alarm):
        unit = Unit.objects.select_for_update().get(pk=sent.unit_id)
        call = apply(sent.call, Verb.CLEAR, at=at, word=Word(reason="the case was closed"))
        sent.become(call)
        sent.save()
        _unit_becomes(unit, UNIT_IS[call.state], at)


# --- units ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def take_out_of_service(actor: Actor, unit_id: UUID, reason: str) -> UnitOnTheWire:
    """It cannot be sent until it is put back. Raises `Conflict` with code `unit.not_free` when it has a call."""
    actor.require(Right.UNITS_EDIT)
    _lock_person(actor)
    unit = _unit(actor, unit_id)
    if unit.state not in (UnitState.FREE, UnitState.OUT_OF_SERVICE):
        raise Conflict(f"the unit is {unit.state}", code="unit.not_free")
    unit.reason = clean.text(reason, MAX_REASON)
    _unit_becomes(unit, UnitState.OUT_OF_SERVICE, timezone.now())
    _audit(actor, unit, "unit.out_of_service", {"reason": unit.reason})
    return alarms.unit_on_the_wire(unit)


@transaction.atomic
def put_in_service(actor: Actor, unit_id: UUID) -> UnitOnTheWire:
    """A unit that is out of service is free again; another one stays as it is."""
    actor.require(Right.UNITS_EDIT)
    _lock_person(actor)
    unit = _unit(actor, unit_id)
    if unit.state == UnitState.OUT_OF_SERVICE:
        unit.reason = ""
        _unit_becomes(unit, UnitState.FREE, timezone.now())
        _audit(actor, unit, "unit.in_service", {})
    return alarms.unit_on_the_wire(unit)


def _lock_person(actor: Actor) -> None:
    """Before the unit, as a write under an `Idempotency-Key` does: two orders of locks are a deadlock."""
    User.objects.select_for_update().get(pk=actor.user)


def _audit(actor: Actor, unit: Unit, action: str, data: dict[str, object]) -> None:
    access.audit(User.objects.get(pk=actor.user), action, {"unit": str(unit.pk)} | data)


def _unit(actor: Actor, unit_id: UUID) -> Unit:
    unit = Unit.objects.visible_to(actor).select_for_update().filter(pk=unit_id).first()
    if unit is None:
        raise NotFound("your centre has no such unit", code="unit.not_found")
    return unit


def _unit_becomes(unit: Unit, state: UnitState, at: datetime) -> None:
    unit.state, unit.since = state, at
    unit.save(update_fields=("state", "since", "reason"))
    unit_changed(unit)


# --- reading -------------------------------------------------------------------------------------------------------


def get(actor: Actor, dispatch_id: UUID) -> DispatchOnTheWire:
    row = Dispatch.objects.visible_to(actor).select_related("unit", "offered_by").filter(pk=dispatch_id).first()
    if row is None:
        raise NotFound("there is no such dispatch in your territory")
    return on_the_wire(row)


def of_alarm(actor: Actor, alarm_id: UUID) -> DispatchList:
    """Raises `NotFound` for an alarm that the actor may not see."""
    seen(actor, alarm_id)
    return DispatchList(items=[on_the_wire(row) for row in rows_of(actor, alarm_id)], next=None)


def rows_of(actor: Actor, alarm_id: UUID) -> Sequence[Dispatch]:
    return list(Dispatch.objects.visible_to(actor).select_related("unit", "offered_by").filter(alarm=alarm_id))


def seen(actor: Actor, alarm_id: UUID) -> Alarm:
    """The alarm, to be read. Raises `NotFound` when the actor may not see it."""
    alarm = Alarm.objects.visible_to(actor).select_related("school", "owner").filter(pk=alarm_id).first()
    if alarm is None:
        raise NotFound("there is no such alarm in your territory")
    return alarm


def candidates(actor: Actor, alarm_id: UUID) -> CandidateList:
    """The units of the actor's centre: free ones first, then nearest first, then by name."""
    school = seen(actor, alarm_id).school
    found: list[tuple[bool, float, Candidate]] = []
    for unit in Unit.objects.visible_to(actor).order_by("name_kk", "pk"):
        away = None
        if unit.lat is not None and unit.lon is not None:
            away = distance_m((school.lat, school.lon), (unit.lat, unit.lon))
        shown = Candidate(unit=alarms.unit_on_the_wire(unit), distance_m=away, located_at=unit.located_at)
        found.append((unit.state != UnitState.FREE, math.inf if away is None else away, shown))
    found.sort(key=lambda one: one[:2])
    return CandidateList(items=[one for _, _, one in found], next=None)


def on_the_wire(row: Dispatch) -> DispatchOnTheWire:
    call = row.call
    return DispatchOnTheWire(
        id=row.pk,
        alarm=row.alarm_id,
        unit=alarms.unit_on_the_wire(row.unit),
        state=call.state,
        note=row.note,
        offered_at=row.offered_at,
        offered_by=Person(id=row.offered_by.pk, name=row.offered_by.name),
        accepted_at=call.accepted_at,
        accepted_by=call.accepted_by,
        record=call.record,
        departed_at=call.departed_at,
        arrived_at=call.arrived_at,
        stabilised_at=call.stabilised_at,
        ended_at=call.ended_at,
        reason=call.reason,
    )
