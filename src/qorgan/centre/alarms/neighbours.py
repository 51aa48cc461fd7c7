"""Which operations centre is the neighbour of the one that answers for a school."""

from collections.abc import Callable
from uuid import UUID

from qorgan.centre.schools.models import School
from qorgan.centre.territory.models import OperationsCentre


def neighbours() -> Callable[[School], UUID | None]:
    """Reads the registry once and answers for any school (with its district); None where no neighbour is named.

    Of two centres over one school the one that names its district goes before the one that has the whole region.
    """
    by_place: dict[str, UUID] = {}
    centres = OperationsCentre.objects.filter(neighbour__isnull=False).prefetch_related("regions", "districts")
    for centre in centres.order_by("pk"):
        for place in (*centre.regions.all(), *centre.districts.all()):
            if centre.neighbour_id is not None:
                by_place.setdefault(place.pk, centre.neighbour_id)
    return lambda school: by_place.get(school.district_id) or by_place.get(school.district.region_id)
