"""The client's side of one RTSP session (RFC 2326): bytes in, frames and requests out; no I/O, no clock.

    DESCRIBE ─401─► DESCRIBE + credentials ─► SETUP video ─► SETUP audio ─► PLAY ─► playing
    while playing: GET_PARAMETER or OPTIONS to stay alive, receiver reports, answers to what the camera asks

The owner writes `take_bytes()`, feeds what it reads to `receive()`, and calls `on_deadline()` when
`next_deadline()` is due. Over UDP it also owns the sockets: see `UdpPorts` and `receive_datagrams()`.
"""

import random
import re
from dataclasses import dataclass
from enum import StrEnum

from qorgan.domain.cameras import CameraReason
from qorgan.kernel.errors import CameraUnreachable, Invalid
from qorgan.protocols.rtsp import audio, messages, rtcp, sdp
from qorgan.protocols.rtsp.audio import AudioFrame
from qorgan.protocols.rtsp.auth import Credentials, Login
from qorgan.protocols.rtsp.h264 import Frame, H264Depacketizer
from qorgan.protocols.rtsp.h265 import H265Depacketizer
from qorgan.protocols.rtsp.udp import ReorderBuffer

USER_AGENT = "qorgan"
ANSWER_WITHIN_S = 10.0
REPORT_EVERY_S = 5.0  # RFC 3550 §6.2
MAX_REDIRECTS = 3
_MAX_ROUNDS = 16  # answers to redirects and challenges before we give up
_MAX_UNSENT_BYTES = 64 * 1024
_MAX_LOGINS_WHILE_PLAYING = 8
VideoDepacketizer = H264Depacketizer | H265Depacketizer


class Step(StrEnum):
    """Where the dialogue stands: the method whose answer is awaited, or playing."""

    IDLE = "idle"
    DESCRIBE = "DESCRIBE"
    SETUP = "SETUP"
    PLAY = "PLAY"
    PLAYING = "playing"
    CLOSED = "closed"


class Transport(StrEnum):
    """How packets travel: inside the RTSP connection, or as datagrams beside it."""

    TCP = "tcp"
    UDP = "udp"

    @property
    def other(self) -> "Transport":
        return Transport.UDP if self is Transport.TCP else Transport.TCP


class CameraRefused(CameraUnreachable):
    """The camera answered, and the answer means no. `reason` says why."""

    def __init__(self, reason: CameraReason, message: str) -> None:
        super().__init__(message, code=f"camera.{reason}")
        self.reason = reason


class WrongTransport(CameraRefused):
    """The camera does not send this way (RFC 2326 §11.3.14, 461): connect again with `instead`."""

    def __init__(self, instead: Transport, message: str) -> None:
        super().__init__(CameraReason.PROTOCOL_ERROR, message)
        self.instead = instead


class Redirected(CameraRefused):
    """The camera is elsewhere: connect to `url`, with the password only if `same_host`."""

    def __init__(self, url: str, *, same_host: bool) -> None:
        super().__init__(CameraReason.PROTOCOL_ERROR, "the camera redirects")
        self.url, self.same_host = url, same_host


@dataclass(frozen=True, slots=True)
class UdpPorts:
    """Pairs of local ports, RTP even and RTCP the next, on which the owner listens (RFC 3550 §11)."""

    video: int
    audio: int | None = None


@dataclass(slots=True)
class Lane:
    """How one media of the session travels, as the camera confirmed it. Owns what is known of its reception.

    `channel`, `control_channel`: inside the connection. `server_ports`: where the camera sends from, and takes reports,
    over UDP; (0, 0) when it did not say. `source`: the address it sends from when that is not its own.
    """

    channel: int = 0
    control_channel: int = 1
    server_ports: tuple[int, int] = (0, 0)
    source: str = ""
    ssrc: int | None = None
    reorder: ReorderBuffer | None = None
    reception: rtcp.Reception | None = None
    clock: rtcp.SenderReport | None = None


class RtspClient:
    """One session for the first video of a URL that can be recorded, and its sound if wanted.

    Owns the dialogue's state and the unfinished input. `receive()` and `on_deadline()` raise `CameraRefused` with the
    reason when the camera cannot be recorded; the owner then closes. Two of its kinds say what to do instead:
    `WrongTransport` and `Redirected`.

    `encodings`: the video that the owner can record, by its names in SDP. `wants_audio`: set up the sound too, where
    the camera has one that we read. `ports`: given, packets come over UDP. `secure`: the connection is inside TLS; an
    `rtsps` address is refused without it, so that nothing is ever sent in the clear that was to be sealed.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials | None,
        now: float,
        *,
        encodings: tuple[str, ...] = ("H264",),
        wants_audio: bool = False,
        ports: UdpPorts | None = None,
        secure: bool = False,
        redirects: int = 0,
    ) -> None:
        self.address = messages.parse_url(url)
        if self.address.secure and not secure:
            raise Invalid("an rtsps address needs an encrypted connection", code="camera.bad_url")
        if self.address.secure and ports is not None:
            raise Invalid("datagrams would travel outside the encrypted connection", code="camera.bad_url")
        self.url = self.address.url
        self.step = Step.IDLE
        self.transport = Transport.TCP if ports is None else Transport.UDP
        self.video: sdp.Media | None = None
        self.audio: sdp.Media | None = None
        self.depacketizer: VideoDepacketizer = H264Depacketizer()
        self.sound: audio.AudioDepacketizer | None = None
        self.clock_rate = 90000
        self.video_lane, self.audio_lane = Lane(), Lane()
        self._encodings, self._wants_audio, self._ports = encodings, wants_audio, ports
        self._redirects = redirects
        self._login = Login(credentials) if credentials is not None else None
        self._logins = 0
        self._cseq = 0
        self._rounds = 0
        self._out = bytearray()
        self._base = self._aggregate = self.url
        self._session = ""
        self._keep_alive = "GET_PARAMETER"
        self._keep_alive_s = 30.0
        self._answers_owed = 0
        self._ssrc = random.getrandbits(32)
        self._audio_frames: list[AudioFrame] = []
        self._others: list[tuple[int, int, int]] = []
        self._setting_up = self.video_lane
        self._deadline = self._keep_alive_at = self._report_at = now + ANSWER_WITHIN_S
        self._target, self._headers = self.url, dict[str, str]()
        self._send(Step.DESCRIBE, self.url, {"Accept": "application/sdp"}, now)

    # What the owner asks for

    def take_bytes(self) -> bytes:
        """What must be written to the camera now."""
        data, self._out = bytes(self._out), bytearray()
        return data

    def take_audio(self) -> list[AudioFrame]:
        """The sound that came since the last call."""
        frames, self._audio_frames = self._audio_frames, []
        return frames

    def next_deadline(self) -> float:
        """When `on_deadline` wants to be called (same clock as `now`)."""
        return self._deadline

    def on_deadline(self, now: float) -> None:
        """Time passed: keep the session alive, report, or give up on an answer. Raises `CameraRefused`."""
        if self.step is not Step.PLAYING:
            raise CameraRefused(CameraReason.TIMEOUT, f"no answer to {self.step} in {ANSWER_WITHIN_S:.0f} s")
        if now >= self._keep_alive_at:
            self._stay_alive(now)
        if now >= self._report_at:
            self._report_at = now + REPORT_EVERY_S
            if self.transport is Transport.TCP:
                self._report_inside(now)
        self._schedule()

    def close(self) -> None:
        """Say goodbye, so that the camera frees the session at once."""
        if self._session:
            self._request("TEARDOWN", self._aggregate, {})
        self.step = Step.CLOSED

    def receive(self, buffer: memoryview, offset: int, end: int, frames: list[Frame], now: float) -> int:
        """Take `buffer[offset:end]`; returns the offset of the first byte that must be given again with more behind it.

        Completed frames are appended to `frames`; call `depacketizer.keep()` before the buffer is reused.
        """
        while offset < end:
            first = buffer[offset]
            if first == 0x24 and self.step in (Step.PLAY, Step.PLAYING):
                offset, more = self._interleaved(buffer, offset, end, frames, now)
                if not more:
                    return offset
            elif first in (0x0D, 0x0A):  # some cameras put empty lines between their messages
                offset += 1
            else:
                taken = self._message(bytes(buffer[offset : min(end, offset + 96 * 1024)]), now)
                if not taken:
                    return offset
                offset += taken
        return offset

    def receive_datagrams(self, lane: Lane, packets: list[bytes], frames: list[Frame], now: float) -> None:
        """RTP over UDP: what came for `video_lane` or `audio_lane` since the last call, in order of arrival.

        To be called once a tick, also with nothing: what waits for a packet that does not come goes on then. Completed
        frames are appended to `frames`; sound goes to `take_audio()`. Raises `Invalid` as `depacketizer.keep()` does.
        """
        if lane.reorder is None or self.step not in (Step.PLAY, Step.PLAYING):
            return
        ready = [packet for arrived in packets for packet in lane.reorder.push(arrived, now)]
        ready += lane.reorder.expire(now)
        if not ready:
            return
        if lane is self.video_lane:
            framed = b"".join(b"$\0" + len(packet).to_bytes(2, "big") + packet for packet in ready)
            with memoryview(framed) as view:
                self._all_of(view, frames)
        elif self.sound is not None:
            for packet in ready:
                self.sound.take_packet(memoryview(packet), self._audio_frames)

    def receive_control(self, lane: Lane, datagram: bytes, now: float) -> None:
        """One RTCP datagram. Raises `CameraRefused` when the camera says goodbye."""
        if self.step in (Step.PLAY, Step.PLAYING):
            self._control(lane, datagram, now)

    def report(self, lane: Lane, now: float) -> bytes:
        """What to send to `lane.server_ports[1]` over UDP, every `REPORT_EVERY_S`; empty while there is nothing."""
        if lane.reception is None or lane.reorder is None:
            return b""
        return lane.reception.write(self._ssrc, lane.reorder.next_seq, lane.reorder.lost, now)

    @property
    def lost_packets(self) -> int:
        """Video packets that never came, in this session."""
        return self.depacketizer.lost_packets

    # Interleaved packets

    def _interleaved(
        self, buffer: memoryview, offset: int, end: int, frames: list[Frame], now: float
    ) -> tuple[int, bool]:
        """New offset, and whether there is more to look at from there."""
        taken = self.depacketizer.feed(buffer, offset, end, self.video_lane.channel, frames)
        if self._others:
            others, self._others[:] = self._others[:], []
            for channel, start, following in others:
                self._beside(channel, buffer[start:following], now)
        left = end - taken
        if left < 4:
            return taken, left > 0 and buffer[taken] != 0x24
        if buffer[taken] != 0x24:
            return taken, True
        length = buffer[taken + 2] << 8 | buffer[taken + 3]
        if left < 4 + length:
            return taken, False
        # A whole packet shorter than the depacketizer's window, at the very end of the input
        packet = buffer[taken + 4 : taken + 4 + length]
        if buffer[taken + 1] != self.video_lane.channel:
            self._beside(buffer[taken + 1], packet, now)
        elif length >= 12:
            self.depacketizer.take_packet(packet, frames)
        return taken + 4 + length, True

    def _all_of(self, view: memoryview, frames: list[Frame]) -> None:
        """Packets framed as on channel 0, none of them cut."""
        taken = self.depacketizer.feed(view, 0, len(view), 0, frames)
        if taken < len(view):  # one packet, shorter than the depacketizer's window
            self.depacketizer.take_packet(view[taken + 4 :], frames)
        self.depacketizer.keep()

    def _beside(self, channel: int, packet: memoryview, now: float) -> None:
        """A packet that is not video: sound, or a report on either."""
        if channel == self.video_lane.control_channel:
            self._control(self.video_lane, bytes(packet), now)
        elif self.sound is not None and channel == self.audio_lane.channel:
            self.sound.take_packet(packet, self._audio_frames)
        elif self.sound is not None and channel == self.audio_lane.control_channel:
            self._control(self.audio_lane, bytes(packet), now)

    # Reports

    def _control(self, lane: Lane, data: bytes, now: float) -> None:
        for item in rtcp.parse(data):
            if isinstance(item, rtcp.SenderReport):
                lane.ssrc, lane.clock = item.ssrc, item
                lane.reception = lane.reception or rtcp.Reception()
                lane.reception.heard(item, now)
            elif lane is self.video_lane and lane.ssrc in item.sources:
                raise CameraRefused(CameraReason.CLOSED, "the camera has ended the stream")

    def _report_inside(self, now: float) -> None:
        lane = self.video_lane
        if lane.reception is None:
            return
        report = lane.reception.write(self._ssrc, self.depacketizer.next_seq, self.depacketizer.lost_packets, now)
        if report:
            self._put(b"$" + bytes([lane.control_channel]) + len(report).to_bytes(2, "big") + report)

    # Answers

    def _message(self, data: bytes, now: float) -> int:
        """Handle one whole answer or request; 0 when it is not whole yet."""
        try:
            parsed = messages.parse(data)
        except Invalid as error:
            raise CameraRefused(CameraReason.NOT_RTSP, str(error)) from error
        if parsed is None:
            return 0
        message, length = parsed
        if isinstance(message, messages.Request):
            self._asked(message)
        elif self._answers_owed and self.step is Step.PLAYING:
            self._answers_owed -= 1
            self._kept_alive(message)
        elif self.step in (Step.DESCRIBE, Step.SETUP, Step.PLAY):
            self._answered(message, now)
        return length

    def _answered(self, response: messages.Response, now: float) -> None:
        self._rounds += 1
        if self._rounds > _MAX_ROUNDS:
            raise CameraRefused(CameraReason.PROTOCOL_ERROR, "the dialogue does not come to an end")
        status = response.status
        if status < 200:
            return
        if status == 401:
            self._log_in(response)
            self._send(self.step, self._target, self._headers, now)
            return
        if self._login is not None:
            self._login.accepted()
        if status in (301, 302, 303, 305, 307, 308):
            raise self._redirect(response.header("location"))
        if status == 457 and self.step is Step.PLAY and self._headers:  # no range, then
            self._send(Step.PLAY, self._target, {}, now)
        elif status >= 300 and self.step is Step.SETUP and self._setting_up is self.audio_lane:
            self._without_audio(now)  # pictures without sound are better than none
        elif status == 461:
            raise self._elsewise(f"the camera does not send over {self.transport.upper()}")
        elif status >= 300:
            raise CameraRefused(*_refusal(response))
        elif self.step is Step.DESCRIBE:
            self._described(response, now)
        elif self.step is Step.SETUP:
            self._set_up(response, now)
        else:
            self.step = Step.PLAYING
            self._keep_alive_at, self._report_at = now + self._keep_alive_s, now + REPORT_EVERY_S
            self._schedule()

    def _log_in(self, response: messages.Response) -> None:
        if self._login is None:
            raise CameraRefused(CameraReason.WRONG_PASSWORD, "the camera wants a user and a password")
        try:
            again = self._login.challenged(response.headers.get("www-authenticate", []))
        except Invalid as error:
            raise CameraRefused(CameraReason.PROTOCOL_ERROR, str(error)) from error
        if not again:
            raise CameraRefused(CameraReason.WRONG_PASSWORD, "the camera does not accept this user and password")

    def _redirect(self, location: str) -> CameraRefused:
        """Where to go instead, or why not (RFC 2326 §10.5, §11.3): a sealed connection is never opened up."""
        if self._redirects >= MAX_REDIRECTS:
            return CameraRefused(CameraReason.PROTOCOL_ERROR, f"the camera redirects more than {MAX_REDIRECTS} times")
        try:
            to = messages.parse_url(location.strip())
        except Invalid:
            return CameraRefused(CameraReason.PROTOCOL_ERROR, "the camera redirects to what is no camera's address")
        if self.address.secure and not to.secure:
            return CameraRefused(CameraReason.PROTOCOL_ERROR, "the camera redirects out of the encrypted connection")
        return Redirected(to.url, same_host=to.host == self.address.host)

    def _described(self, response: messages.Response, now: float) -> None:
        try:
            description = sdp.parse(response.body)
        except Invalid as error:
            raise CameraRefused(CameraReason.PROTOCOL_ERROR, str(error)) from error
        self.video = _choose_video(description, self._encodings)
        self.audio = _choose_audio(description) if self._wants_audio else None
        self.sound = audio.depacketizer_for(self.audio) if self.audio is not None else None
        self.clock_rate = self.video.clock_rate
        self.depacketizer = _depacketizer(self.video)
        self.depacketizer.others = self._others
        base = response.header("content-base") or response.header("content-location") or self.url
        self._base = base if messages.is_absolute(base) else self.url
        if messages.is_absolute(description.control):
            self._base = description.control
        self._aggregate = messages.resolve(self._base, description.control)
        self._keep_alive = _keep_alive_method(response, self._keep_alive)
        self._ask_to_set_up(self.video_lane, self.video, 0, self._ports.video if self._ports else None, now)

    def _ask_to_set_up(self, lane: Lane, media: sdp.Media, channel: int, port: int | None, now: float) -> None:
        if self.transport is Transport.TCP:
            how = f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"
        else:
            how = f"RTP/AVP;unicast;client_port={port}-{(port or 0) + 1}"
        self._setting_up = lane
        self._send(Step.SETUP, messages.resolve(self._base, media.control), {"Transport": how}, now)

    def _set_up(self, response: messages.Response, now: float) -> None:
        session, _, parameters = response.header("session").partition(";")
        self._session = session.strip()[:256] or self._session
        timeout = re.search(r"timeout\s*=\s*\"?(\d{1,6})", parameters, re.IGNORECASE)
        if timeout:
            self._keep_alive_s = min(max(int(timeout[1]) / 2, 1.0), 60.0)
        self._keep_alive = _keep_alive_method(response, self._keep_alive)
        lane = self._setting_up
        self._travels(lane, response.header("transport"))
        if lane is self.video_lane and self.audio is not None and self.sound is not None:
            port = self._ports.audio if self._ports is not None else None
            if self.transport is Transport.TCP or port is not None:
                self._ask_to_set_up(self.audio_lane, self.audio, lane.control_channel + 1 & 0xFE, port, now)
                return
            self.sound = self.audio = None
        if lane is self.audio_lane and self.transport is Transport.TCP and _collide(self.video_lane, lane):
            self._without_audio(now)
            return
        self._play(now)

    def _travels(self, lane: Lane, text: str) -> None:
        """What the camera says of the transport (RFC 2326 §12.39). What it does not repeat is as we asked."""
        parts = {name.strip().lower(): value.strip() for name, _, value in (p.partition("=") for p in text.split(";"))}
        inside = _pair(parts.get("interleaved", ""), 255)
        ports = _pair(parts.get("server_port", ""), 65_535)
        if self.transport is Transport.TCP:
            if inside is None and ("client_port" in parts or ports is not None):
                raise self._elsewise("the camera sends over UDP whatever it is asked")
            first = 0 if lane is self.video_lane else (self.video_lane.control_channel + 1) & 0xFE
            lane.channel, lane.control_channel = inside or (first, first + 1)
            return
        if inside is not None:
            raise self._elsewise("the camera sends inside the connection whatever it is asked")
        lane.server_ports, lane.source = ports or (0, 0), parts.get("source", "")[:64]
        lane.reorder = ReorderBuffer()

    def _elsewise(self, said: str) -> CameraRefused:
        """The other transport, unless that would carry outside the encrypted connection what belongs inside."""
        if self.address.secure and self.transport is Transport.TCP:
            return CameraRefused(CameraReason.PROTOCOL_ERROR, said + ", and that is not encrypted")
        return WrongTransport(self.transport.other, said)

    def _without_audio(self, now: float) -> None:
        self.sound = self.audio = None
        self._play(now)

    def _play(self, now: float) -> None:
        self._send(Step.PLAY, self._aggregate, {"Range": "npt=0.000-"}, now)

    # Staying alive

    def _stay_alive(self, now: float) -> None:
        if self._answers_owed and self._keep_alive == "GET_PARAMETER":  # it was passed over in silence
            self._keep_alive, self._answers_owed = "OPTIONS", 0
        self._request(self._keep_alive, self._aggregate, {})
        self._answers_owed += 1
        self._keep_alive_at = now + self._keep_alive_s

    def _kept_alive(self, response: messages.Response) -> None:
        if response.status in (405, 451, 501) and self._keep_alive == "GET_PARAMETER":
            self._keep_alive = "OPTIONS"
        elif response.status == 454:
            raise CameraRefused(CameraReason.CLOSED, "the camera has forgotten the session")
        elif response.status == 401:
            self._logins += 1
            if self._logins > _MAX_LOGINS_WHILE_PLAYING:
                raise CameraRefused(CameraReason.PROTOCOL_ERROR, "the camera asks for the password again and again")
            self._log_in(response)
            self._request(self._keep_alive, self._aggregate, {})
            self._answers_owed += 1
        elif response.status < 300:
            self._logins = 0
            if self._login is not None:
                self._login.accepted()

    def _schedule(self) -> None:
        reporting = self.transport is Transport.TCP and self.video_lane.reception is not None
        self._deadline = min(self._keep_alive_at, self._report_at) if reporting else self._keep_alive_at

    # What the camera asks of us

    def _asked(self, request: messages.Request) -> None:
        """Answer properly (RFC 2326 §10): what we know is done, what we do not know is said to be so."""
        cseq = request.header("cseq")
        number = int(cseq) if cseq.isascii() and cseq.isdigit() and len(cseq) < 12 else 0
        known = request.method in ("OPTIONS", "ANNOUNCE", "REDIRECT", "GET_PARAMETER", "SET_PARAMETER", "TEARDOWN")
        headers = {"Session": self._session} if self._session else {}
        if request.method == "OPTIONS":
            headers["Public"] = "OPTIONS, ANNOUNCE, REDIRECT, GET_PARAMETER, SET_PARAMETER"
        self._put(messages.answer(*((200, "OK") if known else (501, "Not Implemented")), number, headers))
        if request.method == "REDIRECT":
            raise self._redirect(request.header("location"))
        if request.method == "TEARDOWN":
            raise CameraRefused(CameraReason.CLOSED, "the camera has ended the session")

    # Requests

    def _send(self, step: Step, target: str, headers: dict[str, str], now: float) -> None:
        self.step, self._target, self._headers = step, target, headers
        self._request(step.value, target, headers)
        self._deadline = now + ANSWER_WITHIN_S

    def _request(self, method: str, target: str, headers: dict[str, str]) -> None:
        self._cseq += 1
        extra = {"User-Agent": USER_AGENT}
        if self._session:
            extra["Session"] = self._session
        proof = self._login.authorize(method, target) if self._login is not None else None
        if proof is not None:
            extra["Authorization"] = proof
        self._put(messages.request(method, target, self._cseq, headers | extra))

    def _put(self, data: bytes) -> None:
        self._out += data
        if len(self._out) > _MAX_UNSENT_BYTES:
            raise CameraRefused(CameraReason.PROTOCOL_ERROR, "the camera asks more than it listens")


def _refusal(response: messages.Response) -> tuple[CameraReason, str]:
    said = f"the camera answered {response.status} {response.reason[:80]}"
    reasons = {
        403: CameraReason.WRONG_PASSWORD,
        404: CameraReason.NOT_FOUND,
        415: CameraReason.UNSUPPORTED_CODEC,
        453: CameraReason.REFUSED,
        454: CameraReason.CLOSED,
        503: CameraReason.REFUSED,
    }
    return reasons.get(response.status, CameraReason.PROTOCOL_ERROR), said


def _choose_video(description: sdp.Description, encodings: tuple[str, ...]) -> sdp.Media:
    videos = [media for media in description.media if media.kind == "video" and media.direction != "inactive"]
    if not videos:
        raise CameraRefused(CameraReason.NO_VIDEO, "the camera offers no video")
    for media in videos:
        if media.encoding in encodings and not media.secure:
            return media
    names = ", ".join(media.name + (" inside SRTP" if media.secure else "") for media in videos)
    wanted = " or ".join(encodings)
    raise CameraRefused(CameraReason.UNSUPPORTED_CODEC, f"the camera offers {names[:60]}; {wanted} is needed")


def _choose_audio(description: sdp.Description) -> sdp.Media | None:
    """Sound that we read. One marked `sendonly` may be the way to the camera's loudspeaker (ONVIF): rather another."""
    known = [
        media
        for media in description.media
        if media.kind == "audio" and not media.secure and media.direction != "inactive"
        if audio.depacketizer_for(media) is not None
    ]
    return next((media for media in known if media.direction != "sendonly"), None)


def _depacketizer(media: sdp.Media) -> VideoDepacketizer:
    if media.encoding == "H265":
        return H265Depacketizer(media.parameter_sets(), max_don_diff=media.max_don_diff)
    return H264Depacketizer(media.parameter_sets())


def _keep_alive_method(response: messages.Response, current: str) -> str:
    """GET_PARAMETER (RFC 2326 §10.8), or OPTIONS when the camera lists what it can and that is not in it."""
    public = response.header("public").upper()
    return "OPTIONS" if public and "GET_PARAMETER" not in public else current


def _pair(text: str, most: int) -> tuple[int, int] | None:
    """Two numbers as in "5000-5001"; a missing second is the next one."""
    found = re.match(r"\s*(\d{1,5})(?:\s*-\s*(\d{1,5}))?", text)
    if found is None:
        return None
    first = int(found[1])
    second = int(found[2]) if found[2] else first + 1
    return (first, second) if first <= most and second <= most else None


def _collide(one: Lane, other: Lane) -> bool:
    return bool({one.channel, one.control_channel} & {other.channel, other.control_channel})
