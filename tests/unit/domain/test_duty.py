"""The list of a hand-over: what is signed, and what blocks it."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgan.domain.duty import Item, Matter, digest, needs_handover, unaccepted

ANN, BEN = UUID(int=1), UUID(int=2)
items = st.lists(
    st.builds(Item, matter=st.sampled_from(Matter), ref=st.text(max_size=5), said=st.just({"title": "12 мектеп"})),
    unique_by=lambda item: item.key,
    max_size=8,
)


@given(items)
def test_a_signature_stands_under_the_list_whatever_its_order(listed: list[Item]) -> None:
    turned = list(reversed(listed))

    assert digest(listed) == digest(turned)


@given(items)
def test_one_item_more_is_another_list(listed: list[Item]) -> None:
    more = Item(matter=Matter.ALARM, ref="another one", said={})

    assert digest([*listed, more]) != digest(listed)


def test_the_same_thing_said_otherwise_is_another_list() -> None:
    one = Item(matter=Matter.UNIT, ref="205", said={"reason": "жөндеуде"})
    other = Item(matter=Matter.UNIT, ref="205", said={"reason": "дөңгелек"})

    assert digest([one]) != digest([other])


@given(items, st.sets(st.integers(0, 7)))
def test_what_is_not_accepted_blocks_and_nothing_else_does(listed: list[Item], places: set[int]) -> None:
    accepted = {item.key for place, item in enumerate(listed) if place in places}

    left = unaccepted(listed, accepted)

    assert set(left) == {item.key for item in listed} - accepted


@pytest.mark.parametrize(
    ("owners", "waiting", "others", "needed"),
    [
        (set(), 0, 0, False),
        (set(), 3, 1, False),
        ({BEN}, 3, 1, False),
        ({None}, 1, 0, True),
        ({ANN}, 1, 2, True),
        (set(), 1, 0, True),
    ],
)
def test_who_may_just_leave(owners: set[UUID | None], waiting: int, others: int, needed: bool) -> None:
    assert needs_handover(leaver=ANN, owners=owners, waiting=waiting, others_on_duty=others) is needed
