"""The console in a real Chromium, driven as a person drives it. Everything is found by `data-testid`."""

import contextlib
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Browser, BrowserType, Locator, Page, Playwright, expect

LOCALES = Path(__file__).resolve().parents[2] / "web" / "src" / "locales"
SHOWN_WITHIN_MS = 60_000  # generous: other work may run on the machine
SWITCHES = (
    "--no-sandbox",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)
T = TypeVar("T")

expect.set_options(timeout=SHOWN_WITHIN_MS)  # Playwright itself gives 5 s


@contextlib.contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium: it decodes H.264, which Playwright's own does not."""
    with launched(playwright.chromium) as browser:
        yield browser


@contextlib.contextmanager
def launched(kind: BrowserType, *switches: str) -> Iterator[Browser]:
    """The same with further switches, beside one that runs (`browser.browser_type`)."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(path for name in names if (path := shutil.which(name)))
    browser = kind.launch(executable_path=program, args=[*SWITCHES, *switches])
    try:
        yield browser
    finally:
        browser.close()


@cache
def words(language: str) -> dict[str, str]:
    """Every text of the console in one language, by its key: `session.sign_in` → the words."""
    return dict(_flat(json.loads((LOCALES / f"{language}.json").read_text("utf-8")), ""))


def _flat(tree: dict[str, Any], before: str) -> Iterator[tuple[str, str]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


@cache
def _key() -> re.Pattern[str]:
    rooms = "|".join(sorted({key.split(".")[0] for key in words("en")}))
    return re.compile(rf"\b(?:{rooms})\.[a-z_]+(?:\.\w+)*\b")


class Console:
    """One window. `errors` is what went wrong in its scripts."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.errors: list[str] = []
        page.set_default_timeout(SHOWN_WITHIN_MS)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def see(self, testid: str, **attributes: str) -> Locator:
        """What has this test id and these `data-` attributes."""
        extra = "".join(f'[data-{name}="{value}"]' for name, value in attributes.items())
        return self.page.locator(f'[data-testid="{testid}"]{extra}')

    def go(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    def sign_in(self, email: str, password: str) -> None:
        self.see("email").fill(email)
        self.see("password").fill(password)
        self.see("submit").click()

    def sign_out(self) -> None:
        self.see("user-menu").click()
        self.see("sign-out").click()
        expect(self.see("sign-in")).to_be_visible(timeout=SHOWN_WITHIN_MS)
        expect(self.page).to_have_url(f"{self.url}/")

    def until(self, seen: Callable[[], T], what: str, *, within_s: float = SHOWN_WITHIN_MS / 1000) -> T:
        """What `seen` returned when it was true for the first time. The page goes on meanwhile."""
        deadline = time.monotonic() + within_s
        while not (found := seen()):
            assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {what}; at the end: {found!r}"
            self.page.wait_for_timeout(100)
        return found

    def frames(self) -> dict[str, int]:
        """Frames that the browser's decoder has given, by camera, of every live tile on the screen."""
        tiles = self.page.evaluate("() => (window.__qorgan?.tiles() ?? []).map(t => [t.camera, t.framesDecoded])")
        return dict(tiles)

    def decoded(self, inside: str) -> int:
        """Frames that the browser's decoder has given to the one `<video>` inside of a test id."""
        script = "video => video.getVideoPlaybackQuality().totalVideoFrames"
        return int(self.see(inside).locator("video").evaluate(script))

    def hold(self, key: str, until: Locator) -> None:
        """Keep a key down until something is seen."""
        self.page.keyboard.down(key)
        try:
            expect(until).to_be_visible(timeout=SHOWN_WITHIN_MS)
        finally:
            self.page.keyboard.up(key)

    def words(self, key: str) -> str:
        """What stands under a key in the language of this window."""
        language = self.page.locator("html").get_attribute("lang")
        assert language is not None
        return words(language)[key]

    def raw_keys(self) -> list[str]:
        """Keys of texts that stand on the screen in place of their words; in labels and titles too."""
        script = """() => [document.body.innerText, ...[...document.querySelectorAll('*')].flatMap(
            e => ['aria-label', 'title', 'placeholder', 'alt'].map(name => e.getAttribute(name) ?? ''))].join('\\n')"""
        return _key().findall(self.page.evaluate(script))


@contextlib.contextmanager
def console(browser: Browser, url: str, *, locale: str = "ru-KZ", evidence: Path) -> Iterator[Console]:
    """A fresh window with nobody signed in. When the test fails, a picture of it is left in `evidence`."""
    context = browser.new_context(locale=locale, timezone_id="Asia/Almaty", viewport={"width": 1600, "height": 900})
    try:
        window = Console(context.new_page(), url)
        window.go("/")
        try:
            yield window
        except BaseException:
            window.page.screenshot(path=evidence / "screen.png")
            print(f"the screen at the end: {evidence / 'screen.png'}; errors of the page: {window.errors}")
            raise
        assert not window.errors, window.errors
    finally:
        context.close()
