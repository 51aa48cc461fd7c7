"""What is known of schools, what the norms make of it, and how it was at the end of each month.

Facts and changes of verdicts are lines of ledgers: nothing of them is edited. `SchoolNorms` and `Standing` are what
follows from the lines now, and can be made of them again.
"""

from typing import Any, NoReturn
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q, QuerySet

from qorgan.centre.cameras.models import Camera
from qorgan.centre.ledger import LedgerBroken, LedgerLine
from qorgan.centre.schools.models import School
from qorgan.centre.scope import within
from qorgan.centre.territory.models import District
from qorgan.domain.access import Actor
from qorgan.domain.norms.types import Verdict
from qorgan.kernel.ids import uuid7

_VERDICTS = [(one.value, one.value) for one in Verdict]


class NormPack(models.Model):
    """A released pack as it was evaluated, by its digest; the words it uses as well (`key` empty). Never edited."""

    digest = models.CharField(primary_key=True, max_length=64)
    key = models.CharField(max_length=60, blank=True)
    version = models.PositiveIntegerField()
    content = models.TextField(help_text="domain.norms.types.Pack or Vocabulary as JSON")
    taken_at = models.DateTimeField()

    class Meta:
        verbose_name = "нормалар жинағы · пакет норм"
        verbose_name_plural = "нормалар жинақтары · пакеты норм"

    def __str__(self) -> str:
        return f"{self.key} {self.version} {self.digest[:12]}"


class SchoolNorms(models.Model):
    """What is known of a school now and what follows. Its row is the lock of the school's two chains of lines."""

    school = models.OneToOneField(School, on_delete=models.CASCADE, primary_key=True, related_name="norms")
    known = models.JSONField(default=dict, help_text="fact → subject → the newest observation, as in `FactLine.facts`")
    verdicts = models.JSONField(default=dict, help_text="ref → [verdict, since as ISO 8601]")
    packs = models.CharField(max_length=64, blank=True, default="", help_text="digest of what it was evaluated by")
    evaluated_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(help_text="when it is to be looked at again")

    class Meta:
        verbose_name = "мектеп нормалары · нормы школы"
        verbose_name_plural = "мектептердің нормалары · нормы школ"
        indexes = (models.Index(fields=("due_at",), name="school_norms_due"),)

    def __str__(self) -> str:
        return str(self.school_id)


class Standing(models.Model):
    """One school by one pack, in the numbers that territories add up."""

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="standings")
    pack = models.CharField(max_length=60)
    gate = models.CharField(max_length=16, choices=_VERDICTS, help_text="the worst of its gates")
    connected = models.BooleanField(help_text="its node was heard")
    working = models.BooleanField(help_text="and every camera gave a picture")
    drilled = models.BooleanField(help_text="a practical drill within the last year")
    at = models.DateTimeField()

    class Meta:
        verbose_name = "мектептің жағдайы · положение школы"
        verbose_name_plural = "мектептердің жағдайы · положение школ"
        constraints = (models.UniqueConstraint(fields=("pack", "school"), name="standing_once_per_pack"),)

    def __str__(self) -> str:
        return f"{self.school_id} {self.pack} {self.gate}"


class FactLine(LedgerLine):
    """What was observed of a school at once: by its telemetry, or because somebody said so."""

    class Source(models.TextChoices):
        TELEMETRY = "telemetry"
        DOCUMENT = "document"
        SITE = "site"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="fact_lines")
    source = models.CharField(max_length=12, choices=Source.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    facts = models.JSONField(help_text="domain.norms.types.Observation of each, without `recorded_at`: that is `at`")

    class Meta:
        verbose_name = "бақылау · наблюдение"
        verbose_name_plural = "бақылаулар · наблюдения"
        constraints = (models.UniqueConstraint(fields=("school", "number"), name="fact_line_once"),)

    def subject(self) -> UUID:
        return self.school_id

    def said(self) -> dict[str, Any]:
        return {"source": self.source, "by": str(self.by_id) if self.by_id else None, "facts": self.facts}


class VerdictLine(LedgerLine):
    """Verdicts that changed at once, and the digest of the packs by which they were found."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="verdict_lines")
    packs = models.JSONField(help_text="pack → its digest")
    changes = models.JSONField(help_text='{ref: [before, after]}; "" where there was none, or is none any more')

    class Meta:
        verbose_name = "қорытынды өзгерісі · смена вердикта"
        verbose_name_plural = "қорытынды өзгерістері · смены вердиктов"
        constraints = (models.UniqueConstraint(fields=("school", "number"), name="verdict_line_once"),)

    def subject(self) -> UUID:
        return self.school_id

    def said(self) -> dict[str, Any]:
        return {"packs": self.packs, "changes": self.changes}


class DocumentQuerySet(QuerySet["SchoolDocument"]):
    def visible_to(self, actor: Actor) -> "DocumentQuerySet":
        """The only door to these rows for anybody who asks."""
        return self.filter(within(actor.scope, "school__"))


class SchoolDocument(models.Model):
    """That a paper exists, and until when it holds. Never the paper itself. What was wrong is withdrawn, not edited."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=60, help_text='the fact it proves, "site." left out')
    number = models.CharField(max_length=100, blank=True, default="")
    issued = models.DateField()
    valid_to = models.DateField(null=True, help_text="the last day on which it holds; null: no end")
    issuer = models.CharField(max_length=200, blank=True, default="")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = "құжат · документ"
        verbose_name_plural = "құжаттар · документы"
        indexes = (models.Index(fields=("school", "-added_at"), name="document_of_school"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("issued")), name="document_ends_after_it_begins"
            ),
        )

    def __str__(self) -> str:
        return f"{self.school_id} {self.kind} {self.number}"


class StandingMonth(models.Model):
    """How one district stood by one pack when a month had ended. Written once."""

    month = models.DateField(help_text="the first day of the month that had ended")
    pack = models.CharField(max_length=60)
    district = models.ForeignKey(District, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()
    registry_as_of = models.DateTimeField(null=True)
    organisations = models.PositiveIntegerField()
    connected = models.PositiveIntegerField()
    working = models.PositiveIntegerField()
    compliant = models.PositiveIntegerField()
    unknown = models.PositiveIntegerField()
    drilled = models.PositiveIntegerField()

    class Meta:
        verbose_name = "айлық көрініс · месячный срез"
        verbose_name_plural = "айлық көріністер · месячные срезы"
        constraints = (models.UniqueConstraint(fields=("pack", "month", "district"), name="snapshot_once"),)

    def __str__(self) -> str:
        return f"{self.district_id} {self.pack} {self.month}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise LedgerBroken("a month that has ended does not change any more")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise LedgerBroken("a month that has ended does not change any more")


class RegistryImport(models.Model):
    """A table of organisations as it was read, and what was shown that it would change. Applied whole or not at all."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    file_name = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    rows = models.JSONField(help_text="[number, {column: text}] of each")
    errors = models.JSONField(help_text="{row, column, value, code} of each")
    shown = models.CharField(max_length=64, help_text="digest of the changes that were shown")
    counts = models.JSONField(help_text="{added, changed, unchanged}")
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    applied_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "тізілім импорты · импорт реестра"
        verbose_name_plural = "тізілім импорттары · импорты реестра"
        indexes = (models.Index(fields=("-at",), name="registry_import_newest"),)

    def __str__(self) -> str:
        return f"{self.file_name} {self.at:%Y-%m-%d %H:%M}"


class ArchiveCheck(models.Model):
    """What a camera's archive proved when it was last looked at (`proving`). Nobody else writes."""

    camera = models.OneToOneField(Camera, on_delete=models.CASCADE, primary_key=True, related_name="archive_check")
    due_at = models.DateTimeField(help_text="when it is to be looked at again")
    told_at = models.DateTimeField(null=True, help_text="when its node told what is kept; null: never yet")
    told_watch = models.UUIDField(null=True, help_text="the line of the watch ledger of that")
    days = models.JSONField(default=dict, help_text="day → seconds kept of the main stream")
    depth_days = models.FloatField(default=0.0)
    share = models.FloatField(default=0.0, help_text="of the last 30 days, %")
    lost_s = models.FloatField(default=0.0, help_text="in the node's index and not on its disk")
    opened = models.BooleanField(null=True, help_text="whether the old moments drawn last opened; null: not known")
    opened_at = models.DateTimeField(null=True)
    moment = models.DateTimeField(null=True, help_text="the one that did not open, else the last that did")
    opened_watch = models.UUIDField(null=True)
    path = models.BooleanField(null=True, help_text="whether a frame of the last minutes came to the centre")
    path_at = models.DateTimeField(null=True)
    path_watch = models.UUIDField(null=True)

    class Meta:
        verbose_name = "мұрағатты тексеру · проверка архива"
        verbose_name_plural = "мұрағатты тексерулер · проверки архивов"
        indexes = (models.Index(fields=("due_at",), name="archive_check_due"),)

    def __str__(self) -> str:
        return str(self.camera_id)
