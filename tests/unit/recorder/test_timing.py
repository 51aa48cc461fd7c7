"""The place of a frame in the day."""

from qorgan.edge.recorder.timing import STEP_US, RunClock, to_media

S = 1_000_000


def test_the_least_delayed_frame_wins():
    clock = RunClock(media=0, arrival_us=1000 * S + 180_000)  # the first was read 180 ms late
    for second, late_ms in enumerate([90, 20, 150], start=1):
        assert clock.observe(to_media(second * S), (1000 + second) * S + late_ms * 1000)

    assert 1000 * S + 20_000 == clock.wall_us(0)


def test_drift_is_followed_by_no_more_than_500_ppm():
    clock = RunClock(0, 0)
    for second in range(1, 101):  # a camera whose clock is 1,000 ppm slow
        assert clock.observe(to_media(second * S), second * S + second * 1000)

    drift = clock.wall_us(0)
    assert 30_000 <= drift <= 50_000


def test_a_clock_that_was_set_begins_a_new_run():
    clock = RunClock(0, 0)
    assert clock.observe(to_media(30 * S), 30 * S)
    forward = [clock.observe(to_media(s * S), s * S + 3600 * S) for s in range(31, 60)]
    assert not all(forward)

    clock = RunClock(0, 3600 * S)
    assert not clock.observe(to_media(S), S - STEP_US)
