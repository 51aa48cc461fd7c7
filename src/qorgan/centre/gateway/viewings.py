"""Watches that go on over several requests: a playlist and its pieces, the pictures of a day.

Each is one line in the watch ledger, however many requests follow, and belongs to the session that opened it.
"""

import asyncio
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog

from qorgan.centre.gateway.ports import Gatekeeper, Permit, View, Visitor
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import NotFound, QorganError, Rejected
from qorgan.kernel.ids import uuid7
from qorgan.protocols.link.commands import Contents
from qorgan.protocols.link.grants import Action

log = structlog.get_logger(__name__)

IDLE_S = 900.0  # a player that asks for nothing so long has been closed, or will ask for the playlist again
LOOK_EVERY_S = 15.0
OF_ONE_SESSION = 32  # the one that rested longest ends first
OF_ALL = 1_000
GRANT_MARGIN = timedelta(seconds=60)


@dataclass(slots=True, eq=False)
class Viewing:
    """One watch under way. `contents`: what its playlist consists of. `listen`: the permit to hear it, too."""

    id: str
    visitor: Visitor
    view: View
    permit: Permit
    used_at: float
    listen: Permit | None = None
    contents: Contents = field(default_factory=Contents)

    @property
    def hears(self) -> bytes:
        """The grant to listen; empty without one."""
        return b"" if self.listen is None else self.listen.grant


class Viewings:
    """Owner of all viewings of this gateway; ends each once in the ledger."""

    def __init__(self, gatekeeper: Gatekeeper, clock: Clock) -> None:
        self._gatekeeper, self._clock = gatekeeper, clock
        self._open: dict[str, Viewing] = {}
        self._shared: dict[Hashable, Viewing] = {}
        self._opening = asyncio.Lock()
        self._ending: set[asyncio.Task[None]] = set()
        gatekeeper.on_sign_out(self._on_sign_out)

    async def run(self) -> None:
        """End those that nobody uses any more, until cancelled."""
        while True:
            await self._clock.sleep(LOOK_EVERY_S)
            now = self._clock.monotonic()
            for one in [one for one in self._open.values() if now - one.used_at > IDLE_S]:
                await self.end(one)

    async def open(self, visitor: Visitor, view: View, *, audio: bool = False) -> Viewing:
        """Write the ledger line, with `audio` a second one for the sound, and begin. Raises as `open_watch`."""
        await self._make_room(visitor)
        permits = await all_or_none(self._gatekeeper, visitor, with_sound(view) if audio else [view])
        listen = permits[1] if audio else None
        one = Viewing(uuid7().hex, visitor, view, permits[0], self._clock.monotonic(), listen)
        self._open[one.id] = one
        return one

    async def share(self, visitor: Visitor, view: View) -> Viewing:
        """The viewing of this session for exactly this view, opened if there is none."""
        key = (visitor.session, visitor.visibility, view)
        async with self._opening:
            one = self._shared.get(key)
            if one is None:
                one = self._shared[key] = await self.open(visitor, view)
        await self._refresh(one, visitor)
        return one

    async def find(self, visitor: Visitor, id: str) -> Viewing:
        """A viewing that this session has opened, its grant fresh. Raises `NotFound`, also for somebody else's."""
        one = self._open.get(id)
        if one is None or one.visitor.session != visitor.session or one.visitor.visibility != visitor.visibility:
            raise NotFound("this playlist has ended; ask for it again")
        await self._refresh(one, visitor)
        return one

    async def end(self, one: Viewing) -> None:
        """Complete the ledger line. A ledger that cannot be written now is completed when the centre starts again."""
        if self._open.pop(one.id, None) is None:
            return
        for key in [key for key, shared in self._shared.items() if shared is one]:
            del self._shared[key]
        try:
            await self._gatekeeper.end_watches([one.permit] if one.listen is None else [one.permit, one.listen])
        except QorganError as error:
            log.warning("viewing.end_failed", code=error.code)

    async def _refresh(self, one: Viewing, visitor: Visitor) -> None:
        """A fresh grant where the old one runs out, or may not hold any more. Raises as `renew_grant`; then it ends."""
        one.used_at = self._clock.monotonic()
        if not one.permit.guest and one.permit.expires_at - self._clock.now() >= GRANT_MARGIN:
            return
        try:
            one.permit = await self._gatekeeper.renew_grant(visitor, one.permit, one.view)
        except Rejected:
            await self.end(one)
            raise
        if one.listen is not None and one.listen.expires_at - self._clock.now() < GRANT_MARGIN:
            one.listen = await self._gatekeeper.renew_grant(visitor, one.listen, with_sound(one.view)[1])

    async def _make_room(self, visitor: Visitor) -> None:
        mine = [one for one in self._open.values() if one.visitor.session == visitor.session]
        crowd = mine if len(mine) >= OF_ONE_SESSION else list(self._open.values())
        if len(mine) >= OF_ONE_SESSION or len(self._open) >= OF_ALL:
            await self.end(min(crowd, key=lambda one: one.used_at))

    def _on_sign_out(self, session: str) -> None:
        for one in [one for one in self._open.values() if one.visitor.session == session]:
            task = asyncio.get_running_loop().create_task(self.end(one), name="viewing:end")
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)


def with_sound(view: View) -> list[View]:
    """What is seen, and the same again to be heard."""
    return [view, replace(view, action=Action.LISTEN)]


async def all_or_none(gatekeeper: Gatekeeper, visitor: Visitor, views: Sequence[View]) -> list[Permit]:
    """A permit for each view. Raises the first refusal; what was permitted beside it is ended."""
    answers = await gatekeeper.open_watches(visitor, views)
    permits = [answer for answer in answers if isinstance(answer, Permit)]
    refusals = [answer for answer in answers if not isinstance(answer, Permit)]
    if refusals:
        await gatekeeper.end_watches(permits)
        raise refusals[0]
    return permits
