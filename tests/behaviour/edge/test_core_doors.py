"""Who may do what at a school's core, and what it never says."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from tests.support.fake_centre import FakeCentre
from tests.support.nats import NatsServer
from tests.support.school_core import NATS_PASSWORD, SITE, TOKEN, SchoolCore

from qorgan.edge.ipc import CoreSender, GrantUse


async def test_only_the_buttons_own_token_presses_it(school: SchoolCore) -> None:
    attempts: list[tuple[str, dict[str, str]]] = [
        ("hall", {}),
        ("hall", {"Authorization": "Bearer wrong"}),
        ("hall", {"Authorization": f"Basic {TOKEN}"}),
        ("hall", {"Authorization": "Bearer"}),
        ("yard", {"Authorization": f"Bearer {TOKEN}"}),
    ]
    await school.until_health(lambda health: health["outbox"]["last_seq"] == 1)
    for key, headers in attempts:
        answer = await school.http.post(f"/buttons/{key}/press", json={"press_id": str(uuid4())}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised"), (key, headers)
        assert answer.headers["content-type"] == "application/problem+json"
    assert (await school.health())["outbox"]["last_seq"] == 1  # the inventory alone


async def test_a_press_that_makes_no_sense_says_why(school: SchoolCore) -> None:
    attempts = [
        (b"", 400, "invalid"),
        (b"\xff\xfe{", 400, "invalid"),
        (b'{"press_id": "not a uuid"}', 400, "invalid"),
        (b'{"press_id": "%s", "kind": "joke"}' % str(uuid4()).encode(), 400, "invalid"),
        (b'{"press_id": "' + b"x" * 100_000 + b'"}', 413, "body.too_big"),
    ]
    for body, status, code in attempts:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = await school.http.post("/buttons/hall/press", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body[:60]


async def test_an_alarm_is_shown_to_its_own_button_alone(school: SchoolCore) -> None:
    alarm = (await school.press()).json()["alarm"]
    assert (await school.alarm(alarm))["stored"] is True
    assert (await school.alarm(str(uuid4())))["code"] == "not_found"
    assert (await school.http.get(f"/alarms/{alarm}")).status_code == 401


async def test_every_look_is_a_line_of_the_schools_ledger_which_is_read_there_alone(school: SchoolCore) -> None:
    sender = CoreSender(school.config.core_socket)
    sending = asyncio.create_task(sender.run())
    at = datetime.now(UTC)
    for number in range(3):
        sender.send(
            GrantUse(
                id=f"g{number}", camera="hall", stream="sub", action="live", viewer="Ж. Кезекші", purpose="duty", at=at
            )
        )
    async with asyncio.timeout(60):
        await sender.drain()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)

    page = (await school.http.get("/watches")).json()
    assert [(item["number"], item["id"]) for item in page["items"]] == [(3, "g2"), (2, "g1"), (1, "g0")]
    assert page["items"][0]["viewer"] == "Ж. Кезекші"
    older = (await school.http.get("/watches?before=2")).json()
    assert [item["number"] for item in older["items"]] == [1]
    rebound = await school.http.get("/watches", headers={"Host": "evil.example"})
    assert (rebound.status_code, rebound.json()["code"]) == (403, "forbidden")


def files_in(directory: Path) -> dict[str, bytes]:
    files = [path for path in directory.rglob("*") if path.is_file() and path.name != "ballast"]
    return {path.name: path.read_bytes() for path in files}


async def test_secrets_stand_in_no_file_no_log_and_no_answer(
    school: SchoolCore, centre: FakeCentre, tmp_path: Path
) -> None:
    await school.press()
    await school.http.post("/buttons/hall/press", headers={"Authorization": f"Bearer {TOKEN}x"}, content=b"{")
    answers = [(await school.http.get(path)).text for path in ("/", "/health", "/watches", f"/{TOKEN}")]
    await school.stop()

    written = files_in(tmp_path)
    assert {"secrets.json", "core.db", "core.log"} <= set(written)
    for name, data in written.items():
        assert TOKEN.encode() not in data and NATS_PASSWORD.encode() not in data, name
    assert not any(TOKEN in answer or NATS_PASSWORD in answer for answer in answers)


async def test_a_wrong_password_for_the_centre_is_named_and_the_button_works(
    carrier: NatsServer, tmp_path: Path
) -> None:
    async with SchoolCore(tmp_path, carrier.url, nats_password="wrong-hunter2") as school:
        await school.until_health(lambda health: health["link"]["problem"] == "wrong_password")
        assert (await school.press()).status_code == 201
        assert "центр не принял пароль" in (await school.http.get("/?lang=ru")).text
    assert "hunter2" not in school.log.read_text()


async def test_core_stops_cleanly_within_its_time(school: SchoolCore) -> None:
    assert school._process is not None
    school._process.terminate()
    # It ends itself with exit code 1 when cleaning up takes longer than promised: 0 says that it did not
    assert await asyncio.wait_for(school._process.wait(), 60) == 0
    assert not school.config.core_socket.exists()
    assert SITE not in school.log.read_text().partition("Traceback")[2]
