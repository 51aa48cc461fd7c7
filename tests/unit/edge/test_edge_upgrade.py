"""Nodes in the field are old: their core.db is brought to today's form, with everything in it."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from qorgan.domain.places import LocalText
from qorgan.edge.core import outbox
from qorgan.edge.core.store import SCHEMA_VERSION, Store, Urgency, _connect, _prepare
from qorgan.kernel.ids import SiteId, uuid7
from qorgan.protocols.link.messages import AlarmRaised, encode

SITE = SiteId("kst-012")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SCHEMA_1 = Path(__file__).with_name("core_schema_1.sql")


def an_old_node(path: Path) -> tuple[AlarmRaised, UUID]:
    """A database as version 1 left it: an alarm that the centre has, and one that waits."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(f"BEGIN; {SCHEMA_1.read_text('utf-8')} PRAGMA user_version = 1; COMMIT;")
    connection.execute("INSERT INTO node (one, site, seq) VALUES (1, ?, 41)", (SITE,))
    waits = AlarmRaised(alarm=uuid7(), button="hall", place=LocalText(kk="Фойе"), pressed_at=NOW)
    press, message = uuid4(), uuid7()
    insert = "INSERT INTO alarm (alarm, button, press, kind, message, durable_at_us, received_at_us) VALUES"
    rows = [(uuid7(), uuid4(), uuid7(), 1_000), (waits.alarm, press, message, None)]
    for alarm, pressed, envelope, received in rows:
        values = (alarm.bytes, "hall", pressed.bytes, "real", envelope.bytes, 500, received)
        connection.execute(f"{insert} (?, ?, ?, ?, ?, ?, ?)", values)
    connection.execute(
        "INSERT INTO outbox (seq, id, lane, type, topic, body, written_at_us)"
        " VALUES (41, ?, 'alarm', 'alarm.raised', 'hall', ?, 500)",
        (message.bytes, encode(waits)),
    )
    connection.close()
    return waits, press


async def test_an_old_node_keeps_every_alarm_and_the_same_press_stays_the_same_alarm(tmp_path: Path) -> None:
    waits, press = an_old_node(tmp_path / "core.db")
    store = Store(tmp_path / "core.db", SITE, ballast_bytes=1_000_000)
    try:
        assert store.replaced_damaged is None
        [envelope] = await store.read(lambda db: outbox.waiting_alarms(db, SITE, NOW, 10))
        assert (41, waits) == (envelope.seq, envelope.decode_body())
        again = await store.write(lambda db: outbox.raise_alarm(db, press, waits, NOW), Urgency.ALARM)
        assert (waits.alarm, False) == (again.alarm, again.fresh)
        recent = await store.read(outbox.recent_alarms)
        assert {("hall", None, False), ("hall", None, True)} == {(r.source_key, r.place, r.received) for r in recent}
    finally:
        store.close()


def test_an_upgraded_database_is_the_same_as_a_new_one(tmp_path: Path) -> None:
    an_old_node(tmp_path / "old.db")
    for name in ("old.db", "new.db"):
        _prepare(tmp_path / name, SITE, first_seq=0)
    found = {}
    for name in ("old.db", "new.db"):
        db = _connect(tmp_path / name)
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        found[name] = (
            {table: db.execute(f"PRAGMA table_info({table})").fetchall() for table in tables},
            db.execute("SELECT type, name FROM sqlite_schema ORDER BY type, name").fetchall(),
            db.execute("PRAGMA user_version").fetchone(),
        )
        db.close()
    assert found["old.db"] == found["new.db"]
    assert (SCHEMA_VERSION,) == found["new.db"][2]


def test_an_upgrade_that_fails_leaves_the_old_database_whole(tmp_path: Path) -> None:
    an_old_node(tmp_path / "core.db")
    db = sqlite3.connect(tmp_path / "core.db", isolation_level=None)
    db.execute("CREATE TABLE progress (in_the_way INTEGER)")  # what the upgrade makes is there already
    db.close()
    with pytest.raises(sqlite3.OperationalError):
        _prepare(tmp_path / "core.db", SITE, first_seq=0)
    db = sqlite3.connect(tmp_path / "core.db")
    try:
        assert (1,) == db.execute("PRAGMA user_version").fetchone()
        assert (2,) == db.execute("SELECT count(button) FROM alarm").fetchone()
    finally:
        db.close()
