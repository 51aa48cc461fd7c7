"""Nodes in the field are old: what they send must be understood for ever, byte by byte as they send it."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.contract.link import samples

from qorgan.kernel.errors import Invalid
from qorgan.protocols.link import messages
from qorgan.protocols.link.messages import AlarmRaised, Envelope, Message, decode, decode_batch, encode

FILES = sorted(samples.GOLDEN.glob("*.msgpack"))
SAMPLES = samples.samples()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_was_sent_is_understood_as_it_was_meant(file: Path) -> None:
    data, meant = file.read_bytes(), SAMPLES[file.stem]

    if file.stem == "batch":
        assert decode_batch(data) == meant
        return
    understood = decode(data, type(meant))
    assert understood == meant
    if isinstance(understood, Envelope):
        assert understood.decode_body() == samples.body_of(file.stem)


@pytest.mark.parametrize("name", SAMPLES)
def test_we_still_send_it_in_the_same_bytes(name: str) -> None:
    """A node that is older than its centre, or the other way round, reads what it always read."""
    assert encode(SAMPLES[name]) == (samples.GOLDEN / f"{name}.msgpack").read_bytes()


def test_every_type_of_body_has_a_golden_file() -> None:
    assert set(messages.BODIES) == set(samples.BODIES)


@pytest.mark.parametrize("name", samples.BODIES)
def test_a_field_that_a_newer_node_adds_is_passed_over(name: str) -> None:
    fields: dict[str, Any] = msgspec.msgpack.decode(encode(samples.BODIES[name]))
    newer = msgspec.msgpack.encode({**fields, "invented_later": [1, {"a": None}]})

    assert decode(newer, messages.BODIES[name]) == samples.BODIES[name]


@pytest.mark.parametrize("name", samples.BODIES)
def test_a_body_cut_short_anywhere_is_invalid_and_nothing_worse(name: str) -> None:
    data = encode(samples.BODIES[name])
    for length in range(len(data)):
        with pytest.raises(Invalid):
            decode(data[:length], messages.BODIES[name])


def test_a_body_of_unknown_type_stays_raw_in_its_envelope() -> None:
    known = samples.envelope(samples.BODIES["inventory"])
    strange = msgspec.structs.replace(known, type="weather.changed")

    read = decode(encode(strange), Envelope)
    assert read.decode_body() is None
    assert bytes(read.body) == bytes(known.body)


@pytest.mark.parametrize("kind", [Envelope, AlarmRaised])
def test_lists_within_lists_are_invalid_and_nothing_worse(kind: type[Message]) -> None:
    """In a field that nobody knows, deeper than the decoder follows: few bytes, and no crash."""
    deep = b"\x81\xa1x" + b"\x91" * 5_000 + b"\xc0"
    with pytest.raises(Invalid):
        decode(deep, kind)
    with pytest.raises(Invalid):
        decode_batch(b"\x91" + deep)


def test_what_is_too_long_is_refused_before_it_is_read() -> None:
    with pytest.raises(Invalid, match="over the limit"):
        decode(b"\xc0" * (messages.MAX_MESSAGE_BYTES + 1), Envelope)
    with pytest.raises(Invalid, match="over the limit"):
        decode_batch(b"\x90" * (messages.MAX_MESSAGE_BYTES + 1))
