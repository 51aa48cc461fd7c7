"""Inspections on site on the wire. Instants are the telephone's; `received_at` is ours."""

from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, Field, StringConstraints

from qorgan.centre.cameras.schemas import Camera
from qorgan.centre.plans.schemas import Plan
from qorgan.centre.remarks.schemas import Remark
from qorgan.centre.wire import Instant, Name, Page, Person
from qorgan.domain import inspections as rules
from qorgan.domain.access import Body
from qorgan.domain.remarks import RemarkCategory

Key = Annotated[str, StringConstraints(min_length=1, max_length=rules.MAX_KEY)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, max_length=rules.MAX_LABEL)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=rules.MAX_TEXT)]
Digest = Annotated[str, StringConstraints(min_length=64, max_length=64)]


class InspectionPlace(Schema):
    """Where the telephone was, WGS 84."""

    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    accuracy_m: float = Field(ge=0, le=100_000, allow_inf_nan=False)


class InspectionSignature(Schema):
    """A typed name, and strokes as path data (`M x,y L x,y …`) within 0…2000 by 0…2000."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=rules.MAX_NAME)]
    strokes: Annotated[str, StringConstraints(min_length=1, max_length=rules.STROKES_MAX)]


class InspectionItemWish(Schema):
    """One thing of the list. `photos`: SHA-256 of each file as it will be sent."""

    key: Key
    kind: rules.InspectionItemKind
    answer: rules.InspectionAnswer
    camera: UUID | None = None
    plan: UUID | None = None
    zone: Annotated[str, StringConstraints(max_length=80)] = ""
    label: Label = ""
    text: Text = ""
    category: RemarkCategory = RemarkCategory.OTHER
    photos: list[Digest] = Field(default_factory=list, max_length=rules.PHOTOS_OF_ITEM)


class InspectionWish(Schema):
    """The whole inspection. Without `finished_at` it goes on and may be sent again otherwise; with it, and signed, it
    is final."""

    school: UUID
    started_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    place: InspectionPlace | None = None
    items: list[InspectionItemWish] = Field(max_length=rules.MAX_ITEMS)
    signature: InspectionSignature | None = None


class InspectionPhoto(Schema):
    """`image` is null while the file has not come."""

    digest: str
    image: str | None


class InspectionItem(Schema):
    """`remark`: the draft, or what became of it; null when it was deleted, or is somebody else's draft."""

    key: str
    kind: rules.InspectionItemKind
    answer: rules.InspectionAnswer
    camera: UUID | None
    plan: UUID | None
    zone: str
    label: str
    text: str
    category: RemarkCategory
    photos: list[InspectionPhoto]
    remark: UUID | None


class InspectionCounts(Schema):
    ok: int
    remark: int
    not_seen: int


class Inspection(Schema):
    """`missing`: photos that have not come yet. `items` is empty in lists; `counts` is of all of them."""

    id: UUID
    school: UUID
    school_name: Name
    by: Person
    body: Body
    started_at: Instant
    finished_at: Instant | None
    received_at: Instant
    place: InspectionPlace | None
    counts: InspectionCounts
    items: list[InspectionItem]
    signature: InspectionSignature | None
    missing: list[str]


class InspectionPage(Page[Inspection]):
    """Newest first."""


class PackButton(Schema):
    key: str
    name: Name


class PackSchool(Schema):
    id: UUID
    name: Name
    address: Name
    lat: float
    lon: float


class InspectionPack(Schema):
    """All that a telephone needs in a school without a network, as it was at `at`. `remarks`: those that are open."""

    at: Instant
    school: PackSchool
    body: Body
    cameras: list[Camera]
    buttons: list[PackButton]
    plans: list[Plan]
    remarks: list[Remark]
