"""A button over HTTP that says that it is alive: its silence is a fault, a sign of life the end of it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.fake_centre import FakeCentre, until
from tests.support.nats import NatsServer, free_port
from tests.support.school_core import TOKEN, SchoolCore
from tests.support.turned_clock import TurnedClock

from qorgan.edge.config import parse
from qorgan.edge.core.app import serve_http
from qorgan.edge.core.cameras import CameraBoard
from qorgan.edge.core.http import create_app
from qorgan.edge.core.life import MISSED, ButtonLife
from qorgan.edge.core.node import Node, NodeFault
from qorgan.edge.core.store import Store
from qorgan.kernel.errors import Forbidden
from qorgan.kernel.ids import ButtonKey
from qorgan.protocols.link.messages import SourceHealth
from qorgan.sim.button import SimButton

INTERVAL_S = 60
CONFIG = f"""
[site]
id = "kst-012"
name = {{ kk = "№12 мектеп" }}
[storage]
data = "var"
archive = "var/archive"
[[buttons]]
key = "hall"
place = {{ kk = "Фойе" }}
interval_s = {INTERVAL_S}
[[buttons]]
key = "yard"
place = {{ kk = "Аула" }}
"""


class School:
    """A node with two buttons over HTTP, one of them with an interval, on a clock that the test turns."""

    def __init__(self, directory: Path) -> None:
        self.clock = TurnedClock()
        config = parse(CONFIG, directory / "edge.toml")
        self.store = Store(config.core_db, config.site.id, ballast_bytes=100_000)
        self.node = Node(config, self.store, CameraBoard((), self.clock), self.clock)
        self.life = ButtonLife(config.buttons, "button", self.node, self.clock)
        tokens = {ButtonKey("hall"): TOKEN, ButtonKey("yard"): "another"}
        nobody: Any = None  # no centre and no outputs: nobody is asked for them here
        self.app = create_app(config, self.node, nobody, tokens, nobody, self.life)
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self.work = (self.life.run, lambda: serve_http(self.app, "127.0.0.1", port))

    async def states(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        return {one.key: (one.state, one.faults) for one in (await self.node.status()).sources}

    async def until(self, state: str, *faults: str) -> None:
        async with asyncio.timeout(100):
            while (await self.states()).get("hall") != (state, faults):  # noqa: ASYNC110 - changes in a task
                await asyncio.sleep(0.01)


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[School]:
    school = School(tmp_path)
    tasks = [asyncio.ensure_future(work()) for work in school.work]
    yield school
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.to_thread(school.store.close)


async def test_a_button_with_an_interval_that_falls_silent_is_a_fault_until_it_is_heard(school: School) -> None:
    alive, press = f"{school.url}/buttons/hall/alive", f"{school.url}/buttons/hall/press"
    school.clock.ahead_s += MISSED * INTERVAL_S + 1
    await school.until("silent")
    assert NodeFault.SOURCE_SILENT in (await school.node.status()).faults, "one that was never heard, too"

    await SimButton.live(alive, TOKEN, every_s=0.01, battery=80, times=2)
    await school.until("ok")
    await SimButton.live(alive, TOKEN, every_s=0.01, battery=7, times=1)
    await school.until("fault", "battery_low")
    school.clock.ahead_s += MISSED * INTERVAL_S - 1
    assert ("fault", ("battery_low",)) == (await school.states())["hall"], "its time is not up"
    await SimButton.press(press, TOKEN, kind="test")
    school.clock.ahead_s += 2
    await school.until("fault", "battery_low")
    school.clock.ahead_s += MISSED * INTERVAL_S
    await school.until("silent", "battery_low")
    assert "yard" not in await school.states(), "nobody waits for a button without an interval"


async def test_only_a_button_itself_says_that_it_lives(school: School) -> None:
    for key, token in (("hall", "another"), ("yard", TOKEN), ("nowhere", TOKEN), ("hall", "wrong")):
        with pytest.raises(Forbidden):
            await SimButton.live(f"{school.url}/buttons/{key}/alive", token, every_s=1, times=1)
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        url, ours = f"{school.url}/buttons/hall/alive", {"Authorization": f"Bearer {TOKEN}"}
        for nonsense in (b"[]", b'{"battery": "full"}', b"[" * 4_000):
            assert 400 == (await http.post(url, content=nonsense, headers=ours)).status_code
    assert {} == await school.states()


async def test_the_centre_hears_what_a_button_says_of_itself(
    tmp_path: Path, carrier: NatsServer, centre: FakeCentre
) -> None:
    async with SchoolCore(tmp_path, carrier.url) as core:
        await SimButton.live(f"{core.http.base_url}/buttons/hall/alive", TOKEN, every_s=1, battery=7, times=1)
        await until(lambda: centre.events(SourceHealth), "the battery")
    [told] = centre.events(SourceHealth)
    assert ("hall", "button", "fault", ("battery_low",)) == (told.key, told.kind, told.state, told.faults)
