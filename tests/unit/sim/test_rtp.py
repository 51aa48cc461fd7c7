"""Packets for many viewers: laid out once, stamped often."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from qorgan.sim import rtp
from qorgan.sim.rtp import Packets

nals = st.lists(st.binary(min_size=2, max_size=4500).map(lambda rest: b"\x65" + rest), min_size=1, max_size=4)


def read(data: bytes) -> list[tuple[int, int, int, int, bytes]]:
    """Marker, sequence number, time, source and payload of each packet."""
    packets = []
    while data:
        dollar, _, length, version, kind, *rest = struct.unpack(">BBHBBHII", data[:16])
        assert (dollar, version, kind & 0x7F) == (0x24, 0x80, 96) and length <= rtp.PACKET_BYTES
        packets.append((kind >> 7, *rest, data[16 : 4 + length]))
        data = data[4 + length :]
    return packets


@given(nals, st.integers(0, 0xFFFF))
def test_a_stamped_picture_comes_apart_as_it_was_put_together(units: list[bytes], seq: int) -> None:
    packets = Packets.of(units, ends_picture=True)
    buffer = bytearray(b"before" + packets.data)
    after = rtp.stamp(buffer, 6, packets.starts, seq, 0xFFFFFFFF, 7)
    found = read(bytes(buffer[6:]))

    assert [marker for marker, *_ in found] == [0] * (len(found) - 1) + [1]
    assert [number for _, number, *_ in found] == [(seq + n) & 0xFFFF for n in range(len(found))]
    assert after == (seq + len(found)) & 0xFFFF
    assert {(time, source) for _, _, time, source, _ in found} == {(0xFFFFFFFF, 7)}
    assert packets.payload_bytes == sum(len(payload) for *_, payload in found)
    joined: list[bytes] = []
    for *_, payload in found:
        if payload[0] & 0x1F != 28:
            joined.append(payload)
        elif payload[1] & 0x80:
            joined.append(bytes([payload[0] & 0xE0 | payload[1] & 0x1F]) + payload[2:])
        else:
            joined[-1] += payload[2:]
    assert joined == units


def test_a_later_channel_changes_nothing_else() -> None:
    packets = Packets.of([b"\x65" + bytes(5000)])
    moved = rtp.on_channel(packets.data, packets.starts, 6)
    assert {moved[start + 1] for start in packets.starts} == {6}
    assert rtp.on_channel(moved, packets.starts, 0) == packets.data


def test_a_sender_report_is_a_compound_of_whole_words() -> None:
    """RFC 3550 6.4.1: length counts 32-bit words less one; half a second is half of 2**32."""
    data = rtp.sender_report(
        channel=1, ssrc=7, wall_us=1_500_000, timestamp=9, packets=3, payload_bytes=4, name="kst-012/hall"
    )
    _, channel, length = struct.unpack(">BBH", data[:4])
    kind, words, ssrc, ntp, timestamp, packets, octets = struct.unpack(">xBHIQIII", data[4:32])
    assert (channel, length, kind, words, ssrc) == (1, len(data) - 4, 200, 6, 7)
    assert (ntp, timestamp, packets, octets) == (2_208_988_801 << 32 | 1 << 31, 9, 3, 4)
    description, more_words = struct.unpack(">xBH", data[32:36])
    assert description == 202 and 4 * (more_words + 1) == len(data) - 32
