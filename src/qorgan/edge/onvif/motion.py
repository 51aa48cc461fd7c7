"""When cameras said that something moved: `<data>/motion.db`, written by core's watch, read by the recorder.

Milliseconds of movement by camera and minute. What was not written yet at a power cut is lost: it is no evidence.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from qorgan.kernel.errors import Unavailable

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS motion (
        camera TEXT NOT NULL,
        minute INTEGER NOT NULL,   -- since 1970-01-01 UTC, the node's clock
        ms     INTEGER NOT NULL,   -- of movement in it
        PRIMARY KEY (camera, minute)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS tellers (
        camera TEXT PRIMARY KEY,   -- one that speaks of movement
        since  INTEGER NOT NULL,   -- minute of the first word
        last   INTEGER NOT NULL    -- minute of the last one, of anything
    ) WITHOUT ROWID;
"""
FILE = "motion.db"
STILL_SPEAKS_MINUTES = 7 * 1_440  # silent for less: nothing moved; for longer: it does not tell any more


class MotionDiary:
    """Writes it. One writer: core. Raises `Unavailable` when the disk does not take it."""

    def __init__(self, data: Path) -> None:
        self._file = data / FILE

    def write(self, moved: Mapping[tuple[str, int], int], told: Mapping[str, int], *, keep_after: int) -> None:
        """Add milliseconds by camera and minute, and who spoke in which minute; drop what is before `keep_after`."""
        try:
            with closing(sqlite3.connect(self._file)) as db, db:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = NORMAL")
                db.executescript(_SCHEMA)
                db.executemany(
                    "INSERT INTO motion VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET ms = min(60000, ms + excluded.ms)",
                    [(camera, minute, ms) for (camera, minute), ms in moved.items()],
                )
                db.executemany(
                    "INSERT INTO tellers VALUES (?1, ?2, ?2) ON CONFLICT DO UPDATE SET last = max(last, excluded.last)",
                    list(told.items()),
                )
                db.execute("DELETE FROM motion WHERE minute < ?", (keep_after,))
        except sqlite3.Error as error:
            raise Unavailable(f"{self._file}: {error}", code="motion.not_written") from error


def read_minutes(data: Path, camera: str, start_minute: int, end_minute: int) -> dict[int, int] | None:
    """Milliseconds by minute in [start, end); None for a camera that does not speak of movement."""
    file = data / FILE
    if not file.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as db:
            teller = db.execute("SELECT since, last FROM tellers WHERE camera = ?", (camera,)).fetchone()
            if teller is None or teller[0] >= end_minute or teller[1] < start_minute - STILL_SPEAKS_MINUTES:
                return None
            rows = db.execute(
                "SELECT minute, ms FROM motion WHERE camera = ? AND minute >= ? AND minute < ?",
                (camera, start_minute, end_minute),
            )
            return dict(rows.fetchall())
    except sqlite3.Error as error:
        raise Unavailable(f"{file}: {error}", code="motion.not_read") from error
