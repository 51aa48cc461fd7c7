"""What happens by itself: schools are looked at when they are due, and each month is kept when it has ended."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from django.utils import timezone

from qorgan.centre.gateway.school import SchoolLink
from qorgan.centre.norms import proving, service, standing
from qorgan.centre.turning import DatabaseThread, keep_turning
from qorgan.kernel.clock import Clock, SystemClock

LOOK_EVERY_S, ENROL_EVERY_S, MONTH_EVERY_S = 1.0, 60.0, 600.0


class NormsKeeper:
    """Runs until cancelled, on two threads: what is late here delays nothing but itself.

    `school` is how archives are asked to prove themselves; without it they are not.
    """

    def __init__(
        self, school: SchoolLink | None = None, *, clock: Clock | None = None, every_s: float = LOOK_EVERY_S
    ) -> None:
        self._clock, self._every_s = clock or SystemClock(), every_s
        self._thread, self._proving = DatabaseThread("norms"), DatabaseThread("archives")
        self._prover = None if school is None else proving.Prover(school, self._proving)

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep("enrol", self._enrol, ENROL_EVERY_S))
                group.create_task(self._keep("look", self._look, self._every_s))
                group.create_task(self._keep("month", self._month, MONTH_EVERY_S))
                if self._prover is not None:
                    group.create_task(self._keep("archives", self._prover.turn, self._every_s))
        finally:
            self._thread.close()
            self._proving.close()

    async def _keep(self, name: str, turn: Callable[[], Awaitable[bool]], every_s: float) -> None:
        await keep_turning(turn, name=f"norms.{name}", clock=self._clock, every_s=every_s, longest_s=60.0)

    async def _enrol(self) -> bool:
        await self._thread.call(service.enrol)
        await self._thread.call(proving.enrol)
        return False

    async def _look(self) -> bool:
        await self._thread.call(service.look)
        return False  # never in a hurry: whoever reads is answered from the facts themselves

    async def _month(self) -> bool:
        return await self._thread.call(partial(standing.keep_month, timezone.now()))
