"""The table of remarks, model-checked: whoever does what in whatever order, the promises hold.

Nothing that was issued is lost or changed by anybody but those whose it is; nobody verifies what they said was fixed;
every remark can come to its end, and what has ended stays so; an undo gives back exactly what was.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from qorgan.domain.access import Body
from qorgan.domain.remarks import (
    ENDED,
    NEXT,
    UNDO_WITHIN,
    UNFIXED,
    Case,
    Party,
    Person,
    RemarkDeed,
    RemarkState,
    allowed,
    apply,
)
from qorgan.kernel.errors import Conflict, Forbidden, Invalid, Rejected

START, TODAY = datetime(2026, 11, 23, 5, tzinfo=UTC), date(2026, 11, 23)
AUTHOR = Person(id=UUID(int=1), body=Body.POLICE)
COLLEAGUE = Person(id=UUID(int=2), body=Body.POLICE)
STRANGER = Person(id=UUID(int=3), body=Body.EMERGENCY)
HEAD = Person(id=UUID(int=4), answers=True)
DEPUTY = Person(id=UUID(int=5), answers=True)
BOTH = Person(id=UUID(int=6), body=Body.POLICE, answers=True)  # whose office changed meanwhile
PEOPLE = (AUTHOR, COLLEAGUE, STRANGER, HEAD, DEPUTY, BOTH)


def done(case: Case, *deeds: tuple[RemarkDeed, Person]) -> Case:
    """The deeds one after the other, with all that any of them needs."""
    for deed, person in deeds:
        deadline = TODAY + timedelta(days=30) if deed in (RemarkDeed.ISSUE, RemarkDeed.EXTEND) else None
        case = apply(case, deed, person, at=START, today=TODAY, text="камера бұрылған", deadline=deadline)
    return case


DRAFT = Case(body=Body.POLICE, author=AUTHOR.id)
FIXED = done(DRAFT, (RemarkDeed.ISSUE, AUTHOR), (RemarkDeed.ACCEPT, HEAD), (RemarkDeed.FIX, HEAD))


class RemarkMachine(RuleBasedStateMachine):
    """One remark, six people, and time."""

    @initialize()
    def is_drafted(self) -> None:
        self.case, self.now, self.was = DRAFT, START, [DRAFT]

    @rule(
        deed=st.sampled_from(RemarkDeed),
        person=st.sampled_from(PEOPLE),
        text=st.sampled_from(["", "  ", "камера бұрылған"]),
        evidence=st.booleans(),
        days=st.sampled_from([None, -1, 0, 14, 5_000]),
    )
    def somebody_acts(self, deed: RemarkDeed, person: Person, text: str, evidence: bool, days: int | None) -> None:
        before, may = self.case, allowed(self.case, person, self.now)
        deadline = None if days is None else self.today + timedelta(days=days)
        try:
            after = apply(
                before,
                deed,
                person,
                at=self.now,
                today=self.today,
                text=text,
                evidence=evidence,
                deadline=deadline,
            )
        except Rejected as refusal:
            if isinstance(refusal, Forbidden):
                assert deed not in may, "nobody is offered what is forbidden to them"
            return
        assert deed in may, "whoever may do it is told so"
        self._judge(before, after, deed, person)
        self.case = after

    @rule(person=st.sampled_from([AUTHOR, COLLEAGUE, BOTH]))
    def goes_the_whole_way(self, person: Person) -> None:
        """So that the ends are reached often, too."""
        steps = [
            (RemarkDeed.ISSUE, AUTHOR),
            (RemarkDeed.FIX, HEAD),
            (RemarkDeed.VERIFY, person),
            (RemarkDeed.CLOSE, COLLEAGUE),
        ]
        for deed, who in steps:
            self.somebody_acts(deed, who, "камера бұрылған", True, 14 if deed is RemarkDeed.ISSUE else None)

    @rule(minutes=st.integers(0, 40))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def a_month_passes(self) -> None:
        self.now += timedelta(days=30)

    @property
    def today(self) -> date:
        return self.now.date()

    def _judge(self, before: Case, after: Case, deed: RemarkDeed, person: Person) -> None:
        assert (after.body, after.author) == (before.body, before.author), "whose it is never changes"
        assert after.state is not RemarkState.DRAFT or before.state is RemarkState.DRAFT, (
            "what was issued is never a draft again"
        )
        if before.ended:
            assert deed is RemarkDeed.UNDO and before.last is not None and before.last.by == person.id
        if deed is RemarkDeed.VERIFY:
            assert person.id != before.fixed_by, "another person verifies"
            assert person.body is before.body
        if after.state is RemarkState.CLOSED:
            assert before.state is RemarkState.VERIFIED, "nothing is closed that nobody verified"
        if after.state is RemarkState.FIXED and deed is not RemarkDeed.UNDO:
            assert person.answers and after.fixed_by == person.id
        if person is STRANGER:
            raise AssertionError("another body does nothing to it")
        if before.state is RemarkState.DRAFT:
            assert person.id == before.author

    @invariant()
    def everything_hangs_together(self) -> None:
        case = self.case
        assert (case.fixed_by is not None) >= (
            case.state in (RemarkState.FIXED, RemarkState.VERIFIED, RemarkState.CLOSED)
        )
        assert not (case.state in UNFIXED and (case.fixed_by or case.verified_by)), "a claim falls with its return"
        assert (case.verified_by is not None) >= (case.state in (RemarkState.VERIFIED, RemarkState.CLOSED))
        assert case.verified_by is None or case.verified_by != case.fixed_by
        assert case.state is RemarkState.DRAFT or case.deadline is not None, "what is issued has a last day"
        assert case.overdue(date(2031, 1, 1)) == (case.state in UNFIXED)

    @invariant()
    def somebody_can_go_on_until_it_has_ended(self) -> None:
        if not self.case.ended:
            assert any(set(allowed(self.case, person, self.now)) - {RemarkDeed.COMMENT} for person in (AUTHOR, HEAD))


TestRemarkMachine = RemarkMachine.TestCase
TestRemarkMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_from_every_state_an_end_is_reached() -> None:
    for start in RemarkState:
        seen, ways = {start}, [start]
        while ways:
            state = ways.pop()
            for rule_ in NEXT.values():
                if state in rule_.of and rule_.to is not None and rule_.to not in seen:
                    seen.add(rule_.to)
                    ways.append(rule_.to)
        assert seen & ENDED, start


def test_what_has_ended_has_no_way_out_but_an_undo() -> None:
    assert not [deed for deed, one in NEXT.items() if one.of & ENDED]


@pytest.mark.parametrize("deed", [RemarkDeed.ACCEPT, RemarkDeed.OBJECT, RemarkDeed.FIX])
def test_only_the_school_answers_and_only_the_body_judges(deed: RemarkDeed) -> None:
    assert NEXT[deed].by == {Party.SCHOOL}
    for judging in (
        RemarkDeed.UPHOLD,
        RemarkDeed.VERIFY,
        RemarkDeed.RETURN,
        RemarkDeed.CLOSE,
        RemarkDeed.WITHDRAW,
        RemarkDeed.EXTEND,
    ):
        assert NEXT[judging].by == {Party.BODY}


def test_who_said_that_it_is_fixed_does_not_verify_it_even_in_another_office() -> None:
    fixed = done(DRAFT, (RemarkDeed.ISSUE, AUTHOR), (RemarkDeed.FIX, BOTH))
    with pytest.raises(Forbidden) as refused:
        done(fixed, (RemarkDeed.VERIFY, BOTH))
    assert refused.value.code == "remark.second_person"
    assert RemarkDeed.VERIFY not in allowed(fixed, BOTH, START)
    assert done(fixed, (RemarkDeed.VERIFY, AUTHOR)).verified_by == AUTHOR.id


def test_fixed_wants_to_be_shown() -> None:
    issued = done(DRAFT, (RemarkDeed.ISSUE, AUTHOR))
    with pytest.raises(Invalid) as refused:
        apply(issued, RemarkDeed.FIX, HEAD, at=START, today=TODAY, text=" ")
    assert refused.value.code == "remark.evidence"
    assert apply(issued, RemarkDeed.FIX, HEAD, at=START, today=TODAY, evidence=True).state is RemarkState.FIXED


def test_a_slip_of_the_hand_is_taken_back_whole_soon_and_by_the_same_person() -> None:
    returned = done(FIXED, (RemarkDeed.RETURN, AUTHOR))
    assert returned.fixed_by is None

    undone = apply(returned, RemarkDeed.UNDO, AUTHOR, at=START + UNDO_WITHIN, today=TODAY)

    assert replace(undone, last=FIXED.last) == FIXED
    for who, at in ((COLLEAGUE, START), (AUTHOR, START + UNDO_WITHIN + timedelta(seconds=1))):
        with pytest.raises(Conflict) as refused:
            apply(returned, RemarkDeed.UNDO, who, at=at, today=TODAY)
        assert refused.value.code == "remark.undo"
    with pytest.raises(Conflict):
        apply(undone, RemarkDeed.UNDO, AUTHOR, at=START, today=TODAY)


def test_an_undo_does_not_take_back_a_day_that_was_given_since() -> None:
    extended = done(DRAFT, (RemarkDeed.ISSUE, AUTHOR), (RemarkDeed.OBJECT, HEAD), (RemarkDeed.EXTEND, AUTHOR))
    assert RemarkDeed.UNDO not in allowed(extended, HEAD, START)


def test_what_the_school_was_told_is_withdrawn_and_not_undone() -> None:
    issued = done(DRAFT, (RemarkDeed.ISSUE, AUTHOR))
    assert RemarkDeed.UNDO not in allowed(issued, AUTHOR, START)
    assert done(issued, (RemarkDeed.WITHDRAW, AUTHOR)).state is RemarkState.WITHDRAWN


def test_the_last_day_itself_is_not_overdue() -> None:
    issued = apply(DRAFT, RemarkDeed.ISSUE, AUTHOR, at=START, today=TODAY, deadline=TODAY)
    assert (issued.overdue(TODAY), issued.overdue(TODAY + timedelta(days=1))) == (False, True)
    assert not done(issued, (RemarkDeed.FIX, HEAD)).overdue(TODAY + timedelta(days=1))
