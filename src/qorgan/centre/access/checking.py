"""The centre's own looks at archives, which no person sees: they stand in the watch ledger as everybody's do."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from qorgan.centre.access import service
from qorgan.centre.access.models import User, WatchLine
from qorgan.centre.cameras.models import Camera
from qorgan.domain.cameras import StreamName
from qorgan.kernel.ids import uuid7

CHECKER = "archive-check@centre.invalid"  # no person, never active; RFC 2606: no such address
CHECKER_NAME = "Мұрағатты автоматты тексеру · Автоматическая проверка архива"
CHECK = "archive_check"  # its purpose
MACHINE = "machine"  # its role


@transaction.atomic
def open_check(camera: Camera, start: datetime, end: datetime, *, picture: bool) -> service.OpenedWatch:
    """Let the centre ask what is recorded, or (`picture`) see whether it opens. A look at a picture is ended by
    `service.end_watch`."""
    machine, _ = User.objects.get_or_create(email=CHECKER, defaults={"name": CHECKER_NAME, "is_active": False})
    line = WatchLine(
        school=camera.school,
        watch=uuid7(),
        kind=WatchLine.Kind.OPENED,
        camera=camera,
        viewer=machine,
        viewer_name=CHECKER_NAME,
        viewer_role=MACHINE,
        action=WatchLine.Action.ARCHIVE if picture else WatchLine.Action.COVERAGE,
        stream=StreamName.MAIN.value,
        purpose=CHECK,
        range_start=start,
        range_end=end,
    )
    service.append([line])
    return service.signed(line, camera, timezone.now())
