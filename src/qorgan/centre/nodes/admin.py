"""Nodes in the admin: to look at."""

from django.contrib import admin
from django.http import HttpRequest

from qorgan.centre.nodes.models import Node


@admin.register(Node)
class NodeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    """To look at: only the node itself changes this."""

    list_display = ("school", "state", "last_pulse_at", "software", "outbox", "missing", "faults")
    list_filter = ("state",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Node | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Node | None = None) -> bool:
        return False
