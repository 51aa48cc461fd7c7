"""`qorgan demo --check`: the main story as one command, for whoever wants to know whether a machine can do it all."""

import json
import subprocess
import sys

import pytest

from qorgan.demo.town import TOWN

ENDS_WITHIN_S = 550


@pytest.mark.timeout(ENDS_WITHIN_S + 30)
def test_the_check_plays_the_story_and_prints_one_object() -> None:
    """All of it held, what it measured is there to read, and nothing but the object is on stdout."""
    command = [sys.executable, "-m", "qorgan", "demo", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=ENDS_WITHIN_S, check=False)
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    broken = [promise for promise, kept in report["held"].items() if not kept]
    assert done.returncode == 0 and report["ok"], f"{broken} {report['problem']}\n{done.stderr}"
    assert report["measured"]["cameras"] == sum(len(plan.cameras) for plan in TOWN)
    assert len(report["measured"]["tiles"]) == 9
    assert all(tile["decoded"] >= tile["frames"] > 0 for tile in report["measured"]["tiles"])
    assert report["measured"]["alarm_log"][-1] == "closed"
    assert report["measured"]["panel_to_event_ms"] > 0
