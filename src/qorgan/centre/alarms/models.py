"""Alarms, their logs, and the patrol units."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from qorgan.centre.ledger import LedgerLine
from qorgan.centre.named import NamedRow
from qorgan.centre.schools.models import School
from qorgan.centre.scope import NOWHERE, within
from qorgan.centre.territory.models import OperationsCentre
from qorgan.domain.access import Actor
from qorgan.domain.alarms import ENDED, Case, Disposition, Kind, Level, State, Verdict
from qorgan.domain.places import LocalText
from qorgan.kernel.ids import uuid7


def _choices(kind: type[Any]) -> list[tuple[str, str]]:
    return [(member.value, member.value) for member in kind]


class UnitQuerySet(QuerySet["Unit"]):
    def visible_to(self, actor: Actor) -> "UnitQuerySet":
        """A centre's units are its own; an administrator sees all."""
        if actor.scope.everywhere:
            return self.all()
        return self.filter(Q(centre=actor.centre) if actor.centre else NOWHERE)


class Unit(NamedRow):
    """A patrol unit of an operations centre."""

    class State(models.TextChoices):
        FREE = "free", "бос · свободен"
        OFFERED = "offered", "ұсынылды · предложен вызов"
        DISPATCHED = "dispatched", "шақыруды қабылдады · принял вызов"
        EN_ROUTE = "en_route", "жолда · в пути"
        ON_SCENE = "on_scene", "орнында · на месте"
        OUT_OF_SERVICE = "out_of_service", "кезектен тыс · вне наряда"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    centre = models.ForeignKey(OperationsCentre, on_delete=models.PROTECT, related_name="units")
    state = models.CharField("күйі · состояние", max_length=16, choices=State.choices, default=State.FREE)
    since = models.DateTimeField("уақыты · с какого времени", null=True, editable=False)
    reason = models.CharField(
        "себебі · причина", max_length=300, blank=True, default="", help_text="out of service: why"
    )
    lat = models.FloatField(null=True, blank=True, help_text="WGS 84, °; null: nobody knows where it is")
    lon = models.FloatField(null=True, blank=True)
    located_at = models.DateTimeField(null=True, blank=True, help_text="when it was there")

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = "жасақ · наряд"
        verbose_name_plural = "жасақтар · наряды"
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["free", "offered", "dispatched", "en_route", "on_scene", "out_of_service"]),
                name="unit_state_known",
            ),
        )


class AlarmQuerySet(QuerySet["Alarm"]):
    def visible_to(self, actor: Actor) -> "AlarmQuerySet":
        """The only door to alarms for anybody who asks."""
        return self.filter(within(actor.scope, "school__"))

    def still_open(self) -> "AlarmQuerySet":
        return self.exclude(state__in=ENDED)

    def whole(self) -> "AlarmQuerySet":
        """With everything that `schemas.Alarm` shows."""
        near = self.select_related("school__district", "owner", "unit")
        return near.prefetch_related("lines__actor", "school__cameras")


class Alarm(models.Model):
    """One raised signal; its id is the school's. Its columns change by `domain.alarms.apply` alone."""

    id = models.UUIDField(primary_key=True, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="alarms")
    button = models.CharField(max_length=100)
    place_kk = models.CharField(max_length=200)
    place_ru = models.CharField(max_length=200, blank=True, default="")
    place_en = models.CharField(max_length=200, blank=True, default="")
    level = models.CharField(max_length=2, choices=_choices(Level))
    kind = models.CharField(max_length=8, choices=_choices(Kind))
    source = models.CharField(max_length=40)
    camera_keys = models.JSONField(default=list, help_text="keys of the cameras around the button, nearest first")
    pressed_at = models.DateTimeField(help_text="the school's clock")
    received_at = models.DateTimeField(help_text="the centre's clock, at the commit")
    state = models.CharField(max_length=12, choices=_choices(State), default=State.STORED)
    presented_at = models.DateTimeField(null=True, help_text="the centre's clock: the first screen that drew it")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=12, null=True, choices=_choices(Verdict))
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="alarms")
    disposition = models.CharField(max_length=16, null=True, choices=_choices(Disposition))
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(help_text="lines in the log")

    objects = AlarmQuerySet.as_manager()

    class Meta:
        verbose_name = "дабыл · тревога"
        verbose_name_plural = "дабылдар · тревоги"
        indexes = (
            models.Index(fields=("-received_at", "-id"), name="alarm_newest_first"),
            models.Index(fields=("school", "state"), name="alarm_of_school"),
        )
        constraints = (
            models.CheckConstraint(  # invariant I2: closed by a named person, or still open
                condition=~Q(state__in=[State.CLOSED, State.REVIEWED])
                | Q(closed_by__isnull=False, closed_at__isnull=False, disposition__isnull=False),
                name="alarm_is_closed_by_a_named_person",
            ),
            models.CheckConstraint(condition=Q(level__in=list(Level)), name="alarm_level_known"),
            models.CheckConstraint(condition=Q(state__in=list(State)), name="alarm_state_known"),
        )

    def __str__(self) -> str:
        return f"{self.level} {self.school_id} {self.pressed_at:%Y-%m-%d %H:%M:%S}"

    @property
    def place(self) -> LocalText:
        return LocalText(kk=self.place_kk, ru=self.place_ru, en=self.place_en)

    @property
    def case(self) -> Case:
        """What `domain.alarms.apply` decides on."""
        return Case(
            state=State(self.state),
            presented_at=self.presented_at,
            owner=self.owner_id,
            verdict=Verdict(self.verdict) if self.verdict else None,
            unit=self.unit_id,
            disposition=Disposition(self.disposition) if self.disposition else None,
            closed_at=self.closed_at,
            closed_by=self.closed_by_id,
        )

    def become(self, case: Case) -> None:
        """Take over what `apply` decided. Not saved."""
        self.state, self.presented_at, self.owner_id = case.state, case.presented_at, case.owner
        self.verdict, self.unit_id, self.disposition = case.verdict, case.unit, case.disposition
        self.closed_at, self.closed_by_id = case.closed_at, case.closed_by


class AlarmLog(LedgerLine):
    """What happened to an alarm. Append-only; the alarm's `version` says how many lines there must be."""

    alarm = models.ForeignKey(Alarm, on_delete=models.PROTECT, related_name="lines")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=20)
    note = models.TextField(blank=True, default="")
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = "дабыл журналы · журнал тревоги"
        verbose_name_plural = "дабылдар журналы · журнал тревог"
        ordering = ("alarm", "number")
        constraints = (models.UniqueConstraint(fields=("alarm", "number"), name="alarm_log_line_once"),)

    def subject(self) -> UUID:
        return self.alarm_id

    def said(self) -> dict[str, Any]:
        return {
            "actor": str(self.actor_id) if self.actor_id else None,
            "action": self.action,
            "note": self.note,
            "data": self.data,
        }
