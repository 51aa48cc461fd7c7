"""How well are faults of a picture found, how often is a sound picture called faulty, and what does a look cost?

Found: each fault in five strengths, at seven places, in four kinds of light and weather, at four bit rates. A camera is
approved by day and by night, is looked at seven times while all is well, then it breaks; it is found when the fault is
confirmed within eight looks. Not found wrongly: days of looks, one a minute, at places where people walk, lights are
switched, clouds pass, it rains, and night falls. Cost: processor time of one look beside a plain decode of the same key
picture; the two take turns.
"""

import argparse
import math
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, partial

import av
import numpy as np

from benchmarks._measure import Report, say
from benchmarks._quality_set import (
    BITRATES,
    CLEAR,
    NOISE,
    PICTURES_OF_A_PLACE,
    STRENGTHS,
    Broken,
    Condition,
    Shot,
    compressed,
    grain,
    light,
    shot_of,
)
from qorgan.domain.quality.faults import Fault, Verdict
from qorgan.domain.quality.judge import Memory, look
from qorgan.domain.quality.measures import Measures, measure
from qorgan.domain.quality.view import View, averaged
from qorgan.edge.analyst.picture import scaled
from qorgan.sim.scenes import Scene

BEFORE, BROKEN_FOR, APPROVED_BY = 7, 8, 12  # looks
MINUTES_A_DAY, DAYS_A_MONTH = 1_440, 30
BEGAN, EVERY = datetime(2026, 9, 1, tzinfo=UTC), timedelta(minutes=1)
GRADED = tuple(fault for fault in Fault if fault not in (Fault.BLACK, Fault.FROZEN))
# a picture that is dark enough is black: that is found as well, and more of it
EVEN_MORE = {Fault.UNDEREXPOSED: Fault.BLACK}
COST_ROUNDS, COST_LOOKS = 5, 60


# --- cameras ----------------------------------------------------------------------------------------------------------


def seen(pictures: Iterator[bytes]) -> Iterator[Measures]:
    """What the analyst measures of key pictures."""
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_count = 1
    for picture in pictures:
        for frame in decoder.decode(av.Packet(picture)):
            yield measure(scaled(frame))
    for frame in decoder.decode(None):
        yield measure(scaled(frame))


def taken(scene: Scene, condition: Condition, looks: int, seed: int, broken: Broken | None = None) -> Iterator[Shot]:
    """What a camera takes, look by look. People walk, clouds pass."""
    chance = np.random.default_rng(seed)
    level = 1.0
    for _ in range(looks):
        level = float(np.clip(level + chance.normal(0, 0.02), 0.8, 1.15))
        shot = light(shot_of(scene, int(chance.integers(PICTURES_OF_A_PLACE))), condition, chance, level)
        if broken:
            shot = broken.before_sensor(shot)
        shot = grain(shot, NOISE[condition], chance)
        yield broken.after_sensor(shot) if broken else shot


@cache
def approved(scene: Scene, bitrate: int) -> View:
    """The view of a camera, by day and by night."""
    day, night = (
        averaged(list(seen(compressed(taken(scene, condition, APPROVED_BY, seed=9), bitrate))))
        for condition in (Condition.DAY, Condition.NIGHT)
    )
    return View(day=day, night=night)


# --- found ------------------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What came of all episodes."""

    found: dict[tuple[Fault, int], list[bool]] = field(default_factory=partial(defaultdict, list))
    scores: dict[Fault, list[list[float]]] = field(default_factory=partial(defaultdict, list))
    others: Counter[tuple[Fault, Fault]] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)


@cache
def while_sound(scene: Scene, condition: Condition, bitrate: int) -> Memory:
    """What is remembered of a camera that was looked at while all was well."""
    memory = Memory()
    for number, measures in enumerate(seen(compressed(taken(scene, condition, BEFORE, seed=5), bitrate))):
        memory = look(memory, measures, approved(scene, bitrate), BEGAN + number * EVERY)
    return memory


def episode(scene: Scene, condition: Condition, bitrate: int, fault: Fault, strength: int) -> tuple[set[Fault], float]:
    """What was confirmed while a camera was broken, and how strongly the fault showed, in the middle."""
    seed = 1_000 * list(Fault).index(fault) + 10 * list(Scene).index(scene) + list(Condition).index(condition)
    shots = taken(scene, condition, BROKEN_FOR, seed, Broken(fault, strength, seed))
    memory, confirmed, scores = while_sound(scene, condition, bitrate), set[Fault](), list[float]()
    for number, measures in enumerate(seen(compressed(shots, bitrate))):
        memory = look(memory, measures, approved(scene, bitrate), BEGAN + (BEFORE + number) * EVERY)
        confirmed |= {one for one in Fault if memory.courses[one].verdict is Verdict.BAD}
        more = memory.courses[EVEN_MORE[fault]].score or 0.0 if fault in EVEN_MORE else 0.0
        scores.append(memory.courses[fault].score or 0.0 if more < 1 else 10 + more)
    if fault in EVEN_MORE and EVEN_MORE[fault] in confirmed:
        confirmed = confirmed - {EVEN_MORE[fault]} | {fault}
    return confirmed, statistics.median(scores[2:])


def cameras(scene: Scene, condition: Condition, quick: bool) -> list[int]:
    """The bit rates to go through: all; or in short one of them, at each place in two of the four lights."""
    place, lit = list(Scene).index(scene), list(Condition).index(condition)
    if not quick:
        return list(BITRATES)
    return [BITRATES[(place // 2 + lit) % len(BITRATES)]] if (place + lit) % 2 == 0 else []


def find_faults(faults: Sequence[Fault], quick: bool) -> Tally:
    """Every fault at every strength, everywhere."""
    tally = Tally()
    for fault in faults:
        for scene in Scene:
            for condition in Condition:
                if fault is Fault.COLOUR_CAST and condition is Condition.NIGHT:
                    continue  # by infrared there are no colours
                for bitrate in cameras(scene, condition, quick):
                    shown = []
                    for strength in STRENGTHS:
                        confirmed, score = episode(scene, condition, bitrate, fault, strength)
                        tally.found[fault, strength].append(fault in confirmed)
                        shown.append(score)
                        tally.others.update((fault, other) for other in confirmed - {fault})
                        if fault not in confirmed and strength in CLEAR.get(fault, ()):
                            names = ",".join(sorted(confirmed)) or "nothing"
                            tally.missed.append(f"{fault} {strength} {scene} {condition} {bitrate}: {names}")
                    tally.scores[fault].append(shown)
        say(f"{fault}: " + " ".join(f"{statistics.mean(tally.found[fault, s]):.3f}" for s in STRENGTHS))
    return tally


def rank_correlation(scores: list[float]) -> float:
    """Spearman's, of strengths 1, 2, 3 … with these scores; equal scores share their ranks."""
    values = np.asarray(scores)
    ranks = np.asarray([(values < value).sum() + ((values == value).sum() - 1) / 2 for value in values])
    if ranks.std() == 0:
        return 0.0
    return float(np.corrcoef(ranks, np.arange(len(values)))[0, 1])


# --- not found wrongly ------------------------------------------------------------------------------------------------


def a_day(scene: Scene, seed: int, minutes: int = MINUTES_A_DAY) -> Iterator[Shot]:
    """One look a minute from midnight on: night, dusk, day, sometimes rain, dusk, night. Nothing is broken.

    In the light somebody switches a lamp now and then, and at dusk for good; nobody walks at night, or hardly.
    """
    chance = np.random.default_rng(seed)
    rain = float(chance.uniform(0.3, 0.6)) if chance.random() < 0.4 else 2.0
    level, lamp = 1.0, 1.0
    number = int(chance.integers(PICTURES_OF_A_PLACE))
    for minute in range(minutes):
        hour = minute / minutes
        condition = Condition.DAY if 0.33 <= hour < 0.75 else Condition.DUSK
        if hour < 0.27 or hour >= 0.8:
            condition = Condition.NIGHT
        elif condition is Condition.DAY and rain <= hour < rain + 0.1:
            condition = Condition.RAIN
        level = float(np.clip(level + chance.normal(0, 0.015), 0.78, 1.15))
        if condition in (Condition.DAY, Condition.DUSK) and chance.random() < 0.01:
            lamp = float(chance.uniform(0.6, 0.8)) if lamp == 1.0 else 1.0
        if chance.random() < (0.05 if condition is Condition.NIGHT else 0.8):
            number = int(chance.integers(PICTURES_OF_A_PLACE))
        shot = light(shot_of(scene, number), condition, chance, level * (1.0 if condition is Condition.NIGHT else lamp))
        yield grain(shot, NOISE[condition] / min(1.0, level * lamp), chance)


@dataclass
class Alarms:
    """What sound cameras were called."""

    looks: int = 0
    begun: Counter[Fault] = field(default_factory=Counter)
    suspected: int = 0
    where: list[str] = field(default_factory=list)


def watch_sound_cameras(days: int, minutes: int = MINUTES_A_DAY) -> Alarms:
    """Days of sound cameras; places and bit rates in turn. An alarm counts when it begins."""
    alarms = Alarms()
    for day in range(days):
        scene, bitrate = list(Scene)[day % len(Scene)], BITRATES[(day // len(Scene) + day) % len(BITRATES)]
        view, memory = approved(scene, bitrate), Memory()
        for number, measures in enumerate(seen(compressed(a_day(scene, seed=77 + day, minutes=minutes), bitrate))):
            before, memory = memory, look(memory, measures, view, BEGAN + number * EVERY)
            alarms.looks += 1
            alarms.suspected += memory.verdict() is Verdict.SUSPECT
            for fault in Fault:
                bad = memory.courses[fault].verdict is Verdict.BAD
                if bad and before.courses[fault].verdict is not Verdict.BAD:
                    alarms.begun[fault] += 1
                    alarms.where.append(f"day {day} {scene} {bitrate} look {number}: {fault}")
        so_far = sum(alarms.begun.values())
        say(f"day {day + 1} of {days} ({scene}, {bitrate // 1000} kbit/s): {so_far} false alarms so far")
    return alarms


# --- cost -------------------------------------------------------------------------------------------------------------


def plain_decode_ms(picture: bytes) -> float:
    """Processor time of decoding one key picture to its own size and nothing else."""
    started = time.thread_time()
    _decode_one(picture)
    return (time.thread_time() - started) * 1000


def whole_look_ms(picture: bytes, view: View, memory: Memory, at: datetime) -> tuple[float, float, Memory]:
    """Processor time of one look: of decoding and all measures and the judge, and of what follows decoding."""
    started = time.thread_time()
    frame = _decode_one(picture)
    decoded = time.thread_time()
    memory = look(memory, measure(scaled(frame)), view, at)
    ended = time.thread_time()
    return (ended - started) * 1000, (ended - decoded) * 1000, memory


def _decode_one(picture: bytes) -> av.VideoFrame:
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_count = 1
    return [*decoder.decode(av.Packet(picture)), *decoder.decode(None)][0]


def measure_cost(report: Report) -> None:
    """Interleaved: decode alone, whole look, decode alone …"""
    plain, whole, beyond = list[float](), list[float](), list[float]()
    view = approved(Scene.HALL, BITRATES[2])
    pictures = list(compressed(taken(Scene.HALL, Condition.DAY, COST_LOOKS, seed=3), BITRATES[2]))
    for _ in range(COST_ROUNDS):
        memory, times = Memory(), list[tuple[float, float, float]]()
        for number, picture in enumerate(pictures):
            alone = plain_decode_ms(picture)
            all_of_it, after, memory = whole_look_ms(picture, view, memory, datetime.now(UTC) + number * EVERY)
            times.append((alone, all_of_it, after))
        one, two, three = zip(*times, strict=True)
        plain.append(statistics.median(one))
        whole.append(statistics.median(two))
        beyond.append(statistics.median(three))
    about = {"picture": "640x360", "looks_per_round": COST_LOOKS}
    report.add("plain_decode_ms", plain, "ms of CPU", **about)
    report.add("all_measures_ms", beyond, "ms of CPU", goal=5.0, **about)
    report.add("whole_look_ms", whole, "ms of CPU", **about)
    shares = [value * 16 / 10 / 10 for value in whole]  # 16 looks of so many ms in 10 s, in percent
    report.add("cpu_percent_16_cameras_every_10_s", shares, "% of one core", goal=1.5, **about)


# --- the whole --------------------------------------------------------------------------------------------------------


def report_found(report: Report, tally: Tally) -> None:
    """A line for each fault at each strength, and one for how the scores rank."""
    for fault in tally.scores:
        for strength in STRENGTHS:
            found = tally.found[fault, strength]
            goal = 0.99 if strength in CLEAR.get(fault, ()) else None
            report.add(
                f"recall_{fault}", [statistics.mean(found)], "share", goal=goal, better="higher",
                strength=strength, episodes=len(found),
            )  # fmt: skip
    for fault in (fault for fault in GRADED if fault in tally.scores):
        ranks = [rank_correlation(scores) for scores in tally.scores[fault]]
        report.add(
            f"rank_correlation_{fault}", [statistics.mean(ranks)], "Spearman, mean", better="higher",
            lowest=round(min(ranks), 2), cameras=len(ranks),
        )  # fmt: skip
    for (fault, other), count in tally.others.most_common():
        episodes = sum(len(tally.found[fault, strength]) for strength in STRENGTHS)
        report.add(f"also_called_{other}", [count / episodes], "share of episodes", fault=str(fault))
    for line in tally.missed:
        say(f"missed: {line}")


def report_alarms(report: Report, alarms: Alarms) -> None:
    """False alarms by fault, and what so many looks prove: with none in n looks, 95 % sure of fewer than 3 in n."""
    month = MINUTES_A_DAY * DAYS_A_MONTH
    months = alarms.looks / month
    report.add("clean_looks", [alarms.looks], "looks", camera_months=round(months, 3))
    report.add("suspected_share", [alarms.suspected / alarms.looks], "share of clean looks", digits=5)
    for fault in Fault:
        begun = alarms.begun[fault]
        bound = _upper_bound(begun) / months  # the goal is met where it is proved, not where nothing happened to come
        report.add(f"false_alarms_{fault}", [begun / months], "per camera-month", begun=begun)
        report.add(f"false_alarms_{fault}_upper_95", [bound], "per camera-month", goal=1.0 if fault in CLEAR else None)
    for line in alarms.where:
        say(f"false alarm: {line}")


def _upper_bound(count: int) -> float:
    """Of the mean of a Poisson number of which `count` were seen, one-sided, 95 %: 3.0 for none (the rule of three)."""
    low, high = 0.0, 10.0 + 3 * count
    for _ in range(60):
        middle = (low + high) / 2
        below = sum(math.exp(-middle + n * math.log(middle) - math.lgamma(n + 1)) for n in range(count + 1))
        low, high = (middle, high) if below > 0.05 else (low, middle)
    return high


def main() -> None:
    """Found, not found wrongly, cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="half of the places and lights at one bit rate each, a tenth of a day each"
    )
    parser.add_argument("--days", type=int, default=31, help="camera-days of sound pictures, one look a minute")
    parser.add_argument("--only", choices=("found", "sound", "cost"), help="one part alone")
    parser.add_argument("--faults", nargs="+", type=Fault, help="find these alone")
    options = parser.parse_args()
    report = Report("quality", options.quick)
    if options.only in (None, "cost"):
        measure_cost(report)
    if options.only in (None, "found"):
        report_found(report, find_faults(options.faults or list(Fault), options.quick))
    if options.only in (None, "sound"):
        days, minutes = (7, MINUTES_A_DAY // 10) if options.quick else (options.days, MINUTES_A_DAY)
        report_alarms(report, watch_sound_cameras(days, minutes))
    report.print()


if __name__ == "__main__":
    main()
