"""One alarm as a value, the one table of its transitions, and what persons, the school and time do to it.

The table is `NEXT`; `docs/design/alarms.md` has the diagram that `diagram.py` draws from it. Beside the table stand the
conditions that are no states:

- Nothing but `close` (of a real P1: `close` and another person's `countersign`) ends an alarm, and it wants named
  persons and a disposition (invariant I2): an alarm judged false, a drill and a test are closed like any other.
- A verdict may be revised at any time; it moves the alarm until a unit is sent. A refuted alarm is dispatched only
  after its verdict is revised. A cancel is a claim: until a verdict has looked at it, nobody closes the alarm.
- Ownership is a lease of `LEASE`. Whoever acts on an alarm without an owner owns it; its owner's deeds renew the lease.
  When it runs out the alarm waits again, from the ladder's first rung. Another officer may act meanwhile: the log
  names them.
- Real, drill and test go the same way. The kind is set when it is raised and never changes (invariant I3).
- What is new at the school (another press, a threat) ends a shelf and an unfinished closure: both were decided without
  it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar
from uuid import UUID

from qorgan.domain.alarms.ladder import Rung, ladder_for
from qorgan.domain.alarms.words import (
    ENDED,
    STEP_OF_VERDICT,
    Called,
    Claim,
    Disposition,
    Kind,
    Level,
    State,
    Step,
    Verdict,
)
from qorgan.kernel.errors import Conflict, Forbidden, Invalid

T = TypeVar("T")
LEASE = timedelta(seconds=90)
LONGEST_SHELF = timedelta(hours=12)  # a shift
MANY_PRESSES = 1_000_000

_VERDICT_OF_STEP = {step: verdict for verdict, step in STEP_OF_VERDICT.items()}
_WAITING = (State.STORED, State.PRESENTED)
_JUDGED = (State.CONFIRMED, State.UNVERIFIED, State.REFUTED)
_SENT = (State.DISPATCHED, State.EN_ROUTE, State.ON_SCENE, State.STABILISED)
_HANDLED = (State.OWNED, *_JUDGED, *_SENT)
OPEN = (*_WAITING, *_HANDLED)
_CLOSABLE = (*_JUDGED, *_SENT)


def _each(states: tuple[State, ...], step: Step, to: State | None = None) -> dict[tuple[State, Step], State]:
    """The step from each of these states to `to`, or back to where it was."""
    return {(state, step): to or state for state in states}


NEXT: Mapping[tuple[State, Step], State] = MappingProxyType(
    {
        (State.STORED, Step.PRESENT): State.PRESENTED,
        **_each(_WAITING, Step.ACKNOWLEDGE, State.OWNED),  # an officer may be quicker than the screen's report
        **_each(_HANDLED, Step.ACKNOWLEDGE),  # one that lost its owner
        **_each(OPEN, Step.RENEW),
        **_each(_HANDLED, Step.HAND_OVER),
        (State.OWNED, Step.RELEASE): State.PRESENTED,
        (State.OWNED, Step.LAPSE): State.PRESENTED,
        **_each((*_JUDGED, *_SENT), Step.RELEASE),
        **_each((*_JUDGED, *_SENT), Step.LAPSE),
        **_each((State.OWNED, *_JUDGED), Step.CONFIRM, State.CONFIRMED),
        **_each((State.OWNED, *_JUDGED), Step.LEAVE_UNVERIFIED, State.UNVERIFIED),
        **_each((State.OWNED, *_JUDGED), Step.REFUTE, State.REFUTED),
        **_each(_SENT, Step.CONFIRM),
        **_each(_SENT, Step.LEAVE_UNVERIFIED),
        **_each(_SENT, Step.REFUTE),
        **_each((State.CONFIRMED, State.UNVERIFIED), Step.DISPATCH, State.DISPATCHED),
        **_each(_SENT, Step.DISPATCH),  # another unit
        (State.DISPATCHED, Step.DEPART): State.EN_ROUTE,
        **_each(_SENT[1:], Step.DEPART),
        **_each((State.DISPATCHED, State.EN_ROUTE), Step.ARRIVE, State.ON_SCENE),
        **_each(_SENT[2:], Step.ARRIVE),
        **_each(_SENT[2:], Step.STABILISE, State.STABILISED),
        **_each(OPEN, Step.SHELVE),
        **_each(OPEN, Step.CONFIRM_SHELF),
        **_each(OPEN, Step.UNSHELVE),
        **_each(_CLOSABLE, Step.CLOSE, State.CLOSED),
        **_each(_CLOSABLE, Step.COUNTERSIGN, State.CLOSED),
        **_each(_CLOSABLE, Step.WITHDRAW),
        (State.CLOSED, Step.REVIEW): State.REVIEWED,
    }
)
_OWNS = frozenset(
    {*STEP_OF_VERDICT.values(), Step.DISPATCH, Step.STABILISE}
)  # who takes one of these steps owns what has no owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """An alarm put aside: quiet from when a second person agreed, until its time is up."""

    by: UUID
    reason: str
    until: datetime
    confirmed_by: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """The first of two signatures."""

    by: UUID
    disposition: Disposition
    note: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the steps decide on. `owner`, `unit`, `closed_by` … are ids of people and units.

    `waiting_since`: since when it calls for an owner, and `rung` how many rungs of the ladder have been called since;
    None while somebody owns it or it lies on the shelf. `alerts` counts how often it has called out anew: at the raise,
    at another press, under threat, when it lost its owner, when its shelf ended.
    """

    level: Level = Level.P1
    kind: Kind = Kind.REAL
    state: State = State.STORED
    presented_at: datetime | None = None
    owner: UUID | None = None
    lease_until: datetime | None = None
    verdict: Verdict | None = None
    unit: UUID | None = None
    disposition: Disposition | None = None
    closed_at: datetime | None = None
    closed_by: UUID | None = None
    confirmed_by: UUID | None = None
    ladder: tuple[Rung, ...] = ()
    waiting_since: datetime | None = None
    rung: int = 0
    alerts: int = 1
    presses: int = 1
    duress: bool = False
    claimed: bool = False  # a cancel that no verdict has looked at since
    returned_at: datetime | None = None
    shelf: Shelf | None = None
    closing: Closing | None = None

    @property
    def open(self) -> bool:
        return self.state not in ENDED

    @property
    def two_persons(self) -> bool:
        """Whether closing it wants two of them."""
        return self.level is Level.P1 and self.kind is Kind.REAL

    @property
    def quiet(self) -> bool:
        """Whether it lies on the shelf, by the word of two persons."""
        return self.open and self.shelf is not None and self.shelf.confirmed_by is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One step of one named person, and what they said with it."""

    step: Step
    actor: UUID
    at: datetime
    unit: UUID | None = None
    disposition: Disposition | None = None
    note: str = ""  # of a shelf: its reason
    until: datetime | None = None  # of a shelf


def raised(
    level: Level, kind: Kind, at: datetime, *, neighbour: UUID | None, duress: bool = False, presses: int = 1
) -> Case:
    """The case of an alarm that the centre has just stored. Under threat it is P1, whatever it was raised as."""
    level = Level.P1 if duress else level
    ladder = ladder_for(level, kind, neighbour)
    presses = max(1, min(presses, MANY_PRESSES))
    return Case(level=level, kind=kind, ladder=ladder, waiting_since=at, duress=duress, presses=presses)


# --- persons -------------------------------------------------------------------------------------------------------


def apply(
    case: Case,
    step: Step,
    *,
    actor: UUID,
    at: datetime,
    unit: UUID | None = None,
    disposition: Disposition | None = None,
    note: str = "",
    until: datetime | None = None,
) -> Case:
    """The case after one step of one named person, or the same object when the step changes nothing.

    A second screen that draws the alarm, and its owner who acknowledges again, change nothing.
    Raises `Conflict` when the table has no such step (code `alarm.state`), somebody else owns it (`alarm.owned`,
    `alarm.not_owner`), a cancel has not been verified (`alarm.claimed`) or a shelf or a signature is missing;
    `Forbidden` with code `alarm.second_person` when the second person is the first; `Invalid` when a dispatch names no
    unit, a closure no disposition or a shelf no reason and end.
    """
    deed = Deed(step=step, actor=actor, at=at, unit=unit, disposition=disposition, note=note, until=until)
    if step is Step.PRESENT and case.state is not State.STORED:
        return case
    if step is Step.ACKNOWLEDGE and case.open and case.owner == actor:
        return case
    following = NEXT.get((case.state, step))
    if following is None or step is Step.LAPSE:
        raise Conflict(f"an alarm that is {case.state} does not take the step {step}", code="alarm.state")
    after = _DEEDS[step](case, deed) if step in _DEEDS else case
    if after.closing is not None and after.closing is not case.closing:
        return _seen(case, after, deed)  # signed once: it ends with the second signature
    return _seen(case, replace(after, state=following), deed)


def _seen(before: Case, after: Case, deed: Deed) -> Case:
    """Who acts on an alarm without an owner owns it; what its owner does is a sign of them."""
    if deed.step in _OWNS and before.owner is None:
        return replace(_owned(after, deed), state=after.state)
    if after.owner == deed.actor and after.open and after.lease_until is not None and not after.quiet:
        return replace(after, lease_until=max(after.lease_until, deed.at + LEASE))
    return after


def _owned(case: Case, deed: Deed) -> Case:
    lease = None if case.quiet else deed.at + LEASE
    return replace(case, owner=deed.actor, lease_until=lease, waiting_since=None, rung=0)


def _present(case: Case, deed: Deed) -> Case:
    return replace(case, presented_at=deed.at)


def _acknowledge(case: Case, deed: Deed) -> Case:
    if case.owner is not None:
        raise Conflict("somebody else owns this alarm", code="alarm.owned")
    return _owned(case, deed)


def _renew(case: Case, deed: Deed) -> Case:
    if case.owner != deed.actor:
        raise Conflict("you do not own this alarm (any more)", code="alarm.not_owner")
    return case


def _release(case: Case, deed: Deed) -> Case:
    if case.owner != deed.actor:
        raise Conflict("you do not own this alarm (any more)", code="alarm.not_owner")
    return _unowned(case, deed.at)


def _unowned(case: Case, since: datetime) -> Case:
    """It calls for an owner again, louder, from the first rung. On the shelf it waits until that ends."""
    if case.quiet:
        return replace(case, owner=None, lease_until=None)
    return replace(case, owner=None, lease_until=None, waiting_since=since, rung=0, alerts=case.alerts + 1)


def _judge(case: Case, deed: Deed) -> Case:
    return replace(case, verdict=_VERDICT_OF_STEP[deed.step], claimed=False)


def _dispatch(case: Case, deed: Deed) -> Case:
    return replace(case, unit=_needed(deed.unit, "a dispatch names a unit"))


def _shelve(case: Case, deed: Deed) -> Case:
    if case.shelf is not None:
        raise Conflict("it is on the shelf, or somebody has asked for that", code="alarm.shelved")
    until = _needed(deed.until, "a shelf has an end")
    if not deed.note.strip():
        raise Invalid("a shelf has a reason", code="alarm.reason")
    if not deed.at < until <= deed.at + LONGEST_SHELF:
        raise Invalid(f"a shelf ends in the future, within {LONGEST_SHELF // timedelta(hours=1)} hours", code="until")
    return replace(case, shelf=Shelf(by=deed.actor, reason=deed.note, until=until))


def _confirm_shelf(case: Case, deed: Deed) -> Case:
    if case.shelf is None or case.shelf.confirmed_by is not None or case.shelf.until <= deed.at:
        raise Conflict("nobody asks for a shelf now", code="alarm.not_shelved")
    _another(case.shelf.by, deed)
    shelf = replace(case.shelf, confirmed_by=deed.actor)
    return replace(case, shelf=shelf, lease_until=None, waiting_since=None, rung=0)


def _unshelve(case: Case, deed: Deed) -> Case:
    if case.shelf is None:
        raise Conflict("it is not on the shelf", code="alarm.not_shelved")
    return _off_the_shelf(case, deed.at)


def _off_the_shelf(case: Case, at: datetime) -> Case:
    """A shelf that stood ends loudly and without an owner: whoever it was may have gone home."""
    if not case.quiet:
        return replace(case, shelf=None)
    return _unowned(replace(case, shelf=None, state=NEXT.get((case.state, Step.LAPSE), case.state)), at)


def _close(case: Case, deed: Deed) -> Case:
    if case.claimed:
        raise Conflict("the school says that it was a mistake: verify that first", code="alarm.claimed")
    why = _needed(deed.disposition, "a closure names its disposition")
    if not case.two_persons:
        return _closed(case, by=deed.actor, why=why, at=deed.at)
    if case.closing is not None:
        raise Conflict("it is signed: another person countersigns, or it is withdrawn", code="alarm.closing")
    if not deed.note.strip():
        raise Invalid("the closure of a P1 has a note", code="alarm.note")
    return replace(case, closing=Closing(by=deed.actor, disposition=why, note=deed.note, at=deed.at))


def _countersign(case: Case, deed: Deed) -> Case:
    signed = _signed(case)
    if case.claimed:
        raise Conflict("the school says that it was a mistake: verify that first", code="alarm.claimed")
    _another(signed.by, deed)
    return replace(_closed(case, by=signed.by, why=signed.disposition, at=deed.at), confirmed_by=deed.actor)


def _withdraw(case: Case, deed: Deed) -> Case:
    _signed(case)
    return replace(case, closing=None)


def _signed(case: Case) -> Closing:
    if case.closing is None:
        raise Conflict("nobody has signed its closure", code="alarm.not_closing")
    return case.closing


def _closed(case: Case, *, by: UUID, why: Disposition, at: datetime) -> Case:
    rest = replace(case, lease_until=None, waiting_since=None, rung=0, shelf=None, closing=None)
    return replace(rest, disposition=why, closed_at=at, closed_by=by)


def _another(first: UUID, deed: Deed) -> None:
    if deed.actor == first:
        raise Forbidden("this wants a second person", code="alarm.second_person")


def _needed(value: T | None, sentence: str) -> T:
    if value is None:
        raise Invalid(sentence)
    return value


_DEEDS: Mapping[Step, Callable[[Case, Deed], Case]] = MappingProxyType(
    {
        Step.PRESENT: _present,
        Step.ACKNOWLEDGE: _acknowledge,
        Step.RENEW: _renew,
        Step.RELEASE: _release,
        Step.HAND_OVER: _owned,
        Step.CONFIRM: _judge,
        Step.LEAVE_UNVERIFIED: _judge,
        Step.REFUTE: _judge,
        Step.DISPATCH: _dispatch,
        Step.SHELVE: _shelve,
        Step.CONFIRM_SHELF: _confirm_shelf,
        Step.UNSHELVE: _unshelve,
        Step.CLOSE: _close,
        Step.COUNTERSIGN: _countersign,
        Step.WITHDRAW: _withdraw,
    }
)


# --- the school ----------------------------------------------------------------------------------------------------


def told(case: Case, claim: Claim, *, at: datetime, duress: bool = False, neighbour: UUID | None = None) -> Case:
    """The case after the school has said something of it; an ended one stays as it is. Nothing here ends an alarm.

    Under threat it becomes P1 with that ladder, and calls out anew.
    """
    if not case.open:
        return case
    if claim is Claim.CANCEL:
        case = replace(case, claimed=True)
    elif claim is Claim.RETURNED:
        case = replace(case, returned_at=case.returned_at or at)
    else:
        case = _roused(replace(case, presses=min(case.presses + 1, MANY_PRESSES), returned_at=None), at)
    if not duress or case.duress:
        return case
    graver = replace(case, duress=True)
    if case.level is not Level.P1:
        graver = replace(graver, level=Level.P1, ladder=ladder_for(Level.P1, case.kind, neighbour), rung=0)
        graver = replace(graver, waiting_since=at if case.waiting_since else None)
    return _roused(graver, at)


def _roused(case: Case, at: datetime) -> Case:
    """It calls out anew; what was decided without knowing this is decided again. Rungs called stay called."""
    awake = replace(_off_the_shelf(case, at) if case.shelf else case, closing=None)
    return awake if awake.alerts > case.alerts else replace(awake, alerts=case.alerts + 1)


# --- time ----------------------------------------------------------------------------------------------------------


class Happened(StrEnum):
    """What the passing of time did."""

    ESCALATED = "escalated"
    LEASE_LOST = "lease_lost"
    SHELF_ENDED = "shelf_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """`due` is when it was to happen; a centre that was away catches up, and both times are in the log."""

    what: Happened
    due: datetime
    rung: Rung | None = None


def due(case: Case) -> datetime | None:
    """When time next does something to this case; None: only people can."""
    if not case.open:
        return None
    if case.shelf is not None and case.quiet:
        return case.shelf.until
    if case.lease_until is not None:
        return case.lease_until
    if case.waiting_since is not None and case.rung < len(case.ladder):
        return case.waiting_since + timedelta(seconds=case.ladder[case.rung].after_s)
    return None


def pass_time(case: Case, now: datetime) -> tuple[Case, tuple[Happening, ...]]:
    """The case at `now`, and everything that happened on the way, oldest first. Passing the same time twice is once."""
    happened: list[Happening] = []
    while (moment := due(case)) is not None and moment <= now:
        case, happening = _tick(case, moment)
        happened.append(happening)
    return case, tuple(happened)


def _tick(case: Case, moment: datetime) -> tuple[Case, Happening]:
    if case.quiet:
        return _off_the_shelf(case, moment), Happening(what=Happened.SHELF_ENDED, due=moment)
    if case.lease_until is not None:
        lost = replace(_unowned(case, moment), state=NEXT[case.state, Step.LAPSE])
        return lost, Happening(what=Happened.LEASE_LOST, due=moment)
    rung = case.ladder[case.rung]
    return replace(case, rung=case.rung + 1), Happening(what=Happened.ESCALATED, due=moment, rung=rung)


def louder(case: Case) -> Case:
    """A rung could not call those whom it means, and called more people instead: screens ring anew."""
    return replace(case, alerts=case.alerts + 1)


def called(case: Case) -> frozenset[Called]:
    """Whom the ladder has called for this alarm since it waits."""
    return frozenset(rung.to for rung in case.ladder[: case.rung])
