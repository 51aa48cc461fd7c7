"""Use cases of `alarms`: officers act on an alarm and read alarms. Each deed is one transaction with its log lines.

How an alarm comes in stands in `raising.py`, what the school says of it later in `claims.py`, what time does in
`engine.py`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, cast
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from qorgan.centre.alarms.events import alarms_changed, stepped
from qorgan.centre.alarms.journal import Entry, append
from qorgan.centre.alarms.models import Alarm, AlarmLog, Incident, Unit
from qorgan.centre.alarms.schemas import Alarm as AlarmOnTheWire
from qorgan.centre.alarms.schemas import (
    AlarmPage,
    ClaimOnAlarm,
    Closing,
    Escalation,
    IncidentList,
    Interval,
    IntervalList,
    LogAction,
    LogLine,
    RungOfLadder,
    Shelf,
    UnitList,
    UnitState,
)
from qorgan.centre.alarms.schemas import Incident as IncidentOnTheWire
from qorgan.centre.alarms.schemas import Unit as UnitOnTheWire
from qorgan.centre.alarms.sharing import unshare
from qorgan.centre.wire import Name, Named, Person, page_of
from qorgan.domain.access import Actor, Right
from qorgan.domain.alarms import (
    ENDED,
    Called,
    Claim,
    Disposition,
    Kind,
    Level,
    Progress,
    Source,
    State,
    Step,
    Verdict,
    apply,
    due,
)
from qorgan.domain.alarms.intervals import intervals
from qorgan.kernel.errors import NotFound

STEP_RIGHT: Mapping[Step, Right] = MappingProxyType(
    {
        Step.PRESENT: Right.ALARM_ACKNOWLEDGE,
        Step.ACKNOWLEDGE: Right.ALARM_ACKNOWLEDGE,
        Step.RENEW: Right.ALARM_ACKNOWLEDGE,
        Step.RELEASE: Right.ALARM_ACKNOWLEDGE,
        Step.HAND_OVER: Right.ALARM_ACKNOWLEDGE,
        Step.CONFIRM: Right.ALARM_VERIFY,
        Step.LEAVE_UNVERIFIED: Right.ALARM_VERIFY,
        Step.REFUTE: Right.ALARM_VERIFY,
        Step.SHELVE: Right.ALARM_SHELVE,
        Step.CONFIRM_SHELF: Right.ALARM_SHELVE,
        Step.UNSHELVE: Right.ALARM_SHELVE,
        Step.CLOSE: Right.ALARM_CLOSE,
        Step.COUNTERSIGN: Right.ALARM_CONFIRM_CLOSURE,
        Step.WITHDRAW: Right.ALARM_CLOSE,
        Step.REVIEW: Right.ALARM_REVIEW,
    }
)
_LOGGED: Mapping[Step, LogAction] = MappingProxyType(
    {
        Step.PRESENT: "presented",
        Step.ACKNOWLEDGE: "owned",
        Step.RELEASE: "released",
        Step.HAND_OVER: "handed_over",
        Step.CONFIRM: "confirmed",
        Step.LEAVE_UNVERIFIED: "unverified",
        Step.REFUTE: "refuted",
        Step.SHELVE: "shelf_asked",
        Step.CONFIRM_SHELF: "shelved",
        Step.UNSHELVE: "unshelved",
        Step.COUNTERSIGN: "closed",
        Step.WITHDRAW: "withdrawn",
        Step.REVIEW: "reviewed",
    }
)


# --- officers act --------------------------------------------------------------------------------------------------


@transaction.atomic
def step(
    actor: Actor,
    alarm_id: UUID,
    step: Step,
    *,
    disposition: Disposition | None = None,
    note: str = "",
    until: datetime | None = None,
    data: dict[str, Any] | None = None,
) -> AlarmOnTheWire:
    """One step of one officer. A step that changes nothing writes nothing.

    Units are sent by the room `dispatch`. Raises `Forbidden`, `NotFound` (no such alarm for this actor), and as
    `domain.alarms.apply`.
    """
    actor.require(STEP_RIGHT[step])
    take_step(actor, locked(actor, alarm_id), step, disposition=disposition, note=note, until=until, data=data)
    return get(actor, alarm_id)


def take_step(
    actor: Actor,
    alarm: Alarm,
    step: Step,
    *,
    disposition: Disposition | None = None,
    note: str = "",
    until: datetime | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """As `step`, of an alarm that the running transaction has `locked`; the right was looked at."""
    before, now = alarm.case, timezone.now()
    after = apply(before, step, actor=actor.user, at=now, disposition=disposition, note=note, until=until)
    if after is before:
        return
    alarm.become(after)
    if step is Step.RENEW:
        alarm.version += 1
        alarm.save(update_fields=("lease_until", "next_at", "version"))
        alarms_changed([alarm])
        return
    said = dict(data or {})
    if disposition is not None:
        said["disposition"] = disposition.value
    if until is not None:
        said["until"] = until.isoformat()
    action = _LOGGED.get(step) or ("signed" if after.open else "closed")
    entry = Entry(alarm=alarm, at=now, action=action, actor=actor.user, note=note, data=said)
    append([entry], levels=before.open != after.open)
    if before.open and not after.open:
        unshare(alarm)
    stepped.send(Alarm, alarm=alarm, before=before, actor=actor, at=now)


@transaction.atomic
def present(actor: Actor, drawn: Mapping[UUID, datetime | None]) -> int:
    """This officer's screen drew these alarms; how many of them no screen had drawn before."""
    actor.require(Right.ALARM_ACKNOWLEDGE)
    rows = Alarm.objects.visible_to(actor).filter(pk__in=drawn, state=State.STORED)
    fresh = list(rows.select_for_update(of=("self",)).select_related("school__district").order_by("pk"))
    now, entries = timezone.now(), []
    befores = {alarm.pk: alarm.case for alarm in fresh}
    for alarm in fresh:
        alarm.become(apply(befores[alarm.pk], Step.PRESENT, actor=actor.user, at=now))
        at = drawn[alarm.pk]
        data = {"drawn_at": at.isoformat()} if at else {}
        entries.append(Entry(alarm=alarm, at=now, action="presented", actor=actor.user, data=data))
    append(entries)
    for alarm in fresh:
        stepped.send(Alarm, alarm=alarm, before=befores[alarm.pk], actor=actor, at=now)
    return len(fresh)


@transaction.atomic
def note(actor: Actor, alarm_id: UUID, text: str) -> AlarmOnTheWire:
    """A note of an officer in the log, also of a closed alarm."""
    actor.require(Right.ALARM_VERIFY)
    write_down(locked(actor, alarm_id), actor, timezone.now(), "noted", text, {})
    return get(actor, alarm_id)


def locked(actor: Actor, alarm_id: UUID) -> Alarm:
    """The alarm, to be changed by this transaction alone. Raises `NotFound` as `get`."""
    rows = Alarm.objects.visible_to(actor).select_for_update(of=("self",)).select_related("school__district")
    found = rows.filter(pk=alarm_id).first()
    if found is None:
        raise NotFound("there is no such alarm in your territory")
    return found


def write_down(alarm: Alarm, actor: Actor, at: datetime, action: str, note: str, data: dict[str, Any]) -> None:
    """One more line of this person in the log of a `locked` alarm; saves the alarm with it and announces it."""
    append([Entry(alarm=alarm, at=at, action=str(action), actor=actor.user, note=note, data=data)])


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


def measured(actor: Actor, alarm_id: UUID) -> IntervalList:
    """How long each part of handling it took. Raises `NotFound` as `get`."""
    log = [(line.action, line.at) for line in get(actor, alarm_id).log]
    found = [Interval(name=part.name, start=part.start, end=part.end, seconds=part.seconds) for part in intervals(log)]
    return IntervalList(items=found, next=None)


def incidents(actor: Actor) -> IncidentList:
    """The mass events that go on and have an alarm that the actor may see."""
    rows = Incident.objects.visible_to(actor).filter(ended_at=None).counted().order_by("-opened_at", "-pk")
    return IncidentList(items=[incident_on_the_wire(row) for row in rows], next=None)


def units(actor: Actor) -> UnitList:
    """The units that the actor's centre can send."""
    rows = Unit.objects.visible_to(actor).order_by("name_kk", "pk")
    return UnitList(items=[unit_on_the_wire(row) for row in rows], next=None)


def unit_on_the_wire(row: Unit) -> UnitOnTheWire:
    return UnitOnTheWire(
        id=row.pk, name=Name.of(row.name), state=cast(UnitState, row.state), since=row.since, reason=row.reason
    )


def incident_on_the_wire(row: Incident) -> IncidentOnTheWire:
    """A row read `counted()`."""
    return IncidentOnTheWire(
        id=row.pk,
        region=row.region_id,
        kind=Kind(row.kind),
        opened_at=row.opened_at,
        last_at=row.last_at,
        ended_at=row.ended_at,
        alarms_total=row.alarms_total,
        alarms_open=row.alarms_open,
    )


def on_the_wire(row: Alarm) -> AlarmOnTheWire:
    """A row read `whole()`. What is told is made of our own columns: it is put together without being checked again,
    which would take three quarters of the time."""
    ids = {camera.key: camera.pk for camera in row.school.cameras.all()}
    lines = [_line(line) for line in row.lines.all()]
    return AlarmOnTheWire.model_construct(
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
        owner=_person(row.owner),
        verdict=Verdict(row.verdict) if row.verdict else None,
        unit=unit_on_the_wire(row.unit) if row.unit else None,
        disposition=Disposition(row.disposition) if row.disposition else None,
        closed_at=row.closed_at,
        version=row.version,
        cameras=[ids[key] for key in row.camera_keys if key in ids],
        meaning=row.meaning,
        code=row.code,
        duress=row.duress,
        note=row.note,
        presses=row.presses,
        alerts=row.alerts,
        lease_until=row.lease_until,
        escalation=_escalation(row),
        claims=_claims(lines),
        claimed=row.claimed,
        returned_at=row.returned_at,
        shelf=_shelf(row),
        closing=_closing(row),
        two_persons=row.two_persons,
        confirmed_by=_person(row.confirmed_by),
        parent=row.parent_id,
        shared_with=Named(id=row.shared_with.pk, name=Name.of(row.shared_with.name)) if row.shared_with else None,
        point_out_of_service=row.point_out_of_service,
        presser=None if row.source == Source.OPERATOR else Progress(row.presser_told),
        log=lines,
    )


def _person(user: Any) -> Person | None:
    return Person.model_construct(id=user.pk, name=user.name) if user else None


def _escalation(row: Alarm) -> Escalation:
    ladder = [RungOfLadder.model_construct(after_s=rung["after_s"], to=Called(rung["to"])) for rung in row.ladder]
    next_at = due(row.case) if row.waiting_since is not None else None
    return Escalation.model_construct(rung=row.rung, next_at=next_at, ladder=ladder)


def _claims(lines: Sequence[LogLine]) -> list[ClaimOnAlarm]:
    return [
        ClaimOnAlarm(
            claim=Claim(line.data["claim"]),
            at=datetime.fromisoformat(line.data["at"]),
            by=line.data["by"],
            duress=line.data["duress"],
            actor=line.actor,
        )
        for line in lines
        if line.action == "claimed"
    ]


def _shelf(row: Alarm) -> Shelf | None:
    by = _person(row.shelf_by)
    if by is None or row.shelf_until is None:
        return None
    return Shelf(by=by, reason=row.shelf_reason, until=row.shelf_until, confirmed_by=_person(row.shelf_confirmed_by))


def _closing(row: Alarm) -> Closing | None:
    by = _person(row.closing_by)
    if by is None or row.closing_at is None:
        return None
    disposition = Disposition(str(row.closing_disposition))
    return Closing(by=by, disposition=disposition, note=row.closing_note, at=row.closing_at)


def _line(line: AlarmLog) -> LogLine:
    return LogLine.model_construct(
        at=line.at,
        actor=_person(line.actor),
        action=cast(LogAction, line.action),
        note=line.note,
        data=line.data,
    )
