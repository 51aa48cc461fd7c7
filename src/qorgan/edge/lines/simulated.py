"""A chip that does not exist: `qorgan sim chip` holds its levels, and speaks lines of JSON over a Unix socket.

We say `{"watch": [offsets]}` and `{"set": [offset, closed]}`; it says `{"line": offset, "closed": true}`, first for
every line that is watched.
"""

import asyncio
import time
from collections.abc import Callable, Mapping

import msgspec

from qorgan.edge.lines.chip import ChipLost, OnLevel

CONNECT_WITHIN_S = 2.0
MAX_LINE_BYTES = 200


class _Level(msgspec.Struct, frozen=True):
    line: int
    closed: bool


class SimulatedChip:
    """The same promises as `GpioChip`, over a socket."""

    def __init__(self, path: str, inputs: tuple[int, ...], outputs: Mapping[int, bool]) -> None:
        self._path, self._inputs, self._outputs = path, inputs, dict(outputs)
        self._writer: asyncio.StreamWriter | None = None

    async def run(self, on_level: OnLevel, on_open: Callable[[], None]) -> None:
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                reader, writer = await asyncio.open_unix_connection(self._path, limit=MAX_LINE_BYTES)
        except OSError as error:
            raise ChipLost(f"{self._path}: {error.strerror or 'no answer'}") from error
        try:
            writer.write(msgspec.json.encode({"watch": self._inputs}) + b"\n")
            for offset, closed in self._outputs.items():
                writer.write(_order(offset, closed))
            self._writer = writer
            on_open()
            await self._hear(reader, on_level)
        except OSError as error:
            raise ChipLost(f"{self._path}: {error.strerror}") from error
        finally:
            self._writer = None
            writer.close()

    async def set(self, offset: int, closed: bool) -> None:
        if self._writer is None:
            raise ChipLost(f"{self._path} is not there")
        try:
            self._writer.write(_order(offset, closed))
            await self._writer.drain()
        except OSError as error:
            raise ChipLost(f"{self._path}: {error.strerror}") from error

    async def _hear(self, reader: asyncio.StreamReader, on_level: OnLevel) -> None:
        while True:
            try:
                line = await reader.readline()
                level = msgspec.json.decode(line, type=_Level) if line else None
            except (ValueError, msgspec.MsgspecError) as error:
                raise ChipLost(f"{self._path} does not speak as a chip: {error}") from error
            if level is None:
                raise ChipLost(f"{self._path} hung up")
            if level.line in self._inputs:
                on_level(level.line, level.closed, time.monotonic())


def _order(offset: int, closed: bool) -> bytes:
    return msgspec.json.encode({"set": [offset, closed]}) + b"\n"
