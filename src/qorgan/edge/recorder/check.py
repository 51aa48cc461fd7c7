"""Makes the archive and its index agree again after a crash, and says what it found (invariants I4 and I5)."""

import hashlib
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from qorgan.edge.config import EdgeConfig
from qorgan.edge.recorder.index import Index, SegmentRow, group_fragments, unpack_fragments
from qorgan.kernel.errors import Corrupt
from qorgan.protocols.fmp4.reader import whole_fragments


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was not as it should be. `repaired` says whether it is now."""

    code: str
    path: str
    message: str
    repaired: bool


def adopt_open_segments(
    archive: Path, index: Index, *, disk: str | None = None, writing: Collection[int] = ()
) -> list[Finding]:
    """Close what a crash left open: each such file is cut at its last whole fragment and listed with what it holds.

    Only for whoever owns this archive; `writing` are the segments that are open because somebody writes them. With
    `disk`, of that disk alone: what lies on one that is not there now keeps its row.
    """
    rows = [row for row in index.open_segments() if row.id not in writing and disk in (None, row.disk)]
    return [_adopt(index, row) for row in rows]


def check(config: EdgeConfig) -> list[Finding]:
    """Look for broken promises without changing anything: may run beside a recorder."""
    archive = config.storage.archive
    if not (archive / "index.db").exists():
        return []
    index = Index(archive / "index.db", readonly=True)
    try:
        rows = [row for row in index.all_segments() if row.state != "open"]
    finally:
        index.close()
    return [*_missing(archive, rows), *_unlisted(archive, config)]


def _missing(archive: Path, rows: list[SegmentRow]) -> Iterator[Finding]:
    for row in rows:
        try:
            size = (archive / row.path).stat().st_size
        except FileNotFoundError:
            yield Finding("segment.missing", row.path, "is in the index but not on disk", False)
            continue
        if size < row.size:
            yield Finding("segment.short", row.path, f"has {size} of {row.size} indexed bytes", False)
        entries = unpack_fragments(row.fragments)
        if any(entry.offset + entry.size > row.size for entry in entries):
            yield Finding("segment.index", row.path, "lists fragments beyond its end", False)


def _unlisted(archive: Path, config: EdgeConfig) -> Iterator[Finding]:
    there = list(archive.glob("*/*/*/*.mp4"))  # before the index, which lists each file before it is made
    index = Index(archive / "index.db", readonly=True)
    try:
        listed = {row.path for row in index.all_segments()}
    finally:
        index.close()
    for path in there:
        name = str(path.relative_to(archive))
        if name not in listed:
            yield Finding("segment.unlisted", name, "is on disk but not in the index", False)


def _adopt(index: Index, row: SegmentRow) -> Finding:
    path = index.file_of(row)
    try:
        kept, lost = _adopt_file(path, row)
    except (FileNotFoundError, Corrupt) as error:
        index.forget([row.id])
        path.unlink(missing_ok=True)
        return Finding("segment.lost", row.path, f"nothing of it can be played: {error}", True)
    index.commit([row], [])
    return Finding("segment.adopted", row.path, f"{kept} fragments kept, {lost} bytes of an unfinished one cut", True)


def _adopt_file(path: Path, row: SegmentRow) -> tuple[int, int]:
    with path.open("r+b") as file:
        size = os.fstat(file.fileno()).st_size
        init_bytes, fragments = whole_fragments(lambda offset, count: os.pread(file.fileno(), count, offset), size)
        if not fragments:
            raise Corrupt("not one whole fragment", code="segment.damaged")
        entries = group_fragments(fragments)
        end = entries[-1].offset + entries[-1].size
        file.truncate(end)
        file.seek(0)
        row.sha256 = hashlib.file_digest(file, "sha256").digest()
        os.fsync(file.fileno())
    row.init_bytes, row.size, row.frames = init_bytes, end, sum(entry.frames for entry in entries)
    row.duration = entries[-1].start + entries[-1].duration
    row.fragments = b"".join(entry.pack() for entry in entries)
    row.state, row.end_reason = "adopted", "crash"
    return len(entries), size - end
