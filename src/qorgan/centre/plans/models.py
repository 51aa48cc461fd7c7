"""Plans of schools. What a plan is stands in its newest revision; revisions are lines of a ledger and never change."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q, QuerySet

from qorgan.centre.ledger import LedgerLine
from qorgan.centre.schools.models import School
from qorgan.centre.scope import within
from qorgan.domain.access import Actor
from qorgan.domain.plans import MAX_NAME, PlanKind
from qorgan.kernel.ids import uuid7


class PlanImage(models.Model):
    """A drawing as we drew it anew: named by what it is made of, kept once, never changed.

    In the database, not beside it: a plan and its drawing are stored together or not at all, are in one backup, and
    every process of the centre has them.
    """

    digest = models.CharField(primary_key=True, max_length=64, help_text="SHA-256 of `content`")
    content = models.BinaryField()
    mime = models.CharField(max_length=20, help_text="image/webp or image/png")
    width = models.PositiveIntegerField(help_text="px")
    height = models.PositiveIntegerField(help_text="px")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "жоспар суреті · изображение плана"
        verbose_name_plural = "жоспар суреттері · изображения планов"
        constraints = (models.CheckConstraint(condition=Q(width__gt=0, height__gt=0), name="plan_image_has_a_size"),)

    def __str__(self) -> str:
        return self.digest


class PlanQuerySet(QuerySet["Plan"]):
    def visible_to(self, actor: Actor) -> "PlanQuerySet":
        """The only door to plans for anybody who asks: those of the actor's places, and those of schools with an open
        alarm that the actor's centre was called for as the neighbour."""
        mine = within(actor.scope, "school__")
        if actor.centre is None:
            return self.filter(mine)
        shared = School.objects.filter(alarms__shared_with=actor.centre, alarms__closed_at=None)
        return self.filter(mine | Q(school__in=shared.values("pk")))


class Plan(models.Model):
    """One drawing of one school. Its row is the lock of its chain of revisions."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="plans")
    revision = models.PositiveIntegerField(help_text="number of the newest revision: what the plan is now")

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = "жоспар · план"
        verbose_name_plural = "жоспарлар · планы"

    def __str__(self) -> str:
        return f"{self.school_id} {self.pk}"


class PlanRevisionQuerySet(QuerySet["PlanRevision"]):
    def visible_to(self, actor: Actor) -> "PlanRevisionQuerySet":
        return self.filter(plan__in=Plan.objects.visible_to(actor))

    def newest(self) -> "PlanRevisionQuerySet":
        """What plans are now, with all that is shown of them but the bytes of their drawings."""
        rows = self.filter(number=F("plan__revision")).select_related("plan", "image", "by")
        return rows.defer("image__content")

    def standing(self) -> "PlanRevisionQuerySet":
        """Of plans that nobody has removed."""
        return self.newest().exclude(deed=PlanRevision.Deed.REMOVED)


class PlanRevision(LedgerLine):
    """One state of a plan, who made it, when, and by what deed. A removed plan is one whose newest deed says so."""

    class Deed(models.TextChoices):
        CREATED = "created"
        CHANGED = "changed"
        RESTORED = "restored", "restored: has the content of an older revision again"
        REMOVED = "removed"
        RETURNED = "returned"

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="revisions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    deed = models.CharField(max_length=8, choices=Deed.choices)
    kind = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in PlanKind])
    name = models.CharField(max_length=MAX_NAME)
    floor = models.SmallIntegerField(null=True)
    image = models.ForeignKey(PlanImage, on_delete=models.PROTECT, related_name="+")
    scale = models.JSONField(null=True, help_text="{a: [x, y], b: [x, y], metres}; positions 0…1 of the drawing")
    points = models.JSONField(
        default=list, help_text="{key, kind, x, y, camera, way, label, bearing_deg, lens}; cameras by their keys"
    )
    walls = models.JSONField(default=list, help_text="[x, y, x, y] of each")
    zones = models.JSONField(default=list, help_text="{key, kind, name, outline: [[x, y]…], required}")

    objects = PlanRevisionQuerySet.as_manager()

    class Meta:
        verbose_name = "жоспар редакциясы · редакция плана"
        verbose_name_plural = "жоспар редакциялары · редакции плана"
        ordering = ("plan", "number")
        constraints = (
            models.UniqueConstraint(fields=("plan", "number"), name="plan_revision_once"),
            models.CheckConstraint(condition=Q(kind__in=list(PlanKind)), name="plan_kind_known"),
            models.CheckConstraint(condition=~Q(name=""), name="plan_has_a_name"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.number}"

    def subject(self) -> UUID:
        return self.plan_id

    def said(self) -> dict[str, Any]:
        return {
            "by": str(self.by_id),
            "deed": self.deed,
            "kind": self.kind,
            "name": self.name,
            "floor": self.floor,
            "image": self.image_id,
            "scale": self.scale,
            "points": self.points,
            **({"walls": self.walls} if self.walls else {}),  # what was written before there were any reads the same
            **({"zones": self.zones} if self.zones else {}),
        }
