"""The set-up tells the truth: a stamp means success, a failure says how to mend it, a silent test stage is red."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools import debian, run_tests, steps


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(steps, "CACHE", tmp_path)
    monkeypatch.setattr(steps, "ROOT", tmp_path)
    yield tmp_path


def test_a_fingerprint_changes_with_any_file_below_a_folder(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a").write_text("one")
    before = steps.fingerprint(tmp_path)
    (tmp_path / "deep" / "a").write_text("two")
    assert steps.fingerprint(tmp_path) != before
    (tmp_path / "deep" / "a").write_text("one")
    assert steps.fingerprint(tmp_path) == before


def test_a_torn_stamp_counts_as_none(cache: Path) -> None:
    steps.write_stamp("web", key="k")
    assert steps.read_stamp("web") == {"key": "k"}
    (cache / "web.json").write_text('{"key": "k')
    assert steps.read_stamp("web") == {}


def test_a_failed_step_shows_the_tail_and_the_way_out(cache: Path) -> None:
    runner = steps.Runner("python", "Python packages")
    program = "import sys; print('Temporary failure in name resolution'); sys.exit(3)"
    with pytest.raises(steps.SetupFailed) as failure:
        runner.run([sys.executable, "-c", program])
    message = str(failure.value)
    assert "ended with code 3" in message and "Temporary failure" in message
    assert "The network did not answer" in message and "PIP_INDEX_URL" in message


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ("ssl.SSLCertVerificationError: CERTIFICATE_VERIFY_FAILED", "SSL_CERT_FILE"),
        ("npm error code ENOTFOUND", "proxy"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("something nobody has seen before", "make clean"),
    ],
)
def test_advice_fits_the_trouble(cache: Path, output: str, advice: str) -> None:
    assert advice in steps.mend(output, cache / "x.log")


def test_missing_packages_are_named_with_the_exact_command(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = debian.Package("no-such-package-anywhere", "browser")
    assert debian.missing((nowhere,)) == ["no-such-package-anywhere"]
    assert "apt-get install -y --no-install-recommends no-such-package-anywhere" in debian.sentence([nowhere.name])
    there = debian.Package("named-otherwise", "browser", files=("/proc/self/stat",))
    assert debian.missing((there,)) == []


def test_a_stage_without_a_report_has_passed_nothing(tmp_path: Path) -> None:
    assert run_tests.count(tmp_path / "absent.xml") == (0, 0, 0)


def test_the_sum_counts_failures_and_skips(tmp_path: Path) -> None:
    report = tmp_path / "r.xml"
    report.write_text('<testsuites><testsuite tests="10" failures="1" errors="1" skipped="2"/></testsuites>')
    assert run_tests.count(report) == (6, 2, 2)
    stage = run_tests.Stage("unit", "unit", ("true",), report="unit")
    text = run_tests.summary([run_tests.Result(stage, False, 1.0, *run_tests.count(report))])
    assert text.splitlines()[-1].startswith("6 passed, 2 failed, 2 skipped; 1 of 1 stages failed")
