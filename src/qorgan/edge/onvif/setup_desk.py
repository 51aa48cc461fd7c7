"""Setting up a camera from the centre: search, look, save, and take away what was just added.

The same hands as `qorgan edge add-camera`. Each order carries a grant that names it by its digest, and comes sealed for
this node: a password is in nothing else that travels, and in no log, answer or error here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from qorgan.domain.places import LocalText
from qorgan.edge import config as configuration
from qorgan.edge.config import Camera, EdgeConfig
from qorgan.edge.files import one_writer
from qorgan.edge.onvif.added import AddedCameras, take_away
from qorgan.edge.onvif.client import OnvifClient
from qorgan.edge.onvif.desk import MAX_JPEG_BYTES
from qorgan.edge.onvif.discovery import search
from qorgan.edge.onvif.setup import Inspection, apply_house, inspect, picture, plan_house
from qorgan.edge.onvif.wizard import configured_as
from qorgan.edge.recorder.probe import Probe, probe
from qorgan.edge.seal import seal_key
from qorgan.edge.secrets import SecretStore
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import Conflict, Exhausted, Invalid
from qorgan.kernel.ids import CameraKey, is_key
from qorgan.protocols.addresses import MAX_URL_CHARACTERS, has_password, stream_mistake
from qorgan.protocols.link import sealing
from qorgan.protocols.link.commands import Reply
from qorgan.protocols.link.grants import Action, Grant, require_order
from qorgan.protocols.link.messages import decode
from qorgan.protocols.link.setup import (
    SEAL_USE,
    CameraSetup,
    CameraWish,
    Discovered,
    FoundCamera,
    HouseChange,
    Probed,
    ProfileInfo,
    Saved,
)
from qorgan.protocols.onvif.house import Change
from qorgan.protocols.onvif.media import Profile
from qorgan.protocols.onvif.soap import Login

SEARCH_FOR_S = 3.0
MAX_FOUND = 200  # in one answer
MAX_TEXT = 200
MAX_SECRET = 200
log = structlog.get_logger(__name__)
Granted = Callable[..., Grant]
Handler = Callable[[bytes], Awaitable[Reply]]
Step = Callable[[CameraWish, Grant], Awaitable[Reply]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Streams:
    """What was chosen of a camera."""

    main: str
    sub: str | None
    onvif: str | None


class SetupDesk:
    """Answers `discover`, `probe_camera`, `save_camera`, `remove_camera`, one at a time.

    `granted` verifies a grant, `note` writes the school's own ledger. `path` is the node's edge.toml: the supervisor
    starts the node's parts anew when it has changed.
    """

    def __init__(
        self, path: Path, config: EdgeConfig, clock: Clock, *, granted: Granted, note: Callable[[Grant], None]
    ) -> None:
        self._path, self._storage, self._site = path, config.storage, config.site.id
        self._clock, self._granted, self._note = clock, granted, note
        self._secrets, self._added = SecretStore(config.storage.data), AddedCameras(config.storage.data)
        self._busy = asyncio.Lock()

    def answers(self) -> Mapping[str, Handler]:
        """By the name of the command."""
        steps: dict[str, Step] = {
            "discover": self._discover,
            "probe_camera": self._probe,
            "save_camera": self._save,
            "remove_camera": self._remove,
        }
        return {name: self._answer(step) for name, step in steps.items()}

    def _answer(self, step: Step) -> Handler:
        async def answer(data: bytes) -> Reply:
            ask = decode(data, CameraSetup)
            grant = self._granted(ask.grant, Action.SETUP)
            require_order(grant, ask.sealed)
            key = await asyncio.to_thread(seal_key, self._storage)
            wish = decode(sealing.unseal(ask.sealed, key, site=self._site, use=SEAL_USE), CameraWish)
            _require_sense(wish)
            if self._busy.locked():
                raise Exhausted("somebody sets up a camera at this school just now", code="setup.busy")
            async with self._busy:
                return await step(wish, grant)

        return answer

    # The four

    async def _discover(self, wish: CameraWish, grant: Grant) -> Reply:
        found, ignored = await search(for_s=SEARCH_FOR_S)
        cameras = (await self._config()).cameras
        items = tuple(
            FoundCamera(
                url=one.url, model=one.model[:MAX_TEXT], name=one.name[:MAX_TEXT],
                configured=configured_as(one.url, cameras) or "",
            )
            for one in found[:MAX_FOUND]
        )  # fmt: skip
        return Reply(discovered=Discovered(items=items, ignored=ignored))

    async def _probe(self, wish: CameraWish, grant: Grant) -> Reply:
        cameras = (await self._config()).cameras
        configured = configured_as(wish.address, cameras) or ""
        if wish.picture:
            self._note(grant)
        if _is_stream(wish.address):
            seen = await probe(wish.address, wish.user or None, wish.password)
            return Reply(probed=_stream_alone(seen, configured))
        async with OnvifClient(wish.address, _login(wish), self._clock) as client:
            return Reply(probed=await self._look(client, wish, configured))

    async def _look(self, client: OnvifClient, wish: CameraWish, configured: str) -> Probed:
        seen = await inspect(client)
        main, sub = _profile(seen, wish.main) or seen.main, seen.sub if wish.sub is None else _profile(seen, wish.sub)
        plan = await plan_house(client, seen, main, sub, name=_osd_name(wish), ntp_server=None)
        jpeg = await picture(client, seen, main) if wish.picture else None
        if jpeg is not None and len(jpeg) > MAX_JPEG_BYTES:
            jpeg = await picture(client, seen, sub) if sub is not None else None
        whole = jpeg is not None and len(jpeg) <= MAX_JPEG_BYTES
        return Probed(
            onvif=True,
            manufacturer=seen.info.manufacturer[:MAX_TEXT],
            model=seen.info.model[:MAX_TEXT],
            firmware=seen.info.firmware[:MAX_TEXT],
            serial=seen.info.serial[:MAX_TEXT],
            clock_offset_s=seen.clock_offset_s,
            profiles=tuple(_shown(profile) for profile in seen.profiles[:32]),
            main=seen.main.token,
            sub=seen.sub.token if seen.sub is not None else "",
            configured=configured,
            changes=tuple(_change(change) for change in plan.changes),
            at=self._clock.now(),
            jpeg=jpeg if jpeg is not None and whole else b"",
        )

    async def _save(self, wish: CameraWish, grant: Grant) -> Reply:
        if not is_key(wish.key) or grant.camera != wish.key:
            raise Invalid("a key is 1-63 of a-z, 0-9 and hyphen, and the grant names it", code="setup.key")
        streams = await self._streams(wish)
        camera = Camera(
            key=CameraKey(wish.key),
            name=wish.name if wish.name is not None else LocalText(kk=wish.key),
            zone=wish.zone,
            main=streams.main,
            sub=streams.sub,
            user=wish.user or None,
            onvif=streams.onvif,
        )
        await asyncio.to_thread(configuration.check_new_camera, self._path, camera)
        urls = [url for url in (camera.main, camera.sub) if url is not None]
        for url in urls:
            await probe(url, camera.user, wish.password)
        self._note(grant)
        await asyncio.to_thread(self._write, camera, wish.password)
        log.warning("setup.camera_added", camera=camera.key, viewer=grant.viewer)
        return Reply(saved=Saved(key=camera.key))

    async def _remove(self, wish: CameraWish, grant: Grant) -> Reply:
        if grant.camera != wish.key:
            raise Invalid("the grant is for another camera", code="setup.key")
        await asyncio.to_thread(self._added.require_recent, wish.key, self._clock.now())
        await asyncio.to_thread(self._forget, wish.key)
        self._note(grant)
        log.warning("setup.camera_removed", camera=wish.key, viewer=grant.viewer)
        return Reply(saved=Saved(key=wish.key))

    # Steps

    async def _streams(self, wish: CameraWish) -> _Streams:
        """The addresses to record, after the house profile was set if that is wished."""
        if _is_stream(wish.address):
            for url in (wish.address, wish.sub):
                if url is not None and (mistake := stream_mistake(url)):
                    raise Invalid(f"the camera's address is wrong: {mistake}", code="camera.bad_url")
            return _Streams(main=wish.address, sub=wish.sub, onvif=None)
        async with OnvifClient(wish.address, _login(wish), self._clock) as client:
            seen = await inspect(client)
            main = _profile(seen, wish.main) or seen.main
            sub = _profile(seen, wish.sub) if wish.sub is not None else None
            if wish.house_profile:
                plan = await plan_house(client, seen, main, sub, name=_osd_name(wish), ntp_server=None)
                await apply_house(client, seen, main, plan)
            return _Streams(
                main=await client.stream_url(seen.service, main.token),
                sub=await client.stream_url(seen.service, sub.token) if sub is not None else None,
                onvif=wish.address,
            )

    def _write(self, camera: Camera, password: str) -> None:
        """Secret first: a camera in the file works at once. A file that could not be written leaves no secret."""
        secret = f"camera/{camera.key}"
        with one_writer(self._path.with_name(f".{self._path.name}.lock")):
            configuration.check_new_camera(self._path, camera)
            if password:
                self._secrets.put(secret, password)
            try:
                self._added.remember(camera.key, self._clock.now())
                configuration.add_camera(self._path, camera)
            except BaseException:
                self._secrets.remove(secret)
                self._added.forget(camera.key)
                raise

    def _forget(self, key: str) -> None:
        take_away(self._path, key)
        self._secrets.remove(f"camera/{key}")
        self._added.forget(key)

    async def _config(self) -> EdgeConfig:
        """As the file says now: it may have changed since this process began."""
        return await asyncio.to_thread(configuration.load, self._path)


def _require_sense(wish: CameraWish) -> None:
    """Raises `Invalid` without repeating what was asked: it may hold a password."""
    lengths = (len(wish.address), len(wish.user), len(wish.password), len(wish.main), len(wish.sub or ""))
    if lengths[0] > MAX_URL_CHARACTERS or max(lengths[1:4]) > MAX_SECRET or lengths[4] > 2_048:
        raise Invalid("a field of the order is too long", code="setup.too_long")
    if any(has_password(url) for url in (wish.address, wish.sub or "")):
        raise Invalid("the address has a user in it; give user and password beside it", code="camera.bad_url")


def _is_stream(address: str) -> bool:
    return address.lower().startswith(("rtsp://", "rtsps://"))


def _login(wish: CameraWish) -> Login | None:
    return Login(wish.user, wish.password) if wish.user else None


def _osd_name(wish: CameraWish) -> str:
    return wish.name.kk if wish.name is not None and wish.name.kk.strip() else wish.key or "camera"


def _profile(seen: Inspection, token: str) -> Profile | None:
    """Raises `Conflict` for a token that the camera does not have (any more)."""
    if not token:
        return None
    for profile in seen.profiles:
        if profile.token == token:
            return profile
    raise Conflict("the camera's profiles have changed; look at it again", code="setup.no_profile")


def _shown(profile: Profile) -> ProfileInfo:
    found = profile.encoder
    if found is None:
        return ProfileInfo(token=profile.token, name=profile.name[:MAX_TEXT])
    return ProfileInfo(
        token=profile.token,
        name=profile.name[:MAX_TEXT],
        encoding=found.encoding[:MAX_TEXT],
        width=found.width,
        height=found.height,
        frames_per_s=found.frames_per_s,
        kbit_per_s=found.kbit_per_s,
    )


def _change(change: Change) -> HouseChange:
    first, _, rest = change.what.partition(" ")
    stream, what = (first, rest) if first in ("main", "sub") else ("", change.what)
    return HouseChange(stream=stream, what=what, before=change.before[:MAX_TEXT], after=change.after[:MAX_TEXT])


def _stream_alone(seen: Probe, configured: str) -> Probed:
    return Probed(onvif=False, configured=configured, codec=seen.codec, width=seen.width, height=seen.height)
