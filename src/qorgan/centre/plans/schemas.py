"""Plans on the wire. Positions are 0…1 of the drawing's width (from the left) and height (from the top)."""

from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field, StringConstraints

from qorgan.centre.wire import Instant
from qorgan.domain.plans import MAX_LABEL, MAX_NAME, MAX_POINTS, PlanKind, PointKind

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
