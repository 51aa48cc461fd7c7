"""The centre's program as a process: it starts, serves, says why it cannot, and stops in good time."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import websockets
from tests.support.nats import NatsServer, free_port, nats_server

from qorgan.centre.app import is_djangos, parse_roles
from qorgan.centre.gateway.console import Console
from qorgan.kernel.errors import Invalid

PASSWORD = "correct-horse-battery"
QORGAN = [sys.executable, "-m", "qorgan", "centre"]


@pytest.fixture(scope="module")
def nats() -> Iterator[NatsServer]:
    with nats_server() as server:
        yield server


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, nats: NatsServer) -> dict[str, str]:
    """A centre with the demo's people, ready to run."""
    data = tmp_path_factory.mktemp("centre")
    web = tmp_path_factory.mktemp("web")
    (web / "assets").mkdir()
    (web / "index.html").write_text("<!doctype html><title>console</title>", encoding="utf-8")
    (web / "assets" / "index-1a2b3c.js").write_text("0;" * 1_000, encoding="utf-8")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("QORGAN_")}
    told = {"QORGAN_DATA": str(data), "QORGAN_WEB": str(web), "QORGAN_NATS": nats.url, "QORGAN_NATS_USER": ""}
    environment = {**inherited, **told, "QORGAN_PORT": str(free_port()), "PYTHONWARNINGS": "error"}
    _do(environment, "migrate")
    _do(environment, "seed-demo", "--password-stdin", said=PASSWORD)
    return environment


def _do(environment: dict[str, str], *arguments: str, said: str = "") -> None:
    done = subprocess.run(
        [*QORGAN, *arguments], env=environment, input=said, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def address(environment: dict[str, str]) -> Iterator[str]:
    """A running centre."""
    process = _start(environment)
    address = f"127.0.0.1:{environment['QORGAN_PORT']}"
    try:
        _until_ready(address, process)
        yield address
    finally:
        process.kill()
        process.communicate()


def _until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while True:
        assert process.poll() is None, process.stderr and process.stderr.read().decode()
        assert time.monotonic() < deadline, "the centre did not become ready"
        try:
            if httpx.get(f"http://{address}/api/health", timeout=60).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)


@pytest.fixture
async def officer(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=60) as client:
        await _sign_in(client)
        yield client


async def _sign_in(client: httpx.AsyncClient) -> None:
    """Through the real front door."""
    await client.get("/_allauth/browser/v1/config")
    answer = await client.post(
        "/_allauth/browser/v1/auth/login",
        json={"email": "officer@qorgan.demo", "password": PASSWORD},
        headers={"X-CSRFToken": client.cookies["csrftoken"]},
    )
    assert answer.status_code == 200, answer.text


def _events(address: str, client: httpx.AsyncClient) -> websockets.connect:
    cookie = {"Cookie": f"sessionid={client.cookies['sessionid']}"}
    return websockets.connect(f"ws://{address}/ws/events", additional_headers=cookie, origin=f"http://{address}")


def test_health_says_what_is_ready(address: str) -> None:
    body = httpx.get(f"http://{address}/api/health", timeout=60).json()
    assert body["status"] == "ok"
    assert body["roles"] == ["gateway", "intake", "jobs", "web"]
    assert (body["database"], body["carrier"], body["gateway"]) == (True, True, True)


async def test_a_signed_in_officer_gets_the_snapshot(address: str, officer: httpx.AsyncClient) -> None:
    cookie = f"sessionid={officer.cookies['sessionid']}"
    origin = f"http://{address}"
    async with websockets.connect(
        f"ws://{address}/ws/events", additional_headers={"Cookie": cookie}, origin=origin
    ) as ws:
        snapshot = json.loads(await asyncio.wait_for(ws.recv(), 60))
    listed = (await officer.get("/api/schools")).json()["items"]
    assert snapshot["type"] == "snapshot"
    assert sorted(school["id"] for school in snapshot["schools"]) == sorted(school["id"] for school in listed)
    assert len(listed) > 0


async def test_signing_out_closes_the_sockets(address: str, officer: httpx.AsyncClient) -> None:
    async with _events(address, officer) as ws:
        await asyncio.wait_for(ws.recv(), 60)
        csrf = {"X-CSRFToken": officer.cookies["csrftoken"]}
        answer = await officer.delete("/_allauth/browser/v1/auth/session", headers=csrf)
        assert answer.status_code == 401, "allauth says so when it has signed somebody out"
        with pytest.raises(websockets.ConnectionClosed) as closed:
            async with asyncio.timeout(60):
                while True:
                    await ws.recv()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 4401


def test_another_hosts_name_is_not_ours(address: str) -> None:
    """A foreign name that points here (DNS rebinding) gets neither API nor sockets."""
    with pytest.raises(websockets.InvalidStatus) as refused:
        asyncio.run(_connect_as(address, "evil.example"))
    assert refused.value.response.status_code == 403
    assert httpx.get(f"http://{address}/api/session", headers={"Host": "evil.example"}, timeout=60).status_code == 400


async def _connect_as(address: str, host: str) -> None:
    _, port = address.split(":")
    with socket.create_connection(("127.0.0.1", int(port))) as sock:
        sock.setblocking(False)
        async with websockets.connect(f"ws://{host}/ws/events", sock=sock):
            pass


def test_the_console_is_served_at_every_place_of_its_own(address: str) -> None:
    with httpx.Client(base_url=f"http://{address}", timeout=60) as client:
        for place in ("/", "/duty", "/schools/7/cameras"):
            page = client.get(place)
            assert (page.status_code, page.headers["cache-control"]) == (200, "no-cache")
            assert "<title>console</title>" in page.text
            assert "script-src 'self'" in page.headers["content-security-policy"]
        script = client.get("/assets/index-1a2b3c.js")
        assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert client.get("/assets/gone.js").status_code == 404
        assert (
            client.get("/assets/index-1a2b3c.js", headers={"If-None-Match": script.headers["etag"]}).status_code == 304
        )
        part = client.get("/assets/index-1a2b3c.js", headers={"Range": "bytes=0-3"})
        assert (part.status_code, part.content) == (206, b"0;0;")
        assert client.get("/..%2f..%2fetc%2fpasswd").status_code in (200, 404)
        assert "root:" not in client.get("/..%2f..%2f..%2f..%2f..%2f..%2fetc/passwd").text
        assert client.post("/duty").status_code == 405
        assert client.get("/api/nothing").status_code == 404
        assert client.get("/static/admin/css/base.css").headers["content-type"].startswith("text/css")


def test_a_port_in_use_is_one_clear_sentence(environment: dict[str, str], address: str) -> None:
    done = subprocess.run([*QORGAN, "run"], env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 1
    assert done.stderr.strip().count("\n") == 0
    assert f"cannot listen on {address}" in done.stderr


def test_an_unknown_role_is_one_clear_sentence(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [*QORGAN, "run", "--roles", "web,kitchen"], env=environment, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 1
    assert "there is no role 'kitchen'; there are web, gateway, intake, jobs" in done.stderr


async def test_sigterm_stops_it_while_a_browser_is_connected(environment: dict[str, str]) -> None:
    address = f"127.0.0.1:{free_port()}"
    process = _start(environment, "--port", address.split(":")[1])
    try:
        await asyncio.to_thread(_until_ready, address, process)
        async with httpx.AsyncClient(base_url=f"http://{address}", timeout=60) as client:
            await _sign_in(client)
            async with _events(address, client) as ws:
                await ws.recv()
                process.send_signal(signal.SIGTERM)
                code = await asyncio.to_thread(process.wait, 60)
    finally:
        process.kill()
    _, stderr = process.communicate()
    assert code == 0, stderr.decode()
    assert "Traceback" not in stderr.decode()


def _start(environment: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*QORGAN, "run", *arguments], env=environment, stderr=subprocess.PIPE)


def test_which_paths_are_djangos() -> None:
    djangos = {path for path in ("/api", "/api/x", "/apix", "/", "/admin/", "/static/a", "/duty") if is_djangos(path)}
    assert djangos == {"/api", "/api/x", "/admin/", "/static/a"}


@pytest.mark.parametrize("text", ["kitchen", " , ", "web;gateway"])
def test_roles_that_are_none(text: str) -> None:
    with pytest.raises(Invalid):
        parse_roles(text)


async def test_the_page_is_clear_when_the_console_is_not_built(tmp_path: Path) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Console(tmp_path / "dist"))) as client:
        answer = await client.get("http://centre/")
    assert answer.status_code == 503
    assert "make web" in answer.text


async def test_the_inspection_on_site_is_a_page_of_its_own(tmp_path: Path) -> None:
    """With its own worker and scope; it alone may ask where the telephone is."""
    (tmp_path / "inspect").mkdir()
    (tmp_path / "index.html").write_text("<title>console</title>", encoding="utf-8")
    (tmp_path / "inspect" / "index.html").write_text("<title>inspection</title>", encoding="utf-8")
    (tmp_path / "inspect" / "worker.js").write_text("0;", encoding="utf-8")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Console(tmp_path)), base_url="http://centre") as client:
        page, console = await client.get("/inspect/"), await client.get("/inspections")
        worker, bare = await client.get("/inspect/worker.js"), await client.get("/inspect")
    assert "<title>inspection</title>" in page.text and "geolocation=(self)" in page.headers["permissions-policy"]
    assert "<title>console</title>" in console.text and "geolocation=()" in console.headers["permissions-policy"]
    assert (worker.text, worker.headers["cache-control"]) == ("0;", "no-cache")
    assert (bare.status_code, bare.headers["location"]) == (307, "/inspect/")
