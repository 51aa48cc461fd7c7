"""Kazakh, Russian, English: every screen in each, errors in words, and what is said when the centre is away."""

import pytest
from playwright.sync_api import expect
from tests.e2e.conftest import OpenWindow
from tests.support.console import SHOWN_WITHIN_MS, Console, words
from tests.support.town import Town

from qorgan.demo.check import HEAD, OFFICER

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
LANGUAGES = ("kk", "ru", "en")


def is_in(window: Console, language: str) -> None:
    """The page says that it is in this language, and no text is missing from what is on the screen."""
    expect(window.page.locator("html")).to_have_attribute("lang", language)
    assert window.raw_keys() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_speaks_the_language(town: Town, window: OpenWindow, language: str) -> None:
    said = words(language)
    with window(locale=f"{language}-KZ") as desk:
        expect(desk.see("submit")).to_have_text(said["session.sign_in"])
        is_in(desk, language)
        desk.see(f"language-{language}").click()
        desk.sign_in(OFFICER, town.settled.user_password)
        expect(desk.see("queue-empty")).to_contain_text(said["queue.empty"], timeout=SHOWN_WITHIN_MS)
        expect(desk.see("map")).to_be_visible(timeout=SHOWN_WITHIN_MS)
        is_in(desk, language)
        desk.page.keyboard.press("w")
        expect(desk.see("tile").first).to_be_visible(timeout=SHOWN_WITHIN_MS)
        is_in(desk, language)
        desk.go("/schools")
        expect(desk.see("school-row").first).to_be_visible(timeout=SHOWN_WITHIN_MS)
        is_in(desk, language)
        with town.sign_in(OFFICER) as officer:
            camera = officer.get(f"/api/schools/{school_of_the_head(town)}/cameras")["items"][0]
        desk.go(f"/cameras/{camera['id']}")
        expect(desk.see("recorded").first).to_be_visible(timeout=SHOWN_WITHIN_MS)
        is_in(desk, language)
        desk.sign_out()
        desk.sign_in(HEAD, town.settled.user_password)
        expect(desk.see("watches").or_(desk.see("watches-empty"))).to_be_visible(timeout=SHOWN_WITHIN_MS)
        expect(desk.see("camera-card").first).to_be_visible()
        is_in(desk, language)


def school_of_the_head(town: Town) -> str:
    with town.sign_in(HEAD) as head:
        return str(head.get("/api/session")["school"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_password_is_answered_in_words(window: OpenWindow, language: str) -> None:
    with window(locale=f"{language}-KZ") as door:
        door.sign_in(OFFICER, "not-the-password")
        problem = door.see("sign-in-problem")
        expect(problem).to_have_text(words(language)["problem.email_password_mismatch"], timeout=SHOWN_WITHIN_MS)
        is_in(door, language)


def test_when_the_centre_is_away_the_screen_says_so_and_comes_back_by_itself(town: Town, window: OpenWindow) -> None:
    with window() as desk:
        desk.sign_in(OFFICER, town.settled.user_password)
        expect(desk.see("queue-empty")).to_be_visible(timeout=SHOWN_WITHIN_MS)
        desk.page.keyboard.press("w")
        desk.until(lambda: (f := list(desk.frames().values())) and min(f) > 0, "the tiles play")
        desk.page.evaluate("window.sameWindow = true")
        town.kill("centre")
        expect(desk.see("offline")).to_be_visible(timeout=SHOWN_WITHIN_MS)
        expect(desk.see("tile", state="live")).to_have_count(0, timeout=SHOWN_WITHIN_MS)
        assert desk.raw_keys() == []
        expect(desk.see("offline")).to_have_count(0, timeout=SHOWN_WITHIN_MS)
        expect(desk.see("tile", state="live")).to_have_count(9, timeout=SHOWN_WITHIN_MS)
        assert desk.page.evaluate("window.sameWindow"), "without a reload"
