"""Reports of cameras read, ours written."""

import struct
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.rtp import h265_over_rtp

from qorgan.protocols.rtsp import rtcp
from qorgan.protocols.rtsp.rtcp import Bye, Reception, SenderReport

NTP_1970 = 2_208_988_800


def sender_report(
    *, ssrc: int = 7, seconds: int = NTP_1970 + 1_000, fraction: int = 1 << 31, rtp: int = 90_000
) -> bytes:
    return struct.pack(">BBHIIIIII", 0x80, 200, 6, ssrc, seconds & 0xFFFFFFFF, fraction, rtp, 5, 600)


def test_a_sender_report_says_what_the_cameras_clock_showed():
    (report,) = rtcp.parse(sender_report())

    assert isinstance(report, SenderReport)
    assert (7, 1_000_500_000, 90_000) == (report.ssrc, report.wall_us, report.rtp)
    assert 1_002_500_000 == report.wall_of(270_000, 90_000)
    assert 999_500_000 == report.wall_of(0, 90_000)
    assert 999_500_000 - 1_000_000 == report.wall_of(-90_000 & 0xFFFFFFFF, 90_000), "over the wrap-around"


def test_another_implementations_report_is_read():
    reports = [item for data in h265_over_rtp().rtcp for item in rtcp.parse(data)]
    assert reports and all(isinstance(item, SenderReport) for item in reports)


def test_a_camera_without_a_clock_has_none():
    (report,) = rtcp.parse(sender_report(seconds=1234))
    assert isinstance(report, SenderReport) and report.wall_us is None and report.wall_of(5, 90_000) is None


def test_after_february_2036_the_count_has_begun_anew():
    at = datetime(2040, 5, 1, tzinfo=UTC)
    (report,) = rtcp.parse(sender_report(seconds=NTP_1970 + int(at.timestamp()), fraction=0))
    assert isinstance(report, SenderReport) and report.wall_us == int(at.timestamp()) * 1_000_000


def test_a_compound_packet_with_a_goodbye():
    sdes = struct.pack(">BBHI", 0x81, 202, 3, 7) + b"\x01\x03cam\0\0\0"
    bye = struct.pack(">BBHII", 0x82, 203, 2, 7, 9)
    kinds = [type(item) for item in rtcp.parse(sender_report() + sdes + bye)]
    assert [SenderReport, Bye] == kinds
    assert Bye((7, 9)) == rtcp.parse(sdes + bye)[0]


def test_hostile_lengths_end_the_reading():
    assert [] == rtcp.parse(b"\x80\xc8\xff\xff" + bytes(40))
    assert [] == rtcp.parse(struct.pack(">BBHI", 0x80, 200, 1, 7))
    assert [Bye((7,))] == rtcp.parse(struct.pack(">BBHI", 0x9F, 203, 1, 7))
    assert 64 >= len(rtcp.parse(struct.pack(">BBHI", 0x81, 203, 1, 7) * 5_000))


def block_of(report: bytes) -> tuple[int, ...]:
    assert (0x81, 201, 7) == struct.unpack_from(">BBH", report)
    return struct.unpack_from(">IIIIIII", report, 4)


def test_a_receiver_report_says_what_was_lost_since_the_last_one():
    reception = Reception()
    assert b"" == reception.write(99, 5, 0, 0.0)
    (report,) = rtcp.parse(sender_report())
    assert isinstance(report, SenderReport)
    reception.heard(report, 10.0)
    assert b"" == reception.write(99, -1, 0, 10.0)

    reception.write(99, 65_436, 0, 10.0)
    own, source, lost, highest, jitter, lsr, delay = block_of(reception.write(99, 0, 25, 12.0))
    assert (99, 7, 0, report.ntp_middle, 2 * 65_536) == (own, source, jitter, lsr, delay)
    assert (25 * 256 // 100, 25) == (lost >> 24, lost & 0xFFFFFF)
    assert 65_535 == highest
    _, _, lost, highest, *_ = block_of(reception.write(99, 100, 25, 13.0))
    assert (0, 25, 65_536 + 99) == (lost >> 24, lost & 0xFFFFFF, highest)


def test_our_report_is_a_compound_packet_that_others_can_walk():
    reception = Reception()
    (report,) = rtcp.parse(sender_report())
    assert isinstance(report, SenderReport)
    reception.heard(report, 0.0)
    data, kinds = reception.write(1, 10, 0, 1.0), []
    while data:
        _, kind, words = struct.unpack_from(">BBH", data)
        kinds.append(kind)
        data = data[4 + 4 * words :]
    assert [201, 202] == kinds


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=300), tail=st.binary(max_size=60))
def test_junk_is_left_out(data, tail):
    for item in [*rtcp.parse(data), *rtcp.parse(b"\x80\xc8\x00\x06" + tail)]:
        if isinstance(item, SenderReport):
            item.wall_of(5, 90_000)
            reception = Reception()
            reception.heard(item, 0.0)
            reception.write(1, 3, 2**40, -5.0)
