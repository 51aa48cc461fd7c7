"""What simulated cameras let hear: AAC and G.711 beside the pictures, without a packet missing."""

import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from tests.support.rtsp_viewer import Viewer, decode, open_viewer
from tests.support.sim_cameras import SITE, a_camera

from qorgan.domain.cameras import StreamName
from qorgan.sim.codecs import AudioCodec
from qorgan.sim.faults import Fault
from qorgan.sim.server import RtspSimulator

SOUNDS = [(AudioCodec.AAC, 97, 16_000, 1024), (AudioCodec.PCMA, 8, 8_000, 160), (AudioCodec.PCMU, 0, 8_000, 160)]


async def play_both(viewer: Viewer) -> None:
    for track, channel in ((1, 0), (2, 2)):
        transport = f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"
        answer = await viewer.ask("SETUP", f"{viewer.url}/track{track}", Transport=transport)
        assert answer.status == 200, answer
    answer = await viewer.ask("PLAY")
    assert answer.status == 200 and "/track2;" in answer.headers["rtp-info"]


@pytest.mark.parametrize(("codec", "payload_type", "rate", "samples"), SOUNDS)
async def test_sound_comes_beside_the_pictures_without_a_gap(
    codec: AudioCodec, payload_type: int, rate: int, samples: int, clip_cache: Path
) -> None:
    async with (
        RtspSimulator([a_camera(audio=codec)], cache=clip_cache) as sim,
        open_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        described = (await viewer.ask("DESCRIBE")).body
        await play_both(viewer)
        pictures = [await viewer.picture(sound_channel=2) for _ in range(60)]

    assert f"m=audio 0 RTP/AVP {payload_type}" in described and f"/{rate}/1" in described
    assert len(decode(pictures)) == 60
    headers = [struct.unpack(">BBHII", packet[:12]) for packet in viewer.sounds]
    assert len(headers) > 30 and {kind & 0x7F for _, kind, *_ in headers} == {payload_type}
    assert {(b[2] - a[2]) & 0xFFFF for a, b in zip(headers, headers[1:], strict=False)} == {1}
    steps = {(b[3] - a[3]) & 0xFFFFFFFF for a, b in zip(headers, headers[1:], strict=False)}
    assert steps == {samples}
    heard = decode_sound(codec, described, [packet[12:] for packet in viewer.sounds])
    assert heard.size >= samples * (len(headers) - 2) and 0.02 < np.abs(heard).max() < 1.0


def decode_sound(codec: AudioCodec, described: str, payloads: list[bytes]) -> Any:
    """Samples between -1 and 1. AAC: RFC 3640 with one unit a packet, its size in 13 bits."""
    names = {AudioCodec.AAC: "aac", AudioCodec.PCMA: "pcm_alaw", AudioCodec.PCMU: "pcm_mulaw"}
    decoder: Any = av.CodecContext.create(names[codec], "r")
    if codec is AudioCodec.AAC:
        decoder.extradata = bytes.fromhex(described.split("config=")[1].split(";")[0])
        assert all(struct.unpack(">HH", p[:4]) == (16, (len(p) - 4) << 3) for p in payloads)
        payloads = [payload[4:] for payload in payloads]
    else:
        decoder.sample_rate, decoder.layout = 8000, "mono"
    frames = [frame.to_ndarray() for payload in payloads for frame in decoder.decode(av.Packet(payload))]
    joined = np.concatenate([frame.reshape(-1) for frame in frames])
    return joined if joined.dtype == np.float32 else joined.astype(np.float32) / 32768


async def test_sound_reports_its_own_clock(clip_cache: Path) -> None:
    """Pictures and sound are put side by side by what their sender reports say (RFC 3550 6.4.1)."""
    async with (
        RtspSimulator([a_camera(audio=AudioCodec.PCMA)], cache=clip_cache) as sim,
        open_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        await play_both(viewer)
        while len(viewer.reports) < 2:
            last = await viewer.picture(sound_channel=2)
        sound = viewer.sounds[-1]
    reports = {
        ssrc: (ntp, time) for _, _, _, ssrc, ntp, time in (struct.unpack(">BBHIQI", r[:20]) for r in viewer.reports)
    }
    ntp, time = reports[struct.unpack(">I", sound[8:12])[0]]
    behind = (struct.unpack(">I", sound[4:8])[0] - time + 2**31) % 2**32 - 2**31
    heard_us = ((ntp >> 32) - 2_208_988_800) * 1_000_000 + ((ntp & 0xFFFFFFFF) * 1_000_000 >> 32) + behind * 125
    assert len(reports) == 2 and {n for n, _ in reports.values()} == {ntp}, "both tell of the same moment"
    assert abs(heard_us - last.wall_us) < 1_000_000


async def test_who_asks_for_pictures_alone_gets_no_sound(clip_cache: Path) -> None:
    async with (
        RtspSimulator([a_camera(audio=AudioCodec.PCMU)], cache=clip_cache) as sim,
        open_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        await viewer.play()
        assert len(await viewer.pictures(30)) == 30, "a packet on another channel would be an error"


async def test_sound_alone_can_be_asked_for(clip_cache: Path) -> None:
    async with (
        RtspSimulator([a_camera(audio=AudioCodec.PCMU)], cache=clip_cache) as sim,
        open_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        answer = await viewer.ask("SETUP", f"{viewer.url}/track2", Transport="RTP/AVP/TCP;unicast;interleaved=0-1")
        assert answer.status == 200
        await viewer.ask("PLAY")
        packets = [await viewer.packet() for _ in range(10)]
        frames = sim.sent(SITE, "hall")["main"].frames
    assert {channel for channel, _ in packets} <= {0, 1} and frames == 0


async def test_a_camera_without_sound_has_no_second_track(clip_cache: Path) -> None:
    async with (
        RtspSimulator([a_camera()], cache=clip_cache) as sim,
        open_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        described = await viewer.ask("DESCRIBE")
        answer = await viewer.ask("SETUP", f"{viewer.url}/track2", Transport="RTP/AVP/TCP;unicast;interleaved=0-1")
    assert "m=audio" not in described.body and answer.status == 404


async def test_sound_falls_silent_while_the_camera_stalls(clip_cache: Path) -> None:
    """What a stalled camera had begun to say is finished first: no packet of sound stands inside one of pictures."""
    async with (
        RtspSimulator([a_camera(audio=AudioCodec.PCMA)], cache=clip_cache) as sim,
        open_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        await play_both(viewer)
        await viewer.picture(sound_channel=2)
        await sim.set_fault(SITE, "hall", Fault.STALL)
        stream = sim.stream(SITE, "hall", StreamName.MAIN)
        assert stream is not None
        while not stream.is_stalled:
            await viewer.packet()
        await sim.clear_fault(SITE, "hall")
        before = stream.frames
        while stream.frames < before + 5:
            await viewer.packet()
