"""Makes the archive and its index agree again, and says what it found (docs/design/recorder.md; invariants I4 and I5).

`adopt_open_segments` is what the recorder does at its start. `check` looks at everything and changes nothing, beside a
working recorder if need be; with `repair`, which needs the archive for itself, it mends what can be mended. No video is
ever deleted by it: what cannot be played is put aside.
"""

import hashlib
import os
import re
import struct
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise, takewhile
from pathlib import Path

from qorgan.domain.coverage import JOIN_WITHIN_US, UNKNOWN, Span, gaps_between
from qorgan.edge.config import EdgeConfig
from qorgan.edge.recorder.disks import Disk, Disks, DiskState, archive_lock
from qorgan.edge.recorder.entries import group_fragments, unpack_fragments
from qorgan.edge.recorder.evidence import SECRET, node_key, read_list, verify_roots
from qorgan.edge.recorder.index import Index, SegmentRow
from qorgan.edge.secrets import SecretStore
from qorgan.kernel.clock import now_us, to_us
from qorgan.kernel.errors import Corrupt, NotFound, QorganError
from qorgan.protocols.fmp4.reader import parse_init, whole_fragments

RECENT_US = 86_400_000_000  # files of the last day are opened by every check
IN_ONE_GO = 500
SECTOR = 512  # bytes that a disk writes whole or not at all
_SAID = "written down as unknown"
_PATH = re.compile(
    r"(?P<camera>[a-z0-9-]{1,63})/(?P<stream>main|sub)/(?P<day>\d{8})/(?P<time>\d{6})-(?P<id>\d{1,18})\.mp4"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was not as it should be. `repaired` says whether it is now."""

    code: str
    path: str
    message: str
    repaired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How far a check goes. Always: the index in itself, the size of each file, the last day's files from inside."""

    every_file: bool = False  # walk every file, box by box
    hashes: bool = False  # read every byte and compare its hash
    evidence: bool = False  # the signed daily roots, and the hash of every file under one


Progress = Callable[[int, int], None]  # files looked at, files there are


def adopt_open_segments(
    archive: Path,
    index: Index,
    *,
    disk: str | None = None,
    writing: Collection[int] = (),
    failed: Collection[int] = (),
) -> list[Finding]:
    """Close what a crash left open: each such file is cut at its last whole fragment and listed with what it holds.

    `failed` are the segments that no crash left, but a disk that could not be written: they end with `storage`.

    Only for whoever owns this archive; `writing` are the segments that are open because somebody writes them. With
    `disk`, of that disk alone: what lies on one that is not there now keeps its row.
    """
    rows = [row for row in index.open_segments() if row.id not in writing and disk in (None, row.disk)]
    return [_adopt(index, row, "storage" if row.id in failed else "crash") for row in rows]


def check(
    config: EdgeConfig,
    *,
    depth: Depth | None = None,
    repair: bool = False,
    progress: Progress = lambda done, total: None,
) -> list[Finding]:
    """Look for broken promises. Without `repair` nothing is changed, and a recorder may work beside.

    Raises `Conflict` when a repair meets a running recorder, `Unavailable` for an index of an older version.
    """
    if not config.index_db.exists():
        return []
    lock = archive_lock(config.storage.archive) if repair else None
    index = None
    try:
        index = Index(config.index_db, readonly=not repair)
        return list(_Check(config, index, depth or Depth(), repair, progress).run())
    finally:
        if index is not None:
            index.close()
        if lock is not None:
            os.close(lock)


def faults_of(row: SegmentRow) -> list[str]:
    """What is wrong with a closed segment's row in itself, in words. Pure."""
    try:
        entries = unpack_fragments(row.fragments)
    except struct.error as error:
        return [f"its list of fragments cannot be read: {error}"]
    if not entries:
        return ["lists no fragment"]
    found = []
    if entries[0].offset != row.init_bytes or entries[-1].offset + entries[-1].size != row.size:
        found.append("its fragments do not reach from its head to its end")
    for before, after in pairwise(entries):
        if after.offset != before.offset + before.size:
            found.append(f"a hole or an overlap in the file at byte {after.offset}")
        if after.start < before.start + before.duration:
            found.append(f"media time goes back at byte {after.offset}")
        elif (after.start - before.start - before.duration) * 100 // 9 > JOIN_WITHIN_US:
            found.append(f"stretches over time that was not recorded at byte {after.offset}")
    if row.duration != entries[-1].start + entries[-1].duration or row.frames != sum(e.frames for e in entries):
        found.append("its length or number of frames is not that of its fragments")
    return found


def overlaps(sequence: Iterable[tuple[str, int, int, int, str]]) -> Iterator[tuple[str, str]]:
    """Files of one stream, by time, that claim the same time as the one before, and by how much. Pure.

    A node whose clock was set back records the same hour twice; that run says so (`clock_step`) and is no fault.
    """
    rows = list(sequence)
    stepped = {run for _, run, _, _, reason in rows if reason == "clock_step"}
    for (_, run, _, end_us, _), (path, next_run, start_us, _, _) in pairwise(rows):
        if end_us - start_us > JOIN_WITHIN_US and (run == next_run or not stepped & {run, next_run}):
            yield path, f"begins {(end_us - start_us) / 1e6:.1f} s before the file before it ends"


class _Check:
    """One check. Findings come as they are found, each mended at once when that is wanted and possible."""

    def __init__(self, config: EdgeConfig, index: Index, depth: Depth, repair: bool, progress: Progress) -> None:
        self._config, self._index, self._depth, self._progress = config, index, depth, progress
        self._repair = repair
        self._disks = Disks.of(config)
        self._disks.look(now_us(), change=False)
        self._recent_us = now_us() - RECENT_US

    def run(self) -> Iterator[Finding]:
        """In this order, because a repair of one thing may be what the next looks at."""
        yield from self._check_index()
        yield from self._check_disks()
        if self._repair:
            yield from self._adopt_open()
        unlisted = list(self._unlisted_files())  # before the rows: the index lists each file before it is made
        yield from self._check_segments()
        for disk, path in unlisted:
            yield from self._check_unlisted(disk, path)
        for camera, stream in self._index.streams():
            yield from self._check_timeline(camera, stream)
        if not self._index.usage_is_right():
            if self._repair:
                self._index.recount()
            yield Finding("index.usage", "index.db", "what files take was counted wrongly", self._repair)
        if self._depth.evidence:
            yield from self._check_evidence()

    # The index and the disks

    def _check_index(self) -> Iterator[Finding]:
        if self._depth.every_file and (damage := self._index.damage()):
            yield Finding("index.damaged", "index.db", damage, False)

    def _check_disks(self) -> Iterator[Finding]:
        for disk in self._disks.disks:
            if disk.state in (DiskState.REFUSED, DiskState.FAILED) or (disk.state is DiskState.ABSENT and disk.id):
                yield Finding(f"disk.{disk.state}", str(disk.path), f"cannot be used: {disk.reason}", False)
        for id in self._index.unknown_disks():
            yield Finding("disk.unknown", id, "holds segments, and nobody knows where it is", False)

    def _adopt_open(self) -> Iterator[Finding]:
        there = {disk.id for disk in self._disks.disks if disk.trusted} | {""}
        for id in there:
            yield from adopt_open_segments(self._config.storage.archive, self._index, disk=id)

    def _there(self, row: SegmentRow) -> Path | None:
        """The file of a segment, if its disk is one that can be looked at."""
        disk = self._disks.get(row.disk)
        if row.disk and (disk is None or not disk.trusted):
            return None
        try:
            return self._index.file_of(row)
        except NotFound:
            return None

    # Files that are listed

    def _check_segments(self) -> Iterator[Finding]:
        total, done, last = self._index.count(), 0, 0
        while rows := self._index.segments_after(last, IN_ONE_GO):
            for row in rows:
                if row.state != "open":
                    yield from self._check_segment(row)
            last, done = rows[-1].id, done + len(rows)
            self._progress(done, max(total, done))

    def _check_segment(self, row: SegmentRow) -> Iterator[Finding]:
        path = self._there(row)
        if path is None:
            return
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            if not self._still_listed(row):
                return
            if self._repair:
                self._index.drop_lost(row, "lost")
            yield Finding("segment.missing", row.path, "is in the index but not on disk", self._repair)
            return
        except OSError as error:
            yield Finding("segment.unreadable", row.path, os.strerror(error.errno or 0), False)
            return
        if size < row.size:
            yield self._cut(row, path, "segment.short", f"has {size} of {row.size} indexed bytes")
            return
        if size > row.size:
            yield self._shorten(row, path, size)
        if faults := faults_of(row):
            yield self._cut(row, path, "segment.index", "; ".join(faults[:3]))
            return
        yield from self._look_inside(row, path)

    def _still_listed(self, row: SegmentRow) -> bool:
        """Retention, which works beside a check, drops the row first: then there is nothing to complain about."""
        return self._index.find(row.path) is not None

    def _look_inside(self, row: SegmentRow, path: Path) -> Iterator[Finding]:
        if self._depth.every_file or row.wall_start_us > self._recent_us:
            wrong = _disagreement(row, path)
            if wrong and self._still_listed(row):
                yield self._cut(row, path, "segment.damaged", wrong)
                return
        if self._depth.hashes and row.sha256 is not None and _digest(path, row.size) not in (None, row.sha256):
            yield Finding("segment.hash", row.path, "a byte of it has changed since it was closed", False)

    def _cut(self, row: SegmentRow, path: Path, code: str, message: str) -> Finding:
        """List again what can be played of a file; what is lost of it becomes a gap with that cause."""
        if not self._repair:
            return Finding(code, row.path, message, False)
        before_us = row.wall_end_us
        try:
            _adopt_file(path, row)
        except (Corrupt, OSError) as error:
            _put_aside(path)
            self._index.drop_lost(row, "lost")
            return Finding(code, row.path, f"{message}; nothing of it can be played ({error}), it was put aside", True)
        self._index.commit([row], [])
        if before_us - row.wall_end_us > JOIN_WITHIN_US:
            self._index.add_gap(row.camera, row.stream, row.wall_end_us, before_us, "lost")
        return Finding(code, row.path, f"{message}; listed again with {row.frames} frames", True)

    def _shorten(self, row: SegmentRow, path: Path, size: int) -> Finding:
        message = f"has {size - row.size} bytes that nobody listed"
        if not self._repair:
            return Finding("segment.long", row.path, message, False)
        os.truncate(path, row.size)
        return Finding("segment.long", row.path, f"{message}; they were cut off", True)

    # Files that are not listed

    def _unlisted_files(self) -> Iterator[tuple[Disk, str]]:
        """Files on disk that were not in the index a moment later."""
        for disk in self._disks.disks:
            if not disk.trusted and disk.state is not DiskState.ABSENT:
                continue
            for path in disk.path.glob("*/*/*/*.mp4"):
                name = str(path.relative_to(disk.path))
                if self._index.find(name) is None:
                    yield disk, name

    def _check_unlisted(self, disk: Disk, name: str) -> Iterator[Finding]:
        path = disk.path / name
        if not path.exists() or self._index.find(name) is not None:
            return  # retention has just deleted it
        message = "is on disk but not in the index"
        if not self._repair:
            yield Finding("segment.unlisted", name, message, False)
            return
        try:
            row = self._take_in(disk, name, path)
        except (Corrupt, OSError) as error:
            _put_aside(path)
            yield Finding("segment.unlisted", name, f"{message}, cannot be played ({error}), and was put aside", True)
        else:
            yield Finding("segment.unlisted", name, f"{message}; adopted with {row.frames} frames", True)

    def _take_in(self, disk: Disk, name: str, path: Path) -> SegmentRow:
        match = _PATH.fullmatch(name)
        if match is None:
            raise Corrupt("its name is none of ours", code="segment.strange")
        next_id, next_run = self._index.next_ids()
        with path.open("rb") as file:
            video = parse_init(file.read(1_000_000)).video
        start = datetime.strptime(match["day"] + match["time"], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        row = SegmentRow(
            id=next_id, camera=match["camera"], stream=match["stream"], run=next_run, path=name,
            wall_start_us=to_us(start), codec=video.codec, width=video.width, height=video.height, init_bytes=0,
            disk=disk.id,
        )  # fmt: skip
        _adopt_file(path, row)
        self._index.commit([row], [])
        return row

    # Time

    def _check_timeline(self, camera: str, stream: str) -> Iterator[Finding]:
        rows = list(self._index.sequence(camera, stream))
        for path, message in overlaps(rows):
            yield Finding("segment.overlap", path, message, False)
        if not rows:
            return
        kept = _merged(rows)
        whole = Span(kept[0].start_us, kept[-1].end_us)
        noted = self._index.gaps(camera, stream, whole.start_us, whole.end_us)
        said = [(start, end, _SAID if cause == UNKNOWN else cause) for start, end, cause in noted]
        for gap in gaps_between(kept, whole, said):
            if gap.cause == UNKNOWN:
                if self._repair:
                    self._index.add_gap(camera, stream, gap.start_us, gap.end_us, UNKNOWN)
                seconds = (gap.end_us - gap.start_us) / 1e6
                message = f"{seconds:.0f} s of {stream} from {_clock(gap.start_us)} are missing, and nobody knows why"
                yield Finding("gap.no_cause", f"{camera}/{stream}", message, self._repair)

    # Evidence

    def _check_evidence(self) -> Iterator[Finding]:
        archive, site = self._config.storage.archive, self._config.site.id
        if not self._index.roots():
            return
        secrets = SecretStore(self._config.storage.data)
        if SECRET not in secrets.names():  # a check makes no key
            yield Finding("evidence.no_key", "roots", "days are signed, and the node's key for it is gone", False)
            return
        key = node_key(secrets).public_key()
        for doubt in verify_roots(self._index, archive, site, key):
            yield Finding(doubt.code, doubt.path, doubt.message, False)
        for number, day, _, _ in self._index.roots():
            try:
                signed = dict(read_list(archive, day).files)
            except QorganError:
                continue  # said already
            for path, (_, row) in self._index.rooted(number).items():
                yield from self._check_signed(row, signed.get(path), day)

    def _check_signed(self, row: SegmentRow, digest: str | None, day: str) -> Iterator[Finding]:
        path = self._there(row)
        if path is None or digest is None:
            return
        found = _digest(path, row.size)
        if found is not None and found.hex() != digest:
            yield Finding("evidence.file_changed", row.path, f"is not what was signed for {day}", False)


def _adopt(index: Index, row: SegmentRow, reason: str) -> Finding:
    path = index.file_of(row)
    try:
        kept, lost = _adopt_file(path, row)
    except (FileNotFoundError, Corrupt) as error:
        index.forget([row.id])
        path.unlink(missing_ok=True)
        return Finding("segment.lost", row.path, f"nothing of it can be played: {error}", True)
    row.end_reason = reason
    index.commit([row], [])
    return Finding("segment.adopted", row.path, f"{kept} fragments kept, {lost} bytes of an unfinished one cut", True)


def _adopt_file(path: Path, row: SegmentRow) -> tuple[int, int]:
    """Cut a file at its last whole fragment, durably, and say in its row what it holds."""
    with path.open("r+b") as file:
        size = os.fstat(file.fileno()).st_size
        init_bytes, fragments = whole_fragments(lambda offset, count: os.pread(file.fileno(), count, offset), size)
        arrived = partial(_arrived, file.fileno(), row.size)
        fragments = list(takewhile(lambda found: arrived(found[0], found[1].length), fragments))
        if not fragments or not arrived(0, init_bytes):
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


def _arrived(file: int, promised: int, offset: int, length: int) -> bool:
    """Whether all of these bytes got to the disk before the power went, as far as can be seen.

    A file may have its new length before it has its new bytes; what is missing then reads as nulls, by whole sectors.
    What was synced, below `promised`, is certain. Video has no long run of nulls (H.264 7.4.1, H.265 7.4.2: never three
    in a row within a NAL unit), so a sector of nothing else never arrived.
    """
    if offset + length <= promised:
        return True
    data = os.pread(file, length, offset)
    return all(data[at : at + SECTOR].strip(b"\0") for at in range(-offset % SECTOR, length, SECTOR))


def _disagreement(row: SegmentRow, path: Path) -> str | None:
    """How a file differs from what the index lists of it, seen from inside, or None."""
    try:
        with path.open("rb") as file:
            init_bytes, fragments = whole_fragments(
                lambda offset, count: os.pread(file.fileno(), count, offset), row.size
            )
    except FileNotFoundError:
        return None  # retention was faster; whether it was is asked for files that are not there at all
    except (Corrupt, OSError) as error:
        return f"cannot be read: {error}"
    if init_bytes != row.init_bytes:
        return "its first fragment is not where the index says"
    waiting = deque(fragments)
    for entry in unpack_fragments(row.fragments):
        inside, at = [], entry.offset
        while waiting and waiting[0][0] == at and at < entry.offset + entry.size:
            inside.append(waiting.popleft()[1])
            at += inside[-1].length
        if at != entry.offset + entry.size:
            return f"the index lists a fragment at byte {entry.offset}, and there is none"
        pictures = [fragment for fragment in inside if fragment.sizes]
        if sum(len(f.sizes) for f in inside) != entry.frames or (pictures and pictures[0].base_time != entry.start):
            return f"the fragment at byte {entry.offset} is another than the index lists"
    return None


def _digest(path: Path, size: int) -> bytes | None:
    """SHA-256 of a file's first `size` bytes; None when it is gone or cannot be read."""
    digest, left = hashlib.sha256(), size
    try:
        with path.open("rb") as file:
            while left > 0 and (data := file.read(min(left, 1 << 20))):
                digest.update(data)
                left -= len(data)
    except OSError:
        return None
    return digest.digest()


def _put_aside(path: Path) -> None:
    if path.exists():
        path.rename(path.with_name(path.name + ".damaged"))


def _merged(rows: list[tuple[str, int, int, int, str]]) -> list[Span]:
    """What the files cover, joined."""
    merged: list[Span] = []
    for _, _, start_us, end_us, _ in rows:
        if merged and start_us - merged[-1].end_us <= JOIN_WITHIN_US:
            merged[-1] = replace(merged[-1], end_us=max(end_us, merged[-1].end_us))
        else:
            merged.append(Span(start_us, end_us))
    return merged


def _clock(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us / 1e6, UTC):%Y-%m-%d %H:%M:%S} UTC"
