"""Whether a person knows a card: read, answered, changed, expired, and what a phone says of it afterwards."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from qorgan.domain.readiness.cards import Card, CardRole, CardScenario, Quiz
from qorgan.domain.readiness.knowing import (
    LONGEST_OFFLINE,
    Knowledge,
    Reading,
    Standing,
    Try,
    Why,
    believed,
    mark,
    sheet,
    standing,
)
from qorgan.domain.readiness.loading import shipped_cards
from qorgan.kernel.errors import Invalid

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def cooks_card() -> Card:
    return shipped_cards()[CardRole.COOK, CardScenario.FIRE]


def quiz() -> Quiz:
    found = cooks_card().quiz
    assert found is not None
    return found


def read(minutes: int, version: int = 1) -> Reading:
    return Reading(version=version, at=NOON + minutes * MINUTE)


def tried(minutes: int, right: int) -> Try:
    return Try(version=1, at=NOON + minutes * MINUTE, right=right)


def test_a_new_cook_reads_fails_reads_and_passes() -> None:
    card, later = cooks_card(), NOON + timedelta(hours=1)

    def stands(readings: list[Reading], tries: list[Try]) -> tuple[Knowledge, Why]:
        found = standing(card, readings, tries, later)
        return found.knowledge, found.why

    assert stands([], []) == (Knowledge.TO_READ, Why.NEW)
    assert stands([read(0)], []) == (Knowledge.TO_ANSWER, Why.NONE)
    assert stands([read(0)], [tried(1, 2)]) == (Knowledge.TO_READ, Why.FAILED)
    assert stands([read(0), read(2)], [tried(1, 2)]) == (Knowledge.TO_ANSWER, Why.FAILED)
    assert stands([read(2), read(0)], [tried(3, 3), tried(1, 2)]) == (Knowledge.KNOWN, Why.NONE)


def test_a_changed_card_is_asked_again() -> None:
    changed = msgspec.structs.replace(cooks_card(), version=2)
    found = standing(changed, [read(0)], [tried(1, 3)], NOON + MINUTE)
    assert found == Standing(knowledge=Knowledge.TO_READ, why=Why.CHANGED)
    again = standing(changed, [read(0), read(5, version=2)], [tried(1, 3)], NOON + 10 * MINUTE)
    assert again.knowledge is Knowledge.TO_ANSWER


def test_what_was_passed_expires_to_the_second() -> None:
    until = NOON + MINUTE + timedelta(days=quiz().valid_days)
    readings, tries = [read(0)], [tried(1, 3)]
    last = standing(cooks_card(), readings, tries, until - timedelta(seconds=1))
    assert last == Standing(knowledge=Knowledge.KNOWN, until=until)
    assert standing(cooks_card(), readings, tries, until) == Standing(knowledge=Knowledge.TO_READ, why=Why.EXPIRED)
    anew = [*readings, Reading(version=1, at=until + MINUTE)]
    assert standing(cooks_card(), anew, tries, until + 2 * MINUTE).knowledge is Knowledge.TO_ANSWER


def test_children_and_parents_read_and_are_not_examined() -> None:
    card = shipped_cards()[CardRole.PARENT, CardScenario.FIRE]
    assert standing(card, [read(0)], [], NOON + MINUTE) == Standing(knowledge=Knowledge.KNOWN)


def test_a_sheet_is_mixed_anew_for_each_try_and_alike_for_the_same() -> None:
    places: Counter[int] = Counter()
    orders = set()
    for number in range(60):
        one = sheet(quiz(), UUID(int=number))
        assert one == sheet(quiz(), UUID(int=number))
        assert {asked.ask for asked in one} == {question.ask for question in quiz().questions}
        rights = {question.ask: question.right for question in quiz().questions}
        assert all(asked.answers[asked.right] == rights[asked.ask] for asked in one)
        places.update(asked.right for asked in one)
        orders.add(tuple(asked.ask for asked in one))
    assert len(orders) == 6 and set(places) == {0, 1, 2}


def test_a_sheet_is_marked_by_its_own_order() -> None:
    for number in range(20):
        asked = sheet(quiz(), UUID(int=number))
        rights = [one.right for one in asked]
        assert mark(quiz(), UUID(int=number), rights) == 3
        assert mark(quiz(), UUID(int=number), [(rights[0] + 1) % 3, *rights[1:]]) == 2


@pytest.mark.parametrize("answers", [[], [0, 0], [0, 0, 0, 0], [0, 0, 3], [-1, 0, 0]])
def test_answers_of_another_sheet_are_refused(answers: list[int]) -> None:
    with pytest.raises(Invalid):
        mark(quiz(), UUID(int=1), answers)


def test_a_phone_is_believed_within_limits() -> None:
    assert believed(NOON - timedelta(days=2), NOON) == NOON - timedelta(days=2)
    assert believed(NOON + timedelta(days=900), NOON) == NOON
    with pytest.raises(Invalid, match="read the card again"):
        believed(NOON - LONGEST_OFFLINE - MINUTE, NOON)
