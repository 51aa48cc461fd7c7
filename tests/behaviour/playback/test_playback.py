"""What a camera sent is what comes out of the archive: by playlist, as a file, as keyframes, as one picture."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import pytest
from tests.behaviour.playback.conftest import SESSION, Playback, run
from tests.support.fake_gatekeeper import HALL
from tests.support.rtsp_viewer import Picture, open_viewer
from tests.support.sim_cameras import SMALL_MAIN, SMALL_SUB

from qorgan.centre.gateway.instants import instant
from qorgan.kernel.clock import from_us
from qorgan.sim.faults import Fault

pytestmark = pytest.mark.ffmpeg
PARAMETERS = (7, 8, 9)  # SPS and PPS stand in avcC, access unit delimiters nowhere


def asked(start: datetime, end: datetime, **more: str) -> dict[str, str]:
    return {"start": instant(start), "end": instant(end), "purpose": "duty", **more}


async def whole(playback: Playback) -> dict[str, str]:
    """Everything so far, as a question."""
    begun = min(row.wall_start_us for row in playback.node.rows() if row.camera == "hall" and row.stream == "main")
    return asked(from_us(begun) - timedelta(seconds=1), datetime.now(UTC))


def access_units(file: bytes | Path) -> list[list[bytes]]:
    """The NAL units of each picture in a file, as a demuxer that is not ours finds them."""
    source = io.BytesIO(file) if isinstance(file, bytes) else str(file)
    with av.open(source) as container:
        return [_nals(bytes(packet)) for packet in container.demux(video=0) if packet.size]


def _nals(data: bytes) -> list[bytes]:
    at, found = 0, []
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        found.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def number_of(nals: list[bytes]) -> int:
    return Picture(tuple(nals), 0, 0, 0).number


def unbroken(numbers: list[int]) -> bool:
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_a_download_holds_every_picture_once_byte_for_byte(playback: Playback, tmp_path: Path) -> None:
    """A second viewer, which shares no code with the recorder, saw the same bytes."""
    async with open_viewer(playback.sim.url("kst-012", "hall")) as witness:
        await witness.play()
        seen = {picture.number: picture for picture in await witness.pictures(220)}
    await playback.recorded("hall", 250)
    async with playback.http() as http:
        answer = await http.get(f"/api/cameras/{HALL}/download.mp4", params=await whole(playback))
    assert answer.status_code == 200, answer.text

    units = access_units(answer.content)
    numbers = [number_of(nals) for nals in units]
    assert unbroken(numbers)
    both = [nals for nals in units if number_of(nals) in seen]
    assert len(both) > 150
    for nals in both:
        sent = seen[number_of(nals)]
        assert nals == [nal for nal in sent.nals if nal[0] & 0x1F not in PARAMETERS]

    file = tmp_path / "download.mp4"
    file.write_bytes(answer.content)
    _, complaints = await run("ffmpeg", "-v", "warning", "-i", str(file), "-f", "null", "-")
    assert complaints == ""
    out, complaints = await run("ffprobe", "-v", "warning", "-of", "json", "-show_format", str(file))
    assert complaints == ""
    duration = float(json.loads(out)["format"]["duration"])
    assert duration == pytest.approx(len(units) / SMALL_MAIN.frames_per_s, abs=0.1)


async def test_a_file_can_be_opened_in_its_middle(playback: Playback, tmp_path: Path) -> None:
    """The index in front tells a player where the tenth second is."""
    await playback.recorded("hall", 400)
    async with playback.http() as http:
        answer = await http.get(f"/api/cameras/{HALL}/download.mp4", params=await whole(playback))
    with av.open(io.BytesIO(answer.content)) as container:
        container.seek(8_000_000)
        packet = next(container.demux(video=0))
        assert packet.is_keyframe and packet.time_base is not None and packet.pts is not None
        assert 3.0 <= float(packet.pts * packet.time_base) <= 8.0


async def test_a_playlist_plays_in_ffmpeg_without_a_word(playback: Playback, tmp_path: Path) -> None:
    await playback.recorded("hall", 300)
    async with playback.http() as http:
        query = await whole(playback)
        url = str(http.build_request("GET", f"/api/cameras/{HALL}/hls/index.m3u8", params=query).url)
    cookie = f"Cookie: sessionid={SESSION}\r\n"
    copy = tmp_path / "copy.mp4"
    _, complaints = await run("ffmpeg", "-v", "warning", "-headers", cookie, "-i", url, "-c", "copy", str(copy))

    assert complaints == ""
    numbers = [number_of(nals) for nals in access_units(copy)]
    assert len(numbers) >= 150 and unbroken(numbers)
    assert len(playback.rooms.watches) == 1, "one watch for the playlist and all its pieces"


async def test_a_camera_that_hung_up_leaves_a_discontinuity_that_players_cross(
    playback: Playback, tmp_path: Path
) -> None:
    await playback.recorded("hall", 100)
    await playback.sim.set_fault("kst-012", "hall", Fault.DROP)
    await playback.recorded("hall", playback.node.frames("hall") + 250)
    async with playback.http() as http:
        query = await whole(playback)
        playlist = await http.get(f"/api/cameras/{HALL}/hls/index.m3u8", params=query)
        url = str(playlist.request.url)
        file = await http.get(f"/api/cameras/{HALL}/download.mp4", params=query)
    assert playlist.text.count("#EXT-X-DISCONTINUITY\n") == 1
    cookie = f"Cookie: sessionid={SESSION}\r\n"
    _, complaints = await run("ffmpeg", "-v", "warning", "-headers", cookie, "-i", url, "-f", "null", "-")
    assert complaints == ""
    numbers = [number_of(nals) for nals in access_units(file.content)]
    assert len(numbers) > 200 and numbers == sorted(set(numbers))


async def test_keyframes_alone_are_the_keyframes_and_last_until_the_next(playback: Playback) -> None:
    await playback.recorded("hall", 250)
    async with playback.http() as http:
        query = (await whole(playback)) | {"keys_only": "true"}
        keys = await http.get(f"/api/cameras/{HALL}/range", params=query)
        full = await http.get(f"/api/cameras/{HALL}/range", params=await whole(playback))
    numbers = [number_of(nals) for nals in access_units(keys.content)]
    every = [number_of(nals) for nals in access_units(full.content)]
    step = SMALL_MAIN.gop_frames
    assert numbers[:15] == every[: 15 * step : step]
    with av.open(io.BytesIO(keys.content)) as container:
        times = [float(frame.time) for frame in container.decode(video=0)]
    assert all(
        later - earlier == pytest.approx(SMALL_MAIN.gop_s, abs=0.01)
        for earlier, later in zip(times[1:13], times[2:14], strict=True)
    )
    assert len(keys.content) < len(full.content)


async def test_the_picture_of_a_moment_is_the_keyframe_that_stands_there(playback: Playback) -> None:
    await playback.recorded("hall", 250)
    rows = [row for row in playback.node.rows() if (row.camera, row.stream) == ("hall", "sub")]
    at = from_us(rows[0].wall_start_us) + timedelta(seconds=3.7)  # between two keyframes
    async with playback.http() as http:
        answer = await http.get(f"/api/cameras/{HALL}/thumbnail", params={"at": instant(at), "purpose": "duty"})
        before = {"at": instant(from_us(rows[0].wall_start_us) - timedelta(hours=1)), "purpose": "duty"}
        nothing = await http.get(f"/api/cameras/{HALL}/thumbnail", params=before)
    assert answer.status_code == 200, answer.text
    (unit,) = access_units(answer.content)
    assert number_of(unit) % SMALL_SUB.gop_frames == 0
    shown_at = Picture(tuple(unit), 0, 0, 0).wall_us
    assert 0 <= (at - from_us(shown_at)).total_seconds() + 0.3 <= SMALL_SUB.gop_s + 0.6
    assert (nothing.status_code, nothing.json()["code"]) == (404, "not_recorded")
