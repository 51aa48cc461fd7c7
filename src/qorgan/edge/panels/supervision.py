"""Supervision of panels: who is silent for longer than was agreed, and what is broken.

Faults outlive a restart in `<data>/panels.json`, for a panel tells of a low battery once. What cannot be written down
is not acknowledged.
"""

import asyncio
from datetime import datetime
from pathlib import Path

import msgspec
import structlog

from qorgan.edge.files import replace_file
from qorgan.edge.panels.accounts import RECEIVER_KEY, Accounts
from qorgan.edge.panels.config import Receivers
from qorgan.edge.panels.ports import Door
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import QorganError, Unavailable
from qorgan.protocols.link.messages import SourceHealth

LOOK_EVERY_S = 1.0
PROVE_EVERY_S = 3_600.0  # a periodic test is told to the centre at most so often
MAX_FAULTS = 64  # of one way in; more say nothing new
MAX_FILE_BYTES = 4_000_000
log = structlog.get_logger(__name__)


class _Way(msgspec.Struct):
    """One way in. The only one who writes it is `Watch`."""

    key: str
    kind: str
    interval_s: float | None
    since: datetime
    heard_at: float  # monotonic; the start counts as a sign of life, so that silence has its whole interval
    last_seen: datetime | None = None
    silent: bool = False
    told: bool = False
    proved_at: float = float("-inf")
    faults: dict[str, set[str]] = {}  # fault → where in the panel it is ("1/5")


class Watch:
    """Owner of what is known of each way in by panels."""

    def __init__(self, accounts: Accounts, receivers: Receivers, door: Door, clock: Clock, file: Path) -> None:
        self._door, self._clock, self._file = door, clock, file
        self._saving = asyncio.Lock()
        self._ways: dict[str, _Way] = {}
        self._of_panel: dict[str, tuple[str, ...]] = {
            one.panel.key: (one.panel.key, *(zone.key for zone in one.panel.zones)) for one in accounts
        }
        for account in accounts:
            self._add(account.panel.key, account.kind, account.panel.interval_s)
            for zone in account.panel.zones:
                self._add(zone.key, account.kind, None)
        if receivers.surgard is not None:
            self._add(RECEIVER_KEY, "panel.surgard", receivers.surgard.interval_s)
        self._load()

    async def run(self) -> None:
        """Look once a second for those who fell silent, until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Tell of those who fell silent. What could not be told is tried again at the next look."""
        now = self._clock.monotonic()
        for way in self._ways.values():
            if way.interval_s is None or way.silent or now - way.heard_at <= way.interval_s:
                continue
            way.silent, way.since = True, self._clock.now()
            try:
                await self._tell(way)
            except QorganError as error:
                way.silent = False
                log.error("panel.silence_not_told", key=way.key, reason=str(error))

    async def heard(self, key: str, zones: tuple[str, ...] = ()) -> None:
        """A sign of life that is surely this panel's. Raises as `Door` does."""
        way = self._ways.get(key)
        if way is None:
            return
        way.heard_at, way.last_seen = self._clock.monotonic(), self._clock.now()
        if way.silent or not way.told:
            was, way.silent = way.silent, False
            if was:
                way.since = way.last_seen
            await self._tell(way)
            for zone in zones:
                if not self._ways[zone].told:
                    await self._tell(self._ways[zone])

    async def proved(self, key: str) -> None:
        """A test arrived: the centre hears of it though nothing changed, at most once an hour."""
        way, now = self._ways.get(key), self._clock.monotonic()
        if way is not None and now - way.proved_at >= PROVE_EVERY_S:
            await self._door.add_event(self._health(way))
            way.proved_at = now

    async def broke(self, key: str, fault: str, where: str = "") -> None:
        """Something is not what it should be. Told and written down when this returns."""
        way = self._ways.get(key)
        if way is None or where in way.faults.get(fault, ()) or len(way.faults.get(fault, ())) >= MAX_FAULTS:
            return
        await self._change(way, {**way.faults, fault: {*way.faults.get(fault, ()), where}})

    async def mended(self, key: str, fault: str, where: str = "") -> None:
        """It is as it should be again."""
        way = self._ways.get(key)
        if way is None or where not in way.faults.get(fault, ()):
            return
        left = {**way.faults, fault: way.faults[fault] - {where}}
        await self._change(way, {name: places for name, places in left.items() if places})

    def has_fault(self, key: str, fault: str) -> bool:
        return key in self._ways and fault in self._ways[key].faults

    def keys_of(self, panel_key: str) -> tuple[str, ...]:
        """The configured ways in of a panel, itself first."""
        return self._of_panel.get(panel_key, ())

    def snapshot(self) -> list[SourceHealth]:
        """How each is, for the node's own health report."""
        return [self._health(way) for way in self._ways.values()]

    def _add(self, key: str, kind: str, interval_s: float | None) -> None:
        now = self._clock.now()
        self._ways[key] = _Way(key, kind, interval_s, since=now, heard_at=self._clock.monotonic())

    def _health(self, way: _Way) -> SourceHealth:
        state = "silent" if way.silent else "fault" if way.faults else "ok"
        return SourceHealth(
            key=way.key,
            kind=way.kind,
            state=state,
            since=way.since,
            faults=tuple(sorted(way.faults)),
            last_seen=way.last_seen,
            interval_s=way.interval_s,
        )

    async def _tell(self, way: _Way) -> None:
        await self._door.source_health(self._health(way))
        way.told = True

    async def _change(self, way: _Way, faults: dict[str, set[str]]) -> None:
        """Write it down and tell it; what fails is as if it had not been, so that a repetition tries again."""
        before, since = way.faults, way.since
        way.faults = faults
        if bool(before) != bool(faults):
            way.since = self._clock.now()
        try:
            await self._keep()
            await self._tell(way)
        except BaseException:
            way.faults, way.since = before, since
            raise

    async def _keep(self) -> None:
        async with self._saving:
            kept = {one.key: {name: sorted(places) for name, places in one.faults.items()} for one in self._broken()}
            try:
                await asyncio.to_thread(replace_file, self._file, msgspec.json.encode(kept), mode=0o600)
            except OSError as error:
                raise Unavailable(f"{self._file.name} cannot be written: {error.strerror}") from error

    def _broken(self) -> list[_Way]:
        return [way for way in self._ways.values() if way.faults]

    def _load(self) -> None:
        """What was broken before the restart. A damaged file is begun anew: panels must be heard."""
        try:
            data = self._file.read_bytes()[:MAX_FILE_BYTES]
            kept = msgspec.json.decode(data, type=dict[str, dict[str, set[str]]])
        except FileNotFoundError:
            return
        except (OSError, msgspec.MsgspecError) as error:
            log.error("panel.faults_unreadable", reason=str(error))
            return
        for key, faults in kept.items():
            if key in self._ways:
                self._ways[key].faults = {name: places for name, places in faults.items() if places}
