"""The processes of a chaos run: a carrier, a centre, and cores of schools, each begun anew when it ends."""

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
from tests.chaos.relay import Relay

from qorgan.demo import folder as demo_folder
from qorgan.demo import ports
from qorgan.demo.folder import School, Settled
from qorgan.demo.town import ButtonPlan, SchoolPlan
from qorgan.doctor import find_carrier
from qorgan.domain.places import LocalText
from qorgan.kernel.ids import ButtonKey, SiteId
from qorgan.kernel.processes import die_with_parent

BUTTON = ButtonKey("hall")
# In the demo's registry (centre/demo_data.py)
SITES = ("kst-012", "kst-k03", "kst-c01", "kst-005", "kst-018", "kst-023", "kst-030", "kst-k11", "kst-k17", "rud-004")
AGAIN_AFTER_S = 0.1
PRESS_WITHIN_S = 3.0


def faketime() -> Path | None:
    """The library that lets one process live at another time; None where Debian's package `libfaketime` is not."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return found[0] if found else None


class Clock:
    """The wall clock of one process, as far beside ours as its file says. Its monotonic clock goes on."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(0)

    def set(self, ahead_s: float) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{ahead_s:+.3f}\n")
        fresh.replace(self._file)

    def environment(self) -> dict[str, str]:
        library = faketime()
        if library is None:
            return {}
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_NO_CACHE": "1",
        }


class Keeper:
    """One process that is begun anew whenever it ends."""

    def __init__(self, name: str, command: list[str], log: Path, environment: Mapping[str, str]) -> None:
        self.name, self.log = name, log
        self.begun = 0
        self._command, self._environment = command, {**os.environ, **environment}
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def run(self) -> None:
        """Until cancelled; then the process is asked to end."""
        parent = os.getpid()
        try:
            while True:
                with self.log.open("ab") as log:
                    self._process = await asyncio.create_subprocess_exec(
                        *self._command,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        env=self._environment,
                        preexec_fn=lambda: die_with_parent(parent),
                    )
                self.begun += 1
                await self._process.wait()
                await asyncio.sleep(AGAIN_AFTER_S)
        finally:
            if self.pid is not None and self._process is not None:
                self._process.terminate()
                try:
                    await asyncio.wait_for(self._process.wait(), 20)
                except TimeoutError:
                    self._process.kill()
                    await self._process.wait()

    def kill(self) -> bool:
        """kill -9. False when it is not running at this moment."""
        if (pid := self.pid) is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return True


@dataclass
class Place:
    """A school: its core, its line to the carrier, its clock, and the presses that it took."""

    school: School
    core: Keeper
    line: Relay
    clock: Clock
    token: str
    taken: dict[UUID, UUID] = field(default_factory=dict)  # press → alarm
    waiting: int = 0  # presses that nobody has acknowledged yet

    @property
    def site(self) -> str:
        return self.school.plan.site

    @property
    def database(self) -> Path:
        return self.school.folder / "core.db"

    async def press(self, http: httpx.AsyncClient, kind: str) -> None:
        """Press as a button does: again, under the same id, until the lamp lights."""
        press_id = uuid4()
        self.waiting += 1
        while True:
            with contextlib.suppress(httpx.HTTPError):
                answer = await http.post(
                    f"{self.school.url}/buttons/{BUTTON}/press",
                    json={"press_id": str(press_id), "kind": kind},
                    headers={"Authorization": f"Bearer {self.token}"},
                    timeout=PRESS_WITHIN_S,
                )
                if answer.status_code in (200, 201):
                    self.taken[press_id] = UUID(answer.json()["alarm"])
                    self.waiting -= 1
                    return
                assert answer.status_code in (500, 503), f"{self.site}: HTTP {answer.status_code} {answer.text}"
            await asyncio.sleep(0.1)

    async def health(self, http: httpx.AsyncClient) -> dict[str, Any] | None:
        try:
            found = (await http.get(f"{self.school.url}/health", timeout=5)).json()
        except (httpx.HTTPError, json.JSONDecodeError):
            return None
        return found if isinstance(found, dict) else None

    def raised(self) -> dict[UUID, UUID]:
        """Press → alarm, as the school's own database has them."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=20)) as db:
            rows = db.execute("SELECT press, alarm FROM alarm").fetchall()
        return {UUID(bytes=press): UUID(bytes=alarm) for press, alarm in rows}


@dataclass
class Town:
    """Everything that a chaos run harms."""

    settled: Settled
    places: list[Place]
    carrier: Keeper
    centre: Keeper
    centre_clock: Clock
    database: str  # address of PostgreSQL; empty: SQLite
    database_line: Relay | None

    @property
    def keepers(self) -> list[Keeper]:
        return [self.carrier, self.centre, *(place.core for place in self.places)]

    def stored(self) -> tuple[list[UUID], list[UUID], dict[str, list[int]]]:
        """The centre's alarms, the alarms of its `pressed` lines, and the numbers it took in of each site."""
        alarms = [row[0] for row in self._ask("SELECT id FROM alarms_alarm")]
        lines = [row[0] for row in self._ask("SELECT alarm_id FROM alarms_alarmlog WHERE action = 'pressed'")]
        numbers: dict[str, list[int]] = {}
        for site, seq in self._ask("SELECT site, seq FROM intake_inbox WHERE seq > 0 ORDER BY seq"):
            numbers.setdefault(site, []).append(seq)
        return [UUID(str(one)) for one in alarms], [UUID(str(one)) for one in lines], numbers

    def gap_is_told(self, site: str) -> bool:
        """Whether the centre has an open fault that says that a number of this school is missing."""
        sql = "SELECT s.site FROM supervision_fault f JOIN schools_school s ON s.id = f.school_id"
        return (site,) in self._ask(f"{sql} WHERE f.code = 'link.gap' AND f.closed_at IS NULL")

    def knows_later_than(self, site: str, seq: int) -> bool:
        """Whether the centre has stored a later number of this school."""
        return any(
            one == site and last > seq
            for one, last in self._ask("SELECT site, MAX(seq) FROM intake_inbox GROUP BY site")
        )

    def _ask(self, sql: str) -> list[tuple[Any, ...]]:
        if self.database:
            with psycopg.connect(self.database) as connection:
                return connection.execute(sql.encode()).fetchall()
        file = self.settled.centre_config.parent / "centre.sqlite3"
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=20)) as db:
            return db.execute(sql).fetchall()


def _plans(schools: int) -> list[SchoolPlan]:
    hall = ButtonPlan(key=BUTTON, place=LocalText(kk="Фойе", ru="Фойе", en="Entrance hall"), cameras=())
    return [
        SchoolPlan(site=SiteId(site), name=LocalText(kk=site), cameras=(), buttons=(hall,)) for site in SITES[:schools]
    ]


@contextlib.asynccontextmanager
async def open_town(folder: Path, schools: int, database: str) -> AsyncIterator[Town]:
    """Carrier, centre and cores, ready. `database`: address of a PostgreSQL, or empty."""
    wished: dict[str, int] = {}
    plans = _plans(schools)
    for part in ("centre", *demo_folder.USUAL_PORTS, *(f"node/{plan.site}" for plan in plans)):
        wished[part] = ports.choose(0, wished.values())
    settled = demo_folder.settle(folder, plans, wished)
    settled.logs.mkdir(parents=True, exist_ok=True)
    async with contextlib.AsyncExitStack() as open_:
        town = await _build(settled, database, open_)
        await asyncio.to_thread(_prepare, settled, _centre_environment(settled, database))
        for keeper in town.keepers:
            task = asyncio.create_task(keeper.run(), name=keeper.name)
            open_.push_async_callback(_end, task)
        yield town


async def _build(settled: Settled, database: str, open_: contextlib.AsyncExitStack) -> Town:
    async def relay(target: int, *, nats: bool) -> Relay:
        line = Relay(target, nats=nats)
        await line.start()
        open_.push_async_callback(line.stop)
        return line

    logs, python = settled.logs, sys.executable
    program = find_carrier()
    assert program is not None, "nats-server is missing: make setup"
    line_to_database: Relay | None = None
    seen_database = database
    if database:
        line_to_database = await relay(int(database.rsplit(":", 1)[1].split("/")[0]), nats=False)
        seen_database = _with_port(database, line_to_database.port)
    clock = Clock(settled.folder / "centre.clock")
    environment = {**_centre_environment(settled, seen_database), **clock.environment()}
    places = []
    for school in settled.schools:
        line = await relay(settled.ports["nats"], nats=True)
        _plug_in(school, settled.ports["nats"], line.port)
        its_clock = Clock(school.folder / "core.clock")
        command = [python, "-m", "qorgan.edge.core", "--config", str(school.config)]
        core = Keeper(f"core {school.plan.site}", command, logs / f"{school.plan.site}.log", its_clock.environment())
        places.append(Place(school, core, line, its_clock, school.button_token(BUTTON)))
    return Town(
        settled=settled,
        places=places,
        carrier=Keeper("carrier", [str(program), "-c", str(settled.nats_conf)], logs / "carrier.log", {}),
        centre=Keeper("centre", [python, "-m", "qorgan", "centre", "run"], logs / "centre.log", environment),
        centre_clock=clock,
        database=database,
        database_line=line_to_database,
    )


def _with_port(address: str, port: int) -> str:
    head, tail = address.rsplit(":", 1)
    return f"{head}:{port}/{tail.split('/', 1)[1]}"


def _centre_environment(settled: Settled, database: str) -> dict[str, str]:
    return {"QORGAN_CENTRE_CONFIG": str(settled.centre_config), "QORGAN_DATABASE": database}


def _prepare(settled: Settled, environment: Mapping[str, str]) -> None:
    for words in (["centre", "migrate"], ["centre", "seed-demo", "--password-stdin"]):
        done = subprocess.run(
            [sys.executable, "-m", "qorgan", *words],
            input=settled.user_password,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=900,  # on a loaded machine; migrating is not what is tried here
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def _plug_in(school: School, carrier: int, line: int) -> None:
    text = school.config.read_text("utf-8")
    assert f":{carrier}" in text
    school.config.write_text(text.replace(f"nats://{ports.HOST}:{carrier}", f"nats://{ports.HOST}:{line}"), "utf-8")


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def logs_with(town: Town, word: str) -> Iterator[str]:
    """Lines of all logs in which a word stands."""
    for log in sorted(town.settled.logs.glob("*.log")):
        for line in log.read_text("utf-8", errors="replace").splitlines():
            if word in line:
                yield f"{log.name}: {line[:300]}"


Say = Callable[[str], None]
