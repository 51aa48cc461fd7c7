"""What a chip with digital lines is to us, and which one an address means.

A line is active when its circuit is closed: inputs are pulled up and active-low, so that a wire that is cut reads as
open and not as anything else.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from qorgan.kernel.errors import Unavailable

SIMULATED = "sim:"
OnLevel = Callable[[int, bool, float], None]  # offset, closed, monotonic seconds


class ChipLost(Unavailable):
    """The chip is not there, is somebody else's, or went away."""

    code = "lines.lost"


class Chip(Protocol):
    """Some lines of one chip. `run` first tells the level of every input, then each change in order, until it is lost.

    One suite runs against every implementation (tests/contract/lines).
    """

    async def run(self, on_level: OnLevel, on_open: Callable[[], None]) -> None:
        """Hold the lines until cancelled. Raises `ChipLost`. `on_open`: outputs may be set from now on."""

    async def set(self, offset: int, closed: bool) -> None:
        """Close or open an output. Raises `ChipLost`."""


def make_chip(address: str, inputs: tuple[int, ...], outputs: Mapping[int, bool]) -> Chip:
    """The chip at `address`: `gpiochip0`, `/dev/gpiochip0`, or `sim:<unix socket>`. `outputs`: their first levels."""
    if address.startswith(SIMULATED):
        from qorgan.edge.lines.simulated import SimulatedChip

        return SimulatedChip(address.removeprefix(SIMULATED), inputs, outputs)
    from qorgan.edge.lines.gpio import GpioChip

    return GpioChip(address, inputs, outputs)
