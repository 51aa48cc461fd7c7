"""From a campaign to a record: the school against the measurement, the inspector between, a later norm beside."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.behaviour.centre.test_norms import CITY_SCHOOL, hear, look
from tests.behaviour.centre.test_reports import text_of
from tests.support import centre as a

from qorgan.centre.attestation.models import AssessmentLine, AttestationRecord
from qorgan.centre.ledger import LedgerBroken, verify
from qorgan.domain.access import Body, Role

pytestmark = pytest.mark.django_db
WORKING = "kz:KZ-V-6:1"  # every camera gives a picture
EXPLAINED = "смотрел на месте 21 ноября"


@pytest.fixture
def head(town: Town) -> Desk:
    return desk(a.a_person(Role.HEAD, school=town.school))


@pytest.fixture
def ministry() -> Desk:
    return desk(a.a_person(Role.MINISTRY))


@pytest.fixture
def inspector(town: Town) -> Desk:
    return desk(a.a_person(Role.INSPECTOR, regions=[a.KOSTANAY], body=Body.EDUCATION))


@pytest.fixture
def one(town: Town, head: Desk, ministry: Desk) -> str:
    """The path of the school in an open campaign. Its camera is dead, and the node says so."""
    town.hall.state = "failed"
    town.hall.save()
    hear(town.school)
    head.put(f"/schools/{town.school.pk}/site", CITY_SCHOOL)
    look()
    wish = {"title": "Аттестация осени 2026", "ends": str(timezone.localdate() + timedelta(days=10))}
    made = ministry.post("/attestation/campaigns", wish, key="autumn")
    assert (
        made.status_code == 201
        and made.json()["id"] == ministry.post("/attestation/campaigns", wish, key="autumn").json()["id"]
    )
    return f"/attestation/campaigns/{made.json()['id']}/schools/{town.school.pk}"


def finding(page: Any, ref: str = WORKING) -> Any:
    return next(each for each in page["findings"] if each["requirement"] == ref)


def boast(head: Desk, one: str) -> Any:
    answers = [{"requirement": WORKING, "own": "compliant", "words": "всё работает"}]
    return head.put(f"{one}/answers", {"items": answers}).json()


def settle(inspector: Desk, one: str) -> Any:
    """The inspector says a word to all that waits for it."""
    waiting = [each for each in inspector.get(one).json()["findings"] if not each["settled"]]
    said = [{"requirement": each["requirement"], "verdict": "not", "words": EXPLAINED} for each in waiting]
    return inspector.put(f"{one}/judgements", {"items": said}).json()


def grades(page: Any, grade: int | None = None) -> dict[str, Any]:
    given = [{"score": each["score"], "grade": grade or each["lowest"], "words": ""} for each in page["scores"]]
    return {"grades": given}


def recorded(head: Desk, inspector: Desk, one: str) -> Any:
    boast(head, one)
    assert head.post(f"{one}/submit").status_code == 200
    page = settle(inspector, one)
    assert inspector.post(f"{one}/decide", grades(page)).status_code == 200
    return inspector.post(f"{one}/record").json()


def test_the_schools_word_against_the_measurement_until_a_record_stands(
    town: Town, head: Desk, inspector: Desk, one: str
) -> None:
    page = boast(head, one)
    assert finding(page)["contradiction"] == "overstated" and finding(page)["counts"] == "not"
    assert (
        inspector.put(f"{one}/judgements", {"items": [{"requirement": WORKING, "verdict": "not"}]}).status_code == 409
    )
    assert head.post(f"{one}/submit").json()["state"] == "submitted"
    assert (
        head.put(f"{one}/answers", {"items": [{"requirement": WORKING, "own": "not"}]}).json()["code"]
        == "assessment.state"
    )

    early = inspector.post(f"{one}/decide", grades(page))
    assert (early.status_code, early.json()["code"]) == (409, "assessment.unsettled")
    kinder = {"items": [{"requirement": WORKING, "verdict": "compliant"}]}
    assert inspector.put(f"{one}/judgements", kinder).json()["code"] == "assessment.words"
    page = settle(inspector, one)
    assert all(each["settled"] for each in page["findings"]) and page["gates"] == "not"
    assert inspector.post(f"{one}/decide", grades(page, grade=5)).json()["code"] == "assessment.grade"
    assert inspector.post(f"{one}/decide", grades(page)).json()["state"] == "decided"

    made = inspector.post(f"{one}/record").json()
    assert made["holds"] is True
    snapshot = json.loads(made["snapshot"])
    assert {each["ref"]: (each["own"], each["measured"], each["counts"]) for each in snapshot["findings"]}[WORKING] == (
        "compliant",
        "not",
        "not",
    )
    assert [each["deed"] for each in head.get(one).json()["thread"]] == [
        "answer",
        "submit",
        "judge",
        "decide",
        "record",
    ]
    assert verify(AssessmentLine.objects.order_by("number")) == 5
    assert inspector.post(f"{one}/return", {"words": "ещё раз"}).json()["code"] == "assessment.state"


def test_what_is_measured_after_the_school_handed_in_changes_nothing_of_it(
    town: Town, head: Desk, inspector: Desk, one: str
) -> None:
    boast(head, one)
    before = finding(head.post(f"{one}/submit").json())["measured"]
    town.hall.state = "live"
    town.hall.save()
    hear(town.school)
    look(timezone.now() + timedelta(hours=2))
    assert finding(inspector.get(one).json())["measured"] == before == "not"
    page = inspector.post(f"{one}/return", {"words": "камеру заменили, ответьте заново"}).json()
    assert page["state"] == "open" and finding(page)["inspector"] is None


def test_a_record_is_not_edited_and_says_when_somebody_did(town: Town, head: Desk, inspector: Desk, one: str) -> None:
    made = recorded(head, inspector, one)
    row = AttestationRecord.objects.get(pk=made["id"])
    with pytest.raises(LedgerBroken):
        row.save()
    with pytest.raises(LedgerBroken):
        row.delete()
    forged = row.text.replace('"gates":"not"', '"gates":"compliant"')
    with connection.cursor() as cursor:
        cursor.execute("UPDATE attestation_attestationrecord SET text = %s", [forged])
    assert head.get(f"/attestation/records/{made['id']}").json()["holds"] is False


def test_a_later_norm_stands_beside_the_record_and_changes_nothing_in_it(
    town: Town, head: Desk, ministry: Desk, inspector: Desk, one: str
) -> None:
    """Judged by the norm of an earlier day: what came since is the delta."""
    wish = {"title": "По старой норме", "norm_day": "2024-01-01", "ends": str(timezone.localdate())}
    old = ministry.post("/attestation/campaigns", wish).json()
    path = f"/attestation/campaigns/{old['id']}/schools/{town.school.pk}"
    assert head.post(f"{path}/submit").status_code == 200
    page = settle(inspector, path)
    assert inspector.post(f"{path}/decide", grades(page)).status_code == 200
    made = inspector.post(f"{path}/record").json()
    found = head.get(f"/attestation/records/{made['id']}/delta").json()["items"]
    assert "added" in {each["change"] for each in found} and all(each["title"]["kk"] for each in found)
    assert all(each["counted"] is None for each in found if each["change"] == "added")
    same = head.get(f"/attestation/records/{made['id']}/delta", norm_day="2024-01-01").json()["items"]
    assert same == [], "under its own norm there is no difference"
    assert head.get(f"/attestation/records/{made['id']}").json() == made


def test_an_exception_is_another_persons_word_until_a_day_and_changes_no_verdict(
    town: Town, head: Desk, inspector: Desk, one: str
) -> None:
    until = timezone.localdate() + timedelta(days=60)
    path, wish = f"/schools/{town.school.pk}/waivers", {"requirement": WORKING, "reason": "ремонт крыла"}
    far = str(until + timedelta(days=400))
    assert head.post(path, wish | {"until": far}).json()["code"] == "waiver.until"
    asked = head.post(path, wish | {"until": str(until)}).json()
    assert head.post(path, wish | {"until": str(until)}).json()["code"] == "waiver.stands"
    assert head.post(f"/waivers/{asked['id']}/decide", {"grant": True}).status_code == 403
    granted = inspector.post(f"/waivers/{asked['id']}/decide", {"grant": True, "words": "до 1 февраля"}).json()
    assert granted["state"] == "granted" and granted["title"]["ru"]

    made = recorded(head, inspector, one)
    found = {each["ref"]: each for each in json.loads(made["snapshot"])["findings"]}[WORKING]
    assert (found["counts"], found["excepted_until"]) == ("not", str(until))
    assert json.loads(made["snapshot"])["gates"] == "not"
    assert head.post(f"/waivers/{asked['id']}/withdraw").json()["state"] == "withdrawn"


def test_what_is_to_be_mended_is_done_by_the_school_and_seen_by_another(
    town: Town, head: Desk, inspector: Desk, one: str
) -> None:
    recorded(head, inspector, one)
    task = {"requirement": WORKING, "text": "заменить камеру", "due": str(timezone.localdate())}
    assert inspector.post(f"{one}/tasks", task).json()["code"] == "task.due"
    due = str(timezone.localdate() + timedelta(days=14))
    given = inspector.post(f"{one}/tasks", task | {"due": due}).json()["tasks"][0]
    assert inspector.post(f"/attestation/tasks/{given['id']}/verified").json()["code"] == "task.open"
    assert head.post(f"/attestation/tasks/{given['id']}/done", {"words": "заменена"}).json()["done_words"] == "заменена"
    assert head.post(f"/attestation/tasks/{given['id']}/verified").status_code == 403
    assert inspector.post(f"/attestation/tasks/{given['id']}/verified").json()["verified_at"]


def test_the_evidence_is_printed_without_anybodys_own_words(town: Town, head: Desk, inspector: Desk, one: str) -> None:
    made = recorded(head, inspector, one)
    paper = head.get(f"/attestation/records/{made['id']}/bundle.pdf", language="ru")
    assert paper["Content-Type"] == "application/pdf"
    assert EXPLAINED not in text_of(paper.content) and made["digest"][:12] in text_of(paper.content).replace("\n", "")


def test_nobody_sees_or_changes_what_is_not_theirs(town: Town, head: Desk, ministry: Desk, one: str) -> None:
    neighbour = desk(a.a_person(Role.HEAD, school=town.neighbour))
    far = desk(a.a_person(Role.INSPECTOR, regions=[a.ASTANA], body=Body.EDUCATION))
    officer = desk(a.a_person(Role.DUTY_OFFICER, centre=town.centre))
    boast(head, one)
    assert [somebody.get(one).status_code for somebody in (neighbour, far, officer)] == [404, 404, 403]
    assert neighbour.put(f"{one}/answers", {"items": [{"requirement": WORKING, "own": "not"}]}).status_code == 404
    assert far.post(f"{one}/record").status_code == 404
    assert head.post("/attestation/campaigns", {"title": "x", "ends": "2027-01-01"}).status_code == 403
    mine = head.get("/attestation/assessments").json()["items"]
    assert len(mine) == 1 and neighbour.get("/attestation/assessments").json()["items"] == []
    campaign = one.rpartition("/schools/")[0]
    assert ministry.post(f"{campaign}/end").json()["ended_at"]
    assert head.post(f"{one}/submit").json()["code"] == "campaign.ended"


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"ends": "2020-01-01"}, "campaign.days"),
        ({"ends": "2027-09-01", "norm_day": "2027-01-01"}, "campaign.days"),
        ({"ends": "2027-09-01", "region": "99"}, "campaign.region"),
    ],
)
def test_a_campaign_that_cannot_be_is_refused(ministry: Desk, town: Town, wish: dict[str, str], code: str) -> None:
    assert ministry.post("/attestation/campaigns", {"title": "Осень"} | wish).json()["code"] == code


def test_answers_to_what_nobody_asked_are_refused_and_nothing_of_them_is_kept(head: Desk, one: str) -> None:
    good, bad = {"requirement": WORKING, "own": "not"}, {"requirement": "kz:NOBODY:1", "own": "not"}
    assert head.put(f"{one}/answers", {"items": [good, bad]}).json()["code"] == "requirement.unknown"
    assert head.put(f"{one}/answers", {"items": [good | {"own": "unknown"}]}).json()["code"] == "assessment.answer"
    assert finding(head.get(one).json())["own"] is None and not AssessmentLine.objects.exists()
