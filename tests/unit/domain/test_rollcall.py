"""Roll-calls, model-checked: of many telephones, any order, twice, late; none lost, none doubled, conflicts shown."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from qorgan.domain.rollcall import MAX_IN_TAP, PersonState, RollCall, RollTap, RollView, view
from qorgan.kernel.errors import Invalid

AT = datetime(2026, 11, 23, 5, tzinfo=UTC)
PEOPLE = tuple(UUID(int=100 + n) for n in range(6))
EXTRA = UUID(int=999)  # somebody on no list
PHONES = range(4)
SAID = tuple(state for state in PersonState if state is not PersonState.UNKNOWN)
EMPTY = RollCall(listed=frozenset(PEOPLE))


def tap(number: int, *people: UUID, state: PersonState = PersonState.HERE, replaces: tuple[int, ...] = ()) -> RollTap:
    ids = frozenset(UUID(int=one) for one in replaces)
    return RollTap(
        id=UUID(int=number), people=frozenset(people), state=state, at=AT, by=UUID(int=1), replaces=ids, point="yard"
    )


class RollCallMachine(RuleBasedStateMachine):
    """Four telephones and a centre. Each hears of the others only by what is carried to it."""

    @initialize()
    def begins(self) -> None:
        self.phones = [EMPTY for _ in PHONES]
        self.centre = EMPTY
        self.number = 0
        self.every: set[RollTap] = set()

    @rule(
        phone=st.sampled_from(PHONES),
        people=st.frozensets(st.sampled_from((*PEOPLE, EXTRA)), min_size=1, max_size=4),
        state=st.sampled_from(SAID),
        point=st.sampled_from(("yard", "gym")),
    )
    def taps(self, phone: int, people: frozenset[UUID], state: PersonState, point: str) -> None:
        """It replaces whatever this telephone shows of these people, and nothing that it does not know."""
        shown = view(self.phones[phone]).people
        replaces = frozenset(id for person in people if person in shown for id in shown[person].heads)
        self.number += 1
        made = replace(tap(self.number, state=state), people=people, replaces=replaces, point=point)
        self.phones[phone] = self.phones[phone].with_taps([made])
        self.every.add(made)

    @rule(phone=st.sampled_from(PHONES), twice=st.booleans(), data=st.data())
    def sends_some(self, phone: int, twice: bool, data: st.DataObject) -> None:
        """Some taps arrive, others are lost on the way; the same may arrive again."""
        own = sorted(self.phones[phone].taps, key=lambda one: one.id)
        some = [one for one in own if data.draw(st.booleans())]
        for _ in range(1 + twice):
            self.centre = self.centre.with_taps(some)

    @rule(phone=st.sampled_from(PHONES))
    def hears(self, phone: int) -> None:
        self.phones[phone] = self.phones[phone].merge(self.centre)

    @rule(one=st.sampled_from(PHONES), other=st.sampled_from(PHONES))
    def meet(self, one: int, other: int) -> None:
        """Two telephones side by side, without the centre."""
        self.phones[one] = self.phones[one].merge(self.phones[other])

    @invariant()
    def nobody_is_lost_and_nobody_doubled(self) -> None:
        for call in (*self.phones, self.centre):
            found = view(call)
            assert set(PEOPLE) <= set(found.people) and found.extra <= {EXTRA} and not found.clashes
            counted = [person for state in PersonState for person in found.those(state)]
            assert len(counted) == len(set(counted)) == len(found.people)

    @invariant()
    def what_was_said_is_what_stands(self) -> None:
        """Once all has come together: every person has what was said last of them; two who did not know of each other
        and disagree are a conflict, and the graver counts."""
        everything = EMPTY.with_taps(self.every)
        for person, standing in view(everything).people.items():
            said = [one for one in self.every if person in one.people]
            last = [one for one in said if not any(one.id in other.replaces for other in said)]
            assert bool(said) == bool(last) == (standing.state is not PersonState.UNKNOWN)
            assert standing.heads == {one.id for one in last}
            assert standing.conflict == (len({(one.state, one.point) for one in last}) > 1)
            if last:
                assert standing.state == min((one.state for one in last), key=list(PersonState).index)

    def teardown(self) -> None:
        """Whatever the order of the merging, all telephones and the centre come to the same."""
        if not hasattr(self, "phones"):
            return
        forward, backward = EMPTY, self.centre
        for call in (*self.phones, self.centre):
            forward = forward.merge(call)
        for call in reversed(self.phones):
            backward = call.merge(backward).merge(call)
        assert forward == backward == EMPTY.with_taps(self.every)
        assert view(forward) == view(backward)


TestRollCall = RollCallMachine.TestCase
TestRollCall.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def seen(*taps: RollTap) -> RollView:
    return view(EMPTY.with_taps(taps))


def test_two_who_did_not_know_of_each_other_are_a_conflict_until_somebody_looks() -> None:
    here, missing = tap(1, PEOPLE[0]), tap(2, PEOPLE[0], state=PersonState.MISSING)
    found = seen(here, missing)
    assert (found.people[PEOPLE[0]].state, found.conflicts) == (PersonState.MISSING, frozenset({PEOPLE[0]}))

    looked = seen(here, missing, tap(3, PEOPLE[0], replaces=(1, 2)))
    assert (looked.people[PEOPLE[0]].state, looked.conflicts) == (PersonState.HERE, frozenset())


def test_a_class_is_complete_with_one_tap_and_a_newcomer_is_not_ticked_unseen() -> None:
    assert seen(tap(1, *PEOPLE)).complete
    grown = RollCall(listed=EMPTY.listed | {EXTRA}, taps=frozenset({tap(1, *PEOPLE)}))
    assert not view(grown).complete and view(grown).those(PersonState.UNKNOWN) == {EXTRA}


def test_whoever_is_on_no_list_is_shown_as_extra() -> None:
    found = seen(tap(1, EXTRA, state=PersonState.INJURED))
    assert (found.extra, found.those(PersonState.INJURED)) == (frozenset({EXTRA}), frozenset({EXTRA}))


def test_taps_that_replace_each_other_hide_nobody() -> None:
    ring = (tap(1, PEOPLE[0], replaces=(2,)), tap(2, PEOPLE[0], state=PersonState.INJURED, replaces=(1, 2)))
    assert seen(*ring).people[PEOPLE[0]].state is PersonState.INJURED
    stranger = tap(3, PEOPLE[1], replaces=(1, 2))  # of somebody else: replaces nothing here
    assert seen(tap(1, PEOPLE[0]), stranger).people[PEOPLE[0]].state is PersonState.HERE


def test_one_id_with_two_meanings_is_shown_and_loses_nobody() -> None:
    found = seen(tap(1, PEOPLE[0]), tap(1, PEOPLE[1], state=PersonState.MISSING))
    assert found.clashes == {UUID(int=1)}
    assert [found.people[one].state for one in PEOPLE[:2]] == [PersonState.HERE, PersonState.MISSING]


@pytest.mark.parametrize(
    "bad",
    [
        tap(1),
        tap(1, PEOPLE[0], state=PersonState.UNKNOWN),
        replace(tap(1), people=frozenset(UUID(int=n) for n in range(MAX_IN_TAP + 1))),
        replace(tap(1, PEOPLE[0]), point="x" * 61),
    ],
)
def test_what_is_no_tap_is_refused(bad: RollTap) -> None:
    with pytest.raises(Invalid) as refused:
        EMPTY.with_taps([bad])
    assert refused.value.code == "roll_call.tap"
