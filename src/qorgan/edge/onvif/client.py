"""One ONVIF device over HTTP: calls carried, logins made, refusals understood."""

import asyncio
import contextlib
import os
from collections.abc import Mapping
from datetime import timedelta
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import CameraUnreachable, Invalid, Rejected, Unavailable
from qorgan.protocols.addresses import device_mistake
from qorgan.protocols.onvif import address, device, events, media
from qorgan.protocols.onvif.errors import ClockTooFar, NotOnvif, NotSupported, WrongPassword
from qorgan.protocols.onvif.events import PullPoint
from qorgan.protocols.onvif.login import LoginState
from qorgan.protocols.onvif.media import Profile
from qorgan.protocols.onvif.soap import Call, Login, Service, envelope, read_answer, username_token
from qorgan.protocols.onvif.tree import MAX_BYTES

T = TypeVar("T")
ANSWER_WITHIN_S = 10.0
CONNECT_WITHIN_S = 5.0
MAX_PICTURE_BYTES = 8_000_000


class OnvifClient:
    """Talks to one device; use with `async with`. Owner of what is known of its login and its services.

    Every call raises what `protocols.onvif.errors` names, and `CameraUnreachable` when nobody answers in
    `ANSWER_WITHIN_S` seconds. A password is never sent as it is, and never to another host than that of `url`.
    """

    def __init__(self, url: str, login: Login | None, clock: Clock) -> None:
        if mistake := device_mistake(url):
            raise Invalid(f"the camera's ONVIF address is wrong: {mistake}", code="camera.bad_url")
        self.url = url
        self._login, self._clock = login, clock
        self._state = LoginState()
        self._services: Mapping[Service, str] | None = None
        # Where the camera asks for it; Basic is never answered
        self._digest = httpx.DigestAuth(login.user, login.password) if login else None
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(ANSWER_WITHIN_S, connect=CONNECT_WITHIN_S),
            follow_redirects=False,
            trust_env=False,
            headers={"Accept-Encoding": "identity", "User-Agent": "qorgan"},
            limits=httpx.Limits(max_connections=2, max_keepalive_connections=1),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    @property
    def clock_offset_s(self) -> float | None:
        """How far the camera's clock was ahead of ours when it was last asked, in seconds; None: it does not tell."""
        return None if self._state.offset is None else self._state.offset.total_seconds()

    async def measure_clock(self) -> float | None:
        """Ask for the time. None when the camera does not tell it; raises `CameraUnreachable` when nobody answers."""
        asked_at = self._clock.now()
        try:
            told = await self._ask(device.get_clock(), self.url)
        except (Rejected, NotOnvif, Unavailable) as error:
            if isinstance(error, CameraUnreachable) and not isinstance(error, NotOnvif):
                raise
            self._state.measured(None)
            return None
        offset = device.clock_offset_s(told, asked_at, self._clock.now())
        self._state.measured(timedelta(seconds=offset))
        return offset

    async def services(self) -> Mapping[Service, str]:
        """Where the device's services are, at the host that we know; asked once. Old devices are asked the old way."""
        if self._services is None:
            try:
                given = await self.call(device.get_services())
            except (NotSupported, NotOnvif, Unavailable) as error:
                if isinstance(error, CameraUnreachable) and not isinstance(error, NotOnvif):
                    raise
                given = await self.call(device.get_capabilities())
            self._services = {
                service: address.service_address(listed, self.url) for service, listed in given.items()
            } | {Service.DEVICE: self.url}
        return self._services

    async def media_service(self) -> Service:
        """Media2 where the camera has it, Media otherwise. Raises `NotSupported` when it has neither."""
        services = await self.services()
        for service in (Service.MEDIA2, Service.MEDIA):
            if service in services:
                return service
        raise NotSupported("the camera has no media service")

    async def call(self, call: Call[T], *, at: PullPoint | None = None, within_s: float = ANSWER_WITHIN_S) -> T:
        """Ask, logged in where that is needed. A pull point is asked at its own address."""
        url = self.url if call.service is Service.DEVICE else ""
        if at is not None:
            url = address.service_address(at.url, self.url)
        elif not url:
            url = await self._address(call.service)
        headers = at.headers if at is not None else ""
        if call.anonymous or self._login is None:
            try:
                return await self._ask(call, url, headers=headers, within_s=within_s)
            except (WrongPassword, ClockTooFar):
                if self._login is None:
                    raise  # some want a login where the standard wants none
        return await self._ask_logged_in(call, url, headers, within_s)

    async def profiles(self) -> tuple[Service, tuple[Profile, ...]]:
        """The profiles, and the media service that told them. A Media2 that does not work gives way to Media."""
        service = await self.media_service()
        try:
            found = await self.call(media.get_profiles(service))
        except (NotSupported, NotOnvif):
            if service is Service.MEDIA or Service.MEDIA not in await self.services():
                raise
            service, found = Service.MEDIA, await self.call(media.get_profiles(Service.MEDIA))
        return service, found

    async def stream_url(self, service: Service, profile: str) -> str:
        """The RTSP address of a profile, at the host that we know, without user and password."""
        return address.stream_address(await self.call(media.get_stream_uri(service, profile)), self.url)

    async def snapshot(self, service: Service, profile: str) -> bytes:
        """A picture of a profile as the camera makes it, in JPEG. Raises `NotSupported` where it makes none."""
        given = await self.call(media.get_snapshot_uri(service, profile))
        status, data = await self._get(address.service_address(given, self.url))
        if status == 401:
            raise WrongPassword("the camera refuses the login for its picture")
        if status != 200 or not data.startswith(b"\xff\xd8"):
            raise NotOnvif(f"the camera's picture is none (HTTP {status})")
        return data

    async def subscribe(self, lives_s: int) -> PullPoint:
        return await self.call(events.create_pull_point(lives_s))

    async def _address(self, service: Service) -> str:
        url = (await self.services()).get(service)
        if url is None:
            raise NotSupported(f"the camera has no {service.name.lower()} service")
        return url

    async def _ask_logged_in(self, call: Call[T], url: str, headers: str, within_s: float) -> T:
        """Never more than three tries: cameras lock a user out after five or so."""
        refusal: WrongPassword | ClockTooFar | None = None
        for prepare in (self._with_known_clock, self._with_clock_anew, self._with_our_clock):
            if not await prepare():
                continue
            try:
                answer = await self._ask(call, url, headers=headers, logged_in=True, within_s=within_s)
            except (WrongPassword, ClockTooFar) as error:
                refusal = error
            else:
                self._state.accepted()
                return answer
        assert refusal is not None
        self._state.use_our_clock = False
        raise self._state.explain(refusal) from refusal

    async def _with_known_clock(self) -> bool:
        if self._state.offset is None and not self._state.proved:
            await self.measure_clock()
        return True

    async def _with_clock_anew(self) -> bool:
        """Worth another try when the camera's clock is not where we thought."""
        before = self._state.offset
        await self.measure_clock()
        now = self._state.offset
        return before is not None and now is not None and abs(now - before) > timedelta(seconds=1)

    async def _with_our_clock(self) -> bool:
        self._state.use_our_clock = self._state.may_try_our_clock()
        return self._state.use_our_clock

    async def _ask(
        self,
        call: Call[T],
        url: str,
        *,
        headers: str = "",
        logged_in: bool = False,
        within_s: float = ANSWER_WITHIN_S,
    ) -> T:
        security = ""
        if logged_in and self._login is not None:
            security = username_token(self._login, self._state.created(self._clock.now()), os.urandom(16))
        message_id = f"urn:uuid:{uuid4()}" if call.addressed else ""
        content = envelope(call, security=security, to=url, message_id=message_id, extra=headers)
        kind = f'application/soap+xml; charset=utf-8; action="{call.action}"'
        request = self._http.build_request("POST", url, content=content, headers={"Content-Type": kind})
        status, data = await self._send(request, MAX_BYTES, within_s, logged_in=logged_in)
        return read_answer(call, status, data)

    async def _get(self, url: str) -> tuple[int, bytes]:
        request = self._http.build_request("GET", url)
        return await self._send(request, MAX_PICTURE_BYTES, ANSWER_WITHIN_S, logged_in=True)

    async def _send(
        self, request: httpx.Request, most_bytes: int, within_s: float, *, logged_in: bool
    ) -> tuple[int, bytes]:
        request.extensions["timeout"] = httpx.Timeout(within_s, connect=CONNECT_WITHIN_S).as_dict()
        try:
            async with asyncio.timeout(within_s + CONNECT_WITHIN_S):
                if not logged_in or self._digest is None:
                    return (await self._exchange(request, most_bytes))[1:]
                # httpx would read the whole body of a refusal, however long, so we lead its own dialogue ourselves
                dialogue = self._digest.auth_flow(request)
                response, status, data = await self._exchange(next(dialogue), most_bytes)
                with contextlib.suppress(StopIteration):
                    _, status, data = await self._exchange(dialogue.send(response), most_bytes)
                return status, data
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            host = urlsplit(self.url).netloc
            raise CameraUnreachable(f"{host} does not answer: {_why(error)}") from error

    async def _exchange(self, request: httpx.Request, most_bytes: int) -> tuple[httpx.Response, int, bytes]:
        response = await self._http.send(request, auth=None, stream=True)
        try:
            return response, response.status_code, await _bounded(response, most_bytes)
        finally:
            await response.aclose()


async def _bounded(response: httpx.Response, most: int) -> bytes:
    data = bytearray()
    async for piece in response.aiter_raw():
        data += piece
        if len(data) > most:
            raise NotOnvif(f"the camera's answer has more than {most} bytes")
    return bytes(data)


def _why(error: Exception) -> str:
    """In words, and without an address in them."""
    if isinstance(error, httpx.ConnectError):
        return "nothing listens there, or there is no way"
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return "no answer in time"
    return type(error).__name__
