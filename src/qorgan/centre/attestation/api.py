"""Routes of `attestation`."""

from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.attestation import reading, service
from qorgan.centre.attestation.schemas import (
    AssessmentCampaign,
    AssessmentCampaignPage,
    AssessmentRowPage,
    AssessmentTask,
    Decision,
    Judgements,
    NewAssessmentTask,
    NewCampaign,
    NewWaiver,
    OwnAnswers,
    RecordDelta,
    RecordedAttestation,
    SchoolAssessment,
    TaskWords,
    Waiver,
    WaiverDecision,
    WaiverList,
)
from qorgan.centre.idempotency import Key, asked_once
from qorgan.centre.papers.answer import PDF, pdf
from qorgan.centre.papers.render import Language
from qorgan.centre.reports.bundle import bundle
from qorgan.centre.reports.layout import Form
from qorgan.centre.reports.signing import SignedBy
from qorgan.centre.wire import Limit, Problem
from qorgan.domain.access import Right

router = Router(tags=["attestation"])
READ = {403: Problem, 404: Problem}
CHANGED = {403: Problem, 404: Problem, 409: Problem, 422: Problem}
ONE = "/attestation/campaigns/{campaign_id}/schools/{school_id}"


@router.get(
    "/attestation/campaigns", response={200: AssessmentCampaignPage, 422: Problem}, operation_id="list_campaigns"
)
@needs(Right.ATTESTATION_READ)
def list_campaigns(request: HttpRequest, cursor: str | None = None, limit: Limit = 50) -> AssessmentCampaignPage:
    """The newest first, with counts of one's own schools."""
    return reading.campaigns(actor_of(request), cursor=cursor, limit=limit)


@router.post("/attestation/campaigns", response={201: AssessmentCampaign, **CHANGED}, operation_id="open_campaign")
@needs(Right.ATTESTATION_OPEN)
def open_campaign(request: HttpRequest, body: NewCampaign, key: Key = None) -> Status[AssessmentCampaign]:
    """Pins the norm of a day. 422 `campaign.region`, `campaign.days`."""
    actor = actor_of(request)
    made = asked_once(request, key, body, lambda: service.open_campaign(actor, body), AssessmentCampaign)
    return Status(201, made)


@router.get(
    "/attestation/campaigns/{campaign_id}", response={200: AssessmentCampaign, **READ}, operation_id="get_campaign"
)
@needs(Right.ATTESTATION_READ)
def get_campaign(request: HttpRequest, campaign_id: UUID) -> AssessmentCampaign:
    return reading.campaign(actor_of(request), campaign_id)


@router.post(
    "/attestation/campaigns/{campaign_id}/end",
    response={200: AssessmentCampaign, **CHANGED},
    operation_id="end_campaign",
)
@needs(Right.ATTESTATION_OPEN)
def end_campaign(request: HttpRequest, campaign_id: UUID) -> AssessmentCampaign:
    """Nothing is answered or decided in it any more: 409 `campaign.ended`."""
    return service.end_campaign(actor_of(request), campaign_id)


@router.get(
    "/attestation/assessments", response={200: AssessmentRowPage, 422: Problem}, operation_id="list_assessments"
)
@needs(Right.ATTESTATION_READ)
def list_assessments(
    request: HttpRequest,
    campaign: UUID | None = None,
    school: UUID | None = None,
    cursor: str | None = None,
    limit: Limit = 50,
) -> AssessmentRowPage:
    """Those that have begun, the latest changed first."""
    actor = actor_of(request)
    return reading.rows(actor, campaign_id=campaign, school_id=school, cursor=cursor, limit=limit)


@router.get(ONE, response={200: SchoolAssessment, **READ}, operation_id="get_assessment")
@needs(Right.ATTESTATION_READ)
def get_assessment(request: HttpRequest, campaign_id: UUID, school_id: UUID) -> SchoolAssessment:
    """Own answers, measurement and decisions side by side; also before the school's first answer."""
    return reading.get(actor_of(request), campaign_id, school_id)


@router.put(ONE + "/answers", response={200: SchoolAssessment, **CHANGED}, operation_id="answer_assessment")
@needs(Right.ATTESTATION_ANSWER)
def answer_assessment(request: HttpRequest, campaign_id: UUID, school_id: UUID, body: OwnAnswers) -> SchoolAssessment:
    """Some or all; a later answer takes the place of an earlier one. 409 `assessment.state`, `campaign.over`."""
    return service.answer(actor_of(request), campaign_id, school_id, body)


@router.post(ONE + "/submit", response={200: SchoolAssessment, **CHANGED}, operation_id="submit_assessment")
@needs(Right.ATTESTATION_ANSWER)
def submit_assessment(request: HttpRequest, campaign_id: UUID, school_id: UUID) -> SchoolAssessment:
    """The measurement stands still from here on. 409 `assessment.state`."""
    return service.submit(actor_of(request), campaign_id, school_id)


@router.post(ONE + "/return", response={200: SchoolAssessment, **CHANGED}, operation_id="return_assessment")
@needs(Right.ATTESTATION_DECIDE)
def return_assessment(request: HttpRequest, campaign_id: UUID, school_id: UUID, body: TaskWords) -> SchoolAssessment:
    """The school answers again. 409 `assessment.state`; 422 `assessment.words`."""
    return service.give_back(actor_of(request), campaign_id, school_id, body.words)


@router.put(ONE + "/judgements", response={200: SchoolAssessment, **CHANGED}, operation_id="judge_assessment")
@needs(Right.ATTESTATION_DECIDE)
def judge_assessment(request: HttpRequest, campaign_id: UUID, school_id: UUID, body: Judgements) -> SchoolAssessment:
    """Against the measurement only with words: 422 `assessment.words`."""
    return service.judge(actor_of(request), campaign_id, school_id, body)


@router.post(ONE + "/decide", response={200: SchoolAssessment, **CHANGED}, operation_id="decide_assessment")
@needs(Right.ATTESTATION_DECIDE)
def decide_assessment(request: HttpRequest, campaign_id: UUID, school_id: UUID, body: Decision) -> SchoolAssessment:
    """409 `assessment.unsettled`: something waits for a verdict; 422 `assessment.grade`."""
    return service.decide(actor_of(request), campaign_id, school_id, body)


@router.post(ONE + "/record", response={201: RecordedAttestation, **CHANGED}, operation_id="record_assessment")
@needs(Right.ATTESTATION_DECIDE)
def record_assessment(request: HttpRequest, campaign_id: UUID, school_id: UUID) -> Status[RecordedAttestation]:
    """The signed snapshot, for good. 409 `assessment.state`."""
    return Status(201, service.record(actor_of(request), campaign_id, school_id))


@router.post(ONE + "/tasks", response={201: SchoolAssessment, **CHANGED}, operation_id="give_assessment_task")
@needs(Right.ATTESTATION_DECIDE)
def give_assessment_task(
    request: HttpRequest, campaign_id: UUID, school_id: UUID, body: NewAssessmentTask, key: Key = None
) -> Status[SchoolAssessment]:
    """What is to be mended, by when. 422 `task.due`."""
    actor = actor_of(request)
    given = asked_once(
        request, key, body, lambda: service.give_task(actor, campaign_id, school_id, body), SchoolAssessment
    )
    return Status(201, given)


@router.post("/attestation/tasks/{task_id}/done", response={200: AssessmentTask, **CHANGED}, operation_id="do_task")
@needs(Right.ATTESTATION_ANSWER)
def do_task(request: HttpRequest, task_id: UUID, body: TaskWords) -> AssessmentTask:
    return service.do_task(actor_of(request), task_id, body.words)


@router.post(
    "/attestation/tasks/{task_id}/verified", response={200: AssessmentTask, **CHANGED}, operation_id="verify_task"
)
@needs(Right.ATTESTATION_DECIDE)
def verify_task(request: HttpRequest, task_id: UUID) -> AssessmentTask:
    """By another person than the one who did it: 403 `task.own`."""
    return service.verify_task(actor_of(request), task_id)


# --- records -------------------------------------------------------------------------------------------------------


@router.get("/attestation/records/{record_id}", response={200: RecordedAttestation, **READ}, operation_id="get_record")
@needs(Right.ATTESTATION_READ)
def get_record(request: HttpRequest, record_id: UUID) -> RecordedAttestation:
    """As it was signed, and whether it still is."""
    return reading.record_item(reading.find_record(actor_of(request), record_id))


@router.get(
    "/attestation/records/{record_id}/delta", response={200: RecordDelta, **READ}, operation_id="get_record_delta"
)
@needs(Right.ATTESTATION_READ)
def get_record_delta(request: HttpRequest, record_id: UUID, norm_day: date | None = None) -> RecordDelta:
    """What the norm of that day (default: of today) asks otherwise; the record itself stays."""
    return reading.delta(actor_of(request), record_id, norm_day)


@router.get(
    "/attestation/records/{record_id}/bundle.pdf", response=READ, operation_id="print_record", openapi_extra=PDF
)
@needs(Right.ATTESTATION_READ)
def print_record(
    request: HttpRequest, record_id: UUID, language: Language = "kk", signature: SignedBy = SignedBy.NONE
) -> HttpResponse:
    """The evidence for publication (PDF/A-2b): no places, nobody's own words."""
    actor = actor_of(request)
    row = reading.find_record(actor, record_id)
    form = Form(language=language, signature=signature)
    paper = bundle(actor, row.assessment.school, row.text.encode(), row.digest, form)
    return pdf(paper, f"attestation-{row.assessment.school.site}-{language}.pdf")


# --- exceptions ----------------------------------------------------------------------------------------------------


@router.get("/schools/{school_id}/waivers", response={200: WaiverList, **READ}, operation_id="list_waivers")
@needs(Right.ATTESTATION_READ)
def list_waivers(request: HttpRequest, school_id: UUID) -> WaiverList:
    """Exceptions of a school, the newest first."""
    return reading.waivers(actor_of(request), school_id)


@router.post("/schools/{school_id}/waivers", response={201: Waiver, **CHANGED}, operation_id="ask_waiver")
@needs(Right.ATTESTATION_ANSWER)
def ask_waiver(request: HttpRequest, school_id: UUID, body: NewWaiver, key: Key = None) -> Status[Waiver]:
    """An exception until a day within a year. 409 `waiver.stands`; 422 `waiver.reason`, `waiver.until`."""
    actor = actor_of(request)
    return Status(201, asked_once(request, key, body, lambda: service.ask_waiver(actor, school_id, body), Waiver))


@router.post("/waivers/{waiver_id}/decide", response={200: Waiver, **CHANGED}, operation_id="decide_waiver")
@needs(Right.ATTESTATION_DECIDE)
def decide_waiver(request: HttpRequest, waiver_id: UUID, body: WaiverDecision) -> Waiver:
    """By another person than the one who asked: 403 `waiver.own`."""
    return service.decide_waiver(actor_of(request), waiver_id, body)


@router.post("/waivers/{waiver_id}/withdraw", response={200: Waiver, **CHANGED}, operation_id="withdraw_waiver")
@needs(Right.ATTESTATION_READ)
def withdraw_waiver(request: HttpRequest, waiver_id: UUID) -> Waiver:
    """Whoever asked, or whoever decides, ends it early. 409 `waiver.state`."""
    return service.withdraw_waiver(actor_of(request), waiver_id)
