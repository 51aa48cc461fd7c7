"""A table of organisations is shown before it changes anything, and changes all of it or nothing."""

import io
import time
import tracemalloc
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre.norms import sheets
from qorgan.centre.schools.models import School
from qorgan.domain.access import Role
from qorgan.kernel.errors import Invalid

pytestmark = pytest.mark.django_db
HEADER = "site;kind;name_kk;name_ru;address_kk;district;lat;lon"
NEW = "kst-100;school;№ 100 мектеп;Школа № 100;Абай, 1;KZ391000;53,2;63,6"


@pytest.fixture
def admin(town: Town) -> Desk:
    return desk(a.a_person(Role.ADMINISTRATOR))


def send(somebody: Desk, *lines: str, encoding: str = "utf-8-sig") -> Any:
    file = SimpleUploadedFile("тізім.csv", "\r\n".join(lines).encode(encoding))
    return somebody.client.post("/api/registry/imports", {"file": file})


def an_xlsx(rows: list[list[str]]) -> bytes:
    """The least that a spreadsheet is (ECMA-376 part 1, 18): strings in the cells themselves."""
    cells = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in row) + "</row>" for row in rows
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        file.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kinds}.worksheet+xml"/></Types>',
        )
        file.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="1" sheetId="1" r:id="rId1"/></sheets>'
            "</workbook>",
        )
        file.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        )
        file.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'
        )
    return packed.getvalue()


def test_a_table_shows_what_it_would_change_and_then_changes_just_that(town: Town, admin: Desk) -> None:
    moved = f"kst-012;;;Школа-лицей № 12;;{a.RUDNY};;"
    shown = send(admin, HEADER, NEW, moved, "rud-004;;;;;;;").json()
    assert (shown["state"], shown["added"], shown["changed"], shown["unchanged"]) == ("ready", 1, 1, 1)
    assert shown["changes"][1]["fields"] == [
        {"field": "name_ru", "before": "Школа kst-012", "after": "Школа-лицей № 12"},
        {"field": "district", "before": a.CITY, "after": a.RUDNY},
    ]
    assert School.objects.count() == 3, "nothing has changed yet"

    path = f"/registry/imports/{shown['id']}"
    assert admin.get(path).json() == shown
    assert admin.post(f"{path}/apply").json()["state"] == "applied"
    made = School.objects.get(site="kst-100")
    assert (made.lat, made.name_ru) == (53.2, "Школа № 100")
    assert School.objects.saying("лицей").get().district_id == a.RUDNY, "lists find it by its new name"
    assert admin.post(f"{path}/apply").json()["code"] == "registry.applied"


def test_of_a_table_with_wrong_rows_nothing_is_applied_and_each_is_named(town: Town, admin: Desk) -> None:
    wrong = [
        "kst-101;school;№ 101;;Абай, 1;KZ000000;53;63",
        "kst-102;school;№ 102;;Абай, 1;KZ391000;север;63",
        "kst-103;school;№ 103;;Абай, 1;KZ391000;53;630",
        "KST 104;school;№ 104;;Абай, 1;KZ391000;53;63",
        "kst-105;school;;;Абай, 1;KZ391000;53;63",
        f"kst-106;school;{'ы' * 500};;Абай, 1;KZ391000;53;63",
        NEW,
    ]
    shown = send(admin, HEADER, NEW, *wrong).json()
    assert (shown["state"], shown["rows"], shown["errors_count"], shown["added"]) == ("faulty", 8, 7, 1)
    assert [(one["row"], one["column"], one["code"]) for one in shown["errors"]] == [
        (3, "district", "unknown"),
        (4, "lat", "not_a_number"),
        (5, "lon", "out_of_range"),
        (6, "site", "not_a_key"),
        (7, "name_kk", "missing"),
        (8, "name_kk", "too_long"),
        (9, "site", "twice"),
    ]
    assert admin.post(f"/registry/imports/{shown['id']}/apply").json()["code"] == "registry.faulty"
    assert School.objects.count() == 3


WRONG_EVERY = 66  # of 20,000 rows: 303, of which the last three are made right
MANY_WITHIN_S = 60.0  # a tenth of that on a quiet machine


def test_of_the_whole_country_each_of_three_hundred_wrong_rows_is_named_and_nothing_is_half_done(
    town: Town, admin: Desk
) -> None:
    faults = {
        "lat": ("север", "not_a_number"),
        "lon": ("630", "out_of_range"),
        "district": ("KZ000000", "unknown"),
        "name_kk": ("", "missing"),
    }
    columns, lines, expected = HEADER.split(";"), list[str](), list[tuple[int, str, str]]()
    for number in range(sheets.MAX_ROWS):
        cells = dict(
            zip(columns, f"all-{number};school;№ {number};;Абай, 1;KZ391000;53,2;63,6".split(";"), strict=True)
        )
        if number % WRONG_EVERY == 0 and len(expected) < 300:
            column = list(faults)[len(expected) % len(faults)]
            cells[column], code = faults[column]
            expected.append((number + 2, column, code))  # the first row names the columns
        lines.append(";".join(cells.values()))

    tracemalloc.start()
    began = time.monotonic()
    shown = send(admin, HEADER, *lines).json()
    took_s, (_, peak) = time.monotonic() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (len(expected), shown["errors_count"], shown["state"]) == (300, 300, "faulty")
    assert [(one["row"], one["column"], one["code"]) for one in shown["errors"]] == expected
    assert (shown["rows"], shown["added"]) == (20_000, 19_700) and len(shown["changes"]) == 500
    assert took_s < MANY_WITHIN_S and peak < 400_000_000
    assert admin.post(f"/registry/imports/{shown['id']}/apply").json()["code"] == "registry.faulty"
    assert School.objects.count() == 3, "nothing half-done"


def test_what_was_not_shown_is_not_applied(town: Town, admin: Desk) -> None:
    shown = send(admin, HEADER, NEW, "kst-012;;;Школа № 12;;;;").json()
    town.school.name_ru = "Гимназия"
    town.school.save()
    assert admin.post(f"/registry/imports/{shown['id']}/apply").json()["code"] == "registry.changed"
    assert School.objects.count() == 3 and School.objects.get(pk=town.school.pk).name_ru == "Гимназия"


def test_two_who_add_the_same_organisation_at_once_make_one_row(
    town: Town, admin: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the second one meets when the first commits between its look and its own row."""
    shown = send(admin, HEADER, NEW).json()
    prepare = School.prepare

    def prepared_beside_another(row: School) -> None:
        prepare(row)
        monkeypatch.undo()
        a.a_school("kst-100")

    monkeypatch.setattr(School, "prepare", prepared_beside_another)
    refused = admin.post(f"/registry/imports/{shown['id']}/apply")
    assert (refused.status_code, refused.json()["code"]) == (409, "registry.changed")
    assert School.objects.filter(site="kst-100").count() <= 1


def test_a_spreadsheet_reads_as_a_text_does(town: Town, admin: Desk) -> None:
    rows = [HEADER.split(";"), NEW.split(";")]
    file = SimpleUploadedFile("registry.xlsx", an_xlsx(rows))
    assert admin.client.post("/api/registry/imports", {"file": file}).json()["added"] == 1
    assert send(admin, HEADER, NEW, encoding="cp1251").json()["added"] == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "registry.file"),
        (b"\x00\x01", "registry.file"),
        (b"PK\x03\x04 no zip", "registry.file"),
        (b'site;name\n"unclosed', "registry.file"),
        (b"site;site\n1;2", "registry.header"),
        (b"site\n" + b"k\n" * (sheets.MAX_ROWS + 1), "registry.too_big"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        sheets.read(content)
    assert refusal.value.code == code


def test_a_table_of_other_columns_is_refused(town: Town, admin: Desk) -> None:
    assert send(admin, "site;password", "kst-012;x").json()["code"] == "registry.header"


def test_only_an_administrator_imports(town: Town) -> None:
    for role, place in ((Role.HEAD, {"school": town.school}), (Role.MINISTRY, {})):
        assert send(desk(a.a_person(role, **place)), HEADER, NEW).status_code == 403
