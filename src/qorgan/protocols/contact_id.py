"""Ademco Contact ID (SIA DC-05): the whole table of event codes, and events as DC-09 and Sur-Gard carry them.

An event is `QXYZ GG CCC`: qualifier (1 new or opening, 3 restore or closing, 6 still so), code, partition, zone or
user. A qualifier that does not exist counts as new, a code that does not exist is an alarm: P1 in the class of alarms
(1xx), P2 elsewhere.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from qorgan.domain.alarms import Level
from qorgan.domain.signals import Judgement, Meaning, PanelEvent, Phase, PointKind, judge
from qorgan.kernel.errors import Invalid

_M = Meaning
_PHASES = {"1": Phase.NEW, "E": Phase.NEW, "3": Phase.RESTORED, "R": Phase.RESTORED, "6": Phase.STILL, "P": Phase.STILL}
_DIGIT_OF = {Phase.NEW: "1", Phase.RESTORED: "3", Phase.STILL: "6"}

# DC-05 appendix C. A range is written with both its ends.
_CODES: tuple[tuple[Meaning, str], ...] = (
    # 1xx alarms
    (_M.MEDICAL, "100"),
    (_M.EMERGENCY, "101"),
    (_M.NO_REPORT, "102"),
    (_M.FALL, "103"),
    (_M.FIRE, "110 112"),
    (_M.SMOKE, "111 116"),
    (_M.SPRINKLER, "113"),
    (_M.HEAT, "114"),
    (_M.PULL_STATION, "115"),
    (_M.FLAME, "117"),
    (_M.NEAR_ALARM, "118 138"),
    (_M.PANIC, "120"),
    (_M.DURESS, "121 124 125"),
    (_M.SILENT_PANIC, "122"),
    (_M.AUDIBLE_PANIC, "123"),
    (_M.SUSPICION, "126"),
    (_M.HOLD_UP, "129"),
    (_M.INTRUSION, "130-136 141-142 146 155"),
    (_M.TAMPER, "137 144-145"),
    (_M.INTRUSION_CONFIRMED, "139"),
    (_M.GENERAL, "140"),
    (_M.SABOTAGE, "143 147"),
    (_M.TECHNICAL, "150 152 161 163 168-169"),
    (_M.GAS, "151"),
    (_M.TEMPERATURE, "153 158-159"),
    (_M.FLOOD, "154"),
    (_M.LINE_TROUBLE, "156"),
    (_M.TECHNICAL, "157"),
    (_M.CARBON_MONOXIDE, "162"),
    # 2xx fire supervision
    (_M.FIRE_TROUBLE, "200-204 206"),
    (_M.SPRINKLER, "205"),
    # 3xx faults
    (_M.PANEL_TROUBLE, "300 303-304 307-308 315"),
    (_M.MAINS_LOST, "301 342 926"),
    (_M.BATTERY_LOW, "302 309 311 338 384"),
    (_M.STATUS, "305 339"),
    (_M.PROGRAMMING, "306"),
    (_M.POWER_TROUBLE, "310 312 314 337"),
    (_M.SERVICE, "313"),
    (_M.TAMPER, "316-317 341 383"),
    (_M.SOUNDER_TROUBLE, "320-327"),
    (_M.MODULE_TROUBLE, "330 333-336 343"),
    (_M.LINE_OPEN, "331 371"),
    (_M.LINE_SHORT, "332 372"),
    (_M.RADIO_JAMMED, "344"),
    (_M.COMMS_TROUBLE, "345 350-353 355-357"),
    (_M.EVENT_NOT_SENT, "354"),
    (_M.TEST_PERIODIC, "358"),
    (_M.LINE_TROUBLE, "370 377-378"),
    (_M.FIRE_TROUBLE, "373"),
    (_M.INTRUSION, "374"),
    (_M.PANIC_TROUBLE, "375"),
    (_M.HOLD_UP_TROUBLE, "376"),
    (_M.SENSOR_TROUBLE, "380 385-389 391-394"),
    (_M.SUPERVISION_LOST, "381-382"),
    # 4xx opening, closing, access
    (_M.OPEN_CLOSE, "400-405 407-409 441-444 450-459 462-464"),
    (_M.CANCELLED, "406"),
    (_M.PROGRAMMING, "411-413 416 429-430"),
    (_M.DISABLED, "414-415"),
    (_M.ACCESS, "421-422 424-425 431 433-436 461"),
    (_M.DOOR_FORCED, "423"),
    (_M.DOOR_OPEN, "426"),
    (_M.ACCESS_TROUBLE, "427-428 432"),
    (_M.PANIC_RESET, "465"),
    (_M.SERVICE, "466"),
    # 5xx what was switched off
    (_M.DISABLED, "501 520-527 551-553"),
    (_M.PROGRAMMING, "531-532"),
    (_M.COMMS_TROUBLE, "554-555"),
    (_M.BYPASSED, "570-579"),
    # 6xx tests, logs, people
    (_M.TEST_MANUAL, "601"),
    (_M.TEST_PERIODIC, "602-603 608"),
    (_M.TEST_MODE, "604 607"),
    (_M.STATUS, "605"),
    (_M.LISTEN_IN, "606 609"),
    (_M.POINT_TESTED, "611 613-615"),
    (_M.POINT_NOT_TESTED, "612"),
    (_M.SERVICE, "616"),
    (_M.EVENT_LOG, "621-623 629"),
    (_M.EVENTS_LOST, "624"),
    (_M.CLOCK_SET, "625"),
    (_M.CLOCK_WRONG, "626"),
    (_M.PROGRAMMING, "627-628"),
    (_M.SCHEDULE, "630-632"),
    (_M.NO_REPORT, "641-642"),
    (_M.DOOR_OPEN, "643"),
    (_M.HELP_ARRIVED, "645"),
    (_M.MORE_HELP, "646"),
    (_M.CANCELLED, "647"),
    (_M.STATUS, "651-653"),
    (_M.SUPERVISION_LOST, "654"),
    (_M.PROGRAMMING, "655"),
    # 7xx of the maker, 9xx of the receiver
    (_M.TECHNICAL, "703"),
    (_M.TEST_MANUAL, "704"),
    (_M.COMMS_TROUBLE, "796 798"),
    (_M.PROGRAMMING, "900-904"),
    (_M.BYPASSED, "910-911 923 925"),
    (_M.STATUS, "912 928-929 962"),
    (_M.TEST_MODE, "913-919"),
    (_M.OPEN_CLOSE, "920"),
    (_M.ACCESS, "921"),
    (_M.TECHNICAL, "922"),
    (_M.LINE_TROUBLE, "924"),
    (_M.SOUNDER_TROUBLE, "927"),
    (_M.COMMS_TROUBLE, "954 961"),
)
_USER_CODES = (
    "121 126 313 400-409 411-415 421-422 424-425 429-431 435-436 441-444 450-459 462-464 466 574 604 607 625 642"
    " 652-653 655 913-916 920-921 928-929"
)
_EVENT = re.compile(r"([0-9A-Z])([0-9A-F]{3})(?:[ ,]+([0-9A-F]{1,4}))?(?:[ ,]+([0-9A-F]{1,5}))?", re.IGNORECASE)


def _numbers(ranges: str) -> Iterator[str]:
    for part in ranges.split():
        first, _, last = part.partition("-")
        yield from (f"{number:03d}" for number in range(int(first), int(last or first) + 1))


MEANING_OF: Mapping[str, Meaning] = MappingProxyType(
    {code: meaning for meaning, ranges in _CODES for code in _numbers(ranges)}
)
_OF_USERS = frozenset(_numbers(_USER_CODES))


def judge_code(code: str, phase: Phase) -> Judgement:
    """What an event code of three digits means. One that nobody knows is an alarm."""
    meaning = MEANING_OF.get(code.upper())
    if meaning is None:
        return judge(Meaning.UNKNOWN, phase, level=Level.P1 if code.startswith("1") else Level.P2)
    return judge(meaning, phase)


def make_event(qualifier: str, code: str, partition: str, point: str, text: str = "") -> PanelEvent:
    """An event from its parts, of which partition and point may be empty or zero."""
    phase = _PHASES.get(qualifier.upper(), Phase.NEW)
    number = point.lstrip("0").upper()
    kind = PointKind.USER if code in _OF_USERS else PointKind.ZONE
    return PanelEvent(
        judgement=judge_code(code, phase),
        code=f"{_DIGIT_OF[phase]}{code.upper()}",
        partition=partition.lstrip("0").upper(),
        point=number,
        point_kind=kind if number else PointKind.NONE,
        text=text,
    )


def parse_event(text: str) -> PanelEvent:
    """The event in `1120 01 005`. Panels write one to four digits of partition, one to five of zone, or none at all.

    Raises `Invalid` for what has not even a qualifier and a code.
    """
    found = _EVENT.match(text.strip())
    if found is None:
        raise Invalid("this is not a Contact ID event", code="contact_id.unreadable")
    rest = text.strip()[found.end() :].strip()
    return make_event(found[1], found[2], found[3] or "", found[4] or "", rest)
