"""A badly placed camera drifts from its approved view, is remarked, moved, measured, verified; an inspection outlives a
school without a network."""

import struct
import zlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect
from tests.e2e.conftest import OpenWindow
from tests.support.console import Console
from tests.support.town import Person, Town, until

from qorgan.demo.check import HEAD, OFFICER

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
SITE, CAMERA = "kst-012", "yard"
DRIFT_MS = 120_000  # what the issue allows
INSPECTOR = "inspector@qorgan.demo"
TURNED = -25.0
WORKER_READY = """async () => {
    await navigator.serviceWorker.ready;
    return navigator.serviceWorker.controller !== null;
}"""


def test_a_badly_placed_camera_is_remarked_moved_measured_and_verified(town: Town, window: OpenWindow) -> None:
    """The simulated camera is really turned away, and really turned back: what is measured says so both times."""
    fault = f"http://127.0.0.1:{town.settled.ports['sim']}/cameras/{SITE}/{CAMERA}/fault"
    camera = camera_of(town)
    with town.sign_in(HEAD) as school, town.sign_in(OFFICER) as police:
        approve(school, police, camera)
    with window() as inspector, window(locale="kk-KZ") as head:
        inspector.sign_in(INSPECTOR, town.settled.user_password)
        expect(inspector.see("schools")).to_be_visible()
        inspector.go(f"/cameras/{camera}/quality")
        expect(inspector.see("view-in-use")).to_have_attribute("data-in-use", "true", timeout=DRIFT_MS)
        httpx.post(fault, json={"fault": "moved"}, trust_env=False, timeout=60).raise_for_status()
        try:
            drifted(inspector, camera)
            inspector.go(f"/cameras/{camera}")
            remark = written(inspector)
            head.sign_in(HEAD, town.settled.user_password)
            head.see("nav-remarks").click()
            head.see("remark-row", remark=remark).locator("a").click()
            done(head, "accept", "accepted")
        finally:
            httpx.delete(fault, trust_env=False, timeout=60).raise_for_status()
        drawn_turned(town, camera)
        sees_as_approved(town, camera)
        fixed(head)
        assert head.see("deed-verify").count() == 0, "who fixed it verifies it"

        expect(inspector.see("remark-screen", state="fixed")).to_be_visible()  # it heard of it by itself
        expect(inspector.see("before-after").get_by_test_id("remark-frame")).to_have_count(2)
        inspector.see("compare-over").click()
        expect(inspector.see("compare-slide")).to_be_visible()
        expect(inspector.see("measured")).to_be_visible()
        expect(inspector.see("plan-changed-since")).to_be_visible()
        measured_before_and_after(town, remark)
        done(inspector, "verify", "verified")
        done(inspector, "close", "closed")
        deeds = [line.get_attribute("data-deed") for line in inspector.see("thread-line").all()]
        assert deeds == ["issue", "accept", "fix", "verify", "close"]
        assert inspector.raw_keys() == [] and head.raw_keys() == []


def test_an_inspection_outlives_a_school_without_a_network(town: Town, window: OpenWindow, tmp_path: Path) -> None:
    """Taken along, filled in and signed offline, over a reload; sent once when the network is back."""
    school = school_of(town)
    with window() as phone:
        phone.page.set_viewport_size({"width": 390, "height": 844})
        phone.sign_in(INSPECTOR, town.settled.user_password)
        expect(phone.see("schools")).to_be_visible()
        phone.go(f"/inspect/?school={school}")
        phone.see("take", school=school).click()
        expect(phone.see("taken", school=school)).to_be_visible()
        phone.until(lambda: phone.page.evaluate(WORKER_READY), "the worker keeps the page")
        phone.page.context.set_offline(True)
        phone.see("inspection-begin").click()
        first, second = phone.see("item", kind="camera").nth(0), phone.see("item", kind="camera").nth(1)
        first.get_by_test_id("item-ok").click()
        second.get_by_test_id("item-remark").click()
        second.get_by_test_id("item-text").fill("Камера не видит нижних ступеней")
        second.get_by_test_id("photo").set_input_files(photo(tmp_path))
        expect(second.get_by_test_id("item-photo")).to_be_visible()
        expect(phone.see("kept", kept="true")).to_be_visible()
        phone.page.reload()
        expect(second.get_by_test_id("item-text")).to_have_value("Камера не видит нижних ступеней")
        expect(second.get_by_test_id("item-photo")).to_be_visible()
        signed(phone)
        expect(phone.see("inspection-state", where="waiting")).to_be_visible()
        phone.page.context.set_offline(False)
        expect(phone.see("inspection-state", where="sent")).to_be_visible()
        assert phone.raw_keys() == []
        phone.go("/remarks?state=draft")
        row = phone.see("remark-row", state="draft").filter(has_text="нижних ступеней")
        expect(row).to_have_count(1)
        row.locator("a").click()
        expect(phone.see("remark-photo")).to_be_visible()
        phone.see("draft-delete").click()
        expect(phone.see("remarks-page")).to_be_visible()


def approve(head: Person, police: Person, camera: str) -> None:
    """As at commissioning: a picture of now, signed by the school, then by the police."""
    frame = head.post(f"/api/cameras/{camera}/frames", {"at": None, "stream": "sub", "purpose": "own_school"})
    view = head.post(f"/api/cameras/{camera}/views", {"period": "day", "frame": frame["id"]})
    for one in (head, police):
        view = one.post(f"/api/views/{view['id']}/signature", {})
    assert view["state"] == "approved"


def drifted(console: Console, camera: str) -> None:
    """The open drift shows what was approved and what is seen now; the wall of quality has the camera."""
    drift = console.page.locator("[data-testid=spell][data-fault=moved][data-open=true]")
    expect(drift).to_be_visible(timeout=DRIFT_MS)
    for shown in ("still-before", "still-then"):
        picture = drift.get_by_test_id(shown).locator("img")
        expect(picture).to_be_visible(timeout=DRIFT_MS)
        until(lambda picture=picture: picture.evaluate("one => one.naturalWidth > 0"), "the picture is there")
    console.go("/quality")
    expect(console.page.locator(f"[data-testid=quality-line][data-camera='{camera}']")).to_be_visible()


def sees_as_approved(town: Town, camera: str) -> None:
    """The analyst has looked again and finds the approved view: what `fixed` is about to say is measured."""
    with town.sign_in(HEAD) as head:
        until(lambda: "moved" not in faults_of(head, camera), "the camera looks where it was approved to look")


def faults_of(head: Person, camera: str) -> list[str]:
    school = head.get("/api/session")["school"]
    items = head.get(f"/api/schools/{school}/cameras")["items"]
    return [one["fault"] for one in next(one["picture"]["faults"] for one in items if one["id"] == camera)]


def measured_before_and_after(town: Town, remark: str) -> None:
    with town.sign_in(INSPECTOR) as inspector:
        told = inspector.get(f"/api/remarks/{remark}")
    before, after = told["before"]["measured"], told["after"]["measured"]
    assert "moved" in before["faults"] and "moved" not in after["faults"]
    assert before["at"] < after["at"] and before["measures"] != after["measures"]


def written(inspector: Console) -> str:
    """The inspector remarks the camera that is open, with the frame as it is now: the remark's id."""
    inspector.see("write-open").click()
    expect(inspector.see("write-remark").get_by_test_id("remark-frame")).to_be_visible()
    inspector.see("category-place").click()
    inspector.see("write-text").fill("Камера смотрит в стену: нижних ступеней не видно.")
    inspector.see("deadline-14").click()
    inspector.see("write-issue").click()
    screen = inspector.see("remark-screen", state="issued")
    expect(screen).to_be_visible()
    remark = screen.get_attribute("data-remark")
    assert remark is not None
    return remark


def done(console: Console, deed: str, state: str) -> None:
    """A deed that asks for nothing but to be done."""
    console.see(f"deed-{deed}").click()
    console.see("deed-do").click()
    expect(console.see("remark-screen", state=state)).to_be_visible()


def fixed(head: Console) -> None:
    """With a new frame, and what was done."""
    head.see("deed-fix").click()
    head.see("frame-now").click()
    expect(head.see("deed-form").get_by_test_id("remark-frame")).to_be_visible()
    head.see("deed-text").fill("Камера бұрылды: баспалдақ түгел көрінеді.")
    head.see("deed-do").click()
    expect(head.see("remark-screen", state="fixed")).to_be_visible()


def signed(phone: Console) -> None:
    """By a stroke across the pad, as a finger draws it."""
    phone.see("finish").click()
    box = phone.see("signature-pad").bounding_box()
    assert box is not None
    x, y, mouse = box["x"], box["y"], phone.page.mouse
    mouse.move(x + 20, y + 20)
    mouse.down()
    for step in range(1, 6):
        mouse.move(x + 20 + 40 * step, y + 20 + (30 if step % 2 else 0))
    mouse.up()
    phone.see("sign-finish").click()


def school_of(town: Town) -> str:
    with town.sign_in(HEAD) as head:
        return str(head.get("/api/session")["school"])


def camera_of(town: Town) -> str:
    with town.sign_in(HEAD) as head:
        school = head.get("/api/session")["school"]
        cameras = head.get(f"/api/schools/{school}/cameras")
    items: list[dict[str, Any]] = cameras["items"] if isinstance(cameras, dict) else cameras
    return next(str(camera["id"]) for camera in items if camera["key"] == CAMERA)


def drawn_turned(town: Town, camera: str) -> None:
    """The school turns the camera and draws it so: a new version of the plan."""
    with town.sign_in(HEAD) as head:
        school = head.get("/api/session")["school"]
        plans = head.get(f"/api/schools/{school}/plans")["items"]
        plan = next(plan for plan in plans if any(point["camera"] == camera for point in plan["points"]))
        layout = {
            name: plan[name]
            for name in ("revision", "name", "kind", "floor", "scale", "points", "walls", "zones")
            if name in plan
        }
        for point in layout["points"]:
            if point["camera"] == camera:
                point["bearing_deg"] = ((point["bearing_deg"] or 0) + TURNED) % 360
        headers = {"X-CSRFToken": head.http.cookies.get("csrftoken") or "", "Referer": str(head.http.base_url)}
        head.http.put(f"/api/plans/{plan['id']}", json=layout, headers=headers).raise_for_status()


def photo(folder: Path) -> Path:
    """A picture as a phone's camera would hand it over: PNG, 64 by 48, grey."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes([90]) * 64 for _ in range(48))
    header = struct.pack(">IIBBBBB", 64, 48, 8, 0, 0, 0, 0)
    file = folder / "photo.png"
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return file
