"""A school says of itself that it is well, nothing that is measured says so, an inspector decides and signs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, expect
from tests.e2e.conftest import OpenWindow
from tests.support.console import Console
from tests.support.town import Person, Town

from qorgan.demo.check import HEAD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
SITE = "kst-012"
MINISTRY, INSPECTOR = "ministry@qorgan.demo", "inspector@qorgan.demo"
SEEN = "тексерушінің өзі көрген"


def test_a_self_assessment_that_the_measurement_does_not_bear_out_ends_in_a_signed_record(
    town: Town, window: OpenWindow
) -> None:
    with town.sign_in(MINISTRY) as ministry:
        ends = (datetime.now(UTC) + timedelta(days=10)).date().isoformat()
        campaign = ministry.post("/api/attestation/campaigns", {"title": "Күзгі аттестаттау", "ends": ends})["id"]
    with (
        town.sign_in(HEAD) as school,
        town.sign_in(INSPECTOR) as body,
        window() as head,
        window(locale="kk-KZ") as inspector,
    ):
        home = next(one["id"] for one in school.all("/api/schools") if one["site"] == SITE)
        path = f"/api/attestation/campaigns/{campaign}/schools/{home}"
        failing = next(one["requirement"] for one in school.get(path)["findings"] if one["gate"] and unmet(one))

        head.sign_in(HEAD, town.settled.user_password)
        expect(head.see("school-page")).to_be_visible()
        head.go("/attestation")
        head.see("campaign").filter(has_text="Күзгі").locator("a").first.click()
        say(row(head, failing), "compliant", "бәрі бар")
        expect(row(head, failing).get_by_test_id("contradiction")).to_be_visible()
        head.see("assessment-submit").click()
        expect(head.see("assessment", state="submitted")).to_be_visible()
        assert head.see("answer-form").count() == 0 and head.raw_keys() == []

        inspector.sign_in(INSPECTOR, town.settled.user_password)
        expect(inspector.see("schools")).to_be_visible()
        judge_what_waits(body, path, but=failing)
        inspector.go("/attestation")
        inspector.see("campaign").filter(has_text="Күзгі").get_by_test_id("assessment-row").locator("a").click()
        inspector.see("assessment-decide").click()
        expect(inspector.see("assessment-refused")).to_have_text(inspector.words("problem.assessment_unsettled"))
        say(row(inspector, failing), "not", SEEN)
        expect(inspector.see("side-by-side")).to_have_attribute("data-waiting", "0")
        inspector.see("assessment-decide").click()
        inspector.see("assessment-record").click()
        expect(inspector.see("assessment", state="recorded")).to_be_visible()
        expect(inspector.see("bundle")).to_be_visible()
        expect(inspector.see("differences-none")).to_be_visible()
        assert inspector.raw_keys() == []
        record = body.get(f"/api/attestation/records/{body.get(path)['record']}")
        assert record["holds"] is True


def unmet(finding: dict[str, Any]) -> bool:
    """In a town that has just begun hardly anything is measured: a school that says it is well has not proved it."""
    return finding["measured"] in ("not", "unknown")


def row(desk: Console, requirement: str) -> Locator:
    return desk.see("finding", requirement=requirement)


def say(where: Locator, verdict: str, words: str) -> None:
    where.get_by_test_id("voice").locator("summary").click()
    where.get_by_test_id("answer-verdict").select_option(verdict)
    where.get_by_test_id("answer-words").fill(words)
    where.get_by_test_id("answer-say").click()


def judge_what_waits(body: Person, path: str, *, but: str) -> None:
    found: list[dict[str, Any]] = body.get(path)["findings"]
    waiting = [one["requirement"] for one in found if not one["settled"] and one["requirement"] != but]
    said = [{"requirement": one, "verdict": "not", "words": SEEN} for one in waiting]
    body.put(f"{path}/judgements", {"items": said})
