"""Plans of a school: who sees them and changes them, every state kept, the place of an alarm."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre.access.models import AuditLine
from qorgan.centre.alarms import engine
from qorgan.centre.cameras.models import Button, Camera
from qorgan.centre.ledger import LedgerBroken, verify
from qorgan.centre.plans import schemas, service
from qorgan.centre.plans.drawing import Drawing
from qorgan.centre.plans.models import PlanRevision
from qorgan.centre.schools.models import School
from qorgan.centre.supervision.models import WayIn
from qorgan.domain.access import Role
from qorgan.domain.plans import PlanKind

pytestmark = pytest.mark.django_db
SHEET = Drawing(content=b"RIFF....WEBP", mime="image/webp", width=4_000, height=3_000)
SCALE = {"a": {"x": 0.1, "y": 0.5}, "b": {"x": 0.6, "y": 0.5}, "metres": 50}


@pytest.fixture
def head(town: Town) -> Desk:
    return desk(a.a_person(Role.HEAD, school=town.school))


@pytest.fixture
def administrator(town: Town) -> Desk:
    return desk(a.a_person(Role.ADMINISTRATOR))


def a_plan(school: School, name: str = "1-қабат", floor: int | None = 1, kind: PlanKind = PlanKind.FLOOR) -> UUID:
    """As an administrator adds it; its file was drawn already."""
    wish = schemas.NewPlan(kind=kind, name=name, floor=floor)
    return service.create(a.an_actor(Role.ADMINISTRATOR), school.pk, wish, SHEET).id


def point(kind: str, **said: Any) -> dict[str, Any]:
    return {"key": str(uuid4()), "kind": kind, "x": 0.25, "y": 0.5} | said


def put(who: Desk, plan: UUID, revision: int, *points: dict[str, Any], **said: Any) -> Any:
    body = {"revision": revision, "name": "1-қабат", "kind": "floor", "floor": 1, "scale": None, "points": points}
    return who.put(f"/plans/{plan}", body | said)


def actions(who: Desk) -> list[str]:
    return [line.action for line in AuditLine.objects.filter(person=who.user) if line.action.startswith("plan.")]


def test_what_the_school_draws_in_the_centre_sees(town: Town, head: Desk, officer: Desk) -> None:
    plan = a_plan(town.school)
    Button.objects.create(school=town.school, key="hall", name_kk="Фойе")
    camera = point("camera", camera=str(town.hall.pk), label="Фойе", bearing_deg=90)
    button = point("button", way="hall", x=0.1)

    changed = put(head, plan, 1, camera, button, point("exit", label="Қосалқы шығу"), scale=SCALE)

    assert changed.status_code == 200
    (seen,) = officer.get(f"/schools/{town.school.pk}/plans").json()["items"]
    assert seen == changed.json()
    assert (seen["revision"], seen["metres_per_px"], seen["changed_by"]) == (2, 50 / 2_000, head.user.name)
    assert [(one["kind"], one["camera"], one["way"], one["bearing_deg"]) for one in seen["points"]] == [
        ("camera", str(town.hall.pk), None, 90.0),
        ("button", None, "hall", None),
        ("exit", None, None, None),
    ]


def test_the_site_stands_first_and_then_the_floors(town: Town, officer: Desk) -> None:
    for name, floor in (("2-қабат", 2), ("Жертөле", -1)):
        a_plan(town.school, name, floor)
    a_plan(town.school, "Аумақ", 7, PlanKind.SITE)

    seen = officer.get(f"/schools/{town.school.pk}/plans").json()["items"]

    assert [(one["name"], one["floor"]) for one in seen] == [("Аумақ", None), ("Жертөле", -1), ("2-қабат", 2)]


def test_of_two_who_change_one_plan_the_slower_hears_of_it_and_nothing_is_lost(
    town: Town, head: Desk, administrator: Desk
) -> None:
    plan = a_plan(town.school)
    assert put(head, plan, 1, point("door")).json()["revision"] == 2

    late = put(administrator, plan, 1, point("exit"))

    assert (late.status_code, late.json()["code"]) == (409, "conflict")
    assert [one["kind"] for one in put(head, plan, 2, point("guard_post")).json()["points"]] == ["guard_post"]


def test_every_state_is_kept_and_an_older_one_can_be_had_again(town: Town, head: Desk) -> None:
    plan = a_plan(town.school)
    wished = put(head, plan, 1, point("door"), point("exit"), scale=SCALE).json()
    put(head, plan, 2, name="Бос")

    undone = head.post(f"/plans/{plan}/restore", {"revision": 3, "to": 2}).json()

    assert {**undone, "changed_at": wished["changed_at"]} == wished | {"revision": 4}
    told = head.get(f"/plans/{plan}/revisions").json()["items"]
    assert [(one["number"], one["deed"], one["points"]) for one in told] == [
        (4, "restored", 2),
        (3, "changed", 0),
        (2, "changed", 2),
        (1, "created", 0),
    ]
    assert told[0]["by"] == head.user.name
    assert head.post(f"/plans/{plan}/restore", {"revision": 3, "to": 1}).json()["code"] == "conflict"
    assert head.post(f"/plans/{plan}/restore", {"revision": 4, "to": 9}).status_code == 404
    assert actions(head) == ["plan.changed", "plan.changed", "plan.restored"]


def test_revisions_are_a_chain_that_nobody_edits(town: Town, head: Desk) -> None:
    plan = a_plan(town.school)
    put(head, plan, 1, point("camera", x=1 / 3, y=0, bearing_deg=0.1), scale=SCALE | {"metres": 33.333})
    lines = list(PlanRevision.objects.filter(plan=plan).order_by("number"))

    assert verify(lines) == 2
    with pytest.raises(LedgerBroken):
        lines[0].save()
    PlanRevision.objects.filter(plan=plan, number=1).update(name="Басқа")
    with pytest.raises(LedgerBroken):
        verify(PlanRevision.objects.filter(plan=plan).order_by("number"))


def test_a_removed_plan_is_seen_by_nobody_and_comes_back_as_it_was(town: Town, head: Desk, officer: Desk) -> None:
    plan = a_plan(town.school)
    before = put(head, plan, 1, point("assembly_point")).json()
    list_of = f"/schools/{town.school.pk}/plans"

    assert head.delete(f"/plans/{plan}").status_code == 204

    assert officer.get(list_of).json()["items"] == []
    assert officer.get(before["image"].removeprefix("/api")).status_code == 404
    assert put(head, plan, 3, point("door")).status_code == 404
    assert [one["id"] for one in head.get(list_of, removed=True).json()["items"]] == [str(plan)]
    assert officer.get(list_of, removed=True).status_code == 403
    back = head.post(f"/plans/{plan}/return").json()
    assert (back["revision"], back["points"]) == (4, before["points"])
    assert head.post(f"/plans/{plan}/return").json()["revision"] == 4, "once is enough"
    assert officer.get(list_of).json()["items"] == [back]
    assert actions(head) == ["plan.changed", "plan.removed", "plan.returned"]


def test_each_look_at_a_drawing_is_in_the_audit_and_a_browser_keeps_it_for_itself(town: Town, officer: Desk) -> None:
    plan = a_plan(town.school)
    address = officer.get(f"/schools/{town.school.pk}/plans").json()["items"][0]["image"].removeprefix("/api")
    assert actions(officer) == [], "a list shows no drawing"

    answer = officer.client.get(f"/api{address}")

    assert (answer.content, answer["Content-Type"], answer["X-Content-Type-Options"]) == (
        SHEET.content,
        "image/webp",
        "nosniff",
    )
    assert answer["Cache-Control"] == "private, max-age=86400, immutable"
    assert "Cookie" in answer["Vary"], "who signs in after them is asked anew"
    line = AuditLine.objects.get(person=officer.user, action="plan.looked")
    assert line.data == {"plan": str(plan), "school": str(town.school.pk), "version": SHEET.digest}
    assert officer.client.get(f"/api/plans/{plan}/image")["Cache-Control"] == "private, no-store"
    assert officer.client.get(f"/api/plans/{plan}/image?v={'0' * 64}").status_code == 404
    assert actions(officer) == ["plan.looked"] * 2


@pytest.mark.parametrize(
    ("role", "reads", "edits"),
    [
        (Role.DUTY_OFFICER, 200, 403),
        (Role.INSPECTOR, 200, 403),
        (Role.HEAD, 200, 200),
        (Role.ADMINISTRATOR, 200, 200),
        (Role.MINISTRY, 403, 403),
    ],
)
def test_who_sees_and_who_changes(town: Town, role: Role, reads: int, edits: int) -> None:
    place = {
        Role.DUTY_OFFICER: {"centre": town.centre},
        Role.HEAD: {"school": town.school},
        Role.INSPECTOR: {"regions": (a.KOSTANAY,)},
    }
    who, plan, alarm = desk(a.a_person(role, **place.get(role, {}))), a_plan(town.school), a.an_alarm(town.school)

    seeing = (
        f"/schools/{town.school.pk}/plans",
        f"/plans/{plan}/image",
        f"/plans/{plan}/revisions",
        f"/alarms/{alarm.pk}/place",
    )
    assert {who.get(path).status_code for path in seeing} == {reads}
    answers = [
        put(who, plan, 1).status_code,
        who.post(f"/plans/{plan}/restore", {"revision": 2, "to": 1}).status_code,
        who.delete(f"/plans/{plan}").status_code,
        who.post(f"/plans/{plan}/return").status_code,
    ]
    assert answers == ([403] * 4 if edits == 403 else [200, 200, 204, 200])


def test_nobody_sees_or_changes_plans_of_another_place(town: Town, head: Desk, officer: Desk) -> None:
    plan = a_plan(town.far)
    for who in (head, officer):
        for path in (f"/schools/{town.far.pk}/plans", f"/plans/{plan}/image", f"/plans/{plan}/revisions"):
            assert who.get(path).status_code == 404
    assert put(head, plan, 1).status_code == 404
    assert head.delete(f"/plans/{plan}").status_code == 404
    assert actions(head) == actions(officer) == []


def test_a_point_names_what_its_own_school_has_and_names_it_once(town: Town, head: Desk) -> None:
    plan = a_plan(town.school)
    stranger = Camera.objects.get(school=town.far)
    for points, code in (
        ((point("camera", camera=str(stranger.pk)),), "plan.camera_unknown"),
        ((point("camera", camera=str(uuid4())),), "plan.camera_unknown"),
        ((point("button", way="attic"),), "plan.way_unknown"),
        ((point("camera", camera=str(town.hall.pk)), point("camera", camera=str(town.hall.pk))), "plan.camera_twice"),
        ((point("door", x=1.5),), "plan.point_outside"),
        ((point("door"),) * 501, "plan.points_too_many"),
        ((point("door", label="я" * 81),), "invalid"),
        ((point("dragon"),), "invalid"),
    ):
        refused = put(head, plan, 1, *points)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert put(head, plan, 1, scale=SCALE | {"metres": 0}).json()["code"] == "plan.scale_metres"
    assert PlanRevision.objects.filter(plan=plan).count() == 1, "nothing is half saved"


def test_what_was_taken_away_at_the_school_stays_on_the_plan(town: Town, head: Desk) -> None:
    plan, zone = a_plan(town.school), point("panel_zone", way="gym.005")
    WayIn.objects.create(school=town.school, key="gym.005", kind="panel", known_since="2026-11-22T00:00:00Z")
    saved = put(head, plan, 1, zone, point("camera", camera=str(town.hall.pk))).json()
    WayIn.objects.all().delete()
    Camera.objects.filter(pk=town.hall.pk).update(present=False)

    again = put(head, plan, 2, *saved["points"])

    assert again.json()["points"] == saved["points"]


# --- the place of an alarm -----------------------------------------------------------------------------------------


def test_an_alarm_shows_the_plan_with_the_pressed_button(town: Town, head: Desk, officer: Desk) -> None:
    Button.objects.create(school=town.school, key="hall", name_kk="Фойе")
    upstairs, plan, button = a_plan(town.school, "2-қабат", 2), a_plan(town.school), point("button", way="hall")
    put(head, upstairs, 1, point("camera", camera=str(town.hall.pk)), floor=2)
    alarm, elsewhere = a.an_alarm(town.school, button="hall"), a.an_alarm(town.school, button="gym")

    place = officer.get(f"/alarms/{alarm.pk}/place").json()
    assert (place["plan"]["id"], place["point"]) == (str(upstairs), None), "on no plan yet: where its camera stands"

    put(head, plan, 1, button)
    place = officer.get(f"/alarms/{alarm.pk}/place").json()
    assert (place["plan"]["id"], place["point"]) == (str(plan), button["key"])
    assert officer.get(f"/alarms/{elsewhere.pk}/place").json()["point"] is None
    head.delete(f"/plans/{upstairs}")
    assert officer.get(f"/alarms/{elsewhere.pk}/place").json() == {"plan": None, "point": None}


def test_the_neighbour_who_is_called_sees_the_plan_for_that_alarm_until_it_is_closed(town: Town, head: Desk) -> None:
    neighbour = a.a_centre(regions=(a.ASTANA,))
    town.centre.neighbour = neighbour
    town.centre.save()
    guest = desk(a.a_person(Role.DUTY_OFFICER, centre=neighbour))
    plan, other = a_plan(town.school), a_plan(town.neighbour)
    put(head, plan, 1, point("camera", camera=str(town.hall.pk)))
    alarm = a.an_alarm(town.school)
    assert guest.get(f"/alarms/{alarm.pk}/place").status_code == 404
    assert guest.get(f"/plans/{plan}/image").status_code == 404

    engine.turn(alarm.received_at + timedelta(seconds=45))

    assert guest.get(f"/alarms/{alarm.pk}/place").json()["plan"]["id"] == str(plan)
    assert guest.get(f"/plans/{plan}/image").status_code == 200
    line = AuditLine.objects.get(person=guest.user, action="plan.looked")
    assert line.data["alarms"] == [str(alarm.pk)], "for which they looked"
    assert guest.get(f"/plans/{other}/image").status_code == 404, "no other school of that centre"
    assert put(guest, plan, 2).status_code == 403

    first, second = (desk(a.a_person(Role.DUTY_OFFICER, centre=town.centre)) for _ in range(2))
    first.post(f"/alarms/{alarm.pk}/acknowledgement")
    first.post(f"/alarms/{alarm.pk}/verification", {"verdict": "false"})
    first.post(f"/alarms/{alarm.pk}/closure", {"disposition": "false_accident", "note": "сөмкемен басылды"})
    second.post(f"/alarms/{alarm.pk}/closure/confirmation")
    assert guest.get(f"/plans/{plan}/image").status_code == 404
    assert guest.get(f"/alarms/{alarm.pk}/place").json() == {"plan": None, "point": None}
