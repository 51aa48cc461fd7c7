"""The whole town on one machine: killed process by process, it comes back, and no press is lost or doubled."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from qorgan.demo import folder, ports
from qorgan.demo.check import OFFICER, play
from qorgan.demo.folder import USUAL_PORTS
from qorgan.demo.run import Town, open_town
from qorgan.demo.town import TOWN
from qorgan.demo.visitor import Visitor
from qorgan.kernel.errors import Unavailable

SCHOOLS = TOWN[:1]
PROCESSES = {
    "carrier": "nats-server",
    "centre": "centre run",
    "supervisor of the school": "edge run",
    "core": "qorgan.edge.core",
    "recorder": "qorgan.edge.recorder",
    "analyst": "qorgan.edge.analyst",
    "cameras": "sim town",
}
RECOVERS_WITHIN_S = 60.0


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    wished: dict[str, int] = {}
    for name in ("centre", *USUAL_PORTS, *(f"node/{plan.site}" for plan in SCHOOLS)):
        wished[name] = ports.choose(0, wished.values())
    async with open_town(folder.settle(tmp_path, SCHOOLS, wished), lambda _: None) as town:
        yield town


def find(pattern: str) -> int | None:
    """The number of the one process below us whose command line has this in it; None while there is none."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # it ended while we looked
            if pattern in " ".join(child.cmdline()):
                found.append(child.pid)
    assert len(found) <= 1, f"{pattern}: {found}"
    return found[0] if found else None


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    deadline = time.monotonic() + RECOVERS_WITHIN_S
    while not await condition():
        assert time.monotonic() < deadline, f"{what} within {RECOVERS_WITHIN_S:.0f} s"
        await asyncio.sleep(0.1)


async def press_until_taken(town: Town) -> str:
    """A person whose node is being restarted presses again, until the lamp lights."""
    school = town.settled.schools[0]
    deadline = time.monotonic() + RECOVERS_WITHIN_S
    while True:
        try:
            return await town.press(school, school.plan.buttons[0].key)
        except (Unavailable, OSError):
            pass
        except Exception as error:
            if type(error).__module__.split(".")[0] != "httpx":
                raise
        assert time.monotonic() < deadline, "the school takes no press any more"
        await asyncio.sleep(0.1)


@pytest.mark.timeout(600)
async def test_the_story_holds_and_any_process_may_be_killed(town: Town) -> None:
    """The main story first; then every process is killed once, with a press right after it."""
    report = await play(town, lambda _: None)
    broken = [promise for promise, kept in report.held.items() if not kept]
    assert report.ok, f"{broken} {report.problem} {report.measured}"

    pressed = []
    for name, pattern in PROCESSES.items():
        victim = find(pattern)
        assert victim is not None, f"{name} runs"
        os.kill(victim, signal.SIGKILL)
        pressed.append(await press_until_taken(town))

        async def well_again(pattern: str = pattern, victim: int = victim) -> bool:
            live, total = await town.live_streams()
            return find(pattern) not in (None, victim) and live == total and await town.linked()

        await until(well_again, f"{name} was killed: it runs again, the school is linked, every stream is live")

    async with Visitor.signed_in(town.settled.url, OFFICER, town.settled.user_password) as officer:

        async def all_arrived() -> bool:
            items = (await officer.get("/api/alarms", state="open"))["items"]
            return {item["id"] for item in items} >= set(pressed)

        await until(all_arrived, "every press is at the centre")
        items = (await officer.get("/api/alarms", state="open"))["items"]
    assert sorted(item["id"] for item in items) == sorted(pressed), "each press is there exactly once, and no other"
