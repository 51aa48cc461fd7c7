"""How well are faults of a picture found, how often is a sound picture called faulty, and what does a look cost?

Found: each fault in five strengths, at seven places, in four kinds of light and weather, at four bit rates (faults that
are not clear ones: at two of the four, in turns). A camera is approved by day and by night, is looked at seven times
while all is well, then it breaks; it is found when the fault is confirmed within twelve looks, which are two minutes at
the node. Not found wrongly: days of looks, one a minute, at places where people walk, lights are switched, clouds pass,
it rains, and night falls; every one is lit, made noisy, compressed, decoded and measured by itself. Cost: processor
time of one look beside a plain decode of the same key picture, in turns.

The work is cut into pieces, a piece for each camera or day, as many at a time as there are cores. What a piece found is
kept in `.cache/quality` under the digest of everything that can change it, so that a run that was stopped goes on.
Thresholds are looked for with `--tuning` (other places, other seeds) and judged without it.
"""

import argparse
import math
import os
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol, TypeVar

import av
import msgspec
import numpy as np

from benchmarks._measure import REPOSITORY, Report, say
from benchmarks._quality_cost import COST_LOOKS, measure_cost
from benchmarks._quality_set import (
    BITRATES,
    CLEAR,
    NOISE,
    PICTURES_OF_A_PLACE,
    STRENGTHS,
    Broken,
    Condition,
    Place,
    Shot,
    compressed,
    grain,
    light,
    places,
    shot_of,
)
from qorgan.domain.quality.faults import Fault, Verdict
from qorgan.domain.quality.judge import Memory, look
from qorgan.domain.quality.measures import Measures, measure
from qorgan.domain.quality.view import View, averaged
from qorgan.edge.analyst.picture import scaled
from qorgan.sim.scenes import Scene

T = TypeVar("T")
BEFORE, BROKEN_FOR, APPROVED_BY = 7, 12, 12  # looks
MINUTES_A_DAY, DAYS_A_MONTH = 1_440, 30
DAYS = 92  # 132,480 looks: none of them wrong is less than one a camera-month, with 95 % certainty
BEGAN, EVERY = datetime(2026, 9, 1, tzinfo=UTC), timedelta(minutes=1)
TUNING_SEED = 1_000_000
PARTS = ("cost", "found", "sound")
GRADED = tuple(fault for fault in Fault if fault not in (Fault.BLACK, Fault.FROZEN))
# a picture that is dark enough is black: that is found as well, and more of it
EVEN_MORE = {Fault.UNDEREXPOSED: Fault.BLACK}
KEPT = REPOSITORY / ".cache" / "quality"
CHANGES_IT = (
    *(f"src/qorgan/domain/quality/{name}.py" for name in ("faults", "judge", "measures", "scores", "view")),
    "src/qorgan/edge/analyst/picture.py",
    "src/qorgan/sim/scenes.py",
    "benchmarks/_quality_set.py",
    "benchmarks/quality.py",
)


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


def taken(place: Place, condition: Condition, looks: int, seed: int, broken: Broken | None = None) -> Iterator[Shot]:
    """What a camera takes, look by look. People walk, clouds pass."""
    chance = np.random.default_rng(seed)
    level = 1.0
    for _ in range(looks):
        level = float(np.clip(level + chance.normal(0, 0.02), 0.8, 1.15))
        shot = light(shot_of(place, int(chance.integers(PICTURES_OF_A_PLACE))), condition, chance, level)
        if broken:
            shot = broken.before_sensor(shot)
        shot = grain(shot, NOISE[condition], chance)
        yield broken.after_sensor(shot) if broken else shot


@cache
def approved(place: Place, bitrate: int) -> View:
    """The view of a camera, by day and by night."""
    day, night = (
        averaged(list(seen(compressed(taken(place, condition, APPROVED_BY, seed=9), bitrate))))
        for condition in (Condition.DAY, Condition.NIGHT)
    )
    return View(day=day, night=night)


# --- pieces of work ---------------------------------------------------------------------------------------------------


class Piece(Protocol):
    """Something to be found out that needs nothing else."""

    @property
    def name(self) -> str: ...
    def run(self) -> Any: ...


def _digest() -> str:
    whole = sha256()
    for name in CHANGES_IT:
        whole.update((REPOSITORY / name).read_bytes())
    return whole.hexdigest()[:16]


def _kept(piece: Piece, file: Path) -> bytes:
    data = msgspec.json.encode(piece.run())
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(f".{os.getpid()}")
    half.write_bytes(data)
    half.replace(file)
    return data


def all_of(pieces: Sequence[Piece], form: type[T]) -> Iterator[T]:
    """What each piece found, in no order; those that an earlier run has done are read."""
    directory = KEPT / _digest()
    files = {piece.name: directory / f"{piece.name}.json" for piece in pieces}
    done = [file for file in files.values() if file.exists()]
    for file in done:
        yield msgspec.json.decode(file.read_bytes(), type=form)
    if done:
        say(f"{len(done)} of {len(pieces)} pieces were done before")
    left = [piece for piece in pieces if files[piece.name] not in done]
    started = time.monotonic()
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        running = {pool.submit(_kept, piece, files[piece.name]): piece for piece in left}
        for number, future in enumerate(as_completed(running), start=1):
            yield msgspec.json.decode(future.result(), type=form)
            minutes = (time.monotonic() - started) / 60
            to_go = minutes / number * (len(left) - number)
            say(f"{running[future].name}: {number} of {len(left)}, {minutes:.1f} min, {to_go:.1f} min to go")


# --- found ------------------------------------------------------------------------------------------------------------


class Episode(msgspec.Struct, frozen=True):
    """One camera that broke."""

    fault: Fault
    strength: int
    camera: str
    confirmed: list[Fault]
    score: float


@dataclass
class Tally:
    """What came of all episodes."""

    found: dict[tuple[Fault, int], list[bool]] = field(default_factory=partial(defaultdict, list))
    scores: dict[Fault, dict[str, dict[int, float]]] = field(
        default_factory=partial(defaultdict, partial(defaultdict, dict))
    )
    others: Counter[tuple[Fault, Fault]] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)

    def count(self, one: Episode) -> None:
        self.found[one.fault, one.strength].append(one.fault in one.confirmed)
        self.scores[one.fault][one.camera][one.strength] = one.score
        self.others.update((one.fault, other) for other in one.confirmed if other is not one.fault)
        if one.fault not in one.confirmed and one.strength in CLEAR.get(one.fault, ()):
            names = ",".join(one.confirmed) or "nothing"
            self.missed.append(f"{one.fault} {one.strength} {one.camera}: {names}")


@cache
def while_sound(place: Place, condition: Condition, bitrate: int) -> Memory:
    """What is remembered of a camera that was looked at while all was well."""
    memory = Memory()
    for number, measures in enumerate(seen(compressed(taken(place, condition, BEFORE, seed=5), bitrate))):
        memory = look(memory, measures, approved(place, bitrate), BEGAN + number * EVERY)
    return memory


def episode(place: Place, condition: Condition, bitrate: int, fault: Fault, strength: int) -> Episode:
    """What was confirmed while a camera was broken, and how strongly the fault showed, in the middle."""
    seed = 1_000 * list(Fault).index(fault) + 10 * place.number + list(Condition).index(condition)
    seed += BITRATES.index(bitrate) * 100 + place.tuning * TUNING_SEED
    shots = taken(place, condition, BROKEN_FOR, seed, Broken(fault, strength, seed))
    memory, confirmed, scores = while_sound(place, condition, bitrate), set[Fault](), list[float]()
    for number, measures in enumerate(seen(compressed(shots, bitrate))):
        memory = look(memory, measures, approved(place, bitrate), BEGAN + (BEFORE + number) * EVERY)
        confirmed |= {one for one in Fault if memory.courses[one].verdict is Verdict.BAD}
        more = memory.courses[EVEN_MORE[fault]].score or 0.0 if fault in EVEN_MORE else 0.0
        scores.append(memory.courses[fault].score or 0.0 if more < 1 else 10 + more)
    if fault in EVEN_MORE and EVEN_MORE[fault] in confirmed:
        confirmed = confirmed - {EVEN_MORE[fault]} | {fault}
    camera = f"{place} {condition} {bitrate // 1000} kbit/s"
    return Episode(fault, strength, camera, sorted(confirmed), statistics.median(scores[2:]))


@dataclass(frozen=True)
class Faults:
    """Every fault of one camera at one bit rate, in all light and weather."""

    place: Place
    bitrate: int
    faults: tuple[Fault, ...]
    quick: bool

    @property
    def name(self) -> str:
        which = "all" if len(self.faults) == len(Fault) else "-".join(self.faults)
        short, tuning = "-short" * self.quick, "-tuning" * self.place.tuning
        return f"found-{which}-{self.place.scene}-{self.bitrate // 1000}{short}{tuning}"

    def run(self) -> list[Episode]:
        return [
            episode(self.place, condition, self.bitrate, fault, strength)
            for fault in self.faults
            for condition in Condition
            if self._is_looked_at(fault, condition)
            for strength in ((1, 3, 5) if self.quick and fault not in CLEAR else STRENGTHS)
        ]

    def _is_looked_at(self, fault: Fault, condition: Condition) -> bool:
        if fault is Fault.COLOUR_CAST and condition is Condition.NIGHT:
            return False  # by infrared there are no colours
        number = (self.place.number * 4 + list(Condition).index(condition)) * 4 + BITRATES.index(self.bitrate)
        if self.quick:
            return number % (9 if fault in CLEAR else 19) == 0
        return fault in CLEAR or sum(divmod(number, 4)) % 2 == 0


def find_faults(faults: Sequence[Fault], *, quick: bool, tuning: bool) -> Tally:
    """Every fault at every strength, everywhere."""
    tally = Tally()
    pieces = [Faults(place, bitrate, tuple(faults), quick) for place in places(tuning=tuning) for bitrate in BITRATES]
    for found in all_of(pieces, list[Episode]):
        for one in found:
            tally.count(one)
    for fault in faults:
        shares = [tally.found[fault, strength] for strength in STRENGTHS if tally.found[fault, strength]]
        say(f"{fault}: " + " ".join(f"{statistics.mean(share):.3f}" for share in shares))
    return tally


def rank_correlation(scores: list[float]) -> float:
    """Spearman's, of strengths 1, 2, 3 … with these scores; equal scores share their ranks."""
    values = np.asarray(scores)
    ranks = np.asarray([(values < value).sum() + ((values == value).sum() - 1) / 2 for value in values])
    if ranks.std() == 0:
        return 0.0
    return float(np.corrcoef(ranks, np.arange(len(values)))[0, 1])


# --- not found wrongly ------------------------------------------------------------------------------------------------


def a_day(place: Place, seed: int, minutes: int = MINUTES_A_DAY) -> Iterator[Shot]:
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
        shot = light(shot_of(place, number), condition, chance, level * (1.0 if condition is Condition.NIGHT else lamp))
        yield grain(shot, NOISE[condition] / min(1.0, level * lamp), chance)


class Alarms(msgspec.Struct):
    """What sound cameras were called."""

    looks: int = 0
    suspected: int = 0
    begun: list[Fault] = []
    where: list[str] = []


@dataclass(frozen=True)
class Day:
    """A day of one sound camera; places and bit rates in turn. An alarm counts when it begins."""

    number: int
    minutes: int
    tuning: bool

    @property
    def name(self) -> str:
        return f"sound-{self.number}-{self.minutes}{'-tuning' * self.tuning}"

    def run(self) -> Alarms:
        scenes = places(tuning=self.tuning)
        place = scenes[self.number % len(scenes)]
        bitrate = BITRATES[(self.number // len(scenes) + self.number) % len(BITRATES)]
        view, memory, alarms = approved(place, bitrate), Memory(), Alarms()
        day = a_day(place, seed=77 + self.number + self.tuning * TUNING_SEED, minutes=self.minutes)
        for number, measures in enumerate(seen(compressed(day, bitrate))):
            before, memory = memory, look(memory, measures, view, BEGAN + number * EVERY)
            alarms.looks += 1
            alarms.suspected += memory.verdict() is Verdict.SUSPECT
            for fault in Fault:
                bad = memory.courses[fault].verdict is Verdict.BAD
                if bad and before.courses[fault].verdict is not Verdict.BAD:
                    alarms.begun.append(fault)
                    alarms.where.append(f"day {self.number} {place} {bitrate} look {number}: {fault}")
        return alarms


def watch_sound_cameras(days: int, minutes: int, *, tuning: bool) -> Alarms:
    """Days of sound cameras."""
    whole = Alarms()
    for one in all_of([Day(number, minutes, tuning) for number in range(days)], Alarms):
        whole.looks += one.looks
        whole.suspected += one.suspected
        whole.begun += one.begun
        whole.where += one.where
        for line in one.where:
            say(f"false alarm: {line}")
    return whole


# --- the whole --------------------------------------------------------------------------------------------------------


def report_found(report: Report, tally: Tally) -> None:
    """A line for each fault at each strength, and one for how the scores rank."""
    for fault in tally.scores:
        for strength in STRENGTHS:
            found = tally.found[fault, strength]
            if not found:
                continue
            goal = 0.99 if strength in CLEAR.get(fault, ()) else None
            report.add(
                f"recall_{fault}", [statistics.mean(found)], "share", goal=goal, better="higher",
                strength=strength, episodes=len(found),
            )  # fmt: skip
    for fault in (fault for fault in GRADED if fault in tally.scores):
        ranks = [rank_correlation([of[s] for s in sorted(of)]) for of in tally.scores[fault].values()]
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


def main() -> None:
    """Found, not found wrongly, cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="some of the cameras, an hour of each sound one")
    parser.add_argument("--days", type=int, default=DAYS, help="camera-days of sound pictures, one look a minute")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="these parts alone")
    parser.add_argument("--faults", nargs="+", type=Fault, default=list(Fault), help="find these alone")
    parser.add_argument("--tuning", action="store_true", help="at the places for tuning: no result")
    options = parser.parse_args()
    report = Report("quality", options.quick)
    if "cost" in options.only:
        hall = Place(Scene.HALL)
        view = approved(hall, BITRATES[2])
        measure_cost(report, view, list(compressed(taken(hall, Condition.DAY, COST_LOOKS, seed=3), BITRATES[2])))
    if "found" in options.only:
        report_found(report, find_faults(options.faults, quick=options.quick, tuning=options.tuning))
    if "sound" in options.only:
        days, minutes = (7, 60) if options.quick else (options.days, MINUTES_A_DAY)
        report_alarms(report, watch_sound_cameras(days, minutes, tuning=options.tuning))
    report.print()


if __name__ == "__main__":
    main()
