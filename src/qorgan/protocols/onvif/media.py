"""Media2 (ver20, profile T) and Media (ver10, profile S): profiles, stream addresses, encoders, text in the picture.

Both say the same in different shapes; here they become one. `service` chooses the shape: `Service.MEDIA2` wherever the
camera has it (it alone knows H.265), `Service.MEDIA` otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar
from xml.etree.ElementTree import Element, SubElement, tostring

from qorgan.protocols.onvif.errors import NotOnvif, NotSupported
from qorgan.protocols.onvif.soap import Call, Service, element, nothing, quote
from qorgan.protocols.onvif.tree import attribute, children, find, local, number, parse, text, whole

T = TypeVar("T")
MAX_PROFILES = 128
MAX_RESOLUTIONS = 256
MAX_FRAME_RATE = 240
_SCHEMA = "http://www.onvif.org/ver10/schema"
_PREFIX = {Service.MEDIA: "trt", Service.MEDIA2: "tr2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """A video encoder's settings. 0 means that the camera does not say. `gop_frames`: from key frame to key frame."""

    token: str
    encoding: str  # H264, H265, JPEG, MPEG4
    width: int
    height: int
    frames_per_s: float
    kbit_per_s: int
    gop_frames: int
    profile: str = ""  # Baseline, Main, High
    xml: bytes = field(default=b"", repr=False, compare=False)  # as the camera gave it: what we do not know stays


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderOptions:
    """What an encoder can do in one encoding. Empty or None: the camera does not say."""

    encoding: str
    resolutions: tuple[tuple[int, int], ...] = ()
    frame_rates: tuple[float, ...] = ()
    kbit_per_s: tuple[int, int] | None = None
    gop_frames: tuple[int, int] | None = None
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A media profile: one picture with its encoder, by whose token a stream is asked for."""

    token: str
    name: str
    video_source: str  # token of its video source configuration
    encoder: Encoder | None
    has_ptz: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Osd:
    """A text in the picture; `text` is empty for those that show the time or an image."""

    token: str
    video_source: str
    text: str
    is_text: bool
    xml: bytes = field(default=b"", repr=False, compare=False)


def get_profiles(service: Service) -> Call[tuple[Profile, ...]]:
    body = element("tr2:Type", "All") if service is Service.MEDIA2 else ""
    return _call(service, "GetProfiles", body, _read_profiles)


def get_stream_uri(service: Service, profile: str) -> Call[str]:
    """The address for RTSP with interleaved packets. It may hold an address that is not ours to reach."""
    if service is Service.MEDIA2:
        body = element("tr2:Protocol", "RTSP")
    else:
        transport = element("tt:Transport", element("tt:Protocol", "RTSP"))
        body = element("trt:StreamSetup", element("tt:Stream", "RTP-Unicast"), transport)
    return _call(service, "GetStreamUri", body + _token(service, "ProfileToken", profile), _read_uri)


def get_snapshot_uri(service: Service, profile: str) -> Call[str]:
    return _call(service, "GetSnapshotUri", _token(service, "ProfileToken", profile), _read_uri)


def get_encoder(service: Service, token: str) -> Call[Encoder]:
    """The encoder's settings as they are now."""
    wanted = _token(service, "ConfigurationToken", token)
    if service is Service.MEDIA2:
        return _call(service, "GetVideoEncoderConfigurations", wanted, lambda answer: _read_one_encoder(answer, token))
    return _call(service, "GetVideoEncoderConfiguration", wanted, lambda answer: _read_one_encoder(answer, token))


def get_encoder_options(service: Service, encoder: str, profile: str) -> Call[tuple[EncoderOptions, ...]]:
    """What can be chosen, one entry for each encoding."""
    body = _token(service, "ConfigurationToken", encoder) + _token(service, "ProfileToken", profile)
    read = _read_options2 if service is Service.MEDIA2 else _read_options1
    return _call(service, "GetVideoEncoderConfigurationOptions", body, read)


def set_encoder(service: Service, wanted: Encoder) -> Call[None]:
    """Change an encoder: `wanted` is one that the camera gave, with other values."""
    tree = parse(wanted.xml)
    tree.tag = f"{{{service.value}}}Configuration"
    tree.tail = None
    _write_encoder(tree, wanted, service)
    body = tostring(tree, encoding="unicode")
    if service is Service.MEDIA:
        body += element("trt:ForcePersistence", "true")
    return _call(service, "SetVideoEncoderConfiguration", body, nothing)


def get_osds(service: Service, video_source: str) -> Call[tuple[Osd, ...]]:
    return _call(service, "GetOSDs", _token(service, "ConfigurationToken", video_source), _read_osds)


def set_osd_text(service: Service, osd: Osd, words: str) -> Call[None]:
    """Let a text that is in the picture say something else."""
    tree = parse(osd.xml)
    tree.tag = f"{{{service.value}}}OSD"
    tree.tail = None
    string = find(tree, "TextString")
    if string is None:
        raise NotSupported("this element of the picture is no text")
    _put(string, "PlainText", quote_free(words))
    return _call(service, "SetOSD", tostring(tree, encoding="unicode"), nothing)


def create_osd(service: Service, video_source: str, words: str) -> Call[None]:
    """Put a text into the upper left corner of the picture."""
    content = (
        element("tt:VideoSourceConfigurationToken", quote(video_source))
        + element("tt:Type", "Text")
        + element("tt:Position", element("tt:Type", "UpperLeft"))
        + element("tt:TextString", element("tt:Type", "Plain"), element("tt:PlainText", quote(words)))
    )
    return _call(service, "CreateOSD", element(f"{_PREFIX[service]}:OSD", content, token=""), nothing)


def quote_free(words: str) -> str:
    """Text that a tree may carry: `tostring` quotes it; what XML cannot carry at all is refused here."""
    quote(words)
    return words


def _call(service: Service, name: str, content: str, read: Callable[[Element], T]) -> Call[T]:
    body = element(f"{_PREFIX[service]}:{name}", content)
    return Call(service=service, name=name, action=f"{service.value}/{name}", body=body, read=read)


def _token(service: Service, name: str, token: str) -> str:
    return element(f"{_PREFIX[service]}:{name}", quote(token))


# Reading


def _read_profiles(answer: Element) -> tuple[Profile, ...]:
    found = (_read_profile(entry) for entry in list(children(answer, "Profiles"))[:MAX_PROFILES])
    return tuple(profile for profile in found if profile.token)


def _read_profile(entry: Element) -> Profile:
    second = find(entry, "Configurations")  # Media2 gathers there what Media has as ...Configuration
    parts, suffix = (entry, "Configuration") if second is None else (second, "")
    encoder = find(parts, f"VideoEncoder{suffix}")
    return Profile(
        token=attribute(entry, "token"),
        name=text(entry, "Name")[:100],
        video_source=attribute(find(parts, f"VideoSource{suffix}"), "token"),
        encoder=None if encoder is None else _read_encoder(encoder),
        has_ptz=find(parts, f"PTZ{suffix}") is not None,
    )


def _read_encoder(entry: Element) -> Encoder:
    encoding = text(entry, "Encoding").upper()
    gop = attribute(entry, "GovLength") or text(entry, encoding, "GovLength")
    return Encoder(
        token=attribute(entry, "token"),
        encoding={"MPV4-ES": "MPEG4"}.get(encoding, encoding)[:20],
        width=whole(text(entry, "Resolution", "Width")),
        height=whole(text(entry, "Resolution", "Height")),
        frames_per_s=number(text(entry, "RateControl", "FrameRateLimit")),
        kbit_per_s=whole(text(entry, "RateControl", "BitrateLimit")),
        gop_frames=whole(gop),
        profile=(attribute(entry, "Profile") or text(entry, encoding, f"{encoding}Profile"))[:40],
        xml=tostring(entry),
    )


def _read_one_encoder(answer: Element, token: str) -> Encoder:
    listed = [_read_encoder(entry) for entry in answer if local(entry) in ("Configurations", "Configuration")]
    for encoder in listed:
        if encoder.token == token:
            return encoder
    raise NotOnvif("the camera does not tell its encoder's settings")


def _read_uri(answer: Element) -> str:
    if uri := text(answer, "Uri") or text(answer, "MediaUri", "Uri"):
        return uri
    raise NotSupported("the camera gives no address for it")


def _read_options2(answer: Element) -> tuple[EncoderOptions, ...]:
    return tuple(
        EncoderOptions(
            encoding=text(entry, "Encoding").upper()[:20],
            resolutions=_resolutions(entry),
            frame_rates=tuple(
                rate for word in attribute(entry, "FrameRatesSupported").split() if (rate := number(word)) > 0
            ),
            kbit_per_s=_range(find(entry, "BitrateRange")),
            gop_frames=_words_range(attribute(entry, "GovLengthRange")),
            profiles=tuple(attribute(entry, "ProfilesSupported").split()),
        )
        for entry in children(answer, "Options")
    )


def _read_options1(answer: Element) -> tuple[EncoderOptions, ...]:
    options = find(answer, "Options")
    found: list[EncoderOptions] = []
    for encoding in ("H264", "MPEG4", "JPEG"):
        entry = find(options, encoding)
        if entry is None:
            continue
        rates = _range(find(entry, "FrameRateRange")) or (0, 0)
        extension = find(options, "Extension", encoding)
        found.append(
            EncoderOptions(
                encoding=encoding,
                resolutions=_resolutions(entry),
                frame_rates=tuple(float(n) for n in range(max(1, rates[0]), min(rates[1], MAX_FRAME_RATE) + 1)),
                kbit_per_s=_range(find(extension, "BitrateRange")) or _range(find(entry, "BitrateRange")),
                gop_frames=_range(find(entry, "GovLengthRange")),
                profiles=tuple(
                    (profile.text or "").strip()[:40] for profile in children(entry, f"{encoding}ProfilesSupported")
                ),
            )
        )
    return tuple(found)


def _resolutions(entry: Element) -> tuple[tuple[int, int], ...]:
    listed = list(children(entry, "ResolutionsAvailable"))[:MAX_RESOLUTIONS]
    found = ((whole(text(size, "Width")), whole(text(size, "Height"))) for size in listed)
    return tuple((width, height) for width, height in found if width > 0 and height > 0)


def _range(entry: Element | None) -> tuple[int, int] | None:
    low, high = whole(text(entry, "Min"), -1), whole(text(entry, "Max"), -1)
    return (low, high) if 0 <= low <= high else None


def _words_range(words: str) -> tuple[int, int] | None:
    numbers = [whole(word, -1) for word in words.split()[:2]]
    return (numbers[0], numbers[1]) if len(numbers) == 2 and 0 <= numbers[0] <= numbers[1] else None


def _read_osds(answer: Element) -> tuple[Osd, ...]:
    return tuple(
        Osd(
            token=attribute(entry, "token"),
            video_source=text(entry, "VideoSourceConfigurationToken"),
            text=text(entry, "TextString", "PlainText"),
            is_text=text(entry, "Type") == "Text" and text(entry, "TextString", "Type") == "Plain",
            xml=tostring(entry),
        )
        for entry in children(answer, "OSDs")
    )


# Writing


def _write_encoder(tree: Element, wanted: Encoder, service: Service) -> None:
    _put(tree, "Encoding", wanted.encoding)
    size = _part(tree, "Resolution", after="Encoding")
    _put(size, "Width", str(wanted.width))
    _put(size, "Height", str(wanted.height))
    rate = _part(tree, "RateControl", after="Quality" if service is Service.MEDIA else "Resolution")
    _put(rate, "FrameRateLimit", f"{wanted.frames_per_s:g}")
    if service is Service.MEDIA and find(rate, "EncodingInterval") is None:
        _put(rate, "EncodingInterval", "1")
    _put(rate, "BitrateLimit", str(wanted.kbit_per_s))
    if service is Service.MEDIA2:
        tree.set("GovLength", str(wanted.gop_frames))
        if wanted.profile:
            tree.set("Profile", wanted.profile)
        return
    for other in [part for part in tree if local(part) in ("MPEG4", "H264") and local(part) != wanted.encoding]:
        tree.remove(other)
    codec = _part(tree, wanted.encoding, after="RateControl")
    _put(codec, "GovLength", str(wanted.gop_frames))
    _put(codec, f"{wanted.encoding}Profile", wanted.profile or "Main")


def _put(parent: Element, name: str, value: str) -> None:
    child = find(parent, name)
    if child is None:
        child = SubElement(parent, f"{{{_SCHEMA}}}{name}")
    child.text = value


def _part(parent: Element, name: str, *, after: str) -> Element:
    """A part of the settings, put behind its neighbour when it is missing: the schema is a sequence."""
    found = find(parent, name)
    if found is None:
        neighbour = find(parent, after)
        found = Element(f"{{{_SCHEMA}}}{name}")
        parent.insert(len(parent) if neighbour is None else list(parent).index(neighbour) + 1, found)
    return found
