"""Use cases of `nodes`: writing down what came off the board, and putting it back after a restart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.cameras import service as cameras
from qorgan.centre.cameras.events import cameras_changed
from qorgan.centre.cameras.models import Camera
from qorgan.centre.intake.models import Inbox
from qorgan.centre.nodes.board import News
from qorgan.centre.nodes.models import Node
from qorgan.centre.schools.events import school_changed
from qorgan.centre.schools.models import School
from qorgan.kernel.ids import SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A node as the database knows it. `arrived` are the seqs stored after `complete_to` was written."""

    site: SiteId
    online: bool
    heard_at: datetime | None
    started_at: datetime | None
    complete_to: int
    arrived: tuple[int, ...]


def remembered() -> list[Remembered]:
    """All nodes, for a board that starts."""
    found = []
    for node in Node.objects.select_related("school"):
        later = Inbox.objects.filter(site=node.school.site, seq__gt=node.complete_to).order_by("seq")
        found.append(
            Remembered(
                site=SiteId(node.school.site),
                online=node.state == Node.State.ONLINE,
                heard_at=node.last_pulse_at,
                started_at=node.started_at,
                complete_to=node.complete_to,
                arrived=tuple(later.values_list("seq", flat=True)),
            )
        )
    return found


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
        node.outbox = clean.count(pulse.outbox)
        node.disk_free_bytes = clean.count(pulse.disk_free_bytes, clean.MAX_INT64)
        node.disk_total_bytes = clean.count(pulse.disk_total_bytes, clean.MAX_INT64)
    node.save()
    if one.cameras and one.pulse is not None:
        cameras.take_health(school, one.cameras, clean.moment(one.pulse.at, otherwise=timezone.now()))
    if node.state != was:
        cameras_changed(school, Camera.objects.filter(school=school, present=True))
    elif (node.state, node.last_pulse_at) != before:
        school_changed(school)
