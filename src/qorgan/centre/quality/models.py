"""Picture quality as schools' nodes judge it: how each camera is, what was wrong since when, and what it should see."""

from typing import Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from qorgan.centre.cameras.models import Camera
from qorgan.centre.frames.models import Frame
from qorgan.centre.scope import within
from qorgan.domain.access import Actor, Right
from qorgan.domain.approval import OPEN, Period, Side, ViewState
from qorgan.domain.quality.faults import Verdict
from qorgan.kernel.ids import uuid7

Row = TypeVar("Row", bound=models.Model)


class OfCameraQuerySet(QuerySet[Row]):
    """Rows that belong to a camera."""

    def visible_to(self, actor: Actor) -> Self:
        """The only door: the cameras of the actor's own places. A neighbour called for an alarm sees none of this."""
        return self.filter(within(actor.scope, "camera__school__"))


class PictureStateQuerySet(OfCameraQuerySet["PictureState"]):
    pass


class FaultSpellQuerySet(OfCameraQuerySet["FaultSpell"]):
    pass


class PictureDayQuerySet(OfCameraQuerySet["PictureDay"]):
    pass


class ApprovedViewQuerySet(OfCameraQuerySet["ApprovedView"]):
    pass


class StillQuerySet(QuerySet["Still"]):
    def visible_to(self, actor: Actor) -> "StillQuerySet":
        """As frames: for who may see recordings."""
        return self.filter(within(actor.scope, "camera__school__")) if actor.may(Right.ARCHIVE_VIEW) else self.none()


class Still(models.Model):
    """A small picture that a node sent with what it said. Shown only after we have drawn it anew (`drawn_at`)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    camera = models.ForeignKey(Camera, on_delete=models.CASCADE, related_name="stills")
    at = models.DateTimeField(help_text="the node's clock")
    received_at = models.DateTimeField()
    content = models.BinaryField(help_text="as it came until `drawn_at`; then ours")
    mime = models.CharField(max_length=20, blank=True, default="")
    drawn_at = models.DateTimeField(null=True)
    refused = models.CharField(max_length=40, blank=True, default="", help_text="why it could not be drawn")
    period = models.CharField(max_length=5, blank=True, default="", help_text="Period; empty: its node does not tell")

    objects = StillQuerySet.as_manager()

    class Meta:
        verbose_name = "дәлел кадры · кадр-свидетельство"
        verbose_name_plural = "дәлел кадрлары · кадры-свидетельства"
        indexes = (
            models.Index(fields=("received_at",), name="still_undrawn", condition=Q(drawn_at=None, refused="")),
            models.Index(fields=("camera", "received_at"), name="still_of_camera"),
        )


class PictureState(models.Model):
    """How one camera's picture is, as its node said last."""

    camera = models.OneToOneField(Camera, on_delete=models.CASCADE, primary_key=True, related_name="picture_state")
    at = models.DateTimeField(help_text="the node's clock")
    verdict = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Verdict])
    since = models.DateTimeField(help_text="of this verdict")
    found = models.JSONField(default=list, help_text="[{fault, verdict, since, last_seen, score}]")
    measures = models.JSONField(default=dict)
    delivery = models.JSONField(default=list, help_text="as `found`, with {stream}: how its streams come")
    delivered_badly = models.BooleanField(default=False, help_text="`delivery` has a confirmed fault")
    weight = models.PositiveIntegerField(default=0, help_text="how bad it is, for the wall: `service.weight_of`")
    good = models.ForeignKey(Still, on_delete=models.SET_NULL, null=True, related_name="+", help_text="all was well")
    in_use = models.JSONField(default=dict, help_text="period → digest of the frame that the node compares with")

    objects = PictureStateQuerySet.as_manager()

    class Meta:
        verbose_name = "кескін күйі · состояние изображения"
        verbose_name_plural = "кескін күйлері · состояния изображений"
        indexes = (models.Index(fields=("-weight", "since"), name="picture_worst_first"),)


class FaultSpell(models.Model):
    """One fault of one camera from when it was first seen to when it was over. Never fires once and is forgotten."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    camera = models.ForeignKey(Camera, on_delete=models.CASCADE, related_name="spells")
    fault = models.CharField(max_length=40, help_text="domain.quality: a Fault, or a DeliveryFault of `stream`")
    stream = models.CharField(max_length=4, blank=True, default="", help_text="empty: a fault of the picture")
    opened_at = models.DateTimeField(help_text="first seen, by the node's clock")
    confirmed_at = models.DateTimeField()
    last_seen = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    told = models.PositiveIntegerField(default=1, help_text="how often the node said so")
    score = models.FloatField(default=0.0, help_text="the highest")
    before = models.ForeignKey(Still, on_delete=models.SET_NULL, null=True, related_name="+")
    still = models.ForeignKey(Still, on_delete=models.SET_NULL, null=True, related_name="+", help_text="the first")
    latest = models.ForeignKey(Still, on_delete=models.SET_NULL, null=True, related_name="+", help_text="still there")
    after = models.ForeignKey(Still, on_delete=models.SET_NULL, null=True, related_name="+", help_text="all is well")

    objects = FaultSpellQuerySet.as_manager()

    class Meta:
        verbose_name = "кескін ақауы · дефект изображения"
        verbose_name_plural = "кескін ақаулары · дефекты изображения"
        constraints = (
            models.UniqueConstraint(
                fields=("camera", "fault", "stream"), condition=Q(closed_at=None), name="spell_open_once"
            ),
        )
        indexes = (
            models.Index(fields=("camera", "-opened_at"), name="spell_of_camera"),
            models.Index(fields=("fault",), condition=Q(closed_at=None), name="spell_open_by_fault"),
        )


class PictureDay(models.Model):
    """The measures of one local day, an average for each hour: one row a day and camera."""

    camera = models.ForeignKey(Camera, on_delete=models.CASCADE, related_name="picture_days")
    day = models.DateField(help_text="Asia/Almaty")
    hours = models.JSONField(default=list, help_text="24 × null or {n, <measure>: mean}")

    objects = PictureDayQuerySet.as_manager()

    class Meta:
        verbose_name = "өлшеу күні · день измерений"
        verbose_name_plural = "өлшеу күндері · дни измерений"
        constraints = (models.UniqueConstraint(fields=("camera", "day"), name="picture_day_once"),)


class ApprovedView(models.Model):
    """What a camera should see by day or by night, with who signed it (`domain.approval`). Nothing is overwritten."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    camera = models.ForeignKey(Camera, on_delete=models.PROTECT, related_name="views")
    period = models.CharField(max_length=5, choices=[(one.value, one.value) for one in Period])
    state = models.CharField(max_length=20, choices=[(one.value, one.value) for one in ViewState])
    frame = models.ForeignKey(Frame, on_delete=models.PROTECT, related_name="+")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="superseded or withdrawn")
    reason = models.CharField(max_length=500, blank=True, default="")
    codec = models.CharField(max_length=40, blank=True, default="", help_text="of the main stream when it was proposed")
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True, help_text="when the school's node is to be told (again)")
    tries = models.PositiveIntegerField(default=0)
    told_at = models.DateTimeField(null=True, help_text="the node has it")
    refusal = models.CharField(max_length=60, blank=True, default="", help_text="why the node would not have it")

    objects = ApprovedViewQuerySet.as_manager()

    class Meta:
        verbose_name = "бекітілген көрініс · утверждённый вид"
        verbose_name_plural = "бекітілген көріністер · утверждённые виды"
        constraints = (
            models.UniqueConstraint(
                fields=("camera", "period"), condition=Q(state__in=sorted(OPEN)), name="view_proposed_once"
            ),
            models.UniqueConstraint(
                fields=("camera", "period"), condition=Q(state=ViewState.APPROVED.value), name="view_approved_once"
            ),
        )
        indexes = (models.Index(fields=("due_at",), condition=Q(due_at__isnull=False), name="view_due"),)


class ViewSignature(models.Model):
    """One side has signed."""

    view = models.ForeignKey(ApprovedView, on_delete=models.PROTECT, related_name="signatures")
    side = models.CharField(max_length=6, choices=[(one.value, one.value) for one in Side])
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    body = models.CharField(max_length=20, blank=True, default="")
    at = models.DateTimeField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the frame that was signed")

    class Meta:
        verbose_name = "көрініске қол қою · подпись под видом"
        verbose_name_plural = "көрініске қойылған қолдар · подписи под видами"
        constraints = (models.UniqueConstraint(fields=("view", "side"), name="view_signed_once_by_side"),)
