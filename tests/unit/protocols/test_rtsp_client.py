"""The dialogue with a camera, played on paper: no socket, no clock."""

import hashlib
import re
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.h264 import a_clip, avcc, packetize
from tests.support.rtp import audio_over_rtp, h265_over_rtp, interleaved

from qorgan.domain.cameras import CameraReason
from qorgan.kernel.errors import Invalid
from qorgan.protocols.rtsp.auth import Challenge, Credentials, Login, strongest
from qorgan.protocols.rtsp.client import (
    ANSWER_WITHIN_S,
    MAX_REDIRECTS,
    REPORT_EVERY_S,
    CameraRefused,
    Redirected,
    RtspClient,
    Step,
    Transport,
    UdpPorts,
    WrongTransport,
)
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
    login = Login(Credentials("u", "p"))
    assert login.challenged(['Digest realm="a", nonce="1", qop="auth"'])
    counts = [re.search(r"nc=(\w+)", login.authorize("PLAY", "x") or "") for _ in range(2)]
    assert ["00000001", "00000002"] == [count[1] for count in counts if count]


REFUSALS = {
    "a wrong password": ("401 Unauthorized", CameraReason.WRONG_PASSWORD),
    "an unknown path": ("404 Not Found", CameraReason.NOT_FOUND),
    "too many viewers": ("453 Not Enough Bandwidth", CameraReason.REFUSED),
    "no interleaving": ("461 Unsupported Transport", CameraReason.PROTOCOL_ERROR),
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


# Sound beside the pictures, other codecs

AAC = audio_over_rtp("aac")
BOTH = (
    "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\na=control:trackID=1\r\n"
    "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/16000/1\r\na=control:trackID=2\r\n"
    f"a=fmtp:97 mode=AAC-hbr; sizelength=13; indexlength=3; indexdeltalength=3; config={AAC.extradata.hex()}\r\n"
)
WITH_SOUND = {"encodings": ("H264", "H265"), "wants_audio": True}


def set_up(text: str) -> bytes:
    return answer(Session="abc;timeout=60", Transport=text)


def test_pictures_and_sound_come_on_one_session():
    client = RtspClient(URL, None, 0.0, **WITH_SOUND)
    say(client, answer(body=BOTH, Content_Base=URL + "/"))
    client.take_bytes()
    say(client, set_up("RTP/AVP/TCP;unicast;interleaved=0-1"))
    request = client.take_bytes().decode()
    assert request.startswith(f"SETUP {URL}/trackID=2 ") and "Session: abc\r\n" in request
    assert "interleaved=2-3" in request
    say(client, set_up("RTP/AVP/TCP;unicast;interleaved=2-3"))
    say(client, answer(Session="abc"))

    sent = h265_over_rtp()
    frames = say(client, interleaved(sent.rtp[:30]) + interleaved(AAC.rtp, channel=2) + interleaved(sent.rtp[30:]))
    assert 30 == len(frames) and frames[0].key and not any(frame.damaged for frame in frames)
    heard = [frame.data for frame in client.take_audio()]
    assert list(AAC.encoded)[: len(heard)] == heard and len(heard) == len(AAC.rtp)
    assert [] == client.take_audio()


def test_sound_that_cannot_be_had_costs_no_pictures():
    for refusal in (answer("461 Unsupported Transport"), set_up("RTP/AVP/TCP;unicast;interleaved=0-1")):
        client = RtspClient(URL, None, 0.0, **WITH_SOUND)
        say(client, answer(body=BOTH))
        say(client, set_up("RTP/AVP/TCP;unicast;interleaved=0-1"))
        client.take_bytes()
        say(client, refusal)
        assert client.take_bytes().startswith(b"PLAY ") and client.audio is None and client.sound is None


def test_a_codec_that_the_owner_cannot_record_is_named():
    with pytest.raises(CameraRefused) as refused:
        say(RtspClient(URL, None, 0.0, encodings=("H264",)), answer(body=BOTH))
    assert "H265" in str(refused.value) and refused.value.reason is CameraReason.UNSUPPORTED_CODEC


def test_the_way_to_the_cameras_loudspeaker_is_not_its_sound():
    client = RtspClient(URL, None, 0.0, **WITH_SOUND)
    say(client, answer(body=BOTH + "a=sendonly\r\n"))
    assert client.audio is None


# Transports


def playing_over_udp() -> RtspClient:
    client = RtspClient(URL, None, 0.0, ports=UdpPorts(40_000, 40_002), **WITH_SOUND)
    say(client, answer(body=BOTH))
    assert b"Transport: RTP/AVP;unicast;client_port=40000-40001\r\n" in client.take_bytes()
    say(client, set_up("RTP/AVP;unicast;client_port=40000-40001;server_port=50000-50001;source=192.0.2.9"))
    assert b"client_port=40002-40003\r\n" in client.take_bytes()
    say(client, set_up("RTP/AVP;unicast;server_port=50002"))
    say(client, answer())
    return client


def test_datagrams_are_put_in_order_and_losses_counted():
    client = playing_over_udp()
    assert ((50_000, 50_001), "192.0.2.9") == (client.video_lane.server_ports, client.video_lane.source)
    assert (50_002, 50_003) == client.audio_lane.server_ports
    packets = list(h265_over_rtp().rtp)
    del packets[50]
    packets[10], packets[11] = packets[11], packets[10]
    frames: list[Frame] = []
    for at in range(0, len(packets), 7):
        client.receive_datagrams(client.video_lane, packets[at : at + 7], frames, at / 10)
    client.receive_datagrams(client.video_lane, [], frames, 1_000.0)

    assert 1 == client.lost_packets == client.video_lane.reorder.lost
    assert 1 == sum(frame.damaged for frame in frames) and len(frames) >= 29
    client.receive_datagrams(client.audio_lane, list(AAC.rtp), frames, 0.0)
    assert len(AAC.rtp) == len(client.take_audio())


def test_a_camera_that_refuses_one_transport_is_asked_for_the_other():
    tcp = RtspClient(URL, None, 0.0)
    udp = RtspClient(URL, None, 0.0, ports=UdpPorts(40_000))
    for client, instead in ((tcp, Transport.UDP), (udp, Transport.TCP)):
        say(client, answer(body=SDP))
        with pytest.raises(WrongTransport) as refused:
            say(client, answer("461 Unsupported Transport"))
        assert refused.value.instead is instead


def test_a_camera_that_does_what_it_likes_is_asked_for_that():
    client = RtspClient(URL, None, 0.0)
    say(client, answer(body=SDP))
    with pytest.raises(WrongTransport):
        say(client, set_up("RTP/AVP;unicast;client_port=0-1;server_port=6000-6001"))


# Redirects: where to, and what goes along

REDIRECTS = {
    "on the same camera": ("rtsp://camera.school:555/x", {}, ("rtsp://camera.school:555/x", True)),
    "into encryption": ("rtsps://camera.school/x", {}, ("rtsps://camera.school:322/x", True)),
    "to another host, without the password": ("rtsp://elsewhere/x", {}, ("rtsp://elsewhere:554/x", False)),
    "out of encryption": ("rtsp://camera.school/x", {"secure": True}, None),
    "to a web page": ("http://camera.school/x", {}, None),
    "to nowhere": ("", {}, None),
    "once too often": ("rtsp://camera.school:555/x", {"redirects": MAX_REDIRECTS}, None),
}


@pytest.mark.parametrize("case", REDIRECTS)
@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Moved Temporarily"])
def test_a_redirect_is_followed_by_the_rules(case, status):
    location, options, expected = REDIRECTS[case]
    url = URL.replace("rtsp:", "rtsps:") if options.get("secure") else URL
    client = RtspClient(url, Credentials("cam", "hush-hush"), 0.0, **options)
    with pytest.raises(CameraRefused) as refused:
        say(client, answer(status, Location=location))
    error = refused.value
    assert expected == ((error.url, error.same_host) if isinstance(error, Redirected) else None)


def test_a_redirect_to_bytes_of_no_encoding_is_a_redirect_all_the_same():
    """Found by fuzzing."""
    client = RtspClient(URL, None, 0.0)
    with pytest.raises(Redirected) as moved:
        say(client, b"RTSP/1.0 302 Moved\r\nLocation: rtsp://elsewhere/\xff?\xfe\r\n\r\n")
    again = RtspClient(moved.value.url, None, 0.0)
    assert b"DESCRIBE rtsp://elsewhere:554/%FF?\xfe RTSP/1.0" in again.take_bytes()


def test_an_rtsps_address_is_never_spoken_to_in_the_clear():
    with pytest.raises(Invalid):
        RtspClient("rtsps://camera.school/x", None, 0.0)
    with pytest.raises(Invalid):
        RtspClient("rtsps://camera.school/x", None, 0.0, secure=True, ports=UdpPorts(40_000))
    sealed = RtspClient("rtsps://camera.school/x", None, 0.0, secure=True)
    say(sealed, answer(body=SDP))
    with pytest.raises(CameraRefused) as refused:
        say(sealed, answer("461 Unsupported Transport"))
    assert not isinstance(refused.value, WrongTransport)


# While playing


def test_a_nonce_that_grew_old_while_playing_is_renewed():
    client = RtspClient(URL, Credentials("cam", "hush-hush"), 0.0)
    say(client, answer("401 Unauthorized", WWW_Authenticate='Digest realm="s", nonce="1"'))
    say(client, answer(body=SDP))
    say(client, set_up("RTP/AVP/TCP;interleaved=0-1"))
    say(client, answer())
    client.on_deadline(31.0)
    client.take_bytes()
    say(client, answer("401 Unauthorized", WWW_Authenticate='Digest realm="s", nonce="2", stale=true'))
    request = client.take_bytes()
    assert request.startswith(b"GET_PARAMETER ") and b'nonce="2"' in request
    say(client, answer())
    for turn in range(20):
        try:
            say(client, answer("401 Unauthorized", WWW_Authenticate=f'Digest realm="s", nonce="x{turn}", stale=true'))
        except CameraRefused:
            return
        client.on_deadline(61.0 + 30 * turn)
    pytest.fail("a camera may not ask for the password for ever")


def test_a_camera_that_passes_over_get_parameter_is_asked_for_options():
    client = playing_client()
    client.on_deadline(31.0)
    client.take_bytes()
    client.on_deadline(61.0)
    assert client.take_bytes().startswith(b"OPTIONS ")


def test_a_forgotten_session_ends():
    client = playing_client()
    client.on_deadline(31.0)
    with pytest.raises(CameraRefused) as refused:
        say(client, answer("454 Session Not Found"))
    assert refused.value.reason is CameraReason.CLOSED


def asked(client: RtspClient, method: str, **headers: str) -> bytes:
    lines = [f"{method} {URL} RTSP/1.0", "CSeq: 77", *(f"{name}: {value}" for name, value in headers.items())]
    client.take_bytes()
    say(client, ("\r\n".join(lines) + "\r\n\r\n").encode())
    return client.take_bytes()


def test_what_the_camera_asks_is_answered():
    client = playing_client()
    for method in ("OPTIONS", "ANNOUNCE", "SET_PARAMETER", "GET_PARAMETER"):
        said = asked(client, method)
        assert said.startswith(b"RTSP/1.0 200 OK\r\nCSeq: 77\r\n") and b"Session: abc\r\n" in said
    assert asked(client, "DANCE").startswith(b"RTSP/1.0 501 ")
    with pytest.raises(Redirected) as moved:
        asked(client, "REDIRECT", Location="rtsp://camera.school:9/y")
    assert "rtsp://camera.school:9/y" == moved.value.url
    assert client.take_bytes().startswith(b"RTSP/1.0 200 OK")
    with pytest.raises(CameraRefused) as ended:
        asked(client, "TEARDOWN")
    assert ended.value.reason is CameraReason.CLOSED


def test_a_camera_that_asks_without_listening_is_let_go():
    client = playing_client()
    with pytest.raises(CameraRefused):
        say(client, f"OPTIONS {URL} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode() * 2_000)


SENDER_REPORT = struct.pack(">BBHIIIIII", 0x80, 200, 6, 7, 2_208_988_800 + 60, 0, 90_000, 5, 600)


def test_the_cameras_clock_is_kept_and_reports_are_sent_back():
    client = playing_client()
    clip = a_clip()
    say(client, interleaved([SENDER_REPORT], channel=3) + b"".join(packetize(clip.units[0], 1, 0, channel=2)), 2.0)
    assert client.video_lane.clock is not None and 60_000_000 == client.video_lane.clock.wall_us

    client.on_deadline(31.0)  # the keep-alive; from now on reports have their own deadline
    client.take_bytes()
    assert 31.0 + REPORT_EVERY_S == client.next_deadline()
    client.on_deadline(31.0 + REPORT_EVERY_S)
    report = client.take_bytes()
    assert b"$\x03" == report[:2] and (0x81, 201) == (report[4], report[5])


def test_a_goodbye_ends_the_stream_only_when_it_is_the_streams():
    client = playing_client()
    stranger, own = struct.pack(">BBHI", 0x81, 203, 1, 9), struct.pack(">BBHI", 0x81, 203, 1, 7)
    say(client, interleaved([SENDER_REPORT, stranger], channel=3))
    with pytest.raises(CameraRefused) as ended:
        say(client, interleaved([own], channel=3))
    assert ended.value.reason is CameraReason.CLOSED


def test_reports_over_udp_are_written_for_the_owner_to_send():
    client = playing_over_udp()
    assert b"" == client.report(client.video_lane, 5.0)
    client.receive_control(client.video_lane, SENDER_REPORT, 1.0)
    client.receive_datagrams(client.video_lane, list(h265_over_rtp().rtp[:9]), [], 1.0)
    assert (0x81, 201) == tuple(client.report(client.video_lane, 5.0)[:2])


def test_lines_that_end_sloppily_and_bytes_of_no_encoding():
    client = RtspClient(URL, Credentials("cam", "pw"), 0.0)
    client.take_bytes()
    say(client, b'RTSP/1.0 401 No\nWWW-Authenticate: Digest realm="\xcd\xf5", nonce="1"\nCSeq: 1\n\n\r\n')
    assert b'realm="\xcd\xf5"' in client.take_bytes()


def test_a_camera_that_knows_no_ranges_is_asked_without():
    client = RtspClient(URL, None, 0.0)
    say(client, answer(body=SDP))
    say(client, set_up("RTP/AVP/TCP;interleaved=0-1"))
    client.take_bytes()
    say(client, answer("457 Invalid Range"))
    request = client.take_bytes()
    assert request.startswith(b"PLAY ") and b"Range" not in request


# What cameras were seen to answer

TRANSPORTS = {
    "source first": ("RTP/AVP/TCP;ssrc=22345684;interleaved=0-1", (0, 1)),
    "a source in C": ('RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=0x6f7c;mode="PLAY"', (0, 1)),
    "its own channels": ("RTP/AVP/TCP;unicast;interleaved=4-5", (4, 5)),
    "one channel": ("RTP/AVP/TCP;unicast;interleaved=6", (6, 7)),
    "spaces and capitals": ("RTP/AVP/TCP; unicast; Interleaved = 2-3", (2, 3)),
    "nothing": ("", (0, 1)),
    "a channel that does not exist": ("RTP/AVP/TCP;interleaved=300-301", (0, 1)),
}


@pytest.mark.parametrize("case", TRANSPORTS)
def test_a_transport_is_understood_however_it_is_written(case):
    text, channels = TRANSPORTS[case]
    client = RtspClient(URL, None, 0.0)
    say(client, answer(body=SDP))
    say(client, set_up(text))
    assert channels == (client.video_lane.channel, client.video_lane.control_channel)
    assert client.step is Step.PLAY


def test_pictures_before_the_answer_to_play_are_not_lost():
    client = RtspClient(URL, None, 0.0)
    say(client, answer(body=SDP))
    say(client, set_up("RTP/AVP/TCP;interleaved=0-1"))
    clip = a_clip()
    early, late = (b"".join(packetize(clip.units[n], 50 * n, 3600 * n)) for n in (0, 1))
    frames = say(client, early + answer() + late)
    assert client.step is Step.PLAYING
    assert [avcc(clip.units[0]), avcc(clip.units[1])] == [frame.data for frame in frames]


@pytest.mark.parametrize(
    "session", ["abc;timeout=60", "abc ; Timeout = 60", 'abc;timeout="60"', "abc; x=1; timeout=60"]
)
def test_a_session_says_how_long_it_lives(session):
    client = RtspClient(URL, None, 0.0)
    say(client, answer(body=SDP))
    say(client, answer(Session=session))
    assert b"Session: abc\r\n" in client.take_bytes()
    say(client, answer(), 1.0)
    assert 31.0 == client.next_deadline()
