"""A carrier for this folder's tests."""

import pytest
from tests.support.nats import nats_server


@pytest.fixture(scope="module")
def carrier():
    with nats_server() as server:
        yield server
