"""The evaluator: three values, gates, time in both directions, and properties that hold for every pack."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgan.domain.norms.cases import Example, examples
from qorgan.domain.norms.engine import Engine, Inquiry, summary
from qorgan.domain.norms.expressions import Every, Some
from qorgan.domain.norms.knowledge import facts_of, require_observation
from qorgan.domain.norms.loading import library
from qorgan.domain.norms.names import names_in, walk
from qorgan.domain.norms.types import (
    Explanation,
    Observation,
    Pack,
    Question,
    Reason,
    Requirement,
    SiteFacts,
    Verdict,
)
from qorgan.kernel.errors import Invalid

NOON = datetime(2026, 11, 23, 7, tzinfo=UTC)
RANK = {Verdict.NOT: 0, Verdict.PARTLY: 1, Verdict.COMPLIANT: 2}


@cache
def engine() -> Engine:
    return Engine(library().vocabulary, list(library().packs.values()))


@cache
def rows() -> tuple[Example, ...]:
    return tuple(row for row in examples(library()) if row.case.norm_day is None)


def observed(number: int) -> tuple[Question, list[Observation]]:
    row = rows()[number % len(rows())]
    return Question(at=datetime.combine(row.case.at, NOON.timetz())), row.observations(library().vocabulary)


def known(observations: list[Observation], at: datetime) -> SiteFacts:
    return facts_of("school", observations, library().vocabulary, at=at, known_at=at)


def judged(question: Question, observations: list[Observation]) -> tuple[Inquiry, dict[str, Verdict]]:
    inquiry = engine().ask(question)
    return inquiry, inquiry.verdicts(known(observations, question.at))


def good_school() -> list[Observation]:
    return observed(next(n for n, row in enumerate(rows()) if row.pack == "kz"))[1]


def saying(fact: str, value: object, *, at: datetime = NOON, subject: str = "", **more: object) -> Observation:
    known_at = more.pop("recorded_at", at)
    return Observation(fact=fact, value=value, subject=subject, observed_at=at, recorded_at=known_at, **more)  # type: ignore[arg-type]


# --- properties of every pack ---------------------------------------------------------------------------------


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 10_000), st.data())
def test_what_nobody_knows_never_makes_compliant(number: int, data: st.DataObject) -> None:
    """Whatever is forgotten: what was not compliant does not become so, and nothing turns out better than it was."""
    question, observations = observed(number)
    _, before = judged(question, observations)
    gone = data.draw(st.sets(st.integers(0, len(observations) - 1), min_size=1, max_size=12))
    _, after = judged(question, [one for place, one in enumerate(observations) if place not in gone])
    better = {
        ref: (before[ref], verdict)
        for ref, verdict in after.items()
        if verdict is Verdict.COMPLIANT and before[ref] is not Verdict.COMPLIANT
    }
    assert better == {}


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 10_000), st.data())
def test_an_added_failure_never_improves(number: int, data: st.DataObject) -> None:
    """A fact that is now known not to be there makes no verdict better that rests on it."""
    question, observations = observed(number)
    inquiry, before = judged(question, observations)
    place = data.draw(st.integers(0, len(observations) - 1))
    fallen = observations[place]
    if fallen.fact in library().vocabulary.collections:
        return
    worse = [one for number, one in enumerate(observations) if number != place]
    worse.append(msgspec.structs.replace(fallen, value=None))
    _, after = judged(question, worse)
    for ref, verdict in after.items():
        requirement = inquiry.requirements[ref]
        if fallen.fact in picks(engine().packs[ref.split(":")[0]], requirement):
            continue  # it decides to whom the requirement applies, or what is counted
        if before[ref] in RANK and verdict in RANK:
            assert RANK[verdict] <= RANK[before[ref]], f"{ref}: {before[ref]} → {verdict} without {fallen.fact}"
        assert not (verdict is Verdict.COMPLIANT and before[ref] is not Verdict.COMPLIANT), ref


def picks(pack: Pack, requirement: Requirement) -> set[str]:
    """The facts by which a requirement chooses sites and items, through definitions too."""
    found: set[str] = set()
    for part in (requirement.applies, requirement.check, requirement.partly):
        for one in walk(part) if part is not None else ():
            if isinstance(one, (Every, Some)) and one.where is not None:
                found |= names_in(one.where)
    found |= names_in(requirement.applies) if requirement.applies is not None else set()
    for name in list(found):
        defined = engine().definitions.get(name)
        if defined is not None:
            found |= set().union(*(names_in(node.expression) for _, node in defined.steps))
    return found


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_replay_gives_the_same(number: int, dice: object) -> None:
    """In whatever order observations came, through JSON and back, by another engine: the same verdicts."""
    question, observations = observed(number)
    _, before = judged(question, observations)
    shuffled = list(observations)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    kept = msgspec.json.decode(msgspec.json.encode(shuffled), type=list[Observation])
    packs = [msgspec.json.decode(msgspec.json.encode(one), type=Pack) for one in engine().packs.values()]
    again = Engine(library().vocabulary, packs).ask(question)
    assert again.verdicts(known(kept, question.at)) == before


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_explanations_say_what_was_decided(number: int) -> None:
    question, observations = observed(number)
    inquiry, verdicts = judged(question, observations)
    site = known(observations, question.at)
    for ref, verdict in verdicts.items():
        found = inquiry.explain(site, ref)
        assert found.verdict is verdict and found.provisions
        if verdict in RANK:
            assert found.check is not None and found.check.holds is (verdict is Verdict.COMPLIANT)
        assert msgspec.json.decode(msgspec.json.encode(found), type=Explanation) == found


# --- stories --------------------------------------------------------------------------------------------------


def test_observations_expire() -> None:
    """A camera that was seen working yesterday is not known to work two days later."""
    observations = good_school()
    _, fresh = judged(Question(at=NOON), observations)
    _, stale = judged(Question(at=NOON + timedelta(days=2)), observations)
    assert fresh["kz:KZ-V-1:1"] is Verdict.COMPLIANT
    assert stale["kz:KZ-V-1:1"] is Verdict.UNKNOWN
    assert stale["kz:KZ-P-1:1"] is Verdict.COMPLIANT, "an order stands until another one"


def test_an_observation_may_name_its_own_end() -> None:
    observations = [*good_school(), saying("site.alert_system", True, expires_at=NOON + timedelta(hours=1))]
    later = engine().ask(Question(at=NOON + timedelta(hours=2)))
    assert later.verdicts(known(observations, NOON + timedelta(hours=2)))["kz:KZ-B-5:1"] is Verdict.UNKNOWN


def test_the_norm_of_that_day_and_the_same_day_under_todays_norm() -> None:
    """Entry in NOBD is asked since 12 July 2026. In June nobody asked; today's norm says what June would be worth."""
    june, today = datetime(2026, 6, 30, 7, tzinfo=UTC), date(2026, 11, 23)
    checked = datetime(2026, 5, 4, 7, tzinfo=UTC)
    observations = [
        saying("site.police_check_on", "2026-05-04", at=checked),
        saying("site.nobd_entered_on", None, at=checked),
    ]
    then = engine().ask(Question(at=june))
    assert "kz:KZ-D-10:1" not in then.verdicts(known(observations, june))
    now = engine().ask(Question(at=june, norm_day=today, known_at=NOON))
    assert now.verdicts(known(observations, june))["kz:KZ-D-10:1"] is Verdict.NOT


def test_an_edition_that_was_not_published_yet_did_not_count() -> None:
    """Asked in June as known in June, the edition of July is not there, whatever day of the norm is named."""
    june = datetime(2026, 6, 30, 7, tzinfo=UTC)
    inquiry = engine().ask(Question(at=june, norm_day=date(2026, 11, 23), known_at=june))
    assert "kz:KZ-D-10:1" not in inquiry.requirements and "kz:KZ-D-3:1" not in inquiry.requirements


def test_what_the_centre_learned_later_does_not_count_before() -> None:
    learned = NOON + timedelta(days=3)
    observations = [saying("site.alert_system", False, at=NOON - timedelta(days=1), recorded_at=learned)]
    at = NOON
    then = facts_of("s", observations, library().vocabulary, at=at, known_at=at)
    later = facts_of("s", observations, library().vocabulary, at=at, known_at=learned)
    assert "site.alert_system" not in then.facts and later.facts["site.alert_system"].value is False


def test_a_correction_is_a_later_observation() -> None:
    first = saying("site.fence", True, at=NOON - timedelta(days=2))
    corrected = saying("site.fence", False, at=NOON - timedelta(days=2), recorded_at=NOON - timedelta(days=1))
    assert known([corrected, first], NOON).facts["site.fence"].value is False


def test_a_camera_that_was_taken_down_counts_no_more() -> None:
    observations = [*good_school(), saying("camera.working", False, subject="2")]
    assert judged(Question(at=NOON), observations)[1]["kz:KZ-V-6:1"] is not Verdict.COMPLIANT
    gone = [*observations, saying("camera", None, subject="2"), saying("camera", 3)]
    assert judged(Question(at=NOON), gone)[1]["kz:KZ-V-6:1"] is Verdict.COMPLIANT


def test_a_listed_camera_that_nobody_described_is_not_forgotten() -> None:
    observations = [*good_school(), saying("camera", 5)]
    assert judged(Question(at=NOON), observations)[1]["kz:KZ-V-4:1"] is Verdict.UNKNOWN


def test_the_worst_gate_is_the_school() -> None:
    inquiry, verdicts = judged(Question(at=NOON), good_school())
    only_kz = {ref: verdict for ref, verdict in verdicts.items() if ref.startswith("kz:")}
    assert summary(inquiry, only_kz).status is Verdict.COMPLIANT
    for worst in (Verdict.PARTLY, Verdict.UNKNOWN, Verdict.NOT):  # each outweighs those before it
        ref = next(ref for ref in only_kz if inquiry.requirements[ref].gate and only_kz[ref] is Verdict.COMPLIANT)
        only_kz[ref] = worst
        said = summary(inquiry, only_kz)
        assert said.status is worst
    assert said.counts[Verdict.NOT] >= 1 and len(said.failing_gates) == len(said.unknown_gates) == 1


def test_an_explanation_names_facts_clauses_and_how_far_they_can_be_trusted() -> None:
    observations = [*good_school(), saying("camera.archive_days", 12, subject="3", evidence="count:17")]
    inquiry, _ = judged(Question(at=NOON), observations)
    found = inquiry.explain(known(observations, NOON), "kz:KZ-V-4:1")
    assert found.verdict is Verdict.NOT and found.gate and found.status == "assumed"
    assert [one.paragraph for one in found.provisions] == ["88", "definitions"]
    assert found.check is not None and found.check.subjects == ("3",) and found.check.failing == 1
    depth = next(one for one in reasons(found) if one.fact == "camera.archive_days")
    assert (depth.value, depth.limit, depth.unit, depth.evidence) == (12, 30, "d", "count:17")
    assert depth.parameter == "archive_days_min" and depth.holds is False


def reasons(found: Explanation) -> Iterator[Reason]:
    waiting = [one for one in (found.applies, found.check, found.partly) if one is not None]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += one.parts


@pytest.mark.parametrize(
    ("fact", "value", "subject"),
    [
        ("site.fence", 1, ""),
        ("site.kind", "castle", ""),
        ("site.fire_drill_on", "yesterday", ""),
        ("camera.archive_days", float("nan"), "1"),
        ("camera.archive_days", 30, ""),
        ("site.fence", True, "1"),
        ("camera", -1, ""),
        ("site.mood", "good", ""),
    ],
)
def test_the_door_for_observations_refuses_what_means_nothing(fact: str, value: object, subject: str) -> None:
    with pytest.raises(Invalid):
        require_observation(saying(fact, value, subject=subject), library().vocabulary)
