"""Examples of packs: sites with facts and the verdicts they must get, as tables that people of a ministry can read.

[sites.school.site]                     facts of the site, without "site."
kind = "school"
fire_drill_on = "60 d ago"              days relative to the day of the question, or "2026-11-23"

[sites.school.camera]                   count of them, and what is true of each
count = 4
working = true
[sites.school.camera.2]                 the second differs
indoor = false

[[cases]]
name = "one camera is dead"
site = "school"
at = 2026-11-23
set = { "camera.2.working" = false }    also "camera.working" (all of them), "camera.count", "site.kind"
none = ["site.fire_drill_on"]           known that there is none
missing = ["camera.1.archive_days"]     nobody knows; "camera" alone: they were never listed
old = { "camera.working" = "3 d" }      observed so long ago
expect = { KZ-V-1 = "compliant", KZ-V-6 = "not" }
grades = { KZ-ATT-34 = 4 }              0: not known
gates = "not"                           the summary
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from qorgan.domain.norms.engine import Engine, Inquiry, summary
from qorgan.domain.norms.expressions import Plain
from qorgan.domain.norms.knowledge import facts_of, require_observation
from qorgan.domain.norms.loading import CASES, Library, Problem, Refused, in_words
from qorgan.domain.norms.types import FactType, Observation, Question, SiteFacts, Verdict, Vocabulary
from qorgan.kernel.errors import Invalid

MAX_CASES, MAX_ITEMS = 2_000, 200  # of a file; of a collection of an example
_RELATIVE = re.compile(r"([0-9]{1,5}) d (ago|ahead)")
_AGE = re.compile(r"([0-9]{1,5}) (d|h)")
_HOUR = time(7, 0, tzinfo=UTC)  # noon in Almaty: the instant of every question
_FRESH = timedelta(hours=1)  # before it, things were observed that say nothing else


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One example."""

    name: str
    site: str
    at: date
    norm_day: date | None = None
    set: dict[str, Plain] = msgspec.field(default_factory=dict)
    none: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    old: dict[str, str] = msgspec.field(default_factory=dict)
    expect: dict[str, Verdict] = msgspec.field(default_factory=dict)
    grades: dict[str, int] = msgspec.field(default_factory=dict)
    gates: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A case with its site, ready to be asked. `pack` is where it lies."""

    pack: str
    file: str
    case: Case
    sites: Mapping[str, Any]

    def observations(self, vocabulary: Vocabulary) -> list[Observation]:
        """What is known in it. Raises `Invalid`."""
        return observations_of(self.sites[self.case.site], self.case, vocabulary)


def examples(library: Library) -> list[Example]:
    """The examples of all packs. Raises `Refused` for those that cannot be read."""
    found: list[Example] = []
    for pack, texts in library.texts.items():
        for file in sorted(name for name in texts if pack and name.startswith(CASES)):
            found += _read(pack, file, texts[file])
    return found


def failures(library: Library, rows: Iterable[Example]) -> Iterator[Problem]:
    """The examples that get another answer than the one they expect, in words."""
    engines: dict[str, Engine] = {}
    for row in rows:
        if row.pack not in engines:
            engines[row.pack] = Engine(library.vocabulary, library.with_used([row.pack]))
        try:
            wrong = list(_differences(row, engines[row.pack], library.vocabulary))
        except Invalid as error:
            wrong = [str(error)]
        for message in wrong:
            yield Problem(file=f"{row.pack}/{row.file}", line=0, entry=row.case.name, message=message)


def ask(row: Example, engine: Engine, vocabulary: Vocabulary) -> tuple[Inquiry, SiteFacts]:
    """The question of an example, and what is known of its site."""
    at = datetime.combine(row.case.at, _HOUR)
    known_at = at if row.case.norm_day is None else max(at, datetime.combine(row.case.norm_day, _HOUR))
    inquiry = engine.ask(Question(at=at, norm_day=row.case.norm_day, known_at=known_at))
    return inquiry, facts_of(row.case.site, row.observations(vocabulary), vocabulary, at=at, known_at=at)


def observations_of(site: Mapping[str, Any], case: Case, vocabulary: Vocabulary) -> list[Observation]:
    """The observations that the tables of a site and the changes of a case mean. Raises `Invalid`."""
    at = datetime.combine(case.at, _HOUR)
    values = _values(site, case)
    found = []
    for (subject, name), value in values.items():
        if name in vocabulary.facts and vocabulary.facts[name].type is FactType.DAY and isinstance(value, str):
            value = _day(value, case.at)
        observed_at = at - _age(case, subject, name)
        one = Observation(fact=name, subject=subject, value=value, observed_at=observed_at, recorded_at=observed_at)
        require_observation(one, vocabulary)
        found.append(one)
    return found


def site_of(text: str, name: str) -> Mapping[str, Any]:
    """The tables of one site from a file of facts. Raises `Refused`."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused([Problem(file=name, line=0, entry="", message=f"not TOML: {error}")]) from error


def _read(pack: str, file: str, text: str) -> list[Example]:
    document = site_of(text, f"{pack}/{file}")
    sites, rows = document.get("sites", {}), document.get("cases", [])
    problems, found = [], []
    if len(rows) > MAX_CASES:
        raise Refused([Problem(file=f"{pack}/{file}", line=0, entry="", message=f"more than {MAX_CASES} cases")])
    for raw in rows:
        name = str(raw.get("name", "?"))
        try:
            case = msgspec.convert(raw, Case)
        except (msgspec.ValidationError, TypeError) as error:
            problems.append(Problem(file=f"{pack}/{file}", line=0, entry=name, message=in_words(str(error))))
            continue
        if case.site not in sites:
            message = f"there is no site {case.site!r} in this file"
            problems.append(Problem(file=f"{pack}/{file}", line=0, entry=name, message=message))
            continue
        found.append(Example(pack=pack, file=file, case=case, sites=sites))
    if problems:
        raise Refused(problems)
    return found


def _values(site: Mapping[str, Any], case: Case) -> dict[tuple[str, str], Plain | None]:
    """(subject, fact) → value."""
    values: dict[tuple[str, str], Plain | None] = {}
    for collection, table in site.items():
        if not isinstance(table, dict):
            raise Invalid(f"{collection}: a table is wanted", code="norm_case.form")
        if collection == "site":
            values.update({("", f"site.{word}"): value for word, value in table.items()})
        else:
            values.update(_items(collection, table, case))
    for name in case.none:
        for key in _keys(name, values, case, must_be=False):
            values[key] = None
    for name, value in case.set.items():
        if not name.endswith(".count"):
            for key in _keys(name, values, case, must_be=False):
                values[key] = value
    for name in case.missing:
        if "." not in name:
            del values["", name]
            continue
        for key in _keys(name, values, case, must_be=True):
            del values[key]
    return values


def _items(collection: str, table: Mapping[str, Any], case: Case) -> dict[tuple[str, str], Plain | None]:
    count = case.set.get(f"{collection}.count", table.get("count"))
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MAX_ITEMS:
        raise Invalid(f"{collection}.count: 0 to {MAX_ITEMS} of them", code="norm_case.form")
    shared = {word: value for word, value in table.items() if word != "count" and not isinstance(value, dict)}
    values: dict[tuple[str, str], Plain | None] = {("", collection): count}
    for number in range(1, count + 1):
        own = {**shared, **table.get(str(number), {})}
        values[str(number), collection] = True
        values.update({(str(number), f"{collection}.{word}"): value for word, value in own.items()})
    return values


def _keys(name: str, values: Mapping[tuple[str, str], Any], case: Case, *, must_be: bool) -> list[tuple[str, str]]:
    """The facts that "site.kind", "camera.2.working" or "camera.working" name."""
    parts = name.split(".")
    if len(parts) == 3:
        found = [(parts[1], f"{parts[0]}.{parts[2]}")]
    elif parts[0] == "site":
        found = [("", name)]
    else:
        found = [(subject, name) for subject, fact in values if fact == parts[0] and subject]
    if must_be:
        found = [key for key in found if key in values]
        if not found:
            raise Invalid(f"{name} is missing already in the site {case.site}", code="norm_case.form")
    return found


def _day(text: str, today: date) -> str:
    found = _RELATIVE.fullmatch(text)
    if not found:
        return text
    days = int(found[1]) * (1 if found[2] == "ahead" else -1)
    return (today + timedelta(days=days)).isoformat()


def _age(case: Case, subject: str, name: str) -> timedelta:
    collection, _, word = name.partition(".")
    text = case.old.get(name) or case.old.get(f"{collection}.{subject}.{word}")
    if text is None:
        return _FRESH
    found = _AGE.fullmatch(text)
    if not found:
        raise Invalid(f'{text!r} is no age: write "3 d" or "20 h"', code="norm_case.form")
    return timedelta(days=int(found[1])) if found[2] == "d" else timedelta(hours=int(found[1]))


def _differences(row: Example, engine: Engine, vocabulary: Vocabulary) -> Iterator[str]:
    inquiry, site = ask(row, engine, vocabulary)
    verdicts = inquiry.verdicts(site)
    by_key = {ref.split(":")[1]: (ref, verdict) for ref, verdict in verdicts.items() if ref.startswith(f"{row.pack}:")}
    for key, wanted in row.case.expect.items():
        if key not in by_key:
            yield f"{key} is not in force on that day, or there is none"
        elif by_key[key][1] is not wanted:
            yield f"{key} is {by_key[key][1]}, and {wanted} was expected: qorgan norms explain shows why"
    grades = {ref.split(":")[1]: ref for ref in inquiry.scores}
    for key, grade in row.case.grades.items():
        got = inquiry.score(site, grades[key]).grade if key in grades else None
        if (got or 0) != grade:
            yield f"{key} is graded {got}, and {grade} was expected"
    if row.case.gates is not None:
        status = summary(inquiry, verdicts).status
        if status is not row.case.gates:
            yield f"the gates say {status}, and {row.case.gates} was expected"
