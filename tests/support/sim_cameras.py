"""Simulated cameras small enough for tests: their clips are encoded in a blink and loop every two seconds."""

import asyncio
from collections.abc import Callable

from qorgan.sim.cameras import SimCamera
from qorgan.sim.clips import Profile

SITE = "kst-012"
SMALL_MAIN = Profile(width=512, height=288, frames_per_s=25.0, bits_per_s=400_000, gop_s=0.48, clip_s=1.92)
SMALL_SUB = Profile(width=320, height=180, frames_per_s=12.5, bits_per_s=150_000, gop_s=0.8, clip_s=1.6)


def a_camera(key: str = "hall", **fields: object) -> SimCamera:
    """A camera with small pictures; whatever matters is given by name."""
    return SimCamera(**{"site": SITE, "key": key, "main": SMALL_MAIN, "sub": SMALL_SUB, **fields})  # type: ignore[arg-type]


async def until(condition: Callable[[], object], within_s: float = 60.0) -> None:
    """Wait until `condition` holds; a `TimeoutError` says that it never did."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - counters have no event to wait for
            await asyncio.sleep(0.02)
