"""A plan in metres: what its cameras see of it, and what the norm in force makes of that. Raises nothing of its own."""

import math
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from qorgan.domain.density.assessment import STEP_M, ZoneReport, assess
from qorgan.domain.density.camera import PlacedCamera
from qorgan.domain.density.norms import ALWAYS_PRIVATE, Scale, ZoneDuty, ZoneKind, ZonePack
from qorgan.domain.density.sight import Grid, Wall, density_map
from qorgan.domain.density.zones import Overlap, Refusal, Zone, overlaps, refusals
from qorgan.domain.plans import Layout, PlanZone, Point, PointKind, Size, Spot, metres_per_px
from qorgan.kernel.errors import Invalid

MOST_CELLS = 60_000  # of a map, and of all zones together: more cannot be seen, and takes seconds
MOST_WORK = 400_000_000  # cells times cameras times walls
_FLAT = 1_000.0  # how far 1 of the drawing is, where only what lies in what is asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A plan with a scale. `unmeasured`: cameras whose lens or bearing nobody has said."""

    metres_per_px: float
    size: Size
    cameras: tuple[PlacedCamera, ...]
    walls: tuple[Wall, ...]
    zones: tuple[Zone, ...]
    unmeasured: tuple[UUID, ...]

    def spot(self, x_m: float, y_m: float) -> Spot:
        """A place in metres, on the drawing; held on it."""
        width, height = self.size.width * self.metres_per_px, self.size.height * self.metres_per_px
        return Spot(x=min(max(x_m / width, 0.0), 1.0), y=min(max(y_m / height, 0.0), 1.0))

    def map_grid(self) -> Grid:
        """Cells over the whole drawing, as fine as is worth while."""
        width, height = self.size.width * self.metres_per_px, self.size.height * self.metres_per_px
        return Grid.over(0.0, 0.0, width, height, self._step(width * height))

    def zone_step(self) -> float:
        """How wide the cells of zones are, m."""
        return self._step(sum(zone.area_m2 for zone in self.zones))

    def _step(self, area_m2: float) -> float:
        work = max(1, len(self.cameras)) * (len(self.walls) + 10)
        cells = max(2_000.0, min(float(MOST_CELLS), MOST_WORK / work))
        return min(10.0, max(STEP_M, math.sqrt(area_m2 / cells)))


def unmeasured(layout: Layout) -> tuple[UUID, ...]:
    """Keys of the cameras whose lens or bearing nobody has said."""
    cameras = (point for point in layout.points if point.kind is PointKind.CAMERA)
    return tuple(point.key for point in cameras if point.lens is None or point.bearing_deg is None)


def ground_of(layout: Layout, size: Size, scale: Scale | None = None) -> Ground | None:
    """The plan in metres; None while it has no scale. A zone's own class counts where `scale` has it."""
    metre = metres_per_px(layout.scale, size)
    if metre is None:
        return None
    classes = {one.key for one in scale.classes} if scale else set()

    def metres(spot: Spot) -> tuple[float, float]:
        return spot.x * size.width * metre, spot.y * size.height * metre

    return Ground(
        metres_per_px=metre,
        size=size,
        cameras=tuple(placed for point in layout.points if (placed := _placed(point, metres(point.at))) is not None),
        walls=tuple(
            Wall(x1_m=metres(wall.a)[0], y1_m=metres(wall.a)[1], x2_m=metres(wall.b)[0], y2_m=metres(wall.b)[1])
            for wall in layout.walls
        ),
        zones=tuple(
            Zone(
                key=str(zone.key),
                name=zone.name,
                kind=zone.kind,
                points=tuple(metres(spot) for spot in zone.outline),
                required=zone.required if zone.required in classes else None,
            )
            for zone in layout.zones
        ),
        unmeasured=unmeasured(layout),
    )


def _placed(point: Point, at: tuple[float, float]) -> PlacedCamera | None:
    lens = point.lens
    if point.kind is not PointKind.CAMERA or lens is None or point.bearing_deg is None:
        return None
    return lens.placed(str(point.key), *at, point.bearing_deg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a plan's cameras achieve, by one scale, for targets at one height."""

    reports: tuple[ZoneReport, ...]
    overlaps: tuple[Overlap, ...]
    refusals: tuple[Refusal, ...]


def assessed(ground: Ground, scale: Scale, pack: ZonePack, height_m: float) -> Assessment:
    """Everything that is said of a plan. Takes up to seconds: never inside a transaction."""
    reports = assess(
        ground.zones, ground.cameras, ground.walls, scale, pack, height_m=height_m, step_m=ground.zone_step()
    )
    return Assessment(
        reports=tuple(reports),
        overlaps=tuple(overlaps(ground.zones)),
        refusals=tuple(refusals(ground.cameras, ground.zones, ground.walls, pack)),
    )


def class_map(ground: Ground, scale: Scale, height_m: float) -> NDArray[np.uint8]:
    """(rows, columns): how many of the scale's classes each cell of `map_grid` reaches; 0 where nobody sees enough."""
    return scale.classify(density_map(ground.cameras, ground.walls, ground.map_grid(), height_m))


def absent(layouts: list[Layout], pack: ZonePack) -> list[ZoneKind]:
    """Kinds of zones that must have cameras and that none of a school's plans has."""
    drawn = {zone.kind for layout in layouts for zone in layout.zones}
    return [kind for kind, rule in pack.rules.items() if rule.cameras is ZoneDuty.MUST and kind not in drawn]


def require_privacy(layout: Layout, size: Size, pack: ZonePack) -> None:
    """Raises `Invalid` (`plan.camera_private`) when a camera stands in a toilet or changing room, or sees into one.

    That it stands there is seen without a scale and a lens, too.
    """
    private = [zone for zone in layout.zones if zone.kind in ALWAYS_PRIVATE]
    if not private:
        return
    zones = {str(zone.key): zone for zone in private}
    points = {str(point.key): point for point in layout.points if point.kind is PointKind.CAMERA}
    flat = [_flat(zone) for zone in private]
    for point in points.values():
        for zone in flat:
            if zone.contains(_FLAT * point.at.x, _FLAT * point.at.y):
                raise _private(point, zones[zone.key], "stands in")
    ground = ground_of(layout, size)
    if ground is None:
        return
    closed = [zone for zone in ground.zones if zone.kind in ALWAYS_PRIVATE]
    for refusal in refusals(ground.cameras, closed, ground.walls, pack):
        raise _private(points[refusal.camera], zones[refusal.zone], "sees into")


def _flat(zone: PlanZone) -> Zone:
    """A zone as shares of the drawing, which say as well as metres what lies in it."""
    points = tuple((_FLAT * spot.x, _FLAT * spot.y) for spot in zone.outline)
    return Zone(key=str(zone.key), name=zone.name, kind=zone.kind, points=points)


def _private(camera: Point, zone: PlanZone, how: str) -> Invalid:
    """Names both for people, and their keys for the console, which points at them: two cameras may have one label."""
    called = camera.label or camera.camera or str(camera.key)
    return Invalid(
        f"the camera {called} {how} {zone.name or str(zone.kind)!r}: nobody is ever filmed there"
        f" (point {camera.key}, zone {zone.key})",
        code="plan.camera_private",
    )
