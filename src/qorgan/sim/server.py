"""The simulator: all cameras on one RTSP port, one loop that sends their pictures when they are due."""

import asyncio
import heapq
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import msgspec
import structlog

from qorgan.domain.cameras import StreamName
from qorgan.kernel.errors import Invalid, NotFound
from qorgan.kernel.listening import stop_accepting
from qorgan.sim.cameras import CameraKind, SimCamera, Transport
from qorgan.sim.certificate import Certificate, self_signed
from qorgan.sim.clips import ClipLibrary
from qorgan.sim.codecs import AudioCodec, VideoCodec
from qorgan.sim.faults import PICTURE_FAULTS, Fault
from qorgan.sim.rtp import RTP_CLOCK
from qorgan.sim.rtsp import Connection
from qorgan.sim.sound import Sound, sound_clip
from qorgan.sim.streams import Stream

SLOT_TICKS = RTP_CLOCK // 100  # cameras take turns in slots of 10 ms: few wake-ups, yet no burst of all at once
MAX_LATE_TICKS = (
    RTP_CLOCK  # a machine that falls further behind skips time instead of sending a second's pictures at once
)
REPORT_EVERY_S = 5.0
MAX_CONNECTIONS = 2000

StreamChoice = Literal["both", "main", "sub"]
Place = tuple[str, str]
Emitter = Stream | Sound  # what is due again and again while somebody plays it

log = structlog.get_logger()


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What left a stream: distinct frame numbers handed to the operating system for at least one viewer.

    `first` and `last` are the smallest and largest of them. `dropped` pictures had a number and met a viewer who read
    too slowly; `late` counts the times this machine was more than a second behind and skipped ahead. `lost`, `swapped`
    and `doubled` are packets that met a fault of the network: their pictures count as sent.
    """

    frames: int
    first: int | None
    last: int | None
    dropped: int
    late: int
    lost: int = 0
    swapped: int = 0
    doubled: int = 0


class StreamStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`fault` is what was asked for, `shown` what the picture has: it follows at the next key picture."""

    stream: StreamName
    fault: Fault | None
    shown: Fault | None
    viewers: int
    width: int
    height: int
    frames_per_s: float


class CameraStatus(msgspec.Struct, frozen=True, kw_only=True):
    site: str
    key: str
    kind: CameraKind
    scene: str
    login: bool
    refuses: bool
    redirects: bool
    codec: VideoCodec
    b_frames: int
    audio: AudioCodec | None
    transport: Transport
    streams: list[StreamStatus]


@dataclass(slots=True)
class _Camera:
    camera: SimCamera
    streams: dict[StreamName, Stream]
    refuses: bool = False
    redirects: bool = False


class RtspSimulator:
    """Cameras that do not exist, on one port. Use with `async with`; inside, `port` is the port it got.

    With `tls_port` they speak RTSPS as well, on that port (0: any free one), with a certificate made just now.
    Clips that are not in `cache` yet are encoded on entering: some seconds for each scene and profile.
    """

    def __init__(
        self,
        cameras: Iterable[SimCamera],
        *,
        cache: Path,
        host: str = "127.0.0.1",
        port: int = 0,
        tls_port: int | None = None,
        session_timeout_s: float = 60.0,
        encoders: int = 2,
    ) -> None:
        self.host, self.port, self.session_timeout_s = host, port, session_timeout_s
        self._described = list(cameras)
        self._library = ClipLibrary(cache, workers=encoders)
        self._cameras: dict[Place, _Camera] = {}
        self._connections: set[Connection] = set()
        self._due: list[tuple[int, int, Emitter]] = []
        self._waiting: set[Emitter] = set()
        self._order = 0
        self._woken = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._servers: list[asyncio.Server] = []
        self.tls_port = tls_port
        self.certificate: Certificate | None = None
        if len({(c.site, c.key) for c in self._described}) != len(self._described):
            raise Invalid("two simulated cameras have the same site and key")

    async def __aenter__(self) -> Self:
        # The ports first: that one is in use should be known before the clips are encoded, not after.
        try:
            await self._listen()
            await self._prepare()
            for server in self._servers:
                await server.start_serving()
        except BaseException:
            for server in self._servers:
                server.close()
            await self._library.close()
            raise
        self._tasks = [
            asyncio.create_task(self._send_when_due(), name="sim:send"),
            asyncio.create_task(self._look_after_connections(), name="sim:connections"),
        ]
        log.info("sim.listening", port=self.port, cameras=len(self._cameras))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for server in self._servers:
            await stop_accepting(server)
        for connection in list(self._connections):
            connection.hang_up()
        for server in self._servers:
            await server.wait_closed()
        await self._library.close()

    # --- what callers may ask and command

    def url(self, site: str, key: str, stream: str = "main", *, secure: bool = False) -> str:
        """Where to find a stream. Never contains a password."""
        scheme, port = ("rtsps", self.tls_port) if secure else ("rtsp", self.port)
        return f"{scheme}://{self.host}:{port}/{site}/{key}/{stream}"

    def sent(self, site: str, key: str) -> dict[StreamName, Sent]:
        """What each stream of a camera has sent so far. Raises `NotFound`."""
        streams = self._find(site, key).streams
        return {
            name: Sent(
                frames=s.frames,
                first=s.first,
                last=s.last,
                dropped=s.dropped,
                late=s.late,
                lost=s.lost,
                swapped=s.swapped,
                doubled=s.doubled,
            )
            for name, s in streams.items()
        }

    def status(self) -> list[CameraStatus]:
        """Every camera with its faults, in the order in which they were given."""
        return [_status(entry) for entry in self._cameras.values()]

    async def set_fault(self, site: str, key: str, fault: Fault, stream: StreamChoice = "both") -> None:
        """Make a camera faulty; a fault it has already is replaced.

        Returns when everything is ready: faults of the connection work at once, those of the picture show at the next
        key picture, which may be two seconds away. Raises `NotFound`, `Invalid`.
        """
        entry = self._find(site, key)
        if fault in (Fault.DROP, Fault.REFUSE, Fault.REDIRECT):
            if stream != "both":
                raise Invalid(f"{fault.value} is a fault of the whole camera: leave out the stream")
            entry.refuses = entry.refuses or fault is Fault.REFUSE
            entry.redirects = entry.redirects or fault is Fault.REDIRECT
            for connection in [c for c in self._connections if c.place == (site, key)]:
                connection.hang_up()
            return
        await asyncio.gather(*[self._change(s, fault) for s in _chosen(entry, stream)])

    async def clear_fault(self, site: str, key: str, stream: StreamChoice = "both") -> None:
        """End a camera's faults. Raises `NotFound`, `Invalid`."""
        entry = self._find(site, key)
        entry.refuses = entry.refuses and stream != "both"
        entry.redirects = entry.redirects and stream != "both"
        await asyncio.gather(*[self._change(s, None) for s in _chosen(entry, stream)])

    async def _change(self, stream: Stream, fault: Fault | None) -> None:
        picture = fault if fault in PICTURE_FAULTS else None
        stream.fault = fault
        clip = await self._library.get(msgspec.structs.replace(stream.spec, fault=picture))
        if stream.fault is not fault:
            return  # another command came while the clip was encoded
        stream.show(picture, clip)
        if fault is not Fault.STALL:
            stream.end_stall()

    def _find(self, site: str, key: str) -> _Camera:
        try:
            return self._cameras[site, key]
        except KeyError:
            raise NotFound(f"there is no simulated camera {site}/{key}") from None

    # --- `Door`: what connections ask

    def camera(self, site: str, key: str) -> SimCamera | None:
        entry = self._cameras.get((site, key))
        return entry.camera if entry else None

    def stream(self, site: str, key: str, name: StreamName) -> Stream | None:
        entry = self._cameras.get((site, key))
        return entry.streams.get(name) if entry else None

    def refuses(self, site: str, key: str) -> bool:
        entry = self._cameras.get((site, key))
        return entry.refuses if entry else False

    def redirects(self, site: str, key: str) -> bool:
        entry = self._cameras.get((site, key))
        return entry.redirects if entry else False

    def wake(self, emitter: Emitter) -> int | None:
        """Somebody plays it: queue it and return when its first picture (or sound) is due; None if it runs already."""
        if emitter in self._waiting:
            return None
        now = _ticks()
        due = now + (emitter.phase_ticks - now) % emitter.interval_ticks
        self._schedule(due, emitter)
        self._woken.set()
        return due

    def arrived(self, connection: Connection) -> bool:
        """Whether there is room for one more connection."""
        if len(self._connections) >= MAX_CONNECTIONS:
            return False
        self._connections.add(connection)
        return True

    def left(self, connection: Connection) -> None:
        self._connections.discard(connection)

    # --- the work

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        plain = await loop.create_server(
            lambda: Connection(self), self.host, self.port, start_serving=False, backlog=MAX_CONNECTIONS
        )
        self._servers.append(plain)
        self.port = plain.sockets[0].getsockname()[1]
        if self.tls_port is None:
            return
        self.certificate = self_signed(self.host)
        secure = await loop.create_server(
            lambda: Connection(self),
            self.host,
            self.tls_port,
            start_serving=False,
            backlog=MAX_CONNECTIONS,
            ssl=self.certificate.context,
        )
        self._servers.append(secure)
        self.tls_port = secure.sockets[0].getsockname()[1]

    async def _prepare(self) -> None:
        specs = {
            camera.spec(profile): None
            for camera in self._described
            if camera.kind is CameraKind.H264
            for profile in camera.profiles().values()
        }
        log.info("sim.preparing", clips=len(specs))
        clips = dict(zip(specs, await asyncio.gather(*map(self._library.get, specs)), strict=True))
        sounds = {
            codec: await asyncio.to_thread(sound_clip, codec) for c in self._described if (codec := c.audio) is not None
        }
        for n, camera in enumerate(self._described):
            streams: dict[StreamName, Stream] = {}
            if camera.kind is CameraKind.H264:
                for name, profile in camera.profiles().items():
                    spec = camera.spec(profile)
                    streams[name] = Stream(
                        camera_key=camera.key,
                        spec=spec,
                        clip=clips[spec],
                        phase_ticks=n * SLOT_TICKS,
                        position=n * profile.gop_frames,
                        sound=sounds[camera.audio] if camera.audio else None,
                    )
            self._cameras[camera.site, camera.key] = _Camera(camera, streams)

    def _schedule(self, due: int, emitter: Emitter) -> None:
        self._order += 1
        self._waiting.add(emitter)
        heapq.heappush(self._due, (due, self._order, emitter))

    async def _send_when_due(self) -> None:
        """Sleep until the next picture is due, send all that are due, for ever."""
        while True:
            self._woken.clear()
            self._send_due()
            wait_s = (self._due[0][0] - _ticks()) / RTP_CLOCK if self._due else None
            try:
                async with asyncio.timeout(wait_s if wait_s is None else max(0.0, wait_s)):
                    await self._woken.wait()
            except TimeoutError:
                continue

    def _send_due(self) -> None:
        now = _ticks()
        wall_us = time.time_ns() // 1000
        while self._due and self._due[0][0] <= now:
            due, _, emitter = heapq.heappop(self._due)
            self._waiting.discard(emitter)
            if not emitter.viewers:
                continue
            interval = emitter.interval_ticks
            if now - due > MAX_LATE_TICKS:
                emitter.late += 1
                due += (now - due) // interval * interval
            emitter.emit(due, wall_us - (now - due) * 1_000_000 // RTP_CLOCK)
            self._schedule(due + emitter.interval_ticks, emitter)

    async def _look_after_connections(self) -> None:
        """End sessions that are silent for longer than their timeout; send sender reports."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(0.25)
            now, ticks, wall_us = loop.time(), _ticks(), time.time_ns() // 1000
            for connection in list(self._connections):
                if connection.is_silent_for(now) > self.session_timeout_s:
                    connection.hang_up()
                elif now >= connection.report_at and connection.report(ticks, wall_us):
                    connection.report_at = now + REPORT_EVERY_S


def _ticks() -> int:
    return time.monotonic_ns() * RTP_CLOCK // 1_000_000_000


def _chosen(entry: _Camera, stream: StreamChoice) -> list[Stream]:
    if stream == "both":
        return list(entry.streams.values())
    chosen = entry.streams.get(StreamName(stream))
    if chosen is None:
        raise NotFound(f"camera {entry.camera.site}/{entry.camera.key} has no stream {stream}")
    return [chosen]


def _status(entry: _Camera) -> CameraStatus:
    camera = entry.camera
    return CameraStatus(
        site=camera.site,
        key=camera.key,
        kind=camera.kind,
        scene=camera.scene.value,
        login=camera.login is not None,
        refuses=entry.refuses,
        redirects=entry.redirects,
        codec=camera.codec,
        b_frames=camera.b_frames,
        audio=camera.audio,
        transport=camera.transport,
        streams=[
            StreamStatus(
                stream=name,
                fault=stream.fault,
                shown=stream.shown,
                viewers=len(stream.viewers),
                width=stream.clip.width,
                height=stream.clip.height,
                frames_per_s=stream.clip.frames_per_s,
            )
            for name, stream in entry.streams.items()
        ],
    )
