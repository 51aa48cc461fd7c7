"""Inspections on site, and their photos. What is finished never changes."""

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from qorgan.centre.schools.models import School
from qorgan.centre.scope import within
from qorgan.domain.access import Actor, Body, Right


class InspectionQuerySet(QuerySet["Inspection"]):
    def visible_to(self, actor: Actor) -> "InspectionQuerySet":
        """The only door to inspections for anybody who asks: of the actor's places; what goes on is its author's."""
        if not actor.may(Right.REMARKS_READ):
            return self.none()
        return self.filter(within(actor.scope, "school__") & (~Q(finished_at=None) | Q(author=actor.user)))


class Inspection(models.Model):
    """One visit of one inspector to one school. `id` was made by the telephone."""

    id = models.UUIDField(primary_key=True, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="inspections")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    body = models.CharField(max_length=12, choices=[(body.value, body.value) for body in Body])
    started_at = models.DateTimeField(help_text="by the telephone's clock")
    finished_at = models.DateTimeField(null=True, help_text="by the telephone's clock; null: it goes on")
    received_at = models.DateTimeField(help_text="by ours, when it was last sent")
    place = models.JSONField(null=True, help_text="{lat, lon, accuracy_m}, WGS 84")
    items = models.JSONField(help_text="schemas.InspectionItemWish of each")
    signature = models.JSONField(null=True, help_text="{name, strokes}")
    digest = models.CharField(max_length=64, help_text="SHA-256 of what was sent")

    objects = InspectionQuerySet.as_manager()

    class Meta:
        verbose_name = "орнында тексеру · проверка на месте"
        verbose_name_plural = "орнында тексерулер · проверки на месте"
        indexes = (models.Index(fields=("-started_at", "-id"), name="inspection_newest_first"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(signature__isnull=False), name="inspection_is_signed"
            ),
        )

    def __str__(self) -> str:
        return f"{self.school_id} {self.started_at:%Y-%m-%d}"


class InspectionPhoto(models.Model):
    """One photo, drawn anew: nothing of what the telephone knew is in it. `source` is the digest of what was sent."""

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="photos")
    source = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, help_text="SHA-256 of `content`")
    content = models.BinaryField()
    mime = models.CharField(max_length=20)
    width = models.PositiveIntegerField(help_text="px")
    height = models.PositiveIntegerField(help_text="px")
    at = models.DateTimeField()

    class Meta:
        verbose_name = "тексеру фотосы · фото проверки"
        verbose_name_plural = "тексеру фотолары · фото проверок"
        constraints = (models.UniqueConstraint(fields=("inspection", "source"), name="inspection_photo_once"),)

    def __str__(self) -> str:
        return self.digest
