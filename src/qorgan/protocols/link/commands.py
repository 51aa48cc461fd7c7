"""What a centre asks of a school, and what the school answers. Every question about video carries a grant."""

import hashlib
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from qorgan.protocols.link.messages import Message
from qorgan.protocols.link.setup import Discovered, Probed, Saved


class OpenStream(Message, frozen=True):
    """`cmd.open`: publish this stream live on `q1.<site>.media.<lease>`.

    Ends by `cmd.close`, or `lease_s` after the last `cmd.renew`. A second `open` with the same lease is another viewer.

    The answer is `Opened` or `Refusal`; then come INIT, the group of pictures so far, and each new frame.

    With `audio` the lease brings the sound of the stream and no pictures, as the camera codes it; the grant is then one
    to listen. Each message after INIT stands alone (KEY) and holds the sound that came in one go.
    """

    grant: bytes
    lease: str
    lease_s: float = 15.0
    audio: bool = False


class OpenRange(Message, frozen=True):
    """`cmd.range`: publish recorded fragments overlapping [start, end) on the lease's subject, then END.

    Times of samples (`tfdt`) count from `start`: a gap in the recording is a gap in the media timeline.
    At most `credit_bytes` are sent ahead; `cmd.credit` adds to it. With `keys_only` each message is one keyframe that
    lasts until the next one: for high speeds, for playing backwards, for a single picture. With `audio` the sound
    comes, as it was recorded, and no pictures; the grant is then one to listen.
    """

    grant: bytes
    lease: str
    start: datetime
    end: datetime
    credit_bytes: int = 4_000_000
    keys_only: bool = False
    audio: bool = False


class AskContents(Message, frozen=True):
    """`cmd.contents`: what [start, end) consists of, as pieces of some seconds at which playing may begin.

    The first piece begins at the last keyframe at or before `start`. Shows no picture. The answer is `Contents`. Sound
    is among it only with `listen`, a grant to listen to the same range.
    """

    grant: bytes
    start: datetime
    end: datetime
    listen: bytes = b""


class PieceOrder(msgspec.Struct, frozen=True, array_like=True):
    """`count` fragments of a recorded segment from the one numbered `first`; their times shall begin at `base`."""

    segment: int
    first: int
    count: int
    base: int  # 1/90000 s


class ReadPieces(Message, frozen=True):
    """`cmd.pieces`: publish these pieces of a recording's contents on the lease's subject, then END.

    Every byte comes as `Piece.size` promised, or the END says what is wrong. No INIT comes: it stands in the contents.
    Without `listen` there are nulls where the sound stood, and nothing says that it was sound.
    """

    grant: bytes
    lease: str
    pieces: tuple[PieceOrder, ...]
    credit_bytes: int = 4_000_000
    listen: bytes = b""


class Credit(Message, frozen=True):
    """`cmd.credit`: the reader has taken this many bytes more."""

    lease: str
    bytes: int


class Renew(Message, frozen=True):
    """`cmd.renew`: somebody still watches."""

    lease: str


class Close(Message, frozen=True):
    """`cmd.close`: nobody watches any more."""

    lease: str


class AskCoverage(Message, frozen=True):
    """`cmd.coverage`: what was recorded of a camera in [start, end), and with `motion` how much moved in it.

    With `files` the node looks whether the files of the main stream are still there (`CoverageReply.lost`).
    """

    grant: bytes
    start: datetime
    end: datetime
    motion: bool = False
    files: bool = False


class PtzOrder(StrEnum):
    """What a camera that can turn is told."""

    MOVE = "move"
    STOP = "stop"
    GOTO = "goto"  # a preset
    SET = "set"  # remember where it looks now, under a name
    PRESETS = "presets"  # only tell what it remembers


class AskPtz(Message, frozen=True):
    """`cmd.ptz`: turn a camera. Speeds are -1 … 1 of what it can; a move ends by itself after `for_s` (≤10 s).

    The answer is `PtzReply`; a camera that cannot turn is refused as `onvif.not_supported`.
    """

    grant: bytes
    order: PtzOrder
    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 0.0
    for_s: float = 2.0
    preset: str = ""  # the token for `goto`, the name for `set`


class AskSnapshot(Message, frozen=True):
    """`cmd.snapshot`: one picture as the camera makes it, in JPEG. The answer is `Snapshot`."""

    grant: bytes


class AlarmProgress(Message, frozen=True):
    """`cmd.progress` (answered by core): how far an alarm is at the centre; core shows it to the presser, silently.

    Repeated until consented to, and again after a restart: the node keeps the furthest state, so that repetitions and
    reordering do no harm. The answer is plain consent, also for an alarm that the node does not know (any more).
    """

    alarm: UUID
    state: str  # domain.alarms.Progress: received | owned | dispatched | en_route | arrived | closed
    at: datetime


class OrderAction(Message, frozen=True):
    """`cmd.action` (answered by core): the centre orders an action, or ends it (all_clear). Wants the `action` right.

    The grant's `id` names the order: one that comes again is consented to and not carried out again. The answer is
    plain consent once it is durable at the school; how the outputs did comes as `ActionChanged`.
    """

    grant: bytes
    action: str  # hold | secure | lockdown | evacuate | shelter | all_clear
    kind: str  # domain.alarms.Kind
    by: str  # who ordered it, as the school shall read it
    at: datetime


class ViewWish(Message, frozen=True):
    """What `cmd.approve_view` is to do: compare a camera with this picture from now on, or (empty) forget it.

    `digest` names the frame that was signed, for the answer in `PictureResult.approved`; `picture` is a JPEG made of
    it, of MAX_VIEW_BYTES at most, and `picture_digest` its SHA-256. The same wish twice is one.
    """

    camera: str
    period: str  # day | night
    digest: str
    picture: bytes = b""
    picture_digest: str = ""


class OrderView(Message, frozen=True):
    """`cmd.approve_view` (answered by core): `order` is a packed `ViewWish`, which the grant (`view`) names by its
    digest. Plain consent once it is durable at the school; that it is in use comes with the next `PictureResult`.
    """

    grant: bytes
    order: bytes


MAX_VIEW_BYTES = 200_000


def picture_digest(picture: bytes) -> str:
    """SHA-256, in hexadecimal digits."""
    return hashlib.sha256(picture).hexdigest()


class PtzPreset(Message, frozen=True):
    """A place that a camera remembers."""

    token: str
    name: str


class PtzReply(Message, frozen=True):
    """What the camera remembers, after the order."""

    presets: tuple[PtzPreset, ...] = ()


class Snapshot(Message, frozen=True):
    """A picture in JPEG, taken at `at` by the node's clock."""

    at: datetime
    jpeg: bytes


class Opened(Message, frozen=True):
    """The lease is open. `mime` is ready for MediaSource.addSourceBuffer()."""

    lease: str
    mime: str = ""  # empty for a live stream whose camera has not sent a keyframe yet: INIT will carry it
    width: int = 0
    height: int = 0


class Refusal(Message, frozen=True):
    """No, and why. `code` is a `CameraReason` or an error code."""

    code: str
    message: str = ""


class Span(Message, frozen=True):
    """A stretch of time without a hole of more than one second."""

    start: datetime
    end: datetime
    stream: str


class Gap(Message, frozen=True):
    """A stretch that was not recorded, with its cause (a `CameraReason`, `node_down`, or `unknown`)."""

    start: datetime
    end: datetime
    stream: str
    cause: str


class Motion(Message, frozen=True):
    """How much moved: one byte for each `step_s` seconds from `start`, 0 nothing … 255 all the time.

    `basis`: `events` (the camera told) or `sizes` (estimated from the sizes of recorded pictures).
    """

    start: datetime
    step_s: int
    basis: str
    density: bytes


class Damaged(Message, frozen=True):
    """A stretch that was recorded, with so many pictures of which packets were lost between camera and node."""

    start: datetime
    end: datetime
    stream: str
    pictures: int


class CoverageReply(Message, frozen=True):
    spans: tuple[Span, ...] = ()
    gaps: tuple[Gap, ...] = ()
    damaged: tuple[Damaged, ...] = ()
    motion: Motion | None = None
    lost: tuple[Span, ...] | None = None  # in the index and not on the disk; not in `spans`. None: nobody looked


class HoldWish(Message, frozen=True):
    """What `cmd.hold` is to do: keep [start, end) of the grant's camera until `until`; or `release` the hold `id`.

    The same `id` placed twice is one hold (I9).
    """

    id: str
    by: str
    reason: str = ""
    start: datetime | None = None
    end: datetime | None = None
    until: datetime | None = None
    stream: str = ""  # main, sub, or both
    release: bool = False


class OrderHold(Message, frozen=True):
    """`cmd.hold`: `order` is a packed `HoldWish`, which the grant (`hold`) names by its digest. The answer: `Holds`."""

    grant: bytes
    order: bytes


class AskHolds(Message, frozen=True):
    """`cmd.holds`: what is held of the grant's camera. The answer is `Holds`."""

    grant: bytes


class HeldStretch(Message, frozen=True):
    """A hold as it stands at the school."""

    id: str
    start: datetime
    end: datetime
    reason: str
    by: str
    at: datetime
    until: datetime | None = None
    stream: str = ""


class Holds(Message, frozen=True):
    """Every hold on a camera that is not released, oldest first; `kept_bytes` is what the one just placed keeps."""

    items: tuple[HeldStretch, ...] = ()
    kept_bytes: int = 0


class Part(Message, frozen=True):
    """Pieces of one part share their parameters, and `init`: what a player needs before the first of them."""

    mime: str
    width: int
    height: int
    init: bytes


class Piece(msgspec.Struct, frozen=True, array_like=True):
    """Some seconds of one recorded file, beginning with a keyframe."""

    segment: int
    first: int
    count: int
    wall_us: int  # when it was, µs since 1970-01-01 UTC
    duration: int  # 1/90000 s
    size: int  # bytes, as `cmd.pieces` will send them
    part: int  # index into `Contents.parts`
    follows: bool  # the picture before it is the last one of the piece before: no gap, no new run


class Contents(Message, frozen=True):
    """A stretch of time that was recorded, in order."""

    parts: tuple[Part, ...] = ()
    pieces: tuple[Piece, ...] = ()


class Reply(Message, frozen=True):
    """What comes back on every command: exactly one of the fields is set; none means plain consent.

    Beside it stands `at` on `cmd.open` and `cmd.renew`: the node's clock as it answered. From it the centre knows how
    old a picture is.
    """

    opened: Opened | None = None
    coverage: CoverageReply | None = None
    contents: Contents | None = None
    ptz: PtzReply | None = None
    snapshot: Snapshot | None = None
    discovered: Discovered | None = None
    probed: Probed | None = None
    saved: Saved | None = None
    holds: Holds | None = None
    refusal: Refusal | None = None
    at: datetime | None = None
