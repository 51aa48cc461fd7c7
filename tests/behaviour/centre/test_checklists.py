"""The officer's checklist: frozen when the alarm is taken, ticked by name, late items known."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre.alarms.models import Alarm
from qorgan.centre.dispatch import editions
from qorgan.domain.access import Role
from qorgan.domain.alarms import Level
from qorgan.domain.checklists import Scenario

pytestmark = pytest.mark.django_db


def of(reader: Desk, alarm: Alarm) -> Any:
    return reader.get(f"/alarms/{alarm.pk}/checklist").json()


def test_every_edition_is_short_in_three_languages_and_in_order_of_time() -> None:
    for scenario in Scenario:
        keys = set()
        for level in Level:
            listed = editions.edition(scenario, level)
            assert listed.items and listed.version >= 1
            assert [item.due_s for item in listed.items] == sorted(item.due_s for item in listed.items)
            assert len({item.key for item in listed.items}) == len(listed.items)
            keys |= {item.key for item in listed.items}
            for item in listed.items:
                texts = (item.text.kk, item.text.ru, item.text.en)
                assert all(texts) and len(set(texts)) == 3, (scenario, item.key)
                assert max(map(len, texts)) <= 75, f"too long for three in the morning: {scenario} {item.key}"
        assert "send" in keys or "ambulance" in keys


def test_a_panic_button_opens_the_list_for_an_attack(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)
    assert of(officer, alarm)["opened_at"] is None

    officer.post(f"/alarms/{alarm.pk}/acknowledgement")

    listed = of(officer, alarm)
    assert (listed["scenario"], listed["version"]) == ("attack", 1)
    assert listed["opened_at"] and listed["items"][0]["key"] == "look"
    assert listed["items"][0]["due_at"] > listed["opened_at"][:10]


def test_a_tick_is_a_line_with_a_person_and_a_time(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)
    officer.post(f"/alarms/{alarm.pk}/acknowledgement")

    ticked = officer.put(f"/alarms/{alarm.pk}/checklist/look", {"note": "бір адам, қару жоқ"}).json()
    officer.put(f"/alarms/{alarm.pk}/checklist/look", {})
    officer.put(f"/alarms/{alarm.pk}/checklist/look", {"done": False})

    assert ticked["items"][0]["done_by"]["id"] == str(officer.user.pk) and ticked["done"] == 1
    log = officer.get(f"/alarms/{alarm.pk}").json()["log"]
    assert [line["action"] for line in log[-2:]] == ["checked", "unchecked"]
    assert log[-2]["actor"]["id"] == str(officer.user.pk) and log[-2]["note"] == "бір адам, қару жоқ"
    assert log[-2]["data"]["item"] == "look" and log[-2]["data"]["version"] == 1
    assert of(officer, alarm)["done"] == 0


def test_what_is_overdue_and_what_was_late_is_known(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)
    officer.post(f"/alarms/{alarm.pk}/acknowledgement")
    Alarm.objects.filter(pk=alarm.pk).update(received_at=timezone.now() - timedelta(seconds=70))

    officer.put(f"/alarms/{alarm.pk}/checklist/look", {})

    listed = of(officer, alarm)
    state = {item["key"]: (item["overdue"], (item["late_s"] or 0) > 50) for item in listed["items"]}
    assert state["look"] == (False, True)
    assert state["send"] == (True, False)
    assert state["recording"] == (False, False)
    assert (listed["done"], listed["late"], listed["overdue"]) == (1, 1, 3)


def test_an_edition_that_comes_later_does_not_touch_an_open_alarm(
    town: Town, officer: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm = a.an_alarm(town.school)
    officer.post(f"/alarms/{alarm.pk}/acknowledgement")
    before = of(officer, alarm)
    known = editions._read()
    later = {
        scenario: {**document, "version": 2, "items": document["items"][:2]} for scenario, document in known.items()
    }
    monkeypatch.setattr(editions, "_read", lambda: later)

    after, fresh = of(officer, alarm), of(officer, a.an_alarm(town.school))

    assert after["version"] == 1 and len(after["items"]) == len(before["items"])
    assert fresh["version"] == 2 and len(fresh["items"]) == 2


def test_the_officer_goes_on_by_another_scenario_and_keeps_what_is_done(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)
    officer.post(f"/alarms/{alarm.pk}/acknowledgement")
    for item in ("look", "describe"):
        officer.put(f"/alarms/{alarm.pk}/checklist/{item}", {})

    listed = officer.put(f"/alarms/{alarm.pk}/checklist", {"scenario": "fire"}).json()

    assert listed["scenario"] == "fire" and listed["done"] == 1
    assert listed["items"][0]["key"] == "look" and listed["items"][0]["done_at"]
    line = officer.get(f"/alarms/{alarm.pk}").json()["log"][-1]
    assert (line["action"], line["data"]["before"], line["data"]["scenario"]) == ("checklist", "attack", "fire")


def test_a_closed_alarm_takes_no_ticks_and_an_item_must_be_there(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school, level="P2")
    officer.post(f"/alarms/{alarm.pk}/acknowledgement")
    nothing = officer.put(f"/alarms/{alarm.pk}/checklist/dance", {})
    officer.post(f"/alarms/{alarm.pk}/verification", {"verdict": "false"})
    officer.post(f"/alarms/{alarm.pk}/closure", {"disposition": "false_accident", "note": "сабақта басылып қалды"})

    late = officer.put(f"/alarms/{alarm.pk}/checklist/look", {})

    assert (nothing.status_code, nothing.json()["code"]) == (404, "checklist.no_item")
    assert (late.status_code, late.json()["code"]) == (409, "alarm.state")


def test_a_head_reads_the_list_and_does_not_tick_it(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)
    head = desk(a.a_person(Role.HEAD, school=town.school))
    stranger = desk(a.a_person(Role.HEAD, school=town.far))

    assert of(head, alarm)["scenario"] == "attack"
    assert head.put(f"/alarms/{alarm.pk}/checklist/look", {}).status_code == 403
    assert stranger.get(f"/alarms/{alarm.pk}/checklist").status_code == 404
