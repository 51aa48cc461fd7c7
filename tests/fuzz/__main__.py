"""The long form of the fuzzing: a million damaged inputs for each target, counted, with time and memory watched.

    python -m tests.fuzz [--inputs 1000000] [--target NAME] [--seed N]

A finding is shown as the bytes that caused it, and the program ends with 1: it becomes a test in `tests/unit` before
it is mended. An input that takes more than a minute ends the program with the stack that it hung in.
"""

import argparse
import faulthandler
import logging
import os
import random
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

import structlog
from tests.fuzz import fmp4, onvif, panels, rtsp
from tests.fuzz.rtsp import Target

HANGS_AFTER_S = 60
MAX_GROWTH_BYTES = 48 * 1024 * 1024
_ROUND = 1_000


@dataclass
class Report:
    """What came of one target. `finding`: the first failure with its input, None when there was none."""

    name: str
    inputs: int = 0
    seconds: float = 0.0
    slowest_ms: float = 0.0
    growth_bytes: int = 0
    finding: str | None = None

    def line(self) -> str:
        speed = self.inputs / self.seconds if self.seconds else 0.0
        return (
            f"{self.name:15} {self.inputs:>9} inputs {self.seconds:7.0f} s {speed:8.0f}/s"
            f"  slowest {self.slowest_ms:6.1f} ms  memory +{self.growth_bytes / 1e6:.1f} MB"
        )


def fuzz_target(target: Target, *, inputs: int, seed: int) -> Report:
    """Try `inputs` damaged seeds. Memory is compared from the first tenth to the end."""
    chance, report, started = random.Random(seed), Report(target.name), time.monotonic()
    base, compared = _resident_bytes(), False
    while report.inputs < inputs and report.finding is None:
        faulthandler.dump_traceback_later(HANGS_AFTER_S, exit=True)
        for _ in range(min(_ROUND, inputs - report.inputs)):
            _try_one(target, target.an_input(chance), report)
            if report.finding is not None:
                break
        if not compared and report.inputs >= inputs // 10:
            base, compared = _resident_bytes(), True
    faulthandler.cancel_dump_traceback_later()
    report.seconds, report.growth_bytes = time.monotonic() - started, max(0, _resident_bytes() - base)
    if report.finding is None and report.growth_bytes > MAX_GROWTH_BYTES:
        report.finding = f"{target.name}: memory grew by {report.growth_bytes} bytes"
    return report


def _try_one(target: Target, data: bytes, report: Report) -> None:
    before = time.perf_counter()
    try:
        target.try_one(data)
    except Exception:
        report.finding = f"{target.name}: {data.hex()}\n{traceback.format_exc()}"
    report.inputs += 1
    report.slowest_ms = max(report.slowest_ms, 1000 * (time.perf_counter() - before))


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> int:
    """0 when nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = {target.name: target for target in (*rtsp.targets(), *fmp4.targets(), *onvif.targets(), *panels.targets())}
    parser.add_argument("--inputs", type=int, default=1_000_000, help="for each target")
    parser.add_argument("--target", choices=known, action="append", help="this one alone; repeat")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    options = parser.parse_args()
    # what is refused is logged; a million refusals are not
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    print(f"seed {options.seed}")
    findings = 0
    for name in options.target or known:
        report = fuzz_target(known[name], inputs=options.inputs, seed=options.seed)
        print(report.line(), flush=True)
        if report.finding is not None:
            findings += 1
            print(report.finding, file=sys.stderr, flush=True)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
