"""What is taken out of the archive is what the camera sent: every picture once, its NAL units byte for byte."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.nats import NatsServer
from tests.support.recorder_node import Camera, a_centre, recorder_node, until
from tests.support.rtsp_viewer import Picture, open_viewer
from tests.support.sim_cameras import SITE, a_camera

from qorgan.kernel.clock import from_us
from qorgan.protocols.fmp4.reader import nal_units
from qorgan.protocols.link.media import MediaKind, split_init
from qorgan.sim.codecs import AudioCodec, VideoCodec
from qorgan.sim.server import RtspSimulator

KINDS = {
    "H.264": {},
    "H.264 with B-frames": {"b_frames": 2},
    "H.264 with sound": {"audio": AudioCodec.AAC},
    "H.265": {"codec": VideoCodec.H265},
    "H.265 with B-frames": {"codec": VideoCodec.H265, "b_frames": 2},
}


def without_sets(picture: Picture) -> tuple[bytes, ...]:
    """Parameter sets stand in the file's head, once."""
    sets = (32, 33, 34) if picture.h265 else (7, 8)
    return tuple(nal for nal, kind in zip(picture.nals, picture.kinds, strict=True) if kind not in sets)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_range_holds_what_was_sent(tmp_path: Path, carrier: NatsServer, clip_cache: Path, kind: str) -> None:
    """A viewer of the tests' own stands beside the recorder and writes down what the camera sends to both."""
    async with RtspSimulator([a_camera(**KINDS[kind])], cache=clip_cache) as sim:
        url = sim.url(SITE, "hall")
        camera: Camera = {"key": "hall", "main": url} | ({"audio": True} if "audio" in KINDS[kind] else {})
        async with open_viewer(url) as viewer:
            viewer.h265 = "codec" in KINDS[kind]
            await viewer.ask("DESCRIBE")
            await viewer.play()
            sent: list[Picture] = []

            async def write_down() -> None:
                while True:
                    sent.append(await viewer.picture())

            beside = asyncio.create_task(write_down())
            with recorder_node(tmp_path, carrier, [camera]) as node:
                await until(lambda: node.frames("hall") > 100, "four seconds in the index")
                begun = from_us(node.rows()[0].wall_start_us)
                async with a_centre(carrier, node.key) as centre:
                    messages = await centre.recording("hall", "main", begun, begun + timedelta(seconds=3))
            beside.cancel()

    data = b"".join(
        split_init(message.payload)[1] if message.kind is MediaKind.INIT else message.payload
        for message in messages
        if message.kind is not MediaKind.END
    )
    units = list(nal_units(data))
    first = next(number for number, picture in enumerate(sent) if without_sets(picture)[0] == units[0])
    expected = [nal for picture in sent[first:] for nal in without_sets(picture)]
    assert len(units) > 70
    assert expected[: len(units)] == units
