"""What a hostile camera may say in RTSP and SDP: dialogues, descriptions, challenges, addresses.

A target raises only for what must not be. Beside what may be raised at all, these hold whatever comes: the same bytes
in other pieces mean the same, nothing is kept or sent without measure, the password never stands in what is sent, and
an encrypted connection is never left for an open one.
"""

import contextlib
import pickle
import struct
from collections.abc import Callable
from urllib.parse import urlsplit

from tests.fuzz.target import Target, damaged, decided, differences, in_two, text_damaged
from tests.support.h264 import a_clip, packetize
from tests.support.rtp import audio_over_rtp, h265_over_rtp, interleaved

from qorgan.kernel.errors import Invalid
from qorgan.protocols.rtsp import messages, sdp
from qorgan.protocols.rtsp.audio import depacketizer_for
from qorgan.protocols.rtsp.auth import Credentials, Login
from qorgan.protocols.rtsp.client import CameraRefused, Lane, Redirected, RtspClient, UdpPorts, WrongTransport
from qorgan.protocols.rtsp.h264 import Frame

URL, SAFE_URL = "rtsp://camera.school/hall", "rtsps://camera.school/hall"
PASSWORD = "hush-hush"
MAY_HAPPEN = (Invalid, CameraRefused)
MAX_WRITTEN_BYTES = 64 * 1024
Said = tuple[str, str, str]

WORDS = [
    *(b"\r\n\r\n", b"\n\n", b"$\0", b"$\0\0\0", b"$\1\0\x08", b"$\0\xff\xff", b"RTSP/1.0 ", b"RTSP/1.0 200 OK\r\n\r\n"),
    *(b"200", b"100", b"301", b"302", b"401", b"404", b"454", b"457", b"461", b"503", b"551", b"999"),
    *(b"REDIRECT", b"TEARDOWN", b"OPTIONS", b"ANNOUNCE", b"GET_PARAMETER", b"SETUP", b"CSeq: 3\r\n"),
    *(b"Content-Length: 99999\r\n", b"Content-Length: -1\r\n", b"Content-Length: 0\r\n", b"Content-Base: \r\n"),
    *(b"Location: rtsp://elsewhere/x\r\n", b"Location: rtsps://[::1]:0/\r\n", b"rtsp://[", b"rtsp://u:p@h:99999/"),
    *(b"WWW-Authenticate: Basic realm=x\r\n", b"Basic", b"Digest", b"nonce", b"SHA-256", b"MD5-sess", b'stale="TRUE"'),
    *(b"auth-int", b"userhash=true", b'="', b'\\"', b"\\", b"\xc3", b"\xff\xfe", b"\0", b"\xed\xb0\x80", b"%00", b"\t"),
    *(b"m=video 0 RTP/AVP 96\r\n", b"m=audio 0 RTP/AVP 0 8 97\r\n", b"m=", b"a=", b"SAVP", b"inactive", b"sendonly"),
    *(b"H264", b"H265", b"HEVC", b"MP4V-ES", b"mpeg4-generic", b"PCMU", b"sprop-sps", b"sprop-parameter-sets", b"AAAA"),
    *(b"sprop-max-don-diff=32767", b"sizelength=32", b"config=ffffffff", b"config=", b"control:*", b"control:/"),
    *(b"interleaved=255-254", b"interleaved=0-0", b"server_port=1-70000", b"client_port=1-2", b"timeout=0", b";", b","),
]


def _answer(status: str, body: str = "", **headers: str) -> bytes:
    lines = [f"RTSP/1.0 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return ("\r\n".join([*lines, f"Content-Length: {len(body)}", "", body])).encode()


_SOUND = (
    "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/16000/1\r\na=control:trackID=2\r\n"
    "a=fmtp:97 mode=AAC-hbr; sizelength=13; indexlength=3; indexdeltalength=3; config=1408\r\n"
)
SDP_H265 = (
    "v=0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\na=control:trackID=1\r\n"
    f"a=fmtp:96 sprop-max-don-diff=0;sprop-sps=QgEBAWAAAAMA\r\n{_SOUND}"
)
SDP_H264 = (
    "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=x\r\nt=0 0\r\na=control:rtsp://camera.school/hall/\r\na=range:npt=0-\r\n"
    "m=video 0 RTP/AVP 98 96\r\nb=AS:2000\r\na=rtpmap:98 MP4V-ES/90000\r\na=rtpmap:96 H264/90000\r\n"
    "a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;"
    "sprop-parameter-sets=Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg==\r\n"
    f"a=recvonly\r\na=control:trackID=0\r\n{_SOUND}m=audio 0 RTP/AVP 8\r\na=sendonly\r\na=control:back\r\n"
    "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n"
)
_CHALLENGE = 'Digest realm="school", nonce="1", qop="auth,auth-int", algorithm=MD5-sess, opaque="x", stale=true'
_STRONG = 'Digest realm="үй", nonce="2", algorithm="SHA-256", userhash=true'


def _dialogue(description: str, *, udp: bool = False) -> bytes:
    ways = ("server_port=6970-6971;source=192.0.2.7", "server_port=6972-6973") if udp else (
        "interleaved=0-1;ssrc=AB", "interleaved=2-3",
    )  # fmt: skip
    return (
        _answer("401 Unauthorized", WWW_Authenticate=_CHALLENGE)
        + _answer("200 OK", description, Content_Base=URL + "/", Public="OPTIONS, GET_PARAMETER")
        + _answer("200 OK", Session="abc;timeout=60", Transport=f"RTP/AVP;unicast;{ways[0]}")
        + _answer("200 OK", Session="abc", Transport=f"RTP/AVP;unicast;{ways[1]}")
        + _answer("200 OK", Session="abc", RTP_Info="url=x;seq=1;rtptime=0")
    )


REPORT = struct.pack(">BBHIIIIII", 0x80, 200, 6, 7, 3_900_000_000, 0, 90_000, 5, 600)
GOODBYE = struct.pack(">BBHI", 0x81, 203, 1, 9)
_AAC = audio_over_rtp("aac", mtu=200, seconds=0.4)


def _traffic(video: bytes) -> bytes:
    """What comes to a client that plays: pictures, reports, sound, an answer, and requests."""
    return (
        video
        + interleaved([REPORT, GOODBYE], channel=1)
        + interleaved(_AAC.rtp[:4], channel=2)
        + _answer("200 OK")
        + video[-2_000:]
        + f"REDIRECT {URL} RTSP/1.0\r\nCSeq: 7\r\nLocation: rtsp://elsewhere/\r\n\r\n".encode()
        + _answer("454 Session Not Found")
    )


def _client(way: int) -> RtspClient:
    """Inside the connection (0), over UDP (1), or inside TLS (2)."""
    credentials = Credentials("cam", PASSWORD)
    return RtspClient(
        SAFE_URL if way == 2 else URL,
        credentials,
        0.0,
        encodings=("H264", "H265"),
        wants_audio=True,
        ports=UdpPorts(40_000, 40_002) if way == 1 else None,
        secure=way == 2,
    )


def _playing(description: str) -> bytes:
    """A client behind its dialogue, ready to be copied: to lead it there anew for each input takes too long."""
    client = _client(0)
    with memoryview(_dialogue(description)) as view:
        client.receive(view, 0, len(view), [], 0.5)
    assert client.step == "playing" and client.sound is not None
    client.take_bytes()
    return pickle.dumps(client)


_PLAYING = (_playing(SDP_H264), _playing(SDP_H265))


def _say(client: RtspClient, pieces: list[bytes], *, most: int) -> tuple[object, ...]:
    """What a client made of what it was told: all that its owner can see of it."""
    frames, left, error = list[Frame](), b"", ""
    try:
        for piece in pieces:
            buffer = bytearray(left + piece)
            with memoryview(buffer) as view:
                taken = client.receive(view, 0, len(view), frames, 1.0)
                assert 0 <= taken <= len(view)
                left = bytes(view[taken:])
                client.depacketizer.keep()
    except MAY_HAPPEN as refusal:
        error = f"{type(refusal).__name__} {refusal}"
        _check_refusal(client, refusal)
    written, sound = client.take_bytes(), client.take_audio()
    assert len(written) <= MAX_WRITTEN_BYTES and PASSWORD.encode() not in written
    assert sum(len(frame.data) for frame in frames) <= 2 * most + 64
    assert sum(len(frame.data) for frame in sound) <= most
    pictures = [(frame.data, frame.timestamp, frame.key, frame.damaged) for frame in frames]
    lanes = [_seen(lane) for lane in (client.video_lane, client.audio_lane)]
    return error, client.step, client.url, client.video, client.audio, lanes, pictures, sound, len(written)


def _seen(lane: Lane) -> tuple[object, ...]:
    return lane.channel, lane.control_channel, lane.server_ports, lane.source, lane.ssrc, lane.clock


def _check_refusal(client: RtspClient, refusal: Exception) -> None:
    if isinstance(refusal, Redirected):
        to = urlsplit(refusal.url)
        assert to.username is None and to.password is None
        assert to.scheme == "rtsps" or not client.address.secure, "led out of the encrypted connection"
        assert refusal.same_host == (to.hostname == client.address.host)
    assert not (isinstance(refusal, WrongTransport) and client.address.secure), "media outside the encrypted connection"


def _go_on(client: RtspClient, data: bytes) -> None:
    """After an error too, time passes, more comes, and the owner says goodbye: nothing else is raised, ever."""
    for now in (31.0, 62.0):
        with contextlib.suppress(*MAY_HAPPEN):
            client.on_deadline(now)
    with contextlib.suppress(*MAY_HAPPEN), memoryview(data) as view:
        client.receive(view, 0, len(view), [], 63.0)
        client.depacketizer.keep()
    with contextlib.suppress(*MAY_HAPPEN):
        client.close()
    assert len(client.take_bytes()) <= 2 * MAX_WRITTEN_BYTES


def _try_client(a_client: Callable[[], RtspClient], data: bytes) -> None:
    """In two pieces; one time in three also in one, which has to come to the same."""
    client, way = a_client(), decided(data, 3, 2)
    cut = _say(client, in_two(data), most=len(data))
    if way == 0:
        whole = _say(a_client(), [data], most=len(data))
        assert whole == cut, differences(whole, cut)
    elif way == 1:
        _go_on(client, data[:200])


def try_dialogue(data: bytes) -> None:
    """Answers to a client from its first request on. In two pieces they mean what they mean in one."""
    way = decided(data, 3, 1)
    _try_client(lambda: _client(way), data)


def try_playing(data: bytes) -> None:
    """What comes to a client that plays: pictures, sound, reports, requests."""
    which = _PLAYING[decided(data, 2, 1)]
    _try_client(lambda: pickle.loads(which), data)


def try_answer(data: bytes) -> None:
    """One message. What is whole stays the same whatever follows it, and nothing less than the whole is one."""
    try:
        parsed = messages.parse(data)
    except Invalid:
        return
    if parsed is None:
        return
    message, length = parsed
    assert 0 < length <= min(len(data), messages.MAX_HEAD_BYTES + messages.MAX_BODY_BYTES + 4)
    assert messages.parse(data[:length]) == parsed
    assert messages.parse(data[: decided(data, length)]) is None
    assert len(message.headers) <= 100 and len(message.body) <= messages.MAX_BODY_BYTES


def try_sdp(data: bytes) -> None:
    try:
        description = sdp.parse(data)
    except Invalid:
        return
    assert 1 <= len(description.media) <= sdp.MAX_MEDIA
    assert description == sdp.parse(data + b"\r\n"), "an empty line at the end says something"
    for media in description.media:
        assert media.name and media.clock_rate > 0 and 1 <= media.channels <= 8 and 0 <= media.max_don_diff < 32_768
        assert sum(map(len, media.parameter_sets())) <= len(data)
        depacketizer = depacketizer_for(media)
        assert depacketizer is None or depacketizer.format.clock_rate == media.clock_rate
        resolved = messages.resolve(URL, media.control)
        assert messages.request("SETUP", resolved, 1, {}).count(b"\r\n") == 3, "a control made a header of its own"


def try_login(data: bytes) -> None:
    """Challenges one after the other: never the password itself once a digest was asked for, never a second header."""
    login, hashed = Login(Credentials("cam", PASSWORD)), False
    for header in data.decode("utf-8", "surrogateescape").split("\n"):
        with contextlib.suppress(Invalid):
            login.challenged([header])
        said = login.authorize("PLAY", URL) or ""
        assert PASSWORD not in said and not (hashed and said.startswith("Basic"))
        hashed = hashed or said.startswith("Digest")
        written = messages.request("PLAY", URL, 1, {"Authorization": said})
        assert written.count(b"\n") == 4 and written.count(b"\r") == 4


def try_address(data: bytes) -> None:
    """Addresses that a camera gives: what is taken goes on the wire as one word, with no user, to the host it names."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        address = messages.parse_url(text)
    except Invalid as error:
        assert len(str(error)) < 100
        return
    parts = urlsplit(address.url)
    assert parts.hostname == address.host and parts.username is None and 0 <= address.port <= 65_535
    assert not any(ord(letter) <= 32 or ord(letter) == 127 for letter in address.url)
    assert messages.parse_url(address.url) == address, "it changes each time it is read"
    with contextlib.suppress(Invalid):
        messages.parse_url(messages.resolve(address.url, text))


def targets() -> tuple[Target, ...]:
    """Everything that a camera says in words."""
    dialogues = (_dialogue(SDP_H265), _dialogue(SDP_H264), _dialogue(SDP_H264, udp=True))
    clip = a_clip(frames=4, gop=2)
    h264 = b"".join(packet for n, unit in enumerate(clip.units) for packet in packetize(unit, 20 * n, 3600 * n)[:6])
    h265 = interleaved(h265_over_rtp(frames=3, gop=3, mtu=200, width=64, height=48).rtp[:20])
    words = text_damaged(WORDS)
    alone = (
        *(_answer("200 OK", SDP_H264, Content_Base=URL, CSeq="2"), _answer("401 No", WWW_Authenticate=_CHALLENGE)),
        f"REDIRECT {URL} RTSP/1.0\r\nCSeq: 7\r\nLocation: rtsp://elsewhere/\r\n\r\n".encode(),
        b"RTSP/1.0 200 OK\nCSeq: 1\nSession: a\nSession: b\n\n$\0\0\x01x",
    )
    addresses = (
        *(b"rtsp://camera.school/hall?x=1#y", b"rtsps://[2001:db8::7]:322/a%20b;c=d", b"rtsp://u:p%40@192.0.2.7:8554"),
        "rtsp://үй.мектеп/дәліз".encode(),
    )
    return (
        Target("rtsp dialogue", dialogues, try_dialogue, words),
        Target("rtsp playing", (_traffic(h264), _traffic(h265)), try_playing, damaged(WORDS)),
        Target("rtsp answer", alone, try_answer, words),
        Target("rtsp address", addresses, try_address, words),
        Target(
            "rtsp login", (_CHALLENGE.encode(), f"Basic realm=a\n{_STRONG}\n{_CHALLENGE}".encode()), try_login, words
        ),
        Target("sdp", (SDP_H264.encode(), SDP_H265.encode(), SDP_H264.replace("\r\n", "\n").encode()), try_sdp, words),
    )
