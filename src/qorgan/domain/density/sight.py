"""What cameras see of a plan: a grid of pixel densities, walls that hide, several cameras joined by the best of them.

Walls hide whatever their height: the line of sight is looked at from above. A door that is kept closed is drawn as a
wall, a glass one is not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qorgan.domain.density.camera import FURTHEST_M, Floats, PlacedCamera, PlanPoint, density_at
from qorgan.kernel.errors import Invalid

MOST_CELLS = 1_000_000
MOST_WALLS = 5_000
MOST_CAMERAS = 500
MOUNTED_WITHIN_M = 0.1  # a camera this close to a wall hangs on it
_NEAR_M = 2 * MOUNTED_WITHIN_M
_ON_WALL = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """A straight piece of wall on the plan, metres. Raises Invalid (`wall.place`) beyond the plan's largest size."""

    x1_m: float
    y1_m: float
    x2_m: float
    y2_m: float

    def __post_init__(self) -> None:
        if not all(abs(value) <= FURTHEST_M for value in (self.x1_m, self.y1_m, self.x2_m, self.y2_m)):
            raise Invalid("a wall lies outside every plan", code="wall.place")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Square cells over a rectangle of the plan; what is asked of a cell is asked of its middle.

    Raises Invalid (`grid.size`) without cells, with more than `MOST_CELLS`, or with a step outside 1 cm … 10 m.
    """

    left_m: float
    top_m: float
    step_m: float
    columns: int
    rows: int

    def __post_init__(self) -> None:
        if not 0.01 <= self.step_m <= 10 or self.columns < 1 or self.rows < 1:
            raise Invalid("a grid needs cells of 1 cm to 10 m", code="grid.size")
        if self.columns * self.rows > MOST_CELLS:
            raise Invalid(f"a grid has at most {MOST_CELLS} cells", code="grid.size")

    @classmethod
    def over(cls, left_m: float, top_m: float, width_m: float, height_m: float, step_m: float = 0.25) -> "Grid":
        """Cells that cover a rectangle; the last column and row may reach over its edge."""
        if not (0 < width_m <= 2 * FURTHEST_M and 0 < height_m <= 2 * FURTHEST_M and step_m > 0):
            raise Invalid("a grid needs a width and a height", code="grid.size")
        columns, rows = (math.ceil(size / step_m - 1e-9) for size in (width_m, height_m))
        return cls(left_m=left_m, top_m=top_m, step_m=step_m, columns=columns, rows=rows)

    def middles(self) -> tuple[Floats, Floats]:
        """x and y of the cells' middles, both in the form (rows, columns)."""
        x = self.left_m + (np.arange(self.columns) + 0.5) * self.step_m
        y = self.top_m + (np.arange(self.rows) + 0.5) * self.step_m
        across, down = np.meshgrid(x, y)
        return across, down


def density_map(cameras: Sequence[PlacedCamera], walls: Sequence[Wall], grid: Grid, height_m: float = 0.0) -> Floats:
    """px/m of the best camera at each cell, (rows, columns), for targets `height_m` over the floor; 0: unseen."""
    x, y = grid.middles()
    return seen_density(cameras, walls, x, y, height_m)


def seen_density(
    cameras: Sequence[PlacedCamera], walls: Sequence[Wall], x: Floats, y: Floats, height_m: float = 0.0
) -> Floats:
    """px/m of the best camera at each of these points. What each camera means: `density_at`."""
    if len(walls) > MOST_WALLS or len(cameras) > MOST_CAMERAS:
        raise Invalid(f"a plan has at most {MOST_WALLS} walls and {MOST_CAMERAS} cameras", code="plan.size")
    best = np.zeros(x.shape)
    for camera in cameras:
        density = density_at(camera, x, y, height_m)
        places = np.nonzero(density > best)
        if places[0].size == 0:
            continue
        visible = ~hidden(camera, walls, x[places], y[places])
        best[places] = np.where(visible, density[places], best[places])
    return best


def hidden(camera: PlacedCamera, walls: Sequence[Wall], x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Whether a wall stands between the camera and each of these points (one dimension), seen from above.

    A point on a wall is visible; a line of sight through the very end of a wall is not, so two walls that meet leave
    no gap. A camera on a wall hangs on the side to which it looks.
    """
    behind = np.zeros(x.shape, bool)
    if x.size == 0:
        return behind
    open_places = np.arange(x.size)
    eye = _lens(camera, walls)
    left, right = min(eye[0], float(x.min())), max(eye[0], float(x.max()))
    top, bottom = min(eye[1], float(y.min())), max(eye[1], float(y.max()))
    for wall in walls:
        if not _touches(wall, left, top, right, bottom):
            continue
        stands = _stands_between(eye, wall, x[open_places], y[open_places])
        behind[open_places[stands]] = True
        open_places = open_places[~stands]
        if open_places.size == 0:
            break
    return behind


def _touches(wall: Wall, left: float, top: float, right: float, bottom: float) -> bool:
    """Whether the wall's bounding box meets this one: what lies wholly beside all lines of sight hides nothing."""
    beside = max(wall.x1_m, wall.x2_m) < left or min(wall.x1_m, wall.x2_m) > right
    return not (beside or max(wall.y1_m, wall.y2_m) < top or min(wall.y1_m, wall.y2_m) > bottom)


def _stands_between(eye: PlanPoint, wall: Wall, x: Floats, y: Floats) -> NDArray[np.bool_]:
    ax, ay = wall.x1_m - eye[0], wall.y1_m - eye[1]
    bx, by = wall.x2_m - eye[0], wall.y2_m - eye[1]
    side_of_eye = ax * by - bx * ay  # of the wall's line; without it the wall is seen edge on and hides nothing
    if side_of_eye == 0:
        return np.zeros(x.shape, bool)
    px, py = x - eye[0], y - eye[1]
    side = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
    beyond = side * math.copysign(1, side_of_eye) < -_ON_WALL
    ends_apart = (px * ay - py * ax) * (px * by - py * bx) <= 0
    return np.logical_and(beyond, ends_apart)


def _lens(camera: PlacedCamera, walls: Sequence[Wall]) -> PlanPoint:
    """Where the lens is: a camera on a wall is moved off it, to the side to which it looks; in a corner off both."""
    eye = (camera.x_m, camera.y_m)
    for wall in walls:
        near = (eye[0] - _NEAR_M, eye[1] - _NEAR_M, eye[0] + _NEAR_M, eye[1] + _NEAR_M)
        if _touches(wall, *near):
            eye = _off_the_wall(eye, math.radians(camera.bearing_deg), wall)
    return eye


def _off_the_wall(eye: PlanPoint, bearing: float, wall: Wall) -> PlanPoint:
    along_x, along_y = wall.x2_m - wall.x1_m, wall.y2_m - wall.y1_m
    length = math.hypot(along_x, along_y)
    if length < _ON_WALL:
        return eye
    to_x, to_y = eye[0] - wall.x1_m, eye[1] - wall.y1_m
    share, margin = (to_x * along_x + to_y * along_y) / length**2, MOUNTED_WITHIN_M / length
    normal_x, normal_y = along_y / length, -along_x / length
    off = to_x * normal_x + to_y * normal_y
    looks = normal_x * math.sin(bearing) - normal_y * math.cos(bearing)
    if not -margin <= share <= 1 + margin or abs(off) >= MOUNTED_WITHIN_M or abs(looks) < 1e-9:
        return eye  # not on it, or it looks along the wall
    shift = math.copysign(MOUNTED_WITHIN_M, looks) - off
    return eye[0] + normal_x * shift, eye[1] + normal_y * shift
