"""Use cases of `frames`: keep a picture that a school sent, look at it, bind it to what speaks of it, forget the rest.

Who keeps one, or looks at one that is kept, stands in the school's watch ledger, with the purpose.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.access import service as access
from qorgan.centre.cameras.models import Camera
from qorgan.centre.frames import schemas as wire
from qorgan.centre.frames.models import Frame
from qorgan.centre.pictures.drawing import Drawing
from qorgan.centre.wire import Person
from qorgan.domain.access import Actor, PurposeKind, Right, Role
from qorgan.domain.cameras import StreamName
from qorgan.kernel.errors import Exhausted, Forbidden, NotFound
from qorgan.protocols.link.grants import Action

LOOSE_FOR = timedelta(days=7)  # a frame that nobody bound to anything
MOST_LOOSE = 200  # of one person: a wall of remarks, not a second archive
FORGOTTEN_AT_ONCE = 500
A_MOMENT = timedelta(milliseconds=1)
# Why somebody looks at a frame that is kept: what their office is. An alarm's pictures are the archive's.
_USUAL: Mapping[Role, PurposeKind] = MappingProxyType(
    {
        Role.DUTY_OFFICER: PurposeKind.DUTY,
        Role.HEAD: PurposeKind.OWN_SCHOOL,
        Role.INSPECTOR: PurposeKind.INSPECTION,
    }
)


def require_room(actor: Actor) -> None:
    """Asked before the school is. Raises `Exhausted` with code `frame.too_many`."""
    if Frame.objects.filter(asked_by=actor.user, bound=False).count() >= MOST_LOOSE:
        raise Exhausted(
            f"you keep {MOST_LOOSE} frames that belong to nothing: they are forgotten after {LOOSE_FOR.days} days",
            code="frame.too_many",
        )


@transaction.atomic
def keep(
    actor: Actor,
    camera_id: UUID,
    *,
    stream: StreamName,
    purpose: str,
    taken_at: datetime,
    watch: UUID,
    drawing: Drawing,
) -> wire.Frame:
    """A picture that the school sent for the watch, whose line says who may have it. Raises `NotFound`."""
    camera = Camera.objects.visible_to(actor).filter(pk=camera_id).first()
    if camera is None:
        raise NotFound("there is no such camera in your territory")
    now = timezone.now()
    row = Frame.objects.create(
        camera=camera,
        stream=stream.value,
        taken_at=clean.moment(taken_at, otherwise=now),
        digest=drawing.digest,
        content=drawing.content,
        mime=drawing.mime,
        width=drawing.width,
        height=drawing.height,
        asked_by_id=actor.user,
        asked_at=now,
        purpose=purpose[:60],
        watch=watch,
    )
    return on_the_wire(row)


def get(actor: Actor, frame_id: UUID) -> wire.Frame:
    """What is known of a frame; shows no picture. Raises `NotFound`."""
    return on_the_wire(find(actor, frame_id))


def find(actor: Actor, frame_id: UUID) -> Frame:
    """The row without its bytes, for other rooms. Raises `NotFound` for one that the actor may not see."""
    row = Frame.objects.visible_to(actor).bare().filter(pk=frame_id).first()
    if row is None:
        raise NotFound("there is no such frame in your territory", code="frame.unknown")
    return row


def bind(actor: Actor, frame_id: UUID, camera_id: UUID | None = None) -> Frame:
    """From now on something refers to this frame: it is not forgotten. Call it in the transaction that refers to it.

    With `camera_id` it has to be a frame of that camera. Raises `NotFound`.
    """
    row = find(actor, frame_id)
    if camera_id is not None and row.camera_id != camera_id:
        raise NotFound("this frame is of another camera", code="frame.unknown")
    if not row.bound:
        Frame.objects.filter(pk=row.pk).update(bound=True)
    return row


def release(frame_id: UUID | None) -> None:
    """What referred to this frame is gone. If nothing else does, it is forgotten in time."""
    if frame_id is not None:
        Frame.objects.filter(pk=frame_id).update(bound=False)


@transaction.atomic
def look(actor: Actor, frame_id: UUID) -> Frame:
    """The frame with its bytes, and a line in the school's watch ledger. Raises `NotFound`, `Forbidden`."""
    actor.require(Right.ARCHIVE_VIEW)
    row = find(actor, frame_id)
    if actor.role not in _USUAL:
        raise Forbidden(f"the role {actor.role} does not look at frames", code="purpose")
    opened = access.open_watch(
        actor,
        row.camera_id,
        Action.ARCHIVE,
        StreamName(row.stream),
        str(_USUAL[actor.role].value),
        start=row.taken_at,
        end=row.taken_at + A_MOMENT,
    )
    access.end_watch(opened.id)
    return Frame.objects.get(pk=row.pk)


@transaction.atomic
def forget(now: datetime | None = None) -> int:
    """Delete what nobody bound to anything in time; how many. Call it every hour or so."""
    before = (now or timezone.now()) - LOOSE_FOR
    loose = Frame.objects.filter(bound=False, asked_at__lt=before).order_by("asked_at")
    return sum(_forgotten(row) for row in loose.defer("content")[:FORGOTTEN_AT_ONCE])


def _forgotten(row: Frame) -> bool:
    """Deleted, unless something refers to it after all."""
    try:
        with transaction.atomic():
            row.delete()
    except ProtectedError:
        Frame.objects.filter(pk=row.pk).update(bound=True)
        return False
    return True


def on_the_wire(row: Frame) -> wire.Frame:
    """A row read with its camera and person."""
    return wire.Frame(
        id=row.pk,
        camera=row.camera_id,
        school=row.camera.school_id,
        stream=StreamName(row.stream),
        taken_at=row.taken_at,
        asked_at=row.asked_at,
        asked_by=Person(id=row.asked_by_id, name=row.asked_by.name),
        width=row.width,
        height=row.height,
        digest=row.digest,
        image=f"/api/frames/{row.pk}/image",
    )
