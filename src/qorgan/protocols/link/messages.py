"""The messages of the link: msgspec structs in MessagePack, one envelope, version 1.

Nodes in the field are old: fields are only ever added, with defaults, and the golden files of every released
version (`tests/contract/link/golden`) must decode for ever. A body of unknown type stays raw in its envelope:
it is stored as it came, acknowledged, and never blocks what stands behind it.
"""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from qorgan.domain.alarms import Level
from qorgan.domain.places import LocalText
from qorgan.kernel.errors import Invalid
from qorgan.kernel.ids import SiteId

VERSION = 1
MAX_MESSAGE_BYTES = 1_000_000  # the carrier's own limit is 1 MiB
MAX_STILL_BYTES = 50_000  # of a picture that comes with what is said of it
T = TypeVar("T", bound=msgspec.Struct)


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every body derives from."""


class AlarmRaised(Message, frozen=True):
    """A button was pressed. Durable at the school before this is sent (invariant I1)."""

    alarm: UUID
    button: str
    place: LocalText
    pressed_at: datetime
    level: str = "P1"  # domain.alarms.Level
    kind: str = "real"  # domain.alarms.Kind
    source: str = "button"  # domain.alarms.Source; one that we do not know stays as text
    cameras: tuple[str, ...] = ()  # keys of the cameras around the button, nearest first
    meaning: str = ""  # domain.signals.Meaning; empty: the way in knows no more than the level
    code: str = ""  # what it meant in the words of the way in: Contact ID "1120", SIA "PA"
    duress: bool = False  # raised under threat: nobody calls back
    note: str = ""
    presses: int = 1  # how often it was pressed before it could be sent
    durable_at: datetime | None = None  # the node's clock: its disk has it since; None: it does not know (any more)


class AlarmClaim(Message, frozen=True):
    """Somebody at the school says something of an alarm. A claim never ends an alarm: an officer verifies it.

    `claim`: `cancel` (it was a mistake), `returned` (the button is back in its rest), `again` (pressed once more).
    `duress`: whoever cancels does so under threat; at the school it looks the same. `id` of the envelope tells a claim
    from its repetition.
    """

    alarm: UUID
    claim: str  # domain.alarms.Claim
    at: datetime  # the node's clock
    by: str = ""  # who, as the school names them; empty: a machine
    duress: bool = False


class SourceHealth(Message, frozen=True):
    """One way in of alarms: whether it is heard, and what is wrong with it. Sent whenever it changes.

    `faults` are stable codes: battery_low, tamper, mains_lost, line_open, line_short, comms_trouble, …
    """

    key: str
    kind: str  # domain.alarms.Source
    state: str  # ok | silent | fault
    since: datetime
    faults: tuple[str, ...] = ()
    last_seen: datetime | None = None  # None: never
    interval_s: float | None = None  # how often it should be heard; None: it is not asked


class OutputResult(Message, frozen=True):
    """What an output (siren, loudspeaker, door, screen) made of an order, and after how many milliseconds."""

    key: str
    ok: bool
    reason: str = ""  # a stable code when not ok
    ms: float = 0.0


class ActionChanged(Message, frozen=True):
    """The school took an action, or ended it with all_clear; by its own people or by the centre's order."""

    action: str  # hold | secure | lockdown | evacuate | shelter | all_clear
    kind: str  # domain.alarms.Kind
    at: datetime
    by: str
    outputs: tuple[OutputResult, ...] = ()


class CameraInfo(Message, frozen=True):
    key: str
    name: LocalText
    zone: str = "other"
    has_sub: bool = True


class ButtonInfo(Message, frozen=True):
    key: str
    place: LocalText
    cameras: tuple[str, ...] = ()


class SourceInfo(Message, frozen=True):
    """One way in of alarms. `interval_s`: how often it should be heard; None: it says nothing by itself."""

    key: str
    kind: str  # domain.alarms.Source
    place: LocalText
    interval_s: float | None = None


class OutputInfo(Message, frozen=True):
    """Something the school can switch: a siren, a loudspeaker, a door, a screen."""

    key: str
    kind: str
    place: LocalText


class Inventory(Message, frozen=True):
    """What stands at the school; sent at every start of the node and whenever it changes. Replaces the last one."""

    cameras: tuple[CameraInfo, ...]
    buttons: tuple[ButtonInfo, ...]
    software: str = ""
    sources: tuple[SourceInfo, ...] = ()
    outputs: tuple[OutputInfo, ...] = ()
    seal_key: str = ""  # base64url of the node's X25519 public key (see `sealing.py`)


class StreamHealth(Message, frozen=True):
    """One stream of a camera, measured from packets, never from what the camera claims."""

    stream: str  # domain.cameras.StreamName
    state: str  # domain.cameras.CameraState
    reason: str = "none"  # domain.cameras.CameraReason
    since: datetime | None = None
    codec: str = ""  # RFC 6381, "avc1.640028"
    width: int = 0
    height: int = 0
    frames_per_s: float = 0.0
    bits_per_s: float = 0.0
    lost_packets: int = 0  # of the pictures, since the recorder began
    audio: str = ""  # its sound where it is recorded: "mp4a.40.2", "alaw", "ulaw"
    measured: dict[str, float] = {}  # over the last seconds: keyframe_every_s, loss, jitter_s, clock_offset_s
    delivery: dict[str, float] = {}  # confirmed faults (domain.quality.delivery) with scores, 1 is where they begin


class CameraHealth(Message, frozen=True):
    """A camera with its streams. `onvif` is empty for one without, `ok`, or the code of what is wrong."""

    key: str
    streams: tuple[StreamHealth, ...]
    onvif: str = ""
    clock_offset_s: float | None = None  # how far the camera's own clock is ahead of the node's; None: not told


class CameraChanged(Message, frozen=True):
    """A stream went from one state to another."""

    camera: str
    health: StreamHealth
    at: datetime


class CameraEvent(Message, frozen=True):
    """What a camera itself noticed: `kind` motion, tamper or input, `active` when it began and not when it ended.

    `source` is the input's token or the name of the rule, as the camera has it; `at` is by the node's clock.
    """

    camera: str
    kind: str
    source: str
    active: bool
    at: datetime


class FaultFound(Message, frozen=True):
    """One fault of a picture, as the analyst holds it after its last looks. Times are by the node's clock.

    `score`: of the last look that could say, 1 is where the fault begins. A fault that is over is told no more.
    """

    fault: str  # domain.quality.faults.Fault; one that we do not know is shown by its code
    verdict: str  # suspect | bad
    since: datetime | None = None  # first seen
    last_seen: datetime | None = None
    score: float = 0.0


class PictureResult(Message, frozen=True):
    """What the analyst saw in one keyframe. `verdict`: ok | suspect | bad | unknown, of the picture as a whole.

    `faults`: black | overexposed | low_contrast | blurred | frozen, those there are. Of other faults (covered, moved,
    noisy …; domain/quality/faults.py) the verdict speaks, and `measures` has `score_<fault>`: 1 is where it begins.

    A newer node says it whole: `found` has every suspected or confirmed fault by its name and `knows` is true (an
    empty `found` of an older node says nothing). `still` is one small JPEG, of MAX_STILL_BYTES at most, of what the
    camera sent just then: with a fault that was just confirmed, once a day while it stays, and when all is well again.
    `approved`: of which periods (day, night) there is an approved view that looks are compared with.
    """

    camera: str
    at: datetime
    verdict: str
    faults: tuple[str, ...] = ()
    measures: dict[str, float] = {}
    found: tuple[FaultFound, ...] = ()
    knows: bool = False
    still: bytes = b""
    approved: dict[str, str] = {}  # "day", "night": the digest of the frame that it was made from


class StorageForecast(Message, frozen=True):
    """What a disk of the archive will hold, from what was measured. Sent when it becomes news: before it happens.

    `breaks_at`: when recordings younger than `min_days` would have to go; None: not as long as can be seen.
    """

    disk: str
    at: datetime
    min_days: float
    days_kept: float
    bytes_per_day: int
    room_bytes: int
    breaks_at: datetime | None = None


class DiskHealth(Message, frozen=True):
    """One disk of the archive. `state` and `reason` as in the recorder's `disks.py`: ready, absent, refused, failed."""

    id: str
    name: str
    state: str
    reason: str = "none"
    used_bytes: int = 0
    held_bytes: int = 0
    budget_bytes: int = 0
    days_kept: float = 0.0  # in the long run; 0: not measured yet
    breaks_at: datetime | None = None
    broken: bool = False  # in the last 24 hours something younger than the minimum had to go


class Pulse(Message, frozen=True):
    """Alive. Not stored; its silence is a fault within 30 s."""

    at: datetime
    started_at: datetime
    last_seq: int = 0
    outbox: int = 0  # messages not yet acknowledged by the centre
    disk_free_bytes: int = 0
    disk_total_bytes: int = 0
    cameras: tuple[CameraHealth, ...] = ()
    faults: tuple[str, ...] = ()  # stable codes of what is wrong with the node itself, "outbox.ballast_gone"
    disks: tuple[DiskHealth, ...] = ()  # of the archive, as the recorder last said


BODIES: dict[str, type[Message]] = {
    "alarm.raised": AlarmRaised,
    "alarm.claim": AlarmClaim,
    "source.health": SourceHealth,
    "action.changed": ActionChanged,
    "inventory": Inventory,
    "camera.changed": CameraChanged,
    "camera.event": CameraEvent,
    "picture.result": PictureResult,
    "storage.forecast": StorageForecast,
    "pulse": Pulse,
}
_TYPES = {body: name for name, body in BODIES.items()}


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a school. `seq` counts up by one per durable message of the site; a pulse carries 0."""

    id: UUID
    site: str
    seq: int
    sent_at: datetime
    type: str
    body: msgspec.Raw
    version: int = VERSION

    def decode_body(self) -> Message | None:
        """The body, or None when this software does not know its type.

        Raises `Invalid` when a known body does not have its form.
        """
        kind = BODIES.get(self.type)
        return None if kind is None else decode(self.body, kind)


class Ack(Message, frozen=True):
    """The centre's answer, given only after its commit. `stored` lists ids that are now durable, new or known."""

    stored: tuple[UUID, ...] = ()
    refused: dict[str, str] = {}  # id → code; the school parks these and tells its operator


class _Gravity(msgspec.Struct, frozen=True):
    level: str = "P1"  # as in AlarmRaised; what else comes in the lane of alarms has none


def is_urgent(alarm: Envelope) -> bool:
    """Whether this message of the lane of alarms goes before others: P1 does, and what is said of an alarm."""
    try:
        return Level.read(decode(alarm.body, _Gravity).level) is Level.P1
    except Invalid:
        return False


def envelop(body: Message, *, id: UUID, site: SiteId, seq: int, sent_at: datetime) -> Envelope:
    """Wrap a body for its journey."""
    raw = msgspec.Raw(encode(body))
    return Envelope(id=id, site=site, seq=seq, sent_at=sent_at, type=_TYPES[type(body)], body=raw)


def encode(message: Any) -> bytes:
    """MessagePack of a struct, or of a list of them."""
    return msgspec.msgpack.encode(message)


def decode(data: bytes | msgspec.Raw, kind: type[T]) -> T:
    """A struct from MessagePack. Raises `Invalid` for anything else, oversize included."""
    if len(data) > MAX_MESSAGE_BYTES:
        raise Invalid(f"message of {len(data)} bytes is over the limit of {MAX_MESSAGE_BYTES}")
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:  # the latter: lists within lists
        raise Invalid(f"not a {kind.__name__}: {error}") from error


def decode_batch(data: bytes) -> list[Envelope]:
    """The envelopes of an `event` request. Raises `Invalid`."""
    if len(data) > MAX_MESSAGE_BYTES:
        raise Invalid(f"batch of {len(data)} bytes is over the limit of {MAX_MESSAGE_BYTES}")
    try:
        return msgspec.msgpack.decode(data, type=list[Envelope])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Invalid(f"not a batch of envelopes: {error}") from error
