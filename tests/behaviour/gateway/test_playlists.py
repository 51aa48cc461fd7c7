"""Playlists, files to take away and pictures of a moment: each is one line in the ledger, and only for whoever may."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest
from tests.behaviour.gateway.conftest import Stand, until
from tests.support.clips import boxes, decoded_frames
from tests.support.fake_gatekeeper import HALL, YARD

from qorgan.centre.gateway import viewings
from qorgan.centre.gateway.instants import instant
from qorgan.centre.gateway.recordings import ZONE
from qorgan.protocols.link import commands
from qorgan.protocols.link.grants import Action

NOW = datetime.now(UTC).replace(microsecond=0)
START = NOW - timedelta(minutes=5)
PLAYLIST, FILE = "hls/index.m3u8", "download.mp4"


def asked(seconds: float = 60, **more: str) -> dict[str, str]:
    return {"start": instant(START), "end": instant(START + timedelta(seconds=seconds)), "purpose": "duty", **more}


async def get(
    stand: Stand, what: str, session: str | None = "officer", camera: object = HALL, **query: str
) -> httpx.Response:
    async with stand.http(session) as http:
        return await http.get(f"/api/cameras/{camera}/{what}", params=query)


def addresses(playlist: str) -> list[str]:
    return [line for line in playlist.splitlines() if line and not line.startswith("#")]


async def test_a_playlist_and_its_pieces_are_one_line_in_the_ledger(stand: Stand) -> None:
    stand.school.contents = stand.school.listed()
    answer = await get(stand, PLAYLIST, **asked())

    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    assert answer.headers["cache-control"] == "private, no-store"
    lines = answer.text.splitlines()
    assert (lines[0], lines[-1]) == ("#EXTM3U", "#EXT-X-ENDLIST")
    assert "#EXT-X-TARGETDURATION:1" in lines and "#EXT-X-DISCONTINUITY" not in lines
    assert "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T00:00:00.000Z" in lines
    pieces = addresses(answer.text)
    folder = pieces[0].split("/")[0]
    assert pieces == [f"{folder}/0.m4s", f"{folder}/1.m4s"]

    init = await get(stand, f"hls/{folder}/init-0.mp4")
    bodies = [await get(stand, f"hls/{piece}") for piece in pieces]
    assert [body.status_code for body in bodies] == [200, 200]
    assert [int(body.headers["content-length"]) for body in bodies] == [
        piece.size for piece in stand.school.contents.pieces
    ]
    assert decoded_frames(init.content + b"".join(body.content for body in bodies)) == 50
    assert [order.pieces[0] for order in stand.school.orders] == [
        commands.PieceOrder(1, 0, 25, 0),
        commands.PieceOrder(1, 25, 25, 90_000),
    ]
    assert len(stand.rooms.watches) == 1
    view = next(iter(stand.rooms.watches.values()))
    assert (view.action, view.start, view.end) == (Action.ARCHIVE, START, START + timedelta(seconds=60))


async def test_a_gap_or_new_parameters_are_said_in_the_playlist(stand: Stand) -> None:
    stand.school.contents = stand.school.listed(gap_s=30)
    text = (await get(stand, PLAYLIST, **asked())).text
    assert text.count("#EXT-X-DISCONTINUITY\n") == 1 and text.count("#EXT-X-MAP") == 1
    assert "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T00:00:31.000Z" in text

    contents = stand.school.listed(parts=2)
    stand.school.contents = commands.Contents(
        parts=contents.parts, pieces=(contents.pieces[0], msgspec.structs.replace(contents.pieces[1], follows=False))
    )
    text = (await get(stand, PLAYLIST, **asked())).text
    assert text.index("init-0.mp4") < text.index("#EXT-X-DISCONTINUITY\n") < text.index("init-1.mp4")


async def test_a_playlist_has_sound_for_whoever_may_listen_and_a_second_line_in_the_ledger(stand: Stand) -> None:
    stand.school.contents = stand.school.listed()
    playlist = (await get(stand, PLAYLIST, **asked(audio="true"))).text
    assert (await get(stand, f"hls/{addresses(playlist)[0]}")).status_code == 200
    assert [Action.ARCHIVE, Action.LISTEN] == [view.action for view in stand.rooms.watches.values()]
    listen = f"officer:{list(stand.rooms.watches)[1]}".encode()
    assert [listen] == [ask.listen for ask in stand.school.asked_contents]
    assert [listen] == [order.listen for order in stand.school.orders]
    for hear in stand.rooms.sign_out_listeners:
        hear("officer")
    await until(lambda: stand.rooms.watching == [], "both lines have their end")

    assert (await get(stand, PLAYLIST, **asked())).status_code == 200
    assert stand.school.asked_contents[-1].listen == b"", "nobody hears what they did not ask for"
    assert (await get(stand, PLAYLIST, session="head", **asked(audio="true"))).status_code == 403
    assert stand.rooms.watching == ["officer"], "a refused playlist leaves nothing open"


@pytest.mark.parametrize("code", ["alaw", "ulaw"])
async def test_sound_that_players_of_playlists_do_not_play_is_refused_by_name(stand: Stand, code: str) -> None:
    contents = stand.school.listed()
    spoken = msgspec.structs.replace(contents.parts[0], mime=f'video/mp4; codecs="avc1.640028, {code}"')
    stand.school.contents = msgspec.structs.replace(contents, parts=(spoken,))
    answer = await get(stand, PLAYLIST, **asked(audio="true"))
    assert (409, "playlist.sound") == (answer.status_code, answer.json()["code"])
    assert stand.rooms.watching == []


async def test_a_playlist_is_for_the_session_that_asked_for_it(stand: Stand) -> None:
    stand.school.contents = stand.school.listed()
    piece = addresses((await get(stand, PLAYLIST, **asked())).text)[0]

    assert (await get(stand, f"hls/{piece}", session="head")).status_code == 404
    assert (await get(stand, f"hls/{piece}", session=None)).status_code == 401
    assert (await get(stand, f"hls/{piece}", camera=YARD)).status_code == 404
    stand.rooms.sessions["officer"] = replace(stand.rooms.sessions["officer"], visibility="another district")
    assert (await get(stand, f"hls/{piece}")).status_code == 404, "rights changed, so ask again"
    assert stand.school.orders == []


async def test_hostile_names_of_pieces_are_not_found(stand: Stand) -> None:
    stand.school.contents = stand.school.listed()
    folder = addresses((await get(stand, PLAYLIST, **asked())).text)[0].split("/")[0]
    for name in ("2.m4s", "99999.m4s", "-1.m4s", "1.mp4", "init-1.mp4", "init-.mp4", "٣.m4s", "0.m4s%0a"):
        assert (await get(stand, f"hls/{folder}/{name}")).status_code == 404, name
    assert (await get(stand, "hls/unknown/0.m4s")).status_code == 404
    assert stand.school.orders == []


async def test_a_session_that_signs_out_ends_its_viewings(stand: Stand) -> None:
    stand.school.contents = stand.school.listed()
    await get(stand, PLAYLIST, **asked())
    assert stand.rooms.watching == ["officer"]
    for hear in stand.rooms.sign_out_listeners:
        hear("officer")
    await until(lambda: stand.rooms.watching == [], "the watch has ended")


async def test_viewings_of_one_session_are_bounded(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewings, "OF_ONE_SESSION", 2)
    stand.school.contents = stand.school.listed()
    first, *_, last = [addresses((await get(stand, PLAYLIST, **asked())).text)[0] for _ in range(4)]
    assert len(stand.rooms.watching) == 2
    assert (await get(stand, f"hls/{first}")).status_code == 404
    assert (await get(stand, f"hls/{last}")).status_code == 200


async def test_a_file_to_take_away_has_a_name_a_size_and_every_frame(stand: Stand) -> None:
    stand.school.contents = stand.school.listed()
    answer = await get(stand, FILE, **asked())

    assert answer.status_code == 200, answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)
    start = START.astimezone(ZONE)
    end = start + timedelta(seconds=60)
    until_ = f"{end:%H-%M-%S}" if end.date() == start.date() else f"{end:%Y-%m-%d_%H-%M-%S}"
    name = f"kst-012_hall_main_{start:%Y-%m-%d_%H-%M-%S}_{until_}.mp4"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert [kind for kind, _ in boxes(answer.content)][:3] == ["ftyp", "moov", "sidx"]
    assert decoded_frames(answer.content) == 50
    assert stand.school.orders[0].pieces == (commands.PieceOrder(1, 0, 50, 0),)
    assert [view.action for view in stand.rooms.watches.values()] == [Action.EXPORT]
    await until(lambda: stand.rooms.watching == [], "the export has ended in the ledger")


async def test_one_file_never_holds_two_kinds_of_picture(stand: Stand) -> None:
    stand.school.contents = stand.school.listed(parts=2)
    answer = await get(stand, FILE, **asked())
    assert (answer.status_code, answer.json()["code"]) == (409, "download.parameters_change")
    assert "2026-11-22T00:00:01.000Z" in answer.json()["detail"]
    assert stand.rooms.watching == []


async def test_a_file_that_lacks_a_byte_is_a_broken_download(stand: Stand) -> None:
    stand.school.contents = stand.school.listed()
    stand.school.piece_lacks = 1
    with pytest.raises(httpx.RemoteProtocolError):
        await get(stand, FILE, **asked())
    await until(lambda: stand.rooms.watching == [], "the export has ended in the ledger")


@pytest.mark.parametrize("what", [PLAYLIST, FILE])
async def test_nothing_recorded_leaves_no_watch_open(stand: Stand, what: str) -> None:
    answer = await get(stand, what, **asked())
    assert (answer.status_code, answer.json()["code"]) == (404, "not_recorded")
    assert stand.rooms.watching == []


@pytest.mark.parametrize(
    "piece",
    [
        commands.Piece(1, 0, 1, 0, 0, 100, 0, True),
        commands.Piece(1, 0, 1, 0, 90_000, 100, 1, True),
        commands.Piece(1, 0, 1, 0, 90_000, -1, 0, True),
        commands.Piece(1, 0, 1, 2**60, 90_000, 100, 0, True),
        commands.Piece(1, 0, 1, 0, 2**50, 100, 0, True),
    ],
)
async def test_a_plan_that_no_recorder_makes_is_not_believed(stand: Stand, piece: commands.Piece) -> None:
    stand.school.contents = commands.Contents(parts=stand.school.listed().parts, pieces=(piece,))
    for what in (PLAYLIST, FILE):
        answer = await get(stand, what, **asked())
        assert (answer.status_code, answer.json()["code"]) == (503, "range.broken")
    assert stand.rooms.watching == []


@pytest.mark.parametrize(("what", "longest_s"), [(PLAYLIST, 6 * 3600), (FILE, 3600)])
async def test_what_may_be_asked_is_bounded(stand: Stand, what: str, longest_s: int) -> None:
    early = NOW - timedelta(days=2)
    too_long = {"start": instant(early), "end": instant(early + timedelta(seconds=longest_s + 1))}
    for query in (too_long, {}, asked(stream="third"), asked(purpose="x" * 101), asked(-5)):
        assert (await get(stand, what, **query)).status_code == 422, query
    assert stand.rooms.watches == {} and stand.school.asked_contents == []


async def test_who_may_not_watch_gets_neither_playlist_nor_file_nor_picture(stand: Stand) -> None:
    stand.school.contents = stand.school.listed()
    for what, query in ((PLAYLIST, asked()), (FILE, asked()), ("thumbnail", {"at": instant(START)})):
        assert (await get(stand, what, session=None, **query)).status_code == 401
        assert (await get(stand, what, session="ministry", **query)).status_code == 403
    assert stand.school.asked_contents == [] and stand.school.ranges == []


async def test_pictures_of_moments_of_one_day_are_one_line_in_the_ledger(stand: Stand) -> None:
    at = NOW - timedelta(days=3)
    for minutes in range(3):
        answer = await get(stand, "thumbnail", at=instant(at + timedelta(seconds=minutes)), purpose="duty")
        assert answer.status_code == 200
    assert len(stand.rooms.watches) == 1
    view = next(iter(stand.rooms.watches.values()))
    assert view.start is not None and view.end is not None
    assert view.start <= at < view.end and view.end - view.start == timedelta(days=1)
    assert [(order.keys_only, order.start) for order in stand.school.ranges][:1] == [(True, at)]
    await get(stand, "thumbnail", at=instant(at - timedelta(days=1)))
    assert len(stand.rooms.watches) == 2

    for wrong in ({}, {"at": "noon"}, {"at": instant(NOW + timedelta(hours=1))}, {"at": instant(at), "stream": "x"}):
        assert (await get(stand, "thumbnail", **wrong)).status_code == 422


async def test_keyframes_alone_may_be_asked_for_a_longer_time(stand: Stand) -> None:
    early = NOW - timedelta(hours=2)
    query = {"start": instant(early), "end": instant(early + timedelta(minutes=10)), "purpose": "duty"}
    assert (await get(stand, "range", **query)).status_code == 422
    assert (await get(stand, "range", keys_only="perhaps", **query)).status_code == 422
    assert (await get(stand, "range", keys_only="true", **query)).status_code == 200
    assert stand.school.ranges[-1].keys_only
