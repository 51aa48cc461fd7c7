"""The recorder's own connection to the carrier: commands in, media out. Alarms travel on another one."""

import asyncio
from collections.abc import Awaitable, Callable

import nats
import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from qorgan.edge.config import EdgeConfig
from qorgan.edge.secrets import SecretStore
from qorgan.kernel.backoff import Backoff
from qorgan.kernel.cancellation import heeded
from qorgan.protocols.link import subjects
from qorgan.protocols.link.commands import Reply
from qorgan.protocols.link.messages import encode

log = structlog.get_logger()

Answer = Callable[[str, bytes], Awaitable[Reply]]
PING_EVERY_S = 5
ANSWERS_WITHIN_S = 60  # by then the connection counts as lost
MAX_COMMANDS_AT_ONCE = 64


class MediaLink:
    """Owner of connection 2. While it is down media is dropped: whoever watches asks again."""

    def __init__(self, config: EdgeConfig, secrets: SecretStore) -> None:
        self._config, self._secrets = config, secrets
        self._nc: Client | None = None
        self._lost = asyncio.Event()
        self._room = asyncio.Semaphore(MAX_COMMANDS_AT_ONCE)

    async def publish(self, subject: str, payload: bytes) -> None:
        """Send, or drop when the link is down."""
        if self._nc is None or not self._nc.is_connected:
            return
        try:
            await self._nc.publish(subject, payload)
        except nats.errors.Error as error:
            log.warning("media.dropped", reason=type(error).__name__)

    async def settle(self) -> bool:
        """Wait until the carrier has all that was published before. False when there is no connection, or no longer."""
        if (nc := self._nc) is None or not nc.is_connected:
            return False
        answered = asyncio.create_task(nc.flush(timeout=ANSWERS_WITHIN_S), name="media_link:flush")
        lost = asyncio.create_task(self._lost.wait(), name="media_link:lost")
        try:
            await asyncio.wait({answered, lost}, return_when=asyncio.FIRST_COMPLETED)
            return answered.done() and answered.exception() is None
        finally:
            answered.cancel()
            lost.cancel()
            await asyncio.gather(answered, lost, return_exceptions=True)

    async def run(self, answer: Answer) -> None:
        """Stay connected until cancelled, answering commands."""
        backoff = Backoff(first=0.5, limit=30.0, floor=0.2)
        while True:
            try:
                await self._connect(answer)
                backoff.reset()
                await self._lost.wait()
                log.warning("media_link.lost")
            except (OSError, TimeoutError, nats.errors.Error) as error:
                log.warning("media_link.unreachable", reason=type(error).__name__)
            await self.close()
            await asyncio.sleep(backoff.next())

    async def close(self) -> None:
        """Close the connection, if there is one."""
        nc, self._nc = self._nc, None
        if nc is not None:
            await nc.close()

    async def _connect(self, answer: Answer) -> None:
        centre, site = self._config.centre, self._config.site.id
        assert centre is not None
        self._lost.clear()

        async def lost() -> None:
            self._lost.set()

        async def ignore(error: Exception) -> None:
            log.warning("media_link.error", reason=type(error).__name__)

        nc = await nats.connect(
            centre.nats,
            user=site,
            password=self._secrets.get("nats") or "",
            name=f"{site} recorder",
            inbox_prefix=f"_INBOX.{site}",
            allow_reconnect=False,
            connect_timeout=5,
            ping_interval=PING_EVERY_S,
            max_outstanding_pings=2,
            pending_size=1,  # what is published is in the socket then: a PING goes behind it, not before
            disconnected_cb=lost,
            closed_cb=lost,
            error_cb=ignore,
        )
        self._nc = nc

        async def on_command(message: Msg) -> None:
            if message.subject.rsplit(".", 1)[-1] in subjects.CORE_COMMANDS:
                return  # core hears them, too, and answers
            if self._room.locked():
                return  # the asker's time-out tells it; better than a queue of stale questions
            asyncio.create_task(self._reply(message, answer), name="command")  # noqa: RUF006 - ends by itself

        await nc.subscribe(subjects.command(site, "*"), cb=on_command)
        await heeded(nc.flush(timeout=5))  # nats-py's first PING may overtake the SUB
        await heeded(nc.flush(timeout=5))
        log.info("media_link.connected")

    async def _reply(self, message: Msg, answer: Answer) -> None:
        async with self._room:
            reply = await answer(message.subject.rsplit(".", 1)[-1], message.data)
            if message.reply:
                await self.publish(message.reply, encode(reply))
