"""What a school's core can do, whoever asks: raise an alarm, take an event, write down a look, say how it is."""

import contextlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from uuid import UUID

import msgspec
import structlog

from qorgan.domain.actions import Standing
from qorgan.edge.config import Button, Contact, EdgeConfig, split_input
from qorgan.edge.core import actions, ledger, outbox
from qorgan.edge.core.cameras import CameraBoard
from qorgan.edge.core.signals import Claim, Signal
from qorgan.edge.core.store import Store, Urgency
from qorgan.edge.ipc import GrantUse, StorageHealth, Telling
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import Invalid, QorganError
from qorgan.kernel.ids import uuid7
from qorgan.protocols.link.messages import (
    Ack,
    AlarmClaim,
    AlarmRaised,
    ButtonInfo,
    CameraHealth,
    CameraInfo,
    Envelope,
    Inventory,
    Message,
    OutputInfo,
    Pulse,
    SourceHealth,
    SourceInfo,
    encode,
    envelop,
)

PROOF_LASTS_S = 2.0
DURABLE_REMEMBERED = 1_000  # alarms; of older ones that the centre has not got yet it is told no more
MAX_NAME = 200  # characters of who did something
log = structlog.get_logger(__name__)


class NodeFault(StrEnum):
    """What is wrong with the node itself. Each is a translation key `fault.<value>`."""

    WRITE_FAILED = "outbox.write_failed"
    BALLAST_GONE = "outbox.ballast_gone"
    REPLACED = "outbox.replaced"
    ALARM_REFUSED = "outbox.alarm_refused"
    EVENT_REFUSED = "outbox.event_refused"
    EVENTS_SHED = "outbox.events_shed"
    RECORDER_SILENT = "recorder.silent"
    DISK_OUT = "storage.disk_out"
    MINIMUM_BREAKS = "storage.minimum_breaks"
    MINIMUM_BROKEN = "storage.minimum_broken"
    NO_TOKEN = "button.no_token"  # noqa: S105 - a fault, not a token
    CONTACT_SILENT = "button.contact_silent"
    SOURCE_SILENT = "source.silent"
    SOURCE_FAULTY = "source.fault"
    SECRETS_DAMAGED = "secrets.damaged"
    STAFF_CERTIFICATE = "staff.certificate"
    STAFF_CERTIFICATE_ENDS = "staff.certificate_ends"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStatus:
    """How the node is at one moment."""

    at: datetime
    counts: outbox.Counts
    parked: Sequence[outbox.Parked]
    recent: Sequence[outbox.RecentAlarm]
    cameras: tuple[CameraHealth, ...]
    faults: tuple[str, ...]
    writable: bool
    sources: tuple[SourceHealth, ...] = ()


class Node:
    """The use cases of core. Each one that changes something returns after the change is durable."""

    def __init__(self, config: EdgeConfig, store: Store, board: CameraBoard, clock: Clock) -> None:
        self._config, self._store, self._board, self._clock = config, store, board, clock
        self._started_at = clock.now()
        places = [split_input(button.input) for button in config.buttons if button.input]
        self._contact_cameras = frozenset(place[0] for place in places if place is not None)
        self._listeners: list[Callable[[outbox.Lane], None]] = []
        self._standing_faults: list[NodeFault] = []
        self._sources: dict[str, SourceHealth] = {}
        self._reports: dict[str, Callable[[], object]] = {}
        self._declared = {str(one.key): _source(one, "contact", None) for one in config.contacts}
        for button in config.buttons:
            way = "mqtt" if button.mqtt else "onvif" if button.input else "button"
            self._declared[str(button.key)] = _source(button, way, button.interval_s)
        self._told_progress: list[Callable[[outbox.AlarmStatus], None]] = []
        self._proved_at = float("-inf")
        self._durable: dict[UUID, datetime] = {}  # when alarms that were raised since the start were on the disk

    def on_written(self, listener: Callable[[outbox.Lane], None]) -> None:
        """Be told, without delay, when something was written into a lane."""
        self._listeners.append(listener)

    def report_fault(self, fault: NodeFault) -> None:
        """Show a fault for as long as this process runs."""
        self.show_fault(fault, True)

    def show_fault(self, fault: NodeFault, stands: bool) -> None:
        """Show a fault, or that it is over."""
        if stands and fault not in self._standing_faults:
            self._standing_faults.append(fault)
        elif not stands and fault in self._standing_faults:
            self._standing_faults.remove(fault)

    async def signal(self, signal: Signal) -> outbox.Raised:
        """Somebody asks for help. Returns after the commit; the same press again is the same alarm.

        Raises `Unavailable` or `Exhausted` when the alarm could not be made durable: try again, with the same press.
        """
        now = self._clock.now()
        alarm = AlarmRaised(
            alarm=uuid7(),
            button=signal.source_key,
            place=signal.place,
            pressed_at=signal.pressed_at or now,
            level=signal.level,
            kind=signal.kind,
            source=signal.source,
            cameras=signal.cameras,
            meaning=signal.meaning,
            code=signal.code,
            duress=signal.duress,
            note=signal.note,
            presses=signal.presses,
        )
        raised = await self._store.write(lambda db: outbox.raise_alarm(db, signal.press, alarm, now), Urgency.ALARM)
        if raised.fresh:
            self._note_durable(raised.alarm)
            self._announce(outbox.Lane.ALARM)
            log.warning(
                "alarm.raised",
                source=signal.source,
                key=signal.source_key,
                alarm=str(raised.alarm),
                level=signal.level,
                kind=signal.kind,
            )
        return raised

    async def claim(self, claim: Claim) -> None:
        """Somebody says something of an alarm. Returns after the commit. Raises as `signal` does."""
        now = self._clock.now()
        body = AlarmClaim(alarm=claim.alarm, claim=claim.claim, at=claim.at or now, by=claim.by, duress=claim.duress)
        if await self._store.write(lambda db: outbox.add_claim(db, claim.id, body, now), Urgency.ALARM):
            self._announce(outbox.Lane.ALARM)
            log.warning("alarm.claimed", alarm=str(claim.alarm), claim=claim.claim)

    def declare_source(self, source: SourceInfo) -> None:
        """Say before the start that there is this way in: the centre reads it in the inventory."""
        self._declared[source.key] = source

    async def source_health(self, health: SourceHealth) -> None:
        """How a way in is now. Shown here at once; the centre is told of changes alone. Raises as `add_event` does."""
        known = self._sources.get(health.key)
        self._sources[health.key] = health
        if known is not None and (known.state, known.faults) == (health.state, health.faults):
            return
        await self.add_event(health)
        if known is not None or health.state != "ok":
            log.warning("source.changed", key=health.key, kind=health.kind, state=health.state, faults=health.faults)

    async def progress(self, alarm: UUID, state: str, at: datetime) -> None:
        """The centre lets the presser know how far it is. Returns after the commit; repetitions do no harm."""
        if not await self._store.write(lambda db: outbox.add_progress(db, alarm, state, at), Urgency.ORDINARY):
            return
        status = await self.alarm_status(alarm)
        if status is not None:
            for tell in self._told_progress:
                tell(status)

    def on_progress(self, listener: Callable[[outbox.AlarmStatus], None]) -> None:
        """Be told when an alarm has come further."""
        self._told_progress.append(listener)

    async def take_action(self, wish: Standing, *, id: UUID, by: str, keep_doors: bool = False) -> actions.Taken:
        """Write down an action of the school, for `outputs.ActionDesk`. The same `id` again is the same action."""
        now = self._clock.now()
        take = partial(actions.take, wish=wish, id=id, by=by[:MAX_NAME], now=now, keep_doors=keep_doors)
        return await self._store.write(take, Urgency.ALARM)

    async def standing_action(self) -> actions.Taken | None:
        return await self._store.read(actions.standing)

    async def find_press(self, source_key: str, press: UUID) -> outbox.SourceAlarm | None:
        """The alarm that a press of a source has raised, also before this process began."""
        return await self._store.read(lambda db: outbox.find_press(db, source_key, press))

    def add_report(self, name: str, make: Callable[[], object]) -> None:
        """Let a part of core say how it does, under its name in `/health`."""
        self._reports[name] = make

    def reports(self) -> dict[str, object]:
        """What the parts of core say of themselves."""
        return {name: make() for name, make in self._reports.items()}

    async def last_alarm(self, source_key: str, kind: str | None = None) -> outbox.SourceAlarm | None:
        """The newest alarm of a source: the one that a return, a cancel or a press once more is about."""
        return await self._store.read(lambda db: outbox.last_alarm(db, source_key, kind))

    async def add_event(self, body: Message, id: UUID | None = None) -> None:
        """Something the centre must hear of. The same `id` twice is one event."""
        event, now = id or uuid7(), self._clock.now()
        if await self._store.write(lambda db: outbox.add_event(db, event, body, now), Urgency.SHEDDABLE):
            self._announce(outbox.Lane.EVENT)

    async def take(self, telling: Telling, id: UUID | None) -> None:
        """What recorder and analyst tell (`ipc.CoreServer`)."""
        match telling:
            case tuple():
                self._board.told(telling)
            case StorageHealth():
                self._board.told_storage(telling.disks)
            case GrantUse():
                if id is None:
                    raise Invalid("a line of the watch ledger needs an id")
                await self._store.write(lambda db: ledger.write_watch(db, id, telling), Urgency.ORDINARY)
            case _:
                await self.add_event(telling, id)

    async def announce_inventory(self, software: str, seal_key: str = "") -> None:
        """Tell the centre what stands here, and for which public key it may seal what only this node shall read."""
        await self.add_event(
            Inventory(
                cameras=tuple(
                    CameraInfo(key=camera.key, name=camera.name, zone=camera.zone, has_sub=camera.sub is not None)
                    for camera in self._config.cameras
                ),
                buttons=(*map(_info, self._config.buttons), *map(_info, self._config.contacts)),
                sources=tuple(self._declared.values()),
                outputs=tuple(
                    OutputInfo(key=output.key, kind=output.kind, place=output.place) for output in self._config.outputs
                ),
                software=software,
                seal_key=seal_key,
            )
        )

    async def waiting_alarms(self, limit: int) -> list[Envelope]:
        site, now = self._config.site.id, self._clock.now()
        waiting = await self._store.read(lambda db: outbox.waiting_alarms(db, site, now, limit))
        return [self._saying_durable(envelope) for envelope in waiting]

    def _note_durable(self, alarm: UUID) -> None:
        """The commit itself cannot write down when it was done, so this stands here until the centre has been told."""
        self._durable[alarm] = self._clock.now()
        if len(self._durable) > DURABLE_REMEMBERED:
            del self._durable[next(iter(self._durable))]

    def _saying_durable(self, envelope: Envelope) -> Envelope:
        """An alarm with the moment since when it is durable, as long as this process knows."""
        body = envelope.decode_body() if self._durable and envelope.type == "alarm.raised" else None
        if not isinstance(body, AlarmRaised) or body.alarm not in self._durable:
            return envelope
        told = msgspec.structs.replace(body, durable_at=self._durable[body.alarm])
        return msgspec.structs.replace(envelope, body=msgspec.Raw(encode(told)))

    async def waiting_events(self, *, after: int, limit: int, max_bytes: int) -> list[Envelope]:
        site, now = self._config.site.id, self._clock.now()
        return await self._store.read(
            lambda db: outbox.waiting_events(db, site, now, after=after, limit=limit, max_bytes=max_bytes)
        )

    async def settle(self, ack: Ack, asked: Sequence[UUID]) -> None:
        """The centre has answered."""
        now = self._clock.now()
        await self._store.write(lambda db: outbox.settle(db, ack, asked, now), Urgency.ORDINARY)
        for id in set(asked).difference(ack.stored):
            if str(id) in ack.refused:
                log.error("outbox.refused", id=str(id), code=ack.refused[str(id)])

    async def free_parked_events(self) -> None:
        await self._store.write(outbox.free_parked_events, Urgency.ORDINARY)

    async def alarm_status(self, alarm: UUID) -> outbox.AlarmStatus | None:
        return await self._store.read(lambda db: outbox.alarm_status(db, alarm))

    async def watches(self, *, before: int | None, limit: int) -> list[tuple[int, GrantUse]]:
        return await self._store.read(lambda db: ledger.watches(db, before=before, limit=limit))

    async def counts(self) -> outbox.Counts:
        return await self._store.read(outbox.counts)

    async def prove_writable(self) -> bool:
        """Write to the disk and see, at most every two seconds."""
        now = self._clock.monotonic()
        if now - self._proved_at >= PROOF_LASTS_S:
            self._proved_at = now
            with contextlib.suppress(QorganError):  # what went wrong is remembered and logged by the store
                await self._store.tend()
        return self._store.failing is None

    async def status(self) -> NodeStatus:
        """How everything is. Reads; writes nothing."""
        counts, parked, recent = await self._store.read(
            lambda db: (outbox.counts(db), outbox.parked(db), outbox.recent_alarms(db))
        )
        return NodeStatus(
            at=self._clock.now(),
            counts=counts,
            parked=parked,
            recent=recent,
            cameras=self._board.snapshot(),
            faults=self._faults(counts),
            writable=self._store.failing is None,
            sources=tuple(self._sources.values()),
        )

    async def pulse(self) -> Envelope:
        """The sign of life of this moment."""
        counts = await self.counts()
        disk = shutil.disk_usage(self._config.storage.data)
        body = Pulse(
            at=self._clock.now(),
            started_at=self._started_at,
            last_seq=counts.last_seq,
            outbox=counts.total,
            disk_free_bytes=disk.free,
            disk_total_bytes=disk.total,
            cameras=self._board.snapshot(),
            faults=self._faults(counts),
            disks=self._board.disks,
        )
        return envelop(body, id=uuid7(), site=self._config.site.id, seq=0, sent_at=body.at)

    def _faults(self, counts: outbox.Counts) -> tuple[str, ...]:
        found = {
            NodeFault.WRITE_FAILED: self._store.failing is not None,
            NodeFault.BALLAST_GONE: not self._store.ballast_held,
            NodeFault.REPLACED: self._store.replaced_damaged is not None,
            NodeFault.ALARM_REFUSED: counts.alarms_parked > 0,
            NodeFault.EVENT_REFUSED: counts.events_parked > 0,
            NodeFault.EVENTS_SHED: counts.shed > 0,
            NodeFault.RECORDER_SILENT: bool(self._config.cameras) and self._board.recorder_silent,
            NodeFault.CONTACT_SILENT: any(self._board.events_lost(camera) for camera in self._contact_cameras),
            NodeFault.SOURCE_SILENT: any(source.state == "silent" for source in self._sources.values()),
            NodeFault.SOURCE_FAULTY: any(source.state == "fault" for source in self._sources.values()),
            NodeFault.DISK_OUT: any(disk.state != "ready" for disk in self._board.disks),
            NodeFault.MINIMUM_BROKEN: any(disk.broken for disk in self._board.disks),
            NodeFault.MINIMUM_BREAKS: any(disk.breaks_at and not disk.broken for disk in self._board.disks),
        }
        return (*(fault for fault, true in found.items() if true), *self._standing_faults)

    def _announce(self, lane: outbox.Lane) -> None:
        for listener in self._listeners:
            listener(lane)


def _info(one: Button | Contact) -> ButtonInfo:
    return ButtonInfo(key=one.key, place=one.place, cameras=one.cameras)


def _source(one: Button | Contact, kind: str, interval_s: float | None) -> SourceInfo:
    return SourceInfo(key=one.key, kind=kind, place=one.place, interval_s=interval_s)
