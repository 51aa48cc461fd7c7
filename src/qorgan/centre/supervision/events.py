"""What `supervision` announces."""

from collections.abc import Sequence

from qorgan.centre.events import announce
from qorgan.centre.supervision.models import Fault


def faults_changed(faults: Sequence[Fault]) -> None:
    for fault in faults:
        schools = (fault.school_id,) if fault.school_id else ()
        announce("fault", fault.pk, schools=schools, region=fault.region or None, district=fault.district or None)
