"""The evaluator: which requirements are in force, what a school's facts make of them, and why. Pure and replayable."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from graphlib import CycleError, TopologicalSorter
from typing import Any
from zoneinfo import ZoneInfo

from qorgan.domain.density.norms import Status
from qorgan.domain.norms import scoring
from qorgan.domain.norms.compiling import Clock, Compiler, Node, Values, View
from qorgan.domain.norms.explaining import reason_of
from qorgan.domain.norms.expressions import Expression
from qorgan.domain.norms.names import names_in, parameters_in
from qorgan.domain.norms.types import (
    Definition,
    Edition,
    Explanation,
    Fact,
    FactSource,
    FactType,
    Known,
    Pack,
    Parameter,
    Provision,
    Question,
    Requirement,
    Score,
    ScoreResult,
    SiteFacts,
    Summary,
    Verdict,
    Vocabulary,
    ref_of,
)
from qorgan.kernel.errors import Invalid, NotFound

_WORST_FIRST = (Verdict.NOT, Verdict.UNKNOWN, Verdict.PARTLY, Verdict.COMPLIANT)
_WEAKEST_LAST = (Status.VERIFIED, Status.DIGEST, Status.STATEMENT, Status.ASSUMED)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A compiled requirement."""

    ref: str
    pack: Pack
    requirement: Requirement
    applies: Node | None
    check: Node
    partly: Node | None

    def verdict(self, view: View) -> Verdict:
        if self.applies is not None:
            concerned = self.applies.test(view, {})
            if concerned is not True:
                return Verdict.UNKNOWN if concerned is None else Verdict.NOT_APPLICABLE
        met = self.check.test(view, {})
        if met is not False:
            return Verdict.UNKNOWN if met is None else Verdict.COMPLIANT
        if self.partly is not None and self.partly.test(view, {}) is True:
            return Verdict.PARTLY
        return Verdict.NOT


@dataclass(frozen=True, slots=True)
class _Defined:
    """A compiled definition: the first test that is true gives the value."""

    definition: Definition
    pack: str
    steps: tuple[tuple[Any, Node], ...]

    def value(self, view: View, item: Values) -> Any:
        """The value, or None while it is not known."""
        for value, node in self.steps:
            found = node.test(view, item)
            if found is None:
                return None
            if found:
                return value
        return False if self.definition.holds is not None else None


class Engine:
    """Packs, compiled. Holds nothing of a site; every method may be called from many threads.

    Raises `Invalid` (`norm_pack.…`) when a pack uses another that is not there, or definitions name each other in a
    circle.
    """

    def __init__(self, vocabulary: Vocabulary, packs: Sequence[Pack]) -> None:
        if not packs:
            raise Invalid("an engine without packs answers nothing", code="norm_pack.none")
        self.packs: Mapping[str, Pack] = {pack.key: pack for pack in packs}
        self._facts = {**vocabulary.facts, **defined_facts(packs)}
        self._parameters: dict[str, dict[str, Parameter]] = {pack.key: self._known_to(pack) for pack in packs}
        self.definitions = self._ordered([self._defined(pack, one) for pack in packs for one in pack.definitions])
        self._rules = tuple(self._rule(pack, one) for pack in packs for one in pack.requirements)
        self._scores = tuple(
            scoring.CompiledScore(pack, one, Compiler(self._facts, self._parameters[pack.key]))
            for pack in packs
            for one in pack.scores
        )

    def ask(self, question: Question) -> "Inquiry":
        """The requirements in force for the question. Keep it for all sites that are asked the same."""
        return Inquiry(self, question, self._rules, self._scores)

    def fact(self, name: str) -> Fact | None:
        """A word, observed or defined."""
        return self._facts.get(name)

    def parameter(self, pack: str, key: str) -> Parameter:
        """A parameter as a pack's requirements see it."""
        return self._parameters[pack][key]

    def _known_to(self, pack: Pack) -> dict[str, Parameter]:
        known: dict[str, Parameter] = {}
        for key in (*pack.uses, pack.key):
            if key not in self.packs:
                raise Invalid(f"the pack {pack.key} uses {key}, which is not there", code="norm_pack.uses")
            known.update({one.key: one for one in self.packs[key].parameters})
        return known

    def _compile(self, pack: Pack, one: Expression | None) -> Node | None:
        return None if one is None else Compiler(self._facts, self._parameters[pack.key]).node(one)

    def _rule(self, pack: Pack, one: Requirement) -> _Rule:
        check = Compiler(self._facts, self._parameters[pack.key]).node(one.check)
        applies, partly = self._compile(pack, one.applies), self._compile(pack, one.partly)
        return _Rule(ref_of(pack.key, one), pack, one, applies, check, partly)

    def _defined(self, pack: Pack, one: Definition) -> _Defined:
        compiler = Compiler(self._facts, self._parameters[pack.key])
        if one.holds is not None:
            return _Defined(one, pack.key, ((True, compiler.node(one.holds)),))
        return _Defined(one, pack.key, tuple((each.value, compiler.node(each.when)) for each in one.choices))

    def _ordered(self, defined: list[_Defined]) -> dict[str, _Defined]:
        by_name = {one.definition.fact: one for one in defined}
        needs = {name: facts_of_definition(one.definition) & set(by_name) for name, one in by_name.items()}
        try:
            order = list(TopologicalSorter(needs).static_order())
        except CycleError as error:
            circle = " → ".join(error.args[1])
            raise Invalid(f"definitions name each other in a circle: {circle}", code="norm_pack.cycle") from error
        return {name: by_name[name] for name in order}


class Inquiry:
    """One question, ready for any number of sites."""

    def __init__(
        self,
        engine: Engine,
        question: Question,
        rules: Sequence[_Rule],
        scores: Sequence["scoring.CompiledScore"],
    ) -> None:
        self.engine, self.question = engine, question
        self._at = question.at.timestamp()
        self._clocks = {key: Clock(self._day(pack), pack.calendar) for key, pack in engine.packs.items()}
        self._groups = [
            (self._clocks[key], [rule for rule in rules if rule.pack.key == key and self._in_force(pack, rule)])
            for key, pack in engine.packs.items()
        ]
        self._by_ref = {rule.ref: rule for _, group in self._groups for rule in group}
        self._scores = {one.ref: one for one in scores if self._stands(one.pack, one.score.provisions)}
        self._definitions = [(self._clocks[one.pack], one) for one in engine.definitions.values()]

    @property
    def requirements(self) -> dict[str, Requirement]:
        """The versions in force, by ref."""
        return {ref: rule.requirement for ref, rule in self._by_ref.items()}

    @property
    def scores(self) -> dict[str, Score]:
        """The scores in force, by ref."""
        return {ref: one.score for ref, one in self._scores.items()}

    def norm_day(self, pack: str) -> date:
        """The day whose norm is asked for, in the pack's time zone."""
        return self.question.norm_day or self._day(self.engine.packs[pack])

    def verdicts(self, site: SiteFacts) -> dict[str, Verdict]:
        """The verdict of every requirement in force, by ref."""
        view = self._view(site)
        found: dict[str, Verdict] = {}
        for clock, rules in self._groups:
            view.clock = clock
            for rule in rules:
                found[rule.ref] = rule.verdict(view)
        return found

    def explain(self, site: SiteFacts, ref: str) -> Explanation:
        """The verdict of one requirement and why. Raises `NotFound` (`requirement.unknown`)."""
        rule = self._by_ref.get(ref)
        if rule is None:
            raise NotFound(f"{ref} is not in force, or there is none", code="requirement.unknown")
        view = self._view(site)
        view.clock = self._clocks[rule.pack.key]
        about = _About(self, site)
        provisions = provisions_of(rule.pack, rule.requirement.provisions)
        return Explanation(
            site=site.site,
            pack=rule.pack.key,
            pack_digest=rule.pack.digest,
            requirement=rule.requirement.key,
            version=rule.requirement.version,
            verdict=rule.verdict(view),
            gate=rule.requirement.gate,
            at=self.question.at,
            norm_day=self.norm_day(rule.pack.key),
            provisions=provisions,
            status=self.status(ref),
            applies=None if rule.applies is None else reason_of(rule.applies, view, {}, "", about),
            check=reason_of(rule.check, view, {}, "", about),
            partly=None if rule.partly is None else reason_of(rule.partly, view, {}, "", about),
        )

    def status(self, ref: str) -> Status:
        """The weakest status of a requirement's clauses and parameters: how far its verdict can be trusted as law."""
        rule = self._by_ref[ref]
        one = rule.requirement
        used = {key for part in (one.applies, one.check, one.partly) if part is not None for key in parameters_in(part)}
        found = [each.status for each in provisions_of(rule.pack, one.provisions)]
        found += [self.engine.parameter(rule.pack.key, key).status for key in used]
        return max(found, key=_WEAKEST_LAST.index)

    def score(self, site: SiteFacts, ref: str) -> ScoreResult:
        """A criterion's grade and why. Raises `NotFound` (`score.unknown`)."""
        one = self._scores.get(ref)
        if one is None:
            raise NotFound(f"{ref} is not in force, or there is none", code="score.unknown")
        view = self._view(site)
        view.clock = self._clocks[one.pack.key]
        return one.result(view, _About(self, site))

    def _day(self, pack: Pack) -> date:
        return self.question.at.astimezone(ZoneInfo(pack.time_zone)).date()

    def _known_on(self, pack: Pack) -> date:
        return (self.question.known_at or self.question.at).astimezone(ZoneInfo(pack.time_zone)).date()

    def _in_force(self, pack: Pack, rule: _Rule) -> bool:
        one, day = rule.requirement, self.norm_day(pack.key)
        if (one.valid_from and day < one.valid_from) or (one.valid_to and day >= one.valid_to):
            return False
        return self._stands(pack, one.provisions)

    def _stands(self, pack: Pack, keys: Iterable[str]) -> bool:
        day, known_on = self.norm_day(pack.key), self._known_on(pack)
        editions: dict[str, Edition] = {one.key: one for one in pack.editions}
        return any(
            editions[edition].in_force(day, known_on) for one in provisions_of(pack, keys) for edition in one.editions
        )

    def _view(self, site: SiteFacts) -> View:
        at = self._at
        facts: Values = {name: known[0] for name, known in site.facts.items() if known[2] > at}
        items: dict[str, list[Values]] = {}
        keys: dict[str, list[str]] = {}
        for collection, rows in site.items.items():
            items[collection] = [
                {name: known[0] for name, known in row.items() if known[2] > at} for row in rows.values()
            ]
            keys[collection] = list(rows)
        undescribed = {name: max(0, count - len(items.get(name, ()))) for name, count in site.listed.items()}
        view = View(facts, items, keys, undescribed, next(iter(self._clocks.values())))
        for clock, one in self._definitions:
            view.clock = clock
            _define(one, view)
        return view


def _define(one: _Defined, view: View) -> None:
    """A defined fact comes from its definition alone, whatever was observed under its name."""
    name = one.definition.fact
    collection = name.partition(".")[0]
    for item in (view.facts,) if collection == "site" else view.items.get(collection, ()):
        value = one.value(view, item)
        if value is None:
            item.pop(name, None)
        else:
            item[name] = value


@dataclass(frozen=True, slots=True)
class _About:
    """What an explanation looks up: observations behind values, definitions behind defined facts, units."""

    inquiry: Inquiry
    site: SiteFacts

    def known(self, fact: str, subject: str) -> Known | None:
        collection = fact.partition(".")[0]
        if collection == "site":
            return self.site.facts.get(fact)
        return self.site.items.get(collection, {}).get(subject, {}).get(fact)

    def steps(self, fact: str) -> tuple[tuple[Any, Node], ...]:
        found = self.inquiry.engine.definitions.get(fact)
        return found.steps if found else ()

    def is_day(self, fact: str) -> bool:
        found = self.inquiry.engine.fact(fact)
        return found is not None and found.type is FactType.DAY

    def moment(self, seconds: float) -> datetime | None:
        return None if seconds == float("inf") else datetime.fromtimestamp(seconds, UTC)


def provisions_of(pack: Pack, keys: Iterable[str]) -> tuple[Provision, ...]:
    """The provisions of those keys."""
    by_key = {one.key: one for one in pack.provisions}
    return tuple(by_key[key] for key in keys)


def defined_facts(packs: Iterable[Pack]) -> dict[str, Fact]:
    """The facts that packs define, as words of the vocabulary."""
    found: dict[str, Fact] = {}
    for one in (definition for pack in packs for definition in pack.definitions):
        kind = FactType.FLAG if one.holds is not None else FactType.CHOICE
        options = tuple(dict.fromkeys(each.value for each in one.choices))
        found[one.fact] = Fact(name=one.fact, type=kind, source=FactSource.TELEMETRY, title=one.title, options=options)
    return found


def facts_of_definition(one: Definition) -> set[str]:
    """The names of facts that a definition is made of."""
    parts = [one.holds] if one.holds is not None else [each.when for each in one.choices]
    return {name for part in parts for name in names_in(part)}


def summary(inquiry: Inquiry, verdicts: Mapping[str, Verdict]) -> Summary:
    """A site by its gates: the worst of them decides. Sites without gates that apply are `not_applicable`."""
    requirements = inquiry.requirements
    gates = {ref: verdict for ref, verdict in verdicts.items() if requirements[ref].gate}
    present = set(gates.values())
    status = next((one for one in _WORST_FIRST if one in present), Verdict.NOT_APPLICABLE)
    counts = dict.fromkeys(Verdict, 0)
    for verdict in verdicts.values():
        counts[verdict] += 1

    def of(wanted: Verdict) -> tuple[str, ...]:
        return tuple(ref for ref, verdict in gates.items() if verdict is wanted)

    return Summary(
        status=status,
        counts=counts,
        failing_gates=of(Verdict.NOT),
        unknown_gates=of(Verdict.UNKNOWN),
        partly_gates=of(Verdict.PARTLY),
    )
