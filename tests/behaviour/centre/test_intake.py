"""Intake on a real carrier: acknowledged after the commit, stored once, alarms first."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import nats
import nats.errors
import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connection, connections
from nats.aio.client import Client
from tests.behaviour.centre.conftest import Town
from tests.support import centre as a
from tests.support.nats import NatsServer, nats_server, settled

from qorgan.centre.alarms.models import Alarm
from qorgan.centre.cameras.models import Button, Camera
from qorgan.centre.intake import lane, store
from qorgan.centre.intake.intake import Intake
from qorgan.centre.intake.models import Inbox
from qorgan.centre.nodes.board import GAP_AFTER_S
from qorgan.centre.nodes.models import Node
from qorgan.centre.supervision import round as rounds
from qorgan.centre.supervision.models import Fault
from qorgan.domain.places import LocalText
from qorgan.kernel.ids import SiteId, uuid7
from qorgan.protocols.link import subjects
from qorgan.protocols.link.messages import (
    Ack,
    ButtonInfo,
    CameraChanged,
    CameraEvent,
    CameraHealth,
    CameraInfo,
    Envelope,
    Inventory,
    PictureResult,
    Pulse,
    StreamHealth,
    decode,
    encode,
)

pytestmark = pytest.mark.django_db(transaction=True)
DEADLINE_S = 60.0
SITE = SiteId("kst-012")


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition on the database; fail with its name."""
    deadline = time.monotonic() + DEADLINE_S
    while not await sync_to_async(condition)():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        await asyncio.sleep(0.02)


class School:
    """A school's side of the link, on one connection."""

    def __init__(self, client: Client, site: str = SITE) -> None:
        self._client, self.site = client, site

    async def alarm(self, envelope: Envelope, *, within_s: float = DEADLINE_S) -> Ack:
        reply = await self._client.request(subjects.alarm(SiteId(self.site)), encode(envelope), timeout=within_s)
        return decode(reply.data, Ack)

    async def events(self, *envelopes: Envelope) -> Ack:
        reply = await self._client.request(
            subjects.event(SiteId(self.site)), encode(list(envelopes)), timeout=DEADLINE_S
        )
        return decode(reply.data, Ack)

    async def junk(self, subject: str, data: bytes) -> Ack:
        reply = await self._client.request(subject, data, timeout=DEADLINE_S)
        return decode(reply.data, Ack)

    async def pulse(self, pulse: Pulse) -> None:
        await self._client.publish(subjects.pulse(SiteId(self.site)), encode(a.letter(pulse, site=self.site, seq=0)))
        await settled(self._client)


@pytest.fixture
def server() -> Any:
    with nats_server() as running:
        yield running


@pytest.fixture
async def client(server: NatsServer) -> AsyncIterator[Client]:
    connected = await nats.connect(server.url)
    yield connected
    await connected.close()
    await sync_to_async(connections.close_all)()  # those of the thread in which the test's own queries ran


@asynccontextmanager
async def taking_in(server: NatsServer, **options: Any) -> AsyncIterator[Intake]:
    intake = Intake(server.url, **options)
    running = asyncio.create_task(intake.run(), name="intake")
    try:
        async with asyncio.timeout(DEADLINE_S):
            await intake.ready.wait()
        yield intake
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def school(committed_town: Town, server: NatsServer, client: Client) -> AsyncIterator[School]:
    async with taking_in(server):
        yield School(client)


def health(state: str = "live", stream: str = "main", **measures: Any) -> StreamHealth:
    return StreamHealth(stream=stream, state=state, **measures)


def pulse(*healths: CameraHealth, at: datetime | None = None) -> Pulse:
    now = at or datetime.now(UTC)
    return Pulse(at=now, started_at=now, cameras=healths)


# --- alarms


async def test_an_alarm_is_acknowledged_when_it_is_in_the_database(school: School) -> None:
    raised = a.letter(a.alarm_raised(), seq=7)

    ack = await school.alarm(raised)

    assert ack == Ack(stored=(raised.id,))
    alarm = await Alarm.objects.select_related("school").aget()
    assert (alarm.school.site, alarm.level, alarm.state, alarm.version) == (SITE, "P1", "stored", 2)
    row = await Inbox.objects.aget(pk=raised.id)
    assert (row.seq, row.type, bytes(row.body or b"")) == (7, "alarm.raised", bytes(raised.body))


async def test_the_same_alarm_delivered_thrice_is_stored_once(school: School) -> None:
    """The same envelope twice, and the same alarm in another envelope (invariant I9)."""
    press = a.alarm_raised()
    first = a.letter(press, seq=1)

    acks = [await school.alarm(first), await school.alarm(first), await school.alarm(a.letter(press, seq=2))]

    assert all(len(ack.stored) == 1 and not ack.refused for ack in acks)
    assert await Alarm.objects.acount() == 1
    alarm = await Alarm.objects.aget()
    assert await alarm.lines.acount() == 2


async def test_without_a_commit_there_is_no_acknowledgement(
    committed_town: Town, server: NatsServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction that would have stored the alarm fails at its very end: the school sends again."""
    broken = True

    def commit_or_not(letters: Any) -> None:
        real(letters)
        if broken:
            raise OperationalError("disk I/O error")

    real = store._commit.__wrapped__  # type: ignore[attr-defined]
    from django.db import transaction

    monkeypatch.setattr(store, "_commit", transaction.atomic(commit_or_not))
    async with taking_in(server):
        raised = a.letter(a.alarm_raised())
        with pytest.raises(nats.errors.TimeoutError):
            await School(client).alarm(raised, within_s=1.0)
        assert await Alarm.objects.acount() == await Inbox.objects.acount() == 0

        broken = False
        assert (await School(client).alarm(raised)).stored == (raised.id,)
    assert await Alarm.objects.acount() == 1


async def test_a_crash_between_commit_and_answer_loses_and_doubles_nothing(
    committed_town: Town, server: NatsServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised = a.letter(a.alarm_raised())
    with monkeypatch.context() as patch:

        async def nobody_is_answered(*_: Any) -> None:
            return None

        patch.setattr(lane.Lane, "_answer", nobody_is_answered)
        async with taking_in(server):
            with pytest.raises(nats.errors.TimeoutError):
                await School(client).alarm(raised, within_s=1.0)
            await until(lambda: Alarm.objects.count() == 1, "it is stored")
    async with taking_in(server):
        assert (await School(client).alarm(raised)).stored == (raised.id,)
    assert await Alarm.objects.acount() == 1


async def test_many_alarms_at_once_are_all_there(school: School) -> None:
    raised = [a.letter(a.alarm_raised(button=f"b{n}"), seq=n + 1) for n in range(200)]

    acks = await asyncio.gather(*(school.alarm(one) for one in raised))

    assert {id for ack in acks for id in ack.stored} == {one.id for one in raised}
    assert await Alarm.objects.acount() == 200


@pytest.mark.parametrize(
    "odd",
    [
        {"level": "P9", "kind": "rehearsal"},
        {"button": "x" * 5000, "source": "y" * 5000},
        {"place": LocalText(kk="\0", ru="\0\0")},
        {"pressed_at": datetime(1, 1, 1)},  # noqa: DTZ001 - naive is the point
        {"pressed_at": datetime(9999, 12, 31, 23, tzinfo=UTC)},
        {"cameras": tuple(f"c{n}" for n in range(5000))},
    ],
    ids=["newer words", "long texts", "NUL", "naive year 1", "year 9999", "many cameras"],
)
async def test_an_odd_alarm_is_still_an_alarm(school: School, odd: dict[str, Any]) -> None:
    raised = a.letter(a.alarm_raised(**odd))

    assert (await school.alarm(raised)).stored == (raised.id,)
    assert (await Alarm.objects.aget()).level == "P1"


async def test_nobody_takes_the_id_of_another_schools_alarm(school: School) -> None:
    press = a.alarm_raised()
    await school.alarm(a.letter(press))
    other = School(school._client, "rud-004")

    theirs = a.letter(press, site="rud-004")
    assert (await other.alarm(theirs)).refused == {str(theirs.id): "alarm.id_taken"}
    assert (await Alarm.objects.select_related("school").aget()).school.site == SITE


async def test_a_message_for_another_site_or_of_an_unknown_one_is_refused(school: School) -> None:
    forged = a.letter(a.alarm_raised(), site="ast-077")
    stranger = a.letter(a.alarm_raised(), site="nobody-1")

    assert (await school.alarm(forged)).refused == {str(forged.id): "site.mismatch"}
    assert (await School(school._client, "nobody-1").alarm(stranger)).refused == {str(stranger.id): "site.unknown"}
    assert await Inbox.objects.acount() == 0


async def test_junk_is_answered_and_stops_nobody(school: School) -> None:
    bad = Envelope(
        id=uuid7(),
        site=SITE,
        seq=1,
        sent_at=datetime.now(UTC),
        type="alarm.raised",
        body=a.strange_letter().body,
    )

    assert (await school.junk(subjects.alarm(SITE), b"\xc1 no message")).refused == {"": "invalid"}
    assert (await school.junk(subjects.event(SITE), b"")).refused == {"": "invalid"}
    assert (await school.alarm(bad)).refused == {str(bad.id): "invalid"}
    assert len((await school.alarm(a.letter(a.alarm_raised()))).stored) == 1


async def test_a_type_we_do_not_know_is_kept_raw_and_acknowledged(school: School) -> None:
    strange, known = a.strange_letter(seq=1), a.letter(Inventory(cameras=(), buttons=()), seq=2)

    ack = await school.events(strange, known)

    assert set(ack.stored) == {strange.id, known.id}
    row = await Inbox.objects.aget(pk=strange.id)
    assert (row.type, bytes(row.body or b"")) == ("weather.changed", bytes(strange.body))


async def test_what_cameras_notice_is_kept_except_for_movement(school: School) -> None:
    """Tampering and contacts are rare and may matter later; movement in a school is daily life."""
    noticed = [
        a.letter(CameraEvent(camera="hall", kind=kind, source="1", active=True, at=datetime.now(UTC)), seq=seq)
        for seq, kind in enumerate(("motion", "tamper", "input"), 1)
    ]

    ack = await school.events(*noticed)

    assert set(ack.stored) == {one.id for one in noticed}
    kept = [row.seq async for row in Inbox.objects.filter(body__isnull=False).order_by("seq")]
    assert kept == [2, 3]


async def test_events_that_take_long_do_not_hold_up_an_alarm(
    committed_town: Town, server: NatsServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The events' lane stands still in the middle of its work; the alarm goes by."""
    import threading

    go_on = threading.Event()
    started = threading.Event()

    def stuck(arrivals: Any) -> Any:
        started.set()
        assert go_on.wait(DEADLINE_S)
        return store.store_events(arrivals)

    monkeypatch.setattr("qorgan.centre.intake.intake.store_events", stuck)
    async with taking_in(server):
        school = School(client)
        events = asyncio.create_task(school.events(a.strange_letter(seq=1)))
        await until(started.is_set, "the events' lane is busy")
        raised = a.letter(a.alarm_raised(), seq=2)

        assert (await school.alarm(raised)).stored == (raised.id,)
        assert not events.done()

        go_on.set()
        assert len((await events).stored) == 1


async def test_one_bad_message_of_a_batch_harms_no_other(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug of ours in one effect: that message is kept for repair, the others take effect."""

    def buggy(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("qorgan.centre.cameras.service.take_picture", buggy)
    picture = PictureResult(camera="hall", at=datetime.now(UTC), verdict="ok")
    camera = CameraInfo(key="yard", name=LocalText(kk="Аула"))
    letters = [a.letter(picture, seq=1), a.letter(Inventory(cameras=(camera,), buttons=()), seq=2)]

    ack = await school.events(*letters)

    assert set(ack.stored) == {one.id for one in letters}
    assert (await Inbox.objects.aget(pk=letters[0].id)).body is not None
    assert await Camera.objects.filter(school__site=SITE, present=True, key="yard").aexists()


async def test_after_the_carrier_restarts_alarms_come_in_again(
    committed_town: Town, server: NatsServer, client: Client
) -> None:
    async with taking_in(server):
        server.stop()
        server.start()
        raised = a.letter(a.alarm_raised())
        deadline = time.monotonic() + DEADLINE_S
        while True:
            try:
                ack = await School(client).alarm(raised, within_s=1.0)
                break
            except (nats.errors.TimeoutError, nats.errors.NoRespondersError):
                assert time.monotonic() < deadline, "intake did not come back"
        assert ack.stored == (raised.id,)


# --- what stands at the school, and how it does


async def test_an_inventory_replaces_the_last_one_and_forgets_no_history(school: School) -> None:
    hall, yard = CameraInfo(key="hall", name=LocalText(kk="Фойе")), CameraInfo(key="yard", name=LocalText(kk="Аула"))
    button = ButtonInfo(key="hall", place=LocalText(kk="Фойе"), cameras=("hall", "yard"))

    await school.events(a.letter(Inventory(cameras=(hall, yard), buttons=(button,), software="0.1.0"), seq=1))
    await school.events(a.letter(Inventory(cameras=(yard,), buttons=()), seq=2))

    present = {row.key: row.present async for row in Camera.objects.filter(school__site=SITE)}
    assert present == {"hall": False, "yard": True}
    assert [(row.key, row.present) async for row in Button.objects.all()] == [("hall", False)]


async def test_a_cameras_change_is_known_and_older_news_changes_nothing(school: School) -> None:
    now = datetime.now(UTC)
    stalled = CameraChanged(camera="hall", health=health("stalled"), at=now)
    earlier = CameraChanged(camera="hall", health=health("live"), at=now - timedelta(minutes=5))

    await school.events(a.letter(stalled, seq=1))
    await school.events(a.letter(earlier, seq=2))

    camera = await Camera.objects.aget(school__site=SITE, key="hall")
    assert camera.state == "stalled"
    assert {one["stream"]: one["state"] for one in camera.streams} == {"main": "stalled", "sub": "live"}


async def test_a_camera_whose_clock_runs_ahead_is_still_heard_later(school: School) -> None:
    ahead = CameraChanged(camera="hall", health=health("stalled"), at=datetime.now(UTC) + timedelta(days=400))
    await school.events(a.letter(ahead, seq=1))
    await school.events(a.letter(CameraChanged(camera="hall", health=health(), at=datetime.now(UTC)), seq=2))

    assert (await Camera.objects.aget(school__site=SITE, key="hall")).state == "live"


async def test_states_of_a_newer_node_are_unknown_to_us_not_live(school: School) -> None:
    changed = CameraChanged(camera="hall", health=health("dreaming", reason="tired"), at=datetime.now(UTC))
    await school.events(a.letter(changed, seq=1))

    assert (await Camera.objects.aget(school__site=SITE, key="hall")).state == "unknown"


async def test_the_last_picture_result_is_kept(school: School) -> None:
    now = datetime.now(UTC)
    for seq, (minutes, verdict) in enumerate([(0, "bad"), (-5, "ok")], 1):
        result = PictureResult(
            camera="hall",
            at=now + timedelta(minutes=minutes),
            verdict=verdict,
            faults=("black",),
            measures={"sharpness": float("nan")},
        )
        await school.events(a.letter(result, seq=seq))

    camera = await Camera.objects.aget(school__site=SITE, key="hall")
    assert camera.picture["verdict"] == "bad" and camera.picture["measures"] == {"sharpness": 0.0}


async def test_a_pulse_makes_a_new_node_known_and_tells_how_its_cameras_do(
    committed_town: Town, server: NatsServer, client: Client
) -> None:
    await Node.objects.all().adelete()
    async with taking_in(server):
        await School(client).pulse(pulse(CameraHealth(key="hall", streams=(health("failed", reason="no_such_host"),))))
        await until(lambda: Node.objects.filter(state="online").count() == 1, "the node is online")
        await until(lambda: Camera.objects.get(school__site=SITE).state == "failed", "its camera has failed")


async def test_a_node_that_falls_silent_is_shown_so(committed_town: Town, server: NatsServer, client: Client) -> None:
    """Its last word was long ago when intake starts: thirty seconds on a clock that tests may turn."""
    clock = _Clock()
    async with taking_in(server, clock=clock) as intake:
        await School(client).pulse(pulse())
        await until(
            lambda: (
                intake.board.pulse is not None
                and Node.objects.filter(school__site=SITE, started_at__isnull=False).exists()
            ),
            "the pulse arrived",
        )
        clock.ahead += 31.0
        await until(lambda: Node.objects.get(school__site=SITE).state == "silent", "the node is silent")
        await School(client).pulse(pulse())
        await until(lambda: Node.objects.get(school__site=SITE).state == "online", "the node is back")


async def test_an_alarm_that_never_comes_is_a_fault_within_a_minute_though_later_ones_do(
    committed_town: Town, server: NatsServer, client: Client
) -> None:
    """From the later number's coming: 45 s on the board, its next sweep, the supervisor's next round."""

    def gap() -> Fault | None:
        rounds.look_around()
        return Fault.objects.still_open().filter(school__site=SITE, code="link.gap").first()

    clock = _Clock()
    async with taking_in(server, clock=clock):
        school = School(client)
        for seq in (1, 3):
            await school.alarm(a.letter(a.alarm_raised(), seq=seq))
        assert await sync_to_async(gap)() is None
        clock.ahead += GAP_AFTER_S
        await until(lambda: gap() is not None, "the gap is a fault")
        fault = await Fault.objects.aget(code="link.gap")
        assert (fault.detail["missing"], fault.detail["after"], fault.stops_alarms) == (1, 1, True)
        await school.alarm(a.letter(a.alarm_raised(), seq=2))
        await until(lambda: gap() is None, "the gap is closed")


async def test_a_gap_is_told_in_time_though_the_centre_restarts(
    committed_town: Town, server: NatsServer, client: Client
) -> None:
    async with taking_in(server):
        await School(client).events(a.strange_letter(seq=1), a.strange_letter(seq=3))
    await Inbox.objects.aupdate(received_at=datetime.now(UTC) - timedelta(seconds=GAP_AFTER_S))
    async with taking_in(server):
        await until(lambda: Node.objects.get(school__site=SITE).missing == 1, "the gap is a fault at once")
    async with taking_in(server):
        await School(client).pulse(pulse())
        await until(lambda: Node.objects.filter(school__site=SITE, started_at__isnull=False).exists(), "it is heard")
        assert (await Node.objects.aget(school__site=SITE)).missing == 1, "a restart ends no fault"


async def test_what_was_stored_before_a_restart_is_no_gap_after_it(
    committed_town: Town, server: NatsServer, client: Client
) -> None:
    clock = _Clock()
    alive = msgspec.structs.replace(pulse(), last_seq=4)  # one and the same node that counts on
    async with taking_in(server):
        await School(client).events(*(a.strange_letter(seq=seq) for seq in (1, 2, 3)))
    async with taking_in(server, clock=clock):
        await School(client).events(a.strange_letter(seq=4))
        await School(client).pulse(alive)
        await until(lambda: Node.objects.filter(school__site=SITE, started_at__isnull=False).exists(), "it is heard")
        clock.ahead += 61.0
        await School(client).pulse(alive)
        await until(lambda: Node.objects.get(school__site=SITE).complete_to == 4, "all are known")
        assert (await Node.objects.aget(school__site=SITE)).missing == 0


class _Clock:
    """The machine's clock, which a test may set ahead; waits are real and short."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.05))


def test_the_right_database_is_tested() -> None:
    import os

    wanted = "postgresql" if os.environ.get("QORGAN_TEST_DATABASE") else "sqlite"
    assert connection.vendor == wanted
