"""Reads packs from a folder: `facts.toml` and one folder for each pack, all TOML. What is wrong is said in one go.

A pack is refused with every problem that was found, each with its file, line and entry, and what to do.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from qorgan.domain.density.norms import ZoneDuty, ZoneKind, scales, zone_pack
from qorgan.domain.norms.engine import defined_facts
from qorgan.domain.norms.parsing import Words, parse
from qorgan.domain.norms.terms import term_of
from qorgan.domain.norms.types import (
    Act,
    Calendar,
    Definition,
    Edition,
    Entry,
    Fact,
    FactSource,
    FactType,
    Pack,
    Parameter,
    Provision,
    Requirement,
    Score,
    Succession,
    Vocabulary,
)
from qorgan.domain.places import LocalText
from qorgan.kernel.errors import Invalid

MAX_BYTES, MAX_FILES, MAX_ENTRIES = 1_000_000, 100, 5_000  # of a file, of a pack, of a pack
CASES = "cases"  # files that begin with it hold examples, not norms
_SECTIONS: Mapping[str, type[Entry]] = MappingProxyType(
    {
        "acts": Act,
        "editions": Edition,
        "provisions": Provision,
        "parameters": Parameter,
        "definitions": Definition,
        "requirements": Requirement,
        "scores": Score,
        "mappings": Succession,
    }
)
_NAMES = re.compile(r"[A-Za-z][A-Za-z0-9_.@-]{0,79}")
_ADVICE = {
    "owner": "say who has to see to it: head, responsible_person, police, …",
    "source": "give the address or the paper where this was read",
    "status": "say how far it can be trusted: verified, digest, statement or assumed",
    "checked_on": "give the day on which somebody read the source, like 2026-11-22",
    "paragraph": 'give the paragraph as it is printed, or "not read"',
    "provisions": "name at least one provision: nothing is asked without a clause",
    "kk": "give every text in Kazakh (kk), Russian (ru) and English (en)",
}
T = TypeVar("T", bound=Entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong, where, and what to do. `line` 0: not known."""

    file: str
    line: int
    entry: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.entry + ': ' if self.entry else ''}{self.message}"


class Refused(Invalid):
    """Packs that cannot be used, with all that is wrong in them."""

    code = "norm_pack.refused"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(one) for one in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """Packs that were checked, and the words they use. `texts`: pack → name of a file → its text, examples too."""

    vocabulary: Vocabulary
    packs: Mapping[str, Pack]
    texts: Mapping[str, Mapping[str, str]]

    def with_used(self, keys: Iterable[str]) -> list[Pack]:
        """The packs of those keys and those they use, the used ones first."""
        found: dict[str, Pack] = {}

        def take(key: str) -> None:
            for used in self.packs[key].uses:
                take(used)
            found[key] = self.packs[key]

        for key in keys:
            take(key)
        return list(found.values())


@cache
def library() -> Library:
    """The packs that are shipped. Raises `Refused`."""
    return load_library(shipped_folder())


def shipped_folder() -> Path:
    """Where the packs lie: beside the code in a wheel, at the top of the repository otherwise."""
    packed = Path(str(files("qorgan.domain.norms") / "packs"))
    return packed if packed.is_dir() else Path(__file__).resolve().parents[4] / "norms"


def load_library(folder: Path) -> Library:
    """All packs of a folder. Raises `Refused` with everything that is wrong in them."""
    from qorgan.domain.norms.checking import check_library  # it checks what this reads

    texts = _read(folder)
    made = make_library(texts)
    problems = check_library(made)
    if problems:
        raise Refused(problems)
    return made


def make_library(texts: Mapping[str, Mapping[str, str]]) -> Library:
    """Packs from the texts of their files (pack → file → text; the words in pack "" as facts.toml).

    Raises `Refused` for what cannot be read as a pack. What can be read may still contradict itself:
    `checking.check_library`.
    """
    vocabulary = _vocabulary(texts.get("", {}).get("facts.toml", ""))
    folders = {key: _Folder(key, rows) for key, rows in texts.items() if key}
    problems = [one for folder in folders.values() for one in folder.problems]
    order = _order(folders, problems)
    packs: dict[str, Pack] = {}
    for key in order:
        folder = folders[key]
        used = [packs[one] for one in folder.uses if one in packs]
        pack = folder.pack(vocabulary, used)
        problems += [one for one in folder.problems if one not in problems]
        if pack is not None:
            packs[key] = pack
    if problems:
        raise Refused(problems)
    return Library(vocabulary=vocabulary, packs=packs, texts=texts)


def digest_of(pack: Pack) -> str:
    """SHA-256 of the pack's canonical JSON, its digest left out."""
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(pack, digest=""), order="sorted")).hexdigest()


def line_of(text: str, name: str) -> int:
    """The line on which an entry of that name begins, 0 where it is not found."""
    found = re.search(rf'^[\s{{]*(?:key|fact|name)\s*=\s*"{re.escape(name)}"', text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def _read(folder: Path) -> dict[str, dict[str, str]]:
    if not (folder / "facts.toml").is_file():
        raise Refused([_at(folder.name, "", "there is no facts.toml: it declares the words that packs use")])
    texts: dict[str, dict[str, str]] = {"": {"facts.toml": _text(folder / "facts.toml")}}
    for pack in sorted(one for one in folder.iterdir() if one.is_dir() and not one.name.startswith((".", "_"))):
        names = sorted(pack.glob("*.toml"))
        if not names or len(names) > MAX_FILES:
            raise Refused([_at(pack.name, "", f"a pack has 1 to {MAX_FILES} files that end with .toml")])
        texts[pack.name] = {one.name: _text(one) for one in names}
    return texts


def _text(path: Path) -> str:
    if path.stat().st_size > MAX_BYTES:
        raise Refused([_at(path.name, "", f"longer than {MAX_BYTES} bytes: make several files of it")])
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Refused([_at(path.name, "", "not UTF-8: save it as UTF-8")]) from error


def _at(file: str, entry: str, message: str, line: int = 0) -> Problem:
    return Problem(file=file, line=line, entry=entry, message=message)


def _vocabulary(text: str) -> Vocabulary:
    document = _toml("facts.toml", text)
    problems: list[Problem] = []
    facts: dict[str, Fact] = {}
    collections: dict[str, LocalText] = {}
    for name, title in document.get("collections", {}).items():
        collections[name] = LocalText(**title) if isinstance(title, dict) else LocalText(str(title))
    for raw in document.get("facts", []):
        name = str(raw.get("name", "?")) if isinstance(raw, dict) else "?"
        line = line_of(text, name)
        try:
            one = msgspec.convert(raw, Fact)
        except (msgspec.ValidationError, TypeError) as error:
            problems.append(_at("facts.toml", name, in_words(str(error)), line))
            continue
        wrong = _wrong_fact(one, collections, facts)
        if wrong:
            problems.append(_at("facts.toml", name, wrong, line))
        facts[one.name] = one
    if problems:
        raise Refused(problems)
    return Vocabulary(version=int(document.get("version", 0)), collections=collections, facts=facts)


def _wrong_fact(one: Fact, collections: Mapping[str, LocalText], facts: Mapping[str, Fact]) -> str:
    if one.name in facts:
        return "declared twice: take one of them out"
    if one.collection != "site" and one.collection not in collections:
        return f"{one.collection} is no collection: site, {', '.join(collections)}"
    if (one.type is FactType.CHOICE) != bool(one.options):
        return "a choice has options, and nothing else has"
    if one.unit and one.type is not FactType.NUMBER and one.type is not FactType.COUNT:
        return "only numbers and counts have a unit"
    if one.expires_days is not None and one.expires_days <= 0:
        return "an observation holds for more than 0 days"
    if one.source in (FactSource.TELEMETRY, FactSource.PICTURE) and one.expires_days is None:
        return "what is measured holds for a time: give expires_days"
    return ""


def _toml(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused([_at(name, "", f"not TOML: {error}")]) from error


def in_words(message: str) -> str:
    """An error of the schema, for people."""
    missing = re.search(r"missing required field `(\w+)`", message)
    if missing:
        hint = _ADVICE.get(missing[1], f"write {missing[1]} = …")
        return f"{missing[1]} is missing: {hint}"
    strange = re.search(r"unknown field `(\w+)`", message)
    if strange:
        return f"{strange[1]} is no word of this kind of entry: correct it or take it out"
    value = re.fullmatch(r"Invalid enum value (.+?)(?: - at `\$\.?(.*)`)?", message)
    if value:
        return f"{value[2] or 'it'} = {value[1]} is none of the words that may stand there (norms/README.md)"
    return message.replace("Expected", "expected").replace("`$.", "`").replace("`$`", "the entry")


def _order(folders: Mapping[str, "_Folder"], problems: list[Problem]) -> list[str]:
    """Used packs before those that use them."""
    done: list[str] = []

    def visit(key: str, above: tuple[str, ...]) -> None:
        if key in above:
            circle = " → ".join([*above, key])
            problems.append(_at(f"{key}/pack.toml", "uses", f"packs use each other in a circle: {circle}"))
        elif key not in done:
            for used in folders[key].uses:
                if used in folders:
                    visit(used, (*above, key))
                else:
                    problems.append(_at(f"{key}/pack.toml", "uses", f"there is no pack {used!r}"))
            done.append(key)

    for key in sorted(folders):
        visit(key, ())
    return done


class _Folder:
    """The files of one pack on their way to a `Pack`. Collects problems."""

    def __init__(self, key: str, texts: Mapping[str, str]) -> None:
        self.key, self.problems = key, list[Problem]()
        self._texts = {name: text for name, text in texts.items() if not name.startswith(CASES)}
        self._entries: dict[str, list[tuple[str, dict[str, Any]]]] = {name: [] for name in _SECTIONS}
        self._head: dict[str, Any] = {}
        self._calendar: dict[str, Any] = {}
        for name, text in self._texts.items():
            try:
                self._take(name, _toml(f"{key}/{name}", text))
            except Refused as refused:
                self.problems += refused.problems
        if not self._head:
            self._wrong("pack.toml", "", "there is no [pack]: write key, version, title, country, time_zone")
        if sum(len(rows) for rows in self._entries.values()) > MAX_ENTRIES:
            self._wrong("pack.toml", "", f"more than {MAX_ENTRIES} entries")
        uses = self._head.get("uses", [])
        self.uses = [one for one in uses if isinstance(one, str)] if isinstance(uses, list) else []

    def _take(self, file: str, document: dict[str, Any]) -> None:
        defaults = document.pop("defaults", {})
        for section, rows in document.items():
            if section == "pack" and isinstance(rows, dict):
                self._head = rows
            elif section == "calendar" and isinstance(rows, dict):
                self._calendar = rows
            elif section in _SECTIONS and isinstance(rows, list):
                given = defaults.get(section, {})
                self._entries[section] += [(file, {**given, **row}) for row in rows if isinstance(row, dict)]
            else:
                known = ", ".join(["pack", "calendar", "defaults", *_SECTIONS])
                self._wrong(file, section, f"nothing of a pack: {known} may stand here")

    def pack(self, vocabulary: Vocabulary, used: Sequence[Pack]) -> Pack | None:
        """The pack, or None when something of it cannot be read."""
        before = len(self.problems)
        parameters = self._plain("parameters", Parameter, _resolved)
        known = {one.key: one for pack in used for one in pack.parameters} | {one.key: one for one in parameters}
        defined = defined_facts(used) | self._declared()
        words = Words(vocabulary, defined, known)
        try:
            head = msgspec.convert({**self._head, "calendar": self._calendar or {}}, Pack)
        except (msgspec.ValidationError, TypeError) as error:
            self._wrong("pack.toml", "", in_words(str(error)))
            return None
        if head.key != self.key:
            self._wrong("pack.toml", head.key, f"the folder is called {self.key}: key and folder have one name")
        pack = msgspec.structs.replace(
            head,
            calendar=msgspec.convert(self._calendar, Calendar) if self._calendar else Calendar(),
            acts=self._plain("acts", Act),
            editions=self._plain("editions", Edition),
            provisions=self._plain("provisions", Provision),
            parameters=parameters,
            mappings=self._plain("mappings", Succession),
            definitions=self._plain("definitions", Definition, lambda raw: _definition(raw, words)),
            requirements=self._plain("requirements", Requirement, lambda raw: _requirement(raw, words)),
            scores=self._plain("scores", Score, lambda raw: _score(raw, words)),
        )
        if len(self.problems) > before:
            return None
        return msgspec.structs.replace(pack, digest=digest_of(pack))

    def _plain(self, section: str, kind: type[T], prepare: Any = None) -> tuple[T, ...]:
        found: list[T] = []
        for number, (file, raw) in enumerate(self._entries[section], start=1):
            name = str(raw.get("key") or raw.get("fact") or f"{section}[{number}]")
            if not _NAMES.fullmatch(name) and not name.endswith("]"):
                self._wrong(file, name[:80], "a key has Latin letters, digits, _ . @ - and at most 80 of them")
                continue
            try:
                found.append(msgspec.convert(prepare(raw) if prepare else raw, kind))
            except (msgspec.ValidationError, TypeError) as error:
                self._wrong(file, name, in_words(str(error)))
            except Invalid as error:
                self._wrong(file, name, str(error))
        return tuple(found)

    def _declared(self) -> dict[str, Fact]:
        """The facts that this pack defines, before its expressions are read."""
        found: dict[str, Fact] = {}
        for _, raw in self._entries["definitions"]:
            name, choices = raw.get("fact"), raw.get("choices")
            if not isinstance(name, str):
                continue  # said of the entry itself
            values = [str(one.get("value")) for one in choices if isinstance(one, dict)] if choices else []
            kind = FactType.CHOICE if values else FactType.FLAG
            found[name] = Fact(
                name=name,
                type=kind,
                source=FactSource.TELEMETRY,
                title=LocalText(name),
                options=tuple(dict.fromkeys(values)),
            )
        return found

    def _wrong(self, file: str, entry: str, message: str) -> None:
        line = line_of(self._texts.get(file, ""), entry) if entry else 0
        self.problems.append(_at(f"{self.key}/{file}", entry, message, line))


def _resolved(raw: dict[str, Any]) -> dict[str, Any]:
    """A parameter with the value that the scales and zone rules of the project give it."""
    given = [name for name in ("value", "from_scale", "from_zones") if name in raw]
    if len(given) > 1:
        raise Invalid(f"{' and '.join(given)}: one of them is enough")
    if "from_scale" in raw:
        scale, _, step = str(raw["from_scale"]).partition("/")
        if scale not in scales():
            raise Invalid(f"there is no scale {scale!r}: {', '.join(scales())}")
        return {**raw, "value": f"{scales()[scale].needs(step):g} px/m"}
    if "from_zones" in raw:
        return {**raw, "value": _of_zones(str(raw["from_zones"]))}
    return raw


def _of_zones(asked: str) -> str | list[str]:
    """What the project's zone rules say: kinds with a duty, the share of a zone, or the px/m that a kind needs."""
    if asked in tuple(ZoneDuty):
        return [str(kind) for kind, rule in zone_pack().rules.items() if rule.cameras == asked]
    if asked == "needed_share":
        return f"{100 * zone_pack().needed_share:g} %"
    kind, _, scale = asked.partition("/")
    if kind not in tuple(ZoneKind) or scale not in zone_pack().rules[ZoneKind(kind)].required:
        raise Invalid(f"from_zones = {asked!r}: {', '.join(ZoneDuty)}, needed_share, or entrance/iec-62676-4-2014")
    return f"{scales()[scale].needs(zone_pack().rules[ZoneKind(kind)].required[scale]):g} px/m"


def _definition(raw: dict[str, Any], words: Words) -> dict[str, Any]:
    if ("holds" in raw) == ("choices" in raw):
        raise Invalid("a definition has either holds or choices")
    of = str(raw.get("fact", "")).partition(".")[0]
    if of != "site" and of not in words.collections:
        raise Invalid(f"{of} is no collection: site, {', '.join(sorted(words.collections))}")
    if "holds" in raw:
        return {**raw, "holds": _expression(raw["holds"], words, "holds", False, of)}
    choices = [
        {**one, "when": _expression(one.get("when"), words, f"choices[{number}].when", True, of)}
        for number, one in enumerate(raw["choices"], start=1)
    ]
    return {**raw, "choices": choices}


def _requirement(raw: dict[str, Any], words: Words) -> dict[str, Any]:
    made = dict(raw)
    for name, may_negate in (("applies", True), ("check", False), ("partly", False)):
        if name in raw:
            made[name] = _expression(raw[name], words, name, may_negate)
    if "fix_within" in raw:
        made["fix_within"] = msgspec.to_builtins(term_of(str(raw["fix_within"])))
    return made


def _score(raw: dict[str, Any], words: Words) -> dict[str, Any]:
    made = dict(raw)
    if "applies" in raw:
        made["applies"] = _expression(raw["applies"], words, "applies", True)
    elements = []
    for number, element in enumerate(raw.get("elements", []), start=1):
        one = dict(element)
        for name in ("check", "nearly"):
            if name in element:
                one[name] = _expression(element[name], words, f"elements[{number}].{name}", False)
        elements.append(one)
    return {**made, "elements": elements}


def _expression(raw: object, words: Words, place: str, may_negate: bool, of: str = "site") -> Any:
    return msgspec.to_builtins(parse(raw, words, place, may_negate=may_negate, of=of))
