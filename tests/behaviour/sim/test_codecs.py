"""H.265, and B-frames: what a simulated camera sends beside the H.264 that most of them speak."""

import asyncio
import base64
from pathlib import Path

import av
import pytest
from tests.support.rtsp_viewer import Picture, Viewer, decode, open_viewer
from tests.support.sim_cameras import SITE, SMALL_MAIN, a_camera, until

from qorgan.domain.cameras import StreamName
from qorgan.kernel.errors import Invalid
from qorgan.sim.codecs import VideoCodec
from qorgan.sim.faults import Fault
from qorgan.sim.server import RtspSimulator

CLIP_FRAMES = 2 * SMALL_MAIN.gop_frames
STEP = 3600


def others() -> list[tuple[VideoCodec, int]]:
    return [(VideoCodec.H265, 0), (VideoCodec.H265, 3), (VideoCodec.H264, 2)]


async def watch(viewer: Viewer, codec: VideoCodec, count: int) -> list[Picture]:
    viewer.h265 = codec is VideoCodec.H265
    await viewer.play()
    return await viewer.pictures(count)


@pytest.mark.parametrize(("codec", "b_frames"), others())
async def test_a_looped_clip_decodes_as_one_clean_stream(codec: VideoCodec, b_frames: int, clip_cache: Path) -> None:
    """Every picture has its number, also where the clip begins again, and a strict decoder finds nothing amiss."""
    async with (
        RtspSimulator([a_camera(codec=codec, b_frames=b_frames)], cache=clip_cache) as sim,
        open_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        pictures = await watch(viewer, codec, 4 * CLIP_FRAMES + 5)

    assert [picture.number for picture in pictures] == list(range(len(pictures)))
    assert [p.is_key for p in pictures[:25]] == [n % SMALL_MAIN.gop_frames == 0 for n in range(25)]
    assert len(decode(pictures)) == len(pictures)


@pytest.mark.parametrize(("codec", "b_frames"), others())
async def test_rtp_time_is_when_a_picture_is_shown_and_never_later_than_it_is_sent(
    codec: VideoCodec, b_frames: int, clip_cache: Path
) -> None:
    """With B-frames pictures travel out of order; put in order, each comes one step after the one before it."""
    async with (
        RtspSimulator([a_camera(codec=codec, b_frames=b_frames)], cache=clip_cache) as sim,
        open_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        pictures = await watch(viewer, codec, 2 * CLIP_FRAMES)
        stream = sim.stream(SITE, "hall", StreamName.MAIN)
        assert stream is not None

    shown = [(p.timestamp - pictures[0].timestamp + 2**31) % 2**32 - 2**31 for p in pictures]
    assert sorted(shown) == [n * STEP for n in range(2 * CLIP_FRAMES)]
    assert (shown != sorted(shown)) == (b_frames > 0)
    assert all(frame.shift <= 0 for frame in stream.clip.frames)


async def test_the_description_names_h265_and_carries_its_three_parameter_sets(clip_cache: Path) -> None:
    async with (
        RtspSimulator([a_camera(codec=VideoCodec.H265)], cache=clip_cache) as sim,
        open_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        body = (await viewer.ask("DESCRIBE")).body
        (first,) = await watch(viewer, VideoCodec.H265, 1)

    assert "a=rtpmap:96 H265/90000" in body
    sets = [body.split(f"sprop-{name}=")[1].split(";")[0].split()[0] for name in ("vps", "sps", "pps")]
    assert [base64.b64decode(text) for text in sets] == list(first.nals[:3])
    assert first.kinds[:4] == [32, 33, 34, 39]


async def test_faults_of_the_picture_work_with_h265(clip_cache: Path) -> None:
    async with (
        RtspSimulator([a_camera(codec=VideoCodec.H265, sub=None)], cache=clip_cache) as sim,
        open_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        viewer.h265 = True
        await viewer.play()
        await viewer.picture()
        await sim.set_fault(SITE, "hall", Fault.BLACK)
        stream = sim.stream(SITE, "hall", StreamName.MAIN)
        assert stream is not None
        while stream.shown is not Fault.BLACK:
            await viewer.picture()
        while not (first := await viewer.picture()).is_key or first.number < stream.shown_from:
            pass
    (luma,) = decode([first])
    assert luma[64:].max() <= 20, "below the label all is black"


@pytest.mark.parametrize(("codec", "b_frames"), others())
async def test_ffmpegs_own_client_plays_them_without_complaint(
    codec: VideoCodec, b_frames: int, clip_cache: Path
) -> None:
    def watch_with_ffmpeg(url: str) -> tuple[list[str], int]:
        with av.logging.Capture() as said, av.open(url, options={"rtsp_transport": "tcp"}, timeout=20) as camera:
            frames = [frame for frame, _ in zip(camera.decode(video=0), range(60), strict=False)]
        return [text for level, _, text in said if level <= av.logging.ERROR], len(frames)

    async with RtspSimulator([a_camera(codec=codec, b_frames=b_frames)], cache=clip_cache) as sim:
        complaints, frames = await asyncio.to_thread(watch_with_ffmpeg, sim.url(SITE, "hall"))
    assert frames == 60
    assert complaints == []


async def test_cameras_of_every_codec_share_one_simulator(clip_cache: Path) -> None:
    cameras = [a_camera("old"), a_camera("new", codec=VideoCodec.H265), a_camera("odd", b_frames=2)]
    async with RtspSimulator(cameras, cache=clip_cache) as sim:
        async with open_viewer(sim.url(SITE, "old")) as old, open_viewer(sim.url(SITE, "new")) as new:
            await watch(old, VideoCodec.H264, 3)
            await watch(new, VideoCodec.H265, 3)
        async with open_viewer(sim.url(SITE, "odd")) as odd:
            await watch(odd, VideoCodec.H264, 3)
        await until(lambda: all(sim.sent(SITE, camera.key)["main"].frames >= 3 for camera in cameras))


def test_a_camera_with_too_many_b_frames_is_refused() -> None:
    with pytest.raises(Invalid, match="B-frames"):
        a_camera(b_frames=9)
