"""What `alarms` announces."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.dispatch import Signal

from qorgan.centre.alarms.models import Alarm, Incident, Unit
from qorgan.centre.events import Event, announce, announce_all
from qorgan.centre.schools.events import schools_changed
from qorgan.centre.schools.models import Located
from qorgan.domain.alarms import Level

# Each is sent inside the transaction that did it: who listens writes rows with it, and never speaks to the world.
stepped = Signal()  # `alarm=`, `before=` (its Case), `actor=`, `at=`: every step of a person that changed one
happened = Signal()  # `alarm=`, `happening=` (domain.alarms.Happening), `at=`: what the passing of time did
claimed = Signal()  # `alarm=`, `claim=` (domain.alarms.Claim), `duress=`, `at=`: what the school said of an open one


def alarms_raised(alarms: Sequence[tuple[UUID, Located, Level]]) -> None:
    """These alarms are new, P1 first; and the gravest levels of their schools have perhaps changed."""
    announce_all([_event(*alarm, fresh=True) for alarm in sorted(alarms, key=lambda alarm: alarm[2])])
    schools_changed({school for _, school, _ in alarms})


def alarms_changed(alarms: Iterable[Alarm]) -> None:
    """These alarms changed."""
    announce_all([_event(alarm.pk, alarm.school.located, alarm.level) for alarm in alarms])


def _event(id: UUID, school: Located, level: str, *, fresh: bool = False) -> Event:
    """One that is fresh is shared with nobody yet."""
    return Event(
        topic="alarm",
        id=id,
        schools=(school.id,),
        region=school.region,
        district=school.district,
        urgent=level == Level.P1,
        local=fresh,
    )


def levels_changed(alarms: Iterable[Alarm]) -> None:
    """With these alarms the gravest levels of their schools have perhaps changed."""
    schools_changed({alarm.school.located for alarm in alarms})


def incident_changed(incident: Incident) -> None:
    announce("incident", incident.pk, region=incident.region_id)


def unit_changed(unit: Unit) -> None:
    announce("unit", unit.pk)
