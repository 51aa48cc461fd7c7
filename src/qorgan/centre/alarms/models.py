"""Alarms, their logs and incidents; points out of service; orders to schools; the patrol units."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Self
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Count, F, Prefetch, Q, QuerySet
from django.utils import timezone

from qorgan.centre.ledger import LedgerLine
from qorgan.centre.named import NamedRow
from qorgan.centre.schools.models import School
from qorgan.centre.scope import NOWHERE, within
from qorgan.centre.territory.models import OperationsCentre, Region
from qorgan.domain.access import Actor
from qorgan.domain.alarms import (
    ENDED,
    Called,
    Case,
    Closing,
    Disposition,
    Kind,
    Level,
    Progress,
    Rung,
    Shelf,
    Source,
    State,
    Verdict,
    due,
    furthest,
)
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
        OUT_OF_SERVICE = "out_of_service", "қызметте емес · вне службы"

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


class IncidentQuerySet(QuerySet["Incident"]):
    def visible_to(self, actor: Actor) -> "IncidentQuerySet":
        """Whoever may see one of its alarms sees the incident."""
        return self.filter(pk__in=Alarm.objects.visible_to(actor).filter(parent__isnull=False).values("parent"))

    def counted(self) -> "IncidentQuerySet":
        """Adds `alarms_total` and `alarms_open`."""
        still_open = Count("alarms", filter=~Q(alarms__state__in=ENDED))
        counts: dict[str, Any] = {"alarms_total": Count("alarms"), "alarms_open": still_open}
        return self.annotate(**counts)


class Incident(models.Model):
    """A mass event: the parent of many P1 of one region and kind. It hides none of them and has no state of theirs."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=_choices(Kind))
    opened_at = models.DateTimeField(help_text="its first alarm, by the centre's clock")
    last_at = models.DateTimeField(help_text="its last alarm")
    ended_at = models.DateTimeField(null=True, help_text="when none of its alarms was open any more")

    # only on rows read `counted()`
    alarms_total: int
    alarms_open: int

    objects = IncidentQuerySet.as_manager()

    class Meta:
        verbose_name = "жаппай оқиға · массовое событие"
        verbose_name_plural = "жаппай оқиғалар · массовые события"

    def __str__(self) -> str:
        return f"{self.region_id} {self.opened_at:%Y-%m-%d %H:%M}"


class AlarmQuerySet(QuerySet["Alarm"]):
    def visible_to(self, actor: Actor) -> "AlarmQuerySet":
        """The only door to alarms for anybody who asks: those of the actor's places, and those that a neighbouring
        centre was called for."""
        mine = within(actor.scope, "school__")
        return self.filter(mine | Q(shared_with=actor.centre) if actor.centre else mine)

    def still_open(self) -> "AlarmQuerySet":
        return self.exclude(state__in=ENDED)

    def whole(self) -> "AlarmQuerySet":
        """With everything that `schemas.Alarm` shows."""
        near = self.select_related(
            "school__district",
            "owner",
            "unit",
            "shelf_by",
            "shelf_confirmed_by",
            "closing_by",
            "confirmed_by",
            "shared_with",
        )
        keys = Prefetch("school__cameras", apps.get_model("cameras", "Camera").objects.only("key", "school"))
        return near.prefetch_related("lines__actor", keys)


class Alarm(models.Model):
    """One raised signal; its id is the school's. Its columns change by `domain.alarms.apply` alone."""

    id = models.UUIDField(primary_key=True, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, db_index=False, related_name="alarms")
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
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    lease_until = models.DateTimeField(null=True, help_text="without a sign of the owner until then it waits again")
    verdict = models.CharField(max_length=12, null=True, choices=_choices(Verdict))
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, db_index=False, related_name="alarms")
    disposition = models.CharField(max_length=16, null=True, choices=_choices(Disposition))
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        help_text="the second signature",
    )
    version = models.PositiveIntegerField(help_text="goes up with everything that a screen shows of it")
    lines_written = models.PositiveIntegerField(default=0, help_text="lines in the log")

    # what the way in said
    meaning = models.CharField(max_length=60, blank=True, default="", help_text="domain.signals.Meaning")
    code = models.CharField(max_length=60, blank=True, default="", help_text="as the way in said it")
    note = models.TextField(blank=True, default="")
    duress = models.BooleanField(default=False, help_text="raised or cancelled under threat: nobody calls back")
    presses = models.PositiveIntegerField(default=1)
    point_out_of_service = models.BooleanField(default=False, help_text="the point was, when it was raised")

    # how loudly it calls, and whom
    ladder = models.JSONField(default=list, help_text="frozen at the raise: [{after_s, to, centre}]")
    waiting_since = models.DateTimeField(null=True, help_text="rungs count from here; null: owned, shelved or ended")
    rung = models.PositiveSmallIntegerField(default=0, help_text="rungs called since then")
    alerts = models.PositiveIntegerField(default=1, help_text="how often it has called out anew")
    next_at = models.DateTimeField(null=True, help_text="when the engine has to do with it")
    shared_with = models.ForeignKey(
        OperationsCentre,
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        help_text="the neighbour, once called",
    )
    parent = models.ForeignKey(Incident, null=True, on_delete=models.PROTECT, db_index=False, related_name="alarms")

    # what is claimed, put aside, signed
    claimed = models.BooleanField(default=False, help_text="a cancel that no verdict has looked at since")
    returned_at = models.DateTimeField(null=True, help_text="the button is back in its rest; the alarm is latched")
    shelf_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    shelf_reason = models.TextField(blank=True, default="")
    shelf_until = models.DateTimeField(null=True)
    shelf_confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    closing_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    closing_disposition = models.CharField(max_length=16, null=True, choices=_choices(Disposition))
    closing_note = models.TextField(blank=True, default="")
    closing_at = models.DateTimeField(null=True)
    two_persons = models.BooleanField(default=False, help_text="closing it wants two of them")

    # what the presser is told
    presser = models.CharField(max_length=12, choices=_choices(Progress), default=Progress.RECEIVED)
    presser_told = models.CharField(max_length=12, choices=_choices(Progress), default=Progress.RECEIVED)
    presser_at = models.DateTimeField(null=True, help_text="when it got that far")
    presser_due = models.DateTimeField(null=True, help_text="when the school is told next; null: it knows")
    presser_tries = models.PositiveIntegerField(default=0)

    objects = AlarmQuerySet.as_manager()
    _stored: Mapping[str, Any] = MappingProxyType({})

    class Meta:
        verbose_name = "дабыл · тревога"
        verbose_name_plural = "дабылдар · тревоги"
        # Each index is written with each alarm: of what few alarms have, only those few are in it.
        indexes = (
            models.Index(fields=("-received_at", "-id"), name="alarm_newest_first"),
            models.Index(fields=("school", "state"), name="alarm_of_school"),
            models.Index(fields=("next_at",), condition=Q(next_at__isnull=False), name="alarm_due"),
            models.Index(fields=("presser_due",), condition=Q(presser_due__isnull=False), name="alarm_presser_due"),
            models.Index(fields=("owner",), condition=Q(owner__isnull=False), name="alarm_owned"),
            models.Index(fields=("parent",), condition=Q(parent__isnull=False), name="alarm_of_incident"),
            models.Index(fields=("shared_with",), condition=Q(shared_with__isnull=False), name="alarm_shared"),
            models.Index(fields=("received_at",), condition=Q(level=Level.P1), name="alarm_grave_lately"),
        )
        constraints = (
            models.CheckConstraint(  # invariant I2: closed by a named person, or still open
                condition=~Q(state__in=[State.CLOSED, State.REVIEWED])
                | Q(closed_by__isnull=False, closed_at__isnull=False, disposition__isnull=False),
                name="alarm_is_closed_by_a_named_person",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.CLOSED, State.REVIEWED])
                | Q(two_persons=False)
                | (Q(confirmed_by__isnull=False) & ~Q(confirmed_by=F("closed_by"))),
                name="alarm_is_closed_by_two_persons",
            ),
            models.CheckConstraint(condition=Q(level__in=list(Level)), name="alarm_level_known"),
            models.CheckConstraint(condition=Q(state__in=list(State)), name="alarm_state_known"),
        )

    def __str__(self) -> str:
        return f"{self.level} {self.school_id} {self.pressed_at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def from_db(cls, *said: Any, **more: Any) -> Self:
        row = super().from_db(*said, **more)
        row.is_as_stored()
        return row

    def is_as_stored(self) -> None:
        """From here on `changed` compares with what the columns are now."""
        self._stored = {name: value for name, value in self.__dict__.items() if not name.startswith("_")}

    def changed(self) -> set[str]:
        """The columns (`attname`) that are not as they were stored: all of a row that never was."""
        now, names = self.__dict__, (column.attname for column in self._meta.local_concrete_fields)
        return {name for name in names if name not in self._stored or now[name] != self._stored[name]}

    @property
    def place(self) -> LocalText:
        return LocalText(kk=self.place_kk, ru=self.place_ru, en=self.place_en)

    @property
    def case(self) -> Case:
        """What `domain.alarms` decides on."""
        return Case(
            level=Level(self.level),
            kind=Kind(self.kind),
            state=State(self.state),
            presented_at=self.presented_at,
            owner=self.owner_id,
            lease_until=self.lease_until,
            verdict=Verdict(self.verdict) if self.verdict else None,
            unit=self.unit_id,
            disposition=Disposition(self.disposition) if self.disposition else None,
            closed_at=self.closed_at,
            closed_by=self.closed_by_id,
            confirmed_by=self.confirmed_by_id,
            ladder=tuple(rung_of(told) for told in self.ladder),
            waiting_since=self.waiting_since,
            rung=self.rung,
            alerts=self.alerts,
            presses=self.presses,
            duress=self.duress,
            claimed=self.claimed,
            returned_at=self.returned_at,
            shelf=self._shelf(),
            closing=self._closing(),
        )

    def _shelf(self) -> Shelf | None:
        if self.shelf_by_id is None or self.shelf_until is None:
            return None
        return Shelf(
            by=self.shelf_by_id,
            reason=self.shelf_reason,
            until=self.shelf_until,
            confirmed_by=self.shelf_confirmed_by_id,
        )

    def _closing(self) -> Closing | None:
        if self.closing_by_id is None or self.closing_at is None:
            return None
        why = Disposition(str(self.closing_disposition))
        return Closing(by=self.closing_by_id, disposition=why, note=self.closing_note, at=self.closing_at)

    def become(self, case: Case) -> None:
        """Take over what `domain.alarms` decided. Not saved."""
        self.level, self.kind, self.state = case.level.value, case.kind.value, case.state.value
        self.presented_at, self.owner_id, self.lease_until = case.presented_at, case.owner, case.lease_until
        self.verdict, self.unit_id, self.disposition = case.verdict, case.unit, case.disposition
        self.closed_at, self.closed_by_id, self.confirmed_by_id = case.closed_at, case.closed_by, case.confirmed_by
        self.ladder = [told_of(rung) for rung in case.ladder]
        self.waiting_since, self.rung, self.alerts = case.waiting_since, case.rung, case.alerts
        self.presses, self.duress, self.claimed = case.presses, case.duress, case.claimed
        self.returned_at, self.two_persons, self.next_at = case.returned_at, case.two_persons, due(case)
        shelf, closing = case.shelf, case.closing
        self.shelf_by_id = shelf.by if shelf else None
        self.shelf_reason = shelf.reason if shelf else ""
        self.shelf_until = shelf.until if shelf else None
        self.shelf_confirmed_by_id = shelf.confirmed_by if shelf else None
        self.closing_by_id = closing.by if closing else None
        self.closing_disposition = closing.disposition if closing else None
        self.closing_note = closing.note if closing else ""
        self.closing_at = closing.at if closing else None
        self._wish_to_tell(State(self.state))

    def _wish_to_tell(self, state: State) -> None:
        """The presser is told how far it is; who called an operator is told by the operator."""
        reached = furthest(Progress(self.presser), state)
        if reached != self.presser and self.source != Source.OPERATOR:
            self.presser, self.presser_at, self.presser_tries = reached.value, timezone.now(), 0
            self.presser_due = self.presser_at


def rung_of(told: dict[str, Any]) -> Rung:
    """A rung from the JSON of `Alarm.ladder`."""
    centre = UUID(told["centre"]) if told.get("centre") else None
    return Rung(after_s=told["after_s"], to=Called(told["to"]), centre=centre)


def told_of(rung: Rung) -> dict[str, Any]:
    """The JSON of a rung."""
    return {"after_s": rung.after_s, "to": rung.to.value, "centre": str(rung.centre) if rung.centre else None}


class EarlyClaim(models.Model):
    """What a school said of an alarm that has not arrived yet: it waits for the alarm. Its id is the message's."""

    id = models.UUIDField(primary_key=True, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    alarm = models.UUIDField(db_index=True)
    claim = models.CharField(max_length=12)
    at = models.DateTimeField(help_text="the school's clock")
    by = models.CharField(max_length=200, blank=True, default="")
    duress = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.claim} {self.alarm}"


class OutOfServiceQuerySet(QuerySet["OutOfService"]):
    def visible_to(self, actor: Actor) -> "OutOfServiceQuerySet":
        return self.filter(within(actor.scope, "school__"))

    def standing(self, now: datetime) -> "OutOfServiceQuerySet":
        """Those that hold at `now`: not ended by a person, and not run out."""
        return self.filter(ended_at__isnull=True, until__gt=now)


class OutOfService(models.Model):
    """One way in of a school is out of service: a defect with a clock. What it raises comes in and is shown as ever."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="out_of_service")
    key = models.CharField(max_length=100, help_text="the button's, contact's or panel's key at the school")
    reason = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField(help_text="then it counts as in service again, mended or not")
    ended_at = models.DateTimeField(null=True, help_text="a person put it back before its time")
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = OutOfServiceQuerySet.as_manager()

    class Meta:
        verbose_name = "істен шыққан нүкте · точка вне эксплуатации"
        verbose_name_plural = "істен шыққан нүктелер · точки вне эксплуатации"
        indexes = (models.Index(fields=("school", "key"), name="out_of_service_point"),)

    def __str__(self) -> str:
        return f"{self.school_id} {self.key} {self.until:%Y-%m-%d %H:%M}"


class ActionOrderQuerySet(QuerySet["ActionOrder"]):
    def visible_to(self, actor: Actor) -> "ActionOrderQuerySet":
        return self.filter(within(actor.scope, "school__"))


class ActionOrder(models.Model):
    """The centre's order to a school: a wish that is repeated until the school has it. Its id is the grant's."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting: the school has not answered yet"
        TAKEN = "taken", "taken: durable at the school"
        REFUSED = "refused", "refused by the school, for the reason in `answer`"
        SUPERSEDED = "superseded", "superseded: a newer order was given before the school had this one"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="orders")
    action = models.CharField(max_length=12)
    kind = models.CharField(max_length=8, choices=_choices(Kind))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    answer = models.CharField(max_length=100, blank=True, default="", help_text="the code of a refusal")
    answered_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, help_text="when it is sent (again); null: it is settled")
    tries = models.PositiveIntegerField(default=0)

    objects = ActionOrderQuerySet.as_manager()

    class Meta:
        verbose_name = "мектепке бұйрық · приказ школе"
        verbose_name_plural = "мектептерге бұйрықтар · приказы школам"
        indexes = (
            models.Index(fields=("school", "-at"), name="orders_newest_first"),
            models.Index(fields=("due_at",), condition=Q(due_at__isnull=False), name="order_due"),
        )

    def __str__(self) -> str:
        return f"{self.school_id} {self.action} {self.at:%Y-%m-%d %H:%M:%S}"


class EngineTurn(models.Model):
    """The engine's sign of life: one row. It is written only while the engine does its work in time."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="one_engine_turn"),)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}"


class AlarmLog(LedgerLine):
    """What happened to an alarm. Append-only; the alarm's `lines_written` says how many lines there must be."""

    # No constraint: to have the database look for the alarm of each line again, which is written with it, would cost a
    # third of what storing an alarm does. The digest of a line covers its alarm's id, and no alarm is ever deleted.
    alarm = models.ForeignKey(
        Alarm, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="lines"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
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
        return self.saying(self.actor_id, self.action, self.note, self.data)

    @staticmethod
    def saying(actor: UUID | None, action: str, note: str, data: dict[str, Any]) -> dict[str, Any]:
        """What the digest of such a line covers."""
        return {"actor": str(actor) if actor else None, "action": action, "note": note, "data": data}
