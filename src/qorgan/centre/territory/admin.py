"""The country and its operations centres in the admin."""

from django.contrib import admin

from qorgan.centre.territory.models import District, OperationsCentre, Region


@admin.register(Region)
class RegionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    list_display = ("code", "name_kk", "name_ru")
    search_fields = ("code", "name_kk", "name_ru", "name_en")


@admin.register(District)
class DistrictAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    list_display = ("code", "name_kk", "name_ru", "region")
    list_filter = ("region",)
    search_fields = ("code", "name_kk", "name_ru", "name_en")


@admin.register(OperationsCentre)
class OperationsCentreAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    list_display = ("name_kk", "name_ru")
    filter_horizontal = ("regions",)
    autocomplete_fields = ("districts", "supervisors")
