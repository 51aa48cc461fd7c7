"""A school's core and the cameras that speak: their clocks are known, and a contact that closes is an alarm."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from tests.support.fake_centre import FakeCentre
from tests.support.nats import nats_server
from tests.support.onvif import PASSWORD, SITE, SimOnvifCamera, onvif_camera
from tests.support.school_core import NATS_PASSWORD, SchoolCore
from tests.support.sim_cameras import until

from qorgan.domain.alarms import Kind, Level
from qorgan.domain.places import LocalText
from qorgan.edge.config import Button, Camera, EdgeConfig, Site, Storage
from qorgan.edge.core.outbox import SourceAlarm
from qorgan.edge.core.signals import Claim, Signal
from qorgan.edge.onvif import watch as watching
from qorgan.edge.onvif.watch import EVENTS_A_MINUTE, OnvifWatch, believable_instant
from qorgan.edge.secrets import SecretStore
from qorgan.kernel.clock import SystemClock
from qorgan.kernel.errors import Exhausted, Invalid
from qorgan.kernel.ids import AlarmId, ButtonKey, CameraKey, SiteId
from qorgan.protocols.link.messages import CameraEvent, Message, decode
from qorgan.sim.onvif_device import Quirk, SimEvent

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class HurriedClock(SystemClock):
    """True time; nobody sleeps longer than a blink."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.02))


@dataclass
class Desk:
    """What core would do. `full` times a press cannot be stored."""

    presses: list[Signal] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    told: list[CameraEvent] = field(default_factory=list)
    states: list[tuple[str, float | None]] = field(default_factory=list)
    full: int = 0

    async def signal(self, signal: Signal) -> None:
        if self.full:
            self.full -= 1
            raise Exhausted("the disk is full")
        self.presses.append(signal)

    async def claim(self, claim: Claim) -> None:
        self.claims.append(claim)

    async def last_alarm(self, source_key: str, kind: str | None = None) -> SourceAlarm | None:
        known = [signal for signal in self.presses if signal.source_key == source_key]
        if not known:
            return None
        level, at, alarm = known[-1].level, datetime.now(UTC), AlarmId(known[-1].press)
        return SourceAlarm(alarm=alarm, kind="real", level=level, durable_at=at, returned=bool(self.claims))

    async def add_event(self, body: Message, id: UUID | None = None) -> None:
        if not isinstance(body, CameraEvent):
            raise Invalid("no event of a camera")
        self.told.append(body)

    def told_onvif(self, camera: str, state: str, clock_offset_s: float | None) -> None:
        self.states.append((state, clock_offset_s))

    def kinds(self) -> list[tuple[str, str, bool]]:
        return [(event.kind, event.source, event.active) for event in self.told]


class Watched:
    """A camera, a watch over it, and what core heard."""

    def __init__(self, camera: SimOnvifCamera, directory: Path, password: str) -> None:
        self.camera, self.desk = camera, Desk()
        config = EdgeConfig(
            site=Site(id=SiteId(SITE), name=LocalText(kk="№12")),
            storage=Storage(data=directory, archive=directory),
            cameras=(
                Camera(
                    key=CameraKey("hall"), name=LocalText(kk="x"), main="rtsp://x/", user="qorgan", onvif=camera.url
                ),
            ),
            buttons=(Button(key=ButtonKey("guard"), place=LocalText(kk="x"), input="hall:1"),),
        )
        self.secrets = SecretStore(directory)
        self.secrets.put("camera/hall", password)
        watch = OnvifWatch(config, self.desk, self.desk, self.secrets, HurriedClock())
        self.task = asyncio.create_task(watch.run())

    def happen(self, kind: str, active: bool, token: str = "1") -> None:
        self.camera.simulator.tell(SITE, "hall", SimEvent(kind=kind, active=active, token=token))  # type: ignore[arg-type]

    async def until(self, condition: Callable[[], object]) -> None:
        await until(condition, within_s=60)
        assert not self.task.done()

    async def until_heard(self) -> None:
        """Until the watch has a subscription and has taken what it began with."""
        await self.until(lambda: self.camera.device.calls.count("PullMessages"))

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    async with onvif_camera() as camera:
        one = Watched(camera, tmp_path, PASSWORD)
        yield one
        await one.stop()
        assert {} == camera.device.subscriptions, "a cheap camera has room for four"


async def test_a_contact_that_closes_is_one_alarm_and_two_events(watched: Watched) -> None:
    await watched.until_heard()
    watched.happen("input", True)
    await watched.until(lambda: watched.desk.presses)
    watched.happen("input", False)
    await watched.until(lambda: len(watched.desk.told) == 2)

    [signal] = watched.desk.presses
    assert ("guard", "onvif", Kind.REAL, Level.P1) == (signal.source_key, signal.source, signal.kind, signal.level)
    assert [(signal.press, "returned")] == [(claim.alarm, claim.claim) for claim in watched.desk.claims]
    assert [("input", "1", True), ("input", "1", False)] == watched.desk.kinds()
    assert all(abs((event.at - datetime.now(UTC)).total_seconds()) < 120 for event in watched.desk.told)


async def test_a_contact_that_nobody_mapped_is_an_event_and_no_alarm(watched: Watched) -> None:
    await watched.until_heard()
    watched.happen("input", True, token="2")
    watched.happen("motion", True)
    await watched.until(lambda: len(watched.desk.told) == 2)

    assert [("input", "2", True), ("motion", "source", True)] == watched.desk.kinds()
    assert [] == watched.desk.presses


async def test_a_contact_that_was_closed_while_nobody_listened_is_an_alarm(tmp_path: Path) -> None:
    """Better one alarm too many after a start than one too few."""
    async with onvif_camera() as camera:
        camera.simulator.tell(SITE, "hall", SimEvent(kind="input", active=True))
        one = Watched(camera, tmp_path, PASSWORD)
        await one.until(lambda: one.desk.presses)
        await one.stop()
    assert 1 == len(one.desk.presses)


async def test_a_full_disk_delays_the_alarm_and_repeats_the_same_press(watched: Watched) -> None:
    watched.desk.full = 3
    await watched.until_heard()
    watched.happen("input", True)
    await watched.until(lambda: watched.desk.presses)
    assert (0, 1) == (watched.desk.full, len(watched.desk.presses))


async def test_a_subscription_that_the_camera_forgets_is_made_anew_and_doubles_nothing(watched: Watched) -> None:
    """Its first words are the state of everything: the contact is still closed, and that is no second press."""
    await watched.until_heard()
    watched.happen("input", True)
    await watched.until(lambda: watched.desk.presses)
    made = watched.camera.device.calls.count("CreatePullPointSubscription")
    watched.camera.device.restart()
    await watched.until(lambda: watched.camera.device.calls.count("CreatePullPointSubscription") > made)
    watched.happen("motion", True)
    await watched.until(lambda: ("motion", "source", True) in watched.desk.kinds())

    assert 1 == len(watched.desk.presses)
    assert [("input", "1", True), ("motion", "source", True)] == watched.desk.kinds()


async def test_the_cameras_clock_is_known_and_events_are_told_by_ours(tmp_path: Path) -> None:
    async with onvif_camera() as camera:
        camera.be(clock_offset_s=-36_000.0)
        one = Watched(camera, tmp_path, PASSWORD)
        await one.until_heard()
        one.happen("tamper", True)
        await one.until(lambda: one.desk.told)
        await one.stop()

    state, offset = one.desk.states[-1]
    assert "ok" == state
    assert offset == pytest.approx(-36_000.0, abs=2.0)
    assert abs((one.desk.told[0].at - datetime.now(UTC)).total_seconds()) < 120


async def test_a_wrong_password_is_told_and_a_mended_one_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "REFUSED_AGAIN_AFTER_S", 0.05)
    async with onvif_camera() as camera:
        one = Watched(camera, tmp_path, "12345")
        await one.until(lambda: ("onvif.wrong_password", None) in one.desk.states)
        one.secrets.put("camera/hall", PASSWORD)
        await one.until(lambda: one.desk.states[-1][0] == "ok")
        await one.stop()


async def test_a_camera_that_goes_and_comes_back_is_heard_again(watched: Watched) -> None:
    await watched.until_heard()
    watched.camera.be(Quirk.BARE_FAULT)
    watched.camera.device.restart()
    await watched.until(lambda: watched.desk.states[-1][0] == "onvif.fault")
    watched.camera.be()
    await watched.until(lambda: watched.desk.states[-1][0] == "ok")
    watched.happen("motion", True)
    await watched.until(lambda: ("motion", "source", True) in watched.desk.kinds())


async def test_a_camera_that_trembles_does_not_fill_the_outbox(watched: Watched) -> None:
    await watched.until_heard()
    for n in range(4 * EVENTS_A_MINUTE):
        watched.happen("motion", n % 2 == 0)
        await asyncio.sleep(0)
    watched.happen("input", True)
    await watched.until(lambda: watched.desk.presses)

    assert EVENTS_A_MINUTE >= len(watched.desk.told)


def test_an_instant_is_believed_within_reason() -> None:
    told = NOW + timedelta(hours=10)
    assert NOW - timedelta(seconds=3) == believable_instant(told - timedelta(seconds=3), 36_000.0, NOW)
    for odd in (None, NOW + timedelta(days=300), NOW - timedelta(days=300)):
        assert NOW == believable_instant(odd, 0.0, NOW)
    assert NOW == believable_instant(told, None, NOW)


async def test_a_contact_reaches_the_centre_through_a_real_core(tmp_path: Path) -> None:
    """From the camera's input to the centre's database, and the camera's clock into the pulse."""
    with nats_server("--user", SITE, "--pass", NATS_PASSWORD) as carrier:
        async with (
            onvif_camera() as camera,
            FakeCentre(carrier.url, SITE, NATS_PASSWORD) as centre,
        ):
            camera.be(clock_offset_s=90.0)
            school = SchoolCore(tmp_path, carrier.url)
            text = school.config_path.read_text()
            text = text.replace('key = "hall"\nname', f'key = "hall"\nuser = "qorgan"\nonvif = "{camera.url}"\nname')
            school.config_path.write_text(text.replace("cameras = [", 'input = "hall:1"\ncameras = ['))
            school.secrets.put("camera/hall", PASSWORD)
            async with school:
                await until(lambda: camera.device.calls.count("PullMessages"), within_s=100)
                camera.simulator.tell(SITE, "hall", SimEvent(kind="input", active=True))
                await until(lambda: centre.alarms() and centre.deliveries_of("camera.event"), within_s=100)
                await until(lambda: centre.pulses and centre.pulses[-1].cameras[0].onvif == "ok", within_s=100)

            (alarm,) = centre.alarms()
            event = decode(centre.deliveries_of("camera.event")[0].body, CameraEvent)
            offset = centre.pulses[-1].cameras[0].clock_offset_s
            log = school.log.read_text()

    assert ("hall", "real", ("hall",)) == (alarm.button, alarm.kind, alarm.cameras)
    assert ("hall", "input", "1", True) == (event.camera, event.kind, event.source, event.active)
    assert offset == pytest.approx(90.0, abs=2.0)
    assert PASSWORD not in log
