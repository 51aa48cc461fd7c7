"""Cameras are found by our own probes, over real UDP on this machine."""

import asyncio
from collections.abc import MutableMapping
from typing import Any, cast

import pytest
from tests.support.onvif import SITE, full_camera, onvif_camera

from qorgan.edge.onvif.discovery import parse_target, search
from qorgan.kernel.errors import Invalid
from qorgan.sim.onvif import OnvifSimulator
from qorgan.sim.onvif_device import Quirk


async def test_every_camera_is_found_once_with_its_name_and_address() -> None:
    cameras = [full_camera(key) for key in ("hall", "yard")]
    async with OnvifSimulator(cameras, lambda *_: "rtsp://127.0.0.1/x", discovery_port=0) as simulator:
        assert simulator.discovery_port
        found, ignored = await search(for_s=1.0, at=[("127.0.0.1", simulator.discovery_port)], multicast=False)

    assert {"hall": simulator.url(SITE, "hall"), "yard": simulator.url(SITE, "yard")} == {f.name: f.url for f in found}
    assert ["Simulated hall"] * 2 == [one.model for one in found]
    assert 0 == ignored


async def test_a_camera_that_names_its_inner_address_is_found_at_the_one_that_answered() -> None:
    async with onvif_camera(discovery_port=0) as camera:
        camera.be(Quirk.NAT_ADDRESS)
        port = camera.simulator.discovery_port
        assert port
        found, _ = await search(for_s=1.0, at=[("127.0.0.1", port)], multicast=False)

    assert [camera.url] == [one.url for one in found]


async def test_one_who_shouts_nonsense_is_not_heard() -> None:
    class Shouter(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = cast(asyncio.DatagramTransport, transport)

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            for junk in (b"", b"\x00" * 9000, b"<a>" * 3000, data):
                self.transport.sendto(junk, addr)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Shouter, local_addr=("127.0.0.1", 0))
    try:
        found, ignored = await search(for_s=1.0, at=[transport.get_extra_info("sockname")], multicast=False)
    finally:
        transport.close()

    assert [] == found
    assert ignored >= 4


@pytest.mark.parametrize("text", ["camera.local", "192.0.2.7:x", "192.0.2.7:0", "", "192.0.2.7:70000"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_target(text)


async def test_who_hangs_up_in_the_middle_of_a_question_is_nothing_unforeseen() -> None:
    """As a node does that is stopped while it asks: the log of a town's cameras has no traceback of it."""
    app = OnvifSimulator([full_camera("hall")], lambda *_: "rtsp://192.0.2.7/x").app()
    said = []

    async def hears() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def says(message: MutableMapping[str, Any]) -> None:
        said.append(message["type"])

    scope = {"type": "http", "method": "POST", "path": f"/{SITE}/hall/onvif/media", "headers": [], "query_string": b""}
    await app(scope, hears, says)
    assert said == ["http.response.start", "http.response.body"]
