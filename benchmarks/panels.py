"""What becomes of honest alarms while ten thousand panels are connected, and while others attack the receivers?

A school's core as it is, on its real outbox, receives DC-09 (TCP, UDP; in clear and encrypted) and Sur-Gard. Diallers
that are honest send alarms, each until it is acknowledged: first alone, then with the crowd connected, then under
attack: senders of a byte now and then, accounts that nobody knows, clear text for a panel with a key, frames and lines
that are too long, connections that come and go, floods of datagrams. The crowd and the attack are processes of their
own on the same machine. At the end every alarm that was acknowledged must be in the outbox, once.

Measured: from the beginning of the call (its connection) to the ACK, repetitions included.
"""

import argparse
import asyncio
import contextlib
import json
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from tests.support.panels import KEY_16, KEY_HEX, PanelSchool, a_school, panel_core

from benchmarks._measure import Report, cpu_seconds, percentile, pss_mb, say
from qorgan.edge.panels.server import MESSAGE_WITHIN_S
from qorgan.protocols.dc09.messages import read_key
from qorgan.protocols.surgard import ACK
from qorgan.sim.panel import SimPanel, SimSurgard, event_line

PAUSE_S = 0.2  # of one dialler, between two alarms
DIALLERS = 12
ACK_GOAL_MS = 500  # p99: a dialler repeats after 5 s at the earliest (DC-09 §5.4: it waits 5 to 60 s)
ANSWERED_WITHIN_S = 60.0


@dataclass
class Books:
    """What honest diallers sent and had acknowledged: the way in of each alarm, which is new each time."""

    sent: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    took_ms: list[float] = field(default_factory=list)  # of the present phase
    repeated: int = 0

    @contextlib.contextmanager
    def one(self, source: str) -> Iterator[None]:
        self.sent.add(source)
        began = time.perf_counter()
        yield
        self.acknowledged.add(source)
        self.took_ms.append((time.perf_counter() - began) * 1000)


async def dial(panel: SimPanel, key: str, number: int, books: Books, until: float) -> None:
    """Alarms of one DC-09 dialler: partition and zone are new each time."""
    for zone in range(1, 1_000):
        with books.one(f"{key}.{number}.{zone}"):
            tries = len(panel.answers)
            await panel.report(f"1120 {number:02d} {zone:03d}", give_up_after_s=ANSWERED_WITHIN_S)
            books.repeated += len(panel.answers) - tries - 1
        if not await pause(until):
            return


async def relay(school: PanelSchool, number: int, books: Books, until: float) -> None:
    """The same for a Sur-Gard receiver, over one connection."""
    async with SimSurgard.calling("127.0.0.1", school.surgard_port) as receiver:
        for zone in range(1, 1_000):
            with books.one(f"old.{number}.{zone}"):
                assert await receiver.tell(event_line("7777", f"1120 {number:02d} {zone:03d}")) == ACK
            if not await pause(until):
                return


async def pause(until: float) -> bool:
    """Between two alarms of one dialler; whether there is time for another."""
    await asyncio.sleep(PAUSE_S)
    return time.perf_counter() < until


def honest(school: PanelSchool, number: int, books: Books, until: float) -> Coroutine[Any, Any, None]:
    """The dialler with this number: its partition, its line and its address."""
    kind = number % 4
    if kind == 3:
        return relay(school, number, books, until)
    account, key, name = (("1234", None, "gym"), ("AB01", KEY_16, "safe"), ("AB02", KEY_HEX, "safest"))[kind]
    panel = school.panel(
        account, key=key and read_key(key), udp=kind == 2, source_host=f"127.2.0.{number}", prefix=str(number)
    )
    return dial(panel, name, number, books, until)


async def phase(school: PanelSchool, first: int, books: Books, seconds: float) -> list[float]:
    """Milliseconds to the ACK of every alarm that began in so many seconds. Those under way are waited for."""
    books.took_ms = []
    until = time.perf_counter() + seconds
    async with asyncio.TaskGroup() as group:
        for number in range(first, first + DIALLERS):
            group.create_task(honest(school, number, books, until))
    return books.took_ms


@dataclass
class Siege:
    """A process of `_siege`. `saw` is there after its end."""

    saw: dict[str, int] = field(default_factory=dict)


@asynccontextmanager
async def siege(school: PanelSchool, what: str, number: int = 0) -> AsyncIterator[Siege]:
    command = [sys.executable, "-m", "benchmarks._siege", what, "--number", str(number)]
    ports = ["--dc09", str(school.dc09_port), "--surgard", str(school.surgard_port)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, *ports, stdin=pipe, stdout=pipe)
    assert process.stdin is not None and process.stdout is not None
    found = Siege()
    try:
        async with asyncio.timeout(120):
            assert b"ready" in await process.stdout.readline(), f"{what} did not begin"
        yield found
        process.stdin.close()
        async with asyncio.timeout(120):
            found.saw = json.loads(await process.stdout.readline())
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()


def stored(school: PanelSchool) -> Counter[str]:
    """The ways in of all alarms that stand in the outbox's database, on disk."""
    with contextlib.closing(sqlite3.connect(f"{school.config.core_db.as_uri()}?mode=ro", uri=True)) as db:
        return Counter(source for (source,) in db.execute("SELECT source_key FROM alarm"))


async def status(school: PanelSchool, http: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get(f"http://127.0.0.1:{school.http_port}/health")).json()["panels"]
    return found


async def measure(report: Report, crowd: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory(prefix="qorgan-panels-") as folder:
        school, books = a_school(Path(folder)), Books()
        async with panel_core(school) as core, httpx.AsyncClient(trust_env=False, timeout=60) as http:
            await phase(school, 80, books, 1.0)  # the first ones load code
            rounds: dict[str, tuple[list[float], float]] = {}

            async def timed(name: str, first: int, seconds: float = seconds) -> None:
                used, began = cpu_seconds([core.pid]), time.perf_counter()
                took = await phase(school, first, books, seconds)
                rounds[name] = took, (cpu_seconds([core.pid]) - used) / (time.perf_counter() - began)
                say(f"  {name}: {len(rounds[name][0])} alarms, longest {max(rounds[name][0]):.0f} ms")

            memory = pss_mb([core.pid])
            await timed("alone", 4)
            began = time.perf_counter()
            async with siege(school, "crowd", crowd) as quiet:
                joined = time.perf_counter() - began
                with_crowd = pss_mb([core.pid])
                await timed("crowd", 20)
                async with siege(school, "attack") as attack:
                    await asyncio.sleep(2)  # its beginning is not a measurement of its own; the next phase is
                    await timed("attack", 40, max(seconds, MESSAGE_WITHIN_S + 2))  # so that slow senders are hung up on
                    under_attack = pss_mb([core.pid])
                    health = await status(school, http)
                await timed("after", 60)
            in_outbox = stored(school)
    for name, (took, busy) in rounds.items():
        context: dict[str, Any] = {"while": name, "alarms": len(took)}
        goal = None if name == "after" else ACK_GOAL_MS
        report.add("panel_ack_ms_p50", [percentile(took, 50)], "ms", digits=1, **context)
        report.add("panel_ack_ms_p99", [percentile(took, 99)], "ms", goal=goal, digits=1, **context)
        report.add("panel_ack_ms_longest", [max(took)], "ms", digits=1, **context)
        report.add("core_cpu_percent", [busy * 100], "% of one core", digits=0, **context)
    wrong = {source for source in books.acknowledged if in_outbox[source] != 1}
    strange = set(in_outbox) - books.sent
    report.add("honest_alarms_sent", [len(books.sent)], "alarms", better="higher", digits=0)
    report.add("honest_alarms_acknowledged", [len(books.acknowledged)], "alarms", better="higher", digits=0)
    report.add("acknowledged_not_once_in_outbox", [len(wrong)], "alarms", goal=0, digits=0)
    report.add("alarms_of_strangers", [len(strange)], "alarms", goal=0, digits=0)
    report.add("honest_messages_repeated", [books.repeated], "messages", digits=0)
    report.add("panels_connected", [crowd], "connections", better="higher", digits=0, joined_s=round(joined, 1))
    report.add("panels_lost", [crowd - quiet.saw["connected"]], "connections", goal=0, digits=0)
    for name, mb in (("alone", memory), ("crowd", with_crowd), ("attack", under_attack)):
        about: dict[str, Any] = {"while": name}
        report.add("panel_core_pss_mb", [mb], "MB", digits=1, **about)
    kb = (with_crowd - memory) * 1000 / crowd
    report.add("panel_connection_kb", [kb], "kB", digits=1, connections=crowd)
    report.add(
        "attack_counted", [sum(_counted(health).values())], "times", better="higher", digits=0, **_counted(health)
    )
    report.add("attack_sent", [sum(attack.saw.values())], "times", better="higher", digits=0, **attack.saw)


def _counted(health: dict[str, Any]) -> dict[str, int]:
    """What the node counted that was not a panel of its own."""
    ours = ("event.", "raised", "dc09.ack", "surgard.ack")
    return {name: number for name, number in health["counts"].items() if not name.startswith(ours)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter phases")
    parser.add_argument("--connections", type=int, default=10_000)
    asked = parser.parse_args()
    report = Report("panels", asked.quick)
    asyncio.run(measure(report, asked.connections, 4.0 if asked.quick else 20.0))
    report.print()


if __name__ == "__main__":
    main()
