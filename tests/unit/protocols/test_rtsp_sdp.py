"""Session descriptions as cameras write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.rtp import audio_over_rtp

from qorgan.kernel.errors import Invalid
from qorgan.protocols.rtsp import sdp
from qorgan.protocols.rtsp.messages import resolve

TIDY = b"""v=0\r
o=- 1 1 IN IP4 192.0.2.7\r
s=Media Presentation\r
c=IN IP4 0.0.0.0\r
t=0 0\r
a=control:rtsp://192.0.2.7:554/Streaming/Channels/101/\r
m=video 0 RTP/AVP 96\r
a=control:rtsp://192.0.2.7:554/Streaming/Channels/101/trackID=1\r
a=rtpmap:96 H265/90000\r
a=fmtp:96 sprop-vps=QAEMAf//AWAAAAMAsAAAAwAAAwB7rAk=; sprop-sps=QgEB; sprop-pps=RAHA\r
m=audio 0 RTP/AVP 104\r
a=recvonly\r
a=control:trackID=2\r
a=rtpmap:104 mpeg4-generic/16000/1\r
a=fmtp:104 streamtype=5; mode=AAC-hbr; config=1408;SizeLength=13; IndexLength=3; IndexDeltaLength=3; Profile=1;\r
m=application 0 RTP/AVP 107\r
a=rtpmap:107 vnd.onvif.metadata/90000\r
"""

SLOPPY = b"""m=VIDEO 0 RTP/AVP 97 96
A=RTPMAP: 96  h264/90000
a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0IAHpWoKAv+,aM48gA
a=control:/trackID=0
m=audio 0 RTP/AVP 8
"""


def test_a_tidy_description():
    description = sdp.parse(TIDY)
    video, sound, metadata = description.media

    assert ("video", "H265", 90_000) == (video.kind, video.encoding, video.clock_rate)
    assert [64, 66, 68] == [unit[0] for unit in video.parameter_sets()]
    assert "rtsp://192.0.2.7:554/Streaming/Channels/101/" == description.control
    assert ("MPEG4-GENERIC", 16_000, 1, "recvonly") == (
        sound.encoding,
        sound.clock_rate,
        sound.channels,
        sound.direction,
    )
    assert ("1408", "13") == (sound.fmtp["config"], sound.fmtp["sizelength"])
    assert "AAC" == sound.name
    assert "application" == metadata.kind


def test_a_sloppy_one():
    video, sound = sdp.parse(SLOPPY).media

    assert ("H264", 96, "/trackID=0") == (video.encoding, video.payload_type, video.control)
    assert [0x67, 0x68] == [unit[0] for unit in video.parameter_sets()], "base64 without its padding"
    assert ("PCMA", 8_000, "") == (sound.encoding, sound.clock_rate, sound.control)


@pytest.mark.parametrize("ends", [b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\n"])
def test_lines_end_as_they_like(ends):
    assert "H265" == sdp.parse(TIDY.replace(b"\r\n", ends)).media[0].encoding


def test_what_the_parameters_give_away_where_the_map_is_missing():
    h264 = sdp.parse(b"m=video 0 RTP/AVP 96\na=fmtp:96 packetization-mode=1").media[0]
    h265 = sdp.parse(b"m=video 0 RTP/AVP 96\na=fmtp:96 sprop-sps=QgEB").media[0]
    unnumbered = sdp.parse(b"m=video 0 RTP/AVP 96\na=rtpmap:H264/90000").media[0]
    assert ("H264", "H265", "H264") == (h264.encoding, h265.encoding, unnumbered.encoding)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"m=video 0 RTP/AVP 26", "MJPEG"),
        (b"m=video 0 RTP/AVP 98\na=rtpmap:98 MP4V-ES/90000", "MPEG-4 part 2"),
        (b"m=video 0 RTP/AVP 98\na=rtpmap:98 AV1/90000", "AV1"),
        (b"m=video 0 RTP/AVP 99", "payload type 99"),
        (b"m=video", "payload type -1"),
    ],
)
def test_everything_has_a_name(line, name):
    assert name == sdp.parse(line).media[0].name


def test_encrypted_media_and_decoding_order_are_noticed():
    media = sdp.parse(b"m=video 0 RTP/SAVP 96\na=rtpmap:96 H265/90000\na=fmtp:96 sprop-max-don-diff=2").media[0]
    assert (True, 2) == (media.secure, media.max_don_diff)


def test_numbers_without_measure_are_no_numbers():
    text = (
        b"m=video 0 RTP/AVP 96\na=rtpmap:96 H264/99999999999999999999/-1\na=fmtp:96 sprop-max-don-diff=" + b"9" * 9000
    )
    media = sdp.parse(text).media[0]
    assert (90_000, 1, 0) == (media.clock_rate, media.channels, media.max_don_diff)


@pytest.mark.parametrize("data", [b"", b"v=0\r\n", b"\xff" * 70_000])
def test_no_media_or_too_much_is_invalid(data):
    with pytest.raises(Invalid):
        sdp.parse(data)


CONTROLS = {
    ("rtsp://h:554/a", "trackID=1"): "rtsp://h:554/a/trackID=1",
    ("rtsp://h:554/a/", "trackID=1"): "rtsp://h:554/a/trackID=1",
    ("rtsp://h:554/a?channel=1&subtype=0", "trackID=1"): "rtsp://h:554/a?channel=1&subtype=0/trackID=1",
    ("rtsp://h:554/a", "/b"): "rtsp://h:554/b",
    ("rtsp://h:554/a", "*"): "rtsp://h:554/a",
    ("rtsp://h:554/a", ""): "rtsp://h:554/a",
    ("rtsp://h:554/a", "RTSP://10.0.0.1/x"): "RTSP://10.0.0.1/x",
    ("rtsps://h:322/a", "rtsps://h:322/a/t"): "rtsps://h:322/a/t",
}


@pytest.mark.parametrize("case", CONTROLS)
def test_a_control_becomes_a_url(case):
    assert CONTROLS[case] == resolve(*case)


def test_what_ffmpeg_describes_is_understood():
    """The AAC of the test's own sender, described as RFC 3640 §4.1 says."""
    config = audio_over_rtp("aac").extradata.hex()
    text = f"m=audio 0 RTP/AVP 97\na=rtpmap:97 MPEG4-GENERIC/16000/1\na=fmtp:97 mode=AAC-hbr;config={config}"
    assert config == sdp.parse(text.encode()).media[0].fmtp["config"]


@settings(max_examples=300, deadline=None)
@given(lines=st.lists(st.sampled_from(TIDY.split(b"\r\n") + SLOPPY.split(b"\n")) | st.binary(max_size=60), max_size=30))
def test_any_order_of_any_lines_is_read_or_invalid(lines):
    try:
        description = sdp.parse(b"\r\n".join(lines))
    except Invalid:
        return
    for media in description.media:
        assert media.name and media.clock_rate > 0 and isinstance(media.parameter_sets(), tuple)
