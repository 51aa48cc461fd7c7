"""The school's watch ledger is added to and never altered, and an alteration is found."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from qorgan.edge.core.ledger import verify_watches, watches, write_watch
from qorgan.edge.core.store import _connect, _prepare
from qorgan.edge.ipc import GrantUse
from qorgan.kernel.errors import Corrupt
from qorgan.kernel.ids import SiteId


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    _prepare(tmp_path / "core.db", SiteId("kst-012"), first_seq=0)
    connection = _connect(tmp_path / "core.db")
    for number in range(5):
        write_watch(connection, UUID(int=number), a_use(f"g{number}"))
    yield connection
    connection.close()


def a_use(grant: str) -> GrantUse:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    return GrantUse(id=grant, camera="hall", stream="sub", action="live", viewer="officer", purpose="duty", at=at)


def test_lines_are_numbered_and_the_same_message_is_one_line(db: sqlite3.Connection) -> None:
    assert not write_watch(db, UUID(int=3), a_use("g3"))
    assert [(number, use.id) for number, use in watches(db, before=None, limit=2)] == [(5, "g4"), (4, "g3")]
    assert [number for number, _ in watches(db, before=3, limit=10)] == [2, 1]
    assert verify_watches(db) == 5


def test_the_same_grant_used_twice_is_two_lines(db: sqlite3.Connection) -> None:
    assert write_watch(db, uuid4(), a_use("g4"))
    assert verify_watches(db) == 6


@pytest.mark.parametrize("sql", ["DELETE FROM watch WHERE number = 5", "UPDATE watch SET line = x'00'"])
def test_the_database_itself_refuses_to_alter_a_line(db: sqlite3.Connection, sql: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
        db.execute(sql)


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        ("UPDATE watch SET line = (SELECT line FROM watch WHERE number = 1) WHERE number = 3", 3),
        ("UPDATE watch SET id = x'ffffffffffffffffffffffffffffffff' WHERE number = 2", 2),
        ("DELETE FROM watch WHERE number = 4", 4),
        ("DELETE FROM watch WHERE number = 1", 1),
    ],
)
def test_whoever_gets_around_that_is_found_out(db: sqlite3.Connection, sql: str, line: int) -> None:
    db.execute("DROP TRIGGER watch_is_never_edited")
    db.execute("DROP TRIGGER watch_is_never_shortened")
    db.execute(sql)
    with pytest.raises(Corrupt, match=f"altered at line {line}"):
        verify_watches(db)
