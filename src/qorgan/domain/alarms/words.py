"""The closed sets of words that alarms are spoken of with, and how the words of others are read."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

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


class Source(StrEnum):
    """The way in. One that a newer node names stays as the text it is."""

    BUTTON = "button"
    CONTACT = "contact"
    ONVIF = "onvif"
    MQTT = "mqtt"
    STAFF = "staff"  # the staff page
    PANEL_DC09 = "panel.dc09"
    PANEL_SURGARD = "panel.surgard"
    OPERATOR = "operator"  # entered at the centre on behalf of a caller


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
    """What a person, a person's screen or the passing of time does to an alarm."""

    PRESENT = "present"
    ACKNOWLEDGE = "acknowledge"  # own it
    RENEW = "renew"  # the owner's screen is alive
    RELEASE = "release"  # the owner gives it back
    LAPSE = "lapse"  # no sign of the owner; time alone takes this step
    HAND_OVER = "hand_over"  # to the next shift: the actor is who takes it
    CONFIRM = "confirm"
    LEAVE_UNVERIFIED = "leave_unverified"
    REFUTE = "refute"
    DISPATCH = "dispatch"
    DEPART = "depart"
    ARRIVE = "arrive"
    STABILISE = "stabilise"
    SHELVE = "shelve"  # asks for it; the alarm is as loud as before
    CONFIRM_SHELF = "confirm_shelf"  # the second person: now it is quiet, until its time is up
    UNSHELVE = "unshelve"
    CLOSE = "close"  # of a real P1: the first of two signatures
    COUNTERSIGN = "countersign"  # the second person
    WITHDRAW = "withdraw"  # the first signature
    REVIEW = "review"


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


class Claim(StrEnum):
    """What the school says of an alarm after it was raised. None of it ends the alarm."""

    CANCEL = "cancel"  # "it was a mistake": an officer verifies that
    RETURNED = "returned"  # the button is back in its rest; the alarm is latched
    AGAIN = "again"  # pressed once more

    @classmethod
    def read(cls, text: str) -> "Claim":
        """The claim a school made. One we do not know calls again: louder is the safe side."""
        return cls._value2member_map_.get(text, cls.AGAIN)  # type: ignore[return-value]


class Progress(StrEnum):
    """What the presser is told, silently, in this order."""

    RECEIVED = "received"
    OWNED = "owned"
    DISPATCHED = "dispatched"
    EN_ROUTE = "en_route"
    ARRIVED = "arrived"
    CLOSED = "closed"


class Called(StrEnum):
    """Whom a rung of the ladder calls."""

    OFFICER = "officer"  # the next one: everybody who is on duty in the centre
    SUPERVISOR = "supervisor"
    NEIGHBOUR = "neighbour"  # the duty officers of the neighbouring centre


STEP_OF_VERDICT: Mapping[Verdict, Step] = MappingProxyType(
    {
        Verdict.CONFIRMED: Step.CONFIRM,
        Verdict.UNVERIFIED: Step.LEAVE_UNVERIFIED,
        Verdict.FALSE: Step.REFUTE,
    }
)
PROGRESS_OF_STATE: Mapping[State, Progress] = MappingProxyType(
    {
        State.STORED: Progress.RECEIVED,
        State.PRESENTED: Progress.RECEIVED,
        State.OWNED: Progress.OWNED,
        State.CONFIRMED: Progress.OWNED,
        State.UNVERIFIED: Progress.OWNED,
        State.REFUTED: Progress.OWNED,
        State.DISPATCHED: Progress.DISPATCHED,
        State.EN_ROUTE: Progress.EN_ROUTE,
        State.ON_SCENE: Progress.ARRIVED,
        State.STABILISED: Progress.ARRIVED,
        State.CLOSED: Progress.CLOSED,
        State.REVIEWED: Progress.CLOSED,
    }
)


def furthest(told: Progress, state: State) -> Progress:
    """What the presser should know now: progress is never taken back, though an alarm may lose its owner."""
    order = list(Progress)
    return max(told, PROGRESS_OF_STATE[state], key=order.index)
