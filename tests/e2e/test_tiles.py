"""A tile says what is true of its camera, in words, and plays again when there is something to play."""

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, expect
from tests.e2e.conftest import OpenWindow
from tests.support.console import SHOWN_WITHIN_MS, Console, console
from tests.support.slow_relay import slow_relay
from tests.support.town import Person, Town

from qorgan.demo.check import OFFICER

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
SITE, CAMERA = "kst-c01", "gym"
SLOW_S = 3.0

# Counts how often in a row, ten times a second, a tile said live over a picture that had not changed for two seconds,
# and writes down each word that it said. On a busy machine the tile's own look may come after ours: once is no lie.
WATCH = """tile => {
  const video = tile.querySelector('video');
  const seen = window.__seen = {worst: 0, said: []};
  let [frames, changed, untold] = [0, performance.now(), 0];
  setInterval(() => {
    const now = video.getVideoPlaybackQuality().totalVideoFrames;
    if (now !== frames) [frames, changed] = [now, performance.now()];
    untold = performance.now() - changed > 2000 && tile.dataset.state === 'live' ? untold + 1 : 0;
    seen.worst = Math.max(seen.worst, untold);
  }, 100);
  new MutationObserver(() => {
    const behindMs = Math.round(window.__qorgan.tiles()[0]?.behindMs ?? -1);
    seen.said.push({word: tile.dataset.state, behindMs, at: Math.round(performance.now())});
  }).observe(tile, {attributeFilter: ['data-state']});
}"""
ONCE_IS_NO_LIE = 5


@pytest.mark.parametrize(("fault", "state"), [("stall", "stalled"), ("refuse", "failed")])
def test_a_camera_in_trouble_is_told_on_its_tile_alone(town: Town, window: OpenWindow, fault: str, state: str) -> None:
    control = f"http://127.0.0.1:{town.settled.ports['sim']}/cameras/{SITE}/{CAMERA}/fault"
    with window() as desk, town.sign_in(OFFICER) as officer:
        school = next(one["id"] for one in officer.all("/api/schools") if one["site"] == SITE)
        cameras = {one["key"]: one["id"] for one in officer.get(f"/api/schools/{school}/cameras")["items"]}
        desk.sign_in(OFFICER, town.settled.user_password)
        expect(desk.see("desk")).to_be_visible(timeout=SHOWN_WITHIN_MS)
        desk.go(f"/wall?school={school}&tiles=9")
        expect(desk.see("tile", state="live")).to_have_count(len(cameras), timeout=SHOWN_WITHIN_MS)
        tile = desk.see("tile", camera=cameras[CAMERA])
        tile.evaluate(WATCH)
        try:
            httpx.post(control, json={"fault": fault}, trust_env=False, timeout=60).raise_for_status()
            expect(desk.see("tile", camera=cameras[CAMERA], state=state)).to_be_visible(timeout=SHOWN_WITHIN_MS)
            expect(tile.get_by_test_id("tile-word")).to_have_text(desk.words(f"tile.{state}"))
            desk.until(lambda: tells(desk, tile, reason_of(officer, cameras[CAMERA])), "the reason of the centre's API")
            expect(desk.see("tile", state="live")).to_have_count(len(cameras) - 1)
        finally:
            httpx.delete(control, trust_env=False, timeout=60).raise_for_status()
        expect(desk.see("tile", state="live")).to_have_count(len(cameras), timeout=SHOWN_WITHIN_MS)
        assert desk.page.evaluate("() => window.__seen.worst") < ONCE_IS_NO_LIE


def test_a_picture_that_comes_late_is_never_taken_for_the_present(town: Town, browser: Browser, tmp_path: Path) -> None:
    """Between the centre and this browser everything takes three seconds: pictures, events, and what the time is."""
    with (
        slow_relay(town.settled.ports["centre"]) as relay,
        console(browser, f"http://127.0.0.1:{relay.port}", evidence=tmp_path) as desk,
        town.sign_in(OFFICER) as officer,
    ):
        school = next(one["id"] for one in officer.all("/api/schools") if one["site"] == SITE)
        desk.sign_in(OFFICER, town.settled.user_password)
        expect(desk.see("desk")).to_be_visible(timeout=SHOWN_WITHIN_MS)
        desk.go(f"/wall?school={school}&tiles=1")
        expect(desk.see("tile", state="live")).to_have_count(1, timeout=SHOWN_WITHIN_MS)
        tile = desk.see("tile")
        tile.evaluate(WATCH)
        relay.delay_s = SLOW_S
        expect(desk.see("tile", state="behind")).to_be_visible(timeout=SHOWN_WITHIN_MS)
        desk.page.evaluate("() => { window.__seen.said = [] }")
        drawn = desk.until(lambda: sum(desk.frames().values()), "pictures that came late are drawn")
        desk.until(lambda: sum(desk.frames().values()) > drawn + 20, "they go on")
        said = int(re.sub(r"\D", "", tile.get_by_test_id("tile-age").inner_text()))
        assert SLOW_S <= said, "the age is told in seconds"
        said_since = desk.page.evaluate("() => window.__seen.said")
        assert "live" not in [one["word"] for one in said_since], said_since

        relay.delay_s = 0.0
        expect(desk.see("tile", state="live")).to_have_count(1, timeout=SHOWN_WITHIN_MS)
        expect(tile.get_by_test_id("tile-age")).to_have_count(0)
        assert desk.page.evaluate("() => window.__seen.worst") < ONCE_IS_NO_LIE


def tells(desk: Console, tile: Locator, reason: str) -> bool:
    """Whether the tile says this reason in words. Reasons change: a camera that hung up refuses a moment later."""
    said = tile.get_by_test_id("tile-reason").all_inner_texts()
    return bool(reason) and said == [desk.words(f"reason.{reason}")]


def reason_of(officer: Person, camera: str) -> str:
    """Why the centre says that the sub stream is not live; empty while it says no reason."""
    streams = officer.get(f"/api/cameras/{camera}")["streams"]
    reason = next(stream["reason"] for stream in streams if stream["stream"] == "sub")
    return "" if reason == "none" else str(reason)
