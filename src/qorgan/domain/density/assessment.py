"""What a plan's cameras achieve in its zones: the share with the class it needs, blind spots, what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from qorgan.domain.density.camera import PlacedCamera, PlanPoint
from qorgan.domain.density.norms import Scale, Status, ZoneDuty, ZoneKind, ZonePack
from qorgan.domain.density.sight import Grid, Wall, density_map
from qorgan.domain.density.zones import Zone, zone_grid

STEP_M = 0.25
BLIND_SPOT_M2 = 1.0  # smaller ones are where cells meet edges


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindSpot:
    """A connected part of a zone that lacks the class. `at` lies in it; `outline` is its outer edge."""

    area_m2: float
    at: PlanPoint
    outline: tuple[PlanPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneReport:
    """How one zone stands. Without a required class `with_class` counts what any camera sees at the lowest class.

    `with_class`, `seen`: shares of the area, 0 … 1; `seen` at any density. `status` is that of the rule that a camera
    must be there; the class itself is the project's choice (`ZonePack.classes_status`).
    """

    zone: str
    kind: ZoneKind
    cameras: ZoneDuty
    status: Status
    required: str | None
    needs_px_m: float
    area_m2: float
    seen: float
    with_class: float
    enough: bool
    blind_spots: tuple[BlindSpot, ...]


def assess(
    zones: Sequence[Zone],
    cameras: Sequence[PlacedCamera],
    walls: Sequence[Wall],
    scale: Scale,
    pack: ZonePack,
    *,
    height_m: float = 0.0,
    step_m: float = STEP_M,
) -> list[ZoneReport]:
    """A report per zone that may or must have cameras, in the order of the zones; for targets at `height_m`.

    Cells are `step_m` wide or less: shares are right to about a cell along the edge of what is seen. Raises Invalid for
    a class that the scale does not have, and for plans beyond the limits of `sight`.
    """
    watched = [zone for zone in zones if pack.rules[zone.kind].cameras is not ZoneDuty.MUST_NOT]
    return [_report(zone, cameras, walls, scale, pack, height_m, step_m) for zone in watched]


def lacking(reports: Sequence[ZoneReport]) -> list[ZoneReport]:
    """The zones that must have cameras and do not have enough of the class, worst first."""
    return sorted(
        (one for one in reports if one.cameras is ZoneDuty.MUST and not one.enough), key=lambda one: one.with_class
    )


def _report(
    zone: Zone,
    cameras: Sequence[PlacedCamera],
    walls: Sequence[Wall],
    scale: Scale,
    pack: ZonePack,
    height_m: float,
    step_m: float,
) -> ZoneReport:
    rule = pack.rules[zone.kind]
    required = zone.required or rule.required.get(scale.key)
    needs_px_m = scale.needs(required) if required else scale.classes[0].px_m
    grid = zone_grid(zone, step_m)
    inside = shapely.contains_xy(zone.shape, *grid.middles())
    density = density_map(cameras, walls, grid, height_m)
    reached = density >= needs_px_m
    with_class = _share(inside, reached)
    return ZoneReport(
        zone=zone.key,
        kind=zone.kind,
        cameras=rule.cameras,
        status=rule.status,
        required=required,
        needs_px_m=needs_px_m,
        area_m2=zone.area_m2,
        seen=_share(inside, density > 0),
        with_class=with_class,
        enough=with_class >= pack.needed_share,
        blind_spots=_blind_spots(zone, grid, ~reached),
    )


def _share(inside: NDArray[np.bool_], of: NDArray[np.bool_]) -> float:
    """A zone that is narrower than its cells may have no middle of one in it: then nothing is known to be seen."""
    cells = int(inside.sum())
    return int((inside & of).sum()) / cells if cells else 0.0


def _blind_spots(zone: Zone, grid: Grid, without: NDArray[np.bool_]) -> tuple[BlindSpot, ...]:
    """The largest first. Cells that touch at a corner alone are not connected."""
    near = shapely.contains_xy(zone.shape.buffer(grid.step_m), *grid.middles())
    rows, columns = np.nonzero(without & near)
    if rows.size == 0:
        return ()
    x, y = grid.left_m + np.arange(grid.columns + 1) * grid.step_m, grid.top_m + np.arange(grid.rows + 1) * grid.step_m
    cells = shapely.box(x[columns], y[rows], x[columns + 1], y[rows + 1])
    parts = shapely.get_parts(shapely.coverage_union_all(cells))
    pieces = shapely.get_parts(shapely.intersection(parts, zone.shape))
    found = [piece for piece in pieces if isinstance(piece, shapely.Polygon) and piece.area >= BLIND_SPOT_M2]
    return tuple(_blind_spot(piece) for piece in sorted(found, key=lambda piece: -piece.area))


def _blind_spot(piece: shapely.Polygon) -> BlindSpot:
    inner = piece.representative_point()
    outline = tuple((float(x), float(y)) for x, y in piece.simplify(0).exterior.coords[:-1])
    return BlindSpot(area_m2=float(piece.area), at=(float(inner.x), float(inner.y)), outline=outline)
