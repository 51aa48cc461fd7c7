"""Is anything lost in half an hour? N simulated cameras recorded without a pause, every frame counted.

Each simulated frame carries its number in an SEI. The files are read as they are closed, while retention takes the
oldest ones away; a number that is missing between the first and the last one of a camera is a lost frame. Processor
time is taken each minute.
"""

import argparse
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks._measure import Report, cpu_seconds, pss_mb, say
from benchmarks.recorder import SETTLE_S, Town, frame_numbers, start_recorder
from qorgan.edge.recorder.index import Index

LOOK_EVERY_S = 10.0
BUDGET_GB_PER_CAMERA = 0.2  # some six minutes of video: retention has work, and counting has time


@dataclass
class Seen:
    """The numbers of one camera's frames so far."""

    first: int = 2**63
    last: int = -1
    count: int = 0

    def add(self, numbers: list[int]) -> None:
        if numbers:
            self.first, self.last = min(self.first, *numbers), max(self.last, *numbers)
            self.count += len(numbers)


@dataclass
class Counter:
    """Reads each file once, when nobody writes it any more."""

    archive: Path
    cameras: dict[str, Seen] = field(default_factory=dict)
    counted: set[int] = field(default_factory=set)

    def look(self) -> None:
        index = Index(self.archive / "index.db", readonly=True)
        try:
            rows = [row for row in index.all_segments() if row.state != "open" and row.id not in self.counted]
        finally:
            index.close()
        for row in rows:
            numbers = frame_numbers(self.archive / row.path, row.fragments)
            self.cameras.setdefault(row.camera, Seen()).add(numbers)
            self.counted.add(row.id)

    @property
    def sent(self) -> int:
        return sum(seen.last - seen.first + 1 for seen in self.cameras.values())

    @property
    def kept(self) -> int:
        return sum(seen.count for seen in self.cameras.values())


def soak(report: Report, cameras: int, minutes: float) -> None:
    """Record, count, report."""
    folder = Path(tempfile.mkdtemp(prefix="qorgan-soak-"))
    town = Town.start(cameras)
    counter, costs, memory = Counter(folder / "archive"), [], 0.0
    try:
        recorder = start_recorder(town.urls, folder, f"budget_gb = {BUDGET_GB_PER_CAMERA * cameras:.0f}\nkeep_days = 1")
        try:
            time.sleep(SETTLE_S)
            ends = time.monotonic() + 60 * minutes
            while (now := time.monotonic()) < ends:
                used = cpu_seconds([recorder.pid])
                minute = min(now + 60, ends)
                while time.monotonic() < minute:
                    time.sleep(min(LOOK_EVERY_S, max(0.0, minute - time.monotonic())))
                    counter.look()
                spent = cpu_seconds([recorder.pid]) - used
                costs.append(100 * spent / (time.monotonic() - now) / cameras)
                memory = pss_mb([recorder.pid]) / cameras
                say(f"  {len(costs):3} min: {counter.sent} sent, {counter.sent - counter.kept} lost, {costs[-1]:.3f} %")
        finally:
            recorder.terminate()
            recorder.wait()
        counter.look()
    finally:
        town.stop()
        shutil.rmtree(folder)
    context = {"cameras": cameras, "minutes": minutes, "mbit_per_s": 4.0}
    report.add("frames_sent", [counter.sent], "frames", better="higher", **context)
    report.add("frames_lost", [counter.sent - counter.kept], "frames", goal=0, **context)
    report.add("cpu_percent_per_camera", costs, "% of one core", goal=0.15, **context)
    report.add("pss_mb_per_camera", [memory], "MB", digits=2, **context)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="10 cameras, half a minute")
    parser.add_argument("--cameras", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=30.0)
    arguments = parser.parse_args()
    report = Report("soak", arguments.quick)
    if arguments.quick:
        soak(report, 10, 0.5)
    else:
        soak(report, arguments.cameras, arguments.minutes)
    report.print()


if __name__ == "__main__":
    main()
