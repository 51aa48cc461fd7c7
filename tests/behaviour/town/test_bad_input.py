"""A school whose list of cameras is full of mistakes: each is named truly, and the good cameras lose no frame."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from benchmarks.recorder import frame_numbers
from tests.support.strangers import Strangers, strangers
from tests.support.town import POLL_S, Town, running_town, until

from qorgan.demo.check import OFFICER
from qorgan.demo.folder import Settled
from qorgan.demo.town import TOWN
from qorgan.edge.recorder.index import Index
from qorgan.edge.secrets import SecretStore

pytestmark = pytest.mark.timeout(600)
SITE = "kst-012"
WRONG_PASSWORD = "wrong-hunter2"
ODD_CAMERAS = """\
[[cameras]]
site = "odd"
key = "intercom"
kind = "audio_only"
[[cameras]]
site = "odd"
key = "old"
kind = "mjpeg"
[[cameras]]
site = "odd"
key = "locked"
login = { user = "qorgan", password = "right-hunter2" }
[[cameras]]
site = "odd"
key = "stalls"
"""
NEVER_LIVE = {
    "wrong-scheme": ("failed", "bad_url"),
    "words": ("failed", "bad_url"),
    "long-words": ("failed", "bad_url"),
    "no-host": ("failed", "no_such_host"),
    "no-port": ("failed", "refused"),
    "password": ("failed", "wrong_password"),
    "printer": ("failed", "not_rtsp"),
    "junk": ("failed", "not_rtsp"),
    "silent": ("failed", "timeout"),
    "intercom": ("failed", "no_video"),
    "old": ("failed", "unsupported_codec"),
    "hangs-up-1": ("failed", "closed"),
    "hangs-up-2": ("failed", "closed"),
}
ATTEMPTS = 5
ENOUGH = 250  # frames: ten seconds


@dataclass
class OddCameras:
    """A second simulator, with the cameras that nobody can use."""

    rtsp_port: int
    control: str

    def url(self, key: str) -> str:
        return f"rtsp://127.0.0.1:{self.rtsp_port}/odd/{key}/sub"

    def stall(self, key: str) -> None:
        body = {"fault": "stall"}
        httpx.post(f"{self.control}/cameras/odd/{key}/fault", json=body, trust_env=False, timeout=60).raise_for_status()

    def recover(self, key: str) -> None:
        httpx.delete(f"{self.control}/cameras/odd/{key}/fault", trust_env=False, timeout=60).raise_for_status()


@contextmanager
def odd_cameras(folder: Path) -> Iterator[OddCameras]:
    plan, ready = folder / "odd.toml", folder / "odd.json"
    plan.write_text(ODD_CAMERAS)
    command = [sys.executable, "-m", "qorgan", "sim", "town", str(plan), "--ready-file", str(ready)]
    with (folder / "odd.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        until(lambda: ready.exists() or process.poll() is not None, "the odd cameras are ready", within_s=300)
        assert process.poll() is None, (folder / "odd.log").read_text()
        told = json.loads(ready.read_text())
        yield OddCameras(told["rtsp_port"], told["control"])
    finally:
        process.terminate()
        process.wait(60)


@dataclass
class Scene:
    """The school, and everything that stands where its cameras should be."""

    town: Town
    odd: OddCameras
    strangers: Strangers

    def state(self, key: str) -> tuple[str, str]:
        """State and reason of a camera, as its node tells on /health."""
        return next(
            ((one["state"], one["reason"]) for one in stream_of(self.town.health(SITE)["cameras"], key)),
            ("", ""),
        )


def stream_of(cameras: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    return [stream for camera in cameras if camera["key"] == key for stream in camera["streams"]]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("town")
    with ExitStack() as open_:
        them = open_.enter_context(strangers())
        odd = open_.enter_context(odd_cameras(tmp_path_factory.mktemp("odd")))
        nobody = open_.enter_context(socket.socket())
        nobody.bind(("127.0.0.1", 0))  # held, so that nobody else listens there
        silent = open_.enter_context(socket.create_server(("127.0.0.1", 0)))  # takes visitors and says nothing
        addresses = {
            "wrong-scheme": "http://127.0.0.1:80/stream",
            "words": "камера в фойе, пароль на бумажке",
            "long-words": "rtsp://" + "мусор " * 833,
            "no-host": "rtsp://no-such-camera.invalid/stream",
            "no-port": address_of(nobody),
            "password": odd.url("locked"),
            "printer": them.web_server.url(),
            "junk": them.junk.url(),
            "silent": address_of(silent),
            "intercom": odd.url("intercom"),
            "old": odd.url("old"),
            "hangs-up-1": them.hang_up[0].url(),
            "hangs-up-2": them.hang_up[1].url(),
            "stalls": odd.url("stalls"),
        }
        assert set(addresses) == {*NEVER_LIVE, "stalls"}
        town = open_.enter_context(running_town(folder, TOWN[:1], prepare=lambda settled: _install(settled, addresses)))
        yield Scene(town, odd, them)


def address_of(sock: socket.socket) -> str:
    return f"rtsp://127.0.0.1:{sock.getsockname()[1]}/stream"


def _install(settled: Settled, addresses: dict[str, str]) -> None:
    """Written by hand: `qorgan edge add-camera` would refuse the worst of them."""
    (school,) = settled.schools
    rows = [
        f"\n[[cameras]]\nkey = {json.dumps(key)}\nname = {{ kk = {json.dumps(key)} }}\n"
        f"main = {json.dumps(url, ensure_ascii=False)}\n" + ('user = "qorgan"\n' if key == "password" else "")
        for key, url in addresses.items()
    ]
    text = school.config.read_text("utf-8")
    school.config.write_text(text + "".join(rows), "utf-8")
    SecretStore(school.folder).put("camera/password", WRONG_PASSWORD)


@pytest.mark.parametrize(("key", "expected"), NEVER_LIVE.items())
def test_the_node_names_each_mistake(scene: Scene, key: str, expected: tuple[str, str]) -> None:
    until(lambda: scene.state(key) == expected, f"{key} is {expected}, not {scene.state(key)}")


def test_a_camera_that_stalls_in_mid_frame_is_told_as_stalled_and_comes_back(scene: Scene) -> None:
    until(lambda: scene.state("stalls") == ("live", "none"), "it is live before")
    scene.odd.stall("stalls")
    until(lambda: scene.state("stalls") == ("stalled", "no_frames"), "it has stalled")
    scene.odd.recover("stalls")
    until(lambda: scene.state("stalls") == ("live", "none"), "it is live again")


def test_the_centre_tells_the_same(scene: Scene) -> None:
    with scene.town.sign_in(OFFICER) as officer:
        school = next(school["id"] for school in officer.all("/api/schools") if school["site"] == SITE)

        def told() -> dict[str, tuple[str, str]]:
            cameras = officer.get(f"/api/schools/{school}/cameras")["items"]
            streams = {key: stream_of(cameras, key) for key in NEVER_LIVE}
            return {key: (one[0]["state"], one[0]["reason"]) for key, one in streams.items() if one}

        until(lambda: told() == NEVER_LIVE, f"the centre tells states and reasons, not {told()}")


def test_no_camera_is_asked_more_than_once_a_second_and_not_in_step(scene: Scene) -> None:
    one, other = scene.strangers.hang_up
    until(lambda: min(len(one.came_at), len(other.came_at)) >= ATTEMPTS, "some attempts")
    pauses = [pauses_of(one.came_at), pauses_of(other.came_at)]
    assert min(*pauses[0], *pauses[1]) >= 1.0 - POLL_S / 2
    assert any(abs(a - b) > 0.05 for a, b in zip(*pauses, strict=True)), f"the pauses are jittered: {pauses}"


def pauses_of(times: list[float]) -> list[float]:
    return [after - before for before, after in zip(times, times[1:], strict=False)][: ATTEMPTS - 1]


def test_the_good_cameras_beside_them_lose_no_frame(scene: Scene) -> None:
    good = [camera.key for camera in TOWN[0].cameras]
    streams = [(key, stream) for key in good for stream in ("main", "sub")]
    until(lambda: {scene.town.streams(SITE)[f"{key}/{stream}"] for key, stream in streams} == {"live"}, "all are live")
    until(lambda: all(len(numbers_kept(scene.town).get(one, [])) > ENOUGH for one in streams), "some recording of each")
    kept = numbers_kept(scene.town)
    for key, stream in streams:
        numbers = kept[key, stream]
        assert numbers == sorted(set(numbers)), f"every frame of {key}/{stream} once, in order"
        lost = numbers[-1] + 1 - numbers[0] - len(numbers)
        assert lost <= never_sent(scene.town, key, stream), f"{lost} frames of {key}/{stream} were sent and not kept"


def never_sent(town: Town, key: str, stream: str) -> int:
    """Pictures that the simulator left out because this machine did not take them in time."""
    control = f"http://127.0.0.1:{town.settled.ports['sim']}/cameras/{SITE}/{key}/sent"
    return int(httpx.get(control, trust_env=False, timeout=60).raise_for_status().json()[stream]["dropped"])


def numbers_kept(town: Town) -> dict[tuple[str, str], list[int]]:
    """The numbers that the simulator wrote into each frame, as they lie in the archive, in order of recording."""
    archive = town.school(SITE).folder / "archive"
    index = Index(archive / "index.db", readonly=True)
    try:
        rows = sorted(index.all_segments(), key=lambda row: row.wall_start_us)
    finally:
        index.close()
    kept: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        kept.setdefault((row.camera, row.stream), []).extend(frame_numbers(archive / row.path, row.fragments))
    return kept


def test_passwords_are_in_no_log(scene: Scene) -> None:
    logs = list(scene.town.settled.logs.glob("*.log"))
    assert logs
    assert not [log.name for log in logs if WRONG_PASSWORD in log.read_text(errors="replace")]
