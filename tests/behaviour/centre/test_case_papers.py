"""What is left of a case: every interval measured, and papers that can be read in three languages."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pypdf import PdfReader
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre.access.models import AuditLine
from qorgan.centre.alarms.models import Alarm, AlarmLog
from qorgan.centre.duty.models import DutyDesk
from qorgan.centre.papers.render import words
from qorgan.domain.access import Role

pytestmark = pytest.mark.django_db
HOSTILE = '#panic("typst") $x$ *bold* @preview <label> \\ "quoted" `raw` // gone [x]'


@pytest.fixture
def handled(town: Town, officer: Desk) -> Alarm:
    """An assist alarm, handled to the end, with a note that would like to be markup."""
    alarm, unit = a.an_alarm(town.school, level="P2", note=HOSTILE), a.a_unit(town.centre)
    path = f"/alarms/{alarm.pk}"
    officer.post(f"{path}/presentation", {})
    officer.post(f"{path}/acknowledgement")
    officer.put(f"{path}/checklist/look", {})
    officer.post(f"{path}/verification", {"verdict": "confirmed", "note": HOSTILE})
    sent = officer.post(f"{path}/dispatches", {"unit": str(unit.pk), "by": "сержант Төлеуов Ғ. Қ."}).json()["id"]
    for verb in ("depart", "arrive", "clear"):
        officer.post(f"/dispatches/{sent}/{verb}", {})
    closed = officer.post(f"{path}/closure", {"disposition": "true", "note": "балалар аман"})
    assert closed.json()["state"] == "closed", closed.content
    return alarm


def text_of(pdf: bytes) -> str:
    """What somebody who opens it can read and search for."""
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def intervals(reader: Desk, alarm: Alarm) -> dict[tuple[str, str], Any]:
    report = reader.get(f"/alarms/{alarm.pk}/after-action").json()
    return {(one["start"], one["end"]): one for one in report["intervals"]}


def test_every_interval_of_a_handled_alarm_is_measured(officer: Desk, handled: Alarm) -> None:
    found = intervals(officer, handled)

    unknown = {pair for pair, one in found.items() if one["seconds"] is None}
    assert unknown == {
        ("pressed", "durable"),
        ("durable", "received"),
        ("arrived", "stabilised"),
    }, "nobody told these"
    assert found["pressed", "durable"]["met"] is None, "unknown never meets a goal"
    assert found["pressed", "dispatched"]["goal_s"] == 60
    assert found["pressed", "closed"]["two_clocks"] and not found["owned", "verified"]["two_clocks"]


def test_the_school_says_since_when_the_alarm_was_on_its_disk(town: Town, officer: Desk) -> None:
    pressed = timezone.now() - timedelta(seconds=3)
    alarm = a.an_alarm(town.school, pressed_at=pressed, durable_at=pressed + timedelta(milliseconds=62))

    found = intervals(officer, alarm)

    assert found["pressed", "durable"]["seconds"] == pytest.approx(0.062)
    assert found["pressed", "durable"]["met"] is True and not found["pressed", "durable"]["two_clocks"]
    assert found["durable", "received"]["seconds"] >= 2.938


def test_goals_are_met_or_not_by_the_log_alone(officer: Desk, handled: Alarm) -> None:
    pressed = AlarmLog.objects.get(alarm=handled, action="pressed").at
    for action, after in (("presented", 1.5), ("owned", 30), ("dispatched", 59)):
        AlarmLog.objects.filter(alarm=handled, action=action).update(at=pressed + timedelta(seconds=after))

    found = intervals(officer, handled)

    assert found["pressed", "presented"]["seconds"] == pytest.approx(1.5)
    assert found["pressed", "presented"]["met"] is True
    assert found["presented", "owned"]["met"] is False
    assert found["pressed", "dispatched"]["met"] is True


def test_the_report_sums_up_units_and_checklist(officer: Desk, handled: Alarm) -> None:
    report = officer.get(f"/alarms/{handled.pk}/after-action").json()

    assert report["units"][0]["state"] == "cleared" and report["units"][0]["arrived_after_s"] >= 0
    assert (report["checklist"]["scenario"], report["checklist"]["done"]) == ("assist", 1)
    assert report["actions"]["checked"] == 1


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_case_can_be_read_on_paper(town: Town, officer: Desk, handled: Alarm, language: str) -> None:
    answer = officer.get(f"/alarms/{handled.pk}/case.pdf", language=language)

    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-") and b"pdfaid:part" in answer.content
    text = text_of(answer.content)
    assert words(language)["case.intervals"] in text
    assert str(handled.pk) in text and "сержант Төлеуов Ғ. Қ." in text
    assert "балалар аман" in text
    assert '#panic("typst") $x$ *bold* @preview <label>' in text, "what people write is shown, not obeyed"
    last = AlarmLog.objects.filter(alarm=handled).order_by("-number")[0]
    assert last.digest[:40] in text.replace(" ", "")


def test_all_languages_have_all_words() -> None:
    assert set(words("kk")) == set(words("ru")) == set(words("en"))
    assert all(text.strip() for language in ("kk", "ru", "en") for text in words(language).values())  # type: ignore[arg-type]


def test_a_drill_says_so_in_capitals(town: Town, officer: Desk) -> None:
    drill = a.an_alarm(town.school, kind="drill")

    assert "УЧЕНИЕ" in text_of(officer.get(f"/alarms/{drill.pk}/case.pdf", language="ru").content)


def test_taking_the_papers_is_a_line_in_the_audit_and_not_for_everybody(
    town: Town, officer: Desk, handled: Alarm
) -> None:
    head = desk(a.a_person(Role.HEAD, school=town.school))
    stranger = desk(a.a_person(Role.DUTY_OFFICER, centre=a.a_centre(regions=(a.ASTANA,))))

    officer.get(f"/alarms/{handled.pk}/case.pdf")

    line = AuditLine.objects.get(action="case.printed")
    assert (line.person_id, line.data["alarm"]) == (officer.user.pk, str(handled.pk))
    assert head.get(f"/alarms/{handled.pk}/case.pdf").status_code == 403
    assert head.get(f"/alarms/{handled.pk}/after-action").status_code == 200
    assert stranger.get(f"/alarms/{handled.pk}/case.pdf").status_code == 404
    assert stranger.get(f"/alarms/{handled.pk}/after-action").status_code == 404


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_a_hand_over_can_be_read_on_paper(town: Town, officer: Desk, language: str) -> None:
    place = DutyDesk.objects.create(centre=town.centre, name_kk="1-пульт", name_ru="Пульт 1")
    officer.post("/duty/shift", {"desk": str(place.pk)})
    a.an_alarm(town.school)
    open_ = officer.post("/duty/handover", {"note": HOSTILE}).json()

    answer = officer.get(f"/duty/handover/{open_['id']}/paper.pdf", language=language)

    text = text_of(answer.content)
    assert words(language)["handover.items"] in text  # type: ignore[arg-type]
    assert town.school.name.in_language(language) in text and "$x$" in text
