"""What a hostile camera may send, and who has to bear it: targets of the fuzzers.

A target takes bytes and returns, or raises what it may raise; anything else is a finding. It also checks what must
hold whatever comes: nothing is taken that was not there, and nothing is kept without measure.
"""

import contextlib
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass

from tests.support.h264 import a_clip, packetize
from tests.support.rtp import audio_over_rtp, h265_over_rtp, interleaved

from qorgan.kernel.errors import Invalid
from qorgan.protocols.rtsp import rtcp, sdp
from qorgan.protocols.rtsp.audio import AudioFrame, depacketizer_for
from qorgan.protocols.rtsp.auth import Credentials, Login
from qorgan.protocols.rtsp.client import CameraRefused, RtspClient, UdpPorts
from qorgan.protocols.rtsp.h264 import Frame, H264Depacketizer
from qorgan.protocols.rtsp.h265 import H265Depacketizer, parse_h265_sps
from qorgan.protocols.rtsp.udp import ReorderBuffer

URL = "rtsp://camera.school/hall"
MAY_HAPPEN = (Invalid, CameraRefused)
_INTERESTING = [b"\0", b"\xff", b"\x7f", b"\x80", b"\xff\xff", b"\0\0", b"\r\n\r\n", b"$\0", b"$\1\0\0", b"RTSP/1.0 "]
_INTERESTING += [
    b"401",
    b"302",
    b"Content-Length: 99999",
    b'="',
    b"99999999999999999999",
    b"\xc3",
    b"m=video 0 RTP/AVP 96",
]


@dataclass(frozen=True)
class Target:
    """`try_one` is given a damaged copy of one of the `seeds`: by `damaged`, unless the target knows better ways."""

    name: str
    seeds: tuple[bytes, ...]
    try_one: Callable[[bytes], None]
    damage: Callable[[tuple[bytes, ...], random.Random], bytes] | None = None

    def an_input(self, chance: random.Random) -> bytes:
        return (self.damage or damaged)(self.seeds, chance)


def damaged(seeds: tuple[bytes, ...], chance: random.Random) -> bytes:
    """A seed in which bytes were changed, cut out, doubled, put elsewhere, or which was joined with another."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 5)):
        at = chance.randint(0, len(data))
        match chance.randint(0, 6):
            case 0:
                data[at : at + 1] = bytes([chance.randint(0, 255)])
            case 1:
                piece = chance.choice(_INTERESTING)
                data[at : at + len(piece)] = piece
            case 2:
                data[at:at] = chance.choice(_INTERESTING)
            case 3:
                del data[at : at + chance.randint(1, 200)]
            case 4:
                other = chance.randint(0, len(data))
                data[at:at] = data[other : other + chance.randint(1, 200)]
            case 5:
                if at < len(data):
                    data[at] ^= 1 << chance.randint(0, 7)
            case _:
                data[at:] = chance.choice(seeds)[-chance.randint(1, 400) :]
    return bytes(data[:20_000])


def _answer(status: str, body: str = "", **headers: str) -> bytes:
    lines = [f"RTSP/1.0 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return ("\r\n".join([*lines, f"Content-Length: {len(body)}", "", body])).encode()


_SDP = (
    "v=0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\na=control:trackID=1\r\n"
    "a=fmtp:96 sprop-max-don-diff=0;sprop-sps=QgEBAWAAAAMA\r\n"
    "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/16000/1\r\na=control:trackID=2\r\n"
    "a=fmtp:97 mode=AAC-hbr; sizelength=13; indexlength=3; indexdeltalength=3; config=1408\r\n"
)
_CHALLENGE = 'Digest realm="school", nonce="1", qop="auth,auth-int", algorithm=MD5-sess, opaque="x", stale=true'
_DIALOGUE = (
    _answer("401 Unauthorized", WWW_Authenticate=_CHALLENGE)
    + _answer("200 OK", _SDP, Content_Base=URL + "/", Public="OPTIONS, GET_PARAMETER")
    + _answer("200 OK", Session="abc;timeout=60", Transport="RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=AB")
    + _answer("200 OK", Session="abc", Transport="RTP/AVP/TCP;unicast;interleaved=2-3")
    + _answer("200 OK", Session="abc", RTP_Info="url=x;seq=1;rtptime=0")
)
_REPORT = struct.pack(">BBHIIIIII", 0x80, 200, 6, 7, 3_900_000_000, 0, 90_000, 5, 600)
_GOODBYE = struct.pack(">BBHI", 0x81, 203, 1, 9)
_H265 = h265_over_rtp(frames=3, gop=3, mtu=200, width=64, height=48)
_AAC = audio_over_rtp("aac", mtu=200, seconds=0.4)
_PLAYING = (
    interleaved(_H265.rtp[:20])
    + interleaved([_REPORT, _GOODBYE], channel=1)
    + interleaved(_AAC.rtp[:4], channel=2)
    + _answer("200 OK")
    + f"REDIRECT {URL} RTSP/1.0\r\nCSeq: 7\r\nLocation: rtsp://elsewhere/\r\n\r\n".encode()
    + _answer("454 Session Not Found")
)


def _in_pieces(data: bytes) -> list[bytes]:
    """Cut where the data itself says, so that the same bytes are always cut alike."""
    at = (data[0] * 37 + len(data)) % (len(data) + 1) if data else 0
    return [data[:at], data[at:]]


def _converse(client: RtspClient, data: bytes) -> None:
    left, now = b"", 1.0
    for piece in _in_pieces(data):
        frames: list[Frame] = []
        buffer = bytearray(left + piece)
        with memoryview(buffer) as view:
            taken = client.receive(view, 0, len(view), frames, now)
            assert 0 <= taken <= len(view)
            left = bytes(view[taken:])
            client.depacketizer.keep()
        assert sum(len(frame.data) for frame in frames) <= 4 * len(data) + 64
        assert len(client.take_bytes()) <= 64 * 1024
        now += 30.0
        if now >= client.next_deadline():
            client.on_deadline(now)
    assert sum(len(frame.data) for frame in client.take_audio()) <= len(data)


def _client(**options: object) -> RtspClient:
    credentials = Credentials("cam", "hush-hush")
    return RtspClient(URL, credentials, 0.0, encodings=("H264", "H265"), wants_audio=True, **options)  # type: ignore[arg-type]


def try_dialogue(data: bytes) -> None:
    """Answers to a client from its first request on, over TCP and over UDP."""
    with contextlib.suppress(*MAY_HAPPEN):
        _converse(_client(), data)
    with contextlib.suppress(*MAY_HAPPEN):
        _converse(_client(ports=UdpPorts(40_000, 40_002)), data)


def try_playing(data: bytes) -> None:
    """What comes to a client that plays: pictures, sound, reports, requests."""
    client = _client()
    with memoryview(_DIALOGUE) as view:
        client.receive(view, 0, len(view), [], 0.5)
    with contextlib.suppress(*MAY_HAPPEN):
        _converse(client, data)


def try_sdp(data: bytes) -> None:
    with contextlib.suppress(Invalid):
        for media in sdp.parse(data).media:
            assert media.name and media.clock_rate > 0 and 0 <= media.max_don_diff < 32_768
            for unit in media.parameter_sets():
                assert len(unit) <= len(data)
            depacketizer_for(media)


def try_login(data: bytes) -> None:
    login = Login(Credentials("cam", "hush-hush"))
    for header in data.decode("utf-8", "surrogateescape").split("\n"):
        with contextlib.suppress(Invalid):
            login.challenged([header])
    assert "hush-hush" not in (login.authorize("PLAY", URL) or "")


def _depacketize(depacketizer: H264Depacketizer | H265Depacketizer, data: bytes) -> None:
    frames, left, seen = list[Frame](), b"", 0
    depacketizer.others = []
    for piece in _in_pieces(data):
        buffer = bytearray(left + piece)
        with memoryview(buffer) as view:
            taken = depacketizer.feed(view, 0, len(view), 0, frames)
            assert 0 <= taken <= len(view)
            left = bytes(view[taken:])
            depacketizer.keep()
        for frame in frames[seen:]:
            _walk(frame.data)
        seen = len(frames)
    depacketizer.take_packet(memoryview(data[4:]), frames)
    assert sum(len(frame.data) for frame in frames) <= 8 * len(data) + 64


def _walk(sample: bytes) -> None:
    """A sample is whole units behind their lengths, whatever was lost."""
    at = 0
    while at < len(sample):
        at += 4 + int.from_bytes(sample[at : at + 4], "big")
    assert at == len(sample)


def try_h264(data: bytes) -> None:
    with contextlib.suppress(Invalid):
        _depacketize(H264Depacketizer(), data)


def try_h265(data: bytes) -> None:
    for max_don_diff in (0, 3):
        with contextlib.suppress(Invalid):
            _depacketize(H265Depacketizer(max_don_diff=max_don_diff), data)


def _split(data: bytes) -> list[bytes]:
    """Datagrams: what stands behind interleaved headers, as far as the lengths make sense."""
    found, at = list[bytes](), 0
    while at + 4 <= len(data):
        length = int.from_bytes(data[at + 2 : at + 4], "big") % 2_000
        found.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return found


def try_audio(data: bytes) -> None:
    media = sdp.parse(_SDP.encode()).media[1]
    g711 = sdp.Media("audio", 8, "PCMA", 8_000)
    for depacketizer in (depacketizer_for(media), depacketizer_for(g711)):
        assert depacketizer is not None
        frames: list[AudioFrame] = []
        for packet in _split(data):
            depacketizer.take_packet(memoryview(packet), frames)
        assert sum(len(frame.data) for frame in frames) <= len(data)


def try_datagrams(data: bytes) -> None:
    buffer, given = ReorderBuffer(depth=16), 0
    packets = _split(data)
    for number, packet in enumerate(packets):
        given += len(buffer.push(packet, number / 10)) + len(buffer.expire(number / 10))
        assert len(buffer._waiting) <= 16
    assert given <= len(packets)


def try_reports(data: bytes) -> None:
    reception = rtcp.Reception()
    for item in rtcp.parse(data):
        if isinstance(item, rtcp.SenderReport):
            item.wall_of(len(data), 90_000)
            reception.heard(item, 1.0)
            reception.write(1, len(data) & 0xFFFF, len(data), 2.0)


def try_parameter_sets(data: bytes) -> None:
    with contextlib.suppress(Invalid):
        parse_h265_sps(data)


def targets() -> tuple[Target, ...]:
    """All of them."""
    clip = a_clip(frames=4, gop=2)
    h264 = b"".join(packet for n, unit in enumerate(clip.units) for packet in packetize(unit, 20 * n, 3600 * n)[:6])
    stap = b"\x18" + b"".join(struct.pack(">H", len(nal)) + nal for nal in (clip.sps, clip.pps))
    h264 = interleaved([struct.pack(">BBHII", 0x80, 96, 65_535, 0, 1) + stap]) + h264
    odd = interleaved([struct.pack(">BBHII", 0xB1, 0x80 | 96, 9, 1, 1) + bytes(4) + b"\xbe\xde\0\1" + bytes(4) + stap])
    h265 = interleaved(_H265.rtp[:24])
    paci = interleaved([struct.pack(">BBHII", 0x80, 96, 7, 1, 1) + b"\x64\x01\x26\x30extbody"])
    sets = tuple(unit for unit in (clip.sps, _H265.encoded[0][4:28], _H265.encoded[0][28:90]) if unit)
    datagrams = interleaved(_H265.rtp[:12]) + interleaved(_H265.rtp[3:9])
    return (
        Target("dialogue", (_DIALOGUE,), try_dialogue),
        Target("playing", (_PLAYING,), try_playing),
        Target("sdp", (_SDP.encode(), _SDP.replace("\r\n", "\n").encode()), try_sdp),
        Target("login", (_CHALLENGE.encode(), b'Basic realm="a"\n' + _CHALLENGE.encode()), try_login),
        Target("h264", (h264, odd), try_h264),
        Target("h265", (h265, paci, h265 + paci), try_h265),
        Target("audio", (interleaved(_AAC.rtp[:8]),), try_audio),
        Target("datagrams", (datagrams,), try_datagrams),
        Target("reports", (_REPORT + _GOODBYE, _REPORT * 3), try_reports),
        Target("parameter-sets", sets, try_parameter_sets),
    )
