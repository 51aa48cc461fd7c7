"""A draft edition of a norm: open for the remarks of admitted bodies, clause by clause, answered, then published.

A draft is a value: every deed gives the next one, and what is kept is what was said. Instants are aware UTC datetimes.
`remark`, `answer`, `publish` and `withdraw` raise `Conflict` when it is not the time for them, `NotFound` for a clause
or remark that is not there, `Invalid` for what is missing in the words, and `Refused` with everything wrong in a pack.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace as replaced
from datetime import date, datetime, timedelta
from difflib import SequenceMatcher
from enum import StrEnum

import msgspec

from qorgan.domain.access import Body
from qorgan.domain.norms.checking import check_library
from qorgan.domain.norms.diffing import diff
from qorgan.domain.norms.loading import Library, Problem, Refused, digest_of
from qorgan.domain.norms.types import Edition, EditionState, Entry, Pack, Provision, Succession
from qorgan.domain.places import LocalText
from qorgan.kernel.errors import Conflict, Invalid, NotFound

MAX_TEXT, MAX_REMARKS = 4_000, 5_000  # characters of one text, remarks on one draft
SHORTEST, LONGEST = timedelta(days=1), timedelta(days=366)  # how long a draft is open


class DraftState(StrEnum):
    OPEN = "open"  # until its deadline for remarks, then for answers
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Stance(StrEnum):
    """What a body says of a clause."""

    SUPPORT = "support"
    CHANGE = "change"  # with another wording
    OBJECTION = "objection"


class Outcome(StrEnum):
    """What the drafter makes of a remark."""

    ACCEPTED = "accepted"  # a wording that was proposed stands as it was proposed
    PARTLY = "partly"
    DECLINED = "declined"


class DraftAnswer(Entry, frozen=True, kw_only=True):
    outcome: Outcome
    text: str
    at: datetime


class DraftRemark(Entry, frozen=True, kw_only=True):
    """Of one body on one clause. `number` from 1 within the draft. `wording`: of a proposed change."""

    number: int
    clause: str
    body: Body
    stance: Stance
    text: str
    at: datetime
    wording: LocalText | None = None
    answer: DraftAnswer | None = None

    @property
    def waits(self) -> bool:
        """Whether it still needs an answer: support needs none."""
        return self.answer is None and self.stance is not Stance.SUPPORT


class Draft(Entry, frozen=True, kw_only=True):
    """`pack` as proposed, with `edition` (its key) as a draft; `reasons`: clause → why. `until`: the first instant at
    which nobody remarks any more."""

    pack: Pack
    edition: str
    reasons: dict[str, LocalText]
    opened_at: datetime
    until: datetime
    state: DraftState = DraftState.OPEN
    remarks: tuple[DraftRemark, ...] = ()

    @property
    def clauses(self) -> tuple[Provision, ...]:
        """The clauses that stand in the draft edition, as the pack has them."""
        return tuple(one for one in self.pack.provisions if self.edition in one.editions)


class Piece(StrEnum):
    SAME = "same"
    OLD = "old"
    NEW = "new"


class ClauseChange(msgspec.Struct, frozen=True, kw_only=True):
    """A clause beside what it takes the place of: `before` is empty for a new one, `after` for one that is repealed."""

    clause: str
    before: tuple[Provision, ...]
    after: Provision | None

    @property
    def differs(self) -> bool:
        return self.after is None or [one.text for one in self.before] != [self.after.text]


class ClauseSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A clause's remarks: stance → body → how many; those without an answer by their numbers."""

    clause: str
    stances: dict[Stance, dict[Body, int]]
    outcomes: dict[Outcome, int]
    unanswered: tuple[int, ...]


def open_draft(
    library: Library, proposed: Pack, edition: str, *, reasons: Mapping[str, LocalText], at: datetime, until: datetime
) -> Draft:
    """A draft that was looked through. Raises `Refused` with everything that is wrong in it, each by its clause."""
    if not SHORTEST <= until - at <= LONGEST:
        raise Invalid("a draft is open for one day at least and a year at most", code="draft.deadline")
    draft = Draft(pack=proposed, edition=edition, reasons=dict(reasons), opened_at=at, until=until)
    problems = [_said(proposed, *one) for one in _unfit(library, draft)] or _wrong(library, proposed)
    if problems:
        raise Refused(problems)
    return draft


def changes(draft: Draft, current: Pack | None) -> tuple[ClauseChange, ...]:
    """Every clause of the draft beside the one it takes the place of, then what it repeals, by the pack's mappings."""
    standing = {one.key: one for one in current.provisions} if current else {}
    found = []
    for one in draft.clauses:
        olds = [key for mapping in draft.pack.mappings if one.key in mapping.news for key in mapping.olds]
        names = [key for key in (olds or [one.key]) if key in standing]
        found.append(ClauseChange(clause=one.key, before=tuple(standing[key] for key in names), after=one))
    repealed = [key for mapping in _own_mappings(draft, current) if not mapping.news for key in mapping.olds]
    found += [ClauseChange(clause=key, before=(standing[key],), after=None) for key in repealed if key in standing]
    return tuple(found)


def words(before: str, after: str) -> tuple[tuple[Piece, str], ...]:
    """How a text became another, word by word: what stayed, what went and what came, in the order of reading."""
    old, new = before.split(), after.split()
    found: list[tuple[Piece, str]] = []
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append((Piece.SAME, " ".join(old[i:j])))
            continue
        if i < j:
            found.append((Piece.OLD, " ".join(old[i:j])))
        if k < m:
            found.append((Piece.NEW, " ".join(new[k:m])))
    return tuple(found)


def remark(
    draft: Draft,
    *,
    clause: str,
    body: Body,
    stance: Stance,
    text: str,
    at: datetime,
    wording: LocalText | None = None,
) -> Draft:
    """The draft with one more remark. Only while it is open and before its deadline."""
    _still_open(draft)
    if at >= draft.until:
        raise Conflict("the days for remarks on this draft have passed", code="draft.closed")
    if clause not in {one.key for one in draft.clauses}:
        raise NotFound(f"the draft has no clause {clause!r}", code="draft.clause")
    if len(draft.remarks) >= MAX_REMARKS:
        raise Conflict(f"a draft takes {MAX_REMARKS} remarks", code="draft.full")
    _bounded(text, needed=stance is not Stance.SUPPORT)
    if (stance is Stance.CHANGE) != (wording is not None):
        raise Invalid("a change is proposed with its wording, and nothing else is", code="draft.wording")
    if wording is not None:
        _bounded(wording.kk, needed=True)
        _bounded(wording.ru, needed=True)
        _bounded(wording.en, needed=False)
    number = len(draft.remarks) + 1
    said = DraftRemark(number=number, clause=clause, body=body, stance=stance, text=text, at=at, wording=wording)
    return msgspec.structs.replace(draft, remarks=(*draft.remarks, said))


def answer(draft: Draft, number: int, *, outcome: Outcome, text: str, at: datetime) -> Draft:
    """The draft with a remark answered. An answer may be given anew until the edition is published."""
    _still_open(draft)
    if not 1 <= number <= len(draft.remarks):
        raise NotFound(f"the draft has no remark {number}", code="draft.remark")
    _bounded(text, needed=outcome is not Outcome.ACCEPTED)
    said = msgspec.structs.replace(
        draft.remarks[number - 1], answer=DraftAnswer(outcome=outcome, text=text.strip(), at=at)
    )
    rows = (*draft.remarks[: number - 1], said, *draft.remarks[number:])
    return msgspec.structs.replace(draft, remarks=rows)


def summary(draft: Draft) -> tuple[ClauseSummary, ...]:
    """Who said what of each clause, and what has no answer; clauses of which nobody spoke stand in it as well."""
    return tuple(_summed(draft, one.key) for one in draft.clauses)


def publish(draft: Draft, library: Library, *, day: date, at: datetime, final: Pack | None = None) -> Draft:
    """The draft as a published edition: its `pack` is what the evaluator is to use from now on.

    `day`: of publication, by the pack's calendar. `final`: the pack as it became by the answers; it differs from what
    bodies could read only in clauses whose remarks were accepted, in whole or partly, and in what leans on them.
    """
    _still_open(draft)
    if at < draft.until:
        raise Conflict("the draft is still open for remarks", code="draft.open")
    waiting = [one.number for one in draft.remarks if one.waits]
    if waiting:
        raise Conflict(f"remarks without an answer: {', '.join(map(str, waiting[:20]))}", code="draft.unanswered")
    pack = final or draft.pack
    problems = [_said(pack, *one) for one in _not_as_answered(draft, pack)]
    candidate = msgspec.structs.replace(draft, pack=pack)
    problems += [_said(pack, *one) for one in _unfit(library, candidate)]
    published = _published(pack, draft.edition, day)
    problems = problems or _wrong(library, published)
    if problems:
        raise Refused(problems)
    return msgspec.structs.replace(candidate, pack=published, state=DraftState.PUBLISHED)


def withdraw(draft: Draft) -> Draft:
    """Never to be published; what was said of it stays."""
    _still_open(draft)
    return msgspec.structs.replace(draft, state=DraftState.WITHDRAWN)


def _still_open(draft: Draft) -> None:
    if draft.state is not DraftState.OPEN:
        raise Conflict(f"a draft that is {draft.state} does not change", code="draft.state")


def _bounded(text: str, *, needed: bool) -> None:
    if needed and not text.strip():
        raise Invalid("say it in words: the text is empty", code="draft.text")
    if len(text) > MAX_TEXT:
        raise Invalid(f"longer than {MAX_TEXT} characters", code="draft.text")


def _said(pack: Pack, entry: str, message: str) -> Problem:
    return Problem(file=pack.key, line=0, entry=entry, message=message)


def _summed(draft: Draft, clause: str) -> ClauseSummary:
    stances: dict[Stance, dict[Body, int]] = {}
    outcomes: dict[Outcome, int] = {}
    rows = [one for one in draft.remarks if one.clause == clause]
    for one in rows:
        bodies = stances.setdefault(one.stance, {})
        bodies[one.body] = bodies.get(one.body, 0) + 1
        if one.answer is not None:
            outcomes[one.answer.outcome] = outcomes.get(one.answer.outcome, 0) + 1
    waiting = tuple(one.number for one in rows if one.waits)
    return ClauseSummary(clause=clause, stances=stances, outcomes=outcomes, unanswered=waiting)


def _unfit(library: Library, draft: Draft) -> Iterator[tuple[str, str]]:
    """What makes a pack no draft of the next release: no draft edition, nothing in it, or something released edited."""
    pack, current = draft.pack, library.packs.get(draft.pack.key)
    if [one.key for one in pack.editions if one.state is EditionState.DRAFT] != [draft.edition]:
        yield draft.edition, 'it has to be the one edition of the pack with state = "draft"'
    if not draft.clauses:
        yield draft.edition, "no clause stands in it: there is nothing to remark on"
    for one in changes(draft, current):
        reason = draft.reasons.get(one.clause)
        if one.differs and (reason is None or not reason.kk.strip() or not reason.ru.strip()):
            yield one.clause, "say why it is proposed, in Kazakh and Russian"
    if current is not None:
        yield from _edited(library, current, pack)


def _edited(library: Library, current: Pack, pack: Pack) -> Iterator[tuple[str, str]]:
    if pack.version <= current.version:
        yield pack.key, f"version {pack.version}: {current.version} was released, a draft is a later one"
    for change in diff(library, _with(library, pack)):
        if change.breaks:
            yield change.entry.partition(" ")[0], "it was released and never changes: make it the next version"
    released = {one.key for one in current.editions if one.state is EditionState.PUBLISHED}
    now = {one.key: one for one in pack.provisions}
    for one in current.provisions:
        stood = released & set(one.editions)
        kept = now.get(one.key)
        if stood and (kept is None or (kept.text, kept.paragraph) != (one.text, one.paragraph)):
            yield one.key, "it stands in a published edition: give what it becomes another key and a mapping"
        elif kept is not None and released & set(kept.editions) != stood:
            yield one.key, "a published edition gains and loses no clause"


def _not_as_answered(draft: Draft, pack: Pack) -> Iterator[tuple[str, str]]:
    """Where the final pack is not what bodies read and were answered."""
    answered = [(one, one.answer.outcome) for one in draft.remarks if one.answer is not None]
    taken = {one.clause for one, outcome in answered if outcome is not Outcome.DECLINED}
    texts = {one.key: one.text for one in pack.provisions}
    for one, outcome in answered:
        if outcome is Outcome.ACCEPTED and one.wording is not None:
            stands = texts.get(one.clause)
            if stands is None or (stands.kk, stands.ru) != (one.wording.kk, one.wording.ru):
                yield one.clause, f"remark {one.number} was accepted, and its wording does not stand here"
    yield from _touched(draft.pack, pack, taken)


def _touched(read: Pack, final: Pack, taken: set[str]) -> Iterator[tuple[str, str]]:
    for section in Pack.__struct_fields__:
        before, after = getattr(read, section), getattr(final, section)
        if section == "digest" or before == after:
            continue
        if section not in ("provisions", "parameters", "definitions", "requirements", "scores"):
            yield final.key, f"{section}: bodies read it otherwise, and no remark on it was accepted"
            continue
        for one in (*(row for row in before if row not in after), *(row for row in after if row not in before)):
            leans = {getattr(one, "provision", ""), *getattr(one, "provisions", ())}
            if section == "provisions":
                leans = {one.key}
            if not leans & taken:
                name = getattr(one, "key", "") or getattr(one, "fact", "")
                yield name, "bodies read it otherwise, and no remark on its clause was accepted"


def _own_mappings(draft: Draft, current: Pack | None) -> tuple[Succession, ...]:
    released = current.mappings if current else ()
    return tuple(one for one in draft.pack.mappings if one not in released)


def _published(pack: Pack, key: str, day: date) -> Pack:
    def turned(one: Edition) -> Edition:
        if one.key != key:
            return one
        return msgspec.structs.replace(one, state=EditionState.PUBLISHED, published=day)

    made = msgspec.structs.replace(pack, editions=tuple(turned(one) for one in pack.editions))
    return msgspec.structs.replace(made, digest=digest_of(made))


def _with(library: Library, pack: Pack) -> Library:
    """The library with that pack, its digest reckoned anew: by an old digest nothing has changed."""
    pack = msgspec.structs.replace(pack, digest=digest_of(pack))
    texts = {pack.key: {}, **library.texts}
    return replaced(library, packs={**library.packs, pack.key: pack}, texts=texts)


def _wrong(library: Library, pack: Pack) -> list[Problem]:
    missing = [key for key in pack.uses if key not in library.packs]
    if missing:
        return [_said(pack, key, "the pack uses it, and there is no such pack") for key in missing]
    return check_library(_with(library, pack))
