"""A tile's queue: bounded by bytes and age, never without its INIT, always starting again at a KEY."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.fake_gatekeeper import HALL, a_visitor

from qorgan.centre.gateway import tiles
from qorgan.centre.gateway.counters import Counters
from qorgan.centre.gateway.ports import Permit, View
from qorgan.centre.gateway.tiles import QUEUE_AGE_S, QUEUE_BYTES, QUEUE_TEXTS, Outbox, Tile
from qorgan.domain.cameras import StreamName
from qorgan.kernel.ids import CameraKey, SiteId
from qorgan.protocols.link.media import MediaKind

INIT, KEY, DELTA = MediaKind.INIT, MediaKind.KEY, MediaKind.DELTA
PERMIT = Permit(
    watch="w",
    site=SiteId("kst-012"),
    camera=CameraKey("hall"),
    grant=b"",
    expires_at=datetime(2026, 11, 22, tzinfo=UTC),
)

STEP = st.tuples(st.sampled_from(["key", "delta", "take", "loss"]), st.integers(1, 400), st.floats(0, 0.7))


def a_tile(number: int = 7) -> tuple[Tile, Outbox, Counters]:
    counters = Counters()
    outbox = Outbox(counters)
    view = View(camera=HALL, stream=StreamName.SUB, purpose="duty")
    tile = Tile(number, view, a_visitor("officer", "district"), PERMIT, outbox, counters)
    outbox.tiles[number] = tile
    return tile, outbox, counters


def taken(tile: Tile) -> list[bytes]:
    return list(iter(tile.take, None))


def texts(outbox: Outbox, op: str) -> list[dict[str, object]]:
    return [text for text in map(json.loads, outbox._texts) if text["op"] == op]


def test_each_message_carries_the_tiles_number() -> None:
    tile, _, _ = a_tile(number=258)
    tile.offer(INIT, b"init", 0.0)
    assert taken(tile) == [b"\x00\x00\x01\x02init"]


def test_nothing_is_shown_before_the_first_key_and_that_is_no_skip() -> None:
    tile, outbox, counters = a_tile()
    for data in (b"d1", b"d2"):
        tile.offer(DELTA, data, 0.0)
    tile.offer(KEY, b"key", 0.0)
    tile.offer(DELTA, b"d3", 0.0)

    assert [data[4:] for data in taken(tile)] == [b"key", b"d3"]
    assert counters.skipped == 0 and texts(outbox, "skipped") == []


def test_an_old_queue_is_dropped_up_to_the_next_key_and_told() -> None:
    """What waits longer than two seconds is no longer live."""
    tile, outbox, _ = a_tile()
    tile.offer(INIT, b"init", 0.0)
    tile.offer(KEY, b"k1", 0.0)
    tile.offer(DELTA, b"d1", 0.0)
    tile.offer(DELTA, b"d2", QUEUE_AGE_S + 0.1)
    tile.offer(DELTA, b"d3", QUEUE_AGE_S + 0.2)
    tile.offer(KEY, b"k2", QUEUE_AGE_S + 0.3)
    tile.offer(DELTA, b"d4", QUEUE_AGE_S + 0.4)

    assert [data[4:] for data in taken(tile)] == [b"init", b"k2", b"d4"]
    assert texts(outbox, "skipped") == [{"op": "skipped", "tile": 7, "frames": 4}]


def test_a_group_over_the_bound_is_not_given_to_a_late_viewer() -> None:
    tile, _, counters = a_tile()
    tile.prime(b"init", [b"k", bytes(QUEUE_BYTES)], 0.0)
    assert [data[4:] for data in taken(tile)] == [b"init"]
    assert counters.skipped == 0


def test_too_many_texts_are_an_overflow() -> None:
    tile, outbox, _ = a_tile()
    for _ in range(QUEUE_TEXTS + 1):
        tile.state("live", "none")
    assert outbox.overflowing


async def test_the_outbox_serves_tiles_in_turn_and_texts_first() -> None:
    first, outbox, counters = a_tile(1)
    view = View(camera=HALL, stream=StreamName.SUB, purpose="duty")
    second = outbox.tiles[2] = Tile(2, view, a_visitor("officer", "district"), PERMIT, outbox, counters)
    waiting = asyncio.create_task(outbox.next_round())
    for data in (b"a", b"b", b"c"):
        first.offer(KEY, data, 0.0)
    second.offer(KEY, b"x", 0.0)
    second.state("live", "none")

    text, *media = await waiting
    assert json.loads(text)["op"] == "state"
    assert media == [b"\0\0\0\1a", b"\0\0\0\2x"]
    assert await outbox.next_round() == [b"\0\0\0\1b"]


@given(st.lists(STEP, max_size=120))
def test_whatever_happens_a_decoder_never_sees_a_delta_without_its_predecessor(
    steps: list[tuple[str, int, float]],
) -> None:
    """Frames are numbered; each DELTA that comes out directly follows the frame that came out before it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiles, "QUEUE_BYTES", 1_000)
        tile, _, _ = a_tile()
        out: list[tuple[int, int]] = []
        now, number, shown, offered = 0.0, 0, 0, 0
        tile.offer(INIT, b"\0" + (0).to_bytes(4, "big"), now)
        for what, size, passed in steps:
            now += passed
            if what == "take":
                out += _frames(tile.take())
            elif what == "loss":
                number += 1
                tile.await_key()
            else:
                number, offered = number + 1, offered + 1
                kind = KEY if what == "key" else DELTA
                tile.offer(kind, bytes([kind]) + number.to_bytes(4, "big") + bytes(size), now)
                assert tile._bytes <= 1_000
        while (data := tile.take()) is not None:
            out += _frames(data)
        for (_, before), (kind, after) in zip(out, out[1:], strict=False):
            assert kind == KEY or after == before + 1
        shown = len(out)
        assert shown == 0 or out[0][0] == KEY
        assert shown + tile.skipped <= offered


def _frames(data: bytes | None) -> list[tuple[int, int]]:
    if data is None or data[4] == 0:
        return []
    return [(data[4], int.from_bytes(data[5:9], "big"))]
