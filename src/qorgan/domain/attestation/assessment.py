"""One school's assessment in a campaign: the table of its states, what contradicts what, and which verdict counts.

Three say something of each requirement: the school, the measurement, the inspector. The school's own answer never
counts by itself. What was measured counts until the inspector decides otherwise, and says why.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from qorgan.domain.norms.types import Verdict
from qorgan.kernel.errors import Conflict, Invalid

MAX_WORDS = 2_000  # characters
MAX_EVIDENCE = 300  # characters: number and day of a paper, an address of a page


class AssessmentState(StrEnum):
    OPEN = "open"  # the school answers
    SUBMITTED = "submitted"  # the inspector decides
    DECIDED = "decided"  # every requirement has a verdict that counts; may still be returned
    RECORDED = "recorded"  # a signed snapshot; never changes


class AssessmentDeed(StrEnum):
    ANSWER = "answer"
    SUBMIT = "submit"
    RETURN = "return"  # the school answers again
    JUDGE = "judge"  # the inspector says of requirements what counts
    DECIDE = "decide"
    RECORD = "record"


class AssessmentParty(StrEnum):
    SCHOOL = "school"
    INSPECTOR = "inspector"


@dataclass(frozen=True, slots=True)
class Step:
    """Who may do a deed, from which states, and where it leads (None: the state stays)."""

    by: AssessmentParty
    of: frozenset[AssessmentState]
    to: AssessmentState | None = None


NEXT: Mapping[AssessmentDeed, Step] = MappingProxyType(
    {
        AssessmentDeed.ANSWER: Step(AssessmentParty.SCHOOL, frozenset({AssessmentState.OPEN})),
        AssessmentDeed.SUBMIT: Step(
            AssessmentParty.SCHOOL, frozenset({AssessmentState.OPEN}), AssessmentState.SUBMITTED
        ),
        AssessmentDeed.RETURN: Step(
            AssessmentParty.INSPECTOR,
            frozenset({AssessmentState.SUBMITTED, AssessmentState.DECIDED}),
            AssessmentState.OPEN,
        ),
        AssessmentDeed.JUDGE: Step(AssessmentParty.INSPECTOR, frozenset({AssessmentState.SUBMITTED})),
        AssessmentDeed.DECIDE: Step(
            AssessmentParty.INSPECTOR, frozenset({AssessmentState.SUBMITTED}), AssessmentState.DECIDED
        ),
        AssessmentDeed.RECORD: Step(
            AssessmentParty.INSPECTOR, frozenset({AssessmentState.DECIDED}), AssessmentState.RECORDED
        ),
    }
)


def after(state: AssessmentState, deed: AssessmentDeed, parties: Iterable[AssessmentParty]) -> AssessmentState:
    """The state after a deed. Raises `Conflict` (`assessment.state`, `assessment.party`)."""
    step = NEXT[deed]
    if step.by not in set(parties):
        raise Conflict(f"to {deed} is for the {step.by} alone", code="assessment.party")
    if state not in step.of:
        raise Conflict(f"what is {state} cannot be {deed}ed", code="assessment.state")
    return step.to or state


class Contradiction(StrEnum):
    """How the school's own answer stands to the measurement."""

    OVERSTATED = "overstated"  # better than measured
    UNDERSTATED = "understated"  # worse than measured
    UNPROVED = "unproved"  # met by its own word, and nothing measured or on paper says so


_RANK = {Verdict.NOT: 0, Verdict.PARTLY: 1, Verdict.COMPLIANT: 2}
ANSWERS = (Verdict.COMPLIANT, Verdict.PARTLY, Verdict.NOT, Verdict.NOT_APPLICABLE)  # nobody answers "unknown"
GOOD = (Verdict.COMPLIANT, Verdict.NOT_APPLICABLE)


def contradiction(own: Verdict | None, measured: Verdict) -> Contradiction | None:
    """None: they agree, or the school has not answered, or owns up to what nobody measured."""
    if own is None or own is measured:
        return None
    if measured is Verdict.UNKNOWN:
        return Contradiction.UNPROVED if own in GOOD else None
    if own is Verdict.NOT_APPLICABLE:
        return Contradiction.OVERSTATED if measured is not Verdict.COMPLIANT else Contradiction.UNDERSTATED
    if measured is Verdict.NOT_APPLICABLE:
        return None if own is Verdict.COMPLIANT else Contradiction.UNDERSTATED
    return Contradiction.OVERSTATED if _RANK[own] > _RANK[measured] else Contradiction.UNDERSTATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One requirement of one school. `measured` may be unknown; `own` and `inspector` are None until they speak."""

    ref: str
    gate: bool
    measured: Verdict
    own: Verdict | None = None
    inspector: Verdict | None = None
    words: str = ""  # the inspector's

    @property
    def counts(self) -> Verdict:
        """The inspector's verdict, else the measured one; never the school's own."""
        return self.measured if self.inspector is None else self.inspector

    @property
    def contradiction(self) -> Contradiction | None:
        return contradiction(self.own, self.measured)

    @property
    def settled(self) -> bool:
        """What nobody measured is for the inspector; so is what the school contradicts."""
        needs = self.measured is Verdict.UNKNOWN or self.contradiction is not None
        return self.inspector is not None or not needs


def require_answer(own: Verdict, words: str, evidence: str) -> None:
    """Raises `Invalid` (`assessment.answer`, `assessment.words`)."""
    if own not in ANSWERS:
        raise Invalid("a school says that it is met, partly, not, or does not concern it", code="assessment.answer")
    if own is Verdict.NOT_APPLICABLE and not words.strip():
        raise Invalid("say why it does not concern the school", code="assessment.words")
    _require_sizes(words, evidence)


def require_judgement(finding: Finding, verdict: Verdict, words: str) -> None:
    """Whoever decides against the measurement says why. Raises `Invalid` (`assessment.answer`, `assessment.words`)."""
    if verdict not in ANSWERS:
        raise Invalid("an inspector decides; unknown is no decision", code="assessment.answer")
    if verdict is not finding.measured and not words.strip():
        raise Invalid(
            "it was measured otherwise, or not at all: say what the verdict rests on", code="assessment.words"
        )
    _require_sizes(words, "")


def require_decided(findings: Iterable[Finding]) -> None:
    """Raises `Conflict` (`assessment.unsettled`) while anything waits for the inspector's word."""
    waiting = [one.ref for one in findings if not one.settled]
    if waiting:
        named = ", ".join(waiting[:10])
        raise Conflict(f"{len(waiting)} wait for the inspector's verdict: {named}", code="assessment.unsettled")


def gates_of(findings: Iterable[Finding]) -> Verdict:
    """The worst of the gates by what counts; nothing makes up for one of them."""
    found = {one.counts for one in findings if one.gate}
    order = (Verdict.NOT, Verdict.UNKNOWN, Verdict.PARTLY, Verdict.COMPLIANT)
    return next((one for one in order if one in found), Verdict.NOT_APPLICABLE)


def require_grade(grade: int, *, lowest: int, highest: int, words: str) -> None:
    """The measured grade, or a range of it, binds unless it is said why not. Raises `Invalid` (`assessment.grade`)."""
    if not 2 <= grade <= 5:
        raise Invalid("a criterion is graded 5, 4, 3 or 2 (order 114, par. 34)", code="assessment.grade")
    if not lowest <= grade <= highest and not words.strip():
        raise Invalid(f"measured is {lowest} to {highest}: say what another grade rests on", code="assessment.grade")


def _require_sizes(words: str, evidence: str) -> None:
    if len(words) > MAX_WORDS or len(evidence) > MAX_EVIDENCE:
        raise Invalid(f"at most {MAX_WORDS} letters of words and {MAX_EVIDENCE} of evidence", code="assessment.words")
