"""Django as an ASGI application, with the admin's own scripts and styles. `centre.app` mounts it behind the gateway."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qorgan.centre.settings")

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

application = ASGIStaticFilesHandler(get_asgi_application())
