"""Datagrams overtake each other, come twice or not at all. What is handed on is in order; what is missing is known."""

import random
import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from qorgan.protocols.rtsp.udp import MAX_WAITING, WAIT_S, ReorderBuffer


def datagram(seq: int, ssrc: int = 1) -> bytes:
    return struct.pack(">BBHII", 0x80, 96, seq & 0xFFFF, 0, ssrc) + b"%d" % seq


def seqs(packets: list[bytes]) -> list[int]:
    return [int(packet[12:]) for packet in packets]


def push_all(buffer: ReorderBuffer, numbers, now: float = 0.0) -> list[int]:
    return seqs([packet for seq in numbers for packet in buffer.push(datagram(seq), now)])


def test_in_order_nothing_waits():
    buffer = ReorderBuffer()
    assert [1, 2, 3] == push_all(buffer, [1, 2, 3])
    assert (0, 0, 0) == (buffer.lost, buffer.late, buffer.duplicates)


def test_what_was_overtaken_is_waited_for_over_the_wrap_around_too():
    buffer = ReorderBuffer()
    assert [65_534, 65_535, 65_536, 65_537] == push_all(buffer, [65_534, 65_536, 65_537, 65_535])
    assert 0 == buffer.lost and 2 == buffer.next_seq


def test_what_does_not_come_is_given_up_after_a_time():
    buffer = ReorderBuffer()
    push_all(buffer, [1, 2])
    assert [] == push_all(buffer, [5, 6], now=1.0)
    assert [] == buffer.expire(1.0 + WAIT_S / 2)
    assert [5, 6] == seqs(buffer.expire(1.0 + WAIT_S))
    assert (2, 0) == (buffer.lost, buffer.late)
    assert [] == push_all(buffer, [4], now=2.0), "too late: nobody can use it now"
    assert 1 == buffer.late


def test_two_holes_wait_for_themselves():
    buffer = ReorderBuffer()
    push_all(buffer, [1])
    push_all(buffer, [3], now=1.0)
    push_all(buffer, [5], now=1.2)
    assert [3] == seqs(buffer.expire(1.0 + WAIT_S))
    assert [5] == seqs(buffer.expire(1.0 + 2 * WAIT_S))


def test_what_waits_is_bounded():
    buffer = ReorderBuffer()
    push_all(buffer, [0])
    handed = push_all(buffer, range(2, 2 + MAX_WAITING + 1))
    assert list(range(2, 2 + MAX_WAITING + 1)) == handed
    assert 1 == buffer.lost


def test_a_packet_that_comes_twice_is_handed_on_once():
    buffer = ReorderBuffer()
    assert [1, 2, 3] == push_all(buffer, [1, 3, 3, 1, 2, 2, 3])
    assert (1, 3) == (buffer.duplicates, buffer.late)


def test_a_camera_that_counts_anew_is_believed_at_the_second_packet():
    buffer = ReorderBuffer()
    push_all(buffer, [10, 11])
    assert [] == push_all(buffer, [40_000]), "one alone may be a stray"
    assert [12] == push_all(buffer, [12])
    assert [] == push_all(buffer, [50_000])
    assert [50_000, 50_001, 50_002] == push_all(buffer, [50_001, 50_002])
    assert (1, 0) == (buffer.resets, buffer.lost)


def test_another_source_begins_a_new_count():
    buffer = ReorderBuffer()
    push_all(buffer, [10, 11])
    ready = [*buffer.push(datagram(12, ssrc=2), 0), *buffer.push(datagram(13, ssrc=2), 0)]
    assert [12, 13] == seqs(ready) and 1 == buffer.resets


def test_junk_and_giants_are_not_kept():
    buffer = ReorderBuffer()
    assert [] == [*buffer.push(b"", 0), *buffer.push(b"\x00" * 40, 0), *buffer.push(b"\x80" + bytes(60_000), 0)]
    assert 0 == buffer.received


@settings(max_examples=200, deadline=None)
@given(first=st.integers(0, 65_535), lost=st.sets(st.integers(1, 300), max_size=30), seed=st.integers(0, 2**32))
def test_in_whatever_order_they_come_they_go_on_in_order_and_losses_add_up(first, lost, seed):
    """Each packet is late by at most ten places."""
    chance = random.Random(seed)
    numbers = [n for n in range(302) if n not in lost]
    numbers = [numbers[0], *sorted(numbers[1:], key=lambda n: n + chance.uniform(0, 10))]
    buffer = ReorderBuffer()
    handed = [n - first for n in push_all(buffer, [first + n for n in numbers])]
    handed += [n - first for n in seqs([p for tick in range(40) for p in buffer.expire(tick * WAIT_S + 1)])]

    assert sorted(numbers) == handed
    assert buffer.lost == sum(1 for n in lost if n < max(numbers))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 65_535), st.integers(0, 2), st.floats(0, 10)), max_size=200))
def test_any_numbers_at_all_leave_it_bounded(arrivals):
    buffer = ReorderBuffer(depth=8)
    given_out = 0
    for seq, ssrc, now in arrivals:
        given_out += len(buffer.push(datagram(seq, ssrc), now)) + len(buffer.expire(now))
        assert len(buffer._waiting) <= 8
    assert given_out <= len(arrivals)
