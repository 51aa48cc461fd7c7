"""What stands, what was written, what belongs together, what is proved: decided from values alone."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgan.domain.supervision import (
    AREA_SILENT,
    MANY,
    RULES,
    Area,
    Engine,
    Known,
    Proof,
    Silence,
    Standing,
    WayState,
    engine_faults,
    faults_of_source,
    node_is_silent,
    outages,
    proof_of,
    reconcile,
    rule_of,
    seconds_taken,
    within_goal,
)

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SCHOOLS = [UUID(int=n) for n in range(1, 4)]
CODES = ("node.silent", "link.gap", "source.silent")
Place = tuple[UUID, str, str]
places = st.tuples(st.sampled_from(SCHOOLS), st.sampled_from(["node", "source:hall"]), st.sampled_from(CODES))


def stands(place: Place) -> Standing:
    return Standing(school=place[0], subject=place[1], code=place[2], since=NOW)


def known(place: Place, closed_ago: timedelta | None = None) -> Known:
    closed = NOW - closed_ago if closed_ago is not None else None
    return Known(school=place[0], subject=place[1], code=place[2], opened_at=NOW - timedelta(days=1), closed_at=closed)


@settings(deadline=None)
@given(st.sets(places), st.sets(places))
def test_afterwards_exactly_what_stands_is_open(
    now: set[tuple[UUID, str, str]], before: set[tuple[UUID, str, str]]
) -> None:
    changes = reconcile([stands(one) for one in now], [known(one) for one in before], NOW)

    opened = {one.key for one in changes.opened}
    closed = {one.key for one in changes.closed}
    assert (before - closed) | opened == now
    assert not opened & before and closed <= before and changes.reopened == ()


def test_a_fault_that_comes_back_soon_is_the_same_and_one_that_comes_back_late_is_another() -> None:
    place = (SCHOOLS[0], "node", "node.silent")

    soon = reconcile([stands(place)], [known(place, timedelta(minutes=9))], NOW)
    late = reconcile([stands(place)], [known(place, timedelta(minutes=11))], NOW)

    assert (len(soon.reopened), len(soon.opened)) == (1, 0)
    assert (len(late.reopened), len(late.opened)) == (0, 1)


@pytest.mark.parametrize(
    ("state", "faults", "present", "codes"),
    [
        ("ok", (), True, ()),
        ("silent", (), True, ("source.silent",)),
        ("silent", ("battery_low",), True, ("source.silent", "source.battery_low")),
        ("fault", (), True, ("source.fault",)),
        ("fault", ("tamper", "tamper"), True, ("source.tamper",)),
        ("ok", ("battery_low",), True, ("source.battery_low",)),
        ("sulking", (), True, ("source.fault",)),
        ("silent", ("tamper",), False, ()),
    ],
)
def test_what_a_node_says_of_a_way_in(
    state: str, faults: tuple[str, ...], present: bool, codes: tuple[str, ...]
) -> None:
    assert faults_of_source(WayState.read(state), faults, present=present) == codes


def test_every_fault_has_somebody_who_must_act_and_a_clock() -> None:
    assert all(rule.within > timedelta() for rule in RULES.values())
    assert rule_of("from.the.future").within == timedelta(days=1)
    assert rule_of(AREA_SILENT).stops_alarms


def test_a_node_of_which_nobody_wrote_for_minutes_is_silent_whatever_was_said() -> None:
    assert not node_is_silent(told_silent=False, last_heard=NOW - timedelta(seconds=140), now=NOW)
    assert node_is_silent(told_silent=False, last_heard=NOW - timedelta(seconds=160), now=NOW)
    assert node_is_silent(told_silent=True, last_heard=NOW, now=NOW)


def silence(number: int, *, district: str = "D1", region: str = "R1", at: float = 0.0) -> Silence:
    return Silence(school=UUID(int=number), district=district, region=region, since=NOW + timedelta(seconds=at))


def test_a_cut_cable_in_one_district_is_that_districts_outage() -> None:
    here = [silence(n, at=n) for n in range(MANY)]
    elsewhere = [silence(100 + n, district=f"D{n}", at=n) for n in range(2, 4)]

    (outage,) = outages([*here, *elsewhere])

    assert outage.area == Area(region="R1", district="D1")
    assert set(outage.schools) == {UUID(int=n) for n in range(MANY)}


def test_a_few_in_each_district_are_the_regions_and_a_few_in_each_region_the_countrys() -> None:
    region = outages(silence(n, district=f"D{n}", at=n) for n in range(MANY))
    country = outages(silence(n, district=f"D{n}", region=f"R{n}", at=n) for n in range(MANY))

    assert [one.area for one in region] == [Area(region="R1")]
    assert [one.area for one in country] == [Area()]


def test_silences_of_different_hours_have_nothing_to_do_with_each_other() -> None:
    assert outages(silence(n, at=n * 3_600) for n in range(50)) == ()


@settings(deadline=None)
@given(
    st.lists(
        st.builds(
            silence,
            st.integers(0, 10_000),
            district=st.sampled_from(["D1", "D2"]),
            region=st.sampled_from(["R1", "R2"]),
            at=st.floats(0, 600),
        ),
        unique_by=lambda one: one.school,
        max_size=40,
    )
)
def test_no_silence_belongs_to_two_outages_and_each_outage_is_of_many(silences: list[Silence]) -> None:
    found = outages(silences)

    schools = [school for one in found for school in one.schools]
    assert len(schools) == len(set(schools))
    assert all(len(one.schools) >= MANY for one in found)


def test_what_proves_a_button() -> None:
    def days(ago: float | None) -> datetime | None:
        return None if ago is None else NOW - timedelta(days=ago)

    def proof(last: float | None, in_time: float | None) -> Proof:
        return proof_of(last_test=days(last), in_time_at=days(in_time), now=NOW)

    assert proof(None, None) is Proof.NEVER
    assert proof(29, 29) is Proof.PROVED
    assert proof(1, 29) is Proof.PROVED, "a slow test after a quick one takes nothing back"
    assert proof(1, 31) is Proof.SLOW
    assert proof(31, 31) is Proof.OVERDUE


def test_a_press_in_the_future_proves_a_wrong_clock_and_nothing_else() -> None:
    took = seconds_taken(pressed_at=NOW + timedelta(hours=1), received_at=NOW, clock_offset_s=None)

    assert not within_goal(took)
    assert within_goal(seconds_taken(pressed_at=NOW + timedelta(hours=1), received_at=NOW, clock_offset_s=3_600.5))
    assert not within_goal(2.1) and within_goal(2.0)


@pytest.mark.parametrize(
    ("engine", "faults"),
    [
        (Engine(turn_age_s=0.4, overdue_s=None, database_writes=True, carrier=True), ()),
        (Engine(turn_age_s=3.0, overdue_s=5.0, database_writes=True, carrier=True), ()),
        (Engine(turn_age_s=3.1, overdue_s=None, database_writes=True, carrier=True), ("turn",)),
        (Engine(turn_age_s=None, overdue_s=None, database_writes=True, carrier=True), ("turn",)),
        (Engine(turn_age_s=0.4, overdue_s=5.1, database_writes=True, carrier=True), ("overdue",)),
        (Engine(turn_age_s=0.4, overdue_s=None, database_writes=False, carrier=False), ("database", "carrier")),
    ],
)
def test_what_silences_the_watcher(engine: Engine, faults: tuple[str, ...]) -> None:
    assert engine_faults(engine) == faults
