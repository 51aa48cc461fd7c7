"""Pixel density: computed against pixels counted in rendered pictures, and what a plan of 16 cameras costs.

The pictures show a bar of known width at a known place; the simulator renders them by rays, with a geometry of its own.
Counting has an error of up to a pixel at each end of the bar: bars have at least 60 pixels.

    make bench-density              # 120 pictures of 960 · 540
    make bench-density ARGS=--quick # 24
"""

import argparse
import random
import time

from tests.support.viewpoints import placed

from benchmarks._measure import Report, percentile, say
from qorgan.domain.density.assessment import assess
from qorgan.domain.density.camera import PlacedCamera, density_at
from qorgan.domain.density.norms import ZoneKind, scales, zone_pack
from qorgan.domain.density.sight import Grid, Wall, density_map
from qorgan.domain.density.zones import Zone
from qorgan.sim.perspective import Viewpoint
from qorgan.sim.yardstick import counted_density, stripe

HEIGHTS_M = (2.5, 3.0, 4.0, 6.0, 10.0)
TILTS_DEG = (0.0, 10.0, 20.0, 35.0, 60.0, 85.0)
LENSES_MM = (2.1, 2.8, 4.0, 6.0, 12.0)  # before a sensor of 1/2.8″: 104°, 88°, 68°, 48°, 25°
SENSOR_MM = 5.37
WIDTHS_M = (0.5, 1.0, 2.0, 4.0, 8.0)
FEWEST_PIXELS = 60
ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="24 pictures instead of 120, one round")
    arguments = parser.parse_args()
    report = Report("density", arguments.quick)
    measure_errors(report, 24 if arguments.quick else 120)
    measure_plan(report, 1 if arguments.quick else ROUNDS)
    report.print()


def measure_errors(report: Report, pictures: int) -> None:
    """The difference between computed and counted px/m, in % of what was counted."""
    dice = random.Random(62676)
    errors: list[float] = []
    densities: list[float] = []
    tried = 0
    while len(errors) < pictures:
        tried += 1
        found = one_picture(dice)
        if found is None:
            continue
        computed, counted = found
        errors.append(100 * abs(computed - counted) / counted)
        densities.append(counted)
        if len(errors) % 24 == 0:
            say(f"  {len(errors)} of {pictures} pictures")
    about = {"pictures": pictures, "px_m": f"{min(densities):.0f}…{max(densities):.0f}", "drawn": tried}
    report.add("density_error_median", [percentile(errors, 50)], "%", goal=5, digits=2, **about)
    report.add("density_error_worst", [max(errors)], "%", goal=5, digits=2, **about)


def one_picture(dice: random.Random) -> tuple[float, float] | None:
    """(computed, counted) px/m of a bar somewhere before a camera; None when the picture does not show it whole."""
    view = Viewpoint(
        x_m=dice.uniform(-20, 20),
        y_m=dice.uniform(-20, 20),
        height_m=dice.choice(HEIGHTS_M),
        tilt_deg=dice.choice(TILTS_DEG),
        bearing_deg=dice.uniform(0, 360),
        focal_mm=dice.choice(LENSES_MM),
        sensor_width_mm=SENSOR_MM,
        width_px=960,
        height_px=540,
    )
    ahead = dice.uniform(0.3, 40)
    target = dice.choice((0.1, 0.5, 1.0, 1.5))
    bar = stripe(view, ahead, dice.uniform(-0.6, 0.6) * ahead, target, dice.choice(WIDTHS_M))
    computed = float(density_at(placed(view), bar.x_m, bar.y_m, target))
    if computed * bar.wide_m < FEWEST_PIXELS:
        return None  # not in the picture, or too few pixels to count
    counted = counted_density(view, bar)
    return None if counted is None else (computed, counted)


def measure_plan(report: Report, rounds: int) -> None:
    """A floor of 60 · 40 m with 16 cameras, 120 walls and 20 zones, cells of 0.25 m; processor time of one thread."""
    cameras, walls, zones = a_floor()
    grid = Grid.over(0, 0, 60, 40, 0.25)
    map_ms: list[float] = []
    zones_ms: list[float] = []
    for _ in range(rounds + 1):
        began = time.thread_time()
        density = density_map(cameras, walls, grid, 1.0)
        between = time.thread_time()
        reports = assess(zones, cameras, walls, scales()["iec-62676-4-2014"], zone_pack(), height_m=1.0)
        ended = time.thread_time()
        map_ms.append(1000 * (between - began))
        zones_ms.append(1000 * (ended - between))
        if not density.any() or len(reports) != len(zones):
            raise SystemExit("the plan was not computed")
    about = {"cameras": len(cameras), "walls": len(walls), "cells": grid.columns * grid.rows}
    report.add("plan_map_cpu_ms", map_ms[1:], "ms", digits=1, **about)
    report.add(
        "plan_zones_cpu_ms", zones_ms[1:], "ms", digits=1, cameras=len(cameras), walls=len(walls), zones=len(zones)
    )


def a_floor() -> tuple[list[PlacedCamera], list[Wall], list[Zone]]:
    """Rooms of 6 · 8 m with doorways on both sides of a corridor, cameras all over."""
    dice = random.Random(117)
    walls: list[Wall] = []
    zones: list[Zone] = []
    for room in range(10):
        left = 6.0 * room
        for top, bottom in ((0.0, 16.0), (24.0, 40.0)):
            middle = (top + bottom) / 2
            walls += [
                Wall(x1_m=left, y1_m=top, x2_m=left, y2_m=bottom),
                Wall(x1_m=left, y1_m=middle, x2_m=left + 2.5, y2_m=middle),
                Wall(x1_m=left + 3.5, y1_m=middle, x2_m=left + 6, y2_m=middle),
                Wall(x1_m=left, y1_m=top, x2_m=left + 2.5, y2_m=top),
                Wall(x1_m=left + 3.5, y1_m=top, x2_m=left + 6, y2_m=top),
                Wall(x1_m=left, y1_m=bottom, x2_m=left + 6, y2_m=bottom),
            ]
            corners = ((left, top), (left + 6, top), (left + 6, bottom), (left, bottom))
            kind = ZoneKind.CORRIDOR if top else ZoneKind.HALL
            zones.append(Zone(key=f"{room}-{top:g}", name=f"{room}-{top:g}", kind=kind, points=corners))
    cameras = [
        PlacedCamera(
            key=f"camera-{number:02}",
            x_m=dice.uniform(1, 59),
            y_m=dice.uniform(1, 39),
            height_m=3.0,
            tilt_deg=dice.uniform(15, 40),
            bearing_deg=dice.uniform(0, 360),
            hfov_deg=dice.choice((68.0, 88.0, 104.0)),
            width_px=1920,
            height_px=1080,
        )
        for number in range(16)
    ]
    return cameras, walls, zones


if __name__ == "__main__":
    main()
