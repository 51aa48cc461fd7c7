"""Every interval of an alarm, from its log."""

from datetime import UTC, datetime, timedelta

from qorgan.domain.after_action import PARTS, Measured, Point, measure, points

NOW = datetime(2026, 11, 22, 7, 44, tzinfo=UTC)
LOG = [
    ("pressed", 0.0),
    ("stored", 0.2),
    ("presented", 0.5),
    ("owned", 5.0),
    ("owned", 40.0),
    ("unverified", 20.0),
    ("confirmed", 30.0),
    ("dispatched", 61.0),
    ("closed", 900.0),
]


def measured(log: list[tuple[str, float]]) -> dict[tuple[str, str], Measured]:
    reached = points((action, NOW + timedelta(seconds=after)) for action, after in log)
    return {(one.part.start.value, one.part.end.value): one for one in measure(reached)}


def test_the_first_of_each_point_counts() -> None:
    found = measured(LOG)

    assert found["presented", "owned"].seconds == 4.5
    assert found["owned", "verified"].seconds == 15.0


def test_a_goal_is_met_missed_or_unknown() -> None:
    found = measured(LOG)

    assert found["pressed", "presented"].met is True
    assert found["pressed", "dispatched"].met is False
    assert found["pressed", "durable"].met is None, "nobody told"
    assert found["pressed", "closed"].met is None, "there is no goal"


def test_a_wrong_clock_meets_no_goal() -> None:
    found = measured([("pressed", 10.0), ("presented", 0.0)])

    assert found["pressed", "presented"].seconds == -10.0
    assert found["pressed", "presented"].met is None
    assert found["pressed", "presented"].two_clocks


def test_the_parts_go_from_the_press_to_the_closure_without_a_hole() -> None:
    ends = {part.end for part in PARTS} | {PARTS[0].start}

    assert ends == set(Point)
    assert all(list(Point).index(part.start) < list(Point).index(part.end) for part in PARTS)
