"""A picture is bad when two looks of three say so, and never good when nobody could look."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgan.domain.pictures import (
    LOOKS,
    History,
    Look,
    Measures,
    PictureFault,
    Thresholds,
    Verdict,
    faults_of,
    judge,
    remember,
)

_digests = itertools.count()


def a_look(mean: float = 110, deviation: float = 50, bright: float = 0.01, sharpness: float = 300) -> Measures:
    digest = next(_digests).to_bytes(8)
    return Measures(mean=mean, deviation=deviation, bright=bright, sharpness=sharpness, digest=digest)


GOOD = a_look()
BLACK = {"mean": 3.0, "deviation": 1.0, "sharpness": 0.5}


def after(*looks: Look) -> History:
    history: History = ()
    for look in looks:
        history = remember(history, look)
    return history


@pytest.mark.parametrize(
    ("look", "fault"),
    [
        (a_look(**BLACK), PictureFault.BLACK),
        (a_look(mean=245, deviation=9), PictureFault.OVEREXPOSED),
        (a_look(bright=0.8), PictureFault.OVEREXPOSED),
        (a_look(deviation=4, sharpness=1), PictureFault.LOW_CONTRAST),
        (a_look(sharpness=3), PictureFault.BLURRED),
    ],
)
def test_each_fault_is_named_once(look: Measures, fault: PictureFault) -> None:
    assert faults_of(look, Thresholds()) == {fault}


def test_a_fault_is_suspected_confirmed_and_over() -> None:
    looks = [a_look(), a_look(**BLACK), a_look(**BLACK), a_look(), a_look()]
    verdicts = [judge(after(*looks[: number + 1])) for number in range(len(looks))]
    assert [verdict.verdict for verdict in verdicts] == ["ok", "suspect", "bad", "bad", "ok"]
    assert verdicts[3].faults == (PictureFault.BLACK,)


def test_a_passing_coat_is_no_fault() -> None:
    assert judge(after(a_look(), a_look(**BLACK), a_look())).verdict is Verdict.OK


def test_a_picture_that_stands_still_to_the_bit_is_frozen_at_the_third_look() -> None:
    still = a_look()
    verdicts = [judge(after(*[still] * number)) for number in (1, 2, 3)]
    assert [(verdict.verdict.value, verdict.faults) for verdict in verdicts] == [
        ("ok", ()),
        ("suspect", (PictureFault.FROZEN,)),
        ("bad", (PictureFault.FROZEN,)),
    ]
    assert judge(after(still, still, still, a_look())).verdict is Verdict.OK


def test_what_cannot_be_looked_at_is_unknown() -> None:
    assert judge(()).verdict is Verdict.UNKNOWN
    assert judge(after(None)).verdict is Verdict.UNKNOWN
    assert judge(after(a_look(), None)).verdict is Verdict.OK  # one missed look is no news
    assert judge(after(a_look(), None, None)).verdict is Verdict.UNKNOWN
    assert judge(after(a_look(**BLACK), a_look(**BLACK), None, None)).verdict is Verdict.UNKNOWN


a_measures = st.builds(
    Measures,
    mean=st.floats(0, 255),
    deviation=st.floats(0, 128),
    bright=st.floats(0, 1),
    sharpness=st.floats(0, 10_000),
    digest=st.sampled_from([b"a", b"b"]),
)


@given(looks=st.lists(st.none() | a_measures, max_size=6))
def test_a_verdict_names_faults_exactly_when_there_are_some(looks: list[Look]) -> None:
    history = after(*looks)
    assert len(history) == min(len(looks), LOOKS)
    judgement = judge(history)
    assert bool(judgement.faults) == (judgement.verdict in (Verdict.BAD, Verdict.SUSPECT))
    assert len(set(judgement.faults)) == len(judgement.faults)
