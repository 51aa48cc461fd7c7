"""Django as an ASGI application, with the admin's own scripts and styles. `centre.app` mounts it behind the gateway."""

import os
from typing import cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qorgan.centre.settings")

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from starlette.types import ASGIApp

from qorgan.centre.bodies import BodyLimit

application = BodyLimit(cast(ASGIApp, ASGIStaticFilesHandler(get_asgi_application())))
