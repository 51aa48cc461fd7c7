"""Which operations centre answers for a school, and which is its neighbour: from the registry, read once for many."""

from collections.abc import Callable
from uuid import UUID

from qorgan.centre.schools.models import Located
from qorgan.centre.territory.models import OperationsCentre


def answering() -> Callable[[str, str], UUID | None]:
    """Answers for any district and region (codes): the centre that names the district, else that of the region."""
    by_place = _by_place(lambda centre: centre.pk)
    return lambda district, region: by_place.get(district) or by_place.get(region)


def neighbours() -> Callable[[Located], UUID | None]:
    """Reads the registry once and answers for any school; None where no neighbour is named.

    Of two centres over one school the one that names its district goes before the one that has the whole region.
    """
    by_place = _by_place(lambda centre: centre.neighbour_id)
    return lambda school: by_place.get(school.district) or by_place.get(school.region)


def _by_place(say: Callable[[OperationsCentre], UUID | None]) -> dict[str, UUID]:
    """What is said of the first centre over each region and district, by the code of the place."""
    said: dict[str, UUID] = {}
    for centre in OperationsCentre.objects.prefetch_related("regions", "districts").order_by("pk"):
        what = say(centre)
        if what is not None:
            for place in (*centre.regions.all(), *centre.districts.all()):
                said.setdefault(place.pk, what)
    return said
