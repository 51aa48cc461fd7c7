"""Reading drills: what is shown of them, what they have become meanwhile, and what was measured."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from qorgan.centre.alarms.models import Alarm, AlarmLog
from qorgan.centre.drills import schemas as wire
from qorgan.centre.drills.models import ClosedDay, Drill, DrillLine, DrillTap
from qorgan.centre.norms.judging import ZONE
from qorgan.centre.wire import Name, Named, Person, page_of
from qorgan.domain.access import Actor, Right
from qorgan.domain.after_action import points
from qorgan.domain.alarms import Kind
from qorgan.domain.drills import case as rules
from qorgan.domain.drills import plan as rails
from qorgan.domain.drills import report as measuring
from qorgan.domain.drills.case import DrillCase, DrillDeed, DrillState, Press
from qorgan.domain.drills.plan import DrillForm, DrillGroup, DrillPlan, DrillScenario, PsychologistWord, Surroundings
from qorgan.domain.drills.report import MAX_TAPS, Tap, TapKind
from qorgan.kernel.errors import NotFound

MAX_ALARMS = 50  # of one drill, in its report
SHOWN_LINES = 200  # of its thread
_STARTED = frozenset(
    {DrillState.RUNNING, DrillState.FINISHED, DrillState.STOPPED, DrillState.REVIEWED, DrillState.RECORDED}
)


def get(actor: Actor, drill_id: UUID) -> wire.Drill:
    """With its report and thread, as it is at this moment. Raises `NotFound`."""
    find(actor, drill_id)
    with transaction.atomic():
        settle(Drill.objects.select_for_update(of=("self",)).get(pk=drill_id), timezone.now())
    return shown(actor, find(actor, drill_id))


def listed(
    actor: Actor, *, school: UUID | None, state: DrillState | None, cursor: str | None, limit: int
) -> wire.DrillPage:
    """The latest planned first, without reports and threads."""
    settle_running(actor)
    rows: QuerySet[Drill] = Drill.objects.visible_to(actor).select_related("school", "planned_by")
    rows = rows.filter(school=school) if school else rows
    found, following = page_of(rows.filter(state=state) if state else rows, newest_by="at", cursor=cursor, limit=limit)
    now = timezone.now()
    return wire.DrillPage(items=[_item(actor, row, now) for row in found], next=following)


def find(actor: Actor, drill_id: UUID) -> Drill:
    """Raises `NotFound` for a drill of a school that is not the actor's."""
    row = Drill.objects.visible_to(actor).select_related("school", "planned_by").filter(pk=drill_id).first()
    if row is None:
        raise NotFound("there is no such drill in your territory")
    return row


def shown(actor: Actor, row: Drill) -> wire.Drill:
    """A row with its report and thread."""
    now = timezone.now()
    item = _item(actor, row, now)
    item.wants = [] if row.state != DrillState.PLANNED else [one.value for one in rails.refusals(*asked(row, now))]
    if row.report is not None:
        item.report = wire.DrillReport.model_validate(row.report)
    elif row.state in _STARTED:
        item.report = measured(row, now)
    lines = DrillLine.objects.filter(drill=row).select_related("by").order_by("number")[:SHOWN_LINES]
    item.thread = [_line(line) for line in lines]
    return item


# --- what it has become --------------------------------------------------------------------------------------------


def settle_running(actor: Actor | None = None) -> int:
    """Look at running drills (None: at all there are); how many ended. Call it every second or so as well."""
    rows = Drill.objects.filter(state=DrillState.RUNNING)
    mine = rows if actor is None else Drill.objects.visible_to(actor).filter(state=DrillState.RUNNING)
    ended = 0
    for id in mine.values_list("pk", flat=True)[:500]:
        with transaction.atomic():
            ended += settle(Drill.objects.select_for_update(of=("self",)).get(pk=id), timezone.now())
    return ended


def settle(row: Drill, now: datetime) -> bool:
    """A real alarm of the school, or time, ends the locked drill; whether one of them did.

    What came in is read from the alarms themselves. Nothing of drills stands in the way of an alarm: it is stored,
    shown and called as ever, whatever becomes of the drill.
    """
    if row.state != DrillState.RUNNING or row.started_at is None:
        return False
    loud = Alarm.objects.filter(Q(kind=Kind.REAL) | Q(duress=True), school=row.school_id)
    first = loud.filter(received_at__gte=row.started_at).order_by("received_at", "pk")[:1]
    presses = [
        Press(alarm=one.pk, kind=Kind(one.kind), received_at=one.received_at, duress=one.duress) for one in first
    ]
    after, deed = rules.settle(case_of(row), presses, now=now)
    if deed is None or after.ended_at is None:
        return False
    become(row, after)
    row.changed_at = now
    row.save()
    said = {"alarm": str(after.pierced_by)} if after.pierced_by else {}
    write(row, deed, at=after.ended_at, data=said)
    return True


def case_of(row: Drill) -> DrillCase:
    """The row as the table sees it."""
    return DrillCase(
        state=DrillState(row.state),
        at=row.at,
        planned_by=row.planned_by_id,
        unannounced=not row.announced,
        started_at=row.started_at,
        ended_at=row.ended_at,
        pierced_by=row.pierced_by_id,
    )


def become(row: Drill, case: DrillCase) -> None:
    """Take over what the table decided. Not saved."""
    row.state, row.started_at, row.ended_at = case.state.value, case.started_at, case.ended_at
    row.pierced_by_id, row.version = case.pierced_by, row.version + 1


def write(
    row: Drill,
    deed: DrillDeed,
    *,
    at: datetime,
    actor: Actor | None = None,
    text: str = "",
    data: dict[str, Any] | None = None,
) -> None:
    """One more line of the locked drill's ledger."""
    last = DrillLine.objects.filter(drill=row).order_by("-number").first()
    DrillLine(
        drill=row,
        by_id=actor.user if actor else None,
        by_name=actor.name if actor else "",
        deed=deed.value,
        state=row.state,
        text=text,
        data=data or {},
        at=at,
    ).after(last).save()


# --- the guard rails' view -----------------------------------------------------------------------------------------


def asked(row: Drill, now: datetime) -> tuple[DrillPlan, Surroundings]:
    """The plan of a row, saved or not, and what lies around it."""
    local = row.at.astimezone(ZONE)
    plan = DrillPlan(
        scenario=DrillScenario(row.scenario),
        form=DrillForm(row.form),
        at=row.at,
        local=local,
        announced=row.announced,
        groups=frozenset(DrillGroup(one) for one in row.groups),
        word=PsychologistWord(name=row.word_name, on=row.word_on) if row.word_name and row.word_on else None,
    )
    near = Drill.objects.filter(school=row.school_id, state__in=rules.STANDING).exclude(pk=row.pk)
    others = near.filter(at__gt=row.at - rails.APART, at__lt=row.at + rails.APART).values_list("at", flat=True)
    closed = ClosedDay.objects.filter(Q(school=None) | Q(school=row.school_id), day=local.date())
    days = frozenset(closed.values_list("day", flat=True))
    return plan, Surroundings(now=now, closed=days, others=tuple(others))


# --- what was measured ---------------------------------------------------------------------------------------------


def measured(row: Drill, now: datetime) -> wire.DrillReport:
    """From the log of the first alarm that the school marked as a drill while this one was on, and from the taps."""
    marked = Alarm.objects.filter(school=row.school_id, kind=Kind.DRILL, duress=False)
    marked = marked.filter(received_at__gte=row.started_at, received_at__lte=row.ended_at or now)
    alarms = list(marked.order_by("received_at", "pk").values_list("pk", flat=True)[:MAX_ALARMS])
    lines = AlarmLog.objects.filter(alarm__in=alarms[:1]).order_by("number").values_list("action", "at")
    taps = [
        Tap(id=one.pk, kind=TapKind(one.kind), place=one.place, at=one.at)
        for one in DrillTap.objects.filter(drill=row).order_by("at", "pk")[:MAX_TAPS]
    ]
    found = measuring.report(points(lines), taps, started_at=row.started_at, ended_at=row.ended_at or now)
    return wire.DrillReport(
        began_at=found.began_at,
        alarms=alarms,
        handling=[_part(one) for one in found.handling],
        taps=[
            wire.DrillTapTime(kind=one.kind, places=one.places, first_s=one.first_s, last_s=one.last_s)
            for one in found.taps
        ],
        doubtful=found.doubtful,
    )


def _part(one: Any) -> wire.DrillPart:
    return wire.DrillPart(
        start=one.part.start.value,
        end=one.part.end.value,
        seconds=one.seconds,
        goal_s=one.part.goal.within_s if one.part.goal else None,
        met=one.met,
        two_clocks=one.two_clocks,
    )


# --- on the wire ---------------------------------------------------------------------------------------------------


def _item(actor: Actor, row: Drill, now: datetime) -> wire.Drill:
    word = wire.DrillWord(name=row.word_name, on=row.word_on) if row.word_name and row.word_on else None
    deeds: Sequence[DrillDeed] = ()
    if actor.may(Right.DRILLS_EDIT):
        deeds = rules.allowed(case_of(row), actor.user, now)
    return wire.Drill(
        id=row.pk,
        school=Named(id=row.school_id, name=Name.of(row.school.name)),
        scenario=DrillScenario(row.scenario),
        form=DrillForm(row.form),
        at=row.at,
        announced=row.announced,
        groups=[DrillGroup(one) for one in row.groups],
        observers=row.observers,
        note=row.note,
        word=word,
        state=DrillState(row.state),
        planned_by=Person(id=row.planned_by_id, name=row.planned_by.name),
        started_at=row.started_at,
        ended_at=row.ended_at,
        pierced_by=row.pierced_by_id,
        review=wire.DrillReview.model_validate(row.review) if row.review else None,
        report=None,
        wants=[],
        deeds=list(deeds),
        thread=[],
        version=row.version,
    )


def _line(line: DrillLine) -> wire.DrillThreadLine:
    return wire.DrillThreadLine(
        at=line.at,
        by=Person(id=line.by_id, name=line.by_name) if line.by_id else None,
        deed=DrillDeed(line.deed),
        state=DrillState(line.state),
        text=line.text,
    )
