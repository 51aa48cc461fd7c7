"""What a thumb, a bad wire and a cut one do to a contact, and what becomes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgan.domain.contacts import (
    DEBOUNCE_S,
    UNSTABLE_AFTER_S,
    ContactReader,
    Health,
    Line,
    News,
    Pressed,
    Returned,
    read_line,
)
from qorgan.domain.gestures import DOUBLE_WITHIN_S, HOLD_S, Gesture, Understands

ASSIST, POLICE = Pressed(gesture=Gesture.ASSIST), Pressed(gesture=Gesture.POLICE)
WELL = Health(faults=())
Story = list[tuple[float, Line]]


def told(story: Story, until: float = 60.0, **reader: object) -> list[tuple[float, News]]:
    """What a reader says of a story, and when."""
    contact = ContactReader(**reader)  # type: ignore[arg-type]
    said: list[tuple[float, News]] = []

    def pass_time(to: float) -> None:
        while (deadline := contact.next_deadline()) is not None and deadline <= to:
            contact.on_deadline(deadline)
            said.extend((round(deadline, 3), news) for news in contact.take_news())

    for at, line in story:
        pass_time(at)
        contact.feed(line, at)
        said.extend((round(at, 3), news) for news in contact.take_news())
    pass_time(until)
    return said


def news(story: Story, **reader: object) -> list[News]:
    return [one for _, one in told([(0.0, Line.REST), *story], **reader)][1:]


def test_a_short_press_asks_for_assistance() -> None:
    assert [ASSIST, Returned()] == news([(1.0, Line.PRESSED), (1.3, Line.REST)])


def test_three_seconds_call_the_police_while_the_thumb_is_still_there() -> None:
    said = told([(0.0, Line.REST), (1.0, Line.PRESSED), (9.0, Line.REST)])
    assert [(DEBOUNCE_S, WELL), (round(1 + DEBOUNCE_S + HOLD_S, 3), POLICE), (9 + DEBOUNCE_S, Returned())] == said


def test_a_double_press_calls_the_police_and_is_one_alarm() -> None:
    presses = [(1.0, Line.PRESSED), (1.2, Line.REST), (1.5, Line.PRESSED), (1.7, Line.REST)]
    assert [POLICE, Returned()] == news(presses)


def test_two_presses_far_apart_are_two_requests_for_assistance() -> None:
    presses = [(1.0, Line.PRESSED), (1.2, Line.REST), (5.0, Line.PRESSED), (5.2, Line.REST)]
    assert [ASSIST, Returned(), ASSIST, Returned()] == news(presses)


def test_a_wire_cut_under_the_thumb_calls_the_police() -> None:
    """Somebody presses, and somebody else tears the button off the wall."""
    assert [POLICE, Health(faults=("line_open",))] == news([(1.0, Line.PRESSED), (1.5, Line.OPEN)])


def test_a_cut_and_a_short_wire_are_faults_and_never_rest_or_an_alarm() -> None:
    cut, short = Health(faults=("line_open",)), Health(faults=("line_short",))
    assert [cut, short, WELL] == news([(1.0, Line.OPEN), (2.0, Line.SHORT), (3.0, Line.REST)])
    levels = {
        read_line(pressed, rest) for pressed, rest in ((True, True), (False, False), (True, False), (False, True))
    }
    assert set(Line) == levels
    assert [Line.REST, Line.PRESSED] == [read_line(pressed, None) for pressed in (False, True)]


def test_a_bounce_is_nothing_and_one_that_never_ends_is_a_fault() -> None:
    assert [] == news([(1.0, Line.PRESSED), (1.01, Line.REST)])
    flicker = [(1.0 + n * 0.01, (Line.PRESSED, Line.REST)[n % 2]) for n in range(int(UNSTABLE_AFTER_S / 0.01) + 2)]
    assert [Health(faults=("line_unstable",)), WELL] == news(flicker)


def test_a_button_for_the_police_alone_does_not_wait() -> None:
    said = told([(0.0, Line.REST), (1.0, Line.PRESSED)], understands=Understands.POLICE)
    assert (round(1.0 + DEBOUNCE_S, 3), POLICE) == said[-1]


def test_a_contact_found_pressed_is_a_press_unless_it_is_the_one_from_before() -> None:
    found = [(0.0, Line.PRESSED)]
    assert POLICE in [one for _, one in told(found)]
    assert [WELL] == [one for _, one in told(found, was_pressed=True)]
    assert [Returned(), WELL] == [one for _, one in told([(0.0, Line.REST)], was_pressed=True)]


@given(
    st.lists(st.tuples(st.floats(0.03, 8.0), st.sampled_from([Line.PRESSED, Line.REST])), max_size=30),
    st.sampled_from(Understands),
)
def test_every_press_that_stood_becomes_an_alarm(steps: list[tuple[float, Line]], understands: Understands) -> None:
    """In whatever rhythm: after a press there is an alarm no later than HOLD_S or DOUBLE_WITHIN_S, and never a return
    without one."""
    story, at = [(0.0, Line.REST)], 0.0
    for pause, line in steps:
        at += pause
        story.append((at, line))
    said = told(story, until=at + 10.0, understands=understands)
    pressed_at = [now for (now, line), (_, before) in zip(story[1:], story, strict=False) if (line, before) == DOWN]
    for press in pressed_at:
        within = HOLD_S + DOUBLE_WITHIN_S + 3 * DEBOUNCE_S
        alarms = [now for now, one in said if isinstance(one, Pressed) and press <= now <= press + within + 0.002]
        assert alarms, (press, said)
    open_alarms = 0
    for _, one in said:
        open_alarms = open_alarms + 1 if isinstance(one, Pressed) else open_alarms
        if isinstance(one, Returned):
            assert open_alarms
            open_alarms = 0


DOWN = (Line.PRESSED, Line.REST)


@pytest.mark.parametrize("text", ["", "POLICE", "panic"])
def test_a_gesture_that_nobody_knows_is_for_the_police(text: str) -> None:
    assert Gesture.POLICE is Gesture.read(text)
