"""How territories stand: the numbers of their schools, added up; and how they stood at the end of each month."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Min, Q, Sum
from django.utils import timezone

from qorgan.centre.norms import judging
from qorgan.centre.norms import schemas as wire
from qorgan.centre.norms.judging import ZONE
from qorgan.centre.norms.models import Standing, StandingMonth
from qorgan.centre.schools.models import School
from qorgan.centre.scope import within
from qorgan.centre.territory.models import District, Region
from qorgan.centre.wire import Name
from qorgan.domain.access import Actor, Scope
from qorgan.domain.norms.types import Verdict
from qorgan.kernel.errors import Invalid, NotFound

MONTHS = 12
MAX_CHILDREN = 2_000  # schools of one district
DEFAULT_PACK = "kz"
_BELOW: Mapping[wire.Level, str] = {"country": "district__region_id", "region": "district_id", "district": "id"}
_ABOVE: Mapping[wire.Level, str] = {"country": "", "region": "district__region_id", "district": "district_id"}
_NUMBERS = ("organisations", "connected", "working", "compliant", "unknown", "drilled")


def standing(actor: Actor, *, level: wire.Level, of: str | None, pack: str) -> wire.StandingPage:
    """Of what lies in the actor's territory. Raises `NotFound` (`norm_pack.unknown`), `Invalid` (`standing.of`)."""
    if pack not in judging.national():
        raise NotFound(f"schools here are not judged by a pack {pack!r}", code="norm_pack.unknown")
    if (level == "country") != (of is None):
        raise Invalid("a region and a district are named by their code, the country is not", code="standing.of")
    inside = within(actor.scope) & (Q(**{_ABOVE[level]: of}) if of is not None else Q())
    schools = School.objects.filter(inside)
    counted = _counted(schools.order_by(), _BELOW[level], pack)
    names = _names(level, list(counted))
    trends = _trends(actor.scope, level, of, pack)
    children = [
        wire.StandingRow(id=str(key), name=names[key], trend=trends.get(str(key), [None] * MONTHS), **numbers)
        for key, numbers in counted.items()
    ]
    oldest = Standing.objects.filter(pack=pack, school__in=schools).aggregate(at=Min("at"))["at"]
    return wire.StandingPage(
        as_of=oldest,
        registry_as_of=schools.aggregate(at=Max("created_at"))["at"],
        children=sorted(children, key=lambda one: (one.name.kk, one.id)),
        **{name: sum(numbers[name] for numbers in counted.values()) for name in _NUMBERS},
    )


def _counted(schools: Any, by: str, pack: str) -> dict[Any, dict[str, int]]:
    """Key → numbers, of at most `MAX_CHILDREN`. A school without a row by this pack is unknown."""
    organisations = dict(schools.values(by).annotate(n=Count("pk")).values_list(by, "n")[:MAX_CHILDREN])
    rows = schools.filter(standings__pack=pack).values(by)
    found = rows.annotate(
        judged=Count("pk"),
        connected=Count("pk", filter=Q(standings__connected=True)),
        working=Count("pk", filter=Q(standings__working=True)),
        compliant=Count("pk", filter=Q(standings__gate=Verdict.COMPLIANT)),
        unsure=Count("pk", filter=Q(standings__gate=Verdict.UNKNOWN)),
        drilled=Count("pk", filter=Q(standings__drilled=True)),
    )
    numbers = {row.pop(by): row for row in found}
    nothing = dict.fromkeys(("judged", "connected", "working", "compliant", "unsure", "drilled"), 0)
    return {key: _numbers(count, numbers.get(key, nothing)) for key, count in organisations.items()}


def _numbers(organisations: int, row: Mapping[str, int]) -> dict[str, int]:
    return {
        "organisations": organisations,
        "connected": row["connected"],
        "working": row["working"],
        "compliant": row["compliant"],
        "unknown": row["unsure"] + organisations - row["judged"],
        "drilled": row["drilled"],
    }


def _names(level: wire.Level, keys: Sequence[Any]) -> dict[Any, Name]:
    model: Any = {"country": Region, "region": District, "district": School}[level]
    return {row.pk: Name.of(row.name) for row in model.objects.filter(pk__in=keys)}


def _trends(scope: Scope, level: wire.Level, of: str | None, pack: str) -> dict[str, list[float | None]]:
    """Territory → the share that was compliant, month by month; only of those that the scope covers whole."""
    if level == "district":
        return {}  # of single schools no months are kept
    by = "district__region_id" if level == "country" else "district_id"
    months = months_before(timezone.localdate(timezone.now(), ZONE))
    rows = StandingMonth.objects.filter(_whole(scope, level), pack=pack, month__in=months)
    if of is not None:
        rows = rows.filter(district__region=of)
    sums = rows.order_by().values_list(by, "month").annotate(good=Sum("compliant"), all=Sum("organisations"))
    shares = {(key, month): good / whole for key, month, good, whole in sums if whole}
    return {key: [shares.get((key, month)) for month in months] for key, _ in shares}


def _whole(scope: Scope, level: wire.Level) -> Q:
    if scope.everywhere:
        return Q()
    mine = Q(district__region__in=scope.regions)
    return mine if level == "country" else mine | Q(district__in=scope.districts)


def months_before(today: date) -> list[date]:
    """The first days of the twelve months that are over, oldest first."""
    months = [today.replace(day=1)]
    while len(months) <= MONTHS:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return months[:0:-1]


@transaction.atomic
def keep_month(now: datetime) -> bool:
    """Keep how all districts stood when the last month ended, once, and as soon after it as this is called."""
    month = months_before(timezone.localdate(now, ZONE))[-1]
    missing = [pack for pack in judging.national() if not StandingMonth.objects.filter(pack=pack, month=month).exists()]
    if not missing or not Standing.objects.exists():
        return False
    registry = School.objects.aggregate(at=Max("created_at"))["at"]
    for pack in missing:
        counted = _counted(School.objects.order_by(), "district_id", pack)
        StandingMonth.objects.bulk_create(_snapshots(counted, pack, month, now, registry))
    return True


def _snapshots(
    counted: Mapping[str, Mapping[str, int]], pack: str, month: date, now: datetime, registry: datetime | None
) -> Iterable[StandingMonth]:
    return [
        StandingMonth(pack=pack, month=month, district_id=key, taken_at=now, registry_as_of=registry, **numbers)
        for key, numbers in counted.items()
    ]
