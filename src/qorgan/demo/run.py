"""The town's processes: started in order, kept alive, asked until everything is truly ready, stopped together."""

import asyncio
import logging
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from logging.handlers import RotatingFileHandler
from pathlib import Path
from uuid import uuid4

import httpx

from qorgan.demo import ports
from qorgan.demo.folder import School, Settled
from qorgan.doctor import find_carrier
from qorgan.kernel.errors import Unavailable
from qorgan.kernel.ids import ButtonKey
from qorgan.kernel.processes import Child, Supervisor, port_is_open

LOG_BYTES = 5_000_000
FIRST_PICTURES_S = 300.0  # the simulator encodes its scenes at the very first start
ANSWERS_WITHIN_S = 150.0
CAMERAS_WITHIN_S = 150.0
ONE_SHOT_S = 180.0
PATIENCE_S = 15.0  # after which a person wants to hear why nothing happens
Say = Callable[[str], None]


class Town:
    """A running demo. `open_town` makes one and ends it."""

    def __init__(self, settled: Settled, supervisor: Supervisor, http: httpx.AsyncClient) -> None:
        self.settled, self.supervisor, self.http = settled, supervisor, http

    async def press(self, school: School, button: ButtonKey) -> str:
        """Press a button over the node's HTTP, as a real one would; returns the alarm's id once it is durable."""
        answer = await self.http.post(
            f"{school.url}/buttons/{button}/press",
            json={"press_id": str(uuid4()), "kind": "real"},
            headers={"Authorization": f"Bearer {school.button_token(button)}"},
        )
        if answer.status_code not in (200, 201):
            raise Unavailable(f"{school.plan.site} did not take the press: HTTP {answer.status_code}")
        return str(answer.json()["alarm"])

    async def live_streams(self) -> tuple[int, int]:
        """How many streams the schools' recorders measure as live, and how many there should be."""
        live = total = 0
        for school in self.settled.schools:
            with suppress(httpx.HTTPError):
                answer = await self.http.get(f"{school.url}/health")
                states = [stream["state"] for camera in answer.json()["cameras"] for stream in camera["streams"]]
                live += states.count("live")
            total += sum(2 for _ in school.plan.cameras)
        return live, total

    async def linked(self) -> bool:
        """Whether every school's alarm connection to the centre is up."""
        for school in self.settled.schools:
            try:
                answer = await self.http.get(f"{school.url}/health")
            except httpx.HTTPError:
                return False
            if not answer.json()["link"]["up"]:
                return False
        return True


@asynccontextmanager
async def open_town(settled: Settled, say: Say) -> AsyncIterator[Town]:
    """Start everything, wait until it is ready, hand it over, stop everything. Raises `Unavailable` in plain words."""
    await asyncio.to_thread(_prepare_centre, settled, say)
    logs = _Logs(settled.logs)
    supervisor = Supervisor(_children(settled), output=logs.write)
    watcher = _RestartWatcher(say)
    logging.getLogger("qorgan.kernel.processes").addHandler(watcher)
    timeout = httpx.Timeout(10.0)
    async with httpx.AsyncClient(timeout=timeout, trust_env=False, limits=httpx.Limits(keepalive_expiry=2.0)) as http:
        town = Town(settled, supervisor, http)
        running = asyncio.create_task(supervisor.run(), name="supervisor")
        try:
            await _or_failure(running, _until_ready(town, say), logs)
            watcher.wanted = True
            yield town
        finally:
            watcher.wanted = False
            running.cancel()
            with suppress(asyncio.CancelledError, Unavailable):
                await running
            logging.getLogger("qorgan.kernel.processes").removeHandler(watcher)
            logs.close()


async def _or_failure(running: "asyncio.Task[None]", waiting: Awaitable[None], logs: "_Logs") -> None:
    """Wait for readiness, or raise what ended the supervisor before."""
    ready = asyncio.ensure_future(waiting)
    await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
    if running.done() and not ready.done():
        ready.cancel()
        try:
            await running
        except Unavailable as error:
            raise Unavailable(f"{error}\n{logs.tail()}") from error
        raise Unavailable("the town's processes ended")
    await ready


async def _until_ready(town: Town, say: Say) -> None:
    """Every process answers, then every school is linked, then every camera is measured as live."""
    started = time.monotonic()
    ready = asyncio.create_task(town.supervisor.ready(), name="ready")
    while not (await asyncio.wait({ready}, timeout=PATIENCE_S))[0]:
        say(f"encoding the cameras' scenes, once on this machine ({time.monotonic() - started:.0f} s)")
    async with asyncio.TaskGroup() as group:
        for name, url in _addresses(town.settled).items():
            group.create_task(_until_up(name, url, started, say), name=f"up:{name}")
    await _poll(town.linked, within_s=ANSWERS_WITHIN_S, otherwise="a school is not linked with the centre")
    say("every school is linked with the centre")
    await _until_live(town, say)


async def _until_up(name: str, url: str, started: float, say: Say) -> None:
    await _poll(partial(_answers, url), within_s=ANSWERS_WITHIN_S, otherwise=f"{name} does not answer at {url}")
    say(f"{name} is up ({time.monotonic() - started:.0f} s)")


async def _until_live(town: Town, say: Say) -> None:
    last = (-1, 0)
    deadline = time.monotonic() + CAMERAS_WITHIN_S
    while True:
        now = await town.live_streams()
        if now != last:
            say(f"streams live: {now[0]} of {now[1]}")
            last = now
        if now[0] >= now[1]:
            return
        if time.monotonic() > deadline:
            raise Unavailable(f"after {CAMERAS_WITHIN_S:.0f} s only {now[0]} of {now[1]} streams are live")
        await asyncio.sleep(0.5)


async def _poll(condition: Callable[[], Awaitable[bool]], *, within_s: float, otherwise: str) -> None:
    deadline = time.monotonic() + within_s
    while not await condition():
        if time.monotonic() > deadline:
            raise Unavailable(f"{otherwise} after {within_s:.0f} s")
        await asyncio.sleep(0.2)


def _prepare_centre(settled: Settled, say: Say) -> None:
    """Tables, then the registry of the town and its users; both find nothing to do at a later start."""
    say("preparing the centre's database")
    _one_shot(["centre", "migrate"], settled)
    _one_shot(["centre", "seed-demo", "--password-stdin"], settled, stdin=settled.user_password)


def _one_shot(arguments: list[str], settled: Settled, *, stdin: str = "") -> None:
    done = subprocess.run(
        [sys.executable, "-m", "qorgan", *arguments],
        input=stdin,
        env=_environment(settled),
        capture_output=True,
        text=True,
        timeout=ONE_SHOT_S,
        check=False,
    )
    if done.returncode != 0:
        tail = "\n".join(f"    | {line}" for line in (done.stdout + done.stderr).splitlines()[-15:])
        raise Unavailable(f"qorgan {' '.join(arguments)} ended with code {done.returncode}:\n{tail}")


def _environment(settled: Settled) -> dict[str, str]:
    return {**os.environ, **_centre_variables(settled)}


def _centre_variables(settled: Settled) -> dict[str, str]:
    return {"QORGAN_CENTRE_CONFIG": str(settled.centre_config)}


def _children(settled: Settled) -> list[Child]:
    """The town's processes. Schools wait for the cameras, whose scenes are encoded at the very first start."""
    carrier = find_carrier()
    if carrier is None:
        raise Unavailable("nats-server is missing: run `make setup`, then `qorgan doctor`")
    qorgan = [sys.executable, "-m", "qorgan"]
    addresses = _addresses(settled)
    children = [
        Child(
            name="carrier",
            argv=[carrier, "-c", str(settled.nats_conf)],
            ready=partial(port_is_open, ports.HOST, settled.ports["nats"]),
        ),
        Child(name="centre", argv=[*qorgan, "centre", "run"], env=_centre_variables(settled)),
        Child(
            name="cameras",
            argv=[*qorgan, "sim", "town", str(settled.sim_town)],
            ready=partial(_answers, addresses["cameras"]),
            ready_within_s=FIRST_PICTURES_S,
        ),
    ]
    for school in settled.schools:
        argv = [*qorgan, "edge", "run", "--config", str(school.config)]
        children.append(Child(name=_name(school), argv=argv, stop_within_s=8.0))
    return children


def _addresses(settled: Settled) -> dict[str, str]:
    """Where each process says that it is well."""
    nodes = {_name(school): f"{school.url}/health" for school in settled.schools}
    cameras = f"http://{ports.HOST}:{settled.ports['sim']}/cameras"
    return {"centre": f"{settled.url}/api/health", "cameras": cameras, **nodes}


def _name(school: School) -> str:
    return f"school {school.plan.site}"


async def _answers(url: str) -> bool:
    async with httpx.AsyncClient(timeout=3.0, trust_env=False) as http:
        try:
            return (await http.get(url)).status_code == 200
        except httpx.HTTPError:
            return False


class _Logs:
    """What the children print, one rotating file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._files: dict[str, RotatingFileHandler] = {}
        self._last: list[str] = []

    def write(self, name: str, line: str) -> None:
        """Keep one line of a child."""
        self._last = [*self._last[-30:], f"    | {name}: {line[:300]}"]
        handler = self._files.get(name)
        if handler is None:
            file = self._folder / f"{name.replace(' ', '-')}.log"
            handler = self._files[name] = RotatingFileHandler(file, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8")
        handler.emit(logging.LogRecord(name, logging.INFO, "", 0, line, None, None))

    def tail(self) -> str:
        """The newest lines of all, for a person who asks why."""
        return "\n".join([*self._last[-15:], f"All of it is in {self._folder}"])

    def close(self) -> None:
        for handler in self._files.values():
            handler.close()


class _RestartWatcher(logging.Handler):
    """Tells the person in front of the terminal that something ended and came back."""

    def __init__(self, say: Say) -> None:
        super().__init__(logging.WARNING)
        self._say, self.wanted = say, True

    def emit(self, record: logging.LogRecord) -> None:
        fields: Mapping[str, object] = vars(record)
        if self.wanted and record.getMessage() == "child.restarting":
            self._say(f"{fields['child']} ended ({fields['exit']}); it is started again")
