"""Use cases of checklists: an alarm's list is frozen when somebody opens the alarm; each tick is a line in its log."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.alarms import service as alarms
from qorgan.centre.alarms.models import Alarm
from qorgan.centre.dispatch.editions import edition
from qorgan.centre.dispatch.models import Checklist, ChecklistTick
from qorgan.centre.dispatch.schemas import Checklist as ChecklistOnTheWire
from qorgan.centre.dispatch.schemas import ChecklistItem
from qorgan.centre.wire import Name, Person
from qorgan.domain import checklists as domain
from qorgan.domain.access import Actor, Right
from qorgan.domain.alarms import ENDED, MAX_NOTE, Level
from qorgan.domain.checklists import Scenario, scenario_of, standing
from qorgan.kernel.errors import Conflict, NotFound


def freeze(alarm: Alarm, at: datetime) -> Checklist:
    """The list of a `locked` alarm, frozen now unless it is already. Lines of ticks say which edition it is."""
    found = Checklist.objects.filter(alarm=alarm).first()
    if found is not None:
        return found
    listed = _edition_for(alarm, _scenario(alarm))
    row = Checklist(alarm=alarm, opened_at=at)
    _take_over(row, listed)
    row.save(force_insert=True)
    return row


@transaction.atomic
def tick(actor: Actor, alarm_id: UUID, key: str, *, done: bool, note: str = "") -> ChecklistOnTheWire:
    """Say that an item is done, or take that back. What was so before changes and writes nothing.

    Raises `NotFound` (alarm; or `checklist.no_item`), `Conflict` with code `alarm.state` when the alarm is closed.
    """
    actor.require(Right.CHECKLIST_TICK)
    alarm = _open_and_locked(actor, alarm_id)
    now = timezone.now()
    row = freeze(alarm, now)
    item = next((one for one in row.items if one["key"] == key), None)
    if item is None:
        raise NotFound("the checklist of this alarm has no such item", code="checklist.no_item")
    ticked = row.ticks.filter(item=key).first()
    if done == (ticked is not None):
        return get(actor, alarm_id)
    if ticked is None:
        row.ticks.create(item=key, at=now, by_id=actor.user, note=clean.text(note, MAX_NOTE))
    else:
        ticked.delete()
    late_s = max(0.0, (now - _due(alarm, item)).total_seconds())
    text = {name: item[name] for name in ("kk", "ru", "en")}
    said = _said(row) | {"item": key, "text": text, "late_s": round(late_s, 1)}
    alarms.write_down(alarm, actor, now, "checked" if done else "unchecked", note, said)
    return get(actor, alarm_id)


@transaction.atomic
def choose(actor: Actor, alarm_id: UUID, scenario: Scenario) -> ChecklistOnTheWire:
    """Go on by another scenario's list, frozen now; items of the same key that are done stay done.

    Raises `Conflict` with code `alarm.state` when the alarm is closed.
    """
    actor.require(Right.CHECKLIST_TICK)
    alarm = _open_and_locked(actor, alarm_id)
    now = timezone.now()
    row = freeze(alarm, now)
    if row.scenario != scenario:
        before = row.scenario
        _take_over(row, _edition_for(alarm, scenario))
        row.save()
        row.ticks.exclude(item__in=[one["key"] for one in row.items]).delete()
        alarms.write_down(alarm, actor, now, "checklist", "", _said(row) | {"before": before})
    return get(actor, alarm_id)


def get(actor: Actor, alarm_id: UUID) -> ChecklistOnTheWire:
    """The alarm's list; the current edition while nobody has opened the alarm. Raises `NotFound`."""
    alarm = Alarm.objects.visible_to(actor).select_related("checklist").filter(pk=alarm_id).first()
    if alarm is None:
        raise NotFound("there is no such alarm in your territory")
    return view(alarm, timezone.now())


def view(alarm: Alarm, now: datetime) -> ChecklistOnTheWire:
    """An alarm's list as it stands."""
    row = Checklist.objects.filter(alarm=alarm).first()
    if row is None:
        row = Checklist(alarm=alarm)
        _take_over(row, _edition_for(alarm, _scenario(alarm)))
    ticks = {tick.item: tick for tick in row.ticks.select_related("by")} if row.opened_at else {}
    until = alarm.closed_at or now
    items = [_item(alarm, one, ticks.get(one["key"]), until) for one in row.items]
    counts = standing(((item.due_at, item.done_at) for item in items), until)
    return ChecklistOnTheWire(
        alarm=alarm.pk,
        scenario=Scenario(row.scenario),
        scenarios=list(Scenario),
        version=row.version,
        title=Name(**row.title),
        opened_at=row.opened_at,
        done=counts.done,
        late=counts.late,
        overdue=counts.overdue,
        items=items,
    )


def _item(alarm: Alarm, item: dict[str, Any], tick: ChecklistTick | None, until: datetime) -> ChecklistItem:
    due = _due(alarm, item)
    return ChecklistItem(
        key=item["key"],
        text=Name(kk=item["kk"], ru=item["ru"], en=item["en"]),
        due_s=item["due_s"],
        due_at=due,
        done_at=tick.at if tick else None,
        done_by=Person(id=tick.by.pk, name=tick.by.name) if tick else None,
        note=tick.note if tick else "",
        late_s=max(0.0, (tick.at - due).total_seconds()) if tick else None,
        overdue=tick is None and until > due,
    )


def _open_and_locked(actor: Actor, alarm_id: UUID) -> Alarm:
    alarm = alarms.locked(actor, alarm_id)
    if alarm.state in ENDED:
        raise Conflict(f"the alarm is {alarm.state}", code="alarm.state")
    return alarm


def _due(alarm: Alarm, item: dict[str, Any]) -> datetime:
    return alarm.received_at + timedelta(seconds=item["due_s"])


def _scenario(alarm: Alarm) -> Scenario:
    return scenario_of(Level(alarm.level), getattr(alarm, "meaning", ""))


def _edition_for(alarm: Alarm, scenario: Scenario) -> domain.Checklist:
    return edition(scenario, Level(alarm.level))


def _take_over(row: Checklist, listed: domain.Checklist) -> None:
    row.scenario, row.version = listed.scenario, listed.version
    row.title = {"kk": listed.title.kk, "ru": listed.title.ru, "en": listed.title.en}
    row.items = [
        {"key": one.key, "kk": one.text.kk, "ru": one.text.ru, "en": one.text.en, "due_s": one.due_s}
        for one in listed.items
    ]


def _said(row: Checklist) -> dict[str, Any]:
    return {"scenario": str(row.scenario), "version": row.version}
