"""Which checklist an alarm gets, and which of its items are late."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgan.domain.alarms import Level
from qorgan.domain.checklists import Scenario, scenario_of, standing
from qorgan.domain.signals import Meaning, Nature, level_of, nature_of

NOW = datetime(2026, 11, 22, 7, 44, tzinfo=UTC)


@pytest.mark.parametrize(
    ("level", "meaning", "scenario"),
    [
        (Level.P1, "", Scenario.ATTACK),
        (Level.P1, "a word of a newer node", Scenario.ATTACK),
        (Level.P1, "explosive", Scenario.EXPLOSIVE),
        (Level.P2, "", Scenario.ASSIST),
        (Level.P2, "smoke", Scenario.FIRE),
        (Level.P2, "fall", Scenario.MEDICAL),
        (Level.P2, "intrusion", Scenario.UNKNOWN),
        (Level.P3, "", Scenario.UNKNOWN),
    ],
)
def test_an_alarm_opens_with_the_scenario_of_its_meaning(level: Level, meaning: str, scenario: Scenario) -> None:
    assert scenario_of(level, meaning) is scenario


def test_no_p1_of_any_panel_opens_with_a_list_that_takes_it_lightly() -> None:
    grave = [one for one in Meaning if nature_of(one) is Nature.ALARM and level_of(one) is Level.P1]

    assert grave and {scenario_of(Level.P1, one) for one in grave} == {Scenario.ATTACK}


@given(st.lists(st.tuples(st.integers(-100, 100), st.none() | st.integers(-100, 100)), max_size=10))
def test_every_item_is_counted_in_exactly_one_way(rows: list[tuple[int, int | None]]) -> None:
    pairs = [
        (NOW + timedelta(seconds=due), None if done is None else NOW + timedelta(seconds=done)) for due, done in rows
    ]

    counts = standing(pairs, NOW)

    assert counts.items == len(rows)
    assert counts.done == sum(done is not None for _, done in rows)
    assert counts.late == sum(done is not None and done > due for due, done in rows)
    assert counts.overdue == sum(done is None and due < 0 for due, done in rows)
    assert counts.late <= counts.done and counts.done + counts.overdue <= counts.items
