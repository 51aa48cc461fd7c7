"""Session descriptions (RFC 4566) as cameras really write them: what we need, tolerant of the rest.

Seen in the field: bare line feeds, lines missing or in any order, names in the wrong case, a payload type without
`rtpmap`, several payload types in one line, base64 without its padding, controls absolute, relative, `*` or absent.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field

from qorgan.kernel.errors import Invalid

MAX_SDP_BYTES = 64 * 1024
MAX_MEDIA = 32
_STATIC_PAYLOADS = {
    0: ("PCMU", 8000),
    3: ("GSM", 8000),
    8: ("PCMA", 8000),
    9: ("G722", 8000),
    14: ("MPA", 90000),
    26: ("JPEG", 90000),
    31: ("H261", 90000),
    32: ("MPV", 90000),
    33: ("MP2T", 90000),
    34: ("H263", 90000),
}  # RFC 3551 §6
_ALIASES = {"H.264": "H264", "AVC": "H264", "H.265": "H265", "HEVC": "H265", "G711A": "PCMA", "G711U": "PCMU"}
_READ = ("H264", "H265", "MPEG4-GENERIC", "PCMA", "PCMU")
_LINE_ENDS = re.compile(r"[\r\n]+")
_NAMES = {
    "JPEG": "MJPEG",
    "MP4V-ES": "MPEG-4 part 2",
    "MPV": "MPEG-1/2 video",
    "MP4A-LATM": "AAC (LATM)",
    "MPEG4-GENERIC": "AAC",
}


@dataclass(slots=True)
class Media:
    """One `m=` section, and of its payload types the one that we would read.

    `encoding` is upper-case ("H264"); `clock_rate` in Hz; `fmtp` holds lower-case names; `direction` as the camera
    wrote it ("" when it did not); `secure` when the packets are encrypted (SRTP).
    """

    kind: str
    payload_type: int
    encoding: str = ""
    clock_rate: int = 90000
    channels: int = 1
    fmtp: dict[str, str] = field(default_factory=dict)
    control: str = ""
    direction: str = ""
    secure: bool = False

    @property
    def name(self) -> str:
        """What a person calls this encoding: for a message."""
        return _NAMES.get(self.encoding, self.encoding) or f"payload type {self.payload_type}"

    def parameter_sets(self) -> tuple[bytes, ...]:
        """NAL units that stand in the description (RFC 6184 §8.1, RFC 7798 §7.1); unreadable ones are left out."""
        names = ("sprop-vps", "sprop-sps", "sprop-pps") if self.encoding == "H265" else ("sprop-parameter-sets",)
        texts = [text for name in names for text in self.fmtp.get(name, "").split(",")]
        return tuple(unit for unit in map(_base64, texts[:64]) if unit)

    @property
    def max_don_diff(self) -> int:
        """sprop-max-don-diff of H.265 (RFC 7798 §7.1): above 0, units carry decoding order numbers."""
        text = self.fmtp.get("sprop-max-don-diff", "0")
        return min(int(text), 32_767) if text.isascii() and text.isdigit() and len(text) < 8 else 0


@dataclass(slots=True)
class Description:
    """A parsed SDP: the session's control attribute and its media."""

    control: str
    media: list[Media]


@dataclass(slots=True)
class _Section:
    """What was read of one `m=` section so far."""

    kind: str
    protocol: str
    payload_types: list[int]
    maps: dict[int, str] = field(default_factory=dict)
    fmtps: dict[int, str] = field(default_factory=dict)
    control: str = ""
    direction: str = ""


def parse(data: bytes) -> Description:
    """Parse an SDP. Raises `Invalid` when it is too large or holds no media at all."""
    if len(data) > MAX_SDP_BYTES:
        raise Invalid(f"SDP of {len(data)} bytes", code="camera.protocol_error")
    control, sections = "", list[_Section]()
    for line in _LINE_ENDS.split(data.decode("utf-8", "surrogateescape")):
        letter, _, value = line.strip(" \t\0").partition("=")
        letter, value = letter.strip().lower(), value.strip()
        if letter == "m":
            sections.append(_media_line(value))
        elif letter == "a":
            name, _, argument = value.partition(":")
            name, argument = name.strip().lower(), argument.strip()
            if sections:
                _attribute(sections[-1], name, argument)
            elif name == "control":
                control = argument
        if len(sections) > MAX_MEDIA:
            break
    if not sections:
        raise Invalid("SDP without media", code="camera.protocol_error")
    return Description(control, [_settle(section) for section in sections[:MAX_MEDIA]])


def _media_line(value: str) -> _Section:
    words = value.split()
    kind = words[0].lower() if words else ""
    numbers = [_number(word) for word in words[3:19]]
    types = [number for number in numbers if number is not None]
    return _Section(kind, words[2].upper() if len(words) > 2 else "", types or [-1])


def _attribute(section: _Section, name: str, argument: str) -> None:
    if name == "control":
        section.control = section.control or argument
    elif name in ("sendonly", "recvonly", "sendrecv", "inactive"):
        section.direction = name
    elif name in ("rtpmap", "fmtp"):
        first, _, rest = argument.partition(" ")
        number = _number(first)
        if number is None:  # the payload type is missing: there is only one
            number, rest = section.payload_types[0], argument
        known = section.maps if name == "rtpmap" else section.fmtps
        if number in section.payload_types:
            known.setdefault(number, rest)


def _settle(section: _Section) -> Media:
    """The first payload type that we read; the first of all where there is none."""
    offered = [_media(section, number) for number in section.payload_types]
    return next((media for media in offered if media.encoding in _READ), offered[0])


def _media(section: _Section, number: int) -> Media:
    encoding, clock_rate = _STATIC_PAYLOADS.get(number, ("", 90_000))
    media = Media(section.kind, number, encoding, clock_rate, control=section.control, direction=section.direction)
    media.secure = "SAVP" in section.protocol
    media.fmtp = _parameters(section.fmtps.get(number, ""))
    name, *rest = [part.strip() for part in section.maps.get(number, "").split("/")]
    if name:
        media.encoding = _ALIASES.get(name.upper(), name.upper())
    elif not encoding:
        media.encoding = _guess(media.fmtp)
    if rest and (rate := _number(rest[0])):
        media.clock_rate = rate
    if len(rest) > 1 and (channels := _number(rest[1])):
        media.channels = min(channels, 8)
    return media


def _guess(fmtp: dict[str, str]) -> str:
    """The encoding where `rtpmap` is missing: the parameters give it away."""
    if "sprop-parameter-sets" in fmtp or "packetization-mode" in fmtp:
        return "H264"
    return "H265" if "sprop-sps" in fmtp or "sprop-vps" in fmtp else ""


def _parameters(text: str) -> dict[str, str]:
    items = (item.strip().partition("=") for item in text.split(";")[:64])
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in items if name.strip()}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 10 else None


def _base64(text: str) -> bytes:
    text = text.strip().rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""
