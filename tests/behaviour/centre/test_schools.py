"""Schools and cameras by the API: finding them, and saying only what is known."""

import pytest
from tests.behaviour.centre.conftest import Desk, Town
from tests.support import centre as a

from qorgan.centre.cameras.models import Camera
from qorgan.centre.nodes.models import Node

pytestmark = pytest.mark.django_db


def test_a_school_says_how_its_node_its_cameras_and_its_alarms_are(town: Town, officer: Desk) -> None:
    a.a_camera(town.school, "yard", state="stalled")
    a.an_alarm(town.school, level="P2")
    a.an_alarm(town.school, level="P1", kind="drill")

    seen = officer.get(f"/schools/{town.school.pk}").json()

    assert seen["node"]["state"] == "online"
    assert (seen["cameras_total"], seen["cameras_live"], seen["alarm_level"]) == (2, 1, "P2")
    assert (seen["region"], seen["district"], seen["kind"]) == (a.KOSTANAY, a.CITY, "school")


def test_of_a_silent_school_nothing_is_shown_as_live(town: Town, officer: Desk) -> None:
    Node.objects.filter(school=town.school).update(state="silent")

    assert officer.get(f"/schools/{town.school.pk}").json()["cameras_live"] == 0
    streams = officer.get(f"/cameras/{town.hall.pk}").json()["streams"]
    assert {(one["state"], one["reason"]) for one in streams} == {("unknown", "node_silent")}


def test_a_camera_that_was_taken_away_is_in_no_list(town: Town, officer: Desk) -> None:
    Camera.objects.filter(pk=town.hall.pk).update(present=False)

    assert officer.get(f"/schools/{town.school.pk}/cameras").json()["items"] == []
    assert officer.get(f"/cameras/{town.hall.pk}").json()["present"] is False
    assert officer.get(f"/schools/{town.school.pk}").json()["cameras_total"] == 0


@pytest.mark.parametrize(
    ("query", "sites"),
    [
        ({"q": "школа RUD"}, {"rud-004"}),
        ({"q": "АБАЙ ДАҢҒЫЛЫ"}, {"kst-012", "rud-004", "new-001"}),
        ({"q": "100%_'"}, set()),
        ({"district": a.RUDNY}, {"rud-004"}),
        ({"state": "online"}, {"kst-012", "rud-004"}),
        ({"state": "never"}, {"new-001"}),
        ({"state": "silent"}, set()),
    ],
)
def test_schools_are_found(town: Town, officer: Desk, query: dict[str, str], sites: set[str]) -> None:
    a.a_school("new-001", online=False)

    found = officer.get("/schools", **query).json()
    assert {one["site"] for one in found["items"]} == sites


def test_pages_of_schools_follow_each_other(town: Town, officer: Desk) -> None:
    first = officer.get("/schools", limit=1).json()
    second = officer.get("/schools", limit=1, cursor=first["next"]).json()

    assert {first["items"][0]["site"], second["items"][0]["site"]} == {"kst-012", "rud-004"}
    assert second["next"] is None


def test_schools_stand_in_the_order_in_which_people_look_for_them(officer: Desk) -> None:
    """By kind, then number 9 before number 12, then the Kazakh alphabet; the same over the ends of pages."""
    names = {
        "s-100": ("school", "№ 100 мектеп"),
        "s-9": ("school", "№ 9 мектеп"),
        "k-b": ("kindergarten", "«Балапан» балабақшасы"),
        "k-ae": ("kindergarten", "«Әсем» балабақшасы"),
        "k-a": ("kindergarten", "«Айгөлек» балабақшасы"),
        "k-7": ("kindergarten", "№ 7 «Өркен» балабақшасы"),
        "c-1": ("college", "Политехникалық колледж"),
        "s-lic": ("school", "Қазтуған лицейі"),
    }
    for site, (kind, name) in names.items():
        school = a.a_school(site)
        school.kind, school.name_kk = kind, name
        school.save()
    wanted = ["s-9", "s-100", "s-lic", "k-7", "k-a", "k-ae", "k-b", "c-1"]

    seen, cursor = [], {}
    while True:
        page = officer.get("/schools", limit=3, **cursor).json()
        seen += [one["site"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert [site for site in seen if site in names] == wanted
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("cursor", ["x", "bnVsbA", "WyIwMCIsICJubyBpZCJd", "WzEsIDJd", "W10"])
def test_a_cursor_that_nobody_gave_out_is_refused(officer: Desk, cursor: str) -> None:
    answer = officer.get("/schools", cursor=cursor)
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor")


def test_without_a_gateway_recordings_are_unavailable(town: Town, officer: Desk) -> None:
    when = {"start": "2026-11-22T07:00:00Z", "end": "2026-11-22T07:01:00Z"}
    for what in ("timeline", "range"):
        answer = officer.get(f"/cameras/{town.hall.pk}/{what}", **when)
        assert (answer.status_code, answer.json()["code"]) == (503, "gateway.not_running")


def test_an_unknown_path_is_a_problem_and_health_needs_no_session(town: Town, officer: Desk) -> None:
    nothing = officer.get("/nothing")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "not_found")
    assert officer.get("/schools/not-an-id").status_code in (404, 422)
    assert officer.client.get("/api/health").json()["status"] == "ok"
    officer.client.logout()
    assert officer.client.get("/api/health").status_code == 200
