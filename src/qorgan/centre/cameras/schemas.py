"""Cameras and their recordings on the wire."""

from typing import Literal
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime

from qorgan.centre.wire import Instant, Name
from qorgan.domain.alarms import Level
from qorgan.domain.cameras import CameraReason, CameraState, StreamName


class Stream(Schema):
    """One stream as its node last measured it; `unknown` with reason `node_silent` when the node is not heard from.

    `audio` is the code of its sound where that is recorded (`mp4a.40.2`, `alaw`, `ulaw`), else empty.
    """

    stream: StreamName
    state: CameraState
    reason: CameraReason
    since: Instant | None
    codec: str
    width: int
    height: int
    frames_per_s: float
    bits_per_s: float
    audio: str


class PictureFault(Schema):
    """`since`: first seen, by the school's clock; null where an older node does not say."""

    fault: str
    verdict: Literal["suspect", "bad"]
    since: Instant | None


class PictureNow(Schema):
    """What the school's node thinks of the picture; `unknown` when nothing is heard from it."""

    verdict: Literal["ok", "suspect", "bad", "unknown"]
    at: Instant
    faults: list[PictureFault]


class Camera(Schema):
    """`present` is false for a camera that was taken away: like a closed alarm it leaves the lists.

    `onvif` is empty for a camera that does not speak it, else `ok` or the code of what is wrong: then its events and
    contacts do not reach us. `clock_offset_s`: how far its own clock is ahead, null when it does not tell.
    """

    id: UUID
    school: UUID
    key: str
    name: Name
    zone: str
    has_sub: bool
    present: bool
    streams: list[Stream]
    onvif: str
    clock_offset_s: float | None
    picture: PictureNow | None


class CameraList(Schema):
    items: list[Camera]
    next: str | None


class Span(Schema):
    """Recorded without a hole of more than one second."""

    start: Instant
    end: Instant
    stream: StreamName


class Gap(Schema):
    """Not recorded. `cause`: a camera's reason, `node_down` or `unknown`."""

    start: Instant
    end: Instant
    stream: StreamName
    cause: str


class Pin(Schema):
    """An alarm of the school, to be marked on the timeline."""

    id: UUID
    at: Instant
    level: Level


class Motion(Schema):
    """How much moved in each `step_s` seconds from `start`: 0 nothing … 255 all the time.

    `basis`: `events`, the camera told; `sizes`, estimated from the sizes of recorded pictures.
    """

    start: Instant
    step_s: int
    basis: Literal["events", "sizes"]
    density: list[int]


class Damaged(Schema):
    """A stretch in which pictures came damaged, and how many."""

    start: Instant
    end: Instant
    stream: StreamName
    pictures: int


class Timeline(Schema):
    start: Instant
    end: Instant
    spans: list[Span]
    gaps: list[Gap]
    damaged: list[Damaged]
    motion: Motion | None
    alarms: list[Pin]


RangeStream = Literal["main", "sub"]


class Steer(Schema):
    """An order to a camera that can turn. Speeds are -1 … 1; a move ends by itself after `for_s` (≤10) seconds."""

    order: Literal["move", "stop", "goto", "set"]
    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 0.0
    for_s: float = 2.0
    preset: str = ""
    purpose: str = "duty"


class Preset(Schema):
    """A place that a camera remembers."""

    token: str
    name: str


class Ptz(Schema):
    """What the camera remembers; empty after orders that do not change it."""

    presets: list[Preset]


class Hold(Schema):
    """A stretch that retention may not delete, as the school has it."""

    id: str
    start: Instant
    end: Instant
    reason: str
    by: str
    at: Instant
    until: Instant | None


class HoldList(Schema):
    """`kept_bytes`: what the hold just placed keeps; 0 otherwise."""

    items: list[Hold]
    kept_bytes: int


class HoldWish(Schema):
    """`id` is the browser's: the same one again is the same hold."""

    start: AwareDatetime
    end: AwareDatetime
    until: AwareDatetime
    reason: str
    purpose: str = "duty"
    id: UUID | None = None


class SetupOrder(Schema):
    """What the wizard says; each step reads what it needs. `address`: http(s)://…/onvif/device_service or rtsp(s)://….

    `main` and `sub` are profiles' tokens; of an rtsp address `sub` is another one. `house_profile`: set the camera up
    as the norm wants it, too.
    """

    address: str = ""
    user: str = ""
    password: str = ""
    main: str = ""
    sub: str | None = None
    key: str = ""
    name: Name | None = None
    zone: str = "other"
    house_profile: bool = False


class FoundCamera(Schema):
    """`configured`: the key of the camera that it is already, or empty."""

    url: str
    model: str
    name: str
    configured: str


class FoundList(Schema):
    items: list[FoundCamera]
    ignored: int


class Profile(Schema):
    """A stream that the camera offers; without `encoding` it sends no video."""

    token: str
    name: str
    encoding: str
    width: int
    height: int
    frames_per_s: float
    kbit_per_s: int


class HouseChange(Schema):
    """One thing that the house profile would change at the camera."""

    stream: Literal["", "main", "sub"]
    what: str
    before: str
    after: str


class LookedAt(Schema):
    """A camera after login. `main` and `sub` are suggestions. Of an rtsp address there is what it truly sent."""

    onvif: bool
    manufacturer: str
    model: str
    firmware: str
    serial: str
    clock_offset_s: float | None
    profiles: list[Profile]
    main: str
    sub: str
    configured: str
    changes: list[HouseChange]
    codec: str
    width: int
    height: int


class LookedAtPicture(LookedAt):
    """`jpeg` in base64, empty when the camera makes none."""

    jpeg: str


class SetupDone(Schema):
    key: str
