"""From the tables of a pack's file to expressions. What is said here about units, types and depth is said to people.

Every error names its place within the entry ("check.all[2].at_least") and what to write instead.
"""

import re
from collections.abc import Mapping
from typing import Any, cast, get_args

from qorgan.domain.norms.expressions import (
    MAX_DEPTH,
    MAX_NODES,
    AllOf,
    AnyOf,
    Compare,
    CompareOp,
    Every,
    Exists,
    Expression,
    IfNone,
    Limit,
    Not,
    NotPassed,
    Plain,
    Some,
    Within,
)
from qorgan.domain.norms.terms import Term, term_of
from qorgan.domain.norms.types import Fact, FactType, Parameter, Vocabulary
from qorgan.kernel.errors import Invalid

UNITS = ("d", "h", "min", "s", "ms", "%", "px", "px/m", "1/s", "lx", "m", "people", "Mbit/s")
_AMOUNT = re.compile(r"(-?[0-9]{1,9}(?:\.[0-9]{1,6})?) (\S{1,8})")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,59}")
_OPS = get_args(CompareOp)
_ORDERED = ("at_least", "at_most", "more_than", "less_than")
_SHAPES = "all, any, not, fact, every, some"


class Wrong(Invalid):
    """Something in an expression; `place` is where in the entry."""

    code = "norm_pack.expression"

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}")


class Words:
    """The facts and parameters that expressions of one pack may name."""

    def __init__(self, vocabulary: Vocabulary, facts: Mapping[str, Fact], parameters: Mapping[str, Parameter]) -> None:
        self.collections = frozenset(vocabulary.collections)
        self.facts = {**vocabulary.facts, **facts}
        self.parameters = parameters

    def fact(self, name: object, place: str) -> Fact:
        """The fact of that name. Raises `Wrong`."""
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise Wrong(place, f'{name!r} is no name of a fact: write "site.kind", "camera.archive_days"')
        if name not in self.facts:
            raise Wrong(place, f"nobody knows the fact {name!r}: declare it in facts.toml, or correct the name")
        return self.facts[name]

    def parameter(self, key: object, place: str) -> Parameter:
        """The parameter of that key. Raises `Wrong`."""
        if not isinstance(key, str) or key not in self.parameters:
            raise Wrong(place, f"there is no parameter {key!r} in this pack or in those it uses")
        return self.parameters[key]


def parse(raw: object, words: Words, place: str, *, may_negate: bool, of: str = "site") -> Expression:
    """The expression that a table means. Raises `Wrong`.

    `may_negate`: whether `not` may stand in it. `of`: the collection whose items it is about.
    """
    return _Parser(words, may_negate).node(raw, place, 0, None if of == "site" else of)


def amount_of(value: object, fact: Fact, place: str) -> Plain | tuple[str, ...]:
    """What a literal means beside a fact: "30 d" beside days is 30. Raises `Wrong` for another type or unit."""
    if fact.type is FactType.FLAG:
        if not isinstance(value, bool):
            raise Wrong(place, f"{fact.name} is true or false, not {value!r}")
        return value
    if fact.type is FactType.CHOICE:
        return _option(value, fact, place)
    if fact.type is FactType.DAY:
        raise Wrong(place, f"{fact.name} is a day: use within, not_passed or exists")
    return _number(value, fact, place)


def _option(value: object, fact: Fact, place: str) -> str | tuple[str, ...]:
    options = value if isinstance(value, (list, tuple)) else [value]
    for one in options:
        if one not in fact.options:
            raise Wrong(place, f"{fact.name} is never {one!r}: it is one of {', '.join(fact.options)}")
    return tuple(str(one) for one in options) if isinstance(value, (list, tuple)) else str(value)


def _number(value: object, fact: Fact, place: str) -> float | int:
    if fact.unit:
        found = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
        if not found:
            raise Wrong(place, f'{fact.name} is measured in {fact.unit}: write "30 {fact.unit}", not {value!r}')
        if found[2] != fact.unit:
            raise Wrong(place, f"{fact.name} is measured in {fact.unit}, and this is in {found[2]}")
        number = float(found[1])
        return int(number) if number.is_integer() else number
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Wrong(place, f"{fact.name} is a number without a unit, not {value!r}")
    return value


class _Parser:
    def __init__(self, words: Words, may_negate: bool) -> None:
        self._words, self._may_negate, self._nodes = words, may_negate, 0

    def node(self, raw: object, place: str, depth: int, inside: str | None) -> Expression:
        """`inside`: the collection whose items are looked at, None for the site."""
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise Wrong(place, f"deeper than {MAX_DEPTH} or longer than {MAX_NODES}: make a definition of a part of it")
        if not isinstance(raw, dict) or not raw:
            raise Wrong(place, f"a table is wanted that has one of: {_SHAPES}")
        if "all" in raw or "any" in raw:
            return self._several(raw, place, depth, inside)
        if "not" in raw:
            return self._negation(raw, place, depth, inside)
        if "fact" in raw:
            return self._of_fact(raw, place, inside)
        if "every" in raw or "some" in raw:
            return self._counting(raw, place, depth, inside)
        raise Wrong(place, f"{', '.join(raw)} is nothing we know: a table has one of {_SHAPES}")

    def _several(self, raw: dict[str, Any], place: str, depth: int, inside: str | None) -> Expression:
        name = "all" if "all" in raw else "any"
        _only(raw, {name}, place)
        if not isinstance(raw[name], list) or not raw[name]:
            raise Wrong(f"{place}.{name}", "a list of at least one part is wanted")
        parts = tuple(
            self.node(part, f"{place}.{name}[{number}]", depth + 1, inside)
            for number, part in enumerate(raw[name], start=1)
        )
        return AllOf(parts) if name == "all" else AnyOf(parts)

    def _negation(self, raw: dict[str, Any], place: str, depth: int, inside: str | None) -> Expression:
        if not self._may_negate:
            raise Wrong(place, "`not` stands only in applies, when and where: say in the check what must be")
        _only(raw, {"not"}, place)
        return Not(self.node(raw["not"], f"{place}.not", depth + 1, inside))

    def _of_fact(self, raw: dict[str, Any], place: str, inside: str | None) -> Expression:
        fact = self._words.fact(raw["fact"], place)
        self._reach(fact, place, inside)
        asked = [key for key in raw if key not in ("fact", "after")]
        if len(asked) != 1 or (asked[0] != "within" and "after" in raw):
            raise Wrong(place, f"one question is asked of {fact.name}: {', '.join(_OPS)}, within, not_passed or exists")
        op, value = asked[0], raw[asked[0]]
        if op in ("within", "not_passed", "exists"):
            return self._of_time(op, value, fact, raw, place, inside)
        if op not in _OPS:
            raise Wrong(place, f"{op!r} is no question: {', '.join(_OPS)}, within, not_passed, exists")
        if op in _ORDERED and fact.type not in (FactType.COUNT, FactType.NUMBER):
            raise Wrong(place, f"{fact.name} is no number: use is, is_not or one_of")
        return Compare(fact.name, cast(CompareOp, op), self._limit(value, fact, op, f"{place}.{op}"))

    def _of_time(
        self, op: str, value: object, fact: Fact, raw: dict[str, Any], place: str, inside: str | None
    ) -> Expression:
        if op == "exists":
            self._true(value, f"{place}.exists")
            return Exists(fact.name)
        if fact.type is not FactType.DAY:
            raise Wrong(place, f"{fact.name} is no day: {op} asks for one")
        if op == "not_passed":
            self._true(value, f"{place}.not_passed")
            return NotPassed(fact.name)
        after = ""
        if "after" in raw:
            other = self._words.fact(raw["after"], f"{place}.after")
            self._reach(other, f"{place}.after", inside)
            if other.type is not FactType.DAY:
                raise Wrong(f"{place}.after", f"{other.name} is no day")
            after = other.name
        if isinstance(value, dict):
            parameter = self._parameter(value, f"{place}.within")
            if parameter.value is not None:
                self._term(parameter.value, f"{place}.within, parameter {parameter.key}")
            return Within(fact.name, None, parameter.key, after)
        return Within(fact.name, self._term(value, f"{place}.within"), "", after)

    def _counting(self, raw: dict[str, Any], place: str, depth: int, inside: str | None) -> Expression:
        name = "every" if "every" in raw else "some"
        if inside is not None:
            raise Wrong(place, f"{name} within {inside} counts twice: count over the site")
        allowed = {"share", "if_none"} if name == "every" else {"at_least"}
        _only(raw, {name, "where", "holds"} | allowed, place)
        collection = raw[name]
        if collection not in self._words.collections:
            known = ", ".join(sorted(self._words.collections))
            raise Wrong(f"{place}.{name}", f"{collection!r} is nothing a site has several of: {known}")
        if "holds" not in raw:
            raise Wrong(place, f"what must hold of {name} {collection}? Write holds = …")
        where = None
        if "where" in raw:
            keep, self._may_negate = self._may_negate, True
            where = self.node(raw["where"], f"{place}.where", depth + 1, collection)
            self._may_negate = keep
        holds = self.node(raw["holds"], f"{place}.holds", depth + 1, collection)
        if name == "some":
            count, key = self._count(raw.get("at_least", 1), f"{place}.at_least")
            return Some(collection=collection, holds=holds, where=where, at_least=count, count_parameter=key)
        share, key = self._share(raw.get("share", "100 %"), f"{place}.share")
        if_none = raw.get("if_none", "unknown")
        if if_none not in get_args(IfNone):
            raise Wrong(f"{place}.if_none", "write unknown, holds or fails")
        return Every(collection=collection, holds=holds, where=where, share=share, share_parameter=key, if_none=if_none)

    def _reach(self, fact: Fact, place: str, inside: str | None) -> None:
        if fact.collection not in ("site", inside):
            where = f"each {inside}" if inside else "the site"
            raise Wrong(place, f"{fact.name} is not a fact of {where}: count with every or some")

    def _limit(self, value: object, fact: Fact, op: str, place: str) -> Limit:
        if isinstance(value, dict):
            parameter = self._parameter(value, place)
            if parameter.value is not None:
                amount_of(parameter.value, fact, f"{place}, parameter {parameter.key}")
            return Limit(unit=fact.unit, parameter=parameter.key)
        if (op == "one_of") != isinstance(value, list):
            raise Wrong(place, "one_of has a list of values, everything else one value")
        return Limit(value=amount_of(value, fact, place), unit=fact.unit)

    def _parameter(self, value: dict[str, Any], place: str) -> Parameter:
        _only(value, {"parameter"}, place)
        return self._words.parameter(value.get("parameter"), place)

    def _count(self, value: object, place: str) -> tuple[int, str]:
        key = ""
        if isinstance(value, dict):
            parameter = self._parameter(value, place)
            key, value = parameter.key, 1 if parameter.value is None else parameter.value
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10_000:
            raise Wrong(place, f"{value!r} is no count from 1 on")
        return value, key

    def _share(self, value: object, place: str) -> tuple[float, str]:
        key = ""
        if isinstance(value, dict):
            parameter = self._parameter(value, place)
            key, value = parameter.key, "100 %" if parameter.value is None else parameter.value
        return share_of(value, place), key

    @staticmethod
    def _term(value: object, place: str) -> Term:
        try:
            return term_of(value) if isinstance(value, str) else term_of(repr(value))
        except Invalid as error:
            raise Wrong(place, str(error)) from error

    @staticmethod
    def _true(value: object, place: str) -> None:
        if value is not True:
            raise Wrong(place, "only true may stand here")


def share_of(value: object, place: str) -> float:
    """0.95 of "95 %". Raises `Wrong`."""
    found = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
    if not found or found[2] != "%" or not 0 < float(found[1]) <= 100:
        raise Wrong(place, f'{value!r} is no share: write "95 %"')
    return float(found[1]) / 100


def _only(raw: dict[str, Any], allowed: set[str], place: str) -> None:
    strange = [key for key in raw if key not in allowed]
    if strange:
        raise Wrong(place, f"{', '.join(strange)} does not belong here: {', '.join(sorted(allowed))} may stand")
