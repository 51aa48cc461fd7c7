"""Taking in what nodes say of pictures: how each camera is now, spells of faults, hours of measures, stills.

Bounded: of a camera `KEPT_SPELLS` spells that are over and none older than `KEPT_FOR`, a row of measures a day for
`KEPT_DAYS`, `STILLS_A_DAY` stills a day; a still that nothing refers to goes after `LOOSE_FOR`. A fault that goes on is
kept whatever its age. `tidy` does it, every hour.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.cameras import service as cameras
from qorgan.centre.cameras.events import cameras_changed
from qorgan.centre.cameras.models import Camera
from qorgan.centre.pictures.drawing import NotDrawn, draw
from qorgan.centre.quality import events
from qorgan.centre.quality.models import FaultSpell, PictureDay, PictureState, Still
from qorgan.centre.schools.models import School
from qorgan.domain.approval import Period
from qorgan.domain.quality.faults import Fault, Verdict
from qorgan.kernel.clock import EPOCH
from qorgan.protocols.link.messages import MAX_STILL_BYTES, PictureResult

ALMATY = ZoneInfo("Asia/Almaty")
KEPT_FOR, KEPT_SPELLS = timedelta(days=400), 500
KEPT_DAYS = timedelta(days=90)
STILLS_A_DAY = 40
LOOSE_FOR = timedelta(days=2)
AT_ONCE = 500  # rows that one round deletes
PLOTTED = ("mean", "sharpness", "contrast", "noise")
MAX_FOUND = 20
# Nothing can be seen of what happens; or something can, but not what was agreed.
_BLIND = frozenset({Fault.BLACK, Fault.COVERED, Fault.FROZEN, Fault.OVEREXPOSED})
_ELSEWHERE = frozenset({Fault.MOVED, Fault.UNDEREXPOSED, Fault.BLURRED})
_KNOWN = frozenset(fault.value for fault in Fault)
_TOLD = frozenset({Verdict.BAD.value, Verdict.SUSPECT.value})


def weight_of(verdict: str, found: list[dict[str, Any]]) -> int:
    """How bad a camera is beside others: what blinds it first, then what turns it away, then the rest, then doubts."""
    bad = {one["fault"] for one in found if one["verdict"] == Verdict.BAD}
    if verdict == Verdict.UNKNOWN and not bad:
        return 20
    each = [1_000 if fault in _BLIND else 300 if fault in _ELSEWHERE else 100 for fault in bad]
    return sum(each) + sum(5 for one in found if one["verdict"] == Verdict.SUSPECT)


@transaction.atomic
def take(school: School, result: PictureResult, now: datetime) -> None:
    """What the analyst of a school's node says of one camera. Older news changes nothing."""
    camera = Camera.objects.filter(school=school, key=result.camera).first()
    if camera is None:
        return
    at = min(clean.moment(result.at, otherwise=now), now)
    state = PictureState.objects.select_for_update().filter(camera=camera).first()
    if state is not None and at < state.at:
        return
    verdict = result.verdict if result.verdict in Verdict._value2member_map_ else Verdict.UNKNOWN.value
    found = _found(result, at)
    cameras.take_picture(school, result, found)
    before = None if state is None else (state.verdict, [(one["fault"], one["verdict"]) for one in state.found])
    state = state or PictureState(camera=camera, since=at)
    if state.verdict != verdict:
        state.verdict, state.since = verdict, at
    state.at, state.found = at, found
    state.measures = _numbers(result.measures)
    state.weight = weight_of(verdict, found + state.delivery)
    state.in_use = {str(period): clean.text(digest, 64) for period, digest in list(result.approved.items())[:2]}
    still = _still(camera, result, at, now)
    _take_spells(camera, state, still)
    if still is not None and verdict == Verdict.OK:
        state.good = still
    state.save()
    _plot(camera, at, state.measures)
    if before != (verdict, [(one["fault"], one["verdict"]) for one in found]):
        cameras_changed(school, [camera])


def _found(result: PictureResult, at: datetime) -> list[dict[str, Any]]:
    """What is wrong, as told; of an older node the names it had for it, since when nobody knows."""
    if not result.knows:
        verdict, seen = (Verdict.BAD if result.verdict == Verdict.BAD else Verdict.SUSPECT), at.isoformat()
        names = [*result.faults, *(name.removeprefix("score_") for name in result.measures if name[:6] == "score_")]
        return [
            {"fault": name, "verdict": verdict.value, "since": seen, "last_seen": seen, "score": 0.0}
            for name in dict.fromkeys(names)
            if name in _KNOWN
        ]
    kept = {}
    for one in result.found[:MAX_FOUND]:
        if one.verdict not in _TOLD:
            continue
        since = min(clean.moment(one.since or at, otherwise=at), at)
        kept[clean.text(one.fault, 40)] = {
            "fault": clean.text(one.fault, 40),
            "verdict": one.verdict,
            "since": max(since, EPOCH).isoformat(),
            "last_seen": max(min(clean.moment(one.last_seen or at, otherwise=at), at), EPOCH).isoformat(),
            "score": clean.number(one.score),
        }
    return list(kept.values())


def _numbers(measures: Mapping[str, float]) -> dict[str, float]:
    return {clean.text(name, 40): clean.number(value) for name, value in list(measures.items())[:50]}


def _take_spells(camera: Camera, state: PictureState, still: Still | None) -> None:
    """Open what is confirmed, go on with what is still there, close what is over. What nobody could see is not over."""
    going = {spell.fault: spell for spell in FaultSpell.objects.filter(camera=camera, closed_at=None, stream="")}
    told = {one["fault"]: one for one in state.found}
    for fault, one in told.items():
        spell = going.get(fault)
        if spell is not None:
            _go_on(spell, one, still)
        elif one["verdict"] == Verdict.BAD:
            opened = FaultSpell.objects.create(
                camera=camera,
                fault=fault,
                opened_at=datetime.fromisoformat(one["since"]),
                confirmed_at=state.at,
                last_seen=datetime.fromisoformat(one["last_seen"]),
                score=one["score"],
                before=state.good,
                still=still,
            )
            events.tell_opened(opened)
    if state.verdict == Verdict.UNKNOWN:
        return
    for fault, spell in going.items():
        if fault not in told:
            spell.closed_at = state.at
            spell.after = still if state.verdict == Verdict.OK else None
            spell.save(update_fields=("closed_at", "after"))
    if still is not None and state.verdict == Verdict.OK:  # it came a little after the end
        late = FaultSpell.objects.filter(camera=camera, after=None, closed_at__gte=state.at - timedelta(minutes=30))
        late.update(after=still)


def _go_on(spell: FaultSpell, told: Mapping[str, Any], still: Still | None) -> None:
    spell.told += 1
    spell.last_seen = max(spell.last_seen, datetime.fromisoformat(told["last_seen"]))
    spell.score = max(spell.score, told["score"])
    if still is not None and told["verdict"] == Verdict.BAD:
        if spell.still_id is None:
            spell.still = still
        else:
            spell.latest = still
    spell.save(update_fields=("told", "last_seen", "score", "still", "latest"))


def _still(camera: Camera, result: PictureResult, at: datetime, now: datetime) -> Still | None:
    if not result.still or len(result.still) > MAX_STILL_BYTES:
        return None
    if Still.objects.filter(camera=camera, received_at__gt=now - timedelta(days=1)).count() >= STILLS_A_DAY:
        return None
    return Still.objects.create(
        camera=camera, at=at, received_at=now, content=result.still, period=_period(result.measures)
    )


def _period(measures: Mapping[str, float]) -> str:
    """Of which of the two approved views a look was to be compared with: without colours it is the one by night."""
    if "monochrome" not in measures:
        return ""
    return Period.NIGHT.value if measures["monochrome"] >= 0.5 else Period.DAY.value


def _plot(camera: Camera, at: datetime, measures: Mapping[str, float]) -> None:
    """One more look of this hour; a look at nothing is none."""
    told = {name: measures[name] for name in PLOTTED if name in measures}
    if not told:
        return
    local = at.astimezone(ALMATY)
    row, _ = PictureDay.objects.get_or_create(camera=camera, day=local.date(), defaults={"hours": [None] * 24})
    before = row.hours[local.hour] or {"n": 0}
    n = before["n"]
    means = {name: round((before.get(name, 0.0) * n + value) / (n + 1), 4) for name, value in told.items()}
    row.hours[local.hour] = {"n": n + 1, **means}
    row.save(update_fields=("hours",))


def draw_one() -> bool:
    """Draw the oldest still that came; whether there was one. Takes a second: never inside a transaction."""
    row = Still.objects.filter(drawn_at=None, refused="").order_by("received_at").first()
    if row is None:
        return False
    try:
        drawing = draw("photo", bytes(row.content))
    except NotDrawn as error:
        Still.objects.filter(pk=row.pk).update(refused=error.why[:40], content=b"")
    else:
        Still.objects.filter(pk=row.pk).update(content=drawing.content, mime=drawing.mime, drawn_at=timezone.now())
        cameras_seen = Camera.objects.select_related("school__district").filter(pk=row.camera_id).first()
        if cameras_seen is not None:
            with transaction.atomic():
                cameras_changed(cameras_seen.school, [cameras_seen])
    return True


def tidy(now: datetime | None = None) -> int:
    """Delete what is kept no longer (see above); how many rows at most `AT_ONCE` of each kind."""
    now = now or timezone.now()
    old = FaultSpell.objects.filter(closed_at__lt=now - KEPT_FOR)
    days = PictureDay.objects.filter(day__lt=(now - KEPT_DAYS).astimezone(ALMATY).date())
    gone = _deleted(old) + _deleted(days) + _deleted(_beyond())
    return gone + _deleted(_loose(now))


def _deleted(rows: Any) -> int:
    found = list(rows.values_list("pk", flat=True)[:AT_ONCE])
    rows.model._default_manager.filter(pk__in=found).delete()
    return len(found)


def _beyond() -> Any:
    """Spells over the number that is kept of a camera, for cameras that flutter."""
    from django.db.models import Count

    over = Count("spells", filter=Q(spells__closed_at__isnull=False))
    many = Camera.objects.annotate(over=over).filter(over__gt=KEPT_SPELLS).values_list("pk", flat=True)
    beyond: list[Any] = []
    for camera in list(many[:20]):
        ended = FaultSpell.objects.filter(camera=camera, closed_at__isnull=False).order_by("-closed_at")
        beyond += ended.values_list("pk", flat=True)[KEPT_SPELLS : KEPT_SPELLS + AT_ONCE]
    return FaultSpell.objects.filter(pk__in=beyond)


def _loose(now: datetime) -> Any:
    """Stills that nothing speaks of."""
    spoken = FaultSpell.objects.values
    referred = [spoken(name).filter(**{f"{name}__isnull": False}) for name in ("before", "still", "latest", "after")]
    rows = Still.objects.filter(received_at__lt=now - LOOSE_FOR).order_by("received_at")
    for one in referred:
        rows = rows.exclude(pk__in=one)
    return rows.exclude(pk__in=PictureState.objects.filter(good__isnull=False).values("good"))
