"""Frames: pictures of cameras as they were, kept at the centre because somebody has to be able to speak of them."""

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from qorgan.centre.cameras.models import Camera
from qorgan.centre.scope import within
from qorgan.domain.access import Actor, Right
from qorgan.domain.cameras import StreamName
from qorgan.kernel.ids import uuid7


class FrameQuerySet(QuerySet["Frame"]):
    def visible_to(self, actor: Actor) -> "FrameQuerySet":
        """The only door to frames: for who may see recordings, those of the actor's own places. A neighbour who was
        called for an alarm sees none."""
        return self.filter(within(actor.scope, "camera__school__")) if actor.may(Right.ARCHIVE_VIEW) else self.none()

    def bare(self) -> "FrameQuerySet":
        """Without the bytes of the pictures."""
        return self.select_related("camera", "asked_by").defer("content")


class Frame(models.Model):
    """One picture of one camera. It never changes; what nobody bound to anything is deleted after `service.LOOSE_FOR`.

    In the database, not beside it: what speaks of a frame and the frame itself are in one transaction and one backup.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    camera = models.ForeignKey(Camera, on_delete=models.PROTECT, related_name="frames")
    stream = models.CharField(max_length=8, choices=[(name.value, name.value) for name in StreamName])
    taken_at = models.DateTimeField(help_text="by the school's clock")
    digest = models.CharField(max_length=64, help_text="SHA-256 of `content`")
    content = models.BinaryField()
    mime = models.CharField(max_length=20)
    width = models.PositiveIntegerField(help_text="px, as kept")
    height = models.PositiveIntegerField(help_text="px, as kept")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    purpose = models.CharField(max_length=60)
    watch = models.UUIDField(help_text="its line in the school's watch ledger")
    bound = models.BooleanField(default=False, help_text="something refers to it: kept as long as that")

    objects = FrameQuerySet.as_manager()

    class Meta:
        verbose_name = "сақталған кадр · сохранённый кадр"
        verbose_name_plural = "сақталған кадрлар · сохранённые кадры"
        constraints = (models.CheckConstraint(condition=Q(width__gt=0, height__gt=0), name="frame_has_a_size"),)
        indexes = (
            models.Index(fields=("bound", "asked_at"), name="frame_loose"),
            models.Index(fields=("asked_by", "asked_at"), name="frame_of_a_person"),
        )

    def __str__(self) -> str:
        return f"{self.camera_id} {self.taken_at:%Y-%m-%d %H:%M:%S}"
