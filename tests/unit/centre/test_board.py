"""The board of nodes: who fell silent, and which messages are missing."""

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from qorgan.centre.nodes.board import NodeBoard, Sequence
from qorgan.kernel.ids import SiteId
from qorgan.protocols.link.messages import CameraHealth, Pulse, StreamHealth

SITE = SiteId("kst-012")
START = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


def at(now: float) -> datetime:
    return START + timedelta(seconds=now)


def pulse(now: float, *, last_seq: int = 0, state: str = "live", began: float = 0.0, bits: float = 4e6) -> Pulse:
    stream = StreamHealth(stream="main", state=state, bits_per_s=bits)
    cameras = (CameraHealth(key="hall", streams=(stream,)),)
    return Pulse(at=at(now), started_at=at(began), last_seq=last_seq, cameras=cameras)


def test_the_first_pulse_is_news_and_the_next_ones_are_not() -> None:
    board = NodeBoard()

    first = board.pulse(SITE, pulse(0), 0, at(0))

    assert first is not None and first.online and [c.key for c in first.cameras] == ["hall"]
    assert board.pulse(SITE, pulse(10), 10, at(10)) is None
    assert board.sweep(11) == []


def test_a_camera_that_changes_is_news_at_once_and_its_bit_rate_later() -> None:
    board = NodeBoard(write_every_s=60)
    board.pulse(SITE, pulse(0), 0, at(0))

    assert board.pulse(SITE, pulse(10, bits=3e6), 10, at(10)) is None
    changed = board.pulse(SITE, pulse(20, state="stalled"), 20, at(20))
    assert changed is not None and changed.cameras[0].streams[0].state == "stalled"
    assert board.pulse(SITE, pulse(81, state="stalled", bits=2e6), 81, at(81)) is not None


def test_a_node_that_finds_fault_with_itself_is_news_at_once() -> None:
    board = NodeBoard()
    board.pulse(SITE, pulse(0), 0, at(0))

    news = board.pulse(SITE, msgspec.structs.replace(pulse(10), faults=("outbox.ballast_gone",)), 10, at(10))
    assert news is not None and news.pulse is not None and news.pulse.faults == ("outbox.ballast_gone",)


def test_a_node_unheard_for_twenty_five_seconds_is_silent_and_we_know_since_when() -> None:
    board = NodeBoard()
    board.pulse(SITE, pulse(0), 0, at(0))

    assert board.sweep(25.0) == []
    (silent,) = board.sweep(25.5)
    assert not silent.online
    assert silent.heard_at == at(0)
    assert board.sweep(31) == [], "told once"


def test_a_silent_node_returns_with_its_first_pulse_or_message() -> None:
    board = NodeBoard()
    board.pulse(SITE, pulse(0), 0, at(0))
    board.sweep(31)

    back = board.arrived(SITE, [1], 40, at(40))
    assert back is not None and back.online
    assert board.pulse(SITE, pulse(41), 41, at(41)) is None


def test_a_node_that_was_online_before_we_started_gets_its_time() -> None:
    board = NodeBoard()
    board.remember(SITE, online=True, heard_at=at(-500), started_at=None, complete_to=0, arrived=(), now=0)

    assert board.sweep(24) == []
    (silent,) = board.sweep(31)
    assert silent.heard_at == at(-500)


@given(st.permutations(range(1, 30)))
def test_in_whatever_order_messages_arrive_none_is_missing_at_the_end(seqs: list[int]) -> None:
    sequence = Sequence(complete_to=0)
    for seq in seqs:
        sequence.arrived(seq, 0.0)

    assert sequence.complete_to == 29
    assert sequence.missing(1e9) == 0


@given(st.sets(st.integers(1, 40), min_size=1))
def test_after_45_seconds_exactly_the_holes_are_missing(seqs: set[int]) -> None:
    sequence = Sequence(complete_to=0)
    for seq in seqs:
        sequence.arrived(seq, 0.0)

    assert sequence.missing(44.0) == 0
    assert sequence.missing(45.0) == len(set(range(1, max(seqs) + 1)) - seqs)


def test_a_gap_is_a_fault_within_a_minute_and_is_over_when_the_message_comes() -> None:
    board = NodeBoard()
    board.pulse(SITE, pulse(0), 0, at(0))
    board.remember(SITE, online=True, heard_at=at(0), started_at=at(0), complete_to=0, arrived=(), now=0)
    for seq in (1, 2, 4):
        board.arrived(SITE, [seq], 1, at(1))
    board.pulse(SITE, pulse(40), 40, at(40))

    assert board.sweep(45) == []
    (gap,) = board.sweep(46)
    assert (gap.online, gap.complete_to, gap.missing) == (True, 2, 1)
    board.arrived(SITE, [3], 47, at(47))
    (closed,) = board.sweep(48)
    assert (closed.complete_to, closed.missing) == (4, 0)


def test_a_gap_keeps_its_age_over_a_restart_of_the_centre() -> None:
    """A centre that restarts again and again still tells of a gap when it is due, and does not forget one it told."""
    board = NodeBoard()
    arrived = [(1, 50.0), (3, 40.0), (4, 1.0)]
    board.remember(SITE, online=True, heard_at=at(0), started_at=at(0), complete_to=0, arrived=arrived, now=100)

    assert board.sweep(104) == []
    (gap,) = board.sweep(105)
    assert (gap.complete_to, gap.missing) == (1, 1)

    arrived = [(3, 50.0), (4, 11.0)]
    board.remember(
        SITE, online=True, heard_at=at(0), started_at=at(0), complete_to=1, arrived=arrived, missing=1, now=200
    )
    assert board.sweep(200) == [], "it is written already"
    news = board.pulse(SITE, pulse(201), 201, at(201))
    assert news is not None and news.missing == 1
    board.arrived(SITE, [2], 202, at(202))
    (closed,) = board.sweep(203)
    assert (closed.complete_to, closed.missing) == (4, 0)


def test_a_node_that_counts_anew_is_followed() -> None:
    board = NodeBoard()
    board.remember(SITE, online=True, heard_at=at(0), started_at=at(0), complete_to=900, arrived=(), now=0)

    board.pulse(SITE, pulse(10, last_seq=0, began=5), 10, at(10))
    board.arrived(SITE, [1], 11, at(11))
    news = board.pulse(SITE, pulse(100, last_seq=1, began=5), 100, at(100))
    assert news is not None and news.complete_to == 1


def test_a_pulse_that_was_overtaken_by_a_message_is_no_new_count() -> None:
    board = NodeBoard()
    board.remember(SITE, online=True, heard_at=at(0), started_at=at(0), complete_to=9, arrived=(), now=0)
    board.arrived(SITE, [10], 1, at(1))

    board.pulse(SITE, pulse(2, last_seq=9, began=0), 2, at(2))
    board.arrived(SITE, [11], 3, at(3))
    assert board.sweep(100) != [] and board.sweep(100) == []
    news = board.pulse(SITE, pulse(200, last_seq=11), 200, at(200))
    assert news is not None and (news.complete_to, news.missing) == (11, 0)


def test_a_lost_end_of_the_count_shows_by_what_the_node_says_was_acknowledged() -> None:
    """A database put back from yesterday's copy has no gap in it: only the node knows how far it had come."""
    board = NodeBoard()
    board.remember(SITE, online=True, heard_at=at(0), started_at=at(0), complete_to=7, arrived=(), now=0)
    for now in (0, 20, 40):
        board.pulse(SITE, pulse(now, last_seq=9), now, at(now))

    assert board.sweep(44) == []
    (gap,) = board.sweep(46)
    assert (gap.complete_to, gap.missing) == (7, 2)


def test_what_still_waits_at_the_node_is_not_missing() -> None:
    board = NodeBoard()
    board.remember(SITE, online=True, heard_at=at(0), started_at=at(0), complete_to=7, arrived=(), now=0)
    for now in range(0, 100, 10):
        board.pulse(SITE, msgspec.structs.replace(pulse(now, last_seq=9), outbox=2), now, at(now))

    assert board.sweep(101) == []
