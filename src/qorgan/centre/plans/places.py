"""What a plan's cameras achieve: asked of the domain outside of any transaction, and remembered for a while."""

import io
from functools import lru_cache
from uuid import UUID

import numpy as np
from PIL import Image

from qorgan.centre.plans import schemas as wire
from qorgan.centre.plans.layouts import layout_of, size_of
from qorgan.centre.plans.models import PlanRevision
from qorgan.centre.wire import Name
from qorgan.domain.access import Actor, Right
from qorgan.domain.density.assessment import BlindSpot, ZoneReport, lacking
from qorgan.domain.density.calibration import KnownWidth, estimate_hfov, estimate_tilt
from qorgan.domain.density.norms import Scale, scales, zone_pack
from qorgan.domain.ground import Assessment, Ground, absent, assessed, class_map, ground_of, unmeasured
from qorgan.domain.plans import Layout, Lens, Size
from qorgan.kernel.errors import Invalid, NotFound

LOWEST_M, HIGHEST_M = 0.0, 3.0  # of what is looked at
REMEMBERED = 64  # answers, of a few kilobytes each
_OPAQUE = 150  # of 255: the drawing shows through
# Rising, even in brightness, and told apart by people who see few colours (viridis, of matplotlib)
_COLOURS = ("#440154", "#443a83", "#31688e", "#21918c", "#35b779", "#90d743", "#fde725")


def norms() -> wire.ZoneNorms:
    """The norm in force and the scales, the first of them the usual one."""
    pack = zone_pack()
    return wire.ZoneNorms(
        version=pack.version,
        checked_on=pack.checked_on.isoformat(),
        zones=[
            wire.ZoneNorm(
                kind=rule.kind,
                title=Name.of(rule.title),
                cameras=rule.cameras,
                status=rule.status,
                clause=rule.clause,
                source=rule.source.act,
            )
            for rule in pack.rules.values()
        ],
        scales=[
            wire.DensityScale(
                key=scale.key,
                title=Name.of(scale.title),
                standard=scale.standard,
                status=scale.status,
                classes=[
                    wire.DensityClass(key=one.key, title=Name.of(one.title), px_m=one.px_m, colour=colour)
                    for one, colour in zip(scale.classes, colours(scale), strict=True)
                ],
            )
            for scale in scales().values()
        ],
        needed_share=pack.needed_share,
    )


def colours(scale: Scale) -> list[str]:
    """One for each class, from dark to light."""
    steps = np.linspace(0, len(_COLOURS) - 1, len(scale.classes)).round().astype(int)
    return [_COLOURS[step] for step in steps]


def coverage(actor: Actor, plan_id: UUID, scale_key: str | None, height_m: float) -> wire.PlanCoverage:
    """Raises `NotFound` for a plan that the actor may not see, `Invalid` for another scale or height."""
    row, scale, height_m = _asked(actor, plan_id, scale_key, height_m)
    layout = layout_of(row)
    made = _answer(layout, size_of(row), scale.key, height_m)
    if made is None:
        return _empty(row, scale, height_m, layout)
    ground, found = made
    rows = PlanRevision.objects.visible_to(actor).filter(plan__school=row.plan.school_id).standing()
    return wire.PlanCoverage(
        revision=row.number,
        scale=scale.key,
        height_m=height_m,
        missing=[],
        unmeasured=list(ground.unmeasured),
        zones=[_on_the_wire(ground, report) for report in found.reports],
        lacking=[UUID(report.zone) for report in lacking(found.reports)],
        absent=absent([layout_of(one) for one in rows], zone_pack()),
        overlaps=[
            wire.ZoneOverlap(first=UUID(one.first), second=UUID(one.second), area_m2=round(one.area_m2, 1))
            for one in found.overlaps
        ],
        refusals=[
            wire.CameraRefusal(camera=UUID(one.camera), zone=UUID(one.zone), how=one.how) for one in found.refusals
        ],
        map=f"/api/plans/{plan_id}/density?scale={scale.key}&height_m={height_m:g}&v={row.number}",
    )


def density_picture(actor: Actor, plan_id: UUID, scale_key: str | None, height_m: float) -> bytes:
    """A PNG over the whole drawing, a pixel for each cell: the colour of the class, and nothing where none is reached.

    Raises as `coverage`, and `NotFound` for a plan without a scale.
    """
    row, scale, height_m = _asked(actor, plan_id, scale_key, height_m)
    picture = _picture(layout_of(row), size_of(row), scale.key, height_m)
    if picture is None:
        raise NotFound("the plan has no scale yet: nobody can say how far a camera sees on it", code="plan.no_scale")
    return picture


def calibrate(actor: Actor, plan_id: UUID, wish: wire.Calibration) -> wire.Calibrated:
    """The angle that is asked, from a known width. Raises `Invalid` (`calibration.…`, `camera_place.…`)."""
    actor.require(Right.PLANS_EDIT)
    _row(actor, plan_id)
    camera = Lens(**wish.lens.dict()).placed(str(wish.camera))
    seen = KnownWidth(
        width_m=wish.width_m,
        left_column=wish.left.column,
        left_row=wish.left.row,
        right_column=wish.right.column,
        right_row=wish.right.row,
    )
    found = (estimate_hfov if wish.solve == "hfov" else estimate_tilt)(camera, seen)
    return wire.Calibrated(degrees=round(found.degrees, 1), error_deg=round(found.error_deg, 1))


def _asked(actor: Actor, plan_id: UUID, scale_key: str | None, height_m: float) -> tuple[PlanRevision, Scale, float]:
    known = scales()
    key = scale_key or next(iter(known))
    if key not in known:
        raise Invalid(f"there is no scale {key!r}: {', '.join(known)}", code="scale.unknown")
    if not LOWEST_M <= height_m <= HIGHEST_M:
        raise Invalid(f"what is looked at is {LOWEST_M:g} to {HIGHEST_M:g} m over the floor", code="scale.height")
    return _row(actor, plan_id), known[key], round(height_m, 1)


def _row(actor: Actor, plan_id: UUID) -> PlanRevision:
    row = PlanRevision.objects.visible_to(actor).standing().filter(plan=plan_id).first()
    if row is None:
        raise NotFound("there is no such plan in your territory")
    return row


@lru_cache(maxsize=REMEMBERED)
def _answer(layout: Layout, size: Size, scale_key: str, height_m: float) -> tuple[Ground, Assessment] | None:
    scale = scales()[scale_key]
    ground = ground_of(layout, size, scale)
    return None if ground is None else (ground, assessed(ground, scale, zone_pack(), height_m))


@lru_cache(maxsize=REMEMBERED)
def _picture(layout: Layout, size: Size, scale_key: str, height_m: float) -> bytes | None:
    scale = scales()[scale_key]
    ground = ground_of(layout, size, scale)
    if ground is None:
        return None
    palette = np.zeros((len(scale.classes) + 1, 4), np.uint8)
    for number, colour in enumerate(colours(scale), start=1):
        palette[number] = (*bytes.fromhex(colour[1:]), _OPAQUE)
    held = io.BytesIO()
    Image.fromarray(palette[class_map(ground, scale, height_m)], "RGBA").save(held, "PNG", optimize=True)
    return held.getvalue()


def _empty(row: PlanRevision, scale: Scale, height_m: float, layout: Layout) -> wire.PlanCoverage:
    return wire.PlanCoverage(
        revision=row.number,
        scale=scale.key,
        height_m=height_m,
        missing=["scale"],
        unmeasured=list(unmeasured(layout)),
        zones=[],
        lacking=[],
        absent=[],
        overlaps=[],
        refusals=[],
        map=None,
    )


def _on_the_wire(ground: Ground, report: ZoneReport) -> wire.ZoneCoverage:
    return wire.ZoneCoverage(
        zone=UUID(report.zone),
        kind=report.kind,
        cameras=report.cameras,
        status=report.status,
        required=report.required,
        needs_px_m=report.needs_px_m,
        area_m2=round(report.area_m2, 1),
        seen=round(report.seen, 3),
        with_class=round(report.with_class, 3),
        enough=report.enough,
        blind_spots=[_blind_spot(ground, spot) for spot in report.blind_spots],
    )


def _blind_spot(ground: Ground, spot: BlindSpot) -> wire.PlanBlindSpot:
    def on_drawing(place: tuple[float, float]) -> wire.PlanSpot:
        at = ground.spot(*place)
        return wire.PlanSpot(x=at.x, y=at.y)

    return wire.PlanBlindSpot(
        area_m2=round(spot.area_m2, 1), at=on_drawing(spot.at), outline=[on_drawing(place) for place in spot.outline]
    )
