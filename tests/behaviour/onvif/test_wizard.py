"""`qorgan edge discover` and `add-camera` as an installer uses them, against cameras that move and speak."""

import asyncio
import json
import os
import pty
import re
import select
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.onvif import PASSWORD, SIM_LOGIN
from tests.support.sim_cameras import SITE, a_camera
from typer.testing import CliRunner, Result

from qorgan.domain.cameras import StreamName
from qorgan.edge import cli
from qorgan.edge.config import load
from qorgan.edge.secrets import SecretStore
from qorgan.sim.onvif_device import OnvifDevice, Quirk
from qorgan.sim.town import SimTown, TownPlan


class RunningTown:
    """A town in a thread of its own, because the command line blocks ours."""

    def __init__(self, cache: Path) -> None:
        self._plan = TownPlan(cameras=[a_camera(login=SIM_LOGIN)], onvif_port=0, discovery_port=0)
        self._cache, self._ready, self._stop = cache, threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="town")

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            async with SimTown(self._plan, cache=self._cache) as self.town:
                self._ready.set()
                await self._stop.wait()
        finally:
            self._ready.set()

    def __enter__(self) -> "RunningTown":
        self._thread.start()
        assert self._ready.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def device(self) -> OnvifDevice:
        assert self.town.onvif
        return self.town.onvif.device(SITE, "hall")

    @property
    def url(self) -> str:
        assert self.town.onvif
        return self.town.onvif.url(SITE, "hall")

    @property
    def probe_at(self) -> str:
        assert self.town.onvif
        return f"127.0.0.1:{self.town.onvif.discovery_port}"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest.fixture
def town(cache: Path) -> Iterator[RunningTown]:
    with RunningTown(cache) as one:
        yield one


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "edge.toml"
    assert edge("init", "--site", SITE, "--name-kk", "№12 мектеп", file=path).exit_code == 0
    return path


def edge(*arguments: str, file: Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli.app, [*arguments, "--config", str(file)], input=stdin)


def add(town: RunningTown, file: Path, *more: str, password: str = PASSWORD) -> Result:
    arguments = ["add-camera", "--onvif", town.url, "--key", "hall", "--name-kk", "Фойе", "--user", "qorgan"]
    return edge(*arguments, "--password-stdin", *more, file=file, stdin=password + "\n")


def test_cameras_are_found_and_the_known_one_is_marked(town: RunningTown, file: Path) -> None:
    search = ["discover", "--json", "--seconds", "1", "--no-multicast", "--at", town.probe_at]
    (found,) = json.loads(edge(*search, file=file).stdout)["items"]
    assert (town.url, None) == (found["url"], found["configured"])

    assert add(town, file, "--no-probe").exit_code == 0
    (found,) = json.loads(edge(*search, file=file).stdout)["items"]
    assert "hall" == found["configured"]
    assert "configured: hall" in edge(*search[:1], *search[2:], file=file).stdout


def test_a_script_adds_a_camera_by_its_onvif_address(town: RunningTown, file: Path, tmp_path: Path) -> None:
    """Streams suggested by size, both probed for real pictures, the password encrypted and nowhere else."""
    picture = tmp_path / "hall.jpg"
    result = add(town, file, "--picture", str(picture))

    assert 0 == result.exit_code, result.output
    (camera,) = load(file).cameras
    rtsp = town.town.simulator.url
    assert (rtsp(SITE, "hall", "main"), rtsp(SITE, "hall", "sub")) == (camera.main, camera.sub)
    assert (town.url, "qorgan") == (camera.onvif, camera.user)
    assert PASSWORD == SecretStore(load(file).storage.data).get("camera/hall")
    assert "main: avc1" in result.stdout and "512×288" in result.stdout
    assert picture.read_bytes().startswith(b"\xff\xd8")
    assert PASSWORD not in result.output + file.read_text()


def test_a_wrong_password_is_one_sentence_and_no_change(town: RunningTown, file: Path) -> None:
    before = file.read_text()
    result = add(town, file, password="12345")
    assert 2 == result.exit_code
    assert "refuses the login" in result.stderr and "Traceback" not in result.output and "12345" not in result.output
    assert before == file.read_text()


def test_the_house_profile_is_shown_before_it_is_set(town: RunningTown, file: Path) -> None:
    town.device.encoders[StreamName.MAIN].gop_frames = 250
    refused = add(town, file, "--house-profile", "--no-probe")
    assert 2 == refused.exit_code and "--yes" in refused.stderr
    assert "main key frame every: 250 frames → 50 frames" in refused.stdout
    assert (250, None) == (town.device.encoders[StreamName.MAIN].gop_frames, town.device.osd_text)
    assert () == load(file).cameras

    done = add(town, file, "--house-profile", "--yes", "--ntp", "192.0.2.1", "--no-probe")
    assert 0 == done.exit_code, done.output
    main = town.device.encoders[StreamName.MAIN]
    assert ("H264", 1920, 1080, 25, 4096, 50) == (
        main.encoding,
        main.width,
        main.height,
        main.frames_per_s,
        main.kbit_per_s,
        main.gop_frames,
    )
    assert ("Фойе", "192.0.2.1") == (town.device.osd_text, town.device.ntp_server)


def test_a_camera_that_has_the_house_profile_is_left_alone(town: RunningTown, file: Path) -> None:
    assert 0 == add(town, file, "--house-profile", "--yes", "--no-probe").exit_code
    calls = len(town.device.calls)
    file.write_text(file.read_text().split("[[cameras]]")[0])
    again = add(town, file, "--house-profile", "--no-probe")
    assert "has the house profile already" in again.stdout
    assert not [name for name in town.device.calls[calls:] if name.startswith(("Set", "Create"))]


def test_a_camera_that_keeps_its_own_settings_is_caught(town: RunningTown, file: Path) -> None:
    town.device.quirks = frozenset({Quirk.LYING})
    result = add(town, file, "--house-profile", "--yes", "--no-probe")
    assert 2 == result.exit_code and "keeps its own" in result.stderr


def test_a_person_is_led_from_the_search_to_the_file(town: RunningTown, file: Path, tmp_path: Path) -> None:
    """On a real terminal: nothing of the password appears on the screen."""
    screen = Terminal(
        [sys.executable, "-m", "qorgan.edge.cli", "add-camera", "--at", town.probe_at, "--config", str(file)], tmp_path
    )
    with screen:
        screen.answer("short name", "hall")
        number = re.findall(rf"(\d+)  {re.escape(town.url)}", screen.wait_for("Which one"))
        screen.answer("Which one", number[0])
        screen.answer("User at the camera", "qorgan")
        screen.answer_unseen("Password of qorgan", PASSWORD)
        screen.answer("Main stream", "")
        screen.answer("Sub stream", "")
        shown = screen.finish()

    assert "Camera hall is in" in shown
    assert PASSWORD not in shown
    (camera,) = load(file).cameras
    assert (town.url, town.town.simulator.url(SITE, "hall", "main")) == (camera.onvif, camera.main)
    assert PASSWORD == SecretStore(load(file).storage.data).get("camera/hall")


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, start_new_session=True
        )
        os.close(theirs)
        self._shown = ""

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def wait_for(self, words: str, within_s: float = 200.0) -> str:
        deadline = time.monotonic() + within_s
        while words not in self._shown:
            assert time.monotonic() < deadline, f"no {words!r} in: {self._shown}"
            self._read(1.0)
        return self._shown

    def answer(self, question: str, text: str) -> None:
        self.wait_for(question)
        os.write(self._ours, text.encode() + b"\n")

    def answer_unseen(self, question: str, text: str) -> None:
        """As a person answers who takes a moment: what is typed before the echo is off is shown, and thrown away."""
        self.wait_for(question)
        deadline = time.monotonic() + 200.0
        while termios.tcgetattr(self._ours)[3] & termios.ECHO:
            assert time.monotonic() < deadline, f"the terminal shows what is typed after {question!r}"
            self._read(0.05)
        os.write(self._ours, text.encode() + b"\n")

    def finish(self) -> str:
        while self._process.poll() is None:
            self._read(0.2)
        while self._read(0.2):
            pass
        assert 0 == self._process.returncode, self._shown
        return self._shown

    def _read(self, within_s: float) -> bool:
        if not select.select([self._ours], [], [], within_s)[0]:
            return False
        try:
            data = os.read(self._ours, 65536)
        except OSError:  # Linux says EIO when the other side has closed
            return False
        self._shown += data.decode(errors="replace")
        return bool(data)
