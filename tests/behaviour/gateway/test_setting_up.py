"""The wizard and holds at the gateway: who may, what travels, and what a foreign page or a broken body cannot do."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.behaviour.gateway.conftest import Stand
from tests.support.fake_gatekeeper import HALL

from qorgan.protocols.link import commands, setup, subjects
from qorgan.protocols.link.commands import Refusal, Reply
from qorgan.protocols.link.grants import Action
from qorgan.protocols.link.messages import decode, encode
from qorgan.protocols.link.sealing import digest

SETUP = f"/api/schools/{UUID(int=7)}/camera-setup"
HOLDS = f"/api/cameras/{HALL}/holds"
NOW = datetime.now(UTC)
PASSWORD = "құпия сөз"


class Node:
    """Answers what the fake school does not."""

    def __init__(self, stand: Stand) -> None:
        self.stand, self.asked = stand, list[tuple[str, Any]]()
        self.answers: dict[str, Reply] = {}

    async def listen(self) -> "Node":
        kinds: dict[str, type[Any]] = {
            **dict.fromkeys(("discover", "probe_camera", "save_camera", "remove_camera"), setup.CameraSetup),
            "hold": commands.OrderHold,
            "holds": commands.AskHolds,
        }
        client = self.stand.carrier.client
        for name, kind in kinds.items():

            async def answer(message: Any, name: str = name, kind: type[Any] = kind) -> None:
                self.asked.append((name, decode(message.data, kind)))
                await message.respond(encode(self.answers.get(name, Reply())))

            await client.subscribe(subjects.command(self.stand.school.site, name), cb=answer)
        await client.flush()
        await client.flush()
        return self


@pytest.fixture
async def node(stand: Stand) -> Node:
    return await Node(stand).listen()


async def post(stand: Stand, path: str, session: str | None = "admin", **body: Any) -> httpx.Response:
    async with stand.http(session) as http:
        return await http.post(path, json=body)


async def test_cameras_that_answered_are_listed(stand: Stand, node: Node) -> None:
    found = setup.FoundCamera(url="http://10.0.0.7/onvif/device_service", model="C-1")
    node.answers["discover"] = Reply(discovered=setup.Discovered(items=(found,), ignored=2))
    answer = await post(stand, f"{SETUP}/search")
    item = {"url": found.url, "model": "C-1", "name": "", "configured": ""}
    assert {"items": [item], "ignored": 2} == answer.json()


async def test_a_password_travels_only_where_it_is_sealed(stand: Stand, node: Node) -> None:
    node.answers["probe_camera"] = Reply(probed=setup.Probed(onvif=True, model="C-1", jpeg=b"\xff\xd8x"))
    looked = await post(stand, f"{SETUP}/look", address="http://10.0.0.7/onvif", user="a", password=PASSWORD)
    assert (200, "C-1") == (looked.status_code, looked.json()["model"])
    assert "jpeg" not in looked.json()
    assert [PASSWORD] == [wish.password for wish in stand.rooms.setups]
    assert all(PASSWORD.encode() not in encode(asked) for _, asked in node.asked)

    pictured = await post(stand, f"{SETUP}/picture", address="http://10.0.0.7/onvif", key="hall-2")
    assert "/9h4" == pictured.json()["jpeg"]
    assert [False, True] == [wish.picture for wish in stand.rooms.setups]
    assert ["w"] == stand.rooms.ended


async def test_adding_and_taking_away_are_written_down(stand: Stand, node: Node) -> None:
    saved = await post(stand, f"{SETUP}/cameras", address="rtsp://10.0.0.7/x", key="hall-2")
    assert (201, {"key": "hall-2"}) == (saved.status_code, saved.json())
    async with stand.http("admin") as http:
        gone = await http.delete(f"{SETUP}/cameras/hall-2")
        foreign = await http.delete(f"{SETUP}/cameras/hall-2", headers={"Origin": "https://evil.example"})
    assert (200, 403) == (gone.status_code, foreign.status_code)
    assert [("camera.added", "hall-2"), ("camera.taken_away", "hall-2")] == stand.rooms.audit
    assert ["save_camera", "remove_camera"] == [name for name, _ in node.asked]


async def test_what_the_node_refuses_is_not_written_down(stand: Stand, node: Node) -> None:
    node.answers["save_camera"] = Reply(refusal=Refusal(code="onvif.wrong_password", message="no"))
    answer = await post(stand, f"{SETUP}/cameras", address="rtsp://10.0.0.7/x", key="hall-2", password=PASSWORD)
    assert "onvif.wrong_password" == answer.json()["code"]
    assert PASSWORD not in answer.text
    assert [] == stand.rooms.audit


async def test_only_who_may_and_only_from_our_page(stand: Stand, node: Node) -> None:
    assert 403 == (await post(stand, f"{SETUP}/search", "officer")).status_code
    assert 401 == (await post(stand, f"{SETUP}/search", None)).status_code
    async with stand.http("admin") as http:
        foreign = await http.post(f"{SETUP}/search", json={}, headers={"Origin": "https://evil.example"})
        form = await http.post(f"{SETUP}/search", content=b"{}", headers={"Content-Type": "text/plain"})
        odd = await http.post(f"{SETUP}/look", json={"password": PASSWORD, "surprise": PASSWORD})
        broken = await http.post(f"{SETUP}/look", json={"password": [PASSWORD]})
        long = await http.post(f"{SETUP}/look", json={"password": "x" * 20_000})
    assert (403, 422, 422, 422, 422) == tuple(one.status_code for one in (foreign, form, odd, broken, long))
    assert PASSWORD not in odd.text + broken.text
    assert [] == node.asked


async def test_evidence_is_held_with_a_line_in_the_ledger(stand: Stand, node: Node) -> None:
    held = commands.HeldStretch(
        id="h-1", start=NOW - timedelta(hours=1), end=NOW, reason="оқиға", by="officer", at=NOW, until=None
    )
    node.answers["hold"] = node.answers["holds"] = Reply(holds=commands.Holds(items=(held,), kept_bytes=7))
    wish = {
        "start": held.start.isoformat(),
        "end": held.end.isoformat(),
        "until": (NOW + timedelta(days=9)).isoformat(),
        "reason": "оқиға",
    }
    placed = await post(stand, HOLDS, "officer", **wish)
    assert (201, 7, ["h-1"]) == (
        placed.status_code,
        placed.json()["kept_bytes"],
        [one["id"] for one in placed.json()["items"]],
    )
    ((_, order),) = node.asked
    (view,) = stand.rooms.watches.values()
    assert (Action.HOLD, digest(order.order)) == (view.action, view.digest)
    told = decode(order.order, commands.HoldWish)
    assert ("оқиға", False) == (told.reason, told.release)
    assert [("hold.placed", told.id)] == stand.rooms.audit

    async with stand.http() as http:
        assert 200 == (await http.get(HOLDS)).status_code
        released = await http.delete(f"{HOLDS}/h-1")
        unknown = await http.delete(f"{HOLDS}/h-2")
    assert (200, 404) == (released.status_code, unknown.status_code)
    assert ("hold.released", "h-1") == stand.rooms.audit[-1]
    assert [] == stand.rooms.watching


async def test_a_hold_that_is_none_is_refused_here(stand: Stand, node: Node) -> None:
    assert 422 == (await post(stand, HOLDS, "officer", start="yesterday")).status_code
    moment = NOW.isoformat()
    refused = await post(stand, HOLDS, "ministry", start=moment, end=moment, until=moment, reason="x")
    assert 403 == refused.status_code
    assert [] == node.asked
