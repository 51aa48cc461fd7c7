"""What `cameras` announces."""

from collections.abc import Iterable

from qorgan.centre.cameras.models import Camera
from qorgan.centre.events import announce
from qorgan.centre.schools.events import school_changed
from qorgan.centre.schools.models import School


def cameras_changed(school: School, cameras: Iterable[Camera]) -> None:
    """These cameras changed, and with them perhaps the school's counts."""
    district = school.district
    for camera in cameras:
        announce("camera", camera.pk, schools=(school.pk,), region=district.region_id, district=district.pk)
    school_changed(school)
