"""Officers sit down at desks and hand them over: what is unaccepted blocks the signature, and both sign one list."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre.access.models import AuditLine
from qorgan.centre.alarms.models import Alarm, OutOfService
from qorgan.centre.duty.models import DutyDesk, Shift
from qorgan.centre.ledger import verify
from qorgan.domain.access import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def first(town: Town) -> DutyDesk:
    return DutyDesk.objects.create(centre=town.centre, name_kk="1-пульт", name_ru="Пульт 1", position=1)


@pytest.fixture
def second(town: Town) -> DutyDesk:
    return DutyDesk.objects.create(centre=town.centre, name_kk="2-пульт", name_ru="Пульт 2", position=2)


@pytest.fixture
def morning(town: Town, first: DutyDesk) -> Desk:
    """The officer who sits at the first desk."""
    sitting = desk(a.a_person(Role.DUTY_OFFICER, centre=town.centre))
    assert sitting.post("/duty/shift", {"desk": str(first.pk)}).status_code == 200
    return sitting


@pytest.fixture
def evening(town: Town) -> Desk:
    """The officer who comes."""
    return desk(a.a_person(Role.DUTY_OFFICER, centre=town.centre))


def handed(morning: Desk, note: str = "") -> Any:
    answer = morning.post("/duty/handover", {"note": note})
    assert answer.status_code == 200, answer.content
    return answer.json()


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def an_owned_alarm(town: Town, owner: Desk) -> Alarm:
    alarm = a.an_alarm(town.school)
    owner.post(f"/alarms/{alarm.pk}/acknowledgement")
    return alarm


def test_who_sits_where_is_seen_by_all_of_the_centre(
    town: Town, first: DutyDesk, second: DutyDesk, morning: Desk, evening: Desk
) -> None:
    seen = evening.get("/duty").json()

    assert [one["name"]["ru"] for one in seen["desks"]] == ["Пульт 1", "Пульт 2"]
    assert [one["officer"] and one["officer"]["id"] for one in seen["desks"]] == [str(morning.user.pk), None]
    assert seen["mine"] is None and morning.get("/duty").json()["mine"] == str(first.pk)


def test_a_taken_desk_is_handed_over_or_taken_over_with_a_reason(
    first: DutyDesk, second: DutyDesk, morning: Desk, evening: Desk
) -> None:
    body = {"desk": str(first.pk)}

    assert code(morning.post("/duty/shift", {"desk": str(second.pk)})) == (409, "duty.elsewhere")
    assert code(evening.post("/duty/shift", body)) == (409, "duty.desk_taken")
    taken = evening.post("/duty/shift", body | {"reason": "жедел жәрдеммен кетті"}).json()

    assert taken["mine"] == str(first.pk)
    ended = Shift.objects.get(officer=morning.user)
    assert (ended.ended, ended.reason) == ("taken_over", "жедел жәрдеммен кетті")
    lines = AuditLine.objects.filter(person=morning.user).values_list("action", flat=True)
    assert list(lines)[-1] == "shift.taken_over"


def test_the_whole_hand_over(town: Town, first: DutyDesk, morning: Desk, evening: Desk) -> None:
    alarm = an_owned_alarm(town, morning)
    unit = a.a_unit(town.centre)
    morning.put(f"/units/{unit.pk}/out-of-service", {"reason": "жөндеуде"})
    now = timezone.now()
    OutOfService.objects.create(
        school=town.school, key="hall", reason="сым үзілген", at=now, by=morning.user, until=now + timedelta(hours=5)
    )

    open_ = handed(morning, "түнде жел күшейеді")
    path = f"/duty/handover/{open_['id']}"
    assert {one["matter"] for one in open_["items"]} == {"alarm", "point", "unit"}
    assert evening.get("/duty").json()["desks"][0]["handover"] == open_["id"]

    early = evening.post(f"{path}/signature")
    for key in open_["unaccepted"]:
        evening.put(f"{path}/items", {"keys": [key]})
    mine = morning.post(f"{path}/signature").json()
    done = evening.post(f"{path}/signature").json()

    assert code(early) == (409, "duty.unaccepted")
    assert mine["state"] == "open" and mine["outgoing_signed_at"] and not mine["incoming_signed_at"]
    assert done["state"] == "signed" and done["unaccepted"] == [] and len(done["digest"]) == 64
    assert done["incoming"]["id"] == str(evening.user.pk)
    seen = evening.get("/duty").json()
    assert seen["mine"] == str(first.pk) and seen["desks"][0]["handover"] is None
    assert evening.get(f"/alarms/{alarm.pk}").json()["owner"]["id"] == str(evening.user.pk)
    for officer in (morning, evening):
        lines = AuditLine.objects.filter(person=officer.user)
        assert verify(lines) == len(lines)
        assert {done["digest"]} == {line.data["digest"] for line in lines if line.action == "handover.signed"}


def test_nobody_hands_over_to_themselves(town: Town, morning: Desk) -> None:
    an_owned_alarm(town, morning)
    open_ = handed(morning)

    answer = morning.put(f"/duty/handover/{open_['id']}/items", {"keys": open_["unaccepted"]})

    assert code(answer) == (403, "duty.second_person")
    assert morning.post(f"/duty/handover/{open_['id']}/signature").json()["state"] == "open"


def test_what_comes_after_a_signature_lapses_it(town: Town, morning: Desk, evening: Desk) -> None:
    open_ = handed(morning)
    path = f"/duty/handover/{open_['id']}"
    assert morning.post(f"{path}/signature").json()["outgoing_signed_at"]
    alarm = a.an_alarm(town.neighbour)
    assert evening.get(path).json()["unaccepted"] == [f"alarm:{alarm.pk}"]

    blocked = evening.post(f"{path}/signature")
    taken = evening.put(f"{path}/items", {"keys": [f"alarm:{alarm.pk}"]}).json()
    signed = evening.post(f"{path}/signature").json()
    assert code(blocked) == (409, "duty.unaccepted")
    assert taken["unaccepted"] == []
    assert (signed["state"], signed["outgoing_signed_at"]) == ("open", None)

    assert morning.post(f"{path}/signature").json()["state"] == "signed"


def test_what_has_ended_meanwhile_is_gone_and_blocks_nobody(town: Town, morning: Desk, evening: Desk) -> None:
    unit = a.a_unit(town.centre)
    morning.put(f"/units/{unit.pk}/out-of-service", {"reason": "жөндеуде"})
    open_ = handed(morning)
    path = f"/duty/handover/{open_['id']}"

    morning.delete(f"/units/{unit.pk}/out-of-service")
    evening.post(f"{path}/signature")
    done = morning.post(f"{path}/signature").json()

    assert done["state"] == "signed"
    assert [one["gone_at"] is not None for one in done["items"]] == [True]


def test_a_shelved_alarm_is_read_back_as_shelved(town: Town, morning: Desk, evening: Desk) -> None:
    alarm = an_owned_alarm(town, morning)
    until = timezone.now() + timedelta(hours=1)
    Alarm.objects.filter(pk=alarm.pk).update(
        shelf_by=morning.user, shelf_reason="датчик жөнделуде", shelf_until=until, shelf_confirmed_by=evening.user
    )

    (item,) = handed(morning)["items"]

    assert item["matter"] == "shelved" and "датчик жөнделуде" in item["detail"]["ru"]


def test_the_last_one_does_not_just_leave(town: Town, second: DutyDesk, morning: Desk, evening: Desk) -> None:
    alarm = a.an_alarm(town.school)
    assert code(morning.post("/duty/shift/end")) == (409, "duty.handover_needed")

    evening.post("/duty/shift", {"desk": str(second.pk)})
    assert morning.post("/duty/shift/end").status_code == 200, "somebody stays, and nobody owns the alarm"
    evening.post(f"/alarms/{alarm.pk}/acknowledgement")
    assert code(evening.post("/duty/shift/end")) == (409, "duty.handover_needed")


def test_whoever_leaves_nothing_behind_just_leaves(morning: Desk) -> None:
    assert morning.post("/duty/shift/end").json()["mine"] is None
    assert morning.post("/duty/shift/end").status_code == 200, "leaving twice is leaving once"


def test_a_hand_over_can_be_broken_off_and_stays_on_record(town: Town, morning: Desk, evening: Desk) -> None:
    open_ = handed(morning)

    gone = morning.delete(f"/duty/handover/{open_['id']}").json()
    late = evening.post(f"/duty/handover/{open_['id']}/signature")

    assert gone["state"] == "withdrawn" and morning.get("/duty").json()["mine"]
    assert code(late) == (409, "duty.handover_over")
    assert [one["state"] for one in evening.get("/duty/handovers").json()["items"]] == ["withdrawn"]


def test_another_centre_and_other_roles_see_nothing_of_it(town: Town, first: DutyDesk, morning: Desk) -> None:
    open_ = handed(morning)
    stranger = desk(a.a_person(Role.DUTY_OFFICER, centre=a.a_centre(regions=(a.ASTANA,))))
    head = desk(a.a_person(Role.HEAD, school=town.school))

    assert stranger.get("/duty").json()["desks"] == []
    assert stranger.get(f"/duty/handover/{open_['id']}").status_code == 404
    assert stranger.post(f"/duty/handover/{open_['id']}/signature").status_code == 404
    assert stranger.post("/duty/shift", {"desk": str(first.pk)}).status_code == 404
    assert head.get("/duty").status_code == 403


def test_a_second_hand_over_of_a_desk_is_the_first(morning: Desk) -> None:
    assert handed(morning)["id"] == handed(morning)["id"]
