"""Reading: the wall, a camera's history, how districts stand, a still."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from qorgan.centre.access import service as access
from qorgan.centre.cameras.models import Camera
from qorgan.centre.quality import schemas as wire
from qorgan.centre.quality.models import ApprovedView, FaultSpell, PictureDay, PictureState, Still
from qorgan.centre.quality.service import ALMATY, PLOTTED
from qorgan.centre.schools.models import School
from qorgan.centre.scope import within
from qorgan.centre.territory.models import District
from qorgan.centre.wire import Name
from qorgan.domain.access import Actor, PurposeKind, Right, Role
from qorgan.domain.approval import ViewState
from qorgan.domain.cameras import CameraState, StreamName
from qorgan.domain.quality.faults import Verdict
from qorgan.kernel.errors import Forbidden, NotFound
from qorgan.protocols.link.grants import Action

MAX_SPELLS = 200
A_MOMENT = timedelta(milliseconds=1)
# Why somebody looks at a still: what their office is, as with frames.
_USUAL: Mapping[Role, PurposeKind] = MappingProxyType(
    {
        Role.DUTY_OFFICER: PurposeKind.DUTY,
        Role.HEAD: PurposeKind.OWN_SCHOOL,
        Role.INSPECTOR: PurposeKind.INSPECTION,
    }
)
_HEARD = Q(camera__school__node__state="online")
_BADLY = Q(delivered_badly=True)


def wall(
    actor: Actor,
    *,
    fault: str | None,
    verdict: str | None,
    district: str | None,
    school: UUID | None,
    offset: int,
    limit: int,
) -> wire.CameraQualityPage:
    """Cameras, worst first, of the actor's territory; the counts are of what `district` and `school` leave."""
    rows = _states(actor)
    if district:
        rows = rows.filter(camera__school__district_id=district)
    if school:
        rows = rows.filter(camera__school=school)
    counts, faults = _counts(rows), _faults(rows)
    if fault:
        rows = rows.filter(camera__in=FaultSpell.objects.filter(fault=fault, closed_at=None).values("camera"))
    if verdict:
        rows = rows.filter(_is(verdict))
    page = list(_with_places(rows).order_by("-weight", "since", "pk")[offset : offset + limit + 1])
    shown = page[:limit]
    return wire.CameraQualityPage(
        items=_lines(actor, shown),
        counts=counts,
        faults=faults,
        next=offset + limit if len(page) > limit else None,
    )


def history(actor: Actor, camera_id: UUID, *, days: int, now: datetime | None = None) -> wire.QualityHistory:
    """Raises `NotFound`."""
    camera = _own_cameras(actor).select_related("school__node").filter(pk=camera_id).first()
    if camera is None:
        raise NotFound("there is no such camera in your territory")
    since = (now or timezone.now()) - timedelta(days=days)
    state = _with_places(PictureState.objects.visible_to(actor).filter(camera=camera_id)).first()
    spells = FaultSpell.objects.filter(Q(closed_at=None) | Q(closed_at__gte=since), camera=camera_id)
    read = spells.select_related("before", "still", "latest", "after").order_by("-opened_at")[:MAX_SPELLS]
    return wire.QualityHistory(
        camera=_lines(actor, [state])[0] if state else None,
        measures=state.measures if state else {},
        good=_still(actor, state.good) if state else None,
        streams=_streams(camera),
        spells=[_spell(actor, row) for row in _without_bytes(read)],
        hours=list(_hours(camera_id, since)),
    )


def districts(actor: Actor) -> wire.DistrictQualityList:
    """How the districts stand in which the actor sees schools."""
    schools = School.objects.filter(within(actor.scope)).select_related("district")
    of_school = {row["camera__school"]: row for row in _by_school(actor)}
    present = _own_cameras(actor).filter(present=True).values("school").annotate(n=Count("pk"))
    standing = {row["school"]: row["n"] for row in present}
    faults = _faults_by_district(actor)
    approved = _approved_by_district(actor)
    groups: dict[str, list[School]] = defaultdict(list)
    for school in schools:
        groups[school.district_id].append(school)
    items = []
    for code, members in sorted(groups.items()):
        rows = [of_school.get(school.pk, {}) for school in members]
        total = {name: sum(row.get(name, 0) for row in rows) for name in ("bad", "suspect", "ok")}
        cameras = [standing.get(school.pk, 0) for school in members]
        wrong = [row.get("bad", 0) > 0 for row in rows]
        judged = [row.get("ok", 0) + row.get("suspect", 0) + row.get("bad", 0) for row in rows]
        whole = [n > 0 and seen >= n for n, seen in zip(cameras, judged, strict=True)]
        items.append(
            wire.DistrictQuality(
                district=_named(members[0].district),
                region=members[0].district.region_id,
                schools=len(members),
                clean=sum(full and not bad for full, bad in zip(whole, wrong, strict=True)),
                unseen=sum(not full and not bad for full, bad in zip(whole, wrong, strict=True)),
                cameras=sum(cameras),
                counts=wire.QualityCounts(**total, unknown=max(0, sum(cameras) - sum(judged))),
                approved=approved.get(code, 0),
                faults=faults.get(code, []),
            )
        )
    return wire.DistrictQualityList(items=items)


@transaction.atomic
def look(actor: Actor, still_id: UUID) -> Still:
    """The still with its bytes, and a line in the school's watch ledger. Raises `NotFound`, `Forbidden`."""
    actor.require(Right.ARCHIVE_VIEW)
    row = Still.objects.visible_to(actor).filter(pk=still_id, drawn_at__isnull=False).first()
    if row is None:
        raise NotFound("there is no such picture in your territory", code="still.unknown")
    if actor.role not in _USUAL:
        raise Forbidden(f"the role {actor.role} does not look at stills", code="purpose")
    opened = access.open_watch(
        actor,
        row.camera_id,
        Action.ARCHIVE,
        StreamName.SUB if row.camera.has_sub else StreamName.MAIN,
        str(_USUAL[actor.role].value),
        start=row.at,
        end=row.at + A_MOMENT,
    )
    access.end_watch(opened.id)
    return row


def _own_cameras(actor: Actor) -> Any:
    return Camera.objects.filter(within(actor.scope, "school__"))


def _states(actor: Actor) -> Any:
    return PictureState.objects.visible_to(actor).filter(camera__present=True)


def _with_places(rows: Any) -> Any:
    return rows.select_related("camera__school__district", "camera__school__node", "good").defer("good__content")


def _without_bytes(rows: Any) -> Any:
    return rows.defer(*(f"{name}__content" for name in ("before", "still", "latest", "after")))


def _is(verdict: str) -> Q:
    """A camera whose node is not heard is unknown, whatever was said last; one that is delivered badly is bad."""
    if verdict == Verdict.UNKNOWN:
        return (Q(verdict=Verdict.UNKNOWN.value) & ~_BADLY) | ~_HEARD
    if verdict == Verdict.BAD:
        return _HEARD & (Q(verdict=Verdict.BAD.value) | _BADLY)
    return _HEARD & Q(verdict=verdict) & ~_BADLY


def _counts(rows: Any) -> wire.QualityCounts:
    each = rows.aggregate(**{one.value: Count("pk", filter=_is(one.value)) for one in Verdict})
    return wire.QualityCounts(**each)


def _faults(rows: Any) -> list[wire.FaultCount]:
    spells = FaultSpell.objects.filter(closed_at=None, camera__picture_state__in=rows.values("pk"))
    found = spells.values("fault").annotate(n=Count("camera", distinct=True)).order_by("-n", "fault")
    return [wire.FaultCount(fault=row["fault"], cameras=row["n"]) for row in found]


def _by_school(actor: Actor) -> Iterable[dict[str, Any]]:
    judged = {one: Count("pk", filter=_is(one)) for one in ("bad", "suspect", "ok")}
    return list(_states(actor).values("camera__school").annotate(**judged))


def _faults_by_district(actor: Actor) -> dict[str, list[wire.FaultCount]]:
    open_ = FaultSpell.objects.visible_to(actor).filter(closed_at=None, camera__present=True)
    found: dict[str, list[wire.FaultCount]] = defaultdict(list)
    each = open_.values("camera__school__district", "fault").annotate(n=Count("camera", distinct=True))
    for row in each.order_by("-n", "fault"):
        found[row["camera__school__district"]].append(wire.FaultCount(fault=row["fault"], cameras=row["n"]))
    return found


def _approved_by_district(actor: Actor) -> Counter[str]:
    """Cameras with an approved view by day."""
    rows = ApprovedView.objects.visible_to(actor).filter(
        state=ViewState.APPROVED.value, period="day", camera__present=True
    )
    return Counter(rows.values_list("camera__school__district", flat=True))


def _lines(actor: Actor, rows: list[PictureState]) -> list[wire.CameraQuality]:
    cameras = [row.camera_id for row in rows]
    stills: dict[UUID, Still] = {}
    spells = FaultSpell.objects.filter(camera__in=cameras, closed_at=None).order_by("-opened_at")
    for spell in spells.select_related("still", "latest").defer("still__content", "latest__content"):
        shown = spell.latest or spell.still
        if shown is not None:
            stills[spell.camera_id] = shown
    approved: dict[UUID, list[str]] = defaultdict(list)
    views = ApprovedView.objects.filter(camera__in=cameras, state=ViewState.APPROVED.value).order_by("period")
    for camera, period in views.values_list("camera", "period"):
        approved[camera].append(period)
    return [_line(actor, row, stills.get(row.camera_id) or row.good, approved[row.camera_id]) for row in rows]


def _line(actor: Actor, row: PictureState, still: Still | None, approved: list[str]) -> wire.CameraQuality:
    camera, node = row.camera, getattr(row.camera.school, "node", None)
    heard = node is not None and node.state == "online"
    return wire.CameraQuality.model_validate(
        {
            "camera": camera.pk,
            "name": Name.of(camera.name),
            "zone": camera.zone,
            "school": camera.school_id,
            "school_name": Name.of(camera.school.name),
            "district": _named(camera.school.district),
            "heard": heard,
            "verdict": _verdict(row) if heard else "unknown",
            "since": _since(row),
            "at": row.at,
            "faults": [{"stream": None} | one for one in (*row.found, *row.delivery)],
            "still": _still(actor, still),
            "approved": approved,
        }
    )


def _verdict(row: PictureState) -> str:
    return Verdict.BAD.value if row.delivered_badly else row.verdict


def _since(row: PictureState) -> datetime:
    """Of that verdict."""
    if not row.delivered_badly:
        return row.since
    streams = min(datetime.fromisoformat(one["since"]) for one in row.delivery)
    return min(streams, row.since) if row.verdict == Verdict.BAD else streams


def _stream_name(name: str) -> Literal["main", "sub"] | None:
    return "main" if name == StreamName.MAIN else "sub" if name == StreamName.SUB else None


def _streams(camera: Camera) -> list[wire.StreamDelivery]:
    """As its node last counted them; of a silent node and of a stream that does not come nothing is known."""
    node = getattr(camera.school, "node", None)
    heard = node is not None and node.state == "online"
    return [_stream(said, heard and said.get("state") == CameraState.LIVE) for said in camera.streams]


def _stream(said: dict[str, Any], live: bool) -> wire.StreamDelivery:
    measured = said.get("measured", {}) if live else {}
    return wire.StreamDelivery.model_validate(
        {
            "stream": said["stream"],
            "live": live,
            "codec": said.get("codec", "") if live else "",
            **{name: said.get(name, 0) if live else 0 for name in ("width", "height", "frames_per_s", "bits_per_s")},
            **{name: measured.get(name) for name in ("keyframe_every_s", "loss", "jitter_s", "clock_offset_s")},
        }
    )


def _spell(actor: Actor, row: FaultSpell) -> wire.Spell:
    return wire.Spell(
        id=row.pk,
        fault=row.fault,
        stream=_stream_name(row.stream),
        opened_at=row.opened_at,
        confirmed_at=row.confirmed_at,
        last_seen=row.last_seen,
        closed_at=row.closed_at,
        told=row.told,
        score=row.score,
        before=_still(actor, row.before),
        still=_still(actor, row.still),
        latest=_still(actor, row.latest),
        after=_still(actor, row.after),
    )


def _still(actor: Actor, row: Still | None) -> wire.StillPicture | None:
    if row is None or row.refused:
        return None
    shown = row.drawn_at is not None and actor.may(Right.ARCHIVE_VIEW)
    return wire.StillPicture.model_validate(
        {
            "id": row.pk,
            "at": row.at,
            "image": f"/api/quality/stills/{row.pk}/image" if shown else None,
            "period": row.period or None,
        }
    )


def _hours(camera: UUID, since: datetime) -> Iterable[wire.HourOfPicture]:
    rows = PictureDay.objects.filter(camera=camera, day__gte=since.astimezone(ALMATY).date()).order_by("day")
    for row in rows:
        for hour, said in enumerate(row.hours):
            if said:
                at = datetime(row.day.year, row.day.month, row.day.day, hour, tzinfo=ALMATY)
                yield wire.HourOfPicture(at=at, looks=said["n"], **{name: said.get(name, 0.0) for name in PLOTTED})


def _named(district: District) -> wire.District:
    return wire.District(code=district.code, name=Name.of(district.name))
