"""The one table of what is done with a drill, and how a real alarm pierces it.

Nothing here touches an alarm: its kind is set where it is raised and never changed (invariant I3). What the school
marks as a drill is measured by the running one; what it does not mark is real, and ends the drill at that instant.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from qorgan.domain.alarms import Kind
from qorgan.kernel.errors import Conflict, Forbidden, Invalid

EARLY, LATE = timedelta(minutes=30), timedelta(hours=2)  # of the planned start
LONGEST = timedelta(hours=3)  # then it has ended, whoever forgot to say so


class DrillState(StrEnum):
    PLANNED = "planned"
    APPROVED = "approved"
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"  # by a person, or pierced by what is real
    REVIEWED = "reviewed"
    RECORDED = "recorded"  # in the journal
    CANCELLED = "cancelled"


class DrillDeed(StrEnum):
    PLAN = "plan"  # the first line
    CHANGE = "change"
    APPROVE = "approve"
    START = "start"
    FINISH = "finish"
    STOP = "stop"
    PIERCE = "pierce"  # a real alarm did it
    LAPSE = "lapse"  # time did it
    REVIEW = "review"
    RECORD = "record"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    of: frozenset[DrillState]
    to: DrillState
    wants_text: bool = False


def _rule(of: tuple[DrillState, ...], to: DrillState, *, wants_text: bool = False) -> Rule:
    return Rule(of=frozenset(of), to=to, wants_text=wants_text)


_AHEAD, _RUN = (DrillState.PLANNED, DrillState.APPROVED), (DrillState.RUNNING,)
NEXT: Mapping[DrillDeed, Rule] = MappingProxyType(
    {
        DrillDeed.CHANGE: _rule(_AHEAD, DrillState.PLANNED),  # what was approved is approved anew
        DrillDeed.APPROVE: _rule((DrillState.PLANNED,), DrillState.APPROVED),
        DrillDeed.START: _rule((DrillState.APPROVED,), DrillState.RUNNING),
        DrillDeed.FINISH: _rule(_RUN, DrillState.FINISHED),
        DrillDeed.STOP: _rule(_RUN, DrillState.STOPPED, wants_text=True),
        DrillDeed.PIERCE: _rule(_RUN, DrillState.STOPPED),
        DrillDeed.LAPSE: _rule(_RUN, DrillState.FINISHED),
        DrillDeed.REVIEW: _rule((DrillState.FINISHED, DrillState.STOPPED), DrillState.REVIEWED, wants_text=True),
        DrillDeed.RECORD: _rule((DrillState.REVIEWED,), DrillState.RECORDED),
        DrillDeed.CANCEL: _rule(_AHEAD, DrillState.CANCELLED, wants_text=True),
    }
)
OF_NOBODY = frozenset({DrillDeed.PIERCE, DrillDeed.LAPSE})  # no person's
STANDING = frozenset(set(DrillState) - {DrillState.CANCELLED})  # the others count what lies near them
TAPPED = frozenset({DrillState.RUNNING, DrillState.FINISHED, DrillState.STOPPED})  # late telephones are heard


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillCase:
    """A drill as the table sees it. `unannounced`: another person than the planner approves it."""

    state: DrillState
    at: datetime
    planned_by: UUID
    unannounced: bool = False
    started_at: datetime | None = None
    ended_at: datetime | None = None
    pierced_by: UUID | None = None  # an alarm

    def within(self, moment: datetime) -> bool:
        """Whether the drill was on at that instant."""
        started, ended = self.started_at, self.ended_at
        return started is not None and started <= moment and (ended is None or moment <= ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """An alarm of the school since the start, as the centre stored it."""

    alarm: UUID
    kind: Kind
    received_at: datetime
    duress: bool = False

    @property
    def real(self) -> bool:
        """Under threat nothing is a drill, whatever its mark says. A test of a button is neither."""
        return self.kind is Kind.REAL or self.duress


def apply(case: DrillCase, deed: DrillDeed, person: UUID, *, at: datetime, text: str = "") -> DrillCase:
    """The drill after a person's deed. Raises `Conflict` (`drill.state`, `drill.not_now`), `Forbidden`
    (`drill.second_person`) or `Invalid` (`drill.text`), changing nothing."""
    rule = NEXT.get(deed)
    if rule is None or deed in OF_NOBODY or case.state not in rule.of:
        raise Conflict(f"a drill that is {case.state} cannot be told to {deed}", code="drill.state")
    if rule.wants_text and not text.strip():
        raise Invalid(f"say why: {deed} needs a text", code="drill.text")
    if deed is DrillDeed.APPROVE and case.unannounced and person == case.planned_by:
        raise Forbidden("a drill that nobody is told of is approved by a second person", code="drill.second_person")
    if deed is DrillDeed.START and not case.at - EARLY <= at <= case.at + LATE:
        raise Conflict("a drill begins at the hour that was approved", code="drill.not_now")
    return _moved(case, rule.to, at)


def settle(case: DrillCase, presses: Iterable[Press], *, now: datetime) -> tuple[DrillCase, DrillDeed | None]:
    """What the running drill has become by what came in and by time; the deed, or None when nothing did.

    The first real press ends it at the instant at which the centre stored that, not when somebody looked.
    """
    if case.state is not DrillState.RUNNING or case.started_at is None:
        return case, None
    lapses = case.started_at + LONGEST
    real = [one for one in presses if one.real and case.started_at <= one.received_at <= lapses]
    if real:
        first = min(real, key=lambda one: one.received_at)
        return replace(_moved(case, DrillState.STOPPED, first.received_at), pierced_by=first.alarm), DrillDeed.PIERCE
    if now >= lapses:
        return _moved(case, DrillState.FINISHED, lapses), DrillDeed.LAPSE
    return case, None


def allowed(case: DrillCase, person: UUID, now: datetime) -> tuple[DrillDeed, ...]:
    """What this person may do now, in the table's order, the texts not asked."""
    found = []
    for deed, rule in NEXT.items():
        if deed in OF_NOBODY or case.state not in rule.of:
            continue
        if deed is DrillDeed.APPROVE and case.unannounced and person == case.planned_by:
            continue
        if deed is DrillDeed.START and not case.at - EARLY <= now <= case.at + LATE:
            continue
        found.append(deed)
    return tuple(found)


def _moved(case: DrillCase, to: DrillState, at: datetime) -> DrillCase:
    if to is DrillState.RUNNING:
        return replace(case, state=to, started_at=at)
    if case.state is DrillState.RUNNING:
        return replace(case, state=to, ended_at=at)
    return replace(case, state=to)
