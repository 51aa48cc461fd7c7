"""Subscriptions, the outbox of deliveries, and the secrets that channels need."""

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from qorgan.domain.access import Actor, Right
from qorgan.domain.notices import Channel, Format
from qorgan.kernel.ids import uuid7


class SubscriptionQuerySet(QuerySet["Subscription"]):
    def visible_to(self, actor: Actor) -> "SubscriptionQuerySet":
        """A person's own; all of them for who edits notices."""
        return self.all() if actor.may(Right.NOTICES_EDIT) else self.filter(owner=actor.user)


class Subscription(models.Model):
    """Who is told of what, where. It is ended, never deleted: its deliveries refer to it.

    Territory is where it holds; one with an owner holds there only as far as the owner's own scope, as it is then.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField("атауы · название", max_length=200)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="subscriptions"
    )
    channel = models.CharField(max_length=8, choices=[(c.value, c.value) for c in Channel])
    address = models.CharField(
        max_length=1_000, help_text="an https:// address, an e-mail address, +7…; push: its service"
    )
    secret = models.BinaryField(null=True, editable=False, help_text="encrypted: a webhook's key, a browser's keys")
    address_key = models.CharField(max_length=64, blank=True, default="", editable=False, help_text="of a browser")
    format = models.CharField(max_length=4, choices=[(f.value, f.value) for f in Format], default=Format.JSON)
    language = models.CharField(max_length=2, choices=[("kk", "kk"), ("ru", "ru"), ("en", "en")], default="kk")
    events = models.JSONField(default=list, help_text='names as "alarm.raised", or "alarm.*"')
    levels = models.JSONField(default=list, blank=True, help_text="P1, P2, P3; empty: all")
    kinds = models.JSONField(default=list, blank=True, help_text="real, drill, test; empty: all")
    everywhere = models.BooleanField(default=False)
    regions = models.JSONField(default=list, blank=True, help_text="codes")
    districts = models.JSONField(default=list, blank=True, help_text="codes")
    schools = models.JSONField(default=list, blank=True, help_text="ids")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="since then nobody is told")
    ended_why = models.CharField(max_length=80, blank=True, default="")

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = "жазылым · подписка"
        verbose_name_plural = "жазылымдар · подписки"
        indexes = (models.Index(fields=("ended_at",), name="subscription_active"),)
        constraints = (
            models.UniqueConstraint(
                fields=("owner", "address_key"),
                condition=Q(channel="push", ended_at=None),
                name="subscription_of_a_browser_once",
            ),
        )

    def __str__(self) -> str:
        return self.name


class DeliveryQuerySet(QuerySet["Delivery"]):
    def visible_to(self, actor: Actor) -> "DeliveryQuerySet":
        """Of the subscriptions that the actor may see."""
        if actor.may(Right.NOTICES_EDIT):
            return self.all()
        return self.filter(subscription__owner=actor.user)


class Delivery(models.Model):
    """One notice on its way to one subscription: the outbox. What it says is frozen when it is written.

    `taken_until` is the lease of the worker that sends it now: a worker that dies loses it, and another tries again. So
    a notice arrives at least once, always under the same id.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "кезекте · в очереди"
        SENT = "sent", "жіберілді · отправлено"
        DEAD = "dead", "жеткізілмеді · не доставлено"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="deliveries")
    key = models.CharField(max_length=200, help_text="domain.notices.Notice.key: told once")
    event = models.CharField(max_length=60)
    priority = models.PositiveSmallIntegerField()
    subject = models.CharField(max_length=300, blank=True, default="")
    body = models.TextField()
    content_type = models.CharField(max_length=60)
    created_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField()
    taken_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True, default="", help_text="why the last attempt failed: a code")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "хабарлама · уведомление"
        verbose_name_plural = "хабарламалар · уведомления"
        indexes = (
            models.Index(fields=("state", "priority", "next_at"), name="delivery_due"),
            models.Index(fields=("-created_at", "-id"), name="delivery_newest_first"),
        )
        constraints = (models.UniqueConstraint(fields=("subscription", "key"), name="delivery_once"),)

    def __str__(self) -> str:
        return f"{self.event} → {self.subscription_id}: {self.state}"


class NoticeMark(models.Model):
    """How far a log was read for notices."""

    name = models.CharField(primary_key=True, max_length=40)
    seen_to = models.DateTimeField()


class Secret(models.Model):
    """A secret of the centre, encrypted (`vault`). Its name says what for: mail, sms, watcher, signing, vapid."""

    name = models.CharField(primary_key=True, max_length=40)
    token = models.BinaryField()
    changed_at = models.DateTimeField(auto_now=True)
