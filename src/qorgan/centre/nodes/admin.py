"""Nodes in the admin: to look at."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from qorgan.centre.access.models import User
from qorgan.centre.access.service import audit
from qorgan.centre.nodes import service
from qorgan.centre.nodes.models import Node
from qorgan.protocols.link.sealing import fingerprint


@admin.register(Node)
class NodeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    """To look at: only the node itself changes this. One thing is a person's to do: to accept a node's new key."""

    list_display = ("school", "state", "last_pulse_at", "software", "outbox", "missing", "faults", "key", "new_key")
    list_filter = ("state",)
    actions = ("accept_new_key",)

    @admin.display(description="кілті · ключ")
    def key(self, node: Node) -> str:
        return fingerprint(node.seal_key) if node.seal_key else "–"

    @admin.display(description="жаңа кілті · новый ключ")
    def new_key(self, node: Node) -> str:
        return fingerprint(node.seal_key_offered) if node.seal_key_offered else "–"

    @admin.action(description="Тораптың жаңа кілтін қабылдау · Принять новый ключ узла")
    def accept_new_key(self, request: HttpRequest, nodes: QuerySet[Node]) -> None:
        """Only after comparing its fingerprint with the one that the node itself shows (`qorgan edge check`)."""
        for node in nodes.select_related("school"):
            if service.accept_seal_key(node) and isinstance(request.user, User):
                audit(request.user, "node.key_accepted", {"site": node.school.site, "key": fingerprint(node.seal_key)})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Node | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Node | None = None) -> bool:
        return False
