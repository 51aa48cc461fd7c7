"""What is read back at a hand-over: everything of the centre's territory that the next shift has to know."""

from datetime import datetime
from typing import Any

from qorgan.centre.alarms.models import Alarm, OutOfService, Unit
from qorgan.centre.wire import Name, instant
from qorgan.domain.access import Actor
from qorgan.domain.duty import Item, Matter
from qorgan.domain.places import LocalText


def listed(actor: Actor, now: datetime) -> list[Item]:
    """Open alarms first, the gravest and oldest of them before all. All officers of a centre read the same."""
    alarms = Alarm.objects.visible_to(actor).still_open().select_related("school")
    points = OutOfService.objects.visible_to(actor).standing(now).select_related("school")
    units = Unit.objects.visible_to(actor).filter(state=Unit.State.OUT_OF_SERVICE)
    return [
        *(_alarm(row) for row in alarms.order_by("level", "received_at", "pk")),
        *(_point(row) for row in points.order_by("at", "pk")),
        *(_unit(row) for row in units.order_by("name_kk", "pk")),
    ]


def _alarm(row: Alarm) -> Item:
    said = {"level": row.level, "kind": row.kind, "state": row.state}
    if row.shelf_until is None:
        said |= _told(row.school.name, row.received_at, row.level, row.place)
        return Item(matter=Matter.ALARM, ref=str(row.pk), said=said)
    said |= _told(row.school.name, row.received_at, row.level, row.place, row.shelf_reason)
    return Item(matter=Matter.SHELVED, ref=str(row.pk), said=said | {"until": instant(row.shelf_until)})


def _point(row: OutOfService) -> Item:
    said = _told(row.school.name, row.at, row.key, row.reason)
    return Item(matter=Matter.POINT, ref=str(row.pk), said=said | {"until": instant(row.until)})


def _unit(row: Unit) -> Item:
    return Item(matter=Matter.UNIT, ref=str(row.pk), said=_told(row.name, row.since, row.reason))


def _told(title: LocalText, since: datetime | None, *details: str | LocalText) -> dict[str, Any]:
    """In three languages: what it is, since when, and what else has to be said of it."""
    parts = [Name.of(LocalText(kk=part) if isinstance(part, str) else part) for part in details if part]
    return {
        "title": Name.of(title).model_dump(),
        "detail": {language: " · ".join(getattr(part, language) for part in parts) for language in ("kk", "ru", "en")},
        "since": instant(since) if since else None,
    }
