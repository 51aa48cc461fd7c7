"""What the centre has to say to schools: how far an alarm is, for the presser; orders. Wishes in rows, until answered.

A wish that is sent is put off first (`SENT_FOR`): a process that dies while it waits for the answer loses nothing, the
wish is due again. The school makes the same wish twice into one: progress by its state, an order by its id.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from qorgan.centre import keys
from qorgan.centre.alarms import orders
from qorgan.centre.alarms.events import alarms_changed
from qorgan.centre.alarms.models import ActionOrder, Alarm
from qorgan.centre.turning import DatabaseThread, keep_turning
from qorgan.kernel.clock import Clock, SystemClock
from qorgan.kernel.errors import Invalid, Rejected, Unavailable
from qorgan.kernel.ids import SiteId
from qorgan.protocols.link.commands import AlarmProgress, OrderAction, Reply
from qorgan.protocols.link.grants import Action, Grant, sign
from qorgan.protocols.link.messages import Message

log = logging.getLogger(__name__)
EVERY_S = 0.25  # between looks when nothing is due
TOGETHER = 64  # wishes of one kind on the way at once
SENT_FOR = timedelta(seconds=15)  # longer than the longest wait for an answer
GRANT_LASTS = timedelta(minutes=10)
ORDER_AGAIN, PROGRESS_AGAIN = timedelta(seconds=10), timedelta(seconds=60)  # at the latest, while nobody answers
NOT_FINAL = frozenset({"internal", "database.away", "unavailable", "exhausted"})  # the school may do better next time


class Schools(Protocol):
    """Asks a school's node. Raises `Rejected` for its no and `Unavailable` when it does not answer."""

    async def ask(self, site: SiteId, name: str, message: Message) -> Reply: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One thing to say. `id` is the order's or the alarm's."""

    id: UUID
    site: SiteId
    name: str
    message: Message
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What came of it: no refusal and not silent is consent."""

    wish: Wish
    refusal: str | None = None
    silent: bool = False


@transaction.atomic
def take_orders(now: datetime) -> list[Wish]:
    """The orders that are due now, put off as if they were being said."""
    due = ActionOrder.objects.filter(due_at__lte=now).select_for_update(skip_locked=True, of=("self",))
    rows = list(due.select_related("school", "by").order_by("at", "pk")[:TOGETHER])
    taken = ActionOrder.objects.filter(pk__in=[row.pk for row in rows])
    taken.update(due_at=now + SENT_FOR, tries=F("tries") + 1)
    return [_order(row, now) for row in rows]


@transaction.atomic
def take_progress(now: datetime) -> list[Wish]:
    """What pressers are to be told now, put off as if it were being said."""
    due = Alarm.objects.filter(presser_due__lte=now).select_for_update(skip_locked=True, of=("self",))
    rows = list(due.select_related("school").order_by("presser_due", "pk")[:TOGETHER])
    taken = Alarm.objects.filter(pk__in=[row.pk for row in rows])
    taken.update(presser_due=now + SENT_FOR, presser_tries=F("presser_tries") + 1)
    return [_progress(row, now) for row in rows]


def _order(row: ActionOrder, now: datetime) -> Wish:
    by = row.by.name or row.by.email
    grant = Grant(
        id=str(row.pk),
        site=row.school.site,
        camera="",
        stream="",
        action=Action.ACTION,
        viewer=by,
        purpose=row.action,
        expires_at=now + GRANT_LASTS,
    )
    signed = sign(grant, keys.grant_key(settings.QORGAN.data))
    message = OrderAction(grant=signed, action=row.action, kind=row.kind, by=by, at=row.at)
    return Wish(id=row.pk, site=SiteId(row.school.site), name="action", message=message, tries=row.tries)


def _progress(row: Alarm, now: datetime) -> Wish:
    message = AlarmProgress(alarm=row.pk, state=row.presser, at=row.presser_at or now)
    return Wish(id=row.pk, site=SiteId(row.school.site), name="progress", message=message, tries=row.presser_tries)


@transaction.atomic
def settle(heard: Sequence[Heard], now: datetime) -> None:
    """Write down what came of these wishes."""
    for one in heard:
        again = one.silent or one.refusal in NOT_FINAL
        if isinstance(one.wish.message, AlarmProgress):
            _settle_progress(one.wish, one.wish.message.state, refused=one.refusal is not None, again=again, now=now)
        elif again:
            rows = ActionOrder.objects.filter(pk=one.wish.id, state=ActionOrder.State.WAITING)
            rows.update(due_at=now + wait(one.wish.tries, ORDER_AGAIN))
        else:
            orders.settled(one.wish.id, refusal=one.refusal, now=now)


def _settle_progress(wish: Wish, state: str, *, refused: bool, again: bool, now: datetime) -> None:
    rows = Alarm.objects.select_for_update(of=("self",)).select_related("school__district")
    alarm = rows.get(pk=wish.id)
    if again:
        if alarm.presser == state:
            alarm.presser_due = now + wait(wish.tries, PROGRESS_AGAIN)
            alarm.save(update_fields=("presser_due",))
        return
    if alarm.presser == state:  # else it went on meanwhile, and that is due already
        alarm.presser_due, alarm.presser_tries = None, 0
    if not refused:
        alarm.presser_told = state
        alarm.version += 1
    alarm.save(update_fields=("presser_due", "presser_tries", "presser_told", "version"))
    if not refused:
        alarms_changed([alarm])


def wait(tries: int, limit: timedelta) -> timedelta:
    """How long until a wish that nobody answered is said again: 1, 2, 4 … seconds."""
    return min(timedelta(seconds=2.0 ** min(tries, 16)), limit)


class Teller:
    """Says what is due, many things at once, until cancelled."""

    def __init__(self, schools: Schools, *, clock: Clock | None = None, every_s: float = EVERY_S) -> None:
        self._schools, self._clock, self._every_s = schools, clock or SystemClock(), every_s
        self._thread = DatabaseThread("teller")

    async def run(self) -> None:
        """Orders and progress each on their own: a school that is slow to answer delays no other kind."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_saying(take_orders), name="teller:orders")
                group.create_task(self._keep_saying(take_progress), name="teller:progress")
        finally:
            self._thread.close()

    async def _keep_saying(self, take: Callable[[datetime], list[Wish]]) -> None:
        turn = partial(self._round, take)
        await keep_turning(turn, name="teller", clock=self._clock, every_s=self._every_s, longest_s=5.0)

    async def _round(self, take: Callable[[datetime], list[Wish]]) -> bool:
        """Say what is due, at once; whether more was."""
        wishes = await self._thread.call(partial(take, timezone.now()))
        if wishes:
            heard = await asyncio.gather(*(self._say(wish) for wish in wishes))
            await self._thread.call(partial(settle, heard, timezone.now()))
        return len(wishes) == TOGETHER

    async def _say(self, wish: Wish) -> Heard:
        try:
            await self._schools.ask(wish.site, wish.name, wish.message)
        except Rejected as refusal:
            code = "internal" if isinstance(refusal, Invalid) else refusal.code  # an answer that is none
            log.warning("teller.refused site=%s name=%s code=%s", wish.site, wish.name, code)
            return Heard(wish=wish, refusal=code)
        except Unavailable:
            return Heard(wish=wish, silent=True)
        return Heard(wish=wish)
