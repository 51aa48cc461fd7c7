"""The receivers of panels, put together: what core starts, declares in the inventory and shows in its health."""

import asyncio
import resource
from collections import Counter
from collections.abc import Callable

import structlog

from qorgan.edge.config import EdgeConfig
from qorgan.edge.panels.accounts import Account, Accounts, sources_of
from qorgan.edge.panels.config import Listener, Panel
from qorgan.edge.panels.desk import Dc09Desk, Reports, Shared, SurgardDesk, SurgardShared
from qorgan.edge.panels.limits import Limiter
from qorgan.edge.panels.ports import Door
from qorgan.edge.panels.server import MAX_CONNECTIONS, Receiver, Talk
from qorgan.edge.panels.strangers import Strangers
from qorgan.edge.panels.supervision import Watch
from qorgan.edge.secrets import SecretStore
from qorgan.kernel.backoff import Backoff
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import NotFound, QorganError
from qorgan.protocols.dc09.frames import FrameReader
from qorgan.protocols.dc09.messages import read_key
from qorgan.protocols.link.messages import SourceInfo
from qorgan.protocols.surgard import LineReader

NO_KEY = "no_key"  # a fault of a panel: what it says cannot be read
OTHER_FILES = 512  # of the process, beside the connections of panels
log = structlog.get_logger(__name__)


class Panels:
    """Everything about panels in one process. Raises nothing for a panel that is set up wrongly: it has a fault."""

    def __init__(self, config: EdgeConfig, door: Door, secrets: SecretStore, clock: Clock) -> None:
        self._config, self._clock, self._counts = config, clock, Counter[str]()
        found = {panel.key: _account(panel, secrets) for panel in config.panels}
        accounts = Accounts({key: account for key, (account, _reason) in found.items()})
        self._keyless = {key: reason for key, (_account, reason) in found.items() if reason}
        self._watch = Watch(accounts, config.receivers, door, clock, config.storage.data / "panels.json")
        self._limiter = Limiter()
        self._strangers = Strangers(clock)
        shared = Shared(
            accounts=accounts,
            reports=Reports(door, self._watch, clock, self._counts),
            watch=self._watch,
            strangers=self._strangers,
            door=door,
            clock=clock,
            counts=self._counts,
        )
        self._dc09_desk, self._surgard_shared = Dc09Desk(shared), SurgardShared(shared)
        self._dc09 = self._receiver("dc09", config.receivers.dc09, self._dc09_talk)
        self._surgard = self._receiver("surgard", config.receivers.surgard, self._surgard_talk)

    @property
    def sources(self) -> tuple[SourceInfo, ...]:
        """The ways in, for the inventory."""
        surgard = self._config.receivers.surgard
        return sources_of(self._config.panels, surgard_interval_s=surgard.interval_s if surgard else None)

    async def run(self) -> None:
        """Receive until cancelled. A receiver whose address is taken tries again; the others go on."""
        receivers = self._config.receivers
        if receivers.dc09 is None and receivers.surgard is None:
            return
        await self._tell_keys()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch.run(), name="panels:watch")
            group.create_task(self._strangers.run(), name="panels:strangers")
            for receiver, listener in ((self._dc09, receivers.dc09), (self._surgard, receivers.surgard)):
                if listener is not None:
                    group.create_task(self._listen(receiver, listener), name=f"panels:{receiver.name}")

    def status(self) -> dict[str, object]:
        """For the node's health: counters since the start, connections, ways in, and who knocked and is not known."""
        return {
            "connections": {"dc09": self._dc09.connections, "surgard": self._surgard.connections},
            "counts": dict(sorted(self._counts.items())),
            "sources": self._watch.snapshot(),
            "strangers": self._strangers.snapshot(),
        }

    async def _listen(self, receiver: Receiver, listener: Listener) -> None:
        backoff = Backoff(first=0.5, limit=10.0, floor=0.1)
        while True:
            try:
                await receiver.run(listener.host, listener.tcp, listener.udp)
            except OSError as error:
                log.error("panel.cannot_listen", protocol=receiver.name, reason=str(error))
            await self._clock.sleep(backoff.next())

    async def _tell_keys(self) -> None:
        for panel in self._config.panels:
            try:
                if panel.key in self._keyless:
                    await self._watch.broke(panel.key, NO_KEY)
                else:
                    await self._watch.mended(panel.key, NO_KEY)
            except QorganError as error:
                log.error("panel.fault_not_told", panel=panel.key, reason=str(error))

    def _receiver(self, name: str, listener: Listener | None, talk: Callable[[], Talk]) -> Receiver:
        allow = frozenset(listener.allow if listener else ())
        return Receiver(
            name,
            talk,
            self._limiter,
            self._clock,
            self._counts,
            allow=allow,
            max_connections=_room(),
        )

    def _dc09_talk(self) -> Talk:
        return Talk(FrameReader(), self._dc09_desk.answer)

    def _surgard_talk(self) -> Talk:
        return Talk(LineReader(), SurgardDesk(self._surgard_shared).answer)


def _account(panel: Panel, secrets: SecretStore) -> tuple[Account, str]:
    """The panel with its key, and why it has none if it should."""
    if panel.protocol != "dc09" or not panel.encrypted:
        return Account(panel), ""
    try:
        return Account(panel, read_key(secrets.need(f"panel/{panel.key}"))), ""
    except QorganError as error:
        log.error("panel.no_key", panel=panel.key, reason=str(error))
        return Account(panel), "missing" if isinstance(error, NotFound) else "damaged"


def _room() -> int:
    """How many connections this process may hold: as many as the system lets it open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MAX_CONNECTIONS if soft == resource.RLIM_INFINITY else max(64, min(MAX_CONNECTIONS, soft - OTHER_FILES))
