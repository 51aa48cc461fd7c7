"""Cameras and buttons. Their node says what stands there (`inventory`) and how each stream does; nobody else writes."""

from django.db import models
from django.db.models import Q, QuerySet

from qorgan.centre.named import NamedRow
from qorgan.centre.schools.models import School
from qorgan.centre.scope import within
from qorgan.domain.access import Actor
from qorgan.domain.cameras import CameraState
from qorgan.kernel.ids import uuid7


class CameraQuerySet(QuerySet["Camera"]):
    def visible_to(self, actor: Actor) -> "CameraQuerySet":
        """The only door to cameras for anybody who asks: those of the actor's places, and those of schools with an open
        alarm that the actor's centre was called for as the neighbour (what these may show: `require_guest`)."""
        mine = within(actor.scope, "school__")
        if actor.centre is None:
            return self.filter(mine)
        shared = School.objects.filter(alarms__shared_with=actor.centre, alarms__closed_at=None)
        return self.filter(mine | Q(school__in=shared.values("pk")))


class Camera(NamedRow):
    """A camera that was taken away stays as a row that is not `present`: its recordings and watches refer to it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="cameras")
    key = models.CharField(max_length=63)
    zone = models.CharField("аймақ · зона", max_length=40, default="other")
    has_sub = models.BooleanField(default=True)
    present = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0, help_text="its place in the node's inventory")
    state = models.CharField(
        max_length=12, default=CameraState.UNKNOWN, help_text="CameraState of the main stream: the one that is evidence"
    )
    streams = models.JSONField(default=list, help_text="messages.StreamHealth of each stream, as last measured")
    health_at = models.DateTimeField(null=True, help_text="when `streams` was true; older news changes nothing")
    onvif = models.CharField(
        max_length=60,
        blank=True,
        default="",
        help_text="empty: it does not speak ONVIF; ok; or the code of what is wrong",
    )
    clock_offset_s = models.FloatField(null=True, help_text="its own clock ahead of the node's, s; null: not told")
    picture = models.JSONField(null=True, help_text="messages.PictureResult, the last one")

    objects = CameraQuerySet.as_manager()

    class Meta:
        verbose_name = "камера"
        verbose_name_plural = "камералар · камеры"
        constraints = (models.UniqueConstraint(fields=("school", "key"), name="camera_key_once_per_school"),)


class Button(NamedRow):
    """A panic button; its name is its place."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="buttons")
    key = models.CharField(max_length=63)
    present = models.BooleanField(default=True)
    camera_keys = models.JSONField(default=list, help_text="keys of the cameras around it, nearest first")

    class Meta:
        verbose_name = "дабыл түймесі · тревожная кнопка"
        verbose_name_plural = "дабыл түймелері · тревожные кнопки"
        constraints = (
            models.UniqueConstraint(fields=("school", "key"), name="button_key_once_per_school"),
            models.CheckConstraint(condition=~Q(key=""), name="button_has_a_key"),
        )
