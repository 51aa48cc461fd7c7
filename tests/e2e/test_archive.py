"""The archive in the console: to a time, by pictures, backwards, several cameras in step, and a file to take away."""

import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.e2e.conftest import OpenWindow
from tests.support.console import SHOWN_WITHIN_MS, Console
from tests.support.town import Town, until

from qorgan.demo.check import HEAD, OFFICER

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
SITE = "kst-012"
TIMES = "() => [...document.querySelectorAll('[data-testid=archive-picture] video')].map(video => video.currentTime)"


def test_an_officer_looks_back_and_takes_a_file_and_the_head_reads_it(
    town: Town, window: OpenWindow, tmp_path: Path
) -> None:
    until(lambda: town.is_whole(SITE), "every camera of the school is recorded")
    with town.sign_in(OFFICER) as officer:
        school = next(one for one in officer.all("/api/schools") if one["site"] == SITE)
        cameras = {one["key"]: one["id"] for one in officer.all(f"/api/schools/{school['id']}/cameras")}
    with window() as desk:
        desk.sign_in(OFFICER, town.settled.user_password)
        expect(desk.see("user-menu")).to_be_visible(timeout=SHOWN_WITHIN_MS)
        desk.go(f"/cameras/{cameras['hall']}")
        expect(desk.see("archive-picture", state="playing")).to_be_visible(timeout=SHOWN_WITHIN_MS)
        a_jump_lands_while_it_plays(desk)
        frames_go_by_one(desk)
        time_runs_backwards_and_fast(desk)
        four_cameras_stand_at_one_moment(desk)
        file = a_file_is_taken(desk, tmp_path)
    assert file.name.startswith(f"{SITE}_hall_main_")
    complaints = subprocess.run(
        ["ffmpeg", "-v", "warning", "-i", str(file), "-f", "null", "-"], capture_output=True, text=True, check=True
    )
    assert complaints.stderr == ""
    with window() as office:
        office.sign_in(HEAD, town.settled.user_password)
        expect(office.see("school-page")).to_be_visible(timeout=SHOWN_WITHIN_MS)
        exported = office.words("watches.action.export")
        line = office.see("watch-row").filter(has_text=exported).first
        expect(line).to_be_visible(timeout=SHOWN_WITHIN_MS)


def position(desk: Console) -> int:
    return int(desk.see("position").get_attribute("data-ms") or 0)


def at_rest(desk: Console) -> int:
    """The place, once the picture stands."""
    expect(desk.see("archive-picture", state="paused").first).to_be_visible(timeout=SHOWN_WITHIN_MS)
    return position(desk)


def a_jump_lands_while_it_plays(desk: Console) -> None:
    """The clock goes by the picture; a jump must not be undone by the picture of before."""
    begun = desk.until(lambda: position(desk), "a first picture")
    reached = desk.until(lambda: here if (here := position(desk)) > begun + 6_000 else 0, "six seconds played")
    desk.page.keyboard.press("Shift+ArrowLeft")
    desk.until(lambda: begun < position(desk) < reached - 2_000, "five seconds back")
    desk.until(lambda: position(desk) > reached, "it plays on from there")


def frames_go_by_one(desk: Console) -> None:
    """25 pictures a second: each step is one of 40 ms, and steps back lead to where the steps on began.

    The clock may stand anywhere in a picture that a slow machine has not drawn yet: half of one is allowed.
    """
    desk.page.keyboard.press("k")
    begun = at_rest(desk)
    desk.page.keyboard.press(".")
    places = [desk.until(lambda: position(desk) > begun and settled(desk), "one picture on")]
    for key in (".", ".", ",", ","):
        before = places[-1]
        desk.page.keyboard.press(key)
        places.append(desk.until(lambda before=before: position(desk) != before and settled(desk), f"a step by {key}"))
    steps = [later - earlier for earlier, later in zip(places, places[1:], strict=False)]
    assert all(abs(abs(step) - 40) <= 21 for step in steps), places
    assert abs(places[-1] - places[0]) <= 21, places


def settled(desk: Console) -> int:
    """The place, when the picture of it is on the screen; otherwise 0."""
    seeking = desk.page.evaluate("() => document.querySelector('[data-testid=archive-picture] video').seeking")
    return 0 if seeking else position(desk)


def time_runs_backwards_and_fast(desk: Console) -> None:
    first = position(desk)  # perhaps the first picture of a town that has just begun
    desk.page.keyboard.press("Shift+ArrowRight")
    begun = desk.until(lambda: position(desk) > first + 4_000 and settled(desk), "five seconds on")
    desk.page.keyboard.press("j")
    desk.until(lambda: position(desk) < begun - 2_000, "two seconds back")
    expect(desk.see("position", speed="-1")).to_be_visible()
    desk.page.keyboard.press("l")
    expect(desk.see("position", speed="1")).to_be_visible()
    here = position(desk)
    desk.see("rate-8").click()
    desk.until(lambda: position(desk) > here + 4_000, "four seconds on, eight times as fast")
    desk.see("rate-1").click()
    desk.page.keyboard.press("k")


def four_cameras_stand_at_one_moment(desk: Console) -> None:
    desk.see("beside").click()
    for number in range(3):
        desk.see("beside-camera").nth(number).click()
    desk.page.keyboard.press("Escape")
    expect(desk.see("archive", cameras="4")).to_be_visible()
    expect(desk.see("archive-picture", state="playing")).to_have_count(4, timeout=SHOWN_WITHIN_MS)
    expect(desk.see("lane")).to_have_count(3)
    desk.page.keyboard.press("k")
    expect(desk.see("archive-picture", state="paused")).to_have_count(4, timeout=SHOWN_WITHIN_MS)
    desk.until(lambda: spread(desk) < 0.02, "the four pictures stand at one moment")


def spread(desk: Console) -> float:
    times = desk.page.evaluate(TIMES)
    assert len(times) == 4
    return float(max(times) - min(times))


def a_file_is_taken(desk: Console, folder: Path) -> Path:
    """Marked with [ and ], confirmed by holding."""
    desk.page.keyboard.press("[")
    before = position(desk)
    desk.page.keyboard.press("Shift+ArrowLeft")
    desk.until(lambda: position(desk) < before - 4_000, "five seconds back")
    desk.page.keyboard.press("[")
    desk.page.keyboard.press("ArrowRight")
    desk.page.keyboard.press("ArrowRight")
    desk.until(lambda: position(desk) > before - 3_500, "two seconds on")
    desk.page.keyboard.press("]")
    expect(desk.see("marked")).to_be_visible()
    desk.page.keyboard.press("e")
    expect(desk.see("export-dialog", state="choosing")).to_be_visible()
    with desk.page.expect_download(timeout=SHOWN_WITHIN_MS) as coming:
        desk.see("export-begin").focus()
        desk.hold("Enter", desk.see("export-saved"))
    file = folder / coming.value.suggested_filename
    coming.value.save_as(file)
    return file
