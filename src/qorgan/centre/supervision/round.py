"""The supervisor's round: nodes, areas, tests. Each part compares what is true with what is written, in set queries.

Nothing is remembered between two rounds but what is in the database: a restart loses nothing, and two supervisors do no
harm to each other.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone

from qorgan.centre.alarms.models import Alarm
from qorgan.centre.nodes.models import Node
from qorgan.centre.supervision.events import faults_changed, tell_of_faults
from qorgan.centre.supervision.models import ButtonTest, Fault, WayIn
from qorgan.centre.supervision.service import recent, settle
from qorgan.domain import supervision as rules
from qorgan.domain.alarms import Kind
from qorgan.domain.supervision import Outage, Silence, Standing

OVERLAP = timedelta(minutes=10)  # alarms committed late are looked for that far back
TESTS_SINCE = timedelta(days=31)  # when no test is known yet
MAX_TESTS = 2_000  # taken in one round; the next goes on


@transaction.atomic
def look_around(now: datetime | None = None) -> None:
    """Nodes, then areas, then those who subscribed hear what changed."""
    now = now or timezone.now()
    tell_of_faults([*look_at_nodes(now), *look_at_areas(now)])


@transaction.atomic
def look_at_nodes(now: datetime | None = None) -> list[Fault]:
    """Silent nodes, gaps in their counts, and what they say is wrong with themselves. The faults that changed."""
    now = now or timezone.now()
    stale = Q(last_pulse_at__lt=now - rules.STALE_AFTER)
    odd = Node.objects.filter(Q(state=Node.State.SILENT) | stale | Q(missing__gt=0) | ~Q(faults=[]))
    written = recent(Fault.objects.filter(subject__in=(rules.NODE, rules.LINK)), now)
    return settle([one for node in odd for one in _standing(node, now)], written, now)


def _standing(node: Node, now: datetime) -> Iterable[Standing]:
    if rules.node_is_silent(told_silent=node.state == Node.State.SILENT, last_heard=node.last_pulse_at, now=now):
        since = node.last_pulse_at or now
        yield Standing(school=node.school_id, subject=rules.NODE, code=rules.NODE_SILENT, since=since)
    if node.missing:
        detail = {"missing": node.missing, "after": node.complete_to, "outbox": node.outbox}
        yield Standing(school=node.school_id, subject=rules.LINK, code=rules.LINK_GAP, since=now, detail=detail)
    for code in node.faults:
        yield Standing(school=node.school_id, subject=rules.NODE, code=str(code)[:80], since=now)


# --- areas ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def look_at_areas(now: datetime | None = None) -> list[Fault]:
    """Put silent nodes that fell silent together under one parent; close parents without open children."""
    now = now or timezone.now()
    silent = Fault.objects.still_open().filter(code=rules.NODE_SILENT).select_related("school__district")
    children = {fault.school_id: fault for fault in silent}
    changed: list[Fault] = []
    for outage in rules.outages(_silence(fault) for fault in children.values()):
        parent, is_new = _parent(outage, now)
        moved = [children[school] for school in outage.schools if children[school].parent_id is None]
        for child in moved:
            child.parent = parent
        Fault.objects.bulk_update(moved, ("parent",))
        if is_new or moved:
            parent.detail = {"schools": Fault.objects.filter(parent=parent).count()}
            parent.save(update_fields=("detail",))
            changed += [parent, *moved]
    changed += _close_childless(now)
    faults_changed(changed)
    return changed


def _silence(fault: Fault) -> Silence:
    school = fault.school
    assert school is not None
    return Silence(
        school=school.pk, district=school.district_id, region=school.district.region_id, since=fault.opened_at
    )


def _parent(outage: Outage, now: datetime) -> tuple[Fault, bool]:
    rule = rules.rule_of(rules.AREA_SILENT)
    return Fault.objects.get_or_create(
        school=None,
        region=outage.area.region or "",
        district=outage.area.district or "",
        code=rules.AREA_SILENT,
        closed_at=None,
        defaults={
            "subject": rules.AREA,
            "opened_at": outage.since,
            "noticed_at": now,
            "due_at": now + rule.within,
            "duty": rule.duty,
            "stops_alarms": rule.stops_alarms,
        },
    )


def _close_childless(now: datetime) -> list[Fault]:
    still = Fault.objects.still_open().filter(parent=OuterRef("pk"))
    over = list(Fault.objects.still_open().filter(code=rules.AREA_SILENT).exclude(Exists(still)))
    for parent in over:
        parent.closed_at = now
    Fault.objects.bulk_update(over, ("closed_at",))
    return over


# --- tests ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def take_tests(now: datetime | None = None) -> list[ButtonTest]:
    """Test alarms that arrived become tests: the planned one of that button, or one that nobody planned."""
    now = now or timezone.now()
    newest = ButtonTest.objects.aggregate(at=Max("received_at"))["at"]
    since = newest - OVERLAP if newest else now - TESTS_SINCE
    known = ButtonTest.objects.filter(alarm=OuterRef("pk"))
    fresh = Alarm.objects.filter(kind=Kind.TEST, received_at__gte=since).exclude(Exists(known))
    return [_take_test(alarm) for alarm in fresh.select_related("school__node").order_by("received_at")[:MAX_TESTS]]


def _take_test(alarm: Alarm) -> ButtonTest:
    planned = ButtonTest.objects.filter(school=alarm.school_id, button=alarm.button, alarm=None, cancelled_at=None)
    test = planned.first() or ButtonTest(school=alarm.school, button=alarm.button)
    node = getattr(alarm.school, "node", None)
    test.alarm, test.pressed_at, test.received_at = alarm, alarm.pressed_at, alarm.received_at
    test.took_s = rules.seconds_taken(
        pressed_at=alarm.pressed_at,
        received_at=alarm.received_at,
        clock_offset_s=node.clock_offset_s if node else None,
    )
    test.save()
    return test


@transaction.atomic
def look_at_tests(now: datetime | None = None) -> list[Fault]:
    """Buttons that nobody tested for 30 days are a defect of the school's. The faults that changed."""
    now = now or timezone.now()
    since = now - rules.TEST_EVERY
    tested = ButtonTest.objects.filter(school=OuterRef("school"), button=OuterRef("key"), received_at__gte=since)
    overdue = (
        WayIn.objects.filter(present=True, known_since__lt=since).exclude(kind__in=rules.PEOPLE).exclude(Exists(tested))
    )
    standing = [
        Standing(
            school=way.school_id,
            subject=f"source:{way.key}",
            code=rules.TEST_OVERDUE,
            since=now,
            detail={"kind": way.kind, "place": way.place_kk},
        )
        for way in overdue
    ]
    changed = settle(standing, recent(Fault.objects.filter(code=rules.TEST_OVERDUE), now), now)
    tell_of_faults(changed)
    return changed
