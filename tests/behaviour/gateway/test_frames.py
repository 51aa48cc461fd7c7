"""A picture of a camera is kept at the centre: asked of the school, drawn anew, a line in the ledger that has ended."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.behaviour.gateway.conftest import Stand
from tests.support.clips import HEIGHT, WIDTH
from tests.support.fake_gatekeeper import HALL

from qorgan.centre.gateway.framing import is_whole
from qorgan.protocols.link.commands import Refusal
from qorgan.protocols.link.grants import Action

FIRST_FRAME = datetime(2026, 11, 22, tzinfo=UTC)


async def keep(stand: Stand, session: str | None = "officer", **wish: Any) -> httpx.Response:
    async with stand.http(session) as http:
        return await http.post(f"/api/cameras/{HALL}/frames", json={"purpose": "duty"} | wish)


async def test_as_the_camera_sees_now(stand: Stand) -> None:
    await stand.school.show(3)

    kept = await keep(stand)

    assert kept.status_code == 201, kept.text
    ((taken_at, drawing),) = stand.rooms.frames
    assert (taken_at, drawing.width, drawing.height, drawing.mime) == (FIRST_FRAME, WIDTH, HEIGHT, "image/webp")
    assert [Action.LIVE] == [view.action for view in stand.rooms.watches.values()]
    assert [] == stand.rooms.watching
    assert stand.school.closed == stand.school.opened


async def test_as_recorded_at_an_instant(stand: Stand) -> None:
    at = datetime.now(UTC) - timedelta(days=3)

    assert (await keep(stand, at=at.isoformat(), stream="sub")).status_code == 201

    (order,) = stand.school.ranges
    assert (order.keys_only, order.start, order.end - order.start) == (True, at, timedelta(milliseconds=1))
    (view,) = stand.rooms.watches.values()
    assert (view.action, view.stream, view.start) == (Action.ARCHIVE, "sub", at)


async def test_what_the_school_cannot_show_is_not_kept_and_says_why(stand: Stand) -> None:
    at = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    stand.school.range_end = b"not_recorded"
    assert (await keep(stand, at=at)).json()["code"] == "not_recorded"
    stand.school.refuse_all = Refusal(code="no_credentials", message="")
    assert (await keep(stand)).json()["code"] == "no_credentials"
    assert ([], []) == (stand.rooms.frames, stand.rooms.watching)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"at": "2999-01-01T00:00:00Z"}, "frame.at"),
        ({"at": "2026-11-22T00:00:00"}, "frame.at"),
        ({"stream": "third"}, "invalid"),
        ({"purpose": "p" * 61}, "invalid"),
    ],
)
async def test_what_is_no_wish_asks_nobody(stand: Stand, wish: dict[str, Any], code: str) -> None:
    refused = await keep(stand, **wish)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert {} == stand.rooms.watches


async def test_who_may_not_see_or_keeps_too_much_keeps_none(stand: Stand) -> None:
    assert (await keep(stand, None)).status_code == 401
    assert (await keep(stand, "ministry")).status_code == 403
    stand.rooms.frames_are_full = True
    assert (await keep(stand)).json()["code"] == "frame.too_many"
    assert {} == stand.rooms.watches


def box(kind: bytes, size: int) -> bytes:
    return size.to_bytes(4, "big") + kind + bytes(size - 8)


def test_a_large_picture_comes_in_portions_and_is_whole_with_the_last() -> None:
    whole = box(b"moof", 100) + box(b"mdat", 2_000)
    assert is_whole(whole) and is_whole(whole + box(b"moof", 9))
    assert not any(is_whole(whole[:cut]) for cut in (0, 7, 99, 100, 107, 1_000, 2_099))
