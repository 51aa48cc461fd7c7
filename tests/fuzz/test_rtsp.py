"""Bytes of a hostile camera: refused or passed over, soon, and nothing else ever happens.

`QORGAN_FUZZ` is how many inputs each test tries; without it a short form runs. Millions: `python -m tests.fuzz`.
"""

import os
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fuzz.__main__ import fuzz_target
from tests.fuzz.rtsp import Target, damaged, targets

EXAMPLES = int(os.environ.get("QORGAN_FUZZ", "150"))
TARGETS = {target.name: target for target in targets()}


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_traffic_is_borne(name):
    target = TARGETS[name]

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(chance=st.randoms(use_true_random=False))
    def try_damaged(chance: random.Random) -> None:
        target.try_one(damaged(target.seeds, chance))

    try_damaged()


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_not_damaged_is_borne_too(name):
    for seed in TARGETS[name].seeds:
        TARGETS[name].try_one(seed)


def test_the_counting_form_counts_and_shows_what_it_finds():
    tried: list[bytes] = []

    def fragile(data: bytes) -> None:
        tried.append(data)
        if len(tried) == 50:
            raise ZeroDivisionError

    report = fuzz_target(Target("fragile", (b"seed" * 9,), fragile), inputs=100, seed=1)
    assert 50 == report.inputs and report.finding is not None
    assert "ZeroDivisionError" in report.finding and tried[-1].hex() in report.finding

    report = fuzz_target(Target("sturdy", (b"seed",), lambda data: None), inputs=100, seed=1)
    assert (100, None) == (report.inputs, report.finding)
