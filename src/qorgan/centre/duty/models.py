"""Desks, shifts and hand-overs of a centre; people of a school and who of them is on duty."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from qorgan.centre.named import NamedRow
from qorgan.centre.schools.models import School
from qorgan.centre.scope import NOWHERE, within
from qorgan.centre.territory.models import OperationsCentre
from qorgan.domain import duty
from qorgan.domain.access import Actor
from qorgan.domain.duty import MAX_REASON, Matter, SchoolRole, ShiftEnd
from qorgan.kernel.ids import uuid7


def _choices(kind: type[Any]) -> list[tuple[str, str]]:
    return [(member.value, member.value) for member in kind]


def _of_centre(actor: Actor, path: str) -> Q:
    """Rows of the actor's own centre; an administrator sees all."""
    if actor.scope.everywhere:
        return Q()
    return Q(**{path: actor.centre}) if actor.centre else NOWHERE


class DutyDeskQuerySet(QuerySet["DutyDesk"]):
    def visible_to(self, actor: Actor) -> "DutyDeskQuerySet":
        return self.filter(_of_centre(actor, "centre"))


class DutyDesk(NamedRow):
    """A place at a centre where one officer sits."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    centre = models.ForeignKey(OperationsCentre, on_delete=models.PROTECT, related_name="desks")
    position = models.PositiveIntegerField("реті · порядок", default=0)

    objects = DutyDeskQuerySet.as_manager()

    class Meta:
        verbose_name = "кезекші пульті · пульт дежурного"
        verbose_name_plural = "кезекші пульттері · пульты дежурных"
        ordering = ("centre", "position", "name_kk")


class ShiftQuerySet(QuerySet["Shift"]):
    def visible_to(self, actor: Actor) -> "ShiftQuerySet":
        return self.filter(_of_centre(actor, "desk__centre"))

    def running(self) -> "ShiftQuerySet":
        return self.filter(ended_at__isnull=True)


class Shift(models.Model):
    """One officer at one desk, from when to when. The audits of the people say the same, chained."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    desk = models.ForeignKey(DutyDesk, on_delete=models.PROTECT, related_name="shifts")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended = models.CharField(max_length=16, choices=_choices(ShiftEnd), blank=True, default="")
    reason = models.CharField(max_length=MAX_REASON, blank=True, default="", help_text="of a take-over")

    objects = ShiftQuerySet.as_manager()

    class Meta:
        verbose_name = "ауысым · смена"
        verbose_name_plural = "ауысымдар · смены"
        ordering = ("-began_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("desk",), condition=Q(ended_at__isnull=True), name="one_officer_at_a_desk"),
            models.UniqueConstraint(
                fields=("officer",), condition=Q(ended_at__isnull=True), name="one_desk_for_an_officer"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended="") | Q(ended_at__isnull=False) & ~Q(ended=""),
                name="shift_says_how_it_ended",
            ),
        )

    def __str__(self) -> str:
        return f"{self.desk_id}: {self.officer_id} {self.began_at:%Y-%m-%d %H:%M}"


class Console(models.Model):
    """When a gateway last saw a console of this person connected. Nothing of where they are, and no history."""

    officer = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    seen_at = models.DateTimeField(help_text="the centre's clock")

    class Meta:
        verbose_name = "қосылған консоль · подключённая консоль"
        verbose_name_plural = "қосылған консольдер · подключённые консоли"

    def __str__(self) -> str:
        return f"{self.officer_id}: {self.seen_at:%Y-%m-%d %H:%M:%S}"


class HandoverQuerySet(QuerySet["Handover"]):
    def visible_to(self, actor: Actor) -> "HandoverQuerySet":
        return self.filter(_of_centre(actor, "desk__centre"))


class Handover(models.Model):
    """One desk goes from one officer to the next. It changes until both have signed, and never after."""

    class State(models.TextChoices):
        OPEN = "open"
        SIGNED = "signed"
        WITHDRAWN = "withdrawn"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    desk = models.ForeignKey(DutyDesk, on_delete=models.PROTECT, related_name="handovers")
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="+", help_text="the one that ends")
    following = models.ForeignKey(Shift, null=True, on_delete=models.PROTECT, related_name="+")
    outgoing = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    incoming = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    note = models.TextField(blank=True, default="", help_text="what the one who goes wants to say")
    opened_at = models.DateTimeField()
    outgoing_signed_at = models.DateTimeField(null=True)
    incoming_signed_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True, default="", help_text="SHA-256 of the list that was signed")
    ended_at = models.DateTimeField(null=True)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        verbose_name = "ауысымды тапсыру · сдача смены"
        verbose_name_plural = "ауысымды тапсыру · сдачи смен"
        ordering = ("-opened_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("desk",), condition=Q(state="open"), name="one_handover_at_a_desk"),
            models.CheckConstraint(
                condition=~Q(state="signed")
                | Q(outgoing_signed_at__isnull=False, incoming_signed_at__isnull=False, incoming__isnull=False),
                name="handover_is_signed_by_both",
            ),
            models.CheckConstraint(condition=~Q(incoming=models.F("outgoing")), name="handover_between_two_persons"),
        )

    def __str__(self) -> str:
        return f"{self.desk_id} {self.opened_at:%Y-%m-%d %H:%M}: {self.state}"


class HandoverItem(models.Model):
    """One thing that is read back. What went away before the signatures stays in the list as gone."""

    handover = models.ForeignKey(Handover, on_delete=models.PROTECT, related_name="items")
    matter = models.CharField(max_length=8, choices=_choices(Matter))
    ref = models.CharField(max_length=200)
    said = models.JSONField()
    listed_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True, default="", help_text="what the one who comes says of it")
    gone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("handover", "matter", "ref"), name="handover_item_once"),)

    def __str__(self) -> str:
        return f"{self.matter}:{self.ref}"

    @property
    def item(self) -> duty.Item:
        return duty.Item(matter=Matter(self.matter), ref=self.ref, said=self.said)


class SchoolPersonQuerySet(QuerySet["SchoolPerson"]):
    def visible_to(self, actor: Actor) -> "SchoolPersonQuerySet":
        return self.filter(within(actor.scope, "school__"))


class SchoolPerson(models.Model):
    """Somebody whom the centre may call. Kept by the school; removed when they leave."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="people")
    name = models.CharField("аты-жөні · имя", max_length=200)
    role = models.CharField(max_length=20, choices=_choices(SchoolRole))
    phone = models.CharField("телефон", max_length=40, blank=True, default="")
    position = models.PositiveIntegerField("реті · порядок", default=0, help_text="who is called first")

    objects = SchoolPersonQuerySet.as_manager()

    class Meta:
        verbose_name = "мектептің жауапты адамы · ответственное лицо школы"
        verbose_name_plural = "мектептің жауапты адамдары · ответственные лица школы"
        ordering = ("school", "position", "id")
        constraints = (
            models.CheckConstraint(condition=~Q(name=""), name="person_has_a_name"),
            models.CheckConstraint(condition=Q(role__in=[role.value for role in SchoolRole]), name="school_role_known"),
        )

    def __str__(self) -> str:
        return self.name


class DutyMark(models.Model):
    """This person is on duty at their school on this local day."""

    person = models.ForeignKey(SchoolPerson, on_delete=models.CASCADE, related_name="marks")
    day = models.DateField(help_text="Asia/Almaty")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("person", "day"), name="on_duty_once_a_day"),)

    def __str__(self) -> str:
        return f"{self.person_id}: {self.day}"
