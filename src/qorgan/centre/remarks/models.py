"""Remarks and joint reviews. A row is what is so now; what was done, by whom and when, are lines of its ledger."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from qorgan.centre.cameras.models import Camera
from qorgan.centre.frames.models import Frame
from qorgan.centre.ledger import LedgerLine
from qorgan.centre.plans.models import Plan
from qorgan.centre.schools.models import School
from qorgan.centre.scope import within
from qorgan.domain import reviews as review_rules
from qorgan.domain.access import Actor, Body, Right
from qorgan.domain.remarks import MAX_CLAUSE, MAX_TEXT, UNFIXED, RemarkCategory, RemarkDeed, RemarkState, TargetKind
from qorgan.domain.reviews import ReviewAnswer
from qorgan.kernel.ids import uuid7

BODIES = [(body.value, body.value) for body in Body]


class RemarkQuerySet(QuerySet["Remark"]):
    def visible_to(self, actor: Actor) -> "RemarkQuerySet":
        """The only door to remarks for anybody who asks: those of the actor's places; of drafts their own."""
        if not actor.may(Right.REMARKS_READ):
            return self.none()
        issued = ~Q(state=RemarkState.DRAFT) | Q(author=actor.user)
        return self.filter(within(actor.scope, "school__") & issued)

    def saying(self, words: str) -> "RemarkQuerySet":
        """Those that, with their school, contain every word, in any script's case; `#12` and `№12` are the number."""
        condition = Q()
        for word in words.casefold().split()[:10]:
            digits = word[1:] if word[0] in "#№" else ""
            if digits.isascii() and digits.isdigit() and len(digits) < 9:
                condition &= Q(number=int(digits))
            else:
                condition &= Q(search__contains=word) | Q(school__search__contains=word)
        return self.filter(condition)

    def whole(self) -> "RemarkQuerySet":
        """With all that is shown of a remark but its thread."""
        near = self.select_related(
            "school", "camera", "plan", "author", "before_frame__asked_by", "before_frame__camera"
        ).select_related("after_frame__asked_by", "after_frame__camera", "fixed_by", "verified_by")
        return near.defer("before_frame__content", "after_frame__content")


class Remark(models.Model):
    """One remark of one body on one school. Its row is the lock of its ledger; `version` counts the changes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.PositiveIntegerField(null=True, help_text="within its school, for people; null: a draft")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="remarks")
    kind = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in TargetKind])
    camera = models.ForeignKey(Camera, null=True, on_delete=models.PROTECT, related_name="remarks")
    plan = models.ForeignKey(Plan, null=True, on_delete=models.PROTECT, related_name="remarks")
    plan_revision = models.PositiveIntegerField(null=True, help_text="of the plan as it was")
    zone = models.CharField(max_length=80, blank=True, default="", help_text="its key on the plan")
    category = models.CharField(max_length=12, choices=[(one.value, one.value) for one in RemarkCategory])
    text = models.TextField(max_length=MAX_TEXT)
    clause = models.CharField(max_length=MAX_CLAUSE, blank=True, default="")
    body = models.CharField(max_length=12, choices=BODIES)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="remarks")
    state = models.CharField(
        max_length=10, choices=[(one.value, one.value) for one in RemarkState], default=RemarkState.DRAFT
    )
    deadline = models.DateField(null=True, help_text="the last day, by the users' calendar")
    created_at = models.DateTimeField()
    issued_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    overdue_at = models.DateTimeField(null=True, help_text="when the school and the author were told that it is")
    version = models.PositiveIntegerField(default=1)
    before_frame = models.ForeignKey(Frame, null=True, on_delete=models.PROTECT, related_name="+")
    before = models.JSONField(null=True, help_text="{measured}: what was measured of the camera when it was issued")
    after_frame = models.ForeignKey(Frame, null=True, on_delete=models.PROTECT, related_name="+")
    after = models.JSONField(null=True, help_text="{measured, plan_revision}, when it was said to be fixed")
    after_note = models.TextField(max_length=MAX_TEXT, blank=True, default="")
    fixed_at = models.DateTimeField(null=True)
    fixed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    last = models.JSONField(null=True, help_text="domain.remarks.Step: what an undo takes back, and what it replaced")
    inspection = models.UUIDField(null=True, help_text="of the inspection on site that it comes from")
    item = models.CharField(max_length=80, blank=True, default="", help_text="its key there")
    photos = models.JSONField(default=list, help_text="digests of the inspection's photos")
    search = models.TextField(editable=False, default="", help_text="what `saying` looks in, case-folded")

    objects = RemarkQuerySet.as_manager()

    class Meta:
        verbose_name = "ескерту · замечание"
        verbose_name_plural = "ескертулер · замечания"
        indexes = (
            models.Index(fields=("school", "-changed_at", "-id"), name="remark_of_school"),
            models.Index(fields=("state", "deadline"), name="remark_due"),
            models.Index(fields=("-changed_at", "-id"), name="remark_newest_first"),
        )
        constraints = (
            models.UniqueConstraint(fields=("school", "number"), name="remark_number_once_per_school"),
            models.UniqueConstraint(
                fields=("inspection", "item"), condition=~Q(inspection=None), name="remark_of_an_item_once"
            ),
            models.CheckConstraint(condition=Q(state__in=list(RemarkState)), name="remark_state_known"),
            models.CheckConstraint(
                condition=Q(state=RemarkState.DRAFT, number=None) | (~Q(state=RemarkState.DRAFT) & ~Q(number=None)),
                name="remark_has_its_number_when_issued",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(UNFIXED)) | ~Q(deadline=None), name="remark_has_a_deadline"
            ),
            models.CheckConstraint(
                condition=~Q(kind=TargetKind.CAMERA) | ~Q(camera=None), name="remark_has_its_camera"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=[TargetKind.PLAN, TargetKind.ZONE]) | ~Q(plan=None), name="remark_has_its_plan"
            ),
        )

    def __str__(self) -> str:
        return f"{self.school_id} {self.number}: {self.state}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.search = f"{self.text}\n{self.clause}".casefold()
        super().save(*args, **kwargs)


class RemarkLine(LedgerLine):
    """One deed done to a remark. The first line is its issue and says what the remark says."""

    remark = models.ForeignKey(Remark, on_delete=models.PROTECT, related_name="lines")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200)
    body = models.CharField(max_length=12, blank=True, default="", help_text="empty: on the school's behalf")
    deed = models.CharField(max_length=10, choices=[(deed.value, deed.value) for deed in RemarkDeed])
    state = models.CharField(max_length=10, help_text="after it")
    text = models.TextField(max_length=MAX_TEXT, blank=True, default="")
    frame = models.ForeignKey(Frame, null=True, on_delete=models.PROTECT, related_name="+")
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = "ескерту журналы · журнал замечания"
        verbose_name_plural = "ескерту журналдары · журналы замечаний"
        ordering = ("remark", "number")
        constraints = (models.UniqueConstraint(fields=("remark", "number"), name="remark_line_once"),)

    def subject(self) -> UUID:
        return self.remark_id

    def said(self) -> dict[str, Any]:
        return {
            "by": str(self.by_id),
            "by_name": self.by_name,
            "body": self.body,
            "deed": self.deed,
            "state": self.state,
            "text": self.text,
            "frame": str(self.frame_id) if self.frame_id else None,
            "data": self.data,
        }


class ReviewQuerySet(QuerySet["Review"]):
    def visible_to(self, actor: Actor) -> "ReviewQuerySet":
        """The only door to joint reviews for anybody who asks."""
        if not actor.may(Right.REMARKS_READ):
            return self.none()
        return self.filter(within(actor.scope, "plan__school__"))


class Review(models.Model):
    """Bodies look at one revision of one plan together. Its row is the lock of its ledger."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="reviews")
    plan_revision = models.PositiveIntegerField()
    bodies = models.JSONField(help_text="domain.access.Body, each once")
    deadline = models.DateField(help_text="the last day, by the users' calendar")
    text = models.TextField(max_length=review_rules.MAX_TEXT, blank=True, default="")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    state = models.CharField(
        max_length=10,
        choices=[(one.value, one.value) for one in review_rules.ReviewState],
        default=review_rules.ReviewState.OPEN,
    )
    ended_at = models.DateTimeField(null=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = "бірлескен қарау · совместное рассмотрение"
        verbose_name_plural = "бірлескен қараулар · совместные рассмотрения"
        indexes = (models.Index(fields=("-opened_at", "-id"), name="review_newest_first"),)
        constraints = (
            models.UniqueConstraint(
                fields=("plan",), condition=Q(state=review_rules.ReviewState.OPEN), name="review_open_once_per_plan"
            ),
            models.CheckConstraint(condition=Q(state__in=list(review_rules.ReviewState)), name="review_state_known"),
        )

    def __str__(self) -> str:
        return f"{self.plan_id} {self.plan_revision}: {self.state}"


class ReviewLine(LedgerLine):
    """Opened, signed for a body, closed or cancelled: what was done in a joint review."""

    class Deed(models.TextChoices):
        OPENED = "opened"
        SIGNED = "signed"
        CLOSED = "closed"
        CANCELLED = "cancelled"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="lines")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200)
    deed = models.CharField(max_length=10, choices=Deed.choices)
    body = models.CharField(max_length=12, blank=True, default="", help_text="of a signature")
    answer = models.CharField(max_length=16, blank=True, default="", choices=[(a.value, a.value) for a in ReviewAnswer])
    text = models.TextField(max_length=review_rules.MAX_TEXT, blank=True, default="")
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = "бірлескен қарау журналы · журнал совместного рассмотрения"
        verbose_name_plural = "бірлескен қарау журналдары · журналы совместных рассмотрений"
        ordering = ("review", "number")
        constraints = (
            models.UniqueConstraint(fields=("review", "number"), name="review_line_once"),
            models.UniqueConstraint(
                fields=("review", "body"), condition=Q(deed="signed"), name="review_signed_once_per_body"
            ),
        )

    def subject(self) -> UUID:
        return self.review_id

    def said(self) -> dict[str, Any]:
        return {
            "by": str(self.by_id),
            "by_name": self.by_name,
            "deed": self.deed,
            "body": self.body,
            "answer": self.answer,
            "text": self.text,
            "data": self.data,
        }
