"""Sound on its way to browsers, which play AAC and no G.711: what they do not play is coded anew here, and counted.

At the school nothing is coded: a recorder has a hundred cameras to read. Here it is done once for all who listen.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING

import structlog

from qorgan.centre.gateway.counters import Counters
from qorgan.kernel.errors import Corrupt, Exhausted, Invalid
from qorgan.protocols.fmp4.reader import parse_fragment, parse_sound_init
from qorgan.protocols.fmp4.writer import TIMESCALE, AudioTrack, sound_init_segment
from qorgan.protocols.link.media import MediaKind, MediaMessage, pack, pack_init, split_init, unpack

if TYPE_CHECKING:
    from qorgan.centre.gateway.aac import AacCoder

log = structlog.get_logger(__name__)

CODERS = 16  # at once, of one gateway; some thousandths of a core each
Take = Callable[[bytes], None]
Part = tuple[str, int, bytes]  # mime type, size on the link, fMP4 bytes


class TooManyListeners(Exhausted):
    code = "too_many_viewers"


class Codings:
    """Owner of the coders at work. Beyond `CODERS` of them sound is refused; pictures are not touched by it."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    @contextmanager
    def live(self, take: Take) -> Iterator[Take]:
        """A way to `take` for a live stream's messages, on which sound is coded anew if need be."""
        relay = _Relay(take, self, self._counters)
        try:
            yield relay.take
        finally:
            relay.close()

    async def recorded(self, parts: AsyncGenerator[Part]) -> AsyncGenerator[Part]:
        """The same for a recorded range, in a thread. Raises `TooManyListeners`, `Corrupt`, `Invalid`."""
        coder: AacCoder | None = None
        mime = ""
        try:
            async with aclosing(parts):
                async for said, cost, body in parts:
                    if body[4:8] == b"ftyp":
                        self.end(coder)
                        coder, mime, body = self.begin(said, body)
                    elif coder is not None:
                        body = await asyncio.to_thread(coder.code, body)
                    yield mime, cost, body
        finally:
            self.end(coder)

    def begin(self, mime: str, init: bytes) -> "tuple[AacCoder | None, str, bytes]":
        """What codes a stream of sound, if anything has to, and what to tell the browser instead."""
        track = parse_sound_init(init)
        if track.plays_in_browsers:
            return None, mime, init
        if self._counters.coding >= CODERS:
            raise TooManyListeners("as many people listen as this gateway can code sound for; try again in a moment")
        coder = _new_coder(track)
        self._counters.coding += 1
        return coder, coder.track.mime, sound_init_segment(coder.track)

    def end(self, coder: "AacCoder | None") -> None:
        if coder is not None:
            self._counters.coding -= 1


class _Relay:
    """One live stream's messages. Owner of the numbers under which they go on: a jump stays a jump."""

    def __init__(self, take: Take, codings: Codings, counters: Counters) -> None:
        self._take, self._codings, self._counters = take, codings, counters
        self._coder: AacCoder | None = None
        self._last: int | None = None
        self._seq = 0

    def take(self, data: bytes) -> None:
        """What cannot be understood or coded is counted and left out: the next message stands alone."""
        try:
            message = unpack(data)
            self._count(message.seq)
            if message.kind is MediaKind.INIT:
                self._take_init(message)
            elif message.kind is MediaKind.KEY and self._coder is not None:
                self._code(message, self._coder)
            else:
                self._send(pack(message.kind, self._next(), message.wall_us, message.payload))
        except (Corrupt, Invalid, Exhausted) as error:
            self._counters.malformed += 1
            log.warning("sound.left_out", code=error.code, reason=str(error))
            if isinstance(error, Exhausted):
                self._send(pack(MediaKind.END, self._next(), 0, error.code.encode()))

    def close(self) -> None:
        self._codings.end(self._coder)
        self._coder = None

    def _take_init(self, message: MediaMessage) -> None:
        self.close()
        mime, init = split_init(message.payload)
        self._coder, mime, init = self._codings.begin(mime, init)
        self._send(pack_init(self._next(), message.wall_us, mime, init))

    def _code(self, message: MediaMessage, coder: "AacCoder") -> None:
        coded = coder.code(message.payload)
        if not coded:
            return  # it is kept until there is a whole frame
        self._counters.coded += 1
        moved = parse_fragment(coded).base_time - parse_fragment(message.payload).base_time
        wall_us = max(0, message.wall_us + moved * 1_000_000 // TIMESCALE)
        self._send(pack(MediaKind.KEY, self._next(), wall_us, coded))

    def _count(self, seq: int) -> None:
        if self._last is not None:
            self._seq += (seq - self._last - 1) & 0xFFFFFFFF
        self._last = seq

    def _next(self) -> int:
        self._seq = (self._seq + 1) & 0xFFFFFFFF
        return self._seq

    def _send(self, data: bytes) -> None:
        self._take(data)


def _new_coder(track: AudioTrack) -> "AacCoder":
    from qorgan.centre.gateway.aac import AacCoder  # FFmpeg is large, and most gateways never need it

    return AacCoder(track)
