"""What `schools` announces."""

from collections.abc import Iterable

from qorgan.centre.events import Event, announce_all
from qorgan.centre.schools.models import Located, School


def school_changed(school: School) -> None:
    """Its row, its node, the counts of its cameras or its gravest alarm changed."""
    schools_changed([school.located])


def schools_changed(schools: Iterable[Located]) -> None:
    """The same of many."""
    announce_all([_event(school) for school in schools])


def _event(school: Located) -> Event:
    """Nobody sees a school from outside of its territory."""
    id, district, region = school
    return Event(topic="school", id=id, schools=(id,), region=region, district=district, local=True)
