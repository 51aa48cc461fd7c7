"""Who wants to know, what goes first, and how long a channel that fails is tried."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgan.domain.access import Scope
from qorgan.domain.notices import LONGEST_WAIT_S, MOST_ATTEMPTS, Notice, Wish, next_attempt, parts, wants

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SCHOOL = UUID(int=12)
HERE = Scope(regions=frozenset({"KZ39"}))
ALARM = Notice(
    key="alarm:1:2",
    event="alarm.raised",
    at=NOW,
    school=SCHOOL,
    region="KZ39",
    district="KZ391000",
    level="P1",
    kind="real",
)


def wish(*events: str, scope: Scope = HERE, limit: Scope | None = None, levels: tuple[str, ...] = ()) -> Wish:
    return Wish(scope=scope, events=frozenset(events), levels=frozenset(levels), limit=limit)


@pytest.mark.parametrize(
    ("wish", "wanted"),
    [
        (wish("alarm.raised"), True),
        (wish("alarm.*"), True),
        (wish("alarm.closed", "fault.*"), False),
        (wish("alarm.*", levels=("P1",)), True),
        (wish("alarm.*", levels=("P2",)), False),
        (wish("alarm.*", scope=Scope(districts=frozenset({"KZ391000"}))), True),
        (wish("alarm.*", scope=Scope(schools=frozenset({SCHOOL}))), True),
        (wish("alarm.*", scope=Scope(regions=frozenset({"KZ71"}))), False),
        (wish("alarm.*", scope=Scope()), False),
        (wish("alarm.*", scope=Scope(everywhere=True), limit=HERE), True),
        (wish("alarm.*", scope=Scope(everywhere=True), limit=Scope(schools=frozenset({UUID(int=9)}))), False),
    ],
)
def test_who_wants_to_know(wish: Wish, wanted: bool) -> None:
    assert wants(wish, ALARM) is wanted


@settings(deadline=None)
@given(st.integers(1, MOST_ATTEMPTS - 1), st.floats(0, 1), st.none() | st.floats(0, 1e9))
def test_the_wait_grows_is_bounded_and_heeds_what_the_receiver_asked(
    attempts: int, chance: float, asked: float | None
) -> None:
    following = next_attempt(attempts=attempts, created_at=NOW, now=NOW, chance=chance, asked_s=asked)

    assert following is not None
    wait = (following - NOW).total_seconds()
    assert 1.0 <= wait <= LONGEST_WAIT_S
    if asked is not None:
        assert wait >= min(asked, LONGEST_WAIT_S) - 1e-6


def test_it_is_given_up_after_many_attempts_and_after_a_day() -> None:
    assert next_attempt(attempts=MOST_ATTEMPTS, created_at=NOW, now=NOW, chance=0.5) is None
    late = NOW + timedelta(hours=24)
    assert next_attempt(attempts=1, created_at=NOW, now=late, chance=0.5) is None


def test_a_text_fits_into_three_joined_messages() -> None:
    assert parts("қ" * 201) == "қ" * 201
    assert len(parts("қ" * 500)) == 201 and parts("қ" * 500).endswith("…")
