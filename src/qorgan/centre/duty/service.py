"""Use cases of `duty`: shifts begin and end, and a desk goes from one officer to the next by a list that both sign.

Locks: the desk first. Every deed is a line in the audit of whoever did it, which is chained; a signature's line carries
the digest of the list.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.access import service as access
from qorgan.centre.access.models import User
from qorgan.centre.alarms import service as alarms
from qorgan.centre.alarms.models import Alarm
from qorgan.centre.duty import schemas as wire
from qorgan.centre.duty.models import DutyDesk, Handover, HandoverItem, HandoverQuerySet, Shift
from qorgan.centre.duty.reading import listed
from qorgan.centre.wire import Name, Person, page_of
from qorgan.domain.access import Actor, Right
from qorgan.domain.alarms import MAX_NOTE, Step
from qorgan.domain.duty import MAX_REASON, Matter, ShiftEnd, digest, needs_handover, unaccepted
from qorgan.kernel.errors import Conflict, Forbidden, Invalid, NotFound

# --- shifts --------------------------------------------------------------------------------------------------------


def on_duty(actor: Actor) -> wire.DutyBoard:
    """Who sits at which desk of the actor's centre."""
    running = {shift.desk_id: shift for shift in Shift.objects.visible_to(actor).running().select_related("officer")}
    open_ = dict(Handover.objects.visible_to(actor).filter(state=Handover.State.OPEN).values_list("desk_id", "pk"))
    desks = [_desk(desk, running.get(desk.pk), open_.get(desk.pk)) for desk in DutyDesk.objects.visible_to(actor)]
    mine = next((desk.id for desk in desks if desk.officer is not None and desk.officer.id == actor.user), None)
    return wire.DutyBoard(desks=desks, mine=mine)


def _desk(desk: DutyDesk, shift: Shift | None, handover: UUID | None) -> wire.Desk:
    return wire.Desk(
        id=desk.pk,
        name=Name.of(desk.name),
        officer=_person(shift.officer) if shift else None,
        since=shift.began_at if shift else None,
        handover=handover,
    )


@transaction.atomic
def begin(actor: Actor, desk_id: UUID, *, reason: str = "") -> wire.DutyBoard:
    """Sit down at a desk. Beginning again at the same desk changes nothing.

    Raises `NotFound`; `Conflict` with code `duty.elsewhere` for somebody who sits at another desk, with code
    `duty.desk_taken` when somebody sits there and no `reason` is given to take over without their signature.
    """
    actor.require(Right.DUTY_TAKE)
    desk = _locked(actor, desk_id)
    mine = _running_of(actor)
    if mine is not None and mine.desk_id == desk.pk:
        return on_duty(actor)
    if mine is not None:
        raise Conflict("you sit at another desk", code="duty.elsewhere")
    now = timezone.now()
    there = Shift.objects.running().filter(desk=desk).first()
    if there is not None:
        _take_over(actor, there, clean.text(reason.strip(), MAX_REASON), now)
    shift = Shift.objects.create(desk=desk, officer_id=actor.user, began_at=now)
    _audit(actor.user, "shift.began", {"desk": str(desk.pk), "shift": str(shift.pk)})
    return on_duty(actor)


def _take_over(actor: Actor, shift: Shift, reason: str, now: datetime) -> None:
    if not reason:
        raise Conflict("somebody sits there: hand over, or say why not", code="duty.desk_taken")
    for handover in Handover.objects.filter(desk=shift.desk_id, state=Handover.State.OPEN):
        handover.state, handover.ended_at = Handover.State.WITHDRAWN, now
        handover.save()
    shift.reason = reason
    _end(shift, ShiftEnd.TAKEN_OVER, now)
    said: dict[str, object] = {"shift": str(shift.pk), "reason": reason, "by": str(actor.user)}
    _audit(shift.officer_id, "shift.taken_over", said)
    _audit(actor.user, "shift.took_over", said | {"of": str(shift.officer_id)})


@transaction.atomic
def end(actor: Actor) -> wire.DutyBoard:
    """Leave without a hand-over, where there is nothing to hand over or others stay; without a shift: nothing.

    Raises `Conflict` with code `duty.handover_needed`.
    """
    actor.require(Right.DUTY_TAKE)
    mine = _running_of(actor)
    if mine is None:
        return on_duty(actor)
    desk, now = _locked(actor, mine.desk_id), timezone.now()
    others = Shift.objects.running().filter(desk__centre=desk.centre_id).exclude(pk=mine.pk).count()
    owners = set(Alarm.objects.visible_to(actor).still_open().values_list("owner_id", flat=True))
    waiting = len(listed(actor, now))
    if needs_handover(leaver=actor.user, owners=owners, waiting=waiting, others_on_duty=others):
        raise Conflict("there is something to hand over", code="duty.handover_needed")
    _end(mine, ShiftEnd.ENDED, now)
    _audit(actor.user, "shift.ended", {"desk": str(desk.pk), "shift": str(mine.pk)})
    return on_duty(actor)


def _end(shift: Shift, how: ShiftEnd, now: datetime) -> None:
    shift.ended_at, shift.ended = now, how.value
    shift.save()


# --- the hand-over -------------------------------------------------------------------------------------------------


@transaction.atomic
def open_handover(actor: Actor, *, note: str = "") -> wire.Handover:
    """Begin to hand over the actor's own desk; the one under way when there is one.

    Raises `Conflict` with code `duty.no_shift` for somebody who sits nowhere.
    """
    actor.require(Right.DUTY_TAKE)
    mine = _running_of(actor)
    if mine is None:
        raise Conflict("you sit at no desk", code="duty.no_shift")
    desk, now = _locked(actor, mine.desk_id), timezone.now()
    handover, fresh = Handover.objects.select_for_update().get_or_create(
        desk=desk,
        state=Handover.State.OPEN,
        defaults={
            "shift": mine,
            "outgoing_id": actor.user,
            "opened_at": now,
            "note": clean.text(note, MAX_NOTE),
        },
    )
    _refresh(actor, handover, now)
    if fresh:
        _audit(actor.user, "handover.opened", {"handover": str(handover.pk), "desk": str(desk.pk)})
    return get(actor, handover.pk)


@transaction.atomic
def accept(actor: Actor, handover_id: UUID, keys: Sequence[str], *, accepted: bool, note: str = "") -> wire.Handover:
    """The one who comes has heard these items, or takes that back. The first who accepts one is the one who comes.

    Raises `NotFound` (hand-over; or `duty.no_item`), `Conflict` (`duty.handover_over`), `Forbidden`.
    """
    handover, now = _open_one(actor, handover_id), timezone.now()
    _come(actor, handover)
    _refresh(actor, handover, now)
    rows = {str(row): row for row in handover.items.filter(gone_at__isnull=True)}
    strangers = [key for key in keys if key not in rows]
    if strangers:
        raise NotFound(f"the hand-over has no such item: {strangers[0]}", code="duty.no_item")
    for key in keys:
        row = rows[key]
        row.accepted_at = (row.accepted_at or now) if accepted else None
        row.note = clean.text(note, MAX_NOTE) or row.note
        row.save()
    return get(actor, handover.pk)


@transaction.atomic
def sign(actor: Actor, handover_id: UUID) -> wire.Handover:
    """Sign the list as it is now. With the second signature the desk has changed hands.

    A signature under a list that has changed since has lapsed. Raises `Conflict` with code `duty.unaccepted` when the
    one who comes has not accepted everything, `duty.elsewhere` when they sit at another desk.
    """
    handover, now = _open_one(actor, handover_id), timezone.now()
    if actor.user != handover.outgoing_id:
        _come(actor, handover)
    _lock_people(handover)
    _refresh(actor, handover, now)
    items = [row.item for row in _standing(handover)]
    signed = digest(items)
    if handover.digest != signed:
        handover.outgoing_signed_at = handover.incoming_signed_at = None
        handover.digest = signed
    if actor.user == handover.outgoing_id:
        handover.outgoing_signed_at = handover.outgoing_signed_at or now
    else:
        _check_accepted(handover)
        handover.incoming_signed_at = handover.incoming_signed_at or now
    handover.save()
    _audit(actor.user, "handover.signed", {"handover": str(handover.pk), "digest": signed, "items": len(items)})
    if handover.outgoing_signed_at and handover.incoming_signed_at:
        _finish(actor, handover, now)
    return get(actor, handover.pk)


@transaction.atomic
def withdraw(actor: Actor, handover_id: UUID) -> wire.Handover:
    """Either of the two breaks it off: the shift goes on as if it had never begun. The list stays on record."""
    handover, now = _open_one(actor, handover_id), timezone.now()
    if actor.user not in (handover.outgoing_id, handover.incoming_id):
        raise Forbidden("this hand-over is not yours", code="duty.not_yours")
    handover.state, handover.ended_at = Handover.State.WITHDRAWN, now
    handover.save()
    _audit(actor.user, "handover.withdrawn", {"handover": str(handover.pk)})
    return get(actor, handover.pk)


def _open_one(actor: Actor, handover_id: UUID) -> Handover:
    actor.require(Right.DUTY_TAKE)
    known = Handover.objects.visible_to(actor).filter(pk=handover_id).first()
    if known is None:
        raise NotFound("your centre has no such hand-over")
    _locked(actor, known.desk_id)
    handover = Handover.objects.select_for_update().get(pk=handover_id)
    if handover.state != Handover.State.OPEN:
        raise Conflict(f"the hand-over is {handover.state}", code="duty.handover_over")
    return handover


def _come(actor: Actor, handover: Handover) -> None:
    """The actor is the one who comes, from now on."""
    if actor.user == handover.outgoing_id:
        raise Forbidden("what you hand over is accepted by another person", code="duty.second_person")
    if handover.incoming_id not in (None, actor.user):
        raise Forbidden("somebody else takes this desk", code="duty.not_yours")
    if _running_of(actor) is not None:
        raise Conflict("you sit at another desk", code="duty.elsewhere")
    if handover.incoming_id is None:
        handover.incoming_id = actor.user
        handover.save()


def _refresh(actor: Actor, handover: Handover, now: datetime) -> None:
    """What is new enters the list unaccepted; what has ended is gone, and comes back unaccepted if it begins again."""
    current = {item.key: item for item in listed(actor, now)}
    known = {str(row): row for row in handover.items.all()}
    for key, row in known.items():
        if key not in current and row.gone_at is None:
            row.gone_at = now
            row.save()
        elif key in current and row.gone_at is not None:
            row.gone_at, row.accepted_at, row.said, row.listed_at = None, None, dict(current[key].said), now
            row.save()
    HandoverItem.objects.bulk_create(
        HandoverItem(handover=handover, matter=item.matter.value, ref=item.ref, said=dict(item.said), listed_at=now)
        for key, item in current.items()
        if key not in known
    )


def _lock_people(handover: Handover) -> None:
    """Both, before any alarm: whoever repeats a write under a key holds their own row, too, and waits for an alarm."""
    pair = [user for user in (handover.outgoing_id, handover.incoming_id) if user is not None]
    list(User.objects.select_for_update().filter(pk__in=pair).order_by("pk"))


def _standing(handover: Handover) -> list[HandoverItem]:
    return list(handover.items.filter(gone_at__isnull=True))


def _check_accepted(handover: Handover) -> None:
    rows = _standing(handover)
    left = unaccepted((row.item for row in rows), {str(row) for row in rows if row.accepted_at})
    if left:
        raise Conflict(f"not accepted yet: {', '.join(left[:10])}", code="duty.unaccepted")


def _finish(actor: Actor, handover: Handover, now: datetime) -> None:
    """One shift ends, the next begins, and what the one who goes owned belongs to the one who came."""
    if handover.incoming_id is None:
        raise Invalid("nobody comes")
    _end(handover.shift, ShiftEnd.HANDED_OVER, now)
    following = Shift.objects.create(desk_id=handover.desk_id, officer_id=handover.incoming_id, began_at=now)
    handover.following, handover.state, handover.ended_at = following, Handover.State.SIGNED, now
    handover.save()
    heir = access.actor_for(User.objects.get(pk=handover.incoming_id))
    owned = Alarm.objects.visible_to(heir).still_open().filter(owner=handover.outgoing_id)
    for alarm in owned.values_list("pk", flat=True):
        alarms.step(heir, alarm, Step.HAND_OVER, data={"handover": str(handover.pk)})
    _audit(handover.outgoing_id, "shift.ended", {"shift": str(handover.shift_id), "handover": str(handover.pk)})
    _audit(handover.incoming_id, "shift.began", {"shift": str(following.pk), "handover": str(handover.pk)})


# --- reading -------------------------------------------------------------------------------------------------------


@transaction.atomic
def look(actor: Actor, handover_id: UUID) -> wire.Handover:
    """The hand-over as it is now: for those who may sign, with what is new since the last look. Raises `NotFound`."""
    handover = Handover.objects.visible_to(actor).select_for_update(of=("self",)).filter(pk=handover_id).first()
    if handover is not None and handover.state == Handover.State.OPEN and actor.may(Right.DUTY_TAKE):
        _refresh(actor, handover, timezone.now())
    return get(actor, handover_id)


def get(actor: Actor, handover_id: UUID) -> wire.Handover:
    """As it was written down last. Raises `NotFound`."""
    row = _whole(actor).filter(pk=handover_id).first()
    if row is None:
        raise NotFound("your centre has no such hand-over")
    return on_the_wire(row)


def find(actor: Actor, *, cursor: str | None, limit: int) -> wire.HandoverPage:
    rows, following = page_of(_whole(actor), newest_by="opened_at", cursor=cursor, limit=limit)
    return wire.HandoverPage(items=[on_the_wire(row) for row in rows], next=following)


def _whole(actor: Actor) -> HandoverQuerySet:
    rows = Handover.objects.visible_to(actor).select_related("desk", "outgoing", "incoming")
    return rows.prefetch_related("items")


def on_the_wire(row: Handover) -> wire.Handover:
    items = list(row.items.all())
    standing = [one for one in items if one.gone_at is None]
    left = unaccepted((one.item for one in standing), {str(one) for one in standing if one.accepted_at})
    return wire.Handover(
        id=row.pk,
        desk=row.desk_id,
        desk_name=Name.of(row.desk.name),
        state=cast(wire.HandoverState, row.state),
        outgoing=_person(row.outgoing),
        incoming=_person(row.incoming) if row.incoming else None,
        note=row.note,
        opened_at=row.opened_at,
        outgoing_signed_at=row.outgoing_signed_at,
        incoming_signed_at=row.incoming_signed_at,
        digest=row.digest,
        ended_at=row.ended_at,
        items=[_item(one) for one in items],
        unaccepted=list(left) if row.state == Handover.State.OPEN else [],
    )


def _item(row: HandoverItem) -> wire.HandoverItem:
    said = row.said
    since = said.get("since")
    return wire.HandoverItem(
        key=str(row),
        matter=Matter(row.matter),
        ref=row.ref,
        title=Name(**said["title"]),
        detail=Name(**said["detail"]),
        since=datetime.fromisoformat(since) if since else None,
        listed_at=row.listed_at,
        accepted_at=row.accepted_at,
        note=row.note,
        gone_at=row.gone_at,
    )


def _locked(actor: Actor, desk_id: UUID) -> DutyDesk:
    desk = DutyDesk.objects.visible_to(actor).select_for_update().filter(pk=desk_id).first()
    if desk is None:
        raise NotFound("your centre has no such desk", code="duty.no_desk")
    return desk


def _running_of(actor: Actor) -> Shift | None:
    return Shift.objects.running().filter(officer=actor.user).first()


def _person(user: User) -> Person:
    return Person(id=user.pk, name=user.name)


def _audit(user: UUID, action: str, data: dict[str, object]) -> None:
    access.audit(User.objects.get(pk=user), action, data)
