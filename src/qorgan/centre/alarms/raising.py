"""An alarm comes in: from a school, many in one transaction, or entered by an operator on behalf of a caller."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from qorgan.centre import bulk, clean
from qorgan.centre.alarms.events import alarms_changed, levels_changed
from qorgan.centre.alarms.events import raised as raised_signal
from qorgan.centre.alarms.incidents import gather_in
from qorgan.centre.alarms.models import Alarm, AlarmLog, OutOfService
from qorgan.centre.alarms.neighbours import neighbours
from qorgan.centre.alarms.schemas import Alarm as AlarmOnTheWire
from qorgan.centre.alarms.service import get
from qorgan.centre.schools.models import School
from qorgan.domain.access import Actor, Right
from qorgan.domain.alarms import MAX_NOTE, Kind, Level, Source, raised
from qorgan.kernel.errors import Conflict, NotFound
from qorgan.kernel.ids import uuid7
from qorgan.protocols.link.messages import AlarmRaised

MAX_CAMERAS = 50  # around one button
OPERATORS_POINT = "operator"  # the `button` of an alarm that came by telephone


@dataclass(frozen=True, slots=True)
class Raised:
    """One `alarm.raised` of a known school."""

    school: School
    message: AlarmRaised


@transaction.atomic
def store(raised: Sequence[Raised], received_at: datetime) -> list[Conflict | None]:
    """Store these alarms, those already stored excepted; for each None, or why it was refused.

    The same id from another school is refused with code `alarm.id_taken`: an alarm is never overwritten.
    """
    known = dict(Alarm.objects.filter(pk__in={one.message.alarm for one in raised}).values_list("pk", "school_id"))
    answers: list[Conflict | None] = []
    fresh: list[Raised] = []
    for one in raised:
        id = one.message.alarm
        if id not in known:
            fresh.append(one)
            known[id] = one.school.pk
        same = known[id] == one.school.pk
        answers.append(None if same else Conflict("another school has raised this id", code="alarm.id_taken"))
    if fresh:
        neighbour_of = neighbours() if any(one.message.level == Level.P1 for one in fresh) else _nobody
        alarms = [_new(one, received_at, neighbour_of) for one in fresh]
        _write(alarms, [_first_lines(alarm) for alarm in alarms], received_at)
    return answers


def _write(alarms: Sequence[Alarm], lines: Iterable[Sequence[AlarmLog]], now: datetime) -> None:
    _mark_out_of_service(alarms, now)
    gather_in(alarms, now)
    bulk.insert(alarms)
    bulk.insert([line for some in lines for line in some])
    raised_signal.send(Alarm, alarms=alarms)
    alarms_changed(sorted(alarms, key=lambda alarm: alarm.level))
    levels_changed(alarms)


def _mark_out_of_service(alarms: Sequence[Alarm], now: datetime) -> None:
    """A point that is out of service raises alarms as ever; they say so."""
    rows = OutOfService.objects.standing(now).filter(school__in={alarm.school_id for alarm in alarms})
    out = set(rows.values_list("school_id", "key"))
    for alarm in alarms:
        alarm.point_out_of_service = (alarm.school_id, alarm.button) in out


def _nobody(school: School) -> UUID | None:
    return None


def _new(one: Raised, received_at: datetime, neighbour_of: Callable[[School], UUID | None]) -> Alarm:
    said = one.message
    place_kk, place_ru, place_en = clean.local(said.place, 200, otherwise=said.button)
    alarm = Alarm(
        id=said.alarm,
        school=one.school,
        button=clean.text(said.button, 100),
        place_kk=place_kk,
        place_ru=place_ru,
        place_en=place_en,
        source=clean.text(said.source, 40),
        camera_keys=clean.keys(said.cameras, MAX_CAMERAS),
        pressed_at=clean.moment(said.pressed_at, otherwise=received_at),
        received_at=received_at,
        meaning=clean.text(said.meaning, 60),
        code=clean.text(said.code, 60),
        note=clean.text(said.note, MAX_NOTE),
        version=2,
        lines_written=2,
    )
    level, kind = Level.read(said.level), Kind.read(said.kind)
    neighbour = neighbour_of(one.school)
    alarm.become(raised(level, kind, received_at, neighbour=neighbour, duress=said.duress, presses=said.presses))
    return alarm


def _first_lines(alarm: Alarm) -> list[AlarmLog]:
    pressed = AlarmLog(alarm=alarm, at=alarm.pressed_at, action="pressed", data=_said(alarm))
    stored = AlarmLog(alarm=alarm, at=alarm.received_at, action="stored")
    pressed.after(None)
    return [pressed, stored.after(pressed)]


def _said(alarm: Alarm) -> dict[str, Any]:
    said = {"button": alarm.button, "source": alarm.source, "level": str(alarm.level), "kind": str(alarm.kind)}
    more = {"meaning": alarm.meaning, "code": alarm.code, "presses": alarm.presses, "duress": alarm.duress}
    return said | {key: value for key, value in more.items() if value and value != 1}


# --- by an operator ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a caller said, as the operator wrote it down."""

    school: UUID
    place: str
    level: Level
    kind: Kind = Kind.REAL
    meaning: str = ""
    note: str = ""
    duress: bool = False


@transaction.atomic
def on_behalf(actor: Actor, call: Call) -> AlarmOnTheWire:
    """An operator raises an alarm for somebody who called. Raises `Forbidden`, or `NotFound` for an unknown school."""
    actor.require(Right.ALARM_RAISE)
    school = School.objects.visible_to(actor).select_related("district").filter(pk=call.school).first()
    if school is None:
        raise NotFound("there is no such school in your territory")
    now = timezone.now()
    place = clean.text(call.place, 200)
    alarm = Alarm(
        id=uuid7(),
        school=school,
        button=OPERATORS_POINT,
        place_kk=place,
        source=Source.OPERATOR.value,
        pressed_at=now,
        received_at=now,
        meaning=clean.text(call.meaning, 60),
        note=clean.text(call.note, MAX_NOTE),
        version=1,
        lines_written=1,
    )
    alarm.become(raised(call.level, call.kind, now, neighbour=neighbours()(school), duress=call.duress))
    line = AlarmLog(alarm=alarm, actor_id=actor.user, at=now, action="raised", note=alarm.note, data=_said(alarm))
    _write([alarm], [[line.after(None)]], now)
    return get(actor, alarm.pk)


def again(closed: Alarm, *, id: UUID, at: datetime, duress: bool, now: datetime) -> Alarm:
    """A press of a point whose alarm the centre has closed, and the school did not know yet: a new alarm of its own."""
    alarm = Alarm(
        id=id,
        school=closed.school,
        button=closed.button,
        place_kk=closed.place_kk,
        place_ru=closed.place_ru,
        place_en=closed.place_en,
        source=closed.source,
        camera_keys=closed.camera_keys,
        pressed_at=at,
        received_at=now,
        meaning=closed.meaning,
        code=closed.code,
        version=2,
        lines_written=2,
    )
    neighbour = neighbours()(closed.school)
    alarm.become(raised(Level(closed.level), Kind(closed.kind), now, neighbour=neighbour, duress=duress))
    pressed, stored = _first_lines(alarm)
    _write([alarm], [[pressed, stored]], now)
    return alarm
