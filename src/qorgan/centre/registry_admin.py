"""Django's admin as the registry's editor. Its door is the console's: one login, with its limits and second factors."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _


class RegistryAdmin(AdminConfig):
    default_site = "qorgan.centre.registry_admin.RegistrySite"


class RegistrySite(admin.AdminSite):
    site_header = "Qorgan · тізілім · реестр"
    site_title = "Qorgan"
    index_title = _("Site administration")

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is no second way in: sign in at the console, then come back."""
        return redirect("/")
