"""Units are sent to an alarm and say how far they are; every word of theirs stands in the alarm's log."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre.alarms.models import Alarm, AlarmLog, Unit
from qorgan.centre.dispatch.models import Dispatch
from qorgan.centre.ledger import verify
from qorgan.domain.access import Role

pytestmark = pytest.mark.django_db


def a_confirmed_alarm(town: Town, officer: Desk) -> Alarm:
    alarm = a.an_alarm(town.school)
    officer.post(f"/alarms/{alarm.pk}/acknowledgement")
    officer.post(f"/alarms/{alarm.pk}/verification", {"verdict": "confirmed"})
    return alarm


def offered(officer: Desk, alarm: Alarm, unit: Unit, **said: str) -> str:
    answer = officer.post(f"/alarms/{alarm.pk}/dispatches", {"unit": str(unit.pk), **said})
    assert answer.status_code == 200, answer.content
    return str(answer.json()["id"])


def state_of(unit: Unit) -> str:
    return str(Unit.objects.get(pk=unit.pk).state)


def state_of_alarm(alarm: Alarm) -> str:
    return str(Alarm.objects.get(pk=alarm.pk).state)


def actions(officer: Desk, alarm: Alarm) -> list[str]:
    return [line["action"] for line in officer.get(f"/alarms/{alarm.pk}").json()["log"]]


def test_a_unit_takes_a_call_from_the_offer_to_the_end(town: Town, officer: Desk) -> None:
    alarm, unit = a_confirmed_alarm(town, officer), a.a_unit(town.centre)

    sent = offered(officer, alarm, unit, note="негізгі кіреберіс")
    assert (state_of(unit), state_of_alarm(alarm)) == ("offered", "confirmed")

    seen = []
    for verb, body in (
        ("accept", {"by": "сержант Төлеуов"}),
        ("depart", {}),
        ("arrive", {}),
        ("stabilise", {"note": "төбелес тоқтады"}),
        ("clear", {}),
    ):
        answer = officer.post(f"/dispatches/{sent}/{verb}", body)
        assert answer.status_code == 200, answer.content
        seen.append((answer.json()["state"], state_of(unit), state_of_alarm(alarm)))

    assert seen == [
        ("accepted", "dispatched", "dispatched"),
        ("en_route", "en_route", "en_route"),
        ("on_scene", "on_scene", "on_scene"),
        ("stabilised", "on_scene", "stabilised"),
        ("cleared", "free", "stabilised"),
    ]
    (listed,) = officer.get(f"/alarms/{alarm.pk}/dispatches").json()["items"]
    assert listed["accepted_by"] == "сержант Төлеуов" and listed["offered_by"]["id"] == str(officer.user.pk)
    times = [listed[key] for key in ("offered_at", "accepted_at", "departed_at", "arrived_at", "stabilised_at")]
    assert times == sorted(times) and listed["ended_at"] >= times[-1]
    words = ["offered", "dispatched", "en_route", "on_scene", "stabilised", "cleared"]
    assert actions(officer, alarm)[-6:] == words
    assert verify(AlarmLog.objects.filter(alarm=alarm)) == Alarm.objects.get(pk=alarm.pk).version


def test_nobody_accepts_without_a_name_or_a_record(town: Town, officer: Desk) -> None:
    alarm, unit = a_confirmed_alarm(town, officer), a.a_unit(town.centre)
    sent = offered(officer, alarm, unit)

    nameless = officer.post(f"/dispatches/{sent}/accept", {"by": "  "})
    recorded = officer.post(f"/dispatches/{sent}/accept", {"record": "102-2026-118834"})

    assert (nameless.status_code, nameless.json()["code"]) == (422, "dispatch.accepter")
    assert recorded.json()["record"] == "102-2026-118834"
    assert Alarm.objects.get(pk=alarm.pk).state == "dispatched"


def test_a_unit_that_refuses_says_why_and_another_one_is_asked(town: Town, officer: Desk) -> None:
    alarm = a_confirmed_alarm(town, officer)
    first, second = a.a_unit(town.centre, "101-жасақ"), a.a_unit(town.centre, "102-жасақ")
    sent = offered(officer, alarm, first)

    silent = officer.post(f"/dispatches/{sent}/reject", {})
    refused = officer.post(f"/dispatches/{sent}/reject", {"reason": "жол апаты, көмек көрсетіп тұрмыз"})
    offered(officer, alarm, second, by="лейтенант Ким")

    assert (silent.status_code, silent.json()["code"]) == (422, "dispatch.reason")
    assert refused.json()["state"] == "rejected" and refused.json()["ended_at"]
    assert (state_of(first), state_of(second)) == ("free", "dispatched")
    assert actions(officer, alarm)[-4:] == ["offered", "rejected", "offered", "dispatched"]


def test_the_radio_repeats_itself_and_the_log_does_not(town: Town, officer: Desk) -> None:
    alarm, unit = a_confirmed_alarm(town, officer), a.a_unit(town.centre)
    sent = offered(officer, alarm, unit, by="сержант Төлеуов")
    officer.post(f"/dispatches/{sent}/depart", {})
    lines = len(actions(officer, alarm))

    again = officer.post(f"/dispatches/{sent}/depart", {})

    assert again.json()["state"] == "en_route"
    assert len(actions(officer, alarm)) == lines


def test_a_unit_does_not_go_back_on_its_way(town: Town, officer: Desk) -> None:
    alarm, unit = a_confirmed_alarm(town, officer), a.a_unit(town.centre)
    sent = offered(officer, alarm, unit, by="сержант Төлеуов")
    officer.post(f"/dispatches/{sent}/arrive", {})

    answer = officer.post(f"/dispatches/{sent}/depart", {})

    assert (answer.status_code, answer.json()["code"]) == (409, "dispatch.state")


def test_a_unit_with_a_call_is_not_offered_another(town: Town, officer: Desk) -> None:
    first, second = a_confirmed_alarm(town, officer), a_confirmed_alarm(town, officer)
    unit = a.a_unit(town.centre)
    offered(officer, first, unit)

    answer = officer.post(f"/alarms/{second.pk}/dispatches", {"unit": str(unit.pk)})

    assert (answer.status_code, answer.json()["code"]) == (409, "unit.not_free")


def test_a_second_unit_that_arrives_does_not_move_the_alarm_back(town: Town, officer: Desk) -> None:
    alarm = a_confirmed_alarm(town, officer)
    first, second = a.a_unit(town.centre, "101-жасақ"), a.a_unit(town.centre, "102-жасақ")
    one = offered(officer, alarm, first, by="сержант Төлеуов")
    for verb in ("depart", "arrive", "stabilise"):
        officer.post(f"/dispatches/{one}/{verb}", {})
    assert state_of_alarm(alarm) == "stabilised"

    offered(officer, alarm, second, by="лейтенант Ким")

    assert state_of_alarm(alarm) == "stabilised"


def test_units_still_out_are_cleared_when_the_case_is_closed(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school, level="P2")
    officer.post(f"/alarms/{alarm.pk}/acknowledgement")
    officer.post(f"/alarms/{alarm.pk}/verification", {"verdict": "confirmed"})
    unit = a.a_unit(town.centre)
    offered(officer, alarm, unit, by="сержант Төлеуов")

    closed = officer.post(f"/alarms/{alarm.pk}/closure", {"disposition": "true", "note": "тыныш"}).json()

    (sent,) = officer.get(f"/alarms/{alarm.pk}/dispatches").json()["items"]
    assert closed["state"] == "closed"
    assert (sent["state"], state_of(unit)) == ("cleared", "free") and sent["ended_at"] == closed["closed_at"]


def test_no_unit_is_sent_to_an_alarm_that_nobody_has_looked_at(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)

    answer = officer.post(f"/alarms/{alarm.pk}/dispatches", {"unit": str(a.a_unit(town.centre).pk)})

    assert (answer.status_code, answer.json()["code"]) == (409, "alarm.state")


def test_a_unit_out_of_service_says_why_and_is_not_sent(town: Town, officer: Desk) -> None:
    alarm, unit = a_confirmed_alarm(town, officer), a.a_unit(town.centre)

    out = officer.put(f"/units/{unit.pk}/out-of-service", {"reason": "дөңгелек жарылды"})
    refused = officer.post(f"/alarms/{alarm.pk}/dispatches", {"unit": str(unit.pk)})
    back = officer.delete(f"/units/{unit.pk}/out-of-service")

    assert out.json()["state"] == "out_of_service" and out.json()["reason"] == "дөңгелек жарылды"
    assert refused.json()["code"] == "unit.not_free"
    assert (back.json()["state"], back.json()["reason"]) == ("free", "")


def test_free_units_come_first_and_the_nearest_of_them_before_all(town: Town, officer: Desk) -> None:
    alarm = a_confirmed_alarm(town, officer)
    for name, lat in (("101-жасақ", 53.30), ("102-жасақ", 53.21), ("103-жасақ", None), ("104-жасақ", 53.201)):
        unit = a.a_unit(town.centre, name)
        Unit.objects.filter(pk=unit.pk).update(lat=lat, lon=63.6 if lat else None)
    Unit.objects.filter(name_kk="104-жасақ").update(state="en_route")

    found = officer.get(f"/alarms/{alarm.pk}/units").json()["items"]

    assert [one["unit"]["name"]["kk"][:3] for one in found] == ["102", "101", "103", "104"]
    assert found[0]["distance_m"] == pytest.approx(1_112, rel=0.01)
    assert found[2]["distance_m"] is None


def test_a_stranger_neither_sees_nor_moves_a_dispatch(town: Town, officer: Desk) -> None:
    alarm, unit = a_confirmed_alarm(town, officer), a.a_unit(town.centre)
    sent = offered(officer, alarm, unit)
    stranger = desk(a.a_person(Role.DUTY_OFFICER, centre=a.a_centre(regions=(a.ASTANA,))))
    head = desk(a.a_person(Role.HEAD, school=town.school))

    assert stranger.get(f"/alarms/{alarm.pk}/dispatches").status_code == 404
    assert stranger.post(f"/dispatches/{sent}/accept", {"by": "x"}).status_code == 404
    assert stranger.put(f"/units/{unit.pk}/out-of-service", {"reason": "x"}).status_code == 404
    assert head.get(f"/alarms/{alarm.pk}/dispatches").status_code == 200
    assert head.post(f"/dispatches/{sent}/accept", {"by": "x"}).status_code == 403


def test_a_repeated_offer_is_one_offer(town: Town, officer: Desk) -> None:
    alarm, unit = a_confirmed_alarm(town, officer), a.a_unit(town.centre)
    body = {"unit": str(unit.pk)}

    first = officer.post(f"/alarms/{alarm.pk}/dispatches", body, key="k1").json()
    again = officer.post(f"/alarms/{alarm.pk}/dispatches", body, key="k1").json()

    assert UUID(first["id"]) and first == again


@pytest.mark.django_db(transaction=True)
def test_two_officers_reach_for_one_unit_and_one_gets_it(committed_town: Town, officer: Desk) -> None:
    second = desk(a.a_person(Role.DUTY_OFFICER, centre=committed_town.centre))
    unit = a.a_unit(committed_town.centre)
    wishes = [(person, a_confirmed_alarm(committed_town, person)) for person in (officer, second)]
    together = Barrier(2)

    def reach(person: Desk, alarm: Alarm) -> int:
        together.wait(timeout=60)
        try:
            return int(person.post(f"/alarms/{alarm.pk}/dispatches", {"unit": str(unit.pk)}).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda wish: reach(*wish), wishes))

    assert sorted(answers) == [200, 409]
    assert Dispatch.objects.filter(unit=unit).count() == 1
