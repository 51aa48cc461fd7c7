"""Criteria that are graded by their elements. What is not known makes a range of grades, never a better one."""

from collections.abc import Mapping

from qorgan.domain.norms.compiling import Compiler, Node, View
from qorgan.domain.norms.explaining import About, reason_of
from qorgan.domain.norms.types import Element, ElementState, Grade, Pack, Score, ScoreResult, ref_of


class CompiledScore:
    """A score, ready for any number of sites."""

    def __init__(self, pack: Pack, score: Score, compiler: Compiler) -> None:
        self.pack, self.score, self.ref = pack, score, ref_of(pack.key, score)
        self._applies = None if score.applies is None else compiler.node(score.applies)
        self._elements = [
            (one, compiler.node(one.check), None if one.nearly is None else compiler.node(one.nearly))
            for one in score.elements
        ]

    def result(self, view: View, about: About) -> ScoreResult:
        """The grade, where everything is known that decides it; otherwise the range in which it lies."""
        states = {one.key: _state(check, nearly, view) for one, check, nearly in self._elements}
        reasons = {one.key: reason_of(check, view, {}, "", about) for one, check, _ in self._elements}
        concerned = True if self._applies is None else self._applies.test(view, {})
        lowest = grade_of(self.score, _settled(states, ElementState.FAILS))
        highest = grade_of(self.score, _settled(states, ElementState.FULL))
        if concerned is False:
            lowest = highest = 0
        return ScoreResult(
            score=self.score.key,
            version=self.score.version,
            grade=lowest if lowest == highest and concerned else None,
            lowest=lowest,
            highest=highest,
            elements=states,
            reasons=reasons,
        )


def grade_of(score: Score, states: Mapping[str, ElementState]) -> int:
    """The grade of the first rule that holds, the lowest of all rules where none does. No state is unknown."""
    for rule in score.grades:
        if _holds(rule, score.elements, states):
            return rule.grade
    return min(rule.grade for rule in score.grades)


def _holds(rule: Grade, elements: tuple[Element, ...], states: Mapping[str, ElementState]) -> bool:
    failing = [one for one in elements if states[one.key] is ElementState.FAILS]
    nearly = sum(state is ElementState.NEARLY for state in states.values())
    critical = sum(one.critical for one in failing)
    return (
        (rule.max_failing is None or len(failing) <= rule.max_failing)
        and (rule.max_nearly is None or nearly <= rule.max_nearly)
        and (rule.max_critical_failing is None or critical <= rule.max_critical_failing)
        and all(states[key] is not ElementState.FAILS for key in rule.needs)
    )


def _state(check: Node, nearly: Node | None, view: View) -> ElementState:
    found = check.test(view, {})
    if found is not False:
        return ElementState.UNKNOWN if found is None else ElementState.FULL
    if nearly is not None and nearly.test(view, {}) is True:
        return ElementState.NEARLY
    return ElementState.FAILS


def _settled(states: Mapping[str, ElementState], unknown: ElementState) -> dict[str, ElementState]:
    return {key: unknown if state is ElementState.UNKNOWN else state for key, state in states.items()}
