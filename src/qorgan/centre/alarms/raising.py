"""An alarm comes in: from a school, many in one transaction, or entered by an operator on behalf of a caller."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from qorgan.centre import bulk, clean, ledger
from qorgan.centre.alarms.events import alarms_raised
from qorgan.centre.alarms.incidents import gather_in
from qorgan.centre.alarms.journal import LINE
from qorgan.centre.alarms.models import Alarm, AlarmLog, OutOfService
from qorgan.centre.alarms.neighbours import neighbours
from qorgan.centre.alarms.schemas import Alarm as AlarmOnTheWire
from qorgan.centre.alarms.service import get
from qorgan.centre.schools.models import Located, School
from qorgan.domain.access import Actor, Right
from qorgan.domain.alarms import MAX_NOTE, Case, Kind, Level, Source, raised
from qorgan.kernel.errors import Conflict, NotFound
from qorgan.kernel.ids import uuid7, uuid7s
from qorgan.protocols.link.messages import AlarmRaised

MAX_CAMERAS = 50  # around one button
OPERATORS_POINT = "operator"  # the `button` of an alarm that came by telephone


@dataclass(frozen=True, slots=True)
class Raised:
    """One `alarm.raised` of a known school."""

    school: Located
    message: AlarmRaised


@dataclass(slots=True, kw_only=True)
class Fresh:
    """An alarm that is about to be stored, and what begins its log. No model: fifty columns, most of them `case`'s."""

    id: UUID
    school: Located
    case: Case  # one object for all that are alike
    button: str
    place: tuple[str, str, str]  # kk, ru, en
    source: str
    pressed_at: datetime
    received_at: datetime
    cameras: list[str] = field(default_factory=list)
    meaning: str = ""
    code: str = ""
    note: str = ""
    by: UUID | None = None  # the operator who entered it; the school pressed otherwise
    out_of_service: bool = False
    incident: UUID | None = None
    durable_at: datetime | None = None  # the school's clock


@transaction.atomic
def store(raised: Sequence[Raised], received_at: datetime) -> list[Conflict | None]:
    """Store these alarms, those already stored excepted; for each None, or why it was refused.

    The same id from another school is refused with code `alarm.id_taken`: an alarm is never overwritten.
    """
    ids = {one.message.alarm for one in raised}
    known = dict(Alarm.objects.filter(pk__among=ids).values_list("pk", "school_id")) if ids else {}
    answers: list[Conflict | None] = []
    fresh: list[Raised] = []
    for one in raised:
        id = one.message.alarm
        if id not in known:
            fresh.append(one)
            known[id] = one.school.id
        same = known[id] == one.school.id
        answers.append(None if same else Conflict("another school has raised this id", code="alarm.id_taken"))
    if fresh:
        case_of = _cases(received_at)
        _write([_fresh(one, received_at, case_of) for one in fresh], received_at)
    return answers


Cases = Callable[[Level, Kind, bool, int, Located], Case]


def _cases(at: datetime) -> Cases:
    """Makes the case of an alarm raised at `at`; one for all that are alike."""
    neighbour_of = cache(neighbours)  # read when the first P1 comes
    case_of = cache(
        lambda level, kind, duress, presses, neighbour: raised(
            level, kind, at, neighbour=neighbour, duress=duress, presses=presses
        )
    )

    def find(level: Level, kind: Kind, duress: bool, presses: int, school: Located) -> Case:
        neighbour = neighbour_of()(school) if level is Level.P1 or duress else None
        return case_of(level, kind, duress, presses, neighbour)

    return find


def _fresh(one: Raised, received_at: datetime, case_of: Cases) -> Fresh:
    said = one.message
    return Fresh(
        id=said.alarm,
        school=one.school,
        case=case_of(Level.read(said.level), Kind.read(said.kind), said.duress, said.presses, one.school),
        button=clean.text(said.button, 100),
        place=clean.local(said.place, 200, otherwise=said.button),
        source=clean.text(said.source, 40),
        cameras=clean.keys(said.cameras, MAX_CAMERAS),
        pressed_at=clean.moment(said.pressed_at, otherwise=received_at),
        received_at=received_at,
        meaning=clean.text(said.meaning, 60),
        code=clean.text(said.code, 60),
        note=clean.text(said.note, MAX_NOTE),
        durable_at=clean.moment(said.durable_at, otherwise=received_at) if said.durable_at else None,
    )


# --- rows ----------------------------------------------------------------------------------------------------------

_OWN = (
    "id",
    "school_id",
    "button",
    "place_kk",
    "place_ru",
    "place_en",
    "source",
    "camera_keys",
    "pressed_at",
    "meaning",
    "code",
    "note",
    "point_out_of_service",
    "parent_id",
)


def _write(alarms: Sequence[Fresh], now: datetime) -> None:
    _mark_out_of_service(alarms, now)
    gather_in(alarms, now)
    alike: dict[tuple[int, int], list[Fresh]] = {}
    for alarm in alarms:
        alike.setdefault((id(alarm.case), _lines_of(alarm)), []).append(alarm)
    bulk.insert(Alarm, _OWN, [bulk.Alike(_common(some[0]), [_row(one) for one in some]) for some in alike.values()])
    ids = iter(uuid7s(sum(map(_lines_of, alarms))))
    bulk.insert(AlarmLog, LINE, [bulk.Alike({}, [line for alarm in alarms for line in _first_lines(alarm, ids)])])
    alarms_raised([(alarm.id, alarm.school, alarm.case.level) for alarm in alarms])


def _mark_out_of_service(alarms: Sequence[Fresh], now: datetime) -> None:
    """A point that is out of service raises alarms as ever; they say so."""
    rows = OutOfService.objects.standing(now).filter(school__among={alarm.school.id for alarm in alarms})
    if out := set(rows.values_list("school_id", "key")):
        for alarm in alarms:
            alarm.out_of_service = (alarm.school.id, alarm.button) in out


def _common(alarm: Fresh) -> dict[str, Any]:
    """The columns that all alarms of this case share: those that `Alarm.become` writes, and what is empty at first."""
    lines = _lines_of(alarm)
    row = Alarm(received_at=alarm.received_at, version=lines, lines_written=lines)
    row.become(alarm.case)
    names = (column.attname for column in Alarm._meta.local_concrete_fields)
    return {name: getattr(row, name) for name in names if name not in _OWN}


def _row(alarm: Fresh) -> tuple[Any, ...]:
    return (
        alarm.id,
        alarm.school.id,
        alarm.button,
        *alarm.place,
        alarm.source,
        alarm.cameras,
        alarm.pressed_at,
        alarm.meaning,
        alarm.code,
        alarm.note,
        alarm.out_of_service,
        alarm.incident,
    )


def _lines_of(alarm: Fresh) -> int:
    return 2 if alarm.by is None else 1


def _first_lines(alarm: Fresh, ids: Iterator[UUID]) -> list[tuple[Any, ...]]:
    """One line for what an operator entered; two for a press: that, by the school's clock, and that it was stored."""
    said = _said(alarm)
    if alarm.by is not None:
        return [_line(next(ids), alarm, 1, alarm.received_at, "raised", said, ledger.GENESIS, note=alarm.note)]
    pressed = _line(next(ids), alarm, 1, alarm.pressed_at, "pressed", said, ledger.GENESIS)
    return [pressed, _line(next(ids), alarm, 2, alarm.received_at, "stored", {}, pressed[-1])]


def _line(
    id: UUID, alarm: Fresh, number: int, at: datetime, action: str, data: dict[str, Any], previous: str, note: str = ""
) -> tuple[Any, ...]:
    """A chained line, in the order of `LINE`."""
    said = ledger.canonical_words(AlarmLog.saying(alarm.by, action, note, data))
    digest = ledger.digest(previous, id=id, subject=alarm.id, number=number, at=at, said=said)
    return id, alarm.id, alarm.by, number, at, action, note, data, previous, digest


def _said(alarm: Fresh) -> dict[str, Any]:
    case = alarm.case
    said = {"button": alarm.button, "source": alarm.source, "level": case.level.value, "kind": case.kind.value}
    more = {"meaning": alarm.meaning, "code": alarm.code, "presses": case.presses, "duress": case.duress}
    more["durable_at"] = alarm.durable_at.isoformat() if alarm.durable_at else ""
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
    alarm = Fresh(
        id=uuid7(),
        school=school.located,
        case=_cases(now)(call.level, call.kind, call.duress, 1, school.located),
        button=OPERATORS_POINT,
        place=(clean.text(call.place, 200), "", ""),
        source=Source.OPERATOR.value,
        pressed_at=now,
        received_at=now,
        meaning=clean.text(call.meaning, 60),
        note=clean.text(call.note, MAX_NOTE),
        by=actor.user,
    )
    _write([alarm], now)
    return get(actor, alarm.id)


def again(closed: Alarm, *, id: UUID, at: datetime, duress: bool, now: datetime) -> None:
    """A press of a point whose alarm the centre has closed, and the school did not know yet: a new alarm of its own."""
    school = closed.school.located
    alarm = Fresh(
        id=id,
        school=school,
        case=_cases(now)(Level(closed.level), Kind(closed.kind), duress, 1, school),
        button=closed.button,
        place=(closed.place_kk, closed.place_ru, closed.place_en),
        source=closed.source,
        cameras=closed.camera_keys,
        pressed_at=at,
        received_at=now,
        meaning=closed.meaning,
        code=closed.code,
    )
    _write([alarm], now)
