"""H.265 packets become the same pictures, whoever cut them and wherever the network cuts the stream."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.h264 import avcc, split_annex_b, under_another_number
from tests.support.rtp import h265_over_rtp, interleaved

from qorgan.kernel.errors import Invalid
from qorgan.protocols.rtsp.h264 import MAX_FRAME_BYTES, Frame
from qorgan.protocols.rtsp.h265 import IRAP, PPS, SPS, VPS, H265Depacketizer, parse_h265_sps

AP, FU, PACI = 48, 49, 50


def kind_of(nal: bytes) -> int:
    return nal[0] >> 1 & 0x3F


def expected() -> list[bytes]:
    """The samples of the source: NAL units as the encoder made them, without parameter sets."""
    units = [split_annex_b(unit) for unit in h265_over_rtp().encoded]
    return [avcc(tuple(nal for nal in unit if kind_of(nal) not in (VPS, SPS, PPS))) for unit in units]


def source_set(kind: int) -> bytes:
    return next(nal for nal in split_annex_b(h265_over_rtp().encoded[0]) if kind_of(nal) == kind)


def feed(depacketizer: H265Depacketizer, data: bytes) -> list[Frame]:
    frames: list[Frame] = []
    with memoryview(data + bytes(19)) as view:
        depacketizer.feed(view, 0, len(view), 0, frames)
        depacketizer.keep()
    return frames


def packet(payload: bytes, seq: int, timestamp: int = 0, *, marker: bool = False) -> bytes:
    return struct.pack(">BBHII", 0x80, 96 | marker << 7, seq & 0xFFFF, timestamp, 5) + payload


def a_nal(kind: int, body: bytes = b"\x80body") -> bytes:
    return bytes([kind << 1, 1]) + body


def sample(*nals: bytes) -> bytes:
    return avcc(nals)


def test_every_picture_of_a_real_encoder_arrives_byte_for_byte():
    sent = h265_over_rtp()
    assert {AP, FU} <= {kind_of(p[12:]) for p in sent.rtp}, "the muxer's packets are of all kinds"
    depacketizer = H265Depacketizer()
    frames = feed(depacketizer, interleaved(sent.rtp))

    assert expected() == [frame.data for frame in frames]
    assert [number % 10 == 0 for number in range(30)] == [frame.key for frame in frames]
    assert not any(frame.damaged for frame in frames)
    assert (source_set(VPS), source_set(SPS), source_set(PPS)) == depacketizer.parameter_sets
    assert depacketizer.changed and 0 == depacketizer.lost_packets
    assert {3600} == {b.timestamp - a.timestamp for a, b in zip(frames[:-1], frames[1:], strict=True)}


@settings(max_examples=60, deadline=None)
@given(cuts=st.lists(st.integers(0, 60_000), max_size=40), mtu=st.sampled_from([64, 300, 1400]))
def test_it_does_not_matter_where_the_network_cuts_the_stream(cuts, mtu):
    data = interleaved(h265_over_rtp(mtu=mtu).rtp) + bytes(19)
    depacketizer, frames, left = H265Depacketizer(), list[Frame](), b""
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    for start, end in zip(edges[:-1], edges[1:], strict=True):
        buffer = bytearray(left + data[start:end])
        with memoryview(buffer) as view:
            left = bytes(view[depacketizer.feed(view, 0, len(view), 0, frames) :])
            depacketizer.keep()
            buffer[:] = bytes(len(buffer))  # the shared buffer is overwritten: nothing may still point into it

    assert expected() == [frame.data for frame in frames]


def test_one_packet_at_a_time_is_the_same():
    depacketizer, frames = H265Depacketizer(), list[Frame]()
    for data in h265_over_rtp().rtp:
        depacketizer.take_packet(memoryview(data), frames)

    assert expected() == [frame.data for frame in frames]


@pytest.mark.parametrize("which", ["the first", "a middle", "the last"])
def test_a_lost_packet_of_a_picture_keeps_the_others_and_leaves_a_mark(which):
    packets = list(h265_over_rtp().rtp)
    sixth = sorted({p[4:8] for p in packets})[5]
    fus = [n for n, p in enumerate(packets) if p[4:8] == sixth and kind_of(p[12:]) == FU]
    wanted = {"the first": 0x80, "a middle": 0, "the last": 0x40}[which]
    lost = next(n for n in fus if packets[n][14] & 0xC0 == wanted)
    del packets[lost]
    depacketizer = H265Depacketizer()
    frames = feed(depacketizer, interleaved(packets))

    assert 1 == depacketizer.lost_packets
    assert 1 == sum(frame.damaged for frame in frames)
    whole = expected()
    assert whole[:2] == [frame.data for frame in frames[:2]]
    assert len([frame for frame in frames if frame.data in whole]) == len(whole) - 1


def test_the_end_of_one_picture_and_the_beginning_of_the_next_lost_marks_both():
    slices = [a_nal(1, b"\x80one"), a_nal(1, b"\x00two"), a_nal(1, b"\x80three"), a_nal(1, b"\x00four"), a_nal(1)]
    packets = [packet(nal, n, n // 2 * 3600, marker=n % 2 == 1) for n, nal in enumerate(slices)]
    frames = feed(H265Depacketizer(), interleaved([packets[0], packets[3], packets[4], packet(a_nal(1), 5, 10_800)]))

    assert [True, True, False] == [frame.damaged for frame in frames]


def test_the_end_of_a_picture_lost_does_not_blame_the_next_one():
    slices = [a_nal(1, b"\x80one"), a_nal(1, b"\x00two"), a_nal(1, b"\x80three")]
    packets = [packet(nal, n, n // 2 * 3600) for n, nal in enumerate(slices)]
    frames = feed(H265Depacketizer(), interleaved([packets[0], packets[2], packet(a_nal(1), 3, 10_800)]))

    assert [True, False] == [frame.damaged for frame in frames]


def test_who_comes_in_the_middle_of_a_picture_knows_that_it_is_not_whole():
    end_of_one_slice, another = bytes([FU << 1, 1, 0x40 | 1]) + b"end", a_nal(1, b"\x00slice")
    frames = feed(H265Depacketizer(), interleaved([packet(end_of_one_slice, 9), packet(another, 10, marker=True)]))

    assert [(sample(another), True)] == [(frame.data, frame.damaged) for frame in frames]


def test_a_camera_that_counts_anew_has_not_lost_forty_thousand_packets():
    depacketizer = H265Depacketizer()
    frames = feed(
        depacketizer, interleaved([packet(a_nal(1), seq, seq, marker=True) for seq in (7, 8, 40_000, 40_001)])
    )

    assert 0 == depacketizer.lost_packets
    assert [False, False, True, False] == [frame.damaged for frame in frames]


def test_sei_and_delimiters_stay_and_parameter_sets_of_a_fragmented_unit_are_found():
    sps = source_set(SPS)
    header = struct.pack(">H", (sps[0] << 8 | sps[1]) & 0x81FF | FU << 9)
    pieces = [header + bytes([0x80 | SPS]) + sps[2:10], header + bytes([0x40 | SPS]) + sps[10:]]
    aud, sei, suffix, end = a_nal(35, b"P"), a_nal(39, b"\x05sei"), a_nal(40, b"\x05sei"), a_nal(36, b"")
    units = [*pieces, aud, sei, a_nal(20), suffix, end]
    packets = [packet(unit, n, 90, marker=unit is end) for n, unit in enumerate(units)]
    depacketizer = H265Depacketizer()
    frames = feed(depacketizer, interleaved(packets))

    assert [sample(aud, sei, a_nal(20), suffix, end)] == [frame.data for frame in frames]
    assert (sps, True, True) == (depacketizer.sps, depacketizer.changed, frames[0].key)


def test_of_several_picture_parameter_sets_all_are_kept():
    pps = source_set(PPS)
    second = pps[:2] + under_another_number(pps[1:])[1:]
    depacketizer = H265Depacketizer()
    feed(depacketizer, interleaved([packet(second, 1), packet(pps, 2)]))
    assert (pps, (second,)) == (depacketizer.pps, depacketizer.more_pps)


def test_a_file_can_begin_only_when_all_three_kinds_of_sets_are_there():
    depacketizer = H265Depacketizer((source_set(SPS), source_set(PPS)))
    assert not depacketizer.is_complete
    feed(depacketizer, interleaved([packet(source_set(VPS), 1)]))
    assert depacketizer.is_complete


def test_only_random_access_pictures_are_keys():
    packets = [packet(a_nal(kind), n, n * 90, marker=True) for n, kind in enumerate([1, 0, 9, 16, 19, 20, 21])]
    frames = feed(H265Depacketizer(), interleaved(packets))

    assert [False, False, False, True, True, True, True] == [frame.key for frame in frames]
    assert 21 in IRAP


def test_a_payload_content_information_packet_loses_its_wrapping_and_nothing_else():
    nal = a_nal(19, b"\x80" + bytes(range(100)))
    fields = 19 << 9 | 3 << 4  # cType, three bytes of extensions
    wrapped = bytes([PACI << 1, 1]) + struct.pack(">H", fields) + b"ext" + nal[2:]
    frames = feed(H265Depacketizer(), interleaved([packet(wrapped, 1, marker=True)]))
    assert [(sample(nal), True)] == [(frame.data, frame.key) for frame in frames]

    fu_fields = FU << 9 | 0 << 4
    header = bytes([PACI << 1, 1]) + struct.pack(">H", fu_fields)
    first, last = header + bytes([0x80 | 19]) + nal[2:50], header + bytes([0x40 | 19]) + nal[50:]
    frames = feed(H265Depacketizer(), interleaved([packet(first, 1), packet(last, 2, marker=True)]))
    assert [(sample(nal), True)] == [(frame.data, frame.key) for frame in frames]


@pytest.mark.parametrize("kind", [48, 51, 63])
def test_units_that_no_file_may_hold_are_left_out(kind):
    """Types 48 to 63 are unspecified, or RTP's own (ITU-T H.265 table 7-1), wherever they hide."""
    odd, good = a_nal(kind), a_nal(1)
    aggregated = bytes([AP << 1, 1]) + b"".join(struct.pack(">H", len(unit)) + unit for unit in (odd, good))
    fragmented = [bytes([FU << 1, 1, flags | kind]) + bytes(20) for flags in (0x80, 0x40)]
    packets = [packet(aggregated, 1, marker=True), *(packet(part, 2 + n, 9) for n, part in enumerate(fragmented))]

    frames = feed(H265Depacketizer(), interleaved([*packets, packet(good, 4, 9, marker=True)]))
    assert [sample(good)] * 2 == [frame.data for frame in frames]


def test_a_picture_of_which_nothing_is_left_is_none():
    """A unit begins at the end of what was read at once, and its rest is lost: an empty sample is no picture."""
    start, end = (bytes([FU << 1, 1, flags | 19]) + bytes(40) for flags in (0x80, 0x40))
    depacketizer = H265Depacketizer()

    frames = feed(depacketizer, interleaved([packet(start, 1)]))
    frames += feed(depacketizer, interleaved([packet(end, 3, marker=True)]))
    assert [] == [frame.data for frame in frames]


def test_padding_and_header_extensions_are_taken_off():
    nal = a_nal(1, bytes(range(40)))
    padded = struct.pack(">BBHII", 0xA0, 0x80 | 96, 7, 0, 1) + nal + b"\0\0\0\4"
    extended = struct.pack(">BBHII", 0x90, 0x80 | 96, 8, 9, 1) + struct.pack(">HH4x", 0xBEDE, 1) + nal
    frames = feed(H265Depacketizer(), interleaved([padded, extended]))

    assert [sample(nal), sample(nal)] == [frame.data for frame in frames]


def with_don(kind: str, number: int, nal: bytes, seq: int, timestamp: int, marker: bool = True) -> list[bytes]:
    """One NAL unit with its decoding order number: whole, or in fragments."""
    don = struct.pack(">H", number & 0xFFFF)
    if kind == "whole":
        return [packet(nal[:2] + don + nal[2:], seq, timestamp, marker=marker)]
    header = struct.pack(">H", (nal[0] << 8 | nal[1]) & 0x81FF | FU << 9)
    return [
        packet(header + bytes([0x80 | kind_of(nal)]) + don + nal[2:5], seq, timestamp),
        packet(header + bytes([0x40 | kind_of(nal)]) + nal[5:], seq + 1, timestamp, marker=marker),
    ]


@pytest.mark.parametrize("kind", ["whole", "in fragments"])
def test_decoding_order_numbers_put_units_right_over_their_wrap_around(kind):
    order = [0, 3, 1, 2, 4, 7, 6, 5, 8, 9, 10, 11]
    packets: list[bytes] = []
    for place in order:
        nal = a_nal(19 if place == 0 else 1, b"\x80picture %d" % place)
        packets += with_don(kind, 65_530 + place, nal, 100 + len(packets), 3600 * place)
    frames = feed(H265Depacketizer(max_don_diff=3), interleaved(packets))

    assert [3600 * place for place in range(len(frames))] == [frame.timestamp for frame in frames]
    assert len(frames) >= 8 and b"picture 0" in frames[0].data and frames[0].key
    assert not any(frame.damaged for frame in frames)


def test_aggregated_units_carry_their_order_too():
    one, two, three = a_nal(1, b"\x80one"), a_nal(1, b"\x00two"), a_nal(1, b"\x80three")
    body = struct.pack(">HH", 5, len(one)) + one + bytes([0]) + struct.pack(">H", len(two)) + two
    packets = [packet(bytes([AP << 1, 1]) + body, 0, 90), *with_don("whole", 7, three, 1, 180)]
    packets += with_don("whole", 9, a_nal(1), 2, 270)
    frames = feed(H265Depacketizer(max_don_diff=1), interleaved(packets))

    assert [sample(one, two)] == [frame.data for frame in frames]


def test_a_packet_with_nothing_in_it_is_passed_over_where_order_numbers_are_expected():
    """Found by fuzzing."""
    assert [] == feed(H265Depacketizer(max_don_diff=3), interleaved([packet(b"", 1), packet(b"\x64\x01", 2)]))


def test_a_loss_among_reordered_units_marks_the_picture_that_follows_it():
    packets = [with_don("whole", n, a_nal(1, b"\x80%d" % n), n, 90 * n)[0] for n in range(8)]
    del packets[3]
    depacketizer = H265Depacketizer(max_don_diff=1)
    frames = feed(depacketizer, interleaved(packets))

    assert 1 == depacketizer.lost_packets
    assert [4 * 90] == [frame.timestamp for frame in frames if frame.damaged]


def test_what_comes_on_other_channels_is_pointed_out():
    data = interleaved([b"rtcp-report-of-20-by"], channel=1) + interleaved([packet(a_nal(1), 1, marker=True)])
    depacketizer = H265Depacketizer()
    depacketizer.others = []
    feed(depacketizer, data)

    assert [(1, 4, 24)] == depacketizer.others


def test_a_frame_without_end_is_refused_before_it_fills_the_memory():
    depacketizer = H265Depacketizer()
    piece = bytes([FU << 1, 1, 1]) + bytes(60_000)
    start = bytes([FU << 1, 1, 0x81]) + bytes(60_000)
    with pytest.raises(Invalid):
        for seq in range(MAX_FRAME_BYTES // 60_000 + 2):
            feed(depacketizer, interleaved([packet(piece if seq else start, seq)]))


def test_fragments_without_end_are_refused_by_their_number_too():
    """With order numbers each fragment is kept for itself: a byte in it costs forty of memory."""
    depacketizer, frames = H265Depacketizer(max_don_diff=2), list[Frame]()
    start, middle = bytes([FU << 1, 1, 0x81, 0, 1, 7]), bytes([FU << 1, 1, 1, 7, 7])
    with pytest.raises(Invalid):
        for seq in range(70_000):
            depacketizer.take_packet(memoryview(packet(middle if seq else start, seq)), frames)


def test_sizes_and_codec_are_read_from_a_real_sps():
    info = parse_h265_sps(source_set(SPS))

    assert (178, 98) == (info.width, info.height)
    assert info.codec.startswith("hvc1.1.6.L") and info.codec.endswith(".90")
    assert (1, 8, 8, 1) == (info.chroma_format, info.luma_bits, info.chroma_bits, info.temporal_layers)
    assert source_set(SPS).replace(b"\0\0\3", b"\0\0")[3:15] == info.profile


def test_the_codec_string_of_the_standards_own_example():
    """ISO/IEC 14496-15 Annex E.3: Main profile, compatible with Main 10, main tier, level 3.1, progressive frames."""
    sps = bytes.fromhex("42010101600000 03 00b0000003000003005da00280802d165959a4932bc05a70808000000300800000198210")
    assert "hvc1.1.6.L93.B0" == parse_h265_sps(sps).codec


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=80))
def test_a_damaged_sps_is_invalid_and_nothing_else(data):
    try:
        parse_h265_sps(b"\x42\x01" + data)
    except Invalid as error:
        assert error.code == "camera.protocol_error"


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=2000), don=st.integers(0, 4))
def test_junk_never_breaks_anything(data, don):
    feed(H265Depacketizer(max_don_diff=don), b"$\0" + data)
