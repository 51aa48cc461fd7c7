"""Frames and messages of DC-09, against the reference's vector and against codecs that are not ours."""

import random
import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from my_dc09_spt.msg.dc09_msg import dc09_msg
from siadc09.account import Account
from siadc09.message import AckMessage, DuhMessage, EventMessage, NullMessage, parse_frame
from siadc09.xdata import Data

from qorgan.kernel.errors import Invalid
from qorgan.protocols.dc09.answers import Answer, in_time, write_answer
from qorgan.protocols.dc09.frames import MAX_BODY_BYTES, Damage, Damaged, FrameReader, crc16, frame
from qorgan.protocols.dc09.messages import (
    Message,
    WrongKey,
    read_content,
    read_events,
    read_extensions,
    read_header,
    read_key,
    same_account,
    write_message,
)

NOW = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
VECTOR = b'\n7CB80027"ADM-CID"0002L0#1234[#1234|1120 01 005]\r'
KEYS = {
    "16 characters": "Ajax-key-16chars",
    "24 characters": "a key of 24 characters!!",
    "32 characters": "a key of thirty-two characters!!",
    "32 digits": "00112233445566778899aabbccddeeff",
    "48 digits": "00112233445566778899aabbccddeeff0011223344556677",
    "64 digits": "00112233445566778899AABBCCDDEEFF" * 2,
}
a_key = pytest.mark.parametrize("key", [read_key(key) for key in KEYS.values()], ids=KEYS)


def a_message(**changes: object) -> Message:
    fields: dict[str, object] = {"id": "ADM-CID", "seq": 2, "account": "1234", "data": "#1234|1120 01 005"}
    return Message(**{**fields, **changes})  # type: ignore[arg-type]


def read(data: bytes, key: bytes | None = None) -> Message:
    [body] = FrameReader().feed(data)
    assert isinstance(body, bytes), body
    return read_content(read_header(body), key)


def test_the_vector_of_the_reference_is_written_and_read() -> None:
    assert VECTOR == write_message(a_message())
    message = read(VECTOR)
    assert ("ADM-CID", 2, "1234", "0", None) == (
        message.id,
        message.seq,
        message.account,
        message.prefix,
        message.receiver,
    )
    [event] = read_events(message)
    assert ("1120", "1", "5") == (event.code, event.partition, event.point)


@pytest.mark.parametrize(("text", "length"), [(text, len(read_key(text))) for text in KEYS.values()])
def test_both_notations_of_a_key_are_read(text: str, length: int) -> None:
    assert length in (16, 24, 32)
    assert len(text) in (length, 2 * length)


def test_thirty_two_hexadecimal_digits_are_sixteen_bytes() -> None:
    assert bytes.fromhex(KEYS["32 digits"]) == read_key(KEYS["32 digits"])


@pytest.mark.parametrize("text", ["", "short", "g" * 33, "ключ" * 4, "a\n" * 8, "0" * 47])
def test_a_key_that_is_none_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_key(text)
    assert not text or text not in str(refused.value)


@a_key
def test_what_is_encrypted_comes_back(key: bytes) -> None:
    message = a_message(extensions=("LGym, 1st floor", "R204"), timestamp=NOW)
    data = write_message(message, key)
    assert b"1120" not in data
    back = read(data, key)
    assert back == a_message(extensions=message.extensions, timestamp=NOW, encrypted=True)
    assert data != write_message(message, key)  # the pad is new each time


@a_key
def test_another_key_reads_nothing(key: bytes) -> None:
    with pytest.raises(WrongKey):
        read(write_message(a_message(timestamp=NOW), key), bytes(len(key)))


@a_key
def test_their_codec_reads_what_we_write_and_we_what_it_writes(key: bytes) -> None:
    """`siadc09` implements DC-09-2026."""
    theirs = parse_frame(write_message(a_message(timestamp=NOW), key), keys=key)
    assert ("ADM-CID", 2, 0x1234, NOW) == (theirs.idtoken, theirs.seq, theirs.account.acct, theirs.timestamp)
    assert ("1", "120", 1, 5) == (
        theirs.data.event.qualifier,
        theirs.data.event.code,
        theirs.data.event.group,
        theirs.data.event.addr,
    )
    account = Account(acct=0xABCD, pref=0x12, rcvr=0x3, key=key)
    config = {"idtoken": "SIA-DCS", "seqno": 9_999, "data": Data(content=b"#ABCD|Nri1/PA5"), "timestamp": NOW}
    ours = read(EventMessage(account, config).encode(), key)
    assert ("SIA-DCS", 9_999, "ABCD", "12", "3") == (ours.id, ours.seq, ours.account, ours.prefix, ours.receiver)
    assert ["PA"] == [event.code for event in read_events(ours)]
    assert NOW == ours.timestamp and ours.encrypted


def test_their_codec_reads_our_answers() -> None:
    key = read_key(KEYS["16 characters"])
    account = Account(acct=0x1234, pref=0, rcvr=0x7, key=key)
    asked = read(NullMessage(account, timestamp=NOW, seqno=17).encode(), key)
    assert asked.is_null and asked.encrypted and asked.data == ""
    answer = parse_frame(write_answer(Answer.ACK, asked, NOW, key), keys=key)
    assert isinstance(answer, AckMessage) and answer.encrypted
    assert (17, 0x1234, NOW) == (answer.seq, answer.account.acct, answer.timestamp)
    duh = parse_frame(write_answer(Answer.DUH, asked, NOW, key))
    assert isinstance(duh, DuhMessage) and not duh.encrypted and 17 == duh.seq


def test_answers_are_those_of_the_standard() -> None:
    asked = a_message(seq=7, receiver="A", prefix="5")
    assert b'"ACK"0007RAL5#1234[]' == write_answer(Answer.ACK, asked, NOW, None)[9:-1]
    assert b'"DUH"0007RAL5#1234[]' == write_answer(Answer.DUH, asked, NOW, None)[9:-1]
    assert b'"NAK"0000R0L0A0[]_16:30:00,11-22-2026' == write_answer(Answer.NAK, asked, NOW, bytes(16))[9:-1]
    assert b"" == write_answer(Answer.SILENCE, asked, NOW, None)
    encrypted = write_answer(
        Answer.ACK, read(write_message(a_message(timestamp=NOW), bytes(16)), bytes(16)), NOW, bytes(16)
    )
    assert encrypted[9:].startswith(b'"*ACK"0002L0#1234[') and NOW == read(encrypted, bytes(16)).timestamp


@pytest.mark.parametrize("seconds", [-41, -40, -39, 0, 19, 20, 21])
def test_the_window_is_forty_seconds_back_and_twenty_ahead(seconds: int) -> None:
    message = a_message(timestamp=NOW + timedelta(seconds=seconds))
    assert (-40 <= seconds <= 20) is in_time(message, NOW)


def test_only_what_is_encrypted_must_have_a_timestamp() -> None:
    with pytest.raises(WrongKey):
        read(write_message(a_message(), bytes(16)), bytes(16))
    assert in_time(a_message(), NOW)
    assert not in_time(a_message(encrypted=True), NOW)


@pytest.mark.parametrize("stamp", ["_25:00:00,11-22-2026", "_12:00:00,13-22-2026", "_12:00,11-22-2026", ""])
def test_a_timestamp_that_makes_no_sense_is_none(stamp: str) -> None:
    assert read(frame(f'"NULL"0001L0#1234[]{stamp}'.encode())).timestamp is None


def test_the_crc_is_that_of_others() -> None:
    chance = random.Random(9)
    for _ in range(200):
        text = "".join(chance.choices(string.printable, k=chance.randint(0, 60)))
        assert dc09_msg.dc09crc(text) == crc16(text.encode("ascii"))


@given(
    st.lists(st.sampled_from([VECTOR, b"noise", b"\n", b"\r", b"\n7CB8", VECTOR[:-1], b"\n0000" + VECTOR[5:]])),
    st.data(),
)
def test_frames_are_found_however_the_stream_is_cut(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(parts)
    whole = [unit for unit in FrameReader().feed(stream) if isinstance(unit, bytes)]
    reader, pieces, at = FrameReader(), list[bytes](), 0
    while at < len(stream):
        size = data.draw(st.integers(1, 30))
        pieces += [unit for unit in reader.feed(stream[at : at + size]) if isinstance(unit, bytes)]
        at += size
    assert whole == pieces
    assert len(whole) >= sum(
        1 for at, part in enumerate(parts) if part == VECTOR and (at == 0 or parts[at - 1] in (VECTOR, b"\r", b"\n"))
    )


@pytest.mark.parametrize(
    ("bad", "damage"),
    [
        (VECTOR.replace(b"7CB8", b"7CB9"), Damage.CRC),
        (VECTOR.replace(b"0027", b"0028"), Damage.LENGTH),
        (VECTOR.replace(b"7CB8", b"7CX8"), Damage.HEADER),
        (VECTOR.replace(b"1120", b"1121"), Damage.CRC),
        (b"GET / HTTP/1.1\r", Damage.NOISE),
        (VECTOR[:20] + VECTOR, Damage.CUT),
        (b"\n" + b"x" * 5_000, Damage.OVERSIZE),
    ],
)
def test_what_is_no_frame_is_named_and_the_next_one_is_found(bad: bytes, damage: Damage) -> None:
    reader = FrameReader()
    units = [*reader.feed(bad), *reader.feed(VECTOR)]
    assert [damage] == [unit.damage for unit in units if isinstance(unit, Damaged)]
    assert VECTOR[9:-1] in units


def test_no_unfinished_frame_is_kept_beyond_its_size() -> None:
    reader = FrameReader()
    for _ in range(200):
        list(reader.feed(b"\nAAAA" + b"x" * 100))
        assert len(reader._held) <= MAX_BODY_BYTES + 10


@pytest.mark.parametrize(
    ("body", "account", "prefix"),
    [
        ('"NULL"0000#1234[]', "1234", "0"),  # no prefix, as some diallers have it
        ('"NULL"0000L0#1234[]', "1234", "0"),
        ('"ADM-CID"0001R1Lab#00ff12[#00ff12|1120 01 005]', "00FF12", "AB"),
        ('"NULL"0000L0[]', "", "0"),
    ],
)
def test_headers_come_in_variants(body: str, account: str, prefix: str) -> None:
    message = read(frame(body.encode()))
    assert (account, prefix) == (message.account, message.prefix)


def test_accounts_are_the_same_without_their_leading_zeros() -> None:
    assert same_account("00ab") == same_account("AB") != same_account("AB0")
    assert "0" == same_account("0000")


@pytest.mark.parametrize(
    "body", ["", "x", '"ADM-CID"12L0#1[]', '"adm-cid"0001L0#1[]', '"ADM-CID"0001L0#XYZ[]', '"NULL"0001']
)
def test_what_is_no_message_is_refused(body: str) -> None:
    with pytest.raises(Invalid):
        read_header(body.encode())


@pytest.mark.parametrize(
    ("extensions", "expected"),
    [
        (("J2",), {"path": 2}),
        (("G1",), {"path": 1}),
        (("G³",), {}),  # digits of the world that are no numbers
        (('J{"room": "204"}',), {"json": {"room": "204"}}),
        (("J{broken",), {}),
        (("H16:00:00,11-22-2026",), {"occurred_at": NOW - timedelta(minutes=30)}),
        (("Hnever",), {}),
        (("X71E25.1", "Y51N10.2", "Vhttps://clips.example/1", "TM"), {
            "longitude": "71E25.1", "latitude": "51N10.2", "verification": "https://clips.example/1", "trigger": "M",
        }),
        (("Q?", ""), {}),
    ],
)  # fmt: skip
def test_extended_data_is_read_by_its_shape(extensions: tuple[str, ...], expected: dict[str, object]) -> None:
    assert expected == read_extensions(a_message(extensions=extensions))


def test_texts_of_both_encodings_come_through_and_control_characters_do_not() -> None:
    utf8 = read(frame('"ADM-CID"0001L0#1[#1|1120 01 005][LСпортзал]'.encode()))
    cp1252 = read(frame('"ADM-CID"0001L0#1[#1|1120 01 005][Lcafé\x07]'.encode("cp1252")))
    assert ("LСпортзал",) == utf8.extensions
    assert ("Lcafé�",) == cp1252.extensions
