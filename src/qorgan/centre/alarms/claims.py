"""What a school says of an alarm after it was raised: a cancel, a returned button, another press. None ends one."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.alarms import raising
from qorgan.centre.alarms.events import claimed
from qorgan.centre.alarms.journal import Entry, append
from qorgan.centre.alarms.models import Alarm, EarlyClaim
from qorgan.centre.alarms.neighbours import neighbours
from qorgan.centre.alarms.schemas import Alarm as AlarmOnTheWire
from qorgan.centre.alarms.service import get, locked
from qorgan.centre.schools.models import School
from qorgan.domain.access import Actor, Right
from qorgan.domain.alarms import Claim, told
from qorgan.kernel.errors import Conflict
from qorgan.protocols.link.messages import AlarmClaim

MAX_NAME = 200


def take(school: School, message: UUID, body: AlarmClaim, now: datetime) -> Conflict | None:
    """Take in a claim, inside the transaction that keeps its message: the same message comes here once (I9).

    One that overtook its alarm waits for it. A press of an alarm that is closed here is a new alarm, under the id of
    the message. The refusal of a claim about another school's alarm has the code `alarm.id_taken`.
    """
    rows = Alarm.objects.select_for_update(of=("self",)).select_related("school__district")
    alarm = rows.filter(pk=body.alarm).first()
    said = EarlyClaim(
        id=message,
        school=school,
        alarm=body.alarm,
        claim=Claim.read(body.claim).value,
        at=clean.moment(body.at, otherwise=now),
        by=clean.text(body.by, MAX_NAME),
        duress=body.duress,
    )
    if alarm is None:
        said.save(force_insert=True)
    elif alarm.school_id != school.pk:
        return Conflict("another school has raised this id", code="alarm.id_taken")
    else:
        _say(alarm, said, now)
    return None


def take_early(ids: Collection[UUID], now: datetime) -> None:
    """Claims that came before these alarms, which are stored now."""
    early = list(EarlyClaim.objects.filter(alarm__among=ids).order_by("at", "pk")) if ids else []
    if not early:
        return
    rows = Alarm.objects.select_for_update(of=("self",)).select_related("school__district")
    alarms = rows.in_bulk({said.alarm for said in early})
    for said in early:
        alarm = alarms.get(said.alarm)
        if alarm is not None and said.school_id == alarm.school_id:
            _say(alarm, said, now)
    EarlyClaim.objects.filter(pk__in=[said.pk for said in early]).delete()


def _say(alarm: Alarm, said: EarlyClaim, now: datetime) -> None:
    claim = Claim(said.claim)
    if claim is Claim.AGAIN and not alarm.case.open:
        raising.again(alarm, id=said.pk, at=said.at, duress=said.duress, now=now)
        return
    _apply(alarm, claim, at=said.at, by=said.by, duress=said.duress, now=now, actor=None, note="")


@transaction.atomic
def by_officer(actor: Actor, alarm_id: UUID, claim: Claim, *, by: str, duress: bool, note: str) -> AlarmOnTheWire:
    """The school said it to an officer, by telephone. Raises `Forbidden`, `NotFound`, `Conflict` for a closed alarm."""
    actor.require(Right.ALARM_VERIFY)
    alarm, now = locked(actor, alarm_id), timezone.now()
    if not alarm.case.open:
        raise Conflict("the alarm is closed", code="alarm.state")
    _apply(alarm, claim, at=now, by=clean.text(by, MAX_NAME), duress=duress, now=now, actor=actor.user, note=note)
    return get(actor, alarm_id)


def _apply(
    alarm: Alarm, claim: Claim, *, at: datetime, by: str, duress: bool, now: datetime, actor: UUID | None, note: str
) -> None:
    before = alarm.case
    graver = duress and not before.duress
    neighbour = neighbours()(alarm.school.located) if graver else None
    after = told(before, claim, at=now, duress=duress, neighbour=neighbour)
    if after is not before:
        alarm.become(after)
    data = {"claim": claim.value, "at": at.isoformat(), "by": by, "duress": duress}
    entry = Entry(alarm=alarm, at=now, action="claimed", actor=actor, note=note, data=data)
    append([entry], levels=after.level is not before.level)
    claimed.send(Alarm, alarm=alarm, claim=claim, duress=duress, at=now)
