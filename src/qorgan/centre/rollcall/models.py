"""Who is to be accounted for: the children on a school's list. Their names are the school's own and nobody else's."""

from django.db import models
from django.db.models import QuerySet

from qorgan.centre.schools.models import School
from qorgan.centre.scope import within
from qorgan.domain.access import Actor, Right
from qorgan.domain.rollcall.lists import MAX_CLASS, MAX_NAME
from qorgan.kernel.ids import uuid7


class PupilQuerySet(QuerySet["Pupil"]):
    def visible_to(self, actor: Actor) -> "PupilQuerySet":
        """The only door to children for anybody who asks: their own school's people."""
        return self.filter(within(actor.scope, "school__")) if actor.may(Right.ROLL_CALL) else self.none()


class Pupil(models.Model):
    """A child on the list. Everywhere but here it is its id: no name in logs, audits and addresses."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="pupils")
    school_class = models.CharField(max_length=MAX_CLASS)
    name = models.CharField(max_length=MAX_NAME)
    known_by = models.CharField(max_length=MAX_NAME * 2, help_text="domain.rollcall.lists.PupilRow.key: the name")
    born = models.DateField()
    left_at = models.DateTimeField(null=True, help_text="when a newer list did not have them any more")

    objects = PupilQuerySet.as_manager()

    class Meta:
        verbose_name = "оқушы · ученик"
        verbose_name_plural = "оқушылар · ученики"
        indexes = (models.Index(fields=("school", "school_class"), name="pupil_of_class"),)
        constraints = (models.UniqueConstraint(fields=("school", "known_by", "born"), name="pupil_once_per_school"),)

    def __str__(self) -> str:
        return str(self.pk)
