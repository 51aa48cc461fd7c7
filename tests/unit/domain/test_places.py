"""The order of names in lists."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from qorgan.domain.places import LIST_KEY_LENGTH, list_key


def test_numbers_are_numbers_and_letters_kazakh() -> None:
    names = ["№ 2 мектеп", "№ 10 мектеп", "Абай", "Әсем", "Бөбек", "Ғарыш", "Дән", "Қайнар", "Ұшқын", "Үміт", "Шапағат"]
    mixed = Random(12).sample(names, len(names))
    assert sorted(mixed, key=lambda name: list_key(0, name)) == names


def test_the_group_comes_first() -> None:
    assert list_key(0, "№ 900 мектеп") < list_key(1, "№ 1 балабақша") < list_key(2, "")


@given(st.integers(0, 9), st.text(max_size=300))
def test_a_key_is_digits_and_not_too_long_whatever_the_name(group: int, name: str) -> None:
    key = list_key(group, name)
    assert key.isascii() and key.isdigit()
    assert len(key) <= LIST_KEY_LENGTH
