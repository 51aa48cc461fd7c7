"""Approved views: propose a frame, sign for the school, sign for the police, take it back (`domain.approval`)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.access import service as access
from qorgan.centre.access.models import User
from qorgan.centre.cameras.models import Camera
from qorgan.centre.frames import service as frames
from qorgan.centre.quality import schemas as wire
from qorgan.centre.quality.models import ApprovedView, PictureState, ViewSignature
from qorgan.centre.scope import within
from qorgan.centre.wire import Person
from qorgan.domain.access import Actor, Right
from qorgan.domain.approval import OPEN, STANDING, Sight, ViewState, require_side, side_of, signed
from qorgan.domain.cameras import StreamName
from qorgan.kernel.errors import Conflict, NotFound

MAX_SHOWN = 50


def of_camera(actor: Actor, camera_id: UUID) -> wire.ApprovedViewList:
    """Those that stand first, then the newest of the others. Raises `NotFound`."""
    camera = _camera(actor, camera_id)
    rows = _read(ApprovedView.objects.visible_to(actor).filter(camera=camera))
    newest = sorted(rows[:MAX_SHOWN], key=lambda row: row.state not in STANDING)
    return wire.ApprovedViewList(
        items=_on_the_wire(actor, camera, newest), may_propose=side_of(actor.role, actor.body) is not None
    )


@transaction.atomic
def propose(actor: Actor, camera_id: UUID, wish: wire.NewView) -> wire.ApprovedView:
    """A frame to be signed; one that waits for signatures already is superseded. Raises `NotFound`, `Forbidden`."""
    require_side(actor.role, actor.body)
    camera = _camera(actor, camera_id)
    if not camera.present:
        raise NotFound("this camera was taken away", code="view.camera_gone")
    frame = frames.bind(actor, wish.frame, camera.pk)
    now, sight = timezone.now(), _sight(camera)
    waiting = ApprovedView.objects.select_for_update().filter(camera=camera, period=wish.period, state__in=OPEN)
    waiting.update(state=ViewState.SUPERSEDED.value, ended_at=now)
    row = ApprovedView(
        camera=camera,
        period=wish.period,
        state=ViewState.PROPOSED.value,
        frame=frame,
        proposed_by_id=actor.user,
        proposed_at=now,
        codec=sight.codec,
        width=sight.width,
        height=sight.height,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict("somebody else proposed a view just now", code="conflict") from error
    _audit(actor, "view.proposed", row)
    return _one(actor, row.pk)


@transaction.atomic
def sign(actor: Actor, view_id: UUID) -> wire.ApprovedView:
    """Sign for one's side; with the police's signature it is approved. Raises `Forbidden`, `NotFound`, `Conflict`."""
    side = require_side(actor.role, actor.body)
    row = _find(actor, view_id, lock=True)
    after = signed(ViewState(row.state), side)
    now = timezone.now()
    ViewSignature.objects.create(
        view=row,
        side=side.value,
        by_id=actor.user,
        role=actor.role.value,
        body=actor.body.value if actor.body else "",
        at=now,
        digest=row.frame.digest,
    )
    if after is ViewState.APPROVED:
        others = ApprovedView.objects.filter(camera=row.camera_id, period=row.period).exclude(pk=row.pk)
        others.update(due_at=None)  # an order to forget must not overtake this one
        others.filter(state=ViewState.APPROVED.value).update(state=ViewState.SUPERSEDED.value, ended_at=now)
        row.due_at = now
    row.state = after.value
    row.save(update_fields=("state", "due_at"))
    _audit(actor, "view.signed", row)
    return _one(actor, row.pk)


@transaction.atomic
def withdraw(actor: Actor, view_id: UUID, reason: str) -> wire.ApprovedView:
    """Take back one that stands: the node learns its view again. Raises `Forbidden`, `NotFound`, `Conflict`."""
    require_side(actor.role, actor.body)
    row = _find(actor, view_id, lock=True)
    if row.state not in STANDING:
        raise Conflict(f"a view that is {row.state} is not taken back", code="view.state")
    if row.state == ViewState.APPROVED:
        row.due_at, row.tries, row.told_at = timezone.now(), 0, None
    row.state, row.ended_at, row.reason = ViewState.WITHDRAWN.value, timezone.now(), clean.text(reason, 500)
    row.save(update_fields=("state", "ended_at", "reason", "due_at", "tries", "told_at"))
    _audit(actor, "view.withdrawn", row)
    return _one(actor, row.pk)


def _audit(actor: Actor, action: str, row: ApprovedView) -> None:
    said: dict[str, object] = {"camera": str(row.camera_id), "period": row.period, "frame": str(row.frame_id)}
    access.audit(User.objects.get(pk=actor.user), action, said)


def _camera(actor: Actor, camera_id: UUID) -> Camera:
    actor.require(Right.CAMERAS_READ)
    row = Camera.objects.filter(within(actor.scope, "school__"), pk=camera_id).first()
    if row is None:
        raise NotFound("there is no such camera in your territory")
    return row


def _find(actor: Actor, view_id: UUID, *, lock: bool = False) -> ApprovedView:
    rows = ApprovedView.objects.visible_to(actor)
    rows = rows.select_for_update(of=("self",)) if lock else rows
    row = rows.select_related("frame").defer("frame__content").filter(pk=view_id).first()
    if row is None:
        raise NotFound("there is no such view in your territory", code="view.unknown")
    return row


def _one(actor: Actor, view_id: UUID) -> wire.ApprovedView:
    row = _read(ApprovedView.objects.filter(pk=view_id)).get()
    return _on_the_wire(actor, row.camera, [row])[0]


def _read(rows: Any) -> Any:
    read = rows.select_related("frame", "proposed_by", "camera").defer("frame__content")
    return read.prefetch_related("signatures__by").order_by("-proposed_at", "-pk")


def _sight(camera: Camera) -> Sight:
    """Of the main stream, as the node measured it last: 0 and empty where it does not know."""
    said: dict[str, Any] = next((one for one in camera.streams if one["stream"] == StreamName.MAIN), {})
    return Sight(codec=said.get("codec", ""), width=said.get("width", 0), height=said.get("height", 0))


def _on_the_wire(actor: Actor, camera: Camera, rows: Iterable[ApprovedView]) -> list[wire.ApprovedView]:
    state = PictureState.objects.filter(camera=camera).first()
    in_use = state.in_use if state else {}
    now = _sight(camera)
    return [_view(actor, row, now, in_use.get(row.period) == row.frame.digest) for row in rows]


def _view(actor: Actor, row: ApprovedView, now: Sight, in_use: bool) -> wire.ApprovedView:
    stands = row.state in STANDING
    then = Sight(codec=row.codec, width=row.width, height=row.height)
    return wire.ApprovedView.model_validate(
        {
            "id": row.pk,
            "camera": row.camera_id,
            "period": row.period,
            "state": row.state,
            "frame": row.frame_id,
            "image": f"/api/frames/{row.frame_id}/image" if actor.may(Right.ARCHIVE_VIEW) else None,
            "taken_at": row.frame.taken_at,
            "width": row.frame.width,
            "height": row.frame.height,
            "proposed_by": Person(id=row.proposed_by_id, name=row.proposed_by.name),
            "proposed_at": row.proposed_at,
            "ended_at": row.ended_at,
            "reason": row.reason,
            "signatures": [_signature(one) for one in row.signatures.all()],
            "changed": then.changed_to(now) if stands else (),
            "in_use": in_use and row.state == ViewState.APPROVED,
            "refusal": row.refusal,
            "deeds": _deeds(actor, row),
        }
    )


def _deeds(actor: Actor, row: ApprovedView) -> list[str]:
    side = side_of(actor.role, actor.body)
    if side is None or row.state not in STANDING:
        return []
    try:
        signed(ViewState(row.state), side)
    except Conflict:
        return ["withdraw"]
    return ["sign", "withdraw"]


def _signature(row: ViewSignature) -> wire.ViewSignature:
    return wire.ViewSignature.model_validate(
        {
            "side": row.side,
            "by": Person(id=row.by_id, name=row.by.name),
            "role": row.role,
            "body": row.body or None,
            "at": row.at,
        }
    )


def due(now: datetime, limit: int) -> list[ApprovedView]:
    """Those whose node is to be told now, with the bytes of their frames."""
    rows = ApprovedView.objects.select_related("camera__school", "frame", "proposed_by").filter(due_at__lte=now)
    return list(rows.order_by("due_at", "pk")[:limit])
