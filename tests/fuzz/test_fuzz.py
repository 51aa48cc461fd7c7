"""Bytes of somebody hostile, a few hundred for each target: borne, and nothing that must hold is broken.

`QORGAN_FUZZ` is how many inputs each target gets here; without it a short form runs. Millions: `make fuzz`.
"""

import json
import os
import socket
from pathlib import Path

import pytest
from tests.fuzz.__main__ import print_results
from tests.fuzz.guard import ReachedOut, allow_nothing
from tests.fuzz.run import as_row, fuzz_target
from tests.fuzz.target import Target, damaged
from tests.fuzz.targets import all_targets, written_down

INPUTS = int(os.environ.get("QORGAN_FUZZ", "300"))
SEED = 1  # the same for everybody: what nobody has met yet is for the nightly form
NAMES = list(all_targets())


@pytest.mark.parametrize("name", NAMES)
def test_what_is_damaged_is_borne(name: str) -> None:
    report = fuzz_target(all_targets()[name], inputs=INPUTS, seed=SEED)
    assert report.finding is None, report.finding


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_damaged_is_borne_too(name: str) -> None:
    target = all_targets()[name]
    target.begin_anew()
    assert target.seeds
    for seed in target.seeds:
        target.try_one(seed)


@pytest.mark.parametrize(("name", "data"), written_down())
def test_what_failed_once_is_borne(name: str, data: bytes) -> None:
    target = all_targets()[name]
    target.begin_anew()
    target.try_one(data)


def a_target(fails_on: bytes) -> Target:
    def fragile(data: bytes) -> None:
        if fails_on in data:
            raise ZeroDivisionError

    return Target("fragile", (b"a seed without it",), fragile, damaged([b"!", b"?"]))


def test_a_finding_is_told_with_all_that_is_needed_to_see_it_again() -> None:
    target = a_target(b"!")
    report = fuzz_target(target, inputs=5_000, seed=1)

    assert report.number is not None and report.finding is not None
    assert target.an_input(1, report.number).hex() == report.data and b"!" in bytes.fromhex(report.data)
    assert "ZeroDivisionError" in report.finding
    assert f"--seed 1 --first {report.number} --inputs 1" in report.finding


def test_a_finding_that_needs_what_came_before_it_is_told_with_that() -> None:
    seen: list[bytes] = []

    def fills(data: bytes) -> None:
        seen.append(data)
        if len(seen) == 50:
            raise MemoryError

    target = Target("fills", (b"seed",), fills, damaged([b"x"]), seen.clear)
    report = fuzz_target(target, inputs=100, seed=1)
    assert report.number == 49
    assert report.finding is not None and "--first 0 --inputs 50" in report.finding


def test_the_same_seed_makes_the_same_inputs() -> None:
    for target in all_targets().values():
        assert target.an_input(7, 12) == target.an_input(7, 12)
        assert len({target.an_input(7, number) for number in range(50)}) > 25


def test_an_input_that_works_without_end_is_ended_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.run.MAX_WORK_S", 0.05)

    def endless(_: bytes) -> None:
        while True:
            pass

    report = fuzz_target(Target("endless", (b"x",), endless, damaged([b"x"])), inputs=1, seed=1)
    assert report.finding is not None and "WorksTooLong" in report.finding


def test_memory_that_grows_with_each_input_is_a_finding() -> None:
    kept: list[bytes] = []
    target = Target("greedy", (b"x",), lambda data: kept.append(bytes(30_000)), damaged([b"x"]))
    report = fuzz_target(target, inputs=2_000, seed=1)
    assert report.finding is not None and "memory grew" in report.finding


def test_a_reader_that_reaches_out_is_stopped() -> None:
    with allow_nothing(), pytest.raises(ReachedOut):
        socket.create_connection(("127.0.0.1", 9), timeout=1)
    with allow_nothing(), pytest.raises(ReachedOut):
        Path("/etc/hostname").read_text()
    assert Path("/etc/hostname").read_text()


def test_the_long_form_tells_its_figures_as_a_benchmark_does(capsys: pytest.CaptureFixture[str]) -> None:
    """Beside that: nothing that a device says in XML opens a connection or a file."""
    with allow_nothing():
        report = fuzz_target(all_targets()["onvif answer"], inputs=200, seed=5)
    assert report.finding is None, report.finding
    print_results([as_row(report) | {"commit": "0000000"}], 200)

    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert "fuzz" == told["benchmark"] and told["quick"]
    values = {result["metric"]: result["value"] for result in told["results"]}
    assert 200 == values["onvif answer: inputs"] and 0 == values["findings"]
