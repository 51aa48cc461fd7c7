"""Setting up a camera: what it is, what it offers, and bringing it to the house profile. Talks to no terminal."""

import contextlib
from dataclasses import dataclass

from qorgan.edge.onvif.client import OnvifClient
from qorgan.kernel.errors import Conflict, QorganError
from qorgan.protocols.onvif import device, house, media
from qorgan.protocols.onvif.device import DeviceInfo
from qorgan.protocols.onvif.errors import NotOnvif, NotSupported
from qorgan.protocols.onvif.house import Change
from qorgan.protocols.onvif.media import Encoder, Osd, Profile
from qorgan.protocols.onvif.soap import Service

TIME_ZONE = "UTC-5"  # POSIX writes it the other way round: Kazakhstan is UTC+5 everywhere since 2024-03-01
MAX_OSD_CHARACTERS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """A camera after login. `clock_offset_s` is None when it does not tell its time."""

    info: DeviceInfo
    service: Service
    profiles: tuple[Profile, ...]
    main: Profile  # suggested
    sub: Profile | None
    clock_offset_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HousePlan:
    """What would be changed to bring a camera to the house profile; `changes` is for a person to read.

    `impossible` says what the camera cannot: it does not keep the rest from being done.
    """

    encoders: tuple[Encoder, ...]  # as wanted
    osd_text: str | None
    osd: Osd | None  # the text that is there and would be rewritten; None: a new one
    ntp_server: str | None
    changes: tuple[Change, ...]
    impossible: tuple[str, ...]


async def inspect(client: OnvifClient) -> Inspection:
    """Log in and look. Raises what the client raises, and `NotSupported` for a camera that we cannot record."""
    info = await client.call(device.get_information())
    service, profiles = await client.profiles()
    main, sub = house.suggest_streams(profiles)
    return Inspection(
        info=info, service=service, profiles=profiles, main=main, sub=sub, clock_offset_s=client.clock_offset_s
    )


async def plan_house(
    client: OnvifClient, seen: Inspection, main: Profile, sub: Profile | None, *, name: str, ntp_server: str | None
) -> HousePlan:
    """Compare the camera with the house profile. Changes nothing."""
    impossible: list[str] = []
    changes: list[Change] = []
    encoders: list[Encoder] = []
    for label, profile, goal in (("main", main, house.MAIN), ("sub", sub, house.SUB)):
        if profile is None or profile.encoder is None:
            continue
        try:
            options = await client.call(media.get_encoder_options(seen.service, profile.encoder.token, profile.token))
            wanted = house.plan_encoder(profile.encoder, options, goal)
        except NotSupported as error:
            impossible.append(f"{label}: {error}")
            continue
        found = house.differences(profile.encoder, wanted)
        if found:
            encoders.append(wanted)
            changes += [Change(what=f"{label} {one.what}", before=one.before, after=one.after) for one in found]
    osd, osd_text = await _plan_osd(client, seen.service, main, name, changes, impossible)
    ntp = await _plan_ntp(client, ntp_server, changes, impossible)
    return HousePlan(
        encoders=tuple(encoders),
        osd_text=osd_text,
        osd=osd,
        ntp_server=ntp,
        changes=tuple(changes),
        impossible=tuple(impossible),
    )


async def apply_house(client: OnvifClient, seen: Inspection, main: Profile, plan: HousePlan) -> None:
    """Do what was planned, then ask the camera what became of it.

    Raises `Conflict` when it accepted settings and did not keep them; what was done before stays done.
    """
    for wanted in plan.encoders:
        await client.call(media.set_encoder(seen.service, wanted))
        kept = await client.call(media.get_encoder(seen.service, wanted.token))
        if left := house.differences(kept, wanted):
            said = ", ".join(f"{one.what} {one.before}" for one in left)
            raise Conflict(f"the camera accepted the settings and keeps its own: {said}", code="onvif.not_kept")
    if plan.osd_text is not None and plan.osd is not None:
        await client.call(media.set_osd_text(seen.service, plan.osd, plan.osd_text))
    elif plan.osd_text is not None:
        await client.call(media.create_osd(seen.service, main.video_source, plan.osd_text))
    if plan.ntp_server is not None:
        await client.call(device.set_ntp(plan.ntp_server))
        await client.call(device.use_ntp(TIME_ZONE))
        await client.measure_clock()


async def _plan_osd(
    client: OnvifClient,
    service: Service,
    main: Profile,
    name: str,
    changes: list[Change],
    impossible: list[str],
) -> tuple[Osd | None, str | None]:
    wanted = name[:MAX_OSD_CHARACTERS]
    try:
        there = await client.call(media.get_osds(service, main.video_source))
    except (NotSupported, NotOnvif) as error:
        impossible.append(f"name in the picture: {error}")
        return None, None
    texts = [osd for osd in there if osd.is_text]
    if any(osd.text == wanted for osd in texts):
        return None, None
    changes.append(Change(what="name in the picture", before=texts[0].text if texts else "–", after=wanted))
    return (texts[0] if texts else None), wanted


async def _plan_ntp(
    client: OnvifClient, server: str | None, changes: list[Change], impossible: list[str]
) -> str | None:
    if server is None:
        return None
    device.set_ntp(server)  # says `Invalid` before anything is changed
    before = "unknown"
    try:
        now = await client.call(device.get_ntp())
        before = "by DHCP" if now.from_dhcp else now.server or "–"
    except NotSupported as error:
        impossible.append(f"time server: {error}")
        return None
    if before == server:
        return None
    changes.append(Change(what="time server", before=before, after=server))
    return server


async def picture(client: OnvifClient, seen: Inspection, main: Profile) -> bytes | None:
    """What the camera sees, in JPEG, or None when it makes no pictures: its stream is asked for one anyhow."""
    with contextlib.suppress(QorganError):
        return await client.snapshot(seen.service, main.token)
    return None
