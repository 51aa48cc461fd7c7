"""The database of tests: a SQLite file of their own, or the PostgreSQL named in QORGAN_TEST_DATABASE."""

import os
from typing import Any

import pytest
from django.db import connections

from qorgan.centre.databases import database


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Takes the place of pytest-django's fixture. A file, not memory: intake and API write from several threads."""
    data = tmp_path_factory.mktemp("centre")
    wanted: dict[str, Any] = database(os.environ.get("QORGAN_TEST_DATABASE", ""), data)
    wanted["CONN_MAX_AGE"] = 0
    if wanted["ENGINE"].endswith("sqlite3"):
        wanted["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"  # no test cuts the power
        wanted["TEST"] = {"NAME": str(data / "test.sqlite3")}
    connections["default"].close()
    del connections["default"]
    connections.settings["default"] = connections.configure_settings({"default": wanted})["default"]
    request.getfixturevalue("django_db_modify_db_settings_parallel_suffix")
