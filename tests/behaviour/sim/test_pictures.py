"""What a simulated camera shows: a scene, the clock, and a number by which every lost frame can be counted."""

import asyncio
import struct
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import av
import pytest
from tests.support.rtsp_viewer import decode, open_viewer
from tests.support.sim_cameras import SITE, SMALL_MAIN, a_camera, until

from qorgan.sim.clips import Profile
from qorgan.sim.overlay import read_line
from qorgan.sim.server import RtspSimulator


async def test_every_picture_shows_clock_name_and_number_over_the_loops_end(clip_cache: Path) -> None:
    """The line is made live and the scene is not: a decoder sees one clean stream, also where the clip starts again."""
    async with (
        RtspSimulator([a_camera("hall")], cache=clip_cache) as sim,
        open_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        await viewer.play()
        pictures = await viewer.pictures(110)

    shown = decode(pictures)
    clip_frames = SMALL_MAIN.gops * SMALL_MAIN.gop_frames
    assert len(pictures) > 2 * clip_frames, "the clip was looped"
    assert [picture.number for picture in pictures] == list(range(110))
    assert [picture.is_key for picture in pictures[:21]] == [n % SMALL_MAIN.gop_frames == 0 for n in range(21)]
    expected = [f"{_almaty(p.wall_us)} hal #{p.number:07d}" for p in pictures]
    assert [read_line(luma, 1) for luma in shown] == expected


def _almaty(wall_us: int) -> str:
    moment = datetime.fromtimestamp(wall_us // 1_000_000, UTC)
    return moment.astimezone(ZoneInfo("Asia/Almaty")).strftime("%Y-%m-%d %H:%M:%S")


async def test_large_letters_are_four_macroblocks_each(clip_cache: Path) -> None:
    large = Profile(width=640, height=352, frames_per_s=25.0, bits_per_s=600_000, gop_s=0.4, clip_s=0.8, letter=2)
    async with (
        RtspSimulator([a_camera(main=large, sub=None)], cache=clip_cache) as sim,
        open_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        await viewer.play()
        pictures = await viewer.pictures(45)

    lines = [read_line(luma, 2) for luma in decode(pictures)]
    assert lines == [f"{_almaty(p.wall_us)[11:]} #{p.number:07d}" for p in pictures]


async def test_two_cameras_with_one_scene_share_the_clip_and_differ_in_their_line(clip_cache: Path) -> None:
    cameras = [a_camera(f"n{n}") for n in range(20)]
    async with RtspSimulator(cameras, cache=clip_cache) as sim:
        streams = [sim.stream(SITE, camera.key, name) for camera in cameras for name in camera.profiles()]
        assert len({id(stream.clip) for stream in streams if stream}) == 2, "one for main, one for sub"
        lines = set()
        for key in ("n1", "n2"):
            async with open_viewer(sim.url(SITE, key)) as viewer:
                await viewer.play()
                lines.add(read_line(decode(await viewer.pictures(1))[0], 1)[20:])
    assert lines == {"n1 #0000000", "n2 #0000000"}


async def test_numbers_go_on_from_session_to_session(clip_cache: Path) -> None:
    """Who comes back knows how many frames it missed; `sent` counts each number once."""
    async with RtspSimulator([a_camera()], cache=clip_cache) as sim:
        async with open_viewer(sim.url(SITE, "hall")) as first:
            await first.play()
            seen = await first.pictures(13)
            assert (await first.ask("TEARDOWN")).status == 200
        before = sim.sent(SITE, "hall")["main"]
        async with open_viewer(sim.url(SITE, "hall")) as second:
            await second.play()
            again = await second.picture()

    assert before.first == 0 and before.last == before.frames - 1 >= seen[-1].number
    assert again.is_key and again.number == before.last + 1


async def test_two_viewers_see_the_same_pictures(clip_cache: Path) -> None:
    """A later viewer begins at the next key picture; a picture sent twice counts once."""
    async with RtspSimulator([a_camera()], cache=clip_cache) as sim:
        url = sim.url(SITE, "hall")
        async with open_viewer(url) as first, open_viewer(url) as second:
            await first.play()
            await first.pictures(3)
            await second.play(channel=4)
            late = await second.picture(channel=4)
            while (both := await first.picture()).number < late.number:
                pass
        sent = sim.sent(SITE, "hall")["main"]

    assert late.is_key and late.nals == both.nals
    assert sent.last is not None and sent.frames == sent.last + 1


async def test_rtp_time_and_sender_reports_tell_when_a_picture_was_taken(clip_cache: Path) -> None:
    async with (
        RtspSimulator([a_camera()], cache=clip_cache) as sim,
        open_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        answer = await viewer.play()
        pictures = [await viewer.picture()]
        while not viewer.reports:
            pictures.append(await viewer.picture())

    info = dict(part.split("=", 1) for part in answer.headers["rtp-info"].split(";"))
    assert (int(info["seq"]), int(info["rtptime"])) == (pictures[0].first_seq, pictures[0].timestamp)
    steps = {(b.timestamp - a.timestamp) % 2**32 for a, b in zip(pictures, pictures[1:], strict=False)}
    assert all(step and step % 3600 == 0 for step in steps)
    kind, ntp, rtp_time = struct.unpack(">xB6xQI", viewer.reports[0][:20])
    taken_us = ((ntp >> 32) - 2_208_988_800) * 1_000_000 + ((ntp & 0xFFFFFFFF) * 1_000_000 >> 32)
    apart_us = ((rtp_time - pictures[-1].timestamp + 2**31) % 2**32 - 2**31) * 100 / 9
    assert kind == 200
    assert taken_us - apart_us == pytest.approx(pictures[-1].wall_us, abs=1_000_000)
    assert abs(pictures[-1].wall_us - time.time_ns() // 1000) < 120_000_000, "the clock of today"


async def test_a_slow_viewer_loses_whole_pictures_and_no_memory(clip_cache: Path) -> None:
    """It gets no torn picture: what it missed ends at a key picture, and is counted."""
    fat = Profile(width=640, height=352, frames_per_s=50.0, bits_per_s=12_000_000, gop_s=0.2, clip_s=0.8)
    async with (
        RtspSimulator([a_camera(main=fat, sub=None)], cache=clip_cache) as sim,
        open_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        await viewer.play()
        await until(lambda: sim.sent(SITE, "hall")["main"].dropped >= 30)
        pictures = [await viewer.picture()]
        while len(pictures) < 2 or pictures[-1].number == pictures[-2].number + 1:
            pictures.append(await viewer.picture())

    gap = pictures[-1]
    assert gap.is_key and gap.number > pictures[-2].number + 1
    decode(pictures)


async def test_ffmpegs_own_rtsp_client_plays_it_without_complaint(clip_cache: Path) -> None:
    def watch(url: str) -> tuple[list[str], int]:
        with av.logging.Capture() as said, av.open(url, options={"rtsp_transport": "tcp"}, timeout=60) as camera:
            frames = [frame for frame, _ in zip(camera.decode(video=0), range(60), strict=False)]
        return [text for level, _, text in said if level <= av.logging.ERROR], len(frames)

    async with RtspSimulator([a_camera()], cache=clip_cache) as sim:
        complaints, frames = await asyncio.to_thread(watch, sim.url(SITE, "hall"))
    assert frames == 60
    assert complaints == []
