"""People and their roles. Ledgers are read elsewhere and edited nowhere."""

from django import forms
from django.contrib import admin
from django.contrib.auth.forms import AdminUserCreationForm, ReadOnlyPasswordHashField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from qorgan.centre.access import service
from qorgan.centre.access.models import RoleGrant, User


class NewPerson(AdminUserCreationForm):  # type: ignore[type-arg]  # generic only in the stubs
    class Meta:
        model = User
        fields = ("email", "name", "language")


class Person(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    password = ReadOnlyPasswordHashField(label=_("Password"))

    class Meta:
        model = User
        fields = ("email", "name", "language", "is_active", "password")


class RoleInline(admin.StackedInline):  # type: ignore[type-arg]  # generic only in the stubs
    model = RoleGrant
    autocomplete_fields = ("school", "districts")
    filter_horizontal = ("regions",)
    extra = 0


@admin.register(User)
class UserAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    list_display = ("email", "name", "language", "is_active")
    search_fields = ("email", "name")
    inlines = (RoleInline,)

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: object) -> type:
        return super().get_form(request, obj, change, form=NewPerson if obj is None else Person)

    def save_model(self, request: HttpRequest, obj: User, form: object, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if isinstance(request.user, User):
            service.audit(request.user, "person.changed" if change else "person.created", {"person": str(obj.pk)})

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False  # their name stands in ledgers: make them inactive instead
