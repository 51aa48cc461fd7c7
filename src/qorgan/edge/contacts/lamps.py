"""The lamp at a contact: how far its newest alarm is, without a sound.

Dark: nothing. A short blink each two seconds: kept at the school. Slow: at the centre. Fast: an officer has it. Steady:
help is on its way. A lamp that does not work is no reason to stop anything.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from qorgan.edge.config import Contact
from qorgan.edge.core.node import Node
from qorgan.edge.core.outbox import AlarmStatus
from qorgan.edge.lines.board import LineBoard
from qorgan.edge.lines.chip import ChipLost
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import QorganError

LOOK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Blink:
    """Seconds lit and seconds dark; with nothing dark it is steady."""

    lit_s: float
    dark_s: float


DARK = Blink(0.0, 1.0)
BLINKS: Mapping[str, Blink] = MappingProxyType(
    {
        "stored": Blink(0.2, 1.8),
        "received": Blink(0.8, 0.8),
        "owned": Blink(0.2, 0.2),
        "dispatched": Blink(1.0, 0.0),
        "closed": DARK,
    }
)


def blink_of(status: AlarmStatus | None) -> Blink:
    """What the lamp does for an alarm."""
    if status is None:
        return DARK
    return BLINKS[status.furthest if status.furthest in BLINKS else "dispatched"]  # en route and arrived are further


class Lamps:
    """Owner of the lamps of all contacts."""

    def __init__(self, contacts: tuple[Contact, ...], board: LineBoard, node: Node, clock: Clock) -> None:
        self._contacts = tuple(contact for contact in contacts if contact.lamp is not None)
        self._board, self._node, self._clock = board, node, clock

    async def run(self) -> None:
        """Show until cancelled; return at once when no contact has a lamp."""
        async with asyncio.TaskGroup() as group:
            for contact in self._contacts:
                group.create_task(self._show(contact), name=f"lamp:{contact.key}")

    async def _show(self, contact: Contact) -> None:
        assert contact.lamp is not None
        while True:
            blink = blink_of(await self._status(contact))
            for lit, seconds in ((True, blink.lit_s), (False, blink.dark_s)):
                if seconds:
                    with contextlib.suppress(ChipLost):  # the board says so, once
                        await self._board.set(contact.lamp, lit)
                    await self._clock.sleep(min(seconds, LOOK_EVERY_S))

    async def _status(self, contact: Contact) -> AlarmStatus | None:
        with contextlib.suppress(QorganError):
            last = await self._node.last_alarm(contact.key)
            return None if last is None else await self._node.alarm_status(last.alarm)
        return None
