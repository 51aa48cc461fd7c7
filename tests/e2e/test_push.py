"""Web Push in a real Chromium at a real town: asked for by a press, shown by the service worker, ended by a press.

No push service is reachable from a test machine, so two things are played: the browser's subscription (`subscribe`,
which would ask that service) and, since the demo names nobody who answers for its notices, that the centre is set up.
Registration of the worker, the centre's taking and ending of the subscription, and the worker's notice are real.
"""

import json
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import CDPSession, Route, expect
from tests.e2e.conftest import OpenWindow
from tests.support.console import Console
from tests.support.town import Town

from qorgan.demo.check import OFFICER
from qorgan.protocols import webpush

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
# A subscription as the browser makes it, but for the push service's part.
PLAYED = """endpoint => {
  const unsubscribe = async () => { standing = null; return true; };
  const made = {endpoint, unsubscribe, toJSON: () => ({endpoint, keys: KEYS})};
  let standing = null;
  PushManager.prototype.subscribe = async options => {
    window.__asked = {visible: options.userVisibleOnly, key: options.applicationServerKey.length};
    return standing = made;
  };
  PushManager.prototype.getSubscription = async () => standing;
}"""
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .map(({title, body, tag, data}) => ({title, body, tag, path: data.path}))"""


def test_a_browser_is_told_of_alarms_after_a_press_and_until_another(town: Town, window: OpenWindow) -> None:
    with window() as desk:
        desk.sign_in(OFFICER, town.settled.user_password)
        expect(desk.see("user-menu")).to_be_visible()
        to_duty(desk)
        expect(desk.see("push-state", state="not_configured")).to_contain_text("[notices] contact")
        desk.page.context.grant_permissions(["notifications"], origin=town.url)
        desk.page.route("**/api/notices/channels", set_up)
        endpoint = f"https://push.example/{uuid4()}"
        play(desk, endpoint)
        to_duty(desk)
        expect(desk.see("push-state", state="off")).to_be_visible()
        assert desk.page.evaluate("navigator.serviceWorker.getRegistrations().then(found => found.length)") == 0
        desk.see("push-on").press("Enter")
        expect(desk.see("push-state", state="on")).to_be_visible()
        assert desk.page.evaluate("window.__asked") == {"visible": True, "key": 65}
        with town.sign_in(OFFICER) as officer:
            mine = [one for one in officer.all("/api/notices/subscriptions") if one["ended_at"] is None]
            assert [one["address"] for one in mine] == ["https://push.example"]
            the_worker_shows_what_comes(desk, town)
            desk.see("push-off").press("Enter")
            expect(desk.see("push-state", state="off")).to_be_visible()
            assert all(one["ended_at"] is not None for one in officer.all("/api/notices/subscriptions"))


def to_duty(desk: Console) -> None:
    desk.go("/duty")
    expect(desk.see("push")).to_be_visible()


def set_up(route: Route) -> None:
    """The centre's answer, as of one whose settings name a contact."""
    answer = route.fetch().json()
    for channel in answer["items"]:
        if channel["channel"] == "push":
            channel |= {"ready": True, "reason": "", "key": webpush.public_key(webpush.new_private_key())}
    route.fulfill(json=answer)


def play(desk: Console, endpoint: str) -> None:
    point = webpush.decode(webpush.public_key(webpush.new_private_key()))
    keys = {"p256dh": webpush.encode(point), "auth": webpush.encode(b"s" * 16)}
    script = PLAYED.replace("KEYS", json.dumps(keys))
    desk.page.add_init_script(f"({script})({json.dumps(endpoint)})")


def the_worker_shows_what_comes(desk: Console, town: Town) -> None:
    """What the push service would hand to the browser, handed over by the browser's own debugger."""
    alarm = str(uuid4())
    said = {"title": "P1. № 12 мектеп", "text": "Фойе", "event": "alarm.raised", "level": "P1", "kind": "real"}
    cdp = desk.page.context.new_cdp_session(desk.page)
    deliver = {"origin": town.url, "registrationId": registration(desk, cdp)}
    cdp.send("ServiceWorker.deliverPushMessage", deliver | {"data": json.dumps(said | {"alarm": alarm})})
    shown = desk.until(lambda: desk.page.evaluate(SHOWN), "the worker shows a notice")
    assert shown == [{"title": said["title"], "body": "Фойе", "tag": alarm, "path": f"/desk?alarm={alarm}"}]


def registration(desk: Console, cdp: CDPSession) -> str:
    found: list[str] = []

    def seen(event: dict[str, Any]) -> None:
        found.extend(one["registrationId"] for one in event["registrations"])

    cdp.on("ServiceWorker.workerRegistrationUpdated", seen)
    cdp.send("ServiceWorker.enable")
    desk.until(lambda: found, "Chromium tells of the worker")
    return found[-1]
