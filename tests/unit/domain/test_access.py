"""Roles, rights, scopes and purposes."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from qorgan.domain.access import (
    PURPOSES,
    RIGHTS,
    Purpose,
    PurposeKind,
    Right,
    Role,
    Scope,
    alarm_purpose_holds,
    require_purpose,
)
from qorgan.kernel.errors import Forbidden, Invalid

NOW = datetime(2026, 11, 22, 7, 44, tzinfo=UTC)
ALARM = UUID(int=5)
ANSWERS = {Right.ALARM_ACKNOWLEDGE, Right.ALARM_VERIFY, Right.ALARM_DISPATCH, Right.ALARM_CLOSE}


@pytest.mark.parametrize("role", Role)
def test_every_role_has_its_line_in_both_tables(role: Role) -> None:
    assert role in RIGHTS
    assert role in PURPOSES


@pytest.mark.parametrize("role", [Role.MINISTRY, Role.ADMINISTRATOR])
def test_who_sees_the_country_sees_no_video(role: Role) -> None:
    """But for the one picture of a camera that an administrator is adding."""
    assert not RIGHTS[role] & {Right.LIVE_VIEW, Right.ARCHIVE_VIEW}
    assert PURPOSES[role] <= {PurposeKind.SETUP}


def test_only_duty_officers_answer_alarms() -> None:
    assert [role for role in Role if RIGHTS[role] & ANSWERS] == [Role.DUTY_OFFICER]


def test_a_head_reads_alarms_and_who_watched() -> None:
    assert {Right.ALARM_READ, Right.WATCHES_READ} <= RIGHTS[Role.HEAD]


def test_nobody_holds_video_rights_without_a_purpose_to_use_them() -> None:
    for role in Role:
        seeing = RIGHTS[role] & {Right.LIVE_VIEW, Right.ARCHIVE_VIEW, Right.CAMERA_SETUP}
        assert bool(seeing) == bool(PURPOSES[role])


def test_a_scope_covers_its_region_its_district_and_its_school() -> None:
    mine, other = UUID(int=1), UUID(int=2)
    scope = Scope(regions=frozenset({"KZ39"}), districts=frozenset({"KZ711210"}), schools=frozenset({mine}))

    assert scope.covers(region="KZ39", district="KZ391000", school=other)
    assert scope.covers(region="KZ71", district="KZ711210", school=other)
    assert scope.covers(region="KZ71", district="KZ711110", school=mine)
    assert not scope.covers(region="KZ71", district="KZ711110", school=other)
    assert not Scope().covers(region="KZ39", district="KZ391000", school=mine)


@pytest.mark.parametrize("text", ["duty", "own_school", "inspection", f"alarm:{ALARM}"])
def test_a_purpose_reads_back_as_it_was_written(text: str) -> None:
    assert str(Purpose.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "alarm", "alarm:", "alarm:12", "curiosity", "duty:1", "DUTY", "alarm:" + "9" * 5000]
)
def test_what_is_no_purpose_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Purpose.parse(text)
    assert refusal.value.code == "purpose"


def test_a_head_does_not_watch_on_duty() -> None:
    require_purpose(Role.HEAD, Purpose(kind=PurposeKind.OWN_SCHOOL))
    with pytest.raises(Forbidden):
        require_purpose(Role.HEAD, Purpose(kind=PurposeKind.DUTY))


@pytest.mark.parametrize(
    ("same_school", "closed_at", "holds"),
    [
        (True, None, True),
        (True, NOW - timedelta(hours=23), True),
        (True, NOW - timedelta(hours=24), False),
        (False, None, False),
    ],
)
def test_an_alarm_is_a_reason_until_a_day_after_it_closed(
    same_school: bool, closed_at: datetime | None, holds: bool
) -> None:
    assert alarm_purpose_holds(same_school=same_school, closed_at=closed_at, now=NOW) is holds
