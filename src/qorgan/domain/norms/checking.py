"""What packs must not be: without a source, overlapping, in circles, without an owner, in one language alone.

`loading` refuses what cannot be read; here stands what can be read and still is wrong.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec

from qorgan.domain.density.norms import Status
from qorgan.domain.norms.engine import Engine, facts_of_definition
from qorgan.domain.norms.loading import Library, Problem, line_of
from qorgan.domain.norms.terms import term_of
from qorgan.domain.norms.types import (
    Edition,
    EditionState,
    Pack,
    Relation,
    Requirement,
    Severity,
    Succession,
)
from qorgan.domain.places import LocalText
from qorgan.kernel.errors import Invalid

_FREQUENCIES = ("continuous", "once", "on event")
_SOURCE = re.compile(r"https?://\S+|docs/\S+")  # an address, or a page of this repository for what is ours
_SPAN = tuple[date, date]
_ARITY: Mapping[Relation, Callable[[int, int], bool]] = {
    Relation.EQUAL: lambda olds, news: olds == news == 1,
    Relation.RENUMBERED: lambda olds, news: olds == news == 1,
    Relation.SPLIT: lambda olds, news: olds == 1 and news > 1,
    Relation.MERGED: lambda olds, news: olds > 1 and news == 1,
    Relation.CHANGED: lambda olds, news: olds >= 1 and news >= 1,
    Relation.REPEALED: lambda olds, news: olds >= 1 and news == 0,
}


def check_library(library: Library) -> list[Problem]:
    """Everything that is wrong in packs that could be read."""
    problems = [problem for pack in library.packs.values() for problem in _Checks(library, pack).run()]
    problems += _twice_defined(library)
    if not problems:
        try:
            Engine(library.vocabulary, list(library.packs.values()))
        except Invalid as error:
            problems.append(Problem(file="norms", line=0, entry="", message=str(error)))
    return problems


def _twice_defined(library: Library) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for pack in library.packs.values():
        for one in pack.definitions:
            where = seen.setdefault(one.fact, pack.key)
            if one.fact in library.vocabulary.facts:
                yield _problem(library, pack, one.fact, "facts.toml declares it as observed: give it another name")
            elif where != pack.key:
                yield _problem(library, pack, one.fact, f"the pack {where} defines it: use that pack, or another name")


def _problem(library: Library, pack: Pack, entry: str, message: str) -> Problem:
    for file, text in library.texts[pack.key].items():
        line = line_of(text, entry)
        if line:
            return Problem(file=f"{pack.key}/{file}", line=line, entry=entry, message=message)
    return Problem(file=f"{pack.key}/pack.toml", line=0, entry=entry, message=message)


class _Checks:
    """The checks of one pack."""

    def __init__(self, library: Library, pack: Pack) -> None:
        self._library, self._pack = library, pack
        self._editions = {one.key: one for one in pack.editions}
        self._provisions = {one.key: one for one in pack.provisions}

    def run(self) -> Iterator[Problem]:
        for name, message in self._all():
            yield _problem(self._library, self._pack, name, message)

    def _all(self) -> Iterator[tuple[str, str]]:
        yield from self._head()
        yield from self._doubles()
        yield from self._languages()
        yield from self._references()
        if any(True for _ in self._references()):
            return  # what follows looks them up
        yield from self._spans()
        yield from self._sources()
        yield from self._circles()
        yield from self._parameters()
        for one in self._pack.requirements:
            yield from self._requirement(one)
        yield from self._versions()
        yield from self._scores()

    def _head(self) -> Iterator[tuple[str, str]]:
        pack = self._pack
        try:
            ZoneInfo(pack.time_zone)
        except (KeyError, ValueError, OSError):
            yield pack.key, f"there is no time zone {pack.time_zone!r}: write one like Asia/Almaty"
        if set(pack.calendar.weekend) >= set(range(1, 8)) or set(pack.calendar.weekend) - set(range(1, 8)):
            yield pack.key, "weekend: days are 1 (Monday) to 7, and not all of them"
        for day in pack.calendar.holidays:
            if not re.fullmatch(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", day):
                yield pack.key, f'holiday {day!r}: write "MM-DD"'

    def _doubles(self) -> Iterator[tuple[str, str]]:
        pack = self._pack
        keys = [[one.key for one in rows] for rows in (pack.acts, pack.editions, pack.provisions, pack.parameters)]
        keys += [[one.fact for one in pack.definitions]]
        for rows in keys:
            yield from ((key, "stands twice: give one of them another key") for key in _repeated(rows))
        versions = [f"{one.key} {one.version}" for one in pack.requirements]
        versions += [f"{one.key} {one.version}" for one in pack.scores]
        for name in _repeated(versions):
            key, _, version = name.partition(" ")
            yield key, f"version {version} stands twice: a change is the next version"

    def _languages(self) -> Iterator[tuple[str, str]]:
        for rows in (
            self._pack.acts,
            self._pack.provisions,
            self._pack.parameters,
            self._pack.requirements,
            self._pack.scores,
        ):
            for one in rows:
                for path, language in _missing_languages(one):
                    yield one.key, f"{path} is not said in {language}: give kk, ru and en"
        for definition in self._pack.definitions:
            for path, language in _missing_languages(definition):
                yield definition.fact, f"{path} is not said in {language}: give kk, ru and en"
        for path, language in _missing_languages(self._pack.title):
            yield self._pack.key, f"title{path} is not said in {language}: give kk, ru and en"

    def _references(self) -> Iterator[tuple[str, str]]:
        acts = {one.key for one in self._pack.acts}
        for edition in self._pack.editions:
            if edition.act not in acts:
                yield edition.key, f"there is no act {edition.act!r}"
        for one in self._pack.provisions:
            if one.act not in acts:
                yield one.key, f"there is no act {one.act!r}"
            if not one.editions:
                yield one.key, "it stands in no edition: name those in which it does"
            for key in one.editions:
                if key not in self._editions or self._editions[key].act != one.act:
                    yield one.key, f"the act {one.act} has no edition {key!r}"
            if one.parent and one.parent not in self._provisions:
                yield one.key, f"there is no provision {one.parent!r}"
        for key, provisions in self._leaning():
            if not provisions:
                yield key, "name at least one provision: nothing is asked without a clause"
            for name in provisions:
                if name not in self._provisions:
                    yield key, f"there is no provision {name!r} in this pack"
        for parameter in self._pack.parameters:
            if parameter.provision and parameter.provision not in self._provisions:
                yield parameter.key, f"there is no provision {parameter.provision!r}"
        for mapping in self._pack.mappings:
            for name in (*mapping.olds, *mapping.news):
                if name not in self._provisions:
                    yield name, "a mapping names it, and there is no such provision"

    def _leaning(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield from ((one.key, one.provisions) for one in self._pack.requirements)
        yield from ((one.key, one.provisions) for one in self._pack.scores)
        for definition in self._pack.definitions:
            yield definition.fact, definition.provisions

    def _spans(self) -> Iterator[tuple[str, str]]:
        by_act: dict[str, list[Edition]] = {}
        for one in self._pack.editions:
            if one.valid_to is not None and one.valid_to <= one.valid_from:
                yield one.key, "it ends before it begins: valid_to is the first day on which it is in force no more"
            if one.state is EditionState.PUBLISHED:
                by_act.setdefault(one.act, []).append(one)
        for act, editions in by_act.items():
            rows = sorted(editions, key=lambda one: one.valid_from)
            for before, after in pairwise(rows):
                if before.valid_to is None or before.valid_to > after.valid_from:
                    yield after.key, f"overlaps {before.key}: one edition of {act} at a time; end the earlier one"

    def _sources(self) -> Iterator[tuple[str, str]]:
        sources = [(one.key, one.source) for one in self._pack.editions]
        sources += [(one.key, one.source) for one in self._pack.provisions]
        sources += [(one.key, one.source) for one in self._pack.parameters]
        for key, source in sources:
            if not _SOURCE.fullmatch(source):
                yield key, "a clause without a source: give its address (https://…), or docs/… for what is ours"
        for provision in self._pack.provisions:
            if not provision.paragraph.strip():
                yield provision.key, 'a clause without a paragraph: give it as printed, or "not read"'
        for edition in self._pack.editions:
            if edition.sha256 and not re.fullmatch(r"[0-9a-f]{64}", edition.sha256):
                yield edition.key, "sha256 has 64 digits of 0-9 a-f, or is empty while the text was not read"

    def _circles(self) -> Iterator[tuple[str, str]]:
        parents = {one.key: {one.parent} if one.parent else set() for one in self._pack.provisions}
        yield from _circle(parents, "provisions stand within each other in a circle")
        later: dict[str, set[str]] = {}
        for one in self._pack.mappings:
            yield from _wrong_arity(one)
            for old in one.olds:
                later.setdefault(old, set()).update(one.news)
        yield from _circle(later, "mappings lead back to where they began")
        own = {one.fact: facts_of_definition(one) for one in self._pack.definitions}
        needs = {name: names & set(own) for name, names in own.items()}
        yield from _circle(needs, "definitions name each other in a circle")

    def _parameters(self) -> Iterator[tuple[str, str]]:
        for one in self._pack.parameters:
            if not one.legal and one.status is Status.VERIFIED and not one.from_scale and not one.from_zones:
                yield one.key, "legal = false and verified: what no act gives is assumed, statement or digest"
            if one.legal and not one.provision:
                yield one.key, "legal = true: name the provision that gives the value"

    def _requirement(self, one: Requirement) -> Iterator[tuple[str, str]]:
        every = one.frequency.removeprefix("every ")
        if one.frequency not in _FREQUENCIES:
            try:
                term_of(every if every != one.frequency else "")
            except Invalid:
                yield one.key, f'frequency {one.frequency!r}: write {", ".join(_FREQUENCIES)} or "every 6 months"'
        if one.gate and one.severity is Severity.INFO:
            yield one.key, "a gate is never only for information"
        if one.valid_from and one.valid_to and one.valid_to <= one.valid_from:
            yield one.key, "it ends before it begins"
        if not one.evidence:
            yield one.key, "say what is shown for it: evidence = [ … ]"

    def _versions(self) -> Iterator[tuple[str, str]]:
        by_key: dict[str, list[Requirement]] = {}
        for one in self._pack.requirements:
            by_key.setdefault(one.key, []).append(one)
        for key, versions in by_key.items():
            spans = [(span, one.version) for one in versions for span in self._in_force(one)]
            for number, ((begin, end), version) in enumerate(spans):
                for (other_begin, other_end), other in spans[number + 1 :]:
                    if version != other and begin < other_end and other_begin < end:
                        yield key, f"versions {version} and {other} are in force on the same days"
                        break

    def _in_force(self, one: Requirement) -> Iterator[_SPAN]:
        editions = {key for name in one.provisions for key in self._provisions[name].editions}
        for edition in (self._editions[key] for key in sorted(editions)):
            if edition.state is EditionState.DRAFT:
                continue
            begin = max(edition.valid_from, one.valid_from or date.min)
            end = min(edition.valid_to or date.max, one.valid_to or date.max)
            if begin < end:
                yield begin, end

    def _scores(self) -> Iterator[tuple[str, str]]:
        for one in self._pack.scores:
            keys = {element.key for element in one.elements}
            if not keys or not one.grades:
                yield one.key, "a score has elements and grades"
            for rule in one.grades:
                for name in rule.needs:
                    if name not in keys:
                        yield one.key, f"grade {rule.grade} needs {name!r}, which is no element"
            grades = [rule.grade for rule in one.grades]
            if grades != sorted(grades, reverse=True):
                yield one.key, "grades stand from the best to the lowest: the first that holds is given"


def _wrong_arity(one: Succession) -> Iterator[tuple[str, str]]:
    if not _ARITY[one.relation](len(one.olds), len(one.news)):
        name = next(iter(one.olds), "mapping")
        yield name, f"{one.relation} does not lead from {len(one.olds)} provisions to {len(one.news)}"


def _circle(graph: Mapping[str, set[str]], message: str) -> Iterator[tuple[str, str]]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        yield circle[0], f"{message}: {' → '.join(circle)}"


def _repeated(rows: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    found = []
    for one in rows:
        if one in seen:
            found.append(one)
        seen.add(one)
    return found


def _missing_languages(one: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(one, LocalText):
        for language in ("kk", "ru", "en"):
            if not getattr(one, language).strip():
                yield path, language
    elif isinstance(one, msgspec.Struct):
        for name in one.__struct_fields__:
            yield from _missing_languages(getattr(one, name), f"{path}.{name}" if path else name)
    elif isinstance(one, tuple):
        for number, part in enumerate(one, start=1):
            yield from _missing_languages(part, f"{path}[{number}]")
