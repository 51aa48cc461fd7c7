"""A whole town as `qorgan demo` runs it, in a folder of its own, for tests that press, cut and kill.

with running_town(folder, plans, cabled=["kst-k03"]) as town:
    town.press("kst-012", "hall")
"""

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar
from uuid import UUID, uuid4

import httpx
import psutil
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from websockets.typing import Origin

from qorgan.demo import folder as demo_folder
from qorgan.demo import ports
from qorgan.demo.folder import School, Settled
from qorgan.demo.keeper import processes_of
from qorgan.demo.town import SchoolPlan
from qorgan.kernel.ids import ButtonKey
from qorgan.kernel.processes import die_with_parent
from qorgan.protocols.link.media import MediaKind, unpack
from tests.support.cable import Cable

READY_WITHIN_S = 300.0  # the first start on a machine encodes the cameras' scenes
STOP_WITHIN_S = 60.0
RECOVER_WITHIN_S = 150.0  # generous: other work may run on the machine
POLL_S = 0.1
ALLAUTH = "/_allauth/browser/v1"
T = TypeVar("T")
logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each of many questions would hide the answer


def until(seen: Callable[[], T], what: str, *, within_s: float = RECOVER_WITHIN_S) -> T:
    """What `seen` returned when it was true for the first time. A refused connection is a no."""
    deadline = time.monotonic() + within_s
    last: object = None
    while True:
        try:
            last = found = seen()
            if found:
                return found
        except httpx.TransportError as error:
            last = repr(error)
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {what}; at the end: {last!r}"
        time.sleep(POLL_S)


class Person:
    """Somebody signed in at the centre over HTTP, as the console signs in."""

    def __init__(self, url: str, email: str, password: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=60, trust_env=False)
        self.http.get(f"{ALLAUTH}/config").raise_for_status()
        self.post(f"{ALLAUTH}/auth/login", {"email": email, "password": password})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def get(self, path: str, **query: str) -> Any:
        return self.http.get(path, params=query).raise_for_status().json()

    def all(self, path: str, **query: str) -> list[dict[str, Any]]:
        """Every item of a list, page after page."""
        items: list[dict[str, Any]] = []
        while True:
            page = self.get(path, **query)
            items += page["items"]
            if page.get("next") is None:
                return items
            query["cursor"] = page["next"]

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._send("POST", path, body)

    def put(self, path: str, body: dict[str, Any]) -> Any:
        return self._send("PUT", path, body)

    def _send(self, method: str, path: str, body: dict[str, Any]) -> Any:
        headers = {"X-CSRFToken": self.http.cookies.get("csrftoken") or "", "Referer": str(self.http.base_url)}
        return self.http.request(method, path, json=body, headers=headers).raise_for_status().json()


def watch(person: Person, camera: str, *, stream: str = "sub", frames: int = 10) -> None:
    """See a camera live, as a tile of the console does: so many frames must come. Asked again when it breaks off."""
    until(lambda: _frames_of(person, camera, stream, frames) >= frames, f"{frames} live frames of camera {camera}")


def _frames_of(person: Person, camera: str, stream: str, wanted: int) -> int:
    url = person.http.base_url
    cookies = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
    count = 0
    with (
        contextlib.suppress(OSError, TimeoutError, WebSocketException),
        connect(
            f"ws://{url.host}:{url.port}/ws/video",
            origin=Origin(f"http://{url.host}:{url.port}"),
            additional_headers={"Cookie": cookies},
            max_size=4_000_000,
            proxy=None,
        ) as socket,
    ):
        socket.send(json.dumps({"op": "open", "tile": 1, "camera": camera, "stream": stream, "purpose": "duty"}))
        while count < wanted:
            message = socket.recv(timeout=30)
            if isinstance(message, bytes):
                count += unpack(message[4:]).kind in (MediaKind.KEY, MediaKind.DELTA)
    return count


class Town:
    """A running town. `running_town` makes one and ends it."""

    def __init__(self, settled: Settled, cables: dict[str, Cable], process: subprocess.Popen[bytes], log: Path) -> None:
        self.settled, self.cables, self.log = settled, cables, log
        self.http = httpx.Client(timeout=30, trust_env=False)
        self._process = process

    @property
    def url(self) -> str:
        """The console."""
        return self.settled.url

    def school(self, site: str) -> School:
        return next(school for school in self.settled.schools if school.plan.site == site)

    def sign_in(self, email: str) -> Person:
        return Person(self.url, email, self.settled.user_password)

    # Buttons

    def try_press(self, site: str, button: str, press_id: UUID) -> str | None:
        """One press over the node's HTTP: the alarm's id, or None when the node did not take it now."""
        school = self.school(site)
        token = school.button_token(ButtonKey(button))
        try:
            answer = self.http.post(
                f"{school.url}/buttons/{button}/press",
                json={"press_id": str(press_id), "kind": "real"},
                headers={"Authorization": f"Bearer {token}"},
            )
        except httpx.TransportError:
            return None
        if answer.status_code >= 500:
            return None
        answer.raise_for_status()
        return str(answer.json()["alarm"])

    def press(self, site: str, button: str) -> str:
        """Press until the lamp lights; returns the alarm's id."""
        press_id = uuid4()
        return until(lambda: self.try_press(site, button, press_id), f"{site} takes a press")

    # How it is

    def health(self, site: str) -> dict[str, Any]:
        """What the node of a school says of itself."""
        found: dict[str, Any] = self.http.get(f"{self.school(site).url}/health").json()
        return found

    def streams(self, site: str) -> dict[str, str]:
        """The state of each stream, as `camera/stream`, as its node measures it."""
        cameras = self.health(site)["cameras"]
        return {f"{camera['key']}/{one['stream']}": one["state"] for camera in cameras for one in camera["streams"]}

    def is_whole(self, site: str) -> bool:
        """Linked with the centre, and every stream live."""
        streams = self.streams(site)
        wanted = 2 * len(self.school(site).plan.cameras)
        return self.health(site)["link"]["up"] and list(streams.values()) == ["live"] * wanted

    def check_archive(self, site: str) -> subprocess.CompletedProcess[str]:
        """`qorgan edge check` of a school."""
        command = [sys.executable, "-m", "qorgan", "edge", "check", "--config", str(self.school(site).config)]
        return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)

    def processes(self) -> dict[str, psutil.Process]:
        """Every process of the town by its name: `keeper`, `runner`, `carrier`, `centre`, `<site> core`…"""
        found: dict[str, psutil.Process] = {}
        for pid in processes_of(self.settled.folder):
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(pid)
                name = self._name(process.cmdline())
                if name is not None and process.status() != psutil.STATUS_ZOMBIE:
                    found[name] = process
        return found

    def _name(self, command: list[str]) -> str | None:
        line = " ".join(command)
        if "nats-server" in line:
            return "carrier"
        for words, name in (
            ("qorgan.demo.keeper", "keeper"),
            ("qorgan demo", "runner"),
            ("centre run", "centre"),
            ("sim town", "cameras"),
        ):
            if words in line:
                return name
        site = next((school.plan.site for school in self.settled.schools if str(school.config) in line), None)
        part = next((word for word in ("core", "recorder", "analyst") if f"qorgan.edge.{word}" in line), None)
        if site is None or (part is None and "edge run" not in line):
            return None
        return f"{site} {part or 'supervisor'}"

    def kill(self, name: str) -> None:
        """kill -9."""
        process = until(lambda: self.processes().get(name), f"there is a process {name}")
        os.kill(process.pid, signal.SIGKILL)

    def why(self) -> str:
        """The end of every log, for a person who asks why a test failed."""
        logs = sorted(self.settled.logs.glob("*.log"))
        return "\n".join(
            f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            for log in (self.log, *logs)
        )

    # Beginning and end

    def wait_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while "ready:" not in self.log.read_text():
            assert self._process.poll() is None, f"the demo ended with {self._process.returncode}\n{self.why()}"
            assert time.monotonic() < deadline, f"the demo was not ready\n{self.why()}"
            time.sleep(POLL_S)

    def stop(self) -> None:
        """SIGTERM to its keeper, as Ctrl-C; nothing may be left of it, nor any traceback in its logs."""
        try:
            if (keeper := self.processes().get("keeper")) is not None:
                keeper.terminate()
            deadline = time.monotonic() + STOP_WITHIN_S
            while (left := processes_of(self.settled.folder)) and time.monotonic() < deadline:
                time.sleep(POLL_S)
        finally:
            for pid in processes_of(self.settled.folder):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()
            self.http.close()
        assert not left, f"the demo left processes behind: {left}"
        crashed = [log.name for log in self.settled.logs.glob("*.log") if "Traceback (" in log.read_text("utf-8")]
        assert not crashed, f"something unforeseen stands in the logs in {self.settled.logs}: {crashed}"


@contextlib.contextmanager
def running_town(
    folder: Path,
    plans: Sequence[SchoolPlan],
    *,
    cabled: Sequence[str] = (),
    prepare: Callable[[Settled], None] = lambda _: None,
) -> Iterator[Town]:
    """`qorgan demo` on free ports, ready.

    The schools in `cabled` reach the carrier over a cable that can be cut. `prepare` may change what was laid out in
    the folder before anything is started.
    """
    wished: dict[str, int] = {}
    for part in ("centre", *demo_folder.USUAL_PORTS, *(f"node/{plan.site}" for plan in plans)):
        wished[part] = ports.choose(0, wished.values())
    settled = demo_folder.settle(folder, plans, wished)
    prepare(settled)
    with contextlib.ExitStack() as open_:
        cables = {site: open_.enter_context(Cable(settled.ports["nats"])) for site in cabled}
        for school in settled.schools:
            if school.plan.site in cables:
                _plug_in(school, settled.ports["nats"], cables[school.plan.site].port)
        log = folder / "demo.log"
        town = Town(settled, cables, _start(settled, len(plans), log), log)
        try:
            town.wait_ready()
            yield town
        finally:
            for cable in cables.values():
                cable.mend()
            town.stop()


def _plug_in(school: School, carrier: int, cable: int) -> None:
    text = school.config.read_text("utf-8")
    assert f":{carrier}" in text
    school.config.write_text(text.replace(f"nats://{ports.HOST}:{carrier}", f"nats://{ports.HOST}:{cable}"), "utf-8")


def _start(settled: Settled, schools: int, log: Path) -> subprocess.Popen[bytes]:
    options = ["--no-browser", "--port", str(settled.ports["centre"]), "--data", str(settled.folder)]
    parent = os.getpid()
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "qorgan", "demo", *options, "--schools", str(schools)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # RES_OPTIONS, see resolv.conf(5): where no name server answers, a name is given up after a second
            env={**os.environ, "PYTHONUNBUFFERED": "1", "RES_OPTIONS": "timeout:1 attempts:1"},
            preexec_fn=lambda: die_with_parent(parent),
        )


class Presser:
    """Somebody who presses again and again, each press repeated under its id until the node has it. A thread.

    `taken` is filled with press id → alarm id. Use with `with`: at its end every press begun has been taken.
    """

    EVERY_S = 0.5

    def __init__(self, town: Town, site: str, button: str) -> None:
        self._town, self._site, self._button = town, site, button
        self.taken: dict[UUID, str] = {}
        self.begun = 0
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="presser")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._thread.join(RECOVER_WITHIN_S + 10)
        assert not self._thread.is_alive(), "a press was never taken"

    def _run(self) -> None:
        while not self._enough.wait(self.EVERY_S):
            press_id, self.begun = uuid4(), self.begun + 1
            deadline = time.monotonic() + RECOVER_WITHIN_S
            while (alarm := self._town.try_press(self._site, self._button, press_id)) is None:
                if time.monotonic() > deadline:
                    return
                time.sleep(POLL_S)
            self.taken[press_id] = alarm
