"""A short chaos run: faults at random in schools, links, disks, clocks, the carrier, the centre and its database."""

from pathlib import Path

import pytest
from tests.chaos.run import run

FAULTS = 120


@pytest.mark.timeout(900)
async def test_no_acknowledged_alarm_is_lost_or_doubled_whatever_breaks(tmp_path: Path) -> None:
    outcome = await run(tmp_path, faults=FAULTS, schools=3, database="", seed=20_260_822, pace=8.0, say=lambda _: None)
    assert outcome.broken == []
    assert sum(outcome.faults.values()) >= FAULTS
    assert outcome.acknowledged == outcome.stored > 0
