"""What time does to alarms at the centre, on the real database; and what two persons decide by the API."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre import snapshots
from qorgan.centre.alarms import engine, raising
from qorgan.centre.alarms.engine import Engine, last_turn
from qorgan.centre.alarms.models import Alarm, AlarmLog, EngineTurn, Incident
from qorgan.centre.ledger import verify
from qorgan.domain.access import Role
from qorgan.domain.alarms.mass import JOINS_FOR

pytestmark = pytest.mark.django_db


def after(alarm: Alarm, seconds: float) -> datetime:
    return alarm.received_at + timedelta(seconds=seconds)


def actions(alarm: Alarm) -> list[str]:
    lines = AlarmLog.objects.filter(alarm=alarm)
    verify(lines)
    return [line.action for line in lines]


def second(town: Town) -> Desk:
    return desk(a.a_person(Role.DUTY_OFFICER, centre=town.centre))


# --- the ladder ----------------------------------------------------------------------------------------------------


def test_an_alarm_that_nobody_takes_calls_on_and_on(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)

    for seconds in (14.9, 15, 15.1, 30, 45, 46, 900):
        engine.turn(after(alarm, seconds))

    seen = officer.get(f"/alarms/{alarm.pk}").json()
    called = [line["data"]["to"] for line in seen["log"] if line["action"] == "escalated"]
    assert called == ["officer", "supervisor", "neighbour"]
    assert seen["escalation"] == {
        "rung": 3,
        "next_at": None,
        "ladder": [
            {"after_s": 15, "to": "officer"},
            {"after_s": 30, "to": "supervisor"},
            {"after_s": 45, "to": "neighbour"},
        ],
    }
    assert seen["log"][-1]["data"]["centre"] is None, "the registry names no neighbour, and the log says so"
    assert seen["version"] == 5 and actions(alarm)[:2] == ["pressed", "stored"]


def test_from_the_third_rung_on_the_neighbours_officers_see_it_and_act(town: Town, officer: Desk) -> None:
    neighbour = a.a_centre(regions=(a.ASTANA,))
    town.centre.neighbour = neighbour
    town.centre.save()
    other = desk(a.a_person(Role.DUTY_OFFICER, centre=neighbour))
    alarm = a.an_alarm(town.school)
    town.centre.neighbour = None  # the ladder was frozen when it was raised
    town.centre.save()

    engine.turn(after(alarm, 44))
    assert other.get(f"/alarms/{alarm.pk}").status_code == 404
    engine.turn(after(alarm, 45))

    assert other.get(f"/alarms/{alarm.pk}").json()["shared_with"]["id"] == str(neighbour.pk)
    assert [one["id"] for one in other.get("/alarms", state="open").json()["items"]] == [str(alarm.pk)]
    assert other.post(f"/alarms/{alarm.pk}/acknowledgement").json()["owner"]["id"] == str(other.user.pk)
    assert officer.get(f"/alarms/{alarm.pk}").status_code == 200


def test_an_owner_stops_it_and_their_silence_starts_it_again(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)
    owned = officer.post(f"/alarms/{alarm.pk}/acknowledgement").json()
    began = timezone.now()
    assert engine.turn(began + timedelta(seconds=80)).done == 0
    renewed = officer.post(f"/alarms/{alarm.pk}/lease").json()
    assert renewed["lease_until"] > owned["lease_until"] and renewed["version"] == owned["version"] + 1
    assert len(renewed["log"]) == len(owned["log"]), "a sign of life is no line in the log"
    assert second(town).post(f"/alarms/{alarm.pk}/lease").json()["code"] == "alarm.not_owner"

    engine.turn(timezone.now() + timedelta(seconds=90))
    lost = officer.get(f"/alarms/{alarm.pk}").json()
    assert (lost["state"], lost["owner"], lost["lease_until"]) == ("presented", None, None)
    assert lost["alerts"] == 2 and lost["escalation"]["next_at"]
    assert officer.post(f"/alarms/{alarm.pk}/lease").json()["code"] == "alarm.not_owner"


def test_a_released_alarm_is_anybodys(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)
    officer.post(f"/alarms/{alarm.pk}/acknowledgement")

    released = officer.post(f"/alarms/{alarm.pk}/release").json()

    assert released["owner"] is None and released["alerts"] == 2
    assert second(town).post(f"/alarms/{alarm.pk}/acknowledgement").status_code == 200


def test_a_centre_that_was_away_does_all_that_was_due(town: Town) -> None:
    alarms = [a.an_alarm(town.school) for _ in range(3)]

    done = engine.turn(after(alarms[-1], 3_600))

    assert done == engine.Turn(done=3, more=False)
    for alarm in alarms:
        assert actions(alarm) == ["pressed", "stored", "escalated", "escalated", "escalated"]
    assert engine.turn(after(alarms[-1], 3_601)).done == 0, "time that passed passes once"


def test_p1_goes_first_when_more_is_due_than_one_turn_takes(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "TOGETHER", 2)
    gentle = [a.an_alarm(town.school, level="P2") for _ in range(3)]
    grave = a.an_alarm(town.school)

    assert engine.turn(after(grave, 300)).more

    assert "escalated" in actions(grave)
    assert sum("escalated" in actions(alarm) for alarm in gentle) == 1


def asked(work: Callable[[], Any]) -> int:
    """How many questions `work` asks of the database. On PostgreSQL all it says: SQLite takes fewer rows at a time."""
    with CaptureQueriesContext(connection) as said:
        work()
    every = connection.vendor == "postgresql"
    return sum(every or one["sql"].startswith("SELECT") for one in said.captured_queries)


def test_a_turn_asks_as_often_for_two_hundred_alarms_as_for_ten(town: Town) -> None:
    """Two centres with officers, a neighbour that is called, a mass event, cameras: nothing is asked for each alarm."""
    town.centre.neighbour = a.a_centre(regions=(a.ASTANA,))
    town.centre.save()
    for centre in (town.centre, town.centre.neighbour):
        a.a_person(Role.DUTY_OFFICER, centre=centre)
    schools = [a.a_school(f"many-{number:03d}", online=False) for number in range(200)]
    cameras = [a.a_camera(school).pk for school in schools]
    counts: list[list[int]] = []
    for some in (schools[:10], schools):
        now = timezone.now()
        raising.store([raising.Raised(school.located, a.alarm_raised()) for school in some], now)
        alarms = list(Alarm.objects.filter(received_at=now))
        turns = [asked(partial(engine.turn, after(alarms[0], seconds))) for seconds in (15, 30, 45, 60)]
        looks = [asked(partial(snapshots.look_many, "alarm", [alarm.pk for alarm in alarms]))]
        looks.append(asked(partial(snapshots.look_many, "camera", cameras[: len(some)])))
        counts.append(turns + looks)
        assert all(actions(alarm)[2:] == ["escalated"] * 3 for alarm in (alarms[0], alarms[-1]))
        assert {one.shared_with_id for one in Alarm.objects.filter(received_at=now)} == {town.centre.neighbour.pk}
    assert counts[0] == counts[1]


def test_the_engine_says_that_it_keeps_up_only_while_it_does(town: Town) -> None:
    alarm = a.an_alarm(town.school)

    assert last_turn() is None
    assert engine.beat(after(alarm, 20)) and last_turn() == after(alarm, 20)
    assert not engine.beat(after(alarm, 26)), "it is due for more than ten seconds"
    assert last_turn() == after(alarm, 20)


async def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not await sync_to_async(condition)():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        await asyncio.sleep(0.02)


@pytest.mark.django_db(transaction=True)
async def test_a_running_engine_goes_on_where_a_killed_one_stopped(committed_town: Town) -> None:
    alarm = await sync_to_async(a.an_alarm)(committed_town.school)
    await sync_to_async(Alarm.objects.update)(next_at=timezone.now(), waiting_since=timezone.now() - timedelta(hours=1))
    for rung in (1, 2):  # of two lives; the first dies in the middle of its work
        running = asyncio.create_task(Engine(every_s=0.01).run())
        if rung == 1:
            await asyncio.sleep(0)
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            continue
        await until(lambda: actions(alarm).count("escalated") == 3, "the ladder is climbed")
        await until(lambda: EngineTurn.objects.exists(), "it says that it lives")
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    await sync_to_async(connections.close_all)()


@pytest.mark.django_db(transaction=True)
def test_two_engines_share_the_work(committed_town: Town) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    from concurrent.futures import ThreadPoolExecutor

    alarms = [a.an_alarm(committed_town.school) for _ in range(20)]
    late = after(alarms[-1], 100)

    def other() -> engine.Turn:
        try:
            return engine.turn(late)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        first = Alarm.objects.select_for_update().filter(pk__in=[one.pk for one in alarms[:5]])
        assert len(first) == 5
        assert pool.submit(other).result(timeout=60).done == 15, "what another has taken is passed over, not waited for"


@contextlib.contextmanager
def engines(data: Path) -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    """Starts engines in processes of their own, on this test's database; what still runs at the end is killed."""
    address = urlsplit(os.environ["QORGAN_TEST_DATABASE"])._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = {**os.environ, "QORGAN_DATABASE": address.geturl(), "QORGAN_DATA": str(data)}
    running: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "tests.support.an_engine"]
        running.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))
        output = running[-1].stdout
        assert output is not None and output.readline() == "ready\n"
        return running[-1]

    try:
        yield start
    finally:
        for process in running:
            process.kill()
            process.communicate()


def until_now(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
def test_of_engines_that_are_killed_no_rung_is_told_twice_and_none_is_missed(
    committed_town: Town, settings: Settings
) -> None:
    """Two at once, then one, then none for a while, then another: each rung once, with the instant when it was due."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    alarms = [a.an_alarm(committed_town.school) for _ in range(60)]
    Alarm.objects.update(next_at=None)
    told = AlarmLog.objects.filter(action="escalated")
    with engines(settings.QORGAN.data) as start:
        first, second = start(), start()
        began = {alarm.pk: timezone.now() + timedelta(milliseconds=50 * n) for n, alarm in enumerate(alarms)}
        for alarm in alarms:
            for seconds, rung in enumerate(alarm.ladder, start=1):
                rung["after_s"] = seconds
            alarm.waiting_since = began[alarm.pk]
            alarm.become(alarm.case)
        Alarm.objects.bulk_update(alarms, ("ladder", "waiting_since", "next_at"))
        until_now(lambda: told.count() >= 30, "both have begun")
        first.kill()
        until_now(lambda: told.count() >= 90, "one goes on")
        second.kill()
        second.wait()
        until_now(lambda: Alarm.objects.filter(next_at__lt=timezone.now()).count() >= 10, "much is overdue")
        start()
        until_now(lambda: not Alarm.objects.filter(next_at__isnull=False).exists(), "all rungs were called")

    for alarm in alarms:
        lines = [line for line in AlarmLog.objects.filter(alarm=alarm) if line.action == "escalated"]
        dues = [began[alarm.pk] + timedelta(seconds=seconds) for seconds in (1, 2, 3)]
        assert [datetime.fromisoformat(line.data["due"]) for line in lines] == dues
        assert [line.data["rung"] for line in lines] == [1, 2, 3]
        assert all(line.at >= due for line, due in zip(lines, dues, strict=True)), "and never before its time"
        assert actions(alarm).count("escalated") == 3


# --- two persons ---------------------------------------------------------------------------------------------------


def judged(officer: Desk, alarm: Alarm) -> str:
    path = f"/alarms/{alarm.pk}"
    officer.post(f"{path}/acknowledgement")
    officer.post(f"{path}/verification", {"verdict": "false"})
    return path


def test_a_p1_is_closed_by_two(town: Town, officer: Desk) -> None:
    path = judged(officer, a.an_alarm(town.school))

    without = officer.post(f"{path}/closure", {"disposition": "false_accident"}).json()
    signed = officer.post(f"{path}/closure", {"disposition": "false_accident", "note": "сөмкемен басылды"}).json()
    alone = officer.post(f"{path}/closure/confirmation").json()
    closed = second(town).post(f"{path}/closure/confirmation").json()

    assert without["code"] == "alarm.note" and alone["code"] == "alarm.second_person"
    assert signed["state"] == "refuted" and signed["closing"]["by"]["id"] == str(officer.user.pk)
    assert closed["state"] == "closed" and closed["disposition"] == "false_accident" and closed["closing"] is None
    assert [line["action"] for line in closed["log"]][-2:] == ["signed", "closed"]


def test_a_signature_is_withdrawn(town: Town, officer: Desk) -> None:
    path = judged(officer, a.an_alarm(town.school))
    officer.post(f"{path}/closure", {"disposition": "true", "note": "тыныш"})

    withdrawn = officer.client.delete(f"/api{path}/closure").json()

    assert withdrawn["closing"] is None and withdrawn["state"] == "refuted"
    assert second(town).post(f"{path}/closure/confirmation").json()["code"] == "alarm.not_closing"


def test_the_database_itself_refuses_a_p1_that_one_person_closed(town: Town, officer: Desk) -> None:
    from django.db import IntegrityError

    alarm = a.an_alarm(town.school)
    ended = {"state": "closed", "disposition": "true", "closed_at": timezone.now(), "closed_by": officer.user}

    with pytest.raises(IntegrityError), transaction.atomic():
        Alarm.objects.filter(pk=alarm.pk).update(**ended)
    with pytest.raises(IntegrityError), transaction.atomic():
        Alarm.objects.filter(pk=alarm.pk).update(**ended, confirmed_by=officer.user)


def test_a_drill_is_closed_by_one_and_reviewed(town: Town, officer: Desk) -> None:
    path = judged(officer, a.an_alarm(town.school, kind="drill"))

    closed = officer.post(f"{path}/closure", {"disposition": "drill"}).json()
    reviewed = officer.post(f"{path}/review", {"note": "екі минутта шықты"}).json()

    assert (closed["state"], closed["confirmed_by"], reviewed["state"]) == ("closed", None, "reviewed")


def test_a_shelf_takes_two_persons_and_comes_back_by_itself(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school, kind="test")
    path, until_ = f"/alarms/{alarm.pk}", (timezone.now() + timedelta(hours=1)).isoformat()

    asked = officer.post(f"{path}/shelf", {"until": until_, "reason": "батырма кептелді"}).json()
    alone = officer.post(f"{path}/shelf/confirmation").json()
    assert engine.turn(timezone.now() + timedelta(seconds=20)).done == 1, "as loud as before"
    quiet = second(town).post(f"{path}/shelf/confirmation").json()

    assert asked["shelf"]["confirmed_by"] is None and alone["code"] == "alarm.second_person"
    assert quiet["shelf"]["confirmed_by"] and quiet["escalation"]["next_at"] is None
    assert engine.turn(timezone.now() + timedelta(minutes=59)).done == 0
    assert engine.turn(timezone.now() + timedelta(minutes=61)).done == 1
    back = officer.get(path).json()
    assert back["shelf"] is None and back["alerts"] == quiet["alerts"] + 3, (
        "loudly; and two rungs found nobody at a desk"
    )
    assert "shelf_ended" in [line["action"] for line in back["log"]]


def test_a_shelf_beyond_a_shift_is_refused(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)
    until_ = (timezone.now() + timedelta(hours=13)).isoformat()

    answer = officer.post(f"/alarms/{alarm.pk}/shelf", {"until": until_, "reason": "кептелді"})

    assert (answer.status_code, answer.json()["code"]) == (422, "until")


# --- many at once --------------------------------------------------------------------------------------------------


def test_five_p1_in_a_minute_get_a_parent_and_each_stays_in_the_queue(town: Town, officer: Desk) -> None:
    alarms = [a.an_alarm(school) for school in (town.school, town.neighbour, town.school, town.neighbour)]
    a.an_alarm(town.school, kind="drill")
    a.an_alarm(town.school, level="P2")
    assert not Incident.objects.exists()

    alarms.append(a.an_alarm(town.neighbour))

    (incident,) = officer.get("/incidents").json()["items"]
    queue = {one["id"]: one for one in officer.get("/alarms", state="open").json()["items"]}
    assert (incident["alarms_total"], incident["alarms_open"], incident["region"]) == (5, 5, a.KOSTANAY)
    assert {queue[str(alarm.pk)]["parent"] for alarm in alarms} == {incident["id"]}
    assert len(queue) == 7 and sum(one["parent"] is None for one in queue.values()) == 2
    assert a.an_alarm(town.school).parent_id == Incident.objects.get().pk, "what comes later joins"
    assert desk(a.a_person(Role.INSPECTOR, regions=(a.ASTANA,))).get("/incidents").json()["items"] == []


def test_an_incident_is_over_when_none_of_its_alarms_is_open(town: Town, officer: Desk) -> None:
    from qorgan.centre.alarms.incidents import end_those_over

    alarms = [a.an_alarm(town.school, kind="drill") for _ in range(5)]
    later = timezone.now() + JOINS_FOR + timedelta(minutes=1)
    assert end_those_over(later) == 0
    for alarm in alarms:
        officer.post(f"{judged(officer, alarm)}/closure", {"disposition": "drill"})

    assert end_those_over(later) == 1 and end_those_over(later) == 0
    assert officer.get("/incidents").json()["items"] == []


# --- by an operator, and out of service ------------------------------------------------------------------------------


def test_an_operator_raises_an_alarm_for_a_caller_once(town: Town, officer: Desk) -> None:
    body: dict[str, Any] = {
        "school": str(town.school.pk),
        "place": "спортзал",
        "level": "P1",
        "meaning": "police",
        "note": "мұғалім телефон соқты",
    }

    raised = officer.post("/alarms", body, key="call-1").json()
    again = officer.post("/alarms", body, key="call-1").json()

    assert raised == again and Alarm.objects.count() == 1
    assert (raised["source"], raised["place"]["kk"], raised["meaning"]) == ("operator", "спортзал", "police")
    assert raised["log"][0]["actor"]["id"] == str(officer.user.pk) and raised["presser"] is None
    assert raised["escalation"]["next_at"] and raised["two_persons"]
    elsewhere = officer.post("/alarms", body | {"school": str(town.far.pk)})
    head = desk(a.a_person(Role.HEAD, school=town.school)).post("/alarms", body)
    assert (elsewhere.status_code, head.status_code) == (404, 403)


def test_a_point_out_of_service_raises_alarms_that_say_so(town: Town, officer: Desk) -> None:
    path = f"/api/schools/{town.school.pk}/sources/hall/out-of-service"
    until_ = timezone.now() + timedelta(days=2)
    said = {"reason": "су басты, электрик келеді", "until": until_.isoformat()}

    answer = officer.client.put(path, said, content_type="application/json")
    alarm, other = a.an_alarm(town.school), a.an_alarm(town.school, button="yard")

    assert answer.status_code == 200, answer.content
    assert alarm.point_out_of_service and not other.point_out_of_service
    assert alarm.next_at is not None, "it calls as loudly as ever"
    assert [one["key"] for one in officer.get("/out-of-service").json()["items"]] == ["hall"]
    assert officer.client.delete(path).status_code == 204
    assert officer.client.delete(path).status_code == 404
    assert officer.get("/out-of-service").json()["items"] == []
    assert not a.an_alarm(town.school).point_out_of_service


def test_how_long_each_part_took_is_read_from_the_log(town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(town.school)
    judged(officer, alarm)

    parts = {one["name"]: one["seconds"] for one in officer.get(f"/alarms/{alarm.pk}/intervals").json()["items"]}

    assert parts["pressed_to_owned"] >= 0 and parts["owned_to_verdict"] >= 0
    assert parts["pressed_to_closed"] is None


def test_several_alarms_that_were_drawn_are_told_in_one_go(town: Town, officer: Desk) -> None:
    alarms, elsewhere = [a.an_alarm(town.school) for _ in range(3)], a.an_alarm(town.far)
    drawn = [{"alarm": str(one.pk), "drawn_at": timezone.now().isoformat()} for one in (*alarms, elsewhere)]

    assert officer.post("/alarms/presentations", {"items": drawn}).json() == {"fresh": 3}
    assert officer.post("/alarms/presentations", {"items": drawn}).json() == {"fresh": 0}

    assert {one.state for one in Alarm.objects.filter(school=town.school)} == {"presented"}
    assert Alarm.objects.get(pk=elsewhere.pk).state == "stored"
    assert actions(alarms[0]) == ["pressed", "stored", "presented"]
