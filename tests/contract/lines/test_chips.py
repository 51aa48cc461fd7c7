"""What a chip promises, kept by the simulated one and by Linux's character device through the real libgpiod.

The kernel of the machine on which this runs need not have GPIO: `tests/support/gpio_kernel.c` answers in its place,
with the structures and numbers of the kernel's own header. A real chip was never tried.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.support.gpio import EmulatedChip

from qorgan.sim.chip import SimChip

THUMB, REST, LAMP, DOOR = 17, 18, 22, 23


@dataclass
class Bench:
    """A chip, how a program reaches it, and how it goes away."""

    chip: SimChip | EmulatedChip
    address: str
    take_away: Callable[[], Awaitable[None]]
    environment: dict[str, str] = field(default_factory=dict)


@pytest.fixture(params=["simulated", "gpio"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    if request.param == "gpio":
        emulated = EmulatedChip(tmp_path)

        async def unplug() -> None:
            emulated.unplug()

        yield Bench(emulated, emulated.address, unplug, emulated.environment)
        return
    async with SimChip(tmp_path / "chip.sock") as chip:
        yield Bench(chip, f"sim:{chip.path}", chip.__aexit__)


@pytest.fixture
def emulated(tmp_path: Path) -> EmulatedChip:
    return EmulatedChip(tmp_path)


@dataclass
class Holder:
    """A program that holds lines, and what it said: levels in order, and words."""

    process: asyncio.subprocess.Process
    levels: list[tuple[int, bool]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def now(self) -> dict[int, bool]:
        return dict(self.levels)

    async def until(self, condition: Callable[[], object]) -> None:
        assert self.process.stdout is not None
        async with asyncio.timeout(100):
            while not condition():
                line = await self.process.stdout.readline()
                assert line, f"it ended; {self}"
                said = json.loads(line)
                if isinstance(said, str):
                    self.words.append(said)
                else:
                    self.levels.append((said[0], said[1]))

    def order(self, offset: int, closed: bool) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([offset, closed]).encode() + b"\n")


@asynccontextmanager
async def holding(
    address: str, inputs: list[int], outputs: dict[int, bool], environment: dict[str, str]
) -> AsyncIterator[Holder]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.chip_child", address, json.dumps(inputs), json.dumps(outputs)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
    )
    try:
        yield Holder(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(100):
            await process.communicate()


async def test_every_input_is_told_at_the_start_and_then_each_change_in_order(bench: Bench) -> None:
    bench.chip.set(REST, True)
    async with holding(bench.address, [THUMB, REST], {}, bench.environment) as holder:
        await holder.until(lambda: holder.now() == {THUMB: False, REST: True})  # a wire that is cut reads as open
        for _ in range(3):
            bench.chip.set(REST, False)
            await holder.until(lambda: not holder.now()[REST])
            bench.chip.set(THUMB, True)
            await holder.until(lambda: holder.now()[THUMB])
            bench.chip.set(THUMB, False)
            await holder.until(lambda: not holder.now()[THUMB])
            bench.chip.set(REST, True)
            await holder.until(lambda: holder.now()[REST])


async def test_outputs_begin_as_they_should_and_follow(bench: Bench) -> None:
    chip = bench.chip
    async with holding(bench.address, [THUMB], {LAMP: True, DOOR: False}, bench.environment) as holder:
        await holder.until(lambda: "open" in holder.words)
        await eventually(lambda: chip.closed(LAMP) and not chip.closed(DOOR))
        holder.order(LAMP, False)
        holder.order(DOOR, True)
        await eventually(lambda: chip.closed(DOOR) and not chip.closed(LAMP))


async def test_a_chip_that_goes_away_is_lost(bench: Bench) -> None:
    async with holding(bench.address, [THUMB], {}, bench.environment) as holder:
        await holder.until(lambda: THUMB in holder.now())
        await bench.take_away()
        await holder.until(lambda: any(word.startswith("lost: ") for word in holder.words))


@pytest.mark.parametrize(
    ("address", "inputs", "words"),
    [
        ("gpiochip7", [THUMB], "No such file"),
        ("null", [THUMB], "/dev/null"),
        ("gpiochip0", [99], "/dev/gpiochip0"),
    ],
    ids=["no chip", "no gpio", "no such line"],
)
async def test_what_cannot_be_held_is_lost_in_words(
    emulated: EmulatedChip, address: str, inputs: list[int], words: str
) -> None:
    async with holding(address, inputs, {}, emulated.environment) as holder:
        await holder.until(lambda: holder.words)
        assert holder.words[0].startswith("lost: ") and words in holder.words[0]


async def test_lines_that_another_program_holds_are_lost(emulated: EmulatedChip) -> None:
    emulated.give_to_another()
    async with holding(emulated.address, [THUMB], {LAMP: False}, emulated.environment) as holder:
        await holder.until(lambda: holder.words)
        assert "busy" in holder.words[0]


async def eventually(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(100):
        while not condition():  # noqa: ASYNC110 - the chip's levels lie in another process
            await asyncio.sleep(0.005)
