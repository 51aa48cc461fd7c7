"""What schools tell of their ways in becomes faults with a clock, and ends as it was measured."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre.alarms import raising
from qorgan.centre.alarms.models import Alarm
from qorgan.centre.nodes.models import Node
from qorgan.centre.schools.models import School
from qorgan.centre.supervision import round as rounds
from qorgan.centre.supervision import service
from qorgan.centre.supervision.models import ButtonTest, Fault, SchoolAction, WayIn
from qorgan.domain.access import Role
from qorgan.domain.places import LocalText
from qorgan.protocols.link.messages import ActionChanged, ButtonInfo, Inventory, OutputResult, SourceHealth, SourceInfo

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
HALL = LocalText(kk="Фойе", ru="Фойе", en="Entrance hall")


def health(state: str = "ok", **said: Any) -> SourceHealth:
    known: dict[str, Any] = {"key": "hall", "kind": "contact", "state": state, "since": datetime.now(UTC)}
    return SourceHealth(**(known | said))


def stock(*keys: str) -> Inventory:
    sources = tuple(SourceInfo(key=key, kind="contact", place=HALL, interval_s=30.0) for key in keys)
    return Inventory(cameras=(), buttons=(), sources=sources)


def standing() -> set[tuple[str, str]]:
    return set(Fault.objects.still_open().values_list("subject", "code"))


def test_a_broken_line_is_a_fault_with_a_clock_until_it_is_whole_again(town: Town) -> None:
    service.take_inventory_sources(town.school, stock("hall"))
    broken = datetime.now(UTC) - timedelta(minutes=3)

    service.take_source_health(town.school, health("fault", faults=("line_open", "battery_low"), since=broken))

    fault = Fault.objects.get(code="source.line_open")
    assert standing() == {("source:hall", "source.line_open"), ("source:hall", "source.battery_low")}
    assert (fault.opened_at, fault.duty, fault.stops_alarms) == (broken, "technician", True)
    assert fault.due_at > fault.noticed_at
    service.take_source_health(town.school, health("ok"))
    assert standing() == set()
    assert Fault.objects.get(pk=fault.pk).closed_at is not None


def test_a_fault_that_comes_and_goes_is_one_fault_that_counts(town: Town) -> None:
    for _ in range(3):
        service.take_source_health(town.school, health("silent"))
        service.take_source_health(town.school, health("ok"))

    (fault,) = Fault.objects.all()
    assert (fault.code, fault.times) == ("source.silent", 3)


def test_a_way_in_that_was_taken_away_has_no_faults_and_keeps_its_history(town: Town) -> None:
    service.take_inventory_sources(town.school, stock("hall", "yard"))
    service.take_source_health(town.school, health("silent"))

    service.take_inventory_sources(town.school, stock("yard"))

    assert standing() == set()
    assert dict(WayIn.objects.values_list("key", "present")) == {"hall": False, "yard": True}


def test_buttons_of_an_old_node_are_its_ways_in(town: Town) -> None:
    old = Inventory(cameras=(), buttons=(ButtonInfo(key="hall", place=HALL),))

    service.take_inventory_sources(town.school, old)

    way = WayIn.objects.get()
    assert (way.key, way.kind, way.place.ru, way.interval_s) == ("hall", "button", "Фойе", None)


def test_a_state_nobody_knows_is_a_fault_and_foolish_data_is_made_fit(town: Town) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    service.take_source_health(
        town.school, health("sulking", key="ha\0ll" + "x" * 200, interval_s=float("nan"), since=tomorrow)
    )

    way, fault = WayIn.objects.get(), Fault.objects.get()
    assert len(way.key) == 100 and way.interval_s == 0.0
    assert fault.code == "source.fault" and fault.opened_at <= fault.noticed_at


def test_what_a_school_did_is_kept_with_what_its_outputs_did(town: Town) -> None:
    outputs = (OutputResult(key="siren", ok=True, ms=41.26), OutputResult(key="door", ok=False, reason="timeout"))
    service.take_action(
        town.school,
        ActionChanged(action="lockdown", kind="drill", at=datetime.now(UTC), by="А. Сәрсенова", outputs=outputs),
    )

    done = SchoolAction.objects.get()
    assert (done.action, done.kind, done.by) == ("lockdown", "drill", "А. Сәрсенова")
    assert [(one["key"], one["ok"], one["ms"]) for one in done.outputs] == [("siren", True, 41.3), ("door", False, 0.0)]


# --- the supervisor's round ----------------------------------------------------------------------------------------


def silence(school: School, since: datetime) -> None:
    Node.objects.filter(school=school).update(state=Node.State.SILENT, last_pulse_at=since)


def test_a_silent_node_is_a_fault_since_its_last_pulse_until_it_is_heard(town: Town) -> None:
    since = NOW - timedelta(seconds=26)
    silence(town.school, since)

    rounds.look_at_nodes(NOW)
    rounds.look_at_nodes(NOW + timedelta(seconds=2))

    (fault,) = Fault.objects.all()
    assert (fault.school, fault.code, fault.opened_at) == (town.school, "node.silent", since)
    Node.objects.update(state=Node.State.ONLINE, last_pulse_at=NOW + timedelta(seconds=5))
    rounds.look_at_nodes(NOW + timedelta(seconds=6))
    assert standing() == set()


def test_when_nobody_takes_pulses_in_every_node_counts_as_silent(town: Town) -> None:
    """A board that stands still says "online" for ever: what is too old to be true is not believed."""
    Node.objects.update(state=Node.State.ONLINE, last_pulse_at=NOW - timedelta(minutes=3))

    rounds.look_at_nodes(NOW)

    assert Fault.objects.still_open().filter(code="node.silent").count() == 3


def test_a_hole_in_the_count_and_what_a_node_says_of_itself_are_faults(town: Town) -> None:
    Node.objects.update(last_pulse_at=NOW)
    Node.objects.filter(school=town.school).update(missing=3, complete_to=41, faults=["outbox.ballast_gone"])

    rounds.look_at_nodes(NOW)

    assert standing() == {("link", "link.gap"), ("node", "outbox.ballast_gone")}
    gap = Fault.objects.get(code="link.gap")
    assert (gap.detail["missing"], gap.detail["after"], gap.duty) == (3, 41, "operator")


def test_many_silent_nodes_of_a_district_are_one_outage_that_hides_none_of_them(town: Town) -> None:
    schools = [town.school, *(a.a_school(f"kst-1{n:02d}") for n in range(5))]
    Node.objects.update(last_pulse_at=NOW)
    for number, school in enumerate(schools):
        silence(school, NOW - timedelta(seconds=60 - number))

    rounds.look_at_nodes(NOW)
    rounds.look_at_areas(NOW)
    rounds.look_at_areas(NOW)

    outage = Fault.objects.get(code="area.silent")
    assert (outage.school, outage.region, outage.district) == (None, a.KOSTANAY, a.CITY)
    assert Fault.objects.still_open().filter(code="node.silent", parent=outage).count() == 6
    inspector = desk(a.a_person(Role.INSPECTOR, regions=(a.ASTANA,)))
    assert inspector.get("/supervision/faults").json()["items"] == []
    head = desk(a.a_person(Role.HEAD, school=town.school))
    seen = {(one["code"], one["children"]) for one in head.get("/supervision/faults").json()["items"]}
    assert seen == {("node.silent", 0), ("area.silent", 6)}

    Node.objects.update(state=Node.State.ONLINE)
    rounds.look_at_nodes(NOW)
    rounds.look_at_areas(NOW)
    assert standing() == set()


# --- tests of buttons ----------------------------------------------------------------------------------------------


def pressed(school: School, *, ago: timedelta, took: timedelta, kind: str = "test", button: str = "hall") -> Alarm:
    received = NOW - ago
    message = a.alarm_raised(kind=kind, button=button, pressed_at=received - took)
    assert raising.store([raising.Raised(school.located, message)], received) == [None]
    return Alarm.objects.get(pk=message.alarm)


def known_for(school: School, key: str, days: int) -> None:
    service.take_inventory_sources(
        school, stock(*{key, *WayIn.objects.filter(school=school).values_list("key", flat=True)})
    )
    WayIn.objects.filter(school=school, key=key).update(known_since=NOW - timedelta(days=days))


def test_a_test_that_arrived_in_time_proves_the_button(town: Town, officer: Desk) -> None:
    known_for(town.school, "hall", 90)
    alarm = pressed(town.school, ago=timedelta(days=2), took=timedelta(seconds=0.4))
    pressed(town.school, ago=timedelta(days=1), took=timedelta(seconds=0.1), kind="real")

    rounds.take_tests(NOW)
    rounds.take_tests(NOW)

    (way,) = officer.get("/supervision/tests").json()["items"]
    assert (way["key"], way["proof"], way["state"]) == ("hall", "proved", "ok")
    assert way["last_test"]["alarm"] == str(alarm.pk) and way["last_test"]["took_s"] == pytest.approx(0.4, abs=0.01)
    assert ButtonTest.objects.count() == 1


def test_buttons_are_asked_for_by_what_is_known_of_them(town: Town, officer: Desk) -> None:
    for key, ago, took in (("canteen", 40, 0.4), ("hall", 2, 0.4), ("yard", 2, 9.0), ("gym", None, 0.0)):
        known_for(town.school, key, 90)
        if ago is not None:
            pressed(town.school, ago=timedelta(days=ago), took=timedelta(seconds=took), button=key)
            rounds.take_tests(NOW - timedelta(days=ago))

    found = {
        proof: [one["key"] for one in officer.get("/supervision/tests", proof=proof).json()["items"]]
        for proof in ("proved", "slow", "overdue", "never")
    }
    assert found == {"proved": ["hall"], "slow": ["yard"], "overdue": ["canteen"], "never": ["gym"]}
    said = {one["key"]: one["proof"] for one in officer.get("/supervision/tests").json()["items"]}
    assert said == {"hall": "proved", "yard": "slow", "canteen": "overdue", "gym": "never"}


def test_a_clock_that_is_wrong_by_an_hour_is_set_right_by_what_the_pulse_told(town: Town) -> None:
    Node.objects.filter(school=town.school).update(clock_offset_s=3600.0)
    pressed(town.school, ago=timedelta(0), took=timedelta(seconds=0.5 - 3600))

    (test,) = rounds.take_tests(NOW)

    assert test.took_s == pytest.approx(0.5)


def test_a_button_nobody_tested_for_a_month_is_a_defect_of_the_schools(town: Town) -> None:
    known_for(town.school, "hall", 31)
    known_for(town.school, "yard", 29)

    rounds.look_at_tests(NOW)

    (fault,) = Fault.objects.all()
    assert (fault.subject, fault.code, fault.duty) == ("source:hall", "test.overdue", "school")
    pressed(town.school, ago=timedelta(0), took=timedelta(seconds=1))
    rounds.take_tests(NOW)
    rounds.look_at_tests(NOW)
    assert standing() == set()


def test_a_planned_test_is_done_by_the_press_that_follows(town: Town, officer: Desk) -> None:
    known_for(town.school, "hall", 1)
    wish = {"school": str(town.school.pk), "buttons": ["hall"], "planned_for": (NOW + timedelta(days=3)).isoformat()}

    (planned,) = officer.post("/supervision/tests/plan", wish).json()["items"]
    again = officer.post("/supervision/tests/plan", wish).json()["items"]
    assert planned["planned_by"]["name"] == officer.user.name and [one["id"] for one in again] == [planned["id"]]
    pressed(town.school, ago=timedelta(0), took=timedelta(seconds=1))
    rounds.take_tests(NOW)

    assert officer.get("/supervision/tests/plan").json()["items"] == []
    test = ButtonTest.objects.get()
    assert str(test.pk) == planned["id"] and test.alarm is not None


def test_a_plan_can_be_taken_back_and_names_only_what_is_there(town: Town, officer: Desk) -> None:
    known_for(town.school, "hall", 1)
    wish = {"school": str(town.school.pk), "buttons": ["attic"], "planned_for": (NOW + timedelta(days=3)).isoformat()}

    strange = officer.post("/supervision/tests/plan", wish)
    past = officer.post("/supervision/tests/plan", wish | {"planned_for": "2020-01-01T00:00:00Z"})
    (planned,) = officer.post("/supervision/tests/plan", wish | {"buttons": []}).json()["items"]
    gone = officer.client.delete(f"/api/supervision/tests/plan/{planned['id']}")

    assert (strange.status_code, strange.json()["code"]) == (404, "button.not_found")
    assert (past.status_code, past.json()["code"]) == (422, "test.past")
    assert (planned["button"], planned["late"], gone.json()["items"]) == ("hall", False, [])


def test_somebody_takes_a_fault_and_it_stays_open(town: Town, officer: Desk) -> None:
    service.take_source_health(town.school, health("silent"))
    fault = Fault.objects.get()

    taken = officer.post(f"/supervision/faults/{fault.pk}/taking", {"note": "шебер жолда"}).json()

    assert (taken["taken_by"]["name"], taken["note"], taken["closed_at"]) == (officer.user.name, "шебер жолда", None)
    inspector = desk(a.a_person(Role.INSPECTOR, regions=(a.KOSTANAY,)))
    assert inspector.post(f"/supervision/faults/{fault.pk}/taking").status_code == 403
    far = desk(a.a_person(Role.HEAD, school=town.far))
    assert far.post(f"/supervision/faults/{fault.pk}/taking").status_code == 404
    assert far.get("/supervision/tests").json()["items"] == []
