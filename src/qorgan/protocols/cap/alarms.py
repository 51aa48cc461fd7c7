"""From an alarm and its log, or an action of a school, to CAP messages: the same facts always give the same documents.

An alarm begins with an Alert; each step that other services should know of is an Update of it. Its end is an Update
that says AllClear when the alarm was true, and a Cancel when it was a mistake, a drill or a test. Nothing has to be
kept: a message's identifier is the alarm's id and the number of its line in the log.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from qorgan.domain import actions
from qorgan.domain.alarms import Disposition, Kind, Level
from qorgan.domain.places import LocalText
from qorgan.domain.signals import WORDS, Meaning
from qorgan.protocols.cap import words
from qorgan.protocols.cap.document import (
    Alert,
    Area,
    Category,
    Certainty,
    Info,
    MessageType,
    Response,
    Severity,
    Status,
    Urgency,
)

LOCAL = ZoneInfo("Asia/Almaty")
LANGUAGES = (("kk", "kk-KZ"), ("ru", "ru-KZ"))
ENGLISH = ("en", "en-KZ")
RADIUS_KM = 0.3
BEGINNINGS = frozenset({"stored", "raised"})  # by a school, by an operator on behalf of a caller
STATUS = {Kind.REAL: Status.ACTUAL, Kind.DRILL: Status.EXERCISE, Kind.TEST: Status.TEST}
CERTAINTY = {"confirmed": Certainty.OBSERVED, "refuted": Certainty.UNLIKELY}
SEVERITY = {Level.P1: Severity.EXTREME, Level.P2: Severity.SEVERE, Level.P3: Severity.MINOR}
_M = Meaning
_FIRE = frozenset({_M.FIRE, _M.SMOKE, _M.HEAT, _M.FLAME, _M.PULL_STATION, _M.SPRINKLER})
_HEALTH = frozenset({_M.MEDICAL, _M.EMERGENCY, _M.FALL, _M.NO_REPORT})
_POISON = frozenset({_M.GAS, _M.CARBON_MONOXIDE})
_HOUSE = frozenset({_M.FLOOD, _M.TEMPERATURE, _M.TECHNICAL})
_RESPONSE = {
    "hold": Response.SHELTER,
    "secure": Response.SHELTER,
    "lockdown": Response.SHELTER,
    "evacuate": Response.EVACUATE,
    "shelter": Response.SHELTER,
    "all_clear": Response.ALL_CLEAR,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The school, as a message speaks of it. `codes` are (valueName, value): its district's P-code and КАТО."""

    site: str
    name: LocalText
    address: LocalText
    latitude: float
    longitude: float
    codes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sends: a name that is one in the world (a domain, an address), and what people call it."""

    id: str
    name: LocalText
    english: bool = False  # a third block, for those who read neither Kazakh nor Russian


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFacts:
    """What of an alarm does not change from message to message."""

    id: UUID
    site: Site
    place: LocalText
    level: Level
    kind: Kind
    meaning: str
    code: str
    duress: bool
    source: str
    pressed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the alarm's log. `disposition` stands on the one that ends it."""

    number: int
    at: datetime
    action: str
    disposition: str = ""


def alarm_messages(alarm: AlarmFacts, log: Iterable[Line], sender: Sender) -> list[Alert]:
    """Every message about this alarm so far, the oldest first. Lines that concern nobody outside have none."""
    sent: list[Alert] = []
    certainty = Certainty.LIKELY
    for line in log:
        if line.action not in words.STEPS or (line.action in BEGINNINGS) != (not sent):
            continue
        certainty = CERTAINTY.get(line.action, certainty)
        sent.append(_message(alarm, line, sender, certainty, sent))
    return sent


def _message(alarm: AlarmFacts, line: Line, sender: Sender, certainty: Certainty, before: Sequence[Alert]) -> Alert:
    ends = line.action == "closed"
    kind = MessageType.UPDATE if before else MessageType.ALERT
    if ends and line.disposition != Disposition.TRUE:
        kind = MessageType.CANCEL
    return Alert(
        identifier=f"{alarm.id}.{line.number}",
        sender=sender.id,
        sent=line.at.astimezone(LOCAL),
        status=STATUS[alarm.kind],
        message_type=kind,
        source="Qorgan",
        restriction=words.RESTRICTION,
        code="qorgan:alarm:1",
        note=words.DISPOSITIONS[line.disposition].ru if ends and line.disposition in words.DISPOSITIONS else "",
        references=tuple(one.reference for one in before),
        incident=str(alarm.id),
        infos=tuple(_alarm_info(alarm, line, sender, certainty, *one) for one in _languages(sender)),
    )


def _languages(sender: Sender) -> tuple[tuple[str, str], ...]:
    return (*LANGUAGES, ENGLISH) if sender.english else LANGUAGES


def _alarm_info(alarm: AlarmFacts, line: Line, sender: Sender, certainty: Certainty, language: str, tag: str) -> Info:
    over = line.action == "closed"
    event = event_of(alarm).in_language(language)
    headline = words.HEADLINE.in_language(language).format(
        kind=words.KIND_MARKS[alarm.kind].in_language(language),
        event=event,
        school=alarm.site.name.in_language(language),
        place=alarm.place.in_language(language),
    )
    said = [words.STEPS[line.action].in_language(language)]
    if over and line.disposition in words.DISPOSITIONS:
        said.append(words.DISPOSITIONS[line.disposition].in_language(language))
    said.append(_address(alarm.site, language))
    return Info(
        language=tag,
        category=_category(alarm.meaning),
        event=event,
        response=_response(alarm.level, over, line.disposition),
        urgency=Urgency.PAST if over else Urgency.EXPECTED if alarm.level is Level.P3 else Urgency.IMMEDIATE,
        severity=SEVERITY[alarm.level],
        certainty=certainty,
        audience=words.AUDIENCE.in_language(language),
        event_codes=_codes(alarm),
        effective=line.at.astimezone(LOCAL),
        onset=alarm.pressed_at.astimezone(LOCAL),
        sender_name=sender.name.in_language(language),
        headline=headline,
        description=" ".join(said),
        instruction=_instruction(alarm, over).in_language(language),
        parameters=(
            ("qorgan:level", alarm.level.value),
            ("qorgan:kind", alarm.kind.value),
            ("qorgan:step", line.action),
            ("qorgan:source", alarm.source),
            ("qorgan:site", alarm.site.site),
        ),
        area=_area(alarm.site, language),
    )


def event_of(alarm: AlarmFacts) -> LocalText:
    """What happened, in words; where the way in said no meaning, by the level."""
    meaning = Meaning._value2member_map_.get(alarm.meaning)
    return WORDS[meaning] if isinstance(meaning, Meaning) else words.LEVELS[alarm.level]


def _codes(alarm: AlarmFacts) -> tuple[tuple[str, str], ...]:
    known = (("qorgan:meaning", alarm.meaning), ("qorgan:code", alarm.code))
    return tuple((name, value) for name, value in known if value)


def _category(meaning: str) -> Category:
    for group, category in ((_FIRE, Category.FIRE), (_HEALTH, Category.HEALTH), (_POISON, Category.CBRNE)):
        if meaning in group:
            return category
    return Category.INFRA if meaning in _HOUSE else Category.SECURITY


def _response(level: Level, over: bool, disposition: str) -> Response:
    if over:
        return Response.ALL_CLEAR if disposition == Disposition.TRUE else Response.NONE
    return Response.MONITOR if level is Level.P3 else Response.EXECUTE


def _instruction(alarm: AlarmFacts, over: bool) -> LocalText:
    if over:
        return words.INSTRUCTION_OVER
    if alarm.kind is not Kind.REAL:
        return words.INSTRUCTION_NOT_REAL
    if alarm.duress:
        return words.INSTRUCTION_DURESS
    return words.INSTRUCTIONS[alarm.level]


def _address(site: Site, language: str) -> str:
    return words.ADDRESS.in_language(language).format(address=site.address.in_language(language))


def _area(site: Site, language: str) -> Area:
    return Area(
        description=f"{site.name.in_language(language)}, {site.address.in_language(language)}",
        latitude=site.latitude,
        longitude=site.longitude,
        radius_km=RADIUS_KM,
        geocodes=site.codes,
    )


# --- actions of schools --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionFacts:
    """An action that a school took."""

    id: UUID
    site: Site
    action: str  # domain.actions.SchoolAction, or the text that the node used
    kind: Kind
    at: datetime
    received_at: datetime


def action_messages(taken: Iterable[ActionFacts], sender: Sender) -> list[Alert]:
    """Every message about one run of actions at one school, the oldest first: it ends with `all_clear`."""
    sent: list[Alert] = []
    first: ActionFacts | None = None
    for fact in taken:
        first = first or fact
        sent.append(_action_message(fact, first, sender, sent))
    return sent


def _action_message(fact: ActionFacts, first: ActionFacts, sender: Sender, before: Sequence[Alert]) -> Alert:
    over = fact.action == actions.SchoolAction.ALL_CLEAR
    infos = tuple(_action_info(fact, first, sender, *one) for one in _languages(sender))
    return Alert(
        identifier=str(fact.id),
        sender=sender.id,
        sent=fact.received_at.astimezone(LOCAL),
        status=STATUS[fact.kind],
        message_type=MessageType.UPDATE if before else MessageType.ALERT,
        source="Qorgan",
        restriction=words.RESTRICTION,
        code="qorgan:action:1",
        note=words.OVER.ru if over else "",
        references=tuple(one.reference for one in before),
        incident=str(first.id),
        infos=infos,
    )


def _action_info(fact: ActionFacts, first: ActionFacts, sender: Sender, language: str, tag: str) -> Info:
    over = fact.action == actions.SchoolAction.ALL_CLEAR
    known = actions.SchoolAction._value2member_map_.get(fact.action)
    name = actions.NAMES[known] if isinstance(known, actions.SchoolAction) else LocalText(kk=fact.action)
    duty = (
        actions.DUTIES.get((known, actions.Audience.ADULT)) if isinstance(known, actions.SchoolAction) else None
    ) or words.INSTRUCTION_OVER
    headline = words.ACTION_HEADLINE.in_language(language).format(
        kind=words.KIND_MARKS[fact.kind].in_language(language),
        action=name.in_language(language),
        school=fact.site.name.in_language(language),
    )
    return Info(
        language=tag,
        category=Category.SAFETY,
        event=name.in_language(language),
        response=_RESPONSE.get(fact.action, Response.ASSESS),
        urgency=Urgency.PAST if over else Urgency.IMMEDIATE,
        severity=Severity.MINOR if over else Severity.SEVERE,
        certainty=Certainty.OBSERVED,
        audience=words.AUDIENCE.in_language(language),
        event_codes=(("qorgan:action", fact.action),),
        effective=fact.received_at.astimezone(LOCAL),
        onset=first.at.astimezone(LOCAL),
        sender_name=sender.name.in_language(language),
        headline=headline,
        description=_address(fact.site, language),
        instruction=duty.in_language(language),
        parameters=(("qorgan:kind", fact.kind.value), ("qorgan:site", fact.site.site)),
        area=_area(fact.site, language),
    )
