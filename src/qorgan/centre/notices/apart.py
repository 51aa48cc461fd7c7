"""Work on the database beside the worker's own thread, for couriers that need a secret while they deliver."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from django.db import connections

R = TypeVar("R")


async def apart(work: Callable[[], R]) -> R:
    """Run `work` in a thread of the loop's pool, and leave no connection of the database open there."""

    def alone() -> R:
        try:
            return work()
        finally:
            connections.close_all()

    return await asyncio.to_thread(alone)
