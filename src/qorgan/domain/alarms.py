"""Alarms: levels, kinds, states, and the one table of transitions from which the diagram in the docs is drawn.

How an alarm goes (thin edition: `docs/design` of alarms has the whole ladder; `en_route`, `on_scene`, `stabilised` and
`reviewed` are named so that stored data never has to be renamed, and no step leads there yet):

    stored ─► presented ─► owned ─► confirmed  ─┬─► dispatched ─► closed
        └──────────────────►│  ├──► unverified ─┘                   ▲
                               └──► refuted ────────────────────────┘

- Nothing but `close` ends an alarm, and `close` wants a named person and a disposition (invariant I2): an alarm judged
  false, a drill and a test are closed like any other.
- A verdict may be revised until a unit is sent. A refuted alarm is dispatched only after its verdict is revised.
- Ownership says who leads. Any officer who may act may go on when the owner has fallen silent, and the log names them;
  leases, escalation and the second person for P1 come into this table, not beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar
from uuid import UUID

from qorgan.kernel.errors import Conflict, Invalid

T = TypeVar("T")
MAX_NOTE = 2_000  # characters of a note


class Level(StrEnum):
    """How urgent: P1 police, P2 assist, medical, fire, P3 the rest. Faults are not alarms."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"

    @classmethod
    def read(cls, text: str) -> "Level":
        """The level a school named. One we do not know is P1: louder is the safe side."""
        return cls._value2member_map_.get(text, cls.P1)  # type: ignore[return-value]


class Kind(StrEnum):
    """A tag that never hides: a real press pierces a drill (invariant I3)."""

    REAL = "real"
    DRILL = "drill"
    TEST = "test"

    @classmethod
    def read(cls, text: str) -> "Kind":
        """The kind a school named. One we do not know is real: louder is the safe side."""
        return cls._value2member_map_.get(text, cls.REAL)  # type: ignore[return-value]


class State(StrEnum):
    STORED = "stored"  # in the centre's database
    PRESENTED = "presented"  # an officer's screen drew it
    OWNED = "owned"
    CONFIRMED = "confirmed"
    UNVERIFIED = "unverified"  # the officer looked and cannot tell: handled as if true
    REFUTED = "refuted"
    DISPATCHED = "dispatched"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    STABILISED = "stabilised"
    CLOSED = "closed"
    REVIEWED = "reviewed"


ENDED = frozenset({State.CLOSED, State.REVIEWED})


class Step(StrEnum):
    """What an officer, or an officer's screen, does to an alarm."""

    PRESENT = "present"
    ACKNOWLEDGE = "acknowledge"
    CONFIRM = "confirm"
    LEAVE_UNVERIFIED = "leave_unverified"
    REFUTE = "refute"
    DISPATCH = "dispatch"
    CLOSE = "close"


class Verdict(StrEnum):
    CONFIRMED = "confirmed"
    UNVERIFIED = "unverified"
    FALSE = "false"


class Disposition(StrEnum):
    """What it was, said by the person who closes."""

    TRUE = "true"
    FALSE_ACCIDENT = "false_accident"
    FALSE_TECHNICAL = "false_technical"
    MALICIOUS = "malicious"
    DRILL = "drill"
    TEST = "test"


STEP_OF_VERDICT: Mapping[Verdict, Step] = MappingProxyType(
    {
        Verdict.CONFIRMED: Step.CONFIRM,
        Verdict.UNVERIFIED: Step.LEAVE_UNVERIFIED,
        Verdict.FALSE: Step.REFUTE,
    }
)
_VERDICT_OF_STEP = {step: verdict for verdict, step in STEP_OF_VERDICT.items()}
_JUDGED = (State.CONFIRMED, State.UNVERIFIED, State.REFUTED)

NEXT: Mapping[tuple[State, Step], State] = MappingProxyType(
    {
        (State.STORED, Step.PRESENT): State.PRESENTED,
        (State.STORED, Step.ACKNOWLEDGE): State.OWNED,  # an officer may be quicker than the screen's report
        (State.PRESENTED, Step.ACKNOWLEDGE): State.OWNED,
        **{(state, Step.CONFIRM): State.CONFIRMED for state in (State.OWNED, *_JUDGED)},
        **{(state, Step.LEAVE_UNVERIFIED): State.UNVERIFIED for state in (State.OWNED, *_JUDGED)},
        **{(state, Step.REFUTE): State.REFUTED for state in (State.OWNED, *_JUDGED)},
        (State.CONFIRMED, Step.DISPATCH): State.DISPATCHED,
        (State.UNVERIFIED, Step.DISPATCH): State.DISPATCHED,
        (State.DISPATCHED, Step.DISPATCH): State.DISPATCHED,  # another unit
        **{(state, Step.CLOSE): State.CLOSED for state in (*_JUDGED, State.DISPATCHED)},
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the steps decide on. `owner`, `unit` and `closed_by` are ids of people and units."""

    state: State = State.STORED
    presented_at: datetime | None = None
    owner: UUID | None = None
    verdict: Verdict | None = None
    unit: UUID | None = None
    disposition: Disposition | None = None
    closed_at: datetime | None = None
    closed_by: UUID | None = None

    @property
    def open(self) -> bool:
        return self.state not in ENDED


def apply(
    case: Case,
    step: Step,
    *,
    actor: UUID,
    at: datetime,
    unit: UUID | None = None,
    disposition: Disposition | None = None,
) -> Case:
    """The case after one step of one named person, or the same object when the step changes nothing.

    A second screen that draws the alarm, and its owner who acknowledges again, change nothing.
    Raises `Conflict("alarm.state")` when the table has no such step, `Invalid` when a dispatch names no unit or a
    closure no disposition.
    """
    if step is Step.PRESENT and case.state is not State.STORED:
        return case
    if step is Step.ACKNOWLEDGE and case.state is State.OWNED and case.owner == actor:
        return case
    following = NEXT.get((case.state, step))
    if following is None:
        raise Conflict(f"an alarm that is {case.state} does not take the step {step}", code="alarm.state")
    after = replace(case, state=following)
    if step is Step.PRESENT:
        return replace(after, presented_at=at)
    if step is Step.ACKNOWLEDGE:
        return replace(after, owner=actor)
    if step is Step.DISPATCH:
        return replace(after, unit=_needed(unit, "a dispatch names a unit"))
    if step is Step.CLOSE:
        why = _needed(disposition, "a closure names its disposition")
        return replace(after, disposition=why, closed_at=at, closed_by=actor)
    return replace(after, verdict=_VERDICT_OF_STEP[step])


def _needed(value: T | None, sentence: str) -> T:
    if value is None:
        raise Invalid(sentence)
    return value
