"""A town and an officer's console in Debian's Chromium, for the benchmarks that measure what a person sees."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright
from tests.support.console import SWITCHES

from benchmarks._measure import say
from qorgan.demo import folder, ports
from qorgan.demo.check import OFFICER, SECOND_OFFICER
from qorgan.demo.folder import Settled
from qorgan.demo.run import Town, open_town
from qorgan.demo.town import TOWN
from qorgan.demo.visitor import Visitor

WAIT_MS = 60_000


@dataclass
class Window:
    """An officer's console in a browser."""

    page: Page

    async def go(self, path: str) -> None:
        """Move inside the running console, as a click does: no reload."""
        await self.page.evaluate(
            "path => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate')); }", path
        )

    async def wait(self, script: str, argument: Any = None) -> Any:
        """What a script returns in the page when that is true for the first time."""
        handle = await self.page.wait_for_function(script, arg=argument, polling=20, timeout=WAIT_MS)
        return await handle.json_value()


@dataclass
class Desk(Window):
    """A running town, its officer's console, and the same officer and a second one over HTTP."""

    town: Town
    officer: Visitor
    second: Visitor

    async def cameras(self) -> list[str]:
        """The cameras of the schools that are linked, school by school."""
        listed = await self.officer.get("/api/schools")
        cameras: list[str] = []
        for school in listed["items"]:
            if school["cameras_total"]:
                found = await self.officer.get(f"/api/schools/{school['id']}/cameras")
                cameras += [camera["id"] for camera in found["items"]]
        return cameras

    async def second_window(self, path: str) -> Window:
        """Another window of the same browser, as on a second screen."""
        page = await self.page.context.new_page()
        await page.goto(f"{self.town.settled.url}{path}")
        return Window(page)


async def _unchanged(_: Settled) -> None:
    """Nothing to prepare."""


@asynccontextmanager
async def open_desk(prepare: Callable[[Settled], Awaitable[None]] = _unchanged) -> AsyncIterator[Desk]:
    """Start the town in a folder that vanishes, sign the officer in. `prepare` may change what was laid out in it."""
    with tempfile.TemporaryDirectory(prefix="qorgan-bench-", ignore_cleanup_errors=True) as name:
        wished: dict[str, int] = {}
        for part in ("centre", *folder.USUAL_PORTS, *(f"node/{plan.site}" for plan in TOWN)):
            wished[part] = ports.choose(0, wished.values())
        settled = folder.settle(Path(name), TOWN, wished)
        await prepare(settled)
        async with (
            open_town(settled, say) as town,
            Visitor.signed_in(settled.url, OFFICER, settled.user_password) as officer,
            Visitor.signed_in(settled.url, SECOND_OFFICER, settled.user_password) as second,
            open_window(settled) as window,
        ):
            yield Desk(window.page, town, officer, second)


@asynccontextmanager
async def open_window(settled: Settled) -> AsyncIterator[Window]:
    """Chromium with the duty desk of a running centre."""
    async with async_playwright() as playwright:
        program = shutil.which("chromium")
        browser = await playwright.chromium.launch(executable_path=program, args=list(SWITCHES))
        try:
            page = await (await browser.new_context(viewport={"width": 1920, "height": 1080})).new_page()
            await _sign_in(page, settled.url, settled.user_password)
            yield Window(page)
        finally:
            await browser.close()


async def _sign_in(page: Page, url: str, password: str) -> None:
    await page.goto(url)
    await page.get_by_test_id("email").fill(OFFICER)
    await page.get_by_test_id("password").fill(password)
    await page.get_by_test_id("submit").click()
    await page.get_by_test_id("desk").wait_for(timeout=WAIT_MS)
