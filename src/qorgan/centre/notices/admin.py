"""Subscriptions and the outbox in the admin. They are made through the API, which makes their secrets."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from qorgan.centre.notices import outbox
from qorgan.centre.notices.models import Delivery, Subscription


class LookOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Subscription)
class SubscriptionAdmin(LookOnly):
    list_display = ("name", "channel", "owner", "events", "created_at", "ended_at", "ended_why")
    list_filter = ("channel", ("ended_at", admin.EmptyFieldListFilter))
    exclude = ("secret", "address_key")


@admin.register(Delivery)
class DeliveryAdmin(LookOnly):
    list_display = ("created_at", "subscription", "event", "state", "attempts", "next_at", "error")
    list_filter = ("state", "subscription__channel")
    actions = ("try_again",)

    @admin.action(description="қайта жіберу · отправить ещё раз")
    def try_again(self, request: HttpRequest, rows: QuerySet[Delivery]) -> None:
        for row in rows:
            outbox.revive(row)
