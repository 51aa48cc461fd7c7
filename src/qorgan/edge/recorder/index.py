"""The archive's index: one SQLite file, written by the recorder alone, read by whoever serves or checks the archive."""

import sqlite3
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from qorgan.domain.coverage import Span
from qorgan.protocols.fmp4.reader import Fragment
from qorgan.protocols.fmp4.writer import TIMESCALE

_ENTRY = struct.Struct(">IIIII")
_KEY = 0x8000_0000


@dataclass(frozen=True, slots=True)
class FragmentEntry:
    """One or more durable fragments (moof and mdat) in a row, together at most a second.

    Where they stand in their file, their media time there and length (1/90000 s), their frames. `key`: the first one
    begins with a keyframe.
    """

    offset: int
    size: int
    start: int
    duration: int
    frames: int
    key: bool

    def pack(self) -> bytes:
        flags = self.frames | (_KEY if self.key else 0)
        return _ENTRY.pack(self.offset, self.size, self.start, self.duration, flags)


def group_fragments(fragments: Iterable[tuple[int, Fragment]]) -> list[FragmentEntry]:
    """Fragments as they follow each other in a file, with their offsets, as entries of at most one second each.

    A fragment that begins with a keyframe begins a new entry, and so does one that does not follow the one before it in
    bytes or in media time. A single fragment of more than a second is an entry alone.
    """
    entries: list[FragmentEntry] = []
    for offset, fragment in fragments:
        frames, duration, length = len(fragment.sizes), fragment.duration, fragment.length
        last = entries[-1] if entries else None
        if (
            last is None
            or fragment.starts_with_key
            or last.duration + duration > TIMESCALE
            or offset != last.offset + last.size
            or fragment.base_time != last.start + last.duration
        ):
            entries.append(
                FragmentEntry(offset, length, fragment.base_time, duration, frames, fragment.starts_with_key)
            )
        else:
            entries[-1] = FragmentEntry(
                last.offset, last.size + length, last.start, last.duration + duration, last.frames + frames, last.key
            )
    return entries


def unpack_fragments(blob: bytes | bytearray) -> list[FragmentEntry]:
    """The entries of a `fragments` column."""
    return [
        FragmentEntry(offset, size, start, duration, flags & ~_KEY, bool(flags & _KEY))
        for offset, size, start, duration, flags in _ENTRY.iter_unpack(blob)
    ]


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

    @property
    def wall_end_us(self) -> int:
        return self.wall_start_us + self.duration * 1_000_000 // TIMESCALE


_COLUMNS = (
    "id, camera, stream, run, path, wall_start_us, codec, width, height, init_bytes,"
    " duration, bytes, frames, state, end_reason, sha256, fragments"
)
_UPSERT = f"""
    INSERT INTO segments ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET wall_start_us = excluded.wall_start_us, duration = excluded.duration,
        bytes = excluded.bytes, frames = excluded.frames, state = excluded.state, end_reason = excluded.end_reason,
        sha256 = excluded.sha256, fragments = excluded.fragments
"""  # noqa: S608 - column names of ours


class Index:
    """A connection to index.db. Only the recorder's archive writes segments and gaps.

    Threads may share it when its owner sees to it that only one of them uses it at a time.
    """

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        if readonly:
            self._db = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
            )
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        schema = resources.files("qorgan.edge.recorder").joinpath("schema.sql").read_text("utf-8")
        self._db.executescript(schema)

    def close(self) -> None:
        self._db.close()

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
        # A segment is at most a few minutes long: looking back one hour is enough, and keeps the search in the index
        rows = self._rows(
            "camera = ? AND stream = ? AND wall_start_us >= ? AND wall_start_us < ? ORDER BY wall_start_us",
            (camera, stream, start_us - 3_600_000_000, end_us),
        )
        return [row for row in rows if row.wall_end_us > start_us]

    def spans(self, camera: str, stream: str, start_us: int, end_us: int) -> list[Span]:
        """What is kept of a stream in [start, end), segment by segment, without reading their fragments."""
        rows = self._db.execute(
            "SELECT wall_start_us, duration FROM segments WHERE camera = ? AND stream = ? AND wall_start_us >= ?"
            " AND wall_start_us < ? AND duration > 0 ORDER BY wall_start_us",
            (camera, stream, start_us - 3_600_000_000, end_us),
        )
        spans = (Span(start, start + duration * 1_000_000 // TIMESCALE) for start, duration in rows)
        return [span for span in spans if span.end_us > start_us]

    def gaps(self, camera: str, stream: str, start_us: int, end_us: int) -> list[tuple[int, int | None, str]]:
        """Written-down gaps (start, end or None, cause) that touch [start, end)."""
        return self._db.execute(
            "SELECT start_us, end_us, cause FROM gaps WHERE camera = ? AND stream = ? AND start_us < ?"
            " AND (end_us IS NULL OR end_us > ?) ORDER BY start_us",
            (camera, stream, end_us, start_us),
        ).fetchall()

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
        total: int = self._db.execute("SELECT coalesce(sum(bytes), 0) FROM segments").fetchone()[0]
        return total

    def all_segments(self) -> Iterable[SegmentRow]:
        """Every segment, by id."""
        return self._rows("1 ORDER BY id", ())

    def _rows(self, where: str, parameters: tuple[object, ...]) -> list[SegmentRow]:
        found = self._db.execute(f"SELECT {_COLUMNS} FROM segments WHERE {where}", parameters)  # noqa: S608
        return [SegmentRow(*row) for row in found]

    # Writing

    def commit(self, changed: Iterable[SegmentRow], gaps: Iterable[tuple[str, str, int, str | None]]) -> None:
        """One transaction: rows as they are now; gaps as (camera, stream, instant in µs, cause or None for the end)."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.executemany(_UPSERT, [_values(row) for row in changed])
            for gap in gaps:
                self._note_gap(*gap)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def forget(self, ids: Iterable[int]) -> None:
        """Drop rows whose files are gone."""
        self._db.executemany("DELETE FROM segments WHERE id = ?", [(id,) for id in ids])

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
        bytes(row.fragments),
    )  # fmt: skip
