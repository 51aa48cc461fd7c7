"""What an officer does at the desk beside the five steps: a word by telephone, evidence, the review, a broken button.

Behind it is the test itself (tests/support/desk.py): what the desk asks of the centre, and what it says when refused.
"""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Request, expect
from tests.support.desk import ME, OTHER, Desk, a_camera, a_school, an_alarm, desk, id_of, instant, name, owned

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
NOTHING = {"items": [], "next": None}


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_mistake_told_by_telephone_is_written_down_and_ends_nothing(browser: Browser, language: str) -> None:
    with desk(browser, locale=f"{language}-KZ") as window:
        alarm = an_alarm(**owned(ME, state="confirmed", verdict="confirmed"))
        show(window, alarm)
        claim = f"/api/alarms/{alarm['id']}/claim"
        window.refused[claim] = (409, "alarm.state")
        press(window, "x")
        expect(window.see("phone-by")).to_be_focused()
        window.page.keyboard.type("Вахтёр Смағұлова")
        press(window, "Enter")
        expect(window.see("phone-problem")).to_contain_text(window.words("problem.alarm_state"))
        assert window.raw_keys() == []
        del window.refused[claim]
        said = {"claim": "cancel", "at": instant(), "by": "Вахтёр Смағұлова", "duress": False, "actor": ME}
        window.answers[claim] = alarm | {"claims": [said], "claimed": True, "version": 4}
        with window.page.expect_request(f"**{claim}") as request:
            press(window, "Enter")
        assert body_of(request.value) == {"claim": "cancel", "by": "Вахтёр Смағұлова", "duress": False, "note": ""}
        expect(window.see("claim-cancel")).to_contain_text("Вахтёр Смағұлова")
        expect(window.see("phone-claim-form")).to_have_count(0)
        expect(window.see("queue-alarm", state="confirmed")).to_be_visible()


def test_the_minute_before_and_after_is_kept_and_the_screen_says_so(browser: Browser) -> None:
    with desk(browser) as window:
        camera = a_camera("hall")
        alarm = an_alarm(**owned(ME, cameras=[camera["id"]]))
        window.cameras = [camera]
        holds = f"/api/cameras/{camera['id']}/holds"
        window.answers[holds] = {"items": [], "kept_bytes": 0}
        show(window, alarm)
        expect(window.see("keep-evidence")).to_be_visible()
        expect(window.see("evidence-kept")).to_have_count(0)
        press(window, "e")
        expect(window.see("hold-reason")).to_have_value(re.compile(str(alarm["place"]["kk"])))
        kept = {
            "id": "1",
            "start": instant(-120),
            "end": instant(120),
            "reason": "",
            "by": str(ME["name"]),
            "at": instant(),
        }
        window.answers[holds] = {"items": [kept | {"until": instant(86_400)}], "kept_bytes": 5_000_000}
        with window.page.expect_request(lambda asked: asked.method == "POST" and asked.url.endswith(holds)) as request:
            window.see("hold-place").click()
        wish = body_of(request.value)
        assert wish["purpose"] == f"alarm:{alarm['id']}"
        assert wish["start"] < alarm["pressed_at"] < wish["end"]
        press(window, "Escape")
        expect(window.see("evidence-kept")).to_contain_text(str(ME["name"]))


def test_a_closed_alarm_is_reviewed_once(browser: Browser) -> None:
    with desk(browser) as window:
        alarm = an_alarm(state="closed", closed_at=instant(-60), disposition="false_accident", version=9)
        show(window, alarm, is_open=False)
        expect(window.see("review")).to_be_visible()
        expect(window.see("phone-claim")).to_have_count(0)
        press(window, "o")
        expect(window.see("review-note")).to_be_focused()
        window.page.keyboard.type("Күзет үш минутта жауап берді")
        line = {"at": instant(), "actor": ME, "action": "reviewed", "note": "Күзет үш минутта жауап берді", "data": {}}
        review = f"/api/alarms/{alarm['id']}/review"
        window.answers[review] = alarm | {"state": "reviewed", "version": 10, "log": [*alarm["log"], line]}
        with window.page.expect_request(f"**{review}") as request:
            press(window, "Tab", "Enter")
        assert body_of(request.value) == {"note": "Күзет үш минутта жауап берді"}
        expect(window.see("reviewed")).to_contain_text("Күзет үш минутта жауап берді")
        expect(window.see("review")).to_have_count(0)


def test_a_broken_button_is_taken_out_of_service_and_put_back(browser: Browser) -> None:
    with desk(browser) as window:
        school = a_school(alarm_level=None)
        out = f"/api/schools/{school['id']}/sources/hall/out-of-service"
        window.schools = [school]
        window.answers |= {
            "/api/supervision/tests": {"items": [a_way_in(str(school["id"]))], "next": None, "goal_s": 5.0},
            "/api/out-of-service": NOTHING,
            "/api/alarms": NOTHING,
            f"/api/schools/{school['id']}/storage": {"items": [], "heard": instant()},
        }
        window.go(f"/schools/{school['id']}")
        window.see("take-out").press("Enter")
        expect(window.see("take-out-reason")).to_be_focused()
        window.page.keyboard.type("Түйме жарылған")
        window.refused[out] = (422, "until")
        press(window, "Enter")
        expect(window.see("take-out-problem")).to_contain_text(window.words("problem.until"))
        del window.refused[out]
        window.see("take-out-for-7d").click()
        point = {"id": id_of("out"), "school": school["id"], "key": "hall", "reason": "Түйме жарылған", "by": ME}
        window.answers[out] = point | {"at": instant(), "until": instant(7 * 86_400)}
        window.answers["/api/out-of-service"] = {"items": [window.answers[out]], "next": None}
        with window.page.expect_request(f"**{out}") as request:
            window.see("take-out-now").click()
        assert body_of(request.value)["reason"] == "Түйме жарылған" and request.value.method == "PUT"
        expect(window.see("way-in", key="hall", out="true")).to_contain_text("Түйме жарылған")
        window.go(f"/desk?school={school['id']}")
        expect(window.see("out-at-school")).to_contain_text("Түйме жарылған")
        window.refused[out] = (404, "not_found")
        window.see("put-back").click()
        expect(window.see("put-back-problem")).to_contain_text(window.words("problem.not_found"))
        del window.refused[out]
        window.answers["/api/out-of-service"] = NOTHING
        window.see("put-back").click()
        expect(window.see("out-at-school")).to_have_count(0)


def test_recorded_sound_is_offered_to_the_owner_of_the_alarm_alone(browser: Browser) -> None:
    with desk(browser) as window:
        camera = a_camera("hall")
        camera["streams"][0]["audio"] = "aac"
        window.cameras = [camera]
        window.alarms = [alarm := an_alarm(**owned(OTHER))]
        window.go(f"/cameras/{camera['id']}")
        expect(window.see("archive")).to_be_visible()
        expect(window.see("tile-sound")).to_have_count(0)
        window.send("alarm", alarm | {"owner": ME, "version": int(alarm["version"]) + 1})
        expect(window.see("tile-sound", state="off")).to_be_visible()
        with window.page.expect_request(re.compile(f"alarm(:|%3A){alarm['id']}")):
            window.page.keyboard.press("Shift+ArrowLeft")
        window.see("tile-sound").press("Enter")
        expect(window.see("tile-sound")).to_have_attribute("aria-pressed", "true")


def a_way_in(school: str) -> dict[str, Any]:
    return {
        "id": id_of("way in"),
        "school": school,
        "key": "hall",
        "kind": "button",
        "place": name("Фойе", "Фойе", "Entrance hall"),
        "interval_s": None,
        "state": "ok",
        "faults": [],
        "since": None,
        "last_seen": instant(-30),
        "proof": "never",
        "last_test": None,
        "planned_for": None,
    }


def show(window: Desk, alarm: dict[str, Any], *, is_open: bool = True) -> None:
    """The alarm's screen, with what it asks for besides answered by nothing."""
    path = f"/api/alarms/{alarm['id']}"
    window.alarms = [alarm] if is_open else []
    window.answers |= dict.fromkeys((f"{path}/dispatches", f"{path}/units", "/api/alarms"), NOTHING)
    window.answers |= {path: alarm, "/api/alarms/presentations": {"fresh": 0}}
    window.go(f"/desk?alarm={alarm['id']}")
    expect(window.see("alarm-screen", alarm=str(alarm["id"]))).to_be_visible()


def press(window: Desk, *keys: str) -> None:
    for key in keys:
        window.page.keyboard.press(key)


def body_of(request: Request) -> dict[str, Any]:
    body: dict[str, Any] = request.post_data_json
    return body
