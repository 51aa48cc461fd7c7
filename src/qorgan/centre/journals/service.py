"""Use cases of `journals`: volumes, numbered lines, and what they prove to the norms. Each is one transaction."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from qorgan.centre.drills import reading as drills
from qorgan.centre.drills.models import Drill, DrillLine
from qorgan.centre.journals import schemas as wire
from qorgan.centre.journals.models import Journal, JournalLine
from qorgan.centre.norms import judging, ledgering
from qorgan.centre.norms.judging import ZONE
from qorgan.centre.norms.ledgering import Seen
from qorgan.centre.norms.models import FactLine
from qorgan.centre.schools.models import School
from qorgan.centre.wire import Person
from qorgan.domain import journals as rules
from qorgan.domain.access import Actor, Right
from qorgan.domain.drills import case as drill_rules
from qorgan.domain.drills.case import DrillDeed
from qorgan.domain.drills.plan import DrillForm, DrillScenario
from qorgan.domain.journals import BriefingKind, Entry, EntryKind, StaffGroup
from qorgan.kernel.errors import Conflict, NotFound

MAX_VOLUMES = 200  # of one school, listed at once
OPENED = ("practical_drill_on", "fire_drill_on")


# --- volumes -------------------------------------------------------------------------------------------------------


def of_school(actor: Actor, school_id: UUID) -> wire.JournalList:
    """The newest volume first, without lines. Raises `NotFound`."""
    _school(actor, school_id)
    rows = list(Journal.objects.visible_to(actor).filter(school=school_id).order_by("-number")[:MAX_VOLUMES])
    counted = JournalLine.objects.filter(journal__in=rows).order_by().values_list("journal").annotate(n=Count("pk"))
    totals = dict(counted)
    return wire.JournalList(items=[_item(actor, row, totals.get(row.pk, 0), ()) for row in rows])


def get(actor: Actor, journal_id: UUID) -> wire.Journal:
    """With its lines, in order. Raises `NotFound`."""
    row = find(actor, journal_id)
    lines = list(JournalLine.objects.filter(journal=row).order_by("number")[: rules.MAX_LINES + 1])
    return _item(actor, row, len(lines), lines)


def find(actor: Actor, journal_id: UUID) -> Journal:
    """Raises `NotFound`."""
    row = Journal.objects.visible_to(actor).select_related("school").filter(pk=journal_id).first()
    if row is None:
        raise NotFound("there is no such journal in your territory")
    return row


@transaction.atomic
def begin(actor: Actor, school_id: UUID, wish: wire.NewJournal) -> wire.Journal:
    """The next volume. Raises `NotFound`, `Conflict` (`journal.open`): first the one before is closed."""
    actor.require(Right.DRILLS_EDIT)
    school = _school(actor, school_id)
    School.objects.select_for_update(no_key=True).get(pk=school.pk)
    newest = Journal.objects.filter(school=school).order_by("-number").first()
    if newest is not None and newest.closed_at is None:
        raise Conflict("the volume before is open: close it first", code="journal.open")
    row = Journal.objects.create(
        school=school,
        number=newest.number + 1 if newest else 1,
        groups=[group.value for group in StaffGroup if group in wish.groups],
        opened_at=timezone.now(),
        opened_by_id=actor.user,
    )
    _tell_briefings(actor, row)
    return get(actor, row.pk)


@transaction.atomic
def end(actor: Actor, journal_id: UUID, wish: wire.JournalEnd) -> wire.Journal:
    """Its last line; from here on nothing of it changes. Raises `NotFound`, `Conflict` (`journal.closed`)."""
    row = _locked(actor, journal_id)
    now = timezone.now()
    _append(actor, row, EntryKind.CLOSE, _today(now), wish.model_dump(mode="json"))
    row.closed_at, row.closed_by_id = now, actor.user
    row.save()
    return get(actor, row.pk)


# --- lines ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def brief(actor: Actor, journal_id: UUID, wish: wire.JournalBriefing) -> wire.Journal:
    """Part 1. Raises `NotFound`, and as `domain.journals.require_entry`; then nothing is written."""
    row = _locked(actor, journal_id)
    said = wish.model_dump(mode="json")
    _append(actor, row, EntryKind.BRIEFING, wish.on, said, present=len(wish.people), protocol=wish.protocol)
    _tell_briefings(actor, row)
    return get(actor, row.pk)


@transaction.atomic
def record(actor: Actor, drill_id: UUID, wish: wire.NewDrillRecord) -> wire.Journal:
    """Part 2: a reviewed drill enters the school's open volume, and is recorded with it.

    Raises `NotFound`, `Conflict` (`drill.state`, `journal.none`), and as `domain.journals.require_entry`.
    """
    actor.require(Right.DRILLS_EDIT)
    drills.find(actor, drill_id)
    drill = Drill.objects.select_for_update(of=("self",)).get(pk=drill_id)
    now = timezone.now()
    after = drill_rules.apply(drills.case_of(drill), DrillDeed.RECORD, actor.user, at=now)
    row = Journal.objects.select_for_update(of=("self",)).filter(school=drill.school_id, closed_at=None).first()
    if row is None:
        raise Conflict("the school has no open journal: begin one", code="journal.none")
    line = _drill_line(drill, wish)
    day = _today(drill.started_at or drill.at)
    _append(actor, row, EntryKind.DRILL, day, line.model_dump(mode="json"), drill, line.present, line.protocol)
    drills.become(drill, after)
    drill.changed_at = now
    drill.save()
    drills.write(drill, DrillDeed.RECORD, at=now, actor=actor, data={"journal": str(row.pk)})
    _tell_drills(actor, row)
    return get(actor, row.pk)


@transaction.atomic
def strike(actor: Actor, journal_id: UUID, wish: wire.JournalStrike) -> wire.Journal:
    """An entry was a mistake. It stays where it is; a line more says so, and it proves nothing any more."""
    row = _locked(actor, journal_id)
    rules.require_strike(_entries(row), wish.line)
    _append(actor, row, EntryKind.STRIKE, _today(timezone.now()), wish.model_dump(mode="json"))
    _tell_briefings(actor, row)
    _tell_drills(actor, row)
    return get(actor, row.pk)


def _drill_line(drill: Drill, wish: wire.NewDrillRecord) -> wire.JournalDrill:
    broken = DrillLine.objects.filter(drill=drill, deed__in=(DrillDeed.STOP, DrillDeed.PIERCE)).exists()
    return wire.JournalDrill(
        questions=wish.questions,
        protocol=wish.protocol,
        scenario=drill.scenario,
        form=drill.form,
        present=(drill.review or {}).get("present", 0),
        held=not broken,
    )


def _append(
    actor: Actor,
    row: Journal,
    kind: EntryKind,
    day: date,
    data: dict[str, Any],
    drill: Drill | None = None,
    present: int = 0,
    protocol: str = "",
) -> None:
    """One more line of the locked volume."""
    last = JournalLine.objects.filter(journal=row).order_by("-number").first()
    entry = Entry(number=last.number + 1 if last else 1, kind=kind, on=day, present=present, protocol=protocol)
    now = timezone.now()
    rules.require_entry(entry, closed=row.closed_at is not None, today=_today(now))
    said = {"by_id": actor.user, "by_name": actor.name, "kind": kind.value, "day": day, "data": data, "drill": drill}
    JournalLine(journal=row, at=now, **said).after(last).save()


def _entries(*rows: Journal) -> list[Entry]:
    return [_entry(line) for line in JournalLine.objects.filter(journal__in=rows).order_by("number")]


def _entry(line: JournalLine) -> Entry:
    data = line.data
    briefing = line.kind == EntryKind.BRIEFING
    return Entry(
        number=line.number,
        kind=EntryKind(line.kind),
        on=line.day,
        group=StaffGroup(data["group"]) if briefing else None,
        planned=not briefing or data["kind"] == BriefingKind.PLANNED,
        strikes=data["line"] if line.kind == EntryKind.STRIKE else None,
    )


# --- what they prove -----------------------------------------------------------------------------------------------


def _tell_briefings(actor: Actor, row: Journal) -> None:
    """How often each group of staff was briefed in a year; until the oldest of these falls out of it."""
    now = timezone.now()
    groups = [StaffGroup(one) for one in row.groups]
    days: dict[StaffGroup, set[date]] = {group: set() for group in groups}
    since = _today(now) - rules.COUNTED
    for volume in _volumes(row.school_id, since):
        for group, found in rules.briefings(_entries(volume), groups, _today(now)).items():
            days[group] |= set(found)
    seen = [Seen("staff_group", len(groups), now)]
    for group, found_days in days.items():
        seen.append(Seen("staff_group", True, now, group.value))
        ends = _until(min(found_days)) if found_days else None
        seen.append(Seen("staff_group.briefings_12m", len(found_days), now, group.value, ends, f"journal:{row.pk}"))
    _observe(actor, row.school_id, seen, now)


def _tell_drills(actor: Actor, row: Journal) -> None:
    """The newest day of a drill that was held in deeds, and of one of fire."""
    now = timezone.now()
    newest: dict[str, tuple[date, UUID]] = {}
    for volume in _volumes(row.school_id, _today(now) - 3 * rules.COUNTED):
        gone = rules.struck(_entries(volume))
        for line in JournalLine.objects.filter(journal=volume, kind=EntryKind.DRILL).exclude(number__in=gone):
            for fact in _proves(line.data):
                newest[fact] = max(newest.get(fact, (line.day, line.pk)), (line.day, line.pk))
    seen = [
        Seen(f"site.{fact}", newest[fact][0].isoformat(), now, evidence=f"journal_line:{newest[fact][1]}")
        if fact in newest
        else Seen(f"site.{fact}", None, now, expires_at=now)
        for fact in OPENED
    ]
    _observe(actor, row.school_id, seen, now)


def _proves(data: dict[str, Any]) -> Iterable[str]:
    if not data["held"] or data["form"] == DrillForm.DISCUSSION:
        return ()
    return OPENED if data["scenario"] == DrillScenario.FIRE else OPENED[:1]


def _volumes(school: UUID, since: date) -> Iterable[Journal]:
    """Those that may have a line of these days; few, a school fills one in a year."""
    rows = Journal.objects.filter(school=school).order_by("-number")
    return [row for row in rows[:20] if row.closed_at is None or _today(row.closed_at) >= since]


def _observe(actor: Actor, school: UUID, seen: Sequence[Seen], now: datetime) -> None:
    row = ledgering.lock(school, now)
    ledgering.write(row, seen, FactLine.Source.DOCUMENT, judging.shipped().vocabulary, by=actor.user)
    row.due_at = now
    row.save()


def _until(oldest: date) -> datetime:
    return datetime.combine(oldest + rules.COUNTED + timedelta(days=1), time(), ZONE)


# --- on the wire ---------------------------------------------------------------------------------------------------


def _item(actor: Actor, row: Journal, total: int, lines: Sequence[JournalLine]) -> wire.Journal:
    gone = rules.struck([_entry(line) for line in lines])
    return wire.Journal(
        id=row.pk,
        school=row.school_id,
        number=row.number,
        groups=[StaffGroup(one) for one in row.groups],
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        lines_total=total,
        may_edit=actor.may(Right.DRILLS_EDIT) and row.closed_at is None,
        form_status=rules.FORM_STATUS,
        lines=[_line(line, line.number in gone) for line in lines],
    )


_PART = {
    EntryKind.BRIEFING: "briefing",
    EntryKind.DRILL: "drill",
    EntryKind.STRIKE: "strike",
    EntryKind.CLOSE: "end",
}


def _line(line: JournalLine, struck: bool) -> wire.JournalLine:
    said = {
        "number": line.number,
        "at": line.at,
        "by": Person(id=line.by_id, name=line.by_name),
        "kind": line.kind,
        "day": line.day,
        "struck": struck,
        "digest": line.digest,
        _PART[EntryKind(line.kind)]: line.data,
    }
    return wire.JournalLine.model_validate(said)


def _school(actor: Actor, school_id: UUID) -> School:
    school = School.objects.visible_to(actor).filter(pk=school_id).first()
    if school is None:
        raise NotFound("there is no such school in your territory")
    return school


def _locked(actor: Actor, journal_id: UUID) -> Journal:
    actor.require(Right.DRILLS_EDIT)
    find(actor, journal_id)
    return Journal.objects.select_for_update(of=("self",)).get(pk=journal_id)


def _today(moment: datetime) -> date:
    return timezone.localdate(moment, ZONE)
