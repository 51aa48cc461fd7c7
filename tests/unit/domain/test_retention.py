"""Retention: what may go, what never goes, and the day on which the promise would break."""

from hypothesis import given, settings
from hypothesis import strategies as st

from qorgan.domain.retention import (
    DAY_US,
    DiskRoom,
    Doomed,
    Hold,
    Recording,
    RetentionPolicy,
    Usage,
    Why,
    forecast,
    measured_rate,
    plan_retention,
    room_for_unheld,
)

NOW = 20_000 * DAY_US
POLICY = RetentionPolicy(min_days=30, max_days=60)
GB = 10**9


def a_file(id: int, age_days: float, camera: str = "hall", size: int = GB, held: bool = False) -> Recording:
    end = NOW - int(age_days * DAY_US)
    return Recording(id=id, disk="d", camera=camera, start_us=end - 60_000_000, end_us=end, size=size, held=held)


def usage_of(files: list[Recording]) -> list[Usage]:
    cameras = sorted({file.camera for file in files})
    return [
        Usage(
            disk="d",
            camera=camera,
            size=sum(f.size for f in files if f.camera == camera),
            held_bytes=sum(f.size for f in files if f.camera == camera and f.held),
        )
        for camera in cameras
    ]


def plan(files: list[Recording], budget: int, policy: RetentionPolicy = POLICY, **disk: object) -> list[Doomed]:
    room = DiskRoom(id="d", budget_bytes=budget, **disk)  # type: ignore[arg-type]
    return plan_retention(files, usage_of(files), [room], policy, NOW)


def ids(doomed: list[Doomed]) -> list[tuple[int, Why]]:
    return [(one.recording.id, one.why) for one in doomed]


def test_what_is_older_than_privacy_allows_goes_though_there_is_room():
    files = [a_file(1, 61), a_file(2, 59)]

    assert [(1, Why.EXPIRED)] == ids(plan(files, 100 * GB))


def test_without_room_the_oldest_beyond_the_minimum_go_and_no_more_than_must():
    files = [a_file(1, 50), a_file(2, 45), a_file(3, 40), a_file(4, 5)]

    assert [(1, Why.ROOM), (2, Why.ROOM)] == ids(plan(files, 2 * GB))


def test_a_camera_that_takes_much_pays_for_it_itself():
    greedy = [a_file(number, 20 - number, "greedy") for number in range(1, 9)]
    modest = [a_file(100, 29, "modest"), a_file(101, 28, "modest")]
    doomed = ids(plan(greedy + modest, 6 * GB))

    assert [(number, Why.BELOW_MINIMUM) for number in (1, 2, 3, 4)] == doomed


def test_evidence_stays_though_it_is_the_oldest_and_the_disk_is_full():
    files = [a_file(1, 90, held=True), a_file(2, 20), a_file(3, 10)]

    assert [(2, Why.BELOW_MINIMUM)] == ids(
        plan(files, GB, RetentionPolicy(min_days=30, max_days=60, holds_budget_bytes=GB))
    )


def test_holds_have_room_of_their_own_and_beyond_it_take_that_of_the_others():
    files = [a_file(1, 90, held=True), a_file(2, 90, held=True), a_file(3, 10)]
    policy = RetentionPolicy(min_days=30, max_days=60, holds_budget_bytes=GB)
    disk = DiskRoom(id="d", budget_bytes=5 * GB)

    assert 4 * GB == room_for_unheld(usage_of(files), disk, policy)


def test_a_file_system_smaller_than_its_budget_is_never_filled():
    files = [a_file(1, 3), a_file(2, 2), a_file(3, 1)]

    assert [(1, Why.BELOW_MINIMUM)] == ids(plan(files, 100 * GB, free_bytes=GB // 2, keep_free_bytes=GB))


def test_a_disk_whose_identity_is_in_doubt_is_left_alone():
    assert [] == plan([a_file(1, 1000)], 0, trusted=False)


def test_a_hold_covers_its_stretch_of_its_camera_until_its_end():
    hold = Hold(
        id="h", camera="hall", stream="", start_us=100, end_us=200, reason="fight", by="Aliya", at_us=0, until_us=900
    )

    assert hold.covers("hall", "sub", 199, 300, 899)
    assert not hold.covers("hall", "sub", 200, 300, 899)
    assert not hold.covers("yard", "sub", 100, 200, 899)
    assert not hold.covers("hall", "sub", 100, 200, 900)


files = st.lists(
    st.tuples(st.floats(0, 100), st.sampled_from(["a", "b", "c"]), st.integers(1, 50), st.booleans()), max_size=30
).map(lambda rows: [a_file(number, *row) for number, row in enumerate(rows)])
budgets = st.integers(0, 800)
policies = st.builds(
    RetentionPolicy,
    min_days=st.floats(1, 40),
    max_days=st.floats(40, 90),
    holds_budget_bytes=st.integers(0, 200),
)


@settings(deadline=None)
@given(files, budgets, policies)
def test_whatever_is_there_no_promise_is_broken(files, budget, policy):
    """I6: never a hold; below the minimum only when it must, saying so, and only from those above their share."""
    doomed = plan(files, budget, policy)
    gone = {one.recording.id for one in doomed}
    rows = usage_of(files)
    room = room_for_unheld(rows, DiskRoom(id="d", budget_bytes=budget), policy)
    left = dict.fromkeys(("a", "b", "c"), 0)
    for file in files:
        if file.id not in gone and not file.held:
            left[file.camera] += file.size

    assert len(gone) == len(doomed)
    assert not any(one.recording.held for one in doomed)
    for one in doomed:
        age = NOW - one.recording.end_us
        assert (one.why is Why.EXPIRED) == (age > policy.max_days * DAY_US)
        assert (one.why is Why.BELOW_MINIMUM) == (age <= policy.min_days * DAY_US)
    assert sum(left.values()) <= room
    early = [one for one in doomed if one.why is Why.BELOW_MINIMUM]
    for one in {one.recording.camera: one.recording for one in early}.values():  # the newest that its camera lost
        assert left[one.camera] + one.size > room / len(rows)
    if early:  # then nothing older than the minimum was spared
        assert all(NOW - f.end_us <= policy.min_days * DAY_US for f in files if f.id not in gone and not f.held)


@settings(deadline=None)
@given(files, budgets, policies)
def test_of_one_camera_the_oldest_always_goes_first(files, budget, policy):
    gone = {one.recording.id for one in plan(files, budget, policy)}
    for camera in ("a", "b", "c"):
        mine = sorted((f for f in files if f.camera == camera and not f.held), key=lambda f: (f.start_us, f.id))
        fates = [file.id in gone for file in mine]
        assert fates == sorted(fates, reverse=True)


def test_a_new_node_hears_in_time_that_thirty_days_will_not_fit():
    found = forecast("d", 200 * GB, {0: 10 * GB, 1: 10 * GB}, 10 * GB, POLICY)

    assert (20, 18) == (found.days_kept, found.breaks_in_days)


def test_what_fits_for_ever_is_not_announced():
    assert forecast("d", 300 * GB, dict.fromkeys(range(30), 10 * GB), 10 * GB, POLICY).breaks_in_days is None


def test_a_minimum_that_is_broken_already_breaks_today():
    assert 0 == forecast("d", 299 * GB, dict.fromkeys(range(30), 10 * GB), 10 * GB, POLICY).breaks_in_days


ages = st.dictionaries(st.integers(0, 80), st.integers(0, 100), max_size=40)


@settings(deadline=None)
@given(ages, st.integers(0, 3000), st.integers(0, 500), st.integers(0, 200), st.integers(0, 50))
def test_more_room_or_less_video_never_brings_the_day_nearer(by_age, room, more, rate, faster):
    def breaks(room: int, rate: int) -> float:
        found = forecast("d", room, by_age, rate, POLICY).breaks_in_days
        return float("inf") if found is None else found

    assert breaks(room, rate) <= breaks(room + more, rate)
    if rate:
        assert breaks(room, rate + faster) <= breaks(room, rate)


HOUR_US = DAY_US // 24


def test_the_rate_is_the_mean_of_whole_days_and_leaves_out_the_one_on_which_recording_began():
    by_day = {19_997: 1 * GB, 19_998: 10 * GB, 19_999: 12 * GB, 20_000: 3 * GB}

    assert 11 * GB == measured_rate(by_day, 19_997 * DAY_US + 20 * HOUR_US, NOW + 6 * HOUR_US)


def test_on_its_first_day_a_node_counts_from_when_it_began():
    assert measured_rate({20_000: GB}, NOW + 12 * HOUR_US, NOW + 12 * HOUR_US + HOUR_US // 2) is None
    assert 12 * GB == measured_rate({20_000: GB}, NOW + 12 * HOUR_US, NOW + 14 * HOUR_US)


def test_days_on_which_nothing_was_recorded_do_not_make_the_rate_smaller():
    assert 10 * GB == measured_rate({19_980: GB, 19_996: 10 * GB}, 19_980 * DAY_US, NOW)
