"""Many panels, slow ones, strangers and floods: nobody holds up anybody else, and all of it is counted."""

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.support.panels import Crowd, PanelSchool, a_school, until

from qorgan.edge.panels.server import MESSAGE_WITHIN_S, PROOF_WITHIN_S, REFUSED_COST
from qorgan.edge.panels.strangers import MAX_NAMED, MAX_SHOWN_OF_ADDRESS, WARN_EVERY_S
from qorgan.kernel.clock import SystemClock
from qorgan.kernel.errors import Rejected
from qorgan.protocols.dc09.messages import Message, write_message
from qorgan.sim.panel import event_line

PANIC = "1120 01 005"
NULL = write_message(Message(id="NULL", seq=1, account="1234"))
STRANGER = write_message(Message(id="ADM-CID", seq=1, account="9999", data="#9999|1120 01 005"))


class ClockThatJumps(SystemClock):
    """Real time, put forward at will; waiting is short."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead_s

    async def sleep(self, seconds: float) -> None:
        await super().sleep(min(seconds, 0.05))


@pytest.fixture
def clock() -> ClockThatJumps:
    return ClockThatJumps()


@pytest.fixture
def school(tmp_path: Path, clock: ClockThatJumps) -> PanelSchool:
    return a_school(tmp_path, clock=clock)


@asynccontextmanager
async def visitors(port: int, number: int, words: bytes) -> AsyncIterator[list[asyncio.StreamReader]]:
    """So many connections that say this, and no more."""
    writers, readers = list[asyncio.StreamWriter](), list[asyncio.StreamReader]()
    try:
        for _ in range(number):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.9", 0))
            writer.write(words)
            readers.append(reader)
            writers.append(writer)
        yield readers
    finally:
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0)


async def all_hung_up(readers: list[asyncio.StreamReader]) -> None:
    async with asyncio.timeout(100):
        for reader in readers:
            with contextlib.suppress(ConnectionError):
                assert b"" == await reader.read()


async def test_two_thousand_panels_are_connected_and_any_of_them_can_press(school: PanelSchool) -> None:
    async with school.open(), Crowd.gather(school.dc09_port, 2_000) as crowd:
        assert 2_000 == len(crowd) == school.connections()
        for number, index in enumerate((0, 999, 1_999)):
            await crowd.press(index, f"1120 01 {number:03d}", seq=number + 2)
        assert 3 == len(await school.alarms())
        assert 2_003 == school.counts()["dc09.ack"]
    assert 0 == school.connections()


@pytest.mark.parametrize("words", [b"\n", b"\n7CB80027", NULL[:-1]], ids=["nothing", "a head", "all but the end"])
async def test_slow_senders_delay_nobody_and_are_closed(
    school: PanelSchool, clock: ClockThatJumps, words: bytes
) -> None:
    async with school.open(), visitors(school.dc09_port, 300, words) as readers:
        await until(lambda: school.connections() == 300, "everybody")
        assert "ACK" == (await school.panel().report(PANIC)).id
        assert school.connections() >= 300  # they are still at it, and the press went through
        clock.ahead_s += MESSAGE_WITHIN_S + 1
        await all_hung_up(readers)
        await until(lambda: school.counts().get("dc09.too_slow") == 300, "a count")
        assert "ACK" == (await school.panel().report(PANIC)).id


async def test_who_never_shows_that_they_are_a_panel_is_closed(school: PanelSchool, clock: ClockThatJumps) -> None:
    stranger = write_message(Message(id="NULL", seq=1, account="9999"))
    port = school.dc09_port
    async with school.open(), visitors(port, 20, b""), visitors(port, 20, stranger), Crowd.gather(port, 5):
        await until(lambda: school.connections() == 45, "everybody")
        clock.ahead_s += PROOF_WITHIN_S + 1
        await until(lambda: school.connections() == 5, "only panels")
        assert 40 == school.counts()["dc09.idle"]


async def test_when_all_places_are_taken_strangers_make_room_for_panels(school: PanelSchool) -> None:
    async with school.open():
        school.panels._dc09._max = 20
        async with Crowd.gather(school.dc09_port, 10) as crowd, visitors(school.dc09_port, 30, b""):
            await until(lambda: school.counts().get("dc09.full", 0) >= 20, "no more room")
            assert "ACK" == (await school.panel().report(PANIC)).id
            await crowd.press(3, "1120 01 006")  # who has shown that it is a panel keeps its place
            assert 2 == len(await school.alarms())


async def test_a_flood_from_one_address_waits_and_others_do_not(school: PanelSchool) -> None:
    """The allowance knows addresses and no levels: what waits is not lost."""
    async with school.open():
        school.panels._limiter._rate, school.panels._limiter._burst = 20.0, 50.0
        async with visitors(school.dc09_port, 1, NULL * 200) as [reader]:
            await until(lambda: school.counts().get("dc09.limited"), "a limit")
            assert "ACK" == (await school.panel().report(PANIC)).id
            async with asyncio.timeout(100):
                for _ in range(200):
                    assert b"ACK" in await reader.readuntil(b"\r")


async def test_datagrams_beyond_the_allowance_are_not_answered(school: PanelSchool) -> None:
    async with school.open():
        limiter = school.panels._limiter
        limiter._rate, limiter._burst = 0.001, 3.0
        panel = school.panel(udp=True, source_host="127.0.0.9", answer_within_s=0.5)
        for _ in range(3):
            await panel.null()
        sending = asyncio.create_task(panel.report(PANIC))
        await until(lambda: school.counts().get("dc09.limited"), "a limit")
        assert "ACK" == (await school.panel(udp=True, source_host="127.0.0.8").report("1120 01 006")).id
        limiter._rate = 1_000.0
        async with asyncio.timeout(100):
            assert "ACK" == (await sending).id  # it comes again, and is heard
        assert 2 == len(await school.alarms())


async def test_a_flood_of_datagrams_pushes_nobody_else_out(school: PanelSchool) -> None:
    """More from one address than asyncio's one datagram a turn would read: others are heard at the first try."""
    async with school.open():
        limiter, panel = school.panels._limiter, school.panel(udp=True, source_host="127.0.0.8")
        limiter._rate, limiter._burst = 0.001, 100.0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
            flood.bind(("127.0.0.9", 0))
            for _ in range(20):
                for _ in range(100):
                    flood.sendto(STRANGER, ("127.0.0.1", school.dc09_port))
                assert "ACK" == (await panel.report(PANIC)).id
        assert ["ACK"] * 20 == panel.answers
        assert school.counts()["dc09.unknown_account"] <= 100, "of the others nothing is even read"


async def test_strangers_use_their_allowance_up_faster_than_panels(tmp_path: Path) -> None:
    school = a_school(tmp_path)
    async with school.open():
        limiter = school.panels._limiter
        limiter._rate, limiter._burst = 0.001, 10 * REFUSED_COST
        async with visitors(school.dc09_port, 1, STRANGER * 50):
            await until(lambda: school.counts().get("dc09.limited"), "a limit")
            assert school.counts()["dc09.unknown_account"] <= 10
            async with visitors(school.dc09_port, 1, NULL):
                await until(lambda: school.counts()["dc09.limited"] >= 2, "calling again does not help")
            assert "dc09.ack" not in school.counts()
            await school.panel().report(PANIC)
        await until(lambda: school.connections() == 0, "whoever hangs up is forgotten, though nothing was read from it")


class ClockWithMinutes(SystemClock):
    """Real time, but a wait of a minute ends when the test says so."""

    def __init__(self) -> None:
        self.minute = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        if seconds < WARN_EVERY_S:
            await super().sleep(seconds)
        else:
            await self.minute.wait()
            self.minute.clear()


def said_of(logs: Sequence[Mapping[str, object]], event: str) -> list[tuple[object, object]]:
    return [(one.get("address"), one.get("times")) for one in logs if one["event"] == event]


async def test_a_stranger_fills_neither_the_log_nor_the_list(tmp_path: Path) -> None:
    """Sixty accounts tried from one address are a line, and a minute later a line that says how many more there were;
    through the Sur-Gard receiver, which is trusted, each is an alarm all the same."""
    clock = ClockWithMinutes()
    school = a_school(tmp_path, clock=clock)
    many = b"".join(write_message(Message(id="NULL", seq=1, account=f"99{number:02}")) for number in range(60))
    lines = b"".join(event_line(f"66{number:02}", PANIC) for number in range(10))
    with capture_logs() as logs:
        async with school.open():
            panel = school.panel(account="9999", source_host="127.0.0.8")
            with pytest.raises(Rejected):
                await panel.report(PANIC)
            async with visitors(school.dc09_port, 1, many), visitors(school.surgard_port, 1, lines):
                await until(lambda: school.counts().get("dc09.unknown_account") == 61, "everybody")
                await until(lambda: school.counts().get("surgard.ack") == 10, "the receiver's")
            assert [("127.0.0.8", None), ("127.0.0.9", None)] == said_of(logs, "panel.stranger")
            shown: Any = school.panels.status()["strangers"]
            assert {"127.0.0.8": 1, "127.0.0.9": MAX_SHOWN_OF_ADDRESS} == Counter(one["address"] for one in shown)

            clock.minute.set()
            await until(lambda: said_of(logs, "panel.stranger_again"), "how many more")
            assert [("127.0.0.9", 69)] == said_of(logs, "panel.stranger_again")
            assert 10 == len(await school.alarms())


async def test_datagrams_of_many_addresses_are_counted_beyond_the_first(tmp_path: Path) -> None:
    clock = ClockWithMinutes()
    school = a_school(tmp_path, clock=clock)
    with capture_logs() as logs:
        async with school.open():
            for number in range(MAX_NAMED + 5):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
                    stranger.bind((f"127.0.2.{number + 1}", 0))
                    stranger.sendto(STRANGER, ("127.0.0.1", school.dc09_port))
            await until(lambda: school.counts().get("dc09.unknown_account") == MAX_NAMED + 5, "everybody")
            assert MAX_NAMED == len(said_of(logs, "panel.stranger"))
            clock.minute.set()
            await until(lambda: said_of(logs, "panel.more_strangers"), "how many more")
            assert [(None, 5)] == said_of(logs, "panel.more_strangers")


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (b"\n" + b"x" * 10_000, "dc09.damaged.oversize"),
        (b"GET / HTTP/1.1\r\n\r\n", "dc09.damaged.noise"),
        (b"\0" * 3 + b"\x16\x03\x01\x02\x00", "dc09.damaged.noise"),
    ],
)
async def test_what_is_no_frame_is_counted(school: PanelSchool, words: bytes, count: str) -> None:
    async with school.open(), visitors(school.dc09_port, 5, words):
        await until(lambda: school.counts().get(count, 0) >= 5, count)
        assert "ACK" == (await school.panel().report(PANIC)).id


async def test_who_does_not_read_the_answers_is_hung_up_on(school: PanelSchool) -> None:
    async with school.open():
        school.panels._limiter._burst = 1e9
        small = socket.socket()
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        small.setblocking(False)
        await asyncio.get_running_loop().sock_connect(small, ("127.0.0.1", school.dc09_port))
        reader, writer = await asyncio.open_connection(sock=small, limit=1_024)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(100):
                while not school.counts().get("dc09.does_not_read"):
                    writer.write(NULL * 500)
                    await writer.drain()
        assert school.counts()["dc09.does_not_read"]
        writer.transport.abort()
        assert reader is not None and "ACK" == (await school.panel().report(PANIC)).id


async def test_a_panel_that_hangs_up_after_its_message_is_heard(school: PanelSchool) -> None:
    async with school.open():
        panel = school.panel()
        _, writer = await asyncio.open_connection("127.0.0.1", school.dc09_port)
        writer.write(panel.encode(panel.make("ADM-CID", f"#1234|{PANIC}")))
        writer.write_eof()
        await until(lambda: school.counts().get("raised"), "the alarm")
        writer.close()
        await writer.wait_closed()
        assert 1 == len(await school.alarms())
        await until(lambda: school.connections() == 0, "no connection")


async def test_only_those_who_are_allowed_are_let_in(tmp_path: Path) -> None:
    school = a_school(tmp_path)
    async with school.open():
        school.panels._surgard._allow = frozenset({"127.0.0.7"})
        async with visitors(school.surgard_port, 1, event_line("7777", PANIC)) as readers:
            await all_hung_up(readers)
        assert [] == await school.alarms()
        assert 1 == school.counts()["surgard.not_allowed"]
