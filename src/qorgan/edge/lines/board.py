"""Every line of the configuration, whichever chip it is on: who listens to an input, and what an output should be."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable

import structlog

from qorgan.edge.config import EdgeConfig, split_line
from qorgan.edge.lines.chip import Chip, ChipLost, make_chip
from qorgan.kernel.backoff import Backoff
from qorgan.kernel.clock import Clock

Listener = Callable[[bool | None, float], None]  # closed, or None: nobody knows; monotonic seconds
log = structlog.get_logger(__name__)


class LineBoard:
    """Owner of the chips, of who listens to which input, and of the level that each output should have."""

    def __init__(self, inputs: Iterable[str], outputs: Iterable[str], clock: Clock) -> None:
        self._clock = clock
        self._inputs: dict[str, dict[int, str]] = defaultdict(dict)
        self._outputs: dict[str, dict[int, str]] = defaultdict(dict)
        for lines, places in ((inputs, self._inputs), (outputs, self._outputs)):
            for line in lines:
                place = split_line(line)
                assert place is not None  # the configuration was checked
                places[place[0]][place[1]] = line
        self._listeners: dict[str, Listener] = {}
        self._wished: dict[str, bool] = {}
        self._chips: dict[str, Chip] = {}

    def listen(self, line: str, listener: Listener) -> None:
        """Tell `listener` the level of an input now and whenever it changes. To be said before `run`."""
        self._listeners[line] = listener

    def expect(self, line: str, closed: bool) -> None:
        """The level that an output gets when its chip is first opened. To be said before `run`; open otherwise."""
        self._wished[line] = closed

    async def set(self, line: str, closed: bool) -> None:
        """Close or open an output; it keeps that level over the chip's coming and going. Raises `ChipLost` now."""
        self._wished[line] = closed
        place = split_line(line)
        chip = self._chips.get(place[0]) if place is not None else None
        if place is None or chip is None:
            raise ChipLost(f"the chip of {line} is not there")
        await chip.set(place[1], closed)

    async def run(self) -> None:
        """Keep every chip until cancelled; one that is lost is tried again."""
        async with asyncio.TaskGroup() as group:
            for address in {*self._inputs, *self._outputs}:
                group.create_task(self._keep(address), name=f"lines:{address}")

    async def _keep(self, address: str) -> None:
        backoff = Backoff(first=0.2, limit=5.0, floor=0.1)
        complained = False
        while True:
            outputs = {offset: self._wished.get(line, False) for offset, line in self._outputs[address].items()}
            chip = make_chip(address, tuple(self._inputs[address]), outputs)

            def opened(chip: Chip = chip) -> None:
                nonlocal complained
                self._chips[address] = chip
                backoff.reset()
                complained = False
                log.info("lines.open", chip=address)

            try:
                await chip.run(lambda offset, closed, at: self._tell(address, offset, closed, at), opened)
            except ChipLost as error:
                (log.debug if complained else log.error)("lines.lost", chip=address, reason=str(error))
                complained = True
            finally:
                self._chips.pop(address, None)
            for offset in self._inputs[address]:
                self._tell(address, offset, None, self._clock.monotonic())
            await self._clock.sleep(backoff.next())

    def _tell(self, address: str, offset: int, closed: bool | None, at: float) -> None:
        listener = self._listeners.get(self._inputs[address].get(offset, ""))
        if listener is not None:
            listener(closed, at)


def lines_of(config: EdgeConfig) -> tuple[list[str], list[str]]:
    """Inputs and outputs that the configuration names."""
    inputs = [line for one in config.contacts for line in (one.line, one.rest_line) if line is not None]
    outputs = [one.lamp for one in config.contacts if one.lamp is not None]
    outputs += [output.line for output in config.outputs if output.line is not None]
    return inputs, outputs
