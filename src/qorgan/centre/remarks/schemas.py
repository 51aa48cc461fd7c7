"""Remarks and joint reviews on the wire. Days (`deadline`) are of the users' calendar, Asia/Almaty."""

from datetime import date
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import Field, StringConstraints

from qorgan.centre.frames.schemas import Frame
from qorgan.centre.wire import Instant, Name, Person
from qorgan.domain import reviews
from qorgan.domain.access import Body
from qorgan.domain.plans import PlanKind
from qorgan.domain.remarks import MAX_CLAUSE, MAX_TEXT, RemarkCategory, RemarkDeed, RemarkState, TargetKind

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_TEXT)]
Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT)]
Clause = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_CLAUSE)]
ZoneKey = Annotated[str, StringConstraints(max_length=80)]
ReviewText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=reviews.MAX_TEXT)]


class RemarkTarget(Schema):
    """What a remark is about. `camera`: of kind `camera`. `plan` and its `revision`: of kinds `plan` and `zone`, and of
    a camera that stands on it. `zone`: a key on that plan. Of kind `school` none of them."""

    kind: TargetKind
    camera: UUID | None = None
    plan: UUID | None = None
    revision: int | None = None
    zone: ZoneKey | None = None


class RemarkPlace(RemarkTarget):
    """The target with what people call it. `plan_revision_now`: when it is not `revision`, the plan has changed.

    `zone_name`: as on the plan now, or as it was for a zone that is no more; of one without a name, its kind.
    """

    camera_name: Name | None
    plan_name: str | None
    zone_name: Name | None
    plan_revision_now: int | None


class Measured(Schema):
    """What was measured of a camera then, not what it claims: its newest judged picture, and its main stream."""

    at: Instant
    verdict: str
    faults: list[str]
    measures: dict[str, float]
    codec: str
    width: int
    height: int
    frames_per_s: float
    bits_per_s: float


class RemarkBefore(Schema):
    """As it was when the remark was issued."""

    frame: Frame | None
    plan_revision: int | None
    measured: Measured | None


class RemarkAfter(Schema):
    """The evidence that it is fixed."""

    frame: Frame | None
    plan_revision: int | None
    measured: Measured | None
    note: str
    by: Person
    at: Instant


class RemarkLine(Schema):
    """One deed of the thread. `body` is null for the school. `deadline`: the one that this deed set."""

    at: Instant
    by: Person
    body: Body | None
    deed: RemarkDeed
    state: RemarkState
    text: str
    frame: Frame | None
    deadline: date | None


class Remark(Schema):
    """`number` counts within the school; null while it is a draft. `rights`: what whoever asks may do now.

    `version` grows with each change. `overdue`: its last day has passed and it is not said to be fixed. `thread` is
    empty in lists. `photos`: addresses of pictures from the inspection on site that it comes from.
    """

    id: UUID
    number: int | None
    version: int
    school: UUID
    school_name: Name
    target: RemarkPlace
    category: RemarkCategory
    text: str
    clause: str
    body: Body
    by: Person
    state: RemarkState
    deadline: date | None
    overdue: bool
    created_at: Instant
    issued_at: Instant | None
    changed_at: Instant
    before: RemarkBefore
    after: RemarkAfter | None
    verified_by: Person | None
    inspection: UUID | None
    photos: list[str]
    rights: list[RemarkDeed]
    thread: list[RemarkLine]


class RemarkCounts(Schema):
    """Of everything that the other filters leave, whatever `state`, `to_fix` and `overdue` ask."""

    draft: int
    issued: int
    accepted: int
    objected: int
    fixed: int
    verified: int
    closed: int
    withdrawn: int
    to_fix: int
    overdue: int


class RemarkList(Schema):
    """What was changed last comes first."""

    items: list[Remark]
    counts: RemarkCounts
    next: str | None


class NewRemark(Schema):
    """A draft, or with `issue` a remark at once. `frame`: one of the camera's frames, as it was."""

    school: UUID
    target: RemarkTarget
    category: RemarkCategory
    text: Said
    clause: Clause = ""
    deadline: date | None = None
    frame: UUID | None = None
    issue: bool = False


class RemarkChange(Schema):
    """Of a draft: what is not named stays. `frame: null` takes the frame away."""

    target: RemarkTarget | None = None
    category: RemarkCategory | None = None
    text: Said | None = None
    clause: Clause | None = None
    deadline: date | None = None
    frame: UUID | None = None


class RemarkOrder(Schema):
    """`version`: the one that was on the screen; 409 `conflict` when it has moved on meanwhile.

    `frame` shows with `fix` that it is so, and stands with any other deed in the thread. `deadline`: with `issue`,
    `uphold`, `return`, `extend`.
    """

    deed: RemarkDeed
    text: Text = ""
    deadline: date | None = None
    frame: UUID | None = None
    version: int | None = None


class ReviewSignature(Schema):
    """`remarks`: how many of the body's remarks stood on the plan when it signed."""

    body: Body
    by: Person
    at: Instant
    answer: reviews.ReviewAnswer
    text: str
    remarks: int


class ReviewPlan(Schema):
    id: UUID
    name: str
    kind: PlanKind
    floor: int | None


class JointReview(Schema):
    """A joint review of one revision of a plan. `plan_revision_now` above `revision`: the plan has changed since.

    `outcome` is null before the first signature. `rights`: `sign`, `close`, `cancel`, as whoever asks may now.
    """

    id: UUID
    school: UUID
    school_name: Name
    plan: ReviewPlan
    revision: int
    plan_revision_now: int
    bodies: list[Body]
    waiting: list[Body]
    deadline: date
    overdue: bool
    text: str
    state: reviews.ReviewState
    outcome: reviews.ReviewAnswer | None
    opened_by: Person
    opened_at: Instant
    ended_at: Instant | None
    ended_by: Person | None
    reason: str
    signatures: list[ReviewSignature]
    rights: list[str]


class JointReviewList(Schema):
    """Newest first."""

    items: list[JointReview]
    next: str | None


class NewReview(Schema):
    revision: int
    bodies: list[Body] = Field(min_length=1, max_length=len(Body))
    deadline: date
    text: ReviewText = ""


class NewSignature(Schema):
    answer: reviews.ReviewAnswer
    text: ReviewText = ""


class ReviewEnd(Schema):
    """`text`: of a cancellation, why."""

    text: ReviewText = ""
