"""The outbox: notices become deliveries, workers take them under a lease; what fails is tried again, or shown as dead.

Synchronous; runs in the worker's thread or inside another room's transaction. On PostgreSQL several workers take turns
by SKIP LOCKED; on SQLite a transaction has the database to itself.
"""

import json
import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from qorgan.centre.access import service as access
from qorgan.centre.alarms.models import AlarmLog
from qorgan.centre.duty.roster import Rosters
from qorgan.centre.notices import facts
from qorgan.centre.notices.facts import News
from qorgan.centre.notices.models import Delivery, NoticeMark, Subscription
from qorgan.centre.wire import instant
from qorgan.domain import notices as rules
from qorgan.domain.access import Actor, Role, Scope
from qorgan.domain.notices import Channel, Format, Wish
from qorgan.kernel.errors import Forbidden
from qorgan.protocols.cap.document import MIME

MARK = "alarm_log"
OVERLAP = timedelta(seconds=60)  # no transaction of ours lasts so long: a line committed late is still found
LINES_TOGETHER = 2_000
LEASE = timedelta(seconds=60)  # longer than any channel takes
AT_ONCE_PER_SUBSCRIPTION = 2  # so that one dead receiver holds up nobody else
MOST_WAITING = 10_000  # of one subscription; beyond it the oldest are shown as dead, with the error "overflow"
SENT_KEPT, DEAD_KEPT = timedelta(days=30), timedelta(days=365)
JSON_TYPE, TEXT_TYPE = "application/json", "text/plain; charset=utf-8"


# --- in ------------------------------------------------------------------------------------------------------------


class AlarmReader:
    """Reads the logs of alarms, in order of their lines' ids, which grow with time. Owns which lines it has seen.

    The alarm lane knows nothing of it: an alarm is stored whether or not anybody can be told. After a restart the last
    minute is read again; a delivery exists once for each line, so nobody is told twice.
    """

    def __init__(self) -> None:
        self._seen: dict[UUID, datetime] = {}
        self._nobody_until: datetime | None = None  # nobody wished to know what was written before

    def read(self, now: datetime | None = None) -> int:
        """Write deliveries for the lines that are new; how many lines there were. Call it every second or so."""
        now = now or timezone.now()
        mark, is_new = NoticeMark.objects.get_or_create(name=MARK, defaults={"seen_to": now})
        floor = min(mark.seen_to, now) - (timedelta() if is_new else OVERLAP)
        if self._nobody_until is not None:
            floor = max(floor, self._nobody_until)
        active = subscriptions()
        if not active:
            self._nobody_until = now
        lines = self._fresh(floor) if active else []
        if lines:
            _tell_of_alarms(lines, active)
            self._seen |= {line.pk: now for line in lines}
        if len(lines) < LINES_TOGETHER:
            self._forget(now)
            if lines or now - mark.seen_to > OVERLAP / 2 or now < mark.seen_to:
                NoticeMark.objects.filter(name=MARK).update(seen_to=now)
        return len(lines)

    def _fresh(self, floor: datetime) -> list[AlarmLog]:
        after = AlarmLog.objects.filter(pk__gte=first_id(floor)).order_by("pk")
        new = [pk for pk in after.values_list("pk", flat=True).iterator() if pk not in self._seen][:LINES_TOGETHER]
        near = AlarmLog.objects.select_related("alarm__school__district")
        return list(near.filter(pk__in=new).order_by("pk"))

    def _forget(self, now: datetime) -> None:
        self._seen = {pk: at for pk, at in self._seen.items() if now - at <= 2 * OVERLAP}


def first_id(at: datetime) -> UUID:
    """The smallest UUIDv7 of this instant (RFC 9562, 5.7)."""
    return UUID(int=max(0, int(at.timestamp() * 1000)) << 80)


def _tell_of_alarms(lines: Sequence[AlarmLog], active: Sequence["Active"]) -> None:
    rosters = Rosters(timezone.now())
    tell([facts.alarm_news(line.alarm, line, rosters) for line in lines if line.action != "pressed"], active)


@dataclass(frozen=True, slots=True)
class Active:
    """A subscription that holds, and what it asks for."""

    row: Subscription
    wish: Wish


def subscriptions() -> list[Active]:
    """Those that hold now. One whose owner may not sign in any more, or has no role, asks for nothing."""
    found = []
    for row in Subscription.objects.filter(ended_at=None).select_related("owner"):
        owner: Actor | None = None
        if row.owner is not None:
            try:
                owner = access.actor_for(row.owner)
            except Forbidden:  # who may not sign in any more has no role either
                continue
        found.append(Active(row, _wish(row, owner)))
    return found


def _wish(row: Subscription, owner: Actor | None) -> Wish:
    scope = Scope(
        everywhere=row.everywhere,
        regions=frozenset(row.regions),
        districts=frozenset(row.districts),
        schools=frozenset(UUID(one) for one in row.schools),
    )
    return Wish(
        scope=scope,
        events=frozenset(row.events),
        levels=frozenset(row.levels),
        kinds=frozenset(row.kinds),
        limit=owner.scope if owner else None,
        owner=owner.user if owner else None,
        officer=owner.user if owner and owner.role is Role.DUTY_OFFICER else None,
    )


@transaction.atomic
def tell(news: Iterable[News], active: Sequence[Active] | None = None) -> int:
    """Write a delivery for each subscription that wants to know. Telling the same twice writes it once.

    Call it inside the transaction that made the news, or afterwards; how many deliveries were wished.
    """
    active = subscriptions() if active is None else active
    now = timezone.now()
    wished = [_delivery(one.row, item, now) for item in news for one in active if rules.wants(one.wish, item.notice)]
    Delivery.objects.bulk_create([one for one in wished if one.body], ignore_conflicts=True)
    return len(wished)


def tell_one(row: Subscription, news: News) -> Delivery:
    """A delivery for this subscription, whatever it asks for."""
    delivery = written(row, news)
    delivery.save()
    return delivery


def written(row: Subscription, news: News) -> Delivery:
    """What would be told. Not saved."""
    return _delivery(row, news, timezone.now())


def _delivery(row: Subscription, news: News, now: datetime) -> Delivery:
    subject, body, content_type = _content(row, news)
    return Delivery(
        subscription=row,
        key=news.notice.key,
        event=news.notice.event,
        priority=news.notice.priority,
        subject=subject[:300],
        body=body,
        content_type=content_type,
        created_at=now,
        next_at=now,
    )


def _content(row: Subscription, news: News) -> tuple[str, str, str]:
    """Subject, body and type. An empty body: this format has nothing to say of it, and nothing is sent."""
    title, text = (words.in_language(row.language) for words in (news.title, news.text))
    if row.channel == Channel.WEBHOOK and row.format == Format.CAP and not news.notice.event.startswith("test."):
        xml = news.cap()
        return title, xml.decode() if xml else "", MIME
    if row.channel == Channel.SMS:
        return "", rules.parts(f"{title}. {text}"), TEXT_TYPE
    if row.channel == Channel.EMAIL:
        return title, text, TEXT_TYPE
    said: dict[str, object] = {
        "key": news.notice.key,
        "event": news.notice.event,
        "at": instant(news.notice.at),
        "title": title,
        "text": text,
    }
    if row.channel == Channel.WEBHOOK:
        said[news.notice.event.partition(".")[0]] = news.said
    else:
        said |= {"level": news.notice.level, "kind": news.notice.kind, "alarm": news.said.get("id", "")}
    return title, json.dumps(said, ensure_ascii=False), JSON_TYPE


# --- out -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def claim(most: int, busy: Collection[UUID] = (), now: datetime | None = None) -> list[Delivery]:
    """Take up to `most` deliveries that are due, the gravest first, under a lease. `busy` subscriptions wait."""
    now = now or timezone.now()
    taken: list[Delivery] = []
    full = set(busy)
    while len(taken) < most:
        due = Delivery.objects.filter(state=Delivery.State.WAITING, next_at__lte=now, subscription__ended_at=None)
        due = due.filter(Q(taken_until=None) | Q(taken_until__lte=now)).exclude(subscription__in=full)
        rows = list(
            due.exclude(pk__in=[one.pk for one in taken])
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("subscription")
            .order_by("priority", "next_at", "pk")[: most * AT_ONCE_PER_SUBSCRIPTION]
        )
        if not rows:
            break
        taken += _fair(rows, most - len(taken), full)
    for one in taken:
        one.taken_until, one.attempts = now + LEASE, one.attempts + 1
    Delivery.objects.bulk_update(taken, ("taken_until", "attempts"))
    return taken


def _fair(rows: Sequence[Delivery], room: int, full: set[UUID]) -> list[Delivery]:
    """At most `AT_ONCE_PER_SUBSCRIPTION` of each; a subscription of which some were taken is full from then on."""
    chosen: list[Delivery] = []
    of_each: dict[UUID, int] = {}
    for row in rows:
        count = of_each.get(row.subscription_id, 0)
        if len(chosen) < room and count < AT_ONCE_PER_SUBSCRIPTION:
            chosen.append(row)
            of_each[row.subscription_id] = count + 1
    full.update(of_each)
    return chosen


@transaction.atomic
def sent(delivery: Delivery, now: datetime | None = None) -> None:
    """It arrived. Nothing happens when another worker has taken it meanwhile."""
    now = now or timezone.now()
    _ours(delivery).update(state=Delivery.State.SENT, sent_at=now, taken_until=None, error="")


@transaction.atomic
def failed(
    delivery: Delivery, code: str, *, final: bool, asked_s: float | None = None, now: datetime | None = None
) -> None:
    """It did not arrive: again later, or, when it is `final` or was tried long enough, dead and shown."""
    now = now or timezone.now()
    chance = random.random()  # noqa: S311 - jitter
    following = None
    if not final:
        following = rules.next_attempt(
            attempts=delivery.attempts, created_at=delivery.created_at, now=now, chance=chance, asked_s=asked_s
        )
    state = Delivery.State.WAITING if following else Delivery.State.DEAD
    _ours(delivery).update(state=state, next_at=following or now, taken_until=None, error=code[:200])


def _ours(delivery: Delivery) -> QuerySet[Delivery]:
    """The row, unless its lease ran out and another worker took it."""
    return Delivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, state=Delivery.State.WAITING)


@transaction.atomic
def gone(delivery: Delivery, code: str) -> None:
    """The receiver is no more: its subscription ends, and this delivery with it."""
    failed(delivery, code, final=True)
    end(delivery.subscription, code)


@transaction.atomic
def revive(delivery: Delivery, now: datetime | None = None) -> None:
    """Somebody wishes a dead delivery to be tried again, from the beginning."""
    now = now or timezone.now()
    dead = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.DEAD)
    dead.update(state=Delivery.State.WAITING, attempts=0, next_at=now, created_at=now, error="")


@transaction.atomic
def end(subscription: Subscription, why: str) -> None:
    """Nobody is told by it any more; what waits is dead, and says why."""
    now = timezone.now()
    Subscription.objects.filter(pk=subscription.pk, ended_at=None).update(ended_at=now, ended_why=why[:80])
    waiting = Delivery.objects.filter(subscription=subscription, state=Delivery.State.WAITING)
    waiting.update(state=Delivery.State.DEAD, error=f"ended: {why}"[:200], taken_until=None)


@transaction.atomic
def tidy(now: datetime | None = None) -> None:
    """Bound what waits for each subscription, and forget what was sent long ago. Call it every minute or so."""
    now = now or timezone.now()
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING)
    crowded = waiting.order_by().values("subscription").annotate(n=Count("pk")).filter(n__gt=MOST_WAITING)
    for one in crowded:
        rows = waiting.filter(subscription=one["subscription"], taken_until=None).order_by("-priority", "created_at")
        oldest = list(rows.values_list("pk", flat=True)[: one["n"] - MOST_WAITING])
        Delivery.objects.filter(pk__in=oldest).update(state=Delivery.State.DEAD, error="overflow")
    Delivery.objects.filter(state=Delivery.State.SENT, created_at__lt=now - SENT_KEPT).delete()
    Delivery.objects.filter(state=Delivery.State.DEAD, created_at__lt=now - DEAD_KEPT).delete()
