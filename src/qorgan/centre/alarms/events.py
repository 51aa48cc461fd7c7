"""What `alarms` announces."""

from qorgan.centre.alarms.models import Alarm, Unit
from qorgan.centre.events import announce
from qorgan.centre.schools.events import school_changed


def alarm_changed(alarm: Alarm) -> None:
    """The alarm changed, and with it perhaps the gravest level of its school. The alarm goes first."""
    district = alarm.school.district
    announce("alarm", alarm.pk, schools=(alarm.school_id,), region=district.region_id, district=district.pk)
    school_changed(alarm.school)


def unit_changed(unit: Unit) -> None:
    announce("unit", unit.pk)
