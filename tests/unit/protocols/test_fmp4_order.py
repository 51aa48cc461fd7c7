"""B-frames: pictures arrive in decoding order with the time at which they are shown; their decode times are found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.video import STEP, a_video, timings

from qorgan.protocols.fmp4.order import DecodeTimes, Timing, reorder_depth, unwrapped
from qorgan.protocols.fmp4.parameter_sets import AvcSps
from qorgan.protocols.rtsp.h265 import parse_h265_sps
from qorgan.sim.bits import BitWriter, escape

STREAMS = [("h264", 0, False), ("h264", 2, False), ("h264", 3, True), ("h265", 0, False), ("h265", 3, True)]


def decide(shown: list[int], depth: int = 0, *, closes: frozenset[int] = frozenset()) -> list[Timing]:
    times = DecodeTimes(depth)
    decided = [timing for n, time in enumerate(shown) for timing in times.take(time, closes=n in closes)]
    return decided + times.finish(STEP)


@pytest.mark.parametrize(("codec", "b_frames", "pyramid"), STREAMS)
def test_real_streams_get_the_decode_times_of_their_encoder(codec, b_frames, pyramid):
    """x264 and x265 give decode times too: ours are the same, but for a constant that begins them at zero."""
    video = a_video(codec, b_frames, pyramid=pyramid)
    found = timings(video)

    assert [unit.shown for unit in video.units] == [decode + offset for decode, _, offset in found]
    assert {video.depth * STEP} == {
        decode - unit.encoder_decode for unit, (decode, _, _) in zip(video.units, found, strict=True)
    }
    assert (b_frames > 0) == any(offset for _, _, offset in found)
    assert {STEP} == {duration for _, duration, _ in found}


@pytest.mark.parametrize(("codec", "b_frames", "pyramid"), STREAMS)
def test_the_parameter_set_says_how_long_to_wait_and_not_longer(codec, b_frames, pyramid):
    video = a_video(codec, b_frames, pyramid=pyramid)
    times = DecodeTimes(video.depth)
    waits = [times.pending for unit in video.units if times.take(unit.shown) is not None]

    assert (2 if pyramid else bool(b_frames)) == video.depth
    assert max(waits) == video.depth + 1


@pytest.mark.parametrize(("codec", "b_frames", "pyramid"), [s for s in STREAMS if s[1]])
def test_a_depth_that_nobody_stated_is_learnt_within_the_first_pictures(codec, b_frames, pyramid):
    """Every picture is shown at its time from the first on; decode times are even again after a few pictures."""
    video = a_video(codec, b_frames, pyramid=pyramid)
    stated, learnt = timings(video), timings(video, depth=0)

    assert [unit.shown for unit in video.units] == [decode + offset for decode, _, offset in learnt]
    assert learnt != stated
    assert learnt[10:] == stated[10:]


def test_a_keyframe_that_closes_ends_the_wait():
    """All before an IDR picture is shown before it: a fragment can be cut there without waiting for what follows."""
    times = DecodeTimes(2)
    for shown in (0, 4, 2, 1, 3):
        times.take(shown * STEP)
    decided = times.take(5 * STEP, closes=True)

    assert 1 == times.pending, "of the IDR picture itself only the length is open"
    assert [(3, 1, -2), (4, 1, -1)] == [tuple(value // STEP for value in timing) for timing in decided[-2:]]


@given(st.lists(st.integers(-(2**40), 2**40), max_size=60), st.integers(0, 20), st.frozensets(st.integers(0, 59)))
def test_whatever_comes_is_shown_at_its_time_and_decoded_in_order(shown, depth, closes):
    decided = decide(shown, depth, closes=closes)

    assert shown == [timing.decode + timing.offset for timing in decided]
    assert all(timing.duration > 0 for timing in decided)
    assert all(a.decode + a.duration == b.decode for a, b in zip(decided, decided[1:], strict=False))


@given(st.permutations(range(12)), st.integers(0, 3))
def test_with_enough_depth_decode_times_are_the_sorted_presentation_times(order, more):
    needed = max(sum(before > shown for before in order[:n]) for n, shown in enumerate(order))
    decided = decide([n * STEP for n in order], needed + more)

    assert [n * STEP for n in range(12)] == [timing.decode for timing in decided]


def test_pictures_in_order_cost_no_wait_and_no_offset():
    times = DecodeTimes()
    assert [] == times.take(100)
    assert [Timing(100, 50, 0)] == times.take(150)
    assert [Timing(150, 50, 0)] == times.take(200, closes=True)
    assert [Timing(200, 40, 0)] == times.finish(40)
    assert [] == times.finish(40)


@given(st.integers(0, 2**40), st.integers(-(2**31), 2**31 - 1))
def test_timestamps_are_followed_around_the_end_of_32_bits(previous, step):
    assert previous + step == unwrapped((previous + step) & 0xFFFFFFFF, previous)


def test_a_set_that_states_nothing_begins_without_wait():
    """Many cameras state nothing and send no B-frames: they must not wait for the sixteen that the standard allows."""
    bits = BitWriter().u(77, 8).u(0, 8).u(40, 8).ue(0).ue(0).ue(0).ue(2).ue(4).u(0, 1).ue(119).ue(67)  # Main, 4.0
    bits.u(1, 1).u(1, 1).u(0, 1).u(0, 1)  # frames only, direct_8x8, no cropping, no VUI
    sps = AvcSps.parse(b"\x67" + escape(bits.trailing().bytes()))
    assert (1920, 1088, 4) == (sps.width, sps.height, sps.reorder_frames)
    assert not sps.reorder_is_stated and 0 == reorder_depth(sps)
    assert 2 == reorder_depth(parse_h265_sps(a_video("h265", 3, pyramid=True).track.sps))
