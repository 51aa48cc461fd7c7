"""Simulated ONVIF devices whose streams lead nowhere, for tests that do not look at pictures."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from qorgan.edge.onvif.client import OnvifClient
from qorgan.kernel.clock import SystemClock
from qorgan.protocols.onvif.soap import Login
from qorgan.sim.cameras import Login as SimLogin
from qorgan.sim.cameras import SimCamera
from qorgan.sim.onvif import DeviceOrder, OnvifSimulator
from qorgan.sim.onvif_device import OnvifDevice, Quirk
from tests.support.sim_cameras import SITE

PASSWORD = "камера & <secret>"  # what people choose
SIM_LOGIN = SimLogin(user="qorgan", password=PASSWORD)


class SimOnvifCamera:
    """One simulated device `hall` and how to reach it."""

    def __init__(self, simulator: OnvifSimulator) -> None:
        self.simulator = simulator
        self.url = simulator.url(SITE, "hall")

    @property
    def device(self) -> OnvifDevice:
        return self.simulator.device(SITE, "hall")

    def be(self, *quirks: Quirk, clock_offset_s: float = 0.0) -> None:
        """From now on odd in these ways."""
        self.simulator.order(SITE, "hall", DeviceOrder(clock_offset_s=clock_offset_s, quirks=frozenset(quirks)))

    def client(self, password: str = PASSWORD, user: str = "qorgan") -> OnvifClient:
        return OnvifClient(self.url, Login(user, password), SystemClock())


def full_camera(key: str = "hall") -> SimCamera:
    """With the streams of a real one: 1080p and 360p."""
    return SimCamera(site=SITE, key=key, login=SIM_LOGIN)


@asynccontextmanager
async def onvif_camera(**options: object) -> AsyncIterator[SimOnvifCamera]:
    """A device behind a real HTTP server on a free port."""

    def stream_url(site: str, key: str, stream: str) -> str:
        return f"rtsp://127.0.0.1:8554/{site}/{key}/{stream}"

    async with OnvifSimulator([full_camera()], stream_url, **options) as simulator:  # type: ignore[arg-type]
        yield SimOnvifCamera(simulator)
