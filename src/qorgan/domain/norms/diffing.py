"""What changed between two releases of packs, in people's words; and whether something changed that never may."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from qorgan.domain.norms.engine import defined_facts
from qorgan.domain.norms.expressions import Expression
from qorgan.domain.norms.loading import Library
from qorgan.domain.norms.types import Definition, Edition, EditionState, Entry, Pack, Parameter, Requirement, Score
from qorgan.domain.norms.wording import Wording
from qorgan.domain.places import LocalText

_SECTIONS = (
    "acts",
    "editions",
    "provisions",
    "parameters",
    "definitions",
    "requirements",
    "scores",
    "mappings",
)


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry that is new, gone or different. `breaks`: a released version that was edited in place."""

    kind: ChangeKind
    pack: str
    section: str
    entry: str
    title: str = ""
    fields: tuple[tuple[str, str, str], ...] = ()  # (field, before, after)
    breaks: bool = False


def diff(old: Library, new: Library, language: str = "en") -> Iterator[Change]:
    """Every change between the packs of two libraries."""
    for key in sorted({*old.packs, *new.packs}):
        before, after = old.packs.get(key), new.packs.get(key)
        if before is None or after is None:
            kind = ChangeKind.ADDED if before is None else ChangeKind.REMOVED
            pack = after or before
            assert pack is not None
            yield Change(kind=kind, pack=key, section="pack", entry=key, title=pack.title.in_language(language))
        elif before.digest != after.digest:
            yield from _Diff(before, after, old, new, language).changes()


class _Diff:
    def __init__(self, old: Pack, new: Pack, before: Library, after: Library, language: str) -> None:
        self._old, self._new, self._language = old, new, language
        self._words_before = Wording(before.vocabulary, defined_facts(before.packs.values()), language)
        self._words_after = Wording(after.vocabulary, defined_facts(after.packs.values()), language)

    def changes(self) -> Iterator[Change]:
        for section in _SECTIONS:
            before, after = _by_key(getattr(self._old, section)), _by_key(getattr(self._new, section))
            for name in sorted({*before, *after}):
                old, new = before.get(name), after.get(name)
                if old is None and new is not None:
                    yield self._said(ChangeKind.ADDED, section, name, new)
                elif old is not None and new is None:
                    yield self._said(ChangeKind.REMOVED, section, name, old, breaks=_never_changes(old))
                elif old is not None and new is not None and old != new:
                    fields = tuple(self._fields(old, new))
                    yield self._said(ChangeKind.CHANGED, section, name, new, fields, _breaks(old, fields))

    def _said(
        self,
        kind: ChangeKind,
        section: str,
        name: str,
        one: Entry,
        fields: tuple[tuple[str, str, str], ...] = (),
        breaks: bool = False,
    ) -> Change:
        title = getattr(one, "title", None) or getattr(one, "text", None)
        said = title.in_language(self._language) if isinstance(title, LocalText) else ""
        return Change(
            kind=kind, pack=self._new.key, section=section, entry=name, title=said, fields=fields, breaks=breaks
        )

    def _fields(self, old: Entry, new: Entry) -> Iterator[tuple[str, str, str]]:
        for name in old.__struct_fields__:
            before, after = getattr(old, name), getattr(new, name)
            if before != after:
                yield name, self._plain(before, self._words_before), self._plain(after, self._words_after)

    def _plain(self, value: object, words: Wording) -> str:
        if value is None or value == "" or value == ():
            return "-"
        if isinstance(value, LocalText):
            return " / ".join((value.kk, value.ru, value.en))
        if isinstance(value, Expression):
            return words.sentence(value)
        if isinstance(value, tuple):
            return ", ".join(self._plain(one, words) for one in value)
        if isinstance(value, msgspec.Struct) and value.__struct_config__.forbid_unknown_fields:
            parts = (self._plain(getattr(value, name), words) for name in value.__struct_fields__)
            return " · ".join(part for part in parts if part != "-")
        return str(value)


def _by_key(rows: Sequence[Entry]) -> Mapping[str, Entry]:
    found = {}
    for number, one in enumerate(rows, start=1):
        name = getattr(one, "key", "") or getattr(one, "fact", "") or f"mapping {number}"
        found[f"{name} v{one.version}" if isinstance(one, (Requirement, Score)) else name] = one
    return found


def _never_changes(one: Entry) -> bool:
    """A released version of a requirement or score, and a published edition."""
    if isinstance(one, Edition):
        return one.state is EditionState.PUBLISHED
    return isinstance(one, (Requirement, Score))


def _breaks(old: Entry, fields: Sequence[tuple[str, str, str]]) -> bool:
    """Whether a released version means something else now. An edition or a requirement may be ended, a number that
    nobody knew may be filled in; another number or definition is another parameter or fact, and the next version of
    what names it.
    """
    names = {name for name, _, _ in fields}
    if isinstance(old, Parameter):
        return "value" in names and old.value is not None
    if isinstance(old, Definition):
        return bool(names & {"holds", "choices"})
    ended = {name for name, before, _ in fields if name == "valid_to" and before == "-"}
    return _never_changes(old) and names != ended


def same_version(old: Library, new: Library) -> Iterator[str]:
    """Packs whose content changed while their version did not."""
    for key in sorted({*old.packs} & {*new.packs}):
        before, after = old.packs[key], new.packs[key]
        if before.digest != after.digest and before.version == after.version:
            yield key
