"""An officer turns a camera and takes its picture; both are in the ledger, and no foreign page can do it."""

from typing import Any

import httpx
from tests.behaviour.gateway.conftest import Stand
from tests.support.fake_gatekeeper import HALL

from qorgan.protocols.link.commands import PtzOrder, Refusal
from qorgan.protocols.link.grants import Action

PTZ = f"/api/cameras/{HALL}/ptz"


async def steer(stand: Stand, session: str | None = "officer", **order: Any) -> httpx.Response:
    async with stand.http(session) as http:
        return await http.post(PTZ, json=order)


async def test_a_camera_turns_as_told_and_steering_is_one_line_in_the_ledger(stand: Stand) -> None:
    assert 200 == (await steer(stand, order="move", pan=0.5, tilt=-1, for_s=5)).status_code
    assert 200 == (await steer(stand, order="stop")).status_code
    async with stand.http() as http:
        listed = await http.get(PTZ, params={"purpose": "duty"})

    assert {"presets": [{"token": "1", "name": "Қақпа"}]} == listed.json()
    move, stop, presets = stand.school.steered
    assert (PtzOrder.MOVE, 0.5, -1.0, 5.0) == (move.order, move.pan, move.tilt, move.for_s)
    assert (PtzOrder.STOP, PtzOrder.PRESETS) == (stop.order, presets.order)
    assert [Action.PTZ] == [view.action for view in stand.rooms.watches.values()]
    assert move.grant == stop.grant == presets.grant


async def test_a_picture_is_one_line_that_has_ended(stand: Stand) -> None:
    async with stand.http() as http:
        picture = await http.get(f"/api/cameras/{HALL}/snapshot", params={"purpose": "duty"})

    assert (200, "image/jpeg", stand.school.jpeg) == (
        picture.status_code,
        picture.headers["content-type"],
        picture.content,
    )
    assert "nosniff" == picture.headers["x-content-type-options"]
    assert [Action.SNAPSHOT] == [view.action for view in stand.rooms.watches.values()]
    assert [] == stand.rooms.watching


async def test_what_is_no_picture_is_not_passed_on(stand: Stand) -> None:
    stand.school.jpeg = b"<script>"
    async with stand.http() as http:
        answer = await http.get(f"/api/cameras/{HALL}/snapshot")
    assert 200 != answer.status_code
    assert b"<script>" not in answer.content


async def test_who_may_not_see_may_not_turn(stand: Stand) -> None:
    assert 401 == (await steer(stand, None, order="stop")).status_code
    assert 403 == (await steer(stand, "ministry", order="stop")).status_code
    assert [] == stand.school.steered


async def test_a_foreign_page_turns_nothing(stand: Stand) -> None:
    """Their browser would send the session along; it also says from which page."""
    async with stand.http() as http:
        foreign = await http.post(PTZ, json={"order": "stop"}, headers={"Origin": "https://evil.example"})
        form = await http.post(PTZ, content=b'{"order": "stop"}', headers={"Content-Type": "text/plain"})
    assert (403, 422) == (foreign.status_code, form.status_code)
    assert [] == stand.school.steered


async def test_an_order_that_is_none_is_refused_here(stand: Stand) -> None:
    for body in (b"", b"[]", b'{"order": "dance"}', b'{"order": "move", "pan": "x"}', b'{"order":"stop","purpose":1}'):
        async with stand.http() as http:
            answer = await http.post(PTZ, content=body, headers={"Content-Type": "application/json"})
        assert (body, 422) == (body, answer.status_code)
    async with stand.http() as http:
        long = await http.post(PTZ, content=b" " * 10_000, headers={"Content-Type": "application/json"})
    assert 422 == long.status_code
    assert [] == stand.school.steered


async def test_a_camera_that_cannot_turn_is_not_found(stand: Stand) -> None:
    stand.school.refuse_all = Refusal(code="onvif.not_supported", message="this camera cannot turn")
    answer = await steer(stand, order="stop")
    assert (404, "onvif.not_supported") == (answer.status_code, answer.json()["code"])
