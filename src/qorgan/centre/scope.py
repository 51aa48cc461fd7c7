"""A scope as a condition of a query: what `visible_to(actor)` of every room is made of."""

from django.db.models import Q

from qorgan.domain.access import Scope

NOWHERE = Q(pk__in=[])


def within(scope: Scope, school: str = "") -> Q:
    """Rows whose school lies in the scope. `school` is the path to it: "", "school__", "camera__school__"."""
    if scope.everywhere:
        return Q()
    condition = NOWHERE
    if scope.regions:
        condition |= Q(**{f"{school}district__region_id__in": scope.regions})
    if scope.districts:
        condition |= Q(**{f"{school}district_id__in": scope.districts})
    if scope.schools:
        condition |= Q(**{f"{school}pk__in": scope.schools})
    return condition
