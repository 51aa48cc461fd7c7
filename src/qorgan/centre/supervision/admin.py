"""Faults and ways in, in the admin: to look at. Only what is measured changes them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from qorgan.centre.supervision.models import ButtonTest, Fault, WayIn


class LookOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Fault)
class FaultAdmin(LookOnly):
    list_display = ("code", "school", "subject", "opened_at", "due_at", "closed_at", "duty", "times")
    list_filter = ("code", "duty", ("closed_at", admin.EmptyFieldListFilter))


@admin.register(WayIn)
class WayInAdmin(LookOnly):
    list_display = ("school", "key", "kind", "state", "faults", "last_seen", "present")
    list_filter = ("kind", "state")


@admin.register(ButtonTest)
class ButtonTestAdmin(LookOnly):
    list_display = ("school", "button", "planned_for", "received_at", "took_s")
