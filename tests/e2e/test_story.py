"""The story of the town, told through the console: a shift, an alarm, the head who reads who watched, a cut link."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.e2e.conftest import CABLED, OpenWindow
from tests.support.console import SHOWN_WITHIN_MS, Console
from tests.support.town import Person, Town, until

from qorgan.demo.check import HEAD, OFFICER, SECOND_OFFICER

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
SCHOOL, BUTTON = "kst-012", "hall"
GROWTH = 12  # frames: about a second of a camera's sub stream


def test_an_officer_handles_an_alarm_and_the_head_reads_who_watched(town: Town, window: OpenWindow) -> None:
    with window() as desk:
        desk.sign_in(OFFICER, town.settled.user_password)
        nine_tiles_play(desk)
        alarm = town.press(SCHOOL, BUTTON)
        alarm_takes_the_screen(desk, alarm)
        desk.page.keyboard.press("a")
        expect(desk.see("alarm-screen", alarm=alarm, state="owned")).to_be_visible(timeout=SHOWN_WITHIN_MS)
        the_minute_before_plays(desk)
        verify_dispatch_close(desk, alarm)
        with town.sign_in(SECOND_OFFICER) as second:
            second.post(f"/api/alarms/{alarm}/closure/confirmation", {})
        expect(desk.see("queue-empty")).to_be_visible(timeout=SHOWN_WITHIN_MS)
        expect(desk.see("queue-alarm")).to_have_count(0)
        desk.sign_out()
    with town.sign_in(OFFICER) as officer:
        handled = officer.get(f"/api/alarms/{alarm}")
    assert handled["state"] == "closed" and handled["disposition"] == "false_technical"
    officers_name, nearest = handled["owner"]["name"], handled["cameras"][0]
    with window() as office:
        office.sign_in(HEAD, town.settled.user_password)
        head_reads_who_watched(office, town, officers_name, nearest, purpose=f"alarm:{alarm}")


def nine_tiles_play(desk: Console) -> None:
    """Each of nine live tiles goes on giving decoded frames."""
    expect(desk.see("queue-empty")).to_be_visible(timeout=SHOWN_WITHIN_MS)
    desk.page.keyboard.press("w")
    expect(desk.see("wall", tiles="9")).to_be_visible(timeout=SHOWN_WITHIN_MS)
    before = desk.until(lambda: playing(desk, 9), "nine cameras play")
    desk.until(
        lambda: all(desk.frames().get(camera, 0) >= count + GROWTH for camera, count in before.items()),
        f"every tile plays on from {before}",
    )
    expect(desk.see("tile", state="live")).to_have_count(9, timeout=SHOWN_WITHIN_MS)


def playing(desk: Console, count: int) -> dict[str, int]:
    """The frames of so many different cameras, when each has given one; otherwise nothing."""
    frames = desk.frames()
    return frames if len(frames) == count and min(frames.values()) > 0 else {}


def alarm_takes_the_screen(desk: Console, alarm: str) -> None:
    """It is there by itself, sounds unhindered, and shows the nearest cameras live."""
    expect(desk.see("alarm-screen", alarm=alarm)).to_be_visible(timeout=SHOWN_WITHIN_MS)
    expect(desk.see("queue-alarm", alarm=alarm)).to_have_count(1)
    expect(desk.see("alarm-school")).to_have_text("№ 12 мектеп")
    expect(desk.see("alarm-place")).to_have_text("Фойе, 1-қабат")
    expect(desk.see("sound-blocked")).to_have_count(0)
    desk.until(lambda: playing(desk, 3), "the three nearest cameras are live")


def the_minute_before_plays(desk: Console) -> None:
    expect(desk.see("press-loop", state="playing")).to_be_visible(timeout=SHOWN_WITHIN_MS)
    first = desk.until(lambda: desk.decoded("press-loop"), "the first recorded frame")
    desk.until(lambda: desk.decoded("press-loop") >= first + GROWTH, "the recording plays on")


def verify_dispatch_close(desk: Console, alarm: str) -> None:
    """All by keyboard; dispatching takes a held key."""
    desk.page.keyboard.press("v")
    desk.page.keyboard.press("1")
    expect(desk.see("alarm-screen", alarm=alarm, state="confirmed")).to_be_visible(timeout=SHOWN_WITHIN_MS)
    expect(desk.see("dispatch")).to_be_visible()
    desk.page.keyboard.press("d")  # not held: nobody is sent
    expect(desk.see("alarm-screen", alarm=alarm, state="confirmed")).to_be_visible()
    desk.hold("d", desk.see("dispatch-call", state="offered"))
    desk.page.keyboard.press("r")
    expect(desk.see("accepter")).to_be_focused()
    desk.page.keyboard.type("КУСП-17")
    desk.page.keyboard.press("Enter")
    expect(desk.see("accepter")).to_have_count(0)
    expect(desk.see("alarm-screen", alarm=alarm, state="dispatched")).to_be_visible(timeout=SHOWN_WITHIN_MS)
    desk.page.keyboard.press("c")
    desk.page.keyboard.press("3")
    expect(desk.see("disposition-false_technical")).to_be_checked()
    desk.page.keyboard.press("Enter")
    expect(desk.see("note")).to_be_focused()
    desk.page.keyboard.type("told by a test")
    desk.page.keyboard.press("Enter")
    expect(desk.see("waits-for-second")).to_be_visible(timeout=SHOWN_WITHIN_MS)


def head_reads_who_watched(office: Console, town: Town, name: str, nearest: str, *, purpose: str) -> None:
    """On the head's first screen: the officer by name, the camera, and why; for the live view and the recording."""
    expect(office.see("school-page")).to_be_visible(timeout=SHOWN_WITHIN_MS)
    rows = office.see("watch-row", purpose=purpose)
    with town.sign_in(HEAD) as head:
        camera = head.get(f"/api/cameras/{nearest}")["name"]["kk"]
    seen = rows.filter(has_text=name).filter(has_text=camera)
    expect(seen.filter(has_text=office.words("watches.action.live")).first).to_be_visible(timeout=SHOWN_WITHIN_MS)
    expect(seen.filter(has_text=office.words("watches.action.archive")).first).to_be_visible(timeout=SHOWN_WITHIN_MS)
    expect(seen.filter(has_text=office.words("purpose.alarm")).first).to_be_visible()


def test_a_press_made_while_the_link_is_cut_arrives_once_and_the_recording_has_no_gap(
    town: Town, window: OpenWindow
) -> None:
    with window() as desk, town.sign_in(OFFICER) as officer, town.sign_in(SECOND_OFFICER) as second:
        desk.sign_in(OFFICER, town.settled.user_password)
        expect(desk.see("queue-empty")).to_be_visible(timeout=SHOWN_WITHIN_MS)
        school, cut_at = school_of(officer, CABLED), now()
        for camera in officer.get(f"/api/schools/{school}/cameras")["items"]:
            recorded_without_gap(officer, camera, cut_at - timedelta(seconds=1), cut_at)
        town.cables[CABLED].cut()
        alarm = town.press(CABLED, "post")
        until(lambda: not town.health(CABLED)["link"]["up"], "the school notices that its link is cut")
        expect(desk.see("queue-empty")).to_be_visible()
        mended_at = now()
        town.cables[CABLED].mend()
        expect(desk.see("alarm-screen", alarm=alarm)).to_be_visible(timeout=SHOWN_WITHIN_MS)
        until(lambda: town.health(CABLED)["outbox"]["alarms"] == 0, "the school knows that the centre has it")
        expect(desk.see("queue-alarm")).to_have_count(1)
        assert [one["id"] for one in officer.all("/api/alarms", school=school)] == [alarm]
        for camera in officer.get(f"/api/schools/{school}/cameras")["items"]:
            recorded_without_gap(officer, camera, cut_at, mended_at + timedelta(seconds=5))
        close(officer, second, alarm)


def school_of(officer: Person, site: str) -> str:
    return str(next(school["id"] for school in officer.all("/api/schools") if school["site"] == site))


def recorded_without_gap(officer: Person, camera: dict[str, Any], start: datetime, end: datetime) -> None:
    """The school's own timeline: one span of each stream from before the cut to after the mending."""

    def whole() -> dict[str, Any] | None:
        answer = officer.http.get(
            f"/api/cameras/{camera['id']}/timeline", params={"start": _text(start), "end": _text(end)}
        )
        if answer.status_code == 504:  # the school's other connection is not back yet
            return None
        timeline: dict[str, Any] = answer.raise_for_status().json()
        reached = {span["stream"] for span in timeline["spans"] if datetime.fromisoformat(span["end"]) >= end}
        return timeline if reached == {"main", "sub"} else None

    timeline = until(whole, f"the recording of {camera['key']} reaches beyond the mending")
    assert timeline["gaps"] == [], camera["key"]
    assert sorted(span["stream"] for span in timeline["spans"]) == ["main", "sub"], camera["key"]
    assert all(datetime.fromisoformat(span["start"]) <= start for span in timeline["spans"]), camera["key"]


def close(officer: Person, second: Person, alarm: str) -> None:
    officer.post(f"/api/alarms/{alarm}/acknowledgement", {})
    officer.post(f"/api/alarms/{alarm}/verification", {"verdict": "confirmed", "note": ""})
    officer.post(f"/api/alarms/{alarm}/closure", {"disposition": "test", "note": "told by a test"})
    second.post(f"/api/alarms/{alarm}/closure/confirmation", {})


def now() -> datetime:
    """Whole seconds: the API answers in milliseconds."""
    return datetime.now(UTC).replace(microsecond=0)


def _text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
