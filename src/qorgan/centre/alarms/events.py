"""What `alarms` announces."""

from collections.abc import Sequence

from django.dispatch import Signal

from qorgan.centre.alarms.models import Alarm, Unit
from qorgan.centre.events import announce
from qorgan.centre.schools.events import school_changed

stepped = (
    Signal()
)  # `alarm=`, `before=` (its Case), `actor=`, `at=`: inside the transaction of every step that changed one


def alarms_changed(alarms: Sequence[Alarm]) -> None:
    """These alarms changed, and with them perhaps the gravest levels of their schools. The alarms go first."""
    for alarm in alarms:
        district = alarm.school.district
        announce("alarm", alarm.pk, schools=(alarm.school_id,), region=district.region_id, district=district.pk)
    for school in {alarm.school_id: alarm.school for alarm in alarms}.values():
        school_changed(school)


def unit_changed(unit: Unit) -> None:
    announce("unit", unit.pk)
