"""Whom a call is for: whoever of a centre is there or not, it reaches somebody, and only louder than it was meant."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from qorgan.domain.alarms import Called, Officer, Why, call, first_call

officers = st.lists(
    st.builds(
        Officer,
        id=st.integers(0, 9).map(lambda n: UUID(int=n)),
        name=st.just("кезекші"),
        at_desk=st.booleans(),
        console=st.sampled_from([True, False, None]),
        supervisor=st.booleans(),
    ),
    unique_by=lambda one: one.id,
    max_size=6,
)


@given(own=officers, neighbour=officers, to=st.sampled_from(Called))
def test_a_call_is_never_silent_where_anybody_has_the_right(
    own: list[Officer], neighbour: list[Officer], to: Called
) -> None:
    made = call(to, own, neighbour)

    assert made.people or not (own or (neighbour and to is Called.NEIGHBOUR))
    if made.why in (Why.NOBODY_AT_DESK, Why.NO_SUPERVISOR, Why.NO_NEIGHBOUR):
        whole = neighbour if to is Called.NEIGHBOUR and neighbour else own
        assert made.louder and list(made.people) == whole, "everybody who has the right"


@given(own=officers)
def test_nobody_at_home_is_called_while_somebody_can_hear(own: list[Officer]) -> None:
    first, following = first_call(own), call(Called.OFFICER, own, [])

    if first.why is Why.AT_DESK:
        assert all(one.at_desk for one in first.people)
        assert all(one.there for one in following.people)
        assert following.why is Why.AGAIN or not set(following.people) & set(first.people)
