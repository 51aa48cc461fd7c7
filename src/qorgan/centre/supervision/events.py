"""What `supervision` announces to browsers, and tells those who subscribed."""

from collections.abc import Sequence

from qorgan.centre.events import announce
from qorgan.centre.notices import facts, outbox
from qorgan.centre.supervision.models import Fault, SchoolAction


def faults_changed(faults: Sequence[Fault]) -> None:
    for fault in faults:
        schools = (fault.school_id,) if fault.school_id else ()
        announce("fault", fault.pk, schools=schools, region=fault.region or None, district=fault.district or None)


def tell_of_faults(faults: Sequence[Fault]) -> None:
    """Those who subscribed hear that faults opened or closed; of those under an outage they hear the outage alone."""
    rows = Fault.objects.select_related("school__district", "centre").filter(
        pk__in=[fault.pk for fault in faults], parent=None
    )
    if found := list(rows):
        outbox.tell(facts.fault_news(row) for row in found)


def tell_of_action(row: SchoolAction) -> None:
    outbox.tell([facts.action_news(row)])
