"""The evaluator of norms: every requirement for 20,000 schools with 220,000 cameras, and one school alone.

The packs are those of Kazakhstan with attestation and picture quality. Every school is another one: kind, settlement,
cameras (11 on average), what works and what nobody knows. `full_evaluation_s` has everything a verdict needs but the
database: expiry, definitions, all requirements, the summary by gates. It is the time that the processes (one per core,
side by side) spent on that, divided by their number; making the schools and starting Python are not in it.

`dashboard_ms_p95`: requests of the console for territories, through Django on PostgreSQL (`_norms_dashboard`).

    make bench-norms              # 20,000 schools
    make bench-norms ARGS=--quick # 2,000
"""

import argparse
import os
import random
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta

from benchmarks._measure import Report, percentile, say
from benchmarks._norms_dashboard import requests_ms
from qorgan.domain.norms.engine import Engine, Inquiry, summary
from qorgan.domain.norms.knowledge import facts_of
from qorgan.domain.norms.loading import library
from qorgan.domain.norms.types import Fact, FactType, Known, Observation, Question, SiteFacts, Verdict

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
PACKS = ("kz", "kz-attestation", "iec-62676-4")
SCHOOLS, QUICK_SCHOOLS, GOAL_S, GOAL_ONE_MS = 20_000, 2_000, 60, 20
GOAL_DASHBOARD_MS = 300
CAMERAS = (4, 6, 8, 9, 11, 11, 12, 14, 16, 19)  # of a school: 11 on average
ZONES, BUTTONS, STAFF_GROUPS = 8, 3, 3
FORGOTTEN, FAILING = 0.03, 0.04  # of facts nobody knows, of facts that are as they should not be
BATCH = 250


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="2,000 schools instead of 20,000")
    arguments = parser.parse_args()
    report = Report("norms", arguments.quick)
    measure_all(report, QUICK_SCHOOLS if arguments.quick else SCHOOLS)
    measure_one(report, 40 if arguments.quick else 200)
    measure_dashboards(report, QUICK_SCHOOLS if arguments.quick else SCHOOLS)
    report.print()


def measure_dashboards(report: Report, schools: int) -> None:
    """The ministry's requests for country, regions and districts, on PostgreSQL filled with as many schools."""
    took = requests_ms(schools, schools * 11)
    report.add(
        "dashboard_ms_p95",
        [percentile(took, 95)],
        "ms",
        goal=GOAL_DASHBOARD_MS if schools == SCHOOLS else None,
        digits=1,
        schools=schools,
        cameras=schools * 11,
        requests=len(took),
        worst=round(max(took), 1),
    )


def measure_all(report: Report, schools: int) -> None:
    """The time for all schools; they are made batch by batch, outside of what is counted."""
    workers = os.cpu_count() or 1
    batches = [list(range(first, min(first + BATCH, schools))) for first in range(0, schools, BATCH)]
    found: Counter[str] = Counter()
    spent = verdicts = cameras = 0.0
    with ProcessPoolExecutor(workers) as pool:
        for seconds, counts, asked, seen in pool.map(evaluate_batch, batches):
            spent, verdicts, cameras = spent + seconds, verdicts + asked, cameras + seen
            found.update(counts)
    say(f"  {schools} schools, {cameras:.0f} cameras, {verdicts:.0f} verdicts: {dict(found)}")
    if len(found) < 3:
        raise SystemExit("the schools are all alike: nothing was measured")
    about = {"schools": schools, "cameras": int(cameras), "verdicts": int(verdicts), "processes": workers}
    goal = GOAL_S if schools == SCHOOLS else None
    report.add("full_evaluation_s", [spent / workers], "s", goal=goal, digits=1, **about)


def evaluate_batch(numbers: list[int]) -> tuple[float, Counter[str], int, int]:
    """Seconds, sites by their gates, verdicts and cameras."""
    inquiry = an_inquiry()
    sites = [a_school(number) for number in numbers]
    found: Counter[str] = Counter()
    asked = 0
    began = time.perf_counter()
    for site in sites:
        verdicts = inquiry.verdicts(site)
        asked += len(verdicts)
        found[summary(inquiry, verdicts).status] += 1
    return time.perf_counter() - began, found, asked, sum(len(site.items["camera"]) for site in sites)


def measure_one(report: Report, rounds: int) -> None:
    """One school from its observations to its verdicts, a grade and the reasons for what fails."""
    words, inquiry = library().vocabulary, an_inquiry()
    spent: list[float] = []
    observations = observations_of(a_school(4), words.facts)
    for _ in range(rounds):
        began = time.perf_counter()
        site = facts_of("school", observations, words, at=NOW, known_at=NOW)
        verdicts = inquiry.verdicts(site)
        summary(inquiry, verdicts)
        for ref in inquiry.scores:
            inquiry.score(site, ref)
        for ref, verdict in verdicts.items():
            if verdict in (Verdict.NOT, Verdict.PARTLY):
                inquiry.explain(site, ref)
        spent.append(1000 * (time.perf_counter() - began))
    about = {"observations": len(observations), "verdicts": len(verdicts), "p95": round(percentile(spent, 95), 1)}
    report.add("one_school_ms", spent, "ms", goal=GOAL_ONE_MS, digits=2, **about)


def an_inquiry() -> Inquiry:
    """Today's question, compiled."""
    known = library()
    return Engine(known.vocabulary, known.with_used(PACKS)).ask(Question(at=NOW))


def a_school(number: int) -> SiteFacts:
    """A school like no other: the same number gives the same one."""
    dice = random.Random(number)
    facts = library().vocabulary.facts
    counts = {"camera": dice.choice(CAMERAS), "zone": ZONES, "button": BUTTONS, "staff_group": STAFF_GROUPS, "case": 0}
    items = {
        name: {str(key): _some(dice, facts, name) for key in range(1, count + 1)} for name, count in counts.items()
    }
    return SiteFacts(f"school-{number}", _some(dice, facts, "site"), items, counts)


def _some(dice: random.Random, facts: dict[str, Fact], collection: str) -> dict[str, Known]:
    now = NOW.timestamp()
    return {
        name: Known(_value(dice, fact), now - 3_600, now + 80_000)
        for name, fact in facts.items()
        if fact.collection == collection and dice.random() > FORGOTTEN
    }


UNWANTED = {
    "site.layout_public",
    "site.passport_public",
    "site.biometrics_used",
    "site.emotion_analysis",
    "site.face_recognition",
    "site.social_scoring",
    "site.augmented_cameras",
    "site.paid_by_parents",
    "camera.sound",
}
FEW = {"site.open_orders", "site.support_consents_missing", "site.biometric_consents_missing", "camera.clock_offset_s"}


def _value(dice: random.Random, fact: Fact) -> bool | int | float | str | None:
    fails = dice.random() < FAILING
    if fact.type is FactType.FLAG:
        if fact.name == "camera.indoor":
            return dice.random() < 0.6
        return fails if fact.name in UNWANTED else not fails
    if fact.type is FactType.CHOICE:
        return dice.choice(fact.options)
    if fact.type is FactType.DAY:
        if fails:
            return None
        days = dice.randrange(1, 300) if fact.name.endswith("_until") else -dice.randrange(1, 60)
        return (NOW.date() + timedelta(days=days)).toordinal()
    if fact.name in FEW:
        return 1 if fails else 0
    high = {"%": 99, "px/m": 300, "people": 450}.get(fact.unit, 40)
    return 1 if fails else high


def observations_of(site: SiteFacts, facts: dict[str, Fact]) -> list[Observation]:
    """The observations from which the facts of a site come."""
    found = [_observed(name, count, "") for name, count in site.listed.items()]
    found += [_observed(name, _told(facts[name], known), "") for name, known in site.facts.items()]
    for rows in site.items.values():
        for key, row in rows.items():
            found += [_observed(name, _told(facts[name], known), key) for name, known in row.items()]
    return found


def _told(fact: Fact, known: Known) -> bool | int | float | str | None:
    if fact.type is FactType.DAY and isinstance(known.value, int):
        return date.fromordinal(known.value).isoformat()
    return known.value


def _observed(fact: str, value: bool | int | float | str | None, subject: str) -> Observation:
    at = NOW - timedelta(hours=1)
    return Observation(fact=fact, value=value, subject=subject, observed_at=at, recorded_at=at)


if __name__ == "__main__":
    main()
