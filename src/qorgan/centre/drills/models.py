"""Drills, what was done with them, what the staff tapped, and the days on which there are none."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from qorgan.centre.alarms.models import Alarm
from qorgan.centre.ledger import LedgerLine
from qorgan.centre.schools.models import School
from qorgan.centre.scope import within
from qorgan.domain.access import Actor, Right
from qorgan.domain.drills.case import DrillDeed, DrillState
from qorgan.domain.drills.plan import MAX_NAME, MAX_TEXT, DrillForm, DrillScenario
from qorgan.domain.drills.report import TapKind
from qorgan.kernel.ids import uuid7


def _choices(kind: type[Any]) -> list[tuple[str, str]]:
    return [(member.value, member.value) for member in kind]


class DrillQuerySet(QuerySet["Drill"]):
    def visible_to(self, actor: Actor) -> "DrillQuerySet":
        """The only door to drills for anybody who asks."""
        return self.filter(within(actor.scope, "school__")) if actor.may(Right.DRILLS_READ) else self.none()


class Drill(models.Model):
    """One drill of one school, from its plan to its record. Its row is the lock of its ledger."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="drills")
    scenario = models.CharField(max_length=16, choices=_choices(DrillScenario))
    form = models.CharField(max_length=12, choices=_choices(DrillForm))
    at = models.DateTimeField(help_text="the planned start")
    announced = models.BooleanField(help_text="whether those who take part were told")
    groups = models.JSONField(help_text="domain.drills.plan.DrillGroup, each once, in order")
    observers = models.JSONField(default=list, help_text="names and posts, as the planner wrote them")
    note = models.TextField(max_length=MAX_TEXT, blank=True, default="")
    word_name = models.CharField(max_length=MAX_NAME, blank=True, default="", help_text="the psychologist who agrees")
    word_on = models.DateField(null=True)
    state = models.CharField(max_length=10, choices=_choices(DrillState), default=DrillState.PLANNED)
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True, help_text="the centre's clock, as are all but the taps'")
    ended_at = models.DateTimeField(null=True)
    pierced_by = models.ForeignKey(
        Alarm, null=True, on_delete=models.PROTECT, db_constraint=False, related_name="+", help_text="the real alarm"
    )
    review = models.JSONField(null=True, help_text="{text, present, findings}: what failed, who fixes it by when")
    report = models.JSONField(null=True, help_text="schemas.DrillReport as it was at the review; not counted again")
    changed_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = DrillQuerySet.as_manager()

    class Meta:
        verbose_name = "оқу-жаттығу · учение"
        verbose_name_plural = "оқу-жаттығулар · учения"
        indexes = (
            models.Index(fields=("school", "-at", "-id"), name="drill_of_school"),
            models.Index(fields=("-at", "-id"), name="drill_newest_first"),
            models.Index(fields=("state",), condition=Q(state=DrillState.RUNNING), name="drill_running"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("school",), condition=Q(state=DrillState.RUNNING), name="drill_runs_once_per_school"
            ),
            models.CheckConstraint(condition=Q(state__in=list(DrillState)), name="drill_state_known"),
        )

    def __str__(self) -> str:
        return f"{self.school_id} {self.scenario} {self.at:%Y-%m-%d}: {self.state}"


class DrillLine(LedgerLine):
    """One deed done to a drill. `by` is null where time or a real alarm did it."""

    drill = models.ForeignKey(Drill, on_delete=models.PROTECT, related_name="lines")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200, blank=True, default="")
    deed = models.CharField(max_length=10, choices=_choices(DrillDeed))
    state = models.CharField(max_length=10, help_text="after it")
    text = models.TextField(max_length=MAX_TEXT, blank=True, default="")
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = "оқу-жаттығу журналы · журнал учения"
        verbose_name_plural = "оқу-жаттығулар журналдары · журналы учений"
        ordering = ("drill", "number")
        constraints = (models.UniqueConstraint(fields=("drill", "number"), name="drill_line_once"),)

    def subject(self) -> UUID:
        return self.drill_id

    def said(self) -> dict[str, Any]:
        return {
            "by": str(self.by_id) if self.by_id else None,
            "by_name": self.by_name,
            "deed": self.deed,
            "state": self.state,
            "text": self.text,
            "data": self.data,
        }


class DrillTapQuerySet(QuerySet["DrillTap"]):
    def visible_to(self, actor: Actor) -> "DrillTapQuerySet":
        return self.filter(within(actor.scope, "drill__school__")) if actor.may(Right.DRILLS_READ) else self.none()


class DrillTap(models.Model):
    """A room is locked, a hall clear, a class outside or complete: said with one tap. Its id is the telephone's."""

    id = models.UUIDField(primary_key=True, editable=False)
    drill = models.ForeignKey(Drill, on_delete=models.PROTECT, related_name="taps")
    kind = models.CharField(max_length=12, choices=_choices(TapKind))
    place = models.CharField(max_length=60, help_text="a room or a class, in the school's words; no name of a pupil")
    at = models.DateTimeField(help_text="the telephone's clock")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField(help_text="the centre's clock")

    objects = DrillTapQuerySet.as_manager()

    class Meta:
        verbose_name = "оқу-жаттығу белгісі · отметка учения"
        verbose_name_plural = "оқу-жаттығу белгілері · отметки учений"
        indexes = (models.Index(fields=("drill", "at"), name="drill_taps_in_order"),)

    def __str__(self) -> str:
        return f"{self.drill_id} {self.kind} {self.place}"


class ClosedDayQuerySet(QuerySet["ClosedDay"]):
    def visible_to(self, actor: Actor) -> "ClosedDayQuerySet":
        """The country's, and those of the actor's schools."""
        if not actor.may(Right.DRILLS_READ):
            return self.none()
        return self.filter(Q(school=None) | within(actor.scope, "school__"))


class ClosedDay(models.Model):
    """A day without drills: a holiday or one of exams, of one school or (no school) of the whole country."""

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", "демалыс · выходной"
        EXAM = "exam", "емтихан · экзамен"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    school = models.ForeignKey(School, null=True, on_delete=models.PROTECT, related_name="closed_days")
    day = models.DateField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = ClosedDayQuerySet.as_manager()

    class Meta:
        verbose_name = "жаттығусыз күн · день без учений"
        verbose_name_plural = "жаттығусыз күндер · дни без учений"
        indexes = (models.Index(fields=("day",), name="closed_day"),)
        constraints = (
            models.UniqueConstraint(fields=("school", "day"), name="closed_day_once_per_school"),
            models.UniqueConstraint(fields=("day",), condition=Q(school=None), name="closed_day_once_in_the_country"),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"
