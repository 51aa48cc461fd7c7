"""Words of a hostile device: refused or passed over, and nothing else ever happens.

Millions of them: `python -m tests.fuzz`.
"""

import os
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fuzz.onvif import calls, targets

EXAMPLES = int(os.environ.get("QORGAN_FUZZ", "150"))
TARGETS = {target.name: target for target in targets()}


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_words_are_borne(name: str) -> None:
    target = TARGETS[name]

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(chance=st.randoms(use_true_random=False))
    def try_damaged(chance: random.Random) -> None:
        target.try_one(target.an_input(chance))

    try_damaged()


def test_what_is_not_damaged_is_read() -> None:
    """The seeds are what a device truly says: one answer for each call, and one refusal."""
    assert len(calls()) + 1 == len(TARGETS["onvif-answer"].seeds)
    for target in TARGETS.values():
        assert target.seeds
        for seed in target.seeds:
            target.try_one(seed)
