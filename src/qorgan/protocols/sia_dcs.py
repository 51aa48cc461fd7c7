"""SIA DCS (DC-03): the event codes of two letters, and the blocks in which DC-09 and Sur-Gard carry them.

A block is `N` (new) or `O` (old), then modifiers (`ti13:45`, `id12`, `ri1`) and events (`PA5`), each perhaps with a
text behind it; panels put `/` between them or nothing, and write texts in `^…^`, `*"…"NM` or behind a bar.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from qorgan.domain.alarms import Level
from qorgan.domain.signals import Judgement, Meaning, PanelEvent, Phase, PointKind, judge
from qorgan.kernel.errors import Invalid

_M, _P = Meaning, Phase
MAX_EVENTS = 32  # of one message
_FAMILIES: tuple[tuple[str, Meaning, Meaning], ...] = (
    # first letter, what its alarm (A) means, what its trouble (T) and supervision (S) mean
    ("B", _M.INTRUSION, _M.LINE_TROUBLE),
    ("F", _M.FIRE, _M.FIRE_TROUBLE),
    ("G", _M.GAS, _M.SENSOR_TROUBLE),
    ("H", _M.HOLD_UP, _M.HOLD_UP_TROUBLE),
    ("K", _M.HEAT, _M.FIRE_TROUBLE),
    ("M", _M.MEDICAL, _M.SENSOR_TROUBLE),
    ("P", _M.PANIC, _M.PANIC_TROUBLE),
    ("Q", _M.EMERGENCY, _M.SENSOR_TROUBLE),
    ("S", _M.SPRINKLER, _M.FIRE_TROUBLE),
    ("T", _M.TAMPER, _M.LINE_TROUBLE),
    ("U", _M.GENERAL, _M.LINE_TROUBLE),
    ("W", _M.FLOOD, _M.SENSOR_TROUBLE),
    ("Z", _M.TEMPERATURE, _M.SENSOR_TROUBLE),
)
# DC-03 table A.2: what does not follow from its family. Later rows win over earlier ones and over the families.
_CODES: tuple[tuple[Meaning, Phase, str], ...] = (
    (_M.SABOTAGE, _P.NEW, "AA"),
    (_M.CANCELLED, _P.NEW, "AB BC FC OC OR"),
    (_M.SENSOR_TROUBLE, _P.RESTORED, "AN"),
    (_M.MAINS_LOST, _P.RESTORED, "AR"),
    (_M.SENSOR_TROUBLE, _P.NEW, "AS"),
    (_M.MAINS_LOST, _P.NEW, "AT"),
    (_M.LINE_TROUBLE, _P.NEW, "BD"),
    (_M.LINE_TROUBLE, _P.RESTORED, "BE"),
    (_M.NEAR_ALARM, _P.NEW, "BG FG UG"),
    (_M.INTRUSION_CONFIRMED, _P.NEW, "BM BV"),
    (_M.POINT_TESTED, _P.NEW, "BX FX GX TP"),
    (_M.SUPERVISION_LOST, _P.NEW, "BZ EM FY FZ UY"),
    (_M.OPEN_CLOSE, _P.NEW, "CA CD CE CF CG CI CJ CK CL CP CQ CR CS CT CW CZ EE JP NF NL NM"),
    (_M.OPEN_CLOSE, _P.NEW, "OA OG OH OI OJ OK OL OP OQ OS OT OZ"),
    (_M.SABOTAGE, _P.NEW, "CM EZ UZ XM"),
    (_M.STATUS, _P.NEW, "CO CX DS DU EX IA JR RC RN RO RR SC TW TZ VI VR VX VY VZ XA XE XF XI YO YY"),
    (_M.PROGRAMMING, _P.NEW, "DA DB JH JS JV JX JY JZ LB LD LS LU LX RA RB RD RS RU YG"),
    (_M.ACCESS, _P.NEW, "DC DD DE DG DI DK DN DO DP DQ DV DW DX DY DZ JA"),
    (_M.DOOR_FORCED, _P.NEW, "DF DJ"),
    (_M.DOOR_OPEN, _P.NEW, "DL DM"),
    (_M.DOOR_OPEN, _P.RESTORED, "DH DR"),
    (_M.ACCESS_TROUBLE, _P.NEW, "DT"),
    (_M.INTRUSION, _P.NEW, "EA"),
    (_M.TAMPER, _P.NEW, "ES XS"),
    (_M.TAMPER, _P.RESTORED, "EJ XJ"),
    (_M.SUPERVISION_LOST, _P.RESTORED, "EN"),
    (_M.MODULE_TROUBLE, _P.NEW, "ET VO VT"),
    (_M.MODULE_TROUBLE, _P.RESTORED, "ER"),
    (_M.TEST_MODE, _P.NEW, "FI FK TS TE"),
    (_M.STATUS, _P.NEW, "FL YN"),
    (_M.FIRE, _P.NEW, "FM"),
    (_M.FIRE_TROUBLE, _P.RESTORED, "FQ FV"),
    (_M.FIRE_TROUBLE, _P.NEW, "FW"),
    (_M.PANEL_TROUBLE, _P.NEW, "IA YF YU YW"),
    (_M.PANEL_TROUBLE, _P.RESTORED, "IR"),
    (_M.CLOCK_SET, _P.NEW, "JD JT"),
    (_M.NO_REPORT, _P.NEW, "JK NA"),
    (_M.NO_REPORT, _P.RESTORED, "NS"),
    (_M.EVENT_LOG, _P.NEW, "JL"),
    (_M.EVENTS_LOST, _P.NEW, "JO RT"),
    (_M.LISTEN_IN, _P.NEW, "LE LF"),
    (_M.COMMS_TROUBLE, _P.NEW, "LT NC NT XL YC YD YS"),
    (_M.COMMS_TROUBLE, _P.RESTORED, "LR NR YE YK"),
    (_M.STATUS, _P.NEW, "MI UX YB"),
    (_M.SOUNDER_TROUBLE, _P.NEW, "OU YA"),
    (_M.SOUNDER_TROUBLE, _P.RESTORED, "OV YH"),
    (_M.TEST_PERIODIC, _P.NEW, "RP RY TX"),
    (_M.TEST_MANUAL, _P.NEW, "RX"),
    (_M.POINT_TESTED, _P.NEW, "TC"),
    (_M.POINT_NOT_TESTED, _P.NEW, "XX"),
    (_M.RADIO_JAMMED, _P.NEW, "XQ"),
    (_M.RADIO_JAMMED, _P.RESTORED, "XH"),
    (_M.BATTERY_LOW, _P.NEW, "XT YM YT"),
    (_M.BATTERY_LOW, _P.RESTORED, "XR YR"),
    (_M.BYPASSED, _P.NEW, "XW"),
    (_M.POWER_TROUBLE, _P.NEW, "YI YP"),
    (_M.POWER_TROUBLE, _P.RESTORED, "YJ YQ"),
    (_M.SERVICE, _P.NEW, "YX YZ"),
)
_USER_CODES = "BC CE CF CJ CK CL CP CQ CR DA DB EE JD JH JK JP JS JT JV JX JY JZ OC OH OJ OK OL OP OQ OR OT RX"
_PART = re.compile(
    r"(?:(?P<modifier>da|ti|id|ri|pi|ai|ph|lv|va|pt|rg|ss)(?P<value>[0-9:.,\-]*)"
    r"|(?P<code>[A-Z]{2})(?P<point>[0-9A-F]{1,4}(?=[/^*|]|$)|[0-9]{1,6})?)"
    r"(?:\*\"(?P<quoted>[^\"]*)\"NM|\*(?P<units>[^^/*|]*))?(?:\^(?P<text>[^^]*)(?:\^|$))?[/ ]*"
)
_OF_USERS = frozenset(_USER_CODES.split())


def _build() -> dict[str, tuple[Meaning, Phase]]:
    table: dict[str, tuple[Meaning, Phase]] = {}
    for letter, alarm, trouble in _FAMILIES:
        codes = {"A": (alarm, _P.NEW), "H": (alarm, _P.RESTORED), "R": (alarm, _P.RESTORED)}
        codes |= {"T": (trouble, _P.NEW), "S": (trouble, _P.NEW), "J": (trouble, _P.RESTORED)}
        codes |= {"B": (_M.BYPASSED, _P.NEW), "U": (_M.BYPASSED, _P.RESTORED)}
        table |= {letter + second: row for second, row in codes.items()}
    for meaning, phase, listed in _CODES:
        table |= dict.fromkeys(listed.split(), (meaning, phase))
    return table


MEANING_OF: Mapping[str, tuple[Meaning, Phase]] = MappingProxyType(_build())


def judge_code(code: str) -> Judgement:
    """What an event code of two letters means. One that nobody knows is an alarm; P1 when it looks like one (`xA`)."""
    found = MEANING_OF.get(code)
    if found is None:
        return judge(_M.UNKNOWN, level=Level.P1 if code.endswith("A") else Level.P2)
    return judge(*found)


def parse_blocks(text: str) -> tuple[PanelEvent, ...]:
    """The events in `Nri1/PA5^hall^`, or in several such blocks with bars between them.

    Raises `Invalid` when there is none, and for more than 32.
    """
    events: list[PanelEvent] = []
    for block in text.split("|"):
        if block[:1] in ("N", "O"):
            events += _events_of(block[1:], _P.STILL if block[0] == "O" else _P.NEW)
        elif block[:1] == "A" and events:
            events[-1] = _with_text(events[-1], block[1:])
    if not events or len(events) > MAX_EVENTS:
        raise Invalid(f"1 to {MAX_EVENTS} SIA events are expected, not {len(events)}", code="sia_dcs.unreadable")
    return tuple(events)


def _events_of(block: str, age: Phase) -> list[PanelEvent]:
    events: list[PanelEvent] = []
    partition, user, at = "", "", 0
    while at < len(block) and (part := _PART.match(block, at)) is not None:
        at = part.end()
        if part["code"]:
            events.append(_event(part, partition, user, age))
        elif part["modifier"] == "ri":
            partition = part["value"].lstrip("0")
        elif part["modifier"] == "id":
            user = part["value"].lstrip("0")
    if at < len(block):
        if not events:
            raise Invalid("this is not a SIA event", code="sia_dcs.unreadable")
        events[-1] = _with_text(events[-1], block[at:])
    return events


def _event(part: re.Match[str], partition: str, user: str, age: Phase) -> PanelEvent:
    judgement = judge_code(part["code"])
    if age is _P.STILL and judgement.phase is _P.NEW:
        judgement = judge(judgement.meaning, age, level=judgement.level)
    point = (part["point"] or "").lstrip("0")
    of_user = part["code"] in _OF_USERS or (not point and bool(user))
    kind = PointKind.USER if of_user else PointKind.ZONE
    point = (point or user) if of_user else point
    return PanelEvent(
        judgement=judgement,
        code=part["code"],
        partition=partition,
        point=point,
        point_kind=kind if point else PointKind.NONE,
        text=(part["text"] or part["quoted"] or "").strip(),
    )


def _with_text(event: PanelEvent, text: str) -> PanelEvent:
    joined = " ".join(piece for piece in (event.text, text.strip(' ^*/"')) if piece)
    return PanelEvent(
        judgement=event.judgement,
        code=event.code,
        partition=event.partition,
        point=event.point,
        point_kind=event.point_kind,
        text=joined,
    )
