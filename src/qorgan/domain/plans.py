"""Floor plans and site plans: what stands where on a school's drawing, how large it is, where an alarm was raised."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from qorgan.domain.density.camera import PlacedCamera
from qorgan.domain.density.norms import ZoneKind, scales
from qorgan.domain.density.zones import MOST_ZONES, Zone
from qorgan.kernel.errors import Invalid
from qorgan.kernel.ids import CameraKey

MAX_NAME, MAX_LABEL = 120, 80  # characters
MAX_POINTS, MAX_WALLS, MAX_ZONES = 500, 1_000, MOST_ZONES  # on one plan
MAX_LENSES = 120  # what is worked out grows with cameras, walls and zones
LOWEST_FLOOR, HIGHEST_FLOOR = -5, 50
SCALE_SHORTEST_M, SCALE_LONGEST_M = 0.5, 2_000.0  # what somebody measures between two points of a school
SCALE_APART = 0.01  # of the drawing's long side: nearer together a pixel of error is too much of the length
DRAWING_SMALLEST_M, DRAWING_LARGEST_M = 2.0, 5_000.0  # the long side of a drawing, once it has a scale
_UNSCALED_M = 1_000.0  # how long a drawing without a scale is taken to be, where only forms are looked at
_PLACES = 6  # decimals of a position: a thousandth of a pixel of the largest drawing

T = TypeVar("T")
Key = TypeVar("Key", bound=Hashable)


class PlanKind(StrEnum):
    FLOOR = "floor"
    SITE = "site"  # the building and the ground around it


class PointKind(StrEnum):
    """What stands at a point."""

    CAMERA = "camera"
    BUTTON = "button"
    CONTACT = "contact"
    PANEL_ZONE = "panel_zone"
    DOOR = "door"
    EXIT = "exit"
    GUARD_POST = "guard_post"
    ASSEMBLY_POINT = "assembly_point"


WAYS_IN = frozenset({PointKind.BUTTON, PointKind.CONTACT, PointKind.PANEL_ZONE})  # raise alarms


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A position on a drawing: 0…1 of its width from the left, 0…1 of its height from the top."""

    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Somebody measured how far two spots are from each other."""

    a: Spot
    b: Spot
    metres: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """How a camera hangs and what it sees: as `density.camera.PlacedCamera` has it."""

    height_m: float
    tilt_deg: float
    hfov_deg: float
    width_px: int
    height_px: int

    def placed(self, key: str, x_m: float = 0.0, y_m: float = 0.0, bearing_deg: float = 0.0) -> PlacedCamera:
        """A camera with this lens, there. Raises `Invalid` (`camera_place.…`) for a lens that no camera has."""
        return PlacedCamera(
            key=key,
            x_m=x_m,
            y_m=y_m,
            height_m=self.height_m,
            tilt_deg=self.tilt_deg,
            bearing_deg=bearing_deg,
            hfov_deg=self.hfov_deg,
            width_px=self.width_px,
            height_px=self.height_px,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WallLine:
    """A straight piece of wall."""

    a: Spot
    b: Spot


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanZone:
    """A part of a plan and what it is used for. `required`: key of a class of one of the scales,
    instead of the norm's."""

    key: UUID
    kind: ZoneKind
    name: str
    outline: tuple[Spot, ...]
    required: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One thing on a plan. `key` is its own and stays when it is moved.

    `camera` and `way` are the keys by which the school's node names them, as alarms do. `bearing_deg` is where a camera
    looks: 0 is up on the drawing, clockwise.
    """

    key: UUID
    kind: PointKind
    at: Spot
    camera: CameraKey | None = None
    way: str | None = None
    label: str = ""
    bearing_deg: float | None = None
    lens: Lens | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Everything about a plan that people change."""

    name: str
    kind: PlanKind
    floor: int | None = None
    scale: Scale | None = None
    points: tuple[Point, ...] = ()
    walls: tuple[WallLine, ...] = ()
    zones: tuple[PlanZone, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Of a drawing, in pixels."""

    width: int
    height: int


def metres_per_px(scale: Scale | None, size: Size) -> float | None:
    """How many metres one pixel of the drawing is; None without a scale."""
    return None if scale is None else scale.metres / _apart_px(scale, size)


def checked(layout: Layout, size: Size, *, cameras: Collection[str], ways: Collection[str]) -> Layout:
    """The layout as it may be kept: positions rounded, a site without a floor.

    `cameras` and `ways` are the keys that the school has. Raises `Invalid` with a code `plan.…` that says what is
    wrong with which point.
    """
    if not layout.name.strip() or len(layout.name) > MAX_NAME:
        raise Invalid(f"a plan has a name of at most {MAX_NAME} characters", code="plan.name")
    if layout.floor is not None and not LOWEST_FLOOR <= layout.floor <= HIGHEST_FLOOR:
        raise Invalid(f"a floor is between {LOWEST_FLOOR} and {HIGHEST_FLOOR}", code="plan.floor")
    if len(layout.points) > MAX_POINTS:
        raise Invalid(f"a plan has at most {MAX_POINTS} points", code="plan.points_too_many")
    if sum(point.lens is not None for point in layout.points) > MAX_LENSES:
        raise Invalid(f"a plan has at most {MAX_LENSES} cameras with a lens", code="plan.lenses_too_many")
    points = tuple(_checked_point(point, cameras, ways) for point in layout.points)
    _once(points, lambda point: point.key, "plan.point_twice")
    _once(points, lambda point: point.camera, "plan.camera_twice")
    _once(points, lambda point: point.way, "plan.way_twice")
    return replace(
        layout,
        name=layout.name.strip(),
        floor=layout.floor if layout.kind is PlanKind.FLOOR else None,
        scale=None if layout.scale is None else _checked_scale(layout.scale, size),
        points=points,
        walls=_checked_walls(layout.walls),
        zones=_checked_zones(layout, size),
    )


def _checked_point(point: Point, cameras: Collection[str], ways: Collection[str]) -> Point:
    at = _inside(point.at, f"the point {point.key}")
    if len(point.label) > MAX_LABEL:
        raise Invalid(f"the label of the point {point.key} is longer than {MAX_LABEL}", code="plan.label")
    if point.camera is not None and (point.kind is not PointKind.CAMERA or point.camera not in cameras):
        raise Invalid(f"the point {point.key} names no camera of this school", code="plan.camera_unknown")
    if point.way is not None and (point.kind not in WAYS_IN or point.way not in ways):
        raise Invalid(f"the point {point.key} names no way in of this school", code="plan.way_unknown")
    return replace(point, at=at, label=point.label.strip(), bearing_deg=_bearing(point), lens=_checked_lens(point))


def _checked_lens(point: Point) -> Lens | None:
    """Raises `Invalid` (`camera_place.…`) for a lens that no camera has."""
    lens = point.lens
    if lens is None:
        return None
    if point.kind is not PointKind.CAMERA:
        raise Invalid(f"the point {point.key} is no camera and has no lens", code="plan.lens")
    lens.placed(point.label or str(point.key))
    return replace(
        lens, height_m=round(lens.height_m, 2), tilt_deg=round(lens.tilt_deg, 1), hfov_deg=round(lens.hfov_deg, 1)
    )


def _checked_walls(walls: Sequence[WallLine]) -> tuple[WallLine, ...]:
    if len(walls) > MAX_WALLS:
        raise Invalid(f"a plan has at most {MAX_WALLS} walls", code="plan.walls_too_many")
    return tuple(WallLine(a=_inside(wall.a, "a wall's end"), b=_inside(wall.b, "a wall's end")) for wall in walls)


def _checked_zones(layout: Layout, size: Size) -> tuple[PlanZone, ...]:
    """Raises `Invalid` (`zone.…`) for outlines that make no sense. They are looked at before there is a scale, too."""
    if len(layout.zones) > MAX_ZONES:
        raise Invalid(f"a plan has at most {MAX_ZONES} zones", code="plan.zones_too_many")
    _once(layout.zones, lambda zone: zone.key, "plan.zone_twice")
    metre = metres_per_px(layout.scale, size) or _UNSCALED_M / max(size.width, size.height)
    return tuple(_checked_zone(zone, size, metre) for zone in layout.zones)


def _checked_zone(zone: PlanZone, size: Size, metre: float) -> PlanZone:
    if len(zone.name) > MAX_LABEL:
        raise Invalid(f"the name of the zone {zone.key} is longer than {MAX_LABEL}", code="plan.label")
    if zone.required is not None and not any(_has_class(scale, zone.required) for scale in scales()):
        raise Invalid(f"no scale has the class {zone.required!r}", code="zone.class")
    kept = replace(
        zone,
        name=zone.name.strip(),
        outline=tuple(_inside(spot, f"the zone {zone.name!r}") for spot in zone.outline),
    )
    outline = tuple((spot.x * size.width * metre, spot.y * size.height * metre) for spot in kept.outline)
    Zone(key=str(zone.key), name=kept.name or str(zone.kind), kind=zone.kind, points=outline)
    return kept


def _has_class(scale: str, key: str) -> bool:
    return any(one.key == key for one in scales()[scale].classes)


def _bearing(point: Point) -> float | None:
    if point.bearing_deg is None:
        return None
    if point.kind is not PointKind.CAMERA or not 0 <= point.bearing_deg <= 360:
        raise Invalid(f"the bearing of the point {point.key} is none: a camera's, 0 to 360°", code="plan.bearing")
    return round(point.bearing_deg, 1) % 360


def _checked_scale(scale: Scale, size: Size) -> Scale:
    a, b = _inside(scale.a, "the scale's first point"), _inside(scale.b, "the scale's second point")
    kept = Scale(a=a, b=b, metres=round(scale.metres, 3))
    long_side = max(size.width, size.height)
    if _apart_px(kept, size) < SCALE_APART * long_side:
        raise Invalid("the scale's two points are too near to each other: take them far apart", code="plan.scale_near")
    if not SCALE_SHORTEST_M <= kept.metres <= SCALE_LONGEST_M:
        raise Invalid(f"a scale is {SCALE_SHORTEST_M} m to {SCALE_LONGEST_M:.0f} m long", code="plan.scale_metres")
    metres = kept.metres / _apart_px(kept, size) * long_side
    if not DRAWING_SMALLEST_M <= metres <= DRAWING_LARGEST_M:
        raise Invalid(f"with this scale the drawing would be {metres:.1f} m long", code="plan.scale_metres")
    return kept


def _inside(spot: Spot, what: str) -> Spot:
    if not (0 <= spot.x <= 1 and 0 <= spot.y <= 1):  # NaN is not inside either
        raise Invalid(f"{what} is not on the drawing: x and y are 0 to 1", code="plan.point_outside")
    return Spot(x=round(spot.x, _PLACES), y=round(spot.y, _PLACES))


def _apart_px(scale: Scale, size: Size) -> float:
    return math.hypot((scale.b.x - scale.a.x) * size.width, (scale.b.y - scale.a.y) * size.height)


def _once(things: Iterable[T], named: Callable[[T], Hashable | None], code: str) -> None:
    counted = Counter(name for thing in things if (name := named(thing)) is not None)
    twice = next((name for name, times in counted.items() if times > 1), None)
    if twice is not None:
        raise Invalid(f"{twice} stands on this plan more than once", code=code)


def in_order(plans: Iterable[T], layout_of: Callable[[T], Layout]) -> list[T]:
    """The site first, then the floors from below; what has no floor after them, by name."""

    def place(plan: T) -> tuple[bool, bool, int, str]:
        layout = layout_of(plan)
        return layout.kind is not PlanKind.SITE, layout.floor is None, layout.floor or 0, layout.name.casefold()

    return sorted(plans, key=place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where an alarm was raised: on which of the plans that were looked at, and its point if that is known."""

    plan: int
    point: UUID | None


def find_place(layouts: Sequence[Layout], way: str, cameras: Sequence[str]) -> Found | None:
    """The plan on which this way in stands, with its point; a floor goes before the site.

    When it stands on none: the plan on which most of the cameras around it stand, without a point. Among equals the one
    with the nearest camera (`cameras` are nearest first), then a floor. None when nothing is known.
    """
    floors_first = sorted(range(len(layouts)), key=lambda number: layouts[number].kind is PlanKind.SITE)
    for number in floors_first:
        for point in layouts[number].points:
            if point.way == way:
                return Found(plan=number, point=point.key)
    best, most = None, (0, 0)
    for number in floors_first:
        there = {point.camera for point in layouts[number].points if point.camera is not None}
        near = [rank for rank, camera in enumerate(cameras) if camera in there]
        score = (len(near), -min(near, default=len(cameras)))
        if near and score > most:
            best, most = number, score
    return None if best is None else Found(plan=best, point=None)
