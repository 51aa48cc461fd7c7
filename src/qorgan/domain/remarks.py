"""Remarks of admitted bodies on a school's cameras, zones and plans: the one table of what is done with them, by whom.

A remark is a draft of its author until it is issued. From then on nothing of it is lost: each deed is a line of its
ledger, and this module decides which deeds there may be.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from qorgan.domain.access import Body
from qorgan.kernel.errors import Conflict, Forbidden, Invalid

MAX_TEXT, MAX_CLAUSE = 4_000, 300  # characters
LONGEST_DEADLINE = timedelta(days=3 * 365)
UNDO_WITHIN = timedelta(minutes=15)  # of a deed that was a slip of the hand


class TargetKind(StrEnum):
    """What a remark is about."""

    CAMERA = "camera"
    ZONE = "zone"  # of a plan
    PLAN = "plan"
    SCHOOL = "school"


class RemarkCategory(StrEnum):
    PLACE = "place"
    ANGLE = "angle"
    QUALITY = "quality"
    RESOLUTION = "resolution"
    STORAGE = "storage"
    OTHER = "other"


class RemarkState(StrEnum):
    DRAFT = "draft"  # its author's alone; may be deleted
    ISSUED = "issued"  # the school has to answer
    ACCEPTED = "accepted"  # the school has to mend it
    OBJECTED = "objected"  # the body has to answer
    FIXED = "fixed"  # somebody else has to see that it is
    VERIFIED = "verified"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class RemarkDeed(StrEnum):
    ISSUE = "issue"
    ACCEPT = "accept"
    OBJECT = "object"
    UPHOLD = "uphold"  # an objection is not shared: the remark stands
    WITHDRAW = "withdraw"
    FIX = "fix"
    VERIFY = "verify"
    RETURN = "return"  # it is not fixed
    CLOSE = "close"
    EXTEND = "extend"  # another deadline
    COMMENT = "comment"
    UNDO = "undo"


class Party(StrEnum):
    """On whose behalf somebody acts."""

    BODY = "body"  # the admitted body whose remark it is
    SCHOOL = "school"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Who may do a deed, from which states, and where it leads (None: the state stays)."""

    by: frozenset[Party]
    of: frozenset[RemarkState]
    to: RemarkState | None
    wants_text: bool = False


def _rule(
    by: tuple[Party, ...], of: tuple[RemarkState, ...], to: RemarkState | None = None, *, wants_text: bool = False
) -> Rule:
    return Rule(by=frozenset(by), of=frozenset(of), to=to, wants_text=wants_text)


_BODY, _SCHOOL = (Party.BODY,), (Party.SCHOOL,)
_LIVE = (RemarkState.ISSUED, RemarkState.ACCEPTED, RemarkState.OBJECTED, RemarkState.FIXED, RemarkState.VERIFIED)
NEXT: Mapping[RemarkDeed, Rule] = MappingProxyType(
    {
        RemarkDeed.ISSUE: _rule(_BODY, (RemarkState.DRAFT,), RemarkState.ISSUED),
        RemarkDeed.ACCEPT: _rule(_SCHOOL, (RemarkState.ISSUED,), RemarkState.ACCEPTED),
        RemarkDeed.OBJECT: _rule(
            _SCHOOL, (RemarkState.ISSUED, RemarkState.ACCEPTED), RemarkState.OBJECTED, wants_text=True
        ),
        RemarkDeed.UPHOLD: _rule(_BODY, (RemarkState.OBJECTED,), RemarkState.ACCEPTED, wants_text=True),
        RemarkDeed.FIX: _rule(_SCHOOL, (RemarkState.ISSUED, RemarkState.ACCEPTED), RemarkState.FIXED),
        RemarkDeed.RETURN: _rule(
            _BODY, (RemarkState.FIXED, RemarkState.VERIFIED), RemarkState.ACCEPTED, wants_text=True
        ),
        RemarkDeed.VERIFY: _rule(_BODY, (RemarkState.FIXED,), RemarkState.VERIFIED),
        RemarkDeed.CLOSE: _rule(_BODY, (RemarkState.VERIFIED,), RemarkState.CLOSED),
        RemarkDeed.WITHDRAW: _rule(
            _BODY,
            (RemarkState.ISSUED, RemarkState.ACCEPTED, RemarkState.OBJECTED, RemarkState.FIXED),
            RemarkState.WITHDRAWN,
            wants_text=True,
        ),
        RemarkDeed.EXTEND: _rule(
            _BODY, (RemarkState.ISSUED, RemarkState.ACCEPTED, RemarkState.OBJECTED), None, wants_text=True
        ),
        RemarkDeed.COMMENT: _rule((*_BODY, *_SCHOOL), _LIVE, None, wants_text=True),
    }
)
ENDED = frozenset({RemarkState.CLOSED, RemarkState.WITHDRAWN})
UNFIXED = frozenset({RemarkState.ISSUED, RemarkState.ACCEPTED, RemarkState.OBJECTED})
WAITS_FOR_SCHOOL = frozenset({RemarkState.ISSUED, RemarkState.ACCEPTED})
WAITS_FOR_BODY = frozenset({RemarkState.OBJECTED, RemarkState.FIXED, RemarkState.VERIFIED})
_NOT_UNDONE = frozenset(
    {RemarkDeed.ISSUE, RemarkDeed.COMMENT, RemarkDeed.EXTEND}
)  # the school was told; say the contrary instead
_SETS_DEADLINE = frozenset({RemarkDeed.ISSUE, RemarkDeed.UPHOLD, RemarkDeed.RETURN, RemarkDeed.EXTEND})


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who acts. `body` is theirs if they write for one; `answers`: for the school that the remark is about."""

    id: UUID
    body: Body | None = None
    answers: bool = False

    def parties(self, of: Body) -> frozenset[Party]:
        found = {Party.BODY} if self.body is of else set()
        return frozenset(found | ({Party.SCHOOL} if self.answers else set()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The last deed that moved the remark: what an undo takes back."""

    deed: RemarkDeed
    by: UUID
    at: datetime
    before: RemarkState
    fixed_by: UUID | None
    verified_by: UUID | None
    deadline: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A remark as the table sees it. `deadline` is the last day, by the users' calendar."""

    body: Body
    author: UUID
    state: RemarkState = RemarkState.DRAFT
    deadline: date | None = None
    fixed_by: UUID | None = None
    verified_by: UUID | None = None
    last: Step | None = None

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    def overdue(self, today: date) -> bool:
        """The last day has passed and nobody says that it is fixed."""
        return self.deadline is not None and self.state in UNFIXED and today > self.deadline


def apply(
    case: Case,
    deed: RemarkDeed,
    person: Person,
    *,
    at: datetime,
    today: date,
    text: str = "",
    evidence: bool = False,
    deadline: date | None = None,
) -> Case:
    """The remark after the deed. `evidence`: a frame comes with it. `today` is by the users' calendar.

    Raises `Forbidden` (`remark.not_yours`, `remark.second_person`), `Conflict` (`remark.state`, `remark.undo`) or
    `Invalid` (`remark.text`, `remark.evidence`, `remark.deadline`), changing nothing.
    """
    if deed is RemarkDeed.UNDO:
        return _undone(case, person, at)
    rule = NEXT[deed]
    _require_party(case, rule, deed, person)
    if case.state not in rule.of:
        raise Conflict(f"a remark that is {case.state} cannot be told to {deed}", code="remark.state")
    if deed is RemarkDeed.VERIFY and person.id == case.fixed_by:
        raise Forbidden(
            "who says that it is fixed does not verify it: another person does", code="remark.second_person"
        )
    if rule.wants_text and not text.strip():
        raise Invalid(f"say why: {deed} needs a text", code="remark.text")
    if deed is RemarkDeed.FIX and not (text.strip() or evidence):
        raise Invalid("show that it is fixed: a new frame, or what was done", code="remark.evidence")
    moved = case if rule.to is None else _moved(case, rule.to, deed, person, at)
    if deed is RemarkDeed.EXTEND:
        moved = replace(moved, last=None)  # what was done before it is not undone past the new day
    return replace(moved, deadline=_deadline(case, deed, deadline, today))


def allowed(case: Case, person: Person, at: datetime) -> tuple[RemarkDeed, ...]:
    """The deeds that this person may do now, in the table's order; whatever else a deed needs is not asked here."""
    parties = person.parties(case.body)
    found = [
        deed
        for deed, rule in NEXT.items()
        if case.state in rule.of
        and rule.by & parties
        and not (deed is RemarkDeed.VERIFY and person.id == case.fixed_by)
        and not (case.state is RemarkState.DRAFT and person.id != case.author)
    ]
    if _may_undo(case, person, at):
        found.append(RemarkDeed.UNDO)
    return tuple(found)


def _require_party(case: Case, rule: Rule, deed: RemarkDeed, person: Person) -> None:
    if not rule.by & person.parties(case.body):
        raise Forbidden(f"{deed} is not yours to do on this remark", code="remark.not_yours")
    if case.state is RemarkState.DRAFT and person.id != case.author:
        raise Forbidden("a draft is its author's alone", code="remark.not_yours")


def _moved(case: Case, to: RemarkState, deed: RemarkDeed, person: Person, at: datetime) -> Case:
    last = Step(
        deed=deed,
        by=person.id,
        at=at,
        before=case.state,
        fixed_by=case.fixed_by,
        verified_by=case.verified_by,
        deadline=case.deadline,
    )
    fixed_by = person.id if deed is RemarkDeed.FIX else None if to in UNFIXED else case.fixed_by
    verified_by = (
        person.id if deed is RemarkDeed.VERIFY else None if to in (*UNFIXED, RemarkState.FIXED) else case.verified_by
    )
    return replace(case, state=to, fixed_by=fixed_by, verified_by=verified_by, last=last)


def _deadline(case: Case, deed: RemarkDeed, wished: date | None, today: date) -> date | None:
    if deed not in _SETS_DEADLINE:
        if wished is not None:
            raise Invalid(f"{deed} sets no deadline", code="remark.deadline")
        return case.deadline
    due = wished if wished is not None else case.deadline
    if due is None:
        raise Invalid("name the last day by which it is to be fixed", code="remark.deadline")
    if (wished is not None or deed is RemarkDeed.ISSUE) and not today <= due <= today + LONGEST_DEADLINE:
        raise Invalid("the last day lies between today and three years from now", code="remark.deadline")
    return due


def _may_undo(case: Case, person: Person, at: datetime) -> bool:
    last = case.last
    return (
        last is not None
        and last.deed not in _NOT_UNDONE
        and last.by == person.id
        and timedelta() <= at - last.at <= UNDO_WITHIN
        and bool(NEXT[last.deed].by & person.parties(case.body))
    )


def _undone(case: Case, person: Person, at: datetime) -> Case:
    last = case.last
    if last is None or not _may_undo(case, person, at):
        raise Conflict("only your own last deed of the last minutes can be taken back", code="remark.undo")
    return replace(
        case,
        state=last.before,
        fixed_by=last.fixed_by,
        verified_by=last.verified_by,
        deadline=last.deadline,
        last=None,
    )
