"""Lines of a Sur-Gard receiver, as the manuals print them and as others send them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgan.domain.alarms import Level
from qorgan.domain.signals import Meaning, Nature, Phase
from qorgan.kernel.errors import Invalid
from qorgan.protocols.surgard import (
    MAX_LINE_BYTES,
    LineKind,
    LineReader,
    Overlong,
    parse_line,
    unknown_event,
    write_event,
    write_heartbeat,
)

MANUAL = b"5011 181234E12101001\x14"  # duress of account 1234


def test_the_line_of_the_manual_is_read_and_written() -> None:
    line = parse_line(MANUAL[:-1])
    assert (LineKind.EVENT, "01", "1", "1234") == (line.kind, line.receiver, line.line, line.account)
    assert line.event is not None
    assert (Meaning.DURESS, Level.P1, True) == (
        line.event.judgement.meaning,
        line.event.judgement.level,
        line.event.judgement.duress,
    )
    assert MANUAL == write_event("1234", "1121", partition="1", point="1")


@pytest.mark.parametrize(
    ("qualifier", "phase"),
    [
        ("E", Phase.NEW),
        ("1", Phase.NEW),
        ("R", Phase.RESTORED),
        ("3", Phase.RESTORED),
        ("P", Phase.STILL),
        ("6", Phase.STILL),
    ],
)
def test_both_ways_of_writing_the_qualifier_are_read(qualifier: str, phase: Phase) -> None:
    event = parse_line(f"5011 181234{qualifier}13001005".encode()).event
    assert event is not None and phase is event.judgement.phase
    assert event.code == {"E": "1", "R": "3", "P": "6"}.get(qualifier, qualifier) + "130"


@pytest.mark.parametrize(
    ("raw", "account", "code", "point"),
    [
        (b"3011    001234PA0005", "001234", "PA", "5"),
        (b"3011 1234NBA12", "1234", "BA", "12"),
        (b"3011    00ABCDFA0012", "00ABCD", "FA", "12"),
        (b"5011 18ABCDE12001005", "ABCD", "1120", "5"),
    ],
)
def test_events_of_both_formats_are_read(raw: bytes, account: str, code: str, point: str) -> None:
    line = parse_line(raw)
    assert line.event is not None
    assert (account, code, point) == (line.account, line.event.code, line.event.point)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (write_heartbeat()[:-1], LineKind.HEARTBEAT),
        (b"1011           @    ", LineKind.HEARTBEAT),
        (b"0011 [0000A00 OK]", LineKind.INTERNAL),
        (b"S011[#0000|NRR0]", LineKind.INTERNAL),
        (b"8011    1234  1 5 5 5 ", LineKind.OTHER),
        (b"1011     1234 A 05", LineKind.OTHER),
    ],
)
def test_other_lines_are_told_apart(raw: bytes, kind: LineKind) -> None:
    assert kind is parse_line(raw).kind


def test_a_format_that_is_not_read_is_an_alarm_for_a_human() -> None:
    event = unknown_event(parse_line(b"8011    1234  1 5 5 5 "))
    assert (Nature.ALARM, Meaning.UNKNOWN, Level.P2) == (
        event.judgement.nature,
        event.judgement.meaning,
        event.judgement.level,
    )
    assert "1234" in event.text


@pytest.mark.parametrize("raw", [b"", b"hello", b"\xff\xfe", b"5011 18\x001234E12001005", b"Z011 181234E12001005"])
def test_what_is_no_line_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid):
        parse_line(raw)


@given(st.lists(st.sampled_from([MANUAL, b"junk\x14", b"\x14", b"x" * 300, write_heartbeat()])), st.integers(1, 40))
def test_lines_are_found_however_the_stream_is_cut(parts: list[bytes], size: int) -> None:
    stream, reader = b"".join(parts), LineReader()
    pieces = [unit for at in range(0, len(stream), size) for unit in reader.feed(stream[at : at + size])]
    whole = list(LineReader().feed(stream))
    assert [unit for unit in whole if isinstance(unit, bytes)] == [unit for unit in pieces if isinstance(unit, bytes)]
    assert len(reader._held) <= MAX_LINE_BYTES


def test_a_line_without_an_end_is_thrown_away_and_the_next_one_is_read() -> None:
    reader = LineReader()
    units = [unit for _ in range(100) for unit in reader.feed(b"x" * 50)]
    assert [] == units and reader.unfinished
    units = list(reader.feed(b"tail\x14" + MANUAL))
    assert isinstance(units[0], Overlong) and MANUAL[:-1] == units[1]
