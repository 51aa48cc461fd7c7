"""Whose consoles are connected, written down every few seconds: an alarm calls those who can hear it."""

import structlog

from qorgan.centre.gateway.events import EventHub
from qorgan.centre.gateway.ports import Gatekeeper
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import QorganError

log = structlog.get_logger(__name__)
EVERY_S = 5.0  # who has not been seen for three times as long counts as away (`duty/roster.py`)


async def keep_telling(hub: EventHub, gatekeeper: Gatekeeper, clock: Clock) -> None:
    """Write down who is connected, until cancelled. What cannot be written is news again five seconds later."""
    while True:
        visitors = hub.visitors
        if visitors:
            try:
                await gatekeeper.see_consoles(visitors)
            except QorganError as error:
                log.warning("presence.not_written", code=error.code)
        await clock.sleep(EVERY_S)
