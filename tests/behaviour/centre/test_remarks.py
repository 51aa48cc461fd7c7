"""Remarks: an inspector writes one, the school answers, another person verifies; nothing of it is lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.behaviour.centre.test_places import zone
from tests.behaviour.centre.test_plans import put
from tests.support import centre as a

from qorgan.centre.cameras.models import Camera
from qorgan.centre.events import InMemoryPublisher
from qorgan.centre.frames.models import Frame
from qorgan.centre.ledger import LedgerBroken, verify
from qorgan.centre.notices.models import Delivery, Subscription
from qorgan.centre.plans import schemas as plan_schemas
from qorgan.centre.plans import service as plans
from qorgan.centre.plans.drawing import Drawing
from qorgan.centre.remarks import service
from qorgan.centre.remarks.models import Remark, RemarkLine
from qorgan.domain.access import Body, Role
from qorgan.domain.plans import PlanKind

pytestmark = pytest.mark.django_db
WORDS = "Камера қабырғаға қарап тұр"
MOVED = {"fault": "moved", "verdict": "bad", "since": "2026-11-23T04:00:00+00:00"}
PICTURE = {"at": "2026-11-23T05:00:00+00:00", "verdict": "bad", "measures": {"sharpness": 0.4}, "found": [MOVED]}


def an_inspector(body: Body = Body.POLICE, region: str = a.KOSTANAY) -> Desk:
    return desk(a.a_person(Role.INSPECTOR, regions=(region,), body=body))


@pytest.fixture
def inspector(town: Town) -> Desk:
    return an_inspector()


@pytest.fixture
def head(town: Town) -> Desk:
    return desk(a.a_person(Role.HEAD, school=town.school))


def in_days(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def wish(town: Town, **said: Any) -> dict[str, Any]:
    target = {"kind": "camera", "camera": str(town.hall.pk)}
    known = {"school": str(town.school.pk), "target": target, "category": "place", "text": WORDS}
    return known | {"deadline": in_days(14), "issue": True} | said


def issued(who: Desk, town: Town, **said: Any) -> dict[str, Any]:
    answer = who.post("/remarks", wish(town, **said))
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def do(who: Desk, remark: dict[str, Any], deed: str, **said: Any) -> Any:
    return who.post(f"/remarks/{remark['id']}/deeds", {"deed": deed} | said)


def a_plan(town: Town) -> str:
    name = plan_schemas.NewPlan(kind=PlanKind.FLOOR, name="1-қабат", floor=1)
    sheet = Drawing(content=b"RIFF....WEBP", mime="image/webp", width=400, height=300)
    return str(plans.create(a.an_actor(Role.ADMINISTRATOR), town.school.pk, name, sheet).id)


def test_from_the_remark_to_its_closure_with_frames_before_and_after(
    town: Town, inspector: Desk, head: Desk, django_capture_on_commit_callbacks: Any, heard: InMemoryPublisher
) -> None:
    Camera.objects.filter(pk=town.hall.pk).update(picture=PICTURE)
    before = a.a_frame(town.hall, inspector.user)

    with django_capture_on_commit_callbacks(execute=True):
        remark = issued(inspector, town, frame=str(before.id), clause="19-тармақ")

    assert (remark["number"], remark["state"], remark["body"], remark["overdue"]) == (1, "issued", "police", False)
    assert remark["before"]["frame"]["id"] == str(before.id)
    assert (remark["before"]["measured"]["faults"], remark["before"]["measured"]["width"]) == (["moved"], 1920)
    assert [(event.topic, event.schools) for event in heard.events] == [("remark", (town.school.pk,))]
    assert head.get("/remarks", to_fix=True).json()["counts"]["to_fix"] == 1
    assert do(head, remark, "accept").json()["rights"] == ["object", "fix", "comment", "undo"]

    Camera.objects.filter(pk=town.hall.pk).update(picture=PICTURE | {"verdict": "ok", "found": []})
    after = a.a_frame(town.hall, head.user)
    fixed = do(head, remark, "fix", text="Камера бұрылды", frame=str(after.id)).json()
    assert (fixed["state"], fixed["after"]["frame"]["id"], fixed["after"]["measured"]["verdict"]) == (
        "fixed",
        str(after.id),
        "ok",
    )
    assert do(head, remark, "verify").json()["code"] == "forbidden"
    colleague = an_inspector()
    assert do(colleague, remark, "verify").json()["verified_by"]["name"] == colleague.user.name
    closed = do(inspector, remark, "close").json()

    assert [(line["deed"], line["body"], line["state"]) for line in closed["thread"]] == [
        ("issue", "police", "issued"),
        ("accept", None, "accepted"),
        ("fix", None, "fixed"),
        ("verify", "police", "verified"),
        ("close", "police", "closed"),
    ]
    assert Frame.objects.filter(bound=True).count() == 2
    assert inspector.get("/remarks", state="closed").json()["items"][0] | {"thread": closed["thread"]} == closed


def test_the_ledger_is_a_chain_that_says_all_the_remark_said(town: Town, inspector: Desk, head: Desk) -> None:
    remark = issued(inspector, town)
    do(head, remark, "object", text="Камера орнында тұр")
    lines = RemarkLine.objects.filter(remark=remark["id"]).order_by("number")

    assert verify(lines) == 2
    said = lines[0].data
    assert (said["text"], said["camera"], said["category"]) == (WORDS, str(town.hall.pk), "place")
    lines.filter(number=1).update(text="Басқа")
    with pytest.raises(LedgerBroken):
        verify(lines.all())


def test_an_objection_is_upheld_with_another_day_or_withdrawn(town: Town, inspector: Desk, head: Desk) -> None:
    first, second = issued(inspector, town), issued(inspector, town)
    assert (first["number"], second["number"]) == (1, 2)
    for remark in (first, second):
        assert do(head, remark, "object").json()["code"] == "remark.text"
        assert do(head, remark, "object", text="Келіспейміз").json()["rights"] == ["comment", "undo"]

    upheld = do(inspector, first, "uphold", text="Талап бар", deadline=in_days(30)).json()
    withdrawn = do(inspector, second, "withdraw", text="Мектептікі дұрыс").json()

    assert (upheld["state"], upheld["deadline"], upheld["thread"][-1]["deadline"]) == (
        "accepted",
        in_days(30),
        in_days(30),
    )
    assert (withdrawn["state"], withdrawn["rights"]) == ("withdrawn", ["undo"])


def test_a_return_takes_the_evidence_with_it_and_its_undo_brings_it_back(
    town: Town, inspector: Desk, head: Desk
) -> None:
    remark = issued(inspector, town)
    frame = a.a_frame(town.hall, head.user)
    fixed = do(head, remark, "fix", frame=str(frame.id)).json()

    returned = do(inspector, remark, "return", text="Әлі қабырға көрінеді", deadline=in_days(7)).json()
    assert (returned["state"], returned["after"], returned["deadline"]) == ("accepted", None, in_days(7))
    assert returned["thread"][1]["frame"]["id"] == str(frame.id), "nothing is forgotten"

    undone = do(inspector, remark, "undo").json()
    assert (undone["state"], undone["after"], undone["deadline"]) == ("fixed", fixed["after"], in_days(14))
    assert [line["deed"] for line in undone["thread"]] == ["issue", "fix", "return", "undo"]


def test_a_draft_is_its_authors_alone_and_what_is_issued_stays(town: Town, inspector: Desk, head: Desk) -> None:
    draft = issued(inspector, town, issue=False, deadline=None)
    colleague = an_inspector()

    assert (draft["number"], draft["state"], draft["rights"]) == (None, "draft", ["issue"])
    for other in (head, colleague):
        assert other.get(f"/remarks/{draft['id']}").status_code == 404
        assert other.get("/remarks").json()["items"] == []
    changed = inspector.patch(f"/remarks/{draft['id']}", {"text": "Бұлыңғыр", "category": "quality"}).json()
    assert (changed["text"], changed["category"], changed["deadline"]) == ("Бұлыңғыр", "quality", None)
    assert do(inspector, draft, "issue").json()["code"] == "remark.deadline"
    assert do(inspector, draft, "issue", deadline=in_days(-1)).json()["code"] == "remark.deadline"
    assert do(inspector, draft, "issue", deadline=in_days(0)).json()["number"] == 1
    for refused in (
        inspector.patch(f"/remarks/{draft['id']}", {"text": "Жоқ"}),
        inspector.delete(f"/remarks/{draft['id']}"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "remark.state")
    assert inspector.delete(f"/remarks/{issued(inspector, town, issue=False)['id']}").status_code == 204
    assert Remark.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [(Role.DUTY_OFFICER, 200, 403), (Role.MINISTRY, 200, 403), (Role.ADMINISTRATOR, 200, 403)],
)
def test_who_reads_and_who_writes(town: Town, inspector: Desk, role: Role, reads: int, writes: int) -> None:
    who = desk(a.a_person(role, **({"centre": town.centre} if role is Role.DUTY_OFFICER else {})))
    remark = issued(inspector, town)
    assert who.get(f"/remarks/{remark['id']}").status_code == reads
    assert who.post("/remarks", wish(town)).status_code == writes
    accepted = do(who, remark, "accept")
    expected = (200, None) if role is Role.ADMINISTRATOR else (403, "remark.not_yours")
    assert (accepted.status_code, accepted.json().get("code")) == expected


def test_another_body_and_another_place_have_no_part_in_it(town: Town, inspector: Desk) -> None:
    remark = issued(inspector, town)
    fire, astana = an_inspector(Body.EMERGENCY), an_inspector(region=a.ASTANA)
    far_head = desk(a.a_person(Role.HEAD, school=town.neighbour))

    assert fire.get(f"/remarks/{remark['id']}").json()["rights"] == []
    assert do(fire, remark, "comment", text="?").json()["code"] == "remark.not_yours"
    for stranger in (astana, far_head):
        assert stranger.get(f"/remarks/{remark['id']}").status_code == 404
        assert do(stranger, remark, "accept").status_code == 404
    assert astana.post("/remarks", wish(town)).status_code == 404
    nobody = desk(a.a_person(Role.INSPECTOR, regions=(a.KOSTANAY,)))
    assert nobody.post("/remarks", wish(town)).json()["code"] == "remark.no_body"


def test_what_a_remark_names_is_of_its_school(town: Town, inspector: Desk) -> None:
    plan, far = a_plan(town), Camera.objects.get(school=town.far)
    near = a.a_frame(Camera.objects.get(school=town.neighbour), inspector.user)
    for target, code in (
        ({"kind": "camera", "camera": str(far.pk)}, "remark.target"),
        ({"kind": "camera"}, "remark.target"),
        ({"kind": "school", "camera": str(town.hall.pk)}, "remark.target"),
        ({"kind": "plan", "plan": plan, "revision": 9}, "remark.target"),
        ({"kind": "zone", "plan": plan}, "remark.target"),
    ):
        assert inspector.post("/remarks", wish(town, target=target)).json()["code"] == code
    assert inspector.post("/remarks", wish(town, frame=str(near.id))).json()["code"] == "frame.unknown"
    assert inspector.post("/remarks", wish(town, text=" \n ")).json()["code"] == "invalid"
    assert inspector.post("/remarks", wish(town, text="я" * 4_001)).json()["code"] == "invalid"
    assert not Remark.objects.exists()

    remark = issued(inspector, town, target={"kind": "plan", "plan": plan})
    assert (remark["target"]["plan_name"], remark["target"]["revision"]) == ("1-қабат", 1)


def test_two_at_one_remark_and_a_network_that_repeats(town: Town, inspector: Desk, head: Desk) -> None:
    first, again = (inspector.post("/remarks", wish(town), key="k1").json() for _ in range(2))
    assert first == again and Remark.objects.count() == 1
    deputy = desk(a.a_person(Role.ADMINISTRATOR))
    assert do(head, first, "object", text="Келіспейміз", version=first["version"]).status_code == 200
    late = do(deputy, first, "accept", version=first["version"])
    assert (late.status_code, late.json()["code"]) == (409, "conflict")
    assert do(deputy, first, "accept").json()["code"] == "remark.state"


@pytest.mark.django_db(transaction=True)
def test_two_who_issue_at_once_get_two_numbers_and_neither_waits_for_ever(committed_town: Town) -> None:
    together = Barrier(2)

    def issue(who: Desk) -> Any:
        together.wait(timeout=60)
        try:
            return issued(who, committed_town)["number"]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        numbers = list(pool.map(issue, [an_inspector(), an_inspector(Body.EMERGENCY)]))

    assert sorted(numbers) == [1, 2]


def test_lists_are_searched_counted_and_paged(town: Town, inspector: Desk) -> None:
    target = {"kind": "school"}
    for number in range(3):
        issued(inspector, town, text=f"ЖАЗБА Н{number}", target=target, category="storage")
    issued(an_inspector(Body.EMERGENCY), town)
    issued(inspector, town, issue=False)

    page = inspector.get("/remarks", mine=True, state="issued", limit=2).json()
    rest = inspector.get("/remarks", mine=True, state="issued", limit=2, cursor=page["next"]).json()

    assert [item["number"] for item in (*page["items"], *rest["items"])] == [3, 2, 1]
    assert (page["counts"]["issued"], page["counts"]["draft"], page["counts"]["to_fix"]) == (3, 1, 3)
    assert rest["next"] is None
    assert [one["text"] for one in inspector.get("/remarks", q="жазба н1").json()["items"]] == ["ЖАЗБА Н1"]
    assert inspector.get("/remarks", q="№2 kst-012").json()["items"][0]["number"] == 2
    assert inspector.get("/remarks", q="\0", district="\0").json()["items"] == []
    assert inspector.get("/remarks", body="emergency").json()["counts"]["issued"] == 1
    assert len(inspector.get("/remarks", camera=str(town.hall.pk)).json()["items"]) == 2


def test_whom_it_concerns_is_told_and_of_a_passed_day_once(town: Town, inspector: Desk, head: Desk) -> None:
    for who in (inspector.user, head.user, a.a_person(Role.INSPECTOR, regions=(a.KOSTANAY,))):
        said = {"channel": "email", "address": who.email, "events": ["remark.*"], "everywhere": True}
        Subscription.objects.create(name=who.name, owner=who, **said)
    remark = issued(inspector, town)
    do(head, remark, "object", text="Келіспейміз")
    do(inspector, remark, "uphold", text="Талап бар")
    Remark.objects.update(deadline=timezone.localdate() - timedelta(days=1))

    assert (service.look_at_deadlines(), service.look_at_deadlines()) == (1, 0)

    told = [(one.event, one.subscription.owner_id) for one in Delivery.objects.order_by("created_at", "pk")]
    assert set(told) == {
        ("remark.issued", head.user.pk),
        ("remark.objected", inspector.user.pk),
        ("remark.overdue", head.user.pk),
        ("remark.overdue", inspector.user.pk),
    }
    shown = head.get("/remarks", overdue=True).json()
    assert (shown["items"][0]["overdue"], shown["counts"]["overdue"]) == (True, 1)
    assert do(inspector, remark, "extend", text="Келісілді", deadline=in_days(5)).json()["overdue"] is False
    assert Remark.objects.get().overdue_at is None


def test_a_zone_is_called_as_on_the_plan_even_when_the_plan_has_it_no_more(
    town: Town, inspector: Desk, head: Desk
) -> None:
    plan = a_plan(town)
    square = [(0.1, 0.1), (0.3, 0.1), (0.3, 0.3)]
    stairs, named = zone("stairs", square, name=""), zone("corridor", square, name="Солтүстік қанат")
    assert put(head, UUID(plan), 1, zones=[stairs, named]).status_code == 200
    for one in (stairs, named):
        issued(inspector, town, target={"kind": "zone", "plan": plan, "revision": 2, "zone": one["key"]})
    assert put(head, UUID(plan), 2, zones=[]).status_code == 200

    other, first = inspector.get("/remarks").json()["items"]

    assert (other["target"]["zone_name"]["ru"], first["target"]["zone_name"]["ru"]) == ("Солтүстік қанат", "лестница")
    assert other["target"]["plan_revision_now"] == 3
