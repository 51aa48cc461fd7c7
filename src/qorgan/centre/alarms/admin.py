"""Units are the registry's; alarms are not edited anywhere."""

from django.contrib import admin

from qorgan.centre.alarms.models import Unit


@admin.register(Unit)
class UnitAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    list_display = ("name_kk", "name_ru", "centre", "state")
    list_filter = ("centre",)
    readonly_fields = ("state",)
