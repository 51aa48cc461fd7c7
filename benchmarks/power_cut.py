"""What does a power cut cost? The recorder's writes and syncs are noted, and what a cut may leave is started again.

A node's archive with three cameras and two disks records in real time under strace: rotations, a camera that falls
silent, one whose clock jumps, deletions, checkpoints of the index. Then the power goes at any of its operations, with
everything that a completed sync covers on the disk, and of the rest nothing, all, or any part (tests/support/crash).
Each such state is started again and held against the bytes that were written: what the index promised is there, nothing
of it was lost, every listed file opens and is what was recorded, `qorgan edge check` has no complaint.

Lost: from the arrival of the first frame that is in no file any more to the cut, the worst camera of all states.
"""

import argparse
import shutil
import tempfile
from collections import Counter, defaultdict
from contextlib import ExitStack
from pathlib import Path

import structlog
from tests.support.crash.feed import CAMERAS
from tests.support.crash.judge import Recording, judge_all, record, some_cuts
from tests.support.crash.operations import can_trace
from tests.support.crash.platter import Fate

from benchmarks._measure import Report, say

MEMORY = Path("/dev/shm")
SHOWN = 10


def measure(report: Report, recording: Recording, states: int, seed: int, workplace: Path) -> None:
    """Judge so many states, and report."""
    tried, violations, worst = Counter[str](), 0, defaultdict[str, float](float)
    for number, verdict in enumerate(judge_all(recording, some_cuts(recording, states, seed), workplace), start=1):
        tried[verdict.cut.fate] += 1
        violations += len(verdict.violations)
        worst[verdict.cut.fate] = max([worst[verdict.cut.fate], *verdict.lost_s.values()])
        if verdict.violations and violations <= SHOWN:
            say(f"  VIOLATION {verdict.cut}: {'; '.join(verdict.violations[:3])}")
        if number % 1000 == 0:
            say(f"  {number} states, {violations} violations, at most {max(worst.values()):.2f} s lost")
    seconds = (recording.operations[-1].done_us - recording.operations[0].begun_us) / 1e6
    context = {"cameras": len(CAMERAS), "recorded_s": round(seconds), "operations": len(recording.operations)}
    goal = None if report.quick else 10_000
    report.add("crash_states", [sum(tried.values())], "states", goal=goal, better="higher", seed=seed, **context)
    report.add("invariant_violations", [violations], "violations", goal=0)
    report.add("max_lost_s_per_camera", [max(worst.values())], "s", goal=2.0)
    for fate in Fate:
        report.add("max_lost_s_per_camera", [worst[fate]], "s", not_yet_synced=fate, states=tried[fate])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a shorter recording and fewer states")
    parser.add_argument("--states", type=int, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="for another choice of moments and fates")
    arguments = parser.parse_args()
    if reason := can_trace():
        raise SystemExit(f"power_cut needs strace: {reason}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    seconds, states = (10, 420) if arguments.quick else (90, 10_500)
    report = Report("power-cut", arguments.quick)
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="power-cut-")))
        memory = MEMORY if MEMORY.is_dir() else None
        workplace = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="power-cut-", dir=memory)))
        recording = record(place / "node", seconds)
        shutil.rmtree(place / "node")
        say(f"  recorded {seconds} s: {len(recording.operations)} operations, {len(recording.files)} files")
        measure(report, recording, arguments.states or states, arguments.seed, workplace)
    report.print()


if __name__ == "__main__":
    main()
