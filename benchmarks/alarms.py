"""From a thumb to an officer's eye: how long after the press is the alarm drawn on the duty desk in Chromium?

The whole town runs: three schools with 16 cameras, the carrier, the centre, and a real browser with the duty desk open.
A press is an HTTP request to the school's node, as a button sends it; the clock starts before it. The page notes the
time after the paint that showed the alarm. Both clocks are this machine's. Each alarm is handled and closed before the
next press, as on a quiet day. A round is so many presses; rounds follow each other.
"""

import argparse
import asyncio
import time

from benchmarks._console import Desk, open_desk
from benchmarks._measure import Report, percentile, say

ROUNDS = 5


async def press_once(desk: Desk, number: int) -> tuple[float, float]:
    """Press, wait for the paint, close the alarm. Milliseconds to the school's answer and to the officer's screen."""
    school = desk.town.settled.schools[number % len(desk.town.settled.schools)]
    buttons = school.plan.buttons
    began = time.time()
    alarm = await desk.town.press(school, buttons[number % len(buttons)].key)
    durable_ms = 1000 * (time.time() - began)
    drawn = await desk.wait("id => window.__qorgan?.alarmsDrawn[id]", alarm)
    await close(desk, alarm)
    await desk.wait("() => !document.querySelector('[data-testid=queue-alarm]')")
    return durable_ms, drawn - 1000 * began


async def close(desk: Desk, alarm: str) -> None:
    """Handle an alarm to its end as a colleague over the API."""
    path = f"/api/alarms/{alarm}"
    await desk.officer.post(f"{path}/acknowledgement", {})
    await desk.officer.post(f"{path}/verification", {"verdict": "false", "note": "benchmark"})
    await desk.officer.post(f"{path}/closure", {"disposition": "test", "note": "benchmark"})


async def measure(report: Report, presses: int) -> None:
    async with open_desk() as desk:
        await press_once(desk, 0)  # the first one loads code and warms the picture
        durable: list[float] = []
        rounds: list[list[float]] = []
        for number in range(ROUNDS):
            pairs = [await press_once(desk, press) for press in range(presses)]
            durable += [pair[0] for pair in pairs]
            rounds.append([pair[1] for pair in pairs])
            say(f"  round {number + 1}: p50 {percentile(rounds[-1], 50):.0f} ms, longest {max(rounds[-1]):.0f} ms")
    drawn = [ms for one in rounds for ms in one]
    context = {"presses": len(drawn), "link": "idle", "cameras_recorded": 16}
    report.add("press_to_durable_ms_p50", [percentile(durable, 50)], "ms", digits=1, **context)
    report.add("press_to_screen_ms_p50", [percentile(one, 50) for one in rounds], "ms", goal=150, digits=1, **context)
    report.add("press_to_screen_ms_p99", [percentile(drawn, 99)], "ms", goal=500, digits=1, **context)
    report.add("press_to_screen_ms_max", [max(drawn)], "ms", digits=1, **context)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="5 presses a round instead of 44")
    arguments = parser.parse_args()
    report = Report("alarms", arguments.quick)
    asyncio.run(measure(report, 5 if arguments.quick else 44))
    report.print()


if __name__ == "__main__":
    main()
