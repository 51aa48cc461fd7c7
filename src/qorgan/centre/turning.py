"""What the centre does by itself, turn after turn, on a thread with a database connection of its own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from qorgan.kernel.backoff import Backoff
from qorgan.kernel.clock import Clock

log = logging.getLogger(__name__)
R = TypeVar("R")


class DatabaseThread:
    """One thread with its own connection; synchronous work runs there in turn."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def call(self, work: Callable[[], R]) -> R:
        def fresh() -> R:
            close_old_connections()
            return work()

        return await asyncio.get_running_loop().run_in_executor(self._executor, fresh)

    def close(self) -> None:
        self._executor.submit(connections.close_all)
        self._executor.shutdown(wait=True)


async def keep_turning(
    turn: Callable[[], Awaitable[bool]], *, name: str, clock: Clock, every_s: float, longest_s: float
) -> None:
    """Turn after turn until cancelled. `turn` says whether more is due: then the next one follows at once.

    A database that is away is asked again after at most `longest_s`. A crash ends its turn alone: what was due is due
    again, because it stands in rows.
    """
    away = Backoff(first=0.2, limit=longest_s, floor=0.1)
    while True:
        try:
            more = await turn()
        except (DatabaseError, InterfaceError) as error:
            log.error("%s.database_away error=%s", name, type(error).__name__)
            await clock.sleep(away.next())
        except Exception:  # the root of this unit of work
            log.exception("%s.crashed", name)
            await clock.sleep(away.next())
        else:
            away.reset()
            if not more:
                await clock.sleep(every_s)
