"""The wizard on the command line: find, log in, choose streams, look, set. Returns a camera; saves nothing.

Nothing else runs in its event loop, so it may wait for a person, and for the disk, in the middle of a dialogue.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import typer

from qorgan.edge.config import Camera
from qorgan.edge.onvif.client import OnvifClient
from qorgan.edge.onvif.discovery import Target, search
from qorgan.edge.onvif.setup import HousePlan, Inspection, apply_house, inspect, picture, plan_house
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import Invalid, NotFound
from qorgan.protocols.onvif.device import DeviceInfo
from qorgan.protocols.onvif.discovery import Found
from qorgan.protocols.onvif.media import Profile
from qorgan.protocols.onvif.soap import Login

CLOCK_IS_WRONG_BEYOND_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What was said on the command line. None: to be asked, or suggested by the wizard."""

    onvif: str | None = None
    search_at: Sequence[Target] = ()
    main_profile: str | None = None
    sub_profile: str | None = None
    no_sub: bool = False
    picture: Path | None = None
    house_profile: bool = False
    ntp: str | None = None
    yes: bool = False
    name: str = ""  # for the text in the picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A camera that was found and can be added."""

    url: str
    main: str
    sub: str | None


def somebody_is_there() -> bool:
    """Whether there is a person to ask."""
    return sys.stdin.isatty()


def configured_as(url: str, cameras: Sequence[Camera]) -> str | None:
    """The key under which a device stands in the configuration already, by its ONVIF address or else by its host."""
    for camera in cameras:
        if camera.onvif == url:
            return camera.key
    host = urlsplit(url).hostname
    for camera in cameras:
        if camera.onvif is None and urlsplit(camera.main).hostname == host:
            return camera.key
    return None


async def find_device(wishes: Wishes, cameras: Sequence[Camera]) -> str:
    """The address of the device to add: named, or found and chosen. Raises `NotFound`, `Invalid`."""
    if wishes.onvif is not None:
        return wishes.onvif
    if not somebody_is_there():
        raise Invalid("nobody is there to choose a camera; name one with --onvif (see `qorgan edge discover`)")
    typer.echo("Searching for cameras …")
    found, _ = await search(at=wishes.search_at)
    if not found:
        raise NotFound("no camera answered; name one with --onvif http://host/onvif/device_service")
    for number, line in enumerate(found_lines(found, cameras), 1):
        typer.echo(f"{number:3}  {line}")
    number = int(typer.prompt("Which one", type=int, default=1 if len(found) == 1 else None))
    if not 1 <= number <= len(found):
        raise Invalid(f"there is no number {number} in the list")
    return found[number - 1].url


def found_lines(found: Sequence[Found], cameras: Sequence[Camera]) -> list[str]:
    """One line for each device: address, model, name, and its key when it is configured."""
    return [
        f"{one.url}  {one.model or '?'}  {one.name}" + (f"  (configured: {key})" if key else "")
        for one in found
        for key in [configured_as(one.url, cameras)]
    ]


async def set_up(
    url: str, login: Login | None, wishes: Wishes, clock: Clock, *, confirm: Callable[[str], bool]
) -> Chosen:
    """Everything between the login and the file. Raises what the camera refuses, and `Invalid` for a bad choice."""
    async with OnvifClient(url, login, clock) as client:
        seen = await inspect(client)
        _show(seen)
        main = _profile(seen, wishes.main_profile) or _ask_profile(seen, "Main stream", seen.main)
        sub = None if wishes.no_sub else _profile(seen, wishes.sub_profile) or _ask_sub(seen, main)
        if wishes.house_profile:
            name = wishes.name or urlsplit(url).hostname or "camera"
            plan = await plan_house(client, seen, main, sub, name=name, ntp_server=wishes.ntp)
            await _change(client, seen, main, plan, wishes, confirm)
        if wishes.picture is not None:
            await _save_picture(client, seen, main, wishes.picture)
        return Chosen(
            url=url,
            main=await client.stream_url(seen.service, main.token),
            sub=await client.stream_url(seen.service, sub.token) if sub else None,
        )


def _show(seen: Inspection) -> None:
    typer.echo(_device_line(seen.info))
    if seen.clock_offset_s is None:
        typer.echo("clock: the camera does not tell its time")
    elif abs(seen.clock_offset_s) > CLOCK_IS_WRONG_BEYOND_S:
        typer.echo(f"clock: {seen.clock_offset_s:+.0f} s off; set it, or let --house-profile --ntp HOST do it")
    for profile in seen.profiles:
        role = "main" if profile == seen.main else "sub" if profile == seen.sub else ""
        typer.echo(f"  {profile.token}  {profile_line(profile)}  {role}".rstrip())


def _device_line(info: DeviceInfo) -> str:
    return f"{info.manufacturer} {info.model}, firmware {info.firmware}, serial number {info.serial}"


def profile_line(profile: Profile) -> str:
    """A profile for a person."""
    found = profile.encoder
    if found is None:
        return f"{profile.name} (no video)"
    size = f"{found.width}×{found.height}"
    return f"{profile.name} {found.encoding} {size} {found.frames_per_s:g}/s {found.kbit_per_s} kbit/s"


def _profile(seen: Inspection, token: str | None) -> Profile | None:
    if token is None:
        return None
    for profile in seen.profiles:
        if profile.token == token:
            return profile
    raise Invalid(f"the camera has no profile {token[:60]!r}; it has {', '.join(p.token for p in seen.profiles)}")


def _ask_profile(seen: Inspection, question: str, suggestion: Profile) -> Profile:
    if not somebody_is_there():
        return suggestion
    chosen = _profile(seen, str(typer.prompt(question, default=suggestion.token)))
    assert chosen is not None
    return chosen


def _ask_sub(seen: Inspection, main: Profile) -> Profile | None:
    suggestion = seen.sub if seen.sub != main else None
    if suggestion is None:
        return None
    return _ask_profile(seen, "Sub stream", suggestion)


async def _change(
    client: OnvifClient,
    seen: Inspection,
    main: Profile,
    plan: HousePlan,
    wishes: Wishes,
    confirm: Callable[[str], bool],
) -> None:
    for line in plan.impossible:
        typer.echo(f"cannot be set – {line}")
    if wishes.ntp is None:
        typer.echo("time server: left as it is (name one with --ntp)")
    if not plan.changes:
        typer.echo("The camera has the house profile already.")
        return
    for change in plan.changes:
        typer.echo(f"  {change.what}: {change.before} → {change.after}")
    if not wishes.yes and not confirm("Change this at the camera?"):
        typer.echo("The camera is left as it is.")
        return
    await apply_house(client, seen, main, plan)
    typer.echo("The camera has the house profile.")


async def _save_picture(client: OnvifClient, seen: Inspection, main: Profile, path: Path) -> None:
    data = await picture(client, seen, main)
    if data is None:
        typer.echo("picture: the camera makes none")
        return
    path.write_bytes(data)  # noqa: ASYNC240 - see above
    typer.echo(f"picture: {path} ({len(data)} bytes)")
