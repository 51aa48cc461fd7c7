"""What a radio button says: a press that cannot be read is a press, a state that cannot be read says nothing."""

from uuid import uuid4

import pytest

from qorgan.domain.alarms import Kind
from qorgan.domain.gestures import Gesture
from qorgan.kernel.errors import Invalid
from qorgan.protocols.radio import MAX_PAYLOAD, read_press, read_state, read_topic

HOSTILE = {
    "nothing": b"",
    "no text": b"\xff\x00\xfe",
    "brackets within brackets": b'{"x":' + b"[" * 4_000,
    "objects within objects": b'{"x":' * 800 + b"1" + b"}" * 800,
    "too long": b'{"press":"' + b"9" * MAX_PAYLOAD + b'"}',
    "a number": b'{"press": 1e999, "online": 7, "battery": "full"}',
    "a list": b"[]",
}


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
def test_whatever_is_pressed_is_a_press_and_the_same_one_for_a_minute(payload: bytes) -> None:
    press = read_press("badge-7", payload, 60.0)
    assert (press.readable, press.gesture, press.kind) == (False, Gesture.POLICE, Kind.REAL)
    assert press == read_press("badge-7", payload, 119.9)
    assert press.press not in {read_press("badge-7", payload, 120.0).press, read_press("badge-8", payload, 60.0).press}


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
def test_a_state_that_cannot_be_read_is_refused(payload: bytes) -> None:
    with pytest.raises(Invalid):
        read_state(payload)


def test_words_that_a_newer_button_knows_do_not_hide_its_press() -> None:
    said = f'{{"press": "{uuid4()}", "gesture": "wave", "kind": "rehearsal", "signal": -70}}'.encode()
    press = read_press("badge-7", said, 0.0)
    assert (press.readable, press.gesture, press.kind) == (True, Gesture.POLICE, Kind.REAL)


def test_a_weak_battery_and_an_opened_case_are_faults() -> None:
    assert read_state(b'{"battery": 19, "tamper": true}').faults == ("battery_low", "tamper")
    assert read_state(b'{"battery": 20}').faults == ()


@pytest.mark.parametrize(
    "topic", ["", "qorgan/kst-013/button/badge-7/press", "qorgan/kst-012/button/badge-7/lamp", "a/b/c/d/e/f"]
)
def test_topics_of_others_are_not_ours(topic: str) -> None:
    assert read_topic("kst-012", topic) is None
