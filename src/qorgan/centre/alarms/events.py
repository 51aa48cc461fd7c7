"""What `alarms` announces."""

from collections.abc import Iterable

from django.dispatch import Signal

from qorgan.centre.alarms.models import Alarm, Incident, Unit
from qorgan.centre.events import announce
from qorgan.centre.schools.events import school_changed
from qorgan.domain.alarms import Level

# Each is sent inside the transaction that did it: who listens writes rows with it, and never speaks to the world.
raised = Signal()  # `alarms=`: stored just now, by a school or an operator
stepped = Signal()  # `alarm=`, `before=` (its Case), `actor=`, `at=`: every step of a person that changed one
happened = Signal()  # `alarm=`, `happening=` (domain.alarms.Happening), `at=`: what the passing of time did
claimed = Signal()  # `alarm=`, `claim=` (domain.alarms.Claim), `duress=`, `at=`: what the school said of an open one


def alarms_changed(alarms: Iterable[Alarm]) -> None:
    """These alarms changed."""
    for alarm in alarms:
        district = alarm.school.district
        schools = (alarm.school_id,)
        announce(
            "alarm",
            alarm.pk,
            schools=schools,
            region=district.region_id,
            district=district.pk,
            urgent=alarm.level == Level.P1,
        )


def levels_changed(alarms: Iterable[Alarm]) -> None:
    """With these alarms the gravest levels of their schools have perhaps changed."""
    for school in {alarm.school_id: alarm.school for alarm in alarms}.values():
        school_changed(school)


def incident_changed(incident: Incident) -> None:
    announce("incident", incident.pk, region=incident.region_id)


def unit_changed(unit: Unit) -> None:
    announce("unit", unit.pk)
