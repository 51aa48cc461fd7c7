"""A recorder with simulated cameras, and a gateway that serves what it recorded: everything real but the rooms."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import OKPKey
from tests.behaviour.gateway.conftest import running
from tests.support.fake_gatekeeper import FakeGatekeeper
from tests.support.nats import NatsServer, nats_server
from tests.support.recorder_node import SITE, WITHIN_S, RecorderNode, recorder_node, until
from tests.support.sim_cameras import a_camera

from qorgan.centre.app import build, listen, serve
from qorgan.centre.carrier import Carrier
from qorgan.centre.gateway.console import Console
from qorgan.centre.gateway.gateway import Gateway
from qorgan.centre.gateway.ports import Permit, View, Visitor
from qorgan.kernel.clock import SystemClock
from qorgan.kernel.ids import CameraKey
from qorgan.protocols.link.grants import Grant, sign
from qorgan.sim.server import RtspSimulator

SESSION = "officer"


class Rooms(FakeGatekeeper):
    """Rooms in memory that sign real grants with the key that the school trusts."""

    def __init__(self, key: OKPKey) -> None:
        super().__init__()
        self._key = key

    def _permit(self, visitor: Visitor, view: View, watch: str) -> Permit:
        expires_at = datetime.now(UTC) + self.grant_lasts
        camera = self.places[view.camera][1]
        grant = Grant(
            id=watch,
            site=SITE,
            camera=camera,
            stream=view.stream,
            action=view.action,
            viewer=visitor.user,
            purpose=view.purpose,
            expires_at=expires_at,
            start=view.start,
            end=view.end,
        )
        return Permit(
            watch=watch, site=SITE, camera=CameraKey(camera), grant=sign(grant, self._key), expires_at=expires_at
        )


@dataclass
class Playback:
    """What a story needs."""

    sim: RtspSimulator
    node: RecorderNode
    rooms: Rooms
    url: str

    async def recorded(self, camera: str, frames: int) -> None:
        """Wait until so many frames of a camera, of both streams, stand in the index."""
        await until(lambda: self.node.frames(camera) >= frames, f"{frames} frames of {camera} in the index")

    def http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, cookies={"sessionid": SESSION}, timeout=WITHIN_S)


@pytest.fixture(scope="module")
def carrier() -> Iterator[NatsServer]:
    with nats_server() as server:
        yield server


@pytest.fixture(scope="session")
def clip_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest.fixture
async def playback(carrier: NatsServer, tmp_path: Path, clip_cache: Path) -> AsyncIterator[Playback]:
    async with AsyncExitStack() as stack:
        sim = await stack.enter_async_context(RtspSimulator([a_camera("hall"), a_camera("yard")], cache=clip_cache))
        cameras = [
            {"key": key, "main": sim.url(SITE, key), "sub": sim.url(SITE, key, "sub")} for key in ("hall", "yard")
        ]
        (tmp_path / "node").mkdir()
        node = stack.enter_context(recorder_node(tmp_path / "node", carrier, cameras))
        await until(lambda: "media_link.connected" in node.log, "the recorder is linked")
        rooms = Rooms(node.key)
        url = await stack.enter_async_context(_gateway(carrier, rooms, tmp_path))
        yield Playback(sim, node, rooms, url)


@asynccontextmanager
async def _gateway(carrier: NatsServer, rooms: Rooms, web: Path) -> AsyncIterator[str]:
    async with AsyncExitStack() as stack:
        listener: socket.socket = listen("127.0.0.1", 0)
        stack.callback(listener.close)
        link = Carrier(carrier.url)
        await stack.enter_async_context(running(link.run()))
        await link.wait_connected()
        gateway = Gateway(link, rooms, SystemClock(), is_our_host=lambda _: True)
        gateway._recordings._school._answer_within_s = WITHIN_S  # a slow machine is no silent school
        app = build(gateway.routes(), django=None, console=Console(web))
        await stack.enter_async_context(running(gateway.run(), serve(app, listener)))
        yield "http://127.0.0.1:{}".format(*listener.getsockname()[1:2])


async def run(*command: str) -> tuple[str, str]:
    """What a program wrote to stdout and stderr. It must succeed."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()
    return out.decode(), complaints.decode()
