"""What a centre asks of core itself: to let a presser know how far an alarm is, and to take or end an action.

An order wants a grant, verified here as the recorder does it; it is in the school's own ledger before it is done.
"""

from collections.abc import Callable
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
from qorgan.protocols.link.commands import AlarmProgress, OrderAction, Refusal, Reply
from qorgan.protocols.link.grants import Action, verify
from qorgan.protocols.link.messages import decode

MAX_STATE = 40  # characters
log = structlog.get_logger(__name__)


class ActionTaker(Protocol):
    """Who takes an action (`outputs.ActionDesk`)."""

    async def take(self, wish: Standing, *, id: UUID, by: str, keep_doors: bool = False) -> Taken: ...


class CoreDesk:
    """Answers the centre's commands to core. Holds no state."""

    def __init__(
        self, site: SiteId, public_key: Callable[[], OKPKey], node: Node, actions: ActionTaker, clock: Clock
    ) -> None:
        self._site, self._public_key, self._node = site, public_key, node
        self._actions, self._clock = actions, clock

    async def answer(self, name: str, data: bytes) -> Reply:
        """The answer to command `name`. Never raises what the other side caused."""
        try:
            match name:
                case "progress":
                    return await self._progress(decode(data, AlarmProgress))
                case "action":
                    return await self._action(decode(data, OrderAction))
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
