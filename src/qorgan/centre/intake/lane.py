"""A lane: waiting requests, taken together, stored in one transaction in the lane's own thread, then answered.

`Lanes` are several of one kind beside each other: while the database works for one, another prepares its batch.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Protocol, TypeVar
from uuid import UUID
from zlib import crc32

from django.db import connections

from qorgan.centre.intake.store import Answer, Arrival
from qorgan.kernel.backoff import Backoff
from qorgan.kernel.errors import Unavailable
from qorgan.protocols.link.messages import encode

REMEMBERED = 50_000  # answers to what is stored, the newest of them: 20 MB
WITH_URGENT = 50  # at most so many in a transaction with an urgent one: it ends sooner
PACE_S = 0.1  # from one transaction to the next, unless a whole batch waits
YIELDS_FOR_S = 2.0  # what is not an alarm waits for alarms, each time
log = logging.getLogger(__name__)
Store = Callable[[Sequence[Arrival]], list[Answer | None]]
R = TypeVar("R")


class Request(Protocol):
    """The part of a NATS message that a lane needs."""

    async def respond(self, data: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """`id`: of the message, where it is known; `urgent` goes before whatever is not."""

    arrival: Arrival
    request: Request
    id: UUID | None = None
    urgent: bool = False


class Lane:
    """Owns its queue and its one thread. Full: the request is left unanswered and counted, and the school sends again.

    Requests that arrive while a transaction runs, or within `PACE_S` of its begin, share the next one: under load the
    cost of a commit is shared by up to `together` requests, after a quiet moment nobody waits. A message that is sent
    again while it waits keeps its place, and the newer request is answered: under load schools repeat what they have
    heard nothing of. What was stored is answered from memory, if it comes again.
    """

    def __init__(
        self,
        name: str,
        store: Store,
        *,
        room: int,
        together: int,
        on_stored: Callable[[Answer], None],
        after_you: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._name, self._store, self._together, self._on_stored = name, store, together, on_stored
        self._after_you = after_you
        self._room = room
        self._urgent: dict[object, Waiting] = {}
        self._ordinary: dict[object, Waiting] = {}
        self._stored: dict[object, bytes] = {}
        self._something = asyncio.Event()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=f"intake-{name}")
        self._storing = False
        self._due = 0.0  # when by the loop's clock the next transaction may begin
        self._answering: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self.turned_away = 0

    async def offer(self, waiting: Waiting) -> None:
        key: object = object() if waiting.id is None else (waiting.arrival.site, waiting.id)
        if (answer := self._stored.get(key)) is not None:
            await self._respond(waiting, answer)
            return
        queue = self._urgent if waiting.urgent else self._ordinary
        if key not in queue and len(self._urgent) + len(self._ordinary) >= self._room:
            self.turned_away += 1
            if self.turned_away % 1_000 == 1:
                log.error("intake.lane_full lane=%s turned_away=%d", self._name, self.turned_away)
            return
        queue[key] = waiting
        self._idle.clear()
        self._something.set()

    async def idle(self, at_most_s: float = YIELDS_FOR_S) -> None:
        """Wait until nothing waits and nothing is being stored; not for ever, for whoever yields has a time of its own:
        a silent node is a fault within 30 s, a gap in the count within 60, whatever the storm.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._idle.wait()

    async def run(self) -> None:
        """Store and answer until cancelled; what was being stored is finished first.

        A batch is answered while the next one is being stored: the database works meanwhile.
        """
        away = Backoff(first=0.2, limit=5.0, floor=0.1)
        try:
            while True:
                batch = await self._take()
                if self._after_you is not None:
                    await self._after_you()
                try:
                    answers = await self.call(partial(self._store, [one.arrival for one in batch]))
                    away.reset()
                except Unavailable as error:
                    log.error("intake.unavailable lane=%s code=%s", self._name, error.code)
                    await asyncio.sleep(away.next())
                    continue
                except Exception:  # the root of this unit of work: nobody is answered, everybody sends again
                    log.exception("intake.crashed lane=%s", self._name)
                    await asyncio.sleep(away.next())
                    continue
                if self._answering is not None:
                    await self._answering
                self._answering = asyncio.create_task(self._answer(batch, answers))
                self._answering.add_done_callback(lambda _: self._rest())
        finally:
            if self._answering is not None:
                self._answering.cancel()
                await asyncio.gather(self._answering, return_exceptions=True)
            self._executor.submit(connections.close_all)
            self._executor.shutdown(wait=True)

    async def call(self, work: Callable[[], R]) -> R:
        """Run something else in the lane's thread, in turn."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def _take(self) -> list[Waiting]:
        self._storing = False
        while not (self._urgent or self._ordinary):
            self._rest()
            self._something.clear()
            await self._something.wait()
        self._storing = True
        await self._gather()
        most = min(self._together, WITH_URGENT) if self._urgent else self._together
        batch: list[Waiting] = []
        for queue, room in ((self._urgent, self._together), (self._ordinary, most)):
            for key in list(islice(queue, max(0, room - len(batch)))):
                batch.append(queue.pop(key))
        return batch

    async def _gather(self) -> None:
        """In a mass event alarms come one by one, and one transaction for each would be most of the centre's work."""
        clock = asyncio.get_running_loop().time
        if len(self._urgent) + len(self._ordinary) < self._together and clock() < self._due:
            await asyncio.sleep(self._due - clock())
        self._due = clock() + PACE_S

    def _rest(self) -> None:
        answered = self._answering is None or self._answering.done()
        if answered and not (self._storing or self._urgent or self._ordinary):
            self._idle.set()

    async def _answer(self, batch: list[Waiting], answers: list[Answer | None]) -> None:
        for waiting, answer in zip(batch, answers, strict=True):
            if answer is None:
                continue
            said = encode(answer.ack)
            if answer.seqs:
                self._on_stored(answer)
                self._remember(waiting, said)
            await self._respond(waiting, said)

    def _remember(self, waiting: Waiting, answer: bytes) -> None:
        if waiting.id is None:
            return
        self._stored[waiting.arrival.site, waiting.id] = answer
        if len(self._stored) > REMEMBERED:
            del self._stored[next(iter(self._stored))]

    async def _respond(self, waiting: Waiting, answer: bytes) -> None:
        try:
            await waiting.request.respond(answer)
        except Exception as error:  # nats-py has no common base; the school sends again and is told then
            log.warning("intake.not_answered lane=%s error=%s", self._name, type(error).__name__)


class Lanes:
    """Lanes side by side, each with a thread and a connection. A school always has the same one: its order holds."""

    def __init__(
        self, name: str, store: Store, *, number: int, room: int, together: int, on_stored: Callable[[Answer], None]
    ) -> None:
        self._lanes = [
            Lane(f"{name}-{one}", store, room=room // number, together=together, on_stored=on_stored)
            for one in range(1, number + 1)
        ]

    async def offer(self, waiting: Waiting) -> None:
        """As `Lane.offer`, in the lane of its school."""
        await self._lanes[crc32(waiting.arrival.site.encode()) % len(self._lanes)].offer(waiting)

    async def idle(self, at_most_s: float = YIELDS_FOR_S) -> None:
        """As `Lane.idle`: until none of them has anything to do."""
        await asyncio.gather(*(lane.idle(at_most_s) for lane in self._lanes))

    async def run(self) -> None:
        """Store and answer until cancelled."""
        async with asyncio.TaskGroup() as group:
            for lane in self._lanes:
                group.create_task(lane.run())
