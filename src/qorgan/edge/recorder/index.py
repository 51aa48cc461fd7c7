"""The archive's index: one SQLite file, written by the recorder alone, read by whoever serves or checks the archive."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from qorgan.domain.coverage import JOIN_WITHIN_US, Span
from qorgan.domain.retention import Hold, Recording, Usage
from qorgan.kernel.errors import Invalid, NotFound, Unavailable
from qorgan.protocols.fmp4.writer import TIMESCALE


@dataclass(frozen=True, slots=True)
class Damage:
    """Pictures of a stream in [start, end) of which packets were lost on the way from the camera."""

    camera: str
    stream: str
    start_us: int
    end_us: int
    pictures: int


@dataclass(slots=True)
class SegmentRow:
    """A row of `segments`, as it will stand after the next commit."""

    id: int
    camera: str
    stream: str
    run: int
    path: str
    wall_start_us: int
    codec: str
    width: int
    height: int
    init_bytes: int
    duration: int = 0
    size: int = 0  # column `bytes`
    frames: int = 0
    state: str = "open"
    end_reason: str = ""
    sha256: bytes | None = None
    fragments: bytes | bytearray = b""
    disk: str = ""  # '' is the directory of index.db itself

    @property
    def wall_end_us(self) -> int:
        return self.wall_start_us + self.duration * 1_000_000 // TIMESCALE


_COLUMNS = (
    "id, camera, stream, run, path, wall_start_us, codec, width, height, init_bytes,"
    " duration, bytes, frames, state, end_reason, sha256, fragments, disk"
)
_UPSERT = f"""
    INSERT INTO segments ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET wall_start_us = excluded.wall_start_us, duration = excluded.duration,
        bytes = excluded.bytes, frames = excluded.frames, state = excluded.state, end_reason = excluded.end_reason,
        sha256 = excluded.sha256, fragments = excluded.fragments
"""  # noqa: S608 - column names of ours


# A file that grows, which is nearly all that is ever committed: half the work of the UPSERT, which names 18 columns
_GROW = """
    UPDATE segments SET wall_start_us = ?, duration = ?, bytes = ?, frames = ?, fragments = ?
    WHERE id = ? AND state = 'open'
"""

SCHEMA_VERSION = 3
# What brings a file from a version to the next; then schema.sql makes what is missing
UPGRADES = {
    1: """
        ALTER TABLE segments ADD COLUMN disk TEXT NOT NULL DEFAULT '';
        ALTER TABLE segments ADD COLUMN root INTEGER;
    """,
    2: "",  # the table `damage`
}
DAMAGE_JOIN_US = 10_000_000  # a line that loses packets all day makes a row for each stretch, not for each second
_RECOUNT = """
    DELETE FROM usage;
    INSERT INTO usage
        SELECT disk, camera, wall_start_us / 86400000000, count(*), sum(bytes), sum(duration)
        FROM segments WHERE state <> 'open' GROUP BY 1, 2, 3;
"""
LONGEST_US = 3_600_000_000  # no file is longer; a search for what overlaps looks back so far
_END_US = "wall_start_us + duration * 100 / 9"  # 1/90000 s into µs
_HELD = f"""
    EXISTS (SELECT 1 FROM holds WHERE holds.camera = segments.camera AND holds.stream IN ('', segments.stream)
            AND released_us IS NULL AND (until_us IS NULL OR until_us > :now)
            AND start_us < {_END_US} AND end_us > wall_start_us)
"""  # noqa: S608 - words of ours
_HELD_BYTES = f"""
    SELECT disk, camera, sum(bytes) FROM segments WHERE state <> 'open' AND id IN (
        SELECT kept.id FROM holds JOIN segments AS kept
            ON kept.camera = holds.camera AND kept.stream IN ('main', 'sub') AND holds.stream IN ('', kept.stream)
            AND kept.wall_start_us >= holds.start_us - {LONGEST_US} AND kept.wall_start_us < holds.end_us
            AND kept.wall_start_us + kept.duration * 100 / 9 > holds.start_us
        WHERE released_us IS NULL AND (until_us IS NULL OR until_us > :now))
    GROUP BY disk, camera
"""  # noqa: S608 - words of ours


class Index:
    """A connection to index.db. Only the recorder's archive writes segments, gaps, disks and roots.

    Threads may share it when its owner sees to it that only one of them uses it at a time. Opened for writing, it is
    made or brought to today's version. Raises `Invalid` for a file of a newer version, and
    `Unavailable` for one of an older version when it is opened read-only.
    """

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        self.directory = path.absolute().parent
        if readonly:
            source = f"{path.absolute().as_uri()}?mode=ro"
            self._db = sqlite3.connect(source, uri=True, isolation_level=None, check_same_thread=False)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            if not readonly:
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
            self._bring_to_today(path, readonly)
        except BaseException:
            self._db.close()
            raise
        self._roots: dict[str, Path] | None = None

    def close(self) -> None:
        self._db.close()

    def _bring_to_today(self, path: Path, readonly: bool) -> None:
        version = self._version()
        if version == SCHEMA_VERSION:
            return
        if version > SCHEMA_VERSION:
            raise Invalid(f"{path} was written by a newer version of Qorgan; install that version")
        if readonly:
            raise Unavailable(f"{path} is of an older version; it is brought to today's when the recorder starts")
        schema = resources.files("qorgan.edge.recorder").joinpath("schema.sql").read_text("utf-8")
        steps = "".join(UPGRADES[step] for step in range(version, SCHEMA_VERSION)) if version else ""
        try:
            self._db.executescript(
                f"BEGIN IMMEDIATE; {steps} {schema} {_RECOUNT} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )
        except sqlite3.Error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            if self._version() != SCHEMA_VERSION:  # else another connection did it at the same moment
                raise

    def _version(self) -> int:
        """0: empty. The first version did not write its number."""
        version: int = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0 and self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'segments'").fetchone():
            return 1
        return version

    # Where files lie

    def file_of(self, row: SegmentRow) -> Path:
        """The file of a segment, on whatever disk it lies. Raises `NotFound` for a disk nobody knows any more."""
        return self.root_of(row.disk) / row.path

    def root_of(self, disk: str) -> Path:
        """The directory of a disk. Raises `NotFound`."""
        if self._roots is None or disk not in self._roots:
            self._roots = {"": self.directory}
            self._roots.update((id, Path(where)) for id, where in self._db.execute("SELECT id, path FROM disks"))
        if disk not in self._roots:
            raise NotFound(f"nobody knows where the disk {disk} is", code="disk.unknown")
        return self._roots[disk]

    def put_disk(self, id: str, path: Path, at_us: int) -> None:
        """Remember where a disk is now."""
        self._roots = None
        self._db.execute(
            "INSERT INTO disks VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET path = excluded.path",
            (id, str(path), at_us),
        )

    # Reading

    def next_ids(self) -> tuple[int, int]:
        """The first segment id and run id that are free."""
        segment, run = self._db.execute("SELECT max(id), max(run) FROM segments").fetchone()
        return (segment or 0) + 1, (run or 0) + 1

    def open_segments(self) -> list[SegmentRow]:
        """Segments that no process closed: only a crash leaves them when no recorder runs."""
        return self._rows("state = 'open'", ())

    def overlapping(self, camera: str, stream: str, start_us: int, end_us: int) -> list[SegmentRow]:
        """Segments of a stream with anything in [start, end), by time."""
        where = f"camera = ? AND stream = ? AND wall_start_us >= ? AND wall_start_us < ? AND {_END_US} > ?"
        parameters = (camera, stream, start_us - LONGEST_US, end_us, start_us)
        rows = self._rows(f"state <> 'open' AND {where}", parameters)
        rows += [row for row in self.open_segments() if (row.camera, row.stream) == (camera, stream)]
        rows = [row for row in rows if row.wall_start_us < end_us and row.wall_end_us > start_us]
        return sorted(rows, key=lambda row: row.wall_start_us)

    def spans(self, camera: str, stream: str, start_us: int, end_us: int) -> list[Span]:
        """What is kept of a stream in [start, end), by time, without reading any fragments.

        Segments within `JOIN_WITHIN_US` of each other are one span: a day has 1,440 files and few spans.
        """
        where = "camera = ? AND stream = ? AND wall_start_us >= ? AND wall_start_us < ? AND duration > 0"
        parameters = (camera, stream, start_us - LONGEST_US, end_us)
        rows = self._db.execute(
            f"SELECT wall_start_us, duration FROM segments WHERE state <> 'open' AND {where}"  # noqa: S608
            f" UNION ALL SELECT wall_start_us, duration FROM segments INDEXED BY segments_open"
            f" WHERE state = 'open' AND {where} ORDER BY 1",
            (*parameters, *parameters),
        )
        joined: list[tuple[int, int]] = []
        begin = end = -(2**62)
        for start, duration in rows:
            if start - end > JOIN_WITHIN_US:
                joined.append((begin, end))
                begin = end = start
            end = max(end, start + duration * 100 // 9)
        joined.append((begin, end))
        return [Span(begin, end) for begin, end in joined if end > start_us]

    def files(self, camera: str, stream: str, start_us: int, end_us: int) -> list[tuple[str, str, int, int]]:
        """Disk, path, start and end (µs) of each closed file of a stream that begins in [start, end), by time."""
        rows = self._db.execute(
            "SELECT disk, path, wall_start_us, duration FROM segments WHERE state <> 'open' AND camera = ?"
            " AND stream = ? AND wall_start_us >= ? AND wall_start_us < ? AND duration > 0 ORDER BY wall_start_us",
            (camera, stream, start_us, end_us),
        )
        return [(disk, path, start, start + duration * 100 // 9) for disk, path, start, duration in rows]

    def sizes(self, camera: str, stream: str, start_us: int, end_us: int) -> list[tuple[int, int, int]]:
        """Start, length (µs) and bytes of closed files of a stream that begin in [start, end), from an index alone."""
        return self._db.execute(
            "SELECT wall_start_us, duration * 100 / 9, bytes FROM segments INDEXED BY segments_oldest"
            " WHERE state <> 'open' AND disk IN (SELECT DISTINCT disk FROM usage) AND camera = ?"
            " AND wall_start_us >= ? AND wall_start_us < ? AND stream = ? AND duration > 0",
            (camera, start_us, end_us, stream),
        ).fetchall()

    def gaps(self, camera: str, stream: str, start_us: int, end_us: int) -> list[tuple[int, int | None, str]]:
        """Written-down gaps (start, end or None, cause) that touch [start, end)."""
        return self._db.execute(
            "SELECT start_us, end_us, cause FROM gaps WHERE camera = ? AND stream = ? AND start_us < ?"
            " AND (end_us IS NULL OR end_us > ?) ORDER BY start_us",
            (camera, stream, end_us, start_us),
        ).fetchall()

    def damaged(self, camera: str, stream: str, start_us: int, end_us: int) -> list[Damage]:
        """Stretches of [start, end) in which pictures were damaged on the way, by time."""
        rows = self._db.execute(
            "SELECT camera, stream, start_us, end_us, pictures FROM damage WHERE camera = ? AND stream = ?"
            " AND start_us < ? AND end_us > ? ORDER BY start_us",
            (camera, stream, end_us, start_us),
        )
        return [Damage(*row) for row in rows]

    def lasting_gaps(self) -> set[tuple[str, str]]:
        """Camera and stream of every gap that has no end yet."""
        return set(self._db.execute("SELECT camera, stream FROM gaps WHERE end_us IS NULL"))

    def last_end_us(self, camera: str, stream: str) -> int | None:
        """When the last thing recorded of a stream ended."""
        row = self._db.execute(
            "SELECT wall_start_us, duration FROM segments WHERE camera = ? AND stream = ?"
            " ORDER BY wall_start_us DESC LIMIT 1",
            (camera, stream),
        ).fetchone()
        return None if row is None else row[0] + row[1] * 1_000_000 // TIMESCALE

    def oldest_closed(self, limit: int) -> list[SegmentRow]:
        """The oldest segments that nobody writes any more."""
        return self._rows("state <> 'open' ORDER BY wall_start_us LIMIT ?", (limit,))

    def total_bytes(self) -> int:
        """Bytes of all segments."""
        total: int = self._db.execute(
            "SELECT (SELECT coalesce(sum(bytes), 0) FROM usage)"
            " + (SELECT coalesce(sum(bytes), 0) FROM segments WHERE state = 'open')"
        ).fetchone()[0]
        return total

    def usage(self, now_us: int) -> list[Usage]:
        """What closed files take, per disk and camera, and how much of it is under a hold."""
        held = {(disk, camera): size for disk, camera, size in self._db.execute(_HELD_BYTES, {"now": now_us})}
        taken = self._db.execute("SELECT disk, camera, sum(bytes) FROM usage GROUP BY disk, camera")
        return [
            Usage(disk=disk, camera=camera, size=size, held_bytes=held.get((disk, camera), 0))
            for disk, camera, size in taken
        ]

    def used(self) -> dict[str, int]:
        """Bytes of closed files on each disk."""
        return dict(self._db.execute("SELECT disk, sum(bytes) FROM usage GROUP BY disk"))

    def days(self) -> list[int]:
        """The days on which any closed file began, in days since 1970-01-01 UTC."""
        return [day for (day,) in self._db.execute("SELECT DISTINCT day FROM usage")]

    def bytes_by_day(self, disk: str) -> dict[int, int]:
        """Bytes of closed files on a disk by the day they began, in days since 1970-01-01 UTC."""
        return dict(self._db.execute("SELECT day, sum(bytes) FROM usage WHERE disk = ? GROUP BY day", (disk,)))

    def first_us(self, disk: str, camera: str) -> int | None:
        """When the oldest closed recording of a camera on a disk began."""
        row = self._db.execute(
            "SELECT wall_start_us FROM segments WHERE state <> 'open' AND disk = ? AND camera = ?"
            " ORDER BY wall_start_us LIMIT 1",
            (disk, camera),
        ).fetchone()
        return None if row is None else row[0]

    def oldest(self, disk: str, camera: str, limit: int, now_us: int) -> list[Recording]:
        """The oldest closed recordings of a camera on a disk that are under no hold."""
        rows = self._db.execute(
            f"SELECT id, disk, camera, wall_start_us, {_END_US}, bytes FROM segments"  # noqa: S608
            f" WHERE state <> 'open' AND disk = :disk AND camera = :camera AND NOT {_HELD}"
            " ORDER BY wall_start_us LIMIT :limit",
            {"disk": disk, "camera": camera, "limit": limit, "now": now_us},
        )
        return [
            Recording(id=id, disk=disk, camera=camera, start_us=start, end_us=end, size=size)
            for id, disk, camera, start, end, size in rows
        ]

    def all_segments(self) -> Iterable[SegmentRow]:
        """Every segment, by id."""
        return self._rows("1 ORDER BY id", ())

    def segments_after(self, id: int, limit: int) -> list[SegmentRow]:
        """Up to `limit` segments with a greater id, by id: a large index is read in pieces."""
        return self._rows("id > ? ORDER BY id LIMIT ?", (id, limit))

    def count(self) -> int:
        """How many segments there are."""
        number: int = self._db.execute("SELECT count(*) FROM segments").fetchone()[0]
        return number

    def find(self, path: str) -> SegmentRow | None:
        """The segment of a file, by its path below its disk."""
        return next(iter(self._rows("path = ?", (path,))), None)

    def sequence(self, camera: str, stream: str) -> Iterator[tuple[str, int, int, int, str]]:
        """Path, run, start and end in µs, and end reason of every closed segment of a stream, by time."""
        yield from self._db.execute(
            f"SELECT path, run, wall_start_us, {_END_US}, end_reason FROM segments"  # noqa: S608
            " WHERE state <> 'open' AND camera = ? AND stream = ? ORDER BY wall_start_us, id",
            (camera, stream),
        )

    def unknown_disks(self) -> list[str]:
        """Disks that segments name and nobody knows."""
        rows = self._db.execute(
            "SELECT DISTINCT disk FROM usage WHERE disk <> '' AND disk NOT IN (SELECT id FROM disks)"
        )
        return [disk for (disk,) in rows]

    def damage(self) -> str | None:
        """What SQLite finds wrong with the file itself, or None."""
        verdict: str = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
        return None if verdict == "ok" else verdict

    def streams(self) -> list[tuple[str, str]]:
        """Every camera and stream that has segments."""
        return self._db.execute("SELECT DISTINCT camera, stream FROM segments ORDER BY 1, 2").fetchall()

    def holds(self, *, released: bool = False) -> list[Hold]:
        """Holds by the time they were placed; released ones only when asked for."""
        rows = self._db.execute(
            "SELECT id, camera, stream, start_us, end_us, reason, placed_by, at_us, until_us FROM holds"
            " WHERE ? OR released_us IS NULL ORDER BY at_us, id",
            (released,),
        )
        return [
            Hold(id=id, camera=camera, stream=stream, start_us=start, end_us=end, reason=reason, by=by, at_us=at,
                 until_us=until)
            for id, camera, stream, start, end, reason, by, at, until in rows
        ]  # fmt: skip

    def unrooted(self, before_us: int) -> list[tuple[int, str, bytes]]:
        """Id, path and SHA-256 of closed files that began before an instant and are under no daily root yet."""
        return self._db.execute(
            "SELECT id, path, sha256 FROM segments WHERE state <> 'open' AND root IS NULL AND wall_start_us < ?"
            " AND sha256 IS NOT NULL ORDER BY path",
            (before_us,),
        ).fetchall()

    def roots(self) -> list[tuple[int, str, str, bytes]]:
        """Number, day, what was signed, and signature of every daily root, by number."""
        return self._db.execute("SELECT number, day, signed, signature FROM roots ORDER BY number").fetchall()

    def empty_roots(self) -> set[str]:
        """The days whose root covers no file that is still kept."""
        rows = self._db.execute(
            "SELECT day FROM roots WHERE NOT EXISTS (SELECT 1 FROM segments WHERE segments.root = roots.number)"
        )
        return {day for (day,) in rows}

    def rooted(self, number: int) -> dict[str, tuple[bytes, SegmentRow]]:
        """The files that are still kept of a root, by path."""
        rows = self._rows("root = ? ORDER BY path", (number,))
        return {row.path: (row.sha256 or b"", row) for row in rows}

    def _rows(self, where: str, parameters: tuple[object, ...] | dict[str, object]) -> list[SegmentRow]:
        found = self._db.execute(f"SELECT {_COLUMNS} FROM segments WHERE {where}", parameters)  # noqa: S608
        return [SegmentRow(*row) for row in found]

    # Writing

    def commit(
        self,
        changed: Iterable[SegmentRow],
        gaps: Iterable[tuple[str, str, int, str | None]],
        damage: Iterable[Damage] = (),
    ) -> None:
        """One transaction: rows as they are now; gaps as (camera, stream, instant in µs, cause or None for the end)."""
        rows = list(changed)
        growing = [row for row in rows if row.state == "open" and row.duration]
        whole = [row for row in rows if not (row.state == "open" and row.duration)]
        with self._transaction():
            if growing and self._grow(growing) != len(growing):
                whole = rows  # one that could not be listed when it was made
            self._db.executemany(_UPSERT, [_values(row) for row in whole])
            for gap in gaps:
                self._note_gap(*gap)
            for one in damage:
                self._note_damage(one)

    def _grow(self, rows: Sequence[SegmentRow]) -> int:
        """How many of them were there to grow."""
        values = [(row.wall_start_us, row.duration, row.size, row.frames, row.fragments, row.id) for row in rows]
        return self._db.executemany(_GROW, values).rowcount

    def forget(self, ids: Iterable[int]) -> None:
        """Drop rows whose files are gone."""
        self._db.executemany("DELETE FROM segments WHERE id = ?", [(id,) for id in ids])

    def forget_unheld(self, ids: Iterable[int], now_us: int) -> list[SegmentRow]:
        """Drop closed rows, but none that is under a hold at this moment (I6). Returns those that went.

        What goes from between recordings that stay leaves a gap with the cause `retention`.
        """
        gone: list[SegmentRow] = []
        with self._transaction():
            for id in ids:
                gone += self._rows(f"id = :id AND state <> 'open' AND NOT {_HELD}", {"id": id, "now": now_us})
            self.forget(row.id for row in gone)
            for row in gone:
                self._note_retention(row)
        return gone

    def drop_lost(self, row: SegmentRow, cause: str) -> None:
        """Drop the row of a file that is not there any more, and write down what that leaves: a gap with its cause."""
        with self._transaction():
            self._db.execute("DELETE FROM segments WHERE id = ?", (row.id,))
            self._add_gap(row.camera, row.stream, row.wall_start_us, row.wall_end_us, cause)

    def add_gap(self, camera: str, stream: str, start_us: int, end_us: int, cause: str) -> None:
        """Write down a gap that has ended."""
        self._add_gap(camera, stream, start_us, end_us, cause)

    def forget_gaps(self, before_us: int) -> None:
        """Drop gaps and damage that ended before an instant: nothing of that time is kept any more."""
        self._db.execute("DELETE FROM gaps WHERE end_us < ?", (before_us,))
        self._db.execute("DELETE FROM damage WHERE end_us < ?", (before_us,))

    def name_disk(self, id: str) -> None:
        """Say of every segment in the directory of index.db which disk that is."""
        self._db.execute("UPDATE segments SET disk = ? WHERE disk = ''", (id,))

    def recount(self) -> None:
        """Add up what files take from the beginning."""
        self._db.executescript(f"BEGIN IMMEDIATE; {_RECOUNT} COMMIT;")

    def usage_is_right(self) -> bool:
        """Whether what was counted along the way is what the segments add up to."""
        differ = """
            SELECT * FROM usage EXCEPT
            SELECT disk, camera, wall_start_us / 86400000000, count(*), sum(bytes), sum(duration)
            FROM segments WHERE state <> 'open' GROUP BY 1, 2, 3
        """
        return self._db.execute(differ).fetchone() is None

    def place_hold(self, hold: Hold) -> None:
        """Durable when it returns."""
        self._db.execute(
            "INSERT INTO holds (id, camera, stream, start_us, end_us, reason, placed_by, at_us, until_us)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (hold.id, hold.camera, hold.stream, hold.start_us, hold.end_us, hold.reason, hold.by, hold.at_us,
             hold.until_us),
        )  # fmt: skip

    def release_hold(self, id: str, by: str, at_us: int) -> bool:
        """End a hold; whether there was one. Its row stays as the record of it."""
        done = self._db.execute(
            "UPDATE holds SET released_us = ?, released_by = ? WHERE id = ? AND released_us IS NULL", (at_us, by, id)
        )
        return done.rowcount == 1

    def add_root(self, number: int, day: str, signed: str, signature: bytes, ids: Iterable[int]) -> None:
        """One transaction: the root, and which files it covers."""
        with self._transaction():
            self._db.execute("INSERT INTO roots VALUES (?, ?, ?, ?)", (number, day, signed, signature))
            self._db.executemany("UPDATE segments SET root = ? WHERE id = ?", [(number, id) for id in ids])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _note_retention(self, row: SegmentRow) -> None:
        earlier = self._db.execute(
            "SELECT 1 FROM segments WHERE camera = ? AND stream = ? AND wall_start_us < ? LIMIT 1",
            (row.camera, row.stream, row.wall_start_us),
        ).fetchone()
        if earlier:
            self._add_gap(row.camera, row.stream, row.wall_start_us, row.wall_end_us, "retention")

    def _add_gap(self, camera: str, stream: str, start_us: int, end_us: int, cause: str) -> None:
        """A gap, or a longer one when it goes on from one with the same cause."""
        longer = self._db.execute(
            "UPDATE gaps SET end_us = max(end_us, ?) WHERE camera = ? AND stream = ? AND cause = ?"
            " AND start_us <= ? AND end_us BETWEEN ? AND ?",
            (end_us, camera, stream, cause, start_us, start_us - JOIN_WITHIN_US, end_us),
        )
        if longer.rowcount == 0:
            self._db.execute(
                "INSERT INTO gaps (camera, stream, start_us, end_us, cause) VALUES (?, ?, ?, ?, ?)",
                (camera, stream, start_us, end_us, cause),
            )

    def _note_damage(self, one: Damage) -> None:
        """A stretch of damage, or a longer one when it goes on from one that has just been."""
        longer = self._db.execute(
            "UPDATE damage SET end_us = max(end_us, ?), pictures = pictures + ?"
            " WHERE camera = ? AND stream = ? AND start_us <= ? AND end_us >= ?",
            (one.end_us, one.pictures, one.camera, one.stream, one.start_us, one.start_us - DAMAGE_JOIN_US),
        )
        if longer.rowcount == 0:
            self._db.execute(
                "INSERT INTO damage (camera, stream, start_us, end_us, pictures) VALUES (?, ?, ?, ?, ?)",
                (one.camera, one.stream, one.start_us, one.end_us, one.pictures),
            )

    def _note_gap(self, camera: str, stream: str, at_us: int, cause: str | None) -> None:
        opened = self._db.execute(
            "SELECT id, cause FROM gaps WHERE camera = ? AND stream = ? AND end_us IS NULL", (camera, stream)
        ).fetchone()
        if opened and opened[1] == cause:
            return
        if opened:
            self._db.execute("UPDATE gaps SET end_us = max(start_us, ?) WHERE id = ?", (at_us, opened[0]))
        if cause is not None:
            self._db.execute(
                "INSERT INTO gaps (camera, stream, start_us, cause) VALUES (?, ?, ?, ?)", (camera, stream, at_us, cause)
            )


def _values(row: SegmentRow) -> tuple[object, ...]:
    return (
        row.id, row.camera, row.stream, row.run, row.path, row.wall_start_us, row.codec, row.width, row.height,
        row.init_bytes, row.duration, row.size, row.frames, row.state, row.end_reason, row.sha256,
        bytes(row.fragments), row.disk,
    )  # fmt: skip
