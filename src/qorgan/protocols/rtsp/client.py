"""The client's side of one RTSP session over TCP (RFC 2326): bytes in, frames and requests out; no I/O, no clock.

    DESCRIBE ─401─► DESCRIBE + credentials ─► SETUP ─► PLAY ─► playing, with GET_PARAMETER or OPTIONS to stay alive

The owner writes `take_bytes()`, feeds what it reads to `receive()`, and calls `on_deadline()` when
`next_deadline()` is due.
"""

from enum import StrEnum

from qorgan.domain.cameras import CameraReason
from qorgan.kernel.errors import CameraUnreachable, Invalid
from qorgan.protocols.rtsp import messages, sdp
from qorgan.protocols.rtsp.auth import Credentials, strongest
from qorgan.protocols.rtsp.h264 import Frame, H264Depacketizer

USER_AGENT = "qorgan"
ANSWER_WITHIN_S = 10.0
_MAX_ROUNDS = 12  # answers to redirects and challenges before we give up


class Step(StrEnum):
    """Where the dialogue stands: the method whose answer is awaited, or playing."""

    IDLE = "idle"
    DESCRIBE = "DESCRIBE"
    SETUP = "SETUP"
    PLAY = "PLAY"
    PLAYING = "playing"
    CLOSED = "closed"


class CameraRefused(CameraUnreachable):
    """The camera answered, and the answer means no. `reason` says why."""

    def __init__(self, reason: CameraReason, message: str) -> None:
        super().__init__(message, code=f"camera.{reason}")
        self.reason = reason


class RtspClient:
    """One session for the first H.264 video of a URL. Owns the dialogue's state and the unfinished input.

    `receive()` raises `CameraRefused` with the reason when the camera cannot be recorded; the owner then closes.
    """

    def __init__(self, url: str, credentials: Credentials | None, now: float) -> None:
        self.url = messages.parse_url(url).url
        self.step = Step.IDLE
        self.video: sdp.Media | None = None
        self.depacketizer = H264Depacketizer()
        self.clock_rate = 90000
        self._credentials = credentials
        self._challenges: list[str] = []
        self._cseq = 0
        self._rounds = 0
        self._out = bytearray()
        self._base = self.url
        self._session = ""
        self._keep_alive = "GET_PARAMETER"
        self._keep_alive_s = 30.0
        self._channel = 0
        self._deadline = now + ANSWER_WITHIN_S
        self._target = self.url
        self._last_headers: dict[str, str] = {}
        self._answers_owed = 0
        self._send(Step.DESCRIBE, self.url, {"Accept": "application/sdp"}, now)

    # What the owner asks for

    def take_bytes(self) -> bytes:
        """What must be written to the camera now."""
        data, self._out = bytes(self._out), bytearray()
        return data

    def next_deadline(self) -> float:
        """When `on_deadline` wants to be called (same clock as `now`)."""
        return self._deadline

    def on_deadline(self, now: float) -> None:
        """Time passed: keep the session alive, or give up on an answer. Raises `CameraRefused`."""
        if self.step is not Step.PLAYING:
            raise CameraRefused(CameraReason.TIMEOUT, f"no answer to {self.step} in {ANSWER_WITHIN_S:.0f} s")
        self._request(self._keep_alive, self._base, {})
        self._answers_owed += 1
        self._deadline = now + self._keep_alive_s

    def close(self) -> None:
        """Say goodbye, so that the camera frees the session at once."""
        if self._session:
            self._request("TEARDOWN", self._base, {})
        self.step = Step.CLOSED

    def receive(self, buffer: memoryview, offset: int, end: int, frames: list[Frame], now: float) -> int:
        """Take `buffer[offset:end]`; returns the offset of the first byte that must be given again with more behind it.

        Completed frames are appended to `frames`; call `depacketizer.keep()` before the buffer is reused.
        """
        while offset < end:
            if buffer[offset] == 0x24 and self.step in (Step.PLAY, Step.PLAYING):
                offset, more = self._interleaved(buffer, offset, end, frames)
                if not more:
                    return offset
                continue
            taken = self._response(bytes(buffer[offset : min(end, offset + 96 * 1024)]), now)
            if not taken:
                return offset
            offset += taken
        return offset

    # Interleaved packets

    def _interleaved(self, buffer: memoryview, offset: int, end: int, frames: list[Frame]) -> tuple[int, bool]:
        """New offset, and whether there is more to look at from there."""
        taken = self.depacketizer.feed(buffer, offset, end, self._channel, frames)
        left = end - taken
        if left < 4:
            return taken, left > 0 and buffer[taken] != 0x24
        if buffer[taken] != 0x24:
            return taken, True
        length = buffer[taken + 2] << 8 | buffer[taken + 3]
        if left < 4 + length:
            return taken, False
        # A whole packet shorter than the depacketizer's window, at the very end of the input
        if buffer[taken + 1] == self._channel and length >= 12:
            self.depacketizer.take_packet(buffer[taken + 4 : taken + 4 + length], frames)
        return taken + 4 + length, True

    # Answers

    def _response(self, data: bytes, now: float) -> int:
        """Handle one whole response; 0 when it is not whole yet."""
        try:
            parsed = messages.parse_response(data)
        except Invalid as error:
            raise CameraRefused(CameraReason.NOT_RTSP, str(error)) from error
        if parsed is None:
            return 0
        response, length = parsed
        if self._answers_owed and self.step is Step.PLAYING:
            self._answers_owed -= 1
            self._kept_alive(response)
        else:
            self._answered(response, now)
        return length

    def _kept_alive(self, response: messages.Response) -> None:
        if response.status in (405, 451, 501) and self._keep_alive == "GET_PARAMETER":
            self._keep_alive = "OPTIONS"
        elif response.status == 454:
            raise CameraRefused(CameraReason.CLOSED, "the camera has forgotten the session")

    def _answered(self, response: messages.Response, now: float) -> None:
        self._rounds += 1
        if self._rounds > _MAX_ROUNDS:
            raise CameraRefused(CameraReason.PROTOCOL_ERROR, "the dialogue does not come to an end")
        if response.status == 401:
            self._log_in(response, now)
        elif response.status in (301, 302, 303, 305, 307):
            raise CameraRefused(CameraReason.PROTOCOL_ERROR, "the camera redirects; use the address it names")
        elif response.status != 200:
            raise CameraRefused(*_refusal(response))
        elif self.step is Step.DESCRIBE:
            self._described(response, now)
        elif self.step is Step.SETUP:
            self._set_up(response, now)
        elif self.step is Step.PLAY:
            self.step = Step.PLAYING
            self._deadline = now + self._keep_alive_s

    def _log_in(self, response: messages.Response, now: float) -> None:
        stale = any("stale=true" in text.lower() for text in response.headers.get("www-authenticate", []))
        if self._credentials is None:
            raise CameraRefused(CameraReason.WRONG_PASSWORD, "the camera wants a user and a password")
        if self._challenges and not stale:
            raise CameraRefused(CameraReason.WRONG_PASSWORD, "the camera does not accept this user and password")
        self._challenges = response.headers.get("www-authenticate", [])
        if strongest(self._challenges) is None:
            raise CameraRefused(CameraReason.PROTOCOL_ERROR, "no way of logging in that we know")
        self._send(self.step, self._target, self._last_headers, now)

    def _described(self, response: messages.Response, now: float) -> None:
        try:
            description = sdp.parse(response.body)
        except Invalid as error:
            raise CameraRefused(CameraReason.PROTOCOL_ERROR, str(error)) from error
        self.video = _choose_video(description)
        self.clock_rate = self.video.clock_rate
        self.depacketizer = H264Depacketizer(self.video.h264_parameter_sets())
        base = response.header("content-base") or response.header("content-location") or self.url
        self._base = base if base.lower().startswith("rtsp://") else self.url
        if description.control.lower().startswith("rtsp://"):
            self._base = description.control
        target = messages.resolve(self._base, self.video.control)
        self._send(Step.SETUP, target, {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}, now)

    def _set_up(self, response: messages.Response, now: float) -> None:
        session, _, parameters = response.header("session").partition(";")
        self._session = session.strip()
        timeout = parameters.strip().lower().removeprefix("timeout=").split(";")[0]
        if timeout.isdigit():
            self._keep_alive_s = min(max(int(timeout) / 2, 1.0), 60.0)
        for part in response.header("transport").split(";"):
            if part.strip().lower().startswith("interleaved="):
                first = part.strip()[12:].split("-")[0]
                self._channel = int(first) if first.isdigit() and int(first) < 256 else 0
        self._send(Step.PLAY, self._base, {"Range": "npt=0.000-"}, now)

    # Requests

    def _send(self, step: Step, target: str, headers: dict[str, str], now: float) -> None:
        self.step, self._target, self._last_headers = step, target, headers
        self._request(step.value, target, headers)
        self._deadline = now + ANSWER_WITHIN_S

    def _request(self, method: str, target: str, headers: dict[str, str]) -> None:
        self._cseq += 1
        extra = {"User-Agent": USER_AGENT}
        if self._session:
            extra["Session"] = self._session
        challenge = strongest(self._challenges)
        if challenge is not None and self._credentials is not None:
            extra["Authorization"] = self._credentials.authorize(challenge, method, target)
        self._out += messages.request(method, target, self._cseq, headers | extra)


def _refusal(response: messages.Response) -> tuple[CameraReason, str]:
    said = f"the camera answered {response.status} {response.reason[:80]}"
    if response.status == 403:
        return CameraReason.WRONG_PASSWORD, said
    if response.status == 404:
        return CameraReason.NOT_FOUND, said
    if response.status in (415, 461):
        return CameraReason.UNSUPPORTED_CODEC, said
    if response.status in (453, 503):
        return CameraReason.REFUSED, said
    return CameraReason.PROTOCOL_ERROR, said


def _choose_video(description: sdp.Description) -> sdp.Media:
    videos = [media for media in description.media if media.kind == "video"]
    if not videos:
        raise CameraRefused(CameraReason.NO_VIDEO, "the camera offers no video")
    for media in videos:
        if media.encoding == "H264":
            return media
    names = ", ".join(media.encoding or f"payload {media.payload_type}" for media in videos)
    raise CameraRefused(CameraReason.UNSUPPORTED_CODEC, f"the camera offers {names[:60]}; H264 is needed")
