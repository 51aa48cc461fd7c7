"""A chaos run: people press, things break, everything heals, and then the books are compared.

Held at the end, whatever was done:

- every press that was acknowledged is an alarm at the school, and no press is two;
- every alarm of every school is in the centre once, with one `pressed` line in its log, and the centre has no others;
- a number that was withheld, while later ones came, was a fault at the centre within a minute;
- the centre took in every number of every school, each once (its inbox has no gap);
- no outbox keeps or parks an alarm.
"""

import asyncio
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import UUID

import httpx
from tests.chaos.faults import GAP_TOLD_WITHIN_S, Faults
from tests.chaos.places import Place, Say, Town, logs_with, open_town

PAUSE_S = (0.2, 1.0)  # between the presses of one person
STUCK_AFTER_S = 300.0  # without a step forward
PROGRESS_EVERY_S, SAY_EVERY_S = 15.0, 3.0


@dataclass
class Outcome:
    """What was done, and every promise that was broken, in words."""

    wished: int = 0  # faults; fewer were done when somebody stopped the run
    faults: dict[str, int] = field(default_factory=dict)
    acknowledged: int = 0
    stored: int = 0
    begun: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    healed_s: float = 0.0
    tracebacks: int = 0  # in all logs: untidy, not a broken promise
    gaps: dict[str, float] = field(default_factory=dict)  # numbers withheld: how many, and seconds until a fault
    broken: list[str] = field(default_factory=list)


async def run(
    folder: Path,
    *,
    faults: int,
    schools: int,
    database: str,
    seed: int,
    pace: float,
    gaps: bool = False,
    say: Say,
    stop: asyncio.Event | None = None,
) -> Outcome:
    """At least so many faults, `pace` of them a second over all schools, and the comparison.

    `gaps`: withhold numbers, too, which makes a run some two minutes longer. `stop`: when it is set no more faults are
    done, and what was done until then is healed and compared.
    """
    outcome, began = Outcome(wished=faults), time.monotonic()
    async with open_town(folder, schools, database) as town, AsyncExitStack() as open_:
        http = await open_.enter_async_context(httpx.AsyncClient(trust_env=False))
        await _until(lambda: _start(town, http), "every school linked and heard", STUCK_AFTER_S, say)
        say(f"{schools} schools are linked and heard; breaking things")
        trouble = Faults(town, seed, gaps=gaps)
        await _break_things(town, trouble, http, faults, pace, say, stop or asyncio.Event())
        trouble.heal()
        say("everything heals")
        healing = time.monotonic()
        try:
            await _until(lambda: _deliveries(town, http), "every alarm delivered", STUCK_AFTER_S, say)
        except AssertionError as error:
            outcome.broken.append(str(error))
        outcome.healed_s = time.monotonic() - healing
        _judge_gaps(trouble, outcome)
        outcome.faults = dict(sorted(trouble.done.items()))
        outcome.begun = {keeper.name: keeper.begun for keeper in town.keepers}
        _compare(town, outcome)
    outcome.seconds = time.monotonic() - began
    return outcome


async def _break_things(
    town: Town, trouble: Faults, http: httpx.AsyncClient, faults: int, pace: float, say: Say, stop: asyncio.Event
) -> None:
    enough, breakers = asyncio.Event(), len(town.places) + 1
    each_s = breakers / pace

    async def harm(fault: Callable[[], Awaitable[None]], number: int) -> None:
        chance = random.Random(number)
        while trouble.total < faults and not stop.is_set():
            await asyncio.sleep(chance.expovariate(1 / each_s))
            await fault()

    async def press(place: Place, number: int) -> None:
        chance = random.Random(number)
        while not enough.is_set():
            await place.press(http, chance.choices(("real", "drill", "test"), (8, 1, 1))[0])
            with suppress(TimeoutError):
                await asyncio.wait_for(enough.wait(), chance.uniform(*PAUSE_S))

    async def tell() -> None:
        while True:
            await asyncio.sleep(PROGRESS_EVERY_S)
            taken = sum(len(place.taken) for place in town.places)
            say(f"{trouble.total} of {faults} faults, {taken} presses acknowledged")

    async with asyncio.TaskGroup() as group:
        telling = group.create_task(tell())
        pressing = [group.create_task(press(place, number)) for number, place in enumerate(town.places)]
        harming = [
            group.create_task(harm(partial(trouble.harm_school, place), number))
            for number, place in enumerate(town.places)
        ]
        harming.append(group.create_task(harm(trouble.harm_centre, 1_000)))
        await asyncio.wait(harming)
        trouble.heal()
        await trouble.gaps_told()
        enough.set()
        await asyncio.wait(pressing)
        telling.cancel()


async def _start(town: Town, http: httpx.AsyncClient) -> tuple[int, str]:
    """How far the start is, and what is lacking: schools must answer, be linked, and be heard by the centre."""
    found = await asyncio.gather(*(place.health(http) for place in town.places))
    answering = [health for health in found if health is not None]
    linked = [health for health in answering if health["link"]["up"]]
    heard = sum(not health["outbox"]["events"] for health in linked)  # its inventory was taken in
    lacking = f"{len(answering)} of {len(found)} schools answer, {len(linked)} are linked, the centre heard {heard}"
    return len(answering) + len(linked) + heard, lacking if heard < len(found) else ""


async def _deliveries(town: Town, http: httpx.AsyncClient) -> tuple[int, str]:
    """How far healing is: minus what waits in all outboxes; and one that is lacking."""
    left, lacking = 0, ""
    for place in town.places:
        health = await place.health(http)
        if health is None:
            return -sys.maxsize, f"{place.site} does not answer"
        outbox = {name: health["outbox"][name] for name in ("alarms", "alarms_parked", "events", "events_parked")}
        left += sum(outbox.values())
        if any(outbox.values()):
            lacking = f"{place.site} keeps {outbox} and parks {health['parked']}"
    return -left, lacking


async def _until(look: Callable[[], Awaitable[tuple[int, str]]], what: str, patience_s: float, say: Say) -> None:
    """Wait until nothing is lacking, as long as it comes further. Raises `AssertionError` that says what was lacking.

    `look` tells how far it is, more is further, and what is lacking. A loaded machine is slow: what stands still is
    what is broken.
    """
    furthest, lacking = await look()
    deadline, said_at = time.monotonic() + patience_s, float("-inf")
    while lacking:
        assert time.monotonic() < deadline, f"nothing moved for {patience_s:.0f} s, and not {what}: {lacking}"
        await asyncio.sleep(0.3)
        reached, lacking = await look()
        if reached > furthest:
            furthest, deadline = reached, time.monotonic() + patience_s
            if lacking and time.monotonic() - said_at > SAY_EVERY_S:
                said_at = time.monotonic()
                say(f"not yet {what}: {lacking}")


def _judge_gaps(trouble: Faults, outcome: Outcome) -> None:
    told = [seconds for seconds in trouble.told_after_s if seconds is not None]
    late = [seconds for seconds in told if seconds > GAP_TOLD_WITHIN_S]
    outcome.gaps = {"withheld": len(trouble.told_after_s), "told": len(told), "goal_s": GAP_TOLD_WITHIN_S}
    if told:
        outcome.gaps |= {"median_s": round(statistics.median(told), 1), "max_s": round(max(told), 1)}
    if late or len(told) < len(trouble.told_after_s):
        outcome.broken.append(
            f"gaps in the count: {len(trouble.told_after_s) - len(told)} never told, {len(late)} later than a minute"
        )


def _compare(town: Town, outcome: Outcome) -> None:
    alarms, lines, numbers = town.stored()
    raised: set[UUID] = set()
    for place in town.places:
        known = place.raised()
        raised.update(known.values())
        outcome.acknowledged += len(place.taken)
        for press, alarm in place.taken.items():
            if known.get(press) != alarm:
                outcome.broken.append(
                    f"{place.site}: press {press} was acknowledged as {alarm}, kept as {known.get(press)}"
                )
        if place.waiting:
            outcome.broken.append(f"{place.site}: {place.waiting} presses were never acknowledged")
        taken_in = numbers.get(place.site, [])
        if taken_in != list(range(1, len(taken_in) + 1)):
            outcome.broken.append(f"{place.site}: the centre's numbers have gaps or doubles: {_gaps(taken_in)}")
    outcome.stored = len(alarms)
    if set(alarms) != raised:
        lost, strange = raised - set(alarms), set(alarms) - raised
        outcome.broken.append(
            f"{len(lost)} alarms lost: {sorted(lost)[:5]}; {len(strange)} from nowhere: {sorted(strange)[:5]}"
        )
    if len(alarms) != len(set(alarms)) or sorted(lines) != sorted(alarms):
        outcome.broken.append(
            f"{len(alarms)} alarms, {len(set(alarms))} of them different, {len(lines)} lines `pressed`"
        )
    outcome.tracebacks = sum(1 for _ in logs_with(town, "Traceback ("))


def _gaps(numbers: list[int]) -> list[int]:
    wanted = set(range(1, (numbers[-1] if numbers else 0) + 1))
    return sorted(wanted.symmetric_difference(numbers))[:10]
