"""A camera that stands somewhere, as a pinhole: from the floor to its picture and back, and how fine it sees there.

Plan: metres from the plan's upper left corner, x to the right, y down, as pictures have it. Bearing: degrees clockwise
from the plan's upper edge. Picture: columns from the left edge, rows from the upper one; (0, 0) is the corner of the
first pixel, not its middle. Pixels are square, the optical axis meets the middle of the picture, the camera is not
rolled, the lens draws straight lines straight. A wide lens that does not (a barrel) is outside this model.
"""

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qorgan.kernel.errors import Invalid

Floats: TypeAlias = NDArray[np.float64]
PlanPoint: TypeAlias = tuple[float, float]

FURTHEST_M = 5_000.0  # from the plan's corner: no school is larger
_LIMITS: tuple[tuple[str, float, float], ...] = (
    ("x_m", -FURTHEST_M, FURTHEST_M),
    ("y_m", -FURTHEST_M, FURTHEST_M),
    ("height_m", 0.3, 60.0),
    ("tilt_deg", -30.0, 90.0),
    ("bearing_deg", -360.0, 360.0),
    ("hfov_deg", 1.0, 170.0),  # wider lenses are fish-eyes: no pinhole
    ("width_px", 16, 20_000),
    ("height_px", 16, 20_000),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedCamera:
    """Where a camera stands, where it looks, and how wide. Raises Invalid (`camera_place.…`) for what no camera is.

    `tilt_deg`: 0 looks level, 90 straight down. `height_m`: of the lens over the floor. `hfov_deg`: the horizontal
    field of view, edge to edge. `width_px`, `height_px`: of the stream that is looked at or recorded.
    """

    key: str
    x_m: float
    y_m: float
    height_m: float
    tilt_deg: float
    bearing_deg: float
    hfov_deg: float
    width_px: int
    height_px: int

    def __post_init__(self) -> None:
        for name, lowest, highest in _LIMITS:
            value = getattr(self, name)
            if not lowest <= value <= highest:  # true of NaN, too
                message = f"camera {self.key!r}: {name} is {value}, not between {lowest:g} and {highest:g}"
                raise Invalid(message, code=f"camera_place.{name.rsplit('_', 1)[0]}")

    @property
    def focal_px(self) -> float:
        """The focal length in pixels: half the picture's width over the tangent of half the field of view."""
        return focal_px(self.hfov_deg, self.width_px)


def focal_px(hfov_deg: float, width_px: int) -> float:
    """The focal length in pixels of a field of view that fills `width_px`."""
    return width_px / 2 / math.tan(math.radians(hfov_deg) / 2)


def hfov_of_lens(focal_mm: float, sensor_width_mm: float) -> float:
    """The horizontal field of view in degrees of a lens before a sensor whose whole width makes the picture."""
    if not (0 < focal_mm <= 2_000 and 0 < sensor_width_mm <= 100):
        raise Invalid(f"no camera has {focal_mm} mm before {sensor_width_mm} mm", code="camera_place.lens")
    return 2 * math.degrees(math.atan(sensor_width_mm / 2 / focal_mm))


def to_picture(camera: PlacedCamera, x: ArrayLike, y: ArrayLike, height_m: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """(column, row, depth) of points of the plan at a height over the floor.

    Depth is in metres along the optical axis. Where it is not positive the point lies behind the lens: column and row
    are NaN. A point may lie outside the picture.
    """
    ahead, right, drop = _from_lens(camera, x, y, height_m)
    sine, cosine = _sine_cosine(camera.tilt_deg)
    depth = ahead * cosine + drop * sine
    below = drop * cosine - ahead * sine
    with np.errstate(divide="ignore", invalid="ignore"):
        per_metre = np.where(depth > 0, camera.focal_px / depth, np.nan)
    return camera.width_px / 2 + right * per_metre, camera.height_px / 2 + below * per_metre, depth


def to_plan(camera: PlacedCamera, column: ArrayLike, row: ArrayLike, height_m: float = 0.0) -> tuple[Floats, Floats]:
    """(x, y) on the plan where the line of sight through a point of the picture meets the plane at `height_m`.

    NaN where it never does: at and above the horizon, and for a plane that the line leaves behind.
    """
    across = (np.asarray(column, float) - camera.width_px / 2) / camera.focal_px
    below = (np.asarray(row, float) - camera.height_px / 2) / camera.focal_px
    ahead, right = meet_plane(across, below, math.radians(camera.tilt_deg), camera.height_m - height_m)
    turn_sine, turn_cosine = _sine_cosine(camera.bearing_deg)
    x = camera.x_m + ahead * turn_sine + right * turn_cosine
    y = camera.y_m - ahead * turn_cosine + right * turn_sine
    return x, y


def meet_plane(across: ArrayLike, below: ArrayLike, tilt: ArrayLike, drop_m: float) -> tuple[Floats, Floats]:
    """Metres (ahead, to the right) where rays meet a level plane `drop_m` below the lens; NaN where they do not.

    A ray goes `across` to the right and `below` the optical axis for each metre along it; `tilt` is in radians.
    """
    sine, cosine = np.sin(tilt), np.cos(tilt)
    falls = sine + np.asarray(below, float) * cosine
    with np.errstate(divide="ignore", invalid="ignore"):
        length = drop_m / falls
    length = np.where((falls != 0) & (length > 0), length, np.nan)
    return length * (cosine - np.asarray(below, float) * sine), length * np.asarray(across, float)


def density_at(camera: PlacedCamera, x: ArrayLike, y: ArrayLike, height_m: ArrayLike = 0.0) -> Floats:
    """Pixel density in px/m of a target at these points of the plan, 0 where the picture does not show it.

    As IEC 62676-4 means it: horizontal pixels of the picture per metre of the target, that is the picture's width in
    pixels over the width of scene that fills it at the target's distance (12.5 px/m = 80 mm of target per pixel). The
    target plane stands upright across the camera's line of sight, parallel to the rows of the picture; so the width of
    scene is 2 · depth · tan(hfov / 2), depth along the optical axis, and the density is focal length in pixels / depth.
    Off the axis a target turned towards the lens gets up to 1 / cos(angle) more: what we say is the lower one.
    """
    column, row, depth = to_picture(camera, x, y, height_m)
    shown = (depth > 0) & (column >= 0) & (column <= camera.width_px) & (row >= 0) & (row <= camera.height_px)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(shown, camera.focal_px / depth, 0.0)


def footprint(camera: PlacedCamera, height_m: float = 0.0, range_m: float = 100.0) -> tuple[PlanPoint, ...]:
    """The corners of what the picture shows of the plane at `height_m`: near left, near right, far right, far left.

    It ends `range_m` before the camera, counted along the bearing: a picture with the horizon in it would have no end.
    Empty when the camera sees nothing of the plane that near. Walls are not asked: see `hidden`.
    """
    drop = camera.height_m - height_m
    if not 0 < drop < range_m:
        message = f"camera {camera.key!r} is not above {height_m} m, or {range_m} m do not reach down from it"
        raise Invalid(message, code="camera_place.plane")
    sine, cosine = _sine_cosine(camera.tilt_deg)
    # The row at which the plane is `range_m` ahead; above it everything is further, or sky
    horizon = camera.focal_px * (drop * cosine - range_m * sine) / (drop * sine + range_m * cosine)
    top, bottom = max(0.0, camera.height_px / 2 + horizon), float(camera.height_px)
    if top >= bottom:
        return ()
    x, y = to_plan(camera, [0, camera.width_px, camera.width_px, 0], [bottom, bottom, top, top], height_m)
    return tuple(zip(x.tolist(), y.tolist(), strict=True))


def _from_lens(camera: PlacedCamera, x: ArrayLike, y: ArrayLike, height_m: ArrayLike) -> tuple[Any, Any, Any]:
    """Metres ahead of the lens along the bearing, to its right, and below it."""
    east, south = np.asarray(x, float) - camera.x_m, np.asarray(y, float) - camera.y_m
    sine, cosine = _sine_cosine(camera.bearing_deg)
    return east * sine - south * cosine, east * cosine + south * sine, camera.height_m - np.asarray(height_m, float)


def _sine_cosine(degrees: float) -> tuple[float, float]:
    radians = math.radians(degrees)
    return math.sin(radians), math.cos(radians)
