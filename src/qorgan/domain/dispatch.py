"""Dispatch: the dialogue with a patrol unit in ASAP's verbs (APCO/TMA ANS 2.101), and the one table of its states.

    offered ─► accepted ─► en_route ─► on_scene ─► stabilised ─┐
       │           └───────────────────►│                       ▼
       ├──► rejected         (each of them) ────────────────► cleared

- Whoever accepts is a named human, or the record's number in their own system: nobody "takes note".
- A unit may be heard only when it has arrived: arriving without having departed is a step; going back is none.
- Clearing an offer withdraws it. A verb that was heard before changes nothing: the radio repeats itself.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from qorgan.kernel.errors import Conflict, Invalid

MAX_NAME = 200  # characters of whoever accepts
MAX_RECORD = 100  # characters of a record's number in another system
MAX_REASON = 300
EARTH_RADIUS_M = 6_371_000


class UnitState(StrEnum):
    """Where a patrol unit stands. Its dispatch decides, except for `free` and `out_of_service`."""

    FREE = "free"
    OFFERED = "offered"
    DISPATCHED = "dispatched"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    OUT_OF_SERVICE = "out_of_service"


class DispatchState(StrEnum):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    STABILISED = "stabilised"
    CLEARED = "cleared"
    REJECTED = "rejected"


class Verb(StrEnum):
    """What is heard from a unit, or said to it."""

    ACCEPT = "accept"
    REJECT = "reject"
    DEPART = "depart"
    ARRIVE = "arrive"
    STABILISE = "stabilise"
    CLEAR = "clear"


OVER = frozenset({DispatchState.CLEARED, DispatchState.REJECTED})
TARGET: Mapping[Verb, DispatchState] = MappingProxyType(
    {
        Verb.ACCEPT: DispatchState.ACCEPTED,
        Verb.REJECT: DispatchState.REJECTED,
        Verb.DEPART: DispatchState.EN_ROUTE,
        Verb.ARRIVE: DispatchState.ON_SCENE,
        Verb.STABILISE: DispatchState.STABILISED,
        Verb.CLEAR: DispatchState.CLEARED,
    }
)
TAKES: Mapping[Verb, frozenset[DispatchState]] = MappingProxyType(
    {
        Verb.ACCEPT: frozenset({DispatchState.OFFERED}),
        Verb.REJECT: frozenset({DispatchState.OFFERED}),
        Verb.DEPART: frozenset({DispatchState.ACCEPTED}),
        Verb.ARRIVE: frozenset({DispatchState.ACCEPTED, DispatchState.EN_ROUTE}),
        Verb.STABILISE: frozenset({DispatchState.ON_SCENE}),
        Verb.CLEAR: frozenset(DispatchState) - OVER,
    }
)
UNIT_IS: Mapping[DispatchState, UnitState] = MappingProxyType(
    {
        DispatchState.OFFERED: UnitState.OFFERED,
        DispatchState.ACCEPTED: UnitState.DISPATCHED,
        DispatchState.EN_ROUTE: UnitState.EN_ROUTE,
        DispatchState.ON_SCENE: UnitState.ON_SCENE,
        DispatchState.STABILISED: UnitState.ON_SCENE,
        DispatchState.CLEARED: UnitState.FREE,
        DispatchState.REJECTED: UnitState.FREE,
    }
)
LOGGED_AS: Mapping[Verb, str] = MappingProxyType(  # the action of the line in the alarm's log
    {
        Verb.ACCEPT: "dispatched",
        Verb.REJECT: "rejected",
        Verb.DEPART: "en_route",
        Verb.ARRIVE: "on_scene",
        Verb.STABILISE: "stabilised",
        Verb.CLEAR: "cleared",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a verb comes with. `by` is a human by name, `record` a number in the unit's own system."""

    by: str = ""
    record: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One unit sent to one alarm. Instants are the centre's clock, when the verb was entered."""

    state: DispatchState = DispatchState.OFFERED
    accepted_by: str = ""
    record: str = ""
    reason: str = ""
    accepted_at: datetime | None = None
    departed_at: datetime | None = None
    arrived_at: datetime | None = None
    stabilised_at: datetime | None = None
    ended_at: datetime | None = None


def apply(call: Call, verb: Verb, *, at: datetime, word: Word) -> Call:
    """The call after one verb, or the same object when the verb was heard before.

    Raises `Conflict("dispatch.state")` when the table has no such step, `Invalid` with code `dispatch.accepter` when
    nobody is named who accepts, with code `dispatch.reason` when a rejection gives none.
    """
    following = TARGET[verb]
    if call.state is following:
        return call
    if call.state not in TAKES[verb]:
        raise Conflict(f"a dispatch that is {call.state} does not take the verb {verb}", code="dispatch.state")
    after = replace(call, state=following)
    match verb:
        case Verb.ACCEPT:
            if not word.by.strip() and not word.record.strip():
                raise Invalid("say who accepts: a name, or the record's number", code="dispatch.accepter")
            return replace(after, accepted_by=word.by.strip(), record=word.record.strip(), accepted_at=at)
        case Verb.REJECT:
            if not word.reason.strip():
                raise Invalid("a rejection gives its reason", code="dispatch.reason")
            return replace(after, reason=word.reason.strip(), ended_at=at)
        case Verb.DEPART:
            return replace(after, departed_at=at)
        case Verb.ARRIVE:
            return replace(after, arrived_at=at)
        case Verb.STABILISE:
            return replace(after, stabilised_at=at)
        case Verb.CLEAR:
            return replace(after, reason=word.reason.strip(), ended_at=at)


def distance_m(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Metres over the ground between two points (latitude, longitude, WGS 84 in degrees), as the crow flies."""
    lat_a, lon_a, lat_b, lon_b = (math.radians(value) for value in (*here, *there))
    half = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(half)))
