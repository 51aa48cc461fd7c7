"""From a click to a picture: how long after a tile is opened does Chromium show its first frame?

The whole town runs, and nobody else watches: each opening goes through right, ledger, grant, the school's check of it,
and the group of pictures so far. Cameras take turns, so that a stream has long been closed when it is opened again.
Measured by the page: from the opening to the first `requestVideoFrameCallback`.
"""

import argparse
import asyncio
from itertools import cycle

from benchmarks._console import Desk, open_desk
from benchmarks._measure import Report, percentile, say

ROUNDS = 5
_SHOWN = """cameras => {
  const tiles = (window.__qorgan?.tiles() ?? []).filter(t => cameras.includes(t.camera) && t.firstFrameMs !== null);
  return tiles.length === cameras.length ? tiles.map(t => t.firstFrameMs) : null;
}"""


async def open_tiles(desk: Desk, cameras: list[str], tiles: int) -> list[float]:
    """Show these cameras on a wall of so many tiles; milliseconds to each first frame."""
    await desk.go(f"/wall?tiles={tiles}&cams={','.join(cameras)}")
    times: list[float] = await desk.wait(_SHOWN, cameras)
    await desk.go("/schools")
    await desk.wait("() => (window.__qorgan?.tiles() ?? []).length === 0")
    return times


async def measure(report: Report, openings: int, walls: int) -> None:
    async with open_desk() as desk:
        cameras = await desk.cameras()
        await open_tiles(desk, cameras[:9], 9)  # the first one loads code
        turns = cycle(cameras)
        single: list[list[float]] = []
        for number in range(ROUNDS):
            one = [ms for _ in range(openings) for ms in await open_tiles(desk, [next(turns)], 1)]
            single.append(one)
            say(f"  round {number + 1}: one tile, p50 {percentile(one, 50):.0f} ms, longest {max(one):.0f} ms")
        nine = [ms for _ in range(walls) for ms in await open_tiles(desk, [next(turns) for _ in range(9)], 9)]
    everything = [ms for one in single for ms in one]
    context = {"tiles": 1, "openings": len(everything), "stream": "sub"}
    report.add("tile_to_first_frame_ms_p50", [percentile(one, 50) for one in single], "ms", digits=1, **context)
    report.add("tile_to_first_frame_ms_p95", [percentile(everything, 95)], "ms", goal=250, digits=1, **context)
    context = {"tiles": 9, "openings": len(nine), "stream": "sub"}
    report.add("tile_to_first_frame_ms_p50", [percentile(nine, 50)], "ms", digits=1, **context)
    report.add("tile_to_first_frame_ms_p95", [percentile(nine, 95)], "ms", digits=1, **context)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer openings")
    arguments = parser.parse_args()
    report = Report("first-frame", arguments.quick)
    asyncio.run(measure(report, 4 if arguments.quick else 20, 1 if arguments.quick else 6))
    report.print()


if __name__ == "__main__":
    main()
