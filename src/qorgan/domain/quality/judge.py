"""What looks say together: a fault is suspected, confirmed, still there, over. Pure: memory in, memory out.

One look proves little (headlights, a door, a passing coat). Each fault is confirmed by some of the last looks, and is
over after some in a row that do not come near it; until then it is told again and again: a fault is not a moment but a
state. What could not be looked at is `unknown`, never `ok`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from qorgan.domain.quality.faults import Fault, Verdict
from qorgan.domain.quality.measures import Measures
from qorgan.domain.quality.scores import Thresholds, Trace, scores, step_of
from qorgan.domain.quality.view import View

REMEMBERED = 11  # looks
UNKNOWN_AFTER = 2  # looks that failed, in a row
USUAL = Thresholds()
NEARLY = 0.85  # a score from which on a fault is not over yet


@dataclass(frozen=True, slots=True)
class Rule:
    """Confirmed by `confirmed_by` of the last `of` looks, over after `over_after` looks in a row without it."""

    confirmed_by: int
    of: int
    over_after: int


QUICK, PATIENT, SLOW = Rule(2, 3, 2), Rule(4, 5, 3), Rule(4, 6, 3)
RULES = dict.fromkeys(Fault, SLOW) | {
    Fault.BLACK: QUICK, Fault.OVEREXPOSED: QUICK, Fault.UNDEREXPOSED: QUICK,
    Fault.FROZEN: Rule(4, 8, 4), Fault.COVERED: PATIENT, Fault.MOVED: Rule(3, 5, 3),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One fault of one camera over time."""

    verdict: Verdict = Verdict.UNKNOWN
    score: float | None = None  # of the last look that could say
    shown: tuple[bool, ...] = ()
    clear: int = 0  # looks in a row that do not come near it
    first_seen: datetime | None = None  # when what is suspected or bad now was first seen
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What is remembered of one camera."""

    courses: Mapping[Fault, Course] = field(
        default_factory=lambda: MappingProxyType({fault: Course() for fault in Fault})
    )
    traces: tuple[Trace, ...] = ()
    missed: int = UNKNOWN_AFTER  # looks in a row that failed

    def verdict(self) -> Verdict:
        """Of the picture as a whole."""
        if self.missed >= UNKNOWN_AFTER:
            return Verdict.UNKNOWN
        verdicts = {course.verdict for course in self.courses.values()}
        return next((verdict for verdict in (Verdict.BAD, Verdict.SUSPECT) if verdict in verdicts), Verdict.OK)

    def faults(self) -> tuple[Fault, ...]:
        """The confirmed ones; if there are none, the suspected ones; none where nobody can look."""
        verdict = self.verdict()
        if verdict not in (Verdict.BAD, Verdict.SUSPECT):
            return ()
        return tuple(fault for fault in Fault if self.courses[fault].verdict is verdict)


def look(memory: Memory, measures: Measures | None, view: View, at: datetime, limits: Thresholds = USUAL) -> Memory:
    """The memory after one more look; `None`: there was nothing recent to look at, or it could not be decoded."""
    if measures is None:
        return replace(memory, missed=memory.missed + 1)
    match = view.best(measures)
    step = step_of(measures.light, memory.traces)
    found = scores(measures, view, match, memory.traces, step, limits)
    trace = Trace(measures.luma, measures.light, step)
    if match is not None:
        trace = replace(trace, soft=match.soft, reference=match.reference, surface=match.surface)
    courses = {fault: _further(memory.courses[fault], RULES[fault], found[fault], at) for fault in Fault}
    return Memory(MappingProxyType(courses), (*memory.traces, trace)[-REMEMBERED:], 0)


def _further(course: Course, rule: Rule, score: float | None, at: datetime) -> Course:
    if score is None:
        return course  # nobody can say: what was confirmed stays so
    shows = score >= 1
    shown = (*course.shown, shows)[-rule.of :]
    clear = 0 if score >= NEARLY else course.clear + 1
    bad = sum(shown) >= rule.confirmed_by or (course.verdict is Verdict.BAD and clear < rule.over_after)
    verdict = Verdict.BAD if bad else Verdict.SUSPECT if shows else Verdict.OK
    there = verdict is not Verdict.OK
    return Course(
        verdict=verdict,
        score=score,
        shown=shown,
        clear=clear,
        first_seen=(course.first_seen or at) if there else None,
        last_seen=at if shows else course.last_seen if there else None,
    )
