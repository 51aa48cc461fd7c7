"""The simulator's ONVIF devices: one for each simulated camera, on one HTTP port, and found by WS-Discovery.

`http://host:port/<site>/<camera>/onvif/device_service`. The streams they name are those of the RTSP simulator.
Orders (events, odd behaviour, a wrong clock) come through the remote control: `routes()`.
"""

import asyncio
import contextlib
import io
import secrets
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from html import escape
from types import TracebackType
from typing import Self, TypeVar, cast
from uuid import NAMESPACE_URL, uuid4, uuid5
from xml.etree.ElementTree import Element

import msgspec
import structlog
from defusedxml.ElementTree import fromstring
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from qorgan.domain.cameras import StreamName
from qorgan.kernel.errors import Invalid, NotFound
from qorgan.serving import serve
from qorgan.sim import digest, onvif_answers
from qorgan.sim.cameras import SimCamera
from qorgan.sim.onvif_answers import PRE_AUTH, Setting
from qorgan.sim.onvif_device import Fault, OnvifDevice, Quirk, SimEncoder, SimEvent, parse_request
from qorgan.sim.scenes import frames

GROUP, DISCOVERY_PORT = "239.255.255.250", 3702
MAX_BODY_BYTES = 100_000
MAX_REMEMBERED_CHALLENGES = 1_000
_SOAP = "application/soap+xml; charset=utf-8"
T = TypeVar("T")
StreamUrl = Callable[[str, str, str], str]  # site, camera, stream
log = structlog.get_logger()


class DeviceOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `PUT /cameras/{site}/{camera}/onvif`: how the device is from now on."""

    clock_offset_s: float = 0.0
    quirks: frozenset[Quirk] = frozenset()


class DeviceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What `GET /cameras/{site}/{camera}/onvif` tells."""

    url: str
    clock_offset_s: float
    quirks: list[Quirk]
    encoders: dict[StreamName, SimEncoder]
    position: tuple[float, float, float]
    presets: dict[str, str]
    osd_text: str | None
    ntp_server: str
    subscriptions: int
    logins_refused: int


class OnvifSimulator:
    """Use with `async with`; inside, `port` is the port it got. `discovery_port` None: it does not answer probes."""

    def __init__(
        self,
        cameras: Iterable[SimCamera],
        stream_url: StreamUrl,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        discovery_port: int | None = None,
        ptz: bool = True,
    ) -> None:
        self.host, self.port, self.discovery_port = host, port, discovery_port
        self._stream_url = stream_url
        self._devices = {(camera.site, camera.key): OnvifDevice(camera, has_ptz=ptz) for camera in cameras}
        self._challenges: deque[str] = deque(maxlen=MAX_REMEMBERED_CHALLENGES)
        self._open = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as opening:
            listener = socket.create_server((self.host, self.port))
            self.port = listener.getsockname()[1]
            opening.callback(listener.close)
            serving = asyncio.create_task(serve(self.app(), listener, grace_s=1), name="sim:onvif")
            opening.push_async_callback(_stop, serving)
            if self.discovery_port is not None:
                responder = _open_responder(self.host, self.discovery_port)
                self.discovery_port = responder.getsockname()[1]
                loop = asyncio.get_running_loop()
                transport, _ = await loop.create_datagram_endpoint(lambda: _Responder(self), sock=responder)
                opening.callback(transport.close)
            log.info("sim.onvif_listening", port=self.port, devices=len(self._devices))
            self._open = opening.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for device in self._devices.values():
            device.restart()  # nobody waits on for what will not come
        await self._open.__aexit__(kind, error, trace)

    def device(self, site: str, key: str) -> OnvifDevice:
        """Raises `NotFound`."""
        try:
            return self._devices[site, key]
        except KeyError:
            raise NotFound(f"there is no simulated camera {site}/{key}") from None

    def url(self, site: str, key: str) -> str:
        """The address of a device's device service."""
        return f"http://{self.host}:{self.port}/{site}/{key}/onvif/device_service"

    def tell(self, site: str, key: str, event: SimEvent) -> None:
        """Something happens at a camera. Raises `NotFound`."""
        self.device(site, key).tell(event, datetime.now(UTC))

    def order(self, site: str, key: str, order: DeviceOrder) -> None:
        """Let a device be odd. Raises `NotFound`."""
        device = self.device(site, key)
        device.clock_offset_s, device.quirks = order.clock_offset_s, order.quirks

    def status(self, site: str, key: str) -> DeviceStatus:
        """Raises `NotFound`."""
        device = self.device(site, key)
        device.forget_ended(datetime.now(UTC))
        return DeviceStatus(
            url=self.url(site, key),
            clock_offset_s=device.clock_offset_s,
            quirks=sorted(device.quirks),
            encoders=device.encoders,
            position=device.ptz.position(time.monotonic()),
            presets={token: name for token, (name, _) in device.presets.items()},
            osd_text=device.osd_text,
            ntp_server=device.ntp_server,
            subscriptions=len(device.subscriptions),
            logins_refused=device.logins_refused,
        )

    def routes(self) -> list[Route]:
        """For the remote control: `GET` and `PUT …/onvif`, `POST …/onvif/events`."""
        camera = "/cameras/{site}/{camera}/onvif"
        return [
            Route(camera, self._get_status, methods=["GET"]),
            Route(camera, self._put_order, methods=["PUT"]),
            Route(f"{camera}/events", self._post_event, methods=["POST"]),
        ]

    async def _get_status(self, request: Request) -> Response:
        return _json(self.status(*_place(request)))

    async def _put_order(self, request: Request) -> Response:
        self.order(*_place(request), _decode(await request.body(), DeviceOrder))
        return _json(self.status(*_place(request)))

    async def _post_event(self, request: Request) -> Response:
        self.tell(*_place(request), _decode(await request.body(), SimEvent))
        return Response(status_code=204)

    # The devices

    def app(self) -> Starlette:
        """The devices' own routes, without a server."""
        return Starlette(
            routes=[
                Route("/{site}/{camera}/onvif/snapshot/{stream}", self._snapshot, methods=["GET"]),
                Route("/{site}/{camera}/onvif/{service}", self._soap, methods=["POST"]),
            ],
            exception_handlers={NotFound: _not_found, ClientDisconnect: _gone},
        )

    async def _soap(self, request: Request) -> Response:
        device = self.device(*_place(request))
        body = await request.body()
        if Quirk.WEB_PAGE in device.quirks:
            return Response("<!doctype html><title>Router</title><p>Welcome", media_type="text/html")
        try:
            header, call = parse_request(body[:MAX_BODY_BYTES])
            name = call.tag.rpartition("}")[2]
            logged_in = self._logged_in(device, request, header, needed=name not in PRE_AUTH)
            if not logged_in and name not in PRE_AUTH:
                return self._challenge(device)
            setting = self._setting(device, request, header)
            if name == "PullMessages" and logged_in:
                await self._wait_for_events(setting, call)
                setting = self._setting(device, request, header)
            return Response(onvif_answers.answer(setting, call, logged_in=logged_in), media_type=_SOAP)
        except Fault as fault:
            return Response(onvif_answers.fault_message(fault), fault.status, media_type=_SOAP)

    async def _snapshot(self, request: Request) -> Response:
        device = self.device(*_place(request))
        profile = device.camera.profiles()[device.stream(f"profile_{request.path_params['stream']}")]
        if not self._digest_is_right(device, request):
            return self._challenge(device)
        data = await asyncio.to_thread(_picture, device.camera, profile.width, profile.height)
        return Response(data, media_type="image/jpeg")

    def _setting(self, device: OnvifDevice, request: Request, header: Element | None) -> Setting:
        site, key = _place(request)
        id = (
            None
            if header is None
            else next((e.text for e in header if e.tag == "{urn:qorgan:sim}SubscriptionId"), None)
        )
        return Setting(
            device=device,
            now=datetime.now(UTC),
            monotonic=time.monotonic(),
            base=f"http://{request.headers.get('host', f'{self.host}:{self.port}')}/{site}/{key}",
            stream_url=lambda stream: self._stream_url(site, key, stream.value),
            subscription=int(id) if id and id.isdecimal() else None,
        )

    def _logged_in(self, device: OnvifDevice, request: Request, header: Element | None, *, needed: bool) -> bool:
        if "authorization" in request.headers or not needed:
            return self._digest_is_right(device, request)
        if Quirk.DIGEST_ONLY in device.quirks:
            return device.login is None
        return device.check_token(header, datetime.now(UTC))

    def _digest_is_right(self, device: OnvifDevice, request: Request) -> bool:
        if device.login is None:
            return True
        given = request.headers.get("authorization", "")
        nonce = next((known for known in self._challenges if f'nonce="{known}"' in given), None)
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return nonce is not None and digest.is_right(device.login, nonce, request.method, target, given)

    def _challenge(self, device: OnvifDevice) -> Response:
        assert device.login is not None
        nonce = secrets.token_hex(16)
        self._challenges.append(nonce)
        return Response(status_code=401, headers={"WWW-Authenticate": digest.challenge(device.login, nonce)})

    @staticmethod
    async def _wait_for_events(setting: Setting, call: Element) -> None:
        subscription = setting.device.subscription(setting.subscription or 0, setting.now)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(onvif_answers.pull_wait_s(call)):
                await subscription.more.wait()

    # Discovery

    def matches(self, datagram: bytes) -> list[bytes]:
        """The answers to a probe: one for each device, and none to what is no probe for cameras."""
        try:
            root: Element = fromstring(datagram, forbid_dtd=True)
        except (ValueError, SyntaxError):
            return []
        said = {element.tag.rpartition("}")[2]: (element.text or "").strip() for element in root.iter()}
        types = [name.rpartition(":")[2] for name in said.get("Types", "").split()]
        if "Probe" not in said or (types and not {"NetworkVideoTransmitter", "Device"}.intersection(types)):
            return []
        return [self._match(device, said.get("MessageID", "")) for device in self._devices.values()]

    def _match(self, device: OnvifDevice, message_id: str) -> bytes:
        camera = device.camera
        host = (
            f"{onvif_answers.INNER_HOST}:{self.port}"
            if Quirk.NAT_ADDRESS in device.quirks
            else f"{self.host}:{self.port}"
        )
        scopes = (
            "onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/Profile/T onvif://www.onvif.org/Profile/S"
            f" onvif://www.onvif.org/name/{camera.key} onvif://www.onvif.org/hardware/Simulated%20{camera.scene.value}"
            f" onvif://www.onvif.org/location/{camera.site}"
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"'
            ' xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
            ' xmlns:wsdd="http://schemas.xmlsoap.org/ws/2005/04/discovery"'
            ' xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><SOAP-ENV:Header>'
            f"<wsa:MessageID>urn:uuid:{uuid4()}</wsa:MessageID><wsa:RelatesTo>{escape(message_id)}</wsa:RelatesTo>"
            "<wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</wsa:Action></SOAP-ENV:Header>"
            "<SOAP-ENV:Body><wsdd:ProbeMatches><wsdd:ProbeMatch><wsa:EndpointReference><wsa:Address>"
            f"urn:uuid:{uuid5(NAMESPACE_URL, f'qorgan-sim:{device.place}')}</wsa:Address></wsa:EndpointReference>"
            f"<wsdd:Types>dn:NetworkVideoTransmitter</wsdd:Types><wsdd:Scopes>{scopes}</wsdd:Scopes>"
            f"<wsdd:XAddrs>http://{host}/{device.place}/onvif/device_service</wsdd:XAddrs>"
            "<wsdd:MetadataVersion>1</wsdd:MetadataVersion></wsdd:ProbeMatch></wsdd:ProbeMatches></SOAP-ENV:Body>"
            "</SOAP-ENV:Envelope>"
        ).encode()


class _Responder(asyncio.DatagramProtocol):
    """Answers probes."""

    def __init__(self, simulator: OnvifSimulator) -> None:
        self._simulator = simulator

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # asyncio's own is none, by inheritance

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for answer in self._simulator.matches(data):
            self._transport.sendto(answer, addr)


async def _stop(serving: asyncio.Task[None]) -> None:
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


def _open_responder(host: str, port: int) -> socket.socket:
    """Listens to what is sent to this port, and to the group where this machine lets us join it."""
    responder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    responder.setblocking(False)
    try:
        responder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        responder.bind(("", port) if port == DISCOVERY_PORT else (host, port))
        with contextlib.suppress(OSError):  # no multicast here: unicast probes still arrive
            membership = socket.inet_aton(GROUP) + socket.inet_aton(host)
            responder.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    except OSError:
        responder.close()
        raise
    return responder


def _picture(camera: SimCamera, width: int, height: int) -> bytes:
    """What the camera sees, as JPEG."""
    picture = Image.fromarray(next(frames(camera.scene, 1, camera.main.frames_per_s)))
    file = io.BytesIO()
    picture.resize((width, height)).save(file, "JPEG", quality=80)
    return file.getvalue()


def _place(request: Request) -> tuple[str, str]:
    return request.path_params["site"], request.path_params["camera"]


def _decode(body: bytes, kind: type[T]) -> T:
    if len(body) > MAX_BODY_BYTES:
        raise Invalid("the body is too long")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise Invalid(f"the body is wrong: {error}") from error


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


def _gone(_request: Request, _error: Exception) -> Response:
    """Whoever asked hung up in the middle of it: nobody hears this."""
    return Response(status_code=400)


async def _not_found(request: Request, error: Exception) -> Response:
    return Response(str(error), 404, media_type="text/plain")
