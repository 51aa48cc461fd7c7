"""One P1 from the press to the second signature, by two officers at two desks, with nothing but the keyboard."""

import pytest
from playwright.sync_api import expect
from tests.e2e.conftest import OpenWindow
from tests.support.console import Console
from tests.support.town import Town

from qorgan.demo.check import OFFICER, SECOND_OFFICER

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
SCHOOL, BUTTON = "kst-012", "hall"


def test_two_officers_handle_a_p1_by_keyboard_alone(town: Town, window: OpenWindow) -> None:
    with window() as first, window() as second:
        for desk, who in ((first, OFFICER), (second, SECOND_OFFICER)):
            desk.sign_in(who, town.settled.user_password)
            expect(desk.see("queue-empty")).to_be_visible()
        alarm = town.press(SCHOOL, BUTTON)
        for desk in (first, second):
            expect(desk.see("alarm-screen", alarm=alarm)).to_be_visible()
        first_owns(first, second)
        first_ticks_the_checklist(first)
        first_listens(first)
        the_school_rings_and_nothing_ends(first, second)
        press(first, "v", "1")
        expect(first.see("alarm-screen", state="confirmed")).to_be_visible()
        a_unit_is_sent_and_arrives(first)
        first_signs(first)
        second_signs(second)
        second_reviews(second)
        for desk in (first, second):
            expect(desk.see("queue-empty")).to_be_visible()
            assert desk.raw_keys() == []
    with town.sign_in(OFFICER) as officer:
        closed = officer.get(f"/api/alarms/{alarm}")
        report = officer.get(f"/api/alarms/{alarm}/after-action")
    assert closed["state"] == "reviewed" and closed["confirmed_by"]["id"] != closed["owner"]["id"]
    assert [line["action"] for line in closed["log"]][-3:] == ["signed", "closed", "reviewed"]
    assert [claim["by"] for claim in closed["claims"]] == ["Вахтёр Смағұлова"]
    assert report["checklist"]["done"] == 1
    measured = {(part["start"], part["end"]): part["seconds"] for part in report["intervals"]}
    assert measured[("pressed", "dispatched")] is not None and measured[("pressed", "closed")] is not None


def press(desk: Console, *keys: str) -> None:
    for key in keys:
        desk.page.keyboard.press(key)


def first_owns(first: Console, second: Console) -> None:
    """Whoever owns it sees so; the other one sees who, and has nothing to own any more."""
    expect(first.see("own")).to_be_visible()
    press(first, "a")
    expect(first.see("owner", mine="true")).to_be_visible()
    expect(second.see("owner", mine="false")).to_be_visible()
    expect(second.see("own")).to_have_count(0)


def first_ticks_the_checklist(first: Console) -> None:
    expect(first.see("checklist-item").first).to_be_visible()
    press(first, "k", "Space")
    done = first.page.locator('[data-testid="checklist-item"] input:checked')
    expect(done).to_have_count(1)
    first.page.evaluate("document.activeElement.blur()")


def first_listens(first: Console) -> None:
    """One of the cameras has a microphone: its picture alone has a speaker, which is off until it is pressed."""
    speaker = first.see("tile-sound")
    expect(speaker).to_have_count(1)
    expect(speaker).to_have_attribute("data-state", "off")
    speaker.press("Enter")
    expect(speaker).to_have_attribute("data-state", "playing")
    expect(speaker).to_have_attribute("aria-label", first.words("sound_of.stop"))
    speaker.press("Enter")
    expect(speaker).to_have_attribute("data-state", "off")
    first.page.evaluate("document.activeElement.blur()")


def the_school_rings_and_nothing_ends(first: Console, second: Console) -> None:
    """A mistake, says a voice on the telephone: both desks read who said it, and the alarm goes on."""
    press(first, "x")
    expect(first.see("phone-by")).to_be_focused()
    first.page.keyboard.type("Вахтёр Смағұлова")
    press(first, "Enter")
    for desk in (first, second):
        expect(desk.see("claim-cancel")).to_contain_text("Вахтёр Смағұлова")
        expect(desk.see("alarm-screen", state="owned")).to_be_visible()
    expect(first.see("phone-claim-form")).to_have_count(0)


def a_unit_is_sent_and_arrives(first: Console) -> None:
    """Sending takes a held key; accepting takes a name; then the unit's words come one by one."""
    expect(first.see("dispatch")).to_be_visible()
    first.hold("d", first.see("dispatch-call", state="offered"))
    press(first, "r")
    expect(first.see("accepter")).to_be_focused()
    first.page.keyboard.type("Капитан Сұлтанов")
    press(first, "Enter")
    expect(first.see("alarm-screen", state="dispatched")).to_be_visible()
    expect(first.see("dispatch-call", state="accepted")).to_be_visible()
    for state in ("en_route", "on_scene"):
        press(first, "r")
        expect(first.see("alarm-screen", state=state)).to_be_visible()
        expect(first.see("dispatch-call", state=state)).to_be_visible()


def first_signs(first: Console) -> None:
    """Without a note nobody signs a P1: Enter leads to the note, and Enter there signs."""
    press(first, "c", "2", "Enter")
    expect(first.see("note")).to_be_focused()
    first.page.keyboard.type("Еден жуушы байқамай басқан")
    press(first, "Enter")
    expect(first.see("waits-for-second")).to_be_visible()
    expect(first.see("sign-here")).to_have_count(0)


def second_signs(second: Console) -> None:
    expect(second.see("sign-here")).to_be_visible()
    expect(second.see("closing")).to_contain_text("Еден жуушы байқамай басқан")
    press(second, "Enter")


def second_reviews(second: Console) -> None:
    expect(second.see("alarm-screen", state="closed")).to_be_visible()
    press(second, "o")
    expect(second.see("review-note")).to_be_focused()
    press(second, "Tab", "Enter")
    expect(second.see("reviewed")).to_be_visible()
