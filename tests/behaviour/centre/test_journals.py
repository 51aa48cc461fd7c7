"""The journal: numbered lines that nobody edits, closed for good, on paper in the form's columns, read by the norms."""

import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pypdf
import pytest
from django.utils import timezone
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.behaviour.centre.test_drills import do, marked, running
from tests.support import centre as a

from qorgan.centre.access.models import AuditLine
from qorgan.centre.drills.models import Drill
from qorgan.centre.journals.models import JournalLine
from qorgan.centre.ledger import LedgerBroken, verify
from qorgan.centre.norms import service as norms
from qorgan.centre.norms.models import FactLine, SchoolNorms
from qorgan.domain.access import Role

pytestmark = pytest.mark.django_db
COOK = {"name": "Гүлнар Сейітова", "post": "аспаз"}
DEPUTY = {"name": "Марат Оспанов", "post": "директордың орынбасары"}


@pytest.fixture
def head(town: Town) -> Desk:
    return desk(a.a_person(Role.HEAD, school=town.school))


def today(days_ago: int = 0) -> str:
    return (timezone.localdate() - timedelta(days=days_ago)).isoformat()


def begun(who: Desk, town: Town, *groups: str) -> UUID:
    answer = who.post(f"/schools/{town.school.pk}/journals", {"groups": list(groups or ("support",))})
    assert answer.status_code == 201, answer.content
    return UUID(answer.json()["id"])


def briefing(**said: Any) -> dict[str, Any]:
    known: dict[str, Any] = {"on": today(), "group": "support", "kind": "planned", "topic": "Қарулы шабуыл кезінде"}
    return known | {"instructor": DEPUTY, "people": [COOK]} | said


def brief(who: Desk, journal: UUID, **said: Any) -> Any:
    return who.post(f"/journals/{journal}/briefings", briefing(**said))


def verdict(who: Desk, town: Town, key: str) -> str:
    while norms.look():
        pass
    items = who.get(f"/schools/{town.school.pk}/norms").json()["items"]
    return str({one["requirement"]: one["verdict"] for one in items}[key])


def reviewed(who: Desk, town: Town, **said: Any) -> dict[str, Any]:
    drill = running(who, town, **said)
    do(who, drill, "finish")
    done = who.post(f"/drills/{drill['id']}/review", {"text": "Екі минутта жиналды", "present": 12})
    assert done.status_code == 200, done.content
    return drill


def test_lines_are_numbered_signed_and_chained(town: Town, head: Desk) -> None:
    journal = begun(head, town)
    brief(head, journal)
    second = brief(head, journal, on=today(3), kind="introductory").json()

    assert [(one["number"], one["by"]["name"], one["struck"]) for one in second["lines"]] == [
        (1, head.user.name, False),
        (2, head.user.name, False),
    ]
    assert (second["number"], second["form_status"]) == (1, "digest")
    assert verify(JournalLine.objects.filter(journal=journal).order_by("number")) == 2
    JournalLine.objects.filter(journal=journal, number=1).update(day=timezone.localdate() - timedelta(days=300))
    with pytest.raises(LedgerBroken):
        verify(JournalLine.objects.filter(journal=journal).order_by("number"))


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "tomorrow": ({"on": today(-1)}, "journal.day"),
    "of two months ago": ({"on": today(62)}, "journal.day"),
    "twenty-one people without a protocol": ({"people": [COOK] * 21}, "journal.protocol"),
    "nobody": ({"people": []}, "invalid"),
    "more people than a line holds": ({"people": [COOK] * 301, "protocol": "7"}, "invalid"),
    "a group that nobody knows": ({"group": "parents"}, "invalid"),
}


@pytest.mark.parametrize(("said", "code"), REFUSED.values(), ids=list(REFUSED))
def test_a_line_that_cannot_be_is_refused(town: Town, head: Desk, said: dict[str, Any], code: str) -> None:
    answer = brief(head, begun(head, town), **said)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not JournalLine.objects.exists()


def test_a_closed_volume_takes_nothing_and_the_next_one_begins(town: Town, head: Desk) -> None:
    journal = begun(head, town)
    brief(head, journal)
    assert head.post(f"/schools/{town.school.pk}/journals", {"groups": ["support"]}).json()["code"] == "journal.open"
    closed = head.post(f"/journals/{journal}/end", {"text": "Оқу жылы аяқталды"}).json()

    assert closed["closed_at"] and not closed["may_edit"] and closed["lines"][-1]["kind"] == "close"
    assert brief(head, journal).json()["code"] == "journal.closed"
    assert head.post(f"/journals/{journal}/strikes", {"line": 1, "reason": "қате"}).json()["code"] == "journal.closed"
    assert head.post(f"/journals/{journal}/end", {"text": "тағы"}).json()["code"] == "journal.closed"
    assert begun(head, town) != journal
    volumes = head.get(f"/schools/{town.school.pk}/journals").json()["items"]
    assert [(one["number"], one["lines_total"]) for one in volumes] == [(2, 0), (1, 2)]


def test_another_territory_reads_and_writes_nothing(town: Town, head: Desk, officer: Desk) -> None:
    journal = begun(head, town)
    stranger = desk(a.a_person(Role.HEAD, school=town.far))
    assert stranger.get(f"/journals/{journal}").status_code == 404
    assert stranger.get(f"/journals/{journal}/paper.pdf").status_code == 404
    assert stranger.get(f"/schools/{town.school.pk}/journals").status_code == 404
    assert brief(stranger, journal).status_code == 404
    assert (officer.get(f"/journals/{journal}").status_code, brief(officer, journal).status_code) == (200, 403)


def test_two_briefings_of_each_group_turn_the_verdict_and_a_strike_turns_it_back(town: Town, head: Desk) -> None:
    journal = begun(head, town, "support", "guards")
    assert verdict(head, town, "kz:KZ-D-6:1") == "not"
    for group in ("support", "guards"):
        brief(head, journal, group=group)
        brief(head, journal, group=group)  # on one day: once
    assert verdict(head, town, "kz:KZ-D-6:1") == "partly"
    for group in ("support", "guards"):
        brief(head, journal, group=group, on=today(20))
    assert verdict(head, town, "kz:KZ-D-6:1") == "compliant"

    assert head.post(f"/journals/{journal}/strikes", {"line": 99, "reason": "қате"}).json()["code"] == "journal.line"
    struck = head.post(f"/journals/{journal}/strikes", {"line": 6, "reason": "басқа күні болды"}).json()
    assert [one["number"] for one in struck["lines"] if one["struck"]] == [6]
    assert head.post(f"/journals/{journal}/strikes", {"line": 6, "reason": "тағы"}).json()["code"] == "journal.struck"
    assert verdict(head, town, "kz:KZ-D-6:1") == "partly"


def test_a_fire_drill_that_was_held_turns_both_verdicts(town: Town, head: Desk) -> None:
    journal = begun(head, town)
    drill = reviewed(head, town, scenario="fire")
    assert verdict(head, town, "kz:KZ-D-7:1") != "compliant"

    lines = head.post(f"/drills/{drill['id']}/record", {"questions": "Шығу жолдары, тізім"}).json()["lines"]

    told = lines[0]["drill"]
    assert (told["scenario"], told["present"], told["held"]) == ("fire", 12, True)
    assert Drill.objects.get(pk=drill["id"]).state == "recorded"
    assert verdict(head, town, "kz:KZ-D-7:1") == "compliant"
    known = SchoolNorms.objects.get(pk=town.school.pk).known["site.fire_drill_on"][""]
    assert known["value"] == today() and known["evidence"].startswith("journal_line:")
    again = head.post(f"/drills/{drill['id']}/record", {"questions": "тағы"})
    assert again.json()["code"] == "drill.state"
    facts = FactLine.objects.count()
    norms.look(timezone.now() + timedelta(hours=2))
    assert FactLine.objects.count() == facts, "what a journal says is not said again"
    head.post(f"/journals/{journal}/strikes", {"line": 1, "reason": "басқа мектептікі"})
    assert verdict(head, town, "kz:KZ-D-7:1") != "compliant"


def test_a_drill_that_was_pierced_or_talked_through_proves_nothing(town: Town, head: Desk) -> None:
    begun(head, town)
    drill = running(head, town, scenario="fire")
    a.an_alarm(town.school)
    head.post(f"/drills/{drill['id']}/review", {"text": "Нағыз дабыл үзді", "present": 12})
    recorded = head.post(f"/drills/{drill['id']}/record", {"questions": "Шығу жолдары"}).json()
    assert recorded["lines"][0]["drill"]["held"] is False
    assert verdict(head, town, "kz:KZ-D-7:1") != "compliant"


def test_without_a_journal_nothing_is_recorded(town: Town, head: Desk) -> None:
    drill = reviewed(head, town)
    answer = head.post(f"/drills/{drill['id']}/record", {"questions": "Есік жабу"})
    assert answer.json()["code"] == "journal.none"
    assert Drill.objects.get(pk=drill["id"]).state == "reviewed"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("kk", ("1-бөлім. Нұсқамалар", "Нұсқама берушінің қолы", "Қатысқандар саны")),
        ("ru", ("Часть 1. Инструктажи", "Подпись инструктирующего", "Присутствовало")),
        ("en", ("Part 1. Briefings", "Instructor's signature", "Number present")),
    ],
)
def test_the_paper_has_the_columns_of_the_form(town: Town, head: Desk, language: str, words: tuple[str, ...]) -> None:
    journal = begun(head, town)
    brief(head, journal)
    drill = reviewed(head, town)
    marked(town, timezone.now(), timezone.now())
    head.post(f"/drills/{drill['id']}/record", {"questions": "Есік жабу, тынышталу"})

    answer = head.get(f"/journals/{journal}/paper.pdf", language=language)

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    text = " ".join("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages).split())
    for word in (*words, "Гүлнар Сейітова, аспаз", "Есік жабу, тынышталу"):
        assert word in text
    assert AuditLine.objects.filter(person=head.user, action="report.printed").count() == 1


def test_the_year_says_what_is_due_and_how_the_drills_went(town: Town, head: Desk, officer: Desk) -> None:
    path = f"/schools/{town.school.pk}/drill-year"
    before = head.get(path).json()
    assert [(one["demand"], one["state"]) for one in before["demands"]] == [
        ("practical", "overdue"),
        ("fire", "overdue"),
    ]
    begun(head, town)
    drill = reviewed(head, town, scenario="fire")
    head.post(f"/drills/{drill['id']}/record", {"questions": "Шығу жолдары"})

    after = officer.get(path).json()
    assert {one["state"] for one in after["demands"]} == {"held"}
    assert [one["drill"] for one in after["trend"]] == [drill["id"]]
    assert [one["kind"] for one in after["trend"][0]["taps"]] == [
        "room_locked",
        "hall_clear",
        "evacuated",
        "accounted",
    ]
    assert desk(a.a_person(Role.HEAD, school=town.far)).get(path).status_code == 404
