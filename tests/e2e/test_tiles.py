"""A tile says what is true of its camera, in words, and plays again when there is something to play."""

import httpx
import pytest
from playwright.sync_api import Locator, expect
from tests.e2e.conftest import OpenWindow
from tests.support.console import SHOWN_WITHIN_MS, Console
from tests.support.town import Person, Town

from qorgan.demo.check import OFFICER

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
SITE, CAMERA = "kst-c01", "gym"


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
        try:
            httpx.post(control, json={"fault": fault}, trust_env=False, timeout=60).raise_for_status()
            expect(desk.see("tile", camera=cameras[CAMERA], state=state)).to_be_visible(timeout=SHOWN_WITHIN_MS)
            expect(tile.get_by_test_id("tile-word")).to_have_text(desk.words(f"tile.{state}"))
            desk.until(lambda: tells(desk, tile, reason_of(officer, cameras[CAMERA])), "the reason of the centre's API")
            expect(desk.see("tile", state="live")).to_have_count(len(cameras) - 1)
        finally:
            httpx.delete(control, trust_env=False, timeout=60).raise_for_status()
        expect(desk.see("tile", state="live")).to_have_count(len(cameras), timeout=SHOWN_WITHIN_MS)


def tells(desk: Console, tile: Locator, reason: str) -> bool:
    """Whether the tile says this reason in words. Reasons change: a camera that hung up refuses a moment later."""
    said = tile.get_by_test_id("tile-reason").all_inner_texts()
    return bool(reason) and said == [desk.words(f"reason.{reason}")]


def reason_of(officer: Person, camera: str) -> str:
    """Why the centre says that the sub stream is not live; empty while it says no reason."""
    streams = officer.get(f"/api/cameras/{camera}")["streams"]
    reason = next(stream["reason"] for stream in streams if stream["stream"] == "sub")
    return "" if reason == "none" else str(reason)
