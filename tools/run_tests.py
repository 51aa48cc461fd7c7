"""`make test` and `make check`: every stage in turn, each in plain sight, and one sum at the end.

A stage that fails does not hide the ones after it. A stage that ran no test at all has failed: silence is not green.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
REPORTS = ROOT / ".cache" / "reports"
PYTEST = (sys.executable, "-m", "pytest", "--durations=5", "-q")
VITEST = ("--reporter=default", "--reporter=junit", f"--outputFile.junit={REPORTS / 'web.xml'}")
UNIT = ("unit", "contract", "fuzz", "house")
PARALLEL = ("-n", "2", "--dist", "loadfile")
# These wait for processes and clocks more than they compute; tests/behaviour/conftest.py puts the slowest files first
WAITING = ("-n", "4", "--dist", "loadfile", "--no-loadscope-reorder")


@dataclass(frozen=True)
class Stage:
    """One command. With `report` it is a test stage, whose JUnit file says how many tests passed."""

    group: str
    name: str
    command: tuple[str, ...]
    folder: Path = ROOT
    report: str = ""


@dataclass(frozen=True)
class Result:
    stage: Stage
    ok: bool
    seconds: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0


def stages() -> list[Stage]:
    """What there is to run, quickest first."""
    npm = shutil.which("npm") or "npm"
    centre = ("-m", "tests.support.postgres", "--", *PYTEST)
    return [
        Stage("check", "form (ruff format)", (sys.executable, "-m", "ruff", "format", "--check", ".")),
        Stage("check", "lint (ruff)", (sys.executable, "-m", "ruff", "check", ".")),
        Stage("check", "import directions", (str(BIN / "lint-imports"), "--no-cache")),
        Stage("check", "types (mypy)", (sys.executable, "-m", "mypy")),
        Stage("check", "console: types, lint, form", (npm, "run", "--silent", "check"), ROOT / "web"),
        _pytest("unit, contract, fuzz, house", "unit", *(f"tests/{part}" for part in UNIT), *PARALLEL),
        _pytest("behaviour", "behaviour", "tests/behaviour", *WAITING),
        Stage(
            "postgres",
            "centre on PostgreSQL",
            (sys.executable, *centre, "tests/behaviour/centre", *PARALLEL, f"--junitxml={REPORTS / 'postgres.xml'}"),
            report="postgres",
        ),
        Stage(
            "web",
            "console (vitest)",
            (npm, "run", "--silent", "test", "--", *VITEST),
            ROOT / "web",
            "web",
        ),
        _pytest("browser", "e2e", "tests/e2e", "--timeout=600", *PARALLEL),
    ]


def _pytest(name: str, group: str, *arguments: str) -> Stage:
    return Stage(group, name, (*PYTEST, *arguments, f"--junitxml={REPORTS / f'{group}.xml'}"), report=group)


def run(stage: Stage) -> Result:
    """Run one stage with its output in plain sight."""
    print(f"\n=== {stage.name} " + "=" * max(3, 90 - len(stage.name)), flush=True)
    report = REPORTS / f"{stage.report}.xml"
    report.unlink(missing_ok=True)
    started = time.monotonic()
    environment = {**os.environ, "NODE_ENV": "test", "CI": "1"}
    code = subprocess.call(stage.command, cwd=stage.folder, env=environment)
    seconds = time.monotonic() - started
    if not stage.report:
        return Result(stage, code == 0, seconds)
    passed, failed, skipped = count(report)
    return Result(stage, code == 0 and failed == 0 and passed > 0, seconds, passed, failed, skipped)


def count(report: Path) -> tuple[int, int, int]:
    """Tests passed, failed and skipped of a JUnit file; nothing at all when there is none."""
    if not report.exists():
        return 0, 0, 0
    suites = list(ET.parse(report).getroot().iter("testsuite"))  # our own tools wrote it
    total, failures, errors, skipped = (
        sum(int(suite.get(name, 0)) for suite in suites) for name in ("tests", "failures", "errors", "skipped")
    )
    return total - failures - errors - skipped, failures + errors, skipped


def summary(results: list[Result]) -> str:
    """A line for each stage, and the sum last."""
    lines = [f"{'':=<96}"]
    for result in results:
        verdict = "ok    " if result.ok else "FAILED"
        numbers = f"{result.passed} passed" if result.stage.report else ""
        numbers += f", {result.failed} failed" if result.failed else ""
        numbers += f", {result.skipped} skipped" if result.skipped else ""
        lines.append(f"{verdict}  {result.stage.name:<30} {result.seconds:6.0f} s  {numbers}".rstrip())
    tests = [result for result in results if result.stage.report]
    broken = sum(1 for result in results if not result.ok)
    total = (
        f"{sum(r.passed for r in tests)} passed, {sum(r.failed for r in tests)} failed"
        if tests
        else "no tests asked for"
    )
    total += f", {sum(r.skipped for r in tests)} skipped" if any(r.skipped for r in tests) else ""
    stages_text = f"{broken} of {len(results)} stages failed" if broken else f"all {len(results)} stages ok"
    lines.append(f"{total}; {stages_text} in {sum(r.seconds for r in results):.0f} s")
    return "\n".join(lines)


def main() -> int:
    """Returns 0 when every stage succeeded."""
    groups = list(dict.fromkeys(stage.group for stage in stages()))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=groups, action="append", help="only this group of stages")
    wanted = parser.parse_args().only or groups
    REPORTS.mkdir(parents=True, exist_ok=True)
    results = [run(stage) for stage in stages() if stage.group in wanted]
    print(f"\n{summary(results)}", flush=True)
    return 0 if all(result.ok for result in results) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
