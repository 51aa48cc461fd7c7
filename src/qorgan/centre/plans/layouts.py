"""A plan's layout between its three forms: the domain's, the database's and the wire's.

The database names cameras by their keys, as nodes and alarms do; the wire by their ids. A point of the demo, or of a
school whose node has not told of its cameras yet, knows the key of a camera that has no row: on the wire it has none.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from qorgan.centre import clean
from qorgan.centre.plans import schemas as wire
from qorgan.centre.plans.models import PlanRevision
from qorgan.domain.density.norms import ZoneKind
from qorgan.domain.plans import (
    MAX_LABEL,
    MAX_NAME,
    Layout,
    Lens,
    PlanKind,
    PlanZone,
    Point,
    PointKind,
    Scale,
    Size,
    Spot,
    WallLine,
)
from qorgan.domain.plans import metres_per_px as metres_of
from qorgan.kernel.errors import Invalid
from qorgan.kernel.ids import CameraKey


def kept(layout: Layout) -> dict[str, Any]:
    """The columns of `PlanRevision` that the layout fills."""
    scale = layout.scale
    return {
        "kind": layout.kind.value,
        "name": layout.name,
        "floor": layout.floor,
        "scale": scale and {"a": [scale.a.x, scale.a.y], "b": [scale.b.x, scale.b.y], "metres": scale.metres},
        "points": [_kept_point(point) for point in layout.points],
        "walls": [[wall.a.x, wall.a.y, wall.b.x, wall.b.y] for wall in layout.walls],
        "zones": [_kept_zone(zone) for zone in layout.zones],
    }


def _kept_zone(zone: PlanZone) -> dict[str, Any]:
    outline = [[spot.x, spot.y] for spot in zone.outline]
    said = {"key": str(zone.key), "kind": zone.kind.value, "name": zone.name, "outline": outline}
    return said | {"required": zone.required}


def _kept_point(point: Point) -> dict[str, Any]:
    return {
        "key": str(point.key),
        "kind": point.kind.value,
        "x": point.at.x,
        "y": point.at.y,
        "camera": point.camera,
        "way": point.way,
        "label": point.label,
        "bearing_deg": point.bearing_deg,
        **({} if point.lens is None else {"lens": asdict(point.lens)}),
    }


def layout_of(row: PlanRevision) -> Layout:
    """What a revision says."""
    scale = row.scale
    return Layout(
        name=row.name,
        kind=PlanKind(row.kind),
        floor=row.floor,
        scale=scale and Scale(a=_spot(*scale["a"]), b=_spot(*scale["b"]), metres=float(scale["metres"])),
        points=tuple(_point_of(said) for said in row.points),
        walls=tuple(WallLine(a=_spot(ax, ay), b=_spot(bx, by)) for ax, ay, bx, by in row.walls),
        zones=tuple(_zone_of(said) for said in row.zones),
    )


def _zone_of(said: Mapping[str, Any]) -> PlanZone:
    return PlanZone(
        key=UUID(said["key"]),
        kind=ZoneKind(said["kind"]),
        name=said["name"],
        outline=tuple(_spot(x, y) for x, y in said["outline"]),
        required=said["required"],
    )


def _point_of(said: Mapping[str, Any]) -> Point:
    return Point(
        key=UUID(said["key"]),
        kind=PointKind(said["kind"]),
        at=_spot(said["x"], said["y"]),
        camera=said["camera"],
        way=said["way"],
        label=said["label"],
        bearing_deg=said["bearing_deg"],
        lens=Lens(**said["lens"]) if said.get("lens") else None,
    )


def _spot(x: float, y: float) -> Spot:
    return Spot(x=float(x), y=float(y))


def wished(body: wire.PlanChange, now: Layout, cameras: Mapping[UUID, str]) -> Layout:
    """The layout that somebody sent. `cameras` are the school's, id → key; `now` is what it is to replace.

    A camera whose id nobody could be told stays with its point. Raises `Invalid` (`plan.camera_unknown`).
    """
    known = set(cameras.values())
    unsaid = {point.key: point.camera for point in now.points if point.camera is not None and point.camera not in known}
    scale = body.scale
    return Layout(
        name=clean.text(body.name, MAX_NAME),
        kind=body.kind,
        floor=body.floor,
        scale=None if scale is None else Scale(a=_wished(scale.a), b=_wished(scale.b), metres=scale.metres),
        points=tuple(_wished_point(said, cameras, unsaid) for said in body.points),
        walls=tuple(WallLine(a=_wished(wall.a), b=_wished(wall.b)) for wall in body.walls),
        zones=tuple(
            PlanZone(
                key=said.key,
                kind=said.kind,
                name=clean.text(said.name, MAX_LABEL),
                outline=tuple(_wished(spot) for spot in said.outline),
                required=said.required,
            )
            for said in body.zones
        ),
    )


def _wished(spot: wire.PlanSpot) -> Spot:
    return _spot(spot.x, spot.y)


def _wished_point(said: wire.PlanPoint, cameras: Mapping[UUID, str], unsaid: Mapping[UUID, CameraKey]) -> Point:
    if said.camera is None:
        camera = unsaid.get(said.key) if said.kind is PointKind.CAMERA else None
    elif said.camera in cameras:
        camera = CameraKey(cameras[said.camera])
    else:
        raise Invalid(f"the point {said.key} names no camera of this school", code="plan.camera_unknown")
    return Point(
        key=said.key,
        kind=said.kind,
        at=_spot(said.x, said.y),
        camera=camera,
        way=said.way,
        label=clean.text(said.label, MAX_LABEL),
        bearing_deg=said.bearing_deg,
        lens=None if said.lens is None else Lens(**said.lens.dict()),
    )


def on_the_wire(row: PlanRevision, cameras: Mapping[str, UUID]) -> wire.Plan:
    """A row of `PlanRevision.objects.newest()`. `cameras` are the school's, key → id."""
    layout, size = layout_of(row), size_of(row)
    scale = layout.scale
    return wire.Plan(
        id=row.plan_id,
        school=row.plan.school_id,
        kind=layout.kind,
        name=layout.name,
        floor=layout.floor,
        width_px=size.width,
        height_px=size.height,
        metres_per_px=metres_of(scale, size),
        scale=None if scale is None else wire.PlanScale(a=_seen(scale.a), b=_seen(scale.b), metres=scale.metres),
        image=f"/api/plans/{row.plan_id}/image?v={row.image_id}",
        revision=row.number,
        changed_at=row.at,
        changed_by=row.by.name,
        points=[_seen_point(point, cameras) for point in layout.points],
        walls=[wire.PlanWall(a=_seen(wall.a), b=_seen(wall.b)) for wall in layout.walls],
        zones=[
            wire.PlanZone(
                key=zone.key,
                kind=zone.kind,
                name=zone.name,
                outline=[_seen(spot) for spot in zone.outline],
                required=zone.required,
            )
            for zone in layout.zones
        ],
    )


def size_of(row: PlanRevision) -> Size:
    return Size(width=row.image.width, height=row.image.height)


def _seen(spot: Spot) -> wire.PlanSpot:
    return wire.PlanSpot(x=spot.x, y=spot.y)


def _seen_point(point: Point, cameras: Mapping[str, UUID]) -> wire.PlanPoint:
    return wire.PlanPoint(
        key=point.key,
        kind=point.kind,
        x=point.at.x,
        y=point.at.y,
        camera=None if point.camera is None else cameras.get(point.camera),
        way=point.way,
        label=point.label,
        bearing_deg=point.bearing_deg,
        lens=None if point.lens is None else wire.PlanLens(**asdict(point.lens)),
    )
