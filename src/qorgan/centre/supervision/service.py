"""What schools tell of their ways in, and what follows from it: faults opened and closed.

`take_source_health`, `take_action` and `take_inventory_sources` are called by intake inside its own transaction, once a
message. `look_around` is the supervisor's turn: it compares what stands now with what is written down, so whatever a
restart or a lost event left behind is mended by the next turn.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.schools.models import School
from qorgan.centre.supervision.events import faults_changed, tell_of_action, tell_of_faults
from qorgan.centre.supervision.models import Fault, FaultQuerySet, SchoolAction, WayIn
from qorgan.domain import supervision as rules
from qorgan.domain.supervision import Known, Standing, WayState
from qorgan.kernel.ids import is_key
from qorgan.protocols.link.messages import ActionChanged, Inventory, OutputResult, SourceHealth, SourceInfo

MAX_AT_A_SCHOOL = 1_000  # ways in; beyond it an inventory is cut
MAX_FAULTS, MAX_OUTPUTS = 20, 100  # of one way in; of one action

# --- what schools tell ---------------------------------------------------------------------------------------------


@transaction.atomic
def take_source_health(school: School, body: SourceHealth) -> None:
    """How one way in does now. Its faults open and close at once."""
    now = timezone.now()
    key = clean.text(body.key, 100)
    way = WayIn.objects.select_for_update().filter(school=school, key=key).first()
    if way is None:
        if WayIn.objects.filter(school=school).count() >= MAX_AT_A_SCHOOL:
            return
        way = WayIn(school=school, key=key, known_since=now)
    way.kind = clean.text(body.kind, 40)
    way.state = WayState.read(body.state)
    way.faults = [clean.text(fault, 60) for fault in body.faults[:MAX_FAULTS]]
    way.since = min(clean.moment(body.since, otherwise=now), now)
    way.last_seen = clean.moment(body.last_seen, otherwise=now) if body.last_seen else None
    way.interval_s = _interval(body.interval_s)
    way.save()
    _settle_source(way, now)


@transaction.atomic
def take_inventory_sources(school: School, body: Inventory) -> None:
    """Which ways in there are at the school now. What is missing from it is marked absent; its faults close.

    A node that is too old to know sources names its buttons: then these are its ways in.
    """
    now = timezone.now()
    told = body.sources or tuple(
        SourceInfo(key=button.key, kind="button", place=button.place) for button in body.buttons if is_key(button.key)
    )
    known = {way.key: way for way in WayIn.objects.select_for_update().filter(school=school)}
    for info in told[:MAX_AT_A_SCHOOL]:
        key = clean.text(info.key, 100)
        way = known.pop(key, None) or WayIn(school=school, key=key, known_since=now)
        way.kind, way.present = clean.text(info.kind, 40), True
        way.place_kk, way.place_ru, way.place_en = clean.local(info.place, 200, otherwise=key)
        way.interval_s = _interval(info.interval_s)
        way.save()
    gone = [way for way in known.values() if way.present]
    for way in gone:
        way.present = False
        way.save(update_fields=("present",))
        _settle_source(way, now)


@transaction.atomic
def take_action(school: School, body: ActionChanged) -> SchoolAction:
    """The school took a standard action, or ended it."""
    now = timezone.now()
    row = SchoolAction.objects.create(
        school=school,
        action=clean.text(body.action, 20),
        kind=clean.text(body.kind, 8),
        at=clean.moment(body.at, otherwise=now),
        by=clean.text(body.by, 200),
        outputs=[_output(said) for said in body.outputs[:MAX_OUTPUTS]],
        received_at=now,
    )
    tell_of_action(row)
    return row


def _output(said: OutputResult) -> dict[str, Any]:
    reason, ms = clean.text(said.reason, 100), round(clean.number(said.ms), 1)
    return {"key": clean.text(said.key, 100), "ok": said.ok, "reason": reason, "ms": ms}


def _interval(seconds: float | None) -> float | None:
    return None if seconds is None else max(0.0, clean.number(seconds))


# --- faults open and close -----------------------------------------------------------------------------------------


def _settle_source(way: WayIn, now: datetime) -> None:
    subject = f"source:{way.key}"
    codes = rules.faults_of_source(WayState(way.state), way.faults, present=way.present)
    since, detail = way.since or now, {"kind": way.kind, "place": way.place_kk}
    standing = [
        Standing(school=way.school_id, subject=subject, code=code, since=since, detail=detail) for code in codes
    ]
    written = Fault.objects.filter(school=way.school_id, subject=subject).exclude(code=rules.TEST_OVERDUE)
    tell_of_faults(settle(standing, recent(written, now), now))


def recent(rows: FaultQuerySet, now: datetime) -> list[Fault]:
    """Those of these faults that `settle` compares with: open, or closed so lately that they may come back."""
    return list(rows.filter(Q(closed_at=None) | Q(closed_at__gte=now - rules.SAME_FAULT_WITHIN)))


def settle(standing: Iterable[Standing], written: Sequence[Fault], now: datetime) -> list[Fault]:
    """Open, reopen and close faults so that what is written is what stands. The rows that changed.

    `written` are all open faults among those that `standing` speaks of, and the lately closed ones. Call it inside a
    transaction. Two supervisors at once write each fault once: the table has one open row for it.
    """
    rows = {(row.school_id, row.subject, row.code): row for row in sorted(written, key=lambda row: row.noticed_at)}
    changes = rules.reconcile(standing, [_known(row) for row in rows.values() if row.school_id], now)
    for one in changes.reopened:
        row = rows[one.key]
        row.closed_at, row.times = None, row.times + 1
    for known in changes.closed:
        rows[known.key].closed_at = now
    touched = [rows[one.key] for one in changes.reopened] + [rows[one.key] for one in changes.closed]
    Fault.objects.bulk_update(touched, ("closed_at", "times"))
    fresh = [_new(one, now) for one in changes.opened]
    Fault.objects.bulk_create(fresh, ignore_conflicts=True)
    faults_changed([*touched, *fresh, *_outages_of(touched)])
    return [*touched, *fresh]


def _outages_of(faults: Iterable[Fault]) -> list[Fault]:
    """The outages under which these stand: how many are under them has changed."""
    parents = {fault.parent_id for fault in faults if fault.parent_id is not None}
    return list(Fault.objects.filter(pk__in=parents)) if parents else []


def _known(row: Fault) -> Known:
    assert row.school_id is not None
    return Known(
        school=row.school_id,
        subject=row.subject,
        code=row.code,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
    )


def _new(one: Standing, now: datetime) -> Fault:
    rule = rules.rule_of(one.code)
    return Fault(
        school_id=one.school,
        subject=one.subject,
        code=one.code,
        detail=dict(one.detail),
        opened_at=min(one.since, now),
        noticed_at=now,
        due_at=now + rule.within,
        duty=rule.duty,
        stops_alarms=rule.stops_alarms,
    )
