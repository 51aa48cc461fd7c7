"""A centre on PostgreSQL with schools of the whole country and nobody behind them: what comes, the benchmark sends.

One school in twenty lies in the territory of the demo's duty officer: the country has twenty regions.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
from tests.support.postgres import postgres

from qorgan.demo import folder, ports
from qorgan.demo.folder import Settled
from qorgan.demo.run import _answers, _centre_variables, _one_shot, _poll  # the demo's own way to begin a centre
from qorgan.doctor import find_carrier
from qorgan.kernel.processes import Child, Supervisor

# As Debian has it: what is committed is on the disk
DURABLE = "-c max_connections=50"
_SEED = """
import sys
import django
django.setup()
from qorgan.centre.schools.models import School
from qorgan.centre.territory.models import District
officers = District.objects.get(pk="KZ391000")  # of the duty officer of the demo
others = list(District.objects.exclude(region=officers.region).order_by("pk"))
for number in range(int(sys.argv[1])):
    district = officers if number % 20 == 0 else others[number % len(others)]
    names = {"name_kk": f"№ {number} мектеп", "name_ru": f"Школа № {number}", "name_en": f"School No. {number}"}
    place = {"district": district, "lat": 53.0 + number % 50 / 100, "lon": 63.0 + number // 50 / 100}
    School.objects.create(site=f"big-{number:04d}", kind="school", address_kk="-", head_name="-", **names, **place)
"""


@dataclass(frozen=True)
class Country:
    """A running centre and the sites that may speak to it."""

    settled: Settled
    sites: list[str]
    database: str

    @property
    def near(self) -> list[str]:
        """The sites that the officer sees."""
        return self.sites[::20]

    @property
    def nats_port(self) -> int:
        return self.settled.ports["nats"]

    @property
    def nats_password(self) -> str:
        return (self.settled.centre_config.parent / "nats.password").read_text().strip()

    async def all_online(self) -> None:
        """Wait until the centre has heard the pulse of every school, and has written it down."""
        await _poll(self._everybody_is_online, within_s=120, otherwise="not all schools are online")

    async def _everybody_is_online(self) -> bool:
        async with await psycopg.AsyncConnection.connect(self.database) as connection:
            found = await connection.execute("SELECT count(*) FROM nodes_node WHERE state = 'online'")
            row = await found.fetchone()
        return row is not None and row[0] >= len(self.sites)


@contextlib.asynccontextmanager
async def open_country(schools: int) -> AsyncIterator[Country]:
    """PostgreSQL that makes durable, a carrier, and the centre in two processes, in a folder that vanishes.

    One process takes in, as in a country; the other one does all the rest: desks, live events, the engine, notices.
    """
    with (
        tempfile.TemporaryDirectory(prefix="qorgan-bench-", ignore_cleanup_errors=True) as name,
        postgres(DURABLE) as database,
    ):
        wished: dict[str, int] = {}
        for part in ("centre", "intake", *folder.USUAL_PORTS):
            wished[part] = ports.choose(0, wished.values())
        settled = folder.settle(Path(name), [], wished)
        variables = {**_centre_variables(settled), "QORGAN_DATABASE": database}
        os.environ.update(variables)
        await asyncio.to_thread(_prepare, settled, schools)
        program = find_carrier()
        assert program is not None
        running_roles = [sys.executable, "-m", "qorgan", "centre", "run", "--roles"]
        children = [
            Child(name="carrier", argv=[program, "-c", str(settled.nats_conf)]),
            Child(name="centre", argv=[*running_roles, "web,gateway,jobs"], env=variables),
            Child(name="intake", argv=[*running_roles, "intake", "--port", str(wished["intake"])], env=variables),
        ]
        running = asyncio.create_task(Supervisor(children, output=lambda *_: None).run())
        try:
            healthy = partial(_answers, f"{settled.url}/api/health")
            await _poll(healthy, within_s=120, otherwise="the centre does not answer")
            taking_in = partial(_answers, f"http://127.0.0.1:{wished['intake']}/api/health")
            await _poll(taking_in, within_s=60, otherwise="the intake does not answer")
            yield Country(settled, [f"big-{number:04d}" for number in range(schools)], database)
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            for variable in variables:
                os.environ.pop(variable, None)


def _prepare(settled: Settled, schools: int) -> None:
    _one_shot(["centre", "migrate"], settled)
    _one_shot(["centre", "seed-demo", "--password-stdin"], settled, stdin=settled.user_password)
    subprocess.run(
        [sys.executable, "-c", _SEED, str(schools)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "qorgan.centre.settings"},
        check=True,
        timeout=120,
    )
