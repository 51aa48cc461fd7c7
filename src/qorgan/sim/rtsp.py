"""RTSP 1.0 (RFC 2326) as a camera speaks it: a connection plays at most one stream, its pictures, its sound or both."""

import asyncio
import re
import secrets
import socket
from collections.abc import Callable
from enum import IntEnum
from typing import ClassVar, Protocol
from urllib.parse import urlsplit, urlunsplit

from qorgan.domain.cameras import StreamName
from qorgan.sim import digest, rtp
from qorgan.sim.cameras import SimCamera, Transport
from qorgan.sim.description import describe
from qorgan.sim.legs import Datagrams, Interleaved, Leg, Offer, offers
from qorgan.sim.sound import Sound
from qorgan.sim.streams import Frame, Stream

MAX_HEADER_BYTES = 16_384
MAX_BODY_BYTES = 16_384
MAX_UNREAD_BYTES = 4_194_304  # a client that asks and asks and never reads is cut off
BACKLOG_S = 1.0  # of video kept for a slow viewer in this process, beyond the socket's own buffer
MIN_BACKLOG_BYTES = 131_072
SOCKET_BUFFER_BYTES = 524_288  # what the operating system may keep for one viewer: a second of video
METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"

_REQUEST = re.compile(r"([A-Z_]{1,20}) (\S{1,1024}) RTSP/1\.\d")
_MOVED = "moved"  # first part of the address to which a camera that moved points
_REASONS = {
    200: "OK",
    301: "Moved Permanently",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Request Entity Too Large",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    503: "Service Unavailable",
}


class Track(IntEnum):
    """Tracks of a stream, by the number in their address."""

    PICTURES = 1
    SOUND = 2


class Door(Protocol):
    """What a connection asks of the simulator it belongs to."""

    session_timeout_s: float

    def camera(self, site: str, key: str) -> SimCamera | None: ...
    def stream(self, site: str, key: str, name: StreamName) -> Stream | None: ...
    def refuses(self, site: str, key: str) -> bool: ...
    def redirects(self, site: str, key: str) -> bool: ...
    def wake(self, emitter: Stream | Sound) -> int | None: ...
    def arrived(self, connection: "Connection") -> bool: ...
    def left(self, connection: "Connection") -> None: ...


class Request:
    """One parsed request. Header names are lower case."""

    def __init__(self, method: str, url: str, headers: dict[str, str]) -> None:
        self.method, self.url, self.headers = method, url, headers

    @property
    def place(self) -> list[str]:
        """The parts of the path: site, camera, stream and perhaps a track."""
        parts = self._parts()
        return parts[1:] if parts[:1] == [_MOVED] else parts

    @property
    def moved_url(self) -> str | None:
        """The same address where a camera that moved serves it; None if this is it."""
        if self._parts()[:1] == [_MOVED]:
            return None
        at = urlsplit(self.url)
        return urlunsplit((at.scheme, at.netloc, f"/{_MOVED}{at.path}", "", ""))

    @property
    def track(self) -> Track | None:
        """The track that the path names; an address without one means the pictures."""
        last = self.place[3:]
        return Track.PICTURES if not last else {f"track{t.value}": t for t in Track}.get(last[0])

    def _parts(self) -> list[str]:
        try:
            return [part for part in urlsplit(self.url).path.split("/") if part]
        except ValueError:
            return []


class Connection(asyncio.Protocol):
    """One client. Owns its session: state, ways of its tracks, backlog; a `Viewer` of at most one stream.

    When the client reads too slowly, whole pictures are dropped from the one that no longer fits until the next key
    picture that does, and counted in the stream.
    """

    def __init__(self, door: Door) -> None:
        self._door = door
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()
        self._nonce = secrets.token_hex(16)
        self._session: str | None = None
        self._set_up: tuple[SimCamera, Stream | None] | None = None
        self._legs: dict[Track, Leg] = {}
        self._channel = 0  # of the pictures, where they travel in this connection
        self._datagrams: Datagrams | None = None  # how they travel elsewhere
        self._playing: Stream | None = None
        self._started = False  # it got its first key picture
        self._waits_for_key = True
        self._unflushed: list[Frame] = []
        self._held: tuple[bytes, Frame | None] | None = (
            None  # the rest of the picture in which a stalled camera stopped
        )
        self._answers_held = bytearray()
        self.place: tuple[str, str] | None = None  # site and camera it named first
        self.heard_at = self._loop.time()
        self.report_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        own_socket = transport.get_extra_info("socket")
        own_socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER_BYTES)
        transport.set_write_buffer_limits(high=0)  # resume_writing then means: the operating system has everything
        if not self._door.arrived(self):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_session()
        self._door.left(self)

    def hang_up(self) -> None:
        """Close at once; what is not sent is lost."""
        self._end_session()
        self._transport.abort()

    # --- what arrives

    def data_received(self, data: bytes) -> None:
        self.heard_at = self._loop.time()
        self._received += data
        while self._received and not self._transport.is_closing():
            if not (self._skip_interleaved() if self._received[0] == 0x24 else self._take_request()):
                return

    def _skip_interleaved(self) -> bool:
        """Receiver reports are proof of life and nothing more."""
        if len(self._received) < 4:
            return False
        length = 4 + int.from_bytes(self._received[2:4], "big")
        if len(self._received) < length:
            return False
        del self._received[:length]
        return True

    def _take_request(self) -> bool:
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            if len(self._received) > MAX_HEADER_BYTES:
                self._refuse_bytes(413)
            return False
        lines = bytes(self._received[:end]).decode("utf-8", "replace").split("\r\n")
        matched = _REQUEST.fullmatch(lines[0].lstrip("\r\n"))
        headers = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
        }
        body = headers.get("content-length", "0")
        if not matched or not body.isdecimal() or not headers.get("cseq", "").isdecimal():
            self._refuse_bytes(400)
            return False
        if int(body[:9]) > MAX_BODY_BYTES:
            self._refuse_bytes(413)
            return False
        if len(self._received) < end + 4 + int(body):
            return False
        del self._received[: end + 4 + int(body)]
        self._answer(Request(matched[1], matched[2], headers))
        return True

    def _refuse_bytes(self, status: int) -> None:
        """What came is no RTSP: say so once and close."""
        self._received.clear()
        self._write(f"RTSP/1.0 {status} {_REASONS[status]}\r\n\r\n".encode())
        self._transport.close()

    # --- requests

    def _answer(self, request: Request) -> None:
        place = request.place
        if len(place) >= 2 and self.place is None:
            self.place = place[0], place[1]
        if self.place and self._door.refuses(*self.place):
            self._reply(request, 503)
            self._transport.close()
            return
        if request.method in ("DESCRIBE", "SETUP") and self.place and self._door.redirects(*self.place):
            moved = request.moved_url
            if moved is not None:
                self._reply(request, 301, {"Location": moved})
                return
        handler = self._HANDLERS.get(request.method)
        if handler is None:
            self._reply(request, 405, {"Allow": METHODS})
        elif request.method == "OPTIONS":
            handler(self, request)
        elif (camera := self._camera(request)) is None:
            self._reply(request, 404)
        elif self._is_admitted(camera, request):
            handler(self, request)

    def _camera(self, request: Request) -> SimCamera | None:
        place = request.place
        return self._door.camera(place[0], place[1]) if len(place) >= 2 else None

    def _is_admitted(self, camera: SimCamera, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        if camera.login is None or digest.is_right(camera.login, self._nonce, request.method, request.url, given):
            return True
        self._reply(request, 401, {"WWW-Authenticate": digest.challenge(camera.login, self._nonce)})
        return False

    def _on_options(self, request: Request) -> None:
        self._reply(request, 200, {"Public": METHODS})

    def _on_describe(self, request: Request) -> None:
        found = self._find(request)
        if found is None:
            self._reply(request, 404)
            return
        headers = {"Content-Base": f"{request.url.rstrip('/')}/", "Content-Type": "application/sdp"}
        self._reply(request, 200, headers, describe(*found))

    def _find(self, request: Request) -> tuple[SimCamera, Stream | None] | None:
        """The camera and stream a URL names; a camera of a silent kind has streams in name only."""
        camera, place = self._camera(request), request.place
        if camera is None or len(place) not in (3, 4) or place[2] not in {name.value for name in camera.profiles()}:
            return None
        return camera, self._door.stream(place[0], place[1], StreamName(place[2]))

    def _on_setup(self, request: Request) -> None:
        found = self._find(request)
        if found is None:
            self._reply(request, 404)
            return
        camera, stream = found
        track = request.track
        if track is None or (track is Track.SOUND and (stream is None or stream.sound is None)):
            self._reply(request, 404)
        elif self._playing is not None:
            self._reply(request, 455)
        elif (offer := self._acceptable(camera, request.headers.get("transport", ""))) is None:
            self._reply(request, 461)
        else:
            self._take_leg(request, found, track, offer)

    def _acceptable(self, camera: SimCamera, header: str) -> Offer | None:
        """The first offer that this camera takes. Over TLS nothing travels beside the connection: it would be plain."""
        secure = self._transport.get_extra_info("sslcontext") is not None
        for offer in offers(header):
            if camera.transport in (Transport.BOTH, offer.transport) and not (
                secure and offer.transport is Transport.UDP
            ):
                return offer
        return None

    def _take_leg(self, request: Request, found: tuple[SimCamera, Stream | None], track: Track, offer: Offer) -> None:
        if self._set_up is not None and self._set_up != found:
            self._drop_legs()
        try:
            leg = self._leg(offer, 2 * (track - 1))
        except OSError:
            self._reply(request, 503)
            return
        if track in self._legs:
            self._legs[track].close()
        self._set_up, self._legs[track] = found, leg
        if track is Track.PICTURES:
            self._channel = leg.channel if isinstance(leg, Interleaved) else 0
            self._datagrams = leg if isinstance(leg, Datagrams) else None
        self._session = self._session or secrets.token_hex(8)
        stream = found[1]
        source = stream.sound if stream and track is Track.SOUND else stream
        ssrc = f";ssrc={source.ssrc:08X}" if source else ""
        self._reply(request, 200, {"Transport": f"{leg.answer}{ssrc};mode=play"})

    def _leg(self, offer: Offer, channel: int) -> Leg:
        if offer.transport is Transport.TCP:
            return Interleaved(channel if offer.first is None else offer.first)
        assert offer.first is not None and offer.second is not None
        own, peer = (self._transport.get_extra_info(name)[0] for name in ("sockname", "peername"))
        return Datagrams(own, peer, (offer.first, offer.second), on_heard=self._hear, on_sent=self._count)

    def _hear(self) -> None:
        self.heard_at = self._loop.time()

    def _count(self, frame: Frame) -> None:
        if self._playing is not None:
            self._playing.count(frame)

    def _on_play(self, request: Request) -> None:
        if not self._in_session(request) or self._set_up is None:
            self._reply(request, 454)
            return
        _, stream = self._set_up
        headers = {"Range": "npt=now-"}
        if stream is not None and self._playing is None:
            headers |= self._start_playing(stream, request.url.rstrip("/"))
        self._reply(request, 200, headers)

    def _on_get_parameter(self, request: Request) -> None:
        self._reply(request, 200 if "session" not in request.headers or self._in_session(request) else 454)

    def _on_teardown(self, request: Request) -> None:
        if not self._in_session(request):
            self._reply(request, 454)
            return
        self._end_session()
        self._reply(request, 200)
        self._session = None

    def _in_session(self, request: Request) -> bool:
        given = request.headers.get("session", "").partition(";")[0].strip()
        return self._session is not None and given == self._session

    _HANDLERS: ClassVar[dict[str, Callable[["Connection", Request], None]]] = {
        "OPTIONS": _on_options,
        "DESCRIBE": _on_describe,
        "SETUP": _on_setup,
        "PLAY": _on_play,
        "GET_PARAMETER": _on_get_parameter,
        "TEARDOWN": _on_teardown,
    }

    def _reply(self, request: Request, status: int, headers: dict[str, str] | None = None, body: str = "") -> None:
        lines = [f"RTSP/1.0 {status} {_REASONS[status]}", f"CSeq: {request.headers['cseq']}", "Server: qorgan-sim"]
        if self._session:
            lines.append(f"Session: {self._session};timeout={self._door.session_timeout_s:.0f}")
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if body:
            lines.append(f"Content-Length: {len(body.encode())}")
        self._write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def _write(self, answer: bytes) -> None:
        if self._transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            self.hang_up()
        elif self._held is None:
            self._transport.write(answer)
        elif len(self._answers_held) < MAX_HEADER_BYTES:
            self._answers_held += answer  # a stalled camera answers nothing, and an answer must not split a packet

    # --- sending (`Viewer`, `Listener`)

    def send_frame(self, frame: Frame) -> None:
        if not self._has_room_for(frame):
            return
        if self._datagrams is not None:
            assert self._playing is not None
            self._datagrams.send(frame.data, frame.starts, self._playing, frame)
            return
        self._transport.write(self._data(frame))
        self._note_written(frame)

    def _has_room_for(self, frame: Frame) -> bool:
        assert self._playing is not None
        fits = self._waiting_bytes() <= self._backlog()
        if fits and (frame.key or not self._waits_for_key):
            self._started, self._waits_for_key = True, False
            return True
        self._waits_for_key = True
        self._playing.dropped += self._started
        return False

    def _waiting_bytes(self) -> int:
        if self._datagrams is not None:
            return self._datagrams.waiting_bytes
        return self._transport.get_write_buffer_size()

    def _backlog(self) -> int:
        assert self._playing is not None
        return max(MIN_BACKLOG_BYTES, int(self._playing.spec.profile.bits_per_s / 8 * BACKLOG_S))

    def _data(self, frame: Frame) -> bytearray:
        return rtp.on_channel(frame.data, frame.starts, self._channel) if self._channel else frame.data

    def _note_written(self, frame: Frame) -> None:
        assert self._playing is not None
        if self._transport.get_write_buffer_size():
            self._unflushed.append(frame)
        elif not self._transport.is_closing():
            self._playing.count(frame)

    def resume_writing(self) -> None:
        if self._playing is not None:
            for frame in self._unflushed:
                self._playing.count(frame)
        self._unflushed.clear()

    def send_sound(self, data: bytearray) -> None:
        """Sound that finds no room is left out: nobody waits for what was said a second ago."""
        leg, stream = self._legs[Track.SOUND], self._playing
        if isinstance(leg, Datagrams):
            if stream is not None and leg.waiting_bytes <= MIN_BACKLOG_BYTES:
                leg.send(data, (0,), stream)
        elif self._held is None and stream and self._transport.get_write_buffer_size() <= self._backlog():
            self._transport.write(leg.data(data, (0,)))

    def stall(self, frame: Frame) -> None:
        if not self._has_room_for(frame):
            return
        if self._datagrams is not None:
            assert self._playing is not None
            half = len(frame.starts) // 2
            if half:
                end = frame.starts[half]
                self._datagrams.send(frame.data[:end], frame.starts[:half], self._playing)
            self._held = b"", None
            return
        data = bytes(self._data(frame))
        middle = frame.starts[len(frame.starts) // 2] + 100
        self._transport.write(data[:middle])
        self._held = data[middle:], frame

    def resume(self) -> None:
        self._waits_for_key = True
        if self._held is None:
            return
        (rest, frame), self._held = self._held, None
        if frame is not None:
            self._transport.write(rest)
            self._note_written(frame)
        self._transport.write(bytes(self._answers_held))
        self._answers_held.clear()

    def is_silent_for(self, now: float) -> float:
        """Seconds since the client was heard; 0 while there is no session, or while a stall keeps us from answering."""
        return now - self.heard_at if self._session and self._held is None else 0.0

    def report(self, now_ticks: int, wall_us: int) -> bool:
        """Send RTCP sender reports, which tell what the camera's clock shows; False if they have to wait."""
        stream = self._playing
        if stream is None or self._held is not None or not self._started or self._transport.get_write_buffer_size():
            return False
        for track, leg in self._legs.items():
            source = stream if track is Track.PICTURES else stream.sound
            assert source is not None
            report = rtp.sender_report(
                channel=leg.channel + 1 if isinstance(leg, Interleaved) else 0,
                ssrc=source.ssrc,
                wall_us=stream.shown_wall_us(wall_us),
                timestamp=source.timestamp(now_ticks),
                packets=source.packets,
                payload_bytes=source.payload_bytes,
                name="/".join(self.place or ("", "")),
            )
            leg.report(report) if isinstance(leg, Datagrams) else self._transport.write(report)
        return True

    def _start_playing(self, stream: Stream, url: str) -> dict[str, str]:
        """Join the stream. Returns `RTP-Info` if what comes first is known: a later viewer waits for a key picture."""
        self._playing, self._started, self._waits_for_key = stream, Track.PICTURES not in self._legs, True
        begun = []
        for track in self._legs:
            source = stream if track is Track.PICTURES else stream.sound
            assert source is not None
            source.join(self)
            due = self._door.wake(source)
            if due is not None:
                begun.append(f"url={url}/track{track.value};seq={source.seq};rtptime={source.timestamp(due)}")
        return {"RTP-Info": ",".join(begun)} if begun else {}

    def _stop_playing(self) -> None:
        if self._playing is not None:
            self._playing.leave(self)
            if self._playing.sound is not None:
                self._playing.sound.leave(self)
            self._playing = None
        self._unflushed.clear()
        self._held = None

    def _end_session(self) -> None:
        self._stop_playing()
        self._drop_legs()
        self._set_up = None

    def _drop_legs(self) -> None:
        for leg in self._legs.values():
            leg.close()
        self._legs.clear()
        self._channel, self._datagrams = 0, None
