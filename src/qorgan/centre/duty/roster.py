"""Who of a centre can be called now: its officers, who of them sits at a desk, and whose console is connected."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from qorgan.centre.access.models import RoleGrant
from qorgan.centre.alarms.neighbours import answering
from qorgan.centre.duty.models import Console, Shift
from qorgan.centre.schools.models import School
from qorgan.centre.territory.models import OperationsCentre
from qorgan.domain.access import Role
from qorgan.domain.alarms import Call, Officer, Rung, call, first_call

CONSOLE_SEEN_WITHIN = timedelta(seconds=15)  # a gateway writes down what is connected every five


class Rosters:
    """The officers of centres as they are at one moment. Each centre is read once, and not before somebody asks."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._answering: Callable[[str, str], UUID | None] | None = None
        self._officers: dict[UUID, tuple[Officer, ...]] = {}

    def centre_of(self, school: School) -> UUID | None:
        """The centre that answers for a school (read with its district)."""
        self._answering = self._answering or answering()
        return self._answering(school.district_id, school.district.region_id)

    def first_call(self, school: School) -> Call:
        """Whom an alarm of this school calls when it is raised."""
        return first_call(self._of(self.centre_of(school)))

    def call(self, school: School, rung: Rung) -> Call:
        """Whom a rung of the ladder calls for an alarm of this school."""
        return call(rung.to, self._of(self.centre_of(school)), self._of(rung.centre))

    def _of(self, centre: UUID | None) -> tuple[Officer, ...]:
        if centre is None:
            return ()
        if centre not in self._officers:
            self._officers[centre] = _officers(centre, self._now)
        return self._officers[centre]


def _officers(centre: UUID, now: datetime) -> tuple[Officer, ...]:
    """Everybody of this centre who may take an alarm, by name."""
    at_desk = set(Shift.objects.running().filter(desk__centre=centre).values_list("officer", flat=True))
    supervisors = set(OperationsCentre.objects.filter(pk=centre).values_list("supervisors", flat=True))
    grants = RoleGrant.objects.filter(centre=centre, role=Role.DUTY_OFFICER, user__is_active=True)
    people = list(grants.select_related("user").order_by("user__name", "user"))
    seen = dict(Console.objects.filter(officer__in=[one.user_id for one in people]).values_list("officer", "seen_at"))
    return tuple(
        Officer(
            id=grant.user_id,
            name=grant.user.name or grant.user.email,
            at_desk=grant.user_id in at_desk,
            console=_connected(seen.get(grant.user_id), now),
            supervisor=grant.user_id in supervisors,
        )
        for grant in people
    )


def _connected(seen_at: datetime | None, now: datetime) -> bool | None:
    return None if seen_at is None else now - seen_at <= CONSOLE_SEEN_WITHIN


@transaction.atomic
def see_consoles(people: Iterable[UUID], now: datetime) -> None:
    """The consoles of these people are connected now. Whoever is not among them grows old by and by."""
    rows = [Console(officer_id=person, seen_at=now) for person in sorted(set(people))]
    Console.objects.bulk_create(rows, update_conflicts=True, unique_fields=["officer"], update_fields=["seen_at"])
