"""Use cases of `alarms`: an alarm comes in, officers act on it. Each is one transaction with its lines in the log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.alarms.events import alarms_changed, stepped
from qorgan.centre.alarms.models import Alarm, AlarmLog, Unit
from qorgan.centre.alarms.schemas import Alarm as AlarmOnTheWire
from qorgan.centre.alarms.schemas import AlarmPage, LogAction, LogLine, UnitList, UnitState
from qorgan.centre.alarms.schemas import Unit as UnitOnTheWire
from qorgan.centre.ledger import chain
from qorgan.centre.schools.models import School
from qorgan.centre.wire import Name, Person, page_of
from qorgan.domain.access import Actor, Right
from qorgan.domain.alarms import ENDED, MAX_NOTE, Disposition, Kind, Level, State, Step, Verdict, apply
from qorgan.kernel.errors import Conflict, NotFound
from qorgan.protocols.link.messages import AlarmRaised

MAX_CAMERAS = 50  # around one button
STEP_RIGHT = {
    Step.PRESENT: Right.ALARM_ACKNOWLEDGE,
    Step.ACKNOWLEDGE: Right.ALARM_ACKNOWLEDGE,
    Step.CONFIRM: Right.ALARM_VERIFY,
    Step.LEAVE_UNVERIFIED: Right.ALARM_VERIFY,
    Step.REFUTE: Right.ALARM_VERIFY,
    Step.CLOSE: Right.ALARM_CLOSE,
}


# --- an alarm comes in ---------------------------------------------------------------------------------------------


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
    fresh: list[Alarm] = []
    for one in raised:
        id = one.message.alarm
        if id not in known:
            fresh.append(_new(one, received_at))
            known[id] = one.school.pk
        same = known[id] == one.school.pk
        answers.append(None if same else Conflict("another school has raised this id", code="alarm.id_taken"))
    Alarm.objects.bulk_create(fresh)
    AlarmLog.objects.bulk_create([line for alarm in fresh for line in _first_lines(alarm)])
    alarms_changed(fresh)
    return answers


def _new(one: Raised, received_at: datetime) -> Alarm:
    said = one.message
    place_kk, place_ru, place_en = clean.local(said.place, 200, otherwise=said.button)
    return Alarm(
        id=said.alarm,
        school=one.school,
        button=clean.text(said.button, 100),
        place_kk=place_kk,
        place_ru=place_ru,
        place_en=place_en,
        level=Level.read(said.level),
        kind=Kind.read(said.kind),
        source=clean.text(said.source, 40),
        camera_keys=clean.keys(said.cameras, MAX_CAMERAS),
        pressed_at=clean.moment(said.pressed_at, otherwise=received_at),
        received_at=received_at,
        version=2,
    )


def _first_lines(alarm: Alarm) -> list[AlarmLog]:
    said = {"button": alarm.button, "source": alarm.source, "level": str(alarm.level), "kind": str(alarm.kind)}
    pressed = AlarmLog(alarm=alarm, at=alarm.pressed_at, action="pressed", data=said)
    stored = AlarmLog(alarm=alarm, at=alarm.received_at, action="stored")
    return [line for line in chain([pressed, stored]) if isinstance(line, AlarmLog)]


# --- officers act --------------------------------------------------------------------------------------------------


@transaction.atomic
def step(
    actor: Actor,
    alarm_id: UUID,
    step: Step,
    *,
    disposition: Disposition | None = None,
    note: str = "",
    data: dict[str, Any] | None = None,
) -> AlarmOnTheWire:
    """One step of one officer. A step that changes nothing writes nothing.

    Units are sent by the room `dispatch`. Raises `Forbidden`, `NotFound` (no such alarm for this actor), `Conflict`
    with code `alarm.state`.
    """
    actor.require(STEP_RIGHT[step])
    found = locked(actor, alarm_id)
    before, now = found.case, timezone.now()
    after = apply(before, step, actor=actor.user, at=now, disposition=disposition)
    if after is not before:
        found.become(after)
        said = dict(data or {})
        if disposition is not None:
            said["disposition"] = disposition.value
        write_down(found, actor, now, after.state, note, said)
        stepped.send(Alarm, alarm=found, before=before, actor=actor, at=now)
    return get(actor, alarm_id)


def locked(actor: Actor, alarm_id: UUID) -> Alarm:
    """The alarm, to be changed by this transaction alone. Raises `NotFound` as `get`."""
    found = Alarm.objects.visible_to(actor).select_for_update(of=("self",)).filter(pk=alarm_id).first()
    if found is None:
        raise NotFound("there is no such alarm in your territory")
    return found


def write_down(alarm: Alarm, actor: Actor, at: datetime, action: str, note: str, data: dict[str, Any]) -> None:
    """One more line of this person in the log of a `locked` alarm; saves the alarm with it and announces it."""
    last = AlarmLog.objects.filter(alarm=alarm).order_by("-number").first()
    text = clean.text(note, MAX_NOTE)
    line = AlarmLog(alarm=alarm, actor_id=actor.user, at=at, action=str(action), note=text, data=data).after(last)
    line.save()
    alarm.version = line.number
    alarm.save()
    alarms_changed([alarm])


# --- reading -------------------------------------------------------------------------------------------------------


def find(
    actor: Actor, *, state: Literal["open", "closed"] | None, school: UUID | None, cursor: str | None, limit: int
) -> AlarmPage:
    """A page of alarms, newest first."""
    rows = Alarm.objects.visible_to(actor).whole()
    if state == "open":
        rows = rows.still_open()
    elif state == "closed":
        rows = rows.filter(state__in=ENDED)
    if school is not None:
        rows = rows.filter(school=school)
    found, following = page_of(rows, newest_by="received_at", cursor=cursor, limit=limit)
    return AlarmPage(items=[on_the_wire(row) for row in found], next=following)


def get(actor: Actor, alarm_id: UUID) -> AlarmOnTheWire:
    """Raises `NotFound` for an alarm that the actor may not see, as for one that is not there."""
    row = Alarm.objects.visible_to(actor).whole().filter(pk=alarm_id).first()
    if row is None:
        raise NotFound("there is no such alarm in your territory")
    return on_the_wire(row)


def units(actor: Actor) -> UnitList:
    """The units that the actor's centre can send."""
    rows = Unit.objects.visible_to(actor).order_by("name_kk", "pk")
    return UnitList(items=[unit_on_the_wire(row) for row in rows], next=None)


def unit_on_the_wire(row: Unit) -> UnitOnTheWire:
    return UnitOnTheWire(
        id=row.pk, name=Name.of(row.name), state=cast(UnitState, row.state), since=row.since, reason=row.reason
    )


def on_the_wire(row: Alarm) -> AlarmOnTheWire:
    """A row read `whole()`."""
    ids = {camera.key: camera.pk for camera in row.school.cameras.all()}
    return AlarmOnTheWire(
        id=row.pk,
        school=row.school_id,
        school_name=Name.of(row.school.name),
        site=row.school.site,
        button=row.button,
        place=Name.of(row.place),
        level=Level(row.level),
        kind=Kind(row.kind),
        source=row.source,
        state=State(row.state),
        pressed_at=row.pressed_at,
        received_at=row.received_at,
        presented_at=row.presented_at,
        owner=Person(id=row.owner.pk, name=row.owner.name) if row.owner else None,
        verdict=Verdict(row.verdict) if row.verdict else None,
        unit=unit_on_the_wire(row.unit) if row.unit else None,
        disposition=Disposition(row.disposition) if row.disposition else None,
        closed_at=row.closed_at,
        version=row.version,
        cameras=[ids[key] for key in row.camera_keys if key in ids],
        log=[_line(line) for line in row.lines.all()],
    )


def _line(line: AlarmLog) -> LogLine:
    actor = Person(id=line.actor.pk, name=line.actor.name) if line.actor else None
    return LogLine(at=line.at, actor=actor, action=cast(LogAction, line.action), note=line.note, data=line.data)
