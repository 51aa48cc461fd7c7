"""An officer and an alarm, by the API."""

import pytest
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre.alarms.models import Alarm, AlarmLog, Unit
from qorgan.centre.ledger import LedgerBroken, verify
from qorgan.domain.access import Role

pytestmark = pytest.mark.django_db


def test_the_whole_way_from_press_to_closure(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)
    unit = a.a_unit(town.centre)
    path = f"/alarms/{alarm.pk}"

    officer.post(f"{path}/presentation", {"drawn_at": "2026-11-22T07:44:00.600Z"})
    officer.post(f"{path}/acknowledgement")
    officer.post(f"{path}/verification", {"verdict": "confirmed", "note": "екі адам төбелесіп жатыр"})
    sent = officer.post(f"{path}/dispatch", {"unit": str(unit.pk)}).json()
    busy = officer.get("/units").json()["items"]
    second = desk(a.a_person(Role.DUTY_OFFICER, centre=town.centre))
    signed = officer.post(f"{path}/closure", {"disposition": "true", "note": "патруль келді"}).json()
    closed = second.post(f"{path}/closure/confirmation").json()

    assert signed["state"] == "dispatched" and signed["closing"]["disposition"] == "true"
    assert sent["state"] == "dispatched" and sent["unit"]["state"] == "dispatched"
    assert [one["state"] for one in busy] == ["dispatched"]
    assert closed["state"] == "closed" and closed["disposition"] == "true"
    assert closed["owner"]["id"] == str(officer.user.pk)
    assert [line["action"] for line in closed["log"]] == [
        "pressed",
        "stored",
        "presented",
        "owned",
        "confirmed",
        "offered",
        "dispatched",
        "signed",
        "closed",
    ]
    assert closed["log"][4]["note"] == "екі адам төбелесіп жатыр"
    assert closed["log"][7]["actor"] == {"id": str(officer.user.pk), "name": officer.user.name}
    assert closed["log"][8]["actor"] == closed["confirmed_by"] == {"id": str(second.user.pk), "name": second.user.name}
    assert closed["version"] == len(closed["log"]) == 9
    assert Unit.objects.get(pk=unit.pk).state == "free"
    assert officer.get("/alarms", state="open").json()["items"] == []
    assert [one["id"] for one in officer.get("/alarms", state="closed").json()["items"]] == [str(alarm.pk)]


def test_an_alarm_shows_its_place_and_the_cameras_nearest_first(town: Town, officer: Desk) -> None:
    yard = a.a_camera(town.school, "yard")
    alarm = a.an_alarm(town.school, cameras=("yard", "gone", "hall"))

    seen = officer.get(f"/alarms/{alarm.pk}").json()

    assert seen["cameras"] == [str(yard.pk), str(town.hall.pk)]
    assert seen["place"] == {"kk": "Фойе, 1-қабат", "ru": "Фойе, 1 этаж", "en": "Entrance hall, floor 1"}
    assert seen["received_at"].endswith("Z")


def test_a_step_out_of_turn_is_a_conflict_and_changes_nothing(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)

    answer = officer.post(f"/alarms/{alarm.pk}/closure", {"disposition": "true"})

    assert (answer.status_code, answer.json()["code"]) == (409, "alarm.state")
    assert Alarm.objects.get(pk=alarm.pk).version == 2


def test_two_officers_reach_for_one_alarm_and_one_owns_it(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)
    second = desk(a.a_person(Role.DUTY_OFFICER, centre=town.centre))

    assert officer.post(f"/alarms/{alarm.pk}/acknowledgement").status_code == 200
    assert second.post(f"/alarms/{alarm.pk}/acknowledgement").status_code == 409
    assert officer.post(f"/alarms/{alarm.pk}/acknowledgement").json()["version"] == 3


def test_a_unit_of_another_centre_cannot_be_sent(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)
    stranger = a.a_unit(a.a_centre(regions=(a.ASTANA,)))
    officer.post(f"/alarms/{alarm.pk}/acknowledgement")
    officer.post(f"/alarms/{alarm.pk}/verification", {"verdict": "unverified"})

    answer = officer.post(f"/alarms/{alarm.pk}/dispatch", {"unit": str(stranger.pk)})
    assert (answer.status_code, answer.json()["code"]) == (404, "unit.not_found")


def test_another_unit_is_sent_beside_the_first(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)
    first, second = a.a_unit(town.centre, "101-жасақ"), a.a_unit(town.centre, "102-жасақ")
    officer.post(f"/alarms/{alarm.pk}/acknowledgement")
    officer.post(f"/alarms/{alarm.pk}/verification", {"verdict": "unverified"})
    officer.post(f"/alarms/{alarm.pk}/dispatch", {"unit": str(first.pk)})
    officer.post(f"/alarms/{alarm.pk}/dispatch", {"unit": str(second.pk)})

    states = {unit["name"]["kk"]: unit["state"] for unit in officer.get("/units").json()["items"]}
    assert states == {"101-жасақ": "dispatched", "102-жасақ": "dispatched"}


def test_a_repeated_write_acts_once_and_gets_the_same_answer(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)

    first = officer.post(f"/alarms/{alarm.pk}/acknowledgement", key="k1")
    officer.post(f"/alarms/{alarm.pk}/verification", {"verdict": "false"})
    again = officer.post(f"/alarms/{alarm.pk}/acknowledgement", key="k1")

    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert Alarm.objects.get(pk=alarm.pk).state == "refuted"


def test_a_key_used_for_something_else_is_a_conflict(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)
    officer.post(f"/alarms/{alarm.pk}/acknowledgement", key="k1")

    answer = officer.post(f"/alarms/{alarm.pk}/verification", {"verdict": "false"}, key="k1")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency.key_reused")


def test_a_refused_write_may_be_tried_again_with_the_same_key(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)

    assert officer.post(f"/alarms/{alarm.pk}/verification", {"verdict": "false"}, key="k2").status_code == 409
    officer.post(f"/alarms/{alarm.pk}/acknowledgement")
    assert officer.post(f"/alarms/{alarm.pk}/verification", {"verdict": "false"}, key="k2").status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("verification", {"verdict": "perhaps"}),
        ("verification", {}),
        ("closure", {"disposition": "true", "note": "x" * 2001}),
        ("dispatch", {"unit": "101"}),
        ("presentation", {"drawn_at": "yesterday"}),
    ],
)
def test_a_body_without_its_form_is_a_problem_document(
    town: Town, officer: Desk, path: str, body: dict[str, str]
) -> None:
    answer = officer.post(f"/alarms/{a.an_alarm(town.school).pk}/{path}", body)

    assert answer.status_code == 422
    assert set(answer.json()) == {"code", "title", "detail", "status"}


def test_pages_follow_each_other_without_a_hole(town: Town, officer: Desk) -> None:
    alarms = [str(a.an_alarm(town.school).pk) for _ in range(5)]
    seen: list[str] = []
    cursor = None
    while True:
        page = officer.get("/alarms", limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert seen == alarms[::-1]


@pytest.mark.parametrize("cursor", ["x", "bm8", "W10", "WyJhIiwiYiJd"])
def test_a_made_up_cursor_is_refused(town: Town, officer: Desk, cursor: str) -> None:
    answer = officer.get("/alarms", cursor=cursor)
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor")


def test_the_log_of_an_alarm_is_a_chain_that_shows_tampering(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)
    officer.post(f"/alarms/{alarm.pk}/acknowledgement")
    officer.post(f"/alarms/{alarm.pk}/verification", {"verdict": "false", "note": "кездейсоқ"})
    lines = AlarmLog.objects.filter(alarm=alarm)
    assert verify(lines) == Alarm.objects.get(pk=alarm.pk).version == 4

    lines.filter(number=4).update(note="ничего не было")

    with pytest.raises(LedgerBroken):
        verify(AlarmLog.objects.filter(alarm=alarm))


def test_removing_a_line_from_the_middle_shows(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)
    officer.post(f"/alarms/{alarm.pk}/acknowledgement")
    AlarmLog.objects.filter(alarm=alarm, number=2).delete()
    AlarmLog.objects.filter(alarm=alarm, number=3).update(number=2)

    with pytest.raises(LedgerBroken):
        verify(AlarmLog.objects.filter(alarm=alarm))


def test_a_line_of_the_log_is_neither_saved_again_nor_deleted(town: Town) -> None:
    line = AlarmLog.objects.filter(alarm=a.an_alarm(town.school))[0]

    with pytest.raises(LedgerBroken):
        line.save()
    with pytest.raises(LedgerBroken):
        line.delete()
