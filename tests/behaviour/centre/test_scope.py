"""Who sees what: no answer of the centre goes beyond the actor's territory, by whichever road it is asked."""

from collections.abc import Callable

import pytest
from django.test import Client
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre import snapshots
from qorgan.centre.access import service as access
from qorgan.centre.access.models import User
from qorgan.centre.alarms.models import Alarm
from qorgan.centre.cameras.models import Camera
from qorgan.centre.schools.models import School
from qorgan.domain.access import Actor, Role

pytestmark = pytest.mark.django_db
Make = Callable[[Town], Actor]

WHO: dict[str, tuple[Make, set[str]]] = {
    "officer of the region": (
        lambda town: a.an_officer(town.centre),
        {"kst-012", "rud-004"},
    ),
    "officer of one district": (
        lambda _: a.an_officer(a.a_centre(regions=(), districts=(a.RUDNY,))),
        {"rud-004"},
    ),
    "officer of a centre without territory": (lambda _: a.an_officer(a.a_centre(regions=())), set()),
    "head of one school": (lambda town: a.an_actor(Role.HEAD, school=town.school), {"kst-012"}),
    "inspector of Astana": (lambda _: a.an_actor(Role.INSPECTOR, regions=(a.ASTANA,)), {"ast-077"}),
    "ministry": (lambda _: a.an_actor(Role.MINISTRY), {"kst-012", "rud-004", "ast-077"}),
    "administrator": (lambda _: a.an_actor(Role.ADMINISTRATOR), {"kst-012", "rud-004", "ast-077"}),
}


@pytest.fixture
def alarms(town: Town) -> dict[str, Alarm]:
    return {school.site: a.an_alarm(school) for school in (town.school, town.neighbour, town.far)}


@pytest.mark.parametrize("who", WHO)
def test_schools_cameras_and_alarms_end_at_the_border_of_the_scope(
    town: Town, alarms: dict[str, Alarm], who: str
) -> None:
    make, sites = WHO[who]
    actor = make(town)

    seen = snapshots.snapshot(actor)

    assert {school.site for school in School.objects.visible_to(actor)} == sites
    assert {camera.school.site for camera in Camera.objects.visible_to(actor)} == sites
    assert {alarm.school.site for alarm in Alarm.objects.visible_to(actor)} == sites
    assert {school["site"] for school in seen["schools"]} == sites
    assert {alarm["site"] for alarm in seen["alarms"]} == sites
    assert len(seen["cameras"]) == len(sites)


@pytest.mark.parametrize("who", WHO)
def test_what_one_event_shows_is_what_the_snapshot_shows(town: Town, alarms: dict[str, Alarm], who: str) -> None:
    make, sites = WHO[who]
    actor = make(town)

    for school in School.objects.all():
        inside = school.site in sites
        assert (snapshots.view("school", school.pk, actor) is not None) == inside
        assert (snapshots.view("alarm", alarms[school.site].pk, actor) is not None) == inside
        assert (snapshots.view("camera", school.cameras.get().pk, actor) is not None) == inside


@pytest.mark.parametrize("who", WHO)
def test_the_api_answers_not_found_beyond_the_scope(town: Town, alarms: dict[str, Alarm], who: str) -> None:
    make, sites = WHO[who]
    somebody = desk(User.objects.get(pk=make(town).user))

    assert {item["site"] for item in somebody.get("/schools").json()["items"]} == sites
    assert {item["site"] for item in somebody.get("/alarms").json()["items"]} == sites
    for school in School.objects.all():
        wanted = 200 if school.site in sites else 404
        paths = [
            f"/schools/{school.pk}",
            f"/schools/{school.pk}/cameras",
            f"/cameras/{school.cameras.get().pk}",
            f"/alarms/{alarms[school.site].pk}",
        ]
        assert {path: somebody.get(path).status_code for path in paths} == dict.fromkeys(paths, wanted)


def test_an_officer_does_nothing_to_an_alarm_of_another_region(
    town: Town, alarms: dict[str, Alarm], officer: Desk
) -> None:
    answer = officer.post(f"/alarms/{alarms['ast-077'].pk}/acknowledgement")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert Alarm.objects.get(pk=alarms["ast-077"].pk).state == "stored"


@pytest.mark.parametrize("role", [Role.HEAD, Role.INSPECTOR, Role.MINISTRY, Role.ADMINISTRATOR])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("presentation", {}),
        ("acknowledgement", {}),
        ("verification", {"verdict": "confirmed"}),
        ("closure", {"disposition": "true"}),
    ],
)
def test_only_officers_answer_alarms(
    town: Town, alarms: dict[str, Alarm], role: Role, path: str, body: dict[str, str]
) -> None:
    place = {Role.HEAD: {"school": town.school}, Role.INSPECTOR: {"regions": (a.KOSTANAY,)}}.get(role, {})
    somebody = desk(a.a_person(role, **place))

    answer = somebody.post(f"/alarms/{alarms['kst-012'].pk}/{path}", body)

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert Alarm.objects.get(pk=alarms["kst-012"].pk).version == 2


def test_units_belong_to_their_centre(town: Town) -> None:
    a.a_unit(town.centre, "101-жасақ")
    a.a_unit(a.a_centre(regions=(a.ASTANA,)), "900-жасақ")
    mine = desk(a.a_person(Role.DUTY_OFFICER, centre=town.centre))

    assert [unit["name"]["kk"] for unit in mine.get("/units").json()["items"]] == ["101-жасақ"]
    head = desk(a.a_person(Role.HEAD, school=town.school))
    assert head.get("/units").status_code == 403


@pytest.mark.parametrize("path", ["/session", "/schools", "/alarms", "/units"])
def test_without_a_session_there_is_nothing(town: Town, path: str) -> None:
    answer = Client().get(f"/api{path}")

    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_signed_in"


def test_a_person_without_a_role_is_told_whom_to_ask(town: Town) -> None:
    somebody = desk(User.objects.create_user("new@qorgan.test", a.PASSWORD, name="New"))

    answer = somebody.get("/schools")
    assert (answer.status_code, answer.json()["code"]) == (403, "no_role")


def test_a_person_made_inactive_is_out_at_once(town: Town, officer: Desk) -> None:
    key = officer.client.session.session_key
    assert access.actor_of_session(key) is not None

    User.objects.filter(pk=officer.user.pk).update(is_active=False)

    assert officer.get("/schools").status_code == 401
    assert access.actor_of_session(key) is None


def test_the_gateway_knows_people_by_their_session(town: Town, officer: Desk) -> None:
    actor = access.actor_of_session(officer.client.session.session_key)

    assert actor is not None and actor.user == officer.user.pk
    assert access.actor_of_session("0" * 32) is None
    assert access.actor_of_session(None) is None
    officer.client.logout()
    assert access.actor_of_session(officer.client.session.session_key) is None


def test_people_see_themselves_and_an_administrator_sees_all(town: Town, officer: Desk) -> None:
    admin = a.an_actor(Role.ADMINISTRATOR)

    assert [u.pk for u in User.objects.visible_to(access.actor_for(officer.user))] == [officer.user.pk]
    assert User.objects.visible_to(admin).count() == User.objects.count() > 1
