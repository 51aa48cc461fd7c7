"""The staff page over HTTPS, with a certificate as a school has one: believed by who knows its authority alone."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from tests.support.certificates import certificate_of
from tests.support.fake_centre import FakeCentre, until
from tests.support.nats import NatsServer, free_port
from tests.support.school_core import HTTPS_DOOR, SchoolCore
from typer.testing import CliRunner

from qorgan.edge.cli import app as edge_app
from qorgan.edge.config import StaffDoor
from qorgan.edge.core.node import NodeFault
from qorgan.edge.staff.listener import StaffListener
from qorgan.kernel.clock import SystemClock


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
async def school(tmp_path: Path, carrier: NatsServer, centre: FakeCentre, port: int) -> AsyncIterator[SchoolCore]:
    certificate_of(tmp_path, "127.0.0.1")
    async with SchoolCore(tmp_path, carrier.url, more=HTTPS_DOOR.format(port=port)) as school:
        yield school


def phone(port: int, authority: Path) -> httpx.AsyncClient:
    trust = ssl.create_default_context(cafile=authority)
    return httpx.AsyncClient(base_url=f"https://127.0.0.1:{port}", verify=trust, trust_env=False, timeout=60)


async def test_phones_that_know_the_authority_get_the_whole_page_and_nothing_else(
    tmp_path: Path, school: SchoolCore, port: int
) -> None:
    async with phone(port, tmp_path / "server-authority.pem") as http:
        page = await http.get("/staff/")
        assert page.status_code == 200 and "manifest.webmanifest" in page.text
        manifest = await http.get("/staff/manifest.webmanifest")
        assert manifest.headers["content-type"] == "application/manifest+json"
        said = json.loads(manifest.text)
        assert {"name", "icons", "start_url", "display"} <= set(said)
        for icon in said["icons"]:
            assert (await http.get(f"/staff/{icon['src']}")).status_code == 200
        worker = await http.get("/staff/worker.js")
        assert worker.headers["content-type"].startswith("text/javascript")
        assert (await http.get("/staff/me")).status_code == 401
        for path in ("/", "/health", "/watches", "/buttons/hall/press"):
            assert (await http.get(path)).status_code == 404, "phones reach the staff page alone"


async def test_a_phone_that_does_not_know_the_authority_refuses_and_nothing_is_said_in_clear(
    tmp_path: Path, school: SchoolCore, port: int
) -> None:
    (tmp_path / "foreign").mkdir()
    _, _, foreign = certificate_of(tmp_path / "foreign", "127.0.0.1")
    async with phone(port, foreign) as http:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await http.get("/staff/")
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        with pytest.raises(httpx.TransportError):
            await http.get(f"http://127.0.0.1:{port}/staff/")


async def test_a_certificate_that_is_not_there_keeps_no_button_from_working_and_is_told(
    tmp_path: Path, carrier: NatsServer, centre: FakeCentre, port: int
) -> None:
    async with SchoolCore(tmp_path, carrier.url, more=HTTPS_DOOR.format(port=port)) as school:
        assert (await school.press()).status_code == 201
        await school.until_health(lambda health: "staff.certificate" in health["faults"])
        assert (
            "server.pem: there is no such file; the school's certificate (PEM) belongs there" in school.log.read_text()
        )
        screen = await school.http.get("/", params={"lang": "ru"})
        assert "Сертификат страницы персонала непригоден" in screen.text


@pytest.mark.parametrize(
    ("days", "bad", "words"), [(90, 0, "holds until"), (29, 1, "renew it now"), (-1, 1, "expired on")]
)
def test_edge_check_warns_a_month_before_it_ends(tmp_path: Path, port: int, days: int, bad: int, words: str) -> None:
    certificate_of(tmp_path, "127.0.0.1", since=timedelta(days=-9), until=timedelta(days=days))
    SchoolCore(tmp_path, "nats://127.0.0.1:4222", more=HTTPS_DOOR.format(port=port))  # writes edge.toml; nothing starts
    checked = CliRunner().invoke(edge_app, ["check", "--json", "--config", str(tmp_path / "edge.toml")])
    [row] = [one for one in json.loads(checked.stdout)["checks"] if one["what"] == "certificate of the staff page"]
    assert (row["good"], words in row["found"]) == (not bad, True)


class Hurried(SystemClock):
    """Waits are short."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(min(seconds, 0.01))


class Board:
    """What the node shows, and with which certificate it was served."""

    def __init__(self) -> None:
        self.faults: set[NodeFault] = set()
        self.served: list[bytes] = []

    def show_fault(self, fault: NodeFault, stands: bool) -> None:
        (self.faults.add if stands else self.faults.discard)(fault)

    async def serve(self, tls: tuple[Path, Path] | None) -> None:
        assert tls is not None
        self.served.append(tls[0].read_bytes())
        await asyncio.Event().wait()


async def test_a_renewed_certificate_is_served_without_a_restart(tmp_path: Path) -> None:
    cert, key, _ = certificate_of(tmp_path, "school.example", until=timedelta(days=3))
    door = StaffDoor(host="127.0.0.1", port=1, address="https://school.example:1", tls_cert=cert, tls_key=key)
    board = Board()
    running = asyncio.create_task(StaffListener(door, board, Hurried(), board.serve).run())
    try:
        await until(lambda: board.served and board.faults == {NodeFault.STAFF_CERTIFICATE_ENDS}, "the old one")
        old = key.read_bytes()
        certificate_of(tmp_path, "school.example")
        fresh, renewed = key.read_bytes(), cert.read_bytes()
        key.write_bytes(old)  # half renewed: what is served goes on being served
        await until(lambda: board.faults == {NodeFault.STAFF_CERTIFICATE}, "a fault")
        key.write_bytes(fresh)
        await until(lambda: board.served[-1] == renewed and not board.faults, "the new one")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert len(board.served) == 2


async def test_a_port_that_is_taken_is_said_by_whoever_serves(tmp_path: Path) -> None:
    cert, key, _ = certificate_of(tmp_path, "school.example")
    door = StaffDoor(host="127.0.0.1", port=1, address="https://school.example:1", tls_cert=cert, tls_key=key)

    async def serve(_: object) -> None:
        raise OSError("taken")

    with pytest.raises(OSError, match="taken"):
        await StaffListener(door, Board(), SystemClock(), serve).run()
