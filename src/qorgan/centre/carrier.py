"""The centre's connection to the carrier (NATS): one per process, kept up for as long as the process lives."""

import asyncio
from collections.abc import Callable
from typing import Any

import nats
import nats.errors
import structlog
from nats.aio.client import Client

from qorgan.kernel.cancellation import heeded
from qorgan.kernel.errors import LinkDown
from qorgan.protocols.link.subjects import is_media

log = structlog.get_logger(__name__)

PING_EVERY_S = 10  # two unanswered: the connection counts as lost
CLOSE_WITHIN_S = 2.0


class Carrier:
    """Owns the connection. It reconnects for ever by itself; what was missed meanwhile is missed (`on_missed`)."""

    def __init__(self, url: str, *, user: str = "", password: str = "", name: str = "qorgan-centre") -> None:
        self._url, self._user, self._password, self._name = url, user, password, name
        self._client: Client | None = None
        self._ready = asyncio.Event()
        self._closed = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []
        self._closing = False
        self._down = False  # so that a long absence is one line in the log
        self.dropped = 0  # messages the client threw away because we read too slowly

    @property
    def connected(self) -> bool:
        return self._client is not None and self._client.is_connected

    @property
    def client(self) -> Client:
        """The connected client. Raises `LinkDown` before the first connection."""
        if self._client is None or not self._ready.is_set():
            raise LinkDown("not connected to the carrier yet")
        return self._client

    def on_missed(self, listener: Callable[[], None]) -> None:
        """Call `listener` when messages may have been missed: after a reconnection, or when we read too slowly.

        Lost media is not told here: its readers see it in `seq`.
        """
        self._listeners.append(listener)

    async def wait_connected(self) -> Client:
        """Wait for the first connection."""
        await self._ready.wait()
        return self.client

    async def run(self) -> None:
        """Connect and stay connected until cancelled. Raises `LinkDown` when the client gives up."""
        client = self._client = Client()
        try:
            await client.connect(**self._options())
            log.info("carrier.connected", name=self._name)
            self._down = False
            self._ready.set()
            await self._closed.wait()
            raise LinkDown("the carrier closed the connection for good: check user and password")
        finally:
            self._closing = True
            await _close(client)

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {
            "servers": [self._url],
            "name": self._name,
            "connect_timeout": 2,
            "reconnect_time_wait": 1,
            "max_reconnect_attempts": -1,
            "ping_interval": PING_EVERY_S,
            "max_outstanding_pings": 2,
            "error_cb": self._on_error,
            "disconnected_cb": self._on_disconnected,
            "reconnected_cb": self._on_reconnected,
            "closed_cb": self._on_closed,
        }
        if self._user:
            options |= {"user": self._user, "password": self._password}
        return options

    async def _on_error(self, error: Exception) -> None:
        if isinstance(error, nats.errors.SlowConsumerError):
            self._on_dropped(error.subject)
        elif isinstance(error, OSError | asyncio.TimeoutError | nats.errors.Error):
            if not self._down:
                self._down = True
                log.warning("carrier.unreachable", error=type(error).__name__)
        else:  # a bug in one of our own callbacks: its unit of work is that one message
            log.error("carrier.callback_crashed", exc_info=error)

    def _on_dropped(self, subject: str) -> None:
        self.dropped += 1
        if self.dropped % 1_000 == 1:
            log.warning("carrier.reading_too_slowly", subject=subject, dropped=self.dropped)
        if not is_media(subject):
            self._tell_missed()

    def _tell_missed(self) -> None:
        for listener in self._listeners:
            listener()

    async def _on_disconnected(self) -> None:
        if not self._closing:
            log.warning("carrier.lost")

    async def _on_reconnected(self) -> None:
        self._down = False
        log.info("carrier.returned")
        self._tell_missed()

    async def _on_closed(self) -> None:
        self._closed.set()


async def settle(client: Client, within_s: float = 10.0) -> None:
    """Wait until the server has handled all that `client` said so far: what is subscribed then is heard.

    Two flushes: the PING of nats-py's first one may overtake a SUB that still waits to be written. Raises nats-py's
    errors.
    """
    async with asyncio.timeout(within_s):
        await heeded(client.flush())
        await heeded(client.flush())


async def _close(client: Client) -> None:
    try:
        async with asyncio.timeout(CLOSE_WITHIN_S):
            await client.close()
    except TimeoutError:
        log.warning("carrier.close_timed_out")
    except OSError as error:  # the carrier went first, as when everything is stopped together
        log.info("carrier.gone_first", error=type(error).__name__)
