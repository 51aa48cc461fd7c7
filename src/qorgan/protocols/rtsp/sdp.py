"""Session descriptions (RFC 4566) as cameras really write them: what we need, tolerant of the rest."""

import base64
import binascii
from dataclasses import dataclass, field

from qorgan.kernel.errors import Invalid

MAX_SDP_BYTES = 64 * 1024
_STATIC_PAYLOADS = {
    0: ("PCMU", 8000),
    8: ("PCMA", 8000),
    26: ("JPEG", 90000),
    32: ("MPV", 90000),
}  # RFC 3551 §6


@dataclass(slots=True)
class Media:
    """One `m=` section. `encoding` is upper-case ("H264"); `clock_rate` in Hz; `fmtp` holds lower-case names."""

    kind: str
    payload_type: int
    encoding: str = ""
    clock_rate: int = 90000
    fmtp: dict[str, str] = field(default_factory=dict)
    control: str = ""

    def h264_parameter_sets(self) -> tuple[bytes, ...]:
        """SPS and PPS of `sprop-parameter-sets` (RFC 6184 §8.1); unreadable ones are left out."""
        sets = []
        for text in self.fmtp.get("sprop-parameter-sets", "").split(","):
            try:
                unit = base64.b64decode(text + "=" * (-len(text) % 4), validate=False)
            except (binascii.Error, ValueError):
                continue
            if unit:
                sets.append(unit)
        return tuple(sets)


@dataclass(slots=True)
class Description:
    """A parsed SDP: the session's control attribute and its media."""

    control: str
    media: list[Media]


def parse(data: bytes) -> Description:
    """Parse an SDP. Raises `Invalid` when it is too large or holds no media at all."""
    if len(data) > MAX_SDP_BYTES:
        raise Invalid(f"SDP of {len(data)} bytes")
    control, media = "", list[Media]()
    for line in data.decode("utf-8", "replace").splitlines():
        kind, _, value = line.strip().partition("=")
        if kind == "m" and len(media) < 32:
            media.append(_media_line(value))
        elif kind == "a":
            name, _, argument = value.partition(":")
            if media:
                _attribute(media[-1], name.strip().lower(), argument.strip())
            elif name.strip().lower() == "control":
                control = argument.strip()
    if not media:
        raise Invalid("SDP without media")
    return Description(control, media)


def _media_line(value: str) -> Media:
    words = value.split()
    kind = words[0].lower() if words else ""
    payload = int(words[3]) if len(words) > 3 and words[3].isdigit() else -1
    encoding, clock_rate = _STATIC_PAYLOADS.get(payload, ("", 90000))
    return Media(kind, payload, encoding, clock_rate)


def _attribute(media: Media, name: str, argument: str) -> None:
    if name == "control":
        media.control = argument
    elif name == "rtpmap":
        payload, _, mapping = argument.partition(" ")
        if payload.isdigit() and int(payload) == media.payload_type:
            parts = mapping.strip().split("/")
            media.encoding = parts[0].upper()
            if len(parts) > 1 and parts[1].isdigit() and int(parts[1]) > 0:
                media.clock_rate = int(parts[1])
    elif name == "fmtp":
        payload, _, rest = argument.partition(" ")
        if payload.isdigit() and int(payload) == media.payload_type:
            for item in rest.split(";"):
                key, _, text = item.strip().partition("=")
                if key:
                    media.fmtp[key.lower()] = text
