"""Radio buttons through Debian's mosquitto: every press once, every silence a fault, nothing stale."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from tests.support.certificates import certificate_of
from tests.support.fake_centre import FakeCentre, until
from tests.support.mosquitto import CORE_PASSWORD, RADIO_PASSWORD, Broker, mosquitto
from tests.support.nats import NatsServer
from tests.support.school_core import SITE, SchoolCore
from tests.support.turned_clock import TurnedClock

from qorgan.edge.mqtt.watch import BROKER_LOST_S, MAX_PACKET_BYTES, RadioWatch
from qorgan.edge.secrets import SecretStore
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


TLS = RADIO.replace("tls = false", 'tls_ca = "{authority}"')


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


async def test_what_a_hostile_button_says_is_an_alarm_or_nothing_and_delays_nobody(
    centre: FakeCentre, school: SchoolCore, badge: SimRadio
) -> None:
    for payload in (b'{"online": 7}', b"[" * 4_000, b"\xff" * 5_000, b'{"battery": 1e999}'):
        await asyncio.to_thread(badge.say_state, payload)
    await asyncio.to_thread(badge.say, b"x" * (2 * MAX_PACKET_BYTES))  # the broker drops it: we said how long we take
    await asyncio.to_thread(badge.say, b'{"x":' + b"[" * 4_000)
    await asyncio.to_thread(badge.press, "assist")
    await until(lambda: len(centre.alarms()) == 2, "what can be read, and what cannot")
    assert [("unreadable", "P1"), ("assist", "P2")] == [(alarm.code, alarm.level) for alarm in centre.alarms()]
    assert (await school.health())["mqtt"]["connected"]
    assert "mqtt.lost" not in school.log.read_text()


# --- TLS


async def test_over_tls_a_press_comes_through_when_the_authority_is_the_brokers(
    tmp_path: Path, carrier: NatsServer, centre: FakeCentre
) -> None:
    cert, key, authority = certificate_of(tmp_path, "127.0.0.1")
    with mosquitto(tmp_path, "badge-7", tls=(cert, key)) as broker:
        more, secrets = TLS.format(port=broker.port, authority=authority.name), {"mqtt": CORE_PASSWORD}
        async with SchoolCore(tmp_path, carrier.url, more=more, secrets=secrets) as school:
            await school.until_health(lambda health: health["mqtt"]["connected"])
            host, port = "127.0.0.1", broker.port
            badge = SimRadio(SITE, "badge-7", host=host, port=port, password=RADIO_PASSWORD, tls_ca=authority)
            await asyncio.to_thread(badge.__enter__)
            await asyncio.to_thread(badge.press)
            await until(centre.alarms, "the alarm")
            await asyncio.to_thread(badge.__exit__)


@pytest.mark.parametrize("host", ["127.0.0.1", "broker.example"], ids=["another's authority", "another's name"])
async def test_a_broker_that_is_not_ours_gets_neither_password_nor_trust(
    tmp_path: Path, carrier: NatsServer, centre: FakeCentre, host: str
) -> None:
    cert, key, authority = certificate_of(tmp_path, host)
    if host == "127.0.0.1":
        (tmp_path / "ours").mkdir()
        _, _, authority = certificate_of(tmp_path / "ours", host)
    with mosquitto(tmp_path, "badge-7", tls=(cert, key)) as broker:
        more = TLS.format(port=broker.port, authority=authority.relative_to(tmp_path))
        async with SchoolCore(tmp_path, carrier.url, more=more, secrets={"mqtt": CORE_PASSWORD}) as school:
            await until(lambda: "CERTIFICATE_VERIFY_FAILED" in school.log.read_text(), "a refusal, in the log")
            assert not (await school.health())["mqtt"]["connected"]
            assert CORE_PASSWORD not in school.log.read_text()


# --- silence, on a clock that the test turns


class Told:
    """In the node's place: how each button was told to be."""

    def __init__(self) -> None:
        self.states: list[str] = []

    def on_progress(self, _listener: object) -> None:
        """Nobody presses here."""

    async def source_health(self, health: SourceHealth) -> None:
        self.states.append(health.state)


async def test_a_button_that_misses_three_signs_of_life_is_silent_and_so_are_all_when_the_broker_is_away(
    tmp_path: Path,
) -> None:
    with mosquitto(tmp_path, "badge-7") as broker:
        supervised = RADIO.format(port=broker.port) + "interval_s = 60\n"
        config = SchoolCore(tmp_path, "nats://127.0.0.1:1", more=supervised, secrets={"mqtt": CORE_PASSWORD}).config
        clock, told = TurnedClock(), Told()
        watch = RadioWatch(config, told, SecretStore(config.storage.data), clock)  # type: ignore[arg-type]
        running = asyncio.create_task(watch.run())
        badge = SimRadio(SITE, "badge-7", host="127.0.0.1", port=broker.port, password=RADIO_PASSWORD)
        try:
            await until(lambda: watch.status()["connected"], "a connection")
            await asyncio.to_thread(badge.__enter__)
            await until(lambda: told.states == ["ok"], "its first sign of life")
            clock.ahead_s += 3 * 60 + 1
            await until(lambda: told.states == ["ok", "silent"], "its silence")
            await asyncio.to_thread(badge.tell, battery=90)
            await until(lambda: told.states[2:] == ["ok"], "its return")
            broker.kill()
            await until(lambda: not watch.status()["connected"], "a broker that is away")
            assert told.states[3:] == [], "which may be a restart"
            clock.ahead_s += BROKER_LOST_S
            await until(lambda: told.states[3:] == ["silent"], "nobody can be heard")
        finally:
            await asyncio.to_thread(badge.__exit__)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
