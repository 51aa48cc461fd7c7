"""The PTZ service: move, stop, presets (ver20/ptz). Speeds are shares of what the camera can: -1 … 1."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from xml.etree.ElementTree import Element

from qorgan.kernel.errors import Invalid
from qorgan.protocols.onvif.errors import NotOnvif
from qorgan.protocols.onvif.soap import Call, Service, element, nothing, quote
from qorgan.protocols.onvif.tree import attribute, children, find, number, text

T = TypeVar("T")
MAX_PRESETS = 300
MAX_MOVE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A place that the camera remembers."""

    token: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where the camera looks, in the generic spaces: pan and tilt -1 … 1, zoom 0 … 1."""

    pan: float
    tilt: float
    zoom: float


def move(profile: str, *, pan: float, tilt: float, zoom: float, for_s: float) -> Call[None]:
    """Move at these speeds for at most `for_s` seconds: a camera whose operator vanished stops by itself."""
    if not all(-1.0 <= speed <= 1.0 for speed in (pan, tilt, zoom)) or not 0 < for_s <= MAX_MOVE_S:
        raise Invalid(f"speeds are -1 to 1, and a move lasts at most {MAX_MOVE_S:g} s")
    velocity = f'<tt:PanTilt x="{pan:.3f}" y="{tilt:.3f}"/><tt:Zoom x="{zoom:.3f}"/>'
    body = _profile(profile) + element("tptz:Velocity", velocity) + element("tptz:Timeout", f"PT{for_s:.1f}S")
    return _call("ContinuousMove", body, nothing)


def stop(profile: str) -> Call[None]:
    return _call("Stop", _profile(profile) + element("tptz:PanTilt", "true") + element("tptz:Zoom", "true"), nothing)


def get_presets(profile: str) -> Call[tuple[Preset, ...]]:
    return _call("GetPresets", _profile(profile), _read_presets)


def goto_preset(profile: str, preset: str) -> Call[None]:
    return _call("GotoPreset", _profile(profile) + element("tptz:PresetToken", quote(preset)), nothing)


def set_preset(profile: str, name: str) -> Call[str]:
    """Remember where the camera looks now; returns the preset's token."""
    return _call("SetPreset", _profile(profile) + element("tptz:PresetName", quote(name)), _read_preset_token)


def get_position(profile: str) -> Call[Position]:
    return _call("GetStatus", _profile(profile), _read_position)


def _profile(token: str) -> str:
    return element("tptz:ProfileToken", quote(token))


def _call(name: str, content: str, read: Callable[[Element], T]) -> Call[T]:
    action = f"http://www.onvif.org/ver20/ptz/wsdl/{name}"
    return Call(service=Service.PTZ, name=name, action=action, body=element(f"tptz:{name}", content), read=read)


def _read_presets(answer: Element) -> tuple[Preset, ...]:
    found = [
        Preset(token=attribute(entry, "token"), name=text(entry, "Name")[:100] or attribute(entry, "token"))
        for entry in list(children(answer, "Preset"))[:MAX_PRESETS]
    ]
    return tuple(preset for preset in found if preset.token)


def _read_preset_token(answer: Element) -> str:
    if token := text(answer, "PresetToken"):
        return token
    raise NotOnvif("the camera does not name the preset it made")


def _read_position(answer: Element) -> Position:
    position = find(answer, "PTZStatus", "Position")
    if position is None:
        raise NotOnvif("the camera does not tell where it looks")
    pan_tilt, zoom = find(position, "PanTilt"), find(position, "Zoom")
    return Position(
        pan=number(attribute(pan_tilt, "x")), tilt=number(attribute(pan_tilt, "y")), zoom=number(attribute(zoom, "x"))
    )
