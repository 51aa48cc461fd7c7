"""Thirty days of a school: how soon does the first byte of a random instant come, and how soon a day's timeline?

Two archives are made, of 3 and of 30 days, each with 16 cameras and both their streams in files of a minute. The
index is real: every file has its row with the list of its 60 fragments, its hash, its place among the daily sums; a few
gaps a day have their causes. Of the files themselves those exist that a seek will open; each is a link to one of 16
real recordings, one per camera, which are read once before (warm). What is measured is the recorder's own code, from
the question to the first bytes, with a new connection to the index each time, as the desk opens one; the way over the
carrier to a browser is measured by `first_frame`. The two archives take turns, round by round.
"""

import argparse
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks._measure import Report, percentile, say
from qorgan.edge.recorder.desk import read_coverage
from qorgan.edge.recorder.entries import FragmentEntry
from qorgan.edge.recorder.index import Index, SegmentRow
from qorgan.edge.recorder.ranges import read_range
from qorgan.kernel.clock import from_us
from qorgan.protocols.fmp4.writer import TIMESCALE, VideoTrack, fragment_head, init_segment
from qorgan.protocols.link.media import MediaKind

ROUNDS = 5
DAYS = (3, 30)
DAY_US, MINUTE_US = 86_400_000_000, 60_000_000
BEGAN_US = 20_750 * DAY_US
STREAMS = {"main": 4_000_000, "sub": 400_000}  # bits per second
FRAMES_PER_S, FRAGMENTS = 25, 60
ROWS_PER_COMMIT = 20_000
Times = dict[str, float]  # what took how many milliseconds; "cpu": of this thread's own work
SPS, PPS = bytes.fromhex("67640028acd940780227e5c04400000fa40003e8803c60c658"), bytes.fromhex("68ebecb22c")


@dataclass(frozen=True)
class Template:
    """A minute of a stream: its file, and what the index says of it."""

    path: Path
    row: SegmentRow

    @classmethod
    def make(cls, path: Path, stream: str, seed: int) -> "Template":
        """Fragments of a second with a keyframe at the head of every other one; the pictures are noise."""
        track = VideoTrack(SPS, PPS, "avc1.640028", 1920, 1080)
        noise, init = random.Random(seed), init_segment(track)
        size = STREAMS[stream] // 8 // FRAMES_PER_S
        entries, offset = [], len(init)
        with path.open("wb") as file:
            file.write(init)
            for number in range(FRAGMENTS):
                start, key = number * TIMESCALE, number % 2 == 0
                sizes, durations = [size] * FRAMES_PER_S, [TIMESCALE // FRAMES_PER_S] * FRAMES_PER_S
                head = fragment_head(number + 1, start, sizes, durations, starts_with_key=key)
                file.write(head + noise.randbytes(sum(sizes)))
                length = len(head) + sum(sizes)
                entries.append(FragmentEntry(offset, length, start, TIMESCALE, FRAMES_PER_S, key))
                offset += length
        row = SegmentRow(
            id=0, camera="", stream=stream, run=1, path="", wall_start_us=0, codec=track.codec, width=1920, height=1080,
            init_bytes=len(init), duration=FRAGMENTS * TIMESCALE, size=offset, frames=FRAGMENTS * FRAMES_PER_S,
            state="closed", end_reason="rotation", sha256=noise.randbytes(32),
            fragments=b"".join(entry.pack() for entry in entries),
        )  # fmt: skip
        return cls(path, row)


@dataclass
class Archive:
    """An archive of so many days."""

    root: Path
    days: int
    cameras: list[str]
    templates: dict[tuple[str, str], Template]

    def fill(self) -> None:
        """The index, file by file in the order in which a recorder would have listed them."""
        began = time.monotonic()
        index = Index(self.root / "index.db")
        for quickly in ("synchronous = OFF", "cache_size = -400000", "wal_autocheckpoint = 50000"):
            index._db.execute(f"PRAGMA {quickly}")  # of the making, which is not measured
        batch: list[SegmentRow] = []
        for row in self._rows():
            batch.append(row)
            if len(batch) == ROWS_PER_COMMIT:
                index.commit(batch, [])
                batch.clear()
        index.commit(batch, [])
        for camera in self.cameras:
            for day in range(self.days):
                for hour in (3, 9, 15):  # three short losses a day
                    at_us = BEGAN_US + day * DAY_US + hour * 60 * MINUTE_US
                    index.add_gap(camera, "main", at_us, at_us + 20_000_000, "timeout")
        rows = index.count()
        index.close()
        size = (self.root / "index.db").stat().st_size
        say(f"  {self.days} days: {rows} files, index.db {size / 1e6:.0f} MB, {time.monotonic() - began:.0f} s")

    def _rows(self) -> Iterator[SegmentRow]:
        id = 0
        for minute in range(self.days * 1440):
            for number, camera in enumerate(self.cameras):
                for stream in STREAMS:
                    id += 1
                    yield self._row(id, camera, stream, minute, number)

    def _row(self, id: int, camera: str, stream: str, minute: int, stagger: int) -> SegmentRow:
        like = self.templates[camera, stream].row
        start_us = BEGAN_US + minute * MINUTE_US + stagger * 3_000_000
        start = from_us(start_us)
        return SegmentRow(
            id=id, camera=camera, stream=stream, run=1,
            path=f"{camera}/{stream}/{start:%Y%m%d}/{start:%H%M%S}-{id}.mp4", wall_start_us=start_us,
            codec=like.codec, width=like.width, height=like.height, init_bytes=like.init_bytes, duration=like.duration,
            size=like.size, frames=like.frames, state=like.state, end_reason=like.end_reason, sha256=like.sha256,
            fragments=like.fragments,
        )  # fmt: skip

    def instants(self, count: int, dice: random.Random) -> list[tuple[str, str, int]]:
        """Random instants, with the files that a seek there opens."""
        found = []
        index = Index(self.root / "index.db", readonly=True)
        for _ in range(count):
            camera, stream = dice.choice(self.cameras), dice.choice(list(STREAMS))
            at_us = BEGAN_US + MINUTE_US + dice.randrange((self.days * 1440 - 3) * MINUTE_US)
            for row in index.overlapping(camera, stream, at_us, at_us + MINUTE_US):
                path = self.root / row.path
                path.parent.mkdir(parents=True, exist_ok=True)
                if not path.exists():
                    os.link(self.templates[camera, stream].path, path)
            found.append((camera, stream, at_us))
        index.close()
        return found

    def seek(self, camera: str, stream: str, at_us: int) -> Times:
        """To the first bytes, and to the bytes with the wanted instant in them."""
        began, worked = time.perf_counter(), time.thread_time()
        first = 0.0
        for kind, wall_us, _ in read_range(self.root, camera, stream, at_us, at_us + MINUTE_US):
            first = first or time.perf_counter() - began
            if kind is not MediaKind.INIT and wall_us + 1_000_000 > at_us:
                picture, cpu = time.perf_counter() - began, time.thread_time() - worked
                return {"first_byte_ms": 1000 * first, "first_picture_ms": 1000 * picture, "seek_cpu_ms": 1000 * cpu}
        raise SystemExit(f"nothing came of {camera}/{stream} at {at_us}")

    def timeline(self, camera: str, day: int) -> Times:
        """A day's timeline of both streams."""
        start = from_us(BEGAN_US + day * DAY_US)
        began, worked = time.perf_counter(), time.thread_time()
        reply = read_coverage(self.root, camera, start, from_us(BEGAN_US + (day + 1) * DAY_US))
        took, cpu = time.perf_counter() - began, time.thread_time() - worked
        if not reply.spans:
            raise SystemExit(f"there is no timeline of {camera} on day {day}")
        return {"timeline_ms": 1000 * took, "timeline_cpu_ms": 1000 * cpu}


def measure(report: Report, folder: Path, cameras: int, seeks: int) -> None:
    """Make both archives, then ask them in turns."""
    names = [f"camera-{number:02}" for number in range(cameras)]
    templates = {
        (camera, stream): Template.make(folder / f"{camera}-{stream}.mp4", stream, seed)
        for seed, camera in enumerate(names)
        for stream in STREAMS
    }
    archives = [Archive(folder / str(days), days, names, templates) for days in DAYS]
    for archive in archives:
        archive.fill()
    dice = random.Random(2026)
    answers: dict[tuple[str, int], list[float]] = {}
    for number in range(ROUNDS + 1):
        for archive in archives:
            asked = [archive.seek(*instant) for instant in archive.instants(seeks, dice)]
            days = [dice.randrange(archive.days) for _ in range(seeks // 4)]
            asked += [archive.timeline(dice.choice(names), day) for day in days]
            if number == 0:
                continue  # the first round warms what is kept warm in a school
            for name in ("first_byte_ms", "first_picture_ms", "seek_cpu_ms", "timeline_ms", "timeline_cpu_ms"):
                values = [one[name] for one in asked if name in one]
                answers.setdefault((f"{name}_p95", archive.days), []).append(percentile(values, 95))
    goals = {"first_byte_ms_p95": 50, "timeline_ms_p95": 20}
    for (metric, length), values in answers.items():
        about: dict[str, Any] = {"days": length, "cameras": cameras, "streams": len(STREAMS)}
        report.add(metric, values, "ms", goal=goals.get(metric), digits=2, **about)
    for metric in ("seek_cpu_ms_p95", "timeline_cpu_ms_p95"):
        short, long = (answers[metric, days] for days in DAYS)
        growth = [b / a for a, b in zip(short, long, strict=True)]
        report.add(metric.replace("_cpu_ms_p95", "_growth"), growth, "times as long", goal=1.5, digits=2, days="3 → 30")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="2 cameras instead of 16, fewer questions")
    arguments = parser.parse_args()
    report = Report("seek", arguments.quick)
    folder = Path(tempfile.mkdtemp(prefix="qorgan-seek-"))
    try:
        measure(report, folder, 2 if arguments.quick else 16, 60 if arguments.quick else 200)
    finally:
        shutil.rmtree(folder)
    report.print()


if __name__ == "__main__":
    main()
