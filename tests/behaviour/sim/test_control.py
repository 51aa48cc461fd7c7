"""The remote control, and the town as a process of its own."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.support.rtsp_viewer import open_viewer
from tests.support.sim_cameras import SITE, a_camera

from qorgan.kernel.errors import Invalid
from qorgan.sim.cameras import Login
from qorgan.sim.town import SimTown, TownPlan, made_up, read_plan

PLAN = """
[[cameras]]
site = "kst-012"
key = "hall"
scene = "yard"
login = { user = "qorgan", password = "only a fake camera" }
main = { width = 320, height = 180, frames_per_s = 12.5, bits_per_s = 150000, gop_s = 0.8, clip_s = 1.6 }
sub = { width = 320, height = 180, frames_per_s = 12.5, bits_per_s = 150000, gop_s = 0.8, clip_s = 1.6 }
"""


@pytest.fixture
async def town(clip_cache: Path) -> AsyncIterator[SimTown]:
    cameras = [a_camera("hall"), a_camera("yard", login=Login(user="qorgan", password="hidden"))]
    async with SimTown(TownPlan(cameras=cameras), cache=clip_cache) as running:
        yield running


@pytest.fixture
async def client(town: SimTown) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=town.control.url, timeout=60) as asking:
        yield asking


async def test_a_fault_is_ordered_seen_and_ended(town: SimTown, client: httpx.AsyncClient) -> None:
    async def shown() -> list[str | None]:
        hall = (await client.get("/cameras")).json()["items"][0]
        return [stream["shown"] for stream in hall["streams"]]

    fault = f"/cameras/{SITE}/hall/fault"
    async with open_viewer(town.simulator.url(SITE, "hall", "sub")) as viewer:
        await viewer.play()
        ordered = await client.post(fault, json={"fault": "black", "stream": "sub"})
        async with asyncio.timeout(100):
            while await shown() != [None, "black"]:
                await viewer.picture()
            ended = await client.delete(fault)
            while await shown() != [None, None]:
                await viewer.picture()
    assert (ordered.status_code, ended.status_code) == (202, 204)


async def test_what_was_sent_can_be_asked(town: SimTown, client: httpx.AsyncClient) -> None:
    async with open_viewer(town.simulator.url(SITE, "hall")) as viewer:
        await viewer.play()
        await viewer.pictures(4)
    sent = (await client.get(f"/cameras/{SITE}/hall/sent")).json()
    assert sent["main"]["first"] == 0 and sent["main"]["last"] >= 3
    assert sent["main"]["frames"] == sent["main"]["last"] + 1
    assert (sent["sub"]["frames"], sent["sub"]["first"], sent["sub"]["last"]) == (0, None, None)


async def test_the_list_tells_everything_but_passwords(client: httpx.AsyncClient) -> None:
    answer = await client.get("/cameras")
    hall, yard = answer.json()["items"]
    assert (hall["login"], yard["login"]) == (False, True)
    assert [stream["width"] for stream in hall["streams"]] == [512, 320]
    assert "hidden" not in answer.text


@pytest.mark.parametrize(
    ("camera", "body", "status"),
    [
        ("hall", b'{"fault": "sleepy"}', 400),
        ("hall", b'{"fault": "black", "stream": "third"}', 400),
        ("hall", b'{"fault": "refuse", "stream": "sub"}', 400),
        ("hall", b"junk", 400),
        ("hall", b'{"fault": "black"' + b" " * 5000 + b"}", 400),
        ("attic", b'{"fault": "black"}', 404),
    ],
)
async def test_wrong_orders_get_a_problem_document(
    client: httpx.AsyncClient, camera: str, body: bytes, status: int
) -> None:
    answer = await client.post(f"/cameras/{SITE}/{camera}/fault", content=body)
    assert answer.status_code == status
    assert answer.json().keys() == {"code", "title", "detail", "status"}


async def test_a_town_runs_as_a_process_and_ends_on_sigterm(clip_cache: Path, tmp_path: Path) -> None:
    plan, ready = tmp_path / "town.toml", tmp_path / "ready.json"
    plan.write_text(PLAN)
    argv = ["-m", "qorgan.sim", "town", str(plan), "--cache", str(clip_cache), "--ready-file", str(ready)]
    process = await asyncio.create_subprocess_exec(sys.executable, *argv, stdout=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(100):
            assert process.stdout is not None
            said = json.loads(await process.stdout.readline())
            (camera,) = said["cameras"]
            async with open_viewer(camera["main"]) as viewer:
                assert (await viewer.log_in("qorgan", "only a fake camera")).status == 200
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert said["ready"] and said == json.loads(ready.read_text())
    assert "fake" not in json.dumps(said)


async def test_a_port_in_use_is_told_in_a_sentence(clip_cache: Path) -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    argv = ["-m", "qorgan.sim", "camera", "--port", str(port), "--cache", str(clip_cache)]
    async with server:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *argv, stderr=asyncio.subprocess.PIPE, env={**os.environ, "QORGAN_LOG_LEVEL": "error"}
        )
        async with asyncio.timeout(100):
            _, said = await process.communicate()
    assert process.returncode == 1
    assert said.decode().startswith("Cannot listen there") and "Traceback" not in said.decode()


def test_a_wrong_file_names_itself_and_the_field(tmp_path: Path) -> None:
    plan = tmp_path / "town.toml"
    plan.write_text('[[cameras]]\nsite = "kst-012"\nkey = "hall"\nscene = "moon"\n')
    with pytest.raises(Invalid, match=r"town\.toml.*moon.*scene"):
        read_plan(plan)
    with pytest.raises(Invalid, match=r"absent\.toml"):
        read_plan(tmp_path / "absent.toml")


def test_made_up_cameras_have_names_of_their_own() -> None:
    cameras = made_up(100, site="kst-012")
    assert len({camera.key for camera in cameras}) == 100 and cameras[99].key == "cam-100"
