"""How a stream comes, beside what it should be: each number has its fault, and one bad moment is none."""

import pytest

from qorgan.domain.quality.delivery import MAIN, SUB, Delivered, DeliveryFault, Memory, judge, scores
from qorgan.domain.quality.faults import Fault, Verdict

GOOD = {
    "codec": "avc1.640028, mp4a.40.2",
    "width": 1920,
    "height": 1080,
    "frames_per_s": 25.0,
    "bits_per_s": 4_000_000.0,
    "keyframe_every_s": 2.0,
    "loss": 0.0,
    "jitter_s": 0.2,
    "clock_offset_s": -0.3,
}


def test_a_stream_as_it_should_be_has_no_fault_and_says_its_numbers() -> None:
    delivered = Delivered(**GOOD)
    assert all(score is not None and score < 1 for score in scores(delivered, MAIN).values())
    assert delivered.numbers() == {name: value for name, value in GOOD.items() if name != "codec"}


@pytest.mark.parametrize(
    ("fault", "change", "worse"),
    [
        (DeliveryFault.LOW_RESOLUTION, {"width": 1024, "height": 576}, {"width": 704, "height": 576}),
        (DeliveryFault.FEW_FRAMES, {"frames_per_s": 11.0}, {"frames_per_s": 5.0}),
        (DeliveryFault.LOW_BITRATE, {"bits_per_s": 400_000.0}, {"bits_per_s": 100_000.0}),
        (DeliveryFault.HIGH_BITRATE, {"bits_per_s": 9e6}, {"bits_per_s": 20e6}),
        (DeliveryFault.RARE_KEYFRAMES, {"keyframe_every_s": 5.0}, {"keyframe_every_s": 30.0}),
        (DeliveryFault.LOSS, {"loss": 0.02}, {"loss": 0.06}),
        (DeliveryFault.JITTER, {"jitter_s": 1.2}, {"jitter_s": 3.0}),
        (DeliveryFault.CLOCK_OFFSET, {"clock_offset_s": -2.5}, {"clock_offset_s": 9.0}),
    ],
)
def test_each_number_has_its_fault_and_no_other(fault: DeliveryFault, change: dict, worse: dict) -> None:
    little, much = (scores(Delivered(**(GOOD | numbers)), MAIN) for numbers in (change, worse))
    assert [one for one in DeliveryFault if (little[one] or 0) >= 1] == [fault]
    assert 1 < (little[fault] or 0) < (much[fault] or 0)


def test_what_is_exactly_as_it_should_be_is_enough_and_a_sub_stream_may_be_less() -> None:
    exactly = Delivered(**(GOOD | {"width": 1280, "height": 720, "frames_per_s": 12.0, "loss": 0.01}))
    assert max(score or 0 for score in scores(exactly, MAIN).values()) < 1
    sub = Delivered(codec="hvc1.1.6.L93", width=640, height=360, frames_per_s=10.0, bits_per_s=300_000.0)
    assert max(score or 0 for score in scores(sub, SUB).values()) < 1
    assert scores(sub, MAIN)[DeliveryFault.LOW_RESOLUTION] == pytest.approx(4.0)


def test_nothing_is_said_of_what_is_not_known() -> None:
    assert set(scores(Delivered(), MAIN).values()) == {None}
    assert Delivered().numbers() == {}
    assert scores(Delivered(codec="mjpg"), MAIN)[DeliveryFault.OTHER_CODEC] == 10
    memory = judge(Memory(), Delivered(), MAIN)
    assert {course.verdict for course in memory.courses.values()} == {Verdict.UNKNOWN}


def test_one_burst_is_suspected_three_are_bad_and_what_stopped_is_over() -> None:
    lossy, good = Delivered(**(GOOD | {"loss": 0.2})), Delivered(**GOOD)
    memory = judge(Memory(), good, MAIN)
    memory = judge(memory, lossy, MAIN)
    assert memory.courses[DeliveryFault.LOSS].verdict is Verdict.SUSPECT and memory.faults() == ()
    for _ in range(2):
        memory = judge(memory, lossy, MAIN)
    assert memory.faults() == (DeliveryFault.LOSS,) and memory.scores()["loss"] == 10
    memory = judge(memory, Delivered(**(GOOD | {"loss": None})), MAIN)
    assert memory.faults() == (DeliveryFault.LOSS,), "nobody could say"
    for left in ((DeliveryFault.LOSS,), (DeliveryFault.LOSS,), ()):
        memory = judge(memory, good, MAIN)
        assert memory.faults() == left
    assert judge(memory, None, MAIN) == Memory()


def test_no_fault_of_a_stream_has_the_name_of_a_fault_of_a_picture() -> None:
    assert not {str(fault) for fault in DeliveryFault} & {str(fault) for fault in Fault}
