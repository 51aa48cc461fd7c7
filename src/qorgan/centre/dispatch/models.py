"""Dispatches of units to alarms, and the checklists frozen into alarms."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from qorgan.centre.alarms.models import Alarm, Unit
from qorgan.domain.access import Actor
from qorgan.domain.checklists import Scenario
from qorgan.domain.dispatch import MAX_NAME, MAX_REASON, MAX_RECORD, OVER, Call, DispatchState
from qorgan.kernel.ids import uuid7


def _choices(kind: type[Any]) -> list[tuple[str, str]]:
    return [(member.value, member.value) for member in kind]


class DispatchQuerySet(QuerySet["Dispatch"]):
    def visible_to(self, actor: Actor) -> "DispatchQuerySet":
        """Whoever sees the alarm sees who is sent to it."""
        return self.filter(alarm__in=Alarm.objects.visible_to(actor))

    def under_way(self) -> "DispatchQuerySet":
        return self.filter(ended_at__isnull=True)


class Dispatch(models.Model):
    """One unit sent to one alarm. Its columns change by `domain.dispatch.apply` alone; the alarm's log says by whom."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    alarm = models.ForeignKey(Alarm, on_delete=models.PROTECT, related_name="dispatches")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="dispatches")
    state = models.CharField(max_length=12, choices=_choices(DispatchState), default=DispatchState.OFFERED.value)
    offered_at = models.DateTimeField(help_text="the centre's clock, as all that follow")
    offered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True, default="")
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.CharField(max_length=MAX_NAME, blank=True, default="", help_text="a human, by name")
    record = models.CharField(max_length=MAX_RECORD, blank=True, default="", help_text="its number in their own system")
    departed_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    stabilised_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="cleared, rejected, or the case was closed")
    reason = models.CharField(max_length=MAX_REASON, blank=True, default="", help_text="why it was rejected or cleared")

    objects = DispatchQuerySet.as_manager()

    class Meta:
        verbose_name = "жасақ жіберу · направление наряда"
        verbose_name_plural = "жасақ жіберу · направления нарядов"
        ordering = ("offered_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("unit",), condition=Q(ended_at__isnull=True), name="unit_has_one_dispatch_under_way"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) & ~Q(state__in=sorted(state.value for state in OVER))
                | Q(ended_at__isnull=False, state__in=sorted(state.value for state in OVER)),
                name="dispatch_ends_once",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | ~Q(accepted_by="") | ~Q(record=""),
                name="dispatch_accepter_is_named",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in DispatchState]), name="dispatch_state_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.unit_id} → {self.alarm_id}: {self.state}"

    @property
    def call(self) -> Call:
        """What `domain.dispatch.apply` decides on."""
        return Call(
            state=DispatchState(self.state),
            accepted_by=self.accepted_by,
            record=self.record,
            reason=self.reason,
            accepted_at=self.accepted_at,
            departed_at=self.departed_at,
            arrived_at=self.arrived_at,
            stabilised_at=self.stabilised_at,
            ended_at=self.ended_at,
        )

    def become(self, call: Call) -> None:
        """Take over what `apply` decided. Not saved."""
        self.state, self.accepted_by, self.record, self.reason = call.state, call.accepted_by, call.record, call.reason
        self.accepted_at, self.departed_at, self.arrived_at = call.accepted_at, call.departed_at, call.arrived_at
        self.stabilised_at, self.ended_at = call.stabilised_at, call.ended_at


class Checklist(models.Model):
    """The list of one alarm as it was when the alarm was opened: an edition that comes later does not touch it."""

    alarm = models.OneToOneField(Alarm, on_delete=models.PROTECT, primary_key=True, related_name="checklist")
    scenario = models.CharField(max_length=16, choices=_choices(Scenario))
    version = models.PositiveIntegerField(help_text="the edition of the scenario's list")
    title = models.JSONField(help_text="kk, ru, en")
    items = models.JSONField(help_text="in order: key, kk, ru, en, due_s after the centre received the alarm")
    opened_at = models.DateTimeField()

    class Meta:
        verbose_name = "тексеру парағы · контрольный список"
        verbose_name_plural = "тексеру парақтары · контрольные списки"
        constraints = (
            models.CheckConstraint(condition=Q(scenario__in=[one.value for one in Scenario]), name="scenario_known"),
        )

    def __str__(self) -> str:
        return f"{self.alarm_id}: {self.scenario} {self.version}"


class ChecklistTick(models.Model):
    """An item was done. Taking a tick back removes this row; both stand in the alarm's log, which is the record."""

    checklist = models.ForeignKey(Checklist, on_delete=models.PROTECT, related_name="ticks")
    item = models.CharField(max_length=40)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True, default="")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("checklist", "item"), name="checklist_item_ticked_once"),)

    def __str__(self) -> str:
        return f"{self.checklist_id}: {self.item}"
