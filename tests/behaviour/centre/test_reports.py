"""Reports on paper: how a school and a territory stand, and what is to be mended, in Kazakh and Russian, as PDF/A."""

import io
import re
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
from django.utils import timezone
from pypdf import PdfReader
from pypdf.generic import DictionaryObject
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre.access.models import AuditLine
from qorgan.centre.norms import service
from qorgan.centre.papers.render import words
from qorgan.centre.reports import card, layout
from qorgan.domain.access import Body, Role

pytestmark = pytest.mark.django_db
KAZAKH = "Әә Ғғ Ққ Ңң Өө Ұұ Үү Һһ Іі"
HOSTILE = '#panic("typst") $x$ *bold* <label> [x]'


@pytest.fixture
def head(town: Town) -> Desk:
    return desk(a.a_person(Role.HEAD, school=town.school))


@pytest.fixture
def ministry() -> Desk:
    return desk(a.a_person(Role.MINISTRY))


@pytest.fixture
def judged(town: Town, head: Desk) -> Town:
    """A school with a paper, of which something is known."""
    town.school.node.last_pulse_at = timezone.now()
    town.school.node.save()
    paper = {"kind": "access_order_on", "number": KAZAKH, "issued": str(timezone.localdate()), "issuer": HOSTILE}
    assert head.post(f"/schools/{town.school.pk}/documents", paper).status_code == 201
    service.enrol()
    while service.look():
        pass
    return town


def text_of(pdf: bytes) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def text_of_pdfium(pdf: bytes) -> str:
    """As another program reads it: the one in a well-known browser."""
    with pypdfium2.PdfDocument(pdf) as book:
        return re.sub(r"\s+", " ", " ".join(page.get_textpage().get_text_range() for page in book))


def fonts_of(pdf: PdfReader) -> list[DictionaryObject]:
    found = [one for page in pdf.pages for one in page["/Resources"]["/Font"].values()]  # type: ignore[index]
    below = [part.get_object() for one in found for part in one.get_object().get("/DescendantFonts", [one])]
    return [one["/FontDescriptor"].get_object() for one in below]


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_a_school_card_says_verdicts_clauses_and_papers(judged: Town, head: Desk, language: Any) -> None:
    school = judged.school
    answer = head.get(f"/reports/schools/{school.pk}/card.pdf", language=language)
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf"
    text, said = text_of(answer.content), words(language)

    norms = head.get(f"/schools/{school.pk}/norms").json()
    assert text.index(said["report.gate_note"][:30]) < text.index(said["report.rest"]), "the gates stand first"
    squeezed = text.replace(" ", "")
    for one in norms["items"]:
        assert one["title"][language].replace(" ", "") in squeezed, one["requirement"]
    assert said["clause_status.digest"].replace(" ", "") in squeezed
    assert said[f"norm_verdict.{norms['gate']}"] in text
    assert HOSTILE.replace(" ", "") in squeezed, "what people write is shown, not obeyed"
    assert school.name.in_language(language) in text


def test_every_kazakh_letter_can_be_found_in_it_by_other_programs(judged: Town, head: Desk) -> None:
    pdf = head.get(f"/reports/schools/{judged.school.pk}/card.pdf").content
    for read in (text_of, text_of_pdfium):
        found = read(pdf)
        assert [one for one in KAZAKH.replace(" ", "") if one not in found] == []
        assert KAZAKH.replace(" ", "") in found.replace(" ", ""), read.__name__


def test_it_is_what_an_archive_asks_for(judged: Town, head: Desk) -> None:
    """PDF/A-2b as far as a reader that did not make it can tell: ISO 19005-2, 6.2.2, 6.2.11.4, 6.6.1, 6.7.11."""
    pdf = PdfReader(io.BytesIO(head.get(f"/reports/schools/{judged.school.pk}/card.pdf").content))
    metadata = pdf.xmp_metadata
    assert metadata is not None and (metadata.pdfaid_part, metadata.pdfaid_conformance) == ("2", "B")
    assert not pdf.is_encrypted and pdf.metadata is not None
    assert judged.school.name_kk in str(pdf.metadata.title)
    intents: Any = pdf.root_object["/OutputIntents"]
    (intent,) = intents
    assert intent.get_object()["/S"] == "/GTS_PDFA1" and "/DestOutputProfile" in intent.get_object()
    assert "/AA" not in pdf.root_object and "/JavaScript" not in str(pdf.root_object.get("/Names", ""))
    fonts = fonts_of(pdf)
    assert fonts and all({"/FontFile", "/FontFile2", "/FontFile3"} & set(one) for one in fonts)


def test_its_digest_is_of_what_it_says_and_stands_in_the_audit(judged: Town, head: Desk) -> None:
    past = str(timezone.localdate() - timedelta(days=1))  # nothing of a day that is over changes
    pdf = head.get(f"/reports/schools/{judged.school.pk}/card.pdf", at=past).content
    actor = a.an_actor(Role.HEAD, school=judged.school)
    then = timezone.localdate() - timedelta(days=1)
    data = card.card_data(actor, judged.school, pack=None, at=then)

    digest = layout.digest_of(data)
    assert digest in text_of(pdf).replace(" ", "")
    assert digest != layout.digest_of(data | {"documents": ["another"]})
    assert KAZAKH not in str(data), "the paper was entered today"
    line = AuditLine.objects.get(action="report.printed", person=head.user)
    assert (line.data["report"], line.data["digest"], line.data["school"]) == ("card", digest, str(judged.school.pk))


def test_a_territory_is_told_by_one_denominator_and_the_registrys_date(judged: Town, ministry: Desk) -> None:
    text = text_of(ministry.get("/reports/territory.pdf", language="ru").content)
    page = ministry.get("/norms/standing").json()

    assert f"{page['compliant']} / {page['organisations']}" in text and page["organisations"] == 3
    assert f"{page['unknown']} / 3" in text and words("ru")["report.denominator"] in text
    assert f"{timezone.localdate():%d.%m.%Y}" in text
    for child in page["children"]:
        assert child["name"]["ru"] in text
    district = text_of(ministry.get("/reports/territory.pdf", level="district", of=a.CITY).content)
    assert judged.school.name_kk in district and judged.neighbour.name_kk not in district
    assert ministry.get("/reports/territory.pdf", level="district").json()["code"] == "standing.of"


def test_ninety_nine_of_a_hundred_and_one_are_not_all() -> None:
    from qorgan.centre.norms.schemas import Numbers
    from qorgan.centre.reports.territory import share

    whole = Numbers(organisations=20_000, connected=0, working=0, compliant=0, unknown=0, drilled=0)
    assert (share(19_999, whole), share(20_000, whole)) == ("99 %", "100 %")


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_an_order_names_what_is_not_mended_the_nearest_day_first(town: Town, head: Desk, language: Any) -> None:
    inspector = desk(a.a_person(Role.INSPECTOR, regions=(a.KOSTANAY,), body=Body.POLICE))
    today = timezone.localdate()
    wish = {"school": str(town.school.pk), "target": {"kind": "school"}, "category": "other", "issue": True}
    for text, days in (("Кейінгі", 30), (f"Бұрынғы {HOSTILE}", 3)):
        made = inspector.post("/remarks", wish | {"text": text, "deadline": str(today + timedelta(days=days))})
        assert made.status_code == 201
    inspector.post("/remarks", wish | {"text": "Жоба", "issue": False})

    text = text_of(inspector.get(f"/reports/schools/{town.school.pk}/remarks.pdf", language=language).content)

    assert text.index("Бұрынғы") < text.index("Кейінгі") and "Жоба" not in text
    assert f"{today + timedelta(days=3):%d.%m.%Y}" in text and "$x$ *bold*" in text
    assert words(language)["report.order"] in text
    none = text_of(
        head.get(f"/reports/schools/{town.school.pk}/remarks.pdf", language=language, body="emergency").content
    )
    assert words(language)["report.none"] in none


def test_papers_are_for_those_who_may_see_the_school(town: Town) -> None:
    stranger = desk(a.a_person(Role.INSPECTOR, regions=(a.ASTANA,), body=Body.POLICE))
    officer = desk(a.a_person(Role.DUTY_OFFICER, centre=town.centre))
    for paper in ("card", "remarks"):
        assert stranger.get(f"/reports/schools/{town.school.pk}/{paper}.pdf").status_code == 404
    assert officer.get(f"/reports/schools/{town.school.pk}/card.pdf").status_code == 403
    assert officer.get("/reports/territory.pdf").status_code == 403
    assert not AuditLine.objects.filter(action="report.printed").exists()
