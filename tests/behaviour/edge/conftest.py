from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.support.fake_centre import FakeCentre
from tests.support.nats import NatsServer, nats_server
from tests.support.school_core import NATS_PASSWORD, SITE, SchoolCore


@pytest.fixture
def carrier() -> Iterator[NatsServer]:
    with nats_server("--user", SITE, "--pass", NATS_PASSWORD) as server:
        yield server


@pytest.fixture
async def centre(carrier: NatsServer) -> AsyncIterator[FakeCentre]:
    async with FakeCentre(carrier.url, SITE, NATS_PASSWORD) as centre:
        yield centre


@pytest.fixture
async def school(tmp_path: Path, carrier: NatsServer, centre: FakeCentre) -> AsyncIterator[SchoolCore]:
    async with SchoolCore(tmp_path, carrier.url) as school:
        yield school
