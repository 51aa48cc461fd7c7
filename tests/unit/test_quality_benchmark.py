"""The benchmark of picture quality: what its report says of episodes, and how parts measured apart become one file."""

import json
from pathlib import Path
from typing import Any

import pytest
from benchmarks import quality
from benchmarks._measure import Report
from benchmarks._quality_set import STRENGTHS, Condition
from benchmarks._quality_work import Episode


def a_report(part: str, value: float, commit: str = "aaaaaaa") -> dict[str, Any]:
    return {
        "benchmark": "quality",
        "commit": commit,
        "date": "2026-11-23",
        "parts": {part: {"commit": commit, "date": "2026-11-23"}},
        "results": [{"metric": f"{part}_value", "value": value, "part": part}],
    }


def test_a_part_measured_later_takes_the_place_of_its_own_rows_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quality, "RESULTS", tmp_path / "quality.json")
    for report in (a_report("sound", 3), a_report("found", 1), a_report("cost", 2), a_report("found", 4, "bbbbbbb")):
        quality.keep(report)
    kept = json.loads((tmp_path / "quality.json").read_text("utf-8"))
    assert [(row["metric"], row["value"]) for row in kept["results"]] == [
        ("cost_value", 2), ("found_value", 4), ("sound_value", 3),
    ]  # fmt: skip
    assert {part: of["commit"] for part, of in kept["parts"].items()} == {
        "sound": "aaaaaaa", "found": "bbbbbbb", "cost": "aaaaaaa",
    }  # fmt: skip
    assert list(tmp_path.iterdir()) == [tmp_path / "quality.json"]


def test_recall_of_a_clear_fault_counts_its_clear_strengths_and_is_told_by_light_and_bit_rate() -> None:
    tally, report = quality.Tally(), Report("quality", quick=False)
    for strength in STRENGTHS:  # a cover of less than half of the picture is no clear one
        for light, found in ((Condition.DAY, True), (Condition.NIGHT, strength == 5)):
            confirmed = ["covered"] if found and strength > 2 else []
            tally.count(Episode("covered", strength, "hall", light, 100_000, confirmed, float(strength)))
    quality.report_found(report, tally)
    rows = {row["metric"]: row for row in report.results}
    assert rows["recall_covered"]["value"] == pytest.approx(4 / 6, abs=0.001) and rows["recall_covered"]["met"] is False
    assert rows["recall_covered"]["context"]["light"] == "day 1 night 0.333"
    assert rows["recall_covered_1"]["value"] == 0 and rows["recall_covered_1"]["goal"] is None
    assert rows["rank_correlation_covered"]["value"] == 1
    assert [line.split(":")[0] for line in sorted(tally.missed)] == [
        "covered 3 hall night 100 kbit/s", "covered 4 hall night 100 kbit/s",
    ]  # fmt: skip
