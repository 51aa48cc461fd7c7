"""What `cameras` announces."""

from collections.abc import Collection, Iterable
from uuid import UUID

from qorgan.centre.cameras.models import Camera
from qorgan.centre.events import Event, announce, announce_all
from qorgan.centre.schools.events import school_changed, schools_changed
from qorgan.centre.schools.models import Located, School


def cameras_changed(school: School, cameras: Iterable[Camera]) -> None:
    """These cameras changed, and with them perhaps the school's counts."""
    district = school.district
    for camera in cameras:
        announce("camera", camera.pk, schools=(school.pk,), region=district.region_id, district=district.pk)
    school_changed(school)


def cameras_of_schools_changed(schools: Collection[Located]) -> None:
    """All that stands at these schools, read at once: others may see it than before."""
    at = {school.id: school for school in schools}
    standing = Camera.objects.filter(school__in=at, present=True).values_list("pk", "school").order_by("school", "pk")
    announce_all([_event(camera, at[school]) for camera, school in standing])
    schools_changed(schools)


def _event(camera: UUID, at: Located) -> Event:
    return Event(topic="camera", id=camera, schools=(at.id,), region=at.region, district=at.district)
