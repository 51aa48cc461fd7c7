"""The archive on the command line: evidence kept, disks accepted, days counted, promises checked."""

import json
from pathlib import Path

import pytest
from tests.support.index_rows import a_row
from typer.testing import CliRunner, Result

from qorgan.edge import cli
from qorgan.edge.config import load
from qorgan.edge.recorder.disks import Disks
from qorgan.edge.recorder.index import Index

S = 1_000_000
NOON_US = 1_795_330_800 * S  # 2026-11-22 12:00 in Almaty


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A school with one camera and two minutes of it, a minute apart, in the index."""
    path = tmp_path / "edge.toml"
    edge("init", "--site", "kst-012", "--name-kk", "№12 мектеп", file=path)
    camera = ["add-camera", "rtsp://10.0.0.7/main", "--key", "hall", "--name-kk", "Фойе", "--no-probe"]
    assert edge(*camera, file=path).exit_code == 0
    config = load(path)
    Disks.of(config).look(NOON_US)
    index = Index(config.index_db)
    index.commit([a_row(1, NOON_US), a_row(2, NOON_US + 120 * S)], [])
    index.add_gap("hall", "main", NOON_US + 60 * S, NOON_US + 120 * S, "timeout")
    index.close()
    return path


def edge(*arguments: str, file: Path) -> Result:
    return CliRunner().invoke(cli.app, [*arguments, "--config", str(file)])


def test_evidence_is_held_shown_and_released(file: Path) -> None:
    period = ["hall", "2026-11-22T12:00:30", "2026-11-22T12:00:40"]
    added = edge("hold", "add", *period, "--reason", "incident 17", file=file)
    assert added.exit_code == 0, added.output
    assert "keeps 1 files" in added.output
    id = added.output.split()[1]

    shown = edge("hold", "list", file=file).output
    assert id in shown and "2026-11-22 12:00:30" in shown and "incident 17" in shown
    index = Index(load(file).index_db)
    assert [2] == [row.id for row in index.forget_unheld([1, 2], NOON_US)]
    index.close()
    assert edge("hold", "release", id, file=file).exit_code == 0
    assert edge("hold", "release", id, file=file).exit_code == 2
    assert "0 holds" in edge("hold", "list", file=file).output
    assert id in edge("hold", "list", "--released", file=file).output


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["attic", "2026-11-22T12:00:30", "2026-11-22T12:00:40", "--reason", "x"], "no camera 'attic'"),
        (["hall", "2026-11-22T12:00:40", "2026-11-22T12:00:30", "--reason", "x"], "ends after it begins"),
        (["hall", "2026-11-22T12:00:30", "2026-11-22T12:00:40", "--reason", " "], "has a reason"),
    ],
)
def test_a_hold_that_makes_no_sense_is_refused_in_one_sentence(file: Path, arguments: list[str], advice: str) -> None:
    refused = edge("hold", "add", *arguments, file=file)

    assert refused.exit_code == 2
    assert advice in refused.stderr


def test_a_day_shows_seconds_kept_of_seconds_expected_and_why_the_rest_is_missing(file: Path) -> None:
    rows = json.loads(edge("coverage", "--day", "2026-11-22", "--json", file=file).output)

    assert [("hall", "main")] == [(row["camera"], row["stream"]) for row in rows]
    assert 120 == rows[0]["kept_s"]
    assert "timeout" in [gap["cause"] for gap in rows[0]["gaps"]]


def test_a_replaced_disk_is_accepted_by_name(file: Path) -> None:
    archive = load(file).storage.archive
    (archive / "qorgan-disk.json").unlink()
    assert "refused (no_identity)" in edge("disk", "list", file=file).output
    assert edge("disk", "accept", str(archive.parent), file=file).exit_code == 2

    assert edge("disk", "accept", str(archive), file=file).exit_code == 0
    assert edge("disk", "list", file=file).output.startswith("ready")


def test_check_tells_by_its_exit_code_what_it_found_and_what_it_mended(file: Path) -> None:
    found = edge("check", file=file)
    assert (1, True) == (found.exit_code, "segment.missing" in found.output)
    mended = edge("check", "--repair", "--json", file=file)
    report = json.loads(mended.output)
    assert (3, 0, 2) == (mended.exit_code, report["bad"], report["repaired"])
    assert edge("check", file=file).exit_code == 0
    assert edge("check", file=file.with_name("nowhere.toml")).exit_code == 2
