"""Where everything of Django is found: the API, sign-in, the registry's admin."""

from django.contrib import admin
from django.urls import include, path

from qorgan.centre.api import api

handler404 = "qorgan.centre.api.nothing_there"
urlpatterns = [
    path("api/", api.urls),
    path("_allauth/", include("allauth.headless.urls")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
]
