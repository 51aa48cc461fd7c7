"""The neighbouring centre is called: from then on, until the end, its officers see the alarm and the school's cameras.

What they may look at stands in `domain.access.require_guest`; the doors are `Alarm.visible_to` and `Camera.visible_to`.
"""

from uuid import UUID

from qorgan.centre.alarms.models import Alarm
from qorgan.centre.cameras.events import cameras_changed
from qorgan.centre.cameras.models import Camera
from qorgan.centre.events import announce


def share(alarm: Alarm, centre: UUID) -> None:
    """The officers of this centre may see it from now on. Saved and announced by whoever holds the alarm's lock."""
    alarm.shared_with_id = centre
    cameras_changed(alarm.school, Camera.objects.filter(school=alarm.school_id, present=True))


def unshare(alarm: Alarm) -> None:
    """It is closed just now: if it was shared, screens of the other centre start anew, without the school's cameras."""
    if alarm.shared_with_id is not None:
        announce("unshared", alarm.shared_with_id)
