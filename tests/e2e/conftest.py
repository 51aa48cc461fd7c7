"""One town and one browser for all stories told through the console."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.support.console import Console, chromium, console
from tests.support.town import Town, running_town

from qorgan.demo.folder import WEB
from qorgan.demo.town import TOWN

CABLED = "kst-k03"


@pytest.fixture(scope="package")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Three schools, as in the demo. The kindergarten's link can be cut."""
    assert (WEB / "index.html").exists(), "the console is not built: run `make web`"
    with running_town(tmp_path_factory.mktemp("town"), TOWN, cabled=[CABLED]) as town:
        yield town


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, chromium(playwright) as browser:
        yield browser


class OpenWindow(Protocol):
    """Opens a console with nobody signed in; `locale` is what the browser asks for."""

    def __call__(self, *, locale: str = ...) -> AbstractContextManager[Console]: ...


@pytest.fixture
def window(browser: Browser, town: Town, tmp_path: Path) -> OpenWindow:
    def open_(*, locale: str = "ru-KZ") -> AbstractContextManager[Console]:
        return console(browser, town.url, locale=locale, evidence=tmp_path)

    return open_
