"""Drawing a plan: two people at one plan, and leaving what has not been saved."""

import base64
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from tests.support.desk import a_school, desk, id_of, instant, session

from qorgan.domain.access import RIGHTS, Role

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==")


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


def a_plan(revision: int, *, hall: float, gym: float) -> dict[str, Any]:
    """Two exits side by side."""
    nothing = {"camera": None, "way": None, "bearing_deg": None}
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
        "points": [
            {"key": id_of(word), "kind": "exit", "x": x, "y": 0.5, "label": word, **nothing}
            for word, x in (("hall", hall), ("gym", gym))
        ],
    }
