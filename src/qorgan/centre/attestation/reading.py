"""Reading attestation: side by side what a school says, what is measured and what the inspector decided."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone

from qorgan.centre.attestation import measuring, seal
from qorgan.centre.attestation import schemas as wire
from qorgan.centre.attestation.measuring import Measured
from qorgan.centre.attestation.models import (
    Assessment,
    AssessmentLine,
    AttestationRecord,
    Campaign,
    RemedialTask,
    SchoolWaiver,
)
from qorgan.centre.norms import judging, ledgering
from qorgan.centre.norms.judging import ZONE, Day
from qorgan.centre.norms.models import SchoolNorms
from qorgan.centre.norms.reading import clause_of, find_school
from qorgan.centre.schools.models import School
from qorgan.centre.wire import Name, Person, page_of
from qorgan.domain.access import Actor, Right
from qorgan.domain.attestation import assessment as rules
from qorgan.domain.attestation import record as recording
from qorgan.domain.attestation import waiver as exceptions
from qorgan.domain.attestation.assessment import AssessmentDeed, AssessmentParty, AssessmentState, Finding
from qorgan.domain.attestation.waiver import WaiverState
from qorgan.domain.norms.engine import Engine, Inquiry
from qorgan.domain.norms.types import Requirement, Verdict
from qorgan.kernel.errors import NotFound

STANDING = (WaiverState.ASKED, WaiverState.GRANTED)
SHOWN_LINES, SHOWN_WAIVERS = 200, 500
_PARTIES = {
    Right.ATTESTATION_ANSWER: AssessmentParty.SCHOOL,
    Right.ATTESTATION_DECIDE: AssessmentParty.INSPECTOR,
}


def parties(actor: Actor) -> set[AssessmentParty]:
    return {party for right, party in _PARTIES.items() if actor.may(right)}


# --- campaigns -----------------------------------------------------------------------------------------------------


def campaigns(actor: Actor, *, cursor: str | None, limit: int) -> wire.AssessmentCampaignPage:
    """The newest first; all of them, with the counts of one's own schools."""
    rows = Campaign.objects.select_related("region")
    found, following = page_of(rows, newest_by="opened_at", cursor=cursor, limit=limit)
    return wire.AssessmentCampaignPage(items=[campaign_item(actor, row) for row in found], next=following)


def campaign(actor: Actor, campaign_id: UUID) -> wire.AssessmentCampaign:
    """Raises `NotFound`."""
    return campaign_item(actor, _campaign(campaign_id))


def campaign_item(actor: Actor, row: Campaign) -> wire.AssessmentCampaign:
    """What has not begun counts as open: the school is still to answer."""
    mine = School.objects.visible_to(actor)
    schools = (mine if row.region_id is None else mine.filter(district__region=row.region_id)).count()
    counted = Assessment.objects.visible_to(actor).filter(campaign=row).order_by().values_list("state")
    counts = dict.fromkeys(AssessmentState, 0) | {
        AssessmentState(state): n for state, n in counted.annotate(n=Count("pk"))
    }
    counts[AssessmentState.OPEN] += max(0, schools - sum(counts.values()))
    return wire.AssessmentCampaign(
        id=row.pk,
        title=row.title,
        region=None if row.region is None else Name.of(row.region.name),
        norm_day=row.norm_day,
        ends=row.ends,
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        packs=row.packs,
        schools=schools,
        counts=counts,
    )


def rows(
    actor: Actor, *, campaign_id: UUID | None, school_id: UUID | None, cursor: str | None, limit: int
) -> wire.AssessmentRowPage:
    """Assessments that have begun, the latest changed first."""
    found = Assessment.objects.visible_to(actor).select_related("campaign", "school")
    found = found.filter(campaign=campaign_id) if campaign_id else found
    found = found.filter(school=school_id) if school_id else found
    page, following = page_of(found, newest_by="changed_at", cursor=cursor, limit=limit)
    return wire.AssessmentRowPage(items=[_row(one) for one in page], next=following)


def _row(row: Assessment) -> wire.AssessmentRow:
    return wire.AssessmentRow(
        campaign=row.campaign_id,
        campaign_title=row.campaign.title,
        school=row.school_id,
        school_name=Name.of(row.school.name),
        state=AssessmentState(row.state),
        changed_at=row.changed_at,
    )


# --- one school ----------------------------------------------------------------------------------------------------


def find(actor: Actor, campaign_id: UUID, school_id: UUID) -> tuple[School, Campaign]:
    """Raises `NotFound`: for a school that is not the actor's, or takes no part."""
    school, row = find_school(actor, school_id), _campaign(campaign_id)
    if not actor.may(Right.ATTESTATION_READ):
        raise NotFound("there is no such campaign")
    if row.region_id is not None and school.district.region_id != row.region_id:
        raise NotFound("the school takes no part in this campaign")
    return school, row


def get(actor: Actor, campaign_id: UUID, school_id: UUID) -> wire.SchoolAssessment:
    """As it is, also before the school's first answer. Raises `NotFound`."""
    school, found = find(actor, campaign_id, school_id)
    kept = Assessment.objects.visible_to(actor).filter(campaign=found, school=school).first()
    blank = Assessment(campaign=found, school=school, state=AssessmentState.OPEN)
    return shown(actor, kept or blank)


def shown(actor: Actor, row: Assessment) -> wire.SchoolAssessment:
    now = timezone.now()
    asked = measuring.asked(row.campaign, now)
    told = measured(row, now)
    found, standing = findings(row, told, asked), parties(actor)
    until = borne(row.school_id, timezone.localdate(now, ZONE))
    saved = not row._state.adding
    lines = AssessmentLine.objects.filter(assessment=row).order_by("number")[:SHOWN_LINES] if saved else []
    return wire.SchoolAssessment(
        id=row.pk if saved else None,
        campaign=row.campaign_id,
        campaign_title=row.campaign.title,
        school=row.school_id,
        school_name=Name.of(row.school.name),
        state=AssessmentState(row.state),
        measured_at=measured_at(row, now),
        gates=rules.gates_of(found),
        findings=[_finding(row, one, asked, until) for one in found if _concerns(one)],
        scores=_scores(row, told, asked),
        tasks=[task_item(one) for one in RemedialTask.objects.filter(assessment=row)] if saved else [],
        thread=[_line(one) for one in lines],
        record=AttestationRecord.objects.filter(assessment=row).values_list("pk", flat=True).first() if saved else None,
        may_answer=AssessmentParty.SCHOOL in standing and _may(row, AssessmentDeed.ANSWER),
        may_decide=AssessmentParty.INSPECTOR in standing and _may(row, AssessmentDeed.JUDGE),
    )


def _may(row: Assessment, deed: AssessmentDeed) -> bool:
    return row.campaign.ended_at is None and row.state in rules.NEXT[deed].of


def findings(row: Assessment, told: Measured, asked: Inquiry) -> list[Finding]:
    """Of every requirement in force, in the order of the packs."""
    requirements = asked.requirements
    return [_found(row, ref, requirements[ref], verdict) for ref, verdict in told.verdicts.items()]


def submitted(row: Assessment) -> tuple[list[Finding], Measured]:
    """What the inspector has before them."""
    now = timezone.now()
    told = measured(row, now)
    return findings(row, told, measuring.asked(row.campaign, now)), told


def _concerns(one: Finding) -> bool:
    return one.counts is not Verdict.NOT_APPLICABLE or one.own is not None or one.inspector is not None


def measured(row: Assessment, now: datetime) -> Measured:
    """As it stood when it was submitted, or now."""
    if row.measured is not None:
        return Measured.of(row.measured)
    return measuring.measure(row.campaign, row.school, now)


def measured_at(row: Assessment, now: datetime) -> datetime:
    return now if row.measured is None else datetime.fromisoformat(row.measured["at"])


def _found(row: Assessment, ref: str, one: Requirement, verdict: Verdict) -> Finding:
    own, inspector = row.answers.get(ref), row.judgements.get(ref)
    return Finding(
        ref=ref,
        gate=one.gate,
        measured=verdict,
        own=None if own is None else Verdict(own["own"]),
        inspector=None if inspector is None else Verdict(inspector["verdict"]),
        words="" if inspector is None else inspector["words"],
    )


def _finding(
    row: Assessment, one: Finding, asked: Inquiry, until: Mapping[str, exceptions.Waiver]
) -> wire.AssessmentFinding:
    requirement = asked.requirements[one.ref]
    answer = row.answers.get(one.ref, {})
    return wire.AssessmentFinding(
        requirement=one.ref,
        title=Name.of(requirement.title),
        clause=clause_of(asked.engine.packs[one.ref.partition(":")[0]], requirement),
        gate=one.gate,
        measured=one.measured,
        own=one.own,
        own_words=answer.get("words", ""),
        evidence=answer.get("evidence", ""),
        inspector=one.inspector,
        inspector_words=one.words,
        counts=one.counts,
        contradiction=one.contradiction,
        settled=one.settled,
        excepted_until=until[one.ref].until if one.ref in until and one.counts in _FAILS else None,
    )


_FAILS = (Verdict.NOT, Verdict.PARTLY)


def _scores(row: Assessment, found: Measured, asked: Inquiry) -> list[wire.AssessmentScore]:
    return [
        wire.AssessmentScore(
            score=ref,
            title=Name.of(asked.scores[ref].title),
            lowest=lowest,
            highest=highest,
            grade=row.grades.get(ref, {}).get("grade"),
            words=row.grades.get(ref, {}).get("words", ""),
        )
        for ref, (lowest, highest) in found.scores.items()
    ]


def _line(one: AssessmentLine) -> wire.AssessmentThreadLine:
    return wire.AssessmentThreadLine(
        number=one.number,
        at=one.at,
        by=Person(id=one.by_id, name=one.by_name),
        deed=AssessmentDeed(one.deed),
        state=AssessmentState(one.state),
    )


def task_item(row: RemedialTask) -> wire.AssessmentTask:
    return wire.AssessmentTask(
        id=row.pk,
        requirement=row.requirement,
        text=row.text,
        due=row.due,
        done_at=row.done_at,
        done_words=row.done_words,
        verified_at=row.verified_at,
    )


def _campaign(campaign_id: UUID) -> Campaign:
    row = Campaign.objects.select_related("region").filter(pk=campaign_id).first()
    if row is None:
        raise NotFound("there is no such campaign")
    return row


# --- records -------------------------------------------------------------------------------------------------------


def find_record(actor: Actor, record_id: UUID) -> AttestationRecord:
    """Raises `NotFound`."""
    rows = AttestationRecord.objects.select_related("assessment__school", "assessment__campaign")
    row = rows.filter(pk=record_id, assessment__in=Assessment.objects.visible_to(actor)).first()
    if row is None:
        raise NotFound("there is no such record in your territory")
    return row


def record_item(row: AttestationRecord) -> wire.RecordedAttestation:
    """`holds`: the text is the one that was signed, by this centre."""
    same = recording.digest_of(row.text.encode()) == row.digest
    return wire.RecordedAttestation(
        id=row.pk,
        school=row.assessment.school_id,
        at=row.at,
        digest=row.digest,
        signature=row.signature,
        holds=same and seal.holds(settings.QORGAN.data, row.digest, row.signature),
        snapshot=row.text,
    )


def delta(actor: Actor, record_id: UUID, norm_day: date | None) -> wire.RecordDelta:
    """Under the norm of a day, or of today. Raises `NotFound`, `Corrupt` (`attestation.record`)."""
    row = find_record(actor, record_id)
    snapshot = recording.read(row.text.encode(), row.digest)
    now = timezone.now()
    asked = judging.inquiry(None, Day(at=now, norm_day=norm_day))
    school = row.assessment.school
    kept = SchoolNorms.objects.filter(pk=school.pk).first() or SchoolNorms(school=school, due_at=now)
    facts = ledgering.site_facts(kept, judging.bench().vocabulary, at=now)
    found = recording.delta(snapshot, list(asked.engine.packs.values()), asked.verdicts(facts))
    then = measuring.asked(row.assessment.campaign, now).engine
    titles = _titles((asked.engine, then))
    return wire.RecordDelta(
        record=row.pk,
        norm_day=norm_day or timezone.localdate(now, ZONE),
        items=[
            wire.RecordDifference(
                change=one.change,
                requirement=one.after or one.before,
                title=titles[one.after or one.before],
                counted=one.counted,
                now=one.now,
            )
            for one in found
        ],
    )


def _titles(engines: Iterable[Engine]) -> dict[str, Name]:
    packs = [pack for engine in engines for pack in engine.packs.values()]
    return {f"{pack.key}:{one.key}:{one.version}": Name.of(one.title) for pack in packs for one in pack.requirements}


# --- exceptions ----------------------------------------------------------------------------------------------------


def waivers(actor: Actor, school_id: UUID) -> wire.WaiverList:
    """The newest first. Raises `NotFound`."""
    find_school(actor, school_id)
    found = SchoolWaiver.objects.visible_to(actor).filter(school=school_id).select_related("asked_by", "decided_by")
    today = timezone.localdate(timezone.now(), ZONE)
    return wire.WaiverList(items=[waiver_item(one, today) for one in found.order_by("-asked_at")[:SHOWN_WAIVERS]])


def borne(school_id: UUID, today: date) -> dict[str, exceptions.Waiver]:
    """Exceptions that hold today, by requirement."""
    found = SchoolWaiver.objects.filter(Q(until__gte=today), school=school_id, state=WaiverState.GRANTED)
    return {one.requirement: waiver_of(one) for one in found}


def waiver_of(row: SchoolWaiver) -> exceptions.Waiver:
    return exceptions.Waiver(state=WaiverState(row.state), asked_by=row.asked_by_id, until=row.until)


def waiver_item(row: SchoolWaiver, today: date) -> wire.Waiver:
    title = _titles([judging.bench().engine]).get(row.requirement)
    decided = row.decided_by
    return wire.Waiver(
        id=row.pk,
        school=row.school_id,
        requirement=row.requirement,
        title=title,
        reason=row.reason,
        until=row.until,
        state=WaiverState(row.state),
        expired=row.until < today,
        asked_by=Person(id=row.asked_by_id, name=row.asked_by.name),
        asked_at=row.asked_at,
        decided_by=None if decided is None else Person(id=decided.pk, name=decided.name),
        words=row.words,
    )
