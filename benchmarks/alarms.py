"""Alarms, from a thumb to an officer's eye: alone, beside full lines, and by the thousand.

- `idle`, `saturated`: the whole town runs (three schools with 16 cameras, the carrier, the centre, a real browser with
  the duty desk open). A press is an HTTP request to the school's node, as a button sends it; the clock starts before
  it. The page notes the time after the paint that showed the alarm. Both clocks are this machine's. Each alarm is
  handled and closed before the next press. Saturated: each school's uplink carries 4 Mbit/s and is full, nine tiles
  play.
- `ingest`: a centre on PostgreSQL that makes durable, with schools of the whole country; alarms come over the carrier
  as schools send them: throughput, a burst with a P1 in its middle, and a mass event of P1.
"""

import argparse
import asyncio

from benchmarks import _ingest, _press
from benchmarks._measure import Report

PARTS = ("idle", "saturated", "ingest")


async def measure(report: Report, parts: list[str], presses: int | None, *, quick: bool) -> None:
    if "idle" in parts:
        await _press.idle(report, presses or (5 if quick else 200))
    if "saturated" in parts:
        await _press.saturated(report, presses or (3 if quick else 30))
    if "ingest" in parts:
        scale = 10 if quick else 1
        await _ingest.ingest(report, 6_000 // scale, 20_000 // scale, 2_000 // scale, 60.0 / scale)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few of everything")
    parser.add_argument("--part", choices=PARTS, action="append", help="this part alone; may be repeated")
    parser.add_argument(
        "--presses", type=int, help="in each of five rounds (200 idle, 30 saturated; fewer with --quick)"
    )
    arguments = parser.parse_args()
    report = Report("alarms", arguments.quick)
    asyncio.run(measure(report, arguments.part or list(PARTS), arguments.presses, quick=arguments.quick))
    report.print()


if __name__ == "__main__":
    main()
