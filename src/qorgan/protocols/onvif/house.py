"""The house profile: how a school's camera is to encode. Decides what to change; changes nothing itself."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from qorgan.protocols.onvif.errors import NotSupported
from qorgan.protocols.onvif.media import Encoder, EncoderOptions, Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseProfile:
    """Upper limits, and a key frame every `gop_s` seconds: seeking and durability live from it."""

    encoding: str = "H264"
    max_width: int = 1920
    max_height: int = 1080
    max_frames_per_s: float = 25.0
    kbit_per_s: int = 4096
    gop_s: float = 2.0
    keep_size: bool = False  # a picture that is small enough already stays as somebody chose it


MAIN = HouseProfile()
SUB = HouseProfile(max_width=704, max_height=576, max_frames_per_s=15.0, kbit_per_s=512, keep_size=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of the difference that a person reads before it happens."""

    what: str
    before: str
    after: str


def plan_encoder(now: Encoder, options: Iterable[EncoderOptions], house: HouseProfile) -> Encoder:
    """The settings nearest to the house profile that this camera says it can do. Raises `NotSupported` for the codec.

    What the camera does not tell about itself is asked of it as the house has it.
    """
    can = next((option for option in options if option.encoding == house.encoding), None)
    if can is None:
        raise NotSupported(f"the camera cannot encode {house.encoding}")
    width, height = _size(now, can, house)
    rate = _rate(can, house)
    return replace(
        now,
        encoding=house.encoding,
        width=width,
        height=height,
        frames_per_s=rate,
        kbit_per_s=_within(house.kbit_per_s, can.kbit_per_s),
        gop_frames=_within(max(1, round(rate * house.gop_s)), can.gop_frames),
        profile=_codec_profile(now, can),
    )


def differences(before: Encoder, after: Encoder) -> list[Change]:
    """What would change, in words that need no ONVIF."""
    pairs = (
        ("codec", before.encoding, after.encoding),
        ("codec profile", before.profile, after.profile),
        ("resolution", f"{before.width}×{before.height}", f"{after.width}×{after.height}"),
        ("frames per second", f"{before.frames_per_s:g}", f"{after.frames_per_s:g}"),
        ("bit rate", f"{before.kbit_per_s} kbit/s", f"{after.kbit_per_s} kbit/s"),
        ("key frame every", f"{before.gop_frames} frames", f"{after.gop_frames} frames"),
    )
    return [Change(what=what, before=old, after=new) for what, old, new in pairs if old != new]


def suggest_streams(profiles: Iterable[Profile]) -> tuple[Profile, Profile | None]:
    """Main and sub: of the first video source, the largest picture that we can record, and the smallest other one.

    Of the small ones at least 320 pixels wide are preferred: less serves nobody on a wall. Raises `NotSupported`.
    """
    usable = [p for p in profiles if p.encoder is not None and p.encoder.encoding in ("H264", "H265")]
    if not usable:
        raise NotSupported("the camera has no profile with H.264 or H.265")
    here = [profile for profile in usable if profile.video_source == usable[0].video_source]
    main = max(here, key=_weight)
    others = [profile for profile in here if profile is not main and _weight(profile) < _weight(main)]
    if not others:
        return main, None
    sub = min(others, key=lambda profile: (_width(profile) < 320, _weight(profile)))
    return main, sub


def _weight(profile: Profile) -> tuple[int, float, int]:
    found = profile.encoder
    return (found.width * found.height, found.frames_per_s, found.kbit_per_s) if found else (0, 0.0, 0)


def _width(profile: Profile) -> int:
    return profile.encoder.width if profile.encoder else 0


def _size(now: Encoder, can: EncoderOptions, house: HouseProfile) -> tuple[int, int]:
    """The largest that fits, of equals the one of today's shape: a camera's picture is not to be cut."""
    fitting = [size for size in can.resolutions if size[0] <= house.max_width and size[1] <= house.max_height]
    if not fitting:
        return min(can.resolutions, key=_pixels) if can.resolutions else (now.width, now.height)
    if (now.width, now.height) in fitting and house.keep_size:
        return now.width, now.height
    shape = now.width / now.height if now.height else 16 / 9
    return max(fitting, key=lambda size: (_pixels(size), -abs(size[0] / size[1] - shape)))


def _pixels(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def _rate(can: EncoderOptions, house: HouseProfile) -> float:
    if not can.frame_rates:
        return house.max_frames_per_s
    fitting = [rate for rate in can.frame_rates if rate <= house.max_frames_per_s]
    return max(fitting) if fitting else min(can.frame_rates)


def _within(wanted: int, limits: tuple[int, int] | None) -> int:
    return wanted if limits is None else min(max(wanted, limits[0]), limits[1])


def _codec_profile(now: Encoder, can: EncoderOptions) -> str:
    """Keep what is there if it fits the codec; otherwise the best that browsers play."""
    if now.encoding == can.encoding and (not can.profiles or now.profile in can.profiles):
        return now.profile
    return next((name for name in ("High", "Main", "Baseline") if name in can.profiles), "Main")
