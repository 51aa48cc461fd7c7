"""Drills: planned within the guard rails, run with a press and taps, pierced by what is real, measured and reviewed."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre.access.models import AuditLine
from qorgan.centre.alarms import raising
from qorgan.centre.alarms.models import Alarm
from qorgan.centre.drills import reading
from qorgan.centre.drills.models import Drill, DrillLine
from qorgan.centre.ledger import LedgerBroken, verify
from qorgan.centre.norms.judging import ZONE
from qorgan.domain.access import Role
from qorgan.domain.after_action import Point
from qorgan.kernel.ids import uuid7

pytestmark = pytest.mark.django_db


@pytest.fixture
def head(town: Town) -> Desk:
    return desk(a.a_person(Role.HEAD, school=town.school))


def ten_oclock(days: int = 7) -> datetime:
    """At 10 in the morning of a working day, so many days ahead or one more."""
    day = timezone.localdate() + timedelta(days=days)
    day += timedelta(days=1 if day.isoweekday() == 7 else 0)
    return datetime.combine(day, time(10), ZONE)


def wish(town: Town, **said: Any) -> dict[str, Any]:
    known: dict[str, Any] = {"school": str(town.school.pk), "scenario": "armed_attack", "form": "practice"}
    known |= {"at": ten_oclock().isoformat(), "groups": ["staff", "middle"], "observers": ["Б. Ахметов, ЖПҚ"]}
    word = {"name": "Әсел Нұрланова", "on": timezone.localdate().isoformat()}
    return known | {"announced": True, "word": word} | said


def planned(who: Desk, town: Town, **said: Any) -> dict[str, Any]:
    answer = who.post("/drills", wish(town, **said))
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def do(who: Desk, drill: dict[str, Any], deed: str, **said: Any) -> Any:
    return who.post(f"/drills/{drill['id']}/deeds", {"deed": deed} | said)


def running(who: Desk, town: Town, started_s_ago: float = 600.0, **said: Any) -> dict[str, Any]:
    """A drill that was started so long ago: the planned hour comes, without waiting for it."""
    drill = planned(who, town, **said)
    assert do(who, drill, "approve").status_code == 200
    Drill.objects.filter(pk=drill["id"]).update(at=_on_a_working_day(timezone.now()))
    answer = do(who, drill, "start")
    assert answer.status_code == 200, answer.content
    Drill.objects.filter(pk=drill["id"]).update(started_at=timezone.now() - timedelta(seconds=started_s_ago))
    found: dict[str, Any] = who.get(f"/drills/{drill['id']}").json()
    return found


def _on_a_working_day(now: datetime) -> datetime:
    """Now; the guard rails' Sunday is looked at in `test_a_day_without_drills`."""
    if now.astimezone(ZONE).isoweekday() == 7:
        pytest.skip("on Sundays no drill can be started, not even by a test")
    return now


def test_a_drill_is_planned_and_everybody_of_the_territory_reads_it(town: Town, head: Desk, officer: Desk) -> None:
    drill = planned(head, town)

    assert (drill["state"], drill["wants"], drill["deeds"]) == ("planned", [], ["change", "approve", "cancel"])
    assert drill["school"]["id"] == str(town.school.pk) and drill["observers"] == ["Б. Ахметов, ЖПҚ"]
    seen = officer.get(f"/drills/{drill['id']}").json()
    assert (seen["word"]["name"], seen["deeds"]) == ("Әсел Нұрланова", [])
    assert [one["id"] for one in officer.get("/drills", school=str(town.school.pk)).json()["items"]] == [drill["id"]]
    assert officer.post("/drills", wish(town)).status_code == 403


def test_another_territory_sees_and_does_nothing(town: Town, head: Desk) -> None:
    drill = planned(head, town)
    stranger = desk(a.a_person(Role.HEAD, school=town.far))

    assert stranger.get(f"/drills/{drill['id']}").status_code == 404
    assert stranger.get("/drills").json()["items"] == []
    assert do(stranger, drill, "approve").status_code == 404
    assert stranger.post("/drills", wish(town)).status_code == 404
    assert stranger.post(f"/drills/{drill['id']}/taps", {"taps": [a_tap("room_locked", "204", 1)]}).status_code == 404


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "unannounced violence with children": ({"announced": False}, "drill.unannounced_violence"),
    "violence played before small children": (
        {"form": "simulation", "groups": ["staff", "primary"]},
        "drill.young_children",
    ),
    "nobody takes part": ({"groups": []}, "drill.participants"),
    "in the past": ({"at": "2026-01-14T10:00:00+05:00"}, "drill.when"),
    "a scenario that nobody knows": ({"scenario": "zombies"}, "invalid"),
    "a moment without a zone": ({"at": "2027-01-14T10:00:00"}, "invalid"),
    "a word that is to be said tomorrow": ({"word": {"name": "Ә", "on": "2099-01-01"}}, "drill.day"),
    "a note without end": ({"note": "x" * 2_001}, "invalid"),
}


@pytest.mark.parametrize(("said", "code"), REFUSED.values(), ids=list(REFUSED))
def test_the_planner_refuses(town: Town, head: Desk, said: dict[str, Any], code: str) -> None:
    answer = head.post("/drills", wish(town, **said))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not Drill.objects.exists() and not DrillLine.objects.exists()


def test_a_day_without_drills(town: Town, head: Desk) -> None:
    day = {"school": str(town.school.pk), "day": ten_oclock().date().isoformat(), "kind": "exam"}
    made = head.post("/closed-days", day)

    assert made.status_code == 201
    assert head.post("/closed-days", day).json()["code"] == "closed_day.known"
    assert head.post("/drills", wish(town)).json()["code"] == "drill.closed_day"
    assert head.post("/closed-days", {**day, "school": None}).status_code == 403
    assert [one["day"] for one in head.get("/closed-days").json()["items"]] == [day["day"]]
    assert desk(a.a_person(Role.HEAD, school=town.far)).get("/closed-days").json()["items"] == []
    assert head.delete(f"/closed-days/{made.json()['id']}").status_code == 204
    assert planned(head, town)["state"] == "planned"
    lines = AuditLine.objects.filter(person=head.user, action__startswith="closed_day").order_by("number")
    assert [line.action for line in lines] == ["closed_day.added", "closed_day.removed"]


def test_a_holiday_of_the_country_closes_every_school(town: Town, head: Desk) -> None:
    administrator = desk(a.a_person(Role.ADMINISTRATOR))
    day = {"day": ten_oclock().date().isoformat(), "kind": "holiday"}
    assert administrator.post("/closed-days", day).status_code == 201
    assert head.post("/drills", wish(town)).json()["code"] == "drill.closed_day"


def test_two_drills_lie_a_week_apart_until_one_is_cancelled(town: Town, head: Desk) -> None:
    first = planned(head, town)
    near = {"at": (ten_oclock() + timedelta(hours=2)).isoformat()}
    assert head.post("/drills", wish(town, **near)).json()["code"] == "drill.too_close"
    assert do(head, first, "cancel").json()["code"] == "drill.text"
    assert do(head, first, "cancel", text="карантин").json()["state"] == "cancelled"
    assert planned(head, town, **near)["state"] == "planned"


def test_without_the_psychologists_word_nobody_approves(town: Town, head: Desk) -> None:
    drill = planned(head, town, word=None)
    assert drill["wants"] == ["drill.psychologist"]
    assert do(head, drill, "approve").json()["code"] == "drill.psychologist"

    head.put(f"/drills/{drill['id']}", {key: value for key, value in wish(town).items() if key != "school"})
    assert do(head, drill, "approve").json()["state"] == "approved"


def test_what_was_approved_is_approved_anew_after_a_change(town: Town, head: Desk) -> None:
    drill = planned(head, town)
    do(head, drill, "approve")
    changed = head.put(f"/drills/{drill['id']}", {key: v for key, v in wish(town).items() if key != "school"}).json()
    assert (changed["state"], [line["deed"] for line in changed["thread"]]) == (
        "planned",
        ["plan", "approve", "change"],
    )
    assert do(head, drill, "start").json()["code"] == "drill.state"


def test_a_surprise_is_approved_by_a_second_person(town: Town, head: Desk) -> None:
    drill = planned(head, town, announced=False, scenario="fire")
    assert do(head, drill, "approve").json()["code"] == "drill.second_person"
    deputy = desk(a.a_person(Role.HEAD, school=town.school))
    assert do(deputy, drill, "approve").json()["state"] == "approved"


def test_a_drill_begins_at_its_hour_and_not_beside_a_real_alarm(town: Town, head: Desk) -> None:
    drill = planned(head, town)
    do(head, drill, "approve")
    assert do(head, drill, "start").json()["code"] == "drill.not_now"

    a.an_alarm(town.school)
    Drill.objects.filter(pk=drill["id"]).update(at=_on_a_working_day(timezone.now()))
    assert do(head, drill, "start").json()["code"] == "drill.alarm_open"


# --- it runs -------------------------------------------------------------------------------------------------------


def a_tap(kind: str, place: str, s_ago: float, id: UUID | None = None) -> dict[str, Any]:
    at = timezone.now() - timedelta(seconds=s_ago)
    return {"id": str(id or uuid7()), "kind": kind, "place": place, "at": at.isoformat()}


def marked(town: Town, pressed_at: datetime, received_at: datetime, **said: Any) -> Alarm:
    """A press that the school marked as a drill, as intake stored it then."""
    message = a.alarm_raised(kind="drill", pressed_at=pressed_at, **said)
    assert raising.store([raising.Raised(town.school.located, message)], received_at) == [None]
    return Alarm.objects.get(pk=message.alarm)


def test_the_report_has_the_times_of_the_simulation(town: Town, head: Desk, officer: Desk) -> None:
    """Press, screens, officer, unit and forty telephones: what the report says is what happened, to 100 ms."""
    drill = running(head, town)
    pressed = datetime.fromisoformat(drill["started_at"]) + timedelta(seconds=20)
    alarm = marked(town, pressed, pressed + timedelta(seconds=0.4))
    unit = a.a_unit(town.centre)
    path = f"/alarms/{alarm.pk}"
    happened = {Point.PRESSED: pressed, Point.RECEIVED: pressed + timedelta(seconds=0.4)}
    steps: tuple[tuple[Point, str, dict[str, Any]], ...] = (
        (Point.PRESENTED, "presentation", {"drawn_at": (pressed + timedelta(seconds=1)).isoformat()}),
        (Point.OWNED, "acknowledgement", {}),
        (Point.VERIFIED, "verification", {"verdict": "confirmed"}),
        (Point.DISPATCHED, "dispatch", {"unit": str(unit.pk)}),
    )
    for point, call, body in steps:
        before = timezone.now()
        assert officer.post(f"{path}/{call}", body).status_code == 200
        happened[point] = before + (timezone.now() - before) / 2
    taps = [a_tap("room_locked", f"{100 + n}", 0) for n in range(40)]
    for n, one in enumerate(taps):
        one["at"] = (pressed + timedelta(seconds=5 + n / 10)).isoformat()
    offline, online = taps[:2], taps[2:]
    for one in online:
        assert head.post(f"/drills/{drill['id']}/taps", {"taps": [one]}).json() == {"taken": 1, "known": 0}
    do(head, drill, "finish")
    assert head.post(f"/drills/{drill['id']}/taps", {"taps": offline}).json() == {"taken": 2, "known": 0}
    assert head.post(f"/drills/{drill['id']}/taps", {"taps": taps}).json() == {"taken": 0, "known": 40}

    report = head.get(f"/drills/{drill['id']}").json()["report"]

    assert report["alarms"] == [str(alarm.pk)] and report["doubtful"] == 0
    told = {(one["start"], one["end"]): one["seconds"] for one in report["handling"]}
    known = 0
    for (start, end), seconds in told.items():
        if start in happened and end in happened and Point.PRESENTED not in (start, end):
            known += 1
            assert seconds == pytest.approx((happened[Point(end)] - happened[Point(start)]).total_seconds(), abs=0.1)
    assert known >= 3 and told["presented", "owned"] is not None
    locked = next(one for one in report["taps"] if one["kind"] == "room_locked")
    assert locked["places"] == 40
    assert locked["first_s"] == pytest.approx(5.0, abs=0.1) and locked["last_s"] == pytest.approx(8.9, abs=0.1)


def test_a_real_press_in_the_middle_pierces(town: Town, head: Desk, officer: Desk) -> None:
    drill = running(head, town)
    played = marked(town, timezone.now(), timezone.now())
    real = a.an_alarm(town.school, button="gym")

    ringing = {one["id"]: one["kind"] for one in officer.get("/alarms", state="open").json()["items"]}
    assert ringing == {str(played.pk): "drill", str(real.pk): "real"}
    stopped = head.get(f"/drills/{drill['id']}").json()
    assert (stopped["state"], stopped["pierced_by"]) == ("stopped", str(real.pk))
    assert datetime.fromisoformat(stopped["ended_at"]) - real.received_at < timedelta(milliseconds=1)
    assert (stopped["thread"][-1]["deed"], stopped["thread"][-1]["by"]) == ("pierce", None)
    assert do(head, drill, "finish").json()["code"] == "drill.state"
    assert Alarm.objects.get(pk=real.pk).kind == "real"


def test_a_real_press_pierces_though_nobody_looks_at_the_drill(town: Town, head: Desk) -> None:
    drill = running(head, town)
    assert reading.settle_running() == 0
    a.an_alarm(town.school)
    assert reading.settle_running() == 1
    assert Drill.objects.get(pk=drill["id"]).state == "stopped"


def test_a_press_under_threat_pierces_whatever_its_mark_says(town: Town, head: Desk) -> None:
    drill = running(head, town)
    marked(town, timezone.now(), timezone.now(), duress=True)
    assert head.get(f"/drills/{drill['id']}").json()["state"] == "stopped"


def test_a_press_at_another_school_pierces_nothing(town: Town, head: Desk) -> None:
    drill = running(head, town)
    a.an_alarm(town.neighbour)
    assert head.get(f"/drills/{drill['id']}").json()["state"] == "running"


def test_a_forgotten_drill_ends_by_itself(town: Town, head: Desk) -> None:
    drill = running(head, town, started_s_ago=86_400)
    assert (drill["state"], drill["thread"][-1]["deed"]) == ("finished", "lapse")


def test_a_tap_that_says_something_else_is_refused(town: Town, head: Desk) -> None:
    drill = running(head, town)
    tap = a_tap("hall_clear", "2-қабат", 3)
    path = f"/drills/{drill['id']}/taps"
    assert head.post(path, {"taps": [tap]}).json() == {"taken": 1, "known": 0}
    assert head.post(path, {"taps": [tap | {"place": "3-қабат"}]}).json()["code"] == "drill.tap_taken"
    assert head.post(path, {"taps": [tap | {"place": ""}]}).status_code == 422
    assert head.post(path, {"taps": [a_tap("hall_clear", "2-қабат", 3) for _ in range(201)]}).status_code == 422


def test_the_review_keeps_the_report_and_names_who_fixes_what(town: Town, head: Desk) -> None:
    drill = running(head, town)
    head.post(f"/drills/{drill['id']}/taps", {"taps": [a_tap("evacuated", "7А", 5)]})
    finding = {"what": "204-бөлменің құлпы жабылмады", "who": "Шаруашылық меңгерушісі"}
    said = {"text": "Екі минутта жиналды", "present": 233}
    path = f"/drills/{drill['id']}/review"

    assert head.post(path, said).json()["code"] == "drill.state"
    do(head, drill, "finish")
    assert head.post(path, said | {"findings": [finding | {"by": "2020-01-01"}]}).json()["code"] == "drill.day"
    day = (timezone.localdate() + timedelta(days=10)).isoformat()
    reviewed = head.post(path, said | {"findings": [finding | {"by": day}]}).json()

    assert (reviewed["state"], reviewed["review"]["findings"][0]["by"]) == ("reviewed", day)
    assert [one["places"] for one in reviewed["report"]["taps"] if one["kind"] == "evacuated"] == [1]
    late = head.post(f"/drills/{drill['id']}/taps", {"taps": [a_tap("evacuated", "8Б", 5)]})
    assert late.json()["code"] == "drill.state"
    lines = DrillLine.objects.filter(drill=drill["id"]).order_by("number")
    assert verify(lines) == 5 and lines[4].data["review"]["present"] == 233
    DrillLine.objects.filter(drill=drill["id"], number=5).update(text="бәрі жақсы")
    with pytest.raises(LedgerBroken):
        verify(lines.all())
