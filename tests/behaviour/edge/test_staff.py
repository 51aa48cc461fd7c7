"""The staff's phones at the node's door: who they are, what they may, and what is never refused."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from tests.support.fake_centre import FakeCentre, until
from tests.support.nats import NatsServer
from tests.support.school_core import SchoolCore
from typer.testing import CliRunner

from qorgan.domain.actions import Role
from qorgan.domain.places import LocalText
from qorgan.edge.cli import app as edge_app
from qorgan.edge.staff.people import Enrolment, StaffBook
from qorgan.kernel.clock import SystemClock
from qorgan.protocols.link.messages import ActionChanged
from qorgan.sim.chip import SimChip

DOOR = """
[[outputs]]
key = "door"
kind = "door"
place = {{ kk = "Кіреберіс" }}
line = "sim:{chip}:7"
"""


@pytest.fixture
async def chip(tmp_path: Path) -> AsyncIterator[SimChip]:
    async with SimChip(tmp_path / "chip.sock") as chip:
        yield chip


@pytest.fixture
async def school(tmp_path: Path, carrier: NatsServer, centre: FakeCentre, chip: SimChip) -> AsyncIterator[SchoolCore]:
    async with SchoolCore(tmp_path, carrier.url, more=DOOR.format(chip=chip.path)) as school:
        yield school


def enrol(school: SchoolCore, key: str, role: Role = Role.STAFF) -> Enrolment:
    place = LocalText(kk="5 «А» сыныбы")
    book = StaffBook(school.config.storage.data)
    return book.enrol(key=key, name="Әлия Н.", role=role, place=place, cameras=("hall",), now=SystemClock().now())


async def ask(school: SchoolCore, who: Enrolment | str, path: str, body: object = None) -> httpx.Response:
    token = who if isinstance(who, str) else who.token
    headers = {"Authorization": f"Bearer {token}"}
    if body is None:
        return await school.http.get(f"/staff/{path}", headers=headers)
    return await school.http.post(f"/staff/{path}", json=body, headers=headers)


async def press(school: SchoolCore, who: Enrolment, gesture: str = "police", id: str = "", ago_s: float = 0) -> str:
    body = {"press_id": id or str(uuid4()), "gesture": gesture, "ago_s": ago_s}
    answer = await ask(school, who, "press", body)
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json()["alarm"])


async def test_a_press_is_one_alarm_however_often_it_is_sent_and_names_who_pressed(
    centre: FakeCentre, school: SchoolCore
) -> None:
    who, id = enrol(school, "aliya"), str(uuid4())
    assert 1 == len({await press(school, who, id=id, ago_s=20) for _ in range(3)})
    await until(centre.alarms, "the alarm")
    [alarm] = centre.alarms()
    said = (alarm.button, alarm.source, alarm.level, alarm.place.kk, alarm.note, alarm.cameras)
    assert ("staff-aliya", "staff", "P1", "5 «А» сыныбы", "Әлия Н.", ("hall",)) == said
    assert "stored" != (await ask(school, who, f"alarms/{alarm.alarm}")).json()["state"]


async def test_a_token_is_kept_as_a_hash_taken_back_at_once_and_useless_to_others(
    centre: FakeCentre, school: SchoolCore
) -> None:
    who, other = enrol(school, "aliya"), enrol(school, "berik")
    alarm = await press(school, who)
    assert 404 == (await ask(school, other, f"alarms/{alarm}")).status_code
    kept = (school.config.storage.data / "staff.json").read_text()
    assert not any(secret in kept for secret in (who.token, f'"{who.safe_code}"', f'"{who.duress_code}"'))
    StaffBook(school.config.storage.data).revoke("aliya")
    assert 401 == (await ask(school, who, "me")).status_code
    assert 200 == (await ask(school, other, "me")).status_code
    assert who.token not in school.log.read_text()


async def test_somebody_who_guesses_is_slowed_down_and_a_call_for_the_police_never_is(
    centre: FakeCentre, school: SchoolCore
) -> None:
    who = enrol(school, "aliya")
    guesses = [(await ask(school, f"guess-{n}", "me")).status_code for n in range(25)]
    assert 401 == guesses[0] and 429 == guesses[-1]
    looks = [(await ask(school, who, "me")).status_code for _ in range(150)]
    assert 200 == looks[0] and 429 == looks[-1]
    assert 429 == (await ask(school, who, "press", {"press_id": str(uuid4()), "gesture": "assist"})).status_code
    for _ in range(40):
        await press(school, who)


async def test_a_cancel_is_a_claim_and_one_under_duress_looks_the_same(centre: FakeCentre, school: SchoolCore) -> None:
    who = enrol(school, "aliya")
    alarm = await press(school, who)
    answers = [
        await ask(school, who, f"alarms/{alarm}/cancel", {"claim_id": str(uuid4()), "code": code})
        for code in (who.safe_code, who.duress_code, "")
    ]
    assert 1 == len({(answer.status_code, answer.text) for answer in answers})
    await until(lambda: len(centre.claims()) == 3, "the claims")
    assert [("cancel", False), ("cancel", True), ("cancel", False)] == [(c.claim, c.duress) for c in centre.claims()]
    assert "received" == (await ask(school, who, f"alarms/{alarm}")).json()["state"], "the alarm stands"


def a_wish(action: str, code: str = "") -> dict[str, str]:
    return {"id": str(uuid4()), "action": action, "code": code}


async def test_anybody_of_the_staff_locks_the_school_and_only_the_leader_ends_it(
    centre: FakeCentre, school: SchoolCore, chip: SimChip
) -> None:
    staff, leader = enrol(school, "aliya"), enrol(school, "head", Role.LEADER)
    assert 201 == (await ask(school, staff, "actions", a_wish("lockdown"))).status_code
    await until(lambda: chip.closed(7), "the door")
    refused = [
        (await ask(school, staff, "actions", a_wish("all_clear", staff.safe_code))).json()["code"],
        (await ask(school, leader, "actions", a_wish("all_clear", "none"))).json()["code"],
        (await ask(school, staff, "actions", {**a_wish("hold"), "kind": "drill"})).json()["code"],
    ]
    assert ["action.right", "staff.code", "action.right"] == refused and chip.closed(7)
    assert 201 == (await ask(school, leader, "actions", a_wish("all_clear", leader.safe_code))).status_code
    await until(lambda: not chip.closed(7), "the door")
    assert [] == centre.alarms()


async def test_an_all_clear_under_duress_looks_the_same_opens_no_door_and_calls_the_police(
    centre: FakeCentre, school: SchoolCore, chip: SimChip
) -> None:
    leader = enrol(school, "head", Role.LEADER)
    answers = []
    for code in (leader.safe_code, leader.duress_code):
        await ask(school, leader, "actions", a_wish("lockdown"))
        await until(lambda: chip.closed(7), "the door")
        answer = await ask(school, leader, "actions", a_wish("all_clear", code))
        screen = (await school.http.get("/action")).json()
        answers.append((answer.status_code, answer.json()["action"], screen["action"], screen["name"]["en"]))
    assert (201, "all_clear", "all_clear", "ALL CLEAR") == answers[0] == answers[1]
    await until(centre.alarms, "the alarm")
    [alarm] = centre.alarms()
    assert ("P1", True, "staff-head") == (alarm.level, alarm.duress, alarm.button)
    await until(lambda: [one.action for one in centre.events(ActionChanged)].count("all_clear") == 2, "the reports")
    assert chip.closed(7)

    chip.changed.clear()
    await school.kill()
    await school.start()
    await until(chip.changed.is_set, "the node's hold of the lines")
    assert chip.closed(7)


async def test_whoever_tries_codes_is_stopped_and_the_code_of_duress_is_heard_even_then(
    centre: FakeCentre, school: SchoolCore
) -> None:
    leader = enrol(school, "head", Role.LEADER)
    codes = ["wrong"] * 6 + [leader.safe_code, leader.duress_code]
    answers = [(await ask(school, leader, "actions", a_wish("all_clear", code))).status_code for code in codes]
    assert [403] * 5 + [429] * 3 == answers
    await until(centre.alarms, "the alarm under duress")
    assert centre.alarms()[0].duress


async def test_the_page_is_ours_alone_and_its_worker_knows_its_version(school: SchoolCore) -> None:
    page = await school.http.get("/staff", follow_redirects=True)
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not re.search(r"https?://", page.text)
    for name in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert 200 == (await school.http.get(f"/staff/{name}")).status_code, name
    worker = (await school.http.get("/staff/worker.js")).text
    assert re.search(r"qorgan-staff-[0-9a-f]{16}", worker)
    assert 404 == (await school.http.get("/staff/../secrets.json")).status_code
    assert 404 == (await school.http.get("/staff/%2e%2e/people.py")).status_code


async def test_somebody_is_enrolled_and_revoked_on_the_command_line(school: SchoolCore) -> None:
    run = CliRunner().invoke
    config = ["--config", str(school.config_path)]
    made = run(edge_app, ["staff", "enrol", "aliya", "--name", "Әлия", "--place-kk", "5 «А»", "--leader", *config])
    assert 0 == made.exit_code, made.output
    found = re.search(r"/staff/#(\S+)", made.output)
    assert found is not None
    me = (await ask(school, found[1], "me")).json()
    assert ("Әлия", True) == (me["name"], me["leader"])
    assert "aliya\tleader\tӘлия" in run(edge_app, ["staff", "list", *config]).output
    assert 0 == run(edge_app, ["staff", "revoke", "aliya", *config]).exit_code
    assert 401 == (await ask(school, found[1], "me")).status_code
    assert 2 == run(edge_app, ["staff", "revoke", "aliya", *config]).exit_code
