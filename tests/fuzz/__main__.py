"""The long form of the fuzzing: a million damaged inputs for each target, counted, with time and memory watched.

    python -m tests.fuzz [--inputs 1000000] [--target NAME] [--seed N] [--first N] [--keep FILE]

Each target runs in a process of its own, which may open no connection, start no program and write nothing. A finding
is shown as seed, number and bytes, with the shortest stretch of inputs that ends in it, and its bytes are written to
`tests/fuzz/found`, which `make test` tries from then on. The program then ends with 1. With `--keep`, what is done is
written down, and a night that was interrupted goes on where it stood. The last line is one JSON object in the form of
docs/benchmarks.md.
"""

import argparse
import faulthandler
import json
import logging
import random
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog
from benchmarks._measure import Report as Results
from benchmarks._measure import _commit, say
from tests.fuzz.guard import allow_nothing
from tests.fuzz.run import MAX_GROWTH_MB, MAX_WORK_S, Report, as_row, fuzz_target
from tests.fuzz.targets import FOUND, all_targets, write_down

_STUCK_S = 900
MAX_MEMORY = 2 << 30  # bytes of address space for one target: what eats memory fails there, and not the machine


def main() -> int:
    """0 when nothing was found."""
    known = all_targets()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="for each target")
    parser.add_argument("--target", choices=known, action="append", help="this one alone; repeat")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--keep", type=Path, help="a file of what is done, to go on from")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)  # inside of a target's own process
    options = parser.parse_args()
    if options.alone:
        print(json.dumps(_fuzz_here(options)), flush=True)
        return 0
    rows = [_fuzz(name, options) for name in options.target or known]
    print_results(rows, options.inputs)
    return 1 if any(row["finding"] for row in rows) else 0


def _fuzz(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """One target in its own process, unless it is done already."""
    done = _kept(options.keep)
    if name in done and done[name]["inputs"] >= options.inputs:
        return done[name]
    command = [sys.executable, "-m", "tests.fuzz", "--alone", "--target", name, "--inputs", str(options.inputs)]
    command += ["--seed", str(options.seed), "--first", str(options.first)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if ended.returncode == 0:
        row: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    else:
        row = as_row(Report(name, options.seed, finding=f"its process ended with {ended.returncode}"))
    row["commit"] = _commit()
    if row["finding"]:
        say(f"{name}: {row['finding']}")
    if row["data"]:
        say(f"written to {write_down(name, bytes.fromhex(row['data']))}")
    if options.keep is not None:
        options.keep.write_text(json.dumps(_kept(options.keep) | {name: row}, indent=1))
    return row


def _kept(file: Path | None) -> dict[str, dict[str, Any]]:
    return json.loads(file.read_text()) if file is not None and file.exists() else {}


def _fuzz_here(options: argparse.Namespace) -> dict[str, Any]:
    # what is refused is logged; a million refusals are not
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    target = all_targets()[options.target[0]]
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    with allow_nothing():
        report = fuzz_target(target, inputs=options.inputs, seed=options.seed, first=options.first, each_round=_watch)
    faulthandler.cancel_dump_traceback_later()
    say(report.line())
    return as_row(report)


def _watch(report: Report) -> None:
    """The next thousand inputs have so long, where not even the signal of too much work comes through."""
    faulthandler.dump_traceback_later(_STUCK_S, exit=True)
    if report.inputs % 50_000 == 0:
        say(report.line())


def print_results(rows: Sequence[dict[str, Any]], inputs: int) -> None:
    """One JSON object, of rows as `_fuzz` makes them."""
    results = Results("fuzz", quick=inputs < 1_000_000)
    for row in rows:
        results.add(
            f"{row['name']}: inputs",
            [row["inputs"]],
            "inputs",
            goal=1_000_000,
            better="higher",
            findings=int(bool(row["finding"])),
            seconds=round(row["seconds"]),
            work_s=round(row["work_s"]),
            growth_mb=round(row["growth_mb"], 1),
            slowest_ms=round(row["slowest_ms"], 1),
            seed=row["seed"],
            commit=row["commit"],
        )
    results.add("findings", [sum(bool(row["finding"]) for row in rows)], "findings", goal=0)
    results.add("memory, the most of a target", [max(row["growth_mb"] for row in rows)], "MB more", goal=MAX_GROWTH_MB)
    results.add("work, the most for an input", [max(row["slowest_ms"] for row in rows)], "ms", goal=1000 * MAX_WORK_S)
    results.print()


if __name__ == "__main__":
    FOUND.mkdir(exist_ok=True)
    sys.exit(main())
