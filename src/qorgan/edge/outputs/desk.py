"""The school's actions: what stands is written down, told to the centre, shown, and done by every output at once.

An action counts once it is durable; the outputs are told at the same moment, all together, so that one that does not
answer keeps no other waiting. What fails has a name and a reason, is tried again for as long as the action stands, and
the centre hears of both. A node that starts anew brings its outputs to what stands; it does not speak again.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog

from qorgan.domain.actions import OutputKind, SchoolAction, Standing, wished_state
from qorgan.domain.alarms import Kind
from qorgan.edge.config import Output
from qorgan.edge.core.actions import Taken
from qorgan.edge.outputs.device import OutputFailed, Switch
from qorgan.kernel.backoff import Backoff
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import Exhausted, Unavailable
from qorgan.protocols.link.messages import ActionChanged, Message, OutputResult

REPORT_AFTER_S = 0.9  # what has not answered by then is reported as late, and goes on being tried
_ORDER = tuple(OutputKind)
log = structlog.get_logger(__name__)


class ActionBook(Protocol):
    """Where actions are written down. `take` returns after the commit."""

    async def take_action(self, wish: Standing, *, id: UUID, by: str, keep_doors: bool = False) -> Taken: ...
    async def standing_action(self) -> Taken | None: ...
    async def add_event(self, body: Message, id: UUID | None = None) -> None: ...


class ActionDesk:
    """Owner of what stands, and of the outputs' tasks. An all-clear under duress leaves the doors as they are."""

    def __init__(
        self, book: ActionBook, outputs: tuple[Output, ...], switches: Mapping[str, Switch], clock: Clock
    ) -> None:
        self._book, self._clock = book, clock
        self._outputs = tuple(sorted(outputs, key=lambda output: _ORDER.index(output.kind)))
        self._switches = switches
        self._standing: Taken | None = None
        self._results: dict[str, OutputResult] = {}
        self._wake = asyncio.Event()
        self._job: tuple[Taken, bool] | None = None  # what to do next, and whether to speak
        self._lock = asyncio.Lock()
        self._listeners: list[Callable[[], None]] = []

    @property
    def standing(self) -> Taken | None:
        """The action that was last taken, all-clear included; None when there never was one."""
        return self._standing

    @property
    def results(self) -> tuple[OutputResult, ...]:
        """What the outputs made of it, as far as they have answered."""
        return tuple(self._results.values())

    async def take(self, wish: Standing, *, id: UUID, by: str, keep_doors: bool = False) -> Taken:
        """Take an action, or end it with all-clear. The same `id` again changes nothing.

        Returns when it is durable. Raises `Conflict` when a drill would end what is real; `Unavailable` or `Exhausted`
        when it could not be written, in which case the outputs do it all the same: doors matter more than books.
        """
        async with self._lock:
            try:
                taken = await self._book.take_action(wish, id=id, by=by, keep_doors=keep_doors)
            except (Unavailable, Exhausted) as error:
                log.error("action.not_stored", action=wish.action, reason=str(error))
                at = self._clock.now()
                stood = SchoolAction.ALL_CLEAR if self._standing is None else self._standing.doors
                doors = stood if keep_doors else wish.action
                self._begin(Taken(id=id, standing=wish, by=by, at=at, doors=doors, fresh=True))
                raise
            if taken.fresh:
                self._begin(taken)
                log.warning("action.taken", action=wish.action, kind=wish.kind)
            return taken

    async def recall(self) -> None:
        """Read what stands, before any wire is touched: a door must not open because a node started anew."""
        self._standing = await self._book.standing_action()
        if self._standing is None:
            return
        for output in self._outputs:
            self._switches[output.key].expect(_wished(output, self._standing))
        if self._outputs:
            self._job = (self._standing, False)
            self._wake.set()

    async def run(self) -> None:
        """Bring the outputs to what stands, and to whatever is wished, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            job = self._job
            if job is None:
                continue
            doing = asyncio.create_task(self._do(*job), name="action:outputs")
            waking = asyncio.create_task(self._wake.wait(), name="action:wake")
            try:
                await asyncio.wait([doing, waking], return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (doing, waking):
                    task.cancel()
                ended = await asyncio.gather(doing, waking, return_exceptions=True)
            if isinstance(ended[0], Exception):
                log.error("action.outputs_crashed", exc_info=ended[0])

    def _begin(self, taken: Taken) -> None:
        self._standing, self._results = taken, {}
        self._job = (taken, True)
        self._wake.set()

    async def _do(self, taken: Taken, speak: bool) -> None:
        """Every output at once; report what they made of it, and again when it has changed."""
        began = time.monotonic()
        concerned = list(self._outputs)
        if taken.standing.kind is Kind.TEST:
            concerned = []  # a test of the chain moves no door and wakes nobody
        changed = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for output in concerned:
                switching = self._switch(output, taken, speak, began, changed)
                group.create_task(switching, name=f"output:{output.key}")
            if speak:  # a restart is no news
                group.create_task(self._report(taken, concerned, changed), name="action:report")

    async def _switch(self, output: Output, taken: Taken, speak: bool, began: float, changed: asyncio.Event) -> None:
        """Tell one output until it has done it."""
        action, on = taken.standing.action, _wished(output, taken)
        backoff = Backoff(first=0.3, limit=15.0, floor=0.1)
        while True:
            try:
                await self._switches[output.key].apply(on, action, speak=speak)
                result = OutputResult(key=output.key, ok=True, ms=_ms(began))
            except OutputFailed as error:
                result = OutputResult(key=output.key, ok=False, reason=error.code, ms=_ms(began))
            except Exception:  # the root of this unit of work: one output
                log.exception("output.crashed", output=output.key)
                result = OutputResult(key=output.key, ok=False, reason="internal", ms=_ms(began))
            before = self._results.get(output.key)
            self._results[output.key] = result
            if before is None or (before.ok, before.reason) != (result.ok, result.reason):
                changed.set()
                if not result.ok or before is not None:
                    log.warning("output.changed", output=output.key, ok=result.ok, reason=result.reason)
            if result.ok:
                return
            await self._clock.sleep(backoff.next())

    async def _report(self, taken: Taken, concerned: list[Output], changed: asyncio.Event) -> None:
        """Tell the centre once all have answered, or after a second; then whenever something has changed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(REPORT_AFTER_S):
                while len(self._results) < len(concerned):
                    await changed.wait()
                    changed.clear()
        changed.clear()
        while True:
            body = ActionChanged(
                action=taken.standing.action,
                kind=taken.standing.kind,
                at=taken.at,
                by=taken.by,
                outputs=tuple(self._result(output) for output in concerned),
            )
            with suppress(Unavailable, Exhausted):  # the store logs and shows its own trouble
                await self._book.add_event(body)
            if all(result.ok for result in body.outputs):
                return
            await changed.wait()
            changed.clear()

    def _result(self, output: Output) -> OutputResult:
        return self._results.get(output.key) or OutputResult(key=output.key, ok=False, reason="output.late")


def _wished(output: Output, taken: Taken) -> bool:
    action = taken.doors if output.kind is OutputKind.DOOR else taken.standing.action
    if taken.standing.kind is Kind.TEST:
        action = SchoolAction.ALL_CLEAR
    return wished_state(output.kind, action, None if output.during is None else frozenset(output.during))


def _ms(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 1)


def as_seen(taken: Taken | None) -> tuple[Standing, datetime | None]:
    """What screens show: all clear when nothing was ever taken."""
    return (Standing(), None) if taken is None else (taken.standing, taken.at)
