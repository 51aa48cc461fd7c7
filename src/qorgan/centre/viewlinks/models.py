"""What a link opens, who made it, until when, and whether it was taken back. The link itself is not kept."""

from django.db import models
from django.db.models import F, Q, QuerySet

from qorgan.centre.scope import within
from qorgan.domain.access import Actor, Right
from qorgan.domain.cameras import StreamName
from qorgan.kernel.ids import uuid7


class ViewLinkQuerySet(QuerySet["ViewLink"]):
    def visible_to(self, actor: Actor) -> "ViewLinkQuerySet":
        """One's own, and for those who read the watch ledger all of their schools."""
        if actor.may(Right.WATCHES_READ):
            return self.filter(within(actor.scope, "camera__school__"))
        return self.filter(maker=actor.user)


class ViewLink(models.Model):
    """One link. Whoever has it sees this stretch, and nothing else, as long as its maker might."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    maker = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    camera = models.ForeignKey("cameras.Camera", on_delete=models.PROTECT, related_name="+")
    stream = models.CharField(max_length=8, choices=[(name.value, name.value) for name in StreamName])
    purpose = models.CharField(max_length=60)
    start = models.DateTimeField()
    end = models.DateTimeField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")
    uses = models.PositiveIntegerField(default=0, help_text="how often a player asked for its playlist")

    objects = ViewLinkQuerySet.as_manager()

    class Meta:
        verbose_name = "сілтеме · ссылка"
        verbose_name_plural = "сілтемелер · ссылки"
        constraints = (
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="view_link_has_a_stretch"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="view_link_expires"),
        )
        indexes = (models.Index(fields=("maker", "expires_at"), name="view_link_of_maker"),)

    def __str__(self) -> str:
        return f"{self.camera_id} {self.start:%Y-%m-%d %H:%M}"
