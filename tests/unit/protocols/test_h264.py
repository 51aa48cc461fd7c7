"""Packets become the same pictures, wherever the network cuts the stream."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.h264 import a_clip, avcc, interleave, packetize, under_another_number

from qorgan.kernel.errors import Invalid
from qorgan.protocols.fmp4.parameter_sets import AvcSps
from qorgan.protocols.rtsp.h264 import MAX_FRAME_BYTES, Frame, H264Depacketizer


def feed(depacketizer: H264Depacketizer, data: bytes) -> list[Frame]:
    frames: list[Frame] = []
    view = memoryview(data)
    depacketizer.feed(view, 0, len(view), 0, frames)
    depacketizer.keep()
    return frames


def feed_in_pieces(depacketizer: H264Depacketizer, data: bytes, cuts: list[int]) -> list[Frame]:
    """As the recorder does it: what is not taken comes again in front of the next piece, in a buffer used anew."""
    frames: list[Frame] = []
    left = b""
    edges = [0, *sorted(cuts), len(data)]
    for start, end in zip(edges[:-1], edges[1:], strict=True):
        buffer = bytearray(left + data[start:end])
        with memoryview(buffer) as view:
            taken = depacketizer.feed(view, 0, len(view), 0, frames)
            left = bytes(view[taken:])
            depacketizer.keep()
            buffer[:] = bytes(len(buffer))  # the shared buffer is overwritten: nothing may still point into it
    return frames


def a_stream(clip=None, *, mtu=100, first_seq=65_500):
    clip = clip or a_clip()
    packets, seq = [], first_seq
    for number, unit in enumerate(clip.units):
        made = packetize(unit, seq, 3600 * number, mtu=mtu)
        seq += len(made)
        packets += made
    return packets


def test_every_access_unit_arrives_byte_for_byte():
    clip = a_clip()
    frames = feed(H264Depacketizer(), b"".join(a_stream(clip)) + bytes(18))

    assert [avcc(unit) for unit in clip.units] == [frame.data for frame in frames]
    assert [number % clip.gop == 0 for number in range(len(clip.units))] == [frame.key for frame in frames]
    assert not any(frame.damaged for frame in frames)


@settings(max_examples=60, deadline=None)
@given(cuts=st.lists(st.integers(0, 20_000), max_size=40), mtu=st.integers(20, 1400))
def test_it_does_not_matter_where_the_network_cuts_the_stream(cuts, mtu):
    clip = a_clip()
    data = b"".join(a_stream(clip, mtu=mtu)) + bytes(18)
    frames = feed_in_pieces(H264Depacketizer(), data, [cut for cut in cuts if cut < len(data)])

    assert [avcc(unit) for unit in clip.units] == [frame.data for frame in frames]


def test_a_lost_packet_damages_one_picture_and_keeps_the_rest():
    clip = a_clip()
    packets = a_stream(clip)
    inside = next(n for n, p in enumerate(packets) if n > 30 and p[16] & 0x1F == 28 and not p[17] & 0xC0)
    del packets[inside]
    depacketizer = H264Depacketizer()
    frames = feed(depacketizer, b"".join(packets) + bytes(18))

    assert 1 == depacketizer.lost_packets
    assert 1 == sum(frame.damaged for frame in frames)
    whole = {avcc(unit) for unit in clip.units}
    assert sum(frame.data in whole for frame in frames) >= len(clip.units) - 1


def test_parameter_sets_in_band_go_to_avcc_and_a_new_one_is_noticed():
    clip = a_clip()
    stap = b"\x18" + b"".join(struct.pack(">H", len(nal)) + nal for nal in (clip.sps, clip.pps))
    depacketizer = H264Depacketizer()
    frames = feed(depacketizer, interleave(stap, 1, 0, False) + b"".join(packetize(clip.units[0], 2, 0)) + bytes(18))

    assert (clip.sps, clip.pps, True) == (depacketizer.sps, depacketizer.pps, depacketizer.changed)
    assert [avcc(clip.units[0])] == [frame.data for frame in frames]


def test_several_picture_parameter_sets_in_turn_are_no_change():
    """Some encoders send two before each keyframe; each once is news, their repetition is not."""
    clip = a_clip()
    second = under_another_number(clip.pps)
    depacketizer = H264Depacketizer()
    for turn in (True, False):
        sets = b"".join(interleave(unit, n, 0, False) for n, unit in enumerate((clip.sps, second, clip.pps)))
        feed(depacketizer, sets + bytes(18))
        assert turn is depacketizer.changed
        depacketizer.changed = False
    assert (clip.pps, (second,)) == (depacketizer.pps, depacketizer.more_pps)
    feed(depacketizer, interleave(second + b"\0", 3, 0, False) + bytes(18))
    assert depacketizer.changed


def test_packets_of_one_size_in_the_wrong_order_are_not_a_run():
    """First and last number are as far apart as those of a run, and none comes twice."""
    nal = b"\x65" + bytes(range(256)) * 4
    packets = packetize((nal,), 1, 0)
    packets[3], packets[4] = packets[4], packets[3]

    assert all(frame.damaged for frame in feed(H264Depacketizer(), b"".join(packets)))


def test_a_marker_in_the_middle_of_a_unit_ends_the_picture_however_many_packets_come_at_once():
    packets = packetize((b"\x65" + bytes(range(256)) * 4,), 1, 0)
    packets[3] = packets[3][:5] + bytes([packets[3][5] | 0x80]) + packets[3][6:]
    one_by_one = H264Depacketizer()
    alone = [frame for packet in packets for frame in feed(one_by_one, packet)]

    together = feed(H264Depacketizer(), b"".join(packets))
    assert [(frame.data, frame.damaged) for frame in alone] == [(frame.data, frame.damaged) for frame in together]


def test_a_picture_of_which_nothing_is_left_is_none():
    """A unit begins at the end of what was read at once, and its rest is lost: an empty sample is no picture."""
    packets = packetize((b"\x65" + bytes(range(256)) * 4,), 1, 0)
    depacketizer = H264Depacketizer()

    frames = feed(depacketizer, packets[0]) + feed(depacketizer, b"".join(packets[2:]))
    assert [] == [frame.data for frame in frames]


def test_a_picture_that_lost_its_first_slice_with_the_end_of_the_one_before_is_not_whole():
    first, second = b"\x41\x80" + bytes(30), b"\x41\x40" + bytes(30)
    before, after = packetize((first, second), 1, 0), packetize((first, second), 3, 3600)

    lost_both = feed(H264Depacketizer(), before[0] + after[1])
    assert [True, True] == [frame.damaged for frame in lost_both]

    lost_the_end = feed(H264Depacketizer(), before[0] + b"".join(after))
    assert [True, False] == [frame.damaged for frame in lost_the_end]


@pytest.mark.parametrize("kind", [0, 24, 30, 31])
def test_units_that_no_file_may_hold_are_left_out(kind):
    """Types 0 and 24 to 31 are not those of pictures, wherever they hide (ITU-T H.264 table 7-1)."""
    odd, good = bytes([0x60 | kind]) + bytes(40), b"\x41\x80picture"
    aggregated = b"\x18" + b"".join(struct.pack(">H", len(unit)) + unit for unit in (odd, good))
    fragmented = [bytes([0x7C, flags | kind]) + bytes(20) for flags in (0x80, 0x40)]
    depacketizer = H264Depacketizer()

    frames = feed(depacketizer, interleave(aggregated, 1, 0, True))
    frames += feed(depacketizer, b"".join(interleave(part, 2 + n, 9, False) for n, part in enumerate(fragmented)))
    frames += feed(depacketizer, interleave(good, 4, 9, True) + bytes(18))
    assert [avcc((good,))] * 2 == [frame.data for frame in frames]


def test_a_unit_of_one_byte_is_taken_wherever_the_network_cuts_the_stream():
    """An end of sequence (type 10) is one byte long: shorter than what the loop reads at once."""
    packets = [interleave(b"\x41\x80picture", 1, 0, False), interleave(b"\x0a", 2, 0, True)]
    client, frames = H264Depacketizer(), list[Frame]()

    feed(client, packets[0])
    client.take_packet(memoryview(packets[1][4:]), frames)
    assert [frame.data for frame in feed(H264Depacketizer(), b"".join(packets) + bytes(18))] == [frames[0].data]
    assert 3 == client.next_seq


def test_padding_and_header_extensions_are_taken_off():
    nal = a_clip().units[1][0][:60]
    rtp = struct.pack(">BBHII", 0xB0, 0x80 | 96, 7, 0, 1) + struct.pack(">HH4x", 0xBEDE, 1) + nal + b"\0\0\0\4"
    frames = feed(H264Depacketizer(), struct.pack(">BBH", 0x24, 0, len(rtp)) + rtp + bytes(18))

    assert [struct.pack(">I", len(nal)) + nal] == [frame.data for frame in frames]


def test_a_header_extension_alone_is_taken_off_too():
    nal = a_clip().units[1][0][:60]
    rtp = struct.pack(">BBHII", 0x90, 0x80 | 96, 7, 0, 1) + struct.pack(">HH4x", 0xBEDE, 1) + nal
    frames = feed(H264Depacketizer(), struct.pack(">BBH", 0x24, 0, len(rtp)) + rtp + bytes(18))

    assert [struct.pack(">I", len(nal)) + nal] == [frame.data for frame in frames]


def test_a_unit_that_never_ended_is_left_out_and_what_follows_it_stays_whole():
    """Found by fuzzing: the lengths of the sample no longer fitted its units."""
    start, whole = b"\x7c\x81" + bytes(30), b"\x41" + bytes(40)
    data = interleave(start, 1, 0, False) + interleave(whole, 2, 0, True)
    again = interleave(start, 3, 90, False) + interleave(start, 4, 90, False) + interleave(b"\x7c\x41end", 5, 90, True)
    frames = feed(H264Depacketizer(), data + again + bytes(18))

    assert [(avcc((whole,)), True), (avcc((b"\x61" + bytes(30) + b"end",)), True)] == [
        (f.data, f.damaged) for f in frames
    ]


def test_who_comes_in_the_middle_of_a_picture_knows_that_it_is_not_whole():
    another = b"\x41slice"
    data = interleave(b"\x7c\x41end", 9, 0, False) + interleave(another, 10, 0, True)
    frames = feed(H264Depacketizer(), data + bytes(18))

    assert [(avcc((another,)), True)] == [(frame.data, frame.damaged) for frame in frames]


def test_a_camera_that_counts_anew_has_not_lost_forty_thousand_packets():
    depacketizer = H264Depacketizer()
    data = b"".join(interleave(b"\x41" + bytes(20), seq, seq, True) for seq in (7, 8, 40_000, 40_001))
    frames = feed(depacketizer, data + bytes(18))

    assert 0 == depacketizer.lost_packets
    assert [False, False, True, False] == [frame.damaged for frame in frames]


def test_what_comes_on_other_channels_is_pointed_out():
    data = interleave(b"report" * 3, 1, 0, True, channel=1)
    depacketizer = H264Depacketizer()
    depacketizer.others = []
    feed(depacketizer, data + interleave(b"\x41" + bytes(20), 1, 0, True) + bytes(18))

    assert [(1, 4, len(data))] == depacketizer.others


def test_a_frame_without_end_is_refused_before_it_fills_the_memory():
    depacketizer = H264Depacketizer()
    piece = b"\x7c\x05" + bytes(60_000)
    with pytest.raises(Invalid):
        for seq in range(MAX_FRAME_BYTES // 60_000 + 2):
            feed(depacketizer, interleave(piece if seq else b"\x7c\x85" + bytes(60_000), seq, 0, False) + bytes(18))


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=2000))
def test_junk_never_breaks_anything(data):
    feed(H264Depacketizer(), b"$\0" + data)


def test_the_size_of_the_picture_is_read_from_the_sps():
    info = AvcSps.parse(a_clip(frames=2, width=640, height=360).sps)

    assert (640, 360) == (info.width, info.height)
    assert info.codec.startswith("avc1.42")


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=80))
def test_a_damaged_sps_is_invalid_and_nothing_else(data):
    try:
        AvcSps.parse(b"\x67" + data)
    except Invalid as error:
        assert error.code == "camera.protocol_error"
