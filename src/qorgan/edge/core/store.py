"""The owner of core.db: one thread writes and commits, one reads, and the event loop never waits for a disk.

Writes that wait at the same time share a commit. Alarms go first and never share one with anything else, so an alarm
waits for at most one commit of something else. When the disk is full the ballast is thrown overboard for alarms and
acknowledgements; events are refused (`Exhausted`) until there is room again.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import IntEnum
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import structlog

from qorgan.edge.core.ballast import BALLAST_BYTES, Ballast
from qorgan.kernel.errors import Conflict, Corrupt, Exhausted, Invalid, QorganError, Unavailable
from qorgan.kernel.ids import SiteId

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]
SCHEMA_VERSION = 3
_UPGRADES = {
    1: "upgrade_1_to_2.sql",
    2: "upgrade_2_to_3.sql",
}  # by the version they lead away from; each is one transaction
JOBS_PER_COMMIT = 256
MAX_WAITING = 5_000  # writes of one urgency waiting for the thread; more are refused
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
log = structlog.get_logger(__name__)


class Urgency(IntEnum):
    """In which order writes go, and who may use the ballast: all but SHEDDABLE."""

    ALARM = 0
    ORDINARY = 1  # acknowledgements, the watch ledger
    SHEDDABLE = 2  # events


class WriteFailed(Unavailable):
    """The disk did not take it: nothing of it is stored."""

    code = "outbox.write_failed"


class DiskFull(Exhausted):
    """There is no room for it: nothing of it is stored."""

    code = "outbox.disk_full"


@dataclass(slots=True)
class _Waiting:
    job: Job[Any]
    future: asyncio.Future[Any]


class Store:
    """Opens on construction, makes or replaces the file as needed. Raises `Invalid` for another site's file."""

    def __init__(self, path: Path, site: SiteId, *, ballast_bytes: int = BALLAST_BYTES) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = path
        self.replaced_damaged = _open_or_replace(path, site)
        self._ballast = Ballast(path.with_name("ballast"), ballast_bytes)
        self._ballast.take()
        self.ballast_held = self._ballast.held
        self.failing: str | None = None  # what the disk said when the last write failed
        self._lanes: tuple[deque[_Waiting], ...] = tuple(deque() for _ in Urgency)
        self._bell: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, args=[_connect(path)], name="core.db writer", daemon=True)
        self._thread.start()
        self._readers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="core.db reader")
        self._reader: sqlite3.Connection | None = None
        self._closed = False

    async def write(self, job: Job[T], urgency: Urgency) -> T:
        """Run `job` in a transaction; returns what it returned after the commit has reached the disk.

        What the job raises is raised here, and its changes are undone. Raises `WriteFailed` or `DiskFull`.
        """
        if self._closed:
            raise WriteFailed("the store is closed")
        lane = self._lanes[urgency]
        if len(lane) >= MAX_WAITING:
            raise DiskFull(f"{len(lane)} writes wait for the disk already", code="outbox.overrun")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        lane.append(_Waiting(job, future))
        self._bell.put(True)
        return await future

    async def read(self, job: Job[T]) -> T:
        """Run `job` on what is committed. Waits for no writer."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, job)

    async def tend(self) -> None:
        """Take the ballast on board again if there is room, and prove that the disk can be written."""

        def prove(connection: sqlite3.Connection) -> None:
            if not self.ballast_held and self._ballast.take():
                self.ballast_held = True
                log.info("outbox.ballast_taken")
            connection.execute("INSERT OR REPLACE INTO proof VALUES (1, ?)", (time.time_ns() // 1_000,))

        await self.write(prove, Urgency.ORDINARY)

    def close(self) -> None:
        """Finish what waits, then close. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._bell.put(False)
        self._thread.join()
        self._readers.submit(self._close_reader).result()
        self._readers.shutdown()

    def _read(self, job: Job[T]) -> T:
        if self._reader is None:
            self._reader = _connect(self._path)
            self._reader.execute("PRAGMA query_only = ON")
        try:
            return job(self._reader)
        except sqlite3.Error as error:
            raise _translated(error) from error

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def _work(self, connection: sqlite3.Connection) -> None:
        try:
            while self._bell.get():
                self._write_waiting(connection)
            self._write_waiting(connection)
        finally:
            connection.close()

    def _write_waiting(self, connection: sqlite3.Connection) -> None:
        while (found := self._next_batch()) is not None:
            urgency, batch = found
            try:
                self._write_batch(connection, urgency, batch)
            except Exception as error:  # the root of this unit of work: one batch
                log.exception("outbox.batch_crashed")
                _answer(batch, [error] * len(batch))

    def _next_batch(self) -> tuple[Urgency, list[_Waiting]] | None:
        for urgency in Urgency:
            lane = self._lanes[urgency]
            if lane:
                return urgency, [lane.popleft() for _ in range(min(len(lane), JOBS_PER_COMMIT))]
        return None

    def _write_batch(self, connection: sqlite3.Connection, urgency: Urgency, batch: list[_Waiting]) -> None:
        if urgency is Urgency.SHEDDABLE and not self.ballast_held:
            _answer(batch, [DiskFull("the disk is full; what room there is belongs to alarms")] * len(batch))
            return
        try:
            results = _in_one_transaction(connection, batch)
        except sqlite3.Error as error:
            if urgency is not Urgency.SHEDDABLE and _says_full(error) and self._release_ballast():
                self._write_batch(connection, urgency, batch)
                return
            self.failing = str(error)
            log.error("outbox.write_failed", reason=str(error), code=error.sqlite_errorname)
            _answer(batch, [_translated(error)] * len(batch))
            return
        self.failing = None
        _answer(batch, results)

    def _release_ballast(self) -> bool:
        released = self._ballast.release()
        if released:
            log.error("outbox.ballast_released", reason="the disk is full")
        self.ballast_held = False
        return released


def _in_one_transaction(connection: sqlite3.Connection, batch: list[_Waiting]) -> list[Any]:
    """Results of the jobs, or what they raised. Raises `sqlite3.Error` when the transaction as a whole has failed."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        results = [_undoable(connection, waiting.job) for waiting in batch]
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return results


def _undoable(connection: sqlite3.Connection, job: Job[Any]) -> Any:
    connection.execute("SAVEPOINT job")
    try:
        result = job(connection)
    except (QorganError, sqlite3.IntegrityError) as error:
        connection.execute("ROLLBACK TO job")
        result = error
    connection.execute("RELEASE job")
    return result


def _answer(batch: list[_Waiting], results: list[Any]) -> None:
    def settle(future: asyncio.Future[Any], result: Any) -> None:
        if future.done():  # whoever asked has gone; the write stands
            return
        if isinstance(result, BaseException):
            future.set_exception(result)
        else:
            future.set_result(result)

    for waiting, result in zip(batch, results, strict=True):
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody is left to hear
            waiting.future.get_loop().call_soon_threadsafe(settle, waiting.future, result)


def _says_full(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", None) in _FULL


def _translated(error: sqlite3.Error) -> QorganError:
    if _says_full(error):
        return DiskFull("the disk is full")
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
        return Corrupt(f"core.db is damaged: {error}", code="outbox.damaged")
    return WriteFailed(f"core.db: {error}")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=5.0, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA journal_size_limit = 4000000")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _open_or_replace(path: Path, site: SiteId) -> Path | None:
    """Make core.db ready. A damaged one is put aside and begun anew: the button must work. Returns where it lies."""
    try:
        _prepare(path, site, first_seq=0)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:
            raise _translated(error) from error
    else:
        return None
    stamp = int(time.time())
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    log.error("outbox.damaged", kept_as=aside.name)
    _prepare(path, site, first_seq=stamp)  # above every number given before: the centre will see the gap
    return aside


def _prepare(path: Path, site: SiteId, *, first_seq: int) -> None:
    connection = _connect(path)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise Invalid(f"{path} was written by a newer version of Qorgan; install that version")
        if version == 0:
            _run_script(connection, "schema.sql", SCHEMA_VERSION)
            connection.execute("INSERT INTO node (one, site, seq) VALUES (1, ?, ?)", (site, first_seq))
        else:
            for step in range(version, SCHEMA_VERSION):
                _run_script(connection, _UPGRADES[step], step + 1)
                log.info("outbox.upgraded", version=step + 1)
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise _damaged(verdict)
        (owner,) = connection.execute("SELECT site FROM node").fetchone()
        if owner != site:
            raise Conflict(f"{path} belongs to site {owner!r}, the configuration says {site!r}: give each its own data")
        path.chmod(0o600)
    finally:
        connection.close()


def _run_script(connection: sqlite3.Connection, name: str, version: int) -> None:
    """Bring the database to `version`, all of it or nothing: a node that dies meanwhile begins anew."""
    script = files("qorgan.edge.core").joinpath(name).read_text("utf-8")
    try:
        connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {version}; COMMIT;")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _damaged(verdict: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(verdict)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error
