"""A GPIO chip that does not exist: its levels live here, thumbs and nodes reach them over a Unix socket.

Whoever connects says lines of JSON: `{"watch": [offsets]}` to hear levels now and whenever they change,
`{"set": [offset, closed]}` to change one: a node its outputs, a thumb its button. Levels live as long as the chip.
"""

import asyncio
import contextlib
from pathlib import Path
from typing import Self

import msgspec
import structlog

from qorgan.kernel.errors import Invalid, Unavailable

MAX_LINE_BYTES = 4_000
MAX_OFFSET = 1_023
log = structlog.get_logger(__name__)


class _Order(msgspec.Struct, frozen=True):
    watch: tuple[int, ...] = ()
    set: tuple[int, bool] | None = None


class SimChip:
    """Use with `async with`. Owner of the levels; all lines begin open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._levels: dict[int, bool] = {}
        self._watchers: dict[asyncio.StreamWriter, tuple[int, ...]] = {}
        self._server: asyncio.Server | None = None
        self.changed = asyncio.Event()  # set at each change, for whoever waits; cleared by them

    async def __aenter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, str(self.path), limit=MAX_LINE_BYTES)
        self.path.chmod(0o600)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._watchers):
            writer.close()
        self.path.unlink(missing_ok=True)

    @property
    def watched(self) -> bool:
        """Whether a node holds lines of this chip."""
        return any(self._watchers.values())

    def closed(self, offset: int) -> bool:
        return self._levels.get(offset, False)

    def set(self, offset: int, closed: bool) -> None:
        """Close or open a line."""
        if not 0 <= offset <= MAX_OFFSET:
            raise Invalid(f"a chip has lines 0 to {MAX_OFFSET}")
        self._levels[offset] = closed
        self.changed.set()
        for writer, watched in self._watchers.items():
            if offset in watched:
                writer.write(_level(offset, closed))

    async def press(self, offset: int, for_s: float, *, rest: int | None = None) -> None:
        """A thumb on a button for so long; `rest`: the other wire of a changeover contact."""
        self._push(offset, rest, True)
        await asyncio.sleep(for_s)
        self._push(offset, rest, False)

    def _push(self, offset: int, rest: int | None, down: bool) -> None:
        if rest is not None and down:
            self.set(rest, False)
        self.set(offset, down)
        if rest is not None and not down:
            self.set(rest, True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._watchers[writer] = ()
        try:
            while line := await reader.readline():
                self._take(msgspec.json.decode(line, type=_Order), writer)
                await writer.drain()
        except (OSError, ValueError, msgspec.MsgspecError, Invalid) as error:
            log.warning("chip.hung_up", reason=str(error))
        except asyncio.CancelledError:
            pass  # the loop is stopping; StreamReaderProtocol would log this as an error
        finally:
            self._watchers.pop(writer, None)
            writer.close()

    def _take(self, order: _Order, writer: asyncio.StreamWriter) -> None:
        if order.watch:
            self._watchers[writer] = order.watch
            for offset in order.watch:
                writer.write(_level(offset, self.closed(offset)))
        if order.set is not None:
            self.set(*order.set)


async def push(path: Path, offset: int, for_s: float, *, rest: int | None = None) -> None:
    """A thumb from another process: press a line of the chip at `path` and let it go. Raises `Unavailable`."""
    try:
        _reader, writer = await asyncio.open_unix_connection(str(path))
    except OSError as error:
        raise Unavailable(f"no simulated chip at {path}: {error.strerror}") from error
    try:
        for down in (True, False):
            orders = [(offset, down)] if rest is None else [(rest, False), (offset, True)]
            if rest is not None and not down:
                orders = [(offset, False), (rest, True)]
            for order in orders:
                writer.write(msgspec.json.encode({"set": order}) + b"\n")
            await writer.drain()
            await asyncio.sleep(for_s if down else 0)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _level(offset: int, closed: bool) -> bytes:
    return msgspec.json.encode({"line": offset, "closed": closed}) + b"\n"
