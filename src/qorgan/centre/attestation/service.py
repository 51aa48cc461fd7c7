"""Use cases of `attestation`: campaigns, one school's assessment from its own answers to the record, and exceptions."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.attestation import measuring, reading, seal
from qorgan.centre.attestation import schemas as wire
from qorgan.centre.attestation.models import (
    Assessment,
    AssessmentLine,
    AttestationRecord,
    Campaign,
    RemedialTask,
    SchoolWaiver,
)
from qorgan.centre.norms import judging
from qorgan.centre.norms.judging import ZONE
from qorgan.centre.norms.reading import find_school
from qorgan.centre.schools.models import School
from qorgan.centre.territory.models import Region
from qorgan.domain.access import Actor, Right
from qorgan.domain.attestation import assessment as rules
from qorgan.domain.attestation import record as recording
from qorgan.domain.attestation import waiver as exceptions
from qorgan.domain.attestation.assessment import AssessmentDeed, AssessmentState
from qorgan.domain.norms.types import Verdict
from qorgan.kernel.errors import Conflict, Exhausted, Forbidden, Invalid, NotFound

MAX_CAMPAIGNS, MAX_TASKS, MAX_WAIVERS = 500, 200, 500  # open ones; of one assessment; of one school


# --- campaigns -----------------------------------------------------------------------------------------------------


@transaction.atomic
def open_campaign(actor: Actor, wish: wire.NewCampaign) -> wire.AssessmentCampaign:
    """Pins the norm. Raises `Invalid` (`campaign.region`, `campaign.days`), `Exhausted`."""
    actor.require(Right.ATTESTATION_OPEN)
    now = timezone.now()
    today = timezone.localdate(now, ZONE)
    region = None if wish.region is None else Region.objects.filter(pk=wish.region).first()
    if wish.region is not None and region is None:
        raise Invalid("there is no such region", code="campaign.region")
    norm_day = wish.norm_day or today
    if wish.ends < today or norm_day > today:
        raise Invalid("schools answer until a day to come, by a norm that is known", code="campaign.days")
    if Campaign.objects.filter(ended_at=None).count() >= MAX_CAMPAIGNS:
        raise Exhausted(f"at most {MAX_CAMPAIGNS} campaigns are open", code="campaign.too_many")
    judging.keep_packs(now)
    packs, words = measuring.pins()
    row = Campaign.objects.create(
        title=clean.text(wish.title, 200),
        region=region,
        norm_day=norm_day,
        packs=packs,
        words=words,
        ends=wish.ends,
        opened_by_id=actor.user,
        opened_at=now,
    )
    return reading.campaign_item(actor, row)


@transaction.atomic
def end_campaign(actor: Actor, campaign_id: UUID) -> wire.AssessmentCampaign:
    """Nothing is answered or decided in it any more. Raises `NotFound`, `Conflict` (`campaign.ended`)."""
    actor.require(Right.ATTESTATION_OPEN)
    row = Campaign.objects.select_for_update(of=("self",)).filter(pk=campaign_id).first()
    if row is None:
        raise NotFound("there is no such campaign")
    _require_open(row)
    row.ended_at = timezone.now()
    row.save()
    return reading.campaign_item(actor, row)


# --- one school ----------------------------------------------------------------------------------------------------


@transaction.atomic
def answer(actor: Actor, campaign_id: UUID, school_id: UUID, wish: wire.OwnAnswers) -> wire.SchoolAssessment:
    """What the school says of itself. Raises `NotFound`, `Conflict` (`assessment.…`, `campaign.…`), `Invalid`."""
    row = _begun(actor, campaign_id, school_id)
    _do(actor, row, AssessmentDeed.ANSWER)
    now = timezone.now()
    if timezone.localdate(now, ZONE) > row.campaign.ends:
        raise Conflict("the days of answering are over", code="campaign.over")
    in_force = measuring.asked(row.campaign, now).requirements
    for one in wish.items:
        _require_known(one.requirement, in_force)
        rules.require_answer(one.own, one.words, one.evidence)
        row.answers[one.requirement] = one.model_dump(mode="json", exclude={"requirement"})
    _write(actor, row, AssessmentDeed.ANSWER, now, {"answers": [one.model_dump(mode="json") for one in wish.items]})
    return reading.shown(actor, row)


@transaction.atomic
def submit(actor: Actor, campaign_id: UUID, school_id: UUID) -> wire.SchoolAssessment:
    """From here on the inspector speaks; what is measured stands still. Raises as `answer`."""
    row = _begun(actor, campaign_id, school_id)
    row.state = _do(actor, row, AssessmentDeed.SUBMIT)
    now = timezone.now()
    row.measured = measuring.measure(row.campaign, row.school, now).kept(now)
    _write(actor, row, AssessmentDeed.SUBMIT, now, {"measured": row.measured})
    return reading.shown(actor, row)


@transaction.atomic
def give_back(actor: Actor, campaign_id: UUID, school_id: UUID, words: str) -> wire.SchoolAssessment:
    """The school answers again; what the inspector said falls. Raises as `answer`."""
    row = _locked(actor, campaign_id, school_id)
    row.state = _do(actor, row, AssessmentDeed.RETURN)
    if not words.strip():
        raise Invalid("say what the school is to answer again", code="assessment.words")
    row.measured, row.judgements, row.grades = None, {}, {}
    _write(actor, row, AssessmentDeed.RETURN, timezone.now(), {"words": clean.text(words, rules.MAX_WORDS)})
    return reading.shown(actor, row)


@transaction.atomic
def judge(actor: Actor, campaign_id: UUID, school_id: UUID, wish: wire.Judgements) -> wire.SchoolAssessment:
    """The inspector's verdicts on requirements. Raises as `answer`."""
    row = _locked(actor, campaign_id, school_id)
    _do(actor, row, AssessmentDeed.JUDGE)
    found = {one.ref: one for one in reading.submitted(row)[0]}
    for one in wish.items:
        _require_known(one.requirement, found)
        rules.require_judgement(found[one.requirement], one.verdict, one.words)
        row.judgements[one.requirement] = one.model_dump(mode="json", exclude={"requirement"})
    said = {"judgements": [one.model_dump(mode="json") for one in wish.items]}
    _write(actor, row, AssessmentDeed.JUDGE, timezone.now(), said)
    return reading.shown(actor, row)


@transaction.atomic
def decide(actor: Actor, campaign_id: UUID, school_id: UUID, wish: wire.Decision) -> wire.SchoolAssessment:
    """Each criterion gets its grade; nothing may wait for a verdict. Raises as `answer`, and `assessment.grade`."""
    row = _locked(actor, campaign_id, school_id)
    row.state = _do(actor, row, AssessmentDeed.DECIDE)
    found, told = reading.submitted(row)
    rules.require_decided(found)
    spans = told.scores
    given = {one.score: one for one in wish.grades}
    if set(given) != set(spans):
        raise Invalid(f"a grade is wanted for each of: {', '.join(sorted(spans))}", code="assessment.grade")
    for ref, (lowest, highest) in spans.items():
        rules.require_grade(given[ref].grade, lowest=lowest, highest=highest, words=given[ref].words)
    row.grades = {ref: one.model_dump(mode="json", exclude={"score"}) for ref, one in given.items()}
    _write(actor, row, AssessmentDeed.DECIDE, timezone.now(), {"grades": row.grades})
    return reading.shown(actor, row)


@transaction.atomic
def record(actor: Actor, campaign_id: UUID, school_id: UUID) -> wire.RecordedAttestation:
    """The signed snapshot, for good. Raises as `answer`."""
    row = _locked(actor, campaign_id, school_id)
    row.state = _do(actor, row, AssessmentDeed.RECORD)
    now = timezone.now()
    text = recording.written(_snapshot(actor, row, now))
    digest = recording.digest_of(text)
    kept = AttestationRecord.objects.create(
        assessment=row,
        text=text.decode(),
        digest=digest,
        signature=seal.sign(settings.QORGAN.data, digest),
        at=now,
    )
    _write(actor, row, AssessmentDeed.RECORD, now, {"record": str(kept.pk), "digest": digest})
    return reading.record_item(kept)


def _snapshot(actor: Actor, row: Assessment, now: datetime) -> recording.Snapshot:
    found, measured = reading.submitted(row)
    borne = reading.borne(row.school_id, timezone.localdate(now, ZONE))
    return recording.Snapshot(
        form=recording.FORM,
        school=str(row.school_id),
        site=row.school.site,
        campaign=row.campaign.title,
        norm_day=row.campaign.norm_day,
        measured_at=reading.measured_at(row, now),
        recorded_at=now,
        recorded_by=actor.name,
        packs=row.campaign.packs,
        facts=measured.facts,
        gates=rules.gates_of(found),
        scores=tuple(
            recording.RecordedScore(
                ref=ref, grade=row.grades[ref]["grade"], lowest=span[0], highest=span[1], words=row.grades[ref]["words"]
            )
            for ref, span in measured.scores.items()
        ),
        findings=tuple(
            recording.RecordedFinding(
                ref=one.ref,
                gate=one.gate,
                own=one.own,
                measured=one.measured,
                counts=one.counts,
                words=one.words,
                excepted_until=borne[one.ref].until if one.ref in borne and _fails(one.counts) else None,
            )
            for one in found
        ),
    )


def _fails(verdict: Verdict) -> bool:
    return verdict in (Verdict.NOT, Verdict.PARTLY)


def _begun(actor: Actor, campaign_id: UUID, school_id: UUID) -> Assessment:
    """The school's assessment, locked; made at its first answer."""
    actor.require(Right.ATTESTATION_ANSWER)
    school, campaign = reading.find(actor, campaign_id, school_id)
    _require_open(campaign)
    said = {"state": AssessmentState.OPEN, "changed_at": timezone.now()}
    Assessment.objects.get_or_create(campaign=campaign, school=school, defaults=said)
    return _row(campaign_id, school_id)


def _locked(actor: Actor, campaign_id: UUID, school_id: UUID) -> Assessment:
    actor.require(Right.ATTESTATION_DECIDE)
    _, campaign = reading.find(actor, campaign_id, school_id)
    _require_open(campaign)
    return _row(campaign_id, school_id)


def _row(campaign_id: UUID, school_id: UUID) -> Assessment:
    rows = Assessment.objects.select_for_update(of=("self",)).select_related("campaign", "school")
    row = rows.filter(campaign=campaign_id, school=school_id).first()
    if row is None:
        raise NotFound("the school has not answered yet")
    return row


def _require_open(campaign: Campaign) -> None:
    if campaign.ended_at is not None:
        raise Conflict("the campaign is over", code="campaign.ended")


def _do(actor: Actor, row: Assessment, deed: AssessmentDeed) -> AssessmentState:
    return rules.after(AssessmentState(row.state), deed, reading.parties(actor))


def _require_known(ref: str, refs: Iterable[str]) -> None:
    if ref not in refs:
        raise Invalid(f"{ref[:60]} is not asked in this campaign", code="requirement.unknown")


def _write(actor: Actor, row: Assessment, deed: AssessmentDeed, at: datetime, data: dict[str, Any]) -> None:
    row.changed_at = at
    row.save()
    last = AssessmentLine.objects.filter(assessment=row).order_by("-number").first()
    said = {"by_id": actor.user, "by_name": actor.name, "deed": deed.value, "state": row.state, "data": data}
    AssessmentLine(assessment=row, at=at, **said).after(last).save()


# --- what is to be mended ------------------------------------------------------------------------------------------


@transaction.atomic
def give_task(actor: Actor, campaign_id: UUID, school_id: UUID, wish: wire.NewAssessmentTask) -> wire.SchoolAssessment:
    """Raises `NotFound`, `Invalid` (`task.due`, `requirement.unknown`), `Exhausted`, `Conflict` (`campaign.ended`)."""
    row = _locked(actor, campaign_id, school_id)
    now = timezone.now()
    _require_known(wish.requirement, measuring.asked(row.campaign, now).requirements)
    if wish.due <= timezone.localdate(now, ZONE):
        raise Invalid("it is to be mended by a day to come", code="task.due")
    if RemedialTask.objects.filter(assessment=row).count() >= MAX_TASKS:
        raise Exhausted(f"at most {MAX_TASKS} tasks", code="task.too_many")
    text = clean.text(wish.text, rules.MAX_WORDS)
    said = {"requirement": wish.requirement, "text": text, "due": wish.due, "given_by_id": actor.user, "given_at": now}
    RemedialTask.objects.create(assessment=row, **said)
    return reading.shown(actor, row)


@transaction.atomic
def do_task(actor: Actor, task_id: UUID, words: str) -> wire.AssessmentTask:
    """The school has mended it. Raises `NotFound`, `Conflict` (`task.done`)."""
    actor.require(Right.ATTESTATION_ANSWER)
    row = _task(actor, task_id)
    if row.done_at is not None:
        raise Conflict("it is done already", code="task.done")
    row.done_at, row.done_by_id, row.done_words = timezone.now(), actor.user, clean.text(words, rules.MAX_WORDS)
    row.save()
    return reading.task_item(row)


@transaction.atomic
def verify_task(actor: Actor, task_id: UUID) -> wire.AssessmentTask:
    """Another person saw that it is mended. Raises `NotFound`, `Conflict` (`task.open`), `Forbidden` (`task.own`)."""
    actor.require(Right.ATTESTATION_DECIDE)
    row = _task(actor, task_id)
    if row.done_at is None or row.verified_at is not None:
        raise Conflict("there is nothing to verify", code="task.open")
    if row.done_by_id == actor.user:
        raise Forbidden("another person verifies it than the one who did it", code="task.own")
    row.verified_at, row.verified_by_id = timezone.now(), actor.user
    row.save()
    return reading.task_item(row)


def _task(actor: Actor, task_id: UUID) -> RemedialTask:
    row = RemedialTask.objects.visible_to(actor).select_for_update(of=("self",)).filter(pk=task_id).first()
    if row is None:
        raise NotFound("there is no such task in your territory")
    return row


# --- exceptions ----------------------------------------------------------------------------------------------------


@transaction.atomic
def ask_waiver(actor: Actor, school_id: UUID, wish: wire.NewWaiver) -> wire.Waiver:
    """Raises `NotFound`, `Invalid` (`waiver.…`, `requirement.unknown`), `Conflict` (`waiver.stands`), `Exhausted`."""
    actor.require(Right.ATTESTATION_ANSWER)
    school = find_school(actor, school_id)
    now = timezone.now()
    today = timezone.localdate(now, ZONE)
    exceptions.require_waiver(wish.reason, wish.until, today)
    _require_known(wish.requirement, judging.inquiry(None, judging.Day(at=now)).requirements)
    School.objects.select_for_update(no_key=True).get(pk=school.pk)  # two who ask at once
    _end_expired(school.pk, today)
    if SchoolWaiver.objects.filter(school=school).count() >= MAX_WAIVERS:
        raise Exhausted(f"a school has at most {MAX_WAIVERS} exceptions", code="waiver.too_many")
    row = SchoolWaiver(
        school=school,
        requirement=wish.requirement,
        reason=clean.text(wish.reason, exceptions.MAX_REASON),
        until=wish.until,
        state=exceptions.WaiverState.ASKED,
        asked_by_id=actor.user,
        asked_at=now,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict("an exception from it is asked for or stands", code="waiver.stands") from error
    return reading.waiver_item(row, today)


@transaction.atomic
def decide_waiver(actor: Actor, waiver_id: UUID, wish: wire.WaiverDecision) -> wire.Waiver:
    """Another person's word. Raises `NotFound`, and as `domain.attestation.waiver.decide`."""
    actor.require(Right.ATTESTATION_DECIDE)
    row = _waiver(actor, waiver_id)
    now = timezone.now()
    today = timezone.localdate(now, ZONE)
    row.state = exceptions.decide(reading.waiver_of(row), actor.user, grant=wish.grant, today=today)
    row.decided_by_id, row.decided_at, row.words = actor.user, now, clean.text(wish.words, rules.MAX_WORDS)
    row.save()
    return reading.waiver_item(row, today)


@transaction.atomic
def withdraw_waiver(actor: Actor, waiver_id: UUID) -> wire.Waiver:
    """Whoever asked, or whoever decides, ends it early. Raises `NotFound`, `Conflict` (`waiver.state`), `Forbidden`."""
    row = _waiver(actor, waiver_id)
    if row.asked_by_id != actor.user:
        actor.require(Right.ATTESTATION_DECIDE)
    row.state = exceptions.withdraw(reading.waiver_of(row))
    row.save()
    return reading.waiver_item(row, timezone.localdate(timezone.now(), ZONE))


def _end_expired(school: UUID, today: date) -> None:
    """What has run out gives way to a new one; it keeps who granted it."""
    over = SchoolWaiver.objects.filter(school=school, until__lt=today, state__in=reading.STANDING)
    over.update(state=exceptions.WaiverState.WITHDRAWN)


def _waiver(actor: Actor, waiver_id: UUID) -> SchoolWaiver:
    row = SchoolWaiver.objects.visible_to(actor).select_for_update(of=("self",)).filter(pk=waiver_id).first()
    if row is None:
        raise NotFound("there is no such exception in your territory")
    return row
