"""Zones of a plan: outlines that make sense, outlines that overlap, and cameras that may not stand or look there."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations

import numpy as np
import shapely
from numpy.typing import NDArray

from qorgan.domain.density.camera import FURTHEST_M, Floats, PlacedCamera, PlanPoint, density_at
from qorgan.domain.density.norms import ZoneDuty, ZoneKind, ZonePack
from qorgan.domain.density.sight import Grid, Wall, hidden
from qorgan.kernel.errors import Invalid

MOST_POINTS = 200
MOST_ZONES = 300
SMALLEST_M2 = 0.5
OVERLAP_M2 = 0.1  # less is how exactly people draw
LOOKED_AT_M = (0.0, 0.5, 1.0, 1.5, 2.0)  # heights at which a camera must not see into a private zone
DRAWN_WITHIN_M = 0.1
_PRIVATE_STEP_M = 0.1
_MOST_PRIVATE_CELLS = 40_000  # in one zone
_MOST_PRIVATE_WORK = 3_000_000  # points times cameras: seconds
_FEWEST_PRIVATE_CELLS = 100
_MOST_ZONE_CELLS = 250_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A part of a plan, metres; its last point is joined to the first. `required` overrides the pack's class.

    Raises Invalid: `zone.points` (fewer than 3, more than `MOST_POINTS`, or beyond every plan), `zone.crosses_itself`
    (says where), `zone.too_small` (less than `SMALLEST_M2`).
    """

    key: str
    name: str
    kind: ZoneKind
    points: tuple[PlanPoint, ...]
    required: str | None = None
    shape: shapely.Polygon = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", _shape(self.name, self.points))

    @property
    def area_m2(self) -> float:
        return float(self.shape.area)

    def contains(self, x: float, y: float) -> bool:
        return bool(shapely.contains_xy(self.shape, x, y))


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Two zones that claim the same floor: a warning, for a place has one use."""

    first: str  # key of the zone
    second: str
    area_m2: float

    def __str__(self) -> str:
        return f"zones {self.first!r} and {self.second!r} overlap by {self.area_m2:.1f} m²"


class Intrusion(StrEnum):
    """How a camera breaks into a zone that must not have one."""

    STANDS_IN = "stands_in"
    LOOKS_IN = "looks_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A camera that may not be where it is, and the zone because of which."""

    camera: str
    zone: str
    how: Intrusion


def overlaps(zones: Sequence[Zone]) -> list[Overlap]:
    """Pairs of zones that share more than `OVERLAP_M2`, in the order of the zones."""
    _few_enough(zones)
    found = []
    for first, second in combinations(zones, 2):
        area = float(first.shape.intersection(second.shape).area) if first.shape.intersects(second.shape) else 0.0
        if area > OVERLAP_M2:
            found.append(Overlap(first=first.key, second=second.key, area_m2=area))
    return found


def refusals(
    cameras: Iterable[PlacedCamera], zones: Sequence[Zone], walls: Sequence[Wall], pack: ZonePack
) -> list[Refusal]:
    """Cameras that stand in a zone that must not have any, or see a part of it, however small they see it.

    Walls that are drawn keep a camera out; where none is drawn none is assumed. A view of less than `DRAWN_WITHIN_M`
    over the edge is how exactly people draw. Nobody can lift this for toilets and changing rooms (`ALWAYS_PRIVATE`).
    """
    _few_enough(zones)
    cameras = tuple(cameras)
    private = [zone for zone in zones if pack.rules[zone.kind].cameras is ZoneDuty.MUST_NOT]
    found = []
    x, y, owners = _private_places(private, len(cameras))
    for camera in cameras:
        seen = _seen_zones(camera, x, y, owners, walls)
        for number, zone in enumerate(private):
            if zone.contains(camera.x_m, camera.y_m):
                found.append(Refusal(camera=camera.key, zone=zone.key, how=Intrusion.STANDS_IN))
            elif number in seen:
                found.append(Refusal(camera=camera.key, zone=zone.key, how=Intrusion.LOOKS_IN))
    return found


def zone_grid(zone: Zone, step_m: float, fewest_cells: int = 400) -> Grid:
    """A grid over the zone's bounding box; a small zone gets smaller cells, so that shares of it mean something.

    A zone around a whole site gets larger ones: at most `_MOST_ZONE_CELLS` of them.
    """
    left, top, right, bottom = (float(edge) for edge in zone.shape.bounds)
    width, height = right - left, bottom - top
    step = max(0.01, min(step_m, math.sqrt(zone.area_m2 / fewest_cells)), math.sqrt(width * height / _MOST_ZONE_CELLS))
    return Grid.over(left, top, width, height, step)


def _private_places(zones: Sequence[Zone], cameras: int) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Points all over these zones, and the number of the zone of each. Very many cameras and zones get fewer."""
    if not zones or not cameras:
        return np.empty(0), np.empty(0), np.empty(0, np.intp)
    share = _MOST_PRIVATE_WORK / (cameras * len(zones))
    places = [_points_within(zone, min(_MOST_PRIVATE_CELLS, max(_FEWEST_PRIVATE_CELLS, share))) for zone in zones]
    owners = np.repeat(np.arange(len(zones)), [x.size for x, _ in places])
    return np.concatenate([x for x, _ in places]), np.concatenate([y for _, y in places]), owners


def _seen_zones(
    camera: PlacedCamera, x: Floats, y: Floats, owners: NDArray[np.intp], walls: Sequence[Wall]
) -> frozenset[int]:
    """Which zones the camera sees a point of at any of the heights; walls hide at all of them."""
    shown = np.zeros(x.shape, bool)
    for height in LOOKED_AT_M:
        shown |= density_at(camera, x, y, height) > 0
    open_places = ~hidden(camera, walls, x[shown], y[shown])
    return frozenset(owners[shown][open_places].tolist())


def _points_within(zone: Zone, most_cells: float) -> tuple[Floats, Floats]:
    """Points all over a zone, and its corners: through a door one sees a corner first."""
    drawn_in = zone.shape.buffer(-DRAWN_WITHIN_M)
    shape = zone.shape if drawn_in.is_empty else drawn_in
    left, top, right, bottom = (float(edge) for edge in shape.bounds)
    step = max(_PRIVATE_STEP_M, math.sqrt((right - left) * (bottom - top) / most_cells))
    x, y = (values.ravel() for values in Grid.over(left, top, right - left, bottom - top, step).middles())
    inside = shapely.contains_xy(shape, x, y)
    corners = shapely.get_coordinates(shape)
    return np.concatenate([x[inside], corners[:, 0]]), np.concatenate([y[inside], corners[:, 1]])


def _shape(name: str, points: Sequence[PlanPoint]) -> shapely.Polygon:
    if not 3 <= len(points) <= MOST_POINTS:
        raise Invalid(f"zone {name!r} has {len(points)} points, not 3 to {MOST_POINTS}", code="zone.points")
    if not all(len(point) == 2 and all(abs(value) <= FURTHEST_M for value in point) for point in points):
        raise Invalid(f"zone {name!r} has a point that lies on no plan", code="zone.points")
    shape = shapely.Polygon(points)
    if not shape.is_valid:
        reason = shapely.is_valid_reason(shape)
        raise Invalid(f"the outline of zone {name!r} crosses or touches itself: {reason}", code="zone.crosses_itself")
    if shape.area < SMALLEST_M2:
        raise Invalid(f"zone {name!r} has {shape.area:.2f} m², less than {SMALLEST_M2}", code="zone.too_small")
    return shape


def _few_enough(zones: Sequence[Zone]) -> None:
    if len(zones) > MOST_ZONES:
        raise Invalid(f"a plan has at most {MOST_ZONES} zones", code="plan.size")
