"""What is done to a school or to the centre, each for a moment, and then left to heal."""

import asyncio
import contextlib
import random
import shutil
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from tests.chaos.places import Keeper, Place, Town, faketime
from tests.chaos.relay import Withheld

GAP_TOLD_WITHIN_S = 60.0
GIVE_UP_S = 180.0  # on a gap that nobody tells of
CORE_CALLS = "pwrite64,write,fsync,fdatasync,fallocate,ftruncate"
STEPS_S = (-86_400.0, -3_600.0, -61.0, -5.0, -0.5, 0.5, 5.0, 61.0, 3_600.0, 86_400.0)
Fault = Callable[[], Awaitable[bool]]  # False: could not be done now, and does not count


class Faults:
    """Chooses and does them. `done` counts each kind that was really done.

    `gaps`: whether numbers are withheld, too. Each takes most of a minute, beside what else breaks; `told_after_s` says
    how long after it had stored a later number the centre opened a fault, None where it never did. (Before, while the
    centre is killed or its database away, nobody can know of the gap.)
    """

    def __init__(self, town: Town, seed: int, *, gaps: bool = False) -> None:
        self._town, self._gaps = town, gaps
        self._random = random.Random(seed)
        self._watching: dict[str, asyncio.Task[None]] = {}
        self._withheld_at: set[str] = set()
        self.done: Counter[str] = Counter()
        self.told_after_s: list[float | None] = []

    @property
    def total(self) -> int:
        return self.done.total()

    async def harm_school(self, place: Place) -> None:
        """One fault at a school or on its line."""
        pick = self._random
        choices: list[tuple[int, str, Fault]] = [
            (24, "link_cut", lambda: _did(place.line.cut(pick.uniform(0.02, 1.5)))),
            (18, "link_dropped", lambda: _now(place.line.drop)),
            (20, "message_doubled", lambda: _now(lambda: place.line.double(pick.randint(1, 4)))),
            (20, "message_misordered", lambda: _now(lambda: place.line.misorder(pick.randint(1, 3)))),
            (5, "core_killed", lambda: _kill(place.core)),
        ]
        if self._gaps:
            weight = 1 if place.site in self._withheld_at else 1_000  # at every school, however short the run
            choices.append((weight, "number_withheld", lambda: self._withhold(place)))
        if shutil.which("strace"):
            error = pick.choice(("EIO", "ENOSPC"))
            choices.append((4, f"disk_{error.lower()}", lambda: _disk(place, error, pick.uniform(0.1, 0.6))))
        if faketime() is not None:
            choices.append((9, "clock_stepped", lambda: _now(lambda: place.clock.set(pick.choice(STEPS_S)))))
        await self._one_of(choices)

    async def harm_centre(self) -> None:
        """One fault at the centre, its database or the carrier."""
        pick, town = self._random, self._town
        choices: list[tuple[int, str, Fault]] = [
            (2, "centre_killed", lambda: _kill(town.centre)),
            (4, "carrier_killed", lambda: _kill(town.carrier)),
        ]
        line = town.database_line
        if line is not None:
            choices.append((6, "database_cut", lambda: _did(line.cut(pick.uniform(0.05, 2.5)))))
            choices.append((6, "database_dropped", lambda: _now(line.drop)))
        if faketime() is not None:
            choices.append(
                (4, "centre_clock_stepped", lambda: _now(lambda: town.centre_clock.set(pick.choice(STEPS_S))))
            )
        await self._one_of(choices)

    async def _one_of(self, choices: list[tuple[int, str, Fault]]) -> None:
        weights = [weight for weight, _, _ in choices]
        _, name, fault = self._random.choices(choices, weights)[0]
        if await fault():
            self.done[name] += 1

    async def _withhold(self, place: Place) -> bool:
        """A number that never comes, until its absence was told."""
        if place.site in self._watching or await asyncio.to_thread(self._town.gap_is_told, place.site):
            return False
        self._withheld_at.add(place.site)
        self._watching[place.site] = asyncio.create_task(self._watch_gap(place), name=f"gap:{place.site}")
        return True

    async def _watch_gap(self, place: Place) -> None:
        gap, began = place.line.withhold(), time.monotonic()
        knows_at, told = None, False
        while not told and time.monotonic() - began < GIVE_UP_S:
            await asyncio.sleep(0.5)
            if knows_at is None and await asyncio.to_thread(self._is_overtaken, place, gap):
                knows_at = time.monotonic()
            told = knows_at is not None and await asyncio.to_thread(self._town.gap_is_told, place.site)
        self.told_after_s.append(time.monotonic() - knows_at if told and knows_at is not None else None)
        gap.released = True
        del self._watching[place.site]

    def _is_overtaken(self, place: Place, gap: Withheld) -> bool:
        return gap.seq is not None and self._town.knows_later_than(place.site, gap.seq)

    async def gaps_told(self) -> None:
        """Wait for every number that is withheld now. People must go on pressing, or nothing overtakes it."""
        while self._watching:
            await asyncio.wait(list(self._watching.values()))

    def heal(self) -> None:
        """End what lasts."""
        for place in self._town.places:
            place.line.heal()
            place.clock.set(0)
        self._town.centre_clock.set(0)
        if self._town.database_line is not None:
            self._town.database_line.heal()


async def _did(work: Awaitable[None]) -> bool:
    await work
    return True


async def _now(work: Callable[[], None]) -> bool:
    work()
    return True


async def _kill(keeper: Keeper) -> bool:
    return keeper.kill()


async def _disk(place: Place, error: str, seconds: float) -> bool:
    """The system calls of the outbox fail for a moment."""
    if (pid := place.core.pid) is None:
        return False
    strace = await asyncio.create_subprocess_exec(
        *("strace", "-f", "-qq", "-e", f"trace={CORE_CALLS}", "-e", "signal=none"),
        *("-e", f"inject={CORE_CALLS}:error={error}", "-P", str(place.database), "-P", f"{place.database}-wal"),
        *("-p", str(pid)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await asyncio.wait_for(strace.wait(), seconds)
        return False  # the process was gone already
    except TimeoutError:
        return True
    finally:
        if strace.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                strace.terminate()
            await strace.wait()
