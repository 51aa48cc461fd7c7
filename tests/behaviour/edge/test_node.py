"""A whole school node: three processes under one supervisor, any of which may be killed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from tests.support.fake_centre import FakeCentre, until
from tests.support.nats import NatsServer
from tests.support.school_core import SchoolCore


class SchoolNode(SchoolCore):
    """The same school, run by `qorgan edge run`."""

    async def start(self, *, program: str = "") -> None:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "qorgan", "edge", "run", "--config", str(self.config_path), stdout=log, stderr=log
            )
        await self.until_up()
        await until(lambda: len(self.parts()) == 3, "three parts")

    def parts(self) -> dict[str, psutil.Process]:
        """The processes of this node by their names."""
        assert self._process is not None
        found: dict[str, psutil.Process] = {}
        for process in psutil.Process(self._process.pid).children():
            try:
                command = process.cmdline()
            except psutil.NoSuchProcess:
                continue
            module = next((word for word in command if word.startswith("qorgan.edge.")), "")
            if module:
                found[module.removeprefix("qorgan.edge.")] = process
        return found


@pytest.fixture
async def node(tmp_path: Path, carrier: NatsServer, centre: FakeCentre) -> AsyncIterator[SchoolNode]:
    async with SchoolNode(tmp_path, carrier.url) as node:
        yield node


async def test_whichever_part_is_killed_comes_back_alone_and_presses_go_on(
    node: SchoolNode, centre: FakeCentre
) -> None:
    for part in ("recorder", "analyst", "core"):
        before = {name: process.pid for name, process in node.parts().items()}
        os.kill(before[part], signal.SIGKILL)
        if part != "core":
            assert (await node.press()).status_code == 201
        await until(lambda: (now := node.parts().get(part)) and now.pid != before[part], part)  # noqa: B023
        after = {name: process.pid for name, process in node.parts().items()}
        assert {name: pid for name, pid in after.items() if name != part} == {
            name: pid for name, pid in before.items() if name != part
        }
    await node.until_up()
    assert (await node.press()).status_code == 201
    await until(lambda: len(centre.alarms()) == 3, "all three alarms")


async def test_a_killed_supervisor_takes_its_parts_along(node: SchoolNode) -> None:
    parts = list(node.parts().values())
    await node.kill()
    await until(lambda: not any(part.is_running() and part.status() != "zombie" for part in parts), "the parts' end")


async def test_a_node_stops_within_its_time(node: SchoolNode) -> None:
    parts = list(node.parts().values())
    assert node._process is not None
    node._process.terminate()
    assert await asyncio.wait_for(node._process.wait(), 60) == 0, "it ends itself with 1 when it takes too long"
    assert not any(part.is_running() for part in parts)


async def test_a_camera_added_while_the_node_runs_is_taken_up(node: SchoolNode, centre: FakeCentre) -> None:
    text = node.config_path.read_text()
    node.config_path.write_text(
        text + '\n[[cameras]]\nkey = "gate"\nname = { kk = "Қақпа" }\nmain = "rtsp://h"\nx = 1\n'
    )
    await until(lambda: "config.refused" in node.log.read_text(), "the refusal of a wrong file")
    assert (await node.press()).status_code == 201

    node.config_path.write_text(
        text + '\n[[cameras]]\nkey = "gate"\nname = { kk = "Қақпа" }\nmain = "rtsp://127.0.0.1:1/x"\n'
    )
    await until(lambda: len(centre.deliveries_of("inventory")) >= 2, "the new inventory")
    inventory = centre.deliveries_of("inventory")[-1].decode_body()
    assert [camera.key for camera in inventory.cameras] == ["hall", "gate"]


async def test_what_the_recorder_sees_reaches_the_pulse_and_the_screen(node: SchoolNode, centre: FakeCentre) -> None:
    """The camera of this school does not exist; the recorder finds out, and says so."""
    health = await node.until_health(
        lambda health: all(stream["state"] == "failed" for stream in health["cameras"][0]["streams"])
    )
    assert {stream["reason"] for stream in health["cameras"][0]["streams"]} == {"refused"}
    assert "recorder.silent" not in health["faults"]
    assert "отказано в соединении" in (await node.http.get("/?lang=ru")).text
    await until(lambda: centre.deliveries_of("camera.changed"), "the change")
