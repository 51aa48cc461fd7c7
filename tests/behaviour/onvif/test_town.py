"""A town's cameras have an ONVIF side, and the remote control reaches it."""

from pathlib import Path

import httpx
import pytest
from tests.support.onvif import PASSWORD, SIM_LOGIN
from tests.support.sim_cameras import a_camera

from qorgan.edge.onvif.client import OnvifClient
from qorgan.edge.recorder.probe import probe
from qorgan.kernel.clock import SystemClock
from qorgan.protocols.onvif import device, events
from qorgan.protocols.onvif.soap import Login
from qorgan.sim.town import SimTown, TownPlan


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


async def test_a_town_s_camera_is_found_asked_watched_and_commanded(cache: Path) -> None:
    plan = TownPlan(cameras=[a_camera(login=SIM_LOGIN)], onvif_port=0, discovery_port=0)
    async with SimTown(plan, cache=cache) as town, httpx.AsyncClient(base_url=town.control.url) as control:
        (ready,) = town.ready()["cameras"]  # type: ignore[misc]
        assert (await control.put("/cameras/kst-012/hall/onvif", json={"clock_offset_s": 60.0})).is_success
        async with OnvifClient(ready["onvif"], Login("qorgan", PASSWORD), SystemClock()) as client:
            await client.call(device.get_information())
            assert client.clock_offset_s == pytest.approx(60.0, abs=2.0)
            service, profiles = await client.profiles()
            seen = await probe(await client.stream_url(service, profiles[0].token), "qorgan", PASSWORD)
            point = await client.subscribe(60)
            await client.call(events.pull(1), at=point)
            order = {"kind": "motion", "active": True}
            assert (await control.post("/cameras/kst-012/hall/onvif/events", json=order)).is_success
            (notice,) = await client.call(events.pull(5), at=point)
        status = (await control.get("/cameras/kst-012/hall/onvif")).json()
        nobody = await control.get("/cameras/kst-012/nobody/onvif")

    assert (512, 288) == (seen.width, seen.height)
    assert ("motion", True) == (notice.kind, notice.active)
    assert (60.0, 1) == (status["clock_offset_s"], status["subscriptions"])
    assert 404 == nobody.status_code
