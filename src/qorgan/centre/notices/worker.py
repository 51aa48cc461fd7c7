"""The worker of notices: reads what happened, takes what is due from the outbox, hands it to the channels."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connections

from qorgan.centre.config import CentreConfig
from qorgan.centre.notices import outbox, vault
from qorgan.centre.notices.channels.http import Poster
from qorgan.centre.notices.channels.mail import MailCourier
from qorgan.centre.notices.channels.ports import Courier, Parcel, Undelivered
from qorgan.centre.notices.channels.push import PushCourier
from qorgan.centre.notices.channels.sms import GatewaySms, NoSms
from qorgan.centre.notices.channels.webhook import WebhookCourier
from qorgan.centre.notices.models import Delivery
from qorgan.domain.notices import Channel
from qorgan.kernel.backoff import Backoff
from qorgan.kernel.clock import Clock, SystemClock

log = logging.getLogger(__name__)
TURN_EVERY_S = 0.5
TIDY_EVERY_S = 60.0
AT_ONCE = 16  # deliveries on their way; further ones wait in the database
R = TypeVar("R")


def couriers(config: CentreConfig, clock: Clock) -> Mapping[Channel, Courier]:
    """The channels of this centre, as configured."""
    poster = Poster(config.notices.private, clock)
    sms: Courier = GatewaySms(poster, config.sms, key=partial(vault.get, "sms")) if config.sms.url else NoSms()
    return {
        Channel.WEBHOOK: WebhookCourier(poster, clock),
        Channel.EMAIL: MailCourier(config.mail, password=partial(vault.get, "mail")),
        Channel.PUSH: PushCourier(poster, clock, private_key=vault.vapid_key, contact=config.notices.contact),
        Channel.SMS: sms,
    }


def parcel_of(delivery: Delivery) -> Parcel:
    """What a channel is given. Decrypts the subscription's secret."""
    row = delivery.subscription
    return Parcel(
        id=str(delivery.pk),
        address=row.address,
        subject=delivery.subject,
        body=delivery.body,
        content_type=delivery.content_type,
        secret=vault.unseal(row.secret) if row.secret else "",
        urgent=delivery.priority == 0,
    )


class NoticeWorker:
    """Owns its deliveries on their way and its one database thread. Run as many as you like, in any process."""

    def __init__(
        self, channels: Mapping[Channel, Courier] | None = None, clock: Clock | None = None, *, at_once: int = AT_ONCE
    ) -> None:
        self._clock = clock or SystemClock()
        self._channels = channels or couriers(settings.QORGAN, self._clock)
        self._at_once = at_once
        self._reader = outbox.AlarmReader()
        self._on_the_way: Counter[UUID] = Counter()  # subscription → how many
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="notices")

    async def run(self) -> None:
        """Work until cancelled. What was on its way then is tried again by whoever comes next."""
        away = Backoff(first=1.0, limit=30.0)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._tidy(), name="notices:tidy")
                while True:
                    try:
                        await self.turn(group)
                        away.reset()
                    except (OperationalError, InterfaceError) as error:
                        log.error("notices.database_away: %s", type(error).__name__)
                        await self._clock.sleep(away.next())
                    except Exception:  # the root of this unit of work
                        log.exception("notices.turn_crashed")
                        await self._clock.sleep(away.next())
                    await self._clock.sleep(TURN_EVERY_S)
        finally:
            self._executor.submit(connections.close_all)
            self._executor.shutdown(wait=True)

    async def turn(self, group: asyncio.TaskGroup) -> None:
        """Read what is new, and start what is due."""
        while await self._call(self._reader.read) >= outbox.LINES_TOGETHER:
            pass
        room = self._at_once - self._on_the_way.total()
        if room <= 0:
            return
        busy = [one for one, count in self._on_the_way.items() if count >= outbox.AT_ONCE_PER_SUBSCRIPTION]
        for delivery in await self._call(partial(outbox.claim, room, busy)):
            self._on_the_way[delivery.subscription_id] += 1
            group.create_task(self._deliver(delivery), name=f"notice:{delivery.pk}")

    async def _deliver(self, delivery: Delivery) -> None:
        """One attempt; its outcome is written whatever it is."""
        try:
            await self._call(await self._attempt(delivery))
        except (OperationalError, InterfaceError):
            log.error("notices.outcome_not_written id=%s: its lease will run out", delivery.pk)
        except Exception:  # the root of this unit of work
            log.exception("notices.delivery_crashed id=%s", delivery.pk)
        finally:
            self._on_the_way[delivery.subscription_id] -= 1
            self._on_the_way += Counter()  # forgets those at zero

    async def _attempt(self, delivery: Delivery) -> Callable[[], None]:
        """What to write down."""
        row = delivery.subscription
        try:
            parcel = await self._call(partial(parcel_of, delivery))
            await self._channels[Channel(row.channel)].send(parcel)
        except Undelivered as error:
            log.warning("notice.undelivered id=%s channel=%s code=%s", delivery.pk, row.channel, error.code)
            if error.gone:
                return partial(outbox.gone, delivery, error.code)
            return partial(outbox.failed, delivery, error.code, final=error.final, asked_s=error.asked_s)
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # a bug in a channel must not lose the notice
            log.exception("notice.crashed id=%s channel=%s", delivery.pk, row.channel)
            return partial(outbox.failed, delivery, "internal", final=False)
        return partial(outbox.sent, delivery)

    async def _tidy(self) -> None:
        while True:
            await self._clock.sleep(TIDY_EVERY_S)
            try:
                await self._call(outbox.tidy)
            except Exception:  # the root of this unit of work
                log.exception("notices.not_tidied")

    async def _call(self, work: Callable[[], R]) -> R:
        """Run in the database thread, in turn."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, partial(_fresh, work))


def _fresh(work: Callable[[], R]) -> R:
    close_old_connections()
    return work()
