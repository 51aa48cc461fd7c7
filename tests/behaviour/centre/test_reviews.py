"""Joint review: admitted bodies sign one revision of a plan, each once, and what they sign is so."""

from typing import Any

import pytest
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.behaviour.centre.test_remarks import a_plan, an_inspector, do, in_days, issued
from tests.support import centre as a

from qorgan.centre.ledger import verify
from qorgan.centre.remarks.models import Review, ReviewLine
from qorgan.domain.access import Body, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def head(town: Town) -> Desk:
    return desk(a.a_person(Role.HEAD, school=town.school))


@pytest.fixture
def plan(town: Town) -> str:
    return a_plan(town)


def opened(who: Desk, plan: str, **said: Any) -> Any:
    wish = {"revision": 1, "bodies": ["police", "education"], "deadline": in_days(10), "text": "Күзгі қарау"}
    return who.post(f"/plans/{plan}/reviews", wish | said)


def sign(who: Desk, review: dict[str, Any], answer: str) -> Any:
    return who.post(f"/reviews/{review['id']}/signatures", {"answer": answer, "text": ""})


def changed(who: Desk, plan: str) -> None:
    body = {"revision": 1, "name": "1-қабат", "kind": "floor", "floor": 1, "scale": None, "points": []}
    assert who.put(f"/plans/{plan}", body).status_code == 200


def test_each_body_signs_once_and_what_it_signs_is_so(town: Town, head: Desk, plan: str) -> None:
    police, education, fire = (an_inspector(body) for body in (Body.POLICE, Body.EDUCATION, Body.EMERGENCY))
    review = opened(head, plan).json()
    assert (review["bodies"], review["waiting"], review["rights"]) == (
        ["education", "police"],
        ["education", "police"],
        ["cancel"],
    )
    assert [one["id"] for one in police.get("/reviews", mine=True).json()["items"]] == [review["id"]]
    assert fire.get("/reviews", mine=True).json()["items"] == []

    assert sign(fire, review, "agree").json()["code"] == "review.not_asked"
    assert sign(police, review, "remarks").json()["code"] == "review.remarks"
    remark = issued(police, town, target={"kind": "plan", "plan": plan})
    assert sign(police, review, "agree").json()["code"] == "review.remarks"
    signed = sign(police, review, "remarks").json()
    assert (signed["signatures"][0]["remarks"], signed["outcome"], signed["waiting"]) == (1, "remarks", ["education"])
    assert sign(an_inspector(Body.POLICE), review, "agree").json()["code"] == "review.signed"
    assert head.post(f"/reviews/{review['id']}/close", {}).json()["code"] == "review.unsigned"

    do(police, remark, "withdraw", text="Қате")
    assert sign(education, review, "agree").json()["rights"] == []
    assert education.post(f"/reviews/{review['id']}/close", {}).json()["code"] == "review.not_yours"
    closed = head.post(f"/reviews/{review['id']}/close", {}).json()

    assert (closed["state"], closed["outcome"], closed["rights"]) == ("closed", "remarks", [])
    assert sign(education, review, "agree").json()["code"] == "review.ended"
    lines = ReviewLine.objects.filter(review=review["id"]).order_by("number")
    assert [line.deed for line in lines] == ["opened", "signed", "signed", "closed"]
    assert verify(lines) == 4


def test_one_review_at_a_time_of_the_newest_revision_and_a_later_one_is_seen(head: Desk, plan: str) -> None:
    inspector = an_inspector()
    assert opened(head, plan, revision=2).json()["code"] == "conflict"
    review = opened(head, plan).json()
    assert opened(inspector, plan).json()["code"] == "review.open"

    changed(head, plan)

    seen = inspector.get(f"/plans/{plan}/reviews").json()["items"][0]
    assert (seen["revision"], seen["plan_revision_now"]) == (1, 2), "the plan has changed since"
    assert head.post(f"/reviews/{review['id']}/cancel", {"text": " "}).json()["code"] == "review.text"
    cancelled = head.post(f"/reviews/{review['id']}/cancel", {"text": "Жоспар өзгерді"}).json()
    assert (cancelled["state"], cancelled["reason"]) == ("cancelled", "Жоспар өзгерді")
    assert opened(inspector, plan, revision=2).status_code == 201


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"bodies": []}, "invalid"),
        ({"bodies": ["police", "police"]}, "review.bodies"),
        ({"bodies": ["police", "army"]}, "invalid"),
        ({"deadline": "2020-01-01"}, "review.deadline"),
        ({"text": "я" * 2_001}, "invalid"),
    ],
)
def test_what_is_no_review_is_refused(head: Desk, plan: str, said: dict[str, Any], code: str) -> None:
    assert opened(head, plan, **said).json()["code"] == code
    assert not Review.objects.exists()


def test_nobody_of_another_place_sees_or_signs(head: Desk, plan: str) -> None:
    review = opened(head, plan).json()
    astana = an_inspector(region=a.ASTANA)
    assert astana.get(f"/reviews/{review['id']}").status_code == sign(astana, review, "agree").status_code == 404
    assert opened(astana, plan).status_code == 404
    assert astana.get("/reviews").json()["items"] == []
    officer = desk(a.a_person(Role.DUTY_OFFICER, centre=a.a_centre()))
    assert officer.get(f"/reviews/{review['id']}").json()["rights"] == []
    assert opened(officer, plan).status_code == 403
