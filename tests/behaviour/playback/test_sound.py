"""What a camera hears reaches whoever may listen, as browsers play it; nobody else, and never with the pictures."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import pytest
from tests.behaviour.playback.conftest import SESSION, Playback, Rooms, _gateway, run
from tests.support.fake_gatekeeper import HALL, YARD
from tests.support.nats import NatsServer
from tests.support.recorder_node import SITE, WITHIN_S, recorder_node, until
from tests.support.sim_cameras import a_camera
from websockets.asyncio.client import ClientConnection, connect

from qorgan.centre.gateway.instants import instant
from qorgan.kernel.clock import from_us
from qorgan.protocols.fmp4.reader import parse_fragment
from qorgan.protocols.link.grants import Action
from qorgan.protocols.link.media import MediaKind, split_init, unpack
from qorgan.sim.codecs import AudioCodec
from qorgan.sim.faults import Fault
from qorgan.sim.server import RtspSimulator

CAMERAS = {"hall": (HALL, AudioCodec.PCMA), "yard": (YARD, AudioCodec.AAC)}


@pytest.fixture
async def school(carrier: NatsServer, tmp_path: Path, clip_cache: Path) -> AsyncIterator[Playback]:
    """Two cameras that are heard: one speaks G.711, the other AAC."""
    async with AsyncExitStack() as stack:
        cameras = [a_camera(key, audio=codec) for key, (_, codec) in CAMERAS.items()]
        sim = await stack.enter_async_context(RtspSimulator(cameras, cache=clip_cache))
        (tmp_path / "node").mkdir()
        told = [{"key": key, "main": sim.url(SITE, key), "audio": True} for key in CAMERAS]
        node = stack.enter_context(recorder_node(tmp_path / "node", carrier, told))
        await until(lambda: "media_link.connected" in node.log, "the recorder is linked")
        rooms = Rooms(node.key)
        url = await stack.enter_async_context(_gateway(carrier, rooms, tmp_path))
        yield Playback(sim, node, rooms, url)


def decoded(data: bytes) -> float:
    """Seconds of sound that a player makes of it."""
    with av.open(io.BytesIO(data)) as container:
        assert not container.streams.video
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


async def listened(socket: ClientConnection, tile: int, seconds: float) -> bytes:
    """The initialisation and so many seconds of the sound of a tile."""
    data, heard = b"", 0
    async with asyncio.timeout(WITHIN_S):
        while heard < seconds * 90_000:
            said = await socket.recv()
            if isinstance(said, str):
                assert "refused" != json.loads(said)["op"], said
                continue
            if int.from_bytes(said[:4], "big") != tile:
                continue
            message = unpack(said[4:])
            if message.kind is MediaKind.INIT:
                mime, data = split_init(message.payload)
                assert 'audio/mp4; codecs="mp4a.40.2"' == mime
            elif message.kind is MediaKind.KEY:
                run = parse_fragment(message.payload).audio
                assert run is not None
                data, heard = data + message.payload, heard + sum(run.durations)
    return data


async def test_live_sound_comes_beside_the_pictures_and_ends_in_the_ledger(school: Playback) -> None:
    await school.recorded("hall", 25)
    await school.recorded("yard", 25)
    async with connect(
        school.url.replace("http", "ws") + "/ws/video", additional_headers={"Cookie": f"sessionid={SESSION}"}
    ) as socket:
        for tile, (camera, _) in enumerate(CAMERAS.values(), start=1):
            wish = {"op": "open", "tile": tile, "camera": str(camera), "stream": "main", "purpose": "duty"}
            await socket.send(json.dumps(wish))
            await socket.send(json.dumps({**wish, "tile": 10 + tile, "audio": True}))
            data = await listened(socket, 10 + tile, 2.0)
            assert decoded(data) > 1.5
            watches = [watch for watch, view in school.rooms.watches.items() if view.action is Action.LISTEN]
            assert tile == len(watches), "one line for the sound, beside that of the pictures"
            await socket.send(json.dumps({"op": "close", "tile": 10 + tile}))
            await until(lambda watches=watches: set(watches) <= set(school.rooms.ended), "the end in the ledger")

        for tile in (21, 22):  # nobody listens to two rooms at once
            await socket.send(json.dumps({**wish, "tile": tile, "audio": True}))
        async with asyncio.timeout(WITHIN_S):
            while True:
                said = await socket.recv()
                if isinstance(said, str) and json.loads(said)["op"] == "refused":
                    break
        assert ("too_many_viewers", 22) == (json.loads(said)["code"], json.loads(said)["tile"])


async def test_recorded_sound_is_a_range_of_its_own_and_a_file_has_it_on_request(
    school: Playback, tmp_path: Path
) -> None:
    await school.recorded("hall", 100)
    await school.recorded("yard", 100)
    for key, (camera, codec) in CAMERAS.items():
        begun = min(row.wall_start_us for row in school.node.rows() if row.camera == key)
        asked = {
            "start": instant(from_us(begun)),
            "end": instant(min(from_us(begun) + timedelta(seconds=3), datetime.now(UTC))),
            "purpose": "duty",
        }
        async with school.http() as http:
            sound = await http.get(f"/api/cameras/{camera}/range", params={**asked, "audio": "true"})
            seen = await http.get(f"/api/cameras/{camera}/range", params=asked)
            silent = await http.get(f"/api/cameras/{camera}/download.mp4", params=asked)
            spoken = await http.get(f"/api/cameras/{camera}/download.mp4", params={**asked, "audio": "true"})
        assert (200, 'audio/mp4; codecs="mp4a.40.2"') == (sound.status_code, sound.headers["x-qorgan-mime"])
        assert 2.0 < decoded(sound.content) < 3.5
        assert "mp4a" not in seen.headers["x-qorgan-mime"] and "alaw" not in seen.headers["x-qorgan-mime"]
        for file, name in ((silent, None), (spoken, {"pcma": "pcm_alaw", "aac": "aac"}[codec])):
            with av.open(io.BytesIO(file.content)) as container:
                assert name == next((stream.codec_context.name for stream in container.streams.audio), None)
    actions = [view.action for view in school.rooms.watches.values()]
    assert (4, 2, 4) == tuple(actions.count(action) for action in (Action.LISTEN, Action.ARCHIVE, Action.EXPORT))
    await until(lambda: len(school.rooms.ended) == len(actions), "every line has its end")


async def test_a_playlist_with_sound_plays_in_ffmpeg_without_a_word(school: Playback, tmp_path: Path) -> None:
    """Also across the gap where a camera hung up: on the playlist's one timeline neither pictures nor sound go back."""
    await school.recorded("yard", 100)
    await school.sim.set_fault(SITE, "yard", Fault.DROP)
    await school.recorded("yard", school.node.frames("yard") + 150)
    urls = {}
    for key, (camera, _) in CAMERAS.items():
        begun = min(row.wall_start_us for row in school.node.rows() if row.camera == key)
        asked = {
            "start": instant(from_us(begun)),
            "end": instant(datetime.now(UTC)),
            "purpose": "duty",
            "audio": "true",
        }
        async with school.http() as http:
            answer = await http.get(f"/api/cameras/{camera}/hls/index.m3u8", params=asked)
        urls[key] = answer
    assert (409, "playlist.sound") == (urls["hall"].status_code, urls["hall"].json()["code"])
    assert 1 == urls["yard"].text.count("#EXT-X-DISCONTINUITY\n")

    from_yard = ("-headers", f"Cookie: sessionid={SESSION}\r\n", "-i", str(urls["yard"].request.url))
    shown = ("-of", "json", "-show_entries", "stream=codec_name,codec_type")
    probed, complaints = await run("ffprobe", "-v", "warning", *from_yard, *shown)
    assert "" == complaints
    assert {"h264", "aac"} == {stream["codec_name"] for stream in json.loads(probed)["streams"]}
    _, complaints = await run("ffmpeg", "-v", "warning", *from_yard, "-f", "null", "-")
    assert "" == complaints
    copy = tmp_path / "copy.mp4"
    _, complaints = await run("ffmpeg", "-v", "warning", *from_yard, "-c", "copy", str(copy))
    assert "" == complaints
    with av.open(str(copy)) as container:
        heard = sum(1 for packet in container.demux(audio=0) if packet.size) * 1024 / 16_000
    with av.open(str(copy)) as container:
        seen = sum(1 for packet in container.demux(video=0) if packet.size) / 25
    assert seen > 5 and abs(heard - seen) < 0.5, "as long to be heard as to be seen"


async def test_who_has_no_right_to_listen_hears_nothing_and_gets_no_file_with_sound(school: Playback) -> None:
    await school.recorded("hall", 50)
    now = datetime.now(UTC)
    asked = {"start": instant(now - timedelta(seconds=5)), "end": instant(now), "purpose": "duty", "audio": "true"}
    async with school.http() as http:
        http.cookies.set("sessionid", "head")
        for place in ("range", "download.mp4", "hls/index.m3u8"):
            answer = await http.get(f"/api/cameras/{HALL}/{place}", params=asked)
            assert 403 == answer.status_code
    assert set(school.rooms.watches) == set(school.rooms.ended), "the export that was not made is closed again"
