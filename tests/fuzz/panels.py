"""What a hostile or broken panel may send: no crash, no false alarm, and nothing acknowledged that was not handed on.

The desks are the real ones, on a door that remembers what it was handed and now and then refuses, as a full disk does.
"""

import random
import re
from collections import Counter
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from tests.fuzz.rtsp import Target

from qorgan.domain.places import LocalText
from qorgan.edge.core.outbox import Raised, SourceAlarm
from qorgan.edge.core.signals import Claim, Signal
from qorgan.edge.panels.accounts import Account, Accounts
from qorgan.edge.panels.config import Listener, Panel, Receivers
from qorgan.edge.panels.desk import Dc09Desk, Reports, SurgardDesk, SurgardShared
from qorgan.edge.panels.supervision import Watch
from qorgan.kernel.errors import Exhausted
from qorgan.kernel.ids import AlarmId, ButtonKey
from qorgan.protocols import surgard
from qorgan.protocols.dc09.frames import MAX_FRAME_BYTES, FrameReader, crc16, frame
from qorgan.protocols.dc09.messages import Message, write_message

KEY = bytes(range(16))
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class StillClock:
    """A clock that the fuzzer moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing waits here")


class Door:
    """What was handed over, and whether the next thing is refused."""

    def __init__(self) -> None:
        self.refuses = False
        self.handed = 0
        self.refused = 0
        self.signals: list[Signal] = []

    def _take(self) -> None:
        if self.refuses:
            self.refused += 1
            raise Exhausted("the disk is full", code="outbox.disk_full")
        self.handed += 1

    async def signal(self, signal: Signal) -> Raised:
        self._take()
        self.signals.append(signal)
        return Raised(alarm=AlarmId(uuid4()), durable_at=NOW, fresh=True)

    async def claim(self, claim: Claim) -> None:
        self._take()

    async def source_health(self, health: Any) -> None:
        self._take()

    async def add_event(self, body: Any, id: UUID | None = None) -> None:
        self._take()

    async def last_alarm(self, source_key: str, kind: str | None = None) -> SourceAlarm | None:
        return None

    async def find_press(self, source_key: str, press: UUID) -> SourceAlarm | None:
        return None


class WatchWithoutDisk(Watch):
    """Supervision that writes no file: a million of those would be about the disk."""

    async def _keep(self) -> None:
        return


class Node:
    """Everything behind the sockets."""

    def __init__(self) -> None:
        self.door, self.clock, self.counts = Door(), StillClock(), Counter[str]()
        place = LocalText(kk="Мектеп")
        panels = [
            Account(Panel(key=ButtonKey("a"), protocol="dc09", account="1234", place=place, encrypted=False)),
            Account(Panel(key=ButtonKey("b"), protocol="dc09", account="AB01", place=place), KEY),
            Account(Panel(key=ButtonKey("c"), protocol="surgard", account="7777", place=place)),
        ]
        accounts = Accounts({str(one.panel.key): one for one in panels})
        receivers = Receivers(surgard=Listener(tcp=1))
        watch = WatchWithoutDisk(accounts, receivers, self.door, self.clock, Path("/nowhere/panels.json"))
        reports = Reports(self.door, watch, self.clock, self.counts)
        self.dc09 = Dc09Desk(accounts, reports, watch, self.door, self.clock, self.counts)
        shared = SurgardShared(accounts, reports, watch, self.door, self.clock, self.counts)
        self.surgard = SurgardDesk(shared)

    def check(self) -> None:
        assert not self.counts["crashed"] and not self.counts["refused_inside"], dict(self.counts)


def now(work: Coroutine[Any, Any, Any]) -> Any:
    """What work returns that never really waits."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits for something")


_NODE = Node()


def try_dc09(data: bytes) -> None:
    """A stream of a dialler. The first byte decides how it is cut and whether the disk is full."""
    node, reader = _NODE, FrameReader()
    node.clock.seconds += 1.0
    node.door.refuses = bool(data) and data[0] % 7 == 3
    at = (data[0] * 37) % (len(data) + 1) if data else 0
    for piece in (data[:at], data[at:]):
        for unit in reader.feed(piece):
            if isinstance(unit, bytes):
                _check_dc09(node, unit, data)
        assert len(reader._held) <= MAX_FRAME_BYTES
    node.check()


def _check_dc09(node: Node, body: bytes, data: bytes) -> None:
    # only a body whose CRC and length stood before it in just these bytes is one
    assert b"\n%04X%04X" % (crc16(body), len(body)) in data.upper().replace(b"\r\n", b"\r\n") and body in data
    handed, refused, raised = node.door.handed, node.door.refused, len(node.door.signals)
    answer, ours = now(node.dc09.answer(body, "10.0.0.1"))
    acknowledged = b'"ACK"' in answer[:20] or b'"*ACK"' in answer[:20]
    assert not acknowledged or (ours and node.door.refused == refused), "acknowledged what was refused"
    alarms = node.door.signals[raised:]
    if alarms:
        assert acknowledged or node.door.refused > refused, "handed on, taken, and not answered"
        assert all(signal.source == "panel.dc09" for signal in alarms)
        assert all(signal.source_key.split(".")[0] in ("a", "b") for signal in alarms)
        assert b'"*' in body or b"1234" in body, "an alarm in the name of nobody"
    if acknowledged and re.match(rb'"ADM-CID"[0-9]{4}L0#1234\[#1234\|1120 01 005\]', body):
        assert node.door.handed > handed, "a panic was acknowledged and not handed on"


def try_surgard(data: bytes) -> None:
    """A stream of a Sur-Gard receiver."""
    node, reader = _NODE, surgard.LineReader()
    node.clock.seconds += 10.0
    node.door.refuses = bool(data) and data[0] % 7 == 3
    at = (data[0] * 37) % (len(data) + 1) if data else 0
    for piece in (data[:at], data[at:]):
        for unit in reader.feed(piece):
            if isinstance(unit, bytes):
                _check_line(node, unit)
        assert len(reader._held) <= surgard.MAX_LINE_BYTES
    node.check()


def _check_line(node: Node, raw: bytes) -> None:
    handed, refused, raised = node.door.handed, node.door.refused, len(node.door.signals)
    answer, _ours = now(node.surgard.answer(raw, "10.0.0.2"))
    assert answer in (b"", surgard.ACK, surgard.NAK)
    assert answer != surgard.ACK or node.door.refused == refused, "acknowledged what was refused"
    if answer == surgard.NAK:
        assert len(node.door.signals) == raised, "an alarm from what is no line"
    if answer == surgard.ACK and re.fullmatch(rb"5[0-9A-F]{3} 187777E120[0-9A-F]{5}", raw):
        assert node.door.handed > handed, "a panic was acknowledged and not handed on"  # raised, or louder
    del node.door.signals[:-8]


_PIECES = [b"\n", b"\r", b"[", b"]", b"|", b'"', b"#", b"_12:00:00,11-22-2026", b"1120 01 005", b"1406", b"NULL", b"*"]
_PIECES += [
    b"\x14",
    b"@",
    b"E120",
    b"R130",
    b"\x06",
    b"/",
    b"^",
    b"ri1",
    b"Nri1/PA5",
    b"\xff",
    b"0000",
    b"[J{}]",
    b"SIA-DCS",
]


def damaged(seeds: tuple[bytes, ...], chance: random.Random) -> bytes:
    """A seed, changed in one to four places. Half of those with frames get a right CRC again, to come past it."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(data))
        match chance.randint(0, 5):
            case 0:
                data[at : at + 1] = bytes([chance.randint(0, 255)])
            case 1:
                data[at:at] = chance.choice(_PIECES)
            case 2:
                del data[at : at + chance.randint(1, 20)]
            case 3:
                if at < len(data):
                    data[at] ^= 1 << chance.randint(0, 7)
            case 4:
                other = chance.randint(0, len(data))
                data[at:at] = data[other : other + chance.randint(1, 40)]
            case _:
                data += chance.choice(seeds)
    if chance.random() < 0.5:
        body = bytes(data).strip(b"\r\n")[8:4_000]
        return frame(body) if data[:1] == b"\n" else bytes(data)
    return bytes(data[:20_000])


def _seeds() -> tuple[bytes, ...]:
    def message(id: str, data: str, *, key: bytes | None = None, account: str = "1234", at: int = 0) -> bytes:
        stamp = NOW + timedelta(seconds=at) if key or at else None
        extensions = ("LGym", "J{}", "H11:59:00,11-22-2026") if data else ()
        return write_message(
            Message(id=id, seq=7, account=account, data=data, extensions=extensions, timestamp=stamp), key
        )

    return (
        message("ADM-CID", "#1234|1120 01 005"),
        message("ADM-CID", "#1234|1406 01 005"),
        message("ADM-CID", "#1234|1302 00 000"),
        message("ADM-CID", "#1234|1137 00 003", at=30),
        message("SIA-DCS", "#1234|Nri1/PA5^hall^|NRP"),
        message("SIA-DCS", '#1234|Nti12:00id3PA005*"x"NM'),
        message("NULL", ""),
        message("XNM", ""),
        message("SCN-S8", "#1234|12345678"),
        message("ADM-CID", "#AB01|1122 01 009", key=KEY, account="AB01"),
        message("SIA-DCS", "#AB01|Nri1/HA5", key=KEY, account="AB01", at=-39),
        message("NULL", "", key=KEY, account="AB01", at=60),
        message("ADM-CID", "#1234|1120 01 005") * 3,
    )


_LINES = (
    surgard.write_event("7777", "1120", partition="1", point="5"),
    surgard.write_event("7777", "3130", partition="1", point="5"),
    surgard.write_event("7777", "1302", partition="0", point="0"),
    b"5011 184321P13001005\x14",
    b"3011    007777PA0005\x14",
    b"8011    7777  1 5 5 5 \x14",
    b"S011[#0000|NRR0]\x14",
    surgard.write_heartbeat() * 3,
)


def targets() -> tuple[Target, ...]:
    """Both protocols."""
    return (
        Target("dc09", _seeds(), try_dc09, damaged),
        Target("surgard", _LINES, try_surgard, damaged),
    )
