"""The core of a school as a real process, with a real configuration, to be pressed, cut off and killed."""

import asyncio
import base64
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

import httpx

from qorgan.edge.config import EdgeConfig, load
from qorgan.edge.secrets import SecretStore
from tests.support.nats import free_port

SITE = "kst-012"
NATS_PASSWORD = "nats-hunter2"
TOKEN = "button-hunter2"
NO_KEY = base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")  # a centre that signs nothing
# The staff's page over HTTPS, with the certificate that `certificates.certificate_of` writes
HTTPS_DOOR = """
[staff]
host = "127.0.0.1"
port = {port}
address = "https://127.0.0.1:{port}"
tls_cert = "server.pem"
tls_key = "server.key"
"""
CONFIG = """\
[site]
id = "kst-012"
name = {{ kk = "№12 мектеп", ru = "Школа № 12", en = "School 12" }}

[storage]
data = "var"
archive = "var/archive"

[http]
port = {port}

[centre]
nats = "{nats}"
public_key = "{public_key}"

[[cameras]]
key = "hall"
name = {{ kk = "Фойе" }}
main = "rtsp://127.0.0.1:1/main"
sub = "rtsp://127.0.0.1:1/sub"

[[buttons]]
key = "hall"
place = {{ kk = "Фойе, 1-қабат", ru = "Фойе, 1 этаж" }}
cameras = ["hall"]
"""


class SchoolCore:
    """`start` returns when it answers. What it says on stderr is in `log`. `more`: further tables for `edge.toml`."""

    def __init__(
        self,
        directory: Path,
        nats_url: str,
        *,
        nats_password: str = NATS_PASSWORD,
        more: str = "",
        secrets: Mapping[str, str] = MappingProxyType({}),
        public_key: str = NO_KEY,
    ) -> None:
        self.config_path = directory / "edge.toml"
        self.log = directory / "core.log"
        self._port = free_port()
        text = CONFIG.format(port=self._port, nats=nats_url, public_key=public_key)
        self.config_path.write_text(f"{text}\n{more}")
        self.config: EdgeConfig = load(self.config_path)
        self.secrets = SecretStore(self.config.storage.data)
        self.secrets.put("nats", nats_password)
        self.secrets.put("button/hall", TOKEN)
        for name, value in secrets.items():
            self.secrets.put(name, value)
        self.http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self._port}", timeout=60, trust_env=False)
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> "SchoolCore":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        await self.http.aclose()

    async def start(self, *, program: str = "qorgan.edge.core") -> None:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", program, "--config", str(self.config_path), stdout=log, stderr=log
            )
        await self.until_up()

    async def until_up(self) -> None:
        """Wait until core answers."""
        assert self._process is not None
        async with asyncio.timeout(100):
            while not await self._answers():
                assert self._process.returncode is None, self.log.read_text()
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await asyncio.wait_for(self._process.wait(), 60)

    async def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    async def press(self, press_id: UUID | None = None, kind: str = "real") -> httpx.Response:
        return await self.http.post(
            "/buttons/hall/press",
            json={"press_id": str(press_id or uuid4()), "kind": kind},
            headers={"Authorization": f"Bearer {TOKEN}"},
        )

    async def alarm(self, alarm: str) -> dict[str, Any]:
        response = await self.http.get(f"/alarms/{alarm}", headers={"Authorization": f"Bearer {TOKEN}"})
        found: dict[str, Any] = response.json()
        return found

    async def health(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.http.get("/health")).json()
        return found

    async def until_health(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first health report of which `condition` is true."""
        async with asyncio.timeout(100):
            while not condition(health := await self.health()):  # noqa: ASYNC110 - the core is a process
                await asyncio.sleep(0.02)
        return health

    async def until_alarm(self, alarm: str, *, received: bool) -> None:
        """Wait until the presser would see this."""
        async with asyncio.timeout(100):
            while (await self.alarm(alarm))["received"] is not received:  # noqa: ASYNC110 - the core is a process
                await asyncio.sleep(0.02)

    async def _answers(self) -> bool:
        try:
            return (await self.http.get("/health")).status_code == 200
        except httpx.TransportError:
            return False
