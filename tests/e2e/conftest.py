"""One town and one browser for all stories told through the console."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.support.console import Console, chromium, console
from tests.support.town import Town, running_town
from xdist.scheduler import LoadFileScheduling

from qorgan.demo.folder import WEB, Settled
from qorgan.demo.town import TOWN

CABLED = "kst-k03"


NO_TOWN = ("test_deeds", "test_desk", "test_player_files", "test_staff_page")


class OneTown(LoadFileScheduling):
    """There is one town, so one worker has all of its stories; files that need none go wherever there is room."""

    def _split_scope(self, nodeid: str) -> str:
        file = PurePosixPath(nodeid.split("::")[0])
        return file.stem if file.stem in NO_TOWN else "town"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneTown:
    return OneTown(config, log)


@pytest.fixture(scope="package")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Three schools, as in the demo. The kindergarten's link can be cut."""
    assert (WEB / "index.html").exists(), "the console is not built: run `make web`"
    with running_town(tmp_path_factory.mktemp("town"), TOWN, cabled=[CABLED], prepare=look_often) as town:
        yield town


def look_often(settled: Settled) -> None:
    """A fault wants several looks; the first school's analyst looks every two seconds, so that a story may wait."""
    with settled.schools[0].config.open("a", encoding="utf-8") as file:
        file.write("\n[analyst]\nevery_s = 2\n")


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
