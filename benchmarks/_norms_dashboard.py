"""How long the dashboards of norms take on PostgreSQL, with schools and cameras of the whole country.

Used by benchmarks/norms.py, and alone: `python -m benchmarks._norms_dashboard --schools 20000 --cameras 220000`. Prints
one line of JSON with `dashboard_ms_p95`: a request of the ministry for the country, for a region or for a district,
through Django's handler with session and rights, the answer as JSON. What lies in the rows is drawn by lot: one school
in four is compliant by each pack, one in ten was never judged.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.support.postgres import postgres

from benchmarks._measure import percentile

MONTHS = 12
AT_ONCE = 2_000  # rows of one statement
ROUNDS = 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schools", type=int, default=20_000)
    parser.add_argument("--cameras", type=int, default=220_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    took = requests_ms(arguments.schools, arguments.cameras, arguments.rounds)
    said = {"dashboard_ms_p95": round(percentile(took, 95), 1), "dashboard_ms_worst": round(max(took), 1)}
    print(json.dumps({"schools": arguments.schools, "cameras": arguments.cameras, **said}))


def requests_ms(schools: int, cameras: int, rounds: int = ROUNDS) -> list[float]:
    """How long each request took, in ms, on a PostgreSQL of its own. Once a process: it starts Django."""
    with tempfile.TemporaryDirectory(prefix="qorgan-bench-") as folder, postgres() as database:
        _begin(Path(folder), database)
        return _measure(schools, cameras, rounds)


def _begin(folder: Path, database: str) -> None:
    os.environ |= {"DJANGO_SETTINGS_MODULE": "qorgan.centre.settings", "QORGAN_DATABASE": database}
    os.environ["QORGAN_DATA"] = str(folder)
    import django
    from django.conf import settings
    from django.core.management import call_command

    from qorgan.centre import keys

    keys.prepare(folder)
    django.setup()
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0)


def _measure(schools: int, cameras: int, rounds: int) -> list[float]:
    """The database is filled first."""
    from django.db import connection
    from django.test import Client

    from qorgan.centre.access import service as access
    from qorgan.centre.territory import service as territory
    from qorgan.domain.access import Role

    began = time.monotonic()
    territory.fill_in()
    regions, districts = _fill(schools, cameras)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"filled in {time.monotonic() - began:.0f} s", file=sys.stderr)
    client = Client()
    client.force_login(
        access.create_person(email="m@qorgan.test", name="m", password="long enough 1", role=Role.MINISTRY)
    )
    dice = random.Random(6)
    client.get("/api/norms/standing")  # packs are read, once a process
    took = []
    for _ in range(rounds):
        for query in (
            {"level": "country"},
            {"level": "region", "of": dice.choice(regions)},
            {"level": "district", "of": dice.choice(districts)},
        ):
            start = time.perf_counter()
            answer = client.get("/api/norms/standing", query)
            took.append((time.perf_counter() - start) * 1_000)
            assert answer.status_code == 200 and answer.json()["organisations"] > 0, answer.content[:300]
    return took


def _fill(schools: int, cameras: int) -> tuple[list[str], list[str]]:
    """Rows of everything that dashboards read or lie beside it."""
    from django.utils import timezone

    from qorgan.centre.cameras.models import Camera
    from qorgan.centre.nodes.models import Node
    from qorgan.centre.norms import judging
    from qorgan.centre.norms.models import Standing, StandingMonth
    from qorgan.centre.norms.standing import months_before
    from qorgan.centre.schools.models import School
    from qorgan.centre.territory.models import District
    from qorgan.domain.norms.types import Verdict

    now, dice = timezone.now(), random.Random(62)
    districts = list(District.objects.order_by("pk"))
    gates = (Verdict.COMPLIANT, Verdict.NOT, Verdict.UNKNOWN, Verdict.PARTLY)
    rows = [
        School(site=f"big-{number:05d}", kind="school", name_kk=f"№ {number}", address_kk="-", lat=50.0, lon=70.0)
        for number in range(schools)
    ]
    for number, school in enumerate(rows):
        school.district = districts[number % len(districts)]
    School.objects.bulk_create(rows, AT_ONCE)
    Node.objects.bulk_create([Node(school=one, state="online", last_pulse_at=now) for one in rows], AT_ONCE)
    Camera.objects.bulk_create(
        (Camera(school=rows[number % schools], key=f"c{number // schools}", name_kk="-") for number in range(cameras)),
        AT_ONCE,
    )
    for pack in judging.national():
        Standing.objects.bulk_create(
            [
                Standing(
                    school=one,
                    pack=pack,
                    gate=dice.choice(gates),
                    connected=dice.random() < 0.9,
                    working=dice.random() < 0.5,
                    drilled=dice.random() < 0.5,
                    at=now,
                )
                for one in rows
                if dice.random() < 0.9
            ],
            AT_ONCE,
        )
        StandingMonth.objects.bulk_create(
            StandingMonth(
                pack=pack,
                month=month,
                district=one,
                taken_at=now,
                organisations=100,
                connected=90,
                working=50,
                compliant=dice.randrange(100),
                unknown=0,
                drilled=50,
            )
            for month in months_before(timezone.localdate())
            for one in districts
        )
    used = districts[: min(schools, len(districts))]
    return sorted({one.region_id for one in used}), [one.pk for one in used]


if __name__ == "__main__":
    main()
