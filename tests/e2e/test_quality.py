"""A camera that is turned away opens a drift, which shows what school and police had signed and what is seen now."""

from typing import Any

import httpx
import pytest
from playwright.sync_api import expect
from tests.e2e.conftest import OpenWindow
from tests.support.console import SHOWN_WITHIN_MS
from tests.support.town import Person, Town, until

from qorgan.demo.check import HEAD, OFFICER

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
SITE, CAMERA = "kst-012", "yard"
DRIFT_MS = 120_000  # what the issue allows


def test_a_camera_that_was_moved_shows_what_was_approved_and_what_it_sees_now(town: Town, window: OpenWindow) -> None:
    fault = f"http://127.0.0.1:{town.settled.ports['sim']}/cameras/{SITE}/{CAMERA}/fault"
    with town.sign_in(HEAD) as head, town.sign_in(OFFICER) as police:
        camera = the_camera(head)
        approve(head, police, camera)
    with window() as officer:
        officer.sign_in(OFFICER, town.settled.user_password)
        expect(officer.see("desk")).to_be_visible(timeout=SHOWN_WITHIN_MS)
        officer.go(f"/cameras/{camera}/quality")
        expect(officer.see("view-in-use")).to_have_attribute("data-in-use", "true", timeout=DRIFT_MS)
        httpx.post(fault, json={"fault": "moved"}, trust_env=False, timeout=60).raise_for_status()
        try:
            drift = officer.page.locator("[data-testid=spell][data-fault=moved][data-open=true]")
            expect(drift).to_be_visible(timeout=DRIFT_MS)
            for shown in ("still-before", "still-then"):
                picture = drift.get_by_test_id(shown).locator("img")
                expect(picture).to_be_visible(timeout=DRIFT_MS)
                until(lambda picture=picture: picture.evaluate("one => one.naturalWidth > 0"), "the picture is there")
            officer.go("/quality")
            expect(officer.page.locator(f"[data-testid=quality-line][data-camera='{camera}']")).to_be_visible()
            assert officer.raw_keys() == []
        finally:
            httpx.delete(fault, trust_env=False, timeout=60).raise_for_status()


def the_camera(head: Person) -> str:
    (school,) = head.get("/api/schools")["items"]
    cameras = head.get(f"/api/schools/{school['id']}/cameras")["items"]
    return str(next(one["id"] for one in cameras if one["key"] == CAMERA))


def approve(head: Person, police: Person, camera: str) -> None:
    """As at commissioning: a picture of now, signed by the school, then by the police."""
    wish: dict[str, Any] = {"at": None, "stream": "sub", "purpose": "own_school"}
    frame = head.post(f"/api/cameras/{camera}/frames", wish)
    view = head.post(f"/api/cameras/{camera}/views", {"period": "day", "frame": frame["id"]})
    for one in (head, police):
        view = one.post(f"/api/views/{view['id']}/signature", {})
    assert view["state"] == "approved"
