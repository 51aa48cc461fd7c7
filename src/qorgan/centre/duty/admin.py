"""Desks are the registry's; shifts and hand-overs are not edited anywhere."""

from django.contrib import admin

from qorgan.centre.duty.models import DutyDesk


@admin.register(DutyDesk)
class DutyDeskAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    list_display = ("name_kk", "name_ru", "centre", "position")
    list_filter = ("centre",)
