"""The dialogue with a camera, played on paper: no socket, no clock."""

import hashlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.h264 import a_clip, avcc, packetize

from qorgan.domain.cameras import CameraReason
from qorgan.protocols.rtsp.auth import Challenge, Credentials, strongest
from qorgan.protocols.rtsp.client import ANSWER_WITHIN_S, CameraRefused, RtspClient, Step
from qorgan.protocols.rtsp.h264 import Frame

URL = "rtsp://camera.school:8554/hall/main"
SDP = (
    "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:trackID=1\r\n"
)


def say(client: RtspClient, data: bytes, now: float = 1.0) -> list[Frame]:
    frames: list[Frame] = []
    with memoryview(data) as view:
        taken = client.receive(view, 0, len(view), frames, now)
        client.depacketizer.keep()
    assert taken == len(data)
    return frames


def answer(status: str = "200 OK", body: str = "", **headers: str) -> bytes:
    lines = [f"RTSP/1.0 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def playing_client(credentials: Credentials | None = None) -> RtspClient:
    client = RtspClient(URL, credentials, 0.0)
    client.take_bytes()
    say(client, answer(body=SDP, Content_Base=URL + "/"))
    say(client, answer(Session="abc;timeout=60", Transport="RTP/AVP/TCP;unicast;interleaved=2-3"))
    say(client, answer(Session="abc"))
    return client


def test_describe_setup_play_then_pictures():
    client = RtspClient(URL, None, 0.0)
    assert client.take_bytes().startswith(f"DESCRIBE {URL} RTSP/1.0\r\n".encode())
    say(client, answer(body=SDP, Content_Base=URL + "/"))
    assert client.take_bytes().startswith(f"SETUP {URL}/trackID=1 RTSP/1.0\r\n".encode())
    say(client, answer(Session="abc;timeout=60", Transport="RTP/AVP/TCP;unicast;interleaved=2-3"))
    play = client.take_bytes()
    assert play.startswith(b"PLAY ") and b"Session: abc\r\n" in play
    say(client, answer(Session="abc"))

    assert client.step is Step.PLAYING
    clip = a_clip()
    packets = b"".join(packetize(clip.units[0], 1, 0, channel=2))
    rtcp = b"$\x03\x00\x08" + bytes(8)
    frames = say(client, rtcp + packets + answer() + rtcp)
    assert [avcc(clip.units[0])] == [frame.data for frame in frames]


def test_the_session_is_kept_alive_and_falls_back_to_options():
    client = playing_client()
    client.take_bytes()
    assert client.next_deadline() == 31.0
    client.on_deadline(31.0)
    assert client.take_bytes().startswith(b"GET_PARAMETER ")
    say(client, answer("501 Not Implemented"), 31.1)
    client.on_deadline(61.0)
    assert client.take_bytes().startswith(b"OPTIONS ")


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_digest_proves_the_password_without_sending_it(algorithm):
    client = RtspClient(URL, Credentials("cam", "hush-hush"), 0.0)
    client.take_bytes()
    challenge = f'Digest realm="school", nonce="n1", algorithm={algorithm}'
    say(client, answer("401 Unauthorized", WWW_Authenticate=challenge))
    request = client.take_bytes().decode()

    digest = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[algorithm]

    def h(text: str) -> str:
        return digest(text.encode()).hexdigest()

    proof = h(f"{h('cam:school:hush-hush')}:n1:{h(f'DESCRIBE:{URL}')}")
    assert f'response="{proof}"' in request
    assert "hush-hush" not in request and "hush-hush" not in repr(client.__dict__)


def test_the_strongest_challenge_is_answered():
    offered = ['Basic realm="a"', 'Digest realm="a", nonce="1"', 'Digest realm="a", nonce="2", algorithm=SHA-256']
    assert Challenge("digest", {"realm": "a", "nonce": "2", "algorithm": "SHA-256"}) == strongest(offered)
    assert strongest(["Negotiate"]) is None


def test_a_quality_of_protection_is_counted():
    challenge = strongest(['Digest realm="a", nonce="1", qop="auth"'])
    assert challenge is not None
    credentials = Credentials("u", "p")
    counts = [re.search(r"nc=(\w+)", credentials.authorize(challenge, "PLAY", "x")) for _ in range(2)]
    assert ["00000001", "00000002"] == [count[1] for count in counts if count]


REFUSALS = {
    "a wrong password": ("401 Unauthorized", CameraReason.WRONG_PASSWORD),
    "an unknown path": ("404 Not Found", CameraReason.NOT_FOUND),
    "too many viewers": ("453 Not Enough Bandwidth", CameraReason.REFUSED),
    "no interleaving": ("461 Unsupported Transport", CameraReason.UNSUPPORTED_CODEC),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_has_its_reason(case):
    status, reason = REFUSALS[case]
    client = RtspClient(URL, Credentials("cam", "wrong"), 0.0)
    challenge = 'Digest realm="school", nonce="n1"'
    if status.startswith("401"):
        say(client, answer(status, WWW_Authenticate=challenge))
    with pytest.raises(CameraRefused) as refused:
        say(client, answer(status, WWW_Authenticate=challenge))
    assert refused.value.reason is reason


SDPS = {
    "audio only": ("v=0\r\nm=audio 0 RTP/AVP 8\r\n", CameraReason.NO_VIDEO),
    "motion JPEG": ("v=0\r\nm=video 0 RTP/AVP 26\r\n", CameraReason.UNSUPPORTED_CODEC),
    "nothing": ("v=0\r\n", CameraReason.PROTOCOL_ERROR),
}


@pytest.mark.parametrize("case", SDPS)
def test_what_cannot_be_recorded_says_so_by_name(case):
    body, reason = SDPS[case]
    with pytest.raises(CameraRefused) as refused:
        say(RtspClient(URL, None, 0.0), answer(body=body))
    assert refused.value.reason is reason
    if case == "motion JPEG":
        assert "JPEG" in str(refused.value)


def test_a_web_server_is_not_a_camera():
    with pytest.raises(CameraRefused) as refused:
        say(RtspClient(URL, None, 0.0), b"HTTP/1.1 200 OK\r\n\r\n<html>")
    assert refused.value.reason is CameraReason.NOT_RTSP


def test_silence_is_a_time_out():
    client = RtspClient(URL, None, 0.0)
    with pytest.raises(CameraRefused) as refused:
        client.on_deadline(ANSWER_WITHIN_S)
    assert refused.value.reason is CameraReason.TIMEOUT


@settings(max_examples=400, deadline=None)
@given(data=st.binary(max_size=5000))
def test_junk_is_refused_or_waited_for_but_never_breaks(data):
    client = RtspClient(URL, None, 0.0)
    frames: list[Frame] = []
    try:
        taken = client.receive(memoryview(data), 0, len(data), frames, 0.0)
    except CameraRefused:
        return
    assert 0 <= taken <= len(data)


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=3000))
def test_junk_while_playing_never_breaks(data):
    client = playing_client()
    frames: list[Frame] = []
    try:
        taken = client.receive(memoryview(data), 0, len(data), frames, 0.0)
        client.depacketizer.keep()
    except CameraRefused:
        return
    assert 0 <= taken <= len(data)
