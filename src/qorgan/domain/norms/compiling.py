"""Expressions as closures. Each answers True, False or None (not known) for a view of a site and one of its items.

Compiled once for 20,000 schools: no node looks anything up by name but the facts themselves.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from qorgan.domain.norms.expressions import (
    AllOf,
    AnyOf,
    Compare,
    Every,
    Exists,
    Expression,
    Limit,
    Not,
    NotPassed,
    Some,
    Within,
)
from qorgan.domain.norms.parsing import amount_of, share_of
from qorgan.domain.norms.terms import Term, term_of
from qorgan.domain.norms.types import Calendar, Fact, Parameter

Values = dict[str, Any]  # fact → value, None where it is known that there is none
MISSING: Final[Any] = object()
_MOST_DUE = 20_000  # remembered deadlines
_EPSILON = 1e-9  # of a share: 19 of 20 is 95 %


class Clock:
    """What day it is for one pack, and its working days. Remembers what it reckoned."""

    def __init__(self, today: date, calendar: Calendar) -> None:
        self.today, self.ordinal = today, today.toordinal()
        self._weekend = frozenset(calendar.weekend)
        self._holidays, self._days_off = frozenset(calendar.holidays), frozenset(calendar.days_off)
        self._due: dict[tuple[int, Term], int] = {}

    def works(self, day: date) -> bool:
        """Whether it is a working day."""
        if day.isoweekday() in self._weekend or day in self._days_off:
            return False
        return f"{day.month:02}-{day.day:02}" not in self._holidays

    def due(self, ordinal: int, term: Term) -> int:
        """The last day of the term after a day, as ordinals."""
        found = self._due.get((ordinal, term))
        if found is None:
            if len(self._due) >= _MOST_DUE:
                self._due.clear()
            found = self._due[ordinal, term] = term.after(date.fromordinal(ordinal), self.works).toordinal()
        return found


class View:
    """The facts of a site that hold at one instant, with those that are defined by others. One owner, one call."""

    __slots__ = ("clock", "facts", "items", "keys", "undescribed")

    def __init__(
        self,
        facts: Values,
        items: dict[str, list[Values]],
        keys: dict[str, list[str]],
        undescribed: dict[str, int],
        clock: Clock,
    ) -> None:
        self.facts, self.items, self.keys, self.clock = facts, items, keys, clock
        self.undescribed = undescribed  # collection → items that are listed and not described; absent: never listed


Test = Callable[[View, Values], bool | None]


@dataclass(frozen=True, slots=True)
class Node:
    """A compiled expression with its parts, so that an explanation asks the closures that decided."""

    expression: Expression
    test: Test
    parts: tuple["Node", ...] = ()
    limit: Any = None  # resolved; MISSING where the parameter has no value
    where: "Node | None" = None
    bounds: tuple[float, int] = field(default=(1.0, 1))  # share of every, count of some


@dataclass(frozen=True, slots=True)
class Tally:
    """What `every` and `some` counted."""

    holding: int
    failing: int
    unknown: int
    undescribed: int | None  # None: the collection was never listed


class Compiler:
    """Compiles for one pack: its parameters and the types of facts."""

    def __init__(self, facts: Mapping[str, Fact], parameters: Mapping[str, Parameter]) -> None:
        self._facts, self._parameters = facts, parameters

    def node(self, one: Expression) -> Node:
        """The compiled expression."""
        if isinstance(one, (AllOf, AnyOf)):
            parts = tuple(self.node(part) for part in one.parts)
            tests = tuple(part.test for part in parts)
            return Node(one, _all(tests) if isinstance(one, AllOf) else _any(tests), parts)
        if isinstance(one, Not):
            part = self.node(one.part)
            return Node(one, _not(part.test), (part,))
        if isinstance(one, Compare):
            limit = self._limit(one.limit, self._facts[one.fact])
            return Node(one, _compare(one.fact, one.op, limit), limit=limit)
        if isinstance(one, Within):
            term = one.term or self._term(one.parameter)
            return Node(one, _within(one.fact, one.after, term), limit=term)
        if isinstance(one, NotPassed):
            return Node(one, _not_passed(one.fact))
        if isinstance(one, Exists):
            return Node(one, _exists(one.fact))
        return self._counting(one)

    def _counting(self, one: Every | Some) -> Node:
        where = self.node(one.where) if one.where is not None else None
        holds = self.node(one.holds)
        pick = where.test if where else None
        if isinstance(one, Every):
            share = self._share(one)
            test = _every(one.collection, pick, holds.test, share, one.if_none)
            return Node(one, test, (holds,), share, where, (share if share is not MISSING else 1.0, 1))
        count = self._count(one)
        test = _some(one.collection, pick, holds.test, count)
        return Node(one, test, (holds,), count, where, (1.0, count if count is not MISSING else 1))

    def _limit(self, limit: Limit, fact: Fact) -> Any:
        if not limit.parameter:
            return limit.value
        value = self._parameters[limit.parameter].value
        return MISSING if value is None else amount_of(value, fact, f"parameter {limit.parameter}")

    def _term(self, key: str) -> Any:
        value = self._parameters[key].value
        return MISSING if value is None else term_of(str(value))

    def _share(self, one: Every) -> Any:
        if not one.share_parameter:
            return one.share
        value = self._parameters[one.share_parameter].value
        return MISSING if value is None else share_of(value, f"parameter {one.share_parameter}")

    def _count(self, one: Some) -> Any:
        if not one.count_parameter:
            return one.at_least
        value = self._parameters[one.count_parameter].value
        return MISSING if value is None else value


def values_of(fact: str, view: View, item: Values) -> Values:
    """Where a fact's value lies."""
    return view.facts if fact.startswith("site.") else item


def tally(one: Every | Some, where: Test | None, holds: Test, view: View) -> Tally:
    """Counts without a short cut, for explanations."""
    holding = failing = unknown = 0
    for item in view.items.get(one.collection, ()):
        picked = True if where is None else where(view, item)
        if picked is False:
            continue
        found = holds(view, item)
        if picked is None or found is None:
            unknown += 1
        elif found:
            holding += 1
        else:
            failing += 1
    return Tally(holding, failing, unknown, view.undescribed.get(one.collection))


def _all(tests: Sequence[Test]) -> Test:
    def test(view: View, item: Values) -> bool | None:
        answer: bool | None = True
        for one in tests:
            found = one(view, item)
            if found is False:
                return False
            if found is None:
                answer = None
        return answer

    return test


def _any(tests: Sequence[Test]) -> Test:
    def test(view: View, item: Values) -> bool | None:
        answer: bool | None = False
        for one in tests:
            found = one(view, item)
            if found is True:
                return True
            if found is None:
                answer = None
        return answer

    return test


def _not(part: Test) -> Test:
    def test(view: View, item: Values) -> bool | None:
        found = part(view, item)
        return None if found is None else not found

    return test


_HOLDS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "is": lambda value, limit: value == limit,
    "is_not": lambda value, limit: value != limit,
    "one_of": lambda value, limit: value in limit,
    "at_least": lambda value, limit: value >= limit,
    "at_most": lambda value, limit: value <= limit,
    "more_than": lambda value, limit: value > limit,
    "less_than": lambda value, limit: value < limit,
}


def _compare(fact: str, op: str, limit: Any) -> Test:
    of_site, holds = fact.startswith("site."), _HOLDS[op]
    if limit is MISSING:
        return lambda view, item: None

    def test(view: View, item: Values) -> bool | None:
        value = (view.facts if of_site else item).get(fact, MISSING)
        if value is MISSING:
            return None
        return value is not None and holds(value, limit)

    return test


def _exists(fact: str) -> Test:
    of_site = fact.startswith("site.")

    def test(view: View, item: Values) -> bool | None:
        value = (view.facts if of_site else item).get(fact, MISSING)
        return None if value is MISSING else value is not None

    return test


def _not_passed(fact: str) -> Test:
    of_site = fact.startswith("site.")

    def test(view: View, item: Values) -> bool | None:
        value = (view.facts if of_site else item).get(fact, MISSING)
        if value is MISSING:
            return None
        return value is not None and bool(value >= view.clock.ordinal)

    return test


def _within(fact: str, after: str, term: Any) -> Test:
    of_site, after_of_site = fact.startswith("site."), after.startswith("site.")
    if term is MISSING:
        return lambda view, item: None

    def recent(view: View, item: Values) -> bool | None:
        value = (view.facts if of_site else item).get(fact, MISSING)
        if value is MISSING:
            return None
        if value is None:
            return False
        return bool(value <= view.clock.ordinal <= view.clock.due(value, term))

    def in_time(view: View, item: Values) -> bool | None:
        began = (view.facts if after_of_site else item).get(after, MISSING)
        done = (view.facts if of_site else item).get(fact, MISSING)
        if began is None:
            return False
        if began is MISSING or done is MISSING:
            return None
        if done is not None and done < began:
            done = None  # that was before: nothing was done since
        due = view.clock.due(began, term)
        return bool((view.clock.ordinal if done is None else done) <= due)

    return in_time if after else recent


def _every(collection: str, where: Test | None, holds: Test, share: Any, if_none: str) -> Test:
    if share is MISSING:
        return lambda view, item: None
    whole = share >= 1
    empty = {"holds": True, "fails": False}.get(if_none)

    def test(view: View, item: Values) -> bool | None:
        holding = failing = unknown = 0
        for one in view.items.get(collection, ()):
            picked = True if where is None else where(view, one)
            if picked is False:
                continue
            found = holds(view, one)
            if picked is None or found is None:
                unknown += 1
            elif found:
                holding += 1
            elif whole:
                return False
            else:
                failing += 1
        more = view.undescribed.get(collection)
        if more is None:
            return None
        unknown += more
        total = holding + failing + unknown
        if total == 0:
            return empty
        if holding >= share * total - _EPSILON:
            return True
        return False if holding + unknown < share * total - _EPSILON else None

    return test


def _some(collection: str, where: Test | None, holds: Test, count: Any) -> Test:
    if count is MISSING:
        return lambda view, item: None

    def test(view: View, item: Values) -> bool | None:
        holding = unknown = 0
        for one in view.items.get(collection, ()):
            picked = True if where is None else where(view, one)
            if picked is False:
                continue
            found = holds(view, one)
            if found is False:
                continue
            if picked is None or found is None:
                unknown += 1
            else:
                holding += 1
                if holding >= count:
                    return True
        more = view.undescribed.get(collection)
        if more is None:
            return None
        return False if holding + unknown + more < count else None

    return test
