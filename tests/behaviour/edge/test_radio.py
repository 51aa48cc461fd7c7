"""Radio buttons through Debian's mosquitto: every press once, every silence a fault, nothing stale."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from tests.support.fake_centre import FakeCentre, until
from tests.support.mosquitto import CORE_PASSWORD, RADIO_PASSWORD, Broker, mosquitto
from tests.support.nats import NatsServer
from tests.support.school_core import SITE, SchoolCore

from qorgan.protocols.link.commands import AlarmProgress
from qorgan.protocols.link.messages import SourceHealth
from qorgan.sim.radio import SimRadio

pytestmark = pytest.mark.mosquitto
RADIO = """
[mqtt]
host = "127.0.0.1"
port = {port}
user = "core"
tls = false

[[buttons]]
key = "belt"
place = {{ kk = "Спорт залы" }}
cameras = ["hall"]
mqtt = "badge-7"
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with mosquitto(tmp_path, "badge-7") as broker:
        yield broker


@pytest.fixture
async def school(tmp_path: Path, carrier: NatsServer, centre: FakeCentre, broker: Broker) -> AsyncIterator[SchoolCore]:
    more, secrets = RADIO.format(port=broker.port), {"mqtt": CORE_PASSWORD}
    async with SchoolCore(tmp_path, carrier.url, more=more, secrets=secrets) as school:
        await school.until_health(lambda health: health["mqtt"]["connected"])
        yield school


@pytest.fixture
async def badge(broker: Broker, school: SchoolCore) -> AsyncIterator[SimRadio]:
    badge = SimRadio(SITE, "badge-7", host="127.0.0.1", port=broker.port, password=RADIO_PASSWORD)
    await asyncio.to_thread(badge.__enter__)
    yield badge
    await asyncio.to_thread(badge.__exit__)


def states(centre: FakeCentre) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.state, one.faults) for one in centre.events(SourceHealth) if one.key == "belt"]


async def test_a_press_is_an_alarm_once_however_often_the_radio_repeats_it(
    centre: FakeCentre, school: SchoolCore, badge: SimRadio
) -> None:
    press = uuid4()
    for _ in range(3):
        await asyncio.to_thread(badge.press, press=press)
    await asyncio.to_thread(badge.press, "assist")
    await until(lambda: len(centre.alarms()) == 2, "the alarms")
    said = [(alarm.button, alarm.source, alarm.level, alarm.cameras) for alarm in centre.alarms()]
    assert [("belt", "mqtt", "P1", ("hall",)), ("belt", "mqtt", "P2", ("hall",))] == said

    told = AlarmProgress(alarm=centre.alarms()[0].alarm, state="owned", at=centre.alarms()[0].pressed_at)
    await centre.command("progress", told)
    await until(lambda: badge.lamp, "the lamp")
    assert ["owned"] == badge.lamp


async def test_a_press_waits_at_the_broker_for_a_node_that_is_away(
    centre: FakeCentre, school: SchoolCore, badge: SimRadio
) -> None:
    await school.kill()
    await asyncio.to_thread(badge.press)
    await school.start()
    await until(centre.alarms, "the alarm")
    assert 1 == len(centre.alarms())


async def test_what_the_broker_remembers_is_no_press_and_what_nobody_can_read_is_one(
    centre: FakeCentre, school: SchoolCore, badge: SimRadio
) -> None:
    """A careless button marks its press as retained: it is an alarm when it is pressed, and never again."""
    await asyncio.to_thread(badge.press, retain=True)
    await until(centre.alarms, "the live press")
    await school.stop()
    await school.start()
    await school.until_health(lambda health: health["mqtt"]["retained_presses"] == 1)
    assert 1 == len(centre.alarms())

    for _ in range(2):
        await asyncio.to_thread(badge.say, b"\xff\x00 help")
    await asyncio.to_thread(badge.press, "assist")
    await until(lambda: [a.level for a in centre.alarms()][-1] == "P2", "the last press")
    assert ["police", "unreadable"] == [alarm.code for alarm in centre.alarms()][:2]


async def test_a_battery_that_runs_low_and_a_button_that_vanishes_are_faults(
    centre: FakeCentre, school: SchoolCore, badge: SimRadio, broker: Broker
) -> None:
    await until(lambda: states(centre) == [("ok", ())], "a button that is well")
    await asyncio.to_thread(badge.tell, battery=7)
    await until(lambda: states(centre)[-1] == ("fault", ("battery_low",)), "the battery")
    await asyncio.to_thread(badge.vanish)
    await until(lambda: states(centre)[-1][0] == "silent", "the last will")
    await school.until_health(lambda health: "source.silent" in health["faults"])
    again = SimRadio(SITE, "badge-7", host="127.0.0.1", port=broker.port, password=RADIO_PASSWORD)
    await asyncio.to_thread(again.__enter__)
    try:
        await until(lambda: states(centre)[-1] == ("ok", ()), "its return")
    finally:
        await asyncio.to_thread(again.__exit__)
    assert CORE_PASSWORD not in school.log.read_text()
