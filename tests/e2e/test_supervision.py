"""Would alarms come through? What is broken, which buttons were never tested; a test is planned and taken back."""

import pytest
from playwright.sync_api import expect
from tests.e2e.conftest import OpenWindow
from tests.support.console import SHOWN_WITHIN_MS, words
from tests.support.town import Town

from qorgan.demo.check import OFFICER

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_an_officer_sees_what_is_untested_and_plans_a_test(town: Town, window: OpenWindow) -> None:
    said = words("kk")
    with window(locale="kk-KZ") as desk:
        desk.sign_in(OFFICER, town.settled.user_password)
        desk.page.get_by_role("link", name=said["nav.supervision"]).click()
        expect(desk.see("supervision-page")).to_contain_text(said["supervision.title"], timeout=SHOWN_WITHIN_MS)
        expect(desk.see("faults-none").or_(desk.see("fault")).first).to_be_visible(timeout=SHOWN_WITHIN_MS)
        desk.see("proof-never").click()
        way = desk.see("way").first
        expect(way).to_contain_text(said["supervision.never_tested"], timeout=SHOWN_WITHIN_MS)
        desk.see("plan-in-1h").click()
        way.get_by_test_id("plan-test").click()
        planned = desk.see("planned-test")
        expect(planned).to_have_count(1, timeout=SHOWN_WITHIN_MS)
        expect(way.get_by_test_id("way-planned")).to_be_visible(timeout=SHOWN_WITHIN_MS)
        assert desk.raw_keys() == []
        planned.get_by_role("button", name=said["supervision.cancel"]).click()
        expect(planned).to_have_count(0, timeout=SHOWN_WITHIN_MS)
