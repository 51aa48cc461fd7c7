"""Live video: opened once at the school, given to every viewer, each in their own line of the ledger."""

import asyncio
import json
import socket
import time
from datetime import timedelta
from uuid import UUID

import pytest
import websockets
from tests.behaviour.gateway.conftest import DEADLINE_S, Stand, until
from tests.support.clips import HEIGHT, MIME, WIDTH, decoded_frames
from tests.support.fake_gatekeeper import HALL, YARD

from qorgan.centre.gateway import streams, tiles
from qorgan.protocols.link import commands
from qorgan.protocols.link.media import MediaKind, split_init

INIT, KEY, DELTA = MediaKind.INIT, MediaKind.KEY, MediaKind.DELTA


async def test_an_officer_opens_a_tile_and_sees_decodable_pictures(stand: Stand) -> None:
    browser = await stand.browser()
    await browser.open(tile=7)
    await until(lambda: bool(browser.told("opened", 7)), "the tile is open")
    await stand.school.show(30)
    await until(lambda: browser.frames(7) == 30, "all frames are there")

    opened = {"op": "opened", "tile": 7, "mime": MIME, "width": WIDTH, "height": HEIGHT}
    assert browser.told("opened", 7) == [opened]
    assert browser.kinds(7)[:3] == [INIT, KEY, DELTA]
    init, *frames = browser.media[7]
    file = split_init(init.payload)[1] + b"".join(frame.payload for frame in frames)
    assert decoded_frames(file) == 30
    assert browser.told("state", 7)[-1]["state"] == "live"


async def test_two_viewers_share_one_lease_and_stand_in_the_ledger_each(stand: Stand) -> None:
    """The school sends once. Both grants reach it, so that its own ledger has both viewers (invariant I7)."""
    first, second = await stand.browser("officer"), await stand.browser("head")
    await first.open()
    await until(lambda: bool(first.told("opened")), "the first sees")
    await second.open()
    await until(lambda: bool(second.told("opened")), "the second sees")
    await stand.school.show(5)
    await until(lambda: first.frames() == second.frames() == 5, "both got every frame")

    assert len(stand.school.opened) == 1
    lease = stand.school.leases[stand.school.opened[0]]
    assert [grant.split(b":")[0] for grant in lease.grants] == [b"officer", b"head"]
    assert stand.rooms.watching == ["officer", "head"]
    assert (stand.counters.streams, stand.counters.viewers) == (1, 2)


async def test_a_browser_that_asks_is_told_the_time_at_once(stand: Stand) -> None:
    """Over the socket of the pictures: only there it is known how long they are under way."""
    browser = await stand.browser()
    before = time.time()
    await browser.socket.send('{"op": "time", "id": 41}')
    await until(lambda: bool(browser.texts), "the answer")
    (told,) = browser.texts
    assert ("time", 41) == (told["op"], told["id"])
    assert int(before * 1000) <= told["at_ms"] <= time.time() * 1000


async def test_every_viewer_knows_how_far_the_schools_clock_is_off(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a school whose clock is ahead would have old pictures taken for the present."""
    monkeypatch.setattr(stand.gateway._streams, "_renew_every_s", 0.05)
    first, late, old = await stand.browser(), await stand.browser(), await stand.browser()
    await old.open(camera=YARD)
    await until(lambda: bool(old.told("opened")), "a camera of a node that does not tell its time")
    stand.school.clock_ahead = timedelta(seconds=10)
    await first.open()
    await until(lambda: bool(first.told("clock")), "the first is told")
    await late.open()
    await until(lambda: bool(late.told("clock")), "the late one, too")
    for browser in (first, late):
        assert 10_000 <= browser.told("clock")[0]["ahead_ms"] <= 11_000 + 1000 * DEADLINE_S

    stand.school.clock_ahead = -timedelta(hours=1)
    for browser in (first, late):
        await until(lambda browser=browser: browser.told("clock")[-1]["ahead_ms"] < -3_000_000, "the clock was set")


async def test_a_late_viewer_gets_the_group_of_pictures_so_far_at_once(stand: Stand) -> None:
    """No waiting for the next keyframe: it may be seconds away."""
    first, late = await stand.browser(), await stand.browser()
    await first.open()
    await until(lambda: bool(first.told("opened")), "the first sees")
    await stand.school.show(35)  # keyframes are 0 and 25
    await until(lambda: first.frames() == 35, "the first has all")

    await late.open()
    await until(lambda: late.frames() == 10, "the late viewer has the group so far")
    assert late.kinds() == [INIT, KEY] + [DELTA] * 9
    assert [m.wall_us for m in late.media[1][1:]] == [m.wall_us for m in first.media[1][-10:]]


async def test_the_last_viewer_gone_the_stream_stops_at_the_school(stand: Stand) -> None:
    first, second = await stand.browser(), await stand.browser()
    for browser in (first, second):
        await browser.open()
        await until(lambda browser=browser: bool(browser.told("opened")), "it sees")

    await first.close_tile()
    await until(lambda: len(stand.rooms.ended) == 1, "the first's watch is in the ledger with its end")
    assert stand.school.closed == []
    await second.socket.close()
    await until(lambda: bool(stand.school.closed), "the school was told to stop")

    assert stand.school.closed == stand.school.opened
    assert stand.rooms.watching == []
    await until(lambda: (stand.counters.streams, stand.counters.viewers) == (0, 0), "nothing is counted as open")


async def test_a_change_of_layout_does_not_restart_the_stream(stand: Stand) -> None:
    browser = await stand.browser()
    await browser.open(tile=1)
    await until(lambda: bool(browser.told("opened", 1)), "it sees")
    await browser.close_tile(1)
    await browser.open(tile=2)
    await until(lambda: bool(browser.told("opened", 2)), "it sees in the other tile")

    assert len(stand.school.opened) == 1
    assert stand.school.closed == []


async def test_who_has_no_right_is_refused_and_the_school_never_asked(stand: Stand) -> None:
    browser = await stand.browser("ministry")
    await browser.open()
    await until(lambda: bool(browser.told("refused")), "the answer is there")

    assert browser.told("refused")[0]["code"] == "forbidden"
    assert stand.school.joined == []
    assert stand.rooms.watches == {}


async def test_a_grant_refused_by_the_school_refuses_that_viewer_alone(stand: Stand) -> None:
    refusal = commands.Refusal(code="grant.invalid", message="not signed by this school's centre")
    stand.school.refuse = _RefuseUser(b"head", refusal)
    officer, head = await stand.browser("officer"), await stand.browser("head")
    await head.open()
    await until(lambda: bool(head.told("refused")), "the head is refused")
    await officer.open()
    await until(lambda: bool(officer.told("opened")), "the officer sees")
    await stand.school.show(3)
    await until(lambda: officer.frames() == 3, "the officer gets frames")

    assert head.told("refused")[0]["code"] == "grant.invalid"
    assert head.frames() == 0
    await until(lambda: stand.rooms.watching == ["officer"], "the ledger says that only the officer watches")


class _RefuseUser(dict[bytes, commands.Refusal]):
    def __init__(self, user: bytes, refusal: commands.Refusal) -> None:
        self._user, self._refusal = user, refusal

    def get(self, grant: bytes, default: object = None) -> commands.Refusal | None:  # type: ignore[override]
        return self._refusal if grant.startswith(self._user) else None


async def test_after_a_loss_viewers_wait_for_the_next_keyframe(stand: Stand) -> None:
    """A frame that refers to a lost one would show rubbish."""
    browser = await stand.browser()
    await browser.open()
    await until(lambda: bool(browser.told("opened")), "it sees")
    await stand.school.show(5)
    await stand.school.lose(2)
    await stand.school.show(20)  # frames 7..26; the keyframe is 25
    await until(lambda: browser.frames() == 7, "the frames after the keyframe are there")

    assert browser.kinds() == [INIT, KEY, *[DELTA] * 4, KEY, DELTA]
    assert browser.told("skipped")[-1]["frames"] == 18
    assert stand.counters.lost == 1


async def test_a_slow_viewer_skips_and_the_others_see_everything(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """One bad connection is one person's trouble."""
    monkeypatch.setattr(tiles, "QUEUE_BYTES", 1_000_000)
    monkeypatch.setattr(tiles, "QUEUE_AGE_S", 3_600.0)  # a machine that stands still makes nobody slow
    stand.school.frame_padding = 60_000
    fast = await stand.browser("officer")
    slow = await stand.browser("head", reads=False, sock=_small_socket(stand.address), max_queue=1)
    for browser in (fast, slow):
        await browser.open()
    await until(lambda: stand.counters.viewers == 2 and bool(fast.told("opened")), "both watch")
    await until(lambda: len(stand.school.joined) == 2, "both grants are shown")

    for _ in range(10):
        await stand.school.show(10)
        await until(lambda: fast.frames() == stand.school.position, "the fast one keeps up")
    assert fast.told("skipped") == []
    assert stand.counters.skipped > 0

    reading = asyncio.create_task(slow.read())
    stand.school.frame_padding = 0
    await stand.school.show(26)  # a keyframe is among them
    await until(lambda: bool(slow.told("skipped")), "the slow one is told what it missed")
    await until(lambda: fast.frames() == 126, "the fast one has all")
    await until(lambda: slow.frames() + stand.counters.skipped == 126, "the slow one has all that was not skipped")
    assert slow.told("skipped")[-1]["frames"] == stand.counters.skipped
    _assert_decodable_order([message.kind for message in slow.media[1]], [m.wall_us for m in slow.media[1]])
    reading.cancel()


def _assert_decodable_order(kinds: list[MediaKind], walls: list[int]) -> None:
    """Every DELTA follows its direct predecessor (40 ms before it), as the clip was made."""
    for at in range(1, len(kinds)):
        if kinds[at] is DELTA:
            assert walls[at] - walls[at - 1] == 40_000


def _small_socket(address: str) -> socket.socket:
    """A connection that holds little on the way, as a thin line does."""
    host, port = address.split(":")
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect((host, int(port)))
    sock.setblocking(False)
    return sock


async def test_a_silent_school_is_said_on_the_tile_and_asked_again(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stand.gateway._streams._school, "_answer_within_s", 0.2)
    stand.school.silent = True
    browser = await stand.browser()
    await browser.open()
    await until(lambda: bool(browser.told("state")), "a state is told")
    assert browser.told("state")[0] == {"op": "state", "tile": 1, "state": "failed", "reason": "node_silent"}

    stand.school.silent = False
    await until(lambda: bool(browser.told("opened")), "it came back by itself")
    await stand.school.show(1)
    await until(lambda: browser.told("state")[-1]["state"] == "live", "the tile says live again")


async def test_a_restarted_recorder_is_opened_anew_with_every_viewers_fresh_grant(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old grants have expired by then; the ledger lines go on."""
    monkeypatch.setattr(stand.gateway._streams, "_renew_every_s", 0.1)
    monkeypatch.setattr(streams, "GRANT_MARGIN_S", 3_600.0)
    first, second = await stand.browser("officer"), await stand.browser("head")
    for browser in (first, second):
        await browser.open()
        await until(lambda browser=browser: bool(browser.told("opened")), "it sees")

    await stand.school.forget_leases()
    await until(lambda: len(stand.school.opened) == 2, "the stream is opened anew")
    await until(lambda: len(stand.school.joined) == 4, "both viewers were shown again")
    await stand.school.show(2)
    await until(lambda: first.frames() == second.frames() == 2, "both see again")
    assert stand.rooms.renewed == 4
    assert len(stand.rooms.watches) == 2


async def test_the_cameras_state_reaches_the_tile_and_a_late_viewer(stand: Stand) -> None:
    browser, late = await stand.browser(), await stand.browser()
    await browser.open()
    await until(lambda: bool(browser.told("opened")), "it sees")
    await stand.school.show(2)
    await stand.school.say(MediaKind.STATE, "stalled:no_frames")
    await until(lambda: bool(browser.told("state")) and browser.told("state")[-1]["state"] == "stalled", "it is said")
    await late.open()
    await until(lambda: bool(late.told("state")), "the late viewer is told")

    assert late.told("state")[0] == {"op": "state", "tile": 1, "state": "stalled", "reason": "no_frames"}
    assert late.frames() == 0, "old pictures must not look live"


async def test_nine_tiles_on_one_socket(stand: Stand) -> None:
    browser = await stand.browser()
    for tile in range(9):
        await browser.open(tile, camera=HALL if tile % 2 else YARD)
    await until(lambda: all(browser.told("opened", tile) for tile in range(9)), "nine tiles are open")
    await stand.school.show(10)
    await until(lambda: all(browser.frames(tile) == 10 for tile in range(9)), "each tile has every frame")

    assert len(stand.school.opened) == 2


async def test_a_wall_of_tiles_is_one_entry_into_the_ledger(stand: Stand) -> None:
    """One after the other, each with its own commit, the ninth tile would stay dark for half a second."""
    stand.rooms.ledger_writes.clear()
    browser = await stand.browser()
    await browser.open(0)
    await until(lambda: len(stand.rooms.asked) == 1, "the ledger is being written")
    for tile in range(1, 9):
        await browser.open(tile, camera=HALL if tile % 2 else YARD)
    await until(lambda: stand.counters.wishes == 9, "all wishes are read")
    stand.rooms.ledger_writes.set()
    await until(lambda: all(browser.told("opened", tile) for tile in range(9)), "nine tiles are open")

    assert [len(cameras) for cameras in stand.rooms.asked] == [1, 8]
    assert stand.rooms.watching == ["officer"] * 9


async def test_a_tile_shows_what_was_wished_last(stand: Stand) -> None:
    """Opened, closed and opened again while the ledger is slow: then the last counts, and the first has ended."""
    stand.rooms.ledger_writes.clear()
    browser = await stand.browser()
    await browser.open(1, camera=HALL)
    await until(lambda: len(stand.rooms.asked) == 1, "the ledger is being written")
    await browser.close_tile(1)
    await browser.open(1, camera=HALL)
    await browser.open(2, camera=HALL)
    await browser.open(1, camera=YARD)
    await browser.close_tile(2)
    await until(lambda: stand.counters.wishes == 6, "all wishes are read")
    stand.rooms.ledger_writes.set()
    await until(lambda: len(stand.rooms.ended) == 1, "the first look has ended")

    assert stand.rooms.asked == [[HALL], [YARD]]
    (watch,) = [watch for watch in stand.rooms.watches if watch not in stand.rooms.ended]
    assert stand.rooms.watches[watch].camera == YARD
    await until(lambda: stand.counters.viewers == 1, "one tile is open")
    assert browser.told("opened", 2) == []


async def test_one_refusal_leaves_the_other_tiles_of_the_wall_alone(stand: Stand) -> None:
    stand.rooms.ledger_writes.clear()
    browser = await stand.browser()
    for tile, camera in enumerate((HALL, UUID(int=7), YARD)):
        await browser.open(tile, camera=camera)
    stand.rooms.ledger_writes.set()
    await until(lambda: all(browser.told("opened", tile) for tile in (0, 2)), "the permitted tiles are open")
    await until(lambda: bool(browser.told("refused", 1)), "the other is refused")

    assert browser.told("refused", 1)[0]["code"] == "not_found"
    assert stand.rooms.watching == ["officer", "officer"]


async def test_a_browser_that_leaves_while_the_ledger_is_written_watches_nothing(stand: Stand) -> None:
    stand.rooms.ledger_writes.clear()
    browser = await stand.browser()
    await browser.open()
    await until(lambda: len(stand.rooms.asked) == 1, "the ledger is being written")
    await browser.socket.close()
    stand.rooms.ledger_writes.set()
    await until(lambda: len(stand.rooms.ended) == 1, "the line is there, and completed")

    assert stand.rooms.watching == []
    assert stand.school.joined == []
    await until(lambda: stand.counters.video_sockets == 0, "the socket is gone")


async def test_an_absent_database_refuses_the_whole_wall_in_words(stand: Stand) -> None:
    browser = await stand.browser()
    stand.rooms.away = True
    await browser.open(1)
    await browser.open(2)
    await until(lambda: all(browser.told("refused", tile) for tile in (1, 2)), "both are refused")
    stand.rooms.away = False
    await browser.open(1)
    await until(lambda: bool(browser.told("opened", 1)), "and open when it is back")


async def test_a_seventeenth_tile_is_refused(stand: Stand) -> None:
    browser = await stand.browser()
    for tile in range(17):
        await browser.open(tile)
    await until(lambda: bool(browser.told("refused", 16)), "it is refused")
    assert browser.told("refused", 16)[0]["code"] == "too_many_viewers"


@pytest.mark.parametrize(
    "junk",
    [
        "no json",
        "{}",
        '{"op":"dance"}',
        '{"op":"close","tile":-1}',
        '{"op":"open","tile":1,"camera":"x","stream":"sub","purpose":"duty"}',
        "x" * 5_000,
    ],
)
async def test_junk_from_a_browser_ends_that_socket(stand: Stand, junk: str) -> None:
    async with stand.connect("/ws/video") as socket:
        await socket.send(junk)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 4400


async def test_another_sites_page_cannot_open_a_socket(stand: Stand) -> None:
    """The browser would send the officer's cookie with it (cross-site WebSocket hijacking)."""
    for origin in ("https://evil.example", "http://127.0.0.1:1", "null"):
        with pytest.raises(websockets.InvalidStatus):
            async with stand.connect("/ws/video", headers={"Origin": origin}):
                pass
    async with stand.connect("/ws/video", headers={"Origin": f"http://{stand.address}"}) as socket:
        await socket.send(json.dumps({"op": "close", "tile": 1}))


async def test_without_a_session_the_socket_closes_and_says_why(stand: Stand) -> None:
    for path in ("/ws/video", "/ws/events"):
        async with stand.connect(path, session=None) as socket:
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await socket.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4401


async def test_signing_out_ends_the_video_at_once(stand: Stand) -> None:
    browser, colleague = await stand.browser("officer"), await stand.browser("head")
    await browser.open()
    await until(lambda: bool(browser.told("opened")), "it sees")
    for listener in stand.rooms.sign_out_listeners:
        listener("officer")
    await browser.socket.wait_closed()

    assert browser.socket.close_code == 4401
    await colleague.open()
    await until(lambda: bool(colleague.told("opened")), "nobody else is sent away")


async def test_signing_out_elsewhere_ends_the_video(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand.gateway._video_sockets._doorman, "_check_session_every_s", 0.05)
    browser = await stand.browser()
    await browser.open()
    await until(lambda: bool(browser.told("opened")), "it sees")
    del stand.rooms.sessions["officer"]
    await browser.socket.wait_closed()

    assert browser.socket.close_code == 4401
    await until(lambda: stand.rooms.watching == [], "the watch has ended")
