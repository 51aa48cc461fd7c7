"""People and their roles. Ledgers are read elsewhere and edited nowhere."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.http import HttpRequest

from qorgan.centre.access import service
from qorgan.centre.access.models import RoleGrant, User


class NewPerson(AdminUserCreationForm):  # type: ignore[type-arg]  # generic only in the stubs
    class Meta:
        model = User
        fields = ("email", "name", "language")


class Person(UserChangeForm):  # type: ignore[type-arg]  # generic only in the stubs
    class Meta:
        model = User
        fields = ("email", "name", "language", "is_active")


class RoleInline(admin.StackedInline):  # type: ignore[type-arg]  # generic only in the stubs
    model = RoleGrant
    autocomplete_fields = ("school", "districts")
    filter_horizontal = ("regions",)
    extra = 0


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    form = Person
    add_form = NewPerson
    list_display = ("email", "name", "language", "is_active")
    list_filter = ("is_active", "role_grant__role")
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    inlines = (RoleInline,)
    fieldsets = ((None, {"fields": ("email", "name", "language", "is_active", "password")}),)
    add_fieldsets = ((None, {"fields": ("email", "name", "language", "usable_password", "password1", "password2")}),)

    def save_model(self, request: HttpRequest, obj: User, form: object, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if isinstance(request.user, User):
            service.audit(request.user, "person.changed" if change else "person.created", {"person": str(obj.pk)})

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False  # their name stands in ledgers: make them inactive instead
