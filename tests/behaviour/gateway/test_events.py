"""Events: a snapshot and everything after it, to whoever may know."""

import asyncio
import json
from collections import deque
from typing import Any
from uuid import NAMESPACE_OID, uuid5
from weakref import WeakKeyDictionary

import nats.errors
import pytest
import websockets
from nats.aio.client import Client
from tests.behaviour.gateway.conftest import DEADLINE_S, Stand, until
from tests.support.nats import settled

from qorgan.centre.events import MISSED
from qorgan.centre.gateway import events, sockets
from qorgan.demo.visitor import one_by_one
from qorgan.kernel.clock import SystemClock
from qorgan.protocols.link.subjects import CENTRE_EVENTS

EVERYBODY = frozenset({"district", "school", "country"})
OFFICERS = frozenset({"district"})


def uid(name: str) -> str:
    """An id that can be told from others in a test's output."""
    return str(uuid5(NAMESPACE_OID, name))


def store(stand: Stand, topic: str, id: str, visible: frozenset[str] = EVERYBODY, **data: Any) -> None:
    """A commit: the object is as it is now."""
    stand.rooms.objects[topic, uid(id)] = ({"id": id, **data}, visible)


async def announce(stand: Stand, topic: str, id: str, **more: Any) -> None:
    notice = {"topic": topic, "id": uid(id), "schools": [], "region": "kst", "district": "kst-1"} | more
    await stand.carrier.client.publish(CENTRE_EVENTS, json.dumps(notice).encode())
    await settled(stand.carrier.client)


async def change(stand: Stand, topic: str, id: str, visible: frozenset[str] = EVERYBODY, **data: Any) -> None:
    store(stand, topic, id, visible, **data)
    await announce(stand, topic, id)


_said: WeakKeyDictionary[Any, deque[dict[str, Any]]] = WeakKeyDictionary()  # and not yet asked for


async def next_of(socket: Any, kind: str) -> dict[str, Any]:
    said = _said.setdefault(socket, deque())
    async with asyncio.timeout(DEADLINE_S):
        while True:
            while said:
                if (message := said.popleft())["type"] == kind:
                    return message
            said += one_by_one(json.loads(await socket.recv()))


async def test_a_snapshot_comes_first_then_what_changes(stand: Stand) -> None:
    store(stand, "alarm", "a1", version=1)
    store(stand, "school", "s1", name="№12")
    async with stand.connect("/ws/events") as socket:
        snapshot = await next_of(socket, "snapshot")
        await change(stand, "alarm", "a1", version=2)
        event = await next_of(socket, "event")

    assert snapshot["alarms"] == [{"id": "a1", "version": 1}]
    assert snapshot["schools"] == [{"id": "s1", "name": "№12"}]
    assert snapshot["at"].endswith("Z")
    assert (event["topic"], event["data"]) == ("alarm", {"id": "a1", "version": 2})


async def test_nothing_is_lost_between_the_snapshot_and_the_events(stand: Stand) -> None:
    """Old snapshot, events applied, equals fresh snapshot; even when all happens while the snapshot is on its way."""
    for number in range(20):
        store(stand, "alarm", f"a{number}", version=0)

    async def much_happens() -> None:
        for number in range(20):
            await change(stand, "alarm", f"a{number}", version=1)
        await change(stand, "alarm", "new", version=1)

    stand.rooms.before_snapshot_returns = much_happens
    async with stand.connect("/ws/events") as socket:
        known = {alarm["id"]: alarm for alarm in (await next_of(socket, "snapshot"))["alarms"]}
        assert all(alarm["version"] == 0 for alarm in known.values()), "the snapshot is older than the changes"
        while known.get("new") is None or any(alarm["version"] == 0 for alarm in known.values()):
            data = (await next_of(socket, "event"))["data"]
            known[data["id"]] = data

    fresh = await stand.rooms.snapshot(stand.rooms.sessions["officer"])
    assert sorted(known.values(), key=lambda alarm: alarm["id"]) == sorted(fresh["alarms"], key=lambda a: a["id"])


async def test_nobody_hears_what_they_may_not_see(stand: Stand) -> None:
    async with stand.connect("/ws/events", "officer") as officer, stand.connect("/ws/events", "head") as head:
        await next_of(officer, "snapshot")
        await next_of(head, "snapshot")
        await change(stand, "alarm", "elsewhere", OFFICERS, version=1)
        await change(stand, "alarm", "here", version=1)

        assert (await next_of(officer, "event"))["data"]["id"] == "elsewhere"
        assert (await next_of(head, "event"))["data"]["id"] == "here"


async def test_what_a_guest_saw_is_taken_from_their_screen_and_nothing_else_is_sent_anew(stand: Stand) -> None:
    stand.rooms.guests_before = frozenset({"country"})
    store(stand, "camera", "hall", present=True)
    async with stand.connect("/ws/events", "ministry") as guest, stand.connect("/ws/events") as officer:
        assert (await next_of(guest, "snapshot"))["cameras"] == [{"id": "hall", "present": True}]
        await next_of(officer, "snapshot")
        await change(stand, "camera", "hall", visible=OFFICERS, present=True, key="hall")
        assert (await next_of(guest, "event"))["data"] == {"id": "hall", "present": False}
        assert (await next_of(officer, "event"))["data"] == {"id": "hall", "present": True, "key": "hall"}


async def test_all_browsers_share_one_reading(stand: Stand) -> None:
    """A hundred officers of one centre must not be a hundred questions to the database."""
    browsers = [await stand.stack.enter_async_context(stand.connect("/ws/events")) for _ in range(5)]
    for socket in browsers:
        await next_of(socket, "snapshot")
    await change(stand, "school", "s1", state="silent")
    for socket in browsers:
        assert (await next_of(socket, "event"))["data"]["state"] == "silent"

    assert stand.rooms.reads == [("school", uid("s1"))]


async def test_a_storm_in_places_that_nobody_looks_at_is_not_read(stand: Stand) -> None:
    """An event that is local concerns only those in whose territory it lies; another may be shared with anybody."""
    async with stand.connect("/ws/events", "officer") as officer:
        await next_of(officer, "snapshot")
        for number in range(50):
            await announce(stand, "alarm", f"far {number}", local=True, region="elsewhere")
        await announce(stand, "alarm", "shared", region="elsewhere")
        store(stand, "alarm", "here")
        await announce(stand, "alarm", "here", local=True, region="district")

        assert (await next_of(officer, "event"))["data"]["id"] == "here"
    assert stand.rooms.reads == [("alarm", uid("shared")), ("alarm", uid("here"))]


async def test_the_servers_clock_comes_again_and_again(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stand.connect("/ws/events") as socket:
        await next_of(socket, "snapshot")
        assert (await next_of(socket, "ping"))["at"].endswith("Z")


async def test_a_browser_that_does_not_read_is_hung_up_on_and_starts_anew(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "QUEUE_EVENTS", 20)
    monkeypatch.setattr(events, "PACE_S", 0.0)
    monkeypatch.setattr(sockets, "CLOSE_WITHIN_S", DEADLINE_S)
    async with (
        stand.connect("/ws/events", "head", max_queue=1) as slow,
        stand.connect("/ws/events", "officer") as fast,
    ):
        await next_of(fast, "snapshot")
        await until(lambda: stand.counters.event_sockets == 2, "both are known")
        for number in range(200):
            await change(stand, "school", f"s{number}", text="x" * 100_000)
            assert (await next_of(fast, "event"))["data"]["id"] == f"s{number}"
        assert stand.counters.overflows == 1
        with pytest.raises(websockets.ConnectionClosed) as closed:
            while True:
                await slow.recv()

    assert closed.value.rcvd is not None and closed.value.rcvd.code == 4008
    await until(lambda: stand.counters.event_sockets == 0, "both are gone")


async def test_when_the_carrier_was_away_browsers_start_anew(stand: Stand) -> None:
    """What happened meanwhile was not heard: only a fresh snapshot is true."""
    async with stand.connect("/ws/events") as socket:
        await next_of(socket, "snapshot")
        await stand.carrier.client.force_reconnect()
        with pytest.raises(websockets.ConnectionClosed) as closed:
            async with asyncio.timeout(DEADLINE_S):
                while True:
                    await socket.recv()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 4008


async def test_a_carrier_that_goes_away_while_we_begin_to_listen_ends_nothing(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [nats.errors.TimeoutError()]

    async def settle_at_last(client: Client) -> None:
        if answers:
            raise answers.pop()
        await settled(client)

    async with asyncio.timeout(DEADLINE_S):
        await stand.gateway._events.listening.wait()
        monkeypatch.setattr(events, "settle", settle_at_last)
        before = len(stand.carrier.client._subs)
        hub = events.EventHub(stand.carrier, stand.rooms, SystemClock(), stand.counters)
        running = asyncio.create_task(hub.run())
        await hub.listening.wait()
    assert before + 1 == len(stand.carrier.client._subs), "nothing is heard twice"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_when_an_object_cannot_be_read_browsers_start_anew(stand: Stand) -> None:
    async with stand.connect("/ws/events") as socket:
        await next_of(socket, "snapshot")
        stand.rooms.away = True
        await announce(stand, "alarm", "a1")
        with pytest.raises(websockets.ConnectionClosed) as closed:
            async with asyncio.timeout(DEADLINE_S):
                await socket.recv()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 4008


async def test_what_is_urgent_goes_before_all_that_waits(stand: Stand) -> None:
    """A P1 in a storm of other things: it is on the screen before those that were there first."""
    async with stand.connect("/ws/events") as socket:
        await next_of(socket, "snapshot")
        notices = [{"topic": "school", "id": uid(f"s{number}")} for number in range(500)]
        for notice in notices:
            stand.rooms.objects[notice["topic"], notice["id"]] = ({"id": notice["id"]}, frozenset({"district"}))
        grave = {"topic": "alarm", "id": uid("a1"), "urgent": True}
        stand.rooms.objects["alarm", grave["id"]] = ({"id": "a1"}, frozenset({"district"}))
        await stand.carrier.client.publish(CENTRE_EVENTS, json.dumps([*notices, grave]).encode())
        assert (await next_of(socket, "event"))["data"] == {"id": "a1"}
        rest = [(await next_of(socket, "event"))["data"]["id"] for _ in notices]
    assert rest == [notice["id"] for notice in notices]


async def test_in_a_mass_event_alarms_and_schools_alternate_and_are_read_and_told_together(stand: Stand) -> None:
    async with stand.connect("/ws/events") as socket:
        await next_of(socket, "snapshot")
        notices = [
            {"topic": topic, "id": uid(f"{topic} {number}")} for number in range(50) for topic in ("alarm", "school")
        ]
        for notice in notices:
            stand.rooms.objects[notice["topic"], notice["id"]] = ({"id": notice["id"]}, frozenset({"district"}))
        await stand.carrier.client.publish(CENTRE_EVENTS, json.dumps(notices).encode())
        told = []
        while len(told) < 2:
            said = json.loads(await socket.recv())
            if said["type"] == "several":
                told.append([event["data"]["id"] for event in said["items"]])
    assert told == [[uid(f"{topic} {number}") for number in range(50)] for topic in ("alarm", "school")]


async def test_when_the_publisher_had_to_drop_browsers_start_anew(stand: Stand) -> None:
    async with stand.connect("/ws/events") as socket:
        await next_of(socket, "snapshot")
        await stand.carrier.client.publish(CENTRE_EVENTS, b"[" + MISSED + b"]")
        with pytest.raises(websockets.ConnectionClosed) as closed:
            async with asyncio.timeout(DEADLINE_S):
                await socket.recv()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 4008


async def test_junk_on_the_carrier_harms_nobody(stand: Stand) -> None:
    async with stand.connect("/ws/events") as socket:
        await next_of(socket, "snapshot")
        for junk in (b"", b"\xff\x00", b"[]", b'{"topic": 1}', b'{"topic": "weather", "id": "x"}'):
            await stand.carrier.client.publish(CENTRE_EVENTS, junk)
        await change(stand, "unit", "u1", state="free")
        assert (await next_of(socket, "event"))["data"] == {"id": "u1", "state": "free"}
