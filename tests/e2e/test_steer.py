"""An officer turns a camera from the console: the camera truly moves, and the ledger says who did it."""

from typing import Any

import httpx
import pytest
from playwright.sync_api import expect
from tests.e2e.conftest import OpenWindow
from tests.support.town import Town, until

from qorgan.demo.check import HEAD, OFFICER

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
SCHOOL, TURNS, FIXED = "kst-012", "porch", "hall"


def position(town: Town) -> list[float]:
    """Where the camera itself says that it looks."""
    sim = f"http://127.0.0.1:{town.settled.ports['sim']}/cameras/{SCHOOL}/{TURNS}/onvif"
    found: dict[str, Any] = httpx.get(sim, trust_env=False).raise_for_status().json()
    at: list[float] = found["position"]
    return at


def camera_id(town: Town, key: str) -> str:
    with town.sign_in(OFFICER) as officer:
        for school in officer.all("/api/schools"):
            for camera in officer.all(f"/api/schools/{school['id']}/cameras"):
                if (school["site"], camera["key"]) == (SCHOOL, key):
                    return str(camera["id"])
    raise AssertionError(f"there is no camera {SCHOOL}/{key}")


def test_an_officer_turns_a_camera_and_it_is_written_down(town: Town, window: OpenWindow) -> None:
    turns, fixed = (until(lambda key=key: camera_id(town, key), "the cameras are known") for key in (TURNS, FIXED))
    with window() as desk:
        desk.sign_in(OFFICER, town.settled.user_password)
        expect(desk.see("queue-empty")).to_be_visible()
        desk.go(f"/cameras/{turns}")
        desk.see("steer").click()
        expect(desk.see("steer-panel")).to_be_visible()

        desk.page.keyboard.down("ArrowRight")
        desk.until(lambda: position(town)[0] > 0, "the camera turns while the key is held")
        desk.page.keyboard.up("ArrowRight")
        stopped = desk.until(lambda: rests(town), "it stops when the key is let go")

        desk.see("steer-panel").locator("input").fill("Қақпа")
        desk.see("steer-remember").click()
        place = desk.see("steer-places").get_by_text("Қақпа")
        expect(place).to_be_visible()
        left = desk.see("steer-left")
        left.dispatch_event("pointerdown")
        desk.until(lambda: position(town)[0] < stopped[0], "a held button turns it back")
        left.dispatch_event("pointerup")
        desk.until(lambda: rests(town), "it stops when the button is let go")
        place.click()
        desk.until(lambda: position(town) == stopped, "it goes to the place that it remembers")
        assert [] == desk.raw_keys() == desk.errors

        desk.go(f"/cameras/{fixed}")
        desk.see("steer").click()
        expect(desk.see("steer-trouble")).to_contain_text(desk.words("problem.onvif_not_supported"))

    with town.sign_in(HEAD) as head:
        school = head.all("/api/schools")[0]["id"]
        lines = head.all(f"/api/schools/{school}/watches")
    assert ("ptz", turns) in [(line["action"], line["camera"]["id"]) for line in lines]


def rests(town: Town) -> list[float] | None:
    """Where it looks when it does not move between two questions."""
    before = position(town)
    return before if before == position(town) else None
