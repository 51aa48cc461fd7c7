"""Roll-call: who is accounted for, from the taps of many telephones that come in any order, twice, or an hour late.

A tap is never changed or taken away: a roll-call is the set of its taps, and two of them merge by union. What is so now
follows from the set alone, so that it does not matter who heard what first. A tap names those that whoever tapped had
seen and meant to replace; two that did not know of each other and say different things are a conflict. It is shown,
and until somebody has looked the graver one counts. Here are ids of a list and no names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from qorgan.kernel.errors import Invalid

MAX_PEOPLE, MAX_TAPS = 20_000, 50_000  # of one roll-call
MAX_IN_TAP, MAX_REPLACED = 500, 1_000
MAX_POINT = 60  # characters of an assembly point's key


class PersonState(StrEnum):
    """The graver first: of two that contradict each other the first counts."""

    INJURED = "injured"
    MISSING = "missing"
    UNKNOWN = "unknown"  # nobody has said anything; never tapped
    HERE = "here"
    HANDED_OVER = "handed_over"  # to a parent


@dataclass(frozen=True, slots=True, kw_only=True)
class RollTap:
    """One tap: these people are so, at that assembly point. `replaces`: the ids of taps that it is an answer to.

    A class's tap carries whom the telephone had on its list: whoever came to the list since is not ticked unseen.
    """

    id: UUID
    people: frozenset[UUID]
    state: PersonState
    at: datetime  # the telephone's clock; it decides nothing
    by: UUID
    point: str = ""
    replaces: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonStanding:
    """One person now. `heads`: the taps that nobody has replaced; of a conflict more than one."""

    person: UUID
    state: PersonState
    point: str
    conflict: bool
    heads: frozenset[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class RollCall:
    """Taps of one roll-call, each once. `listed`: who is expected, as the list said at its beginning."""

    listed: frozenset[UUID]
    taps: frozenset[RollTap] = frozenset()

    def with_taps(self, taps: Iterable[RollTap]) -> "RollCall":
        """Raises `Invalid` (`roll_call.tap`, `roll_call.too_many`), changing nothing."""
        new = frozenset(taps)
        for one in new:
            require_tap(one)
        return _bounded(RollCall(listed=self.listed, taps=self.taps | new))

    def merge(self, other: "RollCall") -> "RollCall":
        """Both together; whoever merges whom, as often as one likes, it is the same."""
        return _bounded(RollCall(listed=self.listed | other.listed, taps=self.taps | other.taps))


@dataclass(frozen=True, slots=True, kw_only=True)
class RollView:
    """Everybody once. `extra`: found, and on no list. `clashes`: ids that two different taps claim."""

    people: Mapping[UUID, PersonStanding]
    extra: frozenset[UUID] = field(default_factory=frozenset)
    clashes: frozenset[UUID] = field(default_factory=frozenset)

    def those(self, state: PersonState) -> frozenset[UUID]:
        return frozenset(one.person for one in self.people.values() if one.state is state)

    @property
    def conflicts(self) -> frozenset[UUID]:
        return frozenset(one.person for one in self.people.values() if one.conflict)

    @property
    def complete(self) -> bool:
        """Everybody is here or handed over, and nobody contradicts."""
        safe = (PersonState.HERE, PersonState.HANDED_OVER)
        return all(one.state in safe and not one.conflict for one in self.people.values())


def require_tap(tap: RollTap) -> None:
    """Raises `Invalid` (`roll_call.tap`)."""
    if not 1 <= len(tap.people) <= MAX_IN_TAP or len(tap.replaces) > MAX_REPLACED or len(tap.point) > MAX_POINT:
        raise Invalid(f"a tap is of 1 to {MAX_IN_TAP} people at one point", code="roll_call.tap")
    if tap.state is PersonState.UNKNOWN:
        raise Invalid("a tap says something", code="roll_call.tap")


def view(call: RollCall) -> RollView:
    """What is so now: a function of the set of taps, whatever the order in which they came."""
    of_person: dict[UUID, list[RollTap]] = {person: [] for person in call.listed}
    bodies: dict[UUID, int] = {}
    for tap in call.taps:
        bodies[tap.id] = bodies.get(tap.id, 0) + 1
        for person in tap.people:
            of_person.setdefault(person, []).append(tap)
    people = {person: _standing(person, taps) for person, taps in of_person.items()}
    clashes = frozenset(id for id, count in bodies.items() if count > 1)
    return RollView(people=people, extra=frozenset(people) - call.listed, clashes=clashes)


def _standing(person: UUID, taps: list[RollTap]) -> PersonStanding:
    heads = _heads(taps)
    if not heads:
        return PersonStanding(person=person, state=PersonState.UNKNOWN, point="", conflict=False, heads=frozenset())
    said = {(tap.state, tap.point) for tap in heads}
    state, point = min(said, key=lambda one: (_GRAVITY[one[0]], one[1]))
    ids = frozenset(tap.id for tap in heads)
    return PersonStanding(person=person, state=state, point=point, conflict=len(said) > 1, heads=ids)


def _heads(taps: list[RollTap]) -> list[RollTap]:
    """Those that no other tap of this person replaces. Taps that replace each other in a ring all stand: nobody can
    make a person vanish by what their telephone says."""
    replaced = {id for tap in taps for id in tap.replaces if id != tap.id}
    return [tap for tap in taps if tap.id not in replaced] or taps


def _bounded(call: RollCall) -> RollCall:
    if len(call.listed) > MAX_PEOPLE or len(call.taps) > MAX_TAPS:
        raise Invalid("this roll-call is larger than any school", code="roll_call.too_many")
    return call


_GRAVITY: Mapping[PersonState, int] = {state: number for number, state in enumerate(PersonState)}
