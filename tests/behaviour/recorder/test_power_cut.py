"""The power goes at any moment, and a disk may hold any part of what was not synced: no promise breaks."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.crash.feed import CAMERAS, FOLDERS
from tests.support.crash.judge import Recording, judge_all, record, some_cuts
from tests.support.crash.operations import Kind, can_trace
from tests.support.crash.platter import Fate, Platter

pytestmark = [pytest.mark.strace, pytest.mark.timeout(600)]
STATES, RECORD_S = 420, 10


@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> Recording:
    if reason := can_trace():
        pytest.skip(f"strace cannot trace a process on this machine: {reason}")
    return record(tmp_path_factory.mktemp("power") / "node", RECORD_S)


@pytest.fixture
def workplace(tmp_path) -> Iterator[Path]:
    """In memory where that can be: states are made and removed by the hundred, and each is synced."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="power-cut-", dir=memory if memory.is_dir() else tmp_path) as place:
        yield Path(place)


def test_what_was_noted_is_all_that_was_done(recording):
    """The notes, carried out, give what lies on the disks: the states tried are those of this recorder."""
    platter = Platter(list(FOLDERS))
    for operation in recording.operations:
        platter.apply(operation)
    made = platter.crash(None, Fate.ALL)  # type: ignore[arg-type] - nothing is left to chance

    there = {
        str(path.relative_to(recording.root)): path.read_bytes()
        for name in FOLDERS
        for path in (recording.root / name).rglob("*")
        if path.is_file()
    }
    assert there == made.files
    assert {"hall", "yard", "gate"} == set(CAMERAS) == {path.split("/")[0] for path in recording.files}
    assert recording.retired


def test_after_any_power_cut_every_promise_holds(recording, workplace):
    verdicts = list(judge_all(recording, some_cuts(recording, STATES, seed=1), workplace))

    assert STATES == len(verdicts)
    assert [] == [(verdict.cut, verdict.violations) for verdict in verdicts if verdict.violations]
    lost = {fate: [max(v.lost_s.values(), default=0.0) for v in verdicts if v.cut.fate is fate] for fate in Fate}
    assert (
        max(lost[Fate.NONE]) > 0
    )  # what was not synced is truly gone in these states; how much the benchmark measures


def test_a_recorder_that_did_not_sync_would_be_found_out(recording, workplace):
    """The same run without its syncs of the video: what the index promises is then not always there."""
    careless = [one for one in recording.operations if one.kind is not Kind.SYNC_DISK]
    broken = replace(recording, operations=careless)
    verdicts = judge_all(broken, some_cuts(broken, 70, seed=3), workplace)

    assert any("promised" in violation for verdict in verdicts for violation in verdict.violations)
