"""A town and an officer's console in Debian's Chromium, for the benchmarks that measure what a person sees."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright
from tests.support.console import SWITCHES

from benchmarks._measure import say
from qorgan.demo import folder, ports
from qorgan.demo.check import OFFICER
from qorgan.demo.run import Town, open_town
from qorgan.demo.town import TOWN
from qorgan.demo.visitor import Visitor

WAIT_MS = 60_000


@dataclass
class Desk:
    """A running town, its officer's console, and the same officer over HTTP."""

    town: Town
    page: Page
    officer: Visitor

    async def go(self, path: str) -> None:
        """Move inside the running console, as a click does: no reload."""
        await self.page.evaluate(
            "path => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate')); }", path
        )

    async def wait(self, script: str, argument: Any = None) -> Any:
        """What a script returns in the page when that is true for the first time."""
        handle = await self.page.wait_for_function(script, arg=argument, polling=20, timeout=WAIT_MS)
        return await handle.json_value()


@asynccontextmanager
async def open_desk() -> AsyncIterator[Desk]:
    """Start the town in a folder that vanishes, sign the officer in."""
    with tempfile.TemporaryDirectory(prefix="qorgan-bench-", ignore_cleanup_errors=True) as name:
        wished: dict[str, int] = {}
        for part in ("centre", *folder.USUAL_PORTS, *(f"node/{plan.site}" for plan in TOWN)):
            wished[part] = ports.choose(0, wished.values())
        settled = folder.settle(Path(name), TOWN, wished)
        async with (
            open_town(settled, say) as town,
            Visitor.signed_in(settled.url, OFFICER, settled.user_password) as officer,
            async_playwright() as playwright,
        ):
            program = shutil.which("chromium")
            browser = await playwright.chromium.launch(executable_path=program, args=list(SWITCHES))
            try:
                page = await browser.new_page(viewport={"width": 1920, "height": 1080})
                await _sign_in(page, settled.url, settled.user_password)
                yield Desk(town, page, officer)
            finally:
                await browser.close()


async def _sign_in(page: Page, url: str, password: str) -> None:
    await page.goto(url)
    await page.get_by_test_id("email").fill(OFFICER)
    await page.get_by_test_id("password").fill(password)
    await page.get_by_test_id("submit").click()
    await page.get_by_test_id("desk").wait_for(timeout=WAIT_MS)
