"""From rows to what is told of them: the notice that is matched, and its words for people and for machines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from qorgan.centre.alarms.models import Alarm, AlarmLog
from qorgan.centre.duty.roster import Rosters
from qorgan.centre.schools.models import School
from qorgan.centre.supervision.models import Fault, SchoolAction
from qorgan.centre.wire import instant
from qorgan.domain import actions
from qorgan.domain.alarms import Kind, Level
from qorgan.domain.notices import Notice
from qorgan.domain.places import LocalText
from qorgan.protocols.cap import alarms as cap
from qorgan.protocols.cap import words
from qorgan.protocols.cap.document import Alert, to_xml

LOCAL = ZoneInfo("Asia/Almaty")
FOOLISH = timedelta(days=1)  # a press so far from our clock is told by ours
LANGUAGES = ("kk", "ru", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A notice with all that can be said of it. `cap` makes its CAP message; None when there is none."""

    notice: Notice
    said: dict[str, Any]  # JSON's own types
    title: LocalText
    text: LocalText
    cap: Callable[[], bytes | None]


def sender() -> cap.Sender:
    """How the centre appears in CAP."""
    told = settings.QORGAN.notices
    name = LocalText(kk="Qorgan: жедел басқару орталығы", ru="Qorgan: центр оперативного управления", en="Qorgan")
    return cap.Sender(id=told.sender, name=name, english=told.english)


# --- alarms --------------------------------------------------------------------------------------------------------


def alarm_news(alarm: Alarm, line: AlarmLog, rosters: Rosters) -> News:
    """What a line of an alarm's log tells, and whom by name. `alarm` is read with its school and district."""
    event = "raised" if line.action == "stored" else line.action
    notice = Notice(
        key=f"alarm:{alarm.pk}:{line.number}",
        event=f"alarm.{event}"[:60],
        at=line.at,
        level=alarm.level,
        kind=alarm.kind,
        calls=_called(alarm, line, rosters),
        **_where(alarm.school),
    )
    facts = alarm_facts(alarm)
    said = {
        "id": str(alarm.pk),
        "level": alarm.level,
        "kind": alarm.kind,
        "meaning": alarm.meaning,
        "code": alarm.code,
        "duress": alarm.duress,
        "source": alarm.source,
        "place": _local(alarm.place),
        "pressed_at": instant(alarm.pressed_at),
        "received_at": instant(alarm.received_at),
        "step": line.action,
        "line": line.number,
        "disposition": alarm.disposition if line.action == "closed" else None,
        "school": school_said(alarm.school),
    }
    step = words.STEPS.get(line.action, LocalText(kk=line.action))
    return News(
        notice=notice,
        said=said,
        title=_each(lambda language: _alarm_title(facts, alarm, language)),
        text=_each(lambda language: _alarm_text(facts, alarm, step, language)),
        cap=cache(lambda: _one(cap_of_alarm(alarm), f"{alarm.pk}.{line.number}")),
    )


def _called(alarm: Alarm, line: AlarmLog, rosters: Rosters) -> frozenset[UUID] | None:
    """The officers whom this line calls: at the raise those at the desks now, on a rung those whom the engine named."""
    if line.action in ("stored", "raised"):
        return frozenset(one.id for one in rosters.first_call(alarm.school).people)
    if line.action == "escalated" and "people" in line.data and "more" not in line.data:
        return frozenset(UUID(one["id"]) for one in line.data["people"])
    return None


def cap_of_alarm(alarm: Alarm) -> list[Alert]:
    """Every CAP message of an alarm so far."""
    lines = AlarmLog.objects.filter(alarm=alarm).order_by("number")
    log = [
        cap.Line(number=line.number, at=line.at, action=line.action, disposition=alarm.disposition or "")
        for line in lines
    ]
    return cap.alarm_messages(alarm_facts(alarm), log, sender())


def alarm_facts(alarm: Alarm) -> cap.AlarmFacts:
    near = abs(alarm.received_at - alarm.pressed_at) <= FOOLISH
    return cap.AlarmFacts(
        id=alarm.pk,
        site=site_of(alarm.school),
        place=alarm.place,
        level=Level(alarm.level),
        kind=Kind(alarm.kind),
        meaning=alarm.meaning,
        code=alarm.code,
        duress=alarm.duress,
        source=alarm.source,
        pressed_at=alarm.pressed_at if near else alarm.received_at,
    )


def _alarm_title(facts: cap.AlarmFacts, alarm: Alarm, language: str) -> str:
    mark = words.KIND_MARKS[facts.kind].in_language(language)
    event = cap.event_of(facts).in_language(language)
    return f"{mark}{alarm.level}. {event}: {alarm.school.name.in_language(language)}"


def _alarm_text(facts: cap.AlarmFacts, alarm: Alarm, step: LocalText, language: str) -> str:
    said = [alarm.place.in_language(language) + ".", step.in_language(language)]
    said.append(words.ADDRESS.in_language(language).format(address=alarm.school.address.in_language(language)))
    if alarm.duress:
        said.append(words.INSTRUCTION_DURESS.in_language(language))
    said.append(_clock(facts.pressed_at))
    return " ".join(said)


# --- actions -------------------------------------------------------------------------------------------------------


def action_news(row: SchoolAction) -> News:
    notice = Notice(
        key=f"action:{row.pk}",
        event=f"action.{row.action}"[:60],
        at=row.received_at,
        kind=row.kind,
        **_where(row.school),
    )
    said = {
        "id": str(row.pk),
        "action": row.action,
        "kind": row.kind,
        "at": instant(row.at),
        "outputs": row.outputs,
        "school": school_said(row.school),
    }
    return News(
        notice=notice,
        said=said,
        title=_each(lambda language: _action_title(row, language)),
        text=_each(lambda language: f"{_address(row.school, language)} {_clock(row.received_at)}"),
        cap=cache(lambda: _one(cap_of_action(row), str(row.pk))),
    )


def _action_title(row: SchoolAction, language: str) -> str:
    known = actions.SchoolAction._value2member_map_.get(row.action)
    name = actions.NAMES[known] if isinstance(known, actions.SchoolAction) else LocalText(kk=row.action)
    mark = words.KIND_MARKS[Kind.read(row.kind)].in_language(language)
    return f"{mark}{row.school.name.in_language(language)}: {name.in_language(language)}"


def cap_of_action(row: SchoolAction) -> list[Alert]:
    """Every CAP message of the run of actions that this one belongs to, up to this one."""
    before = SchoolAction.objects.filter(school=row.school, received_at__lte=row.received_at).order_by("-received_at")
    run = [row]
    for earlier in before.exclude(pk=row.pk)[:20]:
        if earlier.action == actions.SchoolAction.ALL_CLEAR or earlier.kind != row.kind:
            break
        run.insert(0, earlier)
    site = site_of(row.school)
    facts = [
        cap.ActionFacts(
            id=one.pk,
            site=site,
            action=one.action,
            kind=Kind.read(one.kind),
            at=one.at if abs(one.received_at - one.at) <= FOOLISH else one.received_at,
            received_at=one.received_at,
        )
        for one in run
    ]
    return cap.action_messages(facts, sender())


# --- faults --------------------------------------------------------------------------------------------------------

_OPENED = LocalText(kk="Ақау", ru="Неисправность", en="Fault")
_CLOSED = LocalText(kk="Ақау жойылды", ru="Неисправность устранена", en="Fault is over")
_STOPS = LocalText(kk="Дабыл жетпей қалуы мүмкін.", ru="Тревога может не дойти.", en="An alarm may not come through.")
FAULT_WORDS = {
    "node.silent": LocalText(kk="мектеп торабы үнсіз", ru="узел школы молчит", en="the school's node is silent"),
    "link.gap": LocalText(kk="хабарлар жетпеді", ru="сообщения не дошли", en="messages are missing"),
    "area.silent": LocalText(
        kk="бірнеше мектеп бірден үнсіз", ru="сразу несколько школ молчат", en="several schools fell silent at once"
    ),
    "source.silent": LocalText(kk="дабыл көзі үнсіз", ru="источник тревог молчит", en="a way in is silent"),
    "source.fault": LocalText(
        kk="дабыл көзі істен шықты", ru="источник тревог неисправен", en="a way in does not work"
    ),
    "source.battery_low": LocalText(kk="батарея таусылуда", ru="садится батарея", en="the battery is low"),
    "source.mains_lost": LocalText(kk="ток жоқ", ru="нет сетевого питания", en="the mains is off"),
    "source.tamper": LocalText(kk="құрылғы ашылған", ru="вскрыт корпус", en="the case was opened"),
    "source.line_open": LocalText(kk="сым үзілген", ru="обрыв линии", en="the line is broken"),
    "source.line_short": LocalText(kk="сым тұйықталған", ru="короткое замыкание линии", en="the line is shorted"),
    "source.comms_trouble": LocalText(
        kk="құрылғымен байланыс нашар", ru="нет связи с устройством", en="the device cannot be reached"
    ),
    "desk.nobody": LocalText(
        kk="пульттерде кезекші жоқ", ru="за пультами нет дежурных", en="nobody is on duty at the desks"
    ),
    "test.overdue": LocalText(
        kk="түйме 30 күннен бері сыналмаған", ru="кнопку не проверяли 30 дней", en="not tested for 30 days"
    ),
}


def fault_news(row: Fault) -> News:
    """A fault opened or closed. `row` is read with its school and district."""
    over = row.closed_at is not None
    event = "closed" if over else "opened"
    where: dict[str, Any] = {"region": row.region, "district": row.district}
    if row.school is not None:
        where = _where(row.school)
    at = row.closed_at or row.noticed_at
    notice = Notice(key=f"fault:{row.pk}:{row.times}:{event}", event=f"fault.{event}", at=at, **where)
    said = {
        "id": str(row.pk),
        "code": row.code,
        "subject": row.subject,
        "detail": row.detail,
        "duty": row.duty,
        "stops_alarms": row.stops_alarms,
        "opened_at": instant(row.opened_at),
        "due_at": instant(row.due_at),
        "closed_at": instant(row.closed_at) if row.closed_at else None,
        "region": row.region,
        "district": row.district,
        "school": school_said(row.school) if row.school else None,
    }
    return News(
        notice=notice,
        said=said,
        title=_each(lambda language: _fault_title(row, language)),
        text=_each(lambda language: _fault_text(row, language, over)),
        cap=lambda: None,
    )


def _fault_title(row: Fault, language: str) -> str:
    what = FAULT_WORDS.get(row.code, LocalText(kk=row.code)).in_language(language)
    head = (_CLOSED if row.closed_at else _OPENED).in_language(language)
    return f"{head}: {_named(row, language)}, {what}"


def _named(row: Fault, language: str) -> str:
    place = row.school or row.centre
    return place.name.in_language(language) if place else row.district or row.region or "KZ"


def _fault_text(row: Fault, language: str, over: bool) -> str:
    said = [str(row.detail["place"]) + "."] if row.detail.get("place") else []
    if row.stops_alarms and not over:
        said.append(_STOPS.in_language(language))
    said.append(_clock(row.closed_at or row.opened_at))
    return " ".join(said)


# --- what they share -----------------------------------------------------------------------------------------------


def test_news(key: str, at: datetime) -> News:
    """A notice that says that the channel works."""
    title = LocalText(kk="Qorgan: арнаны сынау", ru="Qorgan: проверка канала", en="Qorgan: a test of this channel")
    text = LocalText(
        kk="Бұл сынақ хабарламасы, шара қолдану қажет емес.",
        ru="Это проверочное сообщение, действий не требуется.",
        en="This is a test message; no action is required.",
    )
    notice = Notice(key=key, event="test.sent", at=at, kind="test")
    return News(notice=notice, said={}, title=title, text=text, cap=lambda: None)


def school_said(school: School) -> dict[str, Any]:
    return {
        "id": str(school.pk),
        "site": school.site,
        "name": _local(school.name),
        "address": _local(school.address),
        "region": school.district.region_id,
        "district": school.district_id,
        "lat": school.lat,
        "lon": school.lon,
    }


def site_of(school: School) -> cap.Site:
    district = school.district
    codes = [("P-code", district.pk)] + ([("KATO", district.kato)] if district.kato.strip("0") else [])
    return cap.Site(
        site=school.site,
        name=school.name,
        address=school.address,
        latitude=school.lat,
        longitude=school.lon,
        codes=tuple(codes),
    )


def _one(messages: Sequence[Alert], identifier: str) -> bytes | None:
    return next((to_xml(one) for one in messages if one.identifier == identifier), None)


def _where(school: School) -> dict[str, Any]:
    return {"school": school.pk, "region": school.district.region_id, "district": school.district_id}


def _address(school: School, language: str) -> str:
    return words.ADDRESS.in_language(language).format(address=school.address.in_language(language))


def _each(say: Callable[[str], str]) -> LocalText:
    kk, ru, en = (say(language) for language in LANGUAGES)
    return LocalText(kk=kk, ru=ru, en=en)


def _local(text: LocalText) -> dict[str, str]:
    return {"kk": text.kk, "ru": text.ru or text.kk, "en": text.en or text.kk}


def _clock(at: datetime) -> str:
    return at.astimezone(LOCAL).strftime("%d.%m.%Y %H:%M:%S")
