"""Facts from what schools' nodes tell already. What is not measured yet is not said: it stays unknown."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from qorgan.centre.alarms.models import AlarmLog
from qorgan.centre.cameras.models import Camera
from qorgan.centre.norms.judging import ZONE
from qorgan.centre.norms.ledgering import Seen
from qorgan.centre.norms.models import ArchiveCheck
from qorgan.centre.quality.models import PictureState
from qorgan.centre.schools.models import School
from qorgan.centre.supervision.models import ButtonTest, SchoolAction, WayIn
from qorgan.domain import alarms
from qorgan.domain.cameras import CameraState, StreamName
from qorgan.domain.norms.types import Fact, Vocabulary
from qorgan.domain.supervision import WayState

MOST = 500  # cameras, and buttons, of one school
BUTTONS = (alarms.Source.BUTTON, alarms.Source.CONTACT)
TECHNICAL_MEANS = ("camera", "button")
_FIT, _UNFIT = "ok", "bad"  # domain.quality.faults.Verdict; a suspicion is neither


def seen_of(school: School, now: datetime) -> list[Seen]:
    """All that can be said of the school now. A node that is silent says nothing: what it said expires."""
    node = getattr(school, "node", None)
    if node is None or node.state != "online" or node.last_pulse_at is None:
        return list(_drills(school))
    at = min(node.last_pulse_at, now)
    return [*_cameras(school, at, now), *_buttons(school, at), *_drills(school)]


def news(seen: Iterable[Seen], known: Mapping[str, Mapping[str, Any]], vocabulary: Vocabulary) -> list[Seen]:
    """What is to be written: another value, or one that would else expire soon; and what is there no more."""
    rows = list(seen)
    found = [one for one in rows if _is_new(one, known, vocabulary)] + list(_gone(rows, known))
    return found + list(_technical_change(found, known))


def _is_new(one: Seen, known: Mapping[str, Mapping[str, Any]], vocabulary: Vocabulary) -> bool:
    before = known.get(one.fact, {}).get(one.subject)
    if before is None:
        return True
    if one.observed_at < datetime.fromisoformat(before["observed_at"]):
        return False  # somebody has said it since: a journal knows of a later drill
    if before["value"] != one.value:
        return True
    fact: Fact | None = vocabulary.facts.get(one.fact)
    if fact is None or fact.expires_days is None:
        return False
    age = one.observed_at - datetime.fromisoformat(before["observed_at"])
    return age > timedelta(days=fact.expires_days) / 2


def _gone(rows: Iterable[Seen], known: Mapping[str, Mapping[str, Any]]) -> Iterator[Seen]:
    """Those of an inventory that is told whole."""
    told = [one for one in rows if "." not in one.fact]
    for whole in (one for one in told if not one.subject):
        there = {one.subject for one in told if one.fact == whole.fact}
        for subject, before in known.get(whole.fact, {}).items():
            if subject and subject not in there and before["value"] is not None:
                yield Seen(whole.fact, None, whole.observed_at, subject)


def _technical_change(found: Iterable[Seen], known: Mapping[str, Mapping[str, Any]]) -> Iterator[Seen]:
    """A camera or button came or went since the school was first told of: its passport has to follow (KZ-D-3)."""
    told = [one for one in found if one.fact in TECHNICAL_MEANS and one.subject and "" in known.get(one.fact, {})]
    changed = [one for one in told if known[one.fact].get(one.subject, {}).get("value") != one.value]
    if changed:
        at = max(one.observed_at for one in changed)
        yield Seen("site.passport_change_on", _day(at), at)


def _cameras(school: School, at: datetime, now: datetime) -> Iterator[Seen]:
    rows = list(Camera.objects.filter(school=school, present=True).order_by("position", "key")[:MOST])
    states = PictureState.objects.filter(camera__in=rows).in_bulk()
    checks = ArchiveCheck.objects.filter(camera__in=rows).in_bulk()
    yield Seen("camera", len(rows), at)
    for row in rows:
        yield Seen("camera", True, at, row.key)
        yield from _camera(row, at)
        state = states.get(row.pk)
        if state is not None:
            yield from _picture(row, state, now)
        check = checks.get(row.pk)
        if check is not None:
            yield from _archive(row, check)


def _camera(row: Camera, at: datetime) -> Iterator[Seen]:
    """As its node measures the stream that is evidence."""
    if row.state not in (CameraState.UNKNOWN, CameraState.CONNECTING):
        yield Seen("camera.working", row.state == CameraState.LIVE, at, row.key)
    if row.clock_offset_s is not None:
        yield Seen("camera.clock_offset_s", round(abs(row.clock_offset_s), 1), at, row.key)  # slow is as wrong as fast
    main: dict[str, Any] = next((one for one in row.streams if one["stream"] == StreamName.MAIN), {})
    if row.state != CameraState.LIVE or not main.get("width"):
        return
    yield Seen("camera.width_px", int(main["width"]), at, row.key)
    yield Seen("camera.sound", bool(main.get("audio")), at, row.key)
    if main.get("frames_per_s"):
        yield Seen("camera.frame_rate", round(main["frames_per_s"]), at, row.key)


def _archive(row: Camera, check: ArchiveCheck) -> Iterator[Seen]:
    """As the centre proved it: by what is kept, and by what opened. What could not be asked is not said."""
    if check.told_at is not None:
        watch = f"watch:{check.told_watch}"
        yield Seen("camera.archive_days", check.depth_days, check.told_at, row.key, evidence=watch)
        yield Seen("camera.archive_share", check.share, check.told_at, row.key, evidence=watch)
    if check.opened is not None and check.opened_at is not None:
        watch = f"watch:{check.opened_watch}"
        yield Seen("camera.archive_opened", check.opened, check.opened_at, row.key, evidence=watch)
    if check.path is not None and check.path_at is not None:
        yield Seen("camera.centre_path", check.path, check.path_at, row.key, evidence=f"watch:{check.path_watch}")


def _picture(row: Camera, state: PictureState, now: datetime) -> Iterator[Seen]:
    """As its node judges the picture."""
    at = min(state.at, now)
    if state.verdict in (_FIT, _UNFIT):
        yield Seen("camera.picture_ok", state.verdict == _FIT, at, row.key)
    if not state.in_use:
        return  # nobody has said what it should see
    moved = any(one["fault"] == "moved" and one["verdict"] == _UNFIT for one in state.found)
    if moved or state.verdict == _FIT:
        yield Seen("camera.view_ok", not moved, at, row.key)


def _buttons(school: School, at: datetime) -> Iterator[Seen]:
    rows = list(WayIn.objects.filter(school=school, present=True, kind__in=BUTTONS).order_by("key")[:MOST])
    tests = ButtonTest.objects.filter(school=school, alarm__isnull=False).select_related("alarm")
    yield Seen("button", len(rows), at)
    for row in rows:
        yield Seen("button", True, at, row.key)
        if row.interval_s is not None and row.state != WayState.UNKNOWN:
            yield Seen("button.heartbeat", row.state == WayState.OK, at, row.key)
        yield from _test(row, tests)


def _test(row: WayIn, tests: "QuerySet[ButtonTest]") -> Iterator[Seen]:
    """The newest test that arrived, proved by its alarm."""
    newest = tests.filter(button=row.key).order_by("-received_at").first()
    if newest is None or newest.received_at is None:
        return
    evidence = f"alarm:{newest.alarm_id}"
    yield Seen("button.tested_on", _day(newest.received_at), newest.received_at, row.key, evidence=evidence)
    taken = AlarmLog.objects.filter(alarm=newest.alarm_id, action="owned").order_by("number").first()
    if taken is None or newest.took_s is None:
        return  # nobody took it yet: that is not known to be a refusal
    took_s = max(0.0, newest.took_s + (taken.at - newest.received_at).total_seconds())
    yield Seen("button.acknowledged", True, taken.at, row.key, evidence=evidence)
    yield Seen("button.ack_s", round(took_s, 1), taken.at, row.key, evidence=evidence)


def _drills(school: School) -> Iterator[Seen]:
    """The newest standard action that was tried out."""
    drilled = SchoolAction.objects.filter(school=school, kind=alarms.Kind.DRILL).order_by("-received_at").first()
    if drilled is not None:
        evidence = f"action:{drilled.pk}"
        yield Seen("site.practical_drill_on", _day(drilled.received_at), drilled.received_at, evidence=evidence)


def _day(moment: datetime) -> str:
    return timezone.localdate(moment, ZONE).isoformat()
