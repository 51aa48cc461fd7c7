"""One target tried with damaged inputs: counted, with its time, its work on each input and its memory watched."""

import dataclasses
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from tests.fuzz.target import Target

MAX_WORK_S = 5.0  # of the processor, for one input of at most 20 kB
MAX_GROWTH_MB = 16.0  # of memory, from a tenth of the inputs on
_ROUND = 1_000
_WINDOWS = (1, 10, 100, 1_000, 10_000)
EachRound = Callable[["Report"], None]


class WorksTooLong(Exception):
    """An input that takes more of the processor than any may."""


@dataclass
class Report:
    """What came of one target. `work_s` and `slowest_ms` are time of the processor, `seconds` is that of a wall clock.

    `growth_mb`: the most that it held above what it held after a tenth of the inputs.

    `number`: which input failed; `finding`: its bytes and what it raised, None when nothing failed.
    """

    name: str
    seed: int
    inputs: int = 0
    seconds: float = 0.0
    work_s: float = 0.0
    slowest_ms: float = 0.0
    growth_mb: float = 0.0
    number: int | None = None
    data: str = ""
    finding: str | None = None

    def line(self) -> str:
        speed = self.inputs / self.work_s if self.work_s else 0.0
        return (
            f"{self.name:17} {self.inputs:>9} inputs {self.seconds:6.0f} s {speed:7.0f} a second of work"
            f"  slowest {self.slowest_ms:6.1f} ms  memory +{self.growth_mb:.1f} MB"
        )


def fuzz_target(
    target: Target, *, inputs: int, seed: int, first: int = 0, each_round: EachRound = lambda _: None
) -> Report:
    """Try `inputs` of them from number `first` on, until one fails. `each_round` is told of every thousand."""
    report = Report(target.name, seed)
    with _work_limited():
        target.begin_anew()
        _try_all(target, report, range(first, first + inputs), each_round)
        if report.finding is not None:
            report.finding += f"again: {again(target, report, first)}\n"
        elif report.growth_mb > MAX_GROWTH_MB:
            report.finding = f"memory grew by {report.growth_mb:.1f} MB"
    return report


def _try_all(target: Target, report: Report, numbers: range, each_round: EachRound) -> None:
    base, started, began_work = 0.0, time.monotonic(), time.process_time()
    for begin in numbers[::_ROUND]:
        for number in range(begin, min(begin + _ROUND, numbers.stop)):
            _try_one(target, number, report)
            if report.finding is not None:
                break
        report.seconds, report.work_s = time.monotonic() - started, time.process_time() - began_work
        if report.finding is not None:
            return
        held = _resident_mb()
        if not base and report.inputs >= len(numbers) // 10:
            base = held
        report.growth_mb = max(report.growth_mb, held - base) if base else 0.0
        each_round(report)


def again(target: Target, report: Report, first: int = 0) -> str:
    """How to see the failure again: the shortest stretch of inputs that ends in it."""
    assert report.number is not None
    for window in _WINDOWS:
        begin = max(first, report.number + 1 - window)
        count = report.number + 1 - begin
        target.begin_anew()
        tried = Report(target.name, report.seed)
        for number in range(begin, begin + count):
            _try_one(target, number, tried)
        if tried.finding is not None:
            return f'--target "{target.name}" --seed {report.seed} --first {begin} --inputs {count}'
        if begin == first:
            break
    return "not seen again"


def _try_one(target: Target, number: int, report: Report) -> None:
    data = target.an_input(report.seed, number)
    before = time.thread_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, MAX_WORK_S)
    try:
        target.try_one(data)
    except Exception:
        report.number, report.data = number, data.hex()
        report.finding = f"number {number} of seed {report.seed}: {data.hex()}\n{traceback.format_exc()}"
    report.inputs += 1
    report.slowest_ms = max(report.slowest_ms, 1000 * (time.thread_time() - before))


@contextmanager
def _work_limited() -> Iterator[None]:
    """While this is open, an input that works for `MAX_WORK_S` is ended by `WorksTooLong` where it stands."""
    before = signal.signal(signal.SIGVTALRM, _give_up)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _give_up(_signal: int, _frame: FrameType | None) -> None:
    raise WorksTooLong


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def as_row(report: Report) -> dict[str, object]:
    """For a file."""
    return dataclasses.asdict(report)
