"""One stream of one camera: connecting, reading in batches, and the truth about its state.

    connecting ─► live ⇄ stalled          any of them ─► failed (with the reason) ─► connecting, after a jittered pause

A camera that nobody watches is read a few times a second, everything at once (see docs/design/recorder.md). While
somebody watches, its socket is read whenever it has something.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from qorgan.domain.cameras import STALL_AFTER_S, CameraReason, CameraState
from qorgan.edge.recorder.track import Sample, TrackRecorder
from qorgan.kernel.backoff import Backoff
from qorgan.kernel.clock import now_us
from qorgan.kernel.errors import Invalid, Unavailable
from qorgan.protocols.link.messages import StreamHealth
from qorgan.protocols.rtsp import messages
from qorgan.protocols.rtsp.auth import Credentials
from qorgan.protocols.rtsp.client import CameraRefused, RtspClient, Step
from qorgan.protocols.rtsp.h264 import Frame

log = structlog.get_logger()

CONNECT_WITHIN_S = 5.0
GIVE_UP_AFTER_S = 20.0  # connected and silent for so long: start again
READ_BUFFER_BYTES = 1024 * 1024
_READS_PER_TURN = 4  # one busy camera does not hold up the others
_RATE_WINDOW_S = 5.0


@dataclass(slots=True)
class Rates:
    """Frames and bytes per second over the last whole window."""

    frames_per_s: float = 0.0
    bits_per_s: float = 0.0
    frames: int = 0
    size: int = 0
    since: float = 0.0

    def roll(self, now: float) -> None:
        elapsed = now - self.since
        if elapsed >= _RATE_WINDOW_S:
            self.frames_per_s, self.bits_per_s = self.frames / elapsed, 8 * self.size / elapsed
            self.frames, self.size, self.since = 0, 0, now


class StreamSession:
    """Owner of one stream's connection, state and counters. All methods belong to the recorder's event loop.

    `on_state(session)` is called at each change of state, `on_samples(session, samples)` for each batch while the
    stream is watched.
    """

    def __init__(
        self,
        *,
        camera: str,
        stream: str,
        url: str,
        credentials: Credentials | None,
        recorder: TrackRecorder,
        buffer: memoryview,
        on_state: Callable[["StreamSession"], None],
        on_samples: Callable[["StreamSession", list[Sample]], None],
    ) -> None:
        self.camera, self.stream = camera, stream
        self.recorder = recorder
        self.state, self.reason = CameraState.CONNECTING, CameraReason.NONE
        self.detail = ""
        self.since = datetime.now(UTC)
        self.rates = Rates()
        self.frames_total = 0
        self.watched = False
        self._url, self._credentials = url, credentials
        self._buffer = buffer  # shared by all sessions of the process; only valid within one call
        self._on_state, self._on_samples = on_state, on_samples
        self._sock: socket.socket | None = None
        self._listening = False
        self._client: RtspClient | None = None
        self._left = b""
        self._last_frame = 0.0
        self._ended: asyncio.Future[None] | None = None
        self._backoff = Backoff(first=2.0, limit=30.0)  # the first retry after 1-2 s, not all at once

    # The unit of work: connect, play until it ends, say why, wait, again

    async def run(self) -> None:
        """Keep this stream recorded until cancelled. Its trouble stays its own."""
        while True:
            try:
                await self._run_once()
            except CameraRefused as error:
                self._fail(error.reason, str(error))
            except (OSError, Unavailable) as error:
                self._fail(_reason_of(error), str(error))
            except Invalid as error:
                reason = CameraReason.BAD_URL if error.code == "camera.bad_url" else CameraReason.PROTOCOL_ERROR
                self._fail(reason, str(error))
            except asyncio.CancelledError:
                self.recorder.end_run("node_stopped", now_us())
                raise
            except Exception:  # the root of this unit of work: one camera's stream
                log.exception("camera.crashed", camera=self.camera, stream=self.stream)
                self._fail(CameraReason.PROTOCOL_ERROR, "internal error")
            finally:
                self._hang_up()
            await asyncio.sleep(self._backoff.next())

    def storage_failed(self) -> None:
        """The archive could not write this stream: close the run; recording goes on with a new one."""
        self.recorder.end_run(CameraReason.STORAGE, now_us())

    async def _run_once(self) -> None:
        loop = asyncio.get_running_loop()
        address = messages.parse_url(self._url)
        self._sock = await connect(loop, address)
        self._client = RtspClient(self._url, self._credentials, time.monotonic())
        self._left, self._ended = b"", loop.create_future()
        self._last_frame = self.rates.since = time.monotonic()
        self._write()
        self._listen(True)  # the dialogue, and the first frames, as they come
        await self._ended

    def watch(self, watched: bool) -> None:
        """Somebody looks (or nobody any more): read as it comes, or a few times a second."""
        self.watched = watched
        if watched:
            self._listen(True)

    def _listen(self, wanted: bool) -> None:
        if self._sock is None or wanted == self._listening:
            return
        self._listening = wanted
        loop = asyncio.get_running_loop()
        if wanted:
            loop.add_reader(self._sock, self.read)
        else:
            loop.remove_reader(self._sock)

    def tick(self) -> None:
        """A turn of the recorder's clock: take what the kernel has collected."""
        if not self._listening and self._sock is not None:
            self.read()

    def check(self, now: float) -> None:
        """Once a second: deadlines, stalls, rates."""
        self.rates.roll(now)
        client = self._client
        if client is None or self._ended is None or self._ended.done():
            return
        try:
            if now >= client.next_deadline():
                client.on_deadline(now)
                self._write()
            if client.step is not Step.PLAYING:
                return
            silent = now - self._last_frame
            if silent > GIVE_UP_AFTER_S:
                raise CameraRefused(CameraReason.NO_FRAMES, f"connected, but no picture for {silent:.0f} s")
            if silent > STALL_AFTER_S and self.state in (CameraState.LIVE, CameraState.CONNECTING):
                self._set(CameraState.STALLED, CameraReason.NO_FRAMES, "")
                self.recorder.end_run(CameraReason.NO_FRAMES, now_us())
        except (CameraRefused, OSError) as error:
            self._end(error)

    def read(self) -> None:
        """Take everything that has arrived, parse it in place, record it."""
        sock, client, ended = self._sock, self._client, self._ended
        if sock is None or client is None or ended is None or ended.done():
            return
        frames: list[Frame] = []
        try:
            for _ in range(_READS_PER_TURN):
                if not self._read_once(sock, client, frames):
                    break
        except BlockingIOError:
            pass
        except Exception as error:
            self._end(error)
        if frames:
            self._record(frames, client)
        if self._listening and not self.watched and self.state is CameraState.LIVE:
            self._listen(False)

    def _read_once(self, sock: socket.socket, client: RtspClient, frames: list[Frame]) -> bool:
        """One `recv` of all there is. Whether the buffer was full, so that there may be more."""
        buffer, kept = self._buffer, len(self._left)
        buffer[:kept] = self._left
        count = sock.recv_into(buffer[kept:])
        if count == 0:
            raise CameraRefused(CameraReason.CLOSED, "the camera closed the connection")
        end = kept + count
        self.rates.size += count
        taken = client.receive(buffer, 0, end, frames, time.monotonic())
        if end - taken > messages.MAX_HEAD_BYTES + messages.MAX_BODY_BYTES + 65540:
            raise CameraRefused(CameraReason.NOT_RTSP, "what the camera sends makes no sense")
        self._left = bytes(buffer[taken:end])
        client.depacketizer.keep()
        self._write()
        return end == len(buffer)

    def _record(self, frames: list[Frame], client: RtspClient) -> None:
        self._last_frame = time.monotonic()
        self.rates.frames += len(frames)
        self.frames_total += len(frames)
        if self.recorder.clock is None:
            self.recorder.begin_session(client.clock_rate)
        placed = self.recorder.take(frames, client.depacketizer, now_us())
        if not placed:
            return
        if self.state is not CameraState.LIVE:
            self._backoff.reset()
            self._set(CameraState.LIVE, CameraReason.NONE, "")
        if self.watched:
            self._on_samples(self, placed)

    def _write(self) -> None:
        if self._sock is not None and self._client is not None:
            data = self._client.take_bytes()
            if data:
                self._sock.send(data)  # a few hundred bytes: a camera whose window is closed to that is not a camera

    def _end(self, error: Exception) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_exception(error)

    def _fail(self, reason: CameraReason, detail: str) -> None:
        self._set(CameraState.FAILED, reason, detail)

    def _hang_up(self) -> None:
        sock, client = self._sock, self._client
        if sock is None:
            return
        self._listen(False)
        self._sock = self._client = None
        if client is not None:
            client.close()
            with contextlib.suppress(OSError):  # it may be gone already; then there is nobody to say goodbye to
                sock.send(client.take_bytes())
        sock.close()

    def _set(self, state: CameraState, reason: CameraReason, detail: str) -> None:
        if (state, reason) == (self.state, self.reason):
            return
        self.state, self.reason, self.detail, self.since = state, reason, detail, datetime.now(UTC)
        log.info("camera.state", camera=self.camera, stream=self.stream, state=state.value, reason=reason.value)
        if state is CameraState.FAILED:
            self.recorder.end_run(reason.value, now_us())
        self._on_state(self)

    def health(self) -> StreamHealth:
        """What is true now, measured from packets."""
        track = self.recorder.track if self.state is CameraState.LIVE else None
        return StreamHealth(
            stream=self.stream,
            state=self.state,
            reason=self.reason,
            since=self.since,
            codec=track.codec if track else "",
            width=track.width if track else 0,
            height=track.height if track else 0,
            frames_per_s=round(self.rates.frames_per_s, 1),
            bits_per_s=round(self.rates.bits_per_s),
        )


async def connect(loop: asyncio.AbstractEventLoop, address: messages.Address) -> socket.socket:
    """A connected, non-blocking socket. Raises `CameraRefused` with the reason."""
    try:
        async with asyncio.timeout(CONNECT_WITHIN_S):
            try:
                found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
            except (socket.gaierror, UnicodeError) as error:
                raise CameraRefused(CameraReason.NO_SUCH_HOST, f"there is no host {address.host[:80]!r}") from error
            family, kind, protocol, _, where = found[0]
            sock = socket.socket(family, kind, protocol)
            try:
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                await loop.sock_connect(sock, where)
            except BaseException:
                sock.close()
                raise
            return sock
    except TimeoutError as error:
        raise CameraRefused(CameraReason.TIMEOUT, f"no connection in {CONNECT_WITHIN_S:.0f} s") from error
    except ConnectionRefusedError as error:
        raise CameraRefused(CameraReason.REFUSED, f"nothing listens on port {address.port}") from error


def _reason_of(error: Exception) -> CameraReason:
    return CameraReason.CLOSED if isinstance(error, ConnectionError) else CameraReason.TIMEOUT
