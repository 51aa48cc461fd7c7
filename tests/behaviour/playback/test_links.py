"""A player that knows nothing of us plays what a link opens and nothing else; one that is taken back opens nothing."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from tests.behaviour.playback.conftest import Playback, run
from tests.support.fake_gatekeeper import HALL

from qorgan.centre.gateway.links import OF_ONE_LINK, PLAYLISTS_PER_MINUTE
from qorgan.centre.gateway.ports import View
from qorgan.domain.cameras import StreamName
from qorgan.kernel.clock import from_us
from qorgan.protocols.link.grants import Action

pytestmark = pytest.mark.ffmpeg


async def linked(playback: Playback, token: str = "signed") -> str:
    """A link to what the hall's camera has recorded so far."""
    await playback.recorded("hall", 250)
    begun = min(row.wall_start_us for row in playback.node.rows() if row.camera == "hall" and row.stream == "main")
    playback.rooms.links[token] = View(
        camera=HALL,
        stream=StreamName.MAIN,
        purpose="duty",
        action=Action.ARCHIVE,
        start=from_us(begun) - timedelta(seconds=1),
        end=datetime.now(UTC),
    )
    return f"{playback.url}/api/hls/{token}/index.m3u8"


async def test_ffprobe_and_ffmpeg_play_what_a_link_opens_without_signing_in(playback: Playback) -> None:
    url = await linked(playback)
    count = ("-count_packets", "-show_entries", "stream=codec_name,nb_read_packets", "-of", "csv=p=0")
    probed, complaints = await run("ffprobe", "-v", "warning", *count, url)
    codec, packets = probed.split()[0].split(",")
    assert ("h264", "") == (codec, complaints)
    assert int(packets) >= 25

    _, complaints = await run("ffmpeg", "-v", "warning", "-i", url, "-t", "1", "-f", "null", "-")
    assert "" == complaints
    watches = [view for view in playback.rooms.watches.values() if view.camera == HALL]
    assert 2 == len(watches), "a line for each playlist, none for its pieces"


async def test_a_link_that_is_taken_back_stops_at_the_next_piece_and_a_forged_one_opens_nothing(
    playback: Playback,
) -> None:
    url = await linked(playback)
    async with httpx.AsyncClient(timeout=60) as stranger:
        playlist = (await stranger.get(url)).text
        piece = httpx.URL(url).join(next(line for line in playlist.splitlines() if line.endswith(".m4s")))
        assert 200 == (await stranger.get(piece)).status_code
        other = await linked(playback, "another-one")
        assert 404 == (await stranger.get(str(piece).replace("signed", "another-one"))).status_code

        playback.rooms.links.clear()
        for gone in (url, other, piece, url.replace("signed", "forged"), url.replace("signed", "x" * 300)):
            answer = await stranger.get(gone)
            assert (404, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
        for place in ("range", "download.mp4", "timeline"):
            assert 401 == (await stranger.get(f"{playback.url}/api/cameras/{HALL}/{place}")).status_code


async def test_a_link_that_goes_round_is_slowed_down_and_has_few_players_at_once(playback: Playback) -> None:
    url = await linked(playback)
    async with httpx.AsyncClient(timeout=60) as stranger:
        answers = [await stranger.get(url) for _ in range(int(PLAYLISTS_PER_MINUTE) + 2)]
        assert [200, 429] == [answers[0].status_code, answers[-1].status_code]
        assert "too_often" == answers[-1].json()["code"]
    opened = [id for id, view in playback.rooms.watches.items() if view.camera == HALL]
    async with asyncio.timeout(60):
        while len(set(opened) - set(playback.rooms.ended)) > OF_ONE_LINK:  # noqa: ASYNC110 - counters have no event
            await asyncio.sleep(0.02)
