"""What every benchmark shares: processor time and memory of a process tree, rounds, and the one form of printing.

The form is that of docs/benchmarks.md: the last line a program prints is one JSON object.
"""

import json
import math
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

REPOSITORY = Path(__file__).resolve().parents[1]
_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids: Sequence[int]) -> float:
    """User and system time of these processes and all their living descendants, in seconds."""
    total = 0.0
    for pid in pids:
        for process in _tree(pid):
            fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / _TICKS
    return total


def pss_mb(pids: Sequence[int]) -> float:
    """Proportional set size of these processes and all their living descendants, in MB (10⁶ bytes)."""
    total = 0
    for pid in pids:
        for process in _tree(pid):
            for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total / 1e6


def _tree(pid: int) -> list[int]:
    process = psutil.Process(pid)
    return [pid, *(child.pid for child in process.children(recursive=True))]


@dataclass
class Report:
    """Collects results and prints them."""

    benchmark: str
    quick: bool
    results: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self,
        metric: str,
        values: Sequence[float],
        unit: str,
        *,
        goal: float | None = None,
        better: str = "lower",
        digits: int = 3,
        **context: Any,
    ) -> None:
        """One metric: the median of `values`, one per round."""
        value = round(statistics.median(values), digits)
        met = None if goal is None else (value <= goal if better == "lower" else value >= goal)
        row = {"metric": metric, "value": value, "unit": unit, "goal": goal, "better": better, "met": met}
        row |= {"rounds": len(values), "min": round(min(values), digits), "max": round(max(values), digits)}
        self.results.append(row | {"context": context})
        mark = {True: "met", False: "MISSED", None: ""}[met]
        about = ", ".join(f"{name} {text}" for name, text in context.items())
        print(f"  {metric:34} {value:>10} {unit:24} goal {goal!s:8} {mark:7} {about}", file=sys.stderr, flush=True)

    def whole(self) -> dict[str, Any]:
        """What is printed: commit, machine, date and all results."""
        memory_gib = round(psutil.virtual_memory().total / 2**30)
        machine = {
            "cores": os.cpu_count(),
            "memory_gib": memory_gib,
            "cpu": _cpu_model(),
            "python": platform.python_version(),
        }
        report: dict[str, Any] = {
            "benchmark": self.benchmark,
            "quick": self.quick,
            "commit": _commit(),
            "machine": machine,
        }
        report["date"] = datetime.now(UTC).date().isoformat()
        return report | {"results": self.results}

    def print(self) -> None:
        """The last line: one JSON object."""
        print(json.dumps(self.whole(), ensure_ascii=False), flush=True)


def say(text: str) -> None:
    """Progress, for whoever waits."""
    print(text, file=sys.stderr, flush=True)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of 100 of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def _commit() -> str:
    try:
        found = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found.stdout.strip()
