"""What other services are told: valid by OASIS' own schema, in Kazakh and Russian, never a drill taken for the real."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from qorgan.domain.alarms import Disposition, Kind, Level
from qorgan.domain.places import LocalText
from qorgan.domain.signals import Meaning
from qorgan.kernel.errors import Invalid
from qorgan.protocols.cap.alarms import (
    ActionFacts,
    AlarmFacts,
    Line,
    Sender,
    Site,
    action_messages,
    alarm_messages,
)
from qorgan.protocols.cap.document import Alert, moment, to_xml

PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
SCHEMA = etree.XMLSchema(etree.parse(str(Path(__file__).with_name("CAP-v1.2.xsd")), PARSER))
NS = {"cap": "urn:oasis:names:tc:emergency:cap:1.2"}
AT = datetime(2026, 11, 22, 7, 44, 0, 600_000, tzinfo=UTC)
SENDER = Sender(id="centre@kst.example", name=LocalText(kk="Қостанай ЖБО", ru="ЦОУ Костанай", en="Qostanai OC"))
SITE = Site(
    site="kst-012",
    name=LocalText(kk="№12 мектеп", ru="Школа № 12", en="School 12"),
    address=LocalText(kk="Абай даңғылы, 12", ru="пр. Абая, 12"),
    latitude=53.2144,
    longitude=63.6246,
    codes=(("P-code", "KZ391000"),),
)


def an_alarm(**said: Any) -> AlarmFacts:
    known: dict[str, Any] = {
        "id": UUID("01926f6e-0000-7000-8000-000000000001"),
        "site": SITE,
        "place": LocalText(kk="Фойе, 1-қабат", ru="Фойе, 1 этаж"),
        "level": Level.P1,
        "kind": Kind.REAL,
        "meaning": "panic",
        "code": "1120",
        "duress": False,
        "source": "panel.dc09",
        "pressed_at": AT,
    }
    return AlarmFacts(**(known | said))


def a_log(*actions: str, disposition: str = "true") -> list[Line]:
    return [
        Line(
            number=number,
            at=AT + timedelta(seconds=number),
            action=action,
            disposition=disposition if action == "closed" else "",
        )
        for number, action in enumerate(actions, 1)
    ]


def parsed(alert: Alert) -> Any:
    """The document, after the schema has said that it is one."""
    document = etree.fromstring(to_xml(alert), PARSER)
    SCHEMA.assertValid(document)
    return document


def said(document: Any, path: str) -> list[str]:
    return [str(found.text) for found in document.iterfind(path, NS)]


WHOLE = ("pressed", "stored", "presented", "owned", "confirmed", "dispatched", "en_route", "on_scene", "closed")


def test_an_alarm_is_an_alert_then_updates_then_an_all_clear() -> None:
    messages = alarm_messages(an_alarm(), a_log(*WHOLE), SENDER)
    documents = [parsed(one) for one in messages]

    assert [said(one, "cap:msgType")[0] for one in documents] == ["Alert"] + ["Update"] * 6
    assert said(documents[0], "cap:references") == []
    assert said(documents[2], "cap:references")[0] == (
        "centre@kst.example,01926f6e-0000-7000-8000-000000000001.2,2026-11-22T12:44:02+05:00 "
        "centre@kst.example,01926f6e-0000-7000-8000-000000000001.4,2026-11-22T12:44:04+05:00"
    )
    assert said(documents[2], "cap:info/cap:certainty") == ["Observed", "Observed"]
    assert said(documents[-1], "cap:info/cap:responseType") == ["AllClear", "AllClear"]
    assert said(documents[-1], "cap:info/cap:urgency") == ["Past", "Past"]
    assert len({one.identifier for one in messages}) == len(messages)


def test_every_message_speaks_kazakh_and_russian_and_english_when_it_is_wished() -> None:
    (alert,) = alarm_messages(an_alarm(), a_log("pressed", "stored"), SENDER)
    document = parsed(alert)

    assert said(document, "cap:info/cap:language") == ["kk-KZ", "ru-KZ"]
    assert said(document, "cap:info/cap:headline") == [
        "Дабыл түймесі басылды: №12 мектеп, Фойе, 1-қабат",
        "Нажата тревожная кнопка: Школа № 12, Фойе, 1 этаж",
    ]
    assert said(document, "cap:sent") == ["2026-11-22T12:44:02+05:00"]
    assert said(document, "cap:info/cap:area/cap:circle")[0] == "53.214400,63.624600 0.3"
    english = Sender(id=SENDER.id, name=SENDER.name, english=True)
    third = parsed(alarm_messages(an_alarm(), a_log("pressed", "stored"), english)[0])
    assert said(third, "cap:info/cap:language") == ["kk-KZ", "ru-KZ", "en-KZ"]


@pytest.mark.parametrize(("kind", "status"), [(Kind.REAL, "Actual"), (Kind.DRILL, "Exercise"), (Kind.TEST, "Test")])
def test_a_drill_and_a_test_are_marked_for_machines_and_for_people(kind: Kind, status: str) -> None:
    for alert in alarm_messages(an_alarm(kind=kind), a_log(*WHOLE), SENDER):
        document = parsed(alert)
        assert said(document, "cap:status") == [status]
        (_, russian) = said(document, "cap:info/cap:headline")
        assert russian.startswith({"real": "Нажата", "drill": "УЧЕБНАЯ ТРЕВОГА. ", "test": "ПРОВЕРКА. "}[kind])


@pytest.mark.parametrize("disposition", [one for one in Disposition if one is not Disposition.TRUE])
def test_what_was_a_mistake_is_cancelled_and_says_why(disposition: Disposition) -> None:
    *_, last = alarm_messages(
        an_alarm(), a_log("stored", "owned", "refuted", "closed", disposition=disposition), SENDER
    )
    document = parsed(last)

    assert said(document, "cap:msgType") == ["Cancel"]
    assert said(document, "cap:note")[0]
    assert len(said(document, "cap:references")[0].split()) == 3


def test_under_duress_nobody_calls_back() -> None:
    (alert,) = alarm_messages(an_alarm(duress=True), a_log("stored"), SENDER)
    kazakh, russian = said(parsed(alert), "cap:info/cap:instruction")

    assert kazakh.startswith("Мектепке қоңырау шалмаңыз") and russian.startswith("Не звоните в школу")


@pytest.mark.parametrize("meaning", [*Meaning, "", "from_the_future"])
@pytest.mark.parametrize("level", Level)
def test_whatever_the_way_in_meant_there_are_words_for_it(meaning: str, level: Level) -> None:
    document = parsed(alarm_messages(an_alarm(meaning=str(meaning), level=level), a_log("stored"), SENDER)[0])

    assert all(said(document, "cap:info/cap:event"))


def test_lines_that_are_the_centres_own_affair_reach_nobody() -> None:
    log = a_log("pressed", "stored", "presented", "escalated", "claim", "note", "shelved", "reviewed")

    assert len(alarm_messages(an_alarm(), log, SENDER)) == 1


def test_an_operators_alarm_begins_with_its_first_line() -> None:
    (alert,) = alarm_messages(an_alarm(source="operator"), a_log("raised", "presented"), SENDER)

    assert "Тревогу внёс оператор" in said(parsed(alert), "cap:info/cap:description")[1]


def test_a_log_that_does_not_begin_with_the_store_gives_nothing() -> None:
    assert alarm_messages(an_alarm(), a_log("owned", "closed"), SENDER) == []


@settings(deadline=None)
@given(st.text(), st.text(min_size=1), st.datetimes(timezones=st.just(UTC)), st.floats(-90, 90), st.floats(-180, 180))
def test_whatever_a_school_wrote_the_document_is_valid(
    place: str, code: str, pressed: datetime, latitude: float, longitude: float
) -> None:
    site = Site(
        site="kst-012",
        name=LocalText(kk=place or "x", ru=code),
        address=LocalText(kk=code),
        latitude=latitude,
        longitude=longitude,
    )
    try:
        pressed.astimezone(UTC) + timedelta(days=1)
        pressed - timedelta(days=1)
    except OverflowError:
        return  # intake stores no such instant
    facts = an_alarm(place=LocalText(kk=place or "x"), code=code, meaning=code, site=site, pressed_at=pressed)
    parsed(alarm_messages(facts, a_log("stored"), SENDER)[0])


def test_an_action_is_an_alert_until_the_all_clear() -> None:
    def fact(number: int, action: str) -> ActionFacts:
        at = AT + timedelta(minutes=number)
        return ActionFacts(id=UUID(int=number), site=SITE, action=action, kind=Kind.REAL, at=at, received_at=at)

    messages = action_messages([fact(1, "secure"), fact(2, "lockdown"), fact(3, "all_clear")], SENDER)
    documents = [parsed(one) for one in messages]

    assert [said(one, "cap:msgType")[0] for one in documents] == ["Alert", "Update", "Update"]
    assert [said(one, "cap:info/cap:responseType")[0] for one in documents] == ["Shelter", "Shelter", "AllClear"]
    assert said(documents[1], "cap:info/cap:headline")[1].startswith("Школа № 12: ")
    parsed(action_messages([fact(4, "dance")], SENDER)[0])


def test_times_have_an_offset_and_never_a_z() -> None:
    assert moment(AT) == "2026-11-22T07:44:00-00:00"
    with pytest.raises(Invalid):
        moment(AT.replace(tzinfo=None))


@pytest.mark.parametrize("id", ["", "two words", "a,b", "a<b", "a&b"])
def test_a_sender_that_references_could_not_name_is_refused(id: str) -> None:
    with pytest.raises(Invalid):
        alarm_messages(an_alarm(), a_log("stored"), Sender(id=id, name=SENDER.name))
