"""Faults of streams on their way, as the recorder of a school's node confirmed them, beside those of the picture.

A spell of a stream opens, goes on and closes as one of a picture does. A stream that does not come says nothing: what
was wrong with it is not over. Pulses come every few seconds; rows are written when something changes, and of what
stays every `AGAIN`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.cameras.models import Camera
from qorgan.centre.quality import events, service
from qorgan.centre.quality.models import FaultSpell, PictureState
from qorgan.centre.schools.models import School
from qorgan.domain.cameras import CameraState, StreamName
from qorgan.domain.quality.delivery import HIGHEST, DeliveryFault
from qorgan.domain.quality.faults import Verdict
from qorgan.protocols.link.messages import CameraHealth, StreamHealth

AGAIN = timedelta(minutes=10)
Said = Mapping[str, float] | None  # fault → score of one stream; None: it does not come, and nobody knows
_KNOWN = frozenset(fault.value for fault in DeliveryFault)


@transaction.atomic
def take(school: School, healths: Iterable[CameraHealth], at: datetime) -> None:
    """How the streams of a school's cameras come, from a pulse of `at`. Older news changes nothing."""
    told = {health.key: _told(health) for health in healths if health.streams}
    wrong = {key for key, streams in told.items() if any(streams.values())}
    known = Camera.objects.filter(school=school, key__in=told)
    badly = PictureState.objects.filter(camera__school=school, delivered_badly=True).values_list("camera", flat=True)
    changing = known.filter(key__in=wrong) | known.filter(pk__in=badly)
    for camera in changing.select_related("school__district").order_by("pk"):
        if camera.health_at is None or at >= camera.health_at:
            _take(camera, told[camera.key], min(at, timezone.now()))


def _told(health: CameraHealth) -> dict[str, Said]:
    """By stream. One that the camera has no more has no faults either."""
    told: dict[str, Said] = {name.value: {} for name in StreamName}
    return told | {one.stream: _said(one) for one in health.streams if one.stream in told}


def _said(health: StreamHealth) -> Said:
    if health.state != CameraState.LIVE:
        return None
    return {
        fault: max(0.0, min(clean.number(score), HIGHEST))
        for fault, score in health.delivery.items()
        if fault in _KNOWN
    }


def _take(camera: Camera, told: Mapping[str, Said], at: datetime) -> None:
    state = PictureState.objects.select_for_update().filter(camera=camera).first()
    state = state or PictureState(camera=camera, at=at, since=at, verdict=Verdict.UNKNOWN.value)
    found = list(_found(state.delivery, told, at))
    if not found and not state.delivery:
        return
    if _names(found) == _names(state.delivery) and not _is_due(state.delivery, at):
        return
    state.delivery, state.delivered_badly = found, bool(found)
    state.weight = service.weight_of(state.verdict, state.found + found)
    state.save()
    _take_spells(camera, found, at)


def _found(before: list[dict[str, Any]], told: Mapping[str, Said], at: datetime) -> Iterable[dict[str, Any]]:
    """Every fault there is now; of a stream that does not come those that were."""
    known = {(one["stream"], one["fault"]): one for one in before}
    for stream, said in told.items():
        if said is None:
            yield from (one for one in before if one["stream"] == stream)
            continue
        for fault, score in said.items():
            since = known.get((stream, fault), {}).get("since", at.isoformat())
            yield {
                "fault": fault,
                "stream": stream,
                "verdict": Verdict.BAD.value,
                "since": since,
                "last_seen": at.isoformat(),
                "score": round(score, 2),
            }


def _names(found: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(one["stream"], one["fault"]) for one in found}


def _is_due(found: list[dict[str, Any]], at: datetime) -> bool:
    return any(at - datetime.fromisoformat(one["last_seen"]) >= AGAIN for one in found)


def _take_spells(camera: Camera, found: list[dict[str, Any]], at: datetime) -> None:
    open_ = FaultSpell.objects.filter(camera=camera, closed_at=None).exclude(stream="")
    going = {(spell.stream, spell.fault): spell for spell in open_}
    for one in found:
        spell = going.pop((one["stream"], one["fault"]), None)
        seen = datetime.fromisoformat(one["last_seen"])
        if spell is None:
            events.tell_opened(_opened(camera, one, seen))
        elif seen > spell.last_seen:
            spell.told, spell.last_seen, spell.score = spell.told + 1, seen, max(spell.score, one["score"])
            spell.save(update_fields=("told", "last_seen", "score"))
    for spell in going.values():
        spell.closed_at = at
        spell.save(update_fields=("closed_at",))


def _opened(camera: Camera, one: Mapping[str, Any], at: datetime) -> FaultSpell:
    return FaultSpell.objects.create(
        camera=camera,
        fault=one["fault"],
        stream=one["stream"],
        opened_at=datetime.fromisoformat(one["since"]),
        confirmed_at=at,
        last_seen=at,
        score=one["score"],
    )
