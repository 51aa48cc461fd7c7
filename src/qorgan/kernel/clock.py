"""Time, asked for through one door, so that tests can hold it still."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Callers rely on: `now()` is an aware UTC instant; `monotonic()` never steps back; `sleep()` is cancellable."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def to_us(instant: datetime) -> int:
    """Microseconds since 1970-01-01 UTC of an aware instant."""
    return (instant - EPOCH) // timedelta(microseconds=1)


def now_us() -> int:
    """This machine's wall clock in microseconds since 1970-01-01 UTC, as one number: for what happens per frame."""
    return time.time_ns() // 1000


def from_us(microseconds: int) -> datetime:
    """The aware UTC instant that lies `microseconds` after 1970-01-01."""
    return EPOCH + timedelta(microseconds=microseconds)
