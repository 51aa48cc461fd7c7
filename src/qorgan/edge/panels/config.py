"""What `edge.toml` says of panels: which report here, where their zones lie, and where they are received."""

import ipaddress
import re
from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

from qorgan.domain.places import LocalText
from qorgan.kernel.ids import ButtonKey, CameraKey, is_key

MAX_PANELS = 256
MAX_ZONES = 1_024  # of one panel
MAX_NAME = 200
_ACCOUNT = re.compile(r"[0-9A-Fa-f]{1,16}")
_ZONE = re.compile(r"[0-9A-Fa-f]{1,6}")
Wrong = Callable[[str, str], Exception]  # field, advice


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As `edge.config.Part`, which imports this file."""


class Zone(_Part, frozen=True):
    """A zone of a panel that has a place of its own: a way in of alarms."""

    key: ButtonKey
    zone: str  # as the panel numbers it
    place: LocalText
    partition: str = ""  # empty: of any
    cameras: tuple[CameraKey, ...] = ()  # nearest first
    panic: bool = False  # a panic button hangs on it: whatever alarm it reports calls for the police, P1


class Panel(_Part, frozen=True):
    """An alarm panel that reports here. Its DC-09 key is in the secrets under `panel/<key>`."""

    key: ButtonKey
    protocol: Literal["dc09", "surgard"]
    account: str
    place: LocalText  # of what no zone below speaks of
    cameras: tuple[CameraKey, ...] = ()
    encrypted: bool = True  # DC-09: what comes in clear in its name is refused
    interval_s: float | None = None  # the longest agreed silence, repetitions included; None: it is not supervised
    zones: tuple[Zone, ...] = ()


class Listener(_Part, frozen=True):
    """Where panels of one protocol are received."""

    host: str = "127.0.0.1"
    tcp: int | None = None
    udp: int | None = None  # DC-09 alone
    allow: tuple[str, ...] = ()  # addresses that may connect; empty: all
    interval_s: float = 95.0  # Sur-Gard: the longest silence of the receiver, which beats every 30 s


class Receivers(_Part, frozen=True):
    """The node's receivers of panels."""

    dc09: Listener | None = None
    surgard: Listener | None = None


PARTS: tuple[type[msgspec.Struct], ...] = (Zone, Panel, Listener, Receivers)


def check_panels(
    panels: tuple[Panel, ...], receivers: Receivers, *, cameras: set[str], taken: set[str], wrong: Wrong
) -> None:
    """Raises what `wrong` makes of the first field that makes no sense. `taken`: keys of buttons and contacts."""
    if len(panels) > MAX_PANELS:
        raise wrong("panels", f"a node has at most {MAX_PANELS}")
    _check_listeners(panels, receivers, wrong)
    used, accounts = set(taken), set[tuple[str, str]]()
    for field, source in _sources(panels):
        _check_source(source, cameras, used, field, wrong)
        used.add(source.key)
    for index, panel in enumerate(panels):
        account = (panel.protocol, panel.account.lstrip("0").upper())
        if not _ACCOUNT.fullmatch(panel.account) or account in accounts:
            raise wrong(f"panels[{index}].account", "write 1-16 hexadecimal digits that no other panel has")
        accounts.add(account)
        if panel.interval_s is not None and not 1 <= panel.interval_s <= 2_678_400:
            raise wrong(f"panels[{index}].interval_s", "must be 1 second to 31 days: the longest agreed silence")
        if len(panel.zones) > MAX_ZONES:
            raise wrong(f"panels[{index}].zones", f"a panel has at most {MAX_ZONES}")


def _sources(panels: tuple[Panel, ...]) -> Iterator[tuple[str, Panel | Zone]]:
    for index, panel in enumerate(panels):
        yield f"panels[{index}]", panel
        for number, zone in enumerate(panel.zones):
            yield f"panels[{index}].zones[{number}]", zone


def _check_source(source: Panel | Zone, cameras: set[str], used: set[str], field: str, wrong: Wrong) -> None:
    if not is_key(source.key):
        raise wrong(f"{field}.key", 'use 1-63 of a-z, 0-9 and hyphen, as in "gym"')
    if source.key in used:
        raise wrong(f"{field}.key", f"{source.key!r} is another button, contact, panel or zone; choose a new one")
    if not source.place.kk.strip():
        raise wrong(f"{field}.place.kk", "the Kazakh text is never empty; the others may be")
    if max(len(text) for text in (source.place.kk, source.place.ru, source.place.en)) > MAX_NAME:
        raise wrong(f"{field}.place", f"is longer than {MAX_NAME} characters; shorten it")
    for number, key in enumerate(source.cameras):
        if key not in cameras:
            raise wrong(f"{field}.cameras[{number}]", f"there is no camera {key!r}")
    if isinstance(source, Zone) and not (_ZONE.fullmatch(source.zone) and _ZONE.fullmatch(source.partition or "1")):
        raise wrong(f"{field}.zone", "write zone and partition as the panel numbers them, 1-6 digits")


def _check_listeners(panels: tuple[Panel, ...], receivers: Receivers, wrong: Wrong) -> None:
    for protocol, listener in (("dc09", receivers.dc09), ("surgard", receivers.surgard)):
        field = f"receivers.{protocol}"
        if listener is not None:
            _check_listener(listener, protocol, field, wrong)
        elif any(panel.protocol == protocol for panel in panels):
            raise wrong(field, "is missing, and a panel speaks it; say where to listen, as in `tcp = 9009`")


def _check_listener(listener: Listener, protocol: str, field: str, wrong: Wrong) -> None:
    ports = [port for port in (listener.tcp, listener.udp) if port is not None]
    if not ports or not all(1 <= port <= 65_535 for port in ports):
        raise wrong(f"{field}.tcp", "must be a port, 1-65535")
    if protocol == "surgard" and listener.udp is not None:
        raise wrong(f"{field}.udp", "does not exist: Sur-Gard speaks TCP")
    if not listener.host:
        raise wrong(f"{field}.host", 'must be an address of this machine, as in "0.0.0.0"')
    if not 1 <= listener.interval_s <= 86_400:
        raise wrong(f"{field}.interval_s", "must be 1 second to a day")
    for number, address in enumerate(listener.allow):
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise wrong(f"{field}.allow[{number}]", f"{address!r} is no address") from None
