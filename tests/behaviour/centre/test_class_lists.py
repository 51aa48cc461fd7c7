"""Lists of classes: a table is looked at, its faults told by row, and applied as a whole or not at all."""

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre.access.models import AuditLine
from qorgan.centre.rollcall.models import Pupil
from qorgan.domain.access import Role

pytestmark = pytest.mark.django_db
LIST = "class;name;born\n7А;Әлия Сәрсен;2013-04-02\n7А;Ерлан Ким;01.09.2013\n8Б;Ольга Цой;2012-12-30\n"


@pytest.fixture
def head(town: Town) -> Desk:
    return desk(a.a_person(Role.HEAD, school=town.school))


def send(who: Desk, town: Town, content: str | bytes, shown: str | None = None) -> Any:
    data = content.encode() if isinstance(content, str) else content
    query = f"?shown={shown}" if shown else ""
    file = SimpleUploadedFile("list.csv", data)
    return who.client.post(f"/api/schools/{town.school.pk}/class-list{query}", {"file": file})


def apply(who: Desk, town: Town, content: str | bytes) -> Any:
    return send(who, town, content, send(who, town, content).json()["digest"])


def a_book(*rows: tuple[str, ...]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in (("class", "name", "born"), *rows):
        book.worksheets[0].append(row)
    book.save(out)
    return out.getvalue()


def test_a_dry_run_changes_nothing_and_then_all_is_applied(town: Town, head: Desk) -> None:
    dry = send(head, town, LIST).json()
    assert (dry["added"], dry["faults"], dry["applied"], Pupil.objects.count()) == (3, [], False, 0)

    assert send(head, town, LIST, dry["digest"]).json()["applied"] is True
    classes = head.get(f"/schools/{town.school.pk}/classes").json()["items"]
    assert [(one["name"], [child["name"] for child in one["pupils"]]) for one in classes] == [
        ("7А", ["Ерлан Ким", "Әлия Сәрсен"]),
        ("8Б", ["Ольга Цой"]),
    ]
    said = AuditLine.objects.get(person=head.user, action="class_list.applied").data
    assert said == {"school": str(town.school.pk), "added": 3, "moved": 0, "left": 0}, "no names in the audit"


def test_who_moves_leaves_and_comes_back_stays_the_same_child(town: Town, head: Desk) -> None:
    apply(head, town, LIST)
    olga = Pupil.objects.get(name="Ольга Цой").pk
    without = "class;name;born\n9А;Әлия Сәрсен;2013-04-02\n7А;Ерлан Ким;2013-09-01\n"
    done = apply(head, town, without).json()
    assert (done["moved"], done["left"], done["unchanged"], done["added"]) == (1, 1, 1, 0)
    apply(head, town, without + "9А;ОЛЬГА  Цой;30.12.2012\n")
    back = Pupil.objects.get(pk=olga)
    assert (back.school_class, back.left_at, Pupil.objects.count()) == ("9А", None, 3)


def test_every_wrong_row_is_told_and_nothing_is_half_done(town: Town, head: Desk) -> None:
    rows = (
        "7А;Әлия  сәрсен;02.04.2013",
        "7А;Дана Ли;2013-02-30",
        "7А;Дана Ли;кеше",
        "7А;Дана Ли;1950-01-01",
        ";Дана Ли;2013-01-01",
        "7А;;2013-01-01",
        '7А;=HYPERLINK("http://x");2013-01-01',
        f"{'7' * 21};Дана Ли;2013-01-01",
    )
    wrong = LIST + "\n".join(rows)
    answer = send(head, town, wrong).json()

    assert [(one["row"], one["fault"], one["other"]) for one in answer["faults"]] == [
        (5, "duplicate", 2),
        (6, "born", None),
        (7, "born", None),
        (8, "born", None),
        (9, "class", None),
        (10, "name", None),
        (11, "formula", None),
        (12, "class", None),
    ]
    assert send(head, town, wrong, answer["digest"]).json()["code"] == "class_list.faulty"
    assert not Pupil.objects.exists()


def test_a_formula_in_a_workbook_is_a_fault_of_its_row_and_macros_of_the_file(town: Town, head: Desk) -> None:
    book = a_book(("7А", "Ерлан Ким", "2013-09-01"), ("7А", "=A1&A2", "2013-09-01"))
    assert [(one["row"], one["fault"]) for one in send(head, town, book).json()["faults"]] == [(3, "formula")]
    assert apply(head, town, a_book(("7А", "Ерлан Ким", "2013-09-01"))).json()["applied"] is True

    packed = io.BytesIO(book)
    with zipfile.ZipFile(packed, "a") as changed:
        changed.writestr("xl/vbaProject.bin", b"Sub AutoOpen()")
    assert send(head, town, packed.getvalue()).json()["code"] == "class_list.macros"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04 and no more", "registry.file"),
        (b"\0\1\2", "registry.file"),
        ("class;name\n7А;Ерлан Ким\n", "class_list.header"),
        (b"x" * 5_000_001, "class_list.too_big"),
    ],
)
def test_what_is_no_list_is_refused(town: Town, head: Desk, content: str | bytes, code: str) -> None:
    answer = send(head, town, content)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_list_that_has_changed_meanwhile_is_looked_at_once_more(town: Town, head: Desk) -> None:
    digest = send(head, town, LIST).json()["digest"]
    apply(head, town, "class;name;born\n7А;Әлия Сәрсен;2013-04-02\n")
    assert send(head, town, LIST, digest).json()["code"] == "class_list.changed"


def test_nobody_but_the_school_reads_the_names(town: Town, head: Desk, officer: Desk) -> None:
    apply(head, town, LIST)
    path = f"/schools/{town.school.pk}/classes"
    others = (Role.ADMINISTRATOR, Role.MINISTRY)
    for who in (officer, *(desk(a.a_person(role)) for role in others)):
        assert (who.get(path).status_code, send(who, town, LIST).status_code) == (403, 403)
    stranger = desk(a.a_person(Role.HEAD, school=town.far))
    assert (stranger.get(path).status_code, send(stranger, town, LIST).status_code) == (404, 404)
