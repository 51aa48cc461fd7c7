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

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from tests.fuzz.target import Seeds, Target, below, bytes_damaged, decided, in_two, one_of

from qorgan.domain.places import LocalText
from qorgan.edge.core.outbox import Raised, SourceAlarm
from qorgan.edge.core.signals import Claim, Signal
from qorgan.edge.panels.accounts import Account, Accounts
from qorgan.edge.panels.config import Listener, Panel, Receivers
from qorgan.edge.panels.desk import Dc09Desk, Reports, Shared, SurgardDesk, SurgardShared
from qorgan.edge.panels.strangers import Strangers
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
    """What was handed over, the last signals of it, and whether the next thing is refused."""

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
        self.signals = self.signals[-64:]  # one input never makes as many

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
    """Supervision without a file: a million of those would be about the disk."""

    def _load(self) -> None:
        return

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
        shared = Shared(
            accounts=accounts,
            reports=Reports(self.door, watch, self.clock, self.counts),
            watch=watch,
            strangers=Strangers(self.clock),
            door=self.door,
            clock=self.clock,
            counts=self.counts,
        )
        self.dc09 = Dc09Desk(shared)
        self.surgard = SurgardDesk(SurgardShared(shared))

    def check(self) -> None:
        assert not self.counts["crashed"] and not self.counts["refused_inside"], dict(self.counts)


def now(work: Coroutine[Any, Any, Any]) -> Any:
    """What work returns that never really waits."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits for something")


class _TheNode:
    """One node for all inputs of a run, as it is in a school: what it keeps of them is what memory is watched for."""

    def __init__(self) -> None:
        self.node = Node()

    def begin_anew(self) -> None:
        self.node = Node()


_THE = _TheNode()
# Medical to auxiliary, and 190 to 199; 156 alone of them is a fault: day trouble
_CONTACT_ID = re.compile(rb'"ADM-CID"[0-9]{4}L0#1234\[#1234\|1(?!156)1[0-69][0-9] 01 005\]')
_SURGARD = re.compile(rb"5[0-9A-F]{3} 18[0-9A-F]{4}E(?!156)1[1-6][0-9][0-9A-F]{5}")


def _bodies(pieces: list[bytes]) -> list[bytes]:
    reader, bodies = FrameReader(), list[bytes]()
    for piece in pieces:
        bodies += [unit for unit in reader.feed(piece) if isinstance(unit, bytes)]
        assert len(reader._held) <= MAX_FRAME_BYTES
    return bodies


def try_dc09(data: bytes) -> None:
    """A stream of a dialler. Whole or cut, it holds the same messages; now and then the disk is full."""
    node = _THE.node
    node.clock.seconds += 1.0
    node.door.refuses = decided(data, 7, 1) == 0
    bodies = _bodies(in_two(data))
    assert bodies == _bodies([data]), "cut it holds other messages"
    for body in bodies:
        _check_dc09(node, body, data)
    node.check()


def _check_dc09(node: Node, body: bytes, data: bytes) -> None:
    # only a body whose CRC and length stood before it in just these bytes is one
    assert b"\n%04X%04X%b\r" % (crc16(body), len(body), body) in re.sub(
        rb"\n[0-9A-Fa-f]{8}", lambda found: found[0].upper(), data
    ), "a message that was not sent"
    handed, refused = node.door.handed, node.door.refused
    node.door.signals.clear()
    answer, ours = now(node.dc09.answer(body, "10.0.0.1"))
    acknowledged = b'"ACK"' in answer[:20] or b'"*ACK"' in answer[:20]
    assert not acknowledged or (ours and node.door.refused == refused), "acknowledged what was refused"
    for signal in node.door.signals:
        assert acknowledged or node.door.refused > refused, "handed on, taken, and not answered"
        assert signal.source == "panel.dc09", "an alarm in the name of another way in"
        whose = {"a": b"1234", "b": b"AB01"}[signal.source_key.split(".")[0]]
        assert re.search(rb"[#A]0*%b\Z" % whose, body.upper().partition(b"[")[0]), "an alarm in the name of another"
        assert body.startswith(b'"*') == (whose == b"AB01"), "an encrypted panel's alarm in clear"
    if acknowledged and _CONTACT_ID.match(body):
        assert node.door.handed > handed, "an alarm was acknowledged and not handed on"


def try_surgard(data: bytes) -> None:
    """A stream of a Sur-Gard receiver. Whole or cut, it holds the same lines."""
    node = _THE.node
    node.clock.seconds += 10.0
    node.door.refuses = decided(data, 7, 1) == 0
    lines = _lines_of(in_two(data))
    assert lines == _lines_of([data]), "cut it holds other lines"
    for line in lines:
        _check_line(node, line)
    node.check()


def _lines_of(pieces: list[bytes]) -> list[bytes]:
    reader, lines = surgard.LineReader(), list[bytes]()
    for piece in pieces:
        lines += [unit for unit in reader.feed(piece) if isinstance(unit, bytes)]
        assert len(reader._held) <= surgard.MAX_LINE_BYTES
    return lines


def _check_line(node: Node, raw: bytes) -> None:
    handed, refused = node.door.handed, node.door.refused
    node.door.signals.clear()
    answer, _ours = now(node.surgard.answer(raw, "10.0.0.2"))
    assert answer in (b"", surgard.ACK, surgard.NAK)
    assert answer != surgard.ACK or node.door.refused == refused, "acknowledged what was refused"
    assert not (answer == surgard.NAK and node.door.signals), "an alarm from what is no line"
    if answer == surgard.ACK and _SURGARD.fullmatch(raw):
        assert node.door.handed > handed, "an alarm was acknowledged and not handed on"  # raised, or louder


_PIECES = [
    *(b"\n", b"\r", b"[", b"]", b"|", b'"', b"#", b"_12:00:00,11-22-2026", b"1120 01 005", b"1406", b"NULL", b"*"),
    *(b"\x14", b"@", b"E120", b"R130", b"\x06", b"/", b"^", b"ri1", b"Nri1/PA5", b"\xff", b"0000", b"[J{}]"),
    *(b"SIA-DCS", b"ADM-CID", b"R0", b"L0", b"[X", b'[J{"a":', b"\0", b"\xc4\xb0"),
]


def _dc09_damaged(seeds: Seeds, chance: random.Random) -> bytes:
    """A seed or a message made up, changed in one to four places; half of them with a right CRC again."""
    data = bytearray(one_of(chance, seeds) if below(chance, 2) else _made_up(chance))
    for _ in range(below(chance, 5)):
        bytes_damaged(data, chance, _PIECES)
    if data[:1] == b"\n" and below(chance, 2):
        data[:] = frame(bytes(data).strip(b"\r\n")[8:4_000])
    if below(chance, 6) == 0:
        data += one_of(chance, seeds)
    return bytes(data)


def _made_up(chance: random.Random) -> bytes:
    """Any event of any account, at any time, in clear or with the right key or another, with any extended data."""
    account = one_of(chance, ("1234", "1234", "AB01", "001234", "9999"))
    event = one_of(
        chance,
        (
            f"{one_of(chance, '136')}{below(chance, 1000):03d} {below(chance, 100):02d} {below(chance, 1000):03d}",
            f"N{one_of(chance, ('ri1', 'id7', 'ti12:00', ''))}/{one_of(chance, 'BFGHKMPQSTUWZ')}"
            f"{one_of(chance, 'AHRTSJBUX')}{below(chance, 10_000)}",
        ),
    )
    message = Message(
        id=one_of(chance, ("ADM-CID", "ADM-CID", "SIA-DCS", "NULL", "ACR-SF", "XYZ")),
        seq=below(chance, 10_000),
        account=account,
        data=f"#{account}|{event}",
        extensions=(f"{one_of(chance, 'XYHGJLVBRSZ')}{one_of(chance, ('1', '{}', 'a', '10:00:00,11-22-2026'))}",),
        timestamp=NOW + timedelta(seconds=below(chance, 140) - 70) if below(chance, 2) else None,
    )
    if account != "AB01":
        return write_message(message)
    return _sealed(message, one_of(chance, (KEY, KEY, KEY[::-1])), chance)


def _sealed(message: Message, key: bytes, chance: random.Random) -> bytes:
    """As `write_message` encrypts it (§5.4), with padding by the fuzzer's own chance: an input is made twice alike."""
    head, _, content = write_message(message)[9:-1].partition(b"[")
    pad = bytes(97 + below(chance, 26) for _ in range(16 + -(len(content) + 1) % 16))
    sealer = Cipher(AES(key), CBC(bytes(16))).encryptor()
    sealed = sealer.update(pad + b"|" + content) + sealer.finalize()
    return frame(b'"*' + head[1:] + b"[" + sealed.hex().upper().encode())


def _line_damaged(seeds: Seeds, chance: random.Random) -> bytes:
    """A line or one made up, changed in up to four places."""
    made_up = b"5%02X%X 18%04X%c%03d%02X%03X\x14" % (
        *(below(chance, 256), below(chance, 16), one_of(chance, (0x7777, below(chance, 0x10000)))),
        *(one_of(chance, b"ERP136"), below(chance, 1_000), below(chance, 256), below(chance, 4_096)),
    )
    data = bytearray(one_of(chance, seeds) if below(chance, 2) else made_up)
    for _ in range(below(chance, 5)):
        bytes_damaged(data, chance, _PIECES)
    if below(chance, 4) == 0:
        data += one_of(chance, seeds)
    return bytes(data)


def _seeds() -> tuple[bytes, ...]:
    def message(id: str, data: str, *, key: bytes | None = None, account: str = "1234", at: int = 0) -> bytes:
        stamp = NOW + timedelta(seconds=at) if key or at else None
        extensions = ("LGym", "J{}", "H11:59:00,11-22-2026") if data else ()
        said = Message(id=id, seq=7, account=account, data=data, extensions=extensions, timestamp=stamp)
        return write_message(said) if key is None else _sealed(said, key, random.Random(1))

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
        Target("dc09", _seeds(), try_dc09, _dc09_damaged, _THE.begin_anew),
        Target("surgard", _LINES, try_surgard, _line_damaged, _THE.begin_anew),
    )
