"""core.db on a real disk: commits before it answers, lets alarms go first, and keeps space for them."""

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from qorgan.edge.core import outbox
from qorgan.edge.core.store import Store, Urgency, WriteFailed
from qorgan.kernel.errors import Conflict, Invalid, NotFound
from qorgan.kernel.ids import SiteId

SITE = SiteId("kst-012")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = Store(tmp_path / "core.db", SITE, ballast_bytes=1_000_000)
    yield store
    store.close()


def count_up(connection: sqlite3.Connection) -> int:
    (number,) = connection.execute("UPDATE node SET seq = seq + 1 RETURNING seq").fetchone()
    return int(number)


def seq_on_disk(tmp_path: Path) -> int:
    connection = sqlite3.connect(tmp_path / "core.db")
    try:
        return int(connection.execute("SELECT seq FROM node").fetchone()[0])
    finally:
        connection.close()


async def test_what_was_answered_is_on_disk_and_what_failed_left_no_trace(store: Store, tmp_path: Path) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        count_up(connection)
        raise NotFound("no")

    assert await store.write(count_up, Urgency.ALARM) == 1
    assert seq_on_disk(tmp_path) == 1
    answers = await asyncio.gather(
        store.write(count_up, Urgency.SHEDDABLE),
        store.write(fail, Urgency.SHEDDABLE),
        store.write(count_up, Urgency.SHEDDABLE),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [int, NotFound, int]
    assert seq_on_disk(tmp_path) == 3


async def test_an_alarm_overtakes_everything_that_waits(store: Store) -> None:
    order: list[str] = []
    started, may_end = threading.Event(), threading.Event()

    def slow(_: sqlite3.Connection) -> None:
        started.set()
        may_end.wait(20)
        order.append("first")

    first = asyncio.ensure_future(store.write(slow, Urgency.SHEDDABLE))
    await asyncio.to_thread(started.wait, 20)
    others = [
        asyncio.ensure_future(store.write(lambda _, name=urgency.name: order.append(name), urgency))
        for urgency in (Urgency.SHEDDABLE, Urgency.ORDINARY, Urgency.ALARM)
    ]
    await asyncio.sleep(0)  # all three wait for the disk now
    may_end.set()
    await asyncio.gather(first, *others)
    assert order == ["first", "ALARM", "ORDINARY", "SHEDDABLE"]


async def test_a_closed_store_refuses_and_has_kept_what_it_took(tmp_path: Path) -> None:
    store = Store(tmp_path / "core.db", SITE, ballast_bytes=1_000_000)
    writes = [asyncio.ensure_future(store.write(count_up, Urgency.ORDINARY)) for _ in range(20)]
    await asyncio.sleep(0)
    await asyncio.to_thread(store.close)
    assert sorted(await asyncio.gather(*writes)) == list(range(1, 21))
    assert seq_on_disk(tmp_path) == 20
    with pytest.raises(WriteFailed):
        await store.write(count_up, Urgency.ALARM)


async def test_another_schools_file_and_a_newer_one_are_left_alone(store: Store, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="belongs to site 'kst-012'"):
        Store(tmp_path / "core.db", SiteId("kst-013"))
    await store.write(lambda db: db.execute("SELECT 1").fetchone(), Urgency.ORDINARY)
    store.close()
    connection = sqlite3.connect(tmp_path / "core.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(Invalid, match="newer version"):
        Store(tmp_path / "core.db", SITE)


async def test_a_damaged_file_is_kept_aside_and_the_button_works(tmp_path: Path) -> None:
    first = Store(tmp_path / "core.db", SITE, ballast_bytes=1_000_000)
    await first.write(count_up, Urgency.ORDINARY)
    first.close()
    whole = (tmp_path / "core.db").read_bytes()
    (tmp_path / "core.db").write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))

    store = Store(tmp_path / "core.db", SITE, ballast_bytes=1_000_000)
    try:
        assert store.replaced_damaged is not None
        assert b"\xa5" * 4096 in store.replaced_damaged.read_bytes()
        assert await store.write(count_up, Urgency.ALARM) > 1_000_000  # above every number the old one gave
    finally:
        store.close()


FULL_DISK = """
    import asyncio, json, sys, uuid
    from datetime import UTC, datetime
    from pathlib import Path
    from qorgan.domain.places import LocalText
    from qorgan.edge.core import outbox
    from qorgan.edge.core.store import Store, Urgency
    from qorgan.kernel.errors import Exhausted
    from qorgan.kernel.ids import SiteId, uuid7
    from qorgan.protocols.link.messages import AlarmRaised, PictureResult

    def press(db):
        alarm = AlarmRaised(alarm=uuid7(), button="hall", place=LocalText(kk="Фойе"), pressed_at=datetime.now(UTC))
        return outbox.raise_alarm(db, uuid.uuid4(), alarm, datetime.now(UTC))

    def event(db):
        body = PictureResult(camera="hall", at=datetime.now(UTC), verdict="ok", measures={"m" * 30_000: 1.0})
        return outbox.add_event(db, uuid7(), body, datetime.now(UTC))

    async def main(disk):
        store = Store(disk / "core.db", SiteId("kst-012"), ballast_bytes=4_000_000)
        seen = {"held_before": store.ballast_held}
        (disk / "video").write_bytes(b"")
        with (disk / "video").open("wb", buffering=0) as video:
            try:
                while True:
                    video.write(bytes(65_536))
            except OSError:
                pass  # the disk is full
        events = alarms = refused = 0
        while store.ballast_held:
            try:
                await store.write(event, Urgency.SHEDDABLE)
                events += 1
            except Exhausted:
                await store.write(press, Urgency.ALARM)
                alarms += 1
        for _ in range(50):
            await store.write(press, Urgency.ALARM)
            alarms += 1
            try:
                await store.write(event, Urgency.SHEDDABLE)
            except Exhausted:
                refused += 1
        seen |= {"alarms": alarms, "refused": refused, "failing": store.failing}
        (disk / "video").unlink()
        await store.tend()
        await store.write(event, Urgency.SHEDDABLE)
        counts = await store.read(outbox.counts)
        seen |= {"held_after": store.ballast_held, "stored": counts.alarms}
        store.close()
        print(json.dumps(seen))

    asyncio.run(main(Path(sys.argv[1])))
"""


def test_a_full_disk_stops_events_and_no_alarm(tmp_path: Path) -> None:
    """On a disk of 20 MB of its own. Video fills it to the last byte; the ballast carries the alarms."""
    shell = 'mount -t tmpfs -o size=20m qorgan "$1" && exec "$2" -c "$3" "$1"'
    unshare = shutil.which("unshare")
    command = [unshare or "unshare", "-Urm", "sh", "-c", shell, "sh", str(tmp_path), sys.executable]
    if unshare is None or subprocess.run([*command[:-3], "sh", str(tmp_path), "true"], capture_output=True).returncode:
        pytest.skip("this machine does not let us mount a small disk (unshare -Urm)")
    result = subprocess.run([*command, textwrap.dedent(FULL_DISK)], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    seen = json.loads(result.stdout.splitlines()[-1])

    assert seen["held_before"] is True
    assert seen["refused"] == 50
    assert seen["alarms"] == seen["stored"] >= 51
    assert (seen["failing"], seen["held_after"]) == (None, True)
    assert "outbox.ballast_released" in result.stdout + result.stderr


async def test_a_disk_that_fails_is_said_and_no_press_is_acknowledged(store: Store, tmp_path: Path) -> None:
    """The file system takes no more (EFBIG): the write fails, the caller knows, and later it works again."""
    limit = """
        import asyncio, resource, sys
        from pathlib import Path
        from qorgan.edge.core.store import Store, Urgency, WriteFailed
        async def main(path):
            store = Store(path, "kst-012", ballast_bytes=1_000)
            soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
            try:
                await store.write(lambda db: db.execute("UPDATE node SET seq = seq + 1"), Urgency.ALARM)
            except WriteFailed as error:
                assert store.failing, "the fault is not shown"
                print("refused", error.code)
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            await store.write(lambda db: db.execute("UPDATE node SET seq = seq + 1"), Urgency.ALARM)
            assert store.failing is None
            store.close()
        asyncio.run(main(Path(sys.argv[1])))
    """
    store.close()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(limit), str(tmp_path / "core.db"), stdout=subprocess.PIPE
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode, said.decode().splitlines()[-1]) == (0, "refused outbox.write_failed")
    assert seq_on_disk(tmp_path) == 1


async def test_reading_does_not_wait_for_a_writer(store: Store, tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / "core.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert (await asyncio.wait_for(store.read(outbox.counts), 10)).last_seq == 0
    holder.close()
