"""The engine is watched from outside: as long as it lives somebody is pinged, and its silence pages a human."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connections
from starlette.applications import Starlette
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a
from tests.support.receivers import HttpReceiver, http_receiver

from qorgan.centre.alarms import engine
from qorgan.centre.alarms.models import EngineTurn
from qorgan.centre.nodes.models import Node
from qorgan.centre.notices import outbox, vault
from qorgan.centre.notices.models import Delivery, NoticeMark
from qorgan.centre.supervision import round as rounds
from qorgan.centre.supervision import service
from qorgan.centre.supervision.models import Fault
from qorgan.centre.supervision.supervisor import EngineAudit, Supervisor, Watchdog, look_at_engine
from qorgan.domain.access import Role
from qorgan.domain.supervision import engine_faults
from qorgan.protocols.link.messages import ActionChanged, SourceHealth

DEADLINE_S = 60.0


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with http_receiver() as running:
        yield running


async def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not await sync_to_async(condition)():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def running(job: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(job.run(), name="job")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await sync_to_async(connections.close_all)()


class Hurried:
    """The wall's time; but what is done every ten seconds is done at every turn of the loop."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic() * 1_000

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0.01)


def judged(now: datetime, *, carrier: bool = True) -> tuple[str, ...]:
    return engine_faults(look_at_engine(now, carrier=carrier))


def test_what_the_audit_sees_of_a_living_engine_and_of_a_stalled_one(town: Town) -> None:
    now = datetime.now(UTC)
    assert judged(now) == ("turn",), "no engine has ever run"

    assert engine.beat(now)
    assert judged(now + timedelta(seconds=2.9)) == ()
    assert judged(now + timedelta(seconds=3.1)) == ("turn",)
    assert judged(now - timedelta(seconds=60)) == ("turn",), "a clock that was set back proves nothing"
    assert judged(now, carrier=False) == ("carrier",)


def test_an_alarm_that_waits_too_long_for_its_next_rung_shows(town: Town) -> None:
    alarm = a.an_alarm(town.school)
    assert alarm.next_at is not None
    late = alarm.next_at + timedelta(seconds=6)
    EngineTurn.objects.create(at=late)

    assert judged(late) == ("overdue",)
    engine.turn(late)
    assert judged(late) == ()


async def test_the_watcher_is_pinged_while_the_engine_lives_and_hears_nothing_when_it_stalls(
    committed_town: Town, receiver: HttpReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    await sync_to_async(vault.put)("watcher", f"{receiver.url}/ping/secret-token")
    await sync_to_async(engine.beat)(datetime.now(UTC) + timedelta(seconds=1_000_000))
    up = True
    audit = Counting(lambda: up, clock=Hurried())
    async with running(Watchdog(audit, clock=Hurried())):
        await asyncio.sleep(0)  # the engine's last turn lies in the future: a clock that was set back; quiet
        await until(lambda: NoticeMark.objects.filter(name="watcher").exists(), "the audit looked")
        assert receiver.requests == []

        await sync_to_async(engine.beat)(datetime.now(UTC))
        await until(lambda: (engine.beat(), len(receiver.requests) >= 2)[1], "it was pinged")
        assert {one.path for one in receiver.requests} == {"/ping/secret-token"}

        up = False  # the carrier is lost
        await audit.has_seen("carrier")  # whatever was on its way then has arrived
        count = len(receiver.requests)
        await audit.has_seen("carrier")
        assert len(receiver.requests) == count

        up = True
        await until(lambda: (engine.beat(), len(receiver.requests) > count)[1], "it was pinged again")
    audit.close()
    assert "watcher.quiet" in caplog.text and "secret-token" not in caplog.text


class Counting(EngineAudit):
    """Says how often the watchdog, which is the only one to ask, has looked."""

    looks = 0
    found: tuple[str, ...] = ()

    async def faults(self) -> tuple[str, ...]:
        self.found = await super().faults()
        self.looks += 1
        return self.found

    async def has_seen(self, fault: str) -> None:
        """The watchdog saw it, and has had two more turns since."""
        await until(lambda: fault in self.found, f"the audit saw {fault}")
        looks = self.looks
        await until(lambda: self.looks >= looks + 2, "the watchdog had its turns")


async def test_who_pulls_gets_200_or_503_with_the_reasons(
    committed_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sync_to_async(engine.beat)()
    audit = EngineAudit(lambda: True, clock=Hurried())
    transport = httpx.ASGITransport(Starlette(routes=[audit.route()]))
    async with httpx.AsyncClient(transport=transport, base_url="http://centre") as client:
        await sync_to_async(engine.beat)()
        well = await client.get("/api/health/engine")

        def full_disk(*_: Any, **__: Any) -> None:
            raise OperationalError("disk I/O error")

        monkeypatch.setattr(NoticeMark.objects, "update_or_create", full_disk)
        ill = await client.get("/api/health/engine")
    audit.close()
    await sync_to_async(connections.close_all)()

    assert (well.status_code, well.json()) == (200, {"status": "ok", "faults": []})
    assert ill.status_code == 503 and ill.json()["status"] == "stalled" and "database" in ill.json()["faults"]


async def test_the_supervisor_makes_its_rounds_and_a_crash_ends_one_round_alone(committed_town: Town) -> None:
    since = datetime.now(UTC) - timedelta(seconds=40)
    await sync_to_async(Node.objects.filter(school=committed_town.school).update)(state="silent", last_pulse_at=since)
    crashes = []

    def crash() -> None:
        crashes.append(1)
        raise RuntimeError("a bug")

    async with running(Supervisor(clock=Hurried(), rounds={crash: 1.0, rounds.look_around: 1.0})):
        await until(lambda: Fault.objects.filter(code="node.silent", closed_at=None).exists(), "the fault stood")
        await sync_to_async(Node.objects.update)(state="online", last_pulse_at=datetime.now(UTC))
        await until(lambda: not Fault.objects.filter(closed_at=None).exists(), "the fault was over")

    assert len(crashes) >= 2


# --- those who subscribed hear of faults and actions ---------------------------------------------------------------


@pytest.fixture
def told(town: Town) -> Callable[[], list[tuple[str, str]]]:
    """Subscribed to faults and actions of the region; what was told so far, as (event, title)."""
    administrator: Desk = desk(a.a_person(Role.ADMINISTRATOR))
    wish = {
        "name": "шебер",
        "channel": "email",
        "address": "technician@kst.example",
        "language": "ru",
        "events": ["fault.*", "action.*"],
        "territory": {"regions": [a.KOSTANAY]},
    }
    assert administrator.post("/notices/subscriptions", wish).status_code == 200
    return lambda: list(Delivery.objects.order_by("created_at", "pk").values_list("event", "subject"))


def test_a_broken_way_in_is_told_once_when_it_breaks_and_once_when_it_is_whole(
    town: Town, told: Callable[[], list[tuple[str, str]]]
) -> None:
    for state in ("fault", "fault", "ok"):
        faults = ("line_open",) if state == "fault" else ()
        said = SourceHealth(key="hall", kind="contact", state=state, since=datetime.now(UTC), faults=faults)
        service.take_source_health(town.school, said)

    assert told() == [
        ("fault.opened", "Неисправность: Школа kst-012, обрыв линии"),
        ("fault.closed", "Неисправность устранена: Школа kst-012, обрыв линии"),
    ]


def test_of_an_outage_the_outage_is_told_and_not_each_school(
    town: Town, told: Callable[[], list[tuple[str, str]]]
) -> None:
    for number in range(6):
        a.a_school(f"kst-1{number:02d}")
    Node.objects.filter(school__district=a.CITY).update(state="silent", last_pulse_at=datetime.now(UTC))

    rounds.look_around()

    assert told() == [("fault.opened", f"Неисправность: {a.CITY}, сразу несколько школ молчат")]
    assert Fault.objects.filter(code="node.silent", closed_at=None).count() == 7


def test_a_lockdown_is_told_before_everything_else_and_can_be_had_as_cap(
    town: Town, told: Callable[[], list[tuple[str, str]]]
) -> None:
    service.take_action(town.school, ActionChanged(action="lockdown", kind="real", at=datetime.now(UTC), by="staff"))

    ((event, title),) = told()
    assert (event, title) == ("action.lockdown", "Школа kst-012: ЗАПРИТЕСЬ И УКРОЙТЕСЬ")
    assert [one.priority for one in outbox.claim(5)] == [0]
