"""How the duty desk looks, and how much it draws: a flood, three languages, a phone. Behind it is the test itself."""

import pytest
from playwright.sync_api import Browser, Route, expect
from tests.support.desk import ME, OTHER, Desk, a_school, an_alarm, desk, id_of, instant, name, owned

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
FLOOD = 2_000
LARGEST_DOM = 1_500  # elements; a card has about 20, a whole desk about 400
LANGUAGES = ("kk", "ru", "en")
LADDER = {
    "rung": 1,
    "next_at": instant(3_600),
    "ladder": [
        {"after_s": 15, "to": "officer"},
        {"after_s": 30, "to": "supervisor"},
        {"after_s": 45, "to": "neighbour"},
    ],
}
CUT = """() => [...document.querySelectorAll('[data-testid=alarm-screen] *, [data-testid=queue] *')]
    .filter(e => e.children.length === 0 && e.innerText && e.scrollWidth > e.clientWidth + 1
        && getComputedStyle(e).overflowX !== 'visible' && !e.matches('.sr-only'))
    .map(e => e.innerText)"""

ASKED_BEFORE_PAINT = """id => {
    const painted = performance.getEntriesByName(`qorgan.alarm-drawn.${id}`)[0].startTime;
    const about = performance.getEntriesByType('resource')
        .filter(({name}) => /\\/(checklist|dispatches|people|orders|place|units)$|AlarmPlan-/.test(name));
    return {later: about.filter(({startTime}) => startTime >= painted).map(({name}) => name),
            before: about.filter(({startTime}) => startTime < painted).map(({name}) => name)};
}"""


def test_two_thousand_open_alarms_are_all_marked_and_the_page_stays_small(browser: Browser) -> None:
    with desk(browser) as window:
        window.schools = [a_school(number) for number in range(1, 101)]
        window.alarms = [
            an_alarm(f"alarm {number}", number=1 + number % 100, pressed_s=-60, parent=id_of("event"))
            for number in range(FLOOD - 1)
        ]
        window.answers["/api/alarms/presentations"] = {"fresh": 0}
        window.answers["/api/alarms"] = {"items": [], "next": None}
        window.go("/desk")
        expect(window.see("mass")).to_have_attribute("data-count", str(FLOOD - 1))
        window.send("alarm", an_alarm("the last one", number=7, parent=id_of("event")))
        expect(window.see("mass")).to_have_attribute("data-count", str(FLOOD))
        window.until(
            lambda: len(window.page.evaluate("Object.keys(window.__qorgan.alarmsDrawn)")) == FLOOD,
            "each of them has been drawn with a mark of its own",
        )
        assert window.page.evaluate("document.querySelectorAll('*').length") < LARGEST_DOM
        window.page.keyboard.press("q")
        for _ in range(3):  # faster than rows are drawn: none of them is lost
            window.page.keyboard.press("PageDown")
        expect(window.page.locator('[data-index="18"] button')).to_be_focused()
        window.page.keyboard.press("Enter")
        chosen = window.page.locator('[data-index="18"] button').get_attribute("data-alarm")
        assert chosen is not None
        expect(window.see("alarm-screen", alarm=chosen)).to_be_visible()


@pytest.mark.parametrize("size", [(1920, 1080), (390, 844)], ids=["desk", "phone"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_p1_that_lost_its_owner_under_threat_is_said_whole(
    browser: Browser, language: str, size: tuple[int, int]
) -> None:
    """The gravest screen there is: every warning at once, nothing cut, no key of a text in place of its words."""
    with desk(browser, locale=f"{language}-KZ", size=size) as window:
        alarm = with_everything_at_once()
        prepare(window, alarm)
        window.go(f"/desk?alarm={alarm['id']}&school={alarm['school']}")
        for shown in ("duress", "went-back", "escalation", "claim-cancel", "own"):
            expect(window.see(shown)).to_be_visible()
        assert [] == window.raw_keys() == window.page.evaluate(CUT)
        assert window.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_second_officer_sees_where_to_sign_and_the_first_may_only_withdraw(browser: Browser) -> None:
    for by, sees, not_there in ((OTHER, "sign-here", "withdraw"), (ME, "withdraw", "sign-here")):
        with desk(browser) as window:
            closing = {"by": by, "disposition": "true", "note": "жазба", "at": instant(-30)}
            alarm = an_alarm(**owned(by, state="on_scene", verdict="confirmed", closing=closing))
            prepare(window, alarm)
            window.go(f"/desk?alarm={alarm['id']}")
            expect(window.see(sees)).to_be_visible()
            expect(window.see(not_there)).to_have_count(0)


def test_an_alarm_that_is_over_gives_the_screen_to_the_next_and_an_open_one_keeps_it(browser: Browser) -> None:
    with desk(browser) as window:
        first = an_alarm("first", **owned(ME, state="on_scene", verdict="confirmed"))
        prepare(window, first)
        window.go(f"/desk?alarm={first['id']}")
        expect(window.see("alarm-screen", alarm=first["id"])).to_be_visible()
        second = an_alarm("second", number=2)
        window.answers[f"/api/alarms/{second['id']}"] = second
        window.send("alarm", second)
        expect(window.see("queue-alarm")).to_have_count(2)
        expect(window.see("alarm-screen", alarm=first["id"])).to_be_visible()
        window.send("alarm", first | {"state": "closed", "closed_at": instant(0), "version": 99})
        expect(window.see("alarm-screen", alarm=second["id"])).to_be_visible()


def test_an_alarm_that_may_not_be_seen_says_so_and_leads_back(browser: Browser) -> None:
    with desk(browser) as window:
        window.answers["/api/alarms"] = {"items": [], "next": None}
        window.go(f"/desk?alarm={id_of('of another centre')}")
        expect(window.see("alarm-refused")).to_contain_text(window.words("problem.not_found"))
        window.see("alarm-refused").get_by_role("button").click()
        expect(window.see("queue-empty")).to_be_visible()


def test_one_leaves_an_alarm_that_another_desk_closes_while_the_centre_is_slow(browser: Browser) -> None:
    """Its screen neither goes away by itself nor swallows the key: once in sixty presses it had done both."""
    with desk(browser) as window:
        alarm = an_alarm(**owned(OTHER, state="on_scene", verdict="confirmed"))
        prepare(window, alarm)
        window.go(f"/desk?alarm={alarm['id']}")
        expect(window.see("checklist")).to_be_visible()
        unanswered: list[Route] = []
        window.page.route(f"**/api/alarms/{alarm['id']}", lambda route: unanswered.append(route))
        window.page.evaluate("document.querySelector('[data-testid=alarm-screen]').dataset.before = 'closed'")
        window.send("alarm", closed(alarm))
        expect(window.see("queue-empty")).to_be_visible()
        window.until(lambda: unanswered, "the screen asks how the alarm ended")
        expect(window.see("alarm-screen", before="closed")).to_be_visible()
        window.page.keyboard.press("Escape")
        expect(window.see("alarm-screen")).to_have_count(0)


def test_what_happened_and_where_is_painted_before_anything_is_asked_and_the_map_stays_as_it_is(
    browser: Browser,
) -> None:
    with desk(browser) as window:
        alarm = an_alarm()
        prepare(window, alarm)
        window.alarms = []
        window.go("/desk")
        canvas = window.page.locator("canvas.maplibregl-canvas")
        canvas.evaluate("canvas => { canvas.dataset.kept = 'yes' }")
        window.send("alarm", alarm)
        expect(window.see("checklist")).to_be_visible()
        expect(window.see("last-alarms").or_(window.see("people"))).not_to_have_count(0)
        asked = window.page.evaluate(ASKED_BEFORE_PAINT, alarm["id"])
        assert asked["later"] and not asked["before"]
        window.page.keyboard.press("Escape")
        expect(window.see("alarm-screen")).to_have_count(0)
        expect(canvas).to_have_attribute("data-kept", "yes")


def closed(alarm: dict[str, object]) -> dict[str, object]:
    return alarm | {"state": "closed", "closed_at": instant(), "disposition": "test", "version": 9}


def with_everything_at_once() -> dict[str, object]:
    alarm = an_alarm(duress=True, presses=3, alerts=4, claimed=True, escalation=LADDER, note="Оқ көлік, екі адам")
    alarm["claims"] = [{"claim": "cancel", "at": instant(-20), "by": "Күзетші", "duress": True, "actor": None}]
    for action in ("owned", "lease_lost"):
        alarm["log"].append({"at": instant(-30), "actor": OTHER, "action": action, "note": "", "data": {}})
    return alarm


def prepare(window: Desk, alarm: dict[str, object]) -> None:
    """What the alarm's screen asks for besides."""
    path, school = f"/api/alarms/{alarm['id']}", alarm["school"]
    nothing = {"items": [], "next": None}
    item = {
        "key": "look",
        "text": name("Камераны қарау", "Посмотреть камеры", "Look at the cameras"),
        "due_s": 15,
        "due_at": instant(-20),
        "done_at": None,
        "done_by": None,
        "note": "",
        "late_s": None,
        "overdue": True,
    }
    window.alarms = [alarm]
    window.answers |= {
        path: alarm,
        f"{path}/checklist": {
            "alarm": alarm["id"],
            "scenario": "attack",
            "scenarios": ["attack", "fire"],
            "version": 1,
            "title": name("Шабуыл", "Нападение", "Attack"),
            "opened_at": None,
            "done": 0,
            "late": 0,
            "overdue": 1,
            "items": [item],
        },
        f"{path}/dispatches": nothing,
        f"{path}/units": nothing,
        f"{path}/place": {"plan": None, "point": None},
        f"/api/schools/{school}/orders": nothing,
        f"/api/schools/{school}/people": {"school": school, "day": "2026-11-22", "marked_at": None, "items": []},
        "/api/supervision/actions": nothing,
        "/api/alarms": nothing,
        "/api/alarms/presentations": {"fresh": 0},
    }
