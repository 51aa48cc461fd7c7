"""Sound out of RTP: what a real encoder and another implementation's packets held."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.rtp import audio_over_rtp

from qorgan.protocols.rtsp.audio import AacDepacketizer, AudioFormat, AudioFrame, G711Depacketizer, depacketizer_for
from qorgan.protocols.rtsp.sdp import Media

HBR = {"mode": "AAC-hbr", "sizelength": "13", "indexlength": "3", "indexdeltalength": "3", "config": "1408"}


def aac_media(**changes: str) -> Media:
    return Media("audio", 97, "MPEG4-GENERIC", 16_000, fmtp=HBR | changes)


def take(depacketizer, packets) -> list[AudioFrame]:
    frames: list[AudioFrame] = []
    for packet in packets:
        depacketizer.take_packet(memoryview(packet), frames)
    return frames


def packet(payload: bytes, seq: int, timestamp: int, *, marker: bool = True) -> bytes:
    return struct.pack(">BBHII", 0x80, 97 | marker << 7, seq, timestamp, 9) + payload


def access_units(*units: bytes, deltas: tuple[int, ...] = ()) -> bytes:
    """RFC 3640 §3.3.6: headers of 13 bits size and 3 bits index."""
    headers = b"".join(
        struct.pack(">H", len(unit) << 3 | (deltas[n] if n < len(deltas) else 0)) for n, unit in enumerate(units)
    )
    return struct.pack(">H", 8 * len(headers)) + headers + b"".join(units)


@pytest.mark.parametrize("mtu", [1_400, 100])
def test_aac_of_a_real_encoder_arrives_byte_for_byte_whole_or_in_fragments(mtu):
    sent = audio_over_rtp("aac", mtu=mtu)
    depacketizer = AacDepacketizer(aac_media(config=sent.extradata.hex()))
    frames = take(depacketizer, sent.rtp)

    assert len(frames) >= len(sent.encoded) - 1
    assert list(sent.encoded)[: len(frames)] == [frame.data for frame in frames]
    assert {1024} == {frame.duration for frame in frames}
    assert {1024} == {(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in zip(frames[:-1], frames[1:], strict=True)}
    assert AudioFormat("mp4a.40.2", 16_000, 1, sent.extradata) == depacketizer.format


@pytest.mark.parametrize(("codec", "encoding", "name"), [("pcm_alaw", "PCMA", "alaw"), ("pcm_mulaw", "PCMU", "ulaw")])
def test_g711_is_samples_and_nothing_else(codec, encoding, name):
    sent = audio_over_rtp(codec, rate=8_000)
    depacketizer = G711Depacketizer(Media("audio", 8, encoding, 8_000))
    frames = take(depacketizer, sent.rtp)

    assert b"".join(sent.encoded) == b"".join(frame.data for frame in frames)
    assert {160} == {frame.duration for frame in frames}
    assert AudioFormat(name, 8_000, 1) == depacketizer.format


def test_several_units_in_one_packet_follow_one_another():
    frames = take(AacDepacketizer(aac_media()), [packet(access_units(b"one", b"second", b"3"), 1, 5_000)])

    assert [(b"one", 5_000), (b"second", 6_024), (b"3", 7_048)] == [(frame.data, frame.timestamp) for frame in frames]


def test_interleaved_units_have_their_own_place_in_time():
    frames = take(AacDepacketizer(aac_media()), [packet(access_units(b"one", b"four", deltas=(0, 2)), 1, 0)])

    assert [(b"one", 0), (b"four", 3 * 1_024)] == [(frame.data, frame.timestamp) for frame in frames]


def test_empty_units_are_passed_over_and_not_without_end():
    """A packet can hold the headers of thirty thousand empty units: work for nothing, so nobody looks at them all."""
    few = access_units(b"", b"", b"unit")
    many = access_units(*[b""] * 64, b"unit")

    assert [b"unit"] == [frame.data for frame in take(AacDepacketizer(aac_media()), [packet(few, 1, 0)])]
    assert [] == take(AacDepacketizer(aac_media()), [packet(many, 1, 0)])


def test_a_lost_packet_of_a_fragmented_unit_costs_that_unit_alone():
    unit, other = bytes(range(90)), b"whole"
    pieces = [
        packet(struct.pack(">HH", 16, 90 << 3) + unit[at : at + 30], at // 30, 0, marker=False) for at in (0, 30, 60)
    ]
    depacketizer = AacDepacketizer(aac_media())
    frames = take(depacketizer, [pieces[0], pieces[2], packet(access_units(other), 3, 1_024)])

    assert [other] == [frame.data for frame in frames]
    assert 1 == depacketizer.lost_packets
    assert [unit] == [frame.data for frame in take(AacDepacketizer(aac_media()), pieces)]


def test_a_lost_packet_of_g711_is_counted_and_the_timestamps_show_the_hole():
    depacketizer = G711Depacketizer(Media("audio", 8, "PCMA", 8_000))
    frames = take(
        depacketizer,
        [packet(bytes(160), seq & 0xFFFF, 160 * n) for n, seq in enumerate(range(65_534, 65_540)) if n != 3],
    )

    assert 1 == depacketizer.lost_packets
    assert [0, 160, 320, 640, 800] == [frame.timestamp for frame in frames]


@pytest.mark.parametrize(
    "changes", [{"sizelength": ""}, {"config": ""}, {"config": "zz"}, {"config": "0000"}, {"ctsdeltalength": "4"}]
)
def test_sound_described_in_a_way_we_cannot_read_is_left_out(changes):
    assert depacketizer_for(aac_media(**changes)) is None


def test_sound_that_we_do_not_know_is_left_out():
    assert depacketizer_for(Media("audio", 98, "OPUS", 48_000)) is None


def test_aac_with_band_replication_has_frames_twice_as_long():
    """HE-AAC: AudioSpecificConfig 2b11 88: kind 5, 24 kHz inside, 48 kHz outside."""
    depacketizer = AacDepacketizer(Media("audio", 97, "MPEG4-GENERIC", 48_000, fmtp=HBR | {"config": "2b118800"}))
    assert [2_048] == [frame.duration for frame in take(depacketizer, [packet(access_units(b"x"), 1, 0)])]


@settings(max_examples=300, deadline=None)
@given(packets=st.lists(st.binary(max_size=80), max_size=6), sizes=st.tuples(*[st.integers(1, 32)] * 3))
def test_junk_never_breaks_anything(packets, sizes):
    names = ("sizelength", "indexlength", "indexdeltalength")
    depacketizer = AacDepacketizer(aac_media(**{name: str(size) for name, size in zip(names, sizes, strict=True)}))
    for frame in take(depacketizer, [b"\x80\x61" + data for data in packets]):
        assert frame.data
    take(G711Depacketizer(Media("audio", 8, "PCMA", 8_000, 2)), packets)
