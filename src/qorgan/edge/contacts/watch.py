"""The shell around `domain/contacts`: levels of lines go in, alarms, claims and faults go to the node.

Alarms wait in a queue of their own for each contact, in order, and are tried until they are durable. The queue holds
`MOST_WAITING` news; a contact that has more to say says it `again` when there is room.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar
from uuid import uuid5

import structlog

from qorgan.domain.actions import Standing
from qorgan.domain.contacts import AGAIN_WITHIN_S, ContactReader, Health, News, Pressed, Returned, read_line
from qorgan.domain.gestures import Gesture
from qorgan.edge.config import Contact, EdgeConfig
from qorgan.edge.contacts.lamps import Lamps
from qorgan.edge.core.commands import ActionTaker
from qorgan.edge.core.node import Node
from qorgan.edge.core.outbox import Raised, SourceAlarm
from qorgan.edge.core.signals import Claim, Signal
from qorgan.edge.lines.board import LineBoard
from qorgan.kernel.backoff import Backoff
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import Exhausted, QorganError, Unavailable
from qorgan.kernel.ids import uuid7
from qorgan.protocols.link.messages import SourceHealth

T = TypeVar("T")
SOURCE = "contact"
MOST_WAITING = 100
log = structlog.get_logger(__name__)


class ContactDesk(Protocol):
    """What a contact asks of the node. What writes returns once it is durable."""

    async def signal(self, signal: Signal) -> Raised: ...
    async def claim(self, claim: Claim) -> None: ...
    async def source_health(self, health: SourceHealth) -> None: ...
    async def last_alarm(self, source_key: str, kind: str | None = None) -> SourceAlarm | None: ...


OnPolice = Callable[[Contact, Raised], Awaitable[None]]  # what the school does at once


class ContactWatch:
    """Owner of one contact: its reader, and what it still has to tell."""

    def __init__(
        self, contact: Contact, board: LineBoard, desk: ContactDesk, clock: Clock, on_police: OnPolice | None = None
    ) -> None:
        self.contact = contact
        self._desk, self._clock, self._on_police = desk, clock, on_police
        self._pressed: bool | None = None
        self._rest: bool | None = None
        self._changed = asyncio.Event()
        self._levels: list[tuple[bool | None, bool | None, float, bool]] = []
        self._news: asyncio.Queue[News | None] = asyncio.Queue(MOST_WAITING)
        self._raised: dict[Gesture, tuple[Raised, float]] = {}
        board.listen(contact.line, self._on_pressed)
        if contact.rest_line is not None:
            board.listen(contact.rest_line, self._on_rest)

    async def run(self) -> None:
        """Watch until cancelled."""
        last = await self._insist(lambda: self._desk.last_alarm(self.contact.key))
        reader = ContactReader(understands=self.contact.gestures, was_pressed=last is not None and not last.returned)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read(reader), name=f"contact:{self.contact.key}:read")
            group.create_task(self._tell(), name=f"contact:{self.contact.key}:tell")

    def _on_pressed(self, closed: bool | None, at: float) -> None:
        self._pressed = closed
        self._note(at, lost=closed is None)

    def _on_rest(self, closed: bool | None, at: float) -> None:
        self._rest = closed
        self._note(at, lost=closed is None)

    def _note(self, at: float, *, lost: bool) -> None:
        levels = (self._pressed, self._rest, at, lost)
        if len(self._levels) < MOST_WAITING:
            self._levels.append(levels)
        else:
            self._levels[-1] = levels  # a storm: the newest levels say what counts
        self._changed.set()

    async def _read(self, reader: ContactReader) -> None:
        silent = False  # also of a chip that was never there somebody must hear
        health: Health | None = None  # of the wiring, as last read
        while True:
            deadline = reader.next_deadline()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if deadline is None else max(0.0, deadline - self._clock.monotonic())):
                    await self._changed.wait()
            self._changed.clear()
            levels, self._levels = self._levels, []
            for pressed, rest, at, lost in levels:
                if lost and not silent:
                    await self._news.put(None)
                    silent = True
                if pressed is not None and (self.contact.rest_line is None or rest is not None):
                    if silent and health is not None:
                        await self._news.put(health)  # the chip is back
                    silent = False
                    reader.feed(read_line(pressed, rest), at)
            reader.on_deadline(self._clock.monotonic())
            for news in reader.take_news():
                if isinstance(news, Health):
                    health = news
                if not (silent and isinstance(news, Health)):  # of wires that nobody reads nothing is known
                    await self._news.put(news)

    async def _tell(self) -> None:
        while True:
            news = await self._news.get()
            match news:
                case Pressed():
                    await self._press(news.gesture)
                case Returned():
                    await self._return()
                case Health():
                    await self._health("fault" if news.faults else "ok", news.faults)
                case None:
                    await self._health("silent", ("comms_trouble",))

    async def _press(self, gesture: Gesture) -> None:
        known = self._raised.get(gesture)
        if known is not None and self._clock.monotonic() - known[1] < AGAIN_WITHIN_S:
            again = Claim(alarm=known[0].alarm, claim="again")
            await self._insist(lambda: self._desk.claim(again))
            return
        contact = self.contact
        signal = Signal(
            source_key=contact.key,
            source=SOURCE,
            place=contact.place,
            cameras=contact.cameras,
            level=gesture.level,
            code=gesture.value,
            press=uuid7(),
        )
        raised = await self._insist(lambda: self._desk.signal(signal))
        self._raised[gesture] = raised, self._clock.monotonic()
        if gesture is Gesture.POLICE and self._on_police is not None:
            await self._on_police(contact, raised)

    async def _return(self) -> None:
        last = await self._insist(lambda: self._desk.last_alarm(self.contact.key))
        if last is None or last.returned:
            return
        claim = Claim(alarm=last.alarm, claim="returned")
        await self._insist(lambda: self._desk.claim(claim))

    async def _health(self, state: str, faults: tuple[str, ...]) -> None:
        now = self._clock.now()
        last_seen = None if state == "silent" else now
        health = SourceHealth(
            key=self.contact.key, kind=SOURCE, state=state, since=now, faults=faults, last_seen=last_seen
        )
        try:
            await self._desk.source_health(health)
        except (Unavailable, Exhausted) as error:  # the store logs and shows its own trouble
            log.warning("contact.health_not_stored", contact=self.contact.key, reason=str(error))

    async def _insist(self, write: Callable[[], Awaitable[T]]) -> T:
        """Do it, however often it takes: somebody has pressed."""
        backoff = Backoff(first=0.2, limit=5.0, floor=0.1)
        while True:
            try:
                return await write()
            except (Unavailable, Exhausted) as error:
                log.error("contact.not_stored", contact=self.contact.key, reason=str(error))
                await self._clock.sleep(backoff.next())


async def watch_contacts(config: EdgeConfig, node: Node, board: LineBoard, actions: ActionTaker, clock: Clock) -> None:
    """Every contact with its lamp and the action that it begins; return at once when there is none."""

    async def on_police(contact: Contact, raised: Raised) -> None:
        if contact.action is None:
            return
        with contextlib.suppress(QorganError):  # the desk says what is wrong; the alarm stands
            await actions.take(Standing(action=contact.action), id=uuid5(raised.alarm, "action"), by=contact.key)

    watches = [ContactWatch(contact, board, node, clock, on_police) for contact in config.contacts]
    lamps = Lamps(config.contacts, board, node, clock)
    async with asyncio.TaskGroup() as group:
        for watch in watches:
            group.create_task(watch.run(), name=f"contact:{watch.contact.key}")
        group.create_task(lamps.run(), name="contact:lamps")
