"""One stream of one camera: connecting, reading in batches, and the truth about its state.

    connecting ─► live ⇄ stalled          any of them ─► failed (with the reason) ─► connecting, after a jittered pause

A camera that nobody watches is read a few times a second, everything at once (see docs/design/recorder.md). While
somebody watches, its socket is read whenever it has something. A camera that sends no other way sends datagrams; they
are read like the rest, or a hundred times a second where the system keeps too few of them.
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
from qorgan.edge.recorder.delivery import DeliveryWatch
from qorgan.edge.recorder.sound import SoundSample
from qorgan.edge.recorder.track import Sample, TrackRecorder
from qorgan.edge.recorder.wire import DatagramSockets, Trust, connect, receive_into, send_now
from qorgan.kernel.backoff import Backoff
from qorgan.kernel.clock import now_us
from qorgan.kernel.errors import Invalid, Unavailable
from qorgan.protocols.link.messages import StreamHealth
from qorgan.protocols.rtsp import messages
from qorgan.protocols.rtsp.audio import AudioFrame
from qorgan.protocols.rtsp.auth import Credentials
from qorgan.protocols.rtsp.client import (
    REPORT_EVERY_S,
    CameraRefused,
    Redirected,
    RtspClient,
    Step,
    Transport,
    WrongTransport,
)
from qorgan.protocols.rtsp.h264 import Frame

log = structlog.get_logger()

ENCODINGS = ("H264", "H265")
GIVE_UP_AFTER_S = 20.0  # connected and silent for so long: start again
READ_BUFFER_BYTES = 1024 * 1024
DATAGRAMS_WITHIN_S = 6.0  # playing over UDP, and nothing came: something on the way swallows them
DATAGRAMS_EVERY_S = 0.01  # the system's usual buffer holds what a camera sends at 100 Mbit/s in this time
DETOUR_AFTER_S = 1.0  # before the next connection, when a camera has only said where or how to reach it
_MAX_DETOURS = 4  # in a row, without a picture; then the camera has failed
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

    def roll(self, now: float) -> bool:
        """Whether a window is over."""
        elapsed = now - self.since
        if elapsed < _RATE_WINDOW_S:
            return False
        self.frames_per_s, self.bits_per_s = self.frames / elapsed, 8 * self.size / elapsed
        self.frames, self.size, self.since = 0, 0, now
        return True


class StreamSession:
    """Owner of one stream's connection, state and counters. All methods belong to the recorder's event loop.

    `trust` is for rtsps addresses; `audio` records the sound, too. `on_state(session)` is called at each change of
    state, and while the stream is watched `on_samples(session, samples)` and `on_sound(session, samples)` for each
    batch.
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
        trust: Trust | None = None,
        audio: bool = False,
        on_state: Callable[["StreamSession"], None],
        on_samples: Callable[["StreamSession", list[Sample]], None],
        on_sound: Callable[["StreamSession", list[SoundSample]], None] = lambda session, samples: None,
    ) -> None:
        self.camera, self.stream = camera, stream
        self.recorder = recorder
        self.state, self.reason = CameraState.CONNECTING, CameraReason.NONE
        self.detail = ""
        self.since = datetime.now(UTC)
        self.rates = Rates()
        self.delivery = DeliveryWatch(stream)
        self.frames_total = 0
        self.watched = False
        self._url, self._credentials, self._trust = url, credentials, trust or Trust()
        self._goal, self._goal_credentials, self._redirects = url, credentials, 0
        self._transport, self._detours = Transport.TCP, 0
        self._audio = audio
        self._datagrams: DatagramSockets | None = None
        self._next_look: asyncio.TimerHandle | None = None
        self._peer = ""
        self._reports_at = 0.0
        self._lost_before = 0  # packets lost in earlier sessions
        self._buffer = buffer  # shared by all sessions of the process; only valid within one call
        self._on_state, self._on_samples, self._on_sound = on_state, on_samples, on_sound
        self._sock: socket.socket | None = None
        self._listening = False
        self._client: RtspClient | None = None
        self._left = b""
        self._last_frame = self._begun = 0.0
        self._ended: asyncio.Future[None] | None = None
        self._backoff = Backoff(first=2.0, limit=30.0)  # the first retry after 1-2 s, not all at once

    # The unit of work: connect, play until it ends, say why, wait, again

    async def run(self) -> None:
        """Keep this stream recorded until cancelled. Its trouble stays its own."""
        while True:
            try:
                await self._run_once()
            except CameraRefused as error:
                if self._detour(error):
                    self._hang_up()
                    await asyncio.sleep(DETOUR_AFTER_S)
                    continue
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
            self._goal, self._goal_credentials, self._redirects, self._detours = self._url, self._credentials, 0, 0
            await asyncio.sleep(self._backoff.next())

    def _detour(self, error: CameraRefused) -> bool:
        """Whether the camera said where or how to reach it instead, and has not said so too often."""
        self._detours += 1
        if self._detours > _MAX_DETOURS:
            return False
        if isinstance(error, WrongTransport):
            self._transport = error.instead
        elif isinstance(error, Redirected):
            self._goal, self._redirects = error.url, self._redirects + 1
            if not error.same_host:  # a password is for the host that it was given for
                self._goal_credentials = None
        else:
            return False
        log.info("camera.detour", camera=self.camera, stream=self.stream, reason=str(error))
        self.recorder.end_run(CameraReason.PROTOCOL_ERROR, now_us())
        return True

    def storage_failed(self) -> None:
        """The archive could not write this stream: close the run; recording goes on with a new one."""
        self.recorder.end_run(CameraReason.STORAGE, now_us())

    async def _run_once(self) -> None:
        loop = asyncio.get_running_loop()
        address = messages.parse_url(self._goal)
        self._sock = await connect(loop, address, self._trust)
        if self._transport is Transport.UDP and not address.secure:  # datagrams would travel in the clear
            self._datagrams = self._open_datagrams(self._sock)
        self._client = RtspClient(
            self._goal,
            self._goal_credentials,
            time.monotonic(),
            encodings=ENCODINGS,
            wants_audio=self._audio,
            ports=self._datagrams.ports if self._datagrams is not None else None,
            secure=address.secure,
            redirects=self._redirects,
        )
        self._left, self._ended = b"", loop.create_future()
        self._last_frame = self.rates.since = self._begun = time.monotonic()
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
        if self._next_look is not None:
            self._next_look.cancel()
            self._next_look = None
        if not wanted:
            loop.remove_reader(self._sock)
            return
        loop.add_reader(self._sock, self.read)
        if self._datagrams is not None:
            self._look()

    def _look(self) -> None:
        """Take the datagrams of the last hundredth of a second: woken for each of them we would do little else."""
        self._next_look = asyncio.get_running_loop().call_later(DATAGRAMS_EVERY_S, self._look)
        self.read()

    def _open_datagrams(self, sock: socket.socket) -> DatagramSockets:
        self._peer = sock.getpeername()[0]
        return DatagramSockets(sock.getsockname()[0], self._peer, sock.family, with_audio=self._audio)

    def tick(self) -> None:
        """A turn of the recorder's clock: take what the kernel has collected."""
        if not self._listening and self._sock is not None:
            self.read()

    def check(self, now: float) -> None:
        """Once a second: deadlines, stalls, rates."""
        client = self._client
        if self.rates.roll(now):
            if client is not None and self.state is CameraState.LIVE:
                self.delivery.count(self.recorder, client, self.rates.frames_per_s, self.rates.bits_per_s)
            else:
                self.delivery.forget()
        if client is None or self._ended is None or self._ended.done():
            return
        try:
            if now >= client.next_deadline():
                client.on_deadline(now)
                self._write()
            if client.step is not Step.PLAYING:
                return
            if self._datagrams is not None:
                self._look_after_datagrams(self._datagrams, client, now)
            silent = now - self._last_frame
            if silent > GIVE_UP_AFTER_S:
                raise CameraRefused(CameraReason.NO_FRAMES, f"connected, but no picture for {silent:.0f} s")
            if silent > STALL_AFTER_S and self.state in (CameraState.LIVE, CameraState.CONNECTING):
                self._set(CameraState.STALLED, CameraReason.NO_FRAMES, "")
                self.recorder.end_run(CameraReason.NO_FRAMES, now_us())
        except (CameraRefused, OSError) as error:
            self._end(error)

    def _look_after_datagrams(self, datagrams: DatagramSockets, client: RtspClient, now: float) -> None:
        """Once a second: the camera's reports, and ours; the other transport when nothing comes on this one."""
        lane = client.video_lane
        for report in datagrams.reports(datagrams.video, self._buffer):
            client.receive_control(lane, report, now)
        if datagrams.audio is not None:
            for report in datagrams.reports(datagrams.audio, self._buffer):
                client.receive_control(client.audio_lane, report, now)
        if now >= self._reports_at:
            self._reports_at = now + REPORT_EVERY_S
            datagrams.send_report(datagrams.video, lane, self._peer, client.report(lane, now))
        if lane.reorder is not None and not lane.reorder.received and now - self._begun > DATAGRAMS_WITHIN_S:
            raise WrongTransport(Transport.TCP, "the camera's datagrams do not arrive")

    def read(self) -> None:
        """Take everything that has arrived, parse it in place, record it."""
        sock, client, ended = self._sock, self._client, self._ended
        if sock is None or client is None or ended is None or ended.done():
            return
        frames: list[Frame] = []
        try:
            if self._datagrams is not None:
                self._read_datagrams(self._datagrams, client, frames)
            for _ in range(_READS_PER_TURN):
                if not self._read_once(sock, client, frames):
                    break
        except BlockingIOError:
            pass
        except Exception as error:
            self._end(error)
        if sound := client.take_audio():
            self._record_sound(sound, client)
        if frames:
            self._record(frames, client)
        if self._listening and not self.watched and self.state is CameraState.LIVE and self._keeps_enough():
            self._listen(False)

    def _keeps_enough(self) -> bool:
        """Whether the system keeps what comes between two ticks."""
        return self._datagrams is None or self._datagrams.is_roomy

    def _read_once(self, sock: socket.socket, client: RtspClient, frames: list[Frame]) -> bool:
        """One `recv` of all there is. Whether the buffer was full, so that there may be more."""
        buffer, kept = self._buffer, len(self._left)
        buffer[:kept] = self._left
        count = receive_into(sock, buffer[kept:])
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

    def _read_datagrams(self, datagrams: DatagramSockets, client: RtspClient, frames: list[Frame]) -> None:
        packets = datagrams.packets(datagrams.video, self._buffer)
        self.rates.size += sum(map(len, packets))
        datagrams.expect(client.video_lane.source)
        client.receive_datagrams(client.video_lane, packets, frames, time.monotonic())
        if datagrams.audio is not None and client.sound is not None:
            sound = datagrams.packets(datagrams.audio, self._buffer)
            client.receive_datagrams(client.audio_lane, sound, frames, time.monotonic())

    def _record(self, frames: list[Frame], client: RtspClient) -> None:
        self._last_frame = time.monotonic()
        self.rates.frames += len(frames)
        self.frames_total += len(frames)
        if self.recorder.clock is None:
            self.recorder.begin_session(client.clock_rate, client.sound.format if client.sound is not None else None)
        placed = self.recorder.take(frames, client.depacketizer, now_us())
        if not placed:
            return
        if self.state is not CameraState.LIVE:
            self._backoff.reset()
            self._detours = 0
            self._set(CameraState.LIVE, CameraReason.NONE, "")
        if self.watched:
            self._on_samples(self, placed)

    def _record_sound(self, sound: list[AudioFrame], client: RtspClient) -> None:
        """Before the pictures of the same turn, so that those of its time take it along."""
        ahead_us = None
        pictures, voice = client.video_lane.clock, client.audio_lane.clock
        if pictures is not None and voice is not None and client.sound is not None:
            seen = pictures.wall_of(self.recorder.timestamp, client.clock_rate)
            heard = voice.wall_of(sound[0].timestamp, client.sound.format.clock_rate)
            ahead_us = heard - seen if seen is not None and heard is not None else None
        placed = self.recorder.take_sound(sound, now_us(), ahead_us)
        if placed and self.watched:
            self._on_sound(self, placed)

    @property
    def is_silent(self) -> bool:
        """Whether there is nothing to hear: sound is not recorded here, or the camera sends none that we know."""
        return not self._audio or (self.state is CameraState.LIVE and self.recorder.audio is None)

    def _write(self) -> None:
        if self._sock is not None and self._client is not None:
            data = self._client.take_bytes()
            if data:
                send_now(self._sock, data)

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
            self._lost_before += client.lost_packets
            client.close()
            with contextlib.suppress(OSError, CameraRefused):  # it may be gone already, and nobody hears a goodbye
                send_now(sock, client.take_bytes())
        sock.close()
        if self._datagrams is not None:
            self._datagrams.close()
            self._datagrams = None

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
        live = self.state is CameraState.LIVE
        track, audio = (self.recorder.track, self.recorder.audio) if live else (None, None)
        return StreamHealth(
            stream=self.stream,
            state=self.state,
            reason=self.reason,
            since=self.since,
            codec=track.codec if track else "",
            width=track.width if track else 0,
            height=track.height if track else 0,
            audio=audio.codec if audio else "",
            frames_per_s=round(self.rates.frames_per_s, 1),
            bits_per_s=round(self.rates.bits_per_s),
            lost_packets=self._lost_before + (self._client.lost_packets if self._client is not None else 0),
            measured=self.delivery.measured(),
            delivery=self.delivery.confirmed(),
        )


def _reason_of(error: Exception) -> CameraReason:
    return CameraReason.CLOSED if isinstance(error, ConnectionError) else CameraReason.TIMEOUT
