"""The work of `benchmarks.quality` in pieces: a camera that breaks, a day of a sound one; and what is kept of them.

Every look is rendered, compressed, decoded and measured by itself, as the analyst does it with key pictures. What
stands before the lens is rendered once for all five strengths of a fault, so that they differ in nothing else.

What a piece found is kept in `.cache/quality` under the digest of everything that can change it (this file, the set,
the measures; not the report), so that a run that was stopped goes on.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol, TypeVar

import av
import msgspec
import numpy as np

from benchmarks._measure import REPOSITORY, say
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
from qorgan.domain.quality.judge import UNKNOWN_AFTER, Memory, look
from qorgan.domain.quality.measures import Measures, measure
from qorgan.domain.quality.view import View, averaged
from qorgan.edge.analyst.picture import scaled

T = TypeVar("T")
BEFORE, BROKEN_FOR, APPROVED_BY = 7, 12, 12  # looks
MINUTES_A_DAY = 1_440
BEGAN, EVERY = datetime(2026, 9, 1, tzinfo=UTC), timedelta(minutes=1)
TUNING_SEED = 1_000_000
DISCONNECTED = "disconnected"  # no fault of a picture: there is none
# a picture that is dark enough is black: that is found as well, and more of it
EVEN_MORE = {Fault.UNDEREXPOSED: Fault.BLACK}
KEPT = REPOSITORY / ".cache" / "quality"
CHANGES_IT = (
    *(f"src/qorgan/domain/quality/{name}.py" for name in ("faults", "judge", "measures", "ranks", "scores", "view")),
    "src/qorgan/edge/analyst/picture.py",
    "src/qorgan/sim/scenes.py",
    "benchmarks/_quality_set.py",
    "benchmarks/_quality_work.py",
)


# --- cameras ----------------------------------------------------------------------------------------------------------


def seen(pictures: Iterable[bytes]) -> Iterator[Measures]:
    """What the analyst measures of key pictures."""
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_count = 1
    for picture in pictures:
        for frame in decoder.decode(av.Packet(picture)):
            yield measure(scaled(frame))
    for frame in decoder.decode(None):
        yield measure(scaled(frame))


@dataclass(frozen=True, slots=True)
class Exposure:
    """What stands before a lens, and the grain the sensor adds to it."""

    shot: Shot
    grained: Callable[[Shot], Shot]


@lru_cache(maxsize=1)
def exposures(place: Place, condition: Condition, looks: int, seed: int) -> list[Exposure]:
    """What a camera is given, look by look. People walk, clouds pass."""
    chance = np.random.default_rng(seed)
    level, all_of_them = 1.0, list[Exposure]()
    for _ in range(looks):
        level = float(np.clip(level + chance.normal(0, 0.02), 0.8, 1.15))
        shot = light(shot_of(place, int(chance.integers(PICTURES_OF_A_PLACE))), condition, chance, level)
        all_of_them.append(Exposure(shot, grain(NOISE[condition], chance)))
    return all_of_them


def taken(place: Place, condition: Condition, looks: int, seed: int, broken: Broken | None = None) -> Iterator[Shot]:
    """What a camera takes of it."""
    for one in exposures(place, condition, looks, seed):
        shot = one.grained(broken.before_sensor(one.shot) if broken else one.shot)
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


def _kept(piece: Piece, file: Path) -> tuple[bytes, float]:
    """What it found, and the seconds of processor time that took."""
    started = time.process_time()
    data = msgspec.json.encode(piece.run())
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(f".{os.getpid()}")
    half.write_bytes(data)
    half.replace(file)
    return data, time.process_time() - started


def all_of(pieces: Sequence[Piece], form: type[T], jobs: int) -> Iterator[T]:
    """What each piece found, in no order, `jobs` at a time; those that an earlier run has done are read."""
    directory = KEPT / _digest()
    files = {piece.name: directory / f"{piece.name}.json" for piece in pieces}
    done = [file for file in files.values() if file.exists()]
    for file in done:
        yield msgspec.json.decode(file.read_bytes(), type=form)
    if done:
        say(f"{len(done)} of {len(pieces)} pieces were done before")
    left = [piece for piece in pieces if files[piece.name] not in done]
    started, spent = time.monotonic(), 0.0
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        running = {pool.submit(_kept, piece, files[piece.name]): piece for piece in left}
        for number, future in enumerate(as_completed(running), start=1):
            data, seconds = future.result()
            yield msgspec.json.decode(data, type=form)
            minutes, spent = (time.monotonic() - started) / 60, spent + seconds
            to_go = minutes / number * (len(left) - number)
            name = running[future].name
            say(f"{name}: {number} of {len(left)}, {spent / 60:.1f} min of CPU, {minutes:.1f} min, {to_go:.1f} to go")


# --- found ------------------------------------------------------------------------------------------------------------


class Episode(msgspec.Struct, frozen=True):
    """One camera that broke."""

    fault: str  # a `Fault`, or DISCONNECTED
    strength: int
    place: str
    light: Condition
    bitrate: int
    confirmed: list[str]
    score: float

    @property
    def camera(self) -> str:
        return f"{self.place} {self.light} {self.bitrate // 1000} kbit/s"


@lru_cache(maxsize=2)
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
    names = sorted(str(one) for one in confirmed)
    return Episode(str(fault), strength, str(place), condition, bitrate, names, statistics.median(scores[2:]))


def cut_off(place: Place, condition: Condition, bitrate: int) -> Episode:
    """A camera of which nothing comes any more: it must be unknown after two looks, and not be called well."""
    memory = while_sound(place, condition, bitrate)
    for number in range(UNKNOWN_AFTER):
        memory = look(memory, None, approved(place, bitrate), BEGAN + (BEFORE + number) * EVERY)
    called = [DISCONNECTED] if memory.verdict() is Verdict.UNKNOWN else list(map(str, memory.faults()))
    return Episode(DISCONNECTED, 1, str(place), condition, bitrate, called, 0.0)


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
        broken = [
            episode(self.place, condition, self.bitrate, fault, strength)
            for condition in Condition
            for fault in self.faults
            if self._is_looked_at(fault, condition)
            for strength in ((1, 3, 5) if self.quick and fault not in CLEAR else STRENGTHS)
        ]
        return broken if self.quick else broken + [cut_off(self.place, one, self.bitrate) for one in Condition]

    def _is_looked_at(self, fault: Fault, condition: Condition) -> bool:
        if fault is Fault.COLOUR_CAST and condition is Condition.NIGHT:
            return False  # by infrared there are no colours
        number = (self.place.number * 4 + list(Condition).index(condition)) * 4 + BITRATES.index(self.bitrate)
        if self.quick:
            return number % (9 if fault in CLEAR else 19) == 0
        return fault in CLEAR or sum(divmod(number, 4)) % 2 == 0


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
        yield grain(NOISE[condition] / min(1.0, level * lamp), chance)(shot)


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
