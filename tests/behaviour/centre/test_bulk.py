"""Many rows at once: what is written by COPY is read back as any other row, however odd its texts are."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support import centre as a

from qorgan.centre import bulk
from qorgan.centre.alarms import raising
from qorgan.centre.alarms.models import Alarm, AlarmLog
from qorgan.centre.intake.models import Inbox
from qorgan.centre.ledger import verify
from qorgan.domain.alarms import Verdict
from qorgan.kernel.ids import uuid7

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 9, 1, 8, 30, 0, 123_456, tzinfo=UTC)
COLUMNS = ("id", "site", "seq", "type", "version", "sent_at", "body")
# Every character that UTF-8 and PostgreSQL can hold; those that mean something to COPY often
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.sampled_from("\\\t\n\r\"'N."))


def write(*rows: tuple[Any, ...]) -> None:
    bulk.insert(Inbox, COLUMNS, [bulk.Alike({"received_at": NOW}, rows)])


@given(TEXTS.map(lambda text: text[:100]), st.none() | st.binary(max_size=300), st.integers(0, 2**63 - 1))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_is_written_is_read_back(text: str, body: bytes | None, seq: int) -> None:
    id = uuid7()
    write((id, "kst-012", seq, text, 1, NOW, body))

    row = Inbox.objects.get(pk=id)
    assert (row.type, row.seq, row.sent_at, row.received_at) == (text, seq, NOW, NOW)
    assert (None if row.body is None else bytes(row.body)) == body


@given(button=TEXTS, note=TEXTS, code=TEXTS, cameras=st.lists(TEXTS, max_size=3).map(tuple))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_an_alarm_with_odd_texts_keeps_them_and_its_log_can_be_verified(
    town: Any, button: str, note: str, code: str, cameras: tuple[str, ...]
) -> None:
    alarm = a.an_alarm(town.school, button=button, note=note, code=code, cameras=cameras)

    assert (alarm.button, alarm.note, alarm.code) == (button[:100], note[:2000], code[:60])
    assert alarm.camera_keys == [key[:63] for key in cameras]
    assert verify(AlarmLog.objects.filter(alarm=alarm)) == alarm.lines_written == 2


def test_alarms_of_every_kind_go_together_and_each_is_as_if_it_had_come_alone(town: Any) -> None:
    """Those that are alike share what is written of them; no column of one may be another's."""
    said: list[dict[str, Any]] = [
        {"level": "P1"},
        {"level": "P3", "kind": "drill", "button": "gym"},
        {"level": "P3", "duress": True},
        {"level": "P2", "presses": 7, "meaning": "fire"},
        {"level": "P9", "kind": "drill"},  # fewer than five real P1: those would be a mass event
    ]
    messages = [a.alarm_raised(**one) for one in said]
    together = [raising.Raised(town.school.located, message) for message in messages]

    assert raising.store(together, NOW) == [None] * len(said)

    def columns(message: Any) -> dict[str, Any]:
        return {**Alarm.objects.values().get(pk=message.alarm), "id": None}

    for message, one in zip(messages, said, strict=True):
        alone = a.alarm_raised(**one, pressed_at=message.pressed_at)
        raising.store([raising.Raised(town.school.located, alone)], NOW)
        assert columns(alone) == columns(message)


@given(
    notes=st.lists(TEXTS.filter(bool), min_size=2, max_size=2), told=st.lists(st.dictionaries(TEXTS, TEXTS), max_size=2)
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_changed_of_many_is_written_and_nothing_else(
    town: Any, notes: list[str], told: list[dict[str, str]]
) -> None:
    """Texts, numbers, instants, ids, JSON, an enumeration beside its word, nothing at all: each row gets its own."""
    one, other, third = (a.an_alarm(town.school, level="P3") for _ in range(3))
    one.closing_note, one.ladder, one.rung, one.lease_until = notes[0], told, 2, NOW
    other.closing_note, other.shared_with, other.duress = notes[1], town.centre, True
    one.verdict, other.verdict = Verdict.CONFIRMED, Verdict.FALSE.value
    third_before = Alarm.objects.values().get(pk=third.pk)

    changed = one.changed() | other.changed()
    bulk.update([one, other], sorted(changed))

    assert changed == {"closing_note", "ladder", "rung", "lease_until", "shared_with_id", "duress", "verdict"}
    for row in (one, other):
        again = Alarm.objects.get(pk=row.pk)
        assert {name: getattr(again, name) for name in changed} == {name: getattr(row, name) for name in changed}
        assert not again.changed()
    assert Alarm.objects.values().get(pk=third.pk) == third_before


def test_a_row_that_is_there_already_is_refused(town: Any) -> None:
    id = uuid7()
    write((id, "kst-012", 1, "alarm.raised", 1, NOW, None))

    with pytest.raises(IntegrityError), transaction.atomic():
        write((id, "kst-012", 2, "alarm.raised", 1, NOW, None))
    assert Inbox.objects.get().seq == 1


def test_among_many_only_those_named_are_found(town: Any) -> None:
    ids = [uuid7() for _ in range(1_200)]
    write(*((id, f"site-{number % 3}", number, "t", 1, NOW, None) for number, id in enumerate(ids)))

    assert set(Inbox.objects.filter(pk__among=set(ids[:1_100])).values_list("pk", flat=True)) == set(ids[:1_100])
    assert Inbox.objects.filter(site__among={"site-1", "o'hara"}).count() == 400
    assert Inbox.objects.filter(site__among=set()).count() == 0
