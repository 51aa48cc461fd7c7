"""From a thumb to the centre's database: kept before it is acknowledged, and there once, whatever happens."""

import asyncio
import random
import sqlite3
from datetime import UTC, datetime
from uuid import UUID, uuid4

from tests.support.fake_centre import FakeCentre, until
from tests.support.nats import NatsServer
from tests.support.school_core import SchoolCore

from qorgan.edge.ipc import CoreSender
from qorgan.protocols.link.messages import AlarmRaised, PictureResult


async def test_a_press_reaches_the_centre_and_the_presser_learns_of_it(school: SchoolCore, centre: FakeCentre) -> None:
    answer = await school.press()
    assert answer.status_code == 201
    alarm = answer.json()["alarm"]
    await until(lambda: centre.alarms(), "the alarm")

    [raised] = centre.alarms()
    assert (raised.alarm, raised.button, raised.place.ru) == (UUID(alarm), "hall", "Фойе, 1 этаж")
    assert (raised.level, raised.kind, raised.cameras) == ("P1", "real", ("hall",))
    assert raised.durable_at is not None and raised.pressed_at <= raised.durable_at <= datetime.now(UTC)
    await school.until_alarm(alarm, received=True)
    assert (await school.health())["outbox"]["alarms"] == 0


async def test_an_alarm_pressed_while_the_link_is_down_reaches_the_centre_once(
    school: SchoolCore, centre: FakeCentre, carrier: NatsServer
) -> None:
    """A cut cable delays an alarm. It neither loses nor doubles it."""
    await until(lambda: centre.pulses, "the link")
    await asyncio.to_thread(carrier.stop)
    answer = await school.press()
    assert answer.status_code == 201
    assert (await school.alarm(answer.json()["alarm"]))["received"] is False

    await asyncio.to_thread(carrier.start)
    await until(lambda: centre.alarms(), "the alarm")
    last = await school.press()  # the next one shows that nothing else is on its way
    await until(lambda: len(centre.alarms()) == 2, "the next alarm")
    assert [str(alarm.alarm) for alarm in centre.alarms()] == [answer.json()["alarm"], last.json()["alarm"]]


async def test_a_core_killed_after_its_answer_delivers_the_alarm_when_it_is_back(
    school: SchoolCore, centre: FakeCentre
) -> None:
    centre.answers_alarms = False
    answer = await school.press()
    await school.kill()
    assert answer.status_code == 201

    centre.answers_alarms = True
    await school.start()
    await until(lambda: centre.alarms(), "the alarm")
    assert [str(alarm.alarm) for alarm in centre.alarms()] == [answer.json()["alarm"]]
    assert centre.alarms()[0].durable_at is None, "when its disk had it is not known any more, and nothing is made up"


async def test_whenever_core_is_killed_every_acknowledged_press_is_one_alarm(
    school: SchoolCore, centre: FakeCentre
) -> None:
    """Buttons repeat a press that was not acknowledged, under the same id, to whichever core answers."""
    chance = random.Random(12)
    raised: list[str] = []

    async def press_until_acknowledged() -> None:
        press = uuid4()
        async with asyncio.timeout(100):
            while True:
                try:
                    answer = await school.press(press)
                    break
                except Exception as error:
                    assert "httpx" in type(error).__module__, error
                    await asyncio.sleep(0.05)
        assert answer.status_code in (200, 201)
        raised.append(answer.json()["alarm"])

    for _ in range(4):
        presses = [asyncio.create_task(press_until_acknowledged()) for _ in range(5)]
        await asyncio.sleep(chance.uniform(0, 0.05))
        await school.kill()
        await school.start()
        await asyncio.gather(*presses)
    await until(lambda: len(centre.alarms()) == 20, "twenty alarms")

    assert sorted(str(alarm.alarm) for alarm in centre.alarms()) == sorted(raised)
    assert len(set(raised)) == 20


async def test_the_same_press_told_again_is_the_same_alarm(school: SchoolCore, centre: FakeCentre) -> None:
    press = uuid4()
    answers = await asyncio.gather(*(school.press(press) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["alarm"] for answer in answers}) == 1

    await school.press()
    await until(lambda: len(centre.alarms()) >= 2, "both alarms")
    assert len(centre.alarms()) == 2


async def test_a_real_press_is_not_taken_for_the_drill_before_it(school: SchoolCore, centre: FakeCentre) -> None:
    """Even if a button were to repeat its press id (I3)."""
    press = uuid4()
    answers = [await school.press(press, kind) for kind in ("drill", "real", "test")]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    await until(lambda: len(centre.alarms()) == 3, "three alarms")
    assert [alarm.kind for alarm in centre.alarms()] == ["drill", "real", "test"]


async def test_a_centre_that_dies_between_commit_and_answer_is_told_again_the_same(
    school: SchoolCore, centre: FakeCentre
) -> None:
    centre.dies_before_ack = 1
    alarm = (await school.press()).json()["alarm"]
    await until(lambda: len(centre.deliveries_of("alarm.raised")) >= 2, "the alarm's second delivery")

    first, second = centre.deliveries_of("alarm.raised")[:2]
    assert (first.id, first.seq, first.body) == (second.id, second.seq, second.body)
    assert [str(raised.alarm) for raised in centre.alarms()] == [alarm]


async def test_a_node_that_dies_before_the_answer_tells_the_same_alarm_again(
    school: SchoolCore, centre: FakeCentre
) -> None:
    """All of it but one thing: since when it is on the disk, only the process knew that has died."""
    centre.dies_before_ack = 1_000_000
    alarm = (await school.press()).json()["alarm"]
    await until(centre.alarms, "the alarm")
    await school.kill()
    centre.dies_before_ack = 0
    await school.start()
    await school.until_alarm(alarm, received=True)
    told = [envelope.decode_body() for envelope in centre.deliveries_of("alarm.raised")]
    assert [isinstance(body, AlarmRaised) and body.durable_at is None for body in (told[0], told[-1])] == [False, True]
    assert [str(raised.alarm) for raised in centre.alarms()] == [alarm]


async def test_an_alarm_does_not_wait_behind_a_flood_of_events(school: SchoolCore, centre: FakeCentre) -> None:
    """Events stand before the centre's door and are not let in: the alarm passes them while the first still stands."""
    await until(lambda: centre.stored, "the inventory")
    centre.takes_events.clear()
    sender = CoreSender(school.config.core_socket)
    sending = asyncio.create_task(sender.run())
    sender.send(PictureResult(camera="c0", at=datetime.now(UTC), verdict="ok"))
    await until(lambda: centre.deliveries_of("picture.result"), "the first event")
    alarm = (await school.press()).json()["alarm"]
    await until(lambda: centre.alarms(), "the alarm")
    assert "events.not_taken" not in school.log.read_text()  # core still waits for the answer to the first event
    assert [str(raised.alarm) for raised in centre.alarms()] == [alarm]

    for number in range(1, 300):
        sender.send(PictureResult(camera=f"c{number}", at=datetime.now(UTC), verdict="ok"))
    async with asyncio.timeout(100):
        await sender.drain()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    centre.takes_events.set()
    await until(lambda: len(centre.stored) == 302, "every event")
    assert sorted(row.seq for row in centre.stored.values()) == list(range(1, 303))


async def test_a_press_is_not_acknowledged_before_its_commit(school: SchoolCore) -> None:
    """While another hand holds the database, the lamp stays dark; and when it lights, the alarm is on disk (I1)."""
    holder = sqlite3.connect(school.config.core_db, isolation_level=None, timeout=60)
    holder.execute("BEGIN IMMEDIATE")
    pressing = asyncio.create_task(school.press())
    for _ in range(5):  # core answers what only reads, again and again, and the press not once
        assert (await school.http.get("/")).status_code == 200
        assert not pressing.done()
    assert holder.execute("SELECT count(*) FROM alarm").fetchone() == (0,)
    holder.execute("ROLLBACK")

    answer = await pressing
    assert answer.status_code == 201
    assert holder.execute("SELECT alarm FROM alarm").fetchall() == [(UUID(answer.json()["alarm"]).bytes,)]
    holder.close()


async def test_what_the_centre_refuses_is_kept_and_shown_and_lets_the_others_pass(
    school: SchoolCore, centre: FakeCentre
) -> None:
    centre.refuses = {"alarm.raised": "site.unknown"}
    alarm = (await school.press()).json()["alarm"]
    health = await school.until_health(lambda health: health["outbox"]["alarms_parked"] == 1)
    assert [(row["type"], row["code"]) for row in health["parked"]] == [("alarm.raised", "site.unknown")]
    assert "outbox.alarm_refused" in health["faults"]
    assert "Центр не принял тревогу" in (await school.http.get("/?lang=ru")).text

    centre.refuses = {}
    next_alarm = (await school.press()).json()["alarm"]
    await until(lambda: centre.alarms(), "the next alarm")
    assert [str(raised.alarm) for raised in centre.alarms()] == [next_alarm]
    assert (await school.alarm(alarm))["received"] is False


async def test_the_centre_learns_at_once_what_stands_there_and_that_it_is_alive(
    school: SchoolCore, centre: FakeCentre
) -> None:
    await until(lambda: centre.pulses and centre.deliveries_of("inventory"), "pulse and inventory")
    pulse = centre.pulses[0]
    assert [camera.key for camera in pulse.cameras] == ["hall"]
    assert {stream.state for stream in pulse.cameras[0].streams} == {"unknown"}  # nobody has told core yet
    assert 0 < pulse.disk_free_bytes <= pulse.disk_total_bytes
