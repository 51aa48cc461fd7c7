"""The alarms' logs: lines are appended to locked alarms, one or many at once, and announced."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from qorgan.centre import bulk, clean
from qorgan.centre.alarms.events import alarms_changed, levels_changed
from qorgan.centre.alarms.models import Alarm, AlarmLog
from qorgan.domain.alarms import MAX_NOTE

LINE = ("id", "alarm_id", "actor_id", "number", "at", "action", "note", "data", "previous", "digest")
_FIXED = frozenset({"id", "school_id", "pressed_at", "received_at", "source", "button", "kind"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line to be. Without an actor a machine did it."""

    alarm: Alarm
    at: datetime
    action: str
    actor: UUID | None = None
    note: str = ""
    data: dict[str, Any] = field(default_factory=dict)


def append(entries: Sequence[Entry], *, levels: bool = False) -> None:
    """Write these lines, in order; save their alarms with them, and announce these, P1 first.

    The alarms are locked by the running transaction. `levels`: the schools' gravest levels may have changed.
    """
    alarms = {entry.alarm.pk: entry.alarm for entry in entries}
    newest = AlarmLog.objects.filter(alarm__among=list(alarms), number=F("alarm__lines_written"))
    last: dict[UUID, AlarmLog] = {line.alarm_id: line for line in newest}
    lines: list[AlarmLog] = []
    for entry in entries:
        line = _line(entry).after(last.get(entry.alarm.pk))
        last[entry.alarm.pk] = line
        entry.alarm.lines_written = line.number
        entry.alarm.version += 1
        lines.append(line)
    bulk.insert(AlarmLog, LINE, [bulk.Alike({}, [tuple(getattr(line, name) for name in LINE) for line in lines])])
    save(list(alarms.values()))
    alarms_changed(sorted(alarms.values(), key=lambda alarm: alarm.level))
    if levels:
        levels_changed(alarms.values())


def save(alarms: Sequence[Alarm]) -> None:
    """Save what changed of these alarms, of many as of one in one statement."""
    bulk.update(alarms, sorted({name for alarm in alarms for name in alarm.changed()} - _FIXED))
    for alarm in alarms:
        alarm.is_as_stored()


def _line(entry: Entry) -> AlarmLog:
    return AlarmLog(
        alarm=entry.alarm,
        actor_id=entry.actor,
        at=entry.at,
        action=entry.action,
        note=clean.text(entry.note, MAX_NOTE),
        data=entry.data,
    )
