"""Plans on the wire. Positions are 0…1 of the drawing's width (from the left) and height (from the top)."""

from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field, StringConstraints

from qorgan.centre.wire import Instant, Name
from qorgan.domain.density.norms import Status, ZoneDuty, ZoneKind
from qorgan.domain.density.zones import MOST_POINTS, Intrusion
from qorgan.domain.plans import MAX_LABEL, MAX_NAME, MAX_POINTS, MAX_WALLS, MAX_ZONES, PlanKind, PointKind

Deed = Literal["created", "changed", "restored", "removed", "returned"]
Number = Annotated[float, Field(allow_inf_nan=False)]
PlanName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME)]
FloorNumber = Annotated[int, Field(ge=-1_000, le=1_000)]  # that there is such a floor, the domain says
WayKey = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class PlanSpot(Schema):
    x: Number
    y: Number


class PlanScale(Schema):
    """Two spots of the drawing, and how far from each other they are in the building."""

    a: PlanSpot
    b: PlanSpot
    metres: Number


class PlanLens(Schema):
    """How a camera hangs and what it sees. `tilt_deg`: 0 looks level, 90 straight down; `hfov_deg`: edge to edge."""

    height_m: Number
    tilt_deg: Number
    hfov_deg: Number
    width_px: int = Field(ge=1, le=100_000)
    height_px: int = Field(ge=1, le=100_000)


class PlanWall(Schema):
    a: PlanSpot
    b: PlanSpot


class PlanZone(Schema):
    """A part of a plan. `required`: key of a class that it shall have instead of the norm's."""

    key: UUID
    kind: ZoneKind
    name: str = Field("", max_length=MAX_LABEL)
    outline: list[PlanSpot] = Field(max_length=2 * MOST_POINTS)
    required: str | None = Field(None, max_length=40)


class PlanPoint(Schema):
    """What stands at one point. `key` is made by whoever sets the point and stays when it is moved.

    `camera` is a camera's id. `way` is the way in as alarms name it (`Alarm.button`). `bearing_deg`: where a camera
    looks, 0 is up on the drawing, clockwise.
    """

    key: UUID
    kind: PointKind
    x: Number
    y: Number
    camera: UUID | None = None
    way: WayKey | None = None
    label: str = Field("", max_length=MAX_LABEL)
    bearing_deg: Number | None = None
    lens: PlanLens | None = None


class Plan(Schema):
    """A plan as it is now. `image` is the address of its drawing; another drawing has another address.

    `metres_per_px` is null while there is no `scale`.
    """

    id: UUID
    school: UUID
    kind: PlanKind
    name: str
    floor: int | None
    width_px: int
    height_px: int
    metres_per_px: float | None
    scale: PlanScale | None
    image: str
    revision: int
    changed_at: Instant
    changed_by: str
    points: list[PlanPoint]
    walls: list[PlanWall]
    zones: list[PlanZone]


class PlanList(Schema):
    """The site first, then the floors from below."""

    items: list[Plan]


class NewPlan(Schema):
    """What stands beside the file. `page`: which page of a PDF, from 1."""

    kind: PlanKind
    name: PlanName
    floor: FloorNumber | None = None
    page: int = Field(1, ge=1, le=10_000)


class PlanChange(Schema):
    """The whole plan anew. `revision` is the one that was changed: 409 `conflict` when it is not the newest."""

    revision: int
    name: PlanName
    kind: PlanKind
    floor: FloorNumber | None = None
    scale: PlanScale | None = None
    points: list[PlanPoint] = Field(max_length=2 * MAX_POINTS)
    walls: list[PlanWall] = Field(default=[], max_length=2 * MAX_WALLS)
    zones: list[PlanZone] = Field(default=[], max_length=2 * MAX_ZONES)


class PlanRestore(Schema):
    """Have the content of revision `to` again, as a new revision. `revision` is the newest that whoever asks saw."""

    revision: int
    to: int


class PlanRevision(Schema):
    """Who changed what when; `points`: how many."""

    number: int
    at: Instant
    by: str
    deed: Deed
    points: int


class PlanRevisionList(Schema):
    """Newest first."""

    items: list[PlanRevision]


class AlarmPlace(Schema):
    """Where an alarm was raised. `point` is the key of the pressed way in on that plan.

    Null point: only cameras around it stand on the plan. Null plan: nobody has drawn it in.
    """

    plan: Plan | None
    point: UUID | None


class NewDrawing(Schema):
    """What stands beside a newer drawing of a plan. `revision` as in `PlanChange`."""

    revision: int
    page: int = Field(1, ge=1, le=10_000)


class ZoneNorm(Schema):
    """What the norm says of one kind of zone."""

    kind: ZoneKind
    title: Name
    cameras: ZoneDuty
    status: Status
    clause: str
    source: str


class DensityClass(Schema):
    """From `px_m` pixels per metre on; `colour` is that of the map."""

    key: str
    title: Name
    px_m: float
    colour: str


class DensityScale(Schema):
    """Classes in rising order."""

    key: str
    title: Name
    standard: str
    status: Status
    classes: list[DensityClass]


class ZoneNorms(Schema):
    """The norm in force, and the scales that can be chosen; the first is the usual one."""

    version: int
    checked_on: str
    zones: list[ZoneNorm]
    scales: list[DensityScale]
    needed_share: float


class PlanBlindSpot(Schema):
    area_m2: float
    at: PlanSpot
    outline: list[PlanSpot]


class ZoneCoverage(Schema):
    """How a zone stands. `seen`, `with_class`: shares of its area, 0 … 1."""

    zone: UUID
    kind: ZoneKind
    cameras: ZoneDuty
    status: Status
    required: str | None
    needs_px_m: float
    area_m2: float
    seen: float
    with_class: float
    enough: bool
    blind_spots: list[PlanBlindSpot]


class ZoneOverlap(Schema):
    first: UUID
    second: UUID
    area_m2: float


class CameraRefusal(Schema):
    """A camera (key of its point) that may not be where it is."""

    camera: UUID
    zone: UUID
    how: Intrusion


class PlanCoverage(Schema):
    """What a plan's cameras achieve for targets `height_m` over the floor.

    `missing`: what has to be said first (`scale`); then the rest is empty. `unmeasured`: points of cameras without lens
    or bearing. `lacking`: zones that must have the class and do not, worst first. `absent`: kinds of zones that must
    have cameras and stand on none of the school's plans. `map`: the address of the picture.
    """

    revision: int
    scale: str
    height_m: float
    missing: list[str]
    unmeasured: list[UUID]
    zones: list[ZoneCoverage]
    lacking: list[UUID]
    absent: list[ZoneKind]
    overlaps: list[ZoneOverlap]
    refusals: list[CameraRefusal]
    map: str | None


class PictureSpot(Schema):
    """Pixels of the picture, from its upper left corner."""

    column: Number
    row: Number


class Calibration(Schema):
    """A width on the floor that is known, and where the picture shows its ends. `solve`: what of `lens` is asked."""

    camera: UUID
    solve: Literal["hfov", "tilt"]
    lens: PlanLens
    width_m: Number
    left: PictureSpot
    right: PictureSpot


class Calibrated(Schema):
    """The angle and its standard deviation."""

    degrees: float
    error_deg: float
