"""Sur-Gard MLR2 automation output over TCP: what a receiver of alarms tells a computer, line by line.

A line ends with DC4 (0x14). The host answers ACK (0x06) or NAK (0x15); without an answer for 4 s the line comes again,
three times, then the receiver stores it and goes on after the first heartbeat that is answered.

    5RRL 18AAAAQXYZGGCCC<DC4>        Contact ID: receiver, line, account, qualifier (E R P, or 1 3 6), code …
    3RRL    AAAAAAXXYYYY<DC4>        SIA: account, event code, zone
    1RRL…@…<DC4>                     heartbeat
    0RRL…<DC4>  SRRL…<DC4>           the receiver's own messages
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from qorgan.domain.signals import Meaning, PanelEvent, PointKind, judge
from qorgan.kernel.errors import Invalid
from qorgan.protocols import contact_id, sia_dcs

ACK, NAK = b"\x06", b"\x15"
END = b"\x14"
MAX_LINE_BYTES = 256
ACK_WITHIN_S = 4.0  # the receiver repeats a line after so long
_CONTACT_ID = re.compile(
    r"5(?P<receiver>[0-9A-F]{2})(?P<line>[0-9A-F]) (?P<form>18|98)(?P<account>[0-9A-F]{3,6})(?P<q>[ERP136])"
    r"(?P<code>[0-9A-F]{3}) ?(?P<partition>[0-9A-F]{2}) ?(?P<point>[0-9A-F]{3})\s*"
)
_SIA = re.compile(
    r"3(?P<receiver>[0-9A-F]{2})(?P<line>[0-9A-F]) {1,4}(?P<account>[0-9A-F]{3,6}) {0,3}N?(?P<code>[A-Z]{2})"
    r"(?P<point>[0-9A-F]{0,6})(?P<text>[^\x00-\x1f]{0,60})"
)
_HEAD = re.compile(r"(?P<kind>[0-9S])(?P<receiver>[0-9A-F]{2})(?P<line>[0-9A-F])(?P<rest>.*)")


class LineKind(StrEnum):
    EVENT = "event"
    HEARTBEAT = "heartbeat"
    INTERNAL = "internal"  # of the receiver itself
    OTHER = "other"  # an event in a format that is not read here


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line. `event` and `account` of events alone; `text` is the line as it came."""

    kind: LineKind
    receiver: str
    line: str
    text: str
    account: str = ""
    event: PanelEvent | None = None


@dataclass(frozen=True, slots=True)
class Overlong:
    """Bytes that were thrown away: no line is so long."""

    size: int


class LineReader:
    """Finds lines in what a connection brings. Keeps at most one unfinished line."""

    def __init__(self) -> None:
        self._held = b""
        self._skipping = False

    @property
    def unfinished(self) -> bool:
        """Whether a line has begun and not ended."""
        return bool(self._held) or self._skipping

    def feed(self, data: bytes) -> Iterator[bytes | Overlong]:
        """Whole lines without their end, in order."""
        *lines, held = (self._held + data).split(END)
        self._held = b""
        for line in lines:
            if self._skipping or len(line) > MAX_LINE_BYTES:
                yield Overlong(len(line))
            else:
                yield line
            self._skipping = False
        if self._skipping or len(held) > MAX_LINE_BYTES:
            self._skipping = True
        else:
            self._held = held


def parse_line(raw: bytes) -> Line:
    """What a line says. Raises `Invalid` for what has not the form of one: such is answered with NAK."""
    try:
        text = raw.decode("ascii").strip("\r\n\0")
    except UnicodeDecodeError:
        raise _unreadable() from None
    if found := _CONTACT_ID.fullmatch(text):
        event = contact_id.make_event(found["q"], found["code"], found["partition"], found["point"])
        return _event(found, text, event)
    if found := _SIA.fullmatch(text):
        return _event(found, text, _sia_event(found))
    found = _HEAD.fullmatch(text)
    if found is None or not text.isprintable():
        raise _unreadable()
    return Line(kind=_kind(found), receiver=found["receiver"], line=found["line"], text=text)


def write_event(account: str, code: str, *, partition: str, point: str, receiver: str = "01", line: str = "1") -> bytes:
    """A Contact ID line; `code` is `1120`, `3120` or `E120`. For simulators and tests."""
    qualifier = {"1": "E", "3": "R", "6": "P"}.get(code[0], code[0])
    text = f"5{receiver}{line} 18{account:0>4}{qualifier}{code[1:]}{partition:0>2}{point:0>3}"
    return text.encode("ascii") + END


def write_heartbeat(receiver: str = "01", line: str = "1") -> bytes:
    return f"1{receiver}{line}           @    ".encode("ascii") + END


def _kind(found: re.Match[str]) -> LineKind:
    if found["kind"] == "1" and found["rest"].strip() == "@":
        return LineKind.HEARTBEAT
    if found["kind"] in "0S":
        return LineKind.INTERNAL
    return LineKind.OTHER


def _event(found: re.Match[str], text: str, event: PanelEvent) -> Line:
    return Line(
        kind=LineKind.EVENT,
        receiver=found["receiver"],
        line=found["line"],
        text=text,
        account=found["account"],
        event=event,
    )


def _sia_event(found: re.Match[str]) -> PanelEvent:
    point = found["point"].lstrip("0")
    return PanelEvent(
        judgement=sia_dcs.judge_code(found["code"]),
        code=found["code"],
        point=point,
        point_kind=PointKind.ZONE if point else PointKind.NONE,
        text=found["text"].strip(),
    )


def unknown_event(line: Line) -> PanelEvent:
    """A line in a format that we do not read: an alarm for a human, never nothing."""
    return PanelEvent(judgement=judge(Meaning.UNKNOWN), code=line.text[:4], text=line.text, point_kind=PointKind.NONE)


def _unreadable() -> Invalid:
    return Invalid("this is not a line of a Sur-Gard receiver", code="surgard.unreadable")
