"""What a school says of itself never counts; exceptions change no verdict; a record stays what it is."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some

from qorgan.domain.attestation import assessment as rules
from qorgan.domain.attestation import record, waiver
from qorgan.domain.attestation.assessment import (
    AssessmentDeed,
    AssessmentParty,
    AssessmentState,
    Contradiction,
    Finding,
)
from qorgan.domain.attestation.waiver import Waiver, WaiverState
from qorgan.domain.norms.types import Verdict
from qorgan.kernel.errors import Conflict, Corrupt, Forbidden, Invalid

SCHOOL, INSPECTOR = AssessmentParty.SCHOOL, AssessmentParty.INSPECTOR
DAY = date(2026, 11, 23)
verdicts = some.sampled_from(Verdict)
answers = some.sampled_from(rules.ANSWERS)
findings = some.builds(
    Finding,
    ref=some.text("abc", min_size=1, max_size=5),
    gate=some.booleans(),
    measured=verdicts,
    own=some.none() | answers,
    inspector=some.none() | answers,
)


@given(some.lists(findings, max_size=20), answers)
def test_whatever_schools_say_of_themselves_the_gates_stand_as_they_do(found: list[Finding], own: Verdict) -> None:
    boasting = [Finding(ref=one.ref, gate=one.gate, measured=one.measured, own=own) for one in found]
    silent = [Finding(ref=one.ref, gate=one.gate, measured=one.measured) for one in found]
    assert rules.gates_of(boasting) is rules.gates_of(silent)


@given(some.lists(findings, max_size=20), findings)
def test_one_more_failing_gate_never_improves(found: list[Finding], one: Finding) -> None:
    failing = Finding(ref=one.ref, gate=True, measured=Verdict.NOT)
    assert rules.gates_of([*found, failing]) is Verdict.NOT


@pytest.mark.parametrize(
    ("own", "measured", "named"),
    [
        (Verdict.COMPLIANT, Verdict.NOT, Contradiction.OVERSTATED),
        (Verdict.PARTLY, Verdict.NOT, Contradiction.OVERSTATED),
        (Verdict.NOT_APPLICABLE, Verdict.NOT, Contradiction.OVERSTATED),
        (Verdict.NOT, Verdict.COMPLIANT, Contradiction.UNDERSTATED),
        (Verdict.COMPLIANT, Verdict.UNKNOWN, Contradiction.UNPROVED),
        (Verdict.NOT, Verdict.UNKNOWN, None),
        (Verdict.COMPLIANT, Verdict.COMPLIANT, None),
        (None, Verdict.NOT, None),
    ],
)
def test_contradictions_have_names(own: Verdict | None, measured: Verdict, named: Contradiction | None) -> None:
    assert rules.contradiction(own, measured) is named


def test_what_is_not_measured_or_contradicted_waits_for_the_inspector() -> None:
    boast = Finding(ref="a", gate=True, measured=Verdict.NOT, own=Verdict.COMPLIANT)
    unseen = Finding(ref="b", gate=False, measured=Verdict.UNKNOWN)
    agreed = Finding(ref="c", gate=False, measured=Verdict.NOT, own=Verdict.NOT)
    with pytest.raises(Conflict, match=r"2 wait .* a, b") as refused:
        rules.require_decided([boast, unseen, agreed])
    assert refused.value.code == "assessment.unsettled"
    rules.require_decided([agreed])


def test_against_the_measurement_nobody_decides_without_a_word() -> None:
    finding = Finding(ref="a", gate=True, measured=Verdict.NOT)
    rules.require_judgement(finding, Verdict.NOT, "")
    with pytest.raises(Invalid):
        rules.require_judgement(finding, Verdict.COMPLIANT, " ")
    with pytest.raises(Invalid):
        rules.require_judgement(finding, Verdict.UNKNOWN, "не видно")
    with pytest.raises(Invalid):
        rules.require_grade(5, lowest=3, highest=4, words="")
    rules.require_grade(5, lowest=3, highest=4, words="шлагбаум осмотрен на месте")


def test_the_table_lets_each_do_their_own_part_and_nothing_after_the_record() -> None:
    state = AssessmentState.OPEN
    for deed, party in (
        (AssessmentDeed.ANSWER, SCHOOL),
        (AssessmentDeed.SUBMIT, SCHOOL),
        (AssessmentDeed.JUDGE, INSPECTOR),
        (AssessmentDeed.DECIDE, INSPECTOR),
        (AssessmentDeed.RECORD, INSPECTOR),
    ):
        other = INSPECTOR if party is SCHOOL else SCHOOL
        with pytest.raises(Conflict):
            rules.after(state, deed, [other])
        state = rules.after(state, deed, [party])
    assert state is AssessmentState.RECORDED
    for deed in AssessmentDeed:
        with pytest.raises(Conflict):
            rules.after(state, deed, [SCHOOL, INSPECTOR])


@given(verdicts, some.integers(-400, 400))
def test_an_exception_bears_only_what_fails_and_only_until_its_last_day(verdict: Verdict, days: int) -> None:
    one = Waiver(state=WaiverState.GRANTED, asked_by=uuid4(), until=DAY + timedelta(days=days))
    assert one.bears(verdict, DAY) is (days >= 0 and verdict in (Verdict.NOT, Verdict.PARTLY))


def test_an_exception_is_granted_by_another_person_once_and_within_a_year() -> None:
    head, ministry = uuid4(), uuid4()
    asked = Waiver(state=WaiverState.ASKED, asked_by=head, until=DAY + timedelta(days=30))
    with pytest.raises(Forbidden):
        waiver.decide(asked, head, grant=True, today=DAY)
    assert waiver.decide(asked, ministry, grant=True, today=DAY) is WaiverState.GRANTED
    granted = Waiver(state=WaiverState.GRANTED, asked_by=head, until=asked.until)
    with pytest.raises(Conflict):
        waiver.decide(granted, ministry, grant=False, today=DAY)
    assert waiver.withdraw(granted) is WaiverState.WITHDRAWN
    for until in (DAY, DAY + timedelta(days=366)):
        with pytest.raises(Invalid):
            waiver.require_waiver("ремонт", until, DAY)


def a_snapshot(**found: Verdict) -> record.Snapshot:
    return record.Snapshot(
        form=record.FORM,
        school="s",
        site="kst-012",
        campaign="c",
        norm_day=DAY,
        measured_at=datetime(2026, 11, 23, tzinfo=UTC),
        recorded_at=datetime(2026, 11, 23, tzinfo=UTC),
        recorded_by="inspector",
        packs={"kz": "0" * 64},
        facts="1" * 64,
        gates=Verdict.NOT,
        scores=(),
        findings=tuple(
            record.RecordedFinding(ref=f"kz:{ref.replace('_', ':')}", gate=True, own=None, measured=one, counts=one)
            for ref, one in found.items()
        ),
    )


def test_a_record_is_read_again_as_it_was_and_never_when_it_was_touched() -> None:
    snapshot = a_snapshot(A_1=Verdict.NOT)
    text = record.written(snapshot)
    assert record.read(text, record.digest_of(text)) == snapshot
    with pytest.raises(Corrupt):
        record.read(text.replace(b'"not"', b'"compliant"'), record.digest_of(text))


def test_a_later_norm_stands_beside_the_record() -> None:
    snapshot = a_snapshot(A_1=Verdict.COMPLIANT, B_1=Verdict.NOT, C_1=Verdict.COMPLIANT)
    before = record.written(snapshot)
    now = {"kz:A:2": Verdict.NOT, "kz:C:1": Verdict.NOT, "kz:D:1": Verdict.UNKNOWN, "fr:X:1": Verdict.NOT}
    found = {one.key: (one.change, one.counted, one.now) for one in record.delta(snapshot, [], now)}
    assert found == {
        "kz:A": (record.Change.CHANGED, Verdict.COMPLIANT, Verdict.NOT),
        "kz:B": (record.Change.REPEALED, Verdict.NOT, None),
        "kz:D": (record.Change.ADDED, None, Verdict.UNKNOWN),
    }, "C is asked as before: that a school fails it today is no change of the norm"
    assert record.written(snapshot) == before
