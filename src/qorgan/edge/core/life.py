"""Signs of life of buttons that tell of themselves, by radio or over HTTP: who is silent, and what is broken."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from qorgan.edge.config import Button
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import Exhausted, Unavailable
from qorgan.kernel.ids import ButtonKey
from qorgan.protocols.link.messages import SourceHealth
from qorgan.protocols.radio import RadioState

LOOK_EVERY_S = 1.0
MISSED = 3  # intervals without a sign of life are silence
log = structlog.get_logger(__name__)


class HealthDesk(Protocol):
    """What is asked of the node. Raises `Unavailable` or `Exhausted` when it could not be made durable."""

    async def source_health(self, health: SourceHealth) -> None: ...


@dataclass(slots=True)
class _Known:
    """What is known of one button. `heard_at`: monotonic; None: not since the node's start. `seen_at`: the same."""

    button: Button
    state: RadioState | None = None
    heard_at: float | None = None
    seen_at: datetime | None = None
    told: tuple[str, tuple[str, ...]] | None = None


class ButtonLife:
    """Owner of what is known of these buttons. `unreachable`: none of them can be heard, whatever they say."""

    def __init__(
        self,
        buttons: Iterable[Button],
        source: str,
        node: HealthDesk,
        clock: Clock,
        unreachable: Callable[[], bool] = lambda: False,
    ) -> None:
        self._known = {button.key: _Known(button) for button in buttons}
        self._source, self._node, self._clock, self._unreachable = source, node, clock, unreachable
        self._started_at = clock.monotonic()

    async def run(self) -> None:
        """Look for silence and tell of what changed, until cancelled; return at once when there is no button."""
        while self._known:
            for one in self._known.values():
                await self._tell(one)
            await self._clock.sleep(LOOK_EVERY_S)

    def watches(self, key: ButtonKey) -> bool:
        return key in self._known

    def heard(self, key: ButtonKey) -> None:
        """It has said something, as a press is."""
        one = self._known[key]
        one.heard_at, one.seen_at = self._clock.monotonic(), self._clock.now()

    def pressed(self, key: ButtonKey) -> None:
        """A press: a sign of life of a button that gives them. Of one that never does it promises nothing."""
        one = self._known.get(key)
        if one is not None and (one.button.interval_s is not None or one.told is not None):
            self.heard(key)

    def say(self, key: ButtonKey, state: RadioState, *, now: bool = True) -> None:
        """The button's own word. `now`: it says so at this moment, and nobody remembered it for it."""
        self._known[key].state = state
        if state.online and now:
            self.heard(key)

    async def _tell(self, one: _Known) -> None:
        faults = one.state.faults if one.state is not None else ()
        state = "silent" if self._silent(one) else "fault" if faults else "ok"
        if one.told == (state, faults) or (one.told is None and state == "ok" and one.heard_at is None):
            return  # a button that was not heard yet is neither well nor silent, until its time is up
        health = SourceHealth(
            key=one.button.key,
            kind=self._source,
            state=state,
            since=self._clock.now(),
            faults=faults,
            last_seen=one.seen_at,
            interval_s=one.button.interval_s,
        )
        try:
            await self._node.source_health(health)
            one.told = state, faults
        except (Unavailable, Exhausted) as error:  # the store logs and shows its own trouble
            log.warning("button.health_not_stored", button=one.button.key, reason=str(error))

    def _silent(self, one: _Known) -> bool:
        if self._unreachable() or (one.state is not None and not one.state.online):
            return True
        if one.button.interval_s is None:
            return False
        since = self._started_at if one.heard_at is None else one.heard_at
        return self._clock.monotonic() - since > MISSED * one.button.interval_s
