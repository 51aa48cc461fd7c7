"""How well are faults of a picture found, how often is a sound picture called faulty, and what does a look cost?

Found: each fault in five strengths, at seven places, in four kinds of light and weather, at four bit rates (faults that
are not clear ones: at two of the four, in turns). A camera is approved by day and by night, is looked at seven times
while all is well, then it breaks; it is found when the fault is confirmed within twelve looks, which are two minutes at
the node. Not found wrongly: days of looks, one a minute, at places where people walk, lights are switched, clouds pass,
it rains, and night falls. Cost: processor time of one look beside a plain decode of the same key picture, in turns.

The work is cut into pieces (`_quality_work`) that are kept, so that a run that was stopped goes on. Thresholds are
looked for with `--tuning` (other places, other seeds) and judged without it. `--keep` puts what was measured into
`benchmarks/results/quality.json`, in place of the rows of the same parts, and leaves those of other parts as they are:

    python -m benchmarks.quality --part cost --keep
"""

import argparse
import json
import math
import os
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from benchmarks._measure import REPOSITORY, Report, say
from benchmarks._quality_cost import COST_LOOKS, measure_cost
from benchmarks._quality_set import BITRATES, CLEAR, STRENGTHS, Condition, Place, compressed, places
from benchmarks._quality_work import (
    DISCONNECTED,
    MINUTES_A_DAY,
    Alarms,
    Day,
    Episode,
    Faults,
    all_of,
    approved,
    taken,
)
from qorgan.domain.quality.faults import Fault
from qorgan.sim.scenes import Scene

DAYS_A_MONTH = 30
DAYS = 92  # 132,480 looks: none of them wrong is less than one a camera-month, with 95 % certainty
PARTS = ("cost", "found", "sound")
RESULTS = REPOSITORY / "benchmarks" / "results" / "quality.json"
CLEAR_STRENGTHS = {str(fault): strengths for fault, strengths in CLEAR.items()} | {DISCONNECTED: (1,)}
GRADED = tuple(str(fault) for fault in Fault if fault not in (Fault.BLACK, Fault.FROZEN))
RARELY = 0.01  # share of episodes below which it is not worth a line what else a fault was called


@dataclass
class Tally:
    """What came of all episodes."""

    episodes: list[Episode] = field(default_factory=list)
    scores: dict[str, dict[str, dict[int, float]]] = field(
        default_factory=partial(defaultdict, partial(defaultdict, dict))
    )
    others: Counter[tuple[str, str]] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)

    def count(self, one: Episode) -> None:
        self.episodes.append(one)
        self.scores[one.fault][one.camera][one.strength] = one.score
        self.others.update((one.fault, other) for other in one.confirmed if other != one.fault)
        if one.fault not in one.confirmed and one.strength in CLEAR_STRENGTHS.get(one.fault, ()):
            self.missed.append(f"{one.fault} {one.strength} {one.camera}: {','.join(one.confirmed) or 'nothing'}")

    def of(self, fault: str, strengths: Sequence[int] = STRENGTHS) -> list[Episode]:
        return [one for one in self.episodes if one.fault == fault and one.strength in strengths]


def find_faults(faults: Sequence[Fault], jobs: int, *, quick: bool, tuning: bool) -> Tally:
    """Every fault at every strength, everywhere."""
    tally = Tally()
    pieces = [Faults(place, bitrate, tuple(faults), quick) for place in places(tuning=tuning) for bitrate in BITRATES]
    for found in all_of(pieces, list[Episode], jobs):
        for one in found:
            tally.count(one)
    return tally


def watch_sound_cameras(days: int, minutes: int, jobs: int, *, tuning: bool) -> Alarms:
    """Days of sound cameras."""
    whole = Alarms()
    for one in all_of([Day(number, minutes, tuning) for number in range(days)], Alarms, jobs):
        whole.looks += one.looks
        whole.suspected += one.suspected
        whole.begun += one.begun
        whole.where += one.where
        for line in one.where:
            say(f"false alarm: {line}")
    return whole


# --- the report -------------------------------------------------------------------------------------------------------


def recall(episodes: Iterable[Episode]) -> float:
    """Share of them in which the fault was confirmed."""
    return statistics.mean(one.fault in one.confirmed for one in episodes)


def recall_by(episodes: Iterable[Episode], key: Callable[[Episode], Hashable]) -> str:
    """Recall by one thing, in its order: `day 1.0 dusk 0.98`."""
    groups = defaultdict[Hashable, list[Episode]](list)
    for one in episodes:
        groups[key(one)].append(one)
    return " ".join(f"{name} {recall(group):.3g}" for name, group in groups.items())


def _in_order(one: Episode) -> tuple[int, int, int]:
    return list(Condition).index(one.light), one.bitrate, [str(place) for place in Scene].index(one.place.split()[0])


def report_found(report: Report, tally: Tally) -> None:
    """A line for each fault, the clear ones alone where there are such; for each strength; for how the scores rank."""
    for fault in (*map(str, Fault), DISCONNECTED):
        clear = CLEAR_STRENGTHS.get(fault)
        if episodes := sorted(tally.of(fault, clear or STRENGTHS), key=_in_order):
            report.add(
                f"recall_{fault}", [recall(episodes)], "share", goal=0.99 if clear else None, better="higher",
                episodes=len(episodes), strengths=" ".join(map(str, clear or STRENGTHS)),
                light=recall_by(episodes, lambda one: one.light),
                kbits=recall_by(sorted(episodes, key=lambda one: one.bitrate), lambda one: one.bitrate // 1000),
                place=recall_by(sorted(episodes, key=lambda one: _in_order(one)[2]), lambda one: one.place),
            )  # fmt: skip
    for fault in map(str, Fault):
        for strength in STRENGTHS:
            if episodes := sorted(tally.of(fault, (strength,)), key=_in_order):
                report.add(
                    f"recall_{fault}_{strength}", [recall(episodes)], "share", better="higher",
                    episodes=len(episodes), light=recall_by(episodes, lambda one: one.light),
                )  # fmt: skip
    _report_ranks(report, tally)
    for (fault, other), count in tally.others.most_common():
        share = count / len(tally.of(fault))
        if share >= RARELY:
            report.add(f"also_called_{other}", [share], "share of episodes", fault=fault)
    for line in sorted(tally.missed):
        say(f"missed: {line}")


def _report_ranks(report: Report, tally: Tally) -> None:
    for fault in (fault for fault in GRADED if fault in tally.scores):
        scores = [[of[strength] for strength in sorted(of)] for of in tally.scores[fault].values()]
        ranks = [rank_correlation(one) for one in scores]
        report.add(
            f"rank_correlation_{fault}", [statistics.mean(ranks)], "Spearman, mean", better="higher",
            lowest=round(min(ranks), 2), cameras=len(ranks),
            never_falling=round(statistics.mean(one == sorted(one) for one in scores), 3),
        )  # fmt: skip


def rank_correlation(scores: list[float]) -> float:
    """Spearman's, of strengths 1, 2, 3 … with these scores; equal scores share their ranks."""
    values = np.asarray(scores)
    ranks = np.asarray([(values < value).sum() + ((values == value).sum() - 1) / 2 for value in values])
    if ranks.std() == 0:
        return 0.0
    return float(np.corrcoef(ranks, np.arange(len(values)))[0, 1])


def report_alarms(report: Report, alarms: Alarms) -> None:
    """False alarms by fault, and what so many looks prove: with none in n looks, 95 % sure of fewer than 3 in n."""
    month = MINUTES_A_DAY * DAYS_A_MONTH
    months = alarms.looks / month
    report.add("clean_looks", [alarms.looks], "looks", camera_months=round(months, 3))
    report.add("suspected_share", [alarms.suspected / alarms.looks], "share of clean looks", digits=5)
    for fault in Fault:
        begun = alarms.begun.count(fault)
        bound = _upper_bound(begun) / months  # the goal is met where it is proved, not where nothing happened to come
        report.add(f"false_alarms_{fault}", [begun / months], "per camera-month", begun=begun)
        report.add(f"false_alarms_{fault}_upper_95", [bound], "per camera-month", goal=1.0 if fault in CLEAR else None)


def _upper_bound(count: int) -> float:
    """Of the mean of a Poisson number of which `count` were seen, one-sided, 95 %: 3.0 for none (the rule of three)."""
    low, high = 0.0, 10.0 + 3 * count
    for _ in range(60):
        middle = (low + high) / 2
        below = sum(math.exp(-middle + n * math.log(middle) - math.lgamma(n + 1)) for n in range(count + 1))
        low, high = (middle, high) if below > 0.05 else (low, middle)
    return high


def merged(new: dict[str, Any], old: dict[str, Any] | None) -> dict[str, Any]:
    """Both reports as one: of each part the newer rows. `parts` says at which commit and when each was measured."""
    rows = [row for row in (old or {}).get("results", ()) if row["part"] not in new["parts"]]
    rows = sorted(rows + new["results"], key=lambda row: PARTS.index(row["part"]))  # a stable sort
    return new | {"parts": (old or {}).get("parts", {}) | new["parts"], "results": rows}


def keep(report: dict[str, Any]) -> None:
    """Into the file of results; a half-written one never takes its place."""
    old = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else None
    half = RESULTS.with_suffix(".half")
    half.write_text(json.dumps(merged(report, old), ensure_ascii=False) + "\n", "utf-8")
    half.replace(RESULTS)


# --- the whole --------------------------------------------------------------------------------------------------------


def measure_part(report: Report, part: str, options: argparse.Namespace) -> None:
    """One of `PARTS`; its rows carry its name."""
    before, jobs = len(report.results), options.jobs
    if part == "cost":
        hall = Place(Scene.HALL)
        pictures = compressed(taken(hall, Condition.DAY, COST_LOOKS, seed=3), BITRATES[2])
        measure_cost(report, approved(hall, BITRATES[2]), list(pictures))
    elif part == "found":
        report_found(report, find_faults(options.faults, jobs, quick=options.quick, tuning=options.tuning))
    else:
        days, minutes = (7, 60) if options.quick else (options.days, MINUTES_A_DAY)
        report_alarms(report, watch_sound_cameras(days, minutes, jobs, tuning=options.tuning))
    for row in report.results[before:]:
        row["part"] = part


def main() -> None:
    """Found, not found wrongly, cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="some of the cameras, an hour of each sound one")
    parser.add_argument("--days", type=int, default=DAYS, help="camera-days of sound pictures, one look a minute")
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS, help="these parts alone")
    parser.add_argument("--faults", nargs="+", type=Fault, default=list(Fault), help="find these alone")
    parser.add_argument("--tuning", action="store_true", help="at the places for tuning: no result")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="pieces at a time, one core each")
    parser.add_argument("--keep", action="store_true", help="put the rows into benchmarks/results/quality.json")
    options = parser.parse_args()
    if options.keep and (options.quick or options.tuning or set(options.faults) != set(Fault)):
        parser.error("only all faults, at the places for judging, are kept")  # of fewer days the bounds say it
    report = Report("quality", options.quick)
    for part in options.part:
        measure_part(report, part, options)
    whole = report.whole()
    whole["parts"] = {part: {"commit": whole["commit"], "date": whole["date"]} for part in options.part}
    if options.keep:
        keep(whole)
    print(json.dumps(whole, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
