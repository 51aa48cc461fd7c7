"""Whom to call at a school: the school keeps the list, the centre reads it, the audit says who did."""

from typing import Any

import pytest
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre.access.models import AuditLine
from qorgan.domain.access import Role

pytestmark = pytest.mark.django_db
GUARD = {"name": "Серік Ахметов", "role": "guard", "phone": "+7 700 000 00 01", "on_duty": True}
DEPUTY = {"name": "Алия Нұрова", "role": "deputy", "phone": "+7 700 000 00 02"}


@pytest.fixture
def head(town: Town) -> Desk:
    return desk(a.a_person(Role.HEAD, school=town.school))


def put(head: Desk, town: Town, *items: dict[str, Any]) -> Any:
    return head.put(f"/schools/{town.school.pk}/people", {"items": list(items)})


def test_the_school_says_whom_to_call_and_who_is_there(town: Town, head: Desk, officer: Desk) -> None:
    put(head, town, GUARD, DEPUTY)

    seen = officer.get(f"/schools/{town.school.pk}/people").json()

    assert [(one["name"], one["role"], one["on_duty"]) for one in seen["items"]] == [
        ("Серік Ахметов", "guard", True),
        ("Алия Нұрова", "deputy", False),
    ]
    assert seen["marked_at"]


def test_the_list_is_replaced_in_its_order_and_the_removed_are_gone(town: Town, head: Desk) -> None:
    guard, deputy = put(head, town, GUARD, DEPUTY).json()["items"]

    changed = put(head, town, deputy | {"phone": "102"}, {"name": "Дәрігер", "role": "medic"}).json()

    assert [(one["name"], one["phone"]) for one in changed["items"]] == [("Алия Нұрова", "102"), ("Дәрігер", "")]
    assert changed["items"][0]["id"] == deputy["id"] != guard["id"]


def test_marks_are_of_today_and_say_exactly_who(town: Town, head: Desk) -> None:
    guard, deputy = put(head, town, GUARD, DEPUTY).json()["items"]

    seen = head.put(f"/schools/{town.school.pk}/people/on-duty", {"people": [deputy["id"]]}).json()

    assert [one["on_duty"] for one in seen["items"]] == [False, True]
    assert head.put(f"/schools/{town.school.pk}/people/on-duty", {"people": [guard["id"][::-1]]}).status_code in (
        404,
        422,
    )


def test_reading_is_one_line_a_day_in_the_readers_audit(town: Town, head: Desk, officer: Desk) -> None:
    put(head, town, GUARD)
    for _ in range(3):
        officer.get(f"/schools/{town.school.pk}/people")
    officer.get(f"/schools/{town.neighbour.pk}/people")
    head.get(f"/schools/{town.school.pk}/people")

    read = AuditLine.objects.filter(action="people.read")
    assert [line.data["school"] for line in read] == [str(town.school.pk), str(town.neighbour.pk)]
    assert {line.person_id for line in read} == {officer.user.pk}
    changed = AuditLine.objects.get(action="people.changed")
    assert changed.person_id == head.user.pk and "Серік" not in str(changed.data)


def test_only_the_schools_own_head_changes_the_list_and_only_in_its_form(town: Town, head: Desk, officer: Desk) -> None:
    other = desk(a.a_person(Role.HEAD, school=town.neighbour))
    ministry = desk(a.a_person(Role.MINISTRY))

    assert put(officer, town, GUARD).status_code == 403
    assert put(other, town, GUARD).status_code == 404
    assert ministry.get(f"/schools/{town.school.pk}/people").status_code == 403
    assert put(head, town, GUARD | {"phone": "<script>"}).status_code == 422
    assert put(head, town, GUARD | {"name": "  "}).status_code == 422
    assert put(head, town, *[GUARD] * 51).status_code == 422
