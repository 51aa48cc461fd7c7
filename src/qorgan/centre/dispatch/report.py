"""What is left of a case: the after-action report, and the case on paper. Both are read from the log and its rows."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from qorgan.centre.access import service as access
from qorgan.centre.access.models import User
from qorgan.centre.alarms.models import Alarm, AlarmLog
from qorgan.centre.dispatch import checklists
from qorgan.centre.dispatch.schemas import (
    AfterAction,
    ChecklistSum,
    ReachedPoint,
    ReportInterval,
    UnitReport,
)
from qorgan.centre.dispatch.schemas import (
    Checklist as ChecklistOnTheWire,
)
from qorgan.centre.dispatch.service import on_the_wire, rows_of
from qorgan.centre.papers.render import Language, clock, clock_ms, render, word, words
from qorgan.centre.wire import Name
from qorgan.domain.access import Actor, Right
from qorgan.domain.after_action import OF_SCHOOL, Measured, Point, measure, points
from qorgan.domain.alarms import Kind, Level
from qorgan.domain.signals import WORDS, Meaning
from qorgan.kernel.errors import NotFound


def after_action(actor: Actor, alarm_id: UUID) -> AfterAction:
    """How the alarm was handled, measured. Raises `NotFound` for an alarm that the actor may not see."""
    alarm = _alarm(actor, alarm_id)
    reached = points(_moments(alarm))
    counted: dict[str, int] = {}
    for line in alarm.lines.all():
        counted[line.action] = counted.get(line.action, 0) + 1
    listed = checklists.view(alarm, timezone.now())
    return AfterAction(
        alarm=alarm.pk,
        level=Level(alarm.level),
        kind=Kind(alarm.kind),
        points=[
            ReachedPoint(point=point, at=reached.get(point), clock="school" if point in OF_SCHOOL else "centre")
            for point in Point
        ],
        intervals=[_interval(one) for one in measure(reached)],
        units=[_unit(actor, row) for row in rows_of(actor, alarm_id)],
        checklist=ChecklistSum(
            scenario=listed.scenario,
            version=listed.version,
            items=len(listed.items),
            done=listed.done,
            late=listed.late,
            overdue=listed.overdue,
        ),
        actions=counted,
    )


def _moments(alarm: Alarm) -> Iterator[tuple[str, datetime]]:
    """The lines of its log, and what the line of the press says besides: since when it was on the school's disk."""
    for line in alarm.lines.all():
        yield line.action, line.at
        if line.action == "pressed" and line.data.get("durable_at"):
            yield "durable", datetime.fromisoformat(line.data["durable_at"])


def _interval(one: Measured) -> ReportInterval:
    goal = one.part.goal
    return ReportInterval(
        start=one.part.start,
        end=one.part.end,
        seconds=one.seconds,
        two_clocks=one.two_clocks,
        goal_s=goal.within_s if goal else None,
        goal_share=goal.share if goal else None,
        met=one.met,
    )


def _unit(actor: Actor, row: Any) -> UnitReport:
    sent = on_the_wire(row)
    return UnitReport(
        unit=sent.unit.name,
        state=sent.state,
        accepted_after_s=_seconds(sent.offered_at, sent.accepted_at),
        departed_after_s=_seconds(sent.accepted_at, sent.departed_at),
        arrived_after_s=_seconds(sent.accepted_at, sent.arrived_at),
        on_scene_for_s=_seconds(sent.arrived_at, sent.ended_at),
    )


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else (end - start).total_seconds()


def _alarm(actor: Actor, alarm_id: UUID) -> Alarm:
    row = Alarm.objects.visible_to(actor).whole().filter(pk=alarm_id).first()
    if row is None:
        raise NotFound("there is no such alarm in your territory")
    return row


# --- on paper ------------------------------------------------------------------------------------------------------


@transaction.atomic
def case_paper(actor: Actor, alarm_id: UUID, language: Language) -> bytes:
    """The case as PDF. It leaves the building, so it is a line in the audit of whoever took it. Raises as above."""
    actor.require(Right.CASE_READ)
    alarm, report = _alarm(actor, alarm_id), after_action(actor, alarm_id)
    data = {
        "title": f"{word(language, 'case', 'title')}: {alarm.school.name.in_language(language)}",
        "banner": "" if alarm.kind == Kind.REAL else word(language, "banner", alarm.kind),
        "footer": _footer(actor, language),
        "facts": _facts(alarm, language),
        "intervals": [_interval_row(one, language) for one in report.intervals],
        "intervals_head": _heads(language, "part", "took", "goal", "met"),
        "dispatches": [_dispatch_row(row, language) for row in rows_of(actor, alarm_id)],
        "dispatches_head": _heads(language, "unit", "accepted", "at_accepted", "at_departed", "at_arrived", "at_ended"),
        "checklist_title": "",
        "checklist_head": _heads(language, "item", "due", "done", "who"),
        "log": [_log_row(line, language) for line in alarm.lines.all()],
        "log_head": _heads(language, "when", "who", "what"),
        "digest": [line.digest for line in alarm.lines.all()][-1],
        "signatures": _heads(language, "sign_officer", "sign_chief"),
    }
    data |= _checklist(checklists.view(alarm, timezone.now()), language)
    paper = render("case", language, data)
    access.audit(User.objects.get(pk=actor.user), "case.printed", {"alarm": str(alarm.pk), "language": language})
    return paper


def _footer(actor: Actor, language: Language) -> str:
    said = words(language)
    return f"Qorgan · {said['paper.printed']} {clock(timezone.now())} ({said['paper.zone']}), {actor.name}"


def _heads(language: Language, *keys: str) -> list[str]:
    return [word(language, "case", key) for key in keys]


def _facts(alarm: Alarm, language: Language) -> list[list[str]]:
    school = alarm.school
    known = Meaning._value2member_map_.get(alarm.meaning)
    meaning = WORDS[Meaning(alarm.meaning)].in_language(language) if known else alarm.meaning
    rows: list[tuple[str, str]] = [
        ("id", str(alarm.pk)),
        ("school", school.name.in_language(language)),
        ("address", school.address.in_language(language)),
        ("place", alarm.place.in_language(language)),
        ("level", word(language, "level", alarm.level)),
        ("kind", word(language, "kind", alarm.kind)),
        ("meaning", f"{meaning} {alarm.code}".strip()),
        ("duress", word(language, "case", "yes") if alarm.duress else ""),
        ("source", word(language, "source", alarm.source)),
        ("pressed", clock_ms(alarm.pressed_at)),
        ("received", clock_ms(alarm.received_at)),
        ("state", word(language, "state", alarm.state)),
        ("owner", alarm.owner.name if alarm.owner else ""),
        ("verdict", word(language, "verdict", alarm.verdict) if alarm.verdict else ""),
        ("disposition", word(language, "disposition", alarm.disposition) if alarm.disposition else ""),
        ("closed", clock(alarm.closed_at)),
        ("closed_by", alarm.closed_by.name if alarm.closed_by else ""),
        ("confirmed_by", alarm.confirmed_by.name if alarm.confirmed_by else ""),
        ("note", alarm.note),
    ]
    return [[word(language, "case", key), text] for key, text in rows if text]


def _interval_row(one: ReportInterval, language: Language) -> list[str]:
    part = f"{word(language, 'point', one.start)} → {word(language, 'point', one.end)}"
    took = word(language, "case", "unknown") if one.seconds is None else _number(one.seconds)
    if one.goal_s is None:
        return [part, took, "", ""]
    met = {True: "met_yes", False: "met_no", None: "unknown"}[one.met]
    return [part, took, f"≤ {_number(one.goal_s)}", word(language, "case", met)]


def _number(seconds: float) -> str:
    """As people here write it: 1234,5."""
    return f"{seconds:.1f}".replace(".", ",")


def _dispatch_row(row: Any, language: Language) -> list[str]:
    sent = row.call
    who = sent.accepted_by or sent.record or sent.reason
    times = [_time(sent.accepted_at), _time(sent.departed_at), _time(sent.arrived_at), _time(sent.ended_at)]
    return [row.unit.name.in_language(language), f"{who} ({word(language, 'dispatch', sent.state)})", *times]


def _time(at: datetime | None) -> str:
    return clock(at)[-8:]


def _checklist(listed: ChecklistOnTheWire, language: Language) -> dict[str, Any]:
    said = words(language)
    title = f"{said['case.checklist']}: {_in(listed.title, language)}, {said['case.edition']} {listed.version}"
    rows = [
        [
            _in(item.text, language) + (f" — {item.note}" if item.note else ""),
            _time(item.due_at),
            _time(item.done_at) or (said["case.overdue"] if item.overdue else ""),
            item.done_by.name if item.done_by else "",
        ]
        for item in listed.items
    ]
    return {"checklist_title": title, "checklist": rows}


def _in(name: Name, language: Language) -> str:
    return str(getattr(name, language))


def _log_row(line: AlarmLog, language: Language) -> list[str]:
    data = line.data
    details = [
        data.get("unit", {}).get("name", ""),
        data.get("text", {}).get(language, ""),
        data.get("by", ""),
        data.get("record", ""),
        data.get("reason", ""),
        ", ".join(person["name"] for person in data.get("people", ())),
        line.note,
    ]
    what = ": ".join((word(language, "action", line.action), ", ".join(str(one) for one in details if one)))
    who = line.actor.name if line.actor else word(language, "case", "machine")
    return [clock_ms(line.at), who, what.removesuffix(": ")]
