"""What a centre asks of a camera itself: to turn, and for one picture. Each order carries a grant, verified here.

Answered by the recorder, on its connection: pictures and orders never stand before an alarm.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from qorgan.edge.config import Camera
from qorgan.edge.onvif.client import OnvifClient
from qorgan.edge.secrets import SecretStore
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import CameraUnreachable, Exhausted, NotFound, Rejected
from qorgan.protocols.link.commands import AskPtz, AskSnapshot, PtzOrder, PtzPreset, PtzReply, Reply, Snapshot
from qorgan.protocols.link.grants import Action, Grant
from qorgan.protocols.link.messages import decode
from qorgan.protocols.onvif import house, ptz
from qorgan.protocols.onvif.errors import NotSupported, WrongPassword
from qorgan.protocols.onvif.media import Profile
from qorgan.protocols.onvif.soap import Login, Service

ANSWER_WITHIN_S = 10.0
MAX_WAITING = 8  # orders to one camera: more are refused, for they would come too late
MAX_JPEG_BYTES = 900_000  # what one message of the link can carry, with its frame
MAX_NAME_CHARACTERS = 40
T = TypeVar("T")
Granted = Callable[[bytes, Action], Grant]
Handler = Callable[[bytes], Awaitable[Reply]]


@dataclass(slots=True)
class _Speaking:
    """One camera that speaks ONVIF, and the conversation that is open with it."""

    camera: Camera
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    client: OnvifClient | None = None
    service: Service = Service.MEDIA2
    profiles: tuple[Profile, ...] = ()

    @property
    def turning_profile(self) -> str:
        """Raises `NotSupported`."""
        for profile in self.profiles:
            if profile.has_ptz:
                return profile.token
        raise NotSupported("this camera cannot turn")


class CameraDesk:
    """Owner of the recorder's conversations with cameras. `granted` verifies, `note` writes the school's ledger."""

    def __init__(
        self,
        cameras: Sequence[Camera],
        secrets: SecretStore,
        clock: Clock,
        *,
        granted: Granted,
        note: Callable[[Grant], None],
    ) -> None:
        self._cameras = {str(camera.key): _Speaking(camera) for camera in cameras if camera.onvif}
        self._secrets, self._clock, self._granted, self._note = secrets, clock, granted, note

    def answers(self) -> Mapping[str, Handler]:
        """By the name of the command."""
        return {"ptz": self._ptz, "snapshot": self._snapshot}

    async def stop(self) -> None:
        """Close every conversation."""
        for one in self._cameras.values():
            await _forget(one)

    async def _ptz(self, data: bytes) -> Reply:
        ask = decode(data, AskPtz)
        grant = self._granted(ask.grant, Action.PTZ)
        one = self._find(grant)
        self._note(grant)
        return Reply(ptz=await self._speak(one, lambda client: _turn(client, one, ask)))

    async def _snapshot(self, data: bytes) -> Reply:
        grant = self._granted(decode(data, AskSnapshot).grant, Action.SNAPSHOT)
        one = self._find(grant)
        self._note(grant)
        jpeg = await self._speak(one, lambda client: _picture(client, one))
        return Reply(snapshot=Snapshot(at=self._clock.now(), jpeg=jpeg))

    def _find(self, grant: Grant) -> _Speaking:
        try:
            return self._cameras[grant.camera]
        except KeyError:
            raise NotFound(f"camera {grant.camera} does not speak ONVIF here", code="onvif.not_supported") from None

    async def _speak(self, one: _Speaking, ask: Callable[[OnvifClient], Awaitable[T]]) -> T:
        """One order after the other; after trouble the conversation begins anew."""
        if one.waiting >= MAX_WAITING:
            raise Exhausted("this camera has more orders than it can follow", code="onvif.busy")
        one.waiting += 1
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S), one.lock:
                return await self._ask(one, ask)
        except TimeoutError as error:
            raise CameraUnreachable(f"camera {one.camera.key} did not answer in time") from error
        finally:
            one.waiting -= 1

    async def _ask(self, one: _Speaking, ask: Callable[[OnvifClient], Awaitable[T]]) -> T:
        try:
            return await ask(await self._conversation(one))
        except BaseException as error:
            if not isinstance(error, Rejected) or isinstance(error, WrongPassword):
                await _forget(one)
            raise

    async def _conversation(self, one: _Speaking) -> OnvifClient:
        if one.client is not None:
            return one.client
        assert one.camera.onvif is not None
        password = await asyncio.to_thread(self._secrets.get, f"camera/{one.camera.key}")
        login = Login(one.camera.user, password or "") if one.camera.user else None
        client = OnvifClient(one.camera.onvif, login, self._clock)
        try:
            one.service, one.profiles = await client.profiles()
        except BaseException:
            await client.close()
            raise
        one.client = client
        return client


async def _forget(one: _Speaking) -> None:
    client, one.client = one.client, None
    if client is not None:
        await client.close()


async def _turn(client: OnvifClient, one: _Speaking, ask: AskPtz) -> PtzReply:
    profile = one.turning_profile
    match ask.order:
        case PtzOrder.MOVE:
            await client.call(ptz.move(profile, pan=ask.pan, tilt=ask.tilt, zoom=ask.zoom, for_s=ask.for_s))
        case PtzOrder.STOP:
            await client.call(ptz.stop(profile))
        case PtzOrder.GOTO:
            await client.call(ptz.goto_preset(profile, ask.preset))
        case PtzOrder.SET:
            await client.call(ptz.set_preset(profile, ask.preset[:MAX_NAME_CHARACTERS]))
    if ask.order not in (PtzOrder.SET, PtzOrder.PRESETS):
        return PtzReply()
    found = await client.call(ptz.get_presets(profile))
    return PtzReply(presets=tuple(PtzPreset(token=preset.token, name=preset.name) for preset in found))


async def _picture(client: OnvifClient, one: _Speaking) -> bytes:
    """Of the largest profile whose picture the link can carry."""
    main, sub = house.suggest_streams(one.profiles)
    jpeg = await client.snapshot(one.service, main.token)
    if len(jpeg) > MAX_JPEG_BYTES and sub is not None:
        jpeg = await client.snapshot(one.service, sub.token)
    if len(jpeg) > MAX_JPEG_BYTES:
        raise Exhausted("the camera's picture is too large for the link", code="onvif.picture_too_large")
    return jpeg
