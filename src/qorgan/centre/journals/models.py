"""Journals of briefings and drills: volumes, and lines that nobody edits."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from qorgan.centre.drills.models import Drill
from qorgan.centre.ledger import LedgerLine
from qorgan.centre.schools.models import School
from qorgan.centre.scope import within
from qorgan.domain.access import Actor, Right
from qorgan.domain.journals import EntryKind
from qorgan.kernel.ids import uuid7


class JournalQuerySet(QuerySet["Journal"]):
    def visible_to(self, actor: Actor) -> "JournalQuerySet":
        """The only door to journals for anybody who asks."""
        return self.filter(within(actor.scope, "school__")) if actor.may(Right.DRILLS_READ) else self.none()


class Journal(models.Model):
    """One volume of a school's journal. Its row is the lock of its lines; closed, it takes no more."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="journals")
    number = models.PositiveIntegerField(help_text="of the volume, within its school")
    groups = models.JSONField(help_text="domain.journals.StaffGroup that the school has")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = JournalQuerySet.as_manager()

    class Meta:
        verbose_name = "журнал · журнал"
        verbose_name_plural = "журналдар · журналы"
        constraints = (
            models.UniqueConstraint(fields=("school", "number"), name="journal_number_once_per_school"),
            models.UniqueConstraint(
                fields=("school",), condition=Q(closed_at=None), name="journal_open_once_per_school"
            ),
        )

    def __str__(self) -> str:
        return f"{self.school_id} {self.number}"


class JournalLine(LedgerLine):
    """One numbered line, signed by the account that wrote it."""

    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="lines")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200)
    kind = models.CharField(max_length=8, choices=[(one.value, one.value) for one in EntryKind])
    day = models.DateField(help_text="of what it tells, by the users' calendar")
    data = models.JSONField(help_text="schemas.JournalBriefing, JournalDrill, JournalStrike or JournalEnd")
    drill = models.OneToOneField(Drill, null=True, on_delete=models.PROTECT, related_name="journal_line")

    class Meta:
        verbose_name = "журнал жолы · строка журнала"
        verbose_name_plural = "журнал жолдары · строки журнала"
        ordering = ("journal", "number")
        constraints = (models.UniqueConstraint(fields=("journal", "number"), name="journal_line_once"),)

    def subject(self) -> UUID:
        return self.journal_id

    def said(self) -> dict[str, Any]:
        return {
            "by": str(self.by_id),
            "by_name": self.by_name,
            "kind": self.kind,
            "day": self.day.isoformat(),
            "data": self.data,
            "drill": str(self.drill_id) if self.drill_id else None,
        }
