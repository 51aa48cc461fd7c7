"""Attestation on the wire."""

from datetime import date
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import Field, StringConstraints

from qorgan.centre.attestation.models import MAX_TITLE
from qorgan.centre.norms.schemas import NormVerdict
from qorgan.centre.wire import Instant, Name, Page, Person
from qorgan.domain.attestation.assessment import MAX_EVIDENCE, MAX_WORDS, AssessmentDeed, AssessmentState, Contradiction
from qorgan.domain.attestation.record import Change
from qorgan.domain.attestation.waiver import MAX_REASON, WaiverState

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_WORDS)]
Ref = Annotated[str, StringConstraints(min_length=1, max_length=120)]
MAX_REFS = 500  # of one call


class NewCampaign(Schema):
    """`region`: its code; null for the whole country. `norm_day`: null for today."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TITLE)]
    region: str | None = None
    norm_day: date | None = None
    ends: date


class AssessmentCampaign(Schema):
    """`counts`: assessments of the asker's schools by state; `schools`: how many of these take part."""

    id: UUID
    title: str
    region: Name | None
    norm_day: date
    ends: date
    opened_at: Instant
    ended_at: Instant | None
    packs: dict[str, str]
    schools: int
    counts: dict[AssessmentState, int]


class AssessmentCampaignPage(Page[AssessmentCampaign]):
    """Campaigns, the newest first."""


class AssessmentFinding(Schema):
    """One requirement. `counts`: the inspector's verdict, else the measured one. `excepted_until` changes neither."""

    requirement: str
    title: Name
    clause: str
    gate: bool
    measured: NormVerdict
    own: NormVerdict | None
    own_words: str
    evidence: str
    inspector: NormVerdict | None
    inspector_words: str
    counts: NormVerdict
    contradiction: Contradiction | None
    settled: bool
    excepted_until: date | None


class AssessmentScore(Schema):
    """A criterion: the range that was measured, and the grade that the inspector gave."""

    score: str
    title: Name
    lowest: int
    highest: int
    grade: int | None
    words: str


class AssessmentThreadLine(Schema):
    number: int
    at: Instant
    by: Person
    deed: AssessmentDeed
    state: AssessmentState


class AssessmentTask(Schema):
    """`verified_at`: somebody other than who did it saw that it is mended."""

    id: UUID
    requirement: str
    text: str
    due: date
    done_at: Instant | None
    done_words: str
    verified_at: Instant | None


class SchoolAssessment(Schema):
    """`id` is null before the school's first answer. `measured_at`: now, or when it was submitted."""

    id: UUID | None
    campaign: UUID
    campaign_title: str
    school: UUID
    school_name: Name
    state: AssessmentState
    measured_at: Instant
    gates: NormVerdict
    findings: list[AssessmentFinding]
    scores: list[AssessmentScore]
    tasks: list[AssessmentTask]
    thread: list[AssessmentThreadLine]
    record: UUID | None
    may_answer: bool
    may_decide: bool


class AssessmentRow(Schema):
    campaign: UUID
    campaign_title: str
    school: UUID
    school_name: Name
    state: AssessmentState
    changed_at: Instant


class AssessmentRowPage(Page[AssessmentRow]):
    """Assessments, the latest changed first."""


class OwnAnswer(Schema):
    requirement: Ref
    own: NormVerdict
    words: Words = ""
    evidence: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_EVIDENCE)] = ""


class OwnAnswers(Schema):
    items: Annotated[list[OwnAnswer], Field(min_length=1, max_length=MAX_REFS)]


class Judgement(Schema):
    requirement: Ref
    verdict: NormVerdict
    words: Words = ""


class Judgements(Schema):
    items: Annotated[list[Judgement], Field(min_length=1, max_length=MAX_REFS)]


class GivenGrade(Schema):
    score: Ref
    grade: int
    words: Words = ""


class Decision(Schema):
    """A grade for each criterion that was measured."""

    grades: Annotated[list[GivenGrade], Field(max_length=20)]


class NewAssessmentTask(Schema):
    requirement: Ref
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_WORDS)]
    due: date


class TaskWords(Schema):
    words: Words = ""


class RecordedAttestation(Schema):
    """`snapshot`: the text that was signed, as it is; `signature`: a JWS whose payload is its SHA-256."""

    id: UUID
    school: UUID
    at: Instant
    digest: str
    signature: str
    holds: bool
    snapshot: str


class RecordDifference(Schema):
    change: Change
    requirement: str
    title: Name
    counted: NormVerdict | None
    now: NormVerdict | None


class RecordDelta(Schema):
    """What the norm of a later day asks otherwise. The record stays what it is."""

    record: UUID
    norm_day: date
    items: list[RecordDifference]


class NewWaiver(Schema):
    requirement: Ref
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_REASON)]
    until: date


class WaiverDecision(Schema):
    grant: bool
    words: Words = ""


class Waiver(Schema):
    id: UUID
    school: UUID
    requirement: str
    title: Name | None
    reason: str
    until: date
    state: WaiverState
    expired: bool
    asked_by: Person
    asked_at: Instant
    decided_by: Person | None
    words: str


class WaiverList(Schema):
    items: list[Waiver]
