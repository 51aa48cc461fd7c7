"""The table of a dispatch, and what holds whatever is heard over the radio."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgan.domain.dispatch import (
    OVER,
    TAKES,
    TARGET,
    UNIT_IS,
    Call,
    DispatchState,
    UnitState,
    Verb,
    Word,
    apply,
    distance_m,
)
from qorgan.kernel.errors import Conflict, Invalid

NOW = datetime(2026, 11, 22, 7, 44, tzinfo=UTC)
WORD = Word(by="сержант Төлеуов", reason="тапсырма аяқталды")
ORDER = [
    DispatchState.OFFERED,
    DispatchState.ACCEPTED,
    DispatchState.EN_ROUTE,
    DispatchState.ON_SCENE,
    DispatchState.STABILISED,
    DispatchState.CLEARED,
]


def after(*verbs: Verb) -> Call:
    call = Call()
    for seconds, verb in enumerate(verbs):
        call = apply(call, verb, at=NOW + timedelta(seconds=seconds), word=WORD)
    return call


def test_every_verb_and_every_state_has_its_place_in_the_tables() -> None:
    assert set(TARGET) == set(TAKES) == set(Verb)
    assert set(UNIT_IS) == set(DispatchState)
    assert {UNIT_IS[state] for state in OVER} == {UnitState.FREE}
    assert UnitState.OUT_OF_SERVICE not in UNIT_IS.values(), "no call takes a unit out of service"


@given(st.lists(st.sampled_from(Verb), max_size=20))
def test_a_unit_only_goes_forward_and_ends_once(verbs: list[Verb]) -> None:
    call = Call()
    for seconds, verb in enumerate(verbs):
        before = call
        try:
            call = apply(call, verb, at=NOW + timedelta(seconds=seconds), word=WORD)
        except Conflict as refusal:
            assert refusal.code == "dispatch.state" and call is before
        if before.state in OVER:
            assert call is before, "what is over stays as it is"
        if DispatchState.REJECTED not in (before.state, call.state):
            assert ORDER.index(call.state) >= ORDER.index(before.state)
    assert (call.ended_at is not None) == (call.state in OVER)
    assert (call.accepted_at is None) == (call.accepted_by == "")
    if call.state not in (DispatchState.OFFERED, DispatchState.REJECTED, DispatchState.CLEARED):
        assert call.accepted_by, "nobody is on the way who did not accept"
    known = [
        at for at in (call.accepted_at, call.departed_at, call.arrived_at, call.stabilised_at, call.ended_at) if at
    ]
    assert known == sorted(known)


def test_a_verb_heard_twice_is_heard_once() -> None:
    call = after(Verb.ACCEPT, Verb.DEPART)

    assert apply(call, Verb.DEPART, at=NOW + timedelta(hours=1), word=WORD) is call


def test_who_arrives_without_having_departed_has_arrived() -> None:
    call = after(Verb.ACCEPT, Verb.ARRIVE)

    assert call.state is DispatchState.ON_SCENE and call.departed_at is None


@pytest.mark.parametrize(("verb", "code"), [(Verb.ACCEPT, "dispatch.accepter"), (Verb.REJECT, "dispatch.reason")])
def test_nobody_accepts_without_a_name_or_refuses_without_a_reason(verb: Verb, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        apply(Call(), verb, at=NOW, word=Word(by=" ", reason=" "))

    assert refusal.value.code == code


def test_distances_are_those_of_the_map() -> None:
    qostanai, rudny = (53.2144, 63.6246), (52.9702, 63.1189)

    assert distance_m(qostanai, qostanai) == 0
    assert distance_m(qostanai, rudny) == pytest.approx(43_330, rel=0.01)
    assert distance_m(qostanai, rudny) == pytest.approx(distance_m(rudny, qostanai))
    assert distance_m((0, 0), (0, 180)) == pytest.approx(20_015_087, rel=0.001)
