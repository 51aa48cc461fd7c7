"""Picture quality on the wire."""

from typing import Literal
from uuid import UUID

from ninja import Schema

from qorgan.centre.wire import Instant, Name, Person

Verdict = Literal["ok", "suspect", "bad", "unknown"]


class District(Schema):
    code: str
    name: Name


class StillPicture(Schema):
    """A small picture that the school's node sent. `image`: null until it is drawn, and for who sees no recordings.

    `period`: with the view of which it was to be compared; null when its node does not tell.
    """

    id: UUID
    at: Instant
    image: str | None
    period: Literal["day", "night"] | None


class FoundFault(Schema):
    """`stream`: of which one it is a fault; null for a fault of the picture."""

    fault: str
    stream: Literal["main", "sub"] | None
    verdict: Literal["suspect", "bad"]
    since: Instant
    last_seen: Instant
    score: float


class CameraQuality(Schema):
    """One line of the wall. `verdict` is `unknown` while the school's node is not heard, and `bad` while a stream has a
    fault, whatever its picture is; `faults` are the last ones."""

    camera: UUID
    name: Name
    zone: str
    school: UUID
    school_name: Name
    district: District
    heard: bool
    verdict: Verdict
    since: Instant
    at: Instant
    faults: list[FoundFault]
    still: StillPicture | None
    approved: list[Literal["day", "night"]]


class QualityCounts(Schema):
    bad: int
    suspect: int
    unknown: int
    ok: int


class FaultCount(Schema):
    fault: str
    cameras: int


class CameraQualityPage(Schema):
    """Worst first. `next` is the `offset` of the next page."""

    items: list[CameraQuality]
    counts: QualityCounts
    faults: list[FaultCount]
    next: int | None


class DistrictQuality(Schema):
    """How a district stands. A school is `clean` when all its cameras were judged and none has a confirmed fault;
    `unseen` when something of it is not known and nothing that is known is wrong."""

    district: District
    region: str
    schools: int
    clean: int
    unseen: int
    cameras: int
    counts: QualityCounts
    approved: int
    faults: list[FaultCount]


class DistrictQualityList(Schema):
    items: list[DistrictQuality]


class Spell(Schema):
    """One fault from when it was first seen until it was over. `told`: how often the node said that it is there.

    One of a `stream` has no stills: nothing of it can be seen.
    """

    id: UUID
    fault: str
    stream: Literal["main", "sub"] | None
    opened_at: Instant
    confirmed_at: Instant
    last_seen: Instant
    closed_at: Instant | None
    told: int
    score: float
    before: StillPicture | None
    still: StillPicture | None
    latest: StillPicture | None
    after: StillPicture | None


class HourOfPicture(Schema):
    """Means of one hour: brightness 0–255, sharpness and contrast without a unit, noise in steps of luma."""

    at: Instant
    looks: int
    mean: float
    sharpness: float
    contrast: float
    noise: float


class ViewSignature(Schema):
    side: Literal["school", "police"]
    by: Person
    role: str
    body: str | None
    at: Instant


class ApprovedView(Schema):
    """What a camera should see. `changed`: what is not as it was then (`codec`, `resolution`): approve a new one.

    `in_use`: the node compares with it. `deeds`: what I may do now.
    """

    id: UUID
    camera: UUID
    period: Literal["day", "night"]
    state: Literal["proposed", "signed_by_school", "approved", "superseded", "withdrawn"]
    frame: UUID
    image: str | None
    taken_at: Instant
    width: int
    height: int
    proposed_by: Person
    proposed_at: Instant
    ended_at: Instant | None
    reason: str
    signatures: list[ViewSignature]
    changed: list[Literal["codec", "resolution"]]
    in_use: bool
    refusal: str
    deeds: list[Literal["sign", "withdraw"]]


class ApprovedViewList(Schema):
    """`may_propose`: I sign for one of the two sides."""

    items: list[ApprovedView]
    may_propose: bool


class NewView(Schema):
    """`frame`: one of that camera, from `POST /cameras/{id}/frames`."""

    period: Literal["day", "night"]
    frame: UUID


class Withdrawal(Schema):
    reason: str


class StreamDelivery(Schema):
    """How one stream comes, counted from its packets: null, 0 or empty is what is not known. `loss`: share of packets;
    `clock_offset_s`: how far the camera's clock is ahead of its node's."""

    stream: Literal["main", "sub"]
    live: bool
    codec: str
    width: int
    height: int
    frames_per_s: float
    bits_per_s: float
    keyframe_every_s: float | None
    loss: float | None
    jitter_s: float | None
    clock_offset_s: float | None


class QualityHistory(Schema):
    """`camera`: null until its node has said anything of its picture."""

    camera: CameraQuality | None
    measures: dict[str, float]
    good: StillPicture | None
    streams: list[StreamDelivery]
    spells: list[Spell]
    hours: list[HourOfPicture]
