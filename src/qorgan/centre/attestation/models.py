"""Campaigns, assessments with their ledgers, signed records that nobody edits, exceptions and what is to be mended."""

from typing import Any, NoReturn
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from qorgan.centre.ledger import LedgerBroken, LedgerLine
from qorgan.centre.schools.models import School
from qorgan.centre.scope import within
from qorgan.centre.territory.models import Region
from qorgan.domain.access import Actor, Right
from qorgan.domain.attestation.assessment import MAX_WORDS, AssessmentDeed, AssessmentState
from qorgan.domain.attestation.waiver import MAX_REASON, WaiverState
from qorgan.kernel.ids import uuid7

MAX_TITLE = 200


class Campaign(models.Model):
    """An assessment of many schools by one pinned norm. Its packs are kept as `norms.NormPack`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.CharField(max_length=MAX_TITLE)
    region = models.ForeignKey(Region, null=True, on_delete=models.PROTECT, help_text="null: the whole country")
    norm_day = models.DateField(help_text="by the norm of which day it is judged, whatever comes later")
    packs = models.JSONField(help_text="key → digest of the packs that judge")
    words = models.CharField(max_length=64, help_text="digest of the words of facts")
    ends = models.DateField(help_text="the last day on which schools answer")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "науқан · кампания"
        verbose_name_plural = "науқандар · кампании"
        indexes = (models.Index(fields=("-opened_at", "-id"), name="campaign_newest_first"),)

    def __str__(self) -> str:
        return self.title


class AssessmentQuerySet(QuerySet["Assessment"]):
    def visible_to(self, actor: Actor) -> "AssessmentQuerySet":
        """The only door to assessments for anybody who asks."""
        return self.filter(within(actor.scope, "school__")) if actor.may(Right.ATTESTATION_READ) else self.none()


class Assessment(models.Model):
    """One school in one campaign. Its row is the lock of its ledger."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="assessments")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="assessments")
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in AssessmentState])
    answers = models.JSONField(default=dict, help_text="ref → {own, words, evidence}: of the school")
    judgements = models.JSONField(default=dict, help_text="ref → {verdict, words}: of the inspector")
    grades = models.JSONField(default=dict, help_text="ref of a score → {grade, words}: of the inspector")
    measured = models.JSONField(null=True, help_text="{at, facts, verdicts, scores}, as it stood when it was submitted")
    changed_at = models.DateTimeField()

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = "бағалау · оценка"
        verbose_name_plural = "бағалаулар · оценки"
        indexes = (models.Index(fields=("school", "-changed_at"), name="assessment_of_school"),)
        constraints = (
            models.UniqueConstraint(fields=("campaign", "school"), name="assessment_once_per_campaign"),
            models.CheckConstraint(condition=Q(state__in=list(AssessmentState)), name="assessment_state_known"),
        )

    def __str__(self) -> str:
        return f"{self.school_id} {self.campaign_id}: {self.state}"


class AssessmentLine(LedgerLine):
    """One deed done to an assessment."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="lines")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200)
    deed = models.CharField(max_length=8, choices=[(one.value, one.value) for one in AssessmentDeed])
    state = models.CharField(max_length=10, help_text="after it")
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = "бағалау журналы · журнал оценки"
        verbose_name_plural = "бағалаулар журналдары · журналы оценок"
        ordering = ("assessment", "number")
        constraints = (models.UniqueConstraint(fields=("assessment", "number"), name="assessment_line_once"),)

    def subject(self) -> UUID:
        return self.assessment_id

    def said(self) -> dict[str, Any]:
        said = {"by": str(self.by_id), "by_name": self.by_name, "deed": self.deed, "state": self.state}
        return said | {"data": self.data}


class AttestationRecord(models.Model):
    """A signed snapshot (`domain.attestation.record`). Never edited, never deleted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    assessment = models.OneToOneField(Assessment, on_delete=models.PROTECT, related_name="record")
    text = models.TextField(help_text="canonical JSON of domain.attestation.record.Snapshot")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the text")
    signature = models.TextField(help_text="JWS of the digest by the centre's key for records (RFC 7515, RFC 8037)")
    at = models.DateTimeField()

    class Meta:
        verbose_name = "аттестаттау жазбасы · запись аттестации"
        verbose_name_plural = "аттестаттау жазбалары · записи аттестаций"

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.digest[:12]}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise LedgerBroken("a record of attestation is never edited")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise LedgerBroken("a record of attestation is never deleted")


class WaiverQuerySet(QuerySet["SchoolWaiver"]):
    def visible_to(self, actor: Actor) -> "WaiverQuerySet":
        return self.filter(within(actor.scope, "school__")) if actor.may(Right.ATTESTATION_READ) else self.none()


class SchoolWaiver(models.Model):
    """An exception of one school from one requirement until a day (`domain.attestation.waiver`)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="waivers")
    requirement = models.CharField(max_length=120, help_text="ref")
    reason = models.TextField(max_length=MAX_REASON)
    until = models.DateField(help_text="the last day")
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in WaiverState])
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    words = models.TextField(max_length=MAX_WORDS, blank=True, default="", help_text="of whoever decided")

    objects = WaiverQuerySet.as_manager()

    class Meta:
        verbose_name = "ерекшелік · исключение"
        verbose_name_plural = "ерекшеліктер · исключения"
        indexes = (models.Index(fields=("school", "-asked_at"), name="waiver_of_school"),)
        constraints = (
            models.UniqueConstraint(
                fields=("school", "requirement"),
                condition=Q(state__in=(WaiverState.ASKED, WaiverState.GRANTED)),
                name="waiver_stands_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.school_id} {self.requirement}: {self.state}"


class RemedialTaskQuerySet(QuerySet["RemedialTask"]):
    def visible_to(self, actor: Actor) -> "RemedialTaskQuerySet":
        if not actor.may(Right.ATTESTATION_READ):
            return self.none()
        return self.filter(within(actor.scope, "assessment__school__"))


class RemedialTask(models.Model):
    """What is to be mended after an assessment. Done by the school, verified by another person."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="tasks")
    requirement = models.CharField(max_length=120, help_text="ref")
    text = models.TextField(max_length=MAX_WORDS)
    due = models.DateField()
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)
    done_words = models.TextField(max_length=MAX_WORDS, blank=True, default="")
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    verified_at = models.DateTimeField(null=True)

    objects = RemedialTaskQuerySet.as_manager()

    class Meta:
        verbose_name = "түзету тапсырмасы · задание на устранение"
        verbose_name_plural = "түзету тапсырмалары · задания на устранение"
        ordering = ("due", "id")

    def __str__(self) -> str:
        return f"{self.requirement} {self.due}"
