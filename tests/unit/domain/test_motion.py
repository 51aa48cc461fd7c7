"""Movement as density: from what cameras say, and from what their pictures weigh."""

from qorgan.domain.motion import MINUTE_US, MotionMeter, density_of_events, density_of_sizes

S = 1_000_000
DAY_US = 86_400 * S


def test_movement_is_added_up_by_minute() -> None:
    meter = MotionMeter()
    meter.told("hall", "rule", True, 50 * S)
    meter.told("hall", "rule", True, 55 * S)  # says it again
    meter.told("hall", "rule", False, 70 * S)

    assert {("hall", 0): 10_000, ("hall", 1): 10_000} == meter.take(100 * S)
    assert {} == meter.take(200 * S)


def test_two_sources_at_once_are_one_movement() -> None:
    meter = MotionMeter()
    meter.told("hall", "a", True, 0)
    meter.told("hall", "b", True, 5 * S)
    meter.told("hall", "a", False, 10 * S)
    meter.told("hall", "b", False, 20 * S)
    assert {("hall", 0): 20_000} == meter.take(60 * S)


def test_what_lasts_is_counted_up_to_now_and_once() -> None:
    meter = MotionMeter()
    meter.told("hall", "a", True, 0)
    assert {("hall", 0): 30_000} == meter.take(30 * S)
    assert {("hall", 0): 30_000, ("hall", 1): 5_000} == meter.take(65 * S)
    meter.lost("hall", 70 * S)
    assert {("hall", 1): 5_000} == meter.take(120 * S)
    assert {} == meter.take(500 * S)


def test_events_become_shares_of_their_steps_and_a_moment_is_not_nothing() -> None:
    minutes = {0: 60_000, 1: 1, 3: 30_000, 99: 60_000}
    assert bytes([255, 1, 0, 128]) == density_of_events(minutes, 0, 4 * MINUTE_US, 60)
    assert bytes([38 + 13 + 13]) == density_of_events({0: 60_000, 3: 15_000}, 0, 5 * MINUTE_US, 300)


def test_a_busy_hour_stands_out_of_a_quiet_day() -> None:
    files = [
        (at, 60 * S, 900_000 if 8 * 60 <= at // MINUTE_US < 9 * 60 + 30 else 300_000) for at in range(0, DAY_US, 60 * S)
    ]
    density = density_of_sizes(files, 0, DAY_US, 60)
    assert density is not None
    assert {255} == set(density[8 * 60 : 9 * 60 + 30])
    assert {0} == set(density[: 8 * 60]) == set(density[9 * 60 + 30 :])


def test_files_that_begin_anywhere_are_shared_out() -> None:
    """A recorder's files are about a minute long and begin when they begin."""
    files = [(at, 61 * S, 900_000 if at > DAY_US // 2 else 300_000) for at in range(17 * S, DAY_US, 61 * S)]
    density = density_of_sizes(files, 0, DAY_US, 60)
    assert density is not None
    assert {0} == set(density[1:719])
    assert {255} == set(density[722:1439])


def test_a_constant_bit_rate_says_nothing() -> None:
    files = [(at, 60 * S, 300_000 + at % 7) for at in range(0, DAY_US, 60 * S)]
    assert None is density_of_sizes(files, 0, DAY_US, 60)
    assert None is density_of_sizes([], 0, DAY_US, 60)
    assert None is density_of_sizes(files[:5], 0, DAY_US, 60)
