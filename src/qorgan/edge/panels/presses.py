"""Which press an event belongs to, so that a repetition is the same alarm and a second press is not.

DC-09 repeats a message under its sequence number until it is acknowledged. The same account, number and data within
five minutes are one press; later they are another one, for numbers begin anew when a panel restarts. The press's id is
made of these and of the five minutes in which it was first seen, so that it is found in the outbox after a restart.
"""

import asyncio
import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from qorgan.edge.panels.ports import Door
from qorgan.kernel.clock import Clock, to_us

SAME_WITHIN = timedelta(minutes=5)
MAX_REMEMBERED = 50_000
_NAMES = UUID("5f0c1f0e-9d3e-5a37-8f5e-6f0f6d0f9a09")


@dataclass(slots=True)
class _Seen:
    press: UUID
    at: float  # monotonic


class Presses:
    """Remembers what was seen; looks into the outbox for what was seen before the start."""

    def __init__(self, door: Door, clock: Clock) -> None:
        self._door, self._clock = door, clock
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()
        self._looking = asyncio.Lock()  # one look at a time: two copies of a message are one press
        self._complete_since = clock.monotonic()  # everything since then is in `_seen`

    async def press_of(self, source_key: str, said: str) -> UUID:
        """The press that these words of this source are. Asking again within five minutes gives the same one."""
        now = self._clock.monotonic()
        seen = self._seen.get(_short(source_key, said))
        if seen is not None and now - seen.at <= SAME_WITHIN.total_seconds():
            return seen.press
        if now - self._complete_since > SAME_WITHIN.total_seconds():
            return self._remember(source_key, said, _name(source_key, said, self._clock.now()))
        async with self._looking:
            return await self._look_up(source_key, said)

    async def _look_up(self, source_key: str, said: str) -> UUID:
        seen, instant = self._seen.get(_short(source_key, said)), self._clock.now()
        if seen is not None and self._clock.monotonic() - seen.at <= SAME_WITHIN.total_seconds():
            return seen.press  # while we waited for our turn
        newest = _name(source_key, said, instant)
        for possible in (newest, _name(source_key, said, instant - SAME_WITHIN)):
            known = await self._door.find_press(source_key, possible)
            if known is not None and instant - known.durable_at <= SAME_WITHIN:
                return self._remember(source_key, said, possible)
        return self._remember(source_key, said, newest)

    def _remember(self, source_key: str, said: str, press: UUID) -> UUID:
        words = _short(source_key, said)
        self._seen[words] = _Seen(press, self._clock.monotonic())
        self._seen.move_to_end(words)
        while self._clock.monotonic() - next(iter(self._seen.values())).at > SAME_WITHIN.total_seconds():
            self._seen.popitem(last=False)
        if len(self._seen) > MAX_REMEMBERED:
            self._seen.popitem(last=False)
            self._complete_since = self._clock.monotonic()
        return press


def _short(source_key: str, said: str) -> bytes:
    """Words of up to 4 kB, kept as sixteen bytes: fifty thousand of them would be 200 MB otherwise."""
    return hashlib.blake2b(f"{source_key}\0{said}".encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _name(source_key: str, said: str, instant: datetime) -> UUID:
    window = to_us(instant) // int(SAME_WITHIN.total_seconds() * 1e6)
    return uuid5(_NAMES, f"{source_key}\0{said}\0{window}")
