"""A GPIO chip through Linux's character device, by libgpiod 2. Small on purpose: this part alone wants real wires."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qorgan.edge.lines.chip import ChipLost, OnLevel

if TYPE_CHECKING:
    import gpiod

CONSUMER = "qorgan"


class GpioChip:
    """Lines of one chip, held for as long as `run` runs."""

    def __init__(self, address: str, inputs: tuple[int, ...], outputs: Mapping[int, bool]) -> None:
        self._path = Path("/dev") / address
        self._inputs, self._outputs = inputs, dict(outputs)
        self._request: gpiod.LineRequest | None = None

    async def run(self, on_level: OnLevel, on_open: Callable[[], None]) -> None:
        request = self._open()
        loop, lost = asyncio.get_running_loop(), asyncio.Event()

        def read() -> None:
            try:
                self._read(request, on_level)
            except OSError:
                lost.set()

        loop.add_reader(request.fd, read)
        self._request = request
        try:
            self._tell_all(request, on_level)
            on_open()
            await lost.wait()
            raise ChipLost(f"{self._path} went away")
        finally:
            self._request = None
            loop.remove_reader(request.fd)
            request.release()

    async def set(self, offset: int, closed: bool) -> None:
        from gpiod.line import Value

        if self._request is None:
            raise ChipLost(f"{self._path} is not there")
        try:
            self._request.set_value(offset, Value.ACTIVE if closed else Value.INACTIVE)
        except OSError as error:
            raise ChipLost(f"{self._path}: {error.strerror}") from error

    def _open(self) -> "gpiod.LineRequest":
        try:
            import gpiod
            from gpiod.line import Bias, Direction, Edge, Value
        except ImportError as error:
            message = "GPIO lines need the package gpiod: pip install 'qorgan[gpio]'"
            raise ChipLost(message, code="lines.no_gpiod") from error
        # A contact closes to ground: pulled up and active-low, so that a cut wire reads as open.
        reads = gpiod.LineSettings(
            direction=Direction.INPUT, edge_detection=Edge.BOTH, bias=Bias.PULL_UP, active_low=True
        )
        config: dict[Iterable[int | str] | int | str, gpiod.LineSettings | None] = {}
        if self._inputs:
            config[self._inputs] = reads
        for offset, closed in self._outputs.items():
            value = Value.ACTIVE if closed else Value.INACTIVE
            config[offset] = gpiod.LineSettings(direction=Direction.OUTPUT, output_value=value)
        try:
            return gpiod.request_lines(str(self._path), consumer=CONSUMER, config=config)
        except (OSError, ValueError) as error:
            raise ChipLost(f"{self._path}: {error}") from error

    def _read(self, request: "gpiod.LineRequest", on_level: OnLevel) -> None:
        """Every edge with the kernel's own time (CLOCK_MONOTONIC), then the levels: the kernel's queue may overflow."""
        from gpiod import EdgeEvent

        for event in request.read_edge_events():
            rising = event.event_type is EdgeEvent.Type.RISING_EDGE
            on_level(event.line_offset, rising, event.timestamp_ns / 1e9)
        self._tell_all(request, on_level)

    def _tell_all(self, request: "gpiod.LineRequest", on_level: OnLevel) -> None:
        from gpiod.line import Value

        now = time.monotonic()
        for offset, value in zip(self._inputs, request.get_values(self._inputs), strict=True) if self._inputs else ():
            on_level(offset, value is Value.ACTIVE, now)
