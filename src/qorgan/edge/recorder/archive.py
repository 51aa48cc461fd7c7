"""The archive's writer: one thread that owns the open files and index.db, so that a slow disk never stops the reading.

Twice a second `syncfs` makes everything written so far durable together; then one transaction says so in the index.
An indexed byte range is therefore on disk (invariant I4), and a power cut takes two seconds at most.

Files lie on one or more disks (`disks.py`). One that fails is left: its open files stay in the index as far as they
were durable, recording goes on elsewhere, and when it is back they are adopted. What a full disk needs is space kept
back for the index (`ballast`), and retention at once (`when_full`).

The queue holds at most `QUEUE_LIMIT_BYTES` of video. When the disk cannot keep up, fragments are refused, the run
ends with the cause `storage`, and recording goes on with the next keyframe.
"""

import contextlib
import ctypes
import errno
import hashlib
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from qorgan.edge.core.ballast import Ballast
from qorgan.edge.recorder.check import adopt_open_segments
from qorgan.edge.recorder.disks import Disk, Disks, DiskState
from qorgan.edge.recorder.entries import FragmentEntry
from qorgan.edge.recorder.index import Damage, Index, SegmentRow
from qorgan.edge.recorder.timing import to_us
from qorgan.edge.recorder.track import Fragment
from qorgan.kernel.clock import from_us
from qorgan.protocols.fmp4.writer import AudioTrack, VideoTrack, fragment_head, init_segment

log = structlog.get_logger()

SYNC_EVERY_S = 0.5  # with the second of a fragment and a turn of the reading: well below the two seconds of I4
QUEUE_LIMIT_BYTES = 256 * 1024 * 1024
_FULL = (errno.ENOSPC, errno.EDQUOT)
Job = Callable[[], object]
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(slots=True)
class _OpenFile:
    row: SegmentRow
    fd: int
    entries: bytearray = field(default_factory=bytearray)
    digest: Any = field(default_factory=hashlib.sha256)
    written: int = 0
    duration: int = 0
    frames: int = 0
    failed: bool = False


class ArchiveWriter:
    """Takes a track's decisions and carries them out in order. Owner of open files and of index.db.

    The methods of `track.Sink` may be called from one other thread; they only queue. `on_storage_fault(camera,
    stream)` is called from the archive's thread.
    """

    def __init__(
        self,
        root: Path,
        on_storage_fault: Callable[[str, str], None] = lambda camera, stream: None,
        *,
        disks: Disks | None = None,
        ballast: Ballast | None = None,
        when_full: Job = lambda: None,
    ) -> None:
        self._root, self._on_storage_fault = root, on_storage_fault
        self._ballast, self._when_full = ballast, when_full
        root.mkdir(parents=True, exist_ok=True)
        self._disks = disks or Disks.alone(root)
        self._fds = {disk.id: _directory(disk.path) for disk in self._disks.disks if disk.state is DiskState.READY}
        self._placed: dict[int, Disk] = {}
        self._left: set[int] = set()  # files that were open on a disk when it failed
        self._full = False
        self.used: dict[str, int] = {}  # bytes on each disk, as the janitor last counted them
        index = Index(root / "index.db")
        self._next_segment, self._next_run = index.next_ids()
        index.close()
        self._batch: list[Job] = []
        self._begun: list[SegmentRow] = []
        self._queue: queue.SimpleQueue[tuple[list[SegmentRow], list[Job]] | None] = queue.SimpleQueue()
        self._queued_bytes = 0
        self._refused: set[int] = set()  # files that a fragment was refused for: nothing more goes into them
        self._taken_bytes = 0
        self._open: dict[int, _OpenFile] = {}
        self._changed: dict[int, SegmentRow] = {}
        self._gaps: list[tuple[str, str, int, str | None]] = []
        self._damage: list[Damage] = []
        self._thread = threading.Thread(target=self._run, name="archive", daemon=True)
        self._behind = False
        self.storage_fault = ""

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread works. One that ended by itself met a bug, or an index that cannot be opened."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Write what is queued, make it durable, end the thread."""
        self.submit()
        self._queue.put(None)
        self._thread.join()
        for fd in self._fds.values():
            os.close(fd)

    # track.Sink: called by the reading side

    def new_segment_id(self) -> int:
        self._next_segment += 1
        return self._next_segment - 1

    def new_run_id(self) -> int:
        self._next_run += 1
        return self._next_run - 1

    def open_segment(self, row: SegmentRow, track: VideoTrack, audio: AudioTrack | None = None) -> None:
        start = from_us(row.wall_start_us)
        row.path = f"{row.camera}/{row.stream}/{start:%Y%m%d}/{start:%H%M%S}-{row.id}.mp4"
        init = init_segment(track, audio)
        row.init_bytes = len(init)
        self._begun.append(row)
        self._batch.append(lambda: self._open_file(row, init))

    def write_fragment(self, row: SegmentRow, fragment: Fragment) -> None:
        size = sum(map(len, fragment.data))
        if row.id in self._refused or self._queued_bytes - self._taken_bytes + size > QUEUE_LIMIT_BYTES:
            if row.id not in self._refused:  # a file is never stretched over what is missing in it (I5)
                self._refused.add(row.id)
                self.note_gap(row.camera, row.stream, row.wall_start_us + fragment.start * 100 // 9, "storage")
            if not self._behind:
                log.error("archive.disk_too_slow", waiting_bytes=self._queued_bytes - self._taken_bytes)
            self._behind = True
            self._on_storage_fault(row.camera, row.stream)
            return
        self._behind = False
        self._queued_bytes += size
        self._batch.append(lambda: self._write(row, fragment, size))

    def close_segment(self, row: SegmentRow, reason: str) -> None:
        self._refused.discard(row.id)
        self._batch.append(lambda: self._close_file(row, reason))

    def note_gap(self, camera: str, stream: str, at_us: int, cause: str | None) -> None:
        self._batch.append(lambda: self._gaps.append((camera, stream, at_us, cause)))

    def call(self, job: Job) -> None:
        """Run something in the archive's thread, in order with what was queued before: the janitor's deletions."""
        self._batch.append(job)

    def submit(self) -> None:
        """Hand over what has been queued since the last time: once per tick, not once per fragment."""
        if self._batch:
            self._queue.put((self._begun, self._batch))
            self._begun, self._batch = [], []

    # The archive's own thread

    def _run(self) -> None:
        index = self.index = Index(self._root / "index.db")
        next_sync = time.monotonic() + SYNC_EVERY_S
        stopping = False
        while not stopping:
            try:
                taken = self._queue.get(timeout=max(0.0, next_sync - time.monotonic()))
            except queue.Empty:
                taken = [], []
            if taken is None:
                stopping, taken = True, ([], [])
                for file in list(self._open.values()):
                    self._close_file(file.row, "node_stopped")
            begun, batch = taken
            self._announce(begun)
            self._carry_out(batch)
            self._make_room()
            if stopping or time.monotonic() >= next_sync:
                next_sync = time.monotonic() + SYNC_EVERY_S
                self._make_durable()
        index.close()

    def _announce(self, begun: Sequence[SegmentRow]) -> None:
        """List files before they are made, promising nothing of them: after a crash none lies there unknown."""
        listed = []
        for row in begun:
            disk = self._disks.choose(row.camera, self.used)
            if disk is not None:
                row.disk = disk.id
                self._placed[row.id] = disk
                listed.append(row)
        if not listed:
            return
        try:
            self._commit(listed, [])
        except Exception:  # the root of this unit of work; each is listed again with its first fragment
            log.exception("archive.index_failed")

    def _carry_out(self, batch: Sequence[Job]) -> None:
        for job in batch:
            try:
                job()
            except Exception:  # the root of this unit of work
                log.exception("archive.job_failed")

    def _commit(
        self,
        rows: Iterable[SegmentRow],
        gaps: Sequence[tuple[str, str, int, str | None]],
        damage: Sequence[Damage] = (),
    ) -> None:
        """Into the index; when the disk is full, with the space that is kept back for it."""
        rows = list(rows)
        try:
            self.index.commit(rows, gaps, damage)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_FULL or self._ballast is None or not self._ballast.release():
                raise
            log.error("archive.ballast_released", reason="the disk with the index is full")
            self._full = True
            self.index.commit(rows, gaps, damage)

    def _make_room(self) -> None:
        if self._full:
            self._full = False
            if self._ballast is not None:
                self._ballast.release()  # to forget files needs room in the index, too
            self._carry_out([self._when_full])

    def take_ballast(self) -> None:
        """Keep space back for the index again, when there is room. In the archive's thread."""
        if self._ballast is not None and not self._ballast.held and self._ballast.take():
            log.info("archive.ballast_taken")

    # Disks that come and go: in the archive's thread

    def look_at_disks(self, at_us: int) -> None:
        """Look which disks are there; leave those that are not, use those that are (again)."""
        for disk in self._disks.disks:
            if disk.id in self._fds and disk.state is DiskState.READY and not self._is_where_it_was(disk):
                disk.state = DiskState.ABSENT  # whatever is there now has to prove itself
                self._leave(disk.id)
        self._disks.look(at_us)
        ready = {disk.id: disk for disk in self._disks.disks if disk.state is DiskState.READY}
        for id in set(self._fds) - set(ready):
            self._leave(id)
        for id in set(ready) - set(self._fds):
            self._use(ready[id], at_us)

    def _leave(self, id: str) -> None:
        """What was not durable on this disk is not promised; its open files are adopted when it is back."""
        for segment in [segment for segment, row in self._changed.items() if row.disk == id]:
            del self._changed[segment]
        for file in [file for file in self._open.values() if file.row.disk == id]:
            del self._open[file.row.id]
            self._left.add(file.row.id)
            self._note_lost(file.row)
            with contextlib.suppress(OSError):  # it tells late of a write that failed: nobody relies on it any more
                os.close(file.fd)
            self._on_storage_fault(file.row.camera, file.row.stream)
        if (fd := self._fds.pop(id, None)) is not None:
            os.close(fd)
        log.error("disk.out", id=id)

    def _note_lost(self, row: SegmentRow) -> None:
        """The gap begins where that which is promised ends, not where the stream hears of it."""
        try:
            promised = self.index.find(row.path)
        except sqlite3.Error:  # the index is on that disk: the stream's own word has to do
            return
        end_us = row.wall_start_us if promised is None else promised.wall_end_us
        self._gaps.append((row.camera, row.stream, end_us, "storage"))

    def _use(self, disk: Disk, at_us: int) -> None:
        self.index.put_disk(disk.id, disk.path, at_us)
        adopted = adopt_open_segments(self._root, self.index, disk=disk.id, writing=set(self._open), failed=self._left)
        self._left &= {row.id for row in self.index.open_segments()}  # those on a disk that is still out
        for finding in adopted:
            log.warning(finding.code, path=finding.path, detail=finding.message)
        self._fds[disk.id] = _directory(disk.path)
        log.info("disk.in", id=disk.id, path=str(disk.path))

    def _is_where_it_was(self, disk: Disk) -> bool:
        """Whether the directory that files are made in is still the one at the disk's path."""
        try:
            ours, there = os.fstat(self._fds[disk.id]), disk.path.stat()
        except OSError:
            return False
        return (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)

    # Files

    def _open_file(self, row: SegmentRow, init: bytes) -> None:
        disk = self._placed.pop(row.id, None)
        if disk is None or disk.id not in self._fds:
            self._fault(row, OSError(errno.ENODEV, os.strerror(errno.ENODEV)))
            self.index.forget([row.id])
            return
        try:
            fd = self._create(self._fds[disk.id], row.path)
        except OSError as error:
            self._fault(row, error)
            self.index.forget([row.id])
            return
        file = self._open[row.id] = _OpenFile(row, fd)
        self._append(file, [init], len(init))

    @staticmethod
    def _create(directory: int, path: str) -> int:
        """Make a file below the disk's own directory, never below whatever is mounted at its path by now."""
        *folders, _ = Path(path).parts
        for depth in range(1, len(folders) + 1):
            with contextlib.suppress(FileExistsError):
                os.mkdir(Path(*folders[:depth]), dir_fd=directory)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640, dir_fd=directory)

    def _write(self, row: SegmentRow, fragment: Fragment, size: int) -> None:
        self._taken_bytes += size
        file = self._open.get(row.id)
        if file is None or file.failed:
            return
        samples = fragment.samples
        durations = [sample.duration for sample in samples]
        head = fragment_head(
            fragment.sequence,
            fragment.start,
            [len(sample.data) for sample in samples],
            durations,
            starts_with_key=samples[0].key,
            offsets=fragment.offsets,
            audio=fragment.audio,
        )
        offset, length = file.written, len(head) + size
        if self._append(file, [head, *fragment.data], length):
            duration = sum(durations)
            entry = FragmentEntry(offset, length, fragment.start, duration, len(samples), samples[0].key)
            file.entries += entry.pack()
            file.duration = fragment.start + duration
            file.frames += len(samples)
            self._changed[row.id] = row
            if fragment.damaged:
                self._note_damage(row, fragment, duration)

    def _note_damage(self, row: SegmentRow, fragment: Fragment, duration: int) -> None:
        start_us = row.wall_start_us + to_us(fragment.start)
        end_us = start_us + to_us(duration)
        self._damage.append(Damage(row.camera, row.stream, start_us, end_us, fragment.damaged))

    def _append(self, file: _OpenFile, buffers: Sequence[bytes], length: int) -> bool:
        """Write all of `buffers` or mark the file failed and cut back what was written of them."""
        try:
            written = os.writev(file.fd, buffers)
            if written < length:  # a nearly full disk, or a signal: the rest in one piece
                rest = memoryview(b"".join(buffers))[written:]
                while rest:
                    rest = rest[os.write(file.fd, rest) :]
        except OSError as error:
            self._cut_back(file)
            self._fault(file.row, error)
            file.failed = True
            return False
        for buffer in buffers:
            file.digest.update(buffer)
        file.written += length
        self.storage_fault = ""
        return True

    def _cut_back(self, file: _OpenFile) -> None:
        try:
            os.ftruncate(file.fd, file.written)
            os.lseek(file.fd, file.written, os.SEEK_SET)
        except OSError as error:
            log.warning("archive.cut_back_failed", path=file.row.path, errno=error.errno)

    def _close_file(self, row: SegmentRow, reason: str) -> None:
        file = self._open.pop(row.id, None)
        if file is None:
            return
        if not file.entries:  # not one fragment could be written: there is nothing to promise
            self._discard(file)
            return
        self._reflect(file)
        row.state, row.end_reason = "closed", "storage" if file.failed else reason
        row.sha256 = file.digest.digest()
        if file.failed:
            self._gaps.append((row.camera, row.stream, row.wall_end_us, "storage"))
        os.close(file.fd)
        self._changed[row.id] = row

    def _discard(self, file: _OpenFile) -> None:
        os.close(file.fd)
        if (directory := self._fds.get(file.row.disk)) is not None:
            os.unlink(file.row.path, dir_fd=directory)
        self._changed.pop(file.row.id, None)
        self.index.forget([file.row.id])

    def _reflect(self, file: _OpenFile) -> None:
        """Put what is written into the row: called after the bytes are in the file, before they are synced."""
        row = file.row
        row.fragments, row.duration, row.size, row.frames = file.entries, file.duration, file.written, file.frames

    def _make_durable(self) -> None:
        for id in self._changed:
            if file := self._open.get(id):
                self._reflect(file)
        if not self._changed and not self._gaps:
            return
        for disk in {row.disk for row in self._changed.values()}:
            self._sync(disk)
        try:
            self._commit(self._changed.values(), self._gaps, self._damage)
        except Exception:  # the root of this unit of work; the same rows are tried again in a second
            log.exception("archive.index_failed")
            return
        self._changed.clear()
        self._gaps.clear()
        self._damage.clear()

    def _sync(self, id: str) -> None:
        """Make what is on a disk durable, or leave the disk.

        After a failed sync the kernel counts the pages as written; a later success would prove nothing about them.
        """
        if _libc.syncfs(self._fds[id]) == 0:
            return
        code = ctypes.get_errno()
        self.storage_fault = os.strerror(code)
        log.error("archive.sync_failed", error=self.storage_fault)
        self._disks.failed(id, errno.EIO)
        self._leave(id)

    def _fault(self, row: SegmentRow, error: OSError) -> None:
        if not self.storage_fault:
            log.error("archive.write_failed", camera=row.camera, stream=row.stream, error=os.strerror(error.errno or 0))
        self.storage_fault = os.strerror(error.errno or 0)
        self._full = self._full or error.errno in _FULL
        if self._disks.failed(row.disk, error.errno or 0):
            self._leave(row.disk)
        self._on_storage_fault(row.camera, row.stream)


def _directory(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
