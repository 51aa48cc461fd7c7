"""Ways in of alarms and what is wrong with them, tests of buttons, and the actions that schools took."""

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from qorgan.centre.alarms.models import Alarm
from qorgan.centre.schools.models import School
from qorgan.centre.scope import NOWHERE, within
from qorgan.centre.territory.models import OperationsCentre
from qorgan.domain.access import Actor
from qorgan.domain.places import LocalText
from qorgan.domain.supervision import Duty, WayState
from qorgan.kernel.ids import uuid7


class WayInQuerySet(QuerySet["WayIn"]):
    def visible_to(self, actor: Actor) -> "WayInQuerySet":
        """The only door to these rows for anybody who asks."""
        return self.filter(within(actor.scope, "school__"))


class WayIn(models.Model):
    """One way in of alarms, as its node tells it (`Inventory.sources`, `SourceHealth`). Nobody else writes.

    One that left the inventory stays as a row that is not `present`: its tests and faults refer to it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="ways_in")
    key = models.CharField(max_length=100)
    kind = models.CharField(max_length=40, help_text="domain.alarms.Source, or the text that the node used")
    place_kk = models.CharField(max_length=200, blank=True, default="")
    place_ru = models.CharField(max_length=200, blank=True, default="")
    place_en = models.CharField(max_length=200, blank=True, default="")
    interval_s = models.FloatField(null=True, help_text="how often it should be heard, s; null: it says nothing itself")
    present = models.BooleanField(default=True)
    known_since = models.DateTimeField(help_text="the centre's clock: when its node first told of it")
    state = models.CharField(max_length=8, choices=[(s.value, s.value) for s in WayState], default=WayState.OK)
    faults = models.JSONField(default=list, help_text="codes of what its node says is wrong with it")
    since = models.DateTimeField(null=True, help_text="when `state` began, the node's clock, never in our future")
    last_seen = models.DateTimeField(null=True, help_text="the node's clock, as last told")

    objects = WayInQuerySet.as_manager()

    class Meta:
        verbose_name = "дабыл көзі · источник тревог"
        verbose_name_plural = "дабыл көздері · источники тревог"
        constraints = (models.UniqueConstraint(fields=("school", "key"), name="way_in_once_per_school"),)

    def __str__(self) -> str:
        return f"{self.school_id} {self.key}"

    @property
    def place(self) -> LocalText:
        return LocalText(kk=self.place_kk or self.key, ru=self.place_ru, en=self.place_en)


class FaultQuerySet(QuerySet["Fault"]):
    def visible_to(self, actor: Actor) -> "FaultQuerySet":
        """Faults of schools in the scope, and of the actor's own centre; an outage of an area for whoever may see one
        of the schools under it."""
        if actor.scope.everywhere:
            return self.all()
        centre = Q(centre=actor.centre) if actor.centre else NOWHERE
        own = self.model.objects.filter(within(actor.scope, "school__") | centre)
        return self.filter(Q(pk__in=own.values("pk")) | Q(pk__in=own.exclude(parent=None).values("parent")))

    def still_open(self) -> "FaultQuerySet":
        return self.filter(closed_at=None)


class Fault(models.Model):
    """Something does not work, from `opened_at` to `closed_at`. Closed by what was measured, never by a wish.

    An outage of an area has no school: it is the parent of the faults that likely have one cause, and hides none. What
    is wrong at a centre itself has no school either, and names the centre.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    school = models.ForeignKey(School, null=True, on_delete=models.PROTECT, related_name="faults")
    region = models.CharField(max_length=12, blank=True, default="", help_text="of an outage")
    district = models.CharField(max_length=12, blank=True, default="", help_text="of an outage of one district")
    centre = models.ForeignKey(
        OperationsCentre,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="of a fault of a centre's own",
    )
    subject = models.CharField(max_length=120, help_text="node, link, area, desks or source:<key>")
    code = models.CharField(max_length=80)
    detail = models.JSONField(default=dict)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    opened_at = models.DateTimeField(help_text="since when it stands")
    noticed_at = models.DateTimeField(help_text="the centre's clock, when it was written")
    due_at = models.DateTimeField(help_text="by when whoever must act has acted")
    closed_at = models.DateTimeField(null=True)
    duty = models.CharField(max_length=12, choices=[(d.value, d.value) for d in Duty])
    stops_alarms = models.BooleanField(help_text="while it stands an alarm may not come through")
    times = models.PositiveIntegerField(default=1, help_text="how often it came back without being another fault")
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True, default="")

    objects = FaultQuerySet.as_manager()

    class Meta:
        verbose_name = "ақау · неисправность"
        verbose_name_plural = "ақаулар · неисправности"
        indexes = (
            models.Index(fields=("-noticed_at", "-id"), name="fault_newest_first"),
            models.Index(fields=("closed_at",), name="fault_open"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("school", "subject", "code"), condition=Q(closed_at=None), name="fault_open_once"
            ),
            models.UniqueConstraint(
                fields=("region", "district", "code"),
                condition=Q(closed_at=None, school=None, centre=None),
                name="fault_of_an_area_open_once",
            ),
            models.UniqueConstraint(
                fields=("centre", "code"),
                condition=Q(closed_at=None, centre__isnull=False),
                name="fault_of_a_centre_open_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.school_id or self.region}"


class ButtonTestQuerySet(QuerySet["ButtonTest"]):
    def visible_to(self, actor: Actor) -> "ButtonTestQuerySet":
        """The only door to these rows for anybody who asks."""
        return self.filter(within(actor.scope, "school__"))


class ButtonTest(models.Model):
    """A test of one way in: planned, or arrived without a plan, or both.

    `alarm` is the test alarm that proves it: `pressed_at` by the school's clock, `received_at` by ours.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="button_tests")
    button = models.CharField(max_length=100)
    planned_for = models.DateTimeField(null=True, help_text="by when it should be pressed; null: nobody planned it")
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True)
    alarm = models.OneToOneField(Alarm, null=True, on_delete=models.PROTECT, related_name="+")
    pressed_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    took_s = models.FloatField(null=True, help_text="press → our database, s, the node's clock set right")

    objects = ButtonTestQuerySet.as_manager()

    class Meta:
        verbose_name = "түймені сынау · проверка кнопки"
        verbose_name_plural = "түймелерді сынау · проверки кнопок"
        indexes = (models.Index(fields=("school", "button", "-received_at"), name="button_test_newest"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(planned_for__isnull=False) | Q(alarm__isnull=False), name="button_test_planned_or_run"
            ),
            models.CheckConstraint(
                condition=Q(alarm__isnull=True)
                | Q(pressed_at__isnull=False, received_at__isnull=False, took_s__isnull=False),
                name="button_test_run_has_its_times",
            ),
            models.UniqueConstraint(
                fields=("school", "button"),
                condition=Q(alarm=None, cancelled_at=None),
                name="button_test_planned_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.school_id} {self.button}"


class SchoolActionQuerySet(QuerySet["SchoolAction"]):
    def visible_to(self, actor: Actor) -> "SchoolActionQuerySet":
        """The only door to these rows for anybody who asks."""
        return self.filter(within(actor.scope, "school__"))


class SchoolAction(models.Model):
    """A school took a standard action, or ended it (`all_clear`): as its node told, with what its outputs did."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="actions")
    action = models.CharField(max_length=20)
    kind = models.CharField(max_length=8, help_text="real, drill or test")
    at = models.DateTimeField(help_text="the node's clock")
    by = models.CharField(max_length=200, blank=True, default="")
    outputs = models.JSONField(default=list, help_text="messages.OutputResult of each siren, door, screen")
    received_at = models.DateTimeField(help_text="the centre's clock")

    objects = SchoolActionQuerySet.as_manager()

    class Meta:
        verbose_name = "мектептің әрекеті · действие школы"
        verbose_name_plural = "мектептердің әрекеттері · действия школ"
        indexes = (models.Index(fields=("school", "-received_at"), name="school_action_newest"),)

    def __str__(self) -> str:
        return f"{self.school_id} {self.action}"
