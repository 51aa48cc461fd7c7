"""What a centre asks of core itself: to let a presser know how far an alarm is, to take or end an action, and what a
camera should see.

An order wants a grant, verified here as the recorder does it; it is in the school's own ledger before it is done.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog
from joserfc.jwk import OKPKey

from qorgan.domain.actions import SchoolAction, Standing
from qorgan.domain.alarms import Kind
from qorgan.edge.core.actions import Taken
from qorgan.edge.core.node import Node
from qorgan.edge.ipc import GrantUse
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import Forbidden, Invalid, NotFound, QorganError
from qorgan.kernel.ids import SiteId
from qorgan.protocols.link.commands import (
    MAX_VIEW_BYTES,
    AlarmProgress,
    OrderAction,
    OrderView,
    Refusal,
    Reply,
    ViewWish,
)
from qorgan.protocols.link.grants import Action, require_order, verify
from qorgan.protocols.link.messages import decode

MAX_STATE = 40  # characters
PERIODS = frozenset({"day", "night"})
log = structlog.get_logger(__name__)


class ActionTaker(Protocol):
    """Who takes an action (`outputs.ActionDesk`)."""

    async def take(self, wish: Standing, *, id: UUID, by: str, keep_doors: bool = False) -> Taken: ...


@dataclass(frozen=True, slots=True)
class ViewTaker:
    """Who keeps approved views of these cameras (`analyst.approved`)."""

    cameras: frozenset[str]
    take: Callable[[ViewWish], None]


class CoreDesk:
    """Answers the centre's commands to core. Holds no state."""

    def __init__(
        self,
        site: SiteId,
        public_key: Callable[[], OKPKey],
        node: Node,
        actions: ActionTaker,
        clock: Clock,
        views: ViewTaker | None = None,
    ) -> None:
        self._site, self._public_key, self._node, self._views = site, public_key, node, views
        self._actions, self._clock = actions, clock

    async def answer(self, name: str, data: bytes) -> Reply:
        """The answer to command `name`. Never raises what the other side caused."""
        try:
            match name:
                case "progress":
                    return await self._progress(decode(data, AlarmProgress))
                case "action":
                    return await self._action(decode(data, OrderAction))
                case "approve_view":
                    return await self._approve_view(decode(data, OrderView))
            raise NotFound(f"core knows no command {name[:40]!r}", code="command.unknown")
        except QorganError as error:
            log.warning("command.refused", name=name[:40], code=error.code)
            return Reply(refusal=Refusal(code=error.code, message=str(error)))
        except Exception:  # the root of this unit of work: one command
            log.exception("command.crashed", name=name[:40])
            return Reply(refusal=Refusal(code="internal", message="the school's node failed to answer"))

    async def _progress(self, told: AlarmProgress) -> Reply:
        if not 0 < len(told.state) <= MAX_STATE:
            raise Invalid(f"a state has 1 to {MAX_STATE} characters")
        await self._node.progress(told.alarm, told.state, told.at)
        return Reply()

    async def _action(self, order: OrderAction) -> Reply:
        grant = verify(order.grant, self._public_key(), site=self._site, now=self._clock.now())
        if grant.action is not Action.ACTION or grant.purpose != order.action:
            raise Forbidden("the grant is not for this order", code="grant.action")
        wish = _wish(order)
        id = _id_of(grant.id)
        use = GrantUse(
            id=grant.id,
            camera="",
            stream="",
            action=grant.action,
            viewer=grant.viewer,
            purpose=grant.purpose,
            at=self._clock.now(),
        )
        await self._node.take(use, id)
        await self._actions.take(wish, id=id, by=order.by)
        return Reply()

    async def _approve_view(self, order: OrderView) -> Reply:
        grant = verify(order.grant, self._public_key(), site=self._site, now=self._clock.now())
        if grant.action is not Action.VIEW or self._views is None:
            raise Forbidden("the grant is not for this order", code="grant.action")
        require_order(grant, order.order)
        wish = decode(order.order, ViewWish)
        if grant.camera != wish.camera or wish.camera not in self._views.cameras or wish.period not in PERIODS:
            raise Invalid("an approved view is of one of our cameras, by day or by night", code="view.unknown")
        if len(wish.picture) > MAX_VIEW_BYTES:
            raise Invalid(f"a picture has at most {MAX_VIEW_BYTES} bytes", code="view.too_big")
        use = GrantUse(
            id=grant.id,
            camera=grant.camera,
            stream=grant.stream,
            action=grant.action,
            viewer=grant.viewer,
            purpose=grant.purpose,
            at=self._clock.now(),
        )
        await self._node.take(use, _id_of(grant.id))
        await asyncio.to_thread(self._views.take, wish)
        return Reply()


def _wish(order: OrderAction) -> Standing:
    try:
        action = SchoolAction(order.action)
    except ValueError as error:
        raise Invalid(f"a school knows no action {order.action[:40]!r}", code="action.unknown") from error
    return Standing(action=action, kind=Kind.read(order.kind))


def _id_of(text: str) -> UUID:
    """The order's id. The grant names it; one that is no UUID still names it, always the same way."""
    try:
        return UUID(text)
    except ValueError:
        return uuid5(NAMESPACE_URL, f"grant:{text}")
