"""The device service: clock, identity, addresses of the other services, NTP (ONVIF Core §8, ver10/device)."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from xml.etree.ElementTree import Element

from qorgan.kernel.errors import Invalid
from qorgan.protocols.onvif.errors import NotOnvif
from qorgan.protocols.onvif.soap import Call, Service, element, nothing, quote
from qorgan.protocols.onvif.tree import children, find, text

T = TypeVar("T")
_ACTION = "http://www.onvif.org/ver10/device/wsdl/"
_HOST_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
TRUNCATED_BY = timedelta(seconds=0.5)  # GetSystemDateAndTime tells whole seconds: on average half a second is cut off


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInfo:
    """What the device says it is."""

    manufacturer: str
    model: str
    firmware: str
    serial: str


def get_clock() -> Call[datetime]:
    """The camera's own UTC clock, to the second. Every client may ask, so that logins can be stamped with it."""
    return _call("GetSystemDateAndTime", "", _read_clock, anonymous=True)


def clock_offset_s(told: datetime, asked_at: datetime, answered_at: datetime) -> float:
    """How far the camera's clock is ahead of ours, in seconds, to ±0.5 s and half the round trip."""
    middle = asked_at + (answered_at - asked_at) / 2
    return (told + TRUNCATED_BY - middle).total_seconds()


def get_information() -> Call[DeviceInfo]:
    return _call("GetDeviceInformation", "", _read_information)


def get_services() -> Call[dict[Service, str]]:
    """The addresses of the services, by namespace. What we do not know is left out."""
    return _call("GetServices", element("tds:IncludeCapability", "false"), _read_services, anonymous=True)


def get_capabilities() -> Call[dict[Service, str]]:
    """The same from devices that are too old for `GetServices`; they have no Media2."""
    return _call("GetCapabilities", element("tds:Category", "All"), _read_capabilities, anonymous=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ntp:
    """From whom the camera takes its time; `server` is empty when there is none."""

    from_dhcp: bool
    server: str


def get_ntp() -> Call[Ntp]:
    return _call("GetNTP", "", _read_ntp)


def set_ntp(server: str) -> Call[None]:
    """Take the time from this server, an address or a name. Raises `Invalid` for neither."""
    try:
        version = ipaddress.ip_address(server).version
    except ValueError:
        if not _HOST_NAME.fullmatch(server):
            raise Invalid("an NTP server is an address or a host name") from None
        host = element("tt:Type", "DNS") + element("tt:DNSname", quote(server))
    else:
        host = element("tt:Type", f"IPv{version}") + element(f"tt:IPv{version}Address", quote(server))
    return _call("SetNTP", element("tds:FromDHCP", "false") + element("tds:NTPManual", host), nothing)


def use_ntp(time_zone: str) -> Call[None]:
    """Let NTP set the clock; `time_zone` is POSIX (IEEE 1003.1), where UTC+5 is written `UTC-5`."""
    body = (
        element("tds:DateTimeType", "NTP")
        + element("tds:DaylightSavings", "false")
        + element("tds:TimeZone", element("tt:TZ", quote(time_zone)))
    )
    return _call("SetSystemDateAndTime", body, nothing)


def _call(name: str, content: str, read: Callable[[Element], T], *, anonymous: bool = False) -> Call[T]:
    return Call(
        service=Service.DEVICE,
        name=name,
        action=_ACTION + name,
        body=element(f"tds:{name}", content),
        read=read,
        anonymous=anonymous,
    )


def _read_clock(answer: Element) -> datetime:
    told = find(answer, "SystemDateAndTime", "UTCDateTime")
    if told is None:
        raise NotOnvif("the camera does not tell its UTC time")
    fields = [text(told, "Date", name) for name in ("Year", "Month", "Day")]
    fields += [text(told, "Time", name) for name in ("Hour", "Minute", "Second")]
    try:
        year, month, day, hour, minute, second = (int(value[:6]) for value in fields)
        # second 60 is a leap second, which Python does not know
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        raise NotOnvif("the camera's clock cannot be read") from None


def _read_information(answer: Element) -> DeviceInfo:
    return DeviceInfo(
        manufacturer=text(answer, "Manufacturer")[:100],
        model=text(answer, "Model")[:100],
        firmware=text(answer, "FirmwareVersion")[:100],
        serial=text(answer, "SerialNumber")[:100],
    )


def _read_services(answer: Element) -> dict[Service, str]:
    known: Mapping[str, Service] = {service.value: service for service in Service}
    found: dict[Service, str] = {}
    for entry in children(answer, "Service"):
        service = known.get(text(entry, "Namespace").rstrip("/"))
        if service is not None and text(entry, "XAddr"):
            found.setdefault(service, text(entry, "XAddr"))
    if not found:
        raise NotOnvif("the camera lists no service that we know")
    return found


def _read_capabilities(answer: Element) -> dict[Service, str]:
    listed = find(answer, "Capabilities")
    places = {
        Service.DEVICE: ("Device",),
        Service.MEDIA: ("Media",),
        Service.EVENTS: ("Events",),
        Service.PTZ: ("PTZ",),
    }
    found = {service: text(listed, *path, "XAddr") for service, path in places.items()}
    return {service: address for service, address in found.items() if address}


def _read_ntp(answer: Element) -> Ntp:
    information = find(answer, "NTPInformation")
    by_hand = find(information, "NTPManual")
    server = next((value for name in ("DNSname", "IPv4Address", "IPv6Address") if (value := text(by_hand, name))), "")
    return Ntp(from_dhcp=text(information, "FromDHCP").lower() in ("true", "1"), server=server)
