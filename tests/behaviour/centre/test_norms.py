"""What the centre knows of schools becomes verdicts; papers and the kind of a site change them; territories add up."""

import asyncio
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre.alarms.models import AlarmLog
from qorgan.centre.ledger import LedgerBroken, verify
from qorgan.centre.norms import service, standing, telemetry
from qorgan.centre.norms.keeper import NormsKeeper
from qorgan.centre.norms.ledgering import Seen
from qorgan.centre.norms.models import FactLine, NormPack, SchoolNorms, StandingMonth, VerdictLine
from qorgan.centre.schools.models import School
from qorgan.centre.supervision.models import ButtonTest, WayIn
from qorgan.domain.access import Body, Role
from qorgan.domain.norms.terms import term_of
from qorgan.kernel.clock import SystemClock

pytestmark = pytest.mark.django_db
CITY_SCHOOL = {"kind": "school", "ownership": "state", "settlement": "city", "peak_people": 900}


@pytest.fixture
def head(town: Town) -> Desk:
    return desk(a.a_person(Role.HEAD, school=town.school))


@pytest.fixture
def ministry() -> Desk:
    return desk(a.a_person(Role.MINISTRY))


def hear(school: School, at: datetime | None = None) -> None:
    school.node.state, school.node.last_pulse_at = "online", at or timezone.now()
    school.node.save()


def look(at: datetime | None = None) -> None:
    service.enrol(at)
    while service.look(at):
        pass


def verdict(somebody: Desk, town: Town, key: str, **asked: str) -> str:
    items = somebody.get(f"/schools/{town.school.pk}/norms", **asked).json()["items"]
    return {one["requirement"]: one["verdict"] for one in items}[key]


def test_what_nodes_tell_becomes_verdicts_with_their_reasons(town: Town, head: Desk) -> None:
    hear(town.school)
    head.put(f"/schools/{town.school.pk}/site", CITY_SCHOOL)
    look()

    page = head.get(f"/schools/{town.school.pk}/norms").json()
    by_key = {one["requirement"]: one for one in page["items"]}
    assert by_key["kz:KZ-V-6:1"]["verdict"] == "unknown", "it works, but nobody has judged its picture"
    assert sum(page["counts"].values()) == len(page["items"]) and page["gate"] in ("not", "unknown")
    ranks = [("not", "partly", "unknown", "compliant", "not_applicable").index(one["verdict"]) for one in page["items"]]
    assert ranks == sorted(ranks)

    town.hall.state = "failed"
    town.hall.save()
    hear(town.school)
    look(timezone.now() + timedelta(hours=2))
    why = head.get(f"/schools/{town.school.pk}/norms/kz:KZ-V-6:1").json()
    assert why["item"]["verdict"] == "not" and why["item"]["since"] is not None
    assert why["provisions"] and all(one["source"] for one in why["provisions"])
    assert "camera" in why["titles"] and why["check"]["holds"] is False
    assert verify(FactLine.objects.filter(school=town.school).order_by("number")) >= 3
    assert verify(VerdictLine.objects.filter(school=town.school).order_by("number")) == 2
    assert set(NormPack.objects.values_list("digest", flat=True)) >= {why["pack_digest"]}


def test_a_school_that_says_nothing_new_writes_nothing(town: Town) -> None:
    hear(town.school)
    look()
    facts, verdicts = FactLine.objects.count(), VerdictLine.objects.count()
    hear(town.school)
    look(timezone.now() + timedelta(minutes=1))  # nobody is due
    SchoolNorms.objects.update(due_at=timezone.now())
    look(timezone.now() + timedelta(minutes=2))
    assert (FactLine.objects.count(), VerdictLine.objects.count()) == (facts, verdicts)


def test_what_a_silent_node_said_expires(town: Town, head: Desk) -> None:
    hear(town.school)
    head.put(f"/schools/{town.school.pk}/site", CITY_SCHOOL)
    town.hall.state = "failed"
    town.hall.save()
    look()
    assert verdict(head, town, "kz:KZ-V-6:1") == "not"
    town.school.node.state = "silent"
    town.school.node.save()
    look(timezone.now() + timedelta(days=2))
    row = SchoolNorms.objects.get(pk=town.school.pk)
    assert row.verdicts["kz:KZ-V-6:1"][0] == "unknown"


def test_a_paper_turns_a_verdict_and_its_withdrawal_turns_it_back(town: Town, head: Desk) -> None:
    papers = f"/schools/{town.school.pk}/documents"
    head.put(f"/schools/{town.school.pk}/site", CITY_SCHOOL)
    kinds = {one["kind"]: one["ends"] for one in head.get(papers).json()["kinds"]}
    assert kinds["guard_contract_until"] is True and kinds["access_order_on"] is False
    before = verdict(head, town, "kz:KZ-P-1:1")

    today = timezone.localdate()
    wish = {"kind": "access_order_on", "number": "12", "issued": str(today), "issuer": "директор"}
    made = head.post(papers, wish, key="one")
    again = head.post(papers, wish, key="one")
    assert (made.status_code, again.json()["id"]) == (201, made.json()["id"])
    why = head.get(f"/schools/{town.school.pk}/norms/kz:KZ-P-1:1").json()
    assert f"document:{made.json()['id']}" in str(why["check"])

    assert head.delete(f"{papers}/{made.json()['id']}").status_code == 200
    assert head.delete(f"{papers}/{made.json()['id']}").json()["code"] == "document.withdrawn"
    assert verdict(head, town, "kz:KZ-P-1:1") == before
    assert head.get(papers).json()["items"][0]["withdrawn_at"] is not None


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"kind": "secret"}, "document.kind"),
        ({"issued": "2999-01-01"}, "document.days"),
        ({"kind": "guard_contract_until"}, "document.days"),
        ({"valid_to": "2001-01-01"}, "document.days"),
    ],
)
def test_a_paper_that_cannot_be_is_refused_and_nothing_is_written(
    town: Town, head: Desk, said: dict[str, str], code: str
) -> None:
    wish = {"kind": "access_order_on", "issued": "2026-01-10"} | said
    answer = head.post(f"/schools/{town.school.pk}/documents", wish)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not FactLine.objects.exists()


def test_what_is_taken_back_of_a_site_is_not_known_any_more(town: Town, head: Desk) -> None:
    path = f"/schools/{town.school.pk}/site"
    assert head.put(path, CITY_SCHOOL).json()["peak_people"] == 900
    said = head.put(path, CITY_SCHOOL | {"peak_people": None}).json()
    assert (said["peak_people"], said["settlement"], said["may_edit"]) == (None, "city", True)
    assert head.put(path, {"peak_people": -1}).status_code == 422


def test_a_day_that_is_over_is_answered_by_what_was_known_then(town: Town, head: Desk) -> None:
    head.put(f"/schools/{town.school.pk}/site", CITY_SCHOOL)
    yesterday = str(timezone.localdate() - timedelta(days=1))
    then = head.get(f"/schools/{town.school.pk}/norms", at=yesterday).json()
    assert then["counts"]["unknown"] > 0 and {one["since"] for one in then["items"]} == {None}
    old = head.get(f"/schools/{town.school.pk}/norms", norm_day="2022-06-01").json()
    assert {one["requirement"] for one in old["items"]} < {one["requirement"] for one in then["items"]}
    tomorrow = str(timezone.localdate() + timedelta(days=1))
    assert head.get(f"/schools/{town.school.pk}/norms", at=tomorrow).json()["code"] == "norms.future"


def test_what_comes_due_within_a_month_is_told_before(town: Town, head: Desk) -> None:
    """A plan against bullying holds for a year."""
    issued = timezone.localdate() - timedelta(days=355)
    ends = term_of("1 years").after(issued, lambda day: True)
    wish = {"kind": "bullying_plan_on", "issued": str(issued)}
    assert head.post(f"/schools/{town.school.pk}/documents", wish).status_code == 201
    page = head.get(f"/schools/{town.school.pk}/norms").json()
    (soon,) = page["due_soon"]
    assert (soon["verdict"], soon["due"]) == ("compliant", str(ends + timedelta(days=1)))
    assert verdict(head, town, soon["requirement"]) == "compliant"


def test_territories_add_up_to_the_same_organisations_on_every_level(town: Town, ministry: Desk) -> None:
    hear(town.school)
    look()
    School.objects.filter(pk=town.far.pk).get().standings.all().delete()  # as one that was never judged

    country = ministry.get("/norms/standing").json()
    assert (country["organisations"], country["connected"]) == (3, 2)
    assert country["unknown"] + country["compliant"] <= 3 and country["as_of"] is not None
    regions = {one["id"]: one for one in country["children"]}
    region = ministry.get("/norms/standing", level="region", of=a.KOSTANAY).json()
    assert region["organisations"] == regions[a.KOSTANAY]["organisations"] == 2
    district = ministry.get("/norms/standing", level="district", of=a.CITY).json()
    assert [one["id"] for one in district["children"]] == [str(town.school.pk)]
    assert regions[a.ASTANA]["unknown"] == 1
    assert ministry.get("/norms/standing", level="region").json()["code"] == "standing.of"
    assert ministry.get("/norms/standing", pack="fr-cnil").status_code == 404


def test_a_month_that_ended_is_kept_once_and_never_changes(town: Town, ministry: Desk) -> None:
    assert standing.keep_month(timezone.now()) is False, "nothing was judged yet"
    look()
    assert standing.keep_month(timezone.now()) is True
    assert standing.keep_month(timezone.now()) is False
    rows = StandingMonth.objects.filter(pack="kz")
    assert sum(one.organisations for one in rows) == 3
    with pytest.raises(LedgerBroken):
        rows[0].save()
    trend = ministry.get("/norms/standing").json()["children"][0]["trend"]
    assert (len(trend), trend[:-1], trend[-1]) == (12, [None] * 11, 0.0)
    head = desk(a.a_person(Role.HEAD, school=town.school))
    assert head.get("/norms/standing").json()["children"][0]["trend"] == [None] * 12, "it is not all theirs to see"


MAY_READ = (Role.HEAD, Role.INSPECTOR, Role.MINISTRY, Role.ADMINISTRATOR)
MAY_EDIT = (Role.HEAD, Role.ADMINISTRATOR)


@pytest.mark.parametrize("role", Role)
def test_who_may_what(town: Town, role: Role) -> None:
    place = {
        Role.HEAD: {"school": town.school},
        Role.DUTY_OFFICER: {"centre": town.centre},
        Role.INSPECTOR: {"regions": (a.KOSTANAY,), "body": Body.EDUCATION},
    }.get(role, {})
    somebody = desk(a.a_person(role, **place))
    mine, far = f"/schools/{town.school.pk}", f"/schools/{town.far.pk}"
    for path in ("/norms", "/norms/standing", f"{mine}/norms", f"{mine}/norms/kz:KZ-V-6:1", f"{mine}/site"):
        assert (somebody.get(path).status_code == 200) == (role in MAY_READ), path
    assert (somebody.put(f"{mine}/site", CITY_SCHOOL).status_code == 200) == (role in MAY_EDIT)
    wish = {"kind": "access_order_on", "issued": "2026-01-10"}
    assert (somebody.post(f"{mine}/documents", wish).status_code == 201) == (role in MAY_EDIT)
    if role in (Role.HEAD, Role.INSPECTOR):
        for path in ("norms", "norms/kz:KZ-V-6:1", "site", "documents"):
            assert somebody.get(f"{far}/{path}").status_code == 404


def test_a_school_that_cannot_be_judged_delays_no_other(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    gather = telemetry.seen_of

    def seen_of(school: School, now: datetime) -> list[Seen]:
        if school.pk == town.school.pk:
            raise RuntimeError("its rows make no sense")
        return gather(school, now)

    monkeypatch.setattr(telemetry, "seen_of", seen_of)
    now = timezone.now()
    look(now)

    judged = {row.school_id: row for row in SchoolNorms.objects.all()}
    assert judged[town.school.pk].evaluated_at is None
    assert judged[town.neighbour.pk].evaluated_at == judged[town.far.pk].evaluated_at == now
    assert judged[town.school.pk].due_at == now + service.AFTER_A_CRASH, "it comes again, and not at once"
    assert [record.message for record in caplog.records] == [f"norms.school_crashed school={town.school.pk}"]
    monkeypatch.undo()
    look(now + service.AFTER_A_CRASH)
    assert SchoolNorms.objects.get(pk=town.school.pk).evaluated_at == now + service.AFTER_A_CRASH


class Turns(SystemClock):
    """Lets a keeper turn so often, then stops it."""

    def __init__(self, turns: int) -> None:
        self.left = turns

    async def sleep(self, seconds: float) -> None:
        self.left -= 1
        if self.left < 0:
            raise asyncio.CancelledError
        await super().sleep(0)


def test_the_keeper_goes_on_after_a_turn_that_crashed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def crashes_once() -> int:
        asked.append("look")
        if len(asked) == 1:
            raise RuntimeError("a turn that crashed")
        return 0

    monkeypatch.setattr(service, "look", crashes_once)
    keeper = NormsKeeper(clock=Turns(3))
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(keeper._keep("look", keeper._look, 1.0))
    keeper._thread.close()
    keeper._proving.close()
    assert asked == ["look"] * 4


def test_a_test_of_a_button_that_was_taken_says_so_and_how_long_it_took(town: Town) -> None:
    now = timezone.now()
    hear(town.school, now)
    way = {"kind": "button", "interval_s": None, "known_since": now, "state": "ok"}
    WayIn.objects.create(school=town.school, key="hall", **way)
    alarm = a.an_alarm(town.school)
    times = {"pressed_at": now - timedelta(seconds=9), "received_at": now - timedelta(seconds=8), "took_s": 1.0}
    ButtonTest.objects.create(school=town.school, button="hall", alarm=alarm, **times)
    look(now)
    known = SchoolNorms.objects.get(pk=town.school.pk).known
    assert "button.tested_on" in known and "button.acknowledged" not in known, "nobody took it: unknown, not false"

    last = AlarmLog.objects.filter(alarm=alarm).order_by("-number").first()
    AlarmLog(alarm=alarm, action="owned", at=now).after(last).save()
    service.look_at(town.school.pk, now + timedelta(minutes=1))
    known = SchoolNorms.objects.get(pk=town.school.pk).known
    assert known["button.acknowledged"]["hall"]["value"] is True
    assert known["button.ack_s"]["hall"]["value"] == pytest.approx(9.0, abs=0.2)
    assert known["button.ack_s"]["hall"]["evidence"] == f"alarm:{alarm.pk}"


def test_the_requirements_of_a_pack_are_listed_page_by_page(ministry: Desk) -> None:
    whole = ministry.get("/norms/kz/requirements", limit=200).json()
    refs = [one["requirement"] for one in whole["items"]]
    assert whole["next"] is None and refs == sorted(set(refs)) and "kz:KZ-V-4:1" in refs
    assert all(one["sources"] and one["status"] and one["severity"] and one["title"]["kk"] for one in whole["items"])

    paged, cursor = list[str](), None
    while True:
        page = ministry.get("/norms/kz/requirements", limit=7, **({"cursor": cursor} if cursor else {})).json()
        assert len(page["items"]) <= 7
        paged += [one["requirement"] for one in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert paged == refs
    assert ministry.get("/norms/none/requirements").json()["code"] == "norm_pack.unknown"
    assert ministry.get("/norms/kz/requirements", limit=1_000).status_code == 422


def test_a_new_camera_opens_the_updating_of_the_passport_by_itself(town: Town, head: Desk) -> None:
    """The first telling is no change; a camera more is, and the school sees until when its passport has to follow."""
    before = timezone.now() - timedelta(hours=2)
    hear(town.school, before)
    look(before)
    head.put(f"/schools/{town.school.pk}/site", CITY_SCHOOL)
    updated = {"kind": "passport_updated_on", "number": "1", "issued": "2025-09-01", "issuer": "директор"}
    assert head.post(f"/schools/{town.school.pk}/documents", updated).status_code == 201
    assert verdict(head, town, "kz:KZ-D-3:1") == "unknown", "of what changed before the school was heard nobody knows"

    a.a_camera(town.school, "yard")
    hear(town.school)
    look()
    assert verdict(head, town, "kz:KZ-D-3:1") == "compliant", "twenty working days begin to run"
    why = head.get(f"/schools/{town.school.pk}/norms/kz:KZ-D-3:1").json()
    assert why["applies"]["value"] == str(timezone.localdate()) and why["check"]["due_on"] > why["applies"]["value"]
