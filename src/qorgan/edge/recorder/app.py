"""The recorder's process, from top to bottom: archive, cameras, live desk, link, and what core is told."""

import asyncio
import contextlib
import functools
import os
import zlib
from collections.abc import Mapping
from pathlib import Path

import structlog
from joserfc.jwk import OKPKey

from qorgan.domain.cameras import StreamName
from qorgan.edge.config import Camera, EdgeConfig
from qorgan.edge.core.ballast import Ballast
from qorgan.edge.ipc import CoreSender, StorageHealth
from qorgan.edge.recorder.archive import ArchiveWriter
from qorgan.edge.recorder.check import adopt_open_segments
from qorgan.edge.recorder.desk import RecorderDesk
from qorgan.edge.recorder.disks import Disks, DiskState, archive_lock
from qorgan.edge.recorder.engine import Engine
from qorgan.edge.recorder.evidence import make_root, node_key, trim_lists
from qorgan.edge.recorder.holds import Handler, HoldDesk
from qorgan.edge.recorder.index import Index
from qorgan.edge.recorder.janitor import EVERY_S as CLEAN_EVERY_S
from qorgan.edge.recorder.janitor import Announcer, Janitor, StorageReport
from qorgan.edge.recorder.link import MediaLink
from qorgan.edge.recorder.live import LiveDesk
from qorgan.edge.recorder.motion import read_motion
from qorgan.edge.recorder.outlet import Outlet
from qorgan.edge.recorder.session import READ_BUFFER_BYTES, StreamSession
from qorgan.edge.recorder.track import TrackRecorder
from qorgan.edge.recorder.wire import trust_of
from qorgan.edge.secrets import SecretStore
from qorgan.kernel import memory
from qorgan.kernel.clock import SystemClock, now_us
from qorgan.kernel.errors import Corrupt, Unavailable
from qorgan.protocols.link.messages import CameraChanged, CameraHealth, StreamHealth
from qorgan.protocols.rtsp.auth import Credentials

log = structlog.get_logger()

TELL_CORE_EVERY_S = 2
LOOK_AT_DISKS_EVERY_S = 10
STOP_WITHIN_S = 4.0


class Recorder:
    """Everything of one node's recorder, wired. `run()` works until cancelled.

    `path` is the file of the configuration: without it no camera is set up from a centre.
    """

    def __init__(self, config: EdgeConfig, path: Path | None = None) -> None:
        self._config, self._path = config, path
        self._archive_dir = config.storage.archive
        self._secrets = SecretStore(config.storage.data)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.core = CoreSender(config.core_socket)
        self.disks = self._recognise_disks()
        self._lock = archive_lock(self._archive_dir)
        self._janitor, self._announcer = Janitor.of(self.disks, config.storage), Announcer()
        self.archive = ArchiveWriter(
            self._archive_dir,
            self._storage_failed,
            disks=self.disks,
            ballast=Ballast(self._archive_dir / "ballast"),
            when_full=lambda: self._janitor.clean(self.archive.index, now_us()),
        )
        self.link = MediaLink(config, self._secrets)
        self.outlet = Outlet(self.link.publish, self.link.settle)
        self.live = LiveDesk(self.outlet)
        buffer = memoryview(bytearray(READ_BUFFER_BYTES))
        self.sessions = {
            (str(camera.key), stream.value): self._session(camera, stream, url, buffer)
            for camera in config.cameras
            for stream, url in ((StreamName.MAIN, camera.main), (StreamName.SUB, camera.sub))
            if url is not None
        }
        self._seconds = 0

    async def run(self) -> None:
        """Record until cancelled; then close every file properly."""
        self._loop = asyncio.get_running_loop()
        self._take_over()
        self.archive.start()
        engine = Engine(list(self.sessions.values()), self.archive, each_second=self._each_second)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(engine.run(), name="engine")
                group.create_task(self.core.run(), name="core")
                group.create_task(self.outlet.run(), name="outlet")
                if self._config.centre is not None:
                    desk = self._desk(self._config.centre.public_key)
                    group.create_task(self.link.run(desk.answer), name="link")
                for (camera, stream), session in self.sessions.items():
                    group.create_task(session.run(), name=f"camera:{camera}/{stream}")
                memory.settle()
                log.info("recorder.started", streams=len(self.sessions))
        finally:
            await asyncio.to_thread(self.archive.stop)
            os.close(self._lock)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_WITHIN_S / 2):
                    await self.link.close()

    def _recognise_disks(self) -> Disks:
        """Raises `Unavailable` when the place of the index is in doubt: then nothing may be recorded yet."""
        disks = Disks.of(self._config)
        disks.look(now_us())
        for disk in disks.disks:
            if disk.path == self._archive_dir and not disk.trusted:
                raise Unavailable(
                    f"{disk.path}: {disk.reason}: the disk with the index is not the one it was; plug it in, or say"
                    f" `qorgan edge disk accept {disk.path}`",
                    code="storage.index_disk",
                )
        return disks

    def _take_over(self) -> None:
        """After a crash or a stop: adopt what was left open, and write down since when nothing was recorded."""
        index = Index(self._archive_dir / "index.db")
        try:
            for disk in self.disks.disks:
                if disk.path == self._archive_dir:
                    index.name_disk(disk.id)
                if disk.state is not DiskState.READY:
                    continue  # what was left open on it is adopted when it is back
                index.put_disk(disk.id, disk.path, now_us())
                for finding in adopt_open_segments(self._archive_dir, index, disk=disk.id):
                    log.warning(finding.code, path=finding.path, detail=finding.message)
            lasting = index.lasting_gaps()
            for camera, stream in self.sessions:
                last = index.last_end_us(camera, stream)
                if last is not None and (camera, stream) not in lasting:
                    self.archive.note_gap(camera, stream, last, "node_down")
        finally:
            index.close()

    def _session(self, camera: Camera, stream: StreamName, url: str, buffer: memoryview) -> StreamSession:
        stagger = zlib.crc32(f"{camera.key}/{stream}".encode()) / 2**32
        return StreamSession(
            camera=camera.key,
            stream=stream.value,
            url=url,
            credentials=self._credentials(camera),
            trust=trust_of(camera),
            audio=camera.audio,
            recorder=TrackRecorder(camera.key, stream.value, self.archive, stagger=stagger),
            buffer=buffer,
            on_state=self._state_changed,
            on_samples=self.live.show,
            on_sound=self.live.hear,
        )

    def _credentials(self, camera: Camera) -> Credentials | None:
        if not camera.user:
            return None
        try:
            return Credentials(camera.user, self._secrets.get(f"camera/{camera.key}") or "")
        except Corrupt as error:
            log.error("camera.password_unreadable", camera=camera.key, reason=str(error))
            return None

    def _desk(self, public_key: str) -> RecorderDesk:
        desk = RecorderDesk(
            site=self._config.site.id,
            public_key=OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": public_key}),
            archive=self._archive_dir,
            sessions=self.sessions,
            live=self.live,
            outlet=self.outlet,
            ledger=self.core.send,
            clock=SystemClock(),
            motion=functools.partial(read_motion, self._config.storage.data, self._archive_dir),
        )
        self._let_cameras_turn(desk)
        holds = HoldDesk(self._archive_dir, SystemClock(), granted=desk.granted, note=desk.note)
        desk.also_answer(holds.answers())
        if self._path is not None:
            desk.also_answer(_setting_up(self._path, self._config, desk))
        return desk

    def _let_cameras_turn(self, desk: RecorderDesk) -> None:
        """Loaded only where a camera speaks ONVIF: the recorder is small elsewhere."""
        if any(camera.onvif for camera in self._config.cameras):
            from qorgan.edge.onvif.desk import CameraDesk

            cameras = CameraDesk(
                self._config.cameras, self._secrets, SystemClock(), granted=desk.granted, note=desk.note
            )
            desk.also_answer(cameras.answers())

    def _state_changed(self, session: StreamSession) -> None:
        self.live.tell_state(session)
        health = session.health()
        self.core.send(CameraChanged(camera=session.camera, health=health, at=session.since))

    def _storage_failed(self, camera: str, stream: str) -> None:
        """From the archive's thread or our own: close that run soon, on the event loop."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.sessions[camera, stream].storage_failed)

    def _each_second(self) -> None:
        if not self.archive.alive:  # nothing would be recorded: the supervisor starts anew
            raise RuntimeError("the archive's thread has ended")
        self.live.expire()
        self._seconds += 1
        if self._seconds % TELL_CORE_EVERY_S == 0:
            self.core.send_health(self.health())
        if self._seconds % LOOK_AT_DISKS_EVERY_S == 1:
            clean = self._seconds % int(CLEAN_EVERY_S) == 1
            self.archive.call(lambda: self._look_after_disks(clean=clean))

    def _look_after_disks(self, *, clean: bool) -> None:
        """In the archive's thread: disks that went or came back, room, and what core has to hear of it."""
        index, at_us = self.archive.index, now_us()
        self.archive.look_at_disks(at_us)
        if clean:
            self._janitor.clean(index, at_us)
            self.archive.take_ballast()
            self._sign_yesterday(index, at_us)
            trim_lists(index, self._archive_dir)
        self.archive.used = index.used()
        report = self._janitor.report(index, at_us)
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell_storage, report)

    def _sign_yesterday(self, index: Index, at_us: int) -> None:
        try:
            key = node_key(self._secrets)
        except Corrupt as error:  # recording goes on; what is not signed now belongs to a later root
            log.error("evidence.no_key", reason=str(error))
            return
        make_root(index, self._archive_dir, self._config.site.id, key, at_us)

    def _tell_storage(self, report: StorageReport) -> None:
        self.core.send_storage(StorageHealth(disks=report.disks))
        for news in self._announcer.news(report.forecasts):
            self.core.send(news)

    def health(self) -> list[CameraHealth]:
        """Every camera with its streams."""
        streams: dict[str, list[StreamHealth]] = {}
        for (camera, _), session in self.sessions.items():
            streams.setdefault(camera, []).append(session.health())
        return [CameraHealth(key=camera, streams=tuple(healths)) for camera, healths in streams.items()]


def _setting_up(path: Path, config: EdgeConfig, desk: RecorderDesk) -> dict[str, Handler]:
    """The commands that set up cameras; what they need is loaded at the first one: the recorder is small elsewhere."""

    @functools.cache
    def answers() -> Mapping[str, Handler]:
        from qorgan.edge.onvif.setup_desk import SetupDesk

        return SetupDesk(path, config, SystemClock(), granted=desk.granted, note=desk.note).answers()

    def answer(name: str) -> Handler:
        return lambda data: answers()[name](data)

    return {name: answer(name) for name in ("discover", "probe_camera", "save_camera", "remove_camera")}
