"""What a school says of its clock, and what is believed of it when the way to the school is long."""

from datetime import UTC, datetime, timedelta

import pytest

from qorgan.centre.gateway.clocks import KEPT, KEPT_S, NodeClocks
from qorgan.kernel.ids import SiteId

SITE = SiteId("kst-012")
NOON = datetime(2026, 11, 22, 7, tzinfo=UTC)


def ask(clocks: NodeClocks, *, ahead_s: float, there_s: float, back_s: float, now_s: float = 0.0) -> None:
    told = NOON + timedelta(seconds=there_s + ahead_s)
    clocks.note(SITE, told, asked_at=NOON, took_s=there_s + back_s, now_s=now_s)


def test_nothing_is_known_of_a_school_that_never_told():
    clocks = NodeClocks()
    ask(clocks, ahead_s=3.0, there_s=0.01, back_s=0.01)
    assert clocks.ahead_s(SiteId("kst-013")) is None


@pytest.mark.parametrize(("there_s", "back_s"), [(0.01, 0.01), (0.0, 1.5), (1.5, 0.0), (0.9, 0.9)])
@pytest.mark.parametrize("ahead_s", [0.0, 10.0, -3600.0])
def test_pictures_never_seem_newer_than_they_are(ahead_s: float, there_s: float, back_s: float):
    """A picture's age is now − its time + how far ahead that clock is: too much of this is safe, too little is not."""
    clocks = NodeClocks()
    ask(clocks, ahead_s=ahead_s, there_s=there_s, back_s=back_s)
    found = clocks.ahead_s(SITE)
    assert found is not None and ahead_s - 1e-6 <= found <= ahead_s + there_s + 1e-6


def test_a_link_that_became_slow_does_not_move_a_clock():
    clocks = NodeClocks()
    ask(clocks, ahead_s=2.0, there_s=0.02, back_s=0.02)
    for _ in range(KEPT - 1):
        ask(clocks, ahead_s=2.0, there_s=1.0, back_s=0.5)
    assert 2.02 == pytest.approx(clocks.ahead_s(SITE))


def test_a_clock_that_was_set_is_followed():
    clocks = NodeClocks()
    ask(clocks, ahead_s=0.0, there_s=0.001, back_s=0.001)
    for _ in range(KEPT):
        ask(clocks, ahead_s=-60.0, there_s=0.1, back_s=0.1)
    assert -59.9 == pytest.approx(clocks.ahead_s(SITE))


def test_what_was_heard_long_ago_is_not_believed_any_more():
    clocks = NodeClocks()
    ask(clocks, ahead_s=0.0, there_s=0.001, back_s=0.001)
    ask(clocks, ahead_s=5.0, there_s=0.1, back_s=0.1, now_s=KEPT_S + 1)
    assert 5.1 == pytest.approx(clocks.ahead_s(SITE))
