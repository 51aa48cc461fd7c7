"""What is said on the wire between a client and a simulated camera."""

import asyncio
import base64
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.rtsp_viewer import digest_answer, open_viewer
from tests.support.sim_cameras import SITE, a_camera

from qorgan.kernel.errors import Invalid
from qorgan.sim.cameras import Algorithm, CameraKind, Login, SimCamera, Transport
from qorgan.sim.server import RtspSimulator

LOGIN = Login(user="qorgan", password="the right one")


@pytest.fixture
async def sim(clip_cache: Path) -> AsyncIterator[RtspSimulator]:
    """Its cameras give up on a silent client after a time that only a silent one reaches."""
    cameras = [
        a_camera("hall"),
        a_camera("locked", login=LOGIN),
        a_camera("modern", login=Login(user="qorgan", password="the right one", algorithm=Algorithm.SHA_256)),
        a_camera("intercom", kind=CameraKind.AUDIO_ONLY),
        a_camera("old", kind=CameraKind.MJPEG),
        a_camera("single", sub=None, transport=Transport.TCP),
        a_camera("insists", transport=Transport.UDP),
        a_camera("plain", login=Login(user="qorgan", password="the right one", algorithm=Algorithm.BASIC)),
    ]
    async with RtspSimulator(cameras, cache=clip_cache, session_timeout_s=6.0) as running:
        yield running


async def test_a_whole_conversation(sim: RtspSimulator) -> None:
    async with open_viewer(sim.url(SITE, "hall")) as viewer:
        options = await viewer.ask("OPTIONS")
        described = await viewer.ask("DESCRIBE", Accept="application/sdp")
        played = await viewer.play()
        first = await viewer.picture()
        alive = await viewer.ask("GET_PARAMETER")
        torn_down = await viewer.ask("TEARDOWN")
        forgotten = await viewer.ask("PLAY")

    assert options.headers["public"] == "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"
    assert described.headers["content-type"] == "application/sdp"
    assert described.headers["content-base"] == f"{sim.url(SITE, 'hall')}/"
    assert "a=rtpmap:96 H264/90000" in described.body
    sps, pps = (
        base64.b64decode(part) for part in described.body.split("sprop-parameter-sets=")[1].split()[0].split(",")
    )
    assert f"profile-level-id={sps[1:4].hex()}" in described.body
    assert first.kinds == [7, 8, 6, 5, 5]
    assert first.nals[:2] == (sps, pps)
    assert [played.status, alive.status, torn_down.status, forgotten.status] == [200, 200, 200, 454]


@pytest.mark.parametrize(
    ("camera", "transport"),
    [
        ("single", "RTP/AVP;unicast;client_port=5000-5001"),
        ("insists", "RTP/AVP/TCP;unicast;interleaved=0-1"),
        ("hall", "RTP/AVP;multicast;client_port=5000-5001"),
        ("hall", "RTP/AVP;unicast;client_port=70000-70001"),
        ("hall", "RTP/AVP;unicast"),
        ("hall", "RTP/SAVP;unicast;client_port=5000-5001"),
        ("hall", "RTP/AVP/TCP;unicast;interleaved=255-256"),
        ("hall", ""),
    ],
)
async def test_a_way_that_the_camera_does_not_go_is_declined(sim: RtspSimulator, camera: str, transport: str) -> None:
    async with open_viewer(sim.url(SITE, camera)) as viewer:
        answer = await viewer.ask("SETUP", f"{viewer.url}/track1", Transport=transport)
    assert answer.status == 461


async def test_of_several_ways_the_first_that_suits_is_taken(sim: RtspSimulator) -> None:
    ways = "RTP/AVP;unicast;client_port=5000-5001, RTP/AVP/TCP;unicast;interleaved=4-5"
    async with open_viewer(sim.url(SITE, "single")) as viewer:
        answer = await viewer.ask("SETUP", f"{viewer.url}/track1", Transport=ways)
    assert answer.headers["transport"].startswith("RTP/AVP/TCP;unicast;interleaved=4-5")


async def test_a_basic_login_opens_with_the_right_password_alone(sim: RtspSimulator) -> None:
    async with open_viewer(sim.url(SITE, "plain")) as viewer:
        refused = await viewer.ask("DESCRIBE")
        answers = [
            await viewer.ask("DESCRIBE", Authorization=f"Basic {base64.b64encode(said).decode()}")
            for said in (b"qorgan:a wrong one", b"somebody:the right one", b"qorgan:the right one")
        ]
        junk = await viewer.ask("DESCRIBE", Authorization="Basic ###")
    assert refused.headers["www-authenticate"] == 'Basic realm="qorgan simulated camera"'
    assert [answer.status for answer in answers] == [401, 401, 200]
    assert junk.status == 401


@pytest.mark.parametrize("path", ["hall", "hall/third", "nobody/main", "single/sub", "hall/main/track1/more"])
async def test_what_is_not_there_is_not_found(sim: RtspSimulator, path: str) -> None:
    async with open_viewer(f"rtsp://127.0.0.1:{sim.port}/{SITE}/{path}") as viewer:
        assert (await viewer.ask("DESCRIBE")).status == 404


async def test_unknown_methods_and_wrong_order(sim: RtspSimulator) -> None:
    async with open_viewer(sim.url(SITE, "hall")) as viewer:
        record = await viewer.ask("RECORD")
        early = await viewer.ask("PLAY")
        await viewer.play()
        twice = await viewer.ask("SETUP", f"{viewer.url}/track1", Transport="RTP/AVP/TCP;unicast;interleaved=0-1")
    assert (record.status, record.headers["allow"].split(", ")[0]) == (405, "OPTIONS")
    assert (early.status, twice.status) == (454, 455)


@pytest.mark.parametrize("camera", ["locked", "modern"])
async def test_the_right_password_opens_and_the_wrong_one_does_not(sim: RtspSimulator, camera: str) -> None:
    async with open_viewer(sim.url(SITE, camera)) as viewer:
        wrong = await viewer.log_in("qorgan", "a wrong one")
        stranger = await viewer.log_in("somebody", "the right one")
        right = await viewer.log_in("qorgan", "the right one")
    assert [wrong.status, stranger.status, right.status] == [401, 401, 200]


async def test_an_answer_for_one_request_opens_no_other(sim: RtspSimulator) -> None:
    """A digest holds for its method, its address and its nonce."""
    async with open_viewer(sim.url(SITE, "locked")) as viewer, open_viewer(sim.url(SITE, "locked")) as other:
        challenge = (await viewer.ask("DESCRIBE")).headers["www-authenticate"]
        answer = digest_answer(challenge, "qorgan", "the right one", "DESCRIBE", viewer.url)
        assert (await viewer.ask("DESCRIBE", Authorization=answer)).status == 200
        assert (await viewer.ask("SETUP", Transport="RTP/AVP/TCP", Authorization=answer)).status == 401
        assert (await viewer.ask("DESCRIBE", sim.url(SITE, "locked", "sub"), Authorization=answer)).status == 401
        assert (await other.ask("DESCRIBE", Authorization=answer)).status == 401


async def test_cameras_without_usable_video_say_so_in_their_description(sim: RtspSimulator) -> None:
    async with open_viewer(sim.url(SITE, "intercom")) as intercom, open_viewer(sim.url(SITE, "old")) as old:
        sound, jpeg = await intercom.ask("DESCRIBE"), await old.ask("DESCRIBE")
        accepted = await old.play()
    assert "m=audio 0 RTP/AVP 8" in sound.body and "m=video" not in sound.body
    assert "a=rtpmap:26 JPEG/90000" in jpeg.body and "H264" not in jpeg.body
    assert accepted.status == 200


async def test_a_silent_session_ends_and_a_living_one_does_not(sim: RtspSimulator) -> None:
    async with open_viewer(sim.url(SITE, "hall")) as silent, open_viewer(sim.url(SITE, "hall")) as living:
        answer = await silent.play()
        await living.play()
        gone = asyncio.create_task(silent.is_closed())
        while not gone.done():
            living.writer.write(b"$\x01\x00\x08" + struct.pack(">BBHI", 0x80, 201, 1, 7))  # a receiver report
            await living.picture()
        assert (await living.ask("OPTIONS")).status == 200
    assert answer.headers["session"].endswith(";timeout=6")


@pytest.mark.parametrize(
    "junk",
    [
        b"GET / HTTP/1.1\r\nHost: camera\r\n\r\n",
        b"OPTIONS rtsp://x RTSP/1.0\r\nNo-CSeq: 1\r\n\r\n",
        b"OPTIONS rtsp://x RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 999999999999\r\n\r\n",
        b"OPTIONS rtsp://x RTSP/1.0\r\nCSeq: 1\r\nContent-Length: -1\r\n\r\n",
        b"\xff\x00" * 10_000,
        b"DESCRIBE rtsp://[ RTSP/1.0\r\nCSeq: 1\r\n\r\n",
    ],
)
async def test_junk_is_answered_once_and_disturbs_nobody(sim: RtspSimulator, junk: bytes) -> None:
    async with open_viewer(sim.url(SITE, "hall")) as viewer:
        await viewer.play()
        reader, writer = await asyncio.open_connection("127.0.0.1", sim.port)
        writer.write(junk)
        writer.write_eof()
        async with asyncio.timeout(60):
            said = await reader.read()
        writer.close()
        numbers = [picture.number for picture in await viewer.pictures(5)]
    assert said.startswith(b"RTSP/1.0 4") and said.count(b"RTSP/1.0") == 1
    assert numbers == [0, 1, 2, 3, 4]


def test_two_cameras_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        RtspSimulator([a_camera("hall"), a_camera("hall")], cache=tmp_path)
    with pytest.raises(Invalid):
        SimCamera(site="kst-012", key="../hall")


def test_a_password_is_not_in_what_may_be_logged() -> None:
    assert LOGIN.password not in repr(a_camera(login=LOGIN))
