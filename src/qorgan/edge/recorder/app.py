"""The recorder's process, from top to bottom: archive, cameras, live desk, link, and what core is told."""

import asyncio
import contextlib
import gc
import zlib

import structlog
from joserfc.jwk import OKPKey

from qorgan.domain.cameras import StreamName
from qorgan.edge.config import Camera, EdgeConfig
from qorgan.edge.ipc import CoreSender
from qorgan.edge.recorder.archive import ArchiveWriter
from qorgan.edge.recorder.check import adopt_open_segments
from qorgan.edge.recorder.desk import RecorderDesk
from qorgan.edge.recorder.engine import Engine
from qorgan.edge.recorder.index import Index
from qorgan.edge.recorder.janitor import EVERY_S as CLEAN_EVERY_S
from qorgan.edge.recorder.janitor import clean
from qorgan.edge.recorder.link import MediaLink
from qorgan.edge.recorder.live import LiveDesk, Outlet
from qorgan.edge.recorder.retention import RetentionPolicy
from qorgan.edge.recorder.session import READ_BUFFER_BYTES, StreamSession
from qorgan.edge.recorder.track import TrackRecorder
from qorgan.edge.secrets import SecretStore
from qorgan.kernel.clock import SystemClock
from qorgan.kernel.errors import Corrupt
from qorgan.protocols.link.messages import CameraChanged, CameraHealth, StreamHealth
from qorgan.protocols.rtsp.auth import Credentials

log = structlog.get_logger()

TELL_CORE_EVERY_S = 2
STOP_WITHIN_S = 4.0


class Recorder:
    """Everything of one node's recorder, wired. `run()` works until cancelled."""

    def __init__(self, config: EdgeConfig) -> None:
        self._config = config
        self._archive_dir = config.storage.archive
        self._secrets = SecretStore(config.storage.data)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.core = CoreSender(config.core_socket)
        self.archive = ArchiveWriter(self._archive_dir, self._storage_failed)
        self.link = MediaLink(config, self._secrets)
        self.outlet = Outlet(self.link.publish)
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
                _settle_memory()
                log.info("recorder.started", streams=len(self.sessions))
        finally:
            await asyncio.to_thread(self.archive.stop)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_WITHIN_S / 2):
                    await self.link.close()

    def _take_over(self) -> None:
        """After a crash or a stop: adopt what was left open, and write down since when nothing was recorded."""
        index = Index(self._archive_dir / "index.db")
        try:
            for finding in adopt_open_segments(self._archive_dir, index):
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
            recorder=TrackRecorder(camera.key, stream.value, self.archive, stagger=stagger),
            buffer=buffer,
            on_state=self._state_changed,
            on_samples=self.live.show,
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
        return RecorderDesk(
            site=self._config.site.id,
            public_key=OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": public_key}),
            archive=self._archive_dir,
            sessions=self.sessions,
            live=self.live,
            publish=self.link.publish,
            ledger=self.core.send,
            clock=SystemClock(),
        )

    def _state_changed(self, session: StreamSession) -> None:
        self.live.tell_state(session)
        health = session.health()
        self.core.send(CameraChanged(camera=session.camera, health=health, at=session.since))

    def _storage_failed(self, camera: str, stream: str) -> None:
        """From the archive's thread or our own: close that run soon, on the event loop."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.sessions[camera, stream].storage_failed)

    def _each_second(self) -> None:
        self.live.expire()
        self._seconds += 1
        if self._seconds % TELL_CORE_EVERY_S == 0:
            self.core.send_health(self.health())
        if self._seconds % int(CLEAN_EVERY_S) == 1:
            storage = self._config.storage
            policy = RetentionPolicy(keep_days=storage.keep_days, budget_bytes=storage.budget_bytes)
            self.archive.call(lambda: clean(self.archive.index, self._archive_dir, policy))

    def health(self) -> list[CameraHealth]:
        """Every camera with its streams."""
        streams: dict[str, list[StreamHealth]] = {}
        for (camera, _), session in self.sessions.items():
            streams.setdefault(camera, []).append(session.health())
        return [CameraHealth(key=camera, streams=tuple(healths)) for camera, healths in streams.items()]


def _settle_memory() -> None:
    """What exists now lives as long as the process: leave it out of every later collection.

    Frames are made and dropped thousands of times a second and hold no cycles; collecting seldom saves their walk.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
