"""Pixel density by counting: a stripe of known width before a camera, rendered, and its pixels counted in a row."""

import math

import numpy as np

from qorgan.sim.perspective import POST, Box, Viewpoint, render

_THICK_M = 0.002


def stripe(view: Viewpoint, ahead_m: float, right_m: float, height_m: float, wide_m: float) -> Box:
    """A bar `wide_m` wide, level, across the bearing, its middle so far ahead of the camera and to its right."""
    bearing = math.radians(view.bearing_deg)
    forward, sideways = (math.sin(bearing), -math.cos(bearing)), (math.cos(bearing), math.sin(bearing))
    half = 0.04 + ahead_m / 400  # so high that some rows lie wholly in it
    return Box(
        x_m=view.x_m + ahead_m * forward[0] + right_m * sideways[0],
        y_m=view.y_m + ahead_m * forward[1] + right_m * sideways[1],
        wide_m=wide_m,
        deep_m=_THICK_M,
        from_m=height_m - half,
        to_m=height_m + half,
        turned_deg=view.bearing_deg,
    )


def counted_density(view: Viewpoint, bar: Box) -> float | None:
    """px/m at the bar: white pixels of the middle one of the rows that show it, over its width; None when it is cut."""
    white = render(view, [bar]) == POST
    if not white.any() or white[0].any() or white[-1].any() or white[:, 0].any() or white[:, -1].any():
        return None
    rows = np.nonzero(white.any(axis=1))[0]
    middle = rows[len(rows) // 2]
    return int(white[middle].sum()) / bar.wide_m
