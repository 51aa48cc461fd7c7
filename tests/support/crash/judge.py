"""Starts a node on what a power cut left, and says which promises do not hold (I4 and I5; docs/design/recorder.md).

The promises are checked against the bytes that the recorder wrote, with as little of its own reckoning as possible.
"""

import hashlib
import json
import random
import shutil
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qorgan.domain.coverage import JOIN_WITHIN_US
from qorgan.edge.recorder.check import adopt_open_segments, check
from qorgan.edge.recorder.disks import Disks, DiskState
from qorgan.edge.recorder.entries import unpack_fragments
from qorgan.edge.recorder.index import Index, SegmentRow
from qorgan.kernel.errors import Corrupt
from qorgan.protocols.fmp4.reader import parse_fragment, parse_init, walk
from tests.support.crash.feed import FACTS, FOLDERS, config_of, marks
from tests.support.crash.operations import SYNCS, Kind, Operation, read_operations, traced
from tests.support.crash.platter import Fate, Leftover, Platter

RIGHT_AFTER_SYNCS = 0.3  # of the cuts; the others come at any operation


@dataclass(frozen=True, slots=True)
class Footage:
    """One fragment: where it ends in its file, when it was written, and its frames (number, arrival in µs)."""

    end: int
    written_us: int
    frames: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class Recording:
    """A traced run: what was done, and what every file was to become."""

    root: Path
    operations: list[Operation]
    files: dict[str, bytes]  # every video file at its longest, by its path below its disk
    footage: dict[str, list[Footage]]
    disks: dict[str, str]  # which disk a video file lies on
    retired: dict[str, int]  # when retention took a file, µs
    hashes: dict[str, bytes]
    played: set[tuple[str, int, int, bytes]] = field(default_factory=set)  # whole files whose lists were found right


def record(root: Path, seconds: float) -> Recording:
    """Let the feed record into `root` for so long, under strace."""
    for name in FOLDERS:
        (root / name).mkdir(parents=True)
    trace = root.parent / f"{root.name}.trace"
    command = [sys.executable, "-m", "tests.support.crash.feed", str(root), str(seconds)]
    done = subprocess.run(traced(command, trace), capture_output=True, text=True, timeout=seconds + 300)
    assert done.returncode == 0, done.stderr
    operations = [one for one in read_operations(trace, root) if one.path.split("/")[0] in FOLDERS]
    trace.unlink()
    files, footage, disks = {}, {}, {}
    for writes in _video(operations):
        disk, _, path = writes[0].path.partition("/")
        disks[path], files[path] = disk, b"".join(one.data for one in writes)
        footage[path] = list(_footage(files[path], writes))
    retired = json.loads((root / FACTS).read_text("utf-8"))["retired"]
    hashes = {path: hashlib.sha256(data).digest() for path, data in files.items()}
    return Recording(root, operations, files, footage, disks, retired, hashes)


def _video(operations: Sequence[Operation]) -> list[list[Operation]]:
    """What was written to each video file."""
    writes: dict[int, list[Operation]] = defaultdict(list)
    for one in operations:
        if one.path.endswith(".mp4") and one.kind is Kind.WRITE:
            before = writes[one.node][-1] if writes[one.node] else None
            assert one.offset == (before.offset + len(before.data) if before else 0), "video files only grow"
            writes[one.node].append(one)
    return list(writes.values())


def _footage(data: bytes, writes: Sequence[Operation]) -> Iterator[Footage]:
    for offset, kind, length in walk(lambda at, count: data[at : at + count], len(data)):
        if kind == b"mdat":
            end = offset + length
            written_us = next(one.done_us for one in writes if one.offset + len(one.data) >= end)
            yield Footage(end, written_us, tuple(marks(data[offset:end])))


@dataclass(frozen=True, slots=True)
class Cut:
    """The power went after so many operations: at the latest when the next one was done."""

    after: int
    fate: Fate
    seed: int


def some_cuts(recording: Recording, count: int, seed: int) -> list[Cut]:
    """Moments and fates, in the order of the moments."""
    chance = random.Random(seed)
    syncs = [number + 1 for number, one in enumerate(recording.operations) if one.kind in SYNCS]
    cuts = []
    for number in range(count):
        after = chance.randint(0, len(recording.operations))
        if syncs and chance.random() < RIGHT_AFTER_SYNCS:
            after = chance.choice(syncs)
        cuts.append(Cut(after, list(Fate)[number % len(Fate)], chance.getrandbits(32)))
    return sorted(cuts, key=lambda cut: cut.after)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one crash state came to. `lost_s`: from the arrival of the first lost frame to the cut, by camera."""

    cut: Cut
    violations: tuple[str, ...]
    lost_s: dict[str, float]


def judge_all(recording: Recording, cuts: Sequence[Cut], workplace: Path) -> Iterator[Verdict]:
    """Each cut's state, started again in a folder below `workplace` and judged."""
    platter, covered, done = Platter(list(FOLDERS)), _Covered(), 0
    for cut in cuts:
        for operation in recording.operations[done : cut.after]:
            platter.apply(operation)
            covered.apply(operation)
        done = cut.after
        underway = recording.operations[cut.after] if cut.after < len(recording.operations) else None
        cut_us = (underway or recording.operations[-1]).done_us
        chance = random.Random(cut.seed)
        begun = underway if underway is not None and chance.random() < 0.5 else None
        root = workplace / "state"
        try:
            lay_out(platter.crash(chance, cut.fate, begun), root)
            judge = _Judge(recording, root, cut_us, dict(covered.until_us))
            judge.run()
            yield Verdict(cut, tuple(judge.violations), judge.lost)
        finally:
            shutil.rmtree(root, ignore_errors=True)


@dataclass(slots=True)
class _Covered:
    """Until when everything written to a disk is synced and, by a transaction after it, in the index."""

    until_us: dict[str, int] = field(default_factory=dict)
    _synced_us: dict[str, int] = field(default_factory=dict)

    def apply(self, operation: Operation) -> None:
        if operation.kind is Kind.SYNC_DISK:
            self._synced_us[operation.path] = operation.begun_us
        elif operation.kind is Kind.SYNC_FILE and operation.path.endswith("index.db-wal"):
            self.until_us |= self._synced_us
            self._synced_us.clear()


def lay_out(leftover: Leftover, root: Path) -> None:
    """Make the folders and files of a crash state."""
    root.mkdir(parents=True)
    for path in leftover.folders:
        (root / path).mkdir(exist_ok=True, parents=True)
    for path, data in leftover.files.items():
        (root / path).write_bytes(data)


@dataclass(slots=True)
class _Judge:
    recording: Recording
    root: Path
    cut_us: int
    covered_us: dict[str, int]
    violations: list[str] = field(default_factory=list)
    lost: dict[str, float] = field(default_factory=dict)

    def run(self) -> None:
        """Promises before the repair, the repair, promises after it."""
        config = config_of(self.root)
        try:
            disks = Disks.of(config)
            disks.look(self.cut_us)
            for disk in disks.disks:
                self._expect(disk.state is DiskState.READY, f"{disk.path.name} is {disk.state}: {disk.reason}")
            index = Index(config.storage.archive / "index.db")
            try:
                for disk in disks.disks:  # as at every start of the recorder
                    index.put_disk(disk.id, disk.path, self.cut_us)
                before = list(index.all_segments())
                self._promised(index, before)
                for disk in disks.disks:
                    adopt_open_segments(config.storage.archive, index, disk=disk.id)
                after = {row.id: row for row in index.all_segments()}
                self._kept(before, after)
                self._whole(index, after.values())
                self._sound(index)
                self._timeline(index)
            finally:
                index.close()
            self._count_lost(after)
            self._checked()
        except (Corrupt, sqlite3.Error, OSError) as error:
            self.violations.append(f"the node does not start: {type(error).__name__}: {error}")

    def _expect(self, holds: bool, message: str) -> None:
        if not holds:
            self.violations.append(message)

    def _promised(self, index: Index, rows: Sequence[SegmentRow]) -> None:
        """I4: what the index says is durable is on disk, byte for byte what the recorder wrote."""
        for row in rows:
            if row.size == 0:
                continue
            path = index.file_of(row)
            if not path.exists():
                self.violations.append(f"{row.path} ({row.state}, {row.size} bytes) is promised and not there")
                continue
            data = path.read_bytes()
            whole = data[: row.size] == self.recording.files.get(row.path, b"")[: row.size] and len(data) >= row.size
            self._expect(whole, f"{row.path}: not all of the {row.size} promised bytes are there")

    def _kept(self, before: Sequence[SegmentRow], after: dict[int, SegmentRow]) -> None:
        """Nothing indexed was lost by the repair."""
        for row in before:
            if row.size == 0:
                continue
            now = after.get(row.id)
            self._expect(now is not None, f"{row.path} was promised and is forgotten")
            if now is not None:
                self._expect(
                    now.frames >= row.frames and now.size >= row.size,
                    f"{row.path}: {now.frames} frames are left of the {row.frames} that were promised",
                )

    def _whole(self, index: Index, rows: Iterable[SegmentRow]) -> None:
        """Every listed file is there, can be opened, holds what was written, and all of it is listed."""
        for row in rows:
            path = index.file_of(row)
            self._expect(row.state != "open", f"{row.path} is still open")
            if not path.exists():
                self.violations.append(f"{row.path} is listed and not there")
                continue
            data = path.read_bytes()
            written = self.recording.files[row.path]
            self._expect(len(data) == row.size, f"{row.path} has {len(data)} bytes, {row.size} are listed")
            self._expect(data == written[: row.size], f"{row.path}: what is listed is not what was written")
            digest = self.recording.hashes[row.path] if data == written else hashlib.sha256(data).digest()
            self._expect(row.sha256 == digest, f"{row.path}: the hash is another")
            known = row.path, row.size, row.frames, bytes(row.fragments)
            if data != written or known not in self.recording.played:
                self._playable(row, data)
                self.recording.played.add(known)

    def _playable(self, row: SegmentRow, data: bytes) -> None:
        try:
            parse_init(data[: row.init_bytes])
            at, frames = row.init_bytes, 0
            for entry in unpack_fragments(row.fragments):
                self._expect(entry.offset == at, f"{row.path}: a hole in the list at {at}")
                while at < entry.offset + entry.size:
                    fragment = parse_fragment(data[at:])
                    at, frames = at + fragment.length, frames + len(fragment.sizes)
                self._expect(at == entry.offset + entry.size, f"{row.path}: the list cuts through a fragment")
            self._expect((at, frames) == (row.size, row.frames), f"{row.path}: {frames} of {row.frames} frames")
        except Corrupt as error:
            self.violations.append(f"{row.path} cannot be opened: {error}")

    def _sound(self, index: Index) -> None:
        result = index._db.execute("PRAGMA integrity_check").fetchone()[0]
        self._expect(result == "ok", f"index.db: {result}")
        self._expect(index.usage_is_right(), "what files take was not counted right")

    def _timeline(self, index: Index) -> None:
        """I5: recordings of a stream stand in order and do not lie over each other, and gaps end after they begin."""
        for camera, stream in index.streams():
            spans = index.spans(camera, stream, 0, 2**62)
            for one, next_one in zip(spans, spans[1:], strict=False):
                self._expect(one.end_us <= next_one.start_us + JOIN_WITHIN_US, f"{camera}: two recordings of one time")
            for start, end, cause in index.gaps(camera, stream, 0, 2**62):
                self._expect(bool(cause) and (end is None or end >= start), f"{camera}: a gap that makes no sense")

    def _checked(self) -> None:
        """`qorgan edge check` has nothing left to say, but of files that retention had forgotten and not deleted."""
        config = config_of(self.root)
        found = check(config)
        for finding in found:
            forgotten = finding.code == "segment.unlisted" and finding.path in self.recording.retired
            self._expect(forgotten, f"check: {finding.code} {finding.path}: {finding.message}")
        if found:
            check(config, repair=True)
            for finding in check(config):
                self.violations.append(f"check after a repair: {finding.code} {finding.path}: {finding.message}")

    def _count_lost(self, after: dict[int, SegmentRow]) -> None:
        """Every frame that had arrived, is in no listed file, and that retention had not taken."""
        kept = {row.path: row.size for row in after.values()}
        for path, footage in self.recording.footage.items():
            camera = path.split("/")[0]
            if self.recording.retired.get(path, self.cut_us) < self.cut_us:
                continue
            for fragment in footage:
                if fragment.end > kept.get(path, 0):
                    covered = fragment.written_us <= self.covered_us.get(self.recording.disks[path], 0)
                    self._expect(not covered, f"{path}: what lay before byte {fragment.end} was synced and is lost")
                    arrived_us = fragment.frames[0][1]
                    self.lost[camera] = max(self.lost.get(camera, 0.0), (self.cut_us - arrived_us) / 1e6)
                    break
