"""Cameras and their recordings on the wire."""

from typing import Literal
from uuid import UUID

from ninja import Schema

from qorgan.centre.wire import Instant, Name
from qorgan.domain.alarms import Level
from qorgan.domain.cameras import CameraReason, CameraState, StreamName


class Stream(Schema):
    """One stream as its node last measured it; `unknown` with reason `node_silent` when the node is not heard from."""

    stream: StreamName
    state: CameraState
    reason: CameraReason
    since: Instant | None
    codec: str
    width: int
    height: int
    frames_per_s: float
    bits_per_s: float


class Camera(Schema):
    """`present` is false for a camera that was taken away: like a closed alarm it leaves the lists."""

    id: UUID
    school: UUID
    key: str
    name: Name
    zone: str
    has_sub: bool
    present: bool
    streams: list[Stream]


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


class Timeline(Schema):
    start: Instant
    end: Instant
    spans: list[Span]
    gaps: list[Gap]
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
