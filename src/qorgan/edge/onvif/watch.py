"""Every camera that speaks ONVIF, watched by core: its clock every ten minutes, its events all the time.

Movement, tampering and contacts become events for the centre. A contact that is a button raises an alarm through the
same durable outbox as any press. A camera that is lost is asked again with jittered backoff, and seldom when it refuses
the password: cameras lock a user out.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog

from qorgan.domain.motion import MINUTE_US, MotionMeter
from qorgan.edge.config import Button, Camera, EdgeConfig, split_input
from qorgan.edge.core.outbox import SourceAlarm
from qorgan.edge.core.signals import Claim, Signal, of_button
from qorgan.edge.onvif.client import ANSWER_WITHIN_S, OnvifClient
from qorgan.edge.onvif.motion import MotionDiary
from qorgan.edge.secrets import SecretStore
from qorgan.kernel.backoff import Backoff
from qorgan.kernel.clock import Clock, to_us
from qorgan.kernel.errors import CameraUnreachable, Exhausted, Forbidden, QorganError, Unavailable
from qorgan.kernel.ids import CameraKey, uuid7
from qorgan.protocols.link.messages import CameraEvent, Message
from qorgan.protocols.onvif import device, events
from qorgan.protocols.onvif.errors import NotSupported
from qorgan.protocols.onvif.events import EventKind, Notice, PullPoint
from qorgan.protocols.onvif.soap import Login

CLOCK_EVERY_S = 600.0
SUBSCRIBE_FOR_S = 60
PULL_WAIT_S = 20
AGAIN_AFTER_S = 2.0
PULLS_APART_S = 0.2  # a camera that answers at once, always, does not keep us busy
STOP_WITHIN_S = 1.0
REFUSED_AGAIN_AFTER_S = 300.0
MAX_SOURCES = 64  # of one camera
EVENTS_A_MINUTE = 30  # of one camera, beyond which they are counted and not sent
DIARY_EVERY_S = 15.0
MOST_UNWRITTEN = 10_000  # camera-minutes of movement that wait for the disk; beyond it they are dropped
BOUNCE_S = 2.0  # a contact that closes again so soon has bounced
MAX_BELIEVED_AGE = timedelta(minutes=5)
OK = "ok"
log = structlog.get_logger(__name__)


class EventDesk(Protocol):
    """What the watch asks of core. What writes returns once it is durable."""

    async def signal(self, signal: Signal) -> object: ...
    async def claim(self, claim: Claim) -> None: ...
    async def last_alarm(self, source_key: str, kind: str | None = None) -> SourceAlarm | None: ...
    async def add_event(self, body: Message, id: UUID | None = None) -> None: ...


class OnvifBoard(Protocol):
    """Where it is told how a camera's ONVIF side is."""

    def told_onvif(self, camera: str, state: str, clock_offset_s: float | None) -> None: ...


class OnvifWatch:
    """Watches until cancelled. One camera's trouble stays its own."""

    def __init__(
        self, config: EdgeConfig, desk: EventDesk, board: OnvifBoard, secrets: SecretStore, clock: Clock
    ) -> None:
        self._moved = Movement(clock)
        contacts = {place: button for button in config.buttons if button.input and (place := split_input(button.input))}
        self._watches = [
            _CameraWatch(camera, contacts, desk, board, secrets, clock, self._moved)
            for camera in config.cameras
            if camera.onvif
        ]
        self._diary, self._clock = MotionDiary(config.storage.data), clock
        self._keep_minutes = int((config.storage.max_days or config.storage.keep_days) * 1_440)

    async def run(self) -> None:
        """Watch every camera that has an ONVIF address; return at once when there is none."""
        async with asyncio.TaskGroup() as group:
            for watch in self._watches:
                group.create_task(watch.run(), name=f"onvif:{watch.camera.key}")
            if self._watches:
                group.create_task(self._keep_diary(), name="onvif:motion")

    async def _keep_diary(self) -> None:
        """Write down what moved, now and then; what the disk does not take is tried again with the next."""
        moved: dict[tuple[str, int], int] = {}
        while True:
            await self._clock.sleep(DIARY_EVERY_S)
            now_us = to_us(self._clock.now())
            for place, ms in self._moved.meter.take(now_us).items():
                moved[place] = moved.get(place, 0) + ms
            told = dict(self._moved.told)
            keep_after = now_us // MINUTE_US - self._keep_minutes
            try:
                await asyncio.to_thread(self._diary.write, moved, told, keep_after=keep_after)
                moved = {}
            except Unavailable as error:
                log.warning("motion.not_written", reason=str(error))
                if len(moved) > MOST_UNWRITTEN:
                    moved = {}


class _CameraWatch:
    """Owner of what is known of one camera's ONVIF side, and of its contacts."""

    def __init__(
        self,
        camera: Camera,
        contacts: Mapping[tuple[CameraKey, str], Button],
        desk: EventDesk,
        board: OnvifBoard,
        secrets: SecretStore,
        clock: Clock,
        moved: "Movement",
    ) -> None:
        self.camera, self._moved = camera, moved
        self._buttons = {token: button for (key, token), button in contacts.items() if key == camera.key}
        self._desk, self._board, self._secrets, self._clock = desk, board, secrets, clock
        self._states: dict[tuple[EventKind, str], bool] = {}
        self._pressed_at: dict[str, float] = {}
        self._allowance = _Allowance(EVENTS_A_MINUTE)
        self._told = ""

    async def run(self) -> None:
        backoff = Backoff(first=2.0, limit=120.0)
        while True:
            pause_s = backoff.next()  # before the first attempt too: a node does not knock at all its cameras at once
            await self._clock.sleep(pause_s)
            try:
                await self._watch(backoff)
            except Forbidden as error:
                self._note(error.code, str(error))
                await self._clock.sleep(REFUSED_AGAIN_AFTER_S)
            except QorganError as error:
                self._note(error.code, str(error))
            except Exception:  # the root of this unit of work
                self._note("internal", "")
                log.exception("onvif.crashed", camera=self.camera.key)

    async def _watch(self, backoff: Backoff) -> None:
        """One connection, until something fails."""
        assert self.camera.onvif is not None
        async with OnvifClient(self.camera.onvif, await self._login(), self._clock) as client:
            while True:
                offset = await client.measure_clock()
                await client.call(device.get_information())  # a login that is refused is known now, and once
                self._note(OK, "", offset)
                backoff.reset()
                until = self._clock.monotonic() + CLOCK_EVERY_S
                try:
                    await self._hear(client, until)
                except NotSupported as error:
                    log.info("onvif.no_events", camera=self.camera.key, reason=str(error))
                    if self._buttons:
                        raise  # somebody relies on its contacts: that is a fault
                    await self._clock.sleep(max(0.0, until - self._clock.monotonic()))

    async def _login(self) -> Login | None:
        """Read anew for each connection: a password that was mended is used at once."""
        if self.camera.user is None:
            return None
        password = await asyncio.to_thread(self._secrets.get, f"camera/{self.camera.key}")
        return Login(self.camera.user, password or "")

    # Events

    async def _hear(self, client: OnvifClient, until: float) -> None:
        """Pull events from a subscription, renewed at half its life, until the monotonic instant `until`."""
        point = await client.subscribe(SUBSCRIBE_FOR_S)
        renewed_at = self._clock.monotonic()
        try:
            while (now := self._clock.monotonic()) < until:
                try:
                    if now >= renewed_at + point.lives_s / 2:
                        await client.call(events.renew(SUBSCRIBE_FOR_S), at=point)
                        renewed_at = now
                    await self._pull(client, point, renewed_at + point.lives_s / 2 - now)
                except CameraUnreachable:
                    if self._clock.monotonic() >= renewed_at + point.lives_s:
                        raise
                    await self._clock.sleep(AGAIN_AFTER_S)  # what happens meanwhile waits at the camera for us
                await self._clock.sleep(max(0.0, PULLS_APART_S - (self._clock.monotonic() - now)))
        finally:
            await _unsubscribe(client, point)

    async def _pull(self, client: OnvifClient, point: PullPoint, at_most_s: float) -> None:
        wait_s = max(1, min(PULL_WAIT_S, int(at_most_s)))
        for notice in await client.call(events.pull(wait_s), at=point, within_s=wait_s + ANSWER_WITHIN_S):
            await self._take(notice, client.clock_offset_s)

    async def _take(self, notice: Notice, offset_s: float | None) -> None:
        """Act on a change. What is on when it is first heard of counts as a change; what is off does not."""
        if notice.kind is EventKind.MOTION:
            self._moved.noticed(self.camera.key, notice, believable_instant(notice.at, offset_s, self._clock.now()))
        place = (notice.kind, notice.source)
        before = self._states.get(place, False)
        if notice.active == before:
            return
        if place not in self._states and len(self._states) >= MAX_SOURCES:
            log.warning("onvif.too_many_sources", camera=self.camera.key)
            return
        self._states[place] = notice.active
        if notice.kind is EventKind.INPUT and notice.active:
            await self._contact_closed(notice.source)
        elif notice.kind is EventKind.INPUT:
            await self._contact_opened(notice.source)
        await self._tell(notice, offset_s)

    async def _contact_closed(self, token: str) -> None:
        """Raise the alarm, however often it takes: this contact is a button, and somebody has pressed it."""
        button = self._buttons.get(token)
        if button is None:
            log.info("onvif.contact_without_button", camera=self.camera.key, input=token)
            return
        now = self._clock.monotonic()
        if now - self._pressed_at.get(token, float("-inf")) < BOUNCE_S:
            return
        signal = of_button(button, "onvif", press=uuid7())
        await self._insist(button, lambda: self._desk.signal(signal))
        self._pressed_at[token] = now

    async def _contact_opened(self, token: str) -> None:
        """Tell that the button is in its rest again. The alarm stays: it is a claim."""
        button = self._buttons.get(token)
        last = None if button is None else await self._desk.last_alarm(button.key)
        if button is None or last is None or last.returned:
            return
        claim = Claim(alarm=last.alarm, claim="returned")
        await self._insist(button, lambda: self._desk.claim(claim))

    async def _insist(self, button: Button, write: Callable[[], Awaitable[object]]) -> None:
        """Write it, however often it takes."""
        backoff = Backoff(first=0.2, limit=5.0, floor=0.1)
        while True:
            try:
                await write()
                return
            except (Unavailable, Exhausted) as error:
                log.error("onvif.alarm_not_stored", camera=self.camera.key, button=button.key, reason=str(error))
                await self._clock.sleep(backoff.next())

    async def _tell(self, notice: Notice, offset_s: float | None) -> None:
        now = self._clock.now()
        if not self._allowance.take(self._clock.monotonic()):
            if self._allowance.refused == 1:
                log.warning("onvif.too_many_events", camera=self.camera.key, most_a_minute=EVENTS_A_MINUTE)
            return
        body = CameraEvent(
            camera=self.camera.key,
            kind=notice.kind,
            source=notice.source,
            active=notice.active,
            at=believable_instant(notice.at, offset_s, now),
        )
        try:
            await self._desk.add_event(body)
        except (Unavailable, Exhausted) as error:  # the store logs and shows its own trouble
            log.warning("onvif.event_not_stored", camera=self.camera.key, reason=str(error))

    def _note(self, state: str, reason: str, offset_s: float | None = None) -> None:
        """Show it; log a change, once."""
        if state != OK:
            self._moved.lost(self.camera.key)
        self._board.told_onvif(self.camera.key, state, offset_s)
        if state == self._told:
            return
        self._told = state
        if state == OK:
            offset = None if offset_s is None else round(offset_s, 1)
            log.info("onvif.ok", camera=self.camera.key, clock_offset_s=offset)
        else:
            log.warning("onvif.failed", camera=self.camera.key, code=state, reason=reason)


class Movement:
    """Owner of what moves now before which camera, and of who spoke of movement when."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self.meter = clock, MotionMeter()
        self.told: dict[str, int] = {}  # camera → minute of its last word about movement

    def noticed(self, camera: str, notice: Notice, at: datetime) -> None:
        """A camera told of movement, or of none: either way it is one that tells."""
        self.told[camera] = to_us(at) // MINUTE_US
        self.meter.told(camera, notice.source, notice.active, to_us(at))

    def lost(self, camera: str) -> None:
        """We do not hear the camera any more."""
        self.meter.lost(camera, to_us(self._clock.now()))


class _Allowance:
    """So many a minute, and those beyond counted."""

    def __init__(self, a_minute: int) -> None:
        self._a_minute = a_minute
        self._since, self._given = float("-inf"), 0
        self.refused = 0

    def take(self, now: float) -> bool:
        if now - self._since >= 60.0:
            self._since, self._given, self.refused = now, 0, 0
        if self._given >= self._a_minute:
            self.refused += 1
            return False
        self._given += 1
        return True


def believable_instant(told: datetime | None, offset_s: float | None, now: datetime) -> datetime:
    """When it happened, by our clock: what the camera says less its offset, or now when that is not believable."""
    if told is None or offset_s is None:
        return now
    at = told - timedelta(seconds=offset_s)
    return min(at, now) if now - MAX_BELIEVED_AGE <= at <= now + timedelta(seconds=5) else now


async def _unsubscribe(client: OnvifClient, point: PullPoint) -> None:
    """Cheap cameras have room for four subscriptions: give ours back, if that is quickly done."""
    with contextlib.suppress(QorganError, TimeoutError):
        async with asyncio.timeout(STOP_WITHIN_S):
            await client.call(events.unsubscribe(), at=point)
