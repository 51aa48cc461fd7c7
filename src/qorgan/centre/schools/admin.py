"""Schools in the admin: the registry is edited here."""

from django.contrib import admin
from django.http import HttpRequest

from qorgan.centre.schools.events import school_changed
from qorgan.centre.schools.models import School


@admin.register(School)
class SchoolAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    list_display = ("site", "name_kk", "name_ru", "kind", "district")
    list_filter = ("kind", "district__region")
    search_fields = ("site", "search")
    autocomplete_fields = ("district",)

    def save_model(self, request: HttpRequest, obj: School, form: object, change: bool) -> None:
        super().save_model(request, obj, form, change)
        school_changed(obj)
