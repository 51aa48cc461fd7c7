"""Use cases of `nodes`: writing down what came off the board, and putting it back after a restart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.cameras import service as cameras
from qorgan.centre.cameras.events import cameras_changed
from qorgan.centre.cameras.models import Camera
from qorgan.centre.intake.models import Inbox
from qorgan.centre.nodes.board import GAP_AFTER_S, News
from qorgan.centre.nodes.models import DiskForecast, Node
from qorgan.centre.nodes.schemas import Disk, Storage
from qorgan.centre.quality import delivery
from qorgan.centre.schools.events import school_changed
from qorgan.centre.schools.models import School
from qorgan.domain.access import Actor
from qorgan.kernel.clock import EPOCH
from qorgan.kernel.errors import NotFound
from qorgan.kernel.ids import SiteId
from qorgan.protocols.link.messages import DiskHealth, StorageForecast
from qorgan.protocols.link.sealing import is_public_key

MAX_DISKS = 32  # of one school


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A node as the database knows it.

    `arrived` are the seqs stored after `complete_to` was written, as they came, each with how many seconds ago.
    """

    site: SiteId
    online: bool
    heard_at: datetime | None
    started_at: datetime | None
    complete_to: int
    missing: int
    arrived: tuple[tuple[int, float], ...]


def remembered() -> list[Remembered]:
    """All nodes, for a board that starts."""
    found, now = [], timezone.now()
    for node in Node.objects.select_related("school"):
        later = Inbox.objects.filter(site=node.school.site, seq__gt=node.complete_to).order_by("received_at", "seq")
        found.append(
            Remembered(
                site=SiteId(node.school.site),
                online=node.state == Node.State.ONLINE,
                heard_at=node.last_pulse_at,
                started_at=node.started_at,
                complete_to=node.complete_to,
                missing=node.missing,
                arrived=tuple((seq, _age_s(at, now)) for seq, at in later.values_list("seq", "received_at")),
            )
        )
    return found


def _age_s(received_at: datetime, now: datetime) -> float:
    """How long ago a message came. After a clock was put back nobody knows: then a gap before it is told at once."""
    age_s = (now - received_at).total_seconds()
    return age_s if age_s >= 0 else GAP_AFTER_S


@transaction.atomic
def record(news: Sequence[News]) -> None:
    """Write the news, oldest first. Nodes of sites that are in no registry are passed over."""
    sites = {one.site for one in news}
    schools = {s.site: s for s in School.objects.select_related("district").filter(site__in=sites)}
    for one in news:
        if one.site in schools:
            _record(schools[one.site], one)


def software(school: School, version: str) -> None:
    """The node told what it runs."""
    node, _ = Node.objects.get_or_create(school=school, defaults={"state": Node.State.SILENT})
    node.software = clean.text(version, 100)
    node.save(update_fields=("software",))


def take_seal_key(school: School, key: str) -> None:
    """The node told for which key it can open what is sealed. The first is believed, another has to be accepted.

    Who can speak for a node on the carrier could otherwise exchange the key and read what was meant for the node.
    """
    if not is_public_key(key):
        return
    node, _ = Node.objects.get_or_create(school=school, defaults={"state": Node.State.SILENT})
    if not node.seal_key:
        node.seal_key = key
    node.seal_key_offered = "" if key == node.seal_key else key
    node.save(update_fields=("seal_key", "seal_key_offered"))


@transaction.atomic
def accept_seal_key(node: Node) -> bool:
    """A person compared the new key with what the node itself shows. Whether there was one to accept."""
    if not node.seal_key_offered:
        return False
    node.seal_key, node.seal_key_offered = node.seal_key_offered, ""
    node.save(update_fields=("seal_key", "seal_key_offered"))
    return True


@transaction.atomic
def take_forecast(school: School, told: StorageForecast) -> None:
    """What a disk will hold. News older than what is known changes nothing."""
    at = clean.moment(told.at, otherwise=EPOCH)
    disk = clean.text(told.disk, 64)
    known = DiskForecast.objects.filter(school=school, disk=disk).first()
    if known is not None and known.at > at:
        return
    if known is None and DiskForecast.objects.filter(school=school).count() >= MAX_DISKS:
        DiskForecast.objects.filter(school=school).order_by("at")[:1].get().delete()
    DiskForecast.objects.update_or_create(
        school=school,
        disk=disk,
        defaults={
            "at": at,
            "min_days": clean.number(told.min_days),
            "days_kept": clean.number(told.days_kept),
            "bytes_per_day": clean.count(told.bytes_per_day, clean.MAX_INT64),
            "room_bytes": clean.count(told.room_bytes, clean.MAX_INT64),
            "breaks_at": None if told.breaks_at is None else clean.moment(told.breaks_at, otherwise=at),
        },
    )
    school_changed(school)


def storage(actor: Actor, school_id: UUID) -> Storage:
    """The disks of a school's archive. Raises `NotFound` for a school that the actor may not see."""
    school = School.objects.visible_to(actor).select_related("node").filter(pk=school_id).first()
    if school is None:
        raise NotFound("there is no such school in your territory")
    node: Node | None = getattr(school, "node", None)
    forecasts = {row.disk: row for row in DiskForecast.objects.filter(school=school)}
    disks = [_disk(said, forecasts.get(said["id"])) for said in (node.disks if node is not None else [])]
    return Storage(items=disks, heard=node is not None and node.state == Node.State.ONLINE)


def _disk(said: dict[str, Any], forecast: DiskForecast | None) -> Disk:
    breaks_at = said["breaks_at"]
    return Disk(
        id=said["id"],
        name=said["name"],
        state=said["state"],
        reason=said["reason"],
        used_bytes=said["used_bytes"],
        budget_bytes=said["budget_bytes"],
        held_bytes=said["held_bytes"],
        days_kept=said["days_kept"] or None,
        min_days=forecast.min_days if forecast is not None else None,
        bytes_per_day=forecast.bytes_per_day if forecast is not None else None,
        breaks_at=datetime.fromisoformat(breaks_at) if breaks_at else None,
        broken=said["broken"],
    )


def _kept_disk(told: DiskHealth) -> dict[str, Any]:
    return {
        "id": clean.text(told.id, 64),
        "name": clean.text(told.name, 200),
        "state": clean.text(told.state, 20),
        "reason": clean.text(told.reason, 40),
        "used_bytes": clean.count(told.used_bytes, clean.MAX_INT64),
        "budget_bytes": clean.count(told.budget_bytes, clean.MAX_INT64),
        "held_bytes": clean.count(told.held_bytes, clean.MAX_INT64),
        "days_kept": clean.number(told.days_kept),
        "breaks_at": clean.moment(told.breaks_at, otherwise=EPOCH).isoformat() if told.breaks_at else None,
        "broken": told.broken,
    }


def _record(school: School, one: News) -> None:
    node = Node.objects.filter(school=school).first() or Node(school=school, state="")
    before = (node.state, node.last_pulse_at)
    was = node.state
    node.state = Node.State.ONLINE if one.online else Node.State.SILENT
    node.last_pulse_at = one.heard_at
    node.complete_to, node.missing = clean.count(one.complete_to, clean.MAX_INT64), clean.count(one.missing)
    if one.pulse is not None and one.heard_at is not None:
        pulse, now = one.pulse, timezone.now()
        at = clean.moment(pulse.at, otherwise=now)
        node.clock_offset_s = (at - one.heard_at).total_seconds()
        node.started_at = clean.moment(pulse.started_at, otherwise=now)
        node.faults = [clean.text(fault, 60) for fault in pulse.faults[:50]]
        node.disks = [_kept_disk(disk) for disk in pulse.disks[:MAX_DISKS]]
        node.outbox = clean.count(pulse.outbox)
        node.disk_free_bytes = clean.count(pulse.disk_free_bytes, clean.MAX_INT64)
        node.disk_total_bytes = clean.count(pulse.disk_total_bytes, clean.MAX_INT64)
    node.save()
    if one.cameras and one.pulse is not None:
        at = clean.moment(one.pulse.at, otherwise=timezone.now())
        cameras.take_health(school, one.cameras, at)
        delivery.take(school, one.cameras, at)
    if node.state != was:
        cameras_changed(school, Camera.objects.filter(school=school, present=True))
    elif (node.state, node.last_pulse_at) != before:
        school_changed(school)
