"""The neighbouring centre is called: from then on, until the end, its officers see the alarm and the school's cameras.

What they may look at stands in `domain.access.require_guest`; the doors are `Alarm.visible_to` and `Camera.visible_to`.
"""

from collections.abc import Iterable

from qorgan.centre.alarms.models import Alarm
from qorgan.centre.cameras.events import cameras_of_schools_changed


def shared(alarms: Iterable[Alarm]) -> None:
    """These have a `shared_with` since just now: screens of that centre get their schools' cameras.

    The alarms themselves are saved and announced by whoever holds their locks.
    """
    cameras_of_schools_changed({alarm.school.located for alarm in alarms})


def unshare(alarm: Alarm) -> None:
    """It is closed just now: if it was shared, screens of the other centre lose the school's cameras."""
    if alarm.shared_with_id is not None:
        cameras_of_schools_changed([alarm.school.located])
