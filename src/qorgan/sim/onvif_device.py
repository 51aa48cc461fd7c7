"""A simulated camera's ONVIF side: what it remembers, whom it believes, and how it is odd. No network in here.

Written apart from `protocols/onvif`, so that client and device do not agree merely by being the same code.
"""

import asyncio
import base64
import hashlib
import hmac
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from xml.etree.ElementTree import Element

import msgspec
from defusedxml.ElementTree import fromstring

from qorgan.domain.cameras import StreamName
from qorgan.kernel.errors import NotFound
from qorgan.sim.cameras import Login, SimCamera

LOGIN_WINDOW_S = 5.0  # as strict as the strictest camera we heard of
MAX_WAITING_EVENTS = 100
MAX_REMEMBERED_NONCES = 1_000
MAX_SUBSCRIPTIONS = 4  # as many as cheap cameras have
INPUTS = ("1", "2")


class Quirk(StrEnum):
    """A way in which real devices are odd."""

    NAT_ADDRESS = "nat_address"  # names an inner address in every XAddr and stream address
    NO_MEDIA2 = "no_media2"  # profile S: neither Media2 nor GetServices
    BARE_FAULT = "bare_fault"  # fails every call that needs a login, without a word why
    LOCAL_TIME = "local_time"  # tells its local time (UTC+5) as UTC, and checks logins by true UTC
    NO_CLOCK = "no_clock"  # does not tell its time
    DIGEST_ONLY = "digest_only"  # knows HTTP digest, and no WS-Security
    VIEWER_ONLY = "viewer_only"  # the user may look and change nothing
    NO_EVENTS = "no_events"
    NO_SNAPSHOT = "no_snapshot"
    FORGETS = "forgets"  # every subscription ends after two seconds, whatever was agreed
    WEB_PAGE = "web_page"  # answers everything with a web page
    LYING = "lying"  # accepts encoder settings and keeps its own


class Fault(Exception):
    """What the device answers instead: subcodes as in ONVIF Core §5.8.2, with an HTTP status."""

    def __init__(self, codes: tuple[str, ...] = (), reason: str = "", status: int = 400) -> None:
        super().__init__(reason)
        self.codes, self.reason, self.status = codes, reason, status


def not_authorised() -> Fault:
    return Fault(("ter:NotAuthorized",), "Sender not Authorized")


def no_configuration() -> Fault:
    return Fault(("ter:InvalidArgVal", "ter:NoConfig"), "Configuration does not exist")


def not_implemented() -> Fault:
    return Fault(("ter:ActionNotSupported",), "Optional Action Not Implemented", 500)


class SimEncoder(msgspec.Struct, kw_only=True):
    """An encoder's settings as the device remembers them. They do not change the simulated stream."""

    encoding: str
    width: int
    height: int
    frames_per_s: int
    kbit_per_s: int
    gop_frames: int
    profile: str = "Main"


class SimEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order to the device: something moved, somebody tampered with it, or a contact closed."""

    kind: Literal["motion", "tamper", "input"]
    active: bool
    token: str = "1"  # noqa: S105 - of the input


@dataclass(slots=True)
class Subscription:
    """One client's pull point."""

    number: int
    ends_at: datetime
    waiting: deque[tuple[SimEvent, datetime, bool]] = field(default_factory=lambda: deque(maxlen=MAX_WAITING_EVENTS))
    more: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, event: SimEvent, at: datetime, initial: bool) -> None:
        self.waiting.append((event, at, initial))
        self.more.set()


@dataclass(slots=True)
class _Ptz:
    """Where it looks, and how it moves: at `since` it was at `at`, and it goes on at `speed` until `until`."""

    at: tuple[float, float, float] = (0.0, 0.0, 0.0)
    speed: tuple[float, float, float] = (0.0, 0.0, 0.0)
    since: float = 0.0
    until: float = 0.0

    def position(self, now: float) -> tuple[float, float, float]:
        moved = max(0.0, min(now, self.until) - self.since)
        pan, tilt, zoom = (min(1.0, at + speed * moved) for at, speed in zip(self.at, self.speed, strict=True))
        return max(-1.0, pan), max(-1.0, tilt), max(0.0, zoom)

    def go(self, speed: tuple[float, float, float], for_s: float, now: float) -> None:
        self.at, self.speed, self.since, self.until = self.position(now), speed, now, now + for_s

    def jump(self, to: tuple[float, float, float]) -> None:
        self.at, self.until = to, self.since


class OnvifDevice:
    """Owner of one simulated device's state. Time is given: `now` is true UTC, `monotonic` is for movements."""

    def __init__(self, camera: SimCamera, *, has_ptz: bool = True) -> None:
        self.camera = camera
        self.login: Login | None = camera.login
        self.has_ptz = has_ptz
        self.clock_offset_s = 0.0
        self.quirks: frozenset[Quirk] = frozenset()
        self.encoders = {
            name: SimEncoder(
                encoding="H264",
                width=profile.width,
                height=profile.height,
                frames_per_s=round(profile.frames_per_s),
                kbit_per_s=profile.bits_per_s // 1000,
                gop_frames=profile.gop_frames,
            )
            for name, profile in camera.profiles().items()
        }
        self.osd_text: str | None = None
        self.ntp_server = ""
        self.clock_from_ntp = False
        self.presets: dict[str, tuple[str, tuple[float, float, float]]] = {}
        self.ptz = _Ptz()
        self.calls: list[str] = []
        self.logins_refused = 0
        self.subscriptions: dict[int, Subscription] = {}
        self.states: dict[tuple[str, str], bool] = {("motion", "1"): False, ("tamper", "1"): False}
        self.states |= {("input", token): False for token in INPUTS}
        self._subscribed = 0
        self._nonces: deque[bytes] = deque(maxlen=MAX_REMEMBERED_NONCES)

    @property
    def place(self) -> str:
        return f"{self.camera.site}/{self.camera.key}"

    def told_time(self, now: datetime) -> datetime:
        """What it answers when asked for the time."""
        return self.own_time(now) + (timedelta(hours=5) if Quirk.LOCAL_TIME in self.quirks else timedelta())

    def own_time(self, now: datetime) -> datetime:
        """The clock by which it checks logins and stamps events."""
        return now + timedelta(seconds=self.clock_offset_s)

    def check_token(self, header: Element | None, now: datetime) -> bool:
        """Whether a WS-Security UsernameToken is right, fresh and new (UsernameToken Profile 1.0 §3.1).

        False when there is none. Raises `Fault` when there is a wrong one.
        """
        token = None if header is None else next((e for e in header.iter() if e.tag.endswith("}UsernameToken")), None)
        if token is None or self.login is None:
            return self.login is None
        fields = {child.tag.rpartition("}")[2]: (child.text or "") for child in token}
        try:
            nonce = base64.b64decode(fields.get("Nonce", ""), validate=True)
            created = datetime.fromisoformat(fields.get("Created", ""))
        except ValueError:
            raise not_authorised() from None
        secret = nonce + fields["Created"].encode() + self.login.password.encode()
        digest = base64.b64encode(hashlib.sha1(secret, usedforsecurity=False).digest()).decode()
        right = fields.get("Username") == self.login.user and hmac.compare_digest(digest, fields.get("Password", ""))
        fresh = abs((created - self.own_time(now)).total_seconds()) <= LOGIN_WINDOW_S
        if not right or not fresh or nonce in self._nonces:
            self.logins_refused += 1
            raise not_authorised()
        self._nonces.append(nonce)
        return True

    def tell(self, event: SimEvent, now: datetime) -> None:
        """Something happens at the camera. Raises `NotFound` for an input that it does not have."""
        if event.kind == "input" and event.token not in INPUTS:
            raise NotFound(f"the simulated camera has the inputs {', '.join(INPUTS)}")
        self.states[event.kind, event.token if event.kind == "input" else "1"] = event.active
        for subscription in self.subscriptions.values():
            subscription.add(event, self.own_time(now), initial=False)

    def subscribe(self, lives_s: float, now: datetime) -> Subscription:
        """A new pull point, which begins with the state of everything (ONVIF Core §9.5)."""
        self.forget_ended(now)
        if len(self.subscriptions) >= MAX_SUBSCRIPTIONS:
            raise Fault(("ter:Action", "ter:MaxSubscriptions"), "too many subscriptions", 500)
        self._subscribed += 1
        subscription = Subscription(self._subscribed, now + timedelta(seconds=self._life(lives_s)))
        for (kind, token), active in self.states.items():
            event = SimEvent(kind=kind, active=active, token=token)  # type: ignore[arg-type]
            subscription.add(event, self.own_time(now), initial=True)
        self.subscriptions[self._subscribed] = subscription
        return subscription

    def renew(self, number: int, lives_s: float, now: datetime) -> Subscription:
        subscription = self.subscription(number, now)
        subscription.ends_at = now + timedelta(seconds=self._life(lives_s))
        return subscription

    def subscription(self, number: int, now: datetime) -> Subscription:
        """Raises `Fault` for one that has ended."""
        self.forget_ended(now)
        try:
            return self.subscriptions[number]
        except KeyError:
            raise Fault(("ter:InvalidArgVal", "wsrf-rw:ResourceUnknownFault"), "no such subscription") from None

    def restart(self) -> None:
        """Forget every subscription, as a camera does that lost its power."""
        for subscription in self.subscriptions.values():
            subscription.more.set()
        self.subscriptions.clear()

    def forget_ended(self, now: datetime) -> None:
        """Subscriptions live until their end, and not for ever."""
        for number in [n for n, subscription in self.subscriptions.items() if subscription.ends_at <= now]:
            self.subscriptions.pop(number).more.set()

    def _life(self, asked_s: float) -> float:
        return 2.0 if Quirk.FORGETS in self.quirks else min(max(asked_s, 1.0), 600.0)

    # Settings

    def stream(self, profile: str) -> StreamName:
        """The stream of a profile's token. Raises `Fault`."""
        for name in self.encoders:
            if profile == f"profile_{name.value}":
                return name
        raise Fault(("ter:InvalidArgVal", "ter:NoProfile"), "Profile does not exist")

    def encoder(self, token: str) -> SimEncoder:
        for name, encoder in self.encoders.items():
            if token == f"encoder_{name.value}":
                return encoder
        raise no_configuration()

    def change_encoder(self, token: str, wanted: SimEncoder) -> None:
        """Raises `Fault` for values that the options do not have."""
        encoder = self.encoder(token)
        sizes = self.sizes(token)
        if wanted.encoding not in self.encodings() or (wanted.width, wanted.height) not in sizes:
            raise Fault(("ter:InvalidArgVal", "ter:ConfigModify"), "Resolution or codec not possible")
        if not 1 <= wanted.frames_per_s <= 30 or not 1 <= wanted.gop_frames <= 300:
            raise Fault(("ter:InvalidArgVal", "ter:ConfigModify"), "Frame rate or GOP not possible")
        if Quirk.LYING in self.quirks:
            return
        for name in SimEncoder.__struct_fields__:
            setattr(encoder, name, getattr(wanted, name))

    def sizes(self, token: str) -> tuple[tuple[int, int], ...]:
        """What an encoder can be set to: its camera's own size, and the usual ones."""
        name = next((name for name in self.encoders if token == f"encoder_{name.value}"), None)
        if name is None:
            raise no_configuration()
        own = self.camera.profiles()[name]
        usual = [(2560, 1440), (1920, 1080), (1280, 720)] if name is StreamName.MAIN else [(640, 360), (352, 288)]
        return ((own.width, own.height), *[size for size in usual if size != (own.width, own.height)])

    def encodings(self) -> tuple[str, ...]:
        return ("H264",) if Quirk.NO_MEDIA2 in self.quirks else ("H264", "H265")


def parse_request(body: bytes) -> tuple[Element | None, Element]:
    """Header and the call itself. Raises `Fault` for what is no SOAP message."""
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ValueError, SyntaxError):
        raise Fault(("ter:WellFormed",), "not XML") from None
    header = next((child for child in root if child.tag.endswith("}Header")), None)
    soap = next((child for child in root if child.tag.endswith("}Body")), None)
    if soap is None or not len(soap):
        raise Fault(("ter:WellFormed",), "no SOAP body")
    return header, soap[0]
