"""`make bench` and `make bench-NAME`: run the programs in `benchmarks/`, one after the other, never side by side."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def names() -> list[str]:
    """The benchmarks there are; files that begin with an underscore serve the others."""
    files = (ROOT / "benchmarks").glob("*.py")
    return sorted(path.stem for path in files if not path.stem.startswith("_"))


def main() -> int:
    """Returns 0 when every benchmark ran to its end. What follows `--only NAME` goes to the benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", metavar="NAME", help="this one alone")
    options, rest = parser.parse_known_args()
    known = names()
    if options.only and options.only not in known:
        print(f"There is no benchmark {options.only}. There are: {', '.join(known)}", file=sys.stderr)
        return 2
    failed = []
    for name in [options.only] if options.only else known:
        print(f"\n=== {name} " + "=" * max(3, 90 - len(name)), flush=True)
        started = time.monotonic()
        if subprocess.call([sys.executable, "-m", f"benchmarks.{name}", *rest], cwd=ROOT) != 0:
            failed.append(name)
        print(f"--- {name}: {time.monotonic() - started:.0f} s", flush=True)
    if failed:
        print(f"Benchmarks that did not end well: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
