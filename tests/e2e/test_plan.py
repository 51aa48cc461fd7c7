"""A head corrects where a button stands on the school's plan; a press of it is shown there to the officer."""

import base64
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from tests.e2e.conftest import OpenWindow
from tests.e2e.test_story import close
from tests.support.console import Console
from tests.support.desk import a_school, desk, id_of, instant, name, session
from tests.support.town import Town

from qorgan.demo.check import HEAD, OFFICER, SECOND_OFFICER
from qorgan.domain.access import RIGHTS, Role

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
SCHOOL, BUTTON = "kst-012", "hall"
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==")
WHERE = """mark => {
    const at = mark.getBoundingClientRect();
    const picture = mark.closest('[data-testid=plan]').querySelector('img').getBoundingClientRect();
    return [(at.left - picture.left) / picture.width, (at.top - picture.top) / picture.height];
}"""


def test_a_button_moved_on_the_plan_is_shown_there_when_it_is_pressed(town: Town, window: OpenWindow) -> None:
    with window() as head:
        head.sign_in(HEAD, town.settled.user_password)
        point, before = drawn(town)
        moved_by_keys(head, point)
        printed(head)
    _, after = drawn(town)
    assert after["x"] > before["x"] and after["y"] == before["y"]
    with window() as officer, town.sign_in(OFFICER) as first, town.sign_in(SECOND_OFFICER) as second:
        officer.sign_in(OFFICER, town.settled.user_password)
        expect(officer.see("queue-empty")).to_be_visible()
        alarm = town.press(SCHOOL, BUTTON)
        try:
            expect(officer.see("alarm-screen", alarm=alarm)).to_be_visible()
            expect(officer.see("alarm-plan", point=point)).to_be_visible()
            seen = officer.see("plan-pressed").evaluate(WHERE)
            assert seen == pytest.approx([after["x"], after["y"]], abs=0.002)
            another_camera_becomes_large(officer)
            assert officer.raw_keys() == []
        finally:
            close(first, second, alarm)
        expect(officer.see("queue-empty")).to_be_visible()


def test_two_people_at_one_plan_lose_nothing(browser: Browser) -> None:
    """Whoever saves second loads what the first one drew, their own beside it; and leaves nothing by mistake."""
    with desk(browser) as window:
        school, plan = a_school(), a_plan(1, hall=0.2, gym=0.6)
        path = f"/api/schools/{school['id']}/plans"
        rights = sorted(RIGHTS[Role.ADMINISTRATOR])
        window.answers |= {
            "/api/session": session(role="administrator", rights=rights),
            "/api/supervision/tests": {"items": [], "next": None, "goal_s": 5.0},
            path: {"items": [plan]},
        }
        window.refused[f"/api/plans/{plan['id']}"] = (409, "conflict")
        window.page.route("**/image?*", lambda route: route.fulfill(content_type="image/png", body=PIXEL))
        window.go(f"/schools/{school['id']}/plan?plan={plan['id']}&edit=true")
        hall, gym = window.see("edit-mark", key=id_of("hall")), window.see("edit-mark", key=id_of("gym"))
        hall.locator("button").focus()
        window.page.keyboard.press("Shift+ArrowRight")
        window.page.keyboard.press("Control+s")
        expect(window.see("plan-stale")).to_be_visible()
        mine = hall.get_attribute("data-x")
        window.answers[path] = {"items": [a_plan(2, hall=0.2, gym=0.7)]}
        window.see("plan-load-theirs").click()
        expect(gym).to_have_attribute("data-x", "0.7")
        expect(hall).to_have_attribute("data-x", "0.2")
        window.see("plan-take-all-mine").click()
        expect(hall).to_have_attribute("data-x", str(mine))
        expect(gym).to_have_attribute("data-x", "0.7")
        expect(window.see("plan-mine")).to_have_count(0)
        window.see("plan-leave").click()
        expect(window.see("plan-leave-ask")).to_be_visible()
        window.see("plan-stay").click()
        expect(window.see("plan-editor", unsaved="true")).to_be_visible()
        assert window.raw_keys() == []


def test_a_zone_and_a_lens_are_drawn_by_clicks_and_by_keys(browser: Browser) -> None:
    """A corridor by two corners, a toilet by the keyboard, a camera's lens; what is sent is what was drawn."""
    with desk(browser) as window:
        school, plan = a_school(), a_plan(1, hall=0.2, gym=0.6)
        camera = {"key": id_of("lens"), "kind": "camera", "x": 0.1, "y": 0.9, "label": "", "camera": None, "way": None}
        ends = {"a": {"x": 0.0, "y": 0.0}, "b": {"x": 1.0, "y": 0.0}}
        plan |= {"scale": {**ends, "metres": 40.0}, "metres_per_px": 0.04}
        plan["points"] = [*plan["points"], {**camera, "bearing_deg": 90.0, "lens": None}]
        path = f"/api/plans/{plan['id']}"
        window.answers |= {
            "/api/session": session(role="administrator", rights=sorted(RIGHTS[Role.ADMINISTRATOR])),
            "/api/supervision/tests": {"items": [], "next": None, "goal_s": 5.0},
            f"/api/schools/{school['id']}/plans": {"items": [plan]},
            "/api/norms/zones": NORMS,
            path: plan,
        }
        window.page.route("**/image?*", lambda route: route.fulfill(content_type="image/png", body=PIXEL))
        window.go(f"/schools/{school['id']}/plan?plan={plan['id']}&edit=true")
        window.see("edit-mark", key=id_of("lens")).locator("button").click()
        window.see("lens-give").click()
        window.see("lens-tilt-deg").fill("25")
        expect(window.see("plan-cone", key=id_of("lens"))).to_have_count(1)
        window.see("plan-part-zones").click()
        window.see("zone-add").click()
        sheet = window.see("plan").locator("img").bounding_box()
        assert sheet is not None
        for x, y in ((0.3, 0.2), (0.7, 0.4)):
            window.page.mouse.click(sheet["x"] + x * sheet["width"], sheet["y"] + y * sheet["height"])
        window.page.keyboard.press("Enter")
        window.see("zone-kind").select_option("corridor")
        expect(window.see("zone-rule", duty="must")).to_be_visible()
        window.see("zone-required").select_option("perceive")  # of the scale that is not the usual one
        window.see("zone-add").focus()
        window.page.keyboard.press("Enter")
        window.see("zone-kind").select_option("toilet")
        window.see("zone-corner").first.locator("button").focus()
        window.page.keyboard.press("Delete")
        expect(window.see("zone-corner")).to_have_count(3)
        with window.page.expect_request(f"**{path}") as sent:
            window.page.keyboard.press("Control+s")
        said = sent.value.post_data_json
        corridor, toilet = said["zones"]
        assert (corridor["kind"], toilet["kind"]) == ("corridor", "toilet")
        assert (corridor["required"], toilet["required"]) == ("perceive", None)
        corners = [(0.3, 0.2), (0.7, 0.2), (0.7, 0.4), (0.3, 0.4)]
        assert [(c["x"], c["y"]) for c in corridor["outline"]] == [pytest.approx(one, abs=0.005) for one in corners]
        assert len(toilet["outline"]) == 3
        assert next(p["lens"]["tilt_deg"] for p in said["points"] if p["key"] == id_of("lens")) == 25
        assert window.raw_keys() == []


def rule(kind: str, cameras: str, title: dict[str, str]) -> dict[str, Any]:
    return {"kind": kind, "title": title, "cameras": cameras, "status": "digest", "clause": "84", "source": "№ 117"}


def scale(edition: str, density_class: str) -> dict[str, Any]:
    one = {"key": density_class, "title": name("а", "б", "c"), "px_m": 125.0, "colour": "#21918c"}
    title = name(f"Шкала {edition}", f"Шкала {edition}", f"Scale {edition}")
    return {"key": edition, "title": title, "standard": "IEC 62676-4", "status": "digest", "classes": [one]}


NORMS = {
    "version": 1,
    "checked_on": "2026-11-22",
    "needed_share": 0.8,
    "scales": [scale("2014", "recognise"), scale("2025", "perceive")],
    "zones": [
        rule("corridor", "must", name("Дәліз", "Коридор", "Corridor")),
        rule("toilet", "must_not", name("Дәретхана", "Туалет", "Toilet")),
    ],
}


def a_plan(revision: int, *, hall: float, gym: float) -> dict[str, Any]:
    """Two exits side by side."""
    nothing = {"camera": None, "way": None, "bearing_deg": None, "lens": None}
    plan = id_of("plan")
    return {
        "id": plan,
        "school": a_school()["id"],
        "kind": "floor",
        "name": "1",
        "floor": 1,
        "width_px": 1000,
        "height_px": 500,
        "metres_per_px": None,
        "scale": None,
        "image": f"/api/plans/{plan}/image?v=1",
        "revision": revision,
        "changed_at": instant(-60),
        "changed_by": "Б. Тілеуберген",
        "walls": [],
        "zones": [],
        "points": [
            {"key": id_of(word), "kind": "exit", "x": x, "y": 0.5, "label": word, **nothing}
            for word, x in (("hall", hall), ("gym", gym))
        ],
    }


def drawn(town: Town) -> tuple[str, dict[str, float]]:
    """The button's point on the school's plans: its key, and itself."""
    with town.sign_in(HEAD) as head:
        school = head.get("/api/session")["school"]
        plans = head.get(f"/api/schools/{school}/plans")["items"]
    point = next(point for plan in plans for point in plan["points"] if point["way"] == BUTTON)
    return point["key"], point


def moved_by_keys(head: Console, point: str) -> None:
    """Moved, moved back and once more, undone, done again, and saved; nothing is asked when all is saved."""
    head.see("plan-open").click()
    head.see("plan-edit").click()
    mark = head.see("edit-mark", key=point)
    mark.locator("button").focus()
    begun = mark.get_attribute("data-x")
    head.page.keyboard.press("Shift+ArrowRight")
    expect(head.see("plan-editor", unsaved="true")).to_be_visible()
    moved = mark.get_attribute("data-x")
    assert moved != begun and moved is not None
    head.page.keyboard.press("Control+z")
    expect(head.see("plan-editor", unsaved="false")).to_be_visible()
    assert mark.get_attribute("data-x") == begun
    head.page.keyboard.press("Control+y")
    expect(mark).to_have_attribute("data-x", moved)
    head.page.keyboard.press("Control+s")
    expect(head.see("plan-edit")).to_be_visible()
    expect(head.see("plan-leave-ask")).to_have_count(0)
    assert head.raw_keys() == []


def printed(head: Console) -> None:
    """Zones with their names, walls, what cameras see, and the map with its legend; a watermark lies over all."""
    head.see("plan-room-coverage").click()
    expect(head.see("density-map")).to_be_visible()
    head.page.emulate_media(media="print")
    sheet = head.see("plan-print")
    for drawn in ("print-zone", "print-wall", "print-cone", "print-blind-spot"):
        expect(sheet.get_by_test_id(drawn)).not_to_have_count(0)
    for told in ("print-density", "print-duty", "print-classes", "plan-watermark"):
        expect(sheet.get_by_test_id(told).first).to_be_visible()
    duties = {one.get_attribute("data-duty") for one in sheet.get_by_test_id("print-zone").all()}
    hatches = {one.get_attribute("fill") for one in sheet.get_by_test_id("print-zone").all()}
    assert len(hatches) == len(duties) > 1, "duties are told apart without colours"
    assert head.raw_keys() == []
    head.page.emulate_media(media="screen")


def another_camera_becomes_large(officer: Console) -> None:
    """By keyboard alone: the camera that is not shown yet gets the large place."""
    other = officer.page.locator('[data-testid="plan-camera"][aria-pressed="false"]').first
    camera = other.get_attribute("data-camera")
    assert camera is not None
    other.focus()
    officer.page.keyboard.press("Enter")
    shown = officer.page.locator(f'[data-testid="plan-camera"][data-camera="{camera}"]')
    expect(shown).to_have_attribute("aria-pressed", "true")
    expect(officer.see("tile", camera=camera)).to_be_visible()
